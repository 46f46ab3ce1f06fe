//! Why a model was not fitted, made no rows or could not be stored.

use std::path::{Path, PathBuf};

use super::Absence;
use crate::data::ShapeError;

/// Why something can't be done with this input. Not an error of the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// The reason in a sentence.
    pub reason: String,
    /// What an observation that was asked for is recorded as.
    pub why: Absence,
}

impl Refusal {
    /// A component refuses for a reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self::of(Absence::Refused, reason)
    }

    /// A refusal of this kind.
    pub fn of(why: Absence, reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), why }
    }

    /// The rows or the model are degenerate, a consequence of collapse.
    pub fn degenerate(reason: impl Into<String>) -> Self {
        Self::of(Absence::Degenerate, reason)
    }

    /// There are fewer rows than it takes.
    pub fn too_few_rows(reason: impl Into<String>) -> Self {
        Self::of(Absence::TooFewRows, reason)
    }

    /// Not defined for these rows, for a reason that is not collapse.
    pub fn undefined(reason: impl Into<String>) -> Self {
        Self::of(Absence::UndefinedHere, reason)
    }

    /// It does not apply to this setting.
    pub fn not_applicable(reason: impl Into<String>) -> Self {
        Self::of(Absence::NotApplicable, reason)
    }

    /// Its kind, unless a component just refused: that is a fault of the setting and no outcome.
    pub fn outcome(&self) -> Option<Absence> {
        (self.why != Absence::Refused).then_some(self.why)
    }

    /// A number of the rows or of the model is not finite.
    pub fn diverged(reason: impl Into<String>) -> Self {
        Self::of(Absence::Diverged, reason)
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

impl FitError {
    /// What the values of a lineage are that ends with this error, where the error is an outcome of the loop: a model's
    /// own rows made the next fit impossible. `None` where something else is wrong.
    pub fn outcome(&self) -> Option<Absence> {
        match self {
            FitError::Diverged { .. } | FitError::NotFinite { .. } => Some(Absence::Diverged),
            FitError::TooFewRows { .. } => Some(Absence::TooFewRows),
            FitError::Refused(refusal) => refusal.outcome(),
            FitError::Outside(_) => None,
        }
    }
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

impl From<ShapeError> for SampleError {
    fn from(error: ShapeError) -> Self {
        SampleError::Refused(Refusal::new(error.to_string()))
    }
}

impl SampleError {
    /// As [`FitError::outcome`].
    pub fn outcome(&self) -> Option<Absence> {
        match self {
            SampleError::Refused(refusal) => refusal.outcome(),
            SampleError::NotFinite => Some(Absence::Diverged),
            SampleError::Outside(_) => None,
        }
    }
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
