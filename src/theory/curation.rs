//! Curation and verification: which share wins, and where a verifier stops helping.
//!
//! Sources: Ferbach et al. (arXiv 2407.09499, Luce choice among K draws), Feng et al. (arXiv 2406.07515, breakdown
//! point). The two-type recursion is derived from the former's update. Cost: O(t).

use super::{Conditions, Curation, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "luce-choice-share",
        statement: "p' = p[1 + (1−p)(2σ(r)−1)] with two draws per row; one step per generation",
        source: "arXiv 2407.09499 (update of the curated distribution), two reward levels",
        conditions: "outcomes of two kinds, the second with r more reward and a share p_0 at the start, no human rows, two choices, many rows",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[Departure::Curation],
        draws: &[],
        predict: luce,
    },
    Law {
        name: "verifier-breakdown",
        statement: "p* = φ/(φ+ψ): the share of wrong labels beyond which filtered training fails",
        source: "arXiv 2406.07515 (phase transition)",
        conditions: "enough rows (a jump only as n → ∞); a step `verified` with φ and ψ",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[],
        forms: &[],
        takes_in: &Departure::ALL,
        draws: &[],
        predict: breakdown,
    },
];

fn luce(at: &Conditions) -> Result<Prediction, Unmet> {
    let [Curation::LuceChoice { choices: 2, gap }] = at.curation.as_slice() else {
        return Err(Unmet::range(
            "curation",
            "one step of Luce's choice between two candidates of two kinds",
        ));
    };
    let pull = (gap / 2.0).tanh();
    Prediction::mean((1..at.fits).fold(at.share()?, |p, _| p * (1.0 + (1.0 - p) * pull)))
}

fn breakdown(at: &Conditions) -> Result<Prediction, Unmet> {
    let verifier = |step: &Curation| match *step {
        Curation::Verified { keep_right, keep_wrong } => Some(keep_right / (keep_right + keep_wrong)),
        _ => None,
    };
    let found = at.curation.iter().find_map(verifier);
    Prediction::mean(found.ok_or(Unmet::Missing("a step `verified`"))?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{ask, mean};
    use super::super::{Conditions, Curation};

    #[test]
    fn the_laws_give_the_published_numbers() {
        let chosen = |choices, fits| {
            let curation = vec![Curation::LuceChoice { choices, gap: 1.0 }];
            Conditions { fits, curation, ..Conditions::default() }.outcome(&[0.9, 0.1])
        };
        for (steps, expected) in [(0, 0.1), (1, 0.1416), (2, 0.1978), (3, 0.2711), (10, 0.9221)] {
            let found = mean("luce-choice-share", chosen(2, steps + 1));
            assert!((found - expected).abs() < 6e-5, "{steps} steps");
        }
        assert!(ask("luce-choice-share", chosen(3, 4)).is_err());
        let curation = vec![Curation::Verified { keep_right: 0.9, keep_wrong: 0.3 }];
        let at = Conditions { curation, ..Conditions::default() };
        assert!((mean("verifier-breakdown", at) - 0.75).abs() < 1e-12);
    }
}
