//! `risk-inflation`: the error of the fitted parameters in units of one efficient fit's.
//!
//! (n/d) δᵀIδ with the error δ of d parameters, the Fisher information I of one row at the truth and n = `rows`. One
//! maximum-likelihood fit on n rows has an expected value of 1 as n → ∞, whatever the family; a loop multiplies it by t
//! (replace), π²/6 (accumulate) or π²/2 − 2 (accumulate-subsample): the universality of Dey and Donoho (arXiv
//! 2410.22812). For a mean δ is its error and I = Σ⁻¹ of the truth; for K outcomes δᵀIδ = Σ δ²/p with d = K − 1; for a regression δ is the weights' and I = E v(η) x xᵀ
//! ([`Regression::information`](crate::data::Regression::information)). Cost: O(d³) for a Gaussian, else O(d).

use nalgebra::{DMatrix, DVector};

use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, one, table};
use crate::data::{Distribution, Schema};
use crate::models::{Parameters, Refusal};
use crate::registry::About;
use crate::rng::Streams;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "risk-inflation",
        summary: "Error of the fitted mean or weights, in units of one efficient fit on so many rows",
        details: "(rows/d) δᵀIδ: δ is the error of a fitted mean, of outcomes' probabilities or of the weights of a regression, I the \
                  Fisher information of one row at the truth (of a mean, the inverse of the true covariance). One maximum-likelihood fit on `rows` human rows has an \
                  expected value of 1 for many rows; so values of different families can be laid over each other. Needs a \
                  source that states its mean and covariance or its regression.",
        source: "Dey and Donoho, arXiv 2410.22812",
        parameters: Inflation::PARAMETERS,
        version: 1,
    },
    extra: Reading::distance("one fit's risk", Scale::Log).unbiased(),
    build: |node, _| Ok(Box::new(table::<Inflation>(node)?)),
};

crate::parameters! {
    /// The table of the risk inflation.
    #[derive(Clone, Copy)]
    struct Inflation {
        /// n, the rows of the fit whose error is the unit (the rows of one generation)
        rows: f64 = 100.0, in above(0);
    }
}

impl Metric for Inflation {
    fn needs(&self) -> Needs {
        Needs { model: true, ..Needs::default() }
    }

    fn accepts(&self, _: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if !(self.rows.is_finite() && self.rows > 0.0) {
            return Err(Refusal::new(format!("rows must be greater than 0, not {}", self.rows)));
        }
        let known = |t: &dyn Distribution| {
            t.regression().is_some() || t.probabilities().is_some() || t.mean().zip(t.covariance()).is_some()
        };
        if truth.is_some_and(known) {
            return Ok(());
        }
        let needs =
            "it needs a source that states its mean and covariance, its outcomes or its true regression";
        Err(Refusal::new(needs))
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let truth = of.truth.ok_or_else(|| Refusal::new("the truth is not known"))?;
        let differ = || Refusal::new("the model's parameters are not those of the truth");
        let error = |found: &[f64], known: &[f64]| -> Result<Vec<f64>, Refusal> {
            if found.len() != known.len() || found.is_empty() {
                return Err(differ());
            }
            Ok(found.iter().zip(known).map(|(a, b)| a - b).collect())
        };
        let (square, d) = match (of.parameters(), truth.regression()) {
            (Parameters::Regression { weights, intercept, link }, Some(known)) if link == known.link => {
                (known.information(&error(weights, &known.weights)?, intercept), weights.len())
            }
            (Parameters::Probabilities(found), None) => {
                // The information of outcomes, on the plane where they sum to 1: Σ δ²/p.
                let known = truth.probabilities().ok_or_else(differ)?;
                if known.len() < 2 || known.iter().any(|p| *p <= 0.0) {
                    return Err(Refusal::undefined("it needs two outcomes or more, each of them possible"));
                }
                let errors = error(found, known)?;
                (errors.iter().zip(known).map(|(e, p)| e * e / p).sum(), known.len() - 1)
            }
            (Parameters::Gaussian { mean, .. } | Parameters::Moments { mean, .. }, None) => {
                let (known, covariance) = truth.mean().zip(truth.covariance()).ok_or_else(differ)?;
                let error = DVector::from_vec(error(mean, known)?);
                let d = error.len();
                let factor = DMatrix::from_row_slice(d, d, covariance).cholesky();
                let whitened = factor
                    .ok_or_else(|| Refusal::undefined("the true covariance is singular"))?
                    .solve(&error);
                (error.dot(&whitened), d)
            }
            _ => {
                let why = "the model has no parameters of the truth's kind";
                return Err(Refusal::not_applicable(why));
            }
        };
        one("risk-inflation", self.rows * square / d as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Link;
    use crate::metrics::testing::{Fitted, Scene, Truth, value};

    #[test]
    fn a_mean_is_whitened_by_the_true_covariance() {
        // δ = (3, 4), Σ = diag(1, 4): (9 + 16/4) · 10/2.
        let scene = Scene::model(Fitted::gaussian(&[3.0, 5.0], &[7.0, 0.0, 0.0, 7.0]))
            .with_truth(Truth::gaussian(&[0.0, 1.0], &[1.0, 0.0, 0.0, 4.0]));
        assert!((value(&Inflation { rows: 10.0 }, &scene).unwrap_or(0.0) - 65.0).abs() < 1e-12);
    }

    #[test]
    fn outcomes_are_weighed_by_their_own_rarity() {
        // δ = (.1, −.1, 0): (.01/.5 + .01/.2) · 10/2; one fit on n rows has p(1 − p)/n each, so (K − 1)/n in sum.
        let scene =
            Scene::model(Fitted::Outcomes(vec![0.6, 0.1, 0.3])).with_truth(Truth::outcomes(&[0.5, 0.2, 0.3]));
        assert!((value(&Inflation { rows: 10.0 }, &scene).unwrap_or(0.0) - 0.35).abs() < 1e-12);
    }

    #[test]
    fn weights_are_weighed_by_the_information() {
        // Unit noise: δᵀΣδ = 4 · 1 + 1 · 4.
        let scene = Scene::model(Fitted::regression(&[3.0, 1.0], Link::Identity))
            .with_truth(Truth::regression(&[1.0, 2.0], &[1.0, 4.0], Link::Identity));
        assert_eq!(value(&Inflation { rows: 2.0 }, &scene), Ok(8.0));
        // At w* = 0 every class has the variance ¼.
        let scene = Scene::model(Fitted::regression(&[2.0], Link::Logit)).with_truth(Truth::regression(
            &[0.0],
            &[1.0],
            Link::Logit,
        ));
        assert!((value(&Inflation { rows: 1.0 }, &scene).unwrap_or(0.0) - 1.0).abs() < 1e-9);
    }
}
