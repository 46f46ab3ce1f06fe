//! `[loop.choices]`: the five choices of a regime, and how weighted groups combine.

use serde::{Deserialize, Serialize};

crate::parameters! {
    /// The choices that override the preset's. `None` keeps the preset's choice.
    ///
    /// A choice is a string, or a table of one key where it has a number: `{ share = 0.5 }`.
    #[derive(Debug, Clone, PartialEq, Serialize)]
    pub struct ChoicesSpec {
        /// Human rows that arrive at g ≥ 1: "none", "pool", "fresh"
        pub inflow: Option<Inflow> = None => "the regime's";
        /// Human rows of the store that stay: "none", "anchor", "all", { share = s }
        pub retain_human: Option<RetainHuman> = None => "the regime's";
        /// Synthetic rows of the store that stay: "none", "all", { share = s }
        pub retain_synthetic: Option<RetainSynthetic> = None => "the regime's";
        /// What a training set takes from the store: "all", { uniform = n } or { balanced = n } rows
        pub draw: Option<Draw> = None => "the regime's";
        /// "equal"; { human = w }, each human row w/n_h and each synthetic row (1 − w)/n_s; "golden", w from the ratio of
        /// the two (He et al., arXiv 2502.18049)
        pub weights: Option<Weights> = None => "the regime's";
        /// What weights apply to: "pooled", rows in one likelihood; "by-group", the fits of human and of synthetic rows,
        /// averaged
        pub combine: Option<Combine> = None => "the regime's";
    }
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
