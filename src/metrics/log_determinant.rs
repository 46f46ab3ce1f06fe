//! `log-determinant`: the logarithm of the generalised variance.
//!
//! ln det Σ in nats, by a Cholesky decomposition. Cost: O(d³).

use nalgebra::DMatrix;

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct LogDeterminant;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "log-determinant",
        summary: "Logarithm of the determinant of the covariance",
        details: "ln det Σ of the fitted covariance where the model has one, else (and for people and curated \
            rows) of the sample's unbiased covariance. For one number a row it is the log variance. Refused (no \
            row) where Σ is singular: fewer rows than dimensions, a constant feature, a collapsed model.",
        source: "Wilks 1932 (generalised variance)",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human log determinant",
        unit: "nats",
        scale: Scale::Linear,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, LogDeterminant),
};

impl Metric for LogDeterminant {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let covariance = of.fitted_or_sample_moments()?.covariance;
        if covariance.iter().any(|v| !v.is_finite()) {
            return Err(Refusal::diverged("the covariance is not finite"));
        }
        one("log-determinant", log_determinant(&covariance))
    }
}

/// ln det; −∞ for a singular covariance.
fn log_determinant(covariance: &[f64]) -> f64 {
    if let [variance] = covariance {
        return variance.ln();
    }
    let d = covariance.len().isqrt();
    let Some(factor) = DMatrix::from_row_slice(d, d, covariance).cholesky() else { return f64::NEG_INFINITY };
    let factor = factor.unpack();
    // A pivot that is only rounding error: the matrix is singular in double precision.
    let zero = |i: usize| factor[(i, i)].powi(2) <= covariance[i * d + i] * f64::EPSILON * d as f64;
    if (0..d).any(zero) {
        return f64::NEG_INFINITY;
    }
    (0..d).map(|i| 2.0 * factor[(i, i)].ln()).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, value};

    #[test]
    fn it_is_the_logarithm_of_the_determinant() {
        // 2·4 − 1·1 = 7.
        let scene = Scene::model(Fitted::gaussian(&[0.0, 0.0], &[2.0, 1.0, 1.0, 4.0]));
        assert!((value(&LogDeterminant, &scene).unwrap() - 7f64.ln()).abs() < 1e-14);
    }

    #[test]
    fn a_singular_covariance_has_none_that_is_finite() {
        let scene = Scene::model(Fitted::gaussian(&[0.0, 0.0], &[1.0, 1.0, 1.0, 1.0]));
        assert_eq!(value(&LogDeterminant, &scene), Ok(f64::NEG_INFINITY));
        let two_rows = Scene::numbers(&[1.0, 2.0, 3.0, 4.0], 2);
        assert_eq!(value(&LogDeterminant, &two_rows), Ok(f64::NEG_INFINITY));
    }
}
