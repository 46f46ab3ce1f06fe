//! What a run found.

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tempfile::TempDir;

use super::{Curve, Done, ExperimentError, Summary};
use crate::analysis::ClaimResult;
use crate::analysis::effects::{Critical, Prevented, Why};
use crate::metrics::{Observed, Subject};
use crate::publish::{self, Answered, Asked, Effects, PublishError};
use crate::run::Failure;

/// A finished experiment.
pub struct Run {
    pub(super) done: Done,
    /// Where the rows lie, for a run that keeps nothing: removed with it.
    _place: Option<TempDir>,
}

/// One observation of one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What tells the setting from the others, as in legends.
    pub setting: String,
    /// The seed.
    pub seed: u64,
    /// The generation, from 0.
    pub generation: u32,
    /// Whose rows were measured.
    pub subject: Subject,
    /// A number, an infinity, or why there is no value.
    pub observed: Observed,
}

impl Run {
    pub(super) fn of(done: Done, place: Option<TempDir>) -> Self {
        Self { done, _place: place }
    }

    /// Every metric at its first and its last generation, in words and numbers.
    pub fn summary(&self) -> Summary<'_> {
        Summary { rows: &self.done.summary }
    }

    /// The plain answer: what the comparison of human fractions says, or how the metrics changed.
    pub fn answer(&self) -> &[String] {
        &self.done.answer.sentences
    }

    /// Every observation of a metric, setting by setting, subject by subject, in the order of generations and seeds. What
    /// has no value stands there with the reason.
    ///
    /// # Errors
    /// A metric that was not measured, and those of the files.
    pub fn values(&self, metric: &str) -> Result<Vec<Value>, ExperimentError> {
        let observed = publish::observations(&self.done.publication)?;
        let records = self.done.publication.records()?;
        let mut found = Vec::new();
        for s in observed.series().filter(|s| s.metric == metric) {
            let name = records.get(s.key.index).map(|record| record.name.clone()).unwrap_or_default();
            let setting = match s.key.member() {
                Some(member) => format!("{name}, member {member}"),
                None => name,
            };
            let generations: std::collections::BTreeSet<u32> =
                s.at.keys().chain(s.lost.keys()).copied().collect();
            for generation in generations {
                let observed = s.observed(generation).into_iter();
                found.extend(observed.map(|(seed, observed)| Value {
                    setting: setting.clone(),
                    seed,
                    generation,
                    subject: s.subject,
                    observed,
                }));
            }
        }
        if found.is_empty() {
            return Err(PublishError::Nothing(format!("`{metric}` was not measured")).into());
        }
        Ok(found)
    }

    /// The comparison of human fractions: shares of the loss that are prevented, the critical fraction, the answer.
    ///
    /// # Errors
    /// Those of the rows.
    pub fn comparison(&self) -> Result<Comparison, ExperimentError> {
        let publication = &self.done.publication;
        let Answered { sentences, effects, .. } = Answered::compared(publication, &Asked::of(publication))?;
        Ok(Comparison { sentences, effects })
    }

    /// A curve of a metric over generations.
    pub fn curve(&self, metric: &str) -> Curve<'_> {
        Curve::new(self, metric)
    }

    /// The verdicts of the spec's claims.
    pub fn claims(&self) -> &[ClaimResult] {
        &self.done.claims
    }

    /// The lineages that failed now; the others are there.
    pub fn failures(&self) -> &[Failure] {
        &self.done.report.failures
    }

    /// The settings that were not run: name and reason.
    pub fn skipped(&self) -> &[(String, String)] {
        &self.done.skipped
    }

    /// Whether it was interrupted before all was run.
    pub fn interrupted(&self) -> bool {
        self.done.report.interrupted
    }

    /// The page, where the run is kept.
    pub fn page(&self) -> Option<&Path> {
        self.done.page.as_deref()
    }

    /// The figures that were drawn, where the run is kept.
    pub fn figures(&self) -> Vec<PathBuf> {
        self.done.drawn.iter().map(|drawn| drawn.svg_path.clone()).collect()
    }
}

/// The effects of human rows in a run.
pub struct Comparison {
    sentences: Vec<String>,
    /// Regime by regime, with everything that the page says.
    pub effects: Rc<Effects>,
}

impl Comparison {
    /// The plain answer, a sentence each.
    pub fn answer(&self) -> &[String] {
        &self.sentences
    }

    /// The share of a metric's loss that a human share of the training sets prevents at the last generation, in the
    /// first regime; `None` where there is no such arm.
    pub fn prevented(&self, metric: &str, human_fraction: f64) -> Option<&Result<Prevented, Why>> {
        let regime = self.effects.comparisons.first()?;
        regime.metrics.iter().find(|m| m.name == metric)?.arm(human_fraction)?.share()
    }

    /// The least human share that prevents the stated share of a metric's loss, in the first regime.
    pub fn critical(&self, metric: &str) -> Option<&Result<Critical, Why>> {
        let regime = self.effects.comparisons.first()?;
        Some(&regime.metrics.iter().find(|m| m.name == metric)?.critical)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentences.iter().try_for_each(|sentence| writeln!(f, "{sentence}"))
    }
}
