//! A file of rows: `rows/<sha256>.safetensors`, named by its content, written once and never changed.
//!
//! Its arrays: `layout.<j>` U32 [places, 4] (generation, member, subject, metric), `group.<k>` F64 [places, lineages] of the
//! layout and the ending that the head gives it, `group.<k>.cell`, `.seed`, `.count` (whose columns they are: runs of
//! consecutive seeds), `group.<k>.why.at` and `.why.kind` (the positions without a value, and the reason), `lineage` and
//! `measure` U8 [·, 16] (the first 128 bits of the hashes), `cell.measure`, `cell.seconds`, and as JSON in bytes
//! `failures`, `notes`, `examples`. The head, JSON under the one key of the metadata, holds the names that the numbers
//! stand for. A file that is not what its name says is damaged, and none of it is used.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, View};
use safetensors::{SafeTensors, serialize};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::block::{Block, Group, Head, Identity, Run};
use super::slots::Slot;
use super::{StoreError, manifest, write_atomically};
use crate::lineage::Outcome;
use crate::metrics::{Absence, Subject};

const KEY: &str = "model-collapse";
const FORMAT: &str = "rows 1";

/// Why a file is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// Truncated, changed, or no file of rows at all.
    Damaged(String),
    /// A sound file of another version of the format.
    Foreign(String),
}

impl std::fmt::Display for Distrust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Distrust::Damaged(why) => write!(f, "damaged: {why}"),
            Distrust::Foreign(format) => {
                write!(f, "of the format `{format}`, and this version reads `{FORMAT}`")
            }
        }
    }
}

/// What a file says of itself, and the names that its numbers stand for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// [`FORMAT`].
    pub format: String,
    /// The version that wrote it.
    pub tool: String,
    /// The kernel class of the processor; bits are promised within one.
    pub kernel_class: String,
    /// The identity of the `settings.json` that it was written under.
    pub settings: String,
    /// Files of a folder are numbered in the order in which they were written.
    pub written: u64,
    /// The files that this one stands for: they need not be there, and are not read.
    pub replaces: Vec<String>,
    /// Metrics by their numbers.
    pub metrics: Vec<String>,
    /// Subjects by their numbers.
    pub subjects: Vec<Subject>,
    /// Reasons for no value by their numbers.
    pub reasons: Vec<Absence>,
    /// The groups.
    pub groups: Vec<Ending>,
}

/// The layout of a group and how its lineages ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// The number of the layout.
    pub layout: usize,
    /// How they ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Writes a block into a folder and returns the file's name.
///
/// # Errors
/// Those of the disk.
pub fn write(folder: &Path, block: &Block, about: About) -> Result<String, StoreError> {
    let bytes = encode(block, about).map_err(StoreError::format(folder))?;
    let name = format!("{}.safetensors", manifest::hex(&Sha256::digest(&bytes)));
    write_atomically(&folder.join(&name), &bytes)?;
    Ok(name)
}

