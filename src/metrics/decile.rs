//! `cross-entropy-decile-1` … `-10`: the cross-entropy of frequent and of rare outcomes, apart.
//!
//! −Σ p ln q / Σ p over the outcomes (or tokens) of one tenth of the human distribution; the tenths
//! are frozen on the human side. Cost: O(outcomes · log), or one evaluation of the model's
//! likelihood on the held-out rows.

use std::borrow::Cow;

use super::frequencies::{counts, shares};
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, plain, shapes,
};
use crate::data::{Distribution, Samples, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct Decile;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "cross-entropy-decile",
        summary: "Cross-entropy by decile of human frequency: 1 the most frequent outcomes, 10 the rarest",
        details: "Ten rows, `cross-entropy-decile-1` to `-10`. Outcomes (for text: tokens) are ranked by their human frequency p, \
            ties by code: the true probability where the source states it, else the share among held-out rows. An \
            outcome belongs to the tenth in which the middle of its own share falls, so every tenth has about a \
            tenth of the human probability: 1 the few most frequent, 10 the many rarest. A tenth that a single \
            frequent outcome skips has no row.\n\n\
            The value is −Σ p ln q / Σ p over the outcomes of the tenth, in nats: q are the fitted probabilities \
            where the model states them; else −ln q is averaged over the held-out rows (for text: over tokens, \
            each given those before it). The model's own distribution is scored, without temperature or \
            top-k. A tenth in which the model gives a human outcome probability 0 has no row: it is infinite. A collapse shows in the tenth \
            tenth long before it shows in the mean.",
        source: "Dohmatob et al. 2024 (arXiv 2402.07043) and Shumailov et al. 2024 (10.1038/s41586-024-07566-y) for the loss of tails; definition",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "the human cross-entropy of the same tenth",
        unit: "nats per row or token",
        scale: Scale::Linear,
        worst: Worst::Of(|human| human.choices.map(f64::ln)),
        unbiased: false,
    },
    build: |node, _| plain(node, Decile),
};

impl Metric for Decile {
    fn needs(&self) -> Needs {
        Needs { model: true, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::outcomes_or_text(schema)
    }

    /// The rarest first.
    fn measure(&self, of: &Observation<'_>, streams: &Streams) -> Result<Measured, Refusal> {
        let held_out = of.held_out.map(Samples::modelled);
        let rows = || match held_out.as_deref() {
            Some(rows) if !rows.is_empty() => Ok(rows),
            _ => Err(Refusal::not_applicable("there are no held-out human rows to compare with")),
        };
        let p: Cow<'_, [f64]> = match of.truth.and_then(|t| t.probabilities()) {
            Some(p) => p.into(),
            None => shares(&counts(rows()?).unwrap_or_default()).into(),
        };
        let tenth = tenths(&p);
        let (mut weight, mut nats) = ([0.0; 10], [0.0; 10]);
        if let Some(q) = of.probabilities() {
            if q.len() != p.len() {
                return Err(Refusal::new(format!("people have {} outcomes, the model {}", p.len(), q.len())));
            }
            for i in (0..p.len()).filter(|&i| p[i] > 0.0) {
                weight[tenth[i]] += p[i];
                nats[tenth[i]] -= p[i] * q[i].ln();
            }
        } else {
            let rows = rows()?;
            let codes = match (rows.codes(), rows.token_rows()) {
                (Some(codes), _) => codes,
                (None, Some((_, tokens))) => tokens,
                (None, None) => return Err(Refusal::new("the held-out rows hold no outcome and no token")),
            };
            for (&code, log) in codes.iter().zip(logs(of, rows, streams)?) {
                let Some(&tenth) = tenth.get(code as usize) else {
                    return Err(Refusal::new(format!("outcome {code} has no human frequency")));
                };
                weight[tenth] += 1.0;
                nats[tenth] -= log;
            }
        }
        // A tenth in which people have no outcome has no row.
        let there = (0..10).rev().filter(|&i| weight[i] > 0.0);
        Ok(there
            .map(|i| (Cow::Owned(format!("cross-entropy-decile-{}", i + 1)), nats[i] / weight[i]))
            .collect())
    }
}

