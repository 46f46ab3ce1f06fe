//! Where things lie in a run folder.

use std::path::{Path, PathBuf};

use super::{KeptModels, Lock, StoreError, atomic, models};

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
        std::fs::create_dir_all(&rows).map_err(StoreError::io("create", &rows))?;
        let lock = Lock::take(&self.root)?;
        atomic::remove_unfinished(&self.root)?;
        atomic::remove_unfinished(&rows)?;
        models::remove_unfinished(&self.models())?;
        Ok(lock)
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `rows/`, where everything is that was observed.
    pub fn rows(&self) -> PathBuf {
        self.root.join("rows")
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