/// Whether a file of a folder of rows is one of ours.
pub fn is_ours(name: &str) -> bool {
    let digest = name.strip_suffix(".safetensors");
    digest.is_some_and(|d| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Reads a file. `Ok(Err(_))` says why it is not used; errors are the operating system's.
pub fn read(path: PathBuf) -> Result<Result<(Block, About), Distrust>, StoreError> {
    let bytes = std::fs::read(&path).map_err(StoreError::io("read", &path))?;
    let digest = manifest::hex(&Sha256::digest(&bytes));
    if path.file_stem().is_none_or(|name| *name != *digest) {
        let why = "its digest is not its name, so it is truncated or was changed";
        return Ok(Err(Distrust::Damaged(why.into())));
    }
    Ok(decode(&bytes))
}

/// A tensor on its way into a file.
struct Array {
    of: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Array {
    fn new<T, const N: usize>(
        of: Dtype,
        shape: &[usize],
        values: impl IntoIterator<Item = T>,
        to: fn(T) -> [u8; N],
    ) -> Self {
        let mut bytes = Vec::with_capacity(N * shape.iter().product::<usize>());
        values.into_iter().for_each(|value| bytes.extend_from_slice(&to(value)));
        Self { of, shape: shape.to_vec(), bytes }
    }

    fn u32s(values: impl ExactSizeIterator<Item = u32>) -> Self {
        Self::new(Dtype::U32, &[values.len()], values, u32::to_le_bytes)
    }
}

impl View for &Array {
    fn dtype(&self) -> Dtype {
        self.of
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Numbers things in the order of their first appearance.
fn number<T: PartialEq + Clone>(known: &mut Vec<T>, one: &T) -> u32 {
    let at = known.iter().position(|k| k == one).unwrap_or_else(|| {
        known.push(one.clone());
        known.len() - 1
    });
    at as u32
}

fn encode(block: &Block, mut about: About) -> Result<Vec<u8>, String> {
    about.format = FORMAT.into();
    about.tool = env!("CARGO_PKG_VERSION").into();
    about.kernel_class = crate::neural::device::kernel_class().into();
    let mut arrays: Vec<(String, Array)> = Vec::new();
    let mut layouts: BTreeMap<&[Slot], usize> = BTreeMap::new();
    for (k, group) in block.groups.iter().enumerate() {
        let (places, next) = (group.slots.len(), layouts.len());
        let layout = *layouts.entry(&group.slots).or_insert(next);
        if layout == next {
            let place = |s: &Slot| {
                let subject = number(&mut about.subjects, &s.subject);
                [s.generation, s.member, subject, number(&mut about.metrics, &s.metric.clone().into_owned())]
            };
            let numbers: Vec<u32> = group.slots.iter().flat_map(place).collect();
            arrays.push((
                format!("layout.{layout}"),
                Array::new(Dtype::U32, &[places, 4], numbers, u32::to_le_bytes),
            ));
        }
        about.groups.push(Ending { layout, outcome: group.outcome.clone() });
        let values = group.values.iter().copied();
        let name = |what: &str| format!("group.{k}{what}");
        arrays.push((name(""), Array::new(Dtype::F64, &[places, group.lineages], values, f64::to_le_bytes)));
        arrays.push((name(".cell"), Array::u32s(group.runs.iter().map(|run| run.cell))));
        let seeds = group.runs.iter().map(|run| run.seed);
        arrays.push((name(".seed"), Array::new(Dtype::U64, &[group.runs.len()], seeds, u64::to_le_bytes)));
        arrays.push((name(".count"), Array::u32s(group.runs.iter().map(|run| run.count))));
        if !group.why.is_empty() {
            arrays.push((name(".why.at"), Array::u32s(group.why.iter().map(|(at, _)| *at))));
            let kinds = group.why.iter().map(|(_, why)| number(&mut about.reasons, why) as u8);
            arrays.push((name(".why.kind"), Array::new(Dtype::U8, &[group.why.len()], kinds, |kind| [kind])));
        }
    }
    let mut measures: BTreeMap<u128, u32> = BTreeMap::new();
    let next = |measures: &BTreeMap<u128, u32>| measures.len() as u32;
    for head in &block.cells {
        let number = next(&measures);
        measures.entry(head.of.measure).or_insert(number);
    }
    let mut by_number: Vec<(u32, u128)> =
        measures.iter().map(|(measure, number)| (*number, *measure)).collect();
    by_number.sort_unstable();
    let cells = block.cells.len();
    let lineages = block.cells.iter().map(|head| head.of.lineage);
    arrays.push(("lineage".into(), Array::new(Dtype::U8, &[cells, 16], lineages, u128::to_be_bytes)));
    let measure = by_number.iter().map(|(_, measure)| *measure);
    arrays
        .push(("measure".into(), Array::new(Dtype::U8, &[by_number.len(), 16], measure, u128::to_be_bytes)));
    arrays.push((
        "cell.measure".into(),
        Array::u32s(block.cells.iter().map(|head| measures[&head.of.measure])),
    ));
    let seconds = block.cells.iter().map(|head| head.wall_seconds);
    arrays.push(("cell.seconds".into(), Array::new(Dtype::F32, &[cells], seconds, f32::to_le_bytes)));
    let mut words = |name: &str, json: serde_json::Result<Vec<u8>>, any: bool| -> Result<(), String> {
        let bytes = json.map_err(|e| e.to_string())?;
        if any {
            arrays.push((name.into(), Array { of: Dtype::U8, shape: vec![bytes.len()], bytes }));
        }
        Ok(())
    };
    words("failures", serde_json::to_vec(&block.failures), !block.failures.is_empty())?;
    words("notes", serde_json::to_vec(&block.notes), !block.notes.is_empty())?;
    words("examples", serde_json::to_vec(&block.examples), !block.examples.is_empty())?;
    let head = serde_json::to_string(&about).map_err(|e| e.to_string())?;
    let views = arrays.iter().map(|(name, array)| (name.as_str(), array));
    serialize(views, Some(HashMap::from([(KEY.to_owned(), head)]))).map_err(|e| e.to_string())
}

/// The arrays of a file.
struct Arrays<'a>(SafeTensors<'a>);

impl<'a> Arrays<'a> {
    /// The bytes of an array of this type.
    fn bytes(&self, name: &str, of: Dtype) -> Result<&'a [u8], String> {
        let view = self.0.tensor(name).map_err(|e| format!("`{name}`: {e}"))?;
        if view.dtype() == of { Ok(view.data()) } else { Err(format!("`{name}` is not of {of:?}")) }
    }

    fn read<T, const N: usize>(
        &self,
        name: &str,
        of: Dtype,
        from: fn([u8; N]) -> T,
    ) -> Result<Vec<T>, String> {
        let (words, _) = self.bytes(name, of)?.as_chunks::<N>();
        Ok(words.iter().map(|word| from(*word)).collect())
    }

    fn u32s(&self, name: &str) -> Result<Vec<u32>, String> {
        self.read(name, Dtype::U32, u32::from_le_bytes)
    }

    /// What is written as JSON; nothing where it is not there.
    fn words<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T, String> {
        match self.bytes(name, Dtype::U8) {
            Ok(bytes) => serde_json::from_slice(bytes).map_err(|e| format!("`{name}`: {e}")),
            Err(_) => Ok(T::default()),
        }
    }
}

fn decode(bytes: &[u8]) -> Result<(Block, About), Distrust> {
    let damaged = |why: String| Distrust::Damaged(why);
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(e.to_string()))?;
    let head = metadata
        .metadata()
        .as_ref()
        .and_then(|m| m.get(KEY))
        .ok_or_else(|| damaged("it has no head".into()))?;
    let head: serde_json::Value = serde_json::from_str(head).map_err(|e| damaged(e.to_string()))?;
    match head.get("format").and_then(serde_json::Value::as_str) {
        Some(FORMAT) => {}
        other => return Err(Distrust::Foreign(other.unwrap_or_default().to_owned())),
    }
    let about: About = serde_json::from_value(head).map_err(|e| damaged(e.to_string()))?;
    let arrays = Arrays(SafeTensors::deserialize(bytes).map_err(|e| damaged(e.to_string()))?);
    let block = arrays.block(&about).map_err(damaged)?;
    Ok((
        block,
        About { metrics: Vec::new(), subjects: Vec::new(), reasons: Vec::new(), groups: Vec::new(), ..about },
    ))
}

impl Arrays<'_> {
    fn block(&self, about: &About) -> Result<Block, String> {
        let unfit = |what: &str| format!("its {what} do not fit together");
        let measures = self.read("measure", Dtype::U8, u128::from_be_bytes)?;
        let lineages = self.read("lineage", Dtype::U8, u128::from_be_bytes)?;
        let (of, seconds) =
            (self.u32s("cell.measure")?, self.read("cell.seconds", Dtype::F32, f32::from_le_bytes)?);
        if of.len() != lineages.len() || seconds.len() != lineages.len() {
            return Err(unfit("cells"));
        }
        let cell = |((lineage, measure), wall_seconds): ((u128, u32), f32)| {
            let measure = *measures.get(measure as usize)?;
            Some(Head { of: Identity { lineage, measure }, wall_seconds })
        };
        let cells: Option<Vec<Head>> = lineages.into_iter().zip(of).zip(seconds).map(cell).collect();
        let cells = cells.ok_or_else(|| unfit("cells"))?;
        let mut layouts: BTreeMap<usize, Vec<Slot>> = BTreeMap::new();
        let mut groups = Vec::with_capacity(about.groups.len());
        for (k, Ending { layout, outcome }) in about.groups.iter().enumerate() {
            if !layouts.contains_key(layout) {
                layouts.insert(*layout, self.layout(*layout, about)?);
            }
            let group = self.group(k, layouts[layout].clone(), outcome.clone(), about)?;
            if group.runs.iter().any(|run| run.cell as usize >= cells.len()) {
                return Err(unfit("cells"));
            }
            groups.push(group);
        }
        let block = Block {
            cells,
            groups,
            failures: self.words("failures")?,
            notes: self.words("notes")?,
            examples: self.words("examples")?,
        };
        let named = block.failures.iter().map(|f| f.cell).chain(block.notes.iter().map(|(cell, _)| *cell));
        let mut named = named.chain(block.examples.iter().map(|(cell, _)| *cell));
        if named.any(|cell| cell as usize >= block.cells.len()) { Err(unfit("cells")) } else { Ok(block) }
    }

    fn layout(&self, j: usize, about: &About) -> Result<Vec<Slot>, String> {
        let numbers = self.u32s(&format!("layout.{j}"))?;
        let (places, _) = numbers.as_chunks::<4>();
        let place = |&[generation, member, subject, metric]: &[u32; 4]| {
            let (subject, metric) =
                (*about.subjects.get(subject as usize)?, about.metrics.get(metric as usize)?);
            Some(Slot { generation, member, subject, metric: Cow::Owned(metric.clone()) })
        };
        places.iter().map(place).collect::<Option<_>>().ok_or_else(|| "its places have no names".into())
    }

    fn group(&self, k: usize, slots: Vec<Slot>, outcome: Outcome, about: &About) -> Result<Group, String> {
        let name = |what: &str| format!("group.{k}{what}");
        let values = self.read(&name(""), Dtype::F64, f64::from_le_bytes)?;
        let (cells, counts) = (self.u32s(&name(".cell"))?, self.u32s(&name(".count"))?);
        let seeds = self.read(&name(".seed"), Dtype::U64, u64::from_le_bytes)?;
        let lineages = counts.iter().map(|count| *count as usize).sum();
        let ends = |(seed, count): (&u64, &u32)| {
            count.checked_sub(1).is_some_and(|more| seed.checked_add(u64::from(more)).is_some())
        };
        let fits =
            cells.len() == counts.len() && seeds.len() == counts.len() && seeds.iter().zip(&counts).all(ends);
        if !fits || values.len() != slots.len() * lineages {
            return Err(format!("its lists of `{}` do not fit together", name("")));
        }
        let runs = cells.into_iter().zip(seeds).zip(counts);
        let runs = runs.map(|((cell, seed), count)| Run { cell, seed, count }).collect();
        let mut why = Vec::new();
        if self.0.tensor(&name(".why.at")).is_ok() {
            let kinds = self.bytes(&name(".why.kind"), Dtype::U8)?;
            for (at, kind) in self.u32s(&name(".why.at"))?.into_iter().zip(kinds) {
                let reason = about.reasons.get(usize::from(*kind));
                why.push((at, *reason.ok_or("its reasons have no names")?));
            }
        }
        Ok(Group { slots, outcome, runs, lineages, values, why })
    }
}
