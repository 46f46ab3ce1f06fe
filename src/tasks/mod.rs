//! Downstream tasks: is a training set any good for training *something else*?
//!
//! A [`Task`] trains a learner on the rows of a training set (with their weights) and scores it on
//! human rows that neither the learner nor its tuning has seen. Its scores are metrics of the
//! subject whose rows the learner was trained on: `training` (all of D(g)), `synthetic` or `human`
//! (those rows of D(g) alone). At generation 0 the training set is human, so that is the baseline.
//!
//! A task goes with any regime, fraction, scale, curation and number of generations. An augmentation
//! study is a lineage of one generation; its model's last fit is left out where nothing reads it.

mod arithmetic;
mod classes;
mod classification;
#[cfg(test)]
mod conformance;
mod examination;
mod groups;
mod scores;
mod sequence_tagging;
mod tabular_prediction;
mod text_classification;

pub use crate::spec::Knowledge;
pub use classes::Predictions;
pub use examination::Examination;
pub use scores::{SCORES, Score, score};

use crate::data::{Samples, Schema};
use crate::metrics::Measured;
use crate::models::Refusal;
use crate::neural::train::Effort;
use crate::registry::{Entry, Registry};
use crate::rng::Streams;

/// A boxed task.
pub type BoxedTask = Box<dyn Task>;

/// The line of a task in [`TASKS`].
pub type TaskEntry = Entry<BoxedTask, Report>;

/// All tasks.
pub static TASKS: Registry<BoxedTask, Report> = Registry {
    kind: "task",
    entries: &[
        text_classification::ENTRY,
        sequence_tagging::ENTRY,
        arithmetic::ENTRY,
        tabular_prediction::ENTRY,
        classification::ENTRY,
    ],
};

/// What a task reports.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// The score that tuning and the gaps are about.
    pub primary: &'static str,
    /// Every score of [`Learned::score`], the primary one first; names in `SCORES`.
    pub scores: &'static [&'static str],
}

/// The recipe of a learner and how it is scored.
///
/// A task runs inside a cell, and cells are the parallel unit: it must not start threads.
pub trait Task: Send + Sync {
    /// Whether rows of this shape can be learned from; the refusal says what is needed.
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal>;

    /// How many settings of the learner can be tried; more than one needs a validation slice.
    fn candidates(&self) -> usize {
        1
    }

    /// The same learner for a training set `growth` (above 0) times as large as the one that its effort is
    /// stated for, with equal steps or with equal epochs. `None` where the learner is fitted to
    /// convergence: the two are then the same.
    fn with_effort(&self, _effort: Effort, _growth: f64) -> Option<BoxedTask> {
        None
    }

    /// Trains on the lesson with the given candidate setting (from 0).
    fn learn(
        &self,
        from: &Lesson<'_>,
        candidate: usize,
        streams: &Streams,
    ) -> Result<Box<dyn Learned>, Refusal>;
}

/// What a learner is trained on.
#[derive(Clone, Copy)]
pub struct Lesson<'a> {
    /// The rows.
    pub rows: &'a Samples,
    /// The weight of each row in the loss, at least 0; 1 unless the regime weights.
    pub weights: &'a [f64],
}

/// A trained learner.
pub trait Learned {
    /// The scores on rows with labels, under the names of the task's [`Report`]; all finite.
    fn score(&self, rows: &Samples) -> Result<Measured, Refusal>;

    /// The probability of each class for each row (`rows × classes`, row-major), where the learner
    /// is a classifier.
    fn probabilities(&self, _rows: &Samples) -> Option<Result<Vec<f64>, Refusal>> {
        None
    }
}

/// `effort` times `growth` where it grows with the training set, at least 1.
fn stretched(effort: usize, grows: bool, growth: f64) -> usize {
    if grows { ((effort as f64 * growth).round() as usize).max(1) } else { effort }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spec::Node;

    #[test]
    fn effort_grows_with_the_training_set_or_stays() {
        assert_eq!(stretched(600, true, 2.0), 1200);
        assert_eq!(stretched(600, false, 2.0), 600);
        assert_eq!(stretched(8, true, 0.01), 1, "a learner passes its rows once");
    }

    #[test]
    fn only_learners_that_converge_have_no_effort() {
        let grows = |task: &str, table: &str| {
            let task = TASKS.get(task).unwrap().make(&Node::from_toml(table, "task").unwrap()).unwrap();
            task.with_effort(Effort::Epochs, 2.0).is_some()
        };
        assert!(!grows("text-classification", ""));
        assert!(grows("text-classification", "learner = \"perceptron\""));
        assert!(!grows("tabular-prediction", ""));
        assert!(grows("tabular-prediction", "learner = \"mlp\""));
        assert!(grows("sequence-tagging", "") && grows("arithmetic", "") && grows("classification", ""));
    }
}
