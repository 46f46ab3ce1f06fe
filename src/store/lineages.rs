//! Every lineage of a run folder: where its numbers are, by the identity of its setting and its seed.
//!
//! What several processes or runs wrote is one table. A lineage that is there twice must agree bit for bit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::block::{Block, Group, Identity};
use super::block_file::{self, About, Distrust};
use super::{Example, Folder, Note, StoreError};
use crate::lineage::Outcome;
use crate::metrics::{Absence, Observed};

/// Small files beyond which they are put together.
const MOST_FILES: usize = 64;
/// Bytes that a file which is put together may have; those of half as many or more stay as they are.
const LARGEST: u64 = 64 << 20;

/// What is on disk, and in memory: 8 bytes a value.
#[derive(Debug, Default)]
pub struct Lineages {
    blocks: Vec<Block>,
    /// The file of each block.
    files: Vec<File>,
    written: u64,
    /// Files that others stand for, which a process that was killed left behind.
    leftover: Vec<PathBuf>,
    /// Seeds ascending, none twice.
    ended: BTreeMap<Identity, Vec<Stretch>>,
    /// Errors of seeds; of one that is there twice, that of the later file.
    failed: BTreeMap<Identity, BTreeMap<u64, String>>,
    /// Block, cell and one of its seeds.
    cells: BTreeMap<Identity, Vec<(usize, usize, u64)>>,
}

/// A file of rows.
#[derive(Clone, Debug, Default)]
struct File {
    name: String,
    bytes: u64,
    /// Its place in the order in which files were written.
    written: u64,
}

impl File {
    /// Whether it may be put together with others.
    fn is_small(&self) -> bool {
        2 * self.bytes < LARGEST
    }
}

/// Consecutive seeds in neighbouring columns of a group.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    block: usize,
    group: usize,
    column: usize,
    seed: u64,
    count: usize,
}

impl Stretch {
    fn last(&self) -> u64 {
        self.seed + (self.count as u64 - 1)
    }

    /// The same from the `skip`th seed on, `count` of them.
    fn part(&self, skip: usize, count: usize) -> Self {
        Self { column: self.column + skip, seed: self.seed + skip as u64, count, ..*self }
    }
}

/// Lineages of one setting with consecutive seeds, which filled the same places and ended alike.
#[derive(Clone, Copy, Debug)]
pub struct Seeds<'t> {
    /// The group that holds them.
    pub group: &'t Group,
    /// The first seed.
    pub first: u64,
    /// How many there are.
    pub count: usize,
    column: usize,
}

impl<'t> Seeds<'t> {
    /// How they ended.
    pub fn outcome(&self) -> &'t Outcome {
        &self.group.outcome
    }

    /// What each of them observed at a place.
    pub fn observed(self, place: usize) -> impl Iterator<Item = (u64, Observed)> + 't {
        (0..self.count).map(move |k| (self.first + k as u64, self.group.observed(place, self.column + k)))
    }

    /// Seed by seed.
    pub fn each(self) -> impl Iterator<Item = Seeds<'t>> {
        let one = move |k| Seeds { first: self.first + k as u64, count: 1, column: self.column + k, ..self };
        (0..self.count).map(one)
    }
}

/// A file that is not used.
#[derive(Debug)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Why not.
    pub why: String,
}

impl Lineages {
    /// Reads what is in a folder, and what there can't be used.
    ///
    /// # Errors
    /// Those of the disk; files of another version, and a lineage that is there twice with different numbers.
    pub fn read(folder: &Folder) -> Result<(Self, Vec<Damage>), StoreError> {
        let (mut read, mut damage) = (Vec::new(), Vec::new());
        let (paths, others): (Vec<_>, Vec<_>) =
            files(&folder.rows())?.into_iter().partition(|path| path.is_file());
        let no_file = |path| Damage { path, why: "it is no regular file".into() };
        damage.extend(others.into_iter().map(no_file));
        let all: Vec<_> = paths.into_par_iter().map(|path| (path.clone(), block_file::read(path))).collect();
        for (path, found) in all {
            match found? {
                Ok(block) => read.push((path, block)),
                Err(Distrust::Damaged(why)) => damage.push(Damage { path, why }),
                Err(foreign) => return Err(StoreError::Rows { path, why: format!("it is {foreign}") }),
            }
        }
        read.sort_by_key(|(path, (_, about))| (about.written, path.clone()));
        let replaced: Vec<String> = read.iter().flat_map(|(_, (_, about))| about.replaces.clone()).collect();
        let mut all = Self::default();
        for (path, (block, about)) in read {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            all.written = all.written.max(about.written);
            if replaced.contains(&name) {
                all.leftover.push(path);
                continue;
            }
            let bytes = std::fs::metadata(&path).map_or(0, |m| m.len());
            let file = File { name, bytes, written: about.written };
            all.push(block, file).map_err(|why| StoreError::Rows { path, why })?;
        }
        Ok((all, damage))
    }

