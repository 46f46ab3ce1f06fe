//! Is it worth training on a given table of synthetic rows? The study behind `collapse augment`.
//!
//! Human rows with labels, and synthetic rows of the same columns, from any model. A task's learner is
//! trained on human rows and a share q = n_s/(n_h + n_s) of synthetic ones, curated or not, and scored
//! on human rows.
//!
//! *Nested split.* In each of R repeats the human rows are split anew, each class alike, into a test
//! set and the rest. On the rest, K-fold cross-validation scores every arm (share × curation); curation
//! that learns from human rows sees the folds' training rows only. The **one-standard-error rule**
//! (Breiman et al. 1984, section 3.4.3) takes the smallest share whose score is within one standard
//! error of the best. Only then is that arm trained on the rest and scored on the test set.
//!
//! *Null arms.* Every arm with the labels of its synthetic rows shuffled: what it gains is not due to
//! them; the answer quotes that of the best arm. *Effort.* With equal steps a larger training set is
//! passed fewer times, with equal epochs it is trained longer. *Leakage.* Synthetic rows that repeat a human row are left out and counted.
//!
//! *Intervals.* Over human rows: repeats share rows, so the variance of the mean paired gain is
//! (1/R + n_test/n_train) s² (Nadeau and Bengio 2003, DOI 10.1023/A:1024068626366), Student's t with
//! R − 1 degrees. Over training seeds: one split, R choices of synthetic rows and of the learner's own
//! randomness, an ordinary t interval. Nothing is said of shares beyond those that were tried.
//!
//! Cost: R · (K + 2) · arms fits of the learner.

mod arms;
mod choice;
mod rows;
mod share;
#[cfg(test)]
mod tests;

pub use arms::{Arm, Plan};
pub use choice::{Gain, corrected_interval};
pub use rows::{Checked, checked};
pub use share::{SyntheticShare, synthetic_share};

use std::collections::BTreeMap;

use rayon::prelude::*;

use self::arms::Learner;
use crate::analysis::{Interval, t_interval};
use crate::data::Samples;
use crate::metrics::Scale;
use crate::models::Refusal;
use crate::rng::Streams;

/// The scores of one trained learner, by name.
pub type Scores = BTreeMap<String, f64>;

/// What one repeat found.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// Each arm's scores on the test rows.
    pub test: Vec<Scores>,
    /// The arm that cross-validation chose, by its place.
    pub chosen: usize,
    /// The arm with synthetic rows that cross-validation found best.
    pub best: usize,
    /// Each arm's scores on the test rows with shuffled synthetic labels.
    pub null: Vec<Scores>,
    /// Training and test rows.
    pub sizes: (usize, usize),
}

/// The whole study.
pub struct Study {
    /// The arms; the first is human rows alone.
    pub arms: Vec<Arm>,
    /// One entry a repeat.
    pub repeats: Vec<Repeat>,
    /// The paired gains of the arm chosen most often, on one split over training seeds.
    pub seeds: Vec<f64>,
    /// The score that all of this is about.
    pub primary: &'static str,
}

/// Runs the study on the current thread pool.
///
/// # Errors
/// Where an arm has too few rows, and those of the learner and the curation steps.
pub fn study(plan: &Plan, human: &Samples, synthetic: &Samples) -> Result<Study, Refusal> {
    let learner = Learner { plan, human, synthetic };
    let arms = learner.arms()?;
    let root = Streams::new(plan.salt, 0);
    let repeats: Vec<Repeat> = (0..plan.repeats as u64)
        .into_par_iter()
        .map(|r| learner.repeat(&arms, &root.of("augment").at(r)))
        .collect::<Result<_, _>>()?;
    let favourite = most_often(&repeats, arms.len());
    let split = root.of("augment").at(0);
    let seeds = (0..plan.repeats as u64)
        .into_par_iter()
        .map(|seed| learner.gain(&arms[favourite], &split, seed))
        .collect::<Result<_, _>>()?;
    Ok(Study { arms, repeats, seeds, primary: plan.report.primary })
}

/// The arm that was chosen most often, the first of equals.
fn most_often(repeats: &[Repeat], arms: usize) -> usize {
    let times = |arm: usize| repeats.iter().filter(|r| r.chosen == arm).count();
    (0..arms).rev().max_by_key(|&arm| times(arm)).unwrap_or(0)
}

impl Study {
    /// The arm that was chosen most often.
    pub fn favourite(&self) -> usize {
        most_often(&self.repeats, self.arms.len())
    }

    /// A score of an arm on the test rows: mean and interval over human rows.
    pub fn score(&self, arm: usize, score: &str) -> Option<Gain> {
        self.gain(|r| r.test[arm].get(score).copied())
    }

    /// How much more an arm has of a score than human rows alone, paired.
    pub fn arm_gain(&self, arm: usize, score: &str) -> Option<Gain> {
        self.gain(|r| Some(r.test[arm].get(score)? - r.test[0].get(score)?))
    }

    /// The gain of whatever each repeat chose: what the rule is worth on rows that it did not see.
    pub fn chosen_gain(&self) -> Option<Gain> {
        self.gain(|r| Some(r.test[r.chosen].get(self.primary)? - r.test[0].get(self.primary)?))
    }

    /// A score of an arm whose synthetic labels are shuffled.
    pub fn null_score(&self, arm: usize, score: &str) -> Option<Gain> {
        self.gain(|r| r.null[arm].get(score).copied())
    }

    /// How much more that arm has of a score than human rows alone, paired.
    pub fn null_arm_gain(&self, arm: usize, score: &str) -> Option<Gain> {
        self.gain(|r| Some(r.null[arm].get(score)? - r.test[0].get(score)?))
    }

    /// The gain of the null arm of what each repeat found best.
    pub fn null_gain(&self) -> Option<Gain> {
        self.gain(|r| Some(r.null[r.best].get(self.primary)? - r.test[0].get(self.primary)?))
    }

    /// The favourite's gain over training seeds, on one split.
    pub fn seed_gain(&self) -> Option<(f64, Interval)> {
        let mean = self.seeds.iter().sum::<f64>() / self.seeds.len().max(1) as f64;
        Some((mean, t_interval(&self.seeds, Scale::Linear, 0.95)?))
    }

    fn gain(&self, of: impl Fn(&Repeat) -> Option<f64>) -> Option<Gain> {
        let values: Vec<f64> = self.repeats.iter().map(of).collect::<Option<_>>()?;
        let (train, test) = self.repeats.first()?.sizes;
        corrected_interval(&values, train, test)
    }
}
