//! What a run may take of the machine, and whether it fits.

use super::ExperimentError;
use crate::data::Schema;
use crate::lineage::size::{row, written};
use crate::run::Prepared;

/// Gigabytes that the observations of a run may take unless told otherwise.
const DISK: f64 = 10.0;
/// Bytes of one observation in `rows/`, with what stands beside the numbers.
const OBSERVATION: f64 = 8.5;
/// Bytes of memory where the system does not say how many it has.
const MEMORY: f64 = 16e9;

/// What a run may take; gigabytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Of disk, for its observations; 10 unless told otherwise.
    pub disk: Option<f64>,
    /// Of memory; what the machine has unless told otherwise.
    pub memory: Option<f64>,
}

impl Limits {
    /// Bytes of memory that may be taken.
    pub fn memory_bytes(&self) -> f64 {
        self.memory.map_or_else(machine, |gigabytes| gigabytes * 1e9)
    }

    /// Refuses a run of so many seeds and jobs that would take more.
    ///
    /// # Errors
    /// [`ExperimentError::TooLarge`] and [`ExperimentError::TooMuchMemory`].
    pub fn refuse_large(
        &self,
        prepared: &Prepared,
        seeds: usize,
        jobs: usize,
    ) -> Result<(), ExperimentError> {
        let allowed = self.disk.unwrap_or(DISK);
        let bytes = prepared.observations(seeds as u64) * OBSERVATION;
        if bytes / 1e9 > allowed {
            return Err(ExperimentError::TooLarge { gigabytes: bytes / 1e9, allowed });
        }
        let needed = memory(prepared, seeds, jobs);
        let allowed = self.memory_bytes();
        match needed.bytes <= allowed {
            true => Ok(()),
            false => Err(ExperimentError::TooMuchMemory {
                setting: needed.setting,
                bytes: written(needed.bytes),
                allowed: written(allowed),
            }),
        }
    }
}

/// Refuses so many rows of a table, drawn and written at once, where the machine has no memory for them.
///
/// # Errors
/// [`ExperimentError::TooMuchMemory`].
pub fn refuse_rows(name: &str, schema: &Schema, rows: usize) -> Result<(), ExperimentError> {
    // The rows, and their text.
    let bytes = 4.0 * row(&schema.fields) * rows as f64;
    match bytes <= machine() {
        true => Ok(()),
        false => Err(ExperimentError::TooMuchMemory {
            setting: name.into(),
            bytes: written(bytes),
            allowed: written(machine()),
        }),
    }
}

/// What a run takes of memory, about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    /// Bytes.
    pub bytes: f64,
    /// Of one lineage of the largest setting.
    pub lineage: f64,
    /// That setting's name.
    pub setting: String,
}

/// The memory of a run of so many seeds and jobs, about: the largest lineages side by side, and the observations.
pub fn memory(prepared: &Prepared, seeds: usize, jobs: usize) -> Memory {
    let all = prepared.lineage_bytes();
    let together = jobs.min(all.len().saturating_mul(seeds).max(1)) as f64;
    let Some((lineage, setting)) = all.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)) else {
        return Memory::default();
    };
    // Observations are kept, and once more while tables are made of them.
    let kept = 2.0 * 8.0 * prepared.observations(seeds as u64);
    Memory { bytes: together * lineage + kept, lineage, setting: setting.to_owned() }
}

/// The machine's memory in bytes, or what a container may have of it.
fn machine() -> f64 {
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<f64>().ok();
    let total = || {
        let text = std::fs::read_to_string("/proc/meminfo").ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        Some(1024.0 * line.split_whitespace().next()?.parse::<f64>().ok()?)
    };
    let total = total().unwrap_or(MEMORY);
    number("/sys/fs/cgroup/memory.max").map_or(total, |container| container.min(total))
}
