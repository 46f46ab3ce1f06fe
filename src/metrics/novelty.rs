//! What is new beside the training set: `novelty-2`, `novelty-3`, `novelty-4`, `longest-copied-span`.
//!
//! On words, within rows. Cost: O(words of sample and training set), for the span times the
//! logarithm of the longest row.

use std::collections::HashSet;

use super::words::{Lexicon, Words};
use super::{
    BoxedMetric, Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst,
    one, plain, shapes,
};
use crate::data::{Distribution, Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Build};
use crate::rng::Streams;

enum Novelty {
    New { name: &'static str, n: usize },
    LongestSpan,
}

const fn novelty(name: &'static str, build: Build<BoxedMetric>) -> MetricEntry {
    MetricEntry {
        about: About {
            name,
            summary: "Share of n-grams that the training set does not have",
            details: "Share of the sample's word n-grams (each occurrence counts) that occur in no row of the training set \
                of this generation, human or synthetic. Depends on the size of the training set.",
            source: "McCoy et al. 2023 (arXiv 2111.09509)",
            parameters: &[],
            version: 1,
        },
        extra: Reading {
            direction: Direction::TwoSided,
            ideal: "the human value",
            unit: "share",
            scale: Scale::Logit,
            worst: Worst::None,
            unbiased: true,
        },
        build,
    }
}

pub(super) const NOVELTY_2: MetricEntry =
    novelty("novelty-2", |node, _| plain(node, Novelty::New { name: "novelty-2", n: 2 }));
pub(super) const NOVELTY_3: MetricEntry =
    novelty("novelty-3", |node, _| plain(node, Novelty::New { name: "novelty-3", n: 3 }));
pub(super) const NOVELTY_4: MetricEntry =
    novelty("novelty-4", |node, _| plain(node, Novelty::New { name: "novelty-4", n: 4 }));

pub(super) const LONGEST_SPAN: MetricEntry = MetricEntry {
    about: About {
        name: "longest-copied-span",
        summary: "Longest run of words copied from the training set",
        details: "The largest n for which some run of n words within a row of the sample also occurs within a row of this \
            generation's training set; 0 if no word is shared.",
        source: "McCoy et al. 2023 (arXiv 2111.09509)",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "words",
        scale: Scale::Linear,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, Novelty::LongestSpan),
};

impl Metric for Novelty {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, training: true, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let mut lexicon = Lexicon::default();
        // The training set is in the model's tokens, so the sample is read in them too.
        let sample = lexicon.read(&of.rows()?.modelled())?;
        let trained = lexicon.read(&training_rows(of)?)?;
        match self {
            Novelty::New { name, n } => {
                let known: HashSet<&[u32]> = trained.grams(*n).collect();
                let (all, new) = sample.grams(*n).fold((0_usize, 0_usize), |(all, new), gram| {
                    (all + 1, new + usize::from(!known.contains(gram)))
                });
                if all == 0 {
                    return Err(Refusal::degenerate(format!("no row has {n} words")));
                }
                one(name, new as f64 / all as f64)
            }
            Novelty::LongestSpan => one("longest-copied-span", longest_span(&sample, &trained) as f64),
        }
    }
}

/// All rows of the training set as one table.
fn training_rows(of: &Observation<'_>) -> Result<Samples, Refusal> {
    match of.training.gather() {
        Some(Ok((rows, _))) => Ok(rows),
        Some(Err(e)) => Err(Refusal::new(e.to_string())),
        None => Err(Refusal::not_applicable("there are no training rows to compare with")),
    }
}

/// If a run of n words is shared, so is one of n − 1: the longest is found by bisection.
fn longest_span(sample: &Words, trained: &Words) -> usize {
    let shared = |n: usize| {
        let known: HashSet<&[u32]> = trained.grams(n).collect();
        sample.grams(n).any(|gram| known.contains(gram))
    };
    let longest = |words: &Words| words.rows().map(<[u32]>::len).max().unwrap_or(0);
    let (mut yes, mut no) = (0, longest(sample).min(longest(trained)) + 1);
    while no - yes > 1 {
        let middle = yes + (no - yes) / 2;
        if shared(middle) { yes = middle } else { no = middle }
    }
    yes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, text, value};

    #[test]
    fn by_hand() {
        // Pairs ab, bc, cz and xy, of which ab and bc are known; abc is the longest copied run.
        let scene = Scene::sample(text(TokenUnit::Words, &["a b c z", "x y"]))
            .trained_on(text(TokenUnit::Words, &["q a b c d", "y x", "c"]));
        assert_eq!(value(&Novelty::New { name: "novelty-2", n: 2 }, &scene), Ok(0.5));
        assert_eq!(value(&Novelty::LongestSpan, &scene), Ok(3.0));
        let none = Scene::sample(text(TokenUnit::Words, &["a"])).trained_on(text(TokenUnit::Words, &["b"]));
        assert_eq!(value(&Novelty::LongestSpan, &none), Ok(0.0));
    }
}
