//! Generations that were made elsewhere, measured like a run.
//!
//! There is no model and no training set: every generation is rows. Metrics that need either are
//! refused; the others see `size` rows of each generation, chosen at random, beside as many held-out
//! human rows, and the human baseline is measured like everywhere else. A run takes the place of a
//! seed. One run alone has no seeds: it is measured on all of its rows and on all but each of [`PARTS`] random parts of them, the
//! human rows in step, for intervals over resampled rows.

mod load;
#[cfg(test)]
mod tests;

pub use load::{Load, Loaded, Runs, load};

use std::sync::Arc;

use sha2::{Digest, Sha256};

use rand::seq::SliceRandom;

use super::Work;
use crate::data::{HumanRows, Mix, Samples, Schema, ShapeError, Source, Splits, Supply, digest};
use crate::lineage::{
    Context, Fit, LineageError, Measured, Names, Outcome, Record, StopReason, Why, measure,
};
use crate::metrics::{BoxedMetric, Observation, Shared, Space, Subject};
use crate::models::Refusal;
use crate::registry::BuildContext;
use crate::rng::Streams;
use crate::spec::{self, Coordinates, Experiment, Node};
use crate::store::{ELSEWHERE, Seen, SettingInfo};

/// The parts of one run's rows.
pub const PARTS: u64 = 10;
/// The fewest rows of a run in parts.
const FEWEST: usize = 50;

/// Recorded generations, ready to be measured.
pub struct Recorded {
    source: Source,
    runs: Runs,
    metrics: Vec<Measured>,
    size: usize,
    salt: u64,
    space: Option<Arc<Space>>,
    info: Vec<SettingInfo>,
}

/// Why a metric can't measure recorded rows of this shape; `Ok` where it can.
///
/// # Errors
/// With what the metric would need.
pub fn measurable(name: &str, metric: &BoxedMetric, source: &Source) -> Result<(), Refusal> {
    metric.accepts(source.schema(), source.truth())?;
    let needs = metric.needs();
    if needs.training {
        return Err(Refusal::new(format!("{name} needs the training set, which is not recorded")));
    }
    if needs.base || needs.others {
        return Err(Refusal::new(format!("{name} needs other models beside it, which are not recorded")));
    }
    // A metric that reads rows in no case reads the fitted model alone.
    if needs.model && !needs.sample.applies(false, source.truth()) {
        return Err(Refusal::new(format!("{name} needs the fitted model, which is not recorded")));
    }
    Ok(())
}

/// The most rows that metrics can see: those of the smallest generation, and half of the held-out
/// human rows, since the baseline takes as many.
pub fn largest_size(source: &Source, runs: &Runs) -> usize {
    let smallest = runs.iter().flat_map(|(_, g)| g.values()).map(Samples::len).min().unwrap_or(0);
    source.held_out().map_or(smallest, |rows| smallest.min(rows / 2))
}

impl Recorded {
    /// Makes the metrics of `[measure]` ready; `size` rows of each generation are measured.
    ///
    /// # Errors
    /// An unknown metric, or one that needs what is not recorded.
    pub fn new(
        experiment: &Experiment,
        source: Source,
        runs: Runs,
        size: usize,
        context: &Context,
    ) -> Result<Self, spec::Error> {
        let salt = context.salt;
        let mut metrics = Vec::new();
        let mut versions = Vec::new();
        for asked in &experiment.measure.metrics {
            let entry = context.components.metrics.find(asked.node.get("name").unwrap_or(&asked.node))?;
            let metric = entry.build(&Node::table(asked.at.clone()), &BuildContext::on(context.device))?;
            measurable(&asked.name, &metric, &source).map_err(|why| {
                spec::Error::refused(
                    asked.at.clone(),
                    why.to_string(),
                    "leave it out; see `collapse list metrics`",
                )
            })?;
            let about = &entry.about;
            versions.push((
                about.name.as_ref(),
                if about.is_own() { about.key() } else { about.version.to_string() },
            ));
            metrics.push(Measured { name: asked.name.clone(), metric, sample: true });
        }
        let space = match experiment.measure.space {
            Coordinates::HumanScale => Space::of(&source).map(Arc::new),
            Coordinates::Classifier => {
                let space = Space::classifier(&source, context.device).map_err(|why| {
                    let at = experiment.template.at_of("measure.space");
                    spec::Error::refused(at, why.to_string(), "choose rows of numbers or images with a label")
                })?;
                Some(Arc::new(space))
            }
            Coordinates::Raw => None,
        };
        versions.extend(space.iter().map(|_| ("space", Space::VERSION.to_string())));
        let generations = runs.iter().filter_map(|(_, g)| g.keys().last()).max().copied().unwrap_or(0);
        let rows = runs.first().and_then(|(_, g)| g.values().next()).map(|rows| rows.len() as f64);
        let resampled = runs.len() == 1 && size >= FEWEST;
        let info = SettingInfo {
            resampled,
            digest: fingerprint(&source, &runs, size, salt, resampled),
            measure_digest: spec::measure_digest(&experiment.measure, &versions),
            data: source.name.clone(),
            model: ELSEWHERE.into(),
            regime: ELSEWHERE.into(),
            human_fraction: None,
            samples: rows,
            swept: Vec::new(),
            seeds_per_cell: 1,
            generations: u64::from(generations),
            skipped: None,
            seen: Seen { rows: size, by: metrics.iter().map(|m| m.name.clone()).collect() },
            label: format!("{} generations", source.name),
            ..SettingInfo::default()
        };
        Ok(Self { source, runs, metrics, size, salt, space, info: vec![info] })
    }

