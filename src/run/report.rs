//! What a run says when it is over.

use std::sync::Arc;

use crate::store::{Assembled, Lineages, StoreError};

/// What happened.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
    /// Cells, done, failed, skipped and pending, rows and notes, as they lie in the folder.
    pub tables: Assembled,
    /// Seeds that failed in this run, by cell and seed.
    pub failures: Vec<Failure>,
    /// What was damaged and was made again, a sentence each.
    pub repairs: Vec<String>,
    /// Lineages that were run to an end now.
    pub lineages: u64,
    /// Lineages that an earlier run had finished.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests ask"))]
    pub reused: u64,
    /// Whether it was interrupted before all was run.
    pub interrupted: bool,
    /// Wall-clock seconds of this run.
    pub wall_seconds: f64,
    /// Everything that lies in the folder.
    pub rows: Arc<Lineages>,
}

impl RunReport {
    /// The exit code: 130 interrupted, 1 some lineages failed, 0 all done.
    #[cfg(test)]
    pub fn exit_code(&self) -> i32 {
        if self.interrupted { super::interrupt::EXIT_INTERRUPTED } else { i32::from(self.tables.failed > 0) }
    }

    /// The failures without repetition: the first of each kind of error, and how many there are of it.
    pub fn distinct_failures(&self) -> Vec<(&Failure, usize)> {
        let mut found: Vec<(&Failure, String, usize)> = Vec::new();
        for failure in &self.failures {
            let kind = failure.kind();
            match found.iter_mut().find(|(_, known, _)| *known == kind) {
                Some((_, _, count)) => *count += 1,
                None => found.push((failure, kind, 1)),
            }
        }
        found.into_iter().map(|(failure, _, count)| (failure, count)).collect()
    }
}

/// A lineage that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The cell.
    pub cell: String,
    /// The setting's short name.
    pub setting: String,
    /// The seed.
    pub seed: u64,
    /// What went wrong.
    pub error: String,
}

impl Failure {
    /// The error without its numbers: seeds and generations differ where the reason is one.
    pub(super) fn kind(&self) -> String {
        let words = self.error.split(|c: char| c.is_ascii_digit()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("#")
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "failed: {} (cell {}), seed {}: {}", self.setting, self.cell, self.seed, self.error)
    }
}

/// Why nothing could be run, or what was run could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A process was started for a cell of something else.
    #[error("cell {cell} is not one of this spec")]
    ForeignCell {
        /// The cell's name.
        cell: String,
    },
    /// No seeds were given.
    #[error("there are no seeds to run; give at least one")]
    NoSeeds,
    /// Two settings are the same.
    #[error("the settings `{first}` and `{second}` are the same (hash {digest}); remove one from the sweep")]
    SameSetting {
        /// The earlier one.
        first: String,
        /// The later one.
        second: String,
        /// Their hash.
        digest: String,
    },
    /// A setting's hash can't name a file.
    #[error("the setting `{label}` has the hash `{digest}`, which holds no letter or digit")]
    NoDigest {
        /// The setting.
        label: String,
        /// Its hash.
        digest: String,
    },
    /// Threads could not be started.
    #[error("can't start {jobs} threads: {why}")]
    Threads {
        /// Threads asked for.
        jobs: usize,
        /// What the system said.
        why: String,
    },
}
