//! Keeps the synthetic rows whose label a teacher is surest of.
//!
//! The top `share` of candidates by the teacher's p(label | row), with the cross-fitted naive Bayes
//! teacher of `teacher-agreement`. Beyond dropping wrong labels it drops the unusual: diversity falls.
//! Candidates as for every ranking: n/share where the sampler may be asked. Cost: `folds` fits and one
//! judgement a candidate.

use super::label_noise::label;
use super::ranking::Ranking;
use super::teacher::{CrossFit, Teacher};
use super::{BoxedCuration, CurationError, Seen};
use crate::data::{Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "top-confidence",
        summary: "Keeps the share of synthetic rows whose label a teacher is surest of",
        details: "Ranks candidates by the probability that a cross-fitted naive Bayes teacher gives to their \
                  own label and keeps the top share; asks for n / share candidates where it may.",
        source: "Long et al., arXiv 2406.15126, section 3.2 (sample filtering by confidence)",
        parameters: TopConfidence::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<TopConfidence>(&["step", "on"])?)),
};

crate::parameters! {
    /// Confidence of a teacher.
    #[derive(Clone, Copy, Debug)]
    pub struct TopConfidence {
        /// The share of candidates kept
        pub share: f64 = 0.5, in above_to(0, 1);
    }
    include {
        /// How the teachers are fitted.
        pub teachers: CrossFit = CrossFit::default();
    }
}

impl Ranking for TopConfidence {
    fn share(&self) -> f64 {
        self.share
    }

    fn fits(&self, schema: &Schema) -> Result<(), Refusal> {
        label(schema).map(drop)
    }

    fn scores(&self, table: &Samples, seen: &Seen<'_>, _: &Streams) -> Result<Vec<f64>, CurationError> {
        let (p, classes) = Teacher::fit(self.teachers, seen, table)?.posteriors(table, true);
        let labels = table.labels().unwrap_or(&[]);
        Ok(labels.iter().enumerate().map(|(i, &l)| p[i * classes + l as usize]).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Curation;
    use super::super::testing::{features_of, labelled, outcomes, seen_of, synthetic};
    use super::*;

    #[test]
    fn the_surest_stay() {
        // Two classes at ±1 with equal variances: confidence grows with the distance from 0.
        let human = labelled(
            2,
            &[(-1.5, 0), (0.5, 1), (-0.5, 0), (1.5, 1), (-1.5, 0), (0.5, 1), (-0.5, 0), (1.5, 1)],
        );
        seen_of(human, |seen| {
            let mix = synthetic(labelled(2, &[(0.1, 1), (2.0, 1), (-1.0, 1), (-2.0, 0)]));
            let made = TopConfidence::default().apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(features_of(&made), [2.0, -2.0]);
        });
    }

    #[test]
    fn rows_without_labels_are_refused() {
        assert!(TopConfidence::default().accepts(outcomes(2, vec![0]).schema(), None).is_err());
    }
}
