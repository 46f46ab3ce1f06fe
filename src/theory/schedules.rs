//! Sample sizes that change from fit to fit, such as n_t = n t^p, each rounded to whole rows.
//!
//! Each fit by maximum likelihood keeps 1 − 1/n_t of the variance in expectation, and what the variance loses the mean's
//! error gains. So E σ² = Π (1 − 1/n_k): for n_k = n k² nearly the sine product of `accumulate`. It stays away from 0
//! exactly where Σ 1/n_t converges, p > 1. Source: Xu, He & Cheng (arXiv 2505.13947) for the condition n_t ~ t^(1+s); the
//! product is derived here. Cost: O(t).

use super::gaussian_replace::GAUSSIANS;
use super::{Conditions, Departure, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "growing-replace-variance",
        statement: "E σ_t² = σ₀² λ^{t−1} Π_{k≤t} (n_k−1)/(n_k−ddof), n_k the rows of fit k; by maximum likelihood with n_k = n k² nearly accumulate's product",
        source: "derived here for arXiv 2505.13947",
        conditions: "gaussian source and family, isotropic source; any number of rows in each generation",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &["variance"],
        predict: |at| Prediction::mean(run(at)?.0),
    },
    Law {
        name: "growing-replace-mean-error",
        statement: "E‖μ_t − μ‖² = d Σ_{k≤t} λ E σ_{k−1}²/n_k (λ = 1 at k = 1); d σ₀² [1 − Π_{k≤t} (1 − 1/n_k)] by maximum likelihood with λ = 1",
        source: "derived here for arXiv 2505.13947",
        conditions: "as growing-replace-variance",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &["mean-error"],
        predict: |at| Prediction::mean(at.d() * run(at)?.1),
    },
];

/// E of the fitted variance and of the mean's squared error after `fits` fits, per coordinate.
fn run(at: &Conditions) -> Result<(f64, f64), Unmet> {
    let (mut drawn, mut fitted, mut error) = (at.variance()?, 0.0, 0.0);
    for k in 1..=at.fits {
        let n = at.rows_of_fit(k);
        error += drawn / n;
        fitted = drawn * at.shrinkage_of(n)?;
        drawn = fitted * at.scale()?;
    }
    Ok((fitted, error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean;
    use super::super::{Conditions, Rows};

    /// n_k = round(base · k^p).
    fn at(fits: u32, base: f64, power: f64) -> Conditions {
        let run = |k: u32| {
            let n = (base * f64::from(k).powf(power)).round();
            Rows { generations: 1, n, human: 0.0, drawn: None }
        };
        let rows = (2..=fits.max(2)).map(run).collect();
        Conditions { fits, n: base, initial: Some(base), rows, ..Conditions::default() }
    }

    #[test]
    fn the_square_gives_the_product_of_accumulate_and_the_constant_that_of_replace() {
        let (variance, error) = ("growing-replace-variance", "growing-replace-mean-error");
        for fits in [1, 7, 60] {
            let plain = |law: &str| mean(law, Conditions { fits, ..Conditions::default() });
            let (square, constant) = (at(fits, 100.0, 2.0), at(fits, 100.0, 0.0));
            assert!((mean(variance, square.clone()) - plain("gaussian-accumulate-variance")).abs() < 1e-12);
            assert!((mean(variance, constant.clone()) - plain("gaussian-replace-variance")).abs() < 1e-12);
            assert!((mean(error, square.clone()) + mean(variance, square) - 1.0).abs() < 1e-12);
            for ddof in [0, 1] {
                let scaled = Conditions { covariance_scale: 0.7, ..constant.clone() }.ddof(ddof);
                let same = Conditions { rows: [].into(), ..scaled.clone() };
                for (ours, theirs) in
                    [(variance, "gaussian-replace-variance"), (error, "gaussian-replace-mean-error")]
                {
                    let (a, b) = (mean(ours, scaled.clone()), mean(theirs, same.clone()));
                    assert!((a - b).abs() < 1e-12, "{ours}, ddof {ddof}: {a} for {b}");
                }
            }
        }
        // p = 1: Π (1 − 1/(n k)) ~ t^(−1/n)/Γ(1 − 1/n): without end, but slowly.
        let expected = 1000f64.powf(-0.01) / statrs::function::gamma::gamma(0.99);
        assert!((mean(variance, at(1000, 100.0, 1.0)) / expected - 1.0).abs() < 1e-4);
    }

    #[test]
    fn rows_are_whole() {
        // 3, 8, 16 rows, where 3 k^1.5 is 3, 8.49, 15.6: (2/3)(7/8)(15/16).
        let found = mean("growing-replace-variance", at(3, 3.0, 1.5));
        assert!((found - 2.0 / 3.0 * 7.0 / 8.0 * 15.0 / 16.0).abs() < 1e-12, "{found}");
    }
}
