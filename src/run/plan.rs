//! What is there and what has still to be run.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{Options, Progress, RunError, Work};
use crate::store::manifest::digest;
use crate::store::{Damage, Identity, Lineages, SettingInfo, StoreError, blocks};

/// A cell with seeds to run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Todo {
    /// The setting, by its place in the list.
    pub setting: usize,
    /// The setting's lineage hash.
    pub digest: String,
    /// The cell's name.
    pub cell: String,
    /// The seeds to run, ascending.
    pub seeds: Vec<u64>,
    /// Where a process of its own writes what it finds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<PathBuf>,
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

    /// Of the cells that share a first fit, puts the first before all others, so that none waits for a fit that another
    /// thread is making while there is something else to do.
    pub fn first_fits_first<W: Work + ?Sized>(&mut self, work: &W) {
        let mut known = HashSet::new();
        let waits = |todo: &Todo| {
            let key = work.first_fit(todo.setting);
            key.is_some_and(|key| {
                let new = todo.seeds.iter().filter(|seed| known.insert((key, **seed))).count();
                new == 0
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

/// What has still to be run, after what is there.
pub fn plan(
    settings: &[SettingInfo],
    seeds: &[u64],
    options: &Options<'_>,
    lineages: &Lineages,
) -> Result<Plan, RunError> {
    distinct(settings)?;
    let (mut plan, mut otherwise) = (Plan::default(), 0);
    for (setting, info) in settings.iter().enumerate().filter(|(_, s)| s.skipped.is_none()) {
        let of = Identity::from(info);
        let missing = lineages.missing(of, seeds);
        plan.reused += (seeds.len() - missing.len()) as u64;
        let size = info.seeds_per_cell.max(1);
        plan.cells += blocks(seeds, size).count() as u64;
        for seeds in blocks(&missing, size) {
            otherwise += u64::from(lineages.measured_otherwise(of, seeds));
            let (digest, cell) = (info.digest.clone(), info.cell_name(seeds[0] / size));
            plan.todo.push(Todo { setting, digest, cell, seeds: seeds.to_vec(), into: None });
        }
    }
    if otherwise > 0 {
        let text = format!("{otherwise} cells were measured with other metrics; they are run again");
        options.progress.note(&text);
    }
    Ok(plan)
}

/// Says which files can't be used.
pub fn tell_damage(damaged: &[Damage], progress: &dyn Progress) -> Vec<String> {
    let told = damaged.iter().map(|Damage { path, why }| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        format!("rows/{name} is damaged: {why}; what was in it is run again")
    });
    told.inspect(|text| progress.repair(text)).collect()
}

/// Removes files that can't be used, when what was in them is there again.
pub fn remove_damage(damaged: Vec<Damage>) -> Result<(), StoreError> {
    // What was run again may have the same bytes as before, and then has taken the name.
    let whole =
        |path: &Path| digest(path).is_ok_and(|is| path.file_stem().is_some_and(|name| *name == *is.sha256));
    for Damage { path, .. } in damaged {
        let Ok(kind) = std::fs::symlink_metadata(&path) else { continue };
        if kind.is_dir() || kind.is_file() && whole(&path) {
            continue;
        }
        std::fs::remove_file(&path).map_err(StoreError::io("remove", &path))?;
    }
    Ok(())
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
