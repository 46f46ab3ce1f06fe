//! Whose statement a claim is, what it is about, and what it must fail: its controls.

use serde::{Deserialize, Serialize};

use super::claim::{Picks, table_of_picks};
use super::error::Error;
use super::node::{Node, Value};

/// Whose statement a claim is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A paper states it; `place` says where.
    Paper,
    /// It follows from a paper's set-up or from a law that was derived here.
    #[default]
    Derived,
    /// A check of the workbench itself.
    Sanity,
}

/// What a claim is about: the mechanism that its control takes away. For counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// Human rows in every training set: anchors, fresh rows, arrivals.
    HumanShare,
    /// The weight of human rows against synthetic ones.
    Weights,
    /// Keeping what came before: accumulation and its subsamples.
    Accumulation,
    /// The error of an estimate that grows with every fit.
    ErrorGrowth,
    /// The spread of a fitted distribution that shrinks with every fit.
    VarianceLoss,
    /// Outcomes, words or modes that are lost and never come back.
    LostOutcomes,
    /// Sampling at another temperature or covariance than the model's own.
    Sharpening,
    /// A smoothed estimator: kernels, add-α, n-grams.
    Smoothing,
    /// People, likelihoods or groups that decide which rows are kept.
    Selection,
    /// A verifier that knows something.
    Verification,
    /// A generator whose truth differs from the human one.
    BiasedGenerator,
    /// Several models that feed on each other.
    Populations,
    /// The number of rows, or of parameters.
    Scale,
    /// A refit that goes a part of the way, or beyond it.
    Steps,
}

/// Something that a claim must fail, with the same seeds and level.
#[derive(Debug, Clone)]
pub enum Control {
    /// The claim's own rows against its own law that many fits off.
    Fits(i32),
    /// The claim's own rows against another law.
    Law(String),
    /// The claim's own rows against another number.
    Value(f64),
    /// The rows of another generation in place of the claim's.
    At(u32),
    /// The rows of other settings of the sweep in place of the claim's.
    Where(Picks),
    /// The rows of the claim's settings with these keys set, run for this.
    Set(Picks),
}

const KEYS: &[&str] = &["where", "set", "fits", "law", "value", "at"];

impl Control {
    /// Reads `control`: a table with one key, or a list of such tables.
    ///
    /// # Errors
    /// On another form, an unknown key, and a setting that can't be there.
    pub(super) fn read(node: Option<&Node>) -> Result<Vec<Self>, Error> {
        match node.map(|node| (&node.value, node)) {
            None => Ok(Vec::new()),
            Some((Value::Array(all), _)) => all.iter().map(Self::one).collect(),
            Some((_, node)) => Ok(vec![Self::one(node)?]),
        }
    }

    fn one(node: &Node) -> Result<Self, Error> {
        let wrong = || {
            Error::wrong_type(node, &format!("a table with one key of {}", KEYS.join(", "))).about("control")
        };
        let table = node.as_table().ok_or_else(wrong)?;
        let mut entries = table.iter();
        let (Some((key, value)), None) = (entries.next(), entries.next()) else { return Err(wrong()) };
        match key.name.as_str() {
            "where" => Ok(Control::Where(table_of_picks(value, false)?)),
            "set" => Ok(Control::Set(table_of_picks(value, true)?)),
            "fits" => Ok(Control::Fits(value.parse()?)),
            "law" => Ok(Control::Law(value.parse()?)),
            "value" => Ok(Control::Value(value.parse()?)),
            "at" => Ok(Control::At(value.parse()?)),
            _ => Err(Error::unknown_keys(&[(key.name.as_str(), key.at.clone())], KEYS)),
        }
    }

    /// Whether it needs no other rows than the claim's.
    pub fn has_its_own_target(&self) -> bool {
        matches!(self, Control::Fits(_) | Control::Law(_) | Control::Value(_))
    }
}

impl std::fmt::Display for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let settings = |picks: &Picks| {
            let one = |(key, value): &(String, Node)| {
                let written = value.at.text();
                let canonical = || super::canonical(value);
                let text =
                    if written.is_empty() { canonical() } else { written.trim_matches('"').to_owned() };
                format!("{key} = {text}")
            };
            picks.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        match self {
            Control::Fits(1) => write!(f, "the law one fit later"),
            Control::Fits(-1) => write!(f, "the law one fit earlier"),
            Control::Fits(by) => write!(f, "the law {by} fits off"),
            Control::Law(name) => write!(f, "the law {name}"),
            Control::Value(value) => write!(f, "{value}"),
            Control::At(generation) => write!(f, "generation {generation}"),
            Control::Where(picks) | Control::Set(picks) => f.write_str(&settings(picks)),
        }
    }
}
