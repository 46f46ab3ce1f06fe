//! What is there and what has still to be run.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::{Options, Progress, RunError, Work};
use crate::store::{Cell, CellId, Distrust, Folder, SettingInfo, StoreError};

/// A cell with seeds to run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Todo {
    /// The setting, by its place in the list.
    pub setting: usize,
    /// Which cell it is.
    pub id: CellId,
    /// The seeds to run, ascending.
    pub seeds: Vec<u64>,
    /// Whether what is stored is thrown away.
    pub afresh: bool,
}

/// The work that is left, in the order of settings and seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Cells with seeds to run.
    pub todo: Vec<Todo>,
    /// Cells of settings that are not skipped.
    pub cells: u64,
    /// Lineages that need not be run again.
    pub reused: u64,
}

impl Plan {
    /// Puts the costliest cells first, so that none of them is started last and keeps one thread busy while the others have
    /// nothing left. What is stored does not depend on it.
    pub fn costliest_first<W: Work + ?Sized>(&mut self, work: &W) {
        let cost = |todo: &Todo| {
            let generations = work.settings()[todo.setting].generations + 1;
            todo.seeds.len() as f64 * work.cost(todo.setting, generations)
        };
        self.todo.sort_by(|a, b| cost(b).total_cmp(&cost(a)));
    }

    /// Of the cells that share a first fit, puts the first before all others, so that nobody waits for a fit that another
    /// thread is making while there is something else to do.
    pub fn first_fits_first<W: Work + ?Sized>(&mut self, work: &W) {
        let mut known = HashSet::new();
        let waits = |todo: &Todo| {
            let key = work.first_fit(todo.setting);
            key.is_some_and(|key| {
                !todo.seeds.iter().fold(false, |new, seed| known.insert((key, *seed)) || new)
            })
        };
        let waits: Vec<bool> = self.todo.iter().map(waits).collect();
        let (later, first): (Vec<_>, Vec<_>) = self.todo.drain(..).zip(waits).partition(|(_, waits)| *waits);
        self.todo.extend(first.into_iter().chain(later).map(|(todo, _)| todo));
    }
}

/// Seeds in ascending order, each once.
pub fn ascending(seeds: &[u64]) -> Vec<u64> {
    let mut seeds = seeds.to_vec();
    seeds.sort_unstable();
    seeds.dedup();
    seeds
}

/// Looks at the stored cells of a folder. A file that can't be used is told to `progress`, once,
/// and its cell run again. Files are read by the threads of the current pool.
pub fn plan(
    settings: &[SettingInfo],
    seeds: &[u64],
    options: &Options<'_>,
    folder: &Folder,
) -> Result<Plan, RunError> {
    distinct(settings)?;
    let wanted: Vec<(usize, CellId, &[u64])> = settings
        .iter()
        .enumerate()
        .filter(|(_, s)| s.skipped.is_none())
        .flat_map(|(at, s)| s.blocks(seeds).map(move |(block, part)| (at, s, block, part)))
        .map(|(at, s, block, part)| (at, CellId::of(s, block), part))
        .collect();
    let (progress, stale) = (options.progress, AtomicU64::new(0));
    let todo: Vec<Todo> = wanted
        .par_iter()
        .map(|(setting, id, seeds)| look(folder, *setting, id, seeds, progress, &stale))
        .collect::<Result<_, StoreError>>()?;
    let stale = stale.into_inner();
    if stale > 0 {
        progress.note(&format!("{stale} cells were measured with other metrics; they are run again"));
    }
    let asked: u64 = wanted.iter().map(|(_, _, seeds)| seeds.len() as u64).sum();
    let left: u64 = todo.iter().map(|t| t.seeds.len() as u64).sum();
    let cells = wanted.len() as u64;
    let todo = todo.into_iter().filter(|t| !t.seeds.is_empty()).collect();
    Ok(Plan { todo, cells, reused: asked - left })
}

fn look(
    folder: &Folder,
    setting: usize,
    id: &CellId,
    seeds: &[u64],
    progress: &dyn Progress,
    stale: &AtomicU64,
) -> Result<Todo, StoreError> {
    let (cell, distrust): (Cell, _) = folder.load_or_empty(id)?;
    match &distrust {
        Some(Distrust::Stale) => {
            stale.fetch_add(1, Ordering::Relaxed);
        }
        Some(distrust) => progress.note(&format!("cells/{}.json is {distrust}; it is run again", id.cell)),
        None => {}
    }
    let (seeds, afresh) = (cell.missing(seeds), distrust.is_some());
    Ok(Todo { setting, id: id.clone(), seeds, afresh })
}

/// Two settings with one name would write the same files.
fn distinct(settings: &[SettingInfo]) -> Result<(), RunError> {
    let mut named: std::collections::BTreeMap<String, &SettingInfo> = Default::default();
    for setting in settings.iter().filter(|s| s.skipped.is_none()) {
        if !setting.digest.contains(|c: char| c.is_ascii_alphanumeric()) {
            let (label, digest) = (setting.label.clone(), setting.digest.clone());
            return Err(RunError::NoDigest { label, digest });
        }
        if let Some(first) = named.insert(setting.cell_name(0), setting) {
            return Err(RunError::SameSetting {
                first: first.label.clone(),
                second: setting.label.clone(),
                digest: setting.digest.clone(),
            });
        }
    }
    Ok(())
}
