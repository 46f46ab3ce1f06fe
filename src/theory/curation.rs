//! Curation and verification: which share wins, and where a verifier stops helping.
//!
//! Sources: Ferbach et al. (arXiv 2407.09499, Luce choice among K draws), Feng et al. (arXiv 2406.07515, breakdown
//! point). The two-type recursion is derived from the former's update. Cost: O(t).

use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "luce-choice-share",
        statement: "p' = p[1 + (1−p)(2σ(r)−1)] with two draws per row; logit p_t = logit p_0 + rt with infinitely many; one step per generation",
        source: "arXiv 2407.09499 (update of the curated distribution), two reward levels",
        conditions: "two kinds of rows, reward gap r, no human rows, many rows; extra: reward_gap r, share p_0, choices (2 or inf; default 2)",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &["replace"],
        draws: &[],
        predict: luce,
    },
    ClosedForm {
        name: "verifier-breakdown",
        statement: "p* = φ/(φ+ψ): the share of wrong labels beyond which filtered training fails",
        source: "arXiv 2406.07515 (phase transition)",
        conditions: "enough rows (a jump only as n → ∞); extra: keep_right φ, keep_wrong ψ",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &[],
        draws: &[],
        predict: breakdown,
    },
];

fn luce(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let (r, p) = (at.need("reward_gap")?, at.need("share")?);
    if !(0.0..=1.0).contains(&p) {
        return Err(Unmet::range("share", "between 0 and 1"));
    }
    let choices = at.or("choices", 2.0);
    if choices == f64::INFINITY {
        let odds = p / (1.0 - p) * (r * (at.t() - 1.0)).exp();
        return Prediction::mean(if odds.is_infinite() { 1.0 } else { odds / (1.0 + odds) });
    }
    if choices != 2.0 {
        return Err(Unmet::range("choices", "2 or inf"));
    }
    let pull = (r / 2.0).tanh();
    Prediction::mean((1..at.fits).fold(p, |p, _| p * (1.0 + (1.0 - p) * pull)))
}

fn breakdown(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let (right, wrong) = (at.need("keep_right")?, at.need("keep_wrong")?);
    if right < 0.0 || wrong < 0.0 {
        return Err(Unmet::range("keep_right, keep_wrong", "≥ 0"));
    }
    Prediction::mean(right / (right + wrong))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};

    #[test]
    fn the_laws_give_the_published_numbers() {
        let ask = |fits| {
            let at = Conditions { fits, ..Conditions::default() }.with("reward_gap", 1.0).with("share", 0.1);
            find("luce-choice-share").unwrap().predict(&at).unwrap().mean
        };
        for (steps, expected) in [(0, 0.1), (1, 0.1416), (2, 0.1978), (3, 0.2711), (10, 0.9221)] {
            assert!((ask(steps + 1) - expected).abs() < 6e-5, "{steps} steps");
        }
        let at = Conditions { fits: 3, ..Conditions::default() }
            .with("reward_gap", 1.0)
            .with("share", 0.1)
            .with("choices", f64::INFINITY);
        let odds = 1.0_f64.exp().powi(2) / 9.0;
        assert!(
            (find("luce-choice-share").unwrap().predict(&at).unwrap().mean - odds / (1.0 + odds)).abs()
                < 1e-12
        );
        let at = Conditions::default().with("keep_right", 0.9).with("keep_wrong", 0.3);
        assert!((find("verifier-breakdown").unwrap().predict(&at).unwrap().mean - 0.75).abs() < 1e-12);
    }
}
