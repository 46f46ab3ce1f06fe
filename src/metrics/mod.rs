//! Metrics: what is measured of a generation.
//!
//! A metric sees an [`Observation`]: the model, a sample of fixed size, the training set, held-out
//! human rows, the truth where it is known. It returns numbers, finite or not, or a typed refusal. Costly
//! intermediate results (distance matrices) are computed once per observation and shared.

mod absorption_time;
mod between_models;
mod bigram_recall;
mod calibration;
pub mod causal;
mod cdf_error;
mod classifier_two_sample;
mod closest_record;
mod columns;
mod compression;
mod correctness;
mod covariance_error;
mod decile;
pub mod distances;
mod distinct;
mod divergence;
mod duplicates;
mod effective_rows;
mod energy;
mod entropy;
mod equilibrium;
mod frequencies;
mod gaussian_kl;
mod groups;
mod hill;
mod human_fraction;
mod kmeans;
mod knn_entropy;
mod levenshtein;
mod lexical;
mod lexical_diversity;
mod likelihood;
mod line;
mod log_determinant;
pub mod manifold;
mod mauve;
mod mean_error;
mod memorisation;
mod mixture_l2;
mod mmd;
mod modes;
mod mtld;
mod needs;
mod neighbours;
mod novelty;
mod observation;
mod observed;
mod outcome_probability;
mod pairs;
mod parameter_error;
mod prediction;
mod quantile;
mod risk_inflation;
mod self_bleu;
mod sequence_perplexity;
mod shapes;
mod shared;
mod sliced;
mod space;
mod survival;
mod tail;
mod top_mass;
mod training_distance;
mod training_loss;
mod unseen;
mod variance;
mod vendi;
mod vocabulary;
mod wasserstein2;
mod words;
mod worst;

#[cfg(test)]
mod conformance;
#[cfg(test)]
pub(crate) mod testing;

pub use needs::{Needs, When};
pub use observation::{Arrivals, Observation, Peer, Subject};
pub use observed::Observed;
pub use shapes::one_number;
pub use shared::Shared;
pub use space::Space;
pub use worst::{HumanProfile, Worst};

use std::borrow::Cow;

use crate::data::{Distribution, Schema};
pub use crate::models::Absence;
use crate::models::Refusal;
use crate::registry::{Entry, Registry};
use crate::rng::Streams;
use crate::spec::{self, Described, Node};

/// A boxed metric.
pub type BoxedMetric = Box<dyn Metric>;

/// The line of a metric in [`METRICS`].
pub type MetricEntry = Entry<BoxedMetric, Reading>;

