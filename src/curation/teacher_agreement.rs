//! Keeps the synthetic rows whose label a teacher agrees with.
//!
//! The teacher is a naive Bayes classifier, cross-fitted: `folds` of them, each fitted without one
//! part of the rows it learns from. Fitted on the human rows D(0), their average judges; fitted on the
//! synthetic rows, each row is judged by the one that did not see it, and further rows by the
//! average. A row stays if its label is the most probable one (the lowest of equals). Dropped rows
//! are replaced. Works for labelled text and labelled tables. Filtering in the sense of the workflow of
//! Long et al. (arXiv 2406.15126, section 3.2). Cost: `folds` fits a generation.

use super::label_noise::label;
use super::refill::Refill;
use super::teacher::{CrossFit, Teacher};
use super::{BoxedCuration, Curation, CurationError, More, Seen};
use crate::data::{Distribution, Mix, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "teacher-agreement",
        summary: "Keeps synthetic rows whose label a cross-fitted teacher agrees with",
        details: "A naive Bayes teacher (n-grams of text, categories, numbers) predicts each synthetic row's \
                  label; rows where it differs are dropped and replaced. A teacher on the human rows brings \
                  their knowledge back in; one cross-fitted on the synthetic rows needs none.",
        source: "Long et al., arXiv 2406.15126, section 3.2 (sample filtering)",
        parameters: TeacherAgreement::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<TeacherAgreement>(&["step", "on"])?)),
};

crate::parameters! {
    /// Agreement with a teacher.
    #[derive(Clone, Copy, Debug)]
    pub struct TeacherAgreement {}
    include {
        /// How the teachers are fitted.
        pub teachers: CrossFit = CrossFit::default();
        /// What is done when rows have to be replaced.
        pub refill: Refill = Refill::default();
    }
}

impl Curation for TeacherAgreement {
    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        label(schema).map(drop)
    }

    fn apply(
        &self,
        mix: Mix,
        more: Option<More<'_>>,
        seen: &Seen<'_>,
        _: &Streams,
    ) -> Result<Mix, CurationError> {
        let mut fitted: Option<Teacher> = None;
        self.refill.filter(mix, more, |table, _| {
            let learned = fitted.is_none();
            let teacher = match &mut fitted {
                Some(teacher) => teacher,
                none => none.insert(Teacher::fit(self.teachers, seen, table)?),
            };
            let (p, classes) = teacher.posteriors(table, learned);
            let labels = table.labels().unwrap_or(&[]);
            let agrees = |p: &[f64], label: u32| {
                let best = (0..classes).rev().max_by(|&a, &b| p[a].total_cmp(&p[b]));
                best == Some(label as usize)
            };
            let rows = (0_u32..).zip(p.chunks_exact(classes)).zip(labels);
            Ok(rows.filter(|((_, p), label)| agrees(p, **label)).map(|((i, _), _)| i).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::teacher::Teaching;
    use super::super::testing::{labelled, labels_of, outcomes, seen_of, sentences, synthetic};
    use super::*;
    use crate::data::Samples;

    fn human() -> Samples {
        labelled(2, &[(-1.0, 0), (1.0, 1), (-1.2, 0), (1.2, 1), (-0.8, 0), (0.8, 1)])
    }

    #[test]
    fn rows_with_a_label_that_the_teacher_denies_are_replaced() {
        seen_of(human(), |seen| {
            let mut more = |n: usize| {
                assert_eq!(n, 1);
                Ok(labelled(2, &[(-0.9, 0)]))
            };
            let mix = synthetic(labelled(2, &[(1.1, 1), (1.0, 0), (-1.0, 0)]));
            let step = TeacherAgreement::default();
            let made = step.apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(labels_of(&made), [1, 0, 0]);
        });
    }

    #[test]
    fn text_is_judged_by_its_words() {
        let human = sentences(&[("good film", 1), ("bad film", 0), ("good play", 1), ("bad play", 0)]);
        seen_of(human, |seen| {
            let mix = synthetic(sentences(&[("good", 1), ("bad", 1), ("bad play", 0)]));
            let made = TeacherAgreement::default().apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(labels_of(&made), [1, 0]);
        });
    }

    #[test]
    fn synthetic_rows_can_judge_each_other() {
        seen_of(human(), |seen| {
            let teachers = CrossFit { fitted_on: Teaching::Synthetic, ..CrossFit::default() };
            let step = TeacherAgreement { teachers, ..TeacherAgreement::default() };
            // Twenty rows of each class spread around ±1, and one with the label of the other.
            let spread = [0.6, 0.8, 1.0, 1.2, 1.4].repeat(4);
            let mut rows: Vec<(f64, u32)> = spread.iter().flat_map(|&x| [(-x, 0), (x, 1)]).collect();
            rows.push((1.0, 0));
            let made = step.apply(synthetic(labelled(2, &rows)), None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(labels_of(&made), [0, 1].repeat(20));
        });
    }

    #[test]
    fn rows_without_labels_are_refused() {
        assert!(TeacherAgreement::default().accepts(outcomes(2, vec![0]).schema(), None).is_err());
    }
}
