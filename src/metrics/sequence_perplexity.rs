//! `sequence-perplexity-5` … `-95`: how likely the model of generation 0 finds the rows of a later
//! one.
//!
//! Quantiles over rows of exp(−ln p₀(row) / tokens), with p₀ the generation-0 model, or (`sequence-perplexity-from`) the
//! shares of rows in bins. Cost: one
//! evaluation of its likelihood on the sample.

use std::borrow::Cow;

use super::quantile::quantile;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, plain, shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

/// The quantiles, per cent.
const QUANTILES: [u32; 5] = [50, 5, 25, 75, 95];

enum SequencePerplexity {
    Quantiles,
    Shares,
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "sequence-perplexity",
        summary: "Quantiles of the rows' perplexity under the model of generation 0",
        details: "Five rows, `sequence-perplexity-5`, `-25`, `-50`, `-75` and `-95`: the quantiles (in per cent, linear between \
            order statistics) over the sample's rows of exp(−ln p₀(row) / tokens), with p₀ the model of generation \
            0 of the same member, without temperature or top-k. They are the histogram of the Nature paper in five \
            numbers: later generations move to what the first model found likely (the low quantiles fall) and \
            grow a tail of rows that it would never have written (the high quantiles rise). A model that scores the end of a row \
            is scored without it. Empty rows are left out. The human baseline \
            scores human rows under the same model.",
        source: "Shumailov et al. 2024 (10.1038/s41586-024-07566-y), fig. 1",
        parameters: &[],
        version: 2,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human quantile",
        unit: "effective choices per token",
        scale: Scale::Log,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, SequencePerplexity::Quantiles),
};

pub(super) const SHARES: MetricEntry = MetricEntry {
    about: About {
        name: "sequence-perplexity-from",
        summary: "Histogram of the rows' perplexity under the model of generation 0",
        details: "Rows `sequence-perplexity-from-1`, `-2`, … `-100`, `-125`, … `-1000000`: the share of the sample's rows whose             perplexity (as in `sequence-perplexity`) lies from that number to the next. The edges are the preferred numbers             R10, ten a decade, rounded to whole ones; the last bin is open. Drawn by `kind = \"histogram\"`.",
        source: "Shumailov et al. 2024 (10.1038/s41586-024-07566-y), fig. 1; edges: ISO 3",
        parameters: &[],
        version: 2,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human share",
        unit: "share of rows",
        scale: Scale::Logit,
        worst: Worst::None,
        unbiased: true,
    },
    build: |node, _| plain(node, SequencePerplexity::Shares),
};

/// The lower edges of the bins: R10 over six decades, rounded.
fn edges() -> Vec<u64> {
    let decade = [1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0];
    let edge = |i: usize| (decade[i % 10] * 10_f64.powi((i / 10) as i32)).round() as u64;
    let mut edges: Vec<u64> = (0..=60).map(edge).collect();
    edges.dedup();
    edges
}

impl Metric for SequencePerplexity {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, base: true, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, streams: &Streams) -> Result<Measured, Refusal> {
        let all = perplexities(of, streams)?;
        let named = |name: String, value: f64| (Cow::Owned(name), value);
        Ok(match self {
            SequencePerplexity::Quantiles => {
                let row =
                    |q: u32| named(format!("sequence-perplexity-{q}"), quantile(&all, f64::from(q) / 100.0));
                QUANTILES.into_iter().map(row).collect()
            }
            SequencePerplexity::Shares => {
                let edges = edges();
                // Rounding may leave a certain row below the first edge.
                let from = |i: usize| if i == 0 { 0 } else { all.partition_point(|p| *p < edges[i] as f64) };
                let share = |i: usize| {
                    let end = if i + 1 < edges.len() { from(i + 1) } else { all.len() };
                    (end - from(i)) as f64 / all.len() as f64
                };
                let row = |i: usize| named(format!("sequence-perplexity-from-{}", edges[i]), share(i));
                (0..edges.len()).map(row).collect()
            }
        })
    }
}

/// The perplexity of each row that is not empty, ascending.
fn perplexities(of: &Observation<'_>, streams: &Streams) -> Result<Vec<f64>, Refusal> {
    let rows = &*of.rows()?.modelled();
    let density = of.base.and_then(|m| m.density());
    let density =
        density.ok_or_else(|| Refusal::not_applicable("the generation-0 model has no likelihood"))?;
    let (offsets, _) = rows.token_rows().ok_or_else(|| Refusal::new("the rows hold no text"))?;
    let logs = density.log_likelihood_without_end(rows, streams)?;
    let of_row = |(row, log): (&[usize], &f64)| {
        let tokens = row[1] - row[0];
        (tokens > 0).then(|| (-log / tokens as f64).exp())
    };
    let mut all: Vec<f64> = offsets.windows(2).zip(&logs).filter_map(of_row).collect();
    if all.is_empty() {
        return Err(Refusal::degenerate("every row is empty"));
    }
    if all.iter().any(|p| p.is_nan()) {
        return Err(Refusal::undefined(
            "the perplexity of a row under the generation-0 model is not a number",
        ));
    }
    all.sort_by(f64::total_cmp);
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Fitted, Scene, text};

    #[test]
    fn rows_are_scored_per_token_under_the_first_model() {
        // Perplexities: a a 2, b b b 4, a b √8; the empty row is left out.
        let mut scene = Scene::sample(text(TokenUnit::Words, &["a a", "b b b", "", "a b"]));
        assert!(scene.measure(&SequencePerplexity::Quantiles).is_err());
        scene.base = Some(Fitted::Unigram(vec![0.5, 0.25]));
        let found = scene.measure(&SequencePerplexity::Quantiles).unwrap();
        assert_eq!(found[0].0, "sequence-perplexity-50");
        assert!((found[0].1 - 8f64.sqrt()).abs() < 1e-12);
        let low = 2.0 + 0.1 * (8f64.sqrt() - 2.0);
        assert_eq!(found[1].0, "sequence-perplexity-5");
        assert!((found[1].1 - low).abs() < 1e-12);
        // "b b b" and "a b" are impossible: two of three rows are infinitely surprising.
        scene.base = Some(Fitted::Unigram(vec![1.0, 0.0]));
        assert_eq!(scene.measure(&SequencePerplexity::Quantiles).unwrap()[0].1, f64::INFINITY);
    }

    #[test]
    fn the_bins_hold_every_row_once() {
        // Perplexities 2, 4 and √8 under the first model.
        let mut scene = Scene::sample(text(TokenUnit::Words, &["a a", "b b b", "", "a b"]));
        scene.base = Some(Fitted::Unigram(vec![0.5, 0.25]));
        let found = scene.measure(&SequencePerplexity::Shares).unwrap();
        assert_eq!(found.len(), edges().len());
        let filled: Vec<_> = found.iter().filter(|(_, share)| *share > 0.0).collect();
        let third = 1.0 / 3.0;
        let names = ["sequence-perplexity-from-2", "sequence-perplexity-from-4"];
        assert_eq!(filled.iter().map(|(name, _)| name.as_ref()).collect::<Vec<_>>(), names);
        assert!((filled[0].1 - 2.0 * third).abs() < 1e-15 && (filled[1].1 - third).abs() < 1e-15);
        assert_eq!(edges()[..8], [1, 2, 3, 4, 5, 6, 8, 10]);
        assert_eq!(edges().last(), Some(&1_000_000));
    }
}
