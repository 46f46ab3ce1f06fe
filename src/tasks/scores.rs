//! The scores that tasks report: their definitions, and how their numbers are read.

use crate::metrics::{Direction, Reading, Scale, Worst};
use crate::registry::About;

/// One score.
pub struct Score {
    /// What it is.
    pub about: About,
    /// How its numbers are read.
    pub reading: Reading,
}

const fn share(
    worst: Worst,
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
            worst,
            unbiased: true,
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
        reading: Reading::distance("difference of the task's first score", Scale::Linear).unbiased(),
    }
}

/// A difference between groups.
const fn between(
    name: &'static str,
    summary: &'static str,
    details: &'static str,
    source: &'static str,
) -> Score {
    Score {
        about: About { name, summary, details, source, parameters: &[], version: 1 },
        reading: Reading {
            direction: Direction::TwoSided,
            ideal: "0 for equal treatment; that of human rows for a faithful generator",
            unit: "probability",
            scale: Scale::Linear,
            worst: Worst::None,
            unbiased: true,
        },
    }
}

/// All scores, in the order in which `collapse list` shows them.
pub static SCORES: &[Score] = &[
    share(
        Worst::Is(0.0),
        "task-macro-f1",
        "F1 of each class, averaged over classes",
        "The harmonic mean of precision and recall of each class that occurs among the labels or the \
         predictions, averaged with equal weights; a class without a correct prediction has 0. scikit-learn's \
         `f1_score(average=\"macro\")`. The predicted class is the most probable one, the first of equals.",
        "Manning, Raghavan and Schütze 2008, section 13.6",
    ),
    share(
        Worst::Of(|human| human.majority),
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
            worst: Worst::Is(1.0),
            unbiased: true,
        },
    },
    share(
        Worst::Is(0.0),
        "task-entity-f1",
        "Exact-span F1 of the entities of tagged sentences",
        "2 right ÷ (predicted + true), over all entities of all sentences (micro); an entity is right if its type, \
         start and end are. `conlleval`, and seqeval's `f1_score`.",
        "Tjong Kim Sang and De Meulder 2003 (arXiv cs/0306050)",
    ),
    share(
        Worst::Is(0.0),
        "task-entity-precision",
        "Share of the predicted entities that are true ones",
        "Right ÷ predicted, exact spans; 0 where none was predicted.",
        "Tjong Kim Sang and De Meulder 2003 (arXiv cs/0306050)",
    ),
    share(
        Worst::Is(0.0),
        "task-entity-recall",
        "Share of the true entities that were found",
        "Right ÷ true, exact spans.",
        "Tjong Kim Sang and De Meulder 2003 (arXiv cs/0306050)",
    ),
    share(
        Worst::None,
        "task-tag-accuracy",
        "Share of tokens with the right tag",
        "High for a tagger that finds nothing, since most tokens are outside: read the F1.",
        "Manning, Raghavan and Schütze 2008, section 13.6",
    ),
    share(
        Worst::None,
        "task-exact-match",
        "Share of questions with exactly the right answer",
        "Questions whose most probable answer is the right one ÷ all questions; chance is 1 ÷ answers.",
        "Rajpurkar et al. 2016 (arXiv 1606.05250)",
    ),
    share(
        Worst::Is(0.5),
        "task-auc",
        "Area under the receiver operating characteristic",
        "The probability that a positive row has a greater score than a negative one, ties counted half; ½ is chance.",
        "Hanley and McNeil 1982 (10.1148/radiology.143.1.7063747)",
    ),
    between(
        "task-demographic-parity-gap",
        "Positive decisions in group 1 less those in group 0, as shares",
        "P(d | group 1) − P(d | group 0) on the test rows, d a probability of at least the task's threshold.",
        "Dwork et al. 2012 (arXiv 1104.3913)",
    ),
    between(
        "task-equalised-odds-gap",
        "The greater of the gaps between the groups' true and false positive rates",
        "max over labels y of |P(d | group 1, y) − P(d | group 0, y)| on the test rows.",
        "Hardt, Price and Srebro 2016 (arXiv 1610.02413)",
    ),
    between(
        "task-direct-effect",
        "What treating a row of group 0 as group 1 adds to the predictor's probability",
        "The mean over test rows of group 0 of f(x1, z, w) − f(x0, z, w): the counterfactual direct effect of the group on \
         the prediction, exact for a known predictor f.",
        "Plečko and Bareinboim 2024 (10.1561/2200000106)",
    ),
    gap(
        "task-train-gap",
        "How much better the learner does on its own training rows than on human test rows",
        "The task's first score on the rows that the learner was trained on − on the human test rows: \
         overfitting and the distance between the two sets together.",
    ),
    share(
        Worst::None,
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
    share(
        Worst::None,
        "task-group",
        "The task's first score on the test rows of one group",
        "With `by_group = true`: one value for each level of the group column, named `task-group-<level>`; with \
         `by_group = \"thirds\"` for thirds of the test rows by that column: low, middle, high. `group_score` names another score.",
        "this workbench: METHODS.md, Downstream tasks",
    ),
    Score {
        about: About {
            name: "task-group-gap",
            summary: "The last group's score minus the first group's",
            details: "With `by_group`: task-group of the last level or third − of the first, on the same learner.",
            source: "this workbench: METHODS.md, Downstream tasks",
            parameters: &[],
            version: 1,
        },
        reading: Reading {
            direction: Direction::TwoSided,
            ideal: "that of the same learner on human rows",
            unit: "difference of the task's first score",
            scale: Scale::Linear,
            worst: Worst::None,
            unbiased: true,
        },
    },
    Score {
        about: About {
            name: "task-agreement",
            summary: "Share of the raters who gave a test row's label, averaged over test rows",
            details: "With `by_group` and a group column `agreement` of per cents, such as that of `vader-tweets` \
                      with agreement = \"percent\" (rounded down, so at most .01 too low). It says what the question \
                      is like, not how the learner did; 1 where the label is a fact.",
            source: "Artstein and Poesio 2008 (10.1162/coli.07-034-R2), observed agreement",
            parameters: &[],
            version: 1,
        },
        reading: Reading {
            direction: Direction::TwoSided,
            ideal: "1: no two raters differ",
            unit: "share",
            scale: Scale::Logit,
            worst: Worst::None,
            unbiased: true,
        },
    },
];

/// The score with a name; `task-group-<level>` is found by its first part.
pub fn score(name: &str) -> Option<&'static Score> {
    let group = || SCORES.iter().find(|s| s.about.name == "task-group" && name.starts_with("task-group-"));
    SCORES.iter().find(|s| s.about.name == name).or_else(group)
}
