//! `mixture-l2`: the squared L2 distance of two mixtures of normal distributions, in closed form.
//!
//! ∫ (p − q)² = ⟨p, p⟩ − 2⟨p, q⟩ + ⟨q, q⟩ with ⟨p, q⟩ = Σ_i Σ_j v_i w_j N(μ_i; ν_j, Σ_i + T_j), since the product
//! of two normal densities integrates to a normal density of their means. Unit: that of a density
//! (1 / data unit^d). Cost: O(k² d³).

use nalgebra::{DMatrix, DVector};
use serde::Deserialize;

use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, one, shapes, table};
use crate::data::{Distribution, NormalMixture, Schema};
use crate::metrics::Subject;
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of the metric.
    #[derive(Clone, Copy, Debug)]
    struct MixtureL2 {
        /// "truth" (generation 0 where the truth is no mixture), or "base": generation 0
        against: Against = Against::default() => "\"truth\"";
    }
}

/// What the model is held against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Against {
    /// The truth where it is a mixture of normal distributions, else the model of generation 0.
    #[default]
    Truth,
    /// The model of generation 0.
    Base,
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "mixture-l2",
        summary: "Squared L2 distance of the fitted mixture of Gaussians from the truth or from generation 0",
        details: "∫ (p − q)² in closed form, of fitted parameters: the families `gaussian` and `gaussian-mixture`, \
            others are refused. q is the true mixture where the source states its components, else (and with \
            `against = \"base\"`) the model of generation 0. It is the *squared* distance, in units of a density. It \
            grows without bound as a component narrows: a round component of standard deviation s in d dimensions \
            has ∫ p² = (4π s²)^(−d/2).",
        source: "Shumailov et al. 2024 (10.1038/s41586-024-07566-y), notebook; the product formula is textbook",
        parameters: MixtureL2::PARAMETERS,
        version: 1,
    },
    extra: Reading::distance("density (1 / data unit per dimension)", Scale::Log).unbiased(),
    build: |node, _| Ok(Box::new(table::<MixtureL2>(node)?)),
};

