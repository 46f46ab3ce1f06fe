//! Keeps the synthetic rows that a network recognises as what they say they are.
//!
//! A verifier that has seen human rows only: a [`Classifier`], fitted on D(0), gives every candidate the probability of
//! its own label, and the top `share` stay. It raises the quality of single rows and lowers their variety, since it
//! likes what is typical. Candidates as for every ranking: n/share where the sampler may be asked. Cost: one fit of the
//! network, some tenths of a second, a generation.

use super::ranking::Ranking;
use super::{BoxedCuration, CurationError, Seen, initial_rows};
use crate::data::{Samples, Schema};
use crate::models::Refusal;
use crate::neural::classifier::Classifier;
use crate::registry::{About, DeviceName, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "classifier-confidence",
        summary: "Keeps the share of synthetic rows that a network trained on human rows recognises best",
        details: "Ranks candidates by the probability that a network gives to their own label and keeps the top share; \
                  asks for n / share candidates where it may. The network, a perceptron or for images a small \
                  convolutional one, is trained on D(0) anew at every generation, with the same random numbers.",
        source: "Feng et al., arXiv 2406.07515 (verification by a model); Yi et al., arXiv 2510.16657 (images)",
        parameters: ClassifierConfidence::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, context| {
        Ok(Box::new(Verifier { how: node.read(&["step", "on"])?, device: context.device }))
    },
};

crate::parameters! {
    /// Confidence of a network.
    #[derive(Clone, Copy, Debug)]
    pub struct ClassifierConfidence {
        /// The share of candidates kept
        pub share: f64 = 0.5, in above_to(0, 1);
    }
}

/// The step: its parameters, and where the network is trained.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verifier {
    /// The parameters.
    pub how: ClassifierConfidence,
    /// Where the network is trained.
    pub device: DeviceName,
}

impl Ranking for Verifier {
    fn share(&self) -> f64 {
        self.how.share
    }

    fn fits(&self, schema: &Schema) -> Result<(), Refusal> {
        Classifier::accepts(schema)
    }

    fn scores(&self, table: &Samples, seen: &Seen<'_>, streams: &Streams) -> Result<Vec<f64>, CurationError> {
        let human = initial_rows(seen)?;
        let verifier = Classifier::fit(&human, self.device, &streams.of("verifier"))
            .map_err(|why| Refusal::new(format!("`classifier-confidence`: {why}")))?;
        Ok(verifier.confidence(table))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Curation;
    use super::super::testing::{features_of, labelled, outcomes, seen_of, synthetic};
    use super::*;

    #[test]
    fn rows_with_a_wrong_label_go_first() {
        let human: Vec<(f64, u32)> = (0..40).map(|i| (if i % 2 == 0 { -1.0 } else { 1.0 }, i % 2)).collect();
        seen_of(labelled(2, &human), |seen| {
            let mix = synthetic(labelled(2, &[(1.0, 0), (1.0, 1), (-1.0, 1), (-1.0, 0)]));
            let made = Verifier::default().apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(features_of(&made), [1.0, -1.0]);
            let mix = synthetic(labelled(2, &[(1.0, 0), (1.1, 1), (-1.0, 1), (-1.1, 0)]));
            let made = Verifier::default().apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(features_of(&made), [1.1, -1.1]);
        });
    }

    #[test]
    fn rows_without_labels_are_refused() {
        assert!(Verifier::default().accepts(outcomes(2, vec![0]).schema(), None).is_err());
    }
}
