//! Fitted models that a run kept:
//! `models/<lineage hash>/seed-<s>/member-<m>-generation-<g>-<digest>.safetensors`.
//!
//! They belong to the lineage, not to what was measured of it: when a metric is added, the loop
//! finds its fits here and goes through the same rows again without fitting anything.
//!
//! The digest is half of the SHA-256 of the setting's hash, the seed, the member, the generation and the file, so a file
//! that was changed, and one that stands in the place of another, are told from what was kept.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use super::{StoreError, manifest};
use crate::lineage::Fit;
use crate::models::{Family, Model, StorageError};
use crate::output;

/// The models of one setting.
#[derive(Debug)]
pub struct KeptModels {
    /// The lineage hash.
    setting: String,
    /// `models/`.
    all: PathBuf,
    /// `models/<lineage hash>/`.
    own: PathBuf,
    /// Whether the family turned out to have no file format.
    unsupported: AtomicBool,
}

/// Hexadecimal digits of the digest in a name.
const DIGITS: usize = 32;
const ENDING: &str = ".safetensors";

impl KeptModels {
    /// The models of the setting with this lineage hash, of which the first 16 digits name the
    /// folder.
    pub(super) fn new(all: PathBuf, digest: &str) -> Self {
        let own = all.join(&digest[..digest.len().min(16)]);
        Self { setting: digest.into(), all, own, unsupported: AtomicBool::new(false) }
    }

    fn folder(&self, seed: u64) -> PathBuf {
        self.own.join(format!("seed-{seed}"))
    }

    fn digest(&self, fit: Fit, bytes: &[u8]) -> String {
        let Fit { seed, member, generation } = fit;
        let head = format!("{} {seed} {member} {generation}\n", self.setting);
        let mut digest = manifest::hex(&Sha256::new().chain_update(head).chain_update(bytes).finalize());
        digest.truncate(DIGITS);
        digest
    }

    /// The files that claim to be one fit: one, unless somebody put others there.
    fn files(&self, fit: Fit) -> Vec<(PathBuf, String)> {
        let start = format!("member-{}-generation-{}-", fit.member, fit.generation);
        let entries = std::fs::read_dir(self.folder(fit.seed)).into_iter().flatten().flatten();
        let ours = |name: &str| Some(name.strip_prefix(&start)?.strip_suffix(ENDING)?.to_owned());
        let found = entries.filter_map(|e| Some((e.path(), ours(&e.file_name().to_string_lossy())?)));
        found.filter(|(path, _)| path.is_file()).collect()
    }

    /// Whether a fit was kept.
    pub fn has(&self, fit: Fit) -> bool {
        !self.files(fit).is_empty()
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
        std::fs::create_dir_all(&self.all).map_err(StoreError::io("create", &self.all))?;
        let unfinished = tempfile::Builder::new()
            .prefix(output::PREFIX)
            .tempfile_in(&self.all)
            .map_err(StoreError::io("write in", &self.all))?
            .into_temp_path();
        match model.save(&unfinished) {
            Ok(()) => {
                let bytes = std::fs::read(&unfinished).map_err(StoreError::io("read", &unfinished))?;
                let folder = self.folder(fit.seed);
                std::fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
                let Fit { member, generation, .. } = fit;
                let digest = self.digest(fit, &bytes);
                let path = folder.join(format!("member-{member}-generation-{generation}-{digest}{ENDING}"));
                output::write(&path, &bytes).map_err(StoreError::io("write", &path))
            }
            Err(error) if error.unsupported => {
                self.unsupported.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => Err(StoreError::Format { path: self.folder(fit.seed), why: error.why }),
        }
    }

    /// Reads a model; `None` if it was not kept.
    ///
    /// # Errors
    /// If the file is there and is not what was kept, or not a model of this family.
    pub fn load(&self, fit: Fit, family: &dyn Family) -> Result<Option<Box<dyn Model>>, StorageError> {
        let Some((path, digest)) = self.files(fit).into_iter().next() else { return Ok(None) };
        let bytes = std::fs::read(&path).map_err(|e| StorageError::new(&path, e))?;
        if self.digest(fit, &bytes) != digest {
            let why = "it was changed, or is the model of another setting, seed, member or generation";
            return Err(StorageError::new(&path, why));
        }
        family.load(&path).map(Some)
    }
}

/// Whether a kept model below `models/` can't be what was kept: the folder's name and the file's give the identity, of
/// which the setting's hash must be given whole. `None` for other files.
pub(super) fn is_damaged(setting: &str, path: &Path) -> Option<bool> {
    let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?;
    let seed = path.parent()?.file_name()?.to_str()?.strip_prefix("seed-")?.parse().ok()?;
    let (member, rest) = name.strip_prefix("member-")?.split_once("-generation-")?;
    let (generation, digest) = rest.split_once('-')?;
    let fit = Fit { seed, member: member.parse().ok()?, generation: generation.parse().ok()? };
    let models = KeptModels::new(PathBuf::new(), setting);
    Some(std::fs::read(path).map_or(true, |bytes| models.digest(fit, &bytes) != digest))
}
