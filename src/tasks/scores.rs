//! The scores that tasks report: their definitions, and how their numbers are read.

use crate::metrics::{self, Direction, Reading, Scale};
use crate::registry::About;

/// One score.
pub struct Score {
    /// What it is.
    pub about: About,
    /// How its numbers are read.
    pub reading: Reading,
}

const fn share(
    name: &'static str,
    summary: &'static str,
    details: &'static str,
    source: &'static str,
) -> Score {
    Score {
        about: About { name, summary, details, source, parameters: &[], version: 1 },
        reading: Reading {
            direction: Direction::Higher,
            ideal: "that of the same learner on as many human rows",
            unit: "share",
            scale: Scale::Logit,
        },
    }
}

const fn gap(name: &'static str, summary: &'static str, details: &'static str) -> Score {
    Score {
        about: About {
            name,
            summary,
            details,
            source: "this workbench: METHODS.md, Downstream tasks",
            parameters: &[],
            version: 1,
        },
        reading: Reading {
            direction: Direction::Lower,
            ideal: "0",
            unit: "difference of the task's first score",
            scale: Scale::Linear,
        },
    }
}

/// All scores, in the order in which `collapse list` shows them.
pub static SCORES: &[Score] = &[
    share(
        "task-macro-f1",
        "F1 of each class, averaged over classes",
        "The harmonic mean of precision and recall of each class that occurs among the labels or the \
         predictions, averaged with equal weights; a class without a correct prediction has 0. scikit-learn's \
         `f1_score(average=\"macro\")`. The predicted class is the most probable one, the first of equals.",
        "Manning, Raghavan and Schütze 2008, section 13.6",
    ),
    share(
        "task-accuracy",
        "Share of rows with the right prediction",
        "Rows whose most probable class is their label ÷ all rows.",
        "Manning, Raghavan and Schütze 2008, section 13.6",
    ),
    Score {
        about: About {
            name: "task-brier",
            summary: "Brier score: mean squared error of the class probabilities",
            details: "½ Σ_k (p_k − 1[k is the label])², averaged over rows; for two classes (p − y)². In [0, 1].",
            source: "Brier 1950 (10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2)",
            parameters: &[],
            version: 1,
        },
        reading: Reading {
            direction: Direction::Lower,
            ideal: "0",
            unit: "probability squared",
            scale: Scale::Logit,
        },
    },
    gap(
        "task-train-gap",
        "How much better the learner does on its own training rows than on human test rows",
        "The task's first score on the rows that the learner was trained on − on the human test rows: \
         overfitting and the distance between the two sets together.",
    ),
    share(
        "task-own-score",
        "The task's first score on a slice of the training set that the learner did not see",
        "With `validation` above 0, that share of the training set's rows is kept from the learner, which is then \
         scored on them. Where several candidates were tuned on the slice it is the best one's and so a little too good.",
        "this workbench: METHODS.md, Downstream tasks",
    ),
    gap(
        "task-transfer-gap",
        "How much better the learner does on rows like its own than on human test rows",
        "task-own-score − the task's first score on the human test rows, both of the learner that did not see the \
         slice. 0 where the training set is human; large where synthetic rows are easier than human ones, as templates are.",
    ),
];

/// The score with a name.
pub fn score(name: &str) -> Option<&'static Score> {
    SCORES.iter().find(|s| s.about.name == name)
}

/// How to read a number by its name in the rows: a metric's, or a score's.
pub fn reading(name: &str) -> Option<Reading> {
    metrics::reading(name).or_else(|| score(name).map(|s| s.reading))
}
