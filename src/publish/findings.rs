//! What a run folder holds, summarised, and the laws that stand in the place of a metric.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use super::conditions::predict;
use super::{Publication, PublishError};
use crate::analysis::{
    self, AnalysisError, Gathering, Observations, Over, Series, SettingKey, SummaryRow, over_rows,
};
use crate::components::Components;
use crate::metrics::{Reading, Scale, Subject};
use crate::store::{AtomicFile, Settings, Status};
use crate::theory;

/// What a run observed, and the laws that stand in the place of a metric: numbers that are computed at the run's settings
/// and not measured, which have no randomness and no seeds.
#[derive(Default)]
pub struct Findings {
    measured: Rc<Observations>,
    laws: Observations,
    components: Arc<Components>,
}

/// Everything that the folder holds; the members of a population apart where the spec says so. It is read once; every
/// table, figure and answer takes it from here.
///
/// # Errors
/// Those of the files.
pub fn observations(publication: &Publication) -> Result<Rc<Observations>, PublishError> {
    if let Some(known) = &publication.held.borrow().observed {
        return Ok(known.clone());
    }
    let apart = publication.experiment.measure.by_member;
    let (records, rows) = (publication.records()?, publication.rows()?);
    let mut all = Vec::new();
    for record in records.iter().filter(|record| record.skipped.is_none()) {
        let mut gathering = Gathering::default();
        for seeds in rows.of(record.identity(), records.seeds()) {
            for (at, slot) in seeds.group.slots.iter().enumerate() {
                gathering.add(slot, apart, seeds.observed(at));
            }
        }
        let series = gathering.series(&records, record.index, records.seeds().len());
        all.extend(series.into_iter().map(|s| if record.resampled { over_rows(&s) } else { s }));
    }
    Ok(publication.held.borrow_mut().observed.insert(Rc::new(Observations::new(all))).clone())
}

impl Publication {
    /// The summary of every place that was measured; nothing of a folder without observations.
    ///
    /// # Errors
    /// Those of the files.
    pub fn summary(&self) -> Result<Rc<Vec<SummaryRow>>, PublishError> {
        if let Some(known) = &self.held.borrow().summary {
            return Ok(known.clone());
        }
        let measured = observations(self)?;
        let scale = |metric: &str| self.components.reading(metric).map_or(Scale::Linear, |r| r.scale);
        let rows = Rc::new(analysis::summarise(measured.series(), scale));
        Ok(self.held.borrow_mut().summary.insert(rows).clone())
    }

    /// What the intervals of a run are over.
    ///
    /// # Errors
    /// Those of the files.
    pub fn over(&self) -> Result<Over, PublishError> {
        Ok(if self.records()?.iter().any(|record| record.resampled) { Over::Rows } else { Over::Seeds })
    }
}

impl Findings {
    /// Reads what the folder holds.
    ///
    /// # Errors
    /// [`PublishError::Empty`] if nothing was measured, and those of the files.
    pub fn read(publication: &Publication) -> Result<Self, PublishError> {
        let (measured, components) = (observations(publication)?, publication.components.clone());
        match measured.series().next() {
            None => Err(nothing(publication)?),
            Some(_) => Ok(Self { measured, laws: Observations::default(), components }),
        }
    }

    /// What the folder holds, and the laws that figures and claims of the spec name as metrics.
    ///
    /// # Errors
    /// As [`Findings::read`].
    pub fn with_laws(publication: &Publication) -> Result<Self, PublishError> {
        let found = Self::read(publication)?;
        let experiment = &publication.experiment;
        let shown = experiment.figures.iter().flat_map(|f| f.y.iter().chain(&f.color));
        let names = experiment.claims.iter().map(|c| &c.metric).chain(shown);
        let names: BTreeSet<&String> =
            names.filter(|name| found.components.metrics.get(name).is_none()).collect();
        let records = publication.records()?;
        let laws = names.into_iter().flat_map(|name| computed(name, &found.measured, &records)).collect();
        Ok(Self { laws: Observations::new(laws), ..found })
    }

    /// Metric by metric of every setting, then the laws.
    pub fn series(&self) -> impl Iterator<Item = &Series> + Clone {
        self.measured.series().chain(self.laws.series())
    }

    /// The same of the setting with this index.
    pub fn of(&self, setting: usize) -> impl Iterator<Item = &Series> {
        self.measured.of(setting).iter().chain(self.laws.of(setting))
    }

    /// One metric of one subject in one setting.
    pub fn find(&self, key: &SettingKey, metric: &str, subject: Subject) -> Option<&Series> {
        self.measured.find(key, metric, subject).or_else(|| self.laws.find(key, metric, subject))
    }

    /// How a metric's numbers are read.
    pub(super) fn reading(&self, metric: &str) -> Option<Reading> {
        self.components.reading(metric)
    }

    /// The summary of every place of the laws.
    pub(super) fn of_laws(&self) -> Vec<SummaryRow> {
        analysis::summarise(self.laws.series(), |_| Scale::Linear)
    }
}

/// What a law says of each setting at every generation that was measured there; nothing where it is no law.
fn computed(name: &str, measured: &Observations, records: &Settings) -> Vec<Series> {
    let Some(law) = theory::find(name) else { return Vec::new() };
    let of = |key: &SettingKey| {
        let own = measured.of(key.index).iter().filter(|s| s.key == *key);
        let generations: BTreeSet<u32> = own.flat_map(|s| s.at.keys().copied()).collect();
        let value = |g: u32| {
            let mean = predict(law, records, (key.index, g), name).ok()?.mean;
            mean.is_finite().then(|| (g, vec![(0, mean)]))
        };
        let at = generations.into_iter().filter_map(value).collect();
        Series::new(key.clone(), name, Subject::Model, at)
    };
    let all = measured.keys().into_iter().map(of);
    all.filter(|series| !series.at.is_empty()).collect()
}

/// Whether a key is about this member, or none is asked for.
pub(super) fn is_of(key: &SettingKey, member: Option<u32>) -> bool {
    member.is_none_or(|m| key.member().is_none_or(|own| own == m))
}

/// The error about a folder without observations, with what became of its cells.
fn nothing(publication: &Publication) -> Result<PublishError, PublishError> {
    let cells = publication.cells()?;
    let count = |status: Status| cells.iter().filter(|c| c.status == status).count();
    let (failed, skipped, pending) = (count(Status::Failed), count(Status::Skipped), count(Status::Pending));
    let cells =
        format!("of {} cells {failed} failed, {skipped} were skipped, {pending} are pending", cells.len());
    Ok(PublishError::Empty { path: publication.folder.root().into(), cells })
}

/// Writes `summary.csv` and returns its rows.
///
/// # Errors
/// Those of [`Findings::read`] and of the disk.
pub fn summarise(publication: &Publication) -> Result<Rc<Vec<SummaryRow>>, PublishError> {
    let rows = publication.summary()?;
    if rows.is_empty() {
        return Err(nothing(publication)?);
    }
    let mut file = AtomicFile::create(&publication.folder.summary())?;
    analysis::write_csv(&publication.experiment.name, &rows, &mut file).map_err(AnalysisError::from)?;
    file.commit()?;
    Ok(rows)
}
