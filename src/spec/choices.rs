//! `[loop.choices]`: the five choices of a regime, and how weighted groups combine.

use serde::{Deserialize, Serialize};

/// The choices that override the preset's. `None` keeps the preset's choice.
///
/// A choice is a string, or a table of one key where it has a number: `{ share = 0.5 }`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoicesSpec {
    /// The human rows that arrive at g ≥ 1.
    pub inflow: Option<Inflow>,
    /// The human rows of the store that stay.
    pub retain_human: Option<RetainHuman>,
    /// The synthetic rows of the store that stay.
    pub retain_synthetic: Option<RetainSynthetic>,
    /// The rows that the training set takes from the store.
    pub draw: Option<Draw>,
    /// The weights of human and synthetic rows.
    pub weights: Option<Weights>,
    /// What the weights apply to.
    pub combine: Option<Combine>,
}

/// Human rows that arrive at g ≥ 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inflow {
    /// None arrive.
    None,
    /// A new random subset of one fixed pool.
    Pool,
    /// Rows never used before.
    Fresh,
}

/// Human rows of the store that stay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetainHuman {
    /// None stay.
    None,
    /// A fixed subset stays.
    Anchor,
    /// All stay.
    All,
    /// This share stays, in [0, 1].
    Share(f64),
}

/// Synthetic rows of the store that stay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetainSynthetic {
    /// None stay.
    None,
    /// All stay.
    All,
    /// This share stays, in [0, 1].
    Share(f64),
}

/// Rows that the training set takes from the store.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Draw {
    /// All of them.
    All,
    /// This many rows (≥ 1), uniformly without replacement.
    Uniform(usize),
    /// This many rows (≥ 1), balanced over generations.
    Balanced(usize),
}

/// Weights of human and synthetic rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// Every row the same.
    Equal,
    /// The total weight w of the human rows, in [0, 1]: each has w/n_h, each synthetic (1−w)/n_s.
    Human(f64),
    /// w\* from the ratio of the group sizes.
    Golden,
}

/// What the weights apply to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Combine {
    /// The rows, in one likelihood.
    #[default]
    Pooled,
    /// The statistics of each group, fitted apart.
    ByGroup,
}
