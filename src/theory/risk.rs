//! How many times a single fit's risk a loop reaches: the same factors for every asymptotically linear estimator.
//!
//! Risk of fit t over risk of the first fit, for a location-like parameter (variance σ²/n per batch, unbiased, not
//! regularised, n → ∞). Sources: Dey & Donoho (arXiv 2410.22812), Gerstgrasser et al. (arXiv 2404.01413); the finite-t
//! subsample sum is derived here. Cost: O(t).

use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet, human_share};

const LOCATION: &str =
    "asymptotically linear, unbiased, unregularised estimator; equal batches; many rows per parameter";

const INFLATION: &[(&str, &[&str])] =
    &[("risk-inflation", &["gaussian", "linear-regression", "logistic-regression", "poisson-regression"])];

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "replace-risk",
        statement: "risk_t/risk_1 = t",
        source: "arXiv 2404.01413 theorem 1; arXiv 2410.22812",
        conditions: LOCATION,
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: INFLATION,
        predict: |at| Prediction::mean(at.t()),
    },
    ClosedForm {
        name: "accumulate-risk",
        statement: "risk_t/risk_1 = Σ_{k≤t} 1/k² → π²/6",
        source: "arXiv 2404.01413 theorem 2; arXiv 2410.22812",
        conditions: LOCATION,
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["accumulate"],
        draws: INFLATION,
        predict: |at| Prediction::mean(accumulate(at.fits)),
    },
    ClosedForm {
        name: "subsample-risk",
        statement: "risk_t/risk_1 = 2 − 1/t + Σ_{k<t} (2 − 1/k)/(k+1)² → π²/2 − 2",
        source: "arXiv 2410.22812 (subsample workflow); the closed form is derived here",
        conditions: "as the others, n rows drawn without replacement from all so far; needs n/d ≥ 100",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["accumulate-subsample"],
        draws: INFLATION,
        predict: |at| Prediction::mean(subsample(at.fits)),
    },
    ClosedForm {
        name: "subsample-pool-risk",
        statement: "risk of the whole store's mean: 1 + Σ_{k<t} (2 − 1/k)/(k+1)² → π²/2 − 3",
        source: "derived here for arXiv 2410.22812's subsample workflow",
        conditions: "as subsample-risk",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["accumulate-subsample"],
        draws: &[],
        predict: |at| Prediction::mean(subsample_pool(at.fits)),
    },
    ClosedForm {
        name: "unbroken-risk",
        statement: "what a workflow costs in units of the human rows' own risk: replace t, or 1 + (t−1)/M for M models of one pool; accumulate Σ 1/k²; subsample 2 − 1/t + Σ_{k<t} (2 − 1/k)/(k+1)²; anchor → (1+2b)/(1+b), fresh → 1/(1+b)",
        source: "replace-risk, shared-pool-risk, accumulate-risk, subsample-risk, anchor-risk and fresh-risk under one name",
        conditions: "theirs, whatever the setting's sampling, family or start: the constant that a broken assumption is seen against; extra: models M ≥ 1 (one pool)",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &["replace", "accumulate", "accumulate-subsample", "fixed-mix", "fresh"],
        draws: &[],
        predict: constant,
    },
    ClosedForm {
        name: "shared-pool-risk",
        statement: "n·Var = 1 + (t−1)/M for M models that draw from one shared pool",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "M equal models of n rows each, every model samples the uniform mixture of all; extra: models M ≥ 1",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: shared_pool,
    },
];

pub(super) fn accumulate(t: u32) -> f64 {
    (1..=t).map(|k| 1.0 / (f64::from(k) * f64::from(k))).sum()
}

pub(super) fn subsample(t: u32) -> f64 {
    subsample_pool(t) + 1.0 - 1.0 / f64::from(t)
}

fn subsample_pool(t: u32) -> f64 {
    1.0 + (1..t).map(f64::from).map(|k| (2.0 - 1.0 / k) / ((k + 1.0) * (k + 1.0))).sum::<f64>()
}

fn constant(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let kept = Conditions { covariance_scale: 1.0, temperature: 1.0, ..at.clone() };
    match at.regime {
        "accumulate" => Prediction::mean(accumulate(at.fits)),
        "accumulate-subsample" => Prediction::mean(subsample(at.fits)),
        "fixed-mix" => human_share::anchor(&kept),
        "fresh" => human_share::fresh(&kept),
        _ => Prediction::mean(1.0 + (at.t() - 1.0) / at.or("models", 1.0).max(1.0)),
    }
}

fn shared_pool(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let models = at.need("models")?;
    if models < 1.0 {
        return Err(Unmet::range("models", "≥ 1"));
    }
    Prediction::mean(1.0 + (at.t() - 1.0) / models)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};
    use std::f64::consts::PI;

    fn ask(law: &str, fits: u32) -> f64 {
        let at = Conditions { fits, ..Conditions::default() }.with("models", 5.0);
        find(law).unwrap().predict(&at).unwrap().mean
    }

    #[test]
    fn a_constant_stays_whatever_is_broken() {
        let constant = |regime, fits| {
            let at = Conditions {
                regime,
                fits,
                human_fraction: 0.2,
                covariance_scale: 0.5,
                n: 500.0,
                ..Conditions::default()
            };
            find("unbroken-risk").unwrap().predict(&at.with("initial", 100.0)).unwrap().mean
        };
        assert_eq!((constant("replace", 7), constant("accumulate", 2)), (7.0, 1.25));
        assert!((constant("fixed-mix", 500) - 2.6 / 1.8).abs() < 1e-9);
        assert!((constant("fresh", 500) - 1.0 / 1.8).abs() < 1e-9);
    }

    #[test]
    fn the_factors_reach_their_limits() {
        assert!((ask("accumulate-risk", 100) - 1.63498).abs() < 1e-5);
        assert!((ask("accumulate-risk", 1_000_000) - PI * PI / 6.0).abs() < 2e-6);
        assert!((ask("subsample-risk", 1_000_000) - (PI * PI / 2.0 - 2.0)).abs() < 1e-5);
        assert!((ask("subsample-pool-risk", 1_000_000) - (PI * PI / 2.0 - 3.0)).abs() < 1e-5);
        assert!((ask("replace-risk", 37) - 37.0).abs() < 1e-12);
        assert!((ask("shared-pool-risk", 20) - 4.80).abs() < 1e-12);
        for law in
            ["replace-risk", "accumulate-risk", "subsample-risk", "subsample-pool-risk", "shared-pool-risk"]
        {
            assert!((ask(law, 1) - 1.0).abs() < 1e-12, "{law} starts at one fit's risk");
        }
    }
}
