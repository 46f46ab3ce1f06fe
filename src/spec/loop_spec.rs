//! `[loop]`: the settings of the loop as data. What a regime does with them is not decided here.

use serde::{Deserialize, Serialize};

use super::choices::ChoicesSpec;
use super::error::Error;
use super::node::Node;
use super::schedule::{Schedule, ScheduleError};
use super::source::At;

/// The settings of the loop.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopSpec {
    /// Refits after generation 0, ≥ 0.
    pub generations: u32,
    /// Rows per generation: the training set's size with `hold = "total"`, what arrives with
    /// `"arrivals"`. `None` only with `hold = "human"`.
    pub samples: Option<Schedule>,
    /// A preset's name, or `custom` with `[loop.choices]`.
    pub regime: String,
    /// Human rows ÷ all rows of a training set, in [0, 1], where the regime takes one.
    pub human_fraction: Option<Schedule>,
    /// What is held fixed. `None`: the preset's default.
    pub hold: Option<Hold>,
    /// |D(0)| in rows, ≥ 1. `None`: see [`LoopSpec::initial_rows`].
    pub initial: Option<usize>,
    /// Human rows, ≥ 1; only with `hold = "human"`.
    pub human_rows: Option<usize>,
    /// Synthetic rows per human row, ≥ 0; only with `hold = "human"`.
    pub synthetic_scale: Option<f64>,
    /// Whether each training set is the human part of the mix and nothing else: the control beside a mix. Default false.
    #[serde(default)]
    pub human_alone: bool,
    /// Human share of what arrives, in [0, 1]; only for regimes whose store grows by arrivals.
    pub arrival_human_fraction: Option<f64>,
    /// What a refit starts from. Default `scratch`.
    #[serde(default)]
    pub start: StartFrom,
    /// How the model makes rows. Default `sample`.
    #[serde(default)]
    pub synthesis: Synthesis,
    /// The human rows behind `label`, `continue` and `edit`, which need it.
    pub prompts: Option<Prompts>,
    /// The probability in [0, 1] above which `edit` redraws; only and always with `edit`.
    pub edit_above: Option<f64>,
    /// Lineages side by side, ≥ 1. Default 1, or the number of `[[member]]` tables.
    #[serde(default = "one")]
    pub population: usize,
    /// Whose synthetic rows enter a member's store. Default `own`.
    #[serde(default)]
    pub sharing: Sharing,
    /// Whether the loop may know which rows are synthetic. Default true.
    #[serde(default = "yes")]
    pub labels_known: bool,
    /// Rows or sufficient statistics. Default `auto`.
    #[serde(default)]
    pub path: PathChoice,
    /// Overrides of the preset's choices.
    #[serde(default)]
    pub choices: ChoicesSpec,
    /// The table that was read, for the places of its keys.
    #[serde(skip)]
    pub node: Node,
}

fn one() -> usize {
    1
}

fn yes() -> bool {
    true
}

/// What is held fixed across generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// The training set's size.
    Total,
    /// The number of human rows.
    Human,
    /// The rows that arrive per generation.
    Arrivals,
}

/// What a refit starts from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartFrom {
    /// New initial weights.
    #[default]
    Scratch,
    /// The previous generation's model.
    Warm,
    /// The model of `[base]`; without one, generation 0's.
    Base,
}

/// How a model makes rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Synthesis {
    /// New rows.
    #[default]
    Sample,
    /// Human inputs, the model's labels.
    Label,
    /// Continuations of human rows.
    Continue,
    /// Human rows, redrawn where the model is too sure.
    Edit,
}

/// The human rows behind `label`, `continue` and `edit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompts {
    /// D(0)'s inputs, kept outside the store.
    Initial,
    /// Rows never used before.
    Fresh,
    /// The last training set.
    Previous,
}

/// Whose synthetic rows enter a member's store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Its own.
    #[default]
    Own,
    /// Everybody's.
    Pool,
    /// Its neighbour's.
    Ring,
}

/// What a generation's training set is carried as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathChoice {
    /// Statistics where they serve, else rows.
    #[default]
    Auto,
    /// Rows.
    Rows,
    /// Sufficient statistics.
    Statistics,
}

impl LoopSpec {
    /// Reads and checks `[loop]`.
    ///
    /// # Errors
    /// On unknown keys, values out of range, and keys that exclude or need one another.
    pub fn read(node: &Node) -> Result<Self, Error> {
        let mut spec: Self = node.parse()?;
        spec.node = node.clone();
        spec.check()?;
        Ok(spec)
    }

    /// The place of a key such as `human_fraction`, or of the table where nobody wrote it.
    pub fn at(&self, key: &str) -> At {
        self.node.key_at(key)
    }

    /// |D(0)|: `initial`, else `human_rows` with `hold = "human"`, else `samples` at generation 0.
    ///
    /// # Errors
    /// If the schedule's value is no size.
    pub fn initial_rows(&self) -> Result<usize, ScheduleError> {
        match (self.initial.or(self.human_rows), &self.samples) {
            (Some(n), _) => Ok(n),
            (None, Some(samples)) => samples.count_at(0, self.generations),
            (None, None) => Err(ScheduleError { value: f64::NAN, generation: 0, max: u32::MAX }),
        }
    }
}
