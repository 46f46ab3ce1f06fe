//! Spread of numeric rows: `variance`, `sample-variance`, `standard-deviation`, `log-variance`.
//!
//! For rows of `d` numbers with covariance Σ the variance is tr Σ / d, the mean of the diagonal; for
//! `d = 1` it is σ². Units: those of the data, squared. Cost: O(d) from parameters, O(n d²) from
//! rows.

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

enum Spread {
    Variance,
    SampleVariance,
    StandardDeviation,
    LogVariance,
}

const SOURCE: &str =
    "Shumailov et al. 2024 (10.1038/s41586-024-07566-y); Alemohammad et al. 2023 (arXiv 2307.01850)";
const FITTED: &str = "tr Σ / d of the fitted covariance Σ (for one number a row: σ²). Where the model has no \
    parameters, and for people and curated rows, it is that of the sample's unbiased covariance \
    (divided by n − 1).";

pub(super) const VARIANCE: MetricEntry = MetricEntry {
    about: About {
        name: "variance",
        summary: "Mean variance per feature of the fitted model",
        details: FITTED,
        source: SOURCE,
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human variance",
        unit: "data units squared",
        scale: Scale::Log,
        worst: Worst::Is(0.0),
        unbiased: true,
    },
    build: |node, _| plain(node, Spread::Variance),
};

pub(super) const SAMPLE_VARIANCE: MetricEntry = MetricEntry {
    about: About {
        name: "sample-variance",
        summary: "Mean unbiased variance per feature of the sample",
        details: "tr S / d of the sample's covariance S, divided by n − 1, whatever the model states.",
        source: SOURCE,
        parameters: &[],
        version: 1,
    },
    extra: VARIANCE.extra,
    build: |node, _| plain(node, Spread::SampleVariance),
};

pub(super) const STANDARD_DEVIATION: MetricEntry = MetricEntry {
    about: About {
        name: "standard-deviation",
        summary: "Square root of `variance`",
        details: "σ for one number a row; √(tr Σ / d) in general. Reads the same covariance as `variance`.",
        source: SOURCE,
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        unit: "data units",
        ideal: "the human standard deviation",
        unbiased: false,
        ..VARIANCE.extra
    },
    build: |node, _| plain(node, Spread::StandardDeviation),
};

pub(super) const LOG_VARIANCE: MetricEntry = MetricEntry {
    about: About {
        name: "log-variance",
        summary: "Natural logarithm of `variance`",
        details: "ln(tr Σ / d). Late in a collapse the mean variance is carried by rare lineages; the mean of \
            the logarithm is not. Refused (no row) once the variance is exactly 0.",
        source: SOURCE,
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human log variance",
        unit: "nats",
        scale: Scale::Linear,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, Spread::LogVariance),
};

impl Metric for Spread {
    fn needs(&self) -> Needs {
        match self {
            Spread::SampleVariance => Needs { sample: When::Always, ..Needs::default() },
            _ => Needs { model: true, sample: When::WithoutParameters, ..Needs::default() },
        }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        match self {
            Spread::Variance => one("variance", variance(of)?),
            Spread::SampleVariance => one("sample-variance", mean_diagonal(&of.sample_moments()?.covariance)),
            Spread::StandardDeviation => one("standard-deviation", variance(of)?.max(0.0).sqrt()),
            Spread::LogVariance => one("log-variance", variance(of)?.ln()),
        }
    }
}

fn variance(of: &Observation<'_>) -> Result<f64, Refusal> {
    Ok(mean_diagonal(&of.fitted_or_sample_moments()?.covariance))
}

/// The mean of the diagonal of a row-major square matrix.
fn mean_diagonal(matrix: &[f64]) -> f64 {
    if let [only] = matrix {
        return *only;
    }
    let d = matrix.len().isqrt();
    matrix.iter().step_by(d + 1).sum::<f64>() / d as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::Subject;
    use crate::metrics::testing::{Fitted, Scene, value};

    #[test]
    fn the_fitted_variance_is_the_mean_diagonal() {
        let scene = Scene::model(Fitted::gaussian(&[0.0, 1.0], &[2.0, 0.5, 0.5, 4.0]));
        assert_eq!(value(&Spread::Variance, &scene), Ok(3.0));
        assert_eq!(value(&Spread::StandardDeviation, &scene), Ok(3f64.sqrt()));
        assert_eq!(value(&Spread::LogVariance, &scene), Ok(3f64.ln()));
    }

    #[test]
    fn people_are_measured_by_their_rows_even_beside_a_model() {
        // Rows 1, 2, 6: mean 3, squared deviations 4 + 1 + 9 = 14, divided by 2.
        let mut scene = Scene::numbers(&[1.0, 2.0, 6.0], 1).with_model(Fitted::gaussian(&[0.0], &[9.0]));
        assert_eq!(value(&Spread::Variance, &scene), Ok(9.0));
        assert_eq!(value(&Spread::SampleVariance, &scene), Ok(7.0));
        scene.subject = Subject::Human;
        assert_eq!(value(&Spread::Variance, &scene), Ok(7.0));
    }

    #[test]
    fn one_row_and_no_variance_are_refused() {
        assert!(value(&Spread::SampleVariance, &Scene::numbers(&[1.0], 1)).is_err());
        let flat = Scene::model(Fitted::gaussian(&[0.0], &[0.0]));
        assert_eq!(value(&Spread::LogVariance, &flat), Ok(f64::NEG_INFINITY));
    }
}