/// What a metric returns: the name that goes into the rows, and the value.
pub type Measured = Vec<(Cow<'static, str>, f64)>;

/// One measurable quantity, or a tight group of them.
///
/// A metric runs inside a cell, and cells are the parallel unit: it must not start threads.
pub trait Metric: Send + Sync {
    /// What must be there for the metric to be computed; decides whether the statistics path may
    /// serve and whether human baseline rows are drawn.
    fn needs(&self) -> Needs;

    /// Whether rows of this shape can be measured.
    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal>;

    /// The values: usually one, named like the metric; finite or infinite, never NaN. A refusal is an outcome of this
    /// generation (a distance of one row, a class without rows) and says by its kind whether it is a consequence of
    /// collapse: it is recorded in the value's place, and the lineage goes on.
    fn measure(&self, of: &Observation<'_>, streams: &Streams) -> Result<Measured, Refusal>;
}

/// What became of one observation that was asked of a lineage: everything of a row that the setting does not already say.
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
    /// The value, or why there is none.
    pub value: Observed,
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
    /// The value of a model that knows nothing.
    pub worst: Worst,
    /// Whether its expected value is the same whatever the number of rows that it sees (`measure.size`), also where it is
    /// computed from a sample. The exponential of a mean counts as a mean: it is off by half the squared standard error of
    /// its logarithm.
    pub unbiased: bool,
}

impl Reading {
    /// That of a distance from the human rows: less is better, 0 is best, and no value is the worst.
    pub const fn distance(unit: &'static str, scale: Scale) -> Self {
        Self { direction: Direction::Lower, ideal: "0", unit, scale, worst: Worst::None, unbiased: false }
    }

    /// A share, of which more is better: coverage, accuracy. A model that knows nothing has 0.
    pub const fn share() -> Self {
        Self {
            direction: Direction::Higher,
            ideal: "1",
            unit: "1",
            scale: Scale::Logit,
            worst: Worst::Is(0.0),
            unbiased: false,
        }
    }

    /// The human value is best: spread, diversity. A positive number.
    pub const fn human_valued(unit: &'static str) -> Self {
        Self {
            direction: Direction::TwoSided,
            ideal: "the human value",
            unit,
            scale: Scale::Log,
            worst: Worst::None,
            unbiased: false,
        }
    }

    /// Of which the expected value does not depend on the number of rows, as that of a mean does not.
    #[must_use]
    pub const fn unbiased(self) -> Self {
        Self { unbiased: true, ..self }
    }

    /// Whether zero is its least value and it is no logarithm, so that a per cent of it means something.
    pub fn is_ratio(&self) -> bool {
        self.scale != Scale::Linear && !self.unit.starts_with("nats")
    }

    /// With this value of a model that knows nothing, without which a change has no verdict.
    #[must_use]
    pub fn at_worst(self, value: f64) -> Self {
        Self { worst: Worst::Is(value), ..self }
    }
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
pub static METRICS: Registry<BoxedMetric, Reading> = Registry {
    kind: "metric",
    entries: &[
        variance::VARIANCE,
        variance::SAMPLE_VARIANCE,
        variance::STANDARD_DEVIATION,
        variance::LOG_VARIANCE,
        log_determinant::ENTRY,
        mean_error::ENTRY,
        covariance_error::ENTRY,
        parameter_error::PARAMETER_ERROR,
        parameter_error::EXCESS_RISK,
        risk_inflation::ENTRY,
        training_loss::ENTRY,
        training_loss::EARLY_STOPPING,
        prediction::TEST_MSE,
        prediction::ACCURACY,
        calibration::ENTRY,
        wasserstein2::ENTRY,
        gaussian_kl::ENTRY,
        mixture_l2::ENTRY,
        manifold::PRECISION,
        manifold::RECALL,
        manifold::DENSITY,
        manifold::COVERAGE,
        modes::COVERAGE,
        modes::HIGH_QUALITY,
        modes::VARIANCE,
        vendi::ENTRY,
        entropy::ENTROPY,
        entropy::MILLER_MADOW,
        entropy::SIMPSON,
        entropy::HILL_2,
        hill::ENTRY,
        entropy::SUPPORT_SIZE,
        top_mass::ENTRY,
        outcome_probability::ENTRY,
        likelihood::NEGATIVE_LOG_LIKELIHOOD,
        likelihood::PERPLEXITY,
        decile::ENTRY,
        sequence_perplexity::ENTRY,
        sequence_perplexity::SHARES,
        distinct::DISTINCT_1,
        distinct::DISTINCT_2,
        distinct::DISTINCT_3,
        distinct::DISTINCT_4,
        vocabulary::SURVIVAL,
        vocabulary::HAPAX,
        vocabulary::ZIPF_SLOPE,
        lexical::MATTR,
        lexical::YULE_K,
        lexical::REP_2,
        lexical::REP_3,
        lexical::REP_4,
        lexical::DIVERSITY,
        lexical_diversity::ENTRY,
        mtld::ENTRY,
        self_bleu::ENTRY,
        mauve::ENTRY,
        lexical::HEAPS,
        compression::ENTRY,
        levenshtein::ENTRY,
        correctness::CORRECT,
        correctness::WELL_FORMED,
        correctness::ACCURACY,
        bigram_recall::ENTRY,
        novelty::NOVELTY_2,
        novelty::NOVELTY_3,
        novelty::NOVELTY_4,
        novelty::LONGEST_SPAN,
        tail::ENTRY,
        unseen::ENTRY,
        memorisation::SHARE,
        memorisation::RATIO,
        training_distance::ENTRY,
        closest_record::DISTANCE,
        closest_record::RATIO,
        columns::KS_COMPLEMENT,
        columns::TV_COMPLEMENT,
        columns::CATEGORY_COVERAGE,
        columns::CORRELATION_SIMILARITY,
        columns::CONTINGENCY_SIMILARITY,
        columns::COLUMN_SHAPES,
        columns::COLUMN_PAIR_TRENDS,
        columns::COLUMN_SHAPE,
        duplicates::ENTRY,
        human_fraction::ENTRY,
        line::W1,
        line::CRAMER_VON_MISES,
        cdf_error::ENTRY,
        sliced::ENTRY,
        energy::DISTANCE,
        energy::PAIRWISE,
        mmd::RBF,
        mmd::CUBIC,
        classifier_two_sample::ENTRY,
        knn_entropy::ENTRY,
        divergence::KL,
        divergence::REVERSE_KL,
        divergence::JS,
        divergence::TV,
        divergence::HELLINGER,
        divergence::FISHER_RAO,
        divergence::CHI_SQUARED,
        divergence::SQUARED_ERROR,
        survival::ENTRY,
        absorption_time::ENTRY,
        between_models::WASSERSTEIN2,
        between_models::TOTAL_VARIATION,
        between_models::JENSEN_SHANNON,
        between_models::ENERGY,
        effective_rows::ROWS,
        effective_rows::INVERSE,
        groups::SHARE,
        groups::PARITY,
        groups::ODDS,
        equilibrium::ENTRY,
        causal::TOTAL,
        causal::DIRECT,
        causal::INDIRECT,
        causal::SPURIOUS,
        causal::TOTAL_ERROR,
        causal::DIRECT_ERROR,
        causal::INDIRECT_ERROR,
        causal::SPURIOUS_ERROR,
    ],
};

/// How to read a metric's numbers, by the name in the rows. A metric with numbered rows
/// (`cross-entropy-decile-3`) is found by the part before the number, one with a row a column
/// (`column-shape of age`) by the part before ` of `, its Monte-Carlo error (`mauve-standard-error`) by the
/// part before `-standard-error`.
pub fn reading_among(metric: &str, known: impl Fn(&str) -> Option<Reading>) -> Option<Reading> {
    if let Some(of) = metric.strip_suffix("-standard-error") {
        let error = |of: Reading| Reading {
            direction: Direction::Lower,
            ideal: "0",
            scale: Scale::Linear,
            worst: Worst::None,
            ..of
        };
        return known(of).map(error);
    }
    let numbered = || known(metric.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('-')?);
    let of_a_column = || known(metric.split_once(" of ")?.0);
    known(metric).or_else(numbered).or_else(of_a_column)
}

/// The same, of the metrics of this folder.
pub fn reading(metric: &str) -> Option<Reading> {
    reading_among(metric, |name| METRICS.get(name).map(|e| e.extra))
}

crate::parameters! {
    /// The table of a metric without parameters.
    struct NoParameters {}
}

/// Reads a metric's table. In a spec a metric is its name (all defaults) or a table with the key
/// `name` and parameters.
fn table<T: Described>(node: &Node) -> Result<T, spec::Error> {
    match node.as_str() {
        Some(_) => Ok(T::default()),
        None => node.read(&["name"]),
    }
}

/// Builds a metric that takes no parameters.
fn plain(node: &Node, metric: impl Metric + 'static) -> Result<BoxedMetric, spec::Error> {
    let NoParameters {} = table(node)?;
    Ok(Box::new(metric))
}

/// A single value under the metric's name. An infinity is a value; what is no number is undefined.
fn one(name: &'static str, value: f64) -> Result<Measured, Refusal> {
    if value.is_nan() {
        return Err(Refusal::undefined(format!("`{name}` is not a number here")));
    }
    Ok(vec![(Cow::Borrowed(name), value)])
}