    /// The seeds to run: the runs; of one run alone that of all its rows, and one for each part that is left out.
    pub fn seeds(&self) -> Vec<u64> {
        match self.info.first() {
            Some(info) if info.resampled => (0..=PARTS).collect(),
            _ => (0..self.runs.len() as u64).collect(),
        }
    }

    fn observe(
        &self,
        at: (u64, Subject, u32),
        sample: &Samples,
        reference: &Samples,
        first: Option<&Samples>,
        streams: &Streams,
        (names, record): (&mut Names, &mut dyn Record),
    ) {
        let (seed, subject, generation) = at;
        let (shared, training) = (Shared::default().in_space(self.space.clone()), Mix::default());
        let of = Observation {
            subject,
            generation,
            model: None,
            sample: Some(sample),
            training: &training,
            held_out: Some(reference),
            first,
            truth: self.source.truth(),
            absorbed: None,
            arrivals: None,
            base: None,
            others: &[],
            shared: &shared,
        };
        let fit = Fit { seed, member: 0, generation };
        measure(&self.metrics, &of, fit, streams, names, record);
        if record.wants_examples(seed) > 0 {
            record.examples(fit, subject, sample, None);
        }
    }
}

impl Work for Recorded {
    fn settings(&self) -> &[SettingInfo] {
        &self.info
    }

    fn run(&self, _setting: usize, seed: u64, record: &mut dyn Record) -> Result<Outcome, LineageError> {
        let failed = |why: Why| LineageError { seed, generation: 0, stage: "measure", why };
        let resampled = self.info.iter().any(|info| info.resampled);
        let (run, part) = match resampled {
            true if seed <= PARTS => (0, seed.checked_sub(1)),
            _ => (seed, None),
        };
        let Some((_, generations)) = self.runs.get(run as usize) else {
            return Err(failed(Refusal::new(format!("there is no run {seed}")).into()));
        };
        let streams = Streams::new(self.salt, run).of("member").at(0);
        // Rows are in a random order, so that each tenth of their places is a random part.
        let rest = |rows: Samples| match part {
            Some(part) => {
                let places = (0..rows.len() as u32).filter(|i| u64::from(*i) % PARTS != part);
                rows.take(&places.collect::<Vec<_>>())
            }
            None => rows,
        };
        let human = HumanRows::new(&self.source, streams);
        let reference = rest(human.reference(self.size).map_err(|e| failed(e.into()))?);
        let baseline = rest(human.baseline(self.size).map_err(|e| failed(e.into()))?);
        let of_human = streams.of("measure-human").at(0);
        let mut names = Names::default();
        let human = (seed, Subject::Human, 0);
        self.observe(human, &baseline, &reference, None, &of_human, (&mut names, record));
        let (mut first, mut last) = (None, 0);
        for (&generation, rows) in generations {
            let mut order: Vec<u32> = (0..rows.len() as u32).collect();
            order.shuffle(&mut streams.of("measure").at(u64::from(generation)).rng());
            order.truncate(self.size);
            let sample = rest(rows.take(&order));
            let first = first.get_or_insert_with(|| sample.clone());
            let purpose = streams.of("measure-metric").at(u64::from(generation));
            self.observe(
                (seed, Subject::Model, generation),
                &sample,
                &reference,
                Some(first),
                &purpose,
                (&mut names, record),
            );
            last = generation;
            if !record.generation(seed, generation) {
                return Ok(Outcome { stop_reason: StopReason::Interrupted, last_generation: generation });
            }
        }
        Ok(Outcome { stop_reason: StopReason::Finished, last_generation: last })
    }
}

/// What names the cells: the human rows, every recorded row, the size and the salt.
fn fingerprint(source: &Source, runs: &Runs, size: usize, salt: u64, resampled: bool) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("recorded 1 {} {size} {salt}", source.digest));
    if resampled {
        hash.update(format!(" parts {PARTS}"));
    }
    for (name, generations) in runs {
        for (generation, rows) in generations {
            let nothing = rows.head(0);
            let all = Splits {
                train: rows.clone().into(),
                validation: nothing.clone().into(),
                held_out: nothing.into(),
            };
            hash.update(format!(" {name} {generation} {}", digest(&all)));
        }
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

/// A source under a schema that has grown.
///
/// # Errors
/// For a schema of other columns.
pub fn under(source: Source, schema: &Arc<Schema>) -> Result<Source, ShapeError> {
    let Supply::Finite(splits) = &source.supply else { return Ok(source) };
    if source.schema() == schema {
        return Ok(source);
    }
    let grown = |rows: &Samples| -> Result<Arc<Samples>, ShapeError> {
        let columns = (0..schema.fields.len()).map(|i| rows.column(i).clone()).collect();
        Ok(Samples::new(schema.clone(), columns)?.into())
    };
    let splits = Splits {
        train: grown(&splits.train)?,
        validation: grown(&splits.validation)?,
        held_out: grown(&splits.held_out)?,
    };
    Ok(Source { file: source.file, ..Source::finite(source.name, splits) })
}

/// A source with its features and tags alone, so that recorded rows need no other columns.
///
/// # Errors
/// Where no such column is left.
pub fn features_only(source: Source) -> Result<Source, Refusal> {
    let Supply::Finite(splits) = &source.supply else { return Ok(source) };
    let features = |rows: &Samples| rows.features_and_tags().map(Arc::new);
    let nothing = || Refusal::new("the human rows have no feature to measure");
    let splits = Splits {
        train: features(&splits.train).ok_or_else(nothing)?,
        validation: features(&splits.validation).ok_or_else(nothing)?,
        held_out: features(&splits.held_out).ok_or_else(nothing)?,
    };
    Ok(Source { file: source.file, ..Source::finite(source.name, splits) })
}
