//! `parameter-error` and `excess-risk`: how far a fitted regression is from the true one.
//!
//! ‖ŵ − w*‖² + b̂², and (ŵ − w*)ᵀΣ(ŵ − w*) + b̂² with the true covariance Σ of the inputs, which is the mean squared
//! error of the fitted mean on new rows without their noise: E_test of Gerstgrasser et al. (arXiv 2404.01413, section
//! 3) and of Dohmatob et al. (arXiv 2402.07712, equation 3). For Σ = I the two are the same. b̂ is the fitted constant;
//! the true one is 0. Cost: O(d).

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, Worst, one, plain,
};
use crate::data::{Distribution, Link, Schema};
use crate::models::{Parameters, Refusal};
use crate::registry::About;
use crate::rng::Streams;

enum Error {
    Weights,
    Risk,
}

pub(super) const PARAMETER_ERROR: MetricEntry = MetricEntry {
    about: About {
        name: "parameter-error",
        summary: "Squared distance of the fitted regression weights from the true ones",
        details: "‖ŵ − w*‖² plus the square of the fitted constant (the true one is 0). Needs a source that states its \
                  regression. For inputs N(0, I) and a linear link it is the excess risk on new rows, and a fit on n rows \
                  has an expected value of σ²d/(n − d − 1).",
        source: "Gerstgrasser et al., arXiv 2404.01413; He, Xu and Cheng, arXiv 2502.18049",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "0",
        unit: "weights squared",
        scale: Scale::Log,
        worst: Worst::Of(|human| human.squared_weights),
        unbiased: true,
    },
    build: |node, _| plain(node, Error::Weights),
};

pub(super) const EXCESS_RISK: MetricEntry = MetricEntry {
    about: About {
        name: "excess-risk",
        summary: "Mean squared error of a fitted linear regression beyond the noise, exactly",
        details: "(ŵ − w*)ᵀΣ(ŵ − w*) + b̂²: the expected squared error of the predicted mean on new rows, in closed form, \
                  without a test sample. A least-squares fit on n rows has an expected value of σ²d/(n − d − 1) for every \
                  Σ. Linear regression sources only.",
        source: "Dohmatob et al., arXiv 2402.07712; Kazdan et al., arXiv 2410.16713",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "0",
        unit: "label units squared",
        scale: Scale::Log,
        worst: Worst::Of(|human| human.explained_variance),
        unbiased: true,
    },
    build: |node, _| plain(node, Error::Risk),
};

impl Metric for Error {
    fn needs(&self) -> Needs {
        Needs { model: true, ..Needs::default() }
    }

    fn accepts(&self, _: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match (self, truth.and_then(|t| t.regression())) {
            (_, None) => Err(Refusal::new("it needs a source that states its true regression")),
            (Error::Risk, Some(r)) if r.link != Link::Identity => {
                Err(Refusal::new("the excess risk has a closed form for linear regression only"))
            }
            _ => Ok(()),
        }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let unknown = || Refusal::new("the true regression is not known");
        let truth = of.truth.and_then(|t| t.regression()).ok_or_else(unknown)?;
        let Parameters::Regression { weights, intercept, .. } = of.parameters() else {
            return Err(Refusal::not_applicable("the model is not a regression"));
        };
        if weights.len() != truth.weights.len() {
            let (found, known) = (weights.len(), truth.weights.len());
            return Err(Refusal::new(format!("the model has {found} weights, the truth {known}")));
        }
        let squares = weights.iter().zip(&truth.weights).map(|(w, t)| (w - t) * (w - t));
        let b = intercept * intercept;
        match self {
            Error::Weights => one("parameter-error", squares.sum::<f64>() + b),
            Error::Risk => {
                one("excess-risk", squares.zip(&truth.input_variances).map(|(s, v)| s * v).sum::<f64>() + b)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, value};

    #[test]
    fn weights_are_compared_with_the_truth() {
        // ŵ − w* = (2, −1); Σ = diag(1, 4): 4 + 1, and 4 + 4·1.
        let scene = Scene::model(Fitted::regression(&[3.0, 1.0], Link::Identity))
            .with_truth(Truth::regression(&[1.0, 2.0], &[1.0, 4.0], Link::Identity));
        assert_eq!(value(&Error::Weights, &scene), Ok(5.0));
        assert_eq!(value(&Error::Risk, &scene), Ok(8.0));
    }

    #[test]
    fn what_is_no_regression_is_refused() {
        let truth = || Truth::regression(&[1.0], &[1.0], Link::Logit);
        assert!(
            value(&Error::Weights, &Scene::model(Fitted::gaussian(&[0.0], &[1.0])).with_truth(truth()))
                .is_err()
        );
        let other = Scene::model(Fitted::regression(&[1.0, 2.0], Link::Logit)).with_truth(truth());
        assert!(value(&Error::Weights, &other).is_err());
        let schema = crate::data::Schema { fields: Vec::new() };
        assert!(Error::Risk.accepts(&schema, Some(&truth())).is_err());
        assert!(Error::Weights.accepts(&schema, Some(&truth())).is_ok());
    }
}
