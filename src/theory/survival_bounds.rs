//! Bounds on survival: how long a rare outcome or a spread can stay.
//!
//! Source: Suresh et al. (arXiv 2412.17646), theorems 1 and 4; Seddik et al. (arXiv 2404.05090) for two outcomes, as
//! Suresh et al. state it. The lower bounds and the equality of the Poisson stand with their families. Cost: O(t).

use super::categorical::{g, share};
use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "outcome-survival-ceiling",
        statement: "Pr(outcome i alive after t fits) ≤ 1 − max(0, 1 − 3np_i² − 3tp_i) exp(−n p_i g_t), g as in outcome-survival",
        source: "arXiv 2412.17646, theorem 1",
        conditions: "as outcome-survival; says something only while 3np² + 3tp < 1",
        relation: Relation::AtMost,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: |at| {
            at.raw_frequencies()?;
            let p = share(at)?;
            let sure = (1.0 - 3.0 * at.n * p * p - 3.0 * at.t() * p).max(0.0);
            Prediction::mean(1.0 - sure * (-at.n * p * g(at.fits)).exp())
        },
    },
    ClosedForm {
        name: "two-outcomes-ceiling",
        statement: "Pr(both of two outcomes alive) ≤ min(1, 2np(1 − p)(1 − 1/n)^t)",
        source: "arXiv 2404.05090, as stated by arXiv 2412.17646",
        conditions: "two outcomes, no smoothing; extra: share p",
        relation: Relation::AtMost,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: |at| {
            at.raw_frequencies()?;
            let p = share(at)?;
            Prediction::mean((2.0 * at.n * p * (1.0 - p) * (1.0 - 1.0 / at.n).powf(at.t())).min(1.0))
        },
    },
    ClosedForm {
        name: "mixture-replace-survival",
        statement: "Pr(σ_t > ε) ≤ (σ₀/ε) e^{−t/(4n)}, σ the spread within two mirrored components",
        source: "arXiv 2412.17646, theorem 4",
        conditions: "symmetric-mixture by the approximate estimator; extra: threshold ε > 0, component_sd σ₀",
        relation: Relation::AtMost,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: mixture,
    },
];

fn mixture(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let (threshold, sd) = (at.need("threshold")?, at.need("component_sd")?);
    if threshold <= 0.0 {
        return Err(Unmet::range("threshold", "> 0"));
    }
    Prediction::mean((sd / threshold * (-at.t() / (4.0 * at.n)).exp()).min(1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};

    fn ask(law: &str, at: &Conditions<'_>) -> f64 {
        find(law).unwrap().predict(at).unwrap().mean
    }

    #[test]
    fn the_bounds_by_hand() {
        // t = 2: g = 1 − 1/e; n p = 10, 3np² = 0.03, 3tp = 0.006.
        let at = Conditions { n: 10_000.0, fits: 2, regime: "replace", ..Conditions::default() }
            .with("share", 0.001);
        let g = 1.0 - (-1.0_f64).exp();
        let ceiling = ask("outcome-survival-ceiling", &at);
        assert!((ceiling - (1.0 - 0.964 * (-10.0 * g).exp())).abs() < 1e-12);
        assert!(ceiling > ask("outcome-survival", &at));
        let at = Conditions { n: 100.0, fits: 400, ..at }.with("share", 0.2);
        assert!((ask("two-outcomes-ceiling", &at) - 32.0 * 0.99_f64.powi(400)).abs() < 1e-12);
        assert_eq!(ask("two-outcomes-ceiling", &Conditions { fits: 1, ..at }), 1.0);
        let at = Conditions { n: 10.0, fits: 200, ..Conditions::default() };
        let at = at.with("threshold", 0.1).with("component_sd", 1.0);
        assert!((ask("mixture-replace-survival", &at) - 10.0 * (-5.0_f64).exp()).abs() < 1e-12);
    }
}
