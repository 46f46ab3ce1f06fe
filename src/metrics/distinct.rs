//! `distinct-1` … `distinct-4`: how many of the word n-grams are different.
//!
//! distinct-n = |different n-grams| / |n-grams| of the sample. Cost: O(words).

use std::collections::HashSet;

use super::words::Lexicon;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::{About, Build};
use crate::rng::Streams;

struct Distinct {
    name: &'static str,
    n: usize,
}

const fn entry(name: &'static str, summary: &'static str, build: Build<super::BoxedMetric>) -> MetricEntry {
    MetricEntry {
        about: About {
            name,
            summary,
            details: "|different n-grams| / |n-grams| over all words of the sample, split at white space; n-grams stay \
                within a row. It falls as the sample grows, so compare only samples of one size (`measure.size`) \
                with rows of one length. distinct-1 is the type-token ratio. Refused (no row) if no row has n words.",
            source: "Li et al. 2016 (arXiv 1510.03055)",
            parameters: &[],
            version: 1,
        },
        extra: Reading {
            direction: Direction::TwoSided,
            ideal: "the human value at the same size",
            unit: "share",
            scale: Scale::Logit,
            worst: Worst::Is(0.0),
            unbiased: false,
        },
        build,
    }
}

pub(super) const DISTINCT_1: MetricEntry =
    entry("distinct-1", "Share of words that are different words", |node, _| {
        plain(node, Distinct { name: "distinct-1", n: 1 })
    });
pub(super) const DISTINCT_2: MetricEntry =
    entry("distinct-2", "Share of word pairs that are different", |node, _| {
        plain(node, Distinct { name: "distinct-2", n: 2 })
    });
pub(super) const DISTINCT_3: MetricEntry =
    entry("distinct-3", "Share of word triples that are different", |node, _| {
        plain(node, Distinct { name: "distinct-3", n: 3 })
    });
pub(super) const DISTINCT_4: MetricEntry =
    entry("distinct-4", "Share of runs of four words that are different", |node, _| {
        plain(node, Distinct { name: "distinct-4", n: 4 })
    });

impl Metric for Distinct {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let words = Lexicon::default().read(of.rows()?)?;
        let (mut all, mut different) = (0_usize, HashSet::new());
        for gram in words.grams(self.n) {
            all += 1;
            different.insert(gram);
        }
        if all == 0 {
            return Err(Refusal::degenerate(format!("no row has {} words", self.n)));
        }
        one(self.name, different.len() as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, reference, text, value};

    #[test]
    fn it_agrees_with_the_definition_in_python() {
        let r = reference();
        for unit in [TokenUnit::Words, TokenUnit::Characters] {
            let scene = Scene::sample(text(unit, &r.lines("lines")));
            for n in 1..=4 {
                let found = value(&Distinct { name: "distinct", n }, &scene).unwrap();
                assert!((found - r.number(&format!("distinct_{n}"))).abs() < 1e-12, "n = {n}: {found}");
            }
        }
    }

    #[test]
    fn rows_shorter_than_n_are_refused() {
        assert!(
            value(&Distinct { name: "d", n: 3 }, &Scene::sample(text(TokenUnit::Words, &["a b", "c"])))
                .is_err()
        );
    }
}
