//! A cell: one setting and a block of seeds, the unit of work, caching and failure.

use std::collections::BTreeMap;

use super::examples::Example;
use super::slots::Slot;
use super::{Note, SettingInfo};
use crate::lineage::Outcome;
use crate::metrics::Observed;

/// Seeds that one thread runs one after the other; a cell's blocks of so many are shared out.
pub const SUB_BLOCK: u64 = 125;

/// Which cell it is, and what must agree for its file to be used.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CellId {
    /// The cell's name, which is its file's.
    pub cell: String,
    /// The setting's lineage hash.
    pub setting: String,
    /// The setting's measurement hash.
    pub measure: String,
    /// The block's number: it holds the seeds `block·size .. (block + 1)·size`.
    pub block: u64,
    /// Seeds in a whole block.
    pub size: u64,
}

impl CellId {
    /// The cell of `block` of a setting.
    pub fn of(setting: &SettingInfo, block: u64) -> Self {
        Self {
            cell: setting.cell_name(block),
            setting: setting.digest.clone(),
            measure: setting.measure_digest.clone(),
            block,
            size: setting.seeds_per_cell.max(1),
        }
    }
}

/// How one seed of a cell ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The lineage ran to an outcome.
    Ended(Outcome),
    /// The lineage failed with this error.
    Failed(String),
}

/// Everything known of a cell. May be partial: it holds some of its block's seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Which cell it is.
    pub id: CellId,
    /// How each of its seeds ended.
    pub seeds: BTreeMap<u64, Ending>,
    /// What they observed.
    pub rows: Rows,
    /// Rows to show, of the first seed.
    pub examples: Vec<Example>,
    /// Values that are missing, and why.
    pub notes: Vec<Note>,
    /// Wall-clock seconds spent on it, over all runs.
    pub wall_seconds: f64,
}

/// Every observation of a cell. Seeds mostly fill the same places, so the places are listed once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// All places that any seed fills.
    pub slots: Vec<Slot>,
    /// Lists of places, ascending in the order of rows.
    pub layouts: Vec<Vec<u32>>,
    /// The layout that each seed fills, and what was observed there.
    pub seeds: BTreeMap<u64, (u32, Vec<Observed>)>,
}

impl Cell {
    /// A cell without seeds.
    pub fn empty(id: CellId) -> Self {
        let (seeds, examples, notes) = Default::default();
        Self { id, seeds, rows: Rows::default(), examples, notes, wall_seconds: 0.0 }
    }

    /// The seeds of `wanted` (ascending) that have still to be run. A failed seed is run again.
    pub fn missing(&self, wanted: &[u64]) -> Vec<u64> {
        let ended = |seed: &u64| matches!(self.seeds.get(seed), Some(Ending::Ended(_)));
        wanted.iter().copied().filter(|seed| !ended(seed)).collect()
    }

    /// The errors of its failed seeds among `wanted`.
    pub fn failures<'a>(&'a self, wanted: &'a [u64]) -> impl Iterator<Item = (u64, &'a str)> {
        self.seeds.iter().filter_map(|(seed, ending)| match ending {
            Ending::Failed(error) if wanted.binary_search(seed).is_ok() => Some((*seed, error.as_str())),
            _ => None,
        })
    }
}

impl Rows {
    /// The places of one seed and what was observed there, in the order of rows.
    pub fn of(&self, seed: u64) -> impl Iterator<Item = (&Slot, Observed)> {
        self.seeds.get(&seed).into_iter().flat_map(|(layout, values)| {
            let places = &self.layouts[*layout as usize];
            places.iter().zip(values).map(|(&slot, &value)| (&self.slots[slot as usize], value))
        })
    }
}

impl Rows {
    /// What these seeds observed at each place, seeds in the order given.
    pub fn by_place(&self, seeds: &[u64]) -> Vec<(&Slot, Vec<(u64, Observed)>)> {
        let mut columns: Vec<Vec<(u64, Observed)>> = vec![Vec::new(); self.slots.len()];
        for &seed in seeds {
            let Some((layout, values)) = self.seeds.get(&seed) else { continue };
            for (&slot, &value) in self.layouts[*layout as usize].iter().zip(values) {
                columns[slot as usize].push((seed, value));
            }
        }
        self.slots.iter().zip(columns).filter(|(_, column)| !column.is_empty()).collect()
    }
}
