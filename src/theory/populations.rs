//! Several models that feed on one pool of each other's output.
//!
//! M Gaussian models of n rows each; every one is refitted to n/M rows of each model. With a = E(μ_i − μ)² and c =
//! E(μ_i − μ)(μ_j − μ) per coordinate, c' = a/M + (1 − 1/M)c = g and a' = g + S/n; the fitted variance S takes in the spread
//! of the models, S' = S + n/(n−1) (a − g). A step of size η from the last model mixes: c' = (1 − η)²c + η(2 − η)g,
//! a' = (1 − η)²a + η(2 − η)g + η²S/n, S' = S + η n/(n−1) (a − g). Poisson models make rows of a fixed variance. Source: derived here for the setting of Vu et al. (arXiv 2505.21677);
//! `shared-pool-risk` is its limit for many rows. Cost: O(t).

use super::gaussian_replace::GAUSSIANS;
use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};
use crate::spec::Sharing;

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "shared-pool-mean-error",
        statement: "E‖μ_t − μ‖² by the recursion of (a, c, S); → (dσ²/n)(1 + (t−1)/M) for many rows",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "gaussian source and family, ddof = 1, isotropic source; replace with sharing = \"pool\", n divisible by M; steps of size η start from the last model",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Pool, Departure::Step, Departure::Diagonal],
        draws: &[],
        predict: |at| Prediction::mean(at.d() * recursion(at, None)?.0),
    },
    Law {
        name: "poisson-shared-pool-mean-error",
        statement: "E(λ_t − λ)² of M Poisson models that share a pool: human rows vary by v, synthetic ones by λ; (λ + (v + (t−2)λ)/M)/n from the second fit on",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "as shared-pool-mean-error, poisson family on counts of mean λ and variance v",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Poisson],
        takes_in: &[Departure::Pool, Departure::Step, Departure::Misspecified],
        draws: &[],
        predict: |at| {
            Prediction::mean(recursion(at, Some(at.source.mean.ok_or(Unmet::Missing("the rate"))?))?.0)
        },
    },
    Law {
        name: "shared-pool-distance",
        statement: "E‖μ_i − μ_j‖² = 2d S_{t−1}/n: models of one pool stay as far apart as two refits of one model",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "as shared-pool-mean-error, with two models or more",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Pool, Departure::Step, Departure::Diagonal],
        draws: &[],
        predict: |at| {
            if models(at)? < 2.0 {
                return Err(Unmet::range("models", "≥ 2"));
            }
            Prediction::mean(2.0 * at.d() * recursion(at, None)?.1)
        },
    },
];

/// M, the models that share one pool.
pub(super) fn models(at: &Conditions) -> Result<f64, Unmet> {
    match (at.population, at.sharing) {
        (1, _) | (_, Sharing::Own) => Ok(1.0),
        (models, Sharing::Pool) => Ok(models as f64),
        _ => Err(Unmet::range("sharing", "one pool")),
    }
}

/// a and a − c at fit `fits`, per coordinate; `noise` is the variance of synthetic rows where it is not fitted.
fn recursion(at: &Conditions, noise: Option<f64>) -> Result<(f64, f64), Unmet> {
    let (models, eta) = (models(at)?, at.family.step);
    if at.n < 2.0 || at.n % models != 0.0 {
        return Err(Unmet::range("n", "two rows or more, in equal parts from every model"));
    }
    if noise.is_none() {
        at.unbiased_estimator()?;
    }
    let (mut a, mut c, mut s) = (at.variance()? / at.n, 0.0, at.variance()?);
    for _ in 1..at.fits {
        // The mean of all models, and its covariance with each.
        let shared = a / models + (1.0 - 1.0 / models) * c;
        let (stay, both) = ((1.0 - eta).powi(2), 2.0 * eta * (1.0 - eta) + eta * eta);
        let apart = a - shared;
        c = stay * c + both * shared;
        a = stay * a + both * shared + eta * eta * noise.unwrap_or(s) / at.n;
        s += eta * at.n / (at.n - 1.0) * apart;
    }
    Ok((a, a - c))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean;
    use super::super::{Conditions, Family};
    use crate::spec::{Sharing, StartFrom};

    fn pool(n: f64, population: usize, fits: u32) -> Conditions {
        let start = StartFrom::Warm;
        Conditions { n, fits, population, sharing: Sharing::Pool, start, ..Conditions::default() }.ddof(1)
    }

    fn error(n: f64, population: usize, fits: u32) -> f64 {
        mean("shared-pool-mean-error", pool(n, population, fits))
    }

    #[test]
    fn one_model_is_the_plain_loop_and_many_rows_the_simple_law() {
        for fits in [1, 2, 10, 50] {
            assert!((error(100.0, 1, fits) - f64::from(fits) / 100.0).abs() < 1e-12);
            let simple = 1.0 + f64::from(fits - 1) / 5.0;
            assert!((1e7 * error(1e7, 5, fits) / simple - 1.0).abs() < 1e-5, "{fits}");
        }
        // Two fits of two models, by hand: a = (1/2 + 1)/n with S = 1.
        assert!((error(50.0, 2, 2) - 1.5 / 50.0).abs() < 1e-15);
    }

    #[test]
    fn half_a_step_of_two_models_by_hand() {
        // a = 1/n, c = 0, g = 1/(2n): a' = (1/4 + 3/4 · 1/2 + 1/4)/n.
        let at = pool(50.0, 2, 2);
        let half = Conditions { family: Family { step: 0.5, ..at.family }, ..at.clone() };
        assert!((mean("shared-pool-mean-error", half) - 0.875 / 50.0).abs() < 1e-15);
        // Poisson models make rows of variance `rate`: (4/2 + 1)/50.
        let mut counts = at.spread(4.0);
        counts.source.mean = Some(1.0);
        assert!((mean("poisson-shared-pool-mean-error", counts.clone()) - 3.0 / 50.0).abs() < 1e-15);
        let later = Conditions { fits: 10, ..counts };
        let found = mean("poisson-shared-pool-mean-error", later);
        assert!((found - (1.0 + (4.0 + 8.0) / 2.0) / 50.0).abs() < 1e-14);
    }

    #[test]
    fn models_of_one_pool_stay_as_far_apart_as_two_samples() {
        assert!((mean("shared-pool-distance", pool(100.0, 4, 2)) - 0.02).abs() < 1e-15);
    }
}
