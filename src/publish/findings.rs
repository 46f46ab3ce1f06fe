//! The rows of a run folder, grouped and summarised.

use std::rc::Rc;
use std::sync::Arc;

use super::{Publication, PublishError};
use crate::analysis::{self, AnalysisError, Gathering, Place, Series, SettingKey, SummaryRow};
use crate::components::Components;
use crate::metrics::{Reading, Scale};
use crate::store::tables::Status;
use crate::store::{AtomicFile, read};

/// What a run observed, and the laws that stand in the place of a metric.
#[derive(Default)]
pub struct Findings {
    measured: Rc<Vec<Series>>,
    pub(super) laws: Vec<Series>,
    components: Arc<Components>,
}

/// Everything that the folder's cells hold, setting by setting; the members of a population apart where the spec says so.
/// It is read once; every table, figure and answer takes it from here.
///
/// # Errors
/// Those of the files.
pub fn series(publication: &Publication) -> Result<Rc<Vec<Series>>, PublishError> {
    if let Some(known) = publication.observed.borrow().as_ref() {
        return Ok(known.clone());
    }
    let read = Rc::new(from_cells(publication)?);
    publication.observed.replace(Some(read.clone()));
    Ok(read)
}

fn from_cells(publication: &Publication) -> Result<Vec<Series>, PublishError> {
    let apart = publication.experiment.measure.by_member;
    let mut all = Vec::new();
    for setting in read::observations(&publication.folder)? {
        let setting = setting?;
        let mut key = key_of(&setting.setting);
        key.0.insert(0, ("experiment".into(), publication.experiment.name.clone()));
        let mut gathering = Gathering::default();
        for cell in &setting.cells {
            for (slot, observed) in cell.rows.by_place(&cell.seeds) {
                let member = apart.then_some(slot.member);
                let place = Place {
                    metric: &slot.metric,
                    subject: slot.subject,
                    generation: slot.generation,
                    member,
                };
                gathering.add(place, observed);
            }
        }
        all.extend(gathering.series(&key, setting.asked as usize));
    }
    Ok(all)
}

impl Findings {
    /// Reads what the folder holds.
    ///
    /// # Errors
    /// [`PublishError::Empty`] if nothing was measured, and those of the files.
    pub fn read(publication: &Publication) -> Result<Self, PublishError> {
        let measured = series(publication)?;
        if measured.is_empty() {
            return Err(nothing(publication)?);
        }
        Ok(Self { measured, laws: Vec::new(), components: publication.components.clone() })
    }

    /// Metric by metric of every setting, then the laws.
    pub fn series(&self) -> impl Iterator<Item = &Series> + Clone {
        self.measured.iter().chain(&self.laws)
    }

    /// How a metric's numbers are read.
    pub(super) fn reading(&self, metric: &str) -> Option<Reading> {
        self.components.reading(metric)
    }

    /// The summary of every place.
    pub fn summary(&self) -> Vec<SummaryRow> {
        let scale = |metric: &str| self.reading(metric).map_or(Scale::Linear, |r| r.scale);
        analysis::summarise(self.series(), scale)
    }
}

/// Whether a key is about this member, or none is asked for.
pub(super) fn is_of(key: &SettingKey, member: Option<u32>) -> bool {
    member.is_none_or(|m| key.get("member").is_none_or(|text| text == m.to_string()))
}

/// The error about a folder without observations, with what became of its cells.
fn nothing(publication: &Publication) -> Result<PublishError, PublishError> {
    let cells = read::cells(&publication.folder)?;
    let count = |status: Status| cells.iter().filter(|c| c.status == status).count();
    let (failed, skipped, pending) = (count(Status::Failed), count(Status::Skipped), count(Status::Pending));
    let cells =
        format!("of {} cells {failed} failed, {skipped} were skipped, {pending} are pending", cells.len());
    Ok(PublishError::Empty { path: publication.folder.root().into(), cells })
}

/// The setting of a cell, in the columns of `metrics.csv`.
pub(super) fn key_of(cell: &read::CellEntry) -> SettingKey {
    let number = |n: Option<f64>| n.map(|v| v.to_string()).unwrap_or_default();
    let mut columns = vec![
        ("data".to_owned(), cell.data.clone()),
        ("model".to_owned(), cell.model.clone()),
        ("regime".to_owned(), cell.regime.clone()),
        ("human_fraction".to_owned(), number(cell.human_fraction)),
        ("samples".to_owned(), number(cell.samples)),
    ];
    columns.extend(cell.swept.iter().cloned());
    SettingKey(columns)
}

/// Writes `summary.csv` and returns its rows.
///
/// # Errors
/// Those of [`Findings::read`] and of the disk.
pub fn summarise(publication: &Publication) -> Result<Vec<SummaryRow>, PublishError> {
    let rows = Findings::read(publication)?.summary();
    let mut file = AtomicFile::create(&publication.folder.summary())?;
    analysis::write_csv(&rows, &mut file).map_err(AnalysisError::from)?;
    file.commit()?;
    Ok(rows)
}
