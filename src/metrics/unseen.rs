//! `unseen-mass`: the human probability of what the model can't produce.
//!
//! Σ p over outcomes with q = 0: the error of a model that memorises. Cost: O(outcomes).

use super::frequencies::human_and_subject;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, Worst, one, plain, shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct UnseenMass;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "unseen-mass",
        summary: "Human probability of the outcomes that the model does not know",
        details: "Σ p over the outcomes (for text: tokens) with q = 0. p are the true probabilities, or the held-out frequencies \
            where they are not known; q the fitted probabilities where the model states them, else the frequencies \
            in the sample, and then it depends on the sample's size. For a model that memorises what it saw and is \
            right about it (the Hutter model: frequencies without smoothing) this is the test error. A smoothed model has \
            0 by definition: use `cross-entropy-decile`.",
        source: "Dohmatob et al. 2024 (arXiv 2402.07043), Hutter LLM; Good 1953 (10.1093/biomet/40.3-4.237)",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "0",
        unit: "probability",
        scale: Scale::Logit,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| plain(node, UnseenMass),
};

impl Metric for UnseenMass {
    fn needs(&self) -> Needs {
        Needs::stated()
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::outcomes_or_text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (p, q) = human_and_subject(of)?;
        let unseen = p.iter().zip(&*q).filter(|(_, q)| **q <= 0.0).map(|(p, _)| p).sum();
        one("unseen-mass", unseen)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Fitted, Scene, Truth, outcomes, text, value};

    #[test]
    fn the_human_share_of_what_died_out_is_summed() {
        let truth = || Truth::outcomes(&[0.5, 0.25, 0.125, 0.125]);
        let scene = Scene::model(Fitted::Outcomes(vec![0.6, 0.0, 0.4, 0.0])).with_truth(truth());
        assert_eq!(value(&UnseenMass, &scene), Ok(0.375));
        let sample = Scene::sample(outcomes(&[0, 0, 1], 4)).with_truth(truth());
        assert_eq!(value(&UnseenMass, &sample), Ok(0.25));
        // Held-out tokens a a b c, the sample has only a: half of the tokens.
        let words =
            Scene::sample(text(TokenUnit::Words, &["a a"])).beside(text(TokenUnit::Words, &["a a b c"]));
        assert_eq!(value(&UnseenMass, &words), Ok(0.5));
    }
}
