//! `[loop]`: the settings of the loop as data. What a regime does with them is not decided here.

use serde::{Deserialize, Serialize};

use super::choices::ChoicesSpec;
use super::error::Error;
use super::node::Node;
use super::schedule::{Schedule, ScheduleError};
use super::source::{At, Layer};

crate::parameters! {
    /// The settings of the loop.
    #[derive(Debug, Clone, Serialize)]
    pub struct LoopSpec {
        /// Refits after generation 0
        pub generations: u32 = 0 => "required";
        /// Rows per generation, a number or a schedule: the training set's size with hold = "total", what arrives with
        /// "arrivals"
        pub samples: Option<Schedule> = None => "required unless hold = \"human\"";
        /// A preset (`collapse list regimes`), or "custom" with `[loop.choices]`
        pub regime: String = String::new() => "required";
        /// Human rows ÷ all rows of a training set, a number or a schedule in `[0, 1]`; for regimes that take one
        pub human_fraction: Option<Schedule> = None => "by the regime";
        /// What is held fixed: "total", the training set's size; "human", the human rows, with `synthetic_scale`
        /// synthetic rows for each; "arrivals", the rows that arrive per generation
        pub hold: Option<Hold> = None => "the regime's";
        /// |D(0)|, the rows of generation 0
        pub initial: Option<usize> = None => "samples, or human_rows", in at_least(1);
        /// Human rows
        pub human_rows: Option<usize> = None => "required with hold = \"human\"", in at_least(1);
        /// Synthetic rows per human row
        pub synthetic_scale: Option<f64> = None => "required with hold = \"human\"", in at_least(0);
        /// true: each training set is the human part of the mix and nothing else, the control beside a mix; for regimes
        /// whose human rows are there whole
        pub human_alone: bool = false;
        /// The human share of what arrives; for `expanding` and `stream`
        pub arrival_human_fraction: Option<f64> = None => "0", in within(0, 1);
        /// What a refit starts from: "scratch", new weights; "warm", the last generation's model; "base", generation 0's
        pub start: StartFrom = StartFrom::Scratch => "\"scratch\"";
        /// How rows are made: "sample", new rows; "label", labels for human inputs; "continue", continuations of human
        /// rows; "edit", human rows redrawn where the model is too sure
        pub synthesis: Synthesis = Synthesis::Sample => "\"sample\"";
        /// The human rows behind them: "initial", those of D(0); "fresh", rows never used before; "previous", the last
        /// training set
        pub prompts: Option<Prompts> = None => "required by label, continue and edit";
        /// The probability above which `edit` redraws
        pub edit_above: Option<f64> = None => "required with \"edit\"", in within(0, 1);
        /// Lineages side by side; or the number of `[[member]]` tables
        pub population: usize = 1, in at_least(1);
        /// Whose synthetic rows enter a member's store: "own", "pool" (everybody's), "ring" (its neighbour's)
        pub sharing: Sharing = Sharing::Own => "\"own\"";
        /// Whether the loop may know which rows are synthetic
        pub labels_known: bool = true;
        /// What a training set is carried as: "rows", "statistics" (exact in law, refused where it would not be), or
        /// "auto": statistics where they serve
        pub path: PathChoice = PathChoice::Auto => "\"auto\"";
        /// A table that overrides any of the regime's five choices
        pub choices: ChoicesSpec = ChoicesSpec::default() => "the regime's", nested ChoicesSpec;
    }
    beside {
        /// The table that was read, for the places of its keys.
        #[serde(skip)]
        pub node: Node = Node::default();
    }
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
        let mut problems = Vec::new();
        let read = Self::read_into(node, &mut problems);
        Error::all(problems).map_or(Ok(read), Err)
    }

    /// As [`LoopSpec::read`]; what is wrong is added to `problems`.
    pub(super) fn read_into(node: &Node, problems: &mut Vec<Error>) -> Self {
        let before = problems.len();
        let mut spec: Self = node.read_into(&[], problems);
        spec.node = node.clone();
        if problems.len() == before {
            problems.extend(spec.check().err());
        }
        spec
    }

    /// The place of a key such as `human_fraction`, or of the table where the key is absent.
    pub fn at(&self, key: &str) -> At {
        let at = self.node.key_at(key);
        if at.layer == Layer::Default { self.node.at.clone() } else { at }
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
