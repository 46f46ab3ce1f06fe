//! Several models that feed on one pool of each other's output.
//!
//! M Gaussian models of n rows each; every one is refitted to n/M rows of each model. With a = E(μ_i − μ)² and c =
//! E(μ_i − μ)(μ_j − μ) per coordinate, c' = a/M + (1 − 1/M)c = g and a' = g + S/n; the fitted variance S takes in the spread
//! of the models, S' = S + n/(n−1) (a − g). A step of size η from the last model mixes: c' = (1 − η)²c + η(2 − η)g,
//! a' = (1 − η)²a + η(2 − η)g + η²S/n, S' = S + η n/(n−1) (a − g). Poisson models make rows of a fixed variance. Source: derived here for the setting of Vu et al. (arXiv 2505.21677);
//! `shared-pool-risk` is its limit for many rows. Cost: O(t).

use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "shared-pool-mean-error",
        statement: "E‖μ_t − μ‖² by the recursion of (a, c, S); → (dσ²/n)(1 + (t−1)/M) for many rows",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "gaussian source and family, ddof = 1, isotropic source; replace with sharing = \"pool\", n divisible by M; extra: models M ≥ 1, step η (default 1, start = \"warm\")",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: |at| Prediction::mean(at.d as f64 * recursion(at, None)?.0),
    },
    ClosedForm {
        name: "poisson-shared-pool-mean-error",
        statement: "E(λ_t − λ)² of M Poisson models that share a pool: human rows vary by v, synthetic ones by λ; (λ + (v + (t−2)λ)/M)/n from the second fit on",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "as shared-pool-mean-error, poisson family on counts of mean `rate` and variance v; extra: models, rate, step",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: |at| Prediction::mean(recursion(at, Some(at.need("rate")?))?.0),
    },
    ClosedForm {
        name: "shared-pool-distance",
        statement: "E‖μ_i − μ_j‖² = 2d S_{t−1}/n: models of one pool stay as far apart as two refits of one model",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "as shared-pool-mean-error, with two models or more",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: |at| {
            if at.need("models")? < 2.0 {
                return Err(Unmet::range("models", "≥ 2"));
            }
            Prediction::mean(2.0 * at.d as f64 * recursion(at, None)?.1)
        },
    },
];

/// a and a − c at fit `fits`, per coordinate; `noise` is the variance of synthetic rows where it is not fitted.
fn recursion(at: &Conditions<'_>, noise: Option<f64>) -> Result<(f64, f64), Unmet> {
    at.unbiased_sampling()?;
    let (models, eta) = (at.need("models")?, at.or("step", 1.0));
    if models < 1.0 || !(eta > 0.0 && eta <= 1.0) {
        return Err(Unmet::range("models, step", "≥ 1, and above 0 and at most 1"));
    }
    if noise.is_none() && at.ddof != 1 || at.n < 2.0 {
        return Err(Unmet::range("ddof", "1, with two rows or more"));
    }
    if at.or("from_base", 0.0) == 1.0 {
        return Err(Unmet::range("start", "the last model (\"warm\")"));
    }
    let (mut a, mut c, mut s) = (at.variance / at.n, 0.0, at.variance);
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
    use super::super::{Conditions, find};

    fn error(n: f64, models: f64, fits: u32) -> f64 {
        let at = Conditions { n, fits, ddof: 1, ..Conditions::default() }.with("models", models);
        find("shared-pool-mean-error").unwrap().predict(&at).unwrap().mean
    }

    #[test]
    fn one_model_is_the_plain_loop_and_many_rows_the_simple_law() {
        for fits in [1, 2, 10, 50] {
            assert!((error(100.0, 1.0, fits) - f64::from(fits) / 100.0).abs() < 1e-12);
            let simple = 1.0 + f64::from(fits - 1) / 5.0;
            assert!((1e7 * error(1e7, 5.0, fits) / simple - 1.0).abs() < 1e-5, "{fits}");
        }
        // Two fits of two models, by hand: a = (1/2 + 1)/n with S = 1.
        assert!((error(50.0, 2.0, 2) - 1.5 / 50.0).abs() < 1e-15);
    }

    #[test]
    fn half_a_step_of_two_models_by_hand() {
        // a = 1/n, c = 0, g = 1/(2n): a' = (1/4 + 3/4 · 1/2 + 1/4)/n.
        let at = Conditions { n: 50.0, fits: 2, ddof: 1, ..Conditions::default() }.with("models", 2.0);
        let of = |law: &str, at: &Conditions<'_>| find(law).unwrap().predict(at).unwrap().mean;
        assert!((of("shared-pool-mean-error", &at.clone().with("step", 0.5)) - 0.875 / 50.0).abs() < 1e-15);
        // Poisson models make rows of variance `rate`: (4/2 + 1)/50.
        let counts = Conditions { variance: 4.0, ..at }.with("rate", 1.0);
        assert!((of("poisson-shared-pool-mean-error", &counts) - 3.0 / 50.0).abs() < 1e-15);
        let later = Conditions { fits: 10, ..counts };
        assert!(
            (of("poisson-shared-pool-mean-error", &later) - (1.0 + (4.0 + 8.0) / 2.0) / 50.0).abs() < 1e-14
        );
    }

    #[test]
    fn models_of_one_pool_stay_as_far_apart_as_two_samples() {
        let at = Conditions { n: 100.0, fits: 2, ddof: 1, ..Conditions::default() }.with("models", 4.0);
        assert!((find("shared-pool-distance").unwrap().predict(&at).unwrap().mean - 0.02).abs() < 1e-15);
    }
}