impl Metric for MixtureL2 {
    fn needs(&self) -> Needs {
        Needs { model: true, base: true, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let none = || Refusal::not_applicable("the model states no mixture of normal distributions");
        let model =
            of.model.filter(|_| matches!(of.subject, Subject::Model | Subject::Baseline)).ok_or_else(none)?;
        let truth = of.truth.filter(|_| self.against == Against::Truth).and_then(|t| t.components());
        let other =
            truth.or_else(|| of.base.and_then(|base| base.parameters().components())).ok_or_else(none)?;
        one("mixture-l2", squared_l2(&model.parameters().components().ok_or_else(none)?, &other)?)
    }
}

/// ∫ (p − q)²; refuses different dimensions and components that are points.
fn squared_l2(p: &NormalMixture<'_>, q: &NormalMixture<'_>) -> Result<f64, Refusal> {
    if p.dim != q.dim || p.dim == 0 {
        return Err(Refusal::new(format!("the two mixtures have {} and {} dimensions", p.dim, q.dim)));
    }
    if p == q {
        return Ok(0.0);
    }
    Ok((inner(p, p)? - 2.0 * inner(p, q)? + inner(q, q)?).max(0.0))
}

/// ∫ p q.
fn inner(p: &NormalMixture<'_>, q: &NormalMixture<'_>) -> Result<f64, Refusal> {
    let d = p.dim;
    let mut sum = 0.0;
    for (i, v) in p.weights.iter().enumerate().filter(|(_, v)| **v > 0.0) {
        for (j, w) in q.weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
            let both = DMatrix::from_row_slice(d, d, p.covariance(i))
                + DMatrix::from_row_slice(d, d, q.covariance(j));
            let factor = both.cholesky().map(|c| c.unpack()).ok_or_else(|| {
                Refusal::degenerate("a component has no density: its covariance is singular or not finite")
            })?;
            let mut apart = DVector::from_row_slice(p.mean(i)) - DVector::from_row_slice(q.mean(j));
            if !factor.solve_lower_triangular_mut(&mut apart) {
                return Err(Refusal::degenerate("a component has no density: its covariance is singular"));
            }
            let log_root: f64 = factor.diagonal().iter().map(|x| x.ln()).sum();
            let log = -0.5 * (d as f64 * std::f64::consts::TAU.ln() + apart.norm_squared()) - log_root;
            sum += v * w * log.exp();
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, value};

    #[test]
    fn two_normals_by_hand() {
        // ∫N(0,1)² = 1/√(4π), ∫N(0,1)N(1,3) = N(1; 0, 4), ∫N(1,3)² = 1/√(12π).
        let scene =
            Scene::model(Fitted::gaussian(&[1.0], &[3.0])).with_truth(Truth::gaussian(&[0.0], &[1.0]));
        let pi = std::f64::consts::PI;
        let cross = (-0.125_f64).exp() / (8.0 * pi).sqrt();
        let want = 1.0 / (4.0 * pi).sqrt() - 2.0 * cross + 1.0 / (12.0 * pi).sqrt();
        assert!((value(&MixtureL2::default(), &scene).unwrap() - want).abs() < 1e-15);
    }

    #[test]
    fn mixtures_agree_with_numerical_integration() {
        // A grid of the integrand: the midpoint rule is exact to rounding for smooth decaying functions.
        let p = NormalMixture { dim: 1, weights: &[0.3, 0.7], means: &[-1.0, 2.0], covariances: &[0.5, 1.5] };
        let q = NormalMixture { dim: 1, weights: &[0.6, 0.4], means: &[0.0, 1.0], covariances: &[1.0, 0.25] };
        let density = |m: &NormalMixture<'_>, x: f64| -> f64 {
            (0..m.len())
                .map(|k| {
                    let v = m.covariance(k)[0];
                    m.weights[k] * (-0.5 * (x - m.mean(k)[0]).powi(2) / v).exp()
                        / (std::f64::consts::TAU * v).sqrt()
                })
                .sum()
        };
        let h = 0.01;
        let want: f64 = (-2000..2000)
            .map(|i| (f64::from(i) + 0.5) * h)
            .map(|x| h * (density(&p, x) - density(&q, x)).powi(2))
            .sum();
        assert!((squared_l2(&p, &q).unwrap() - want).abs() < 1e-12);
    }

    #[test]
    fn two_dimensions_factorise() {
        // Independent coordinates: ⟨p, q⟩ is the product over coordinates.
        let a =
            NormalMixture { dim: 2, weights: &[1.0], means: &[0.0, 1.0], covariances: &[1.0, 0.0, 0.0, 2.0] };
        let b =
            NormalMixture { dim: 2, weights: &[1.0], means: &[1.0, 0.0], covariances: &[3.0, 0.0, 0.0, 2.0] };
        let normal = |x: f64, v: f64| (-0.5 * x * x / v).exp() / (std::f64::consts::TAU * v).sqrt();
        assert!((inner(&a, &b).unwrap() - normal(1.0, 4.0) * normal(1.0, 4.0)).abs() < 1e-15);
    }

    #[test]
    fn generation_0_stands_in_for_an_unknown_truth_and_points_have_no_distance() {
        let base = || Some(Fitted::gaussian(&[0.0], &[1.0]));
        let scene = Scene { base: base(), ..Scene::model(Fitted::gaussian(&[0.0], &[1.0])) };
        assert_eq!(value(&MixtureL2::default(), &scene), Ok(0.0));
        let collapsed = Scene { base: base(), ..Scene::model(Fitted::gaussian(&[0.0], &[0.0])) };
        assert!(value(&MixtureL2::default(), &collapsed).is_err());
        assert!(value(&MixtureL2::default(), &Scene::model(Fitted::gaussian(&[0.0], &[1.0]))).is_err());
    }
}
