//! Where things lie in a run folder.

use std::path::{Path, PathBuf};

use super::{KeptModels, LOCK_FILE, Lock, StoreError, atomic};
use crate::output;

/// A run folder: `results/<experiment>/<run>`.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at `root`, which need not exist.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Creates what is missing, takes the lock and removes what a killed process left unfinished.
    pub fn prepare(&self) -> Result<Lock, StoreError> {
        let rows = self.rows();
        let old = self.root.join("cells");
        if old.is_dir() {
            return Err(StoreError::Old { path: old });
        }
        self.refuse_foreign()?;
        std::fs::create_dir_all(&rows).map_err(StoreError::io("create", &rows))?;
        let lock = Lock::take(&self.root)?;
        for folder in [self.root(), &rows, &self.models(), &self.figures()] {
            atomic::remove_unfinished(folder)?;
        }
        Ok(lock)
    }

    /// Refuses a folder that holds somebody else's files.
    ///
    /// # Errors
    /// [`StoreError::Foreign`].
    pub fn refuse_foreign(&self) -> Result<(), StoreError> {
        let ours = ["manifest.json", LOCK_FILE, "rows"];
        match output::is_foreign(&self.root, &ours) {
            true => Err(StoreError::Foreign { path: self.root.clone() }),
            false => Ok(()),
        }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `rows/`, where everything is that was observed.
    pub fn rows(&self) -> PathBuf {
        self.root.join("rows")
    }

    /// `figures/`.
    pub fn figures(&self) -> PathBuf {
        self.root.join("figures")
    }

    /// `models/`, where fitted models were kept.
    pub fn models(&self) -> PathBuf {
        self.root.join("models")
    }

    /// The kept models of the setting with this lineage hash.
    pub fn kept_models(&self, digest: &str) -> KeptModels {
        KeptModels::new(self.models(), digest)
    }

    /// `metrics.csv`.
    pub fn metrics(&self) -> PathBuf {
        self.root.join("metrics.csv")
    }

    /// `cells.csv`.
    pub fn cells_table(&self) -> PathBuf {
        self.root.join("cells.csv")
    }

    /// `lineages.csv`.
    pub fn lineages(&self) -> PathBuf {
        self.root.join("lineages.csv")
    }

    /// `summary.csv`.
    pub fn summary(&self) -> PathBuf {
        self.root.join("summary.csv")
    }

    /// `claims.json`.
    pub fn claims(&self) -> PathBuf {
        self.root.join("claims.json")
    }

    /// `manifest.json`.
    pub fn manifest(&self) -> PathBuf {
        self.root.join("manifest.json")
    }

    /// `settings.json`.
    pub fn settings(&self) -> PathBuf {
        self.root.join("settings.json")
    }

    /// `spec.toml`, the resolved spec.
    pub fn spec(&self) -> PathBuf {
        self.root.join("spec.toml")
    }
}
