//! Rows in columns: what finished cells observed, as it lies in memory and in a file of `rows/`.
//!
//! Lineages that filled the same places and ended alike stand side by side: a group is an array [places, lineages] of f64,
//! ±∞ as they are, NaN where there is no value, with the reasons of those beside it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::examples::Example;
use super::part::Part;
use super::slots::Slot;
use super::{Note, SettingInfo};
use crate::lineage::Outcome;
use crate::metrics::{Absence, Observed};

/// What decides a setting's rows, as 128 bits of each hash: what the lineage does, and what is measured of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Of what decides the lineage.
    pub lineage: u128,
    /// Of what is measured and when.
    pub measure: u128,
}

impl Identity {
    /// Of the hashes of lineage and measurement.
    pub fn of(lineage: &str, measure: &str) -> Self {
        Self { lineage: start(lineage), measure: start(measure) }
    }
}

impl From<&SettingInfo> for Identity {
    fn from(setting: &SettingInfo) -> Self {
        Self::of(&setting.digest, &setting.measure_digest)
    }
}

/// The first 32 hexadecimal digits of a hash; a text that does not begin with as many is hashed.
fn start(digest: &str) -> u128 {
    let digits = digest.get(..32).and_then(|d| u128::from_str_radix(d, 16).ok());
    digits.unwrap_or_else(|| {
        let hash = Sha256::digest(digest.as_bytes());
        hash.iter().take(16).fold(0, |all, byte| (all << 8) | u128::from(*byte))
    })
}

/// What was run of one cell at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// The setting.
    pub of: Identity,
    /// Wall-clock seconds that it took.
    pub wall_seconds: f32,
}

/// Consecutive seeds of a cell, in neighbouring columns of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The cell, by its place in the block.
    pub cell: u32,
    /// The first seed.
    pub seed: u64,
    /// How many there are.
    pub count: u32,
}

/// Lineages that filled the same places and ended alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The places, in the order of rows.
    pub slots: Vec<Slot>,
    /// How the lineages ended.
    pub outcome: Outcome,
    /// Whose columns they are, from the first.
    pub runs: Vec<Run>,
    /// How many lineages there are.
    pub lineages: usize,
    /// The numbers, place by place; NaN where there is no value.
    pub values: Vec<f64>,
    /// Where there is none and why, by the position among the values, ascending.
    pub why: Vec<(u32, Absence)>,
}

impl Group {
    /// What a lineage observed at a place.
    pub fn observed(&self, place: usize, column: usize) -> Observed {
        let at = place * self.lineages + column;
        let value = self.values[at];
        if !value.is_nan() {
            return Observed::Number(value);
        }
        let why = self.why.binary_search_by_key(&(at as u32), |(at, _)| *at);
        Observed::Absent(why.map_or(Absence::UndefinedHere, |found| self.why[found].1))
    }
}

/// A seed that failed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failed {
    /// The cell, by its place in the block.
    pub cell: u32,
    /// The seed.
    pub seed: u64,
    /// The error.
    pub error: String,
}

/// What finished cells observed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The cells.
    pub cells: Vec<Head>,
    /// Their lineages.
    pub groups: Vec<Group>,
    /// The seeds that failed, later ones last.
    pub failures: Vec<Failed>,
    /// What a reader of a cell must know.
    pub notes: Vec<(u32, Note)>,
    /// Rows to show.
    pub examples: Vec<(u32, Example)>,
}

impl Block {
    /// What the threads that shared a cell found. It does not depend on how they shared it.
    pub fn of_cell(of: Identity, wall_seconds: f64, parts: Vec<Part>) -> Self {
        let mut block =
            Self { cells: vec![Head { of, wall_seconds: wall_seconds as f32 }], ..Self::default() };
        let (mut builder, mut notes) = (Builder::default(), Vec::new());
        for part in parts {
            let Part { slots, layouts, rows, failures, examples, notes: own, .. } = part;
            let slot = |at: u32| &slots.list()[at as usize];
            // Each layout is sorted once; its numbers follow in the same order.
            let order = |layout: &Vec<u32>| {
                let mut order: Vec<usize> = (0..layout.len()).collect();
                order.sort_by(|&a, &b| slot(layout[a]).cmp(slot(layout[b])));
                order
            };
            let orders: Vec<Vec<usize>> = layouts.iter().map(order).collect();
            let mut open: BTreeMap<(u32, Ended), usize> = BTreeMap::new();
            for (seed, layout, outcome, values) in rows {
                let order = &orders[layout as usize];
                let group = *open.entry((layout, ended(&outcome))).or_insert_with(|| {
                    let places = order.iter().map(|&at| slot(layouts[layout as usize][at]).clone());
                    builder.group(places.collect(), &outcome)
                });
                builder.add(group, (0, seed), order.iter().map(|&at| values[at]));
            }
            block.failures.extend(failures.into_iter().map(|(seed, error)| Failed { cell: 0, seed, error }));
            block.examples.extend(examples.into_iter().map(|example| (0, example)));
            Note::merge(&mut notes, own);
        }
        block.groups = builder.groups();
        block.failures.sort_by_key(|f| f.seed);
        block.examples.sort_by_key(|(_, e)| (e.seed, e.generation, e.member, e.subject));
        block.notes = notes.into_iter().map(|note| (0, note)).collect();
        block
    }