    /// The same for a command that only looks.
    ///
    /// # Errors
    /// Also where a file is damaged.
    pub fn open(folder: &Folder) -> Result<Self, StoreError> {
        let (all, damage) = Self::read(folder)?;
        match damage.into_iter().next() {
            None => Ok(all),
            Some(Damage { path, why }) => {
                let why = format!("it is damaged: {why}; run the experiment again to have it made anew");
                Err(StoreError::Rows { path, why })
            }
        }
    }

    /// Writes a block into a folder; beyond so many files, small ones are put together.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn write(&mut self, folder: &Path, block: Block, settings: &str) -> Result<(), StoreError> {
        self.written += 1;
        self.put(folder, block, settings, (self.written, Vec::new()))?;
        for path in self.leftover.drain(..) {
            std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
        }
        let small = self.files.iter().filter(|file| file.is_small()).count();
        if small > MOST_FILES { self.compact(folder, settings) } else { Ok(()) }
    }

    fn put(
        &mut self,
        folder: &Path,
        block: Block,
        settings: &str,
        (written, replaces): (u64, Vec<String>),
    ) -> Result<(), StoreError> {
        let about = About { settings: settings.into(), written, replaces, ..About::default() };
        let name = block_file::write(folder, &block, about)?;
        let path = folder.join(&name);
        let bytes = std::fs::metadata(&path).map_or(0, |m| m.len());
        self.push(block, File { name, bytes, written }).map_err(|why| StoreError::Rows { path, why })
    }

    /// Puts small files together that follow one another. The new file takes the place of the last of them in the order of
    /// writing, and they are removed when it is on the disk.
    fn compact(&mut self, folder: &Path, settings: &str) -> Result<(), StoreError> {
        let all = std::mem::take(self);
        self.written = all.written;
        let mut bins: Vec<(Vec<Block>, Vec<File>)> = Vec::new();
        for (block, file) in all.blocks.into_iter().zip(all.files) {
            let fits = |files: &[File]| {
                let bytes: u64 = files.iter().map(|f| f.bytes).sum();
                file.is_small() && files.iter().all(File::is_small) && bytes + file.bytes <= LARGEST
            };
            match bins.last_mut().filter(|(_, files)| fits(files)) {
                Some((blocks, files)) => {
                    blocks.push(block);
                    files.push(file);
                }
                None => bins.push((vec![block], vec![file])),
            }
        }
        for (mut blocks, mut files) in bins {
            if blocks.len() < 2 {
                if let Some((block, file)) = blocks.pop().zip(files.pop()) {
                    self.push(block, file).map_err(|why| StoreError::Rows { path: folder.into(), why })?;
                }
                continue;
            }
            let written = files.iter().map(|file| file.written).max().unwrap_or(0);
            let names: Vec<String> = files.into_iter().map(|file| file.name).collect();
            self.put(folder, Block::merge(blocks), settings, (written, names.clone()))?;
            for name in names {
                let path = folder.join(name);
                std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
            }
        }
        Ok(())
    }

    /// What was read, without its places.
    pub fn into_blocks(self) -> Vec<Block> {
        self.blocks
    }

    /// How many lineages of a setting ended, the seconds that its cells took, and the values that they observed.
    pub fn cost(&self, of: Identity) -> (usize, f64, usize) {
        let ended = self.ended.get(&of).into_iter().flatten();
        let sizes = ended.map(|s| (s.count, s.count * self.blocks[s.block].groups[s.group].slots.len()));
        let (lineages, values) = sizes.fold((0, 0), |(l, v), (count, more)| (l + count, v + more));
        (lineages, self.cell(of, 0..=u64::MAX).1, values)
    }

    /// Takes a block in.
    fn push(&mut self, block: Block, file: File) -> Result<(), String> {
        let at = self.blocks.len();
        for (cell, (head, seed)) in block.cells.iter().zip(block.seeds()).enumerate() {
            let seed = seed.unwrap_or(0);
            self.cells.entry(head.of).or_default().push((at, cell, seed));
        }
        for failed in &block.failures {
            let of = block.cells[failed.cell as usize].of;
            self.failed.entry(of).or_default().insert(failed.seed, failed.error.clone());
        }
        self.blocks.push(block);
        self.files.push(file);
        for group in 0..self.blocks[at].groups.len() {
            let mut column = 0;
            for run in self.blocks[at].groups[group].runs.clone() {
                let of = self.blocks[at].cells[run.cell as usize].of;
                let count = run.count as usize;
                self.insert(of, Stretch { block: at, group, column, seed: run.seed, count })?;
                column += count;
            }
        }
        Ok(())
    }

    fn insert(&mut self, of: Identity, new: Stretch) -> Result<(), String> {
        let list = self.ended.entry(of).or_default();
        let at = list.partition_point(|s| s.seed < new.seed);
        let before = at == 0 || list[at - 1].last() < new.seed;
        if before && list.get(at).is_none_or(|next| new.last() < next.seed) {
            list.insert(at, new);
            return Ok(());
        }
        for one in (0..new.count).map(|k| new.part(k, 1)) {
            let list = self.ended.entry(of).or_default();
            let at = list.partition_point(|s| s.last() < one.seed);
            match list.get(at).filter(|known| known.seed <= one.seed).copied() {
                None => list.insert(at, one),
                Some(known) => {
                    let known = known.part((one.seed - known.seed) as usize, 1);
                    if !self.agree(known, one) {
                        return Err(format!(
                            "seed {} of setting {:032x} has other values here than in {}: two kinds of processor, or two versions of \
                             a program; remove one of the files and run the experiment again",
                            one.seed, of.lineage, self.files[known.block].name
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn agree(&self, a: Stretch, b: Stretch) -> bool {
        let [a, b] = [a, b].map(|s| (&self.blocks[s.block].groups[s.group], s.column));
        let bits = |(group, column): (&Group, usize), place: usize| match group.observed(place, column) {
            Observed::Number(value) => Ok(value.to_bits()),
            Observed::Absent(why) => Err(why),
        };
        a.0.slots == b.0.slots
            && a.0.outcome == b.0.outcome
            && (0..a.0.slots.len()).all(|place| bits(a, place) == bits(b, place))
    }

    /// The lineages of a setting that ended, of these seeds (ascending), in their order.
    pub fn of<'t>(&'t self, of: Identity, wanted: &[u64]) -> Vec<Seeds<'t>> {
        let (mut found, mut i) = (Vec::new(), 0);
        for s in self.ended.get(&of).into_iter().flatten() {
            i += wanted[i..].partition_point(|seed| *seed < s.seed);
            while let Some(&first) = wanted.get(i).filter(|seed| **seed <= s.last()) {
                let next = wanted[i..].iter().zip(first..=s.last());
                let count = next.take_while(|(seed, expected)| **seed == *expected).count();
                let group = &self.blocks[s.block].groups[s.group];
                found.push(Seeds { group, first, count, column: s.column + (first - s.seed) as usize });
                i += count;
            }
        }
        found
    }

    /// The seeds of `wanted` (ascending) that have still to be run. A failed seed is run again.
    pub fn missing(&self, of: Identity, wanted: &[u64]) -> Vec<u64> {
        let ended: Vec<(u64, usize)> = self.of(of, wanted).iter().map(|s| (s.first, s.count)).collect();
        let has = |seed: &u64| {
            let at = ended.partition_point(|(first, _)| first <= seed);
            at > 0 && seed - ended[at - 1].0 < ended[at - 1].1 as u64
        };
        wanted.iter().copied().filter(|seed| !has(seed)).collect()
    }

    /// Whether a lineage with one of these seeds (ascending) was measured otherwise.
    pub fn measured_otherwise(&self, of: Identity, seeds: &[u64]) -> bool {
        let all = Identity { measure: 0, ..of }..=Identity { measure: u128::MAX, ..of };
        self.ended.range(all).any(|(other, _)| *other != of && !self.of(*other, seeds).is_empty())
    }

    /// The errors of the failed seeds among `wanted` (ascending) that never ended, in their order.
    pub fn failures(&self, of: Identity, wanted: &[u64]) -> Vec<(u64, &str)> {
        let Some(failed) = self.failed.get(&of) else { return Vec::new() };
        let open = self.missing(of, wanted);
        open.into_iter().filter_map(|seed| Some((seed, failed.get(&seed)?.as_str()))).collect()
    }

    /// What must be known of the cells of a setting whose seeds lie within, and the seconds that they took.
    pub fn cell(&self, of: Identity, seeds: std::ops::RangeInclusive<u64>) -> (Vec<Note>, f64) {
        let (mut notes, mut seconds) = (Vec::new(), 0.0);
        for &(block, cell, seed) in self.cells.get(&of).into_iter().flatten() {
            if seeds.contains(&seed) {
                let block = &self.blocks[block];
                seconds += f64::from(block.cells[cell].wall_seconds);
                // In the order of the cells.
                let first = block.notes.partition_point(|(at, _)| (*at as usize) < cell);
                let own = block.notes[first..].iter().take_while(|(at, _)| *at as usize == cell);
                // That a metric does not apply is nothing that happened.
                let own = own.map(|(_, note)| note).filter(|note| note.kind != Absence::NotApplicable);
                Note::merge(&mut notes, own.cloned());
            }
        }
        (notes, seconds)
    }

    /// The example rows of each setting that has some: those of its first seed among `wanted` (ascending).
    pub fn examples(&self, wanted: &[u64]) -> BTreeMap<Identity, Vec<&Example>> {
        let mut all: BTreeMap<Identity, Vec<&Example>> = BTreeMap::new();
        for block in &self.blocks {
            for (cell, example) in &block.examples {
                if wanted.binary_search(&example.seed).is_ok() {
                    all.entry(block.cells[*cell as usize].of).or_default().push(example);
                }
            }
        }
        for examples in all.values_mut() {
            examples.sort_by_key(|e| (e.seed, e.generation, e.member, e.subject));
            let first = examples[0].seed;
            examples.retain(|e| e.seed == first);
            examples.dedup();
        }
        all
    }
}

/// Our files in a folder of rows, in the order of their names; none where there is no folder.
fn files(rows: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match std::fs::read_dir(rows) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(StoreError::io("read", rows)(e)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::io("read", rows))?;
        if block_file::is_ours(&entry.file_name().to_string_lossy()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
#[path = "lineages_tests.rs"]
mod tests;
