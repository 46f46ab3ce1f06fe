//! Weighting a fresh human batch against the last synthetic batch: the golden ratio.
//!
//! The statistic of the next fit is w·(human) + (1−w)·(synthetic), with k = n_human/n_synthetic. Its variance in units
//! of one human batch obeys u' = w² + (1−w)²(u + k), so u → f(w) = (w² + k(1−w)²)/(2w − w²).
//! Source: He, Xu & Cheng (arXiv 2502.18049). It is about combining *group statistics* (`combine = "by-group"`), not
//! about weighting rows in one pooled likelihood. Cost: O(t).

use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "golden-weight",
        statement: "w*(k) = (√(k²+4k) − k)/2, k = n_human/n_synthetic; 1/φ at k = 1; n·Var at w* is w*",
        source: "arXiv 2502.18049",
        conditions: "group statistics combined by weight, fresh human rows, last synthetic batch only; extra: ratio k (default from human_fraction)",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &["golden", "fresh", "custom"],
        draws: &[],
        predict: |at| Prediction::mean(golden_weight(ratio(at)?)),
    },
    ClosedForm {
        name: "weighted-fresh-risk",
        statement: "n_h Var/σ² → f(w) = (w² + k(1−w)²)/(2w − w²)",
        source: "arXiv 2502.18049",
        conditions: "as golden-weight; extra: weight w in (0, 1] (default w*), initial (default n_h)",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &["golden", "fresh", "custom"],
        draws: &[(
            "risk-inflation",
            &["gaussian", "linear-regression", "logistic-regression", "poisson-regression"],
        )],
        predict: risk,
    },
];

/// The best weight of the human batch, w*(k) = (√(k²+4k) − k)/2 for k = n_human/n_synthetic > 0 (arXiv 2502.18049).
pub fn golden_weight(k: f64) -> f64 {
    ((k * k + 4.0 * k).sqrt() - k) / 2.0
}

/// Stationary variance in units of one human batch's, f(w) = (w² + k(1−w)²)/(2w − w²), for w in (0, 1].
pub fn weighted_fresh_risk(w: f64, k: f64) -> f64 {
    (w * w + k * (1.0 - w) * (1.0 - w)) / (2.0 * w - w * w)
}

fn ratio(at: &Conditions<'_>) -> Result<f64, Unmet> {
    let k = match at.need("ratio") {
        Ok(k) => k,
        Err(_) => at.human_share().map(|a| a / (1.0 - a))?,
    };
    if k > 0.0 { Ok(k) } else { Err(Unmet::range("ratio", "> 0")) }
}

fn risk(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let k = ratio(at)?;
    let w = at.or("weight", golden_weight(k));
    if !(w > 0.0 && w <= 1.0) {
        return Err(Unmet::range("weight", "in (0, 1]"));
    }
    let human_rows = at.n * k / (1.0 + k);
    let mut u = human_rows / at.or("initial", human_rows);
    for _ in 1..at.fits {
        u = w * w + (1.0 - w) * (1.0 - w) * (u + k);
    }
    Prediction::mean(u)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};
    use super::*;

    #[test]
    fn the_best_weight_is_the_golden_ratio() {
        for (k, expected) in [(1.0, 0.618_034), (0.25, 0.390_388), (4.0, 0.828_427)] {
            let w = golden_weight(k);
            assert!((w - expected).abs() < 5e-7);
            assert!((weighted_fresh_risk(w, k) - w).abs() < 1e-12, "f(w*) = w*");
            assert!(weighted_fresh_risk(w + 0.01, k) > w && weighted_fresh_risk(w - 0.01, k) > w);
        }
        assert!((weighted_fresh_risk(0.5, 1.0) - 2.0 / 3.0).abs() < 1e-12);
        assert!((weighted_fresh_risk(0.9, 1.0) - 0.828).abs() < 5e-4);
    }

    #[test]
    fn the_recursion_reaches_the_stationary_risk() {
        let at = Conditions { fits: 200, human_fraction: 0.5, ..Conditions::default() }.with("weight", 0.3);
        let got = find("weighted-fresh-risk").unwrap().predict(&at).unwrap().mean;
        assert!((got - 1.13725).abs() < 1e-5);
        let one = Conditions { fits: 1, ..at };
        assert!((find("weighted-fresh-risk").unwrap().predict(&one).unwrap().mean - 1.0).abs() < 1e-12);
    }
}
