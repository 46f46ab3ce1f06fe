//! What can go wrong on disk.

use std::io;
use std::path::{Path, PathBuf};

/// Why a run folder could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("can't {action} {}: {why}", .path.display())]
    Io {
        /// What was tried, as in "write".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        why: io::Error,
    },
    /// Another process works on the folder.
    #[error(
        "another process{} is working on {}; wait for it or choose another folder with --out",
        .pid.map(|p| format!(" ({p})")).unwrap_or_default(), .path.display()
    )]
    Locked {
        /// The run folder.
        path: PathBuf,
        /// The process that holds the lock, where it can be read.
        pid: Option<u32>,
    },
    /// The folder holds no run.
    #[error("{} is not a run folder: it has no {missing}", .path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// The file that was looked for.
        missing: &'static str,
    },
    /// The folder was written by a version with another layout.
    #[error(
        "{} has schema version {found}, and this version reads {expected}; run the experiment again in another folder (--out), \
         or use the version that wrote it", .path.display()
    )]
    Schema {
        /// The manifest.
        path: PathBuf,
        /// The version found.
        found: u64,
        /// The version that is read.
        expected: u64,
    },
    /// A line of a file can't be read.
    #[error("{}, line {line}: {why}; run the experiment again to have it made anew", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The folder is not empty and holds no run.
    #[error("{} holds other files and no run, and a run writes files of many names; choose an empty or a new folder with --out", .path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// The folder was filled by a version that kept each cell in a file of its own.
    #[error("{} holds cells of an older format, which this version does not read; choose another folder with --out or remove it", .path.display())]
    Old {
        /// The folder of cells.
        path: PathBuf,
    },
    /// A file of rows can't be used.
    #[error("{}: {why}", .path.display())]
    Rows {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A value could not be written as JSON or CSV.
    #[error("can't write {}: {why}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        why: String,
    },
}

impl StoreError {
    /// Wraps what the operating system said about `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        let path = path.to_path_buf();
        move |source| {
            crate::output::note_refusal(&source);
            StoreError::Io { action, path, why: source }
        }
    }

    /// Wraps what a CSV or JSON writer said about `path`.
    pub(crate) fn format<E: std::fmt::Display>(path: &Path) -> impl FnOnce(E) -> StoreError {
        let path = path.to_path_buf();
        move |why| StoreError::Format { path, why: why.to_string() }
    }
}
