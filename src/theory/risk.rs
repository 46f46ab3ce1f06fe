//! How many times a single fit's risk a loop reaches: the same factors for every asymptotically linear estimator.
//!
//! Risk of fit t over risk of the first fit, for a location-like parameter (variance σ²/n per batch, unbiased, not
//! regularised, n → ∞). Sources: Dey & Donoho (arXiv 2410.22812), Gerstgrasser et al. (arXiv 2404.01413); the finite-t
//! subsample sum is derived here. Cost: O(t).

use super::populations::models;
use super::scope::workflow;
use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow, human_share};

const LOCATION: &str = "asymptotically linear, unbiased estimator, a penalty of at most 0.001 a row; equal batches; many rows per parameter";

const UNBROKEN: &[Workflow] =
    &[Workflow::Replace, Workflow::Accumulate, Workflow::Subsample, Workflow::Anchor, Workflow::Fresh];

const INFLATION: &[&str] = &["risk-inflation"];

/// Estimators of parameters that have a place, so to speak: means, rates, shares, weights.
pub(super) const LOCATIONS: &[Form] = &[
    Form::Gaussian,
    Form::DiagonalGaussian,
    Form::Frequencies,
    Form::Poisson,
    Form::LeastSquares,
    Form::GeneralisedLinear,
];

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "replace-risk",
        statement: "risk_t/risk_1 = t",
        source: "arXiv 2404.01413 theorem 1; arXiv 2410.22812",
        conditions: LOCATION,
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: LOCATIONS,
        takes_in: &[
            Departure::Penalty,
            Departure::Intercept,
            Departure::Inputs,
            Departure::Diagonal,
            Departure::FreshInputs,
        ],
        draws: INFLATION,
        predict: |at| inflation(at, at.t()),
    },
    Law {
        name: "accumulate-risk",
        statement: "risk_t/risk_1 = Σ_{k≤t} 1/k² → π²/6",
        source: "arXiv 2404.01413 theorem 2; arXiv 2410.22812",
        conditions: LOCATION,
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Accumulate],
        forms: LOCATIONS,
        takes_in: &[Departure::Penalty, Departure::Intercept, Departure::Inputs, Departure::Diagonal],
        draws: INFLATION,
        predict: |at| inflation(at, accumulate(at.fits)),
    },
    Law {
        name: "subsample-risk",
        statement: "risk_t/risk_1 = 2 − 1/t + Σ_{k<t} (2 − 1/k)/(k+1)² → π²/2 − 2",
        source: "arXiv 2410.22812 (subsample workflow); the closed form is derived here",
        conditions: "as the others, n rows drawn without replacement from all so far; needs n/d ≥ 100",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Subsample],
        forms: LOCATIONS,
        takes_in: &[Departure::Penalty, Departure::Intercept, Departure::Inputs, Departure::Diagonal],
        draws: INFLATION,
        predict: |at| inflation(at, subsample(at.fits)),
    },
    Law {
        name: "subsample-pool-risk",
        statement: "risk of the whole store's mean: 1 + Σ_{k<t} (2 − 1/k)/(k+1)² → π²/2 − 3",
        source: "derived here for arXiv 2410.22812's subsample workflow",
        conditions: "as subsample-risk",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Subsample],
        forms: LOCATIONS,
        takes_in: &[Departure::Penalty, Departure::Intercept, Departure::Inputs, Departure::Diagonal],
        draws: &[],
        predict: |at| inflation(at, subsample_pool(at.fits)),
    },
    Law {
        name: "unbroken-risk",
        statement: "what a workflow costs in units of the human rows' own risk: replace t, or 1 + (t−1)/M for M models of one pool; accumulate Σ 1/k²; subsample 2 − 1/t + Σ_{k<t} (2 − 1/k)/(k+1)²; anchor → (1+2b)/(1+b), fresh → 1/(1+b)",
        source: "replace-risk, shared-pool-risk, accumulate-risk, subsample-risk, anchor-risk and fresh-risk under one name",
        conditions: "theirs, whatever the setting's sampling, family or start: the constant that a broken assumption is seen against; M the models of one pool",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: UNBROKEN,
        forms: &[],
        takes_in: &Departure::ALL,
        draws: &[],
        predict: constant,
    },
    Law {
        name: "shared-pool-risk",
        statement: "n·Var = 1 + (t−1)/M for M models that draw from one shared pool",
        source: "derived here; setting of arXiv 2505.21677",
        conditions: "M equal models of n rows each, every model samples the uniform mixture of all; M the models",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: LOCATIONS,
        takes_in: &[Departure::Pool, Departure::Diagonal],
        draws: &[],
        predict: shared_pool,
    },
];

/// A ratio of risks, where a penalty is too small to count.
pub(super) fn inflation(at: &Conditions, risk: f64) -> Result<Prediction, Unmet> {
    if at.family.penalty > 1e-3 {
        return Err(Unmet::range("the penalty", "none, or at most 0.001 a row"));
    }
    Prediction::mean(risk)
}

pub(super) fn accumulate(t: u32) -> f64 {
    (1..=t).map(|k| 1.0 / (f64::from(k) * f64::from(k))).sum()
}

pub(super) fn subsample(t: u32) -> f64 {
    subsample_pool(t) + 1.0 - 1.0 / f64::from(t)
}

fn subsample_pool(t: u32) -> f64 {
    1.0 + (1..t).map(f64::from).map(|k| (2.0 - 1.0 / k) / ((k + 1.0) * (k + 1.0))).sum::<f64>()
}

fn constant(at: &Conditions) -> Result<Prediction, Unmet> {
    match workflow(at, UNBROKEN)? {
        Workflow::Accumulate => Prediction::mean(accumulate(at.fits)),
        Workflow::Subsample => Prediction::mean(subsample(at.fits)),
        Workflow::Anchor => human_share::anchor(at),
        Workflow::Fresh => human_share::fresh(at),
        _ => shared_pool(at),
    }
}

fn shared_pool(at: &Conditions) -> Result<Prediction, Unmet> {
    Prediction::mean(1.0 + (at.t() - 1.0) / models(at)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean;
    use super::super::{Conditions, Workflow};
    use crate::spec::Sharing;
    use std::f64::consts::PI;

    fn ask(law: &str, fits: u32) -> f64 {
        let at = Conditions { fits, population: 5, sharing: Sharing::Pool, ..Conditions::default() };
        let alone = Conditions { population: 1, ..at.clone() };
        let at = if law.starts_with("shared") { at } else { alone };
        mean(law, at)
    }

    #[test]
    fn a_constant_stays_whatever_is_broken() {
        let constant = |workflow: Workflow, fits| {
            let human_fraction = if workflow.has_humans() { 0.2 } else { 0.0 };
            let at = Conditions { fits, human_fraction, covariance_scale: 0.5, ..Conditions::default() };
            let (choices, initial) = (workflow.choices(), Some(100.0));
            mean("unbroken-risk", Conditions { n: 500.0, choices, initial, ..at })
        };
        assert_eq!((constant(Workflow::Replace, 7), constant(Workflow::Accumulate, 2)), (7.0, 1.25));
        assert!((constant(Workflow::Anchor, 500) - 2.6 / 1.8).abs() < 1e-9);
        assert!((constant(Workflow::Fresh, 500) - 1.0 / 1.8).abs() < 1e-9);
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
