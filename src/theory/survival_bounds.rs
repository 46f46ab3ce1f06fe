//! Bounds on survival: how long a rare outcome or a spread can stay.
//!
//! Source: Suresh et al. (arXiv 2412.17646), theorems 1 and 4; Seddik et al. (arXiv 2404.05090) for two outcomes, as
//! Suresh et al. state it. The lower bounds and the equality of the Poisson stand with their families. Cost: O(t).

use super::extinction::g;
use super::{Conditions, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "outcome-survival-ceiling",
        statement: "Pr(outcome i alive after t fits) ≤ 1 − max(0, 1 − 3np_i² − 3tp_i) exp(−n p_i g_t), g as in outcome-survival",
        source: "arXiv 2412.17646, theorem 1",
        conditions: "as outcome-survival; says something only while 3np² + 3tp < 1",
        relation: Relation::AtMost,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &[],
        predict: |at| {
            let p = at.share()?;
            let sure = (1.0 - 3.0 * at.n * p * p - 3.0 * at.t() * p).max(0.0);
            Prediction::mean(1.0 - sure * (-at.n * p * g(at.fits)).exp())
        },
    },
    Law {
        name: "two-outcomes-ceiling",
        statement: "Pr(both of two outcomes alive) ≤ min(1, 2np(1 − p)(1 − 1/n)^t)",
        source: "arXiv 2404.05090, as stated by arXiv 2412.17646",
        conditions: "two outcomes, no smoothing",
        relation: Relation::AtMost,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &[],
        predict: |at| {
            if at.outcomes()?.len() != 2 {
                return Err(Unmet::range("outcomes", "two"));
            }
            let p = at.share()?;
            Prediction::mean((2.0 * at.n * p * (1.0 - p) * (1.0 - 1.0 / at.n).powf(at.t())).min(1.0))
        },
    },
    Law {
        name: "mixture-replace-survival",
        statement: "Pr(σ_t > ε) ≤ (σ₀/ε) e^{−t/(4n)}, σ the spread within two mirrored components",
        source: "arXiv 2412.17646, theorem 4",
        conditions: "symmetric-mixture by the approximate estimator; the metric's threshold ε > 0",
        relation: Relation::AtMost,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::MirroredPair],
        takes_in: &[],
        draws: &[],
        predict: mixture,
    },
];

fn mixture(at: &Conditions) -> Result<Prediction, Unmet> {
    let threshold = at.asked.threshold.ok_or(Unmet::Missing("the threshold ε"))?;
    let sd = at.source.component_sd.ok_or(Unmet::Missing("one standard deviation of both components"))?;
    if threshold <= 0.0 {
        return Err(Unmet::range("threshold", "> 0"));
    }
    Prediction::mean((sd / threshold * (-at.t() / (4.0 * at.n)).exp()).min(1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean;
    use super::super::{Asked, Conditions};

    fn ask(law: &str, at: &Conditions) -> f64 {
        mean(law, at.clone())
    }

    #[test]
    fn the_bounds_by_hand() {
        // t = 2: g = 1 − 1/e; n p = 10, 3np² = 0.03, 3tp = 0.006.
        let at = Conditions { n: 10_000.0, fits: 2, ..Conditions::default() }.outcome(&[0.999, 0.001]);
        let g = 1.0 - (-1.0_f64).exp();
        let ceiling = ask("outcome-survival-ceiling", &at);
        assert!((ceiling - (1.0 - 0.964 * (-10.0 * g).exp())).abs() < 1e-12);
        assert!(ceiling > ask("outcome-survival", &at));
        let at = Conditions { n: 100.0, fits: 400, ..at }.outcome(&[0.8, 0.2]);
        assert!((ask("two-outcomes-ceiling", &at) - 32.0 * 0.99_f64.powi(400)).abs() < 1e-12);
        assert_eq!(ask("two-outcomes-ceiling", &Conditions { fits: 1, ..at }), 1.0);
        let asked = Asked { threshold: Some(0.1), ..Asked::default() };
        let mut at = Conditions { n: 10.0, fits: 200, asked, ..Conditions::default() };
        at.source.component_sd = Some(1.0);
        assert!((ask("mixture-replace-survival", &at) - 10.0 * (-5.0_f64).exp()).abs() < 1e-12);
    }
}
