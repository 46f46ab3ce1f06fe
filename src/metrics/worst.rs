//! The worst value of a metric: that of a model that knows nothing of the rows, or of rows that are one point.

use super::Space;
use crate::data::{Counts, Moments, Rows, Source, Supply};
use crate::rng::Streams;

/// The value of a model that knows nothing: what a comparison takes where collapse has left a metric infinite or without a
/// value, and the far end of the distance in which tolerances are stated.
#[derive(Clone, Copy, Debug)]
pub enum Worst {
    /// There is none: the metric is unbounded, and no value says that nothing is known.
    None,
    /// The same number in every setting.
    Is(f64),
    /// It depends on the human rows; `None` where they don't have it.
    Of(fn(&HumanProfile) -> Option<f64>),
    /// The same, for the exponential of a likelihood: the way to it is measured in logarithms, so that a perplexity and
    /// its likelihood have one verdict.
    OfExponential(fn(&HumanProfile) -> Option<f64>),
}

impl Worst {
    /// The number for these human rows.
    pub fn value(self, human: &HumanProfile) -> Option<f64> {
        match self {
            Worst::None => None,
            Worst::Is(value) => Some(value),
            Worst::Of(value) | Worst::OfExponential(value) => value(human).filter(|v| v.is_finite()),
        }
    }
}

/// What is known of the human rows of a setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HumanProfile {
    /// Outcomes, or the tokens that may come next (the vocabulary and the end mark).
    pub choices: Option<f64>,
    /// The probability of each outcome: the truth where it is known, else the frequencies of held-out rows.
    pub probabilities: Option<Vec<f64>>,
    /// The trace of the covariance of the numeric features.
    pub total_variance: Option<f64>,
    /// The sum of the squared entries of that covariance.
    pub squared_covariance: Option<f64>,
    /// Σ w² of the true regression weights.
    pub squared_weights: Option<f64>,
    /// wᵀΣw of the true regression: the variance of the label that the inputs explain.
    pub explained_variance: Option<f64>,
    /// The share of the most frequent label.
    pub majority: Option<f64>,
}

/// Rows that are drawn of a distribution where its moments are not stated.
const DRAWN: usize = 4000;

impl HumanProfile {
    /// Of a source: held-out rows, or the truth where it is known. `space` has the coordinates that distances are measured
    /// in, where rows have not their own.
    pub fn of(source: &Source, space: Option<&Space>) -> Self {
        let schema = source.schema();
        let rows = match &source.supply {
            Supply::Finite(splits) => splits.held_out.clone(),
            Supply::Distribution(d) => {
                std::sync::Arc::new(d.draw(DRAWN, &mut Streams::new(0, 0).of("human rows").rng()))
            }
        };
        let truth = source.truth();
        let outcomes = schema.outcomes();
        let frequencies = || -> Option<Vec<f64>> {
            let counts = Counts::of(&Rows::all((*rows).clone()), outcomes?);
            let total: f64 = counts.counts.iter().sum();
            (total > 0.0).then(|| counts.counts.iter().map(|c| c / total).collect())
        };
        let stated = truth.and_then(|t| t.covariance()).map(<[f64]>::to_vec);
        let estimated = || -> Option<Vec<f64>> {
            let (points, width) = match space {
                Some(space) => (space.points(&rows), space.width()),
                None => (rows.features(), schema.numeric_width()),
            };
            if width == 0 || rows.len() < 2 {
                return None;
            }
            let moments = Moments::of_matrix(&points, width);
            Some(moments.scatter.iter().map(|s| s / moments.weight).collect())
        };
        let covariance = stated.or_else(estimated);
        let regression = truth.and_then(|t| t.regression());
        let majority = rows.labels().filter(|labels| !labels.is_empty()).map(|labels| {
            let most = labels.iter().copied().max().unwrap_or(0) as usize;
            let mut counts = vec![0_usize; most + 1];
            labels.iter().for_each(|l| counts[*l as usize] += 1);
            counts.into_iter().max().unwrap_or(0) as f64 / labels.len() as f64
        });
        HumanProfile {
            choices: schema.vocabulary().map(|v| v.len() as f64 + 1.0).or(outcomes.map(|n| n as f64)),
            probabilities: truth.and_then(|t| t.probabilities()).map(<[f64]>::to_vec).or_else(frequencies),
            total_variance: covariance
                .as_ref()
                .map(|c| c.iter().step_by((c.len() as f64).sqrt() as usize + 1).sum()),
            squared_covariance: covariance.as_ref().map(|c| c.iter().map(|x| x * x).sum()),
            squared_weights: regression.map(|r| r.weights.iter().map(|w| w * w).sum()),
            explained_variance: regression
                .filter(|r| r.tabulated.is_none())
                .map(|r| r.weights.iter().zip(&r.input_variances).map(|(w, v)| w * w * v).sum()),
            majority,
        }
    }

    /// A function of the outcomes' probabilities and of as many equal ones.
    pub(super) fn against_uniform(&self, of: fn(&[f64], &[f64]) -> f64) -> Option<f64> {
        let p = self.probabilities.as_deref()?;
        Some(of(p, &vec![1.0 / p.len() as f64; p.len()]))
    }
}
