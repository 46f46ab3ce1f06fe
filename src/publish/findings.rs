//! The rows of a run folder, grouped and summarised.

use std::fs::File;

use super::{Publication, PublishError};
use crate::analysis::{self, AnalysisError, Series, SettingKey, SummaryRow};
use crate::metrics::{Scale, Subject, reading};
use crate::rng::Streams;
use crate::spec::Keep;
use crate::store::{Accumulator, AtomicFile, read};

/// What a run found: every value, or streamed moments.
pub enum Findings {
    /// Per-seed values.
    Rows(Vec<Series>),
    /// Moments over seeds (`keep = "summary"`).
    Moments(Vec<MomentSeries>),
}

/// Streamed moments of one metric at one generation of one setting.
pub struct MomentSeries {
    /// The setting.
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

impl Findings {
    /// Reads what the folder holds.
    pub fn read(publication: &Publication) -> Result<Self, PublishError> {
        let folder = &publication.folder;
        if publication.experiment.measure.keep == Keep::Summary {
            let mut all = Vec::new();
            for setting in read::summaries(folder)? {
                let setting = setting?;
                let key = key_of(&setting.setting);
                for (slot, moments) in setting.places {
                    all.push(MomentSeries {
                        key: key.clone(),
                        metric: slot.metric.into_owned(),
                        subject: slot.subject,
                        generation: slot.generation,
                        moments,
                    });
                }
            }
            return Ok(Findings::Moments(all));
        }
        let path = folder.metrics();
        let file = File::open(&path).map_err(|source| PublishError::File { path, source })?;
        Ok(Findings::Rows(analysis::group(analysis::read_csv(file)?)))
    }

    /// The summary of every place.
    pub fn summary(&self) -> Vec<SummaryRow> {
        let scale = |metric: &str| reading(metric).map_or(Scale::Linear, |r| r.scale);
        match self {
            Findings::Rows(series) => {
                analysis::summarise(series, scale, &mut Streams::new(0, 0).of("summary").rng())
            }
            Findings::Moments(all) => all
                .iter()
                .filter_map(|m| {
                    analysis::summary_of_moments(&m.key, m.generation, m.subject, &m.metric, &m.moments)
                })
                .collect(),
        }
    }
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
pub fn summarise(publication: &Publication) -> Result<Vec<SummaryRow>, PublishError> {
    let rows = Findings::read(publication)?.summary();
    let mut file = AtomicFile::create(&publication.folder.summary())?;
    analysis::write_csv(&rows, &mut file).map_err(AnalysisError::from)?;
    file.commit()?;
    Ok(rows)
}
