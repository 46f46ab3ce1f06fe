//! `covariance-error`: how far the fitted covariance is from the true one.
//!
//! ‖Σ̂ − Σ‖²_F, the sum of the squared differences of all d² entries, in data units to the fourth. One unbiased fit on n
//! normal rows has an expected value of (tr Σ² + (tr Σ)²)/(n − 1), by the Wishart distribution. Cost: O(d²).

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, Worst,
    mean_error::squared_distance, one, plain, shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::{Parameters, Refusal};
use crate::registry::About;
use crate::rng::Streams;

struct CovarianceError;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "covariance-error",
        summary: "Squared Frobenius distance of the fitted covariance from the true one",
        details: "‖Σ̂ − Σ‖² over all entries. Needs a model that states its covariance and a source that states the true one. \
                  One unbiased fit on n normal rows has an expected value of (tr Σ² + (tr Σ)²)/(n − 1).",
        source: "He, Xu and Cheng, arXiv 2502.18049",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "0",
        unit: "data units to the fourth",
        scale: Scale::Log,
        worst: Worst::Of(|human| human.squared_covariance),
        unbiased: false,
    },
    build: |node, _| plain(node, CovarianceError),
};

impl Metric for CovarianceError {
    fn needs(&self) -> Needs {
        Needs { model: true, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)?;
        if truth.is_some_and(|t| t.covariance().is_some()) {
            return Ok(());
        }
        Err(Refusal::new("it needs a source that states its true covariance"))
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let truth = of.truth.and_then(|t| t.covariance());
        let truth = truth.ok_or_else(|| Refusal::new("the true covariance is not known"))?;
        match of.parameters() {
            Parameters::Gaussian { covariance, .. } | Parameters::Moments { covariance, .. } => {
                one("covariance-error", squared_distance(covariance, truth)?)
            }
            _ => Err(Refusal::not_applicable("the model states no covariance")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, value};

    #[test]
    fn every_entry_counts() {
        // Differences 1, 2, 2 and −3.
        let scene = Scene::model(Fitted::gaussian(&[9.0, 9.0], &[2.0, 2.0, 2.0, 1.0]))
            .with_truth(Truth::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 4.0]));
        assert_eq!(value(&CovarianceError, &scene), Ok(18.0));
    }

    #[test]
    fn it_is_of_models_and_sources_that_state_one() {
        let truth = || Truth::gaussian(&[0.0], &[1.0]);
        assert!(value(&CovarianceError, &Scene::numbers(&[1.0, 2.0], 1).with_truth(truth())).is_err());
        let other = Scene::model(Fitted::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0]));
        assert!(value(&CovarianceError, &other.with_truth(truth())).is_err());
        let schema = Schema::single(crate::data::Kind::F64 { width: 1 });
        assert!(CovarianceError.accepts(&schema, None).is_err());
    }
}