/// ln q of every held-out row, or of every token of the held-out rows.
fn logs(of: &Observation<'_>, rows: &Samples, streams: &Streams) -> Result<Vec<f64>, Refusal> {
    let outcomes = rows.codes().is_some();
    let Some(model) = of.model else {
        let truth = of.truth.and_then(|t| t.log_density(rows)).filter(|_| outcomes);
        return truth.ok_or_else(|| Refusal::not_applicable("the true density is not known"));
    };
    let density = model.density().ok_or_else(|| Refusal::not_applicable("this family has no likelihood"))?;
    if outcomes { density.log_likelihood(rows, streams) } else { density.token_log_likelihood(rows, streams) }
}

/// The tenth of each outcome, from 0: where the middle of its share falls when outcomes are sorted
/// from the most likely down.
fn tenths(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let (mut before, mut tenth) = (0.0, vec![9; p.len()]);
    for i in order {
        // Rounding must not push an outcome across an edge.
        tenth[i] = ((10.0 * (before + 0.5 * p[i]) + 1e-9) as usize).min(9);
        before += p[i];
    }
    tenth
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Fitted, Scene, Truth, outcomes, text};

    #[test]
    fn outcomes_belong_to_the_tenth_of_the_middle_of_their_share() {
        // Sorted: ½ (middle .25), .3 (.65), .1 (.85), .05 (.925), .05 (.975).
        assert_eq!(tenths(&[0.05, 0.5, 0.1, 0.3, 0.05]), [9, 2, 8, 6, 9]);
        // A hundred equal outcomes: ten in each.
        let all = tenths(&[0.01; 100]);
        assert!((0..100).all(|i| all[i] == i / 10));
    }

    #[test]
    fn the_rare_are_scored_apart_from_the_frequent() {
        let truth = || Truth::outcomes(&[0.05, 0.5, 0.1, 0.3, 0.05]);
        let scene = Scene::model(Fitted::Outcomes(vec![0.01, 0.6, 0.05, 0.3, 0.04])).with_truth(truth());
        let found = scene.measure(&Decile).unwrap();
        let expected = [
            (10, -0.5 * (0.01f64.ln() + 0.04f64.ln())),
            (9, -(0.05f64.ln())),
            (7, -(0.3f64.ln())),
            (3, -(0.6f64.ln())),
        ];
        assert_eq!(found.len(), 4);
        for ((name, value), (tenth, expected)) in found.iter().zip(expected) {
            assert_eq!(*name, format!("cross-entropy-decile-{tenth}"));
            assert!((value - expected).abs() < 1e-12, "{name}: {value}");
        }
        // An outcome that died out: its tenth is infinitely badly predicted, the others stay.
        let dead = Scene::model(Fitted::Outcomes(vec![0.0, 0.6, 0.05, 0.3, 0.05])).with_truth(truth());
        let dead = dead.measure(&Decile).unwrap();
        assert_eq!(dead[0].1, f64::INFINITY);
        assert!(dead[1..].iter().all(|(_, value)| value.is_finite()) && dead.len() == 4);
    }

    #[test]
    fn tokens_are_ranked_by_their_share_of_the_held_out_rows() {
        // a: 6 of 10 tokens (middle .3, tenth 4), b: 3 (.75, tenth 8), c: 1 (.95, tenth 10).
        let scene = Scene::model(Fitted::Unigram(vec![0.5, 0.25, 0.125]))
            .beside(text(TokenUnit::Words, &["a a a b", "a b a", "c a b"]));
        let found = scene.measure(&Decile).unwrap();
        let expected = [8f64.ln(), 4f64.ln(), 2f64.ln()];
        assert_eq!(
            found.iter().map(|(n, _)| n.as_ref()).collect::<Vec<_>>(),
            ["cross-entropy-decile-10", "cross-entropy-decile-8", "cross-entropy-decile-4"]
        );
        for ((_, value), expected) in found.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12);
        }
        // The weighted mean of the tenths is the mean cross-entropy.
        let by_row = Scene::model(Fitted::Unigram(vec![0.5, 0.25])).beside(outcomes(&[0, 0, 1], 2));
        let found = by_row.measure(&Decile).unwrap();
        let mean = (2.0 * found[1].1 + found[0].1) / 3.0;
        assert!((mean - (2.0 * 2f64.ln() + 4f64.ln()) / 3.0).abs() < 1e-12);
    }
}
