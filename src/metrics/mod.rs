//! Metrics: what is measured of a generation.
//!
//! A metric sees an [`Observation`]: the model, a sample of fixed size, the training set, held-out
//! human rows, the truth where it is known. It returns finite numbers or a typed refusal. Costly
//! intermediate results (distance matrices) are computed once per observation and shared.

mod shared;

pub use shared::Shared;

use std::borrow::Cow;

use crate::data::{Distribution, Mix, Samples, Schema};
use crate::models::{Model, Refusal};
use crate::registry::Registry;
use crate::rng::Streams;

/// A boxed metric.
pub type BoxedMetric = Box<dyn Metric>;

/// One measurable quantity, or a tight group of them.
pub trait Metric: Send + Sync {
    /// What must be there for the metric to be computed; decides whether the statistics path may
    /// serve and whether human baseline rows are drawn.
    fn needs(&self) -> Needs;

    /// Whether rows of this shape can be measured.
    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal>;

    /// The values: usually one, named like the metric. Finite, or a refusal with the reason.
    fn measure(
        &self,
        of: &Observation<'_>,
        streams: &Streams,
    ) -> Result<Vec<(Cow<'static, str>, f64)>, Refusal>;
}

/// What a metric needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The fitted model (parameters or likelihood). Such a metric has no human baseline of its
    /// own unless it also reads the sample.
    pub model: bool,
    /// A sample of rows; without it the statistics path may serve.
    pub sample: bool,
    /// The training set's rows.
    pub training: bool,
    /// Held-out human rows.
    pub held_out: bool,
    /// The generation-0 observation's sample (survival of a vocabulary, for example).
    pub first: bool,
}

/// Everything that can be known of one generation when it is measured.
pub struct Observation<'a> {
    /// Whose rows [`Observation::sample`] holds.
    pub subject: Subject,
    /// The generation, from 0.
    pub generation: u32,
    /// The fitted model; `None` for the human baseline.
    pub model: Option<&'a dyn Model>,
    /// Rows of the subject, `measure.size` of them; `None` on the statistics path.
    pub sample: Option<&'a Samples>,
    /// What the model was fitted on.
    pub training: &'a Mix,
    /// Held-out human rows, as many as the sample has.
    pub held_out: Option<&'a Samples>,
    /// The generation-0 sample of the same subject.
    pub first: Option<&'a Samples>,
    /// The true distribution, where it is known.
    pub truth: Option<&'a dyn Distribution>,
    /// Intermediate results that several metrics use.
    pub shared: &'a Shared,
}

/// Whose rows are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The model, or rows drawn from it for measuring.
    Model,
    /// The synthetic rows after curation.
    Synthetic,
    /// The training set.
    Training,
    /// Held-out human rows: the baseline of the same size.
    Human,
}

impl Subject {
    /// The word in rows and figures.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Model => "model",
            Subject::Synthetic => "synthetic",
            Subject::Training => "training",
            Subject::Human => "human",
        }
    }
}

/// One number that a lineage measured: everything of a row that the setting does not already say.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Measurement {
    /// The seed of the lineage.
    pub seed: u64,
    /// The member of the population, from 0.
    pub member: u32,
    /// The generation, from 0.
    pub generation: u32,
    /// Whose rows were measured.
    pub subject: Subject,
    /// The metric's name.
    pub metric: Cow<'static, str>,
    /// The value; always finite.
    pub value: f64,
}

/// How a metric's numbers are to be read.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Which way is better.
    pub direction: Direction,
    /// The value that identical distributions have, in words or as a number.
    pub ideal: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// What values are possible; intervals respect it.
    pub scale: Scale,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// More is better: coverage, diversity.
    Higher,
    /// Less is better: distances, perplexity.
    Lower,
    /// The human value is best: variance, entropy.
    TwoSided,
}

/// The possible values of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Any number.
    Linear,
    /// Positive numbers: intervals on the log scale.
    Log,
    /// Numbers in [0, 1]: intervals on the logit scale.
    Logit,
}

/// All metrics.
pub static METRICS: Registry<BoxedMetric, Reading> = Registry { kind: "metric", entries: &[] };

/// How to read a metric's numbers, by the name in the rows.
pub fn reading(metric: &str) -> Option<Reading> {
    METRICS.get(metric).map(|e| e.extra)
}
