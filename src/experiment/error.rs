//! Why an experiment could not be run.

use std::path::PathBuf;

use miette::Diagnostic;

use crate::publish::PublishError;
use crate::registry::Taken;
use crate::run::RunError;
use crate::spec;
use crate::store::StoreError;

/// Why an experiment could not be run, or what it found could not be said.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[non_exhaustive]
pub enum ExperimentError {
    /// The spec, with the place of what is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Spec(#[from] spec::Error),
    /// A component of your own has a name that is taken.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The run folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Tables, figures and pages.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The observations would take more disk than is allowed.
    #[error("the observations would take about {gigabytes:.1} GB, and {allowed} GB are allowed")]
    #[diagnostic(help(
        "measure fewer generations (`at` under `[measure]`) or seeds, or allow it with `--disk`"
    ))]
    TooLarge {
        /// What they would take.
        gigabytes: f64,
        /// What is allowed.
        allowed: f64,
    },
    /// The run would take more memory than is allowed.
    #[error(
        "the run would take about {bytes} of memory, most of it for `{setting}`, and {allowed} are allowed"
    )]
    #[diagnostic(help(
        "ask for fewer rows, a smaller model, fewer seeds or `--jobs`, or allow it with `--memory`"
    ))]
    TooMuchMemory {
        /// The largest setting.
        setting: String,
        /// What it would take.
        bytes: String,
        /// What is allowed.
        allowed: String,
    },
    /// The folder holds another experiment, whose tables and figures would be replaced.
    #[error("`{}` holds the experiment `{holds}`, and this one is `{name}`", folder.display())]
    #[diagnostic(help("name another folder (`--out`), or remove this one"))]
    AnotherExperiment {
        /// The folder.
        folder: PathBuf,
        /// What it holds.
        holds: String,
        /// What was to be run.
        name: String,
    },
    /// A file beside the run's own.
    #[error("{what}: {why}")]
    File {
        /// Which file.
        what: String,
        /// The system's reason.
        why: std::io::Error,
    },
}
