//! `bigram-recall`: how many of the human word pairs occur in the sample.
//!
//! |different bigrams of the held-out rows that occur in the sample| / |different bigrams of the
//! held-out rows|. It grows with the sample, so compare only samples of one size. Cost: O(words).

use std::collections::HashSet;

use super::words::Lexicon;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct BigramRecall;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "bigram-recall",
        summary: "Share of the word pairs of held-out human rows that occur in the sample",
        details: "|different bigrams of the held-out rows that also occur in the sample| / |different bigrams of the \
            held-out rows|; bigrams stay within a row. It grows with the sample, so compare only samples of one size \
            (`measure.size`) and with the human baseline. Refused (no row) if no held-out row has two words.",
        source: "the recall half of BLEU-style n-gram overlap: Lin 2004, ROUGE-2 (W04-1013), over types",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "the human value at the same size",
        unit: "share",
        scale: Scale::Logit,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| plain(node, BigramRecall),
};

impl Metric for BigramRecall {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let mut lexicon = Lexicon::default();
        let sample = lexicon.read(of.rows()?)?;
        let human = lexicon.read(of.reference()?)?;
        let made: HashSet<&[u32]> = sample.grams(2).collect();
        let there: HashSet<&[u32]> = human.grams(2).collect();
        if there.is_empty() {
            return Err(Refusal::undefined("no held-out row has two words"));
        }
        let found = there.iter().filter(|gram| made.contains(*gram)).count();
        one("bigram-recall", found as f64 / there.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, text, value};

    #[test]
    fn pairs_are_counted_once_and_never_across_rows() {
        let human = text(TokenUnit::Words, &["a b c", "a b", "d e"]);
        let sample = text(TokenUnit::Words, &["x a b", "d", "e d e"]);
        // Of a b, b c, d e the sample has a b and d e.
        let scene = Scene::sample(sample).beside(human.clone());
        assert_eq!(value(&BigramRecall, &scene), Ok(2.0 / 3.0));
        assert_eq!(value(&BigramRecall, &Scene::sample(human.clone()).beside(human)), Ok(1.0));
        let single = text(TokenUnit::Words, &["a", "b"]);
        assert!(value(&BigramRecall, &Scene::sample(single.clone()).beside(single)).is_err());
    }
}
