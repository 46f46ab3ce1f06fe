//! From the rows of a run folder to its tables, claims, figures, page and notebook.
//!
//! Everything here reads what lineages wrote, never the engine, so it can be made anew at any time.

mod answered;
mod answers;
mod artist;
mod asked;
mod bars;
mod best;
mod claim_checks;
mod claims;
mod claims_controls;
mod compared;
mod conditions;
mod copied;
mod curves;
mod data_card;
mod defaults;
mod definitions;
mod dose_response;
mod draw;
mod effect_rows;
mod effective;
mod error;
mod examples;
mod explore;
mod figure_checks;
mod findings;
mod gallery;
mod histograms;
mod lead;
mod looks;
mod loss_curves;
mod marginals;
mod matrix;
mod names;
mod notebook;
mod number;
mod page;
mod phase;
mod scatter;
mod settings;
mod side_by_side;
mod simple;
mod snapshots;
mod tables;
#[cfg(test)]
mod tests;
mod values;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

pub use answered::Answered;
pub use answers::sentences;
pub use claim_checks::{examine_claims, examine_laws};
pub use claims::decide_claims;
pub use claims_controls::{ControlResult, blind_before, control_runs, decide_controls};
pub use compared::{Asked, Effects, RegimeGains, SettingChange, Sized, changes, effects};
pub use definitions::write_definitions;
pub use draw::{Figures, draw, draw_into, draw_one};
pub use effect_rows::{
    CHANGES, COMPARISON, EffectRow, GAINS, change_rows, comparison_rows, gain_rows, words,
};
pub use error::PublishError;
pub use figure_checks::{examine_figures, examine_pictures};
pub use findings::{observations, summarise};
pub use lead::{FALSE_ALARMS, leads, time_in_words};
pub(crate) use names::file_name;
pub use names::setting_name;
pub use notebook::export_notebook;
pub use number::{between, expectation, number};
pub use page::{Found, command_line, page};
pub use phase::further_cells;
pub use side_by_side::side_by_side;
pub use simple::simple;
pub use values::{Values, values, written};

use crate::analysis::{Observations, SummaryRow};
use crate::components::Components;
use crate::spec::{Experiment, Setting};
use crate::store::{Cell, Folder, Lineages, Manifest, Settings, cells};
use compared::source;

/// A run folder and the experiment that filled it.
pub struct Publication {
    /// The folder.
    pub folder: Folder,
    /// The resolved experiment.
    pub experiment: Experiment,
    /// The command line that made it.
    pub command: Vec<String>,
    /// What the experiment's names stand for.
    pub components: Arc<Components>,
    /// What it holds, once it was read.
    held: RefCell<Held>,
}

/// What a folder holds, as far as it was read.
#[derive(Default)]
struct Held {
    rows: Option<Arc<Lineages>>,
    records: Option<Arc<Settings>>,
    observed: Option<Rc<Observations>>,
    summary: Option<Rc<Vec<SummaryRow>>>,
    effects: Option<(Asked, Rc<Effects>)>,
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
    /// Its numbers, where it shows some.
    pub csv_path: Option<PathBuf>,
}

impl Drawn {
    /// Its files.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.svg_path, &self.png_path].into_iter().chain(&self.csv_path)
    }
}

impl Publication {
    /// A folder that this experiment fills.
    pub fn new(
        folder: Folder,
        experiment: Experiment,
        command: Vec<String>,
        components: Arc<Components>,
    ) -> Self {
        Self { folder, experiment, command, components, held: RefCell::default() }
    }

    /// Takes what a run has left in the folder in place of what was read.
    pub fn take(&self, rows: Arc<Lineages>) {
        self.held.replace(Held { rows: Some(rows), ..Held::default() });
    }

    /// Every lineage of the run.
    ///
    /// # Errors
    /// Those of the files.
    pub fn rows(&self) -> Result<Arc<Lineages>, PublishError> {
        if let Some(known) = &self.held.borrow().rows {
            return Ok(known.clone());
        }
        let read = Arc::new(Lineages::open(&self.folder)?);
        Ok(self.held.borrow_mut().rows.insert(read).clone())
    }

    /// Opens a run folder.
    pub fn open(path: &Path, components: Arc<Components>) -> Result<Self, PublishError> {
        let folder = Folder::at(path);
        let manifest = Manifest::load(&folder)?;
        let file = folder.spec();
        let text = std::fs::read_to_string(&file)
            .map_err(|source| PublishError::File { path: file.clone(), source })?;
        let mut experiment = Experiment::from_toml(&text, &file.display().to_string())
            .map_err(|source| PublishError::Spec { path: file, source })?;
        experiment.name = manifest.experiment;
        Ok(Self::new(folder, experiment, manifest.command, components))
    }

    /// What the run wrote of its settings.
    ///
    /// # Errors
    /// Those of the file.
    pub fn records(&self) -> Result<Arc<Settings>, PublishError> {
        if let Some(known) = &self.held.borrow().records {
            return Ok(known.clone());
        }
        let read = Arc::new(Settings::load(&self.folder)?);
        Ok(self.held.borrow_mut().records.insert(read).clone())
    }

    /// Notes in the manifest that a command that reads the rows has written these files of the folder anew, and these
    /// figures.
    ///
    /// # Errors
    /// Those of the manifest.
    pub fn renew(&self, names: &[&str], drawn: &[Drawn]) -> Result<(), PublishError> {
        let named = names.iter().map(|name| self.folder.root().join(name));
        let written: Vec<PathBuf> = named.chain(drawn.iter().flat_map(Drawn::files).cloned()).collect();
        Ok(Manifest::renew(&self.folder, written.iter().map(PathBuf::as_path))?)
    }

    /// What became of the run's cells.
    fn cells(&self) -> Result<Vec<Cell>, PublishError> {
        Ok(cells(&*self.records()?, &*self.rows()?))
    }

    /// The settings of the spec.
    fn settings(&self) -> Result<Arc<Vec<Setting>>, PublishError> {
        let wrong = |source| PublishError::Spec { path: self.folder.spec(), source };
        self.experiment.settings().map_err(wrong)
    }
}
