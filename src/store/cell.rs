//! A cell: one setting and a block of seeds, the unit of work, caching and failure.

use std::collections::BTreeMap;

use super::accumulator::Accumulator;
use super::examples::Example;
use super::slots::Slot;
use super::{Note, SettingInfo};
use crate::lineage::Outcome;
use crate::metrics::Observed;

/// Seeds that are accumulated one after the other before they are merged with what came before.
/// Part of the meaning of a streamed summary's last digits, so it is fixed.
pub const SUB_BLOCK: u64 = 125;

/// What is kept of each observation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Every number.
    #[default]
    Rows,
    /// Moments and quantiles over the seeds of a cell.
    Summary,
}

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
    /// What is kept.
    pub keep: Keep,
}

impl CellId {
    /// The cell of `block` of a setting.
    pub fn of(setting: &SettingInfo, block: u64, keep: Keep) -> Self {
        Self {
            cell: setting.cell_name(block),
            setting: setting.digest.clone(),
            measure: setting.measure_digest.clone(),
            block,
            size: setting.seeds_per_cell.max(1),
            keep,
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
    /// The numbers.
    pub body: Body,
    /// Rows to show, of the first seed.
    pub examples: Vec<Example>,
    /// Values that are missing, and why.
    pub notes: Vec<Note>,
    /// Wall-clock seconds spent on it, over all runs.
    pub wall_seconds: f64,
}

/// The numbers of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Every number.
    Rows(Rows),
    /// Moments and quantiles.
    Summary(Summary),
}

/// Every number of a cell. Seeds mostly fill the same places, so the places are listed once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// All places that any seed fills.
    pub slots: Vec<Slot>,
    /// Lists of places, ascending in the order of rows.
    pub layouts: Vec<Vec<u32>>,
    /// The layout that each seed fills, and what was observed there.
    pub seeds: BTreeMap<u64, (u32, Vec<Observed>)>,
}

/// The streamed summary of a cell.
///
/// Seeds are pushed in ascending order into `open`; when the next seed lies in another sub-block,
/// `open` is merged into `sealed` and a new one begins. So a cell that is continued upwards has
/// the same bits as one that ran in one go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// All places that any seed fills.
    pub slots: Vec<Slot>,
    /// The merged earlier sub-blocks, one accumulator a place.
    pub sealed: Vec<Accumulator>,
    /// The sub-block of the last seed, one accumulator a place.
    pub open: Vec<Accumulator>,
    /// The number of the open sub-block: `seed / SUB_BLOCK`.
    pub open_block: Option<u64>,
}

impl Cell {
    /// A cell without seeds.
    pub fn empty(id: CellId) -> Self {
        let body = match id.keep {
            Keep::Rows => Body::Rows(Rows::default()),
            Keep::Summary => Body::Summary(Summary::default()),
        };
        let (seeds, examples, notes) = Default::default();
        Self { id, seeds, body, examples, notes, wall_seconds: 0.0 }
    }

    /// The seeds of `wanted` (ascending) that have still to be run. A failed seed is run again.
    ///
    /// `None` if a summary can't be continued to hold exactly the wanted seeds: it can only grow
    /// upwards, and a seed can't be taken out. The cell has then to be run from the start.
    pub fn missing(&self, wanted: &[u64]) -> Option<Vec<u64>> {
        let ended = |seed: &u64| matches!(self.seeds.get(seed), Some(Ending::Ended(_)));
        let missing: Vec<u64> = wanted.iter().copied().filter(|s| !ended(s)).collect();
        if self.id.keep == Keep::Summary {
            let last = self.seeds.keys().next_back();
            let upwards = missing.first().zip(last).is_none_or(|(first, last)| first > last);
            let exact = self.seeds.keys().all(|seed| wanted.binary_search(seed).is_ok());
            if !upwards || !exact {
                return None;
            }
        }
        Some(missing)
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

impl Summary {
    /// The summary over all seeds, by place in the order of rows.
    pub fn total(&self) -> BTreeMap<&Slot, Accumulator> {
        let mut total = BTreeMap::new();
        for (at, slot) in self.slots.iter().enumerate() {
            let mut sum = self.sealed[at].clone();
            sum.merge(&self.open[at]);
            total.insert(slot, sum);
        }
        total
    }
}