    /// Several blocks as one, later ones last.
    pub fn merge(blocks: impl IntoIterator<Item = Block>) -> Self {
        let (mut all, mut builder) = (Self::default(), Builder::default());
        for block in blocks {
            let first = all.cells.len() as u32;
            all.cells.extend(block.cells);
            for group in block.groups {
                let to = builder.group(group.slots.clone(), &group.outcome);
                let seeds = group
                    .runs
                    .iter()
                    .flat_map(|run| (0..u64::from(run.count)).map(|k| (first + run.cell, run.seed + k)));
                for (column, seed) in seeds.enumerate() {
                    builder.add(to, seed, (0..group.slots.len()).map(|place| group.observed(place, column)));
                }
            }
            let moved = |Failed { cell, seed, error }| Failed { cell: first + cell, seed, error };
            all.failures.extend(block.failures.into_iter().map(moved));
            all.notes.extend(block.notes.into_iter().map(|(cell, note)| (first + cell, note)));
            all.examples.extend(block.examples.into_iter().map(|(cell, example)| (first + cell, example)));
        }
        all.groups = builder.groups();
        all
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        let groups: usize =
            self.groups.iter().map(|g| 8 * g.values.len() + 16 * g.runs.len() + 20 * g.slots.len()).sum();
        let examples: usize = self.examples.iter().map(|(_, example)| example.bytes()).sum();
        groups + examples + 40 * self.cells.len() + 200 * (self.failures.len() + self.notes.len())
    }

    /// A seed of each cell, which says which block of the setting's seeds it belongs to.
    pub fn seeds(&self) -> Vec<Option<u64>> {
        let mut seeds = vec![None; self.cells.len()];
        let runs = self.groups.iter().flat_map(|g| &g.runs).map(|run| (run.cell, run.seed));
        for (cell, seed) in runs.chain(self.failures.iter().map(|f| (f.cell, f.seed))) {
            seeds[cell as usize].get_or_insert(seed);
        }
        seeds
    }
}

/// Why a lineage stopped and when, to be ordered by.
type Ended = (u8, u32);

fn ended(outcome: &Outcome) -> Ended {
    (outcome.stop_reason as u8, outcome.last_generation)
}

/// Groups while lineages join them.
#[derive(Default)]
struct Builder {
    known: BTreeMap<(Vec<Slot>, Ended), usize>,
    open: Vec<(Outcome, Vec<Column>)>,
}

/// One lineage of a group: its cell and seed, its values place by place, and where there is none and why.
struct Column {
    of: (u32, u64),
    values: Vec<f64>,
    why: Vec<(usize, Absence)>,
}

impl Builder {
    fn group(&mut self, slots: Vec<Slot>, outcome: &Outcome) -> usize {
        let open = &mut self.open;
        *self.known.entry((slots, ended(outcome))).or_insert_with(|| {
            open.push((outcome.clone(), Vec::new()));
            open.len() - 1
        })
    }

    fn add(&mut self, group: usize, of: (u32, u64), observed: impl ExactSizeIterator<Item = Observed>) {
        let (mut values, mut why) = (Vec::with_capacity(observed.len()), Vec::new());
        for (place, observed) in observed.enumerate() {
            values.push(match observed {
                Observed::Number(value) => value,
                Observed::Absent(absence) => {
                    why.push((place, absence));
                    f64::NAN
                }
            });
        }
        self.open[group].1.push(Column { of, values, why });
    }

    /// The groups in the order of places and endings, their lineages in that of cells and seeds.
    fn groups(mut self) -> Vec<Group> {
        let known = std::mem::take(&mut self.known);
        let close = |((slots, _), at): ((Vec<Slot>, Ended), usize)| {
            let (outcome, mut columns) = (self.open[at].0.clone(), std::mem::take(&mut self.open[at].1));
            columns.sort_by_key(|c| c.of);
            let lineages = columns.len();
            let mut values = vec![0.0; slots.len() * lineages];
            let (mut why, mut runs): (Vec<(u32, Absence)>, Vec<Run>) = Default::default();
            for (i, column) in columns.into_iter().enumerate() {
                column.values.iter().enumerate().for_each(|(place, v)| values[place * lineages + i] = *v);
                why.extend(column.why.iter().map(|(place, w)| ((place * lineages + i) as u32, *w)));
                let (cell, seed) = column.of;
                match runs.last_mut() {
                    Some(run) if run.cell == cell && run.seed + u64::from(run.count) == seed => {
                        run.count += 1
                    }
                    _ => runs.push(Run { cell, seed, count: 1 }),
                }
            }
            why.sort_unstable();
            Group { slots, outcome, runs, lineages, values, why }
        };
        known.into_iter().map(close).collect()
    }
}
