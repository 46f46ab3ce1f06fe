//! The rows of a run folder, grouped and summarised.

use super::{Publication, PublishError};
use crate::analysis::{self, AnalysisError, Gathering, Place, Series, SettingKey, SummaryRow};
use crate::metrics::{Scale, Subject};
use crate::spec::Keep;
use crate::store::tables::Status;
use crate::store::{Accumulator, AtomicFile, read};
use crate::tasks::reading;

/// What a run found: every value, or streamed moments.
pub enum Findings {
    /// Per-seed values.
    Rows(Vec<Series>),
    /// Moments over seeds (`keep = "summary"`).
    Moments(Vec<MomentSeries>),
}

/// Streamed moments of one metric at one generation of one setting.
pub struct MomentSeries {
    /// The setting; with a population also the column `member`, since streamed moments can't be
    /// averaged within their seed.
    pub key: SettingKey,
    /// The metric.
    pub metric: String,
    /// Whose rows were measured.
    pub subject: Subject,
    /// The generation.
    pub generation: u32,
    /// The moments.
    pub moments: Accumulator,
}

/// Everything that the folder's cells hold, setting by setting; the members of a population apart where the spec says so.
///
/// # Errors
/// Those of the files.
pub fn series(publication: &Publication) -> Result<Vec<Series>, PublishError> {
    let apart = publication.experiment.measure.by_member;
    let mut all = Vec::new();
    for setting in read::observations(&publication.folder)? {
        let setting = setting?;
        let mut key = key_of(&setting.setting);
        key.0.insert(0, ("experiment".into(), publication.experiment.name.clone()));
        let mut gathering = Gathering::default();
        for (rows, seeds) in &setting.cells {
            for (slot, observed) in rows.by_place(seeds) {
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
        let folder = &publication.folder;
        let found = if publication.experiment.measure.keep == Keep::Summary {
            let mut all = Vec::new();
            for setting in read::summaries(folder)? {
                all.extend(moments(setting?));
            }
            Findings::Moments(all)
        } else {
            Findings::Rows(series(publication)?)
        };
        let empty = match &found {
            Findings::Rows(series) => series.is_empty(),
            Findings::Moments(all) => all.iter().all(|m| m.moments.count() == 0),
        };
        if empty { Err(nothing(publication)?) } else { Ok(found) }
    }

    /// The summary of every place.
    pub fn summary(&self) -> Vec<SummaryRow> {
        let scale = |metric: &str| reading(metric).map_or(Scale::Linear, |r| r.scale);
        match self {
            Findings::Rows(series) => analysis::summarise(series, scale),
            Findings::Moments(all) => all
                .iter()
                .filter_map(|m| {
                    analysis::summary_of_moments(&m.key, m.generation, m.subject, &m.metric, &m.moments)
                })
                .collect(),
        }
    }
}

/// The column of a key that tells the members of a population apart.
fn member_column(member: u32) -> (String, String) {
    ("member".into(), member.to_string())
}

/// Whether a key is about this member, or none is asked for.
pub(super) fn is_of(key: &SettingKey, member: Option<u32>) -> bool {
    member.is_none_or(|m| key.get("member").is_none_or(|text| text == m.to_string()))
}

fn moments(setting: read::SettingSummary) -> Vec<MomentSeries> {
    let key = key_of(&setting.setting);
    let several = setting.places.keys().any(|slot| slot.member > 0);
    let of = |member: u32| {
        let mut key = key.clone();
        if several {
            key.0.push(member_column(member));
        }
        key
    };
    let series = |(slot, moments): (crate::store::Slot, Accumulator)| MomentSeries {
        key: of(slot.member),
        metric: slot.metric.into_owned(),
        subject: slot.subject,
        generation: slot.generation,
        moments,
    };
    setting.places.into_iter().map(series).collect()
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
