//! Sample sizes that grow from fit to fit: n_t = n t^p.
//!
//! Each fit by maximum likelihood keeps 1 − 1/n_t of the variance in expectation, and what the variance loses the mean's
//! error gains. So E σ² = Π (1 − 1/(n k^p)): for p = 2 the sine product of `accumulate`. It stays away from 0 exactly
//! where Σ 1/n_t converges, p > 1. Source: Xu, He & Cheng (arXiv 2505.13947) for the condition n_t ~ t^(1+s); the
//! product is derived here. Cost: O(t).

use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "growing-replace-variance",
        statement: "E σ_t² = σ₀² Π_{k≤t} (1 − 1/(n k^p)), n_t = n t^p by maximum likelihood; p = 2 is accumulate's product",
        source: "derived here for arXiv 2505.13947",
        conditions: "gaussian source and family, ddof = 0; samples = { power = p, base = n }; extra: initial n, power p",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &["replace"],
        draws: &[("variance", &["gaussian"])],
        predict: |at| Prediction::mean(at.variance * kept(at)?),
    },
    ClosedForm {
        name: "growing-replace-mean-error",
        statement: "E‖μ_t − μ‖² = d σ₀² [1 − Π_{k≤t} (1 − 1/(n k^p))]",
        source: "derived here for arXiv 2505.13947",
        conditions: "as growing-replace-variance, isotropic source",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &["replace"],
        draws: &[("mean-error", &["gaussian"])],
        predict: |at| Prediction::mean(at.d as f64 * at.variance * (1.0 - kept(at)?)),
    },
];

/// The share of the variance that is left.
fn kept(at: &Conditions<'_>) -> Result<f64, Unmet> {
    at.unbiased_sampling()?;
    if at.ddof != 0 {
        return Err(Unmet::range("ddof", "0"));
    }
    let (n, power) = (at.need("initial")?, at.need("power")?);
    if n < 1.0 {
        return Err(Unmet::range("initial", "≥ 1"));
    }
    Ok((1..=at.fits).map(|k| 1.0 - 1.0 / (n * f64::from(k).powf(power))).product())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};

    fn ask(law: &str, fits: u32, power: f64) -> f64 {
        let at = Conditions { fits, ..Conditions::default() }.with("initial", 100.0).with("power", power);
        find(law).unwrap().predict(&at).unwrap().mean
    }

    #[test]
    fn the_square_gives_the_product_of_accumulate_and_the_constant_that_of_replace() {
        let plain = |law: &str, fits| {
            find(law).unwrap().predict(&Conditions { fits, ..Conditions::default() }).unwrap().mean
        };
        for fits in [1, 7, 60] {
            let (variance, error) = ("growing-replace-variance", "growing-replace-mean-error");
            assert!((ask(variance, fits, 2.0) - plain("gaussian-accumulate-variance", fits)).abs() < 1e-12);
            assert!((ask(variance, fits, 0.0) - plain("gaussian-replace-variance", fits)).abs() < 1e-12);
            assert!((ask(error, fits, 2.0) + ask(variance, fits, 2.0) - 1.0).abs() < 1e-12);
        }
        // p = 1: Π (1 − 1/(n k)) ~ t^(−1/n)/Γ(1 − 1/n): without end, but slowly.
        let expected = 1000f64.powf(-0.01) / statrs::function::gamma::gamma(0.99);
        assert!((ask("growing-replace-variance", 1000, 1.0) / expected - 1.0).abs() < 1e-4);
    }
}
