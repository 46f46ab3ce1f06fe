//! `wasserstein2`: the squared 2-Wasserstein distance of two Gaussians, the Fréchet distance.
//!
//! ‖m₁ − m₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁^½ Σ₂ Σ₁^½)^½), in data units squared. The trace of the last root is Σ √λ over the
//! eigenvalues of Σ₁^½ Σ₂ Σ₁^½, and with Σ₁ = L Lᵀ those of Lᵀ Σ₂ L are the same: both are the eigenvalues of Σ₁Σ₂, 0
//! apart. Cost: O(1) for one number a row, O(d³) in general (a Cholesky factor, two products, eigenvalues alone).

use nalgebra::{DMatrix, SymmetricEigen};

use super::mean_error::squared_distance;
use super::observation::Normal;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, Worst, one, plain, shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::models::cholesky::semidefinite;
use crate::registry::About;
use crate::rng::Streams;

struct Wasserstein2;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "wasserstein2",
        summary: "Squared 2-Wasserstein (Fréchet) distance between Gaussians",
        details: "‖m₁ − m₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁^½ Σ₂ Σ₁^½)^½): the *squared* distance. The feature space is \
            the raw features: the numbers themselves, for images the pixels (this is not the Inception FID). \
            The first Gaussian is the fitted one where the model has parameters, else the sample's mean and \
            unbiased covariance; the second is the truth where the source states it, else the held-out rows' \
            moments. From samples it is biased upwards by about 1/n: compare with the human baseline of the \
            same size. Singular covariances, of fewer rows than dimensions for example, are allowed.",
        source: "Heusel et al. 2017 (arXiv 1706.08500), eq. 6; Dowson & Landau 1982",
        parameters: &[],
        version: 2,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "0",
        unit: "data units squared",
        scale: Scale::Log,
        worst: Worst::Of(|human| human.total_variance),
        unbiased: false,
    },
    build: |node, _| plain(node, Wasserstein2),
};

impl Metric for Wasserstein2 {
    fn needs(&self) -> Needs {
        Needs::stated()
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (a, b) = match of.moments_with_categories()? {
            Some(pair) => pair,
            None => (of.fitted_or_sample_moments()?, of.true_or_held_out_moments()?),
        };
        one("wasserstein2", squared_wasserstein2(&a, &b)?)
    }
}

/// The squared distance; refuses parameters that are not finite or of different dimensions.
pub(super) fn squared_wasserstein2(a: &Normal<'_>, b: &Normal<'_>) -> Result<f64, Refusal> {
    let means = squared_distance(&a.mean, &b.mean)?;
    if let ([v], [w]) = (&*a.covariance, &*b.covariance) {
        return Ok(means + (v.max(0.0).sqrt() - w.max(0.0).sqrt()).powi(2));
    }
    let d = a.mean.len();
    let all_finite = a.covariance.iter().chain(&*b.covariance).all(|x| x.is_finite());
    if !all_finite || a.covariance.len() != d * d || b.covariance.len() != d * d {
        return Err(Refusal::diverged("a covariance is not a finite square matrix"));
    }
    if a.covariance == b.covariance {
        return Ok(means);
    }
    // Read by columns, the row-major lower factor is Lᵀ.
    let upper = DMatrix::from_vec(d, d, semidefinite(&a.covariance, d));
    let inner = &upper * DMatrix::from_row_slice(d, d, &b.covariance) * upper.transpose();
    let inner = symmetric_eigen((&inner + inner.transpose()) * 0.5)?;
    let cross: f64 = inner.eigenvalues.iter().map(|v| v.max(0.0).sqrt()).sum();
    let trace = |m: &[f64]| m.iter().step_by(d + 1).sum::<f64>();
    Ok((means + trace(&a.covariance) + trace(&b.covariance) - 2.0 * cross).max(0.0))
}

/// The eigendecomposition of a finite symmetric matrix; refuses if it does not converge.
pub(super) fn symmetric_eigen(matrix: DMatrix<f64>) -> Result<SymmetricEigen<f64, nalgebra::Dyn>, Refusal> {
    let most = 100 * matrix.nrows().max(10);
    SymmetricEigen::try_new(matrix, f64::EPSILON, most)
        .ok_or_else(|| Refusal::undefined("the eigenvalues of a covariance did not converge"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, reference, value};

    #[test]
    fn one_dimension_is_the_distance_of_means_and_deviations() {
        let scene =
            Scene::model(Fitted::gaussian(&[1.0], &[4.0])).with_truth(Truth::gaussian(&[4.0], &[1.0]));
        assert_eq!(value(&Wasserstein2, &scene), Ok(10.0));
    }

    #[test]
    fn commuting_covariances_compare_eigenvalue_by_eigenvalue() {
        // Σ₁ = diag(4, 9), Σ₂ = diag(1, 1): (2 − 1)² + (3 − 1)² = 5.
        let scene = Scene::model(Fitted::gaussian(&[0.0, 0.0], &[4.0, 0.0, 0.0, 9.0]))
            .with_truth(Truth::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0]));
        assert!((value(&Wasserstein2, &scene).unwrap() - 5.0).abs() < 1e-12);
    }

    #[test]
    fn it_agrees_with_the_matrix_square_root_of_scipy() {
        let r = reference();
        let scene = Scene::numbers(&r.numbers("y"), 3).with_held_out(&r.numbers("x"), 3);
        let expected = r.number("wasserstein2");
        assert!((value(&Wasserstein2, &scene).unwrap() - expected).abs() < 1e-9 * expected.max(1.0));
    }

    #[test]
    fn fewer_rows_than_dimensions_are_allowed() {
        let scene = Scene::numbers(&[0.0, 1.0, 2.0, 5.0, 4.0, 3.0], 3)
            .with_held_out(&[1.0, 1.0, 2.0, 0.0, 2.0, 3.0], 3);
        assert!(value(&Wasserstein2, &scene).unwrap() > 0.0);
    }
}
