//! `mean-error`: how far the mean has wandered.
//!
//! ‖μ̂ − μ‖², the squared Euclidean distance of two means, in data units squared. Cost: O(d) from
//! parameters, O(n d) from rows.

use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, one, plain, shapes};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct MeanError;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "mean-error",
        summary: "Squared distance of the fitted mean from the true mean",
        details: "‖μ̂ − μ‖². μ̂ is the fitted mean where the model has one, else (and for people and curated \
            rows) the sample's. μ is the true mean where the source states it, else the mean of the held-out \
            rows. Two independent samples of n rows with the same covariance Σ have an expected value of \
            tr Σ · 2/n, a sample against the truth tr Σ / n.",
        source: "Alemohammad et al. 2023 (arXiv 2307.01850); Kazdan et al. 2024 (arXiv 2410.16713)",
        parameters: &[],
        version: 1,
    },
    extra: Reading::distance("data units squared", Scale::Log),
    build: |node, _| plain(node, MeanError),
};

impl Metric for MeanError {
    fn needs(&self) -> Needs {
        Needs::stated()
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (fitted, reference);
        let found: &[f64] = match of.fitted_moments() {
            Some(moments) => {
                fitted = moments.mean;
                &fitted
            }
            None => {
                fitted = mean(of.sample_numbers()?).into();
                &fitted
            }
        };
        let truth: &[f64] = match of.truth.and_then(|t| t.mean()) {
            Some(mean) => mean,
            None => {
                reference = mean(of.held_out_numbers()?);
                &reference
            }
        };
        one("mean-error", squared_distance(found, truth)?)
    }
}

/// The mean row.
fn mean(points: super::distances::Points<'_>) -> Vec<f64> {
    let n = points.rows().max(1) as f64;
    let mut sum = vec![0.0; points.dim];
    for i in 0..points.rows() {
        sum.iter_mut().zip(points.row(i)).for_each(|(s, x)| *s += x);
    }
    sum.iter_mut().for_each(|s| *s /= n);
    sum
}

/// ‖a − b‖² of two means (or covariances); refuses different lengths.
pub(super) fn squared_distance(a: &[f64], b: &[f64]) -> Result<f64, Refusal> {
    if a.len() != b.len() {
        return Err(Refusal::new(format!("the model states {} numbers and the truth {}", a.len(), b.len())));
    }
    Ok(a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, value};

    #[test]
    fn parameters_are_compared_with_the_truth() {
        let scene = Scene::model(Fitted::gaussian(&[3.0, 5.0], &[1.0, 0.0, 0.0, 1.0]))
            .with_truth(Truth::gaussian(&[0.0, 1.0], &[1.0, 0.0, 0.0, 1.0]));
        assert_eq!(value(&MeanError, &scene), Ok(25.0));
    }

    #[test]
    fn without_truth_the_held_out_mean_counts() {
        let scene = Scene::numbers(&[1.0, 3.0], 1).with_held_out(&[5.0, 7.0], 1);
        assert_eq!(value(&MeanError, &scene), Ok(16.0));
    }
}
