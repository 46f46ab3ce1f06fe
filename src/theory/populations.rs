//! Several models that feed on one pool of each other's output.
//!
//! M Gaussian models of n rows each; every one is refitted to n/M rows of each model. With a = E(μ_i − μ)² and c =
//! E(μ_i − μ)(μ_j − μ) per coordinate, c' = a/M + (1 − 1/M)c and a' = c' + S/n; the fitted variance S takes in the spread
//! of the models, S' = S + n/(n−1) (1 − 1/M)(a − c). Source: derived here for the setting of Vu et al. (arXiv 2505.21677);
//! `shared-pool-risk` is its limit for many rows. Cost: O(t).

use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "shared-pool-mean-error",
        statement: "E‖μ_t − μ‖² by the recursion of (a, c, S); → (dσ²/n)(1 + (t−1)/M) for many rows",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "gaussian source and family, ddof = 1, isotropic source; replace with sharing = \"pool\", n divisible by M; extra: models M ≥ 1",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: |at| Prediction::mean(at.d as f64 * recursion(at)?.0),
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
            Prediction::mean(2.0 * at.d as f64 * recursion(at)?.1)
        },
    },
];

/// a and a − c at fit `fits`, per coordinate.
fn recursion(at: &Conditions<'_>) -> Result<(f64, f64), Unmet> {
    at.unbiased_sampling()?;
    let models = at.need("models")?;
    if models < 1.0 {
        return Err(Unmet::range("models", "≥ 1"));
    }
    if at.ddof != 1 || at.n < 2.0 {
        return Err(Unmet::range("ddof", "1, with two rows or more"));
    }
    let (mut a, mut c, mut s) = (at.variance / at.n, 0.0, at.variance);
    for _ in 1..at.fits {
        let apart = a - c;
        c = a / models + (1.0 - 1.0 / models) * c;
        a = c + s / at.n;
        s += at.n / (at.n - 1.0) * (1.0 - 1.0 / models) * apart;
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
    fn models_of_one_pool_stay_as_far_apart_as_two_samples() {
        let at = Conditions { n: 100.0, fits: 2, ddof: 1, ..Conditions::default() }.with("models", 4.0);
        assert!((find("shared-pool-distance").unwrap().predict(&at).unwrap().mean - 0.02).abs() < 1e-15);
    }
}
