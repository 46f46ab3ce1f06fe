//! `gaussian-kl`: the Kullback–Leibler divergence of two Gaussians, from people to the model.
//!
//! KL(P‖Q) = ½[tr(Σ_Q⁻¹Σ_P) + (m_Q − m_P)ᵀΣ_Q⁻¹(m_Q − m_P) − d + ln|Σ_Q| − ln|Σ_P|] in nats, with P the
//! true Gaussian and Q the fitted one. Cost: O(d³) (two Cholesky factors).

use nalgebra::{Cholesky, DMatrix, DVector};

use super::observation::Normal;
use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, one, plain, shapes};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct GaussianKl;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "gaussian-kl",
        summary: "Kullback–Leibler divergence from the human to the model's Gaussian",
        details: "KL(P‖Q) of two Gaussians, in nats. Q is the fitted Gaussian where the model has parameters, else \
            the sample's mean and unbiased covariance; P is the truth where the source states its moments, else the \
            held-out rows' moments. It weighs a model that is too narrow more than one that is too wide. Refused \
            (no row) where a covariance is singular: the divergence is then infinite.",
        source: "Kullback and Leibler 1951 (10.1214/aoms/1177729694)",
        parameters: &[],
        version: 1,
    },
    extra: Reading::distance("nats", Scale::Log),
    build: |node, _| plain(node, GaussianKl),
};

impl Metric for GaussianKl {
    fn needs(&self) -> Needs {
        Needs::stated()
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (q, p) = (of.fitted_or_sample_moments()?, of.true_or_held_out_moments()?);
        one("gaussian-kl", divergence(&p, &q)?.max(0.0))
    }
}

/// KL(p‖q); +∞ where q is singular and p is not. Refuses a singular p and different dimensions.
fn divergence(p: &Normal<'_>, q: &Normal<'_>) -> Result<f64, Refusal> {
    let d = p.mean.len();
    if q.mean.len() != d || p.covariance.len() != d * d || q.covariance.len() != d * d {
        return Err(Refusal::new("the two Gaussians differ in dimension"));
    }
    let factor = |covariance: &[f64]| {
        if covariance.iter().any(|v| !v.is_finite()) {
            return Err(Refusal::diverged("a covariance is not finite"));
        }
        Ok(Cholesky::new(DMatrix::from_row_slice(d, d, covariance)))
    };
    let own = factor(&p.covariance)?.ok_or_else(|| Refusal::undefined("the human covariance is singular"))?;
    let Some(other) = factor(&q.covariance)? else { return Ok(f64::INFINITY) };
    let log_determinant =
        |c: &Cholesky<f64, nalgebra::Dyn>| 2.0 * c.l_dirty().diagonal().iter().map(|v| v.ln()).sum::<f64>();
    let trace = other.solve(&DMatrix::from_row_slice(d, d, &p.covariance)).trace();
    let shift = DVector::from_iterator(d, q.mean.iter().zip(&*p.mean).map(|(a, b)| a - b));
    let distance = shift.dot(&other.solve(&shift));
    Ok(0.5 * (trace + distance - d as f64 + log_determinant(&other) - log_determinant(&own)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::Absence;
    use crate::metrics::testing::{Fitted, Scene, Truth, value};

    fn kl(q: Fitted, p: Truth) -> Result<f64, Refusal> {
        value(&GaussianKl, &Scene::model(q).with_truth(p))
    }

    #[test]
    fn one_dimension_is_the_textbook_formula() {
        // P = N(0, 1), Q = N(1, 4): ½(1/4 + 1/4 − 1 + ln 4).
        let found = kl(Fitted::gaussian(&[1.0], &[4.0]), Truth::gaussian(&[0.0], &[1.0])).unwrap();
        assert!((found - 0.5 * (0.5 - 1.0 + 4.0_f64.ln())).abs() < 1e-12, "{found}");
    }

    #[test]
    fn independent_coordinates_add_up() {
        let p = || Truth::gaussian(&[0.0, 1.0], &[1.0, 0.0, 0.0, 9.0]);
        let both = kl(Fitted::gaussian(&[1.0, 1.0], &[4.0, 0.0, 0.0, 3.0]), p()).unwrap();
        let first = kl(Fitted::gaussian(&[1.0], &[4.0]), Truth::gaussian(&[0.0], &[1.0])).unwrap();
        let second = kl(Fitted::gaussian(&[1.0], &[3.0]), Truth::gaussian(&[1.0], &[9.0])).unwrap();
        assert!((both - first - second).abs() < 1e-12);
        assert_eq!(kl(Fitted::gaussian(&[0.0, 1.0], &[1.0, 0.0, 0.0, 9.0]), p()).unwrap(), 0.0);
    }

    #[test]
    fn a_singular_model_is_infinitely_far() {
        let p = Truth::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0]);
        assert_eq!(kl(Fitted::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 0.0]), p), Ok(f64::INFINITY));
        let singular = Truth::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 0.0]);
        let refused = kl(Fitted::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0]), singular).unwrap_err();
        assert_eq!(refused.why, Absence::UndefinedHere);
    }
}
