//! What can go wrong between a run folder and its publication.

use std::path::PathBuf;

use crate::analysis::AnalysisError;
use crate::figures::FigureError;
use crate::notebook::NotebookError;
use crate::report::ReportError;
use crate::spec;
use crate::store::StoreError;

/// Why a run folder can't be published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The folder's files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder's spec.
    #[error("{path}: {source}", path = path.display())]
    Spec {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: spec::Error,
    },
    /// A file that can't be read or written.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The folder holds no observation.
    #[error(
        "{path} holds no observation to publish ({cells}); cells.csv says what became of each cell",
        path = path.display()
    )]
    Empty {
        /// The run folder.
        path: PathBuf,
        /// How many cells failed, were skipped or are pending.
        cells: String,
    },
    /// A claim that no run of this spec can decide.
    #[error("the claim \"{says}\" {why}")]
    Claim {
        /// The claim in words.
        says: String,
        /// What it asks for that is not there, and what to do.
        why: String,
    },
    /// The statistics.
    #[error(transparent)]
    Analysis(#[from] AnalysisError),
    /// A figure.
    #[error("figure `{name}`: {source}")]
    Figure {
        /// The figure's name.
        name: String,
        /// What went wrong.
        source: FigureError,
    },
    /// The page.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The notebook.
    #[error(transparent)]
    Notebook(#[from] NotebookError),
    /// A figure that asks for something that is not there.
    #[error("{0}")]
    Nothing(String),
}
