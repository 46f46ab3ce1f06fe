//! Floors of quality on text: what the presets of `gpt` and `gru` must reach, with a seed fixed beforehand. Perplexity a
//! character on held-out Moby-Dick, 8,000 training rows of 63, end marks left out as n-grams have none: those of order 3,
//! 4 and 5 reach 7.40, 5.42 and 4.75.
#![allow(clippy::unwrap_used)]

use crate::data::{Mix, Rows, SOURCES, Samples, Supply};
use crate::models::{self, Start};
use crate::neural;
use crate::rng::Streams;
use crate::spec::Node;

/// Perplexity a token of 400 held-out rows after a fit of 8,000.
fn perplexity(family: &str, table: &str) -> f64 {
    let node = |text: &str| Node::from_toml(text, "test.toml").unwrap();
    let source = SOURCES.get("moby-dick").unwrap().make(&node("row_tokens = 63")).unwrap();
    let Supply::Finite(splits) = source.supply else { panic!("a data set") };
    let family = neural::FAMILIES.get(family).or_else(|| models::FAMILIES.get(family)).unwrap();
    let family = family.make(&node(table)).unwrap();
    // Held-out rows keep characters that training rows lack; a model reads them as the unknown one.
    let held_out: Samples = splits.held_out.head(400).read_as(splits.train.schema()).unwrap();
    let mix = Mix::of_human(Rows::all(splits.train.head(8000)));
    let model = family.fit(&mix, Start::Scratch, &Streams::new(0, 1)).unwrap();
    let nats = model.density().unwrap().log_likelihood_without_end(&held_out, &Streams::new(0, 0)).unwrap();
    let tokens = held_out.token_rows().unwrap().1.len();
    (-nats.iter().sum::<f64>() / tokens as f64).exp()
}

#[test]
#[ignore = "half a minute without optimisation; .ci/full runs it"]
fn small_language_models_beat_a_trigram() {
    let trigram = perplexity("ngram", "order = 3");
    assert!((trigram - 7.40).abs() < 0.1, "{trigram}");
    for family in ["gpt", "gru"] {
        let reached = perplexity(family, "size = \"small\"");
        assert!(reached < 6.4, "{family}: {reached}");
    }
}

#[test]
#[ignore = "two minutes without optimisation; .ci/full runs it"]
fn medium_language_models_beat_four_grams() {
    let four = perplexity("ngram", "order = 4");
    assert!((four - 5.42).abs() < 0.1, "{four}");
    for (family, floor) in [("gpt", 5.1), ("gru", 5.42)] {
        let reached = perplexity(family, "size = \"medium\"");
        assert!(reached < floor, "{family}: {reached}");
    }
}

#[test]
#[ignore = "ten minutes without optimisation; .ci/full runs it"]
fn large_language_models_reach_five_grams() {
    for (family, floor) in [("gpt", 4.75), ("gru", 4.95)] {
        let reached = perplexity(family, "size = \"large\"");
        assert!(reached < floor, "{family}: {reached}");
    }
}
