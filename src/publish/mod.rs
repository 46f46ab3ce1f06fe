//! From the rows of a run folder to its tables, claims, figures, page and notebook.
//!
//! Everything here reads what lineages wrote, never the engine, so it can be made anew at any time.

mod claims;
mod conditions;
mod curves;
mod error;
mod examples;
mod findings;
mod number;
mod page;
mod settings;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use claims::{check_claims, decide_claims};
pub use curves::draw;
pub use error::PublishError;
pub use findings::{Findings, summarise};
pub use number::number;
pub use page::page;

use crate::notebook::comparison_notebook;
use crate::spec::{Experiment, Setting};
use crate::store::{Folder, Manifest, swept_columns};

/// A run folder and the experiment that filled it.
pub struct Publication {
    /// The folder.
    pub folder: Folder,
    /// The resolved experiment.
    pub experiment: Experiment,
    /// The command line that made it.
    pub command: Vec<String>,
}

/// A figure that was drawn.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Its name: the file name without ending.
    pub name: String,
    /// What it shows.
    pub caption: String,
    /// The vector file.
    pub svg_path: PathBuf,
    /// The bitmap.
    pub png_path: PathBuf,
}

impl Publication {
    /// Opens a run folder.
    pub fn open(path: &Path) -> Result<Self, PublishError> {
        let folder = Folder::at(path);
        let manifest = Manifest::load(&folder)?;
        let file = folder.spec();
        let text = std::fs::read_to_string(&file)
            .map_err(|source| PublishError::File { path: file.clone(), source })?;
        let mut experiment = Experiment::from_toml(&text, &file.display().to_string())
            .map_err(|source| PublishError::Spec { path: file, source })?;
        experiment.name = manifest.experiment;
        Ok(Self { folder, experiment, command: manifest.command })
    }

    /// The settings of the spec.
    fn settings(&self) -> Result<Vec<Setting>, PublishError> {
        let wrong = |source| PublishError::Spec { path: self.folder.spec(), source };
        self.experiment.settings().map_err(wrong)
    }
}

/// Writes a notebook that draws the run's curves from the rows beside it.
pub fn export_notebook(publication: &Publication, to: &Path) -> Result<PathBuf, PublishError> {
    let experiment = &publication.experiment;
    let metrics: Vec<&str> = experiment.measure.metrics.iter().map(|m| m.name.as_str()).collect();
    let columns = columns(publication)?;
    let swept: Vec<&str> = columns.iter().map(String::as_str).collect();
    let path = to.join("notebook.ipynb");
    comparison_notebook(experiment.title(), "metrics.csv", &metrics, &swept).write(&path)?;
    Ok(path)
}

/// The swept columns beside the human fraction that tell settings apart.
fn columns(publication: &Publication) -> Result<Vec<String>, PublishError> {
    let cells = crate::store::read::cells(&publication.folder)?;
    let settings: Vec<_> = cells
        .iter()
        .map(|c| crate::store::SettingInfo { swept: c.swept.clone(), ..Default::default() })
        .collect();
    let mut columns = swept_columns(&settings);
    let distinct = |f: fn(&crate::store::read::CellEntry) -> &str| cells.iter().any(|c| f(c) != f(&cells[0]));
    for (name, differs) in [
        ("regime", distinct(|c| &c.regime)),
        ("model", distinct(|c| &c.model)),
        ("data", distinct(|c| &c.data)),
    ] {
        if differs {
            columns.insert(0, name.into());
        }
    }
    Ok(columns)
}
