//! Why a model was not fitted, made no rows or could not be stored.

use std::path::{Path, PathBuf};

/// Why something can't be done with this input. Not an error of the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

impl Refusal {
    /// A refusal with a reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Why a fit failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FitError {
    /// The training set can't be fitted by this family.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// There are fewer rows than the fit needs.
    #[error("the fit needs at least {needed} rows, but the training set has {found}")]
    TooFewRows {
        /// Rows needed.
        needed: usize,
        /// Rows found.
        found: usize,
    },
    /// A value was NaN or infinite.
    #[error("column `{column}`, row {row}: not a finite number")]
    NotFinite {
        /// The column.
        column: String,
        /// The row, from 0.
        row: usize,
    },
    /// An outside program failed.
    #[error("{0}")]
    Outside(String),
    /// The loss or a parameter became NaN or infinite. An outcome of the lineage, not a bug.
    #[error("training diverged at step {step}: the loss is no longer a finite number")]
    Diverged {
        /// The optimiser step, from 0.
        step: usize,
    },
}

/// Why a model made no rows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SampleError {
    /// The model can't do what was asked.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// A produced value was NaN or infinite.
    #[error("the model produced a value that is not finite")]
    NotFinite,
    /// An outside model failed.
    #[error("{0}")]
    Outside(String),
}

/// Why a model could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}", path = path.display())]
pub struct StorageError {
    /// The file.
    pub path: PathBuf,
    /// What went wrong.
    pub why: String,
    /// Whether the family has no file format at all.
    pub unsupported: bool,
}

impl StorageError {
    /// A file that could not be written or read.
    pub fn new(path: &Path, why: impl std::fmt::Display) -> Self {
        Self { path: path.into(), why: why.to_string(), unsupported: false }
    }

    /// The family has no file format.
    pub fn unsupported(path: &Path) -> Self {
        Self { unsupported: true, ..Self::new(path, "models of this family can't be stored") }
    }
}
