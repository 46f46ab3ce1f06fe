//! Fitted models that a run kept: `models/<lineage hash>/seed-<s>/member-<m>-generation-<g>.safetensors`.
//!
//! They belong to the lineage, not to what was measured of it: when a metric is added, the loop
//! finds its fits here and goes through the same rows again without fitting anything.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{StoreError, atomic};
use crate::lineage::Fit;
use crate::models::{Family, Model, StorageError};

/// The models of one setting.
#[derive(Debug)]
pub struct KeptModels {
    /// `models/`.
    all: PathBuf,
    /// `models/<lineage hash>/`.
    own: PathBuf,
    /// Whether the family turned out to have no file format.
    unsupported: AtomicBool,
}

impl KeptModels {
    /// The models of the setting with this lineage hash, of which the first 16 digits name the
    /// folder.
    pub(super) fn new(all: PathBuf, digest: &str) -> Self {
        let own = all.join(&digest[..digest.len().min(16)]);
        Self { all, own, unsupported: AtomicBool::new(false) }
    }

    /// The file of one fit.
    pub fn path(&self, fit: Fit) -> PathBuf {
        let Fit { seed, member, generation } = fit;
        self.own
            .join(format!("seed-{seed}"))
            .join(format!("member-{member}-generation-{generation}.safetensors"))
    }

    /// Writes a model, whole or not at all. Models of closed forms have no file format: nothing is
    /// written, and fitting them again takes no time.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn save(&self, fit: Fit, model: &dyn Model) -> Result<(), StoreError> {
        if self.unsupported.load(Ordering::Relaxed) {
            return Ok(());
        }
        let path = self.path(fit);
        std::fs::create_dir_all(&self.all).map_err(StoreError::io("create", &self.all))?;
        let unfinished = tempfile::Builder::new()
            .prefix(atomic::PREFIX)
            .tempfile_in(&self.all)
            .map_err(StoreError::io("write in", &self.all))?
            .into_temp_path();
        match model.save(&unfinished) {
            Ok(()) => {
                let folder = path.parent().unwrap_or(&self.own);
                std::fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
                unfinished.persist(&path).map_err(|e| e.error).map_err(StoreError::io("name", &path))?;
                Ok(())
            }
            Err(error) if error.unsupported => {
                self.unsupported.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(StoreError::Format { path, why: error.why }),
        }
    }

    /// Reads a model; `None` if it was not kept.
    ///
    /// # Errors
    /// If the file is there and is not a model of this family.
    pub fn load(&self, fit: Fit, family: &dyn Family) -> Result<Option<Box<dyn Model>>, StorageError> {
        let path = self.path(fit);
        if path.is_file() { family.load(&path).map(Some) } else { Ok(None) }
    }
}

/// Removes what a killed process left half-written among the models of a run.
pub(super) fn remove_unfinished(all: &Path) -> Result<(), StoreError> {
    if all.is_dir() { atomic::remove_unfinished(all) } else { Ok(()) }
}
