//! `[[claim]]`: a number, law or ordering that a paper states, the test that decides it, and what it must fail.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use sha2::{Digest, Sha256};

use super::control::{Control, Mechanism, Origin};
use super::de::one_or_many;
use super::error::Error;
use super::hash::canonical;
use super::measure::Subject;
use super::node::{Key, Node, Value};
use super::setting::Setting;

crate::parameters! {
    /// One claim. `where_` picks the settings; exactly one target says what must hold.
    #[derive(Debug, Clone, Serialize)]
    pub struct ClaimSpec {
        /// The claim in words
        pub says: String = String::new() => "required";
        /// Whose statement it is: "paper", "derived", "sanity"
        pub origin: Origin = Origin::Derived => "\"derived\"";
        /// Where the paper states it: section, equation, figure or table; needed with origin = "paper"
        pub place: Option<String> = None;
        /// What it is about, from a short list; claims are counted by it
        pub mechanism: Option<Mechanism> = None;
        /// The metric that it is about
        pub metric: String = String::new() => "required";
        /// The generations, one or a list
        pub at: Vec<u32> = Vec::new() => "required", with one_or_many;
        /// "mean", "median", "mean-log", "slope", "ordering", "monotone", "rank-correlation"
        pub statistic: Statistic = Statistic::Mean => "required";
        /// Target: a law's name
        pub law: Option<String> = None => "one target";
        /// Target: a number
        pub value: Option<f64> = None => "one target";
        /// Target: the statistic is above this
        pub greater: Option<f64> = None => "one target";
        /// Target: the statistic is below this
        pub less: Option<f64> = None => "one target";
        /// The dotted key along which `ordering`, `slope` and `monotone` run
        pub by: Option<String> = None => "the generations";
        /// With `monotone`: "increasing" or "decreasing"
        pub direction: Option<Direction> = None;
        /// With `rank-correlation`: the other metric
        pub with: Option<String> = None;
        /// With `slope`: "linear", "log" (of the value), "log-log" (of both)
        pub scale: Option<SlopeScale> = None => "\"linear\"";
        /// The allowed relative deviation
        pub tolerance: Option<f64> = None, in above(0);
        /// The allowed deviation in the metric's unit; for targets near 0
        pub tolerance_absolute: Option<f64> = None, in above(0);
        /// With `ordering` and `monotone`: the least size of a step, in the metric's unit
        pub least: Option<f64> = None => "0", in above(0);
        /// What the metric is of: "model", "synthetic", "training"
        pub subject: Subject = Subject::Model => "\"model\"";
        /// Why a claim that does not reproduce does not
        pub note: Option<String> = None;
        /// Why a threshold is not the one that was first written
        pub changed: Option<String> = None;
    }
    beside {
        /// What it must fail. Empty: the law one fit off, both ways, where the claim names a law.
        #[serde(skip)]
        pub controls: Vec<Control> = Vec::new();
        /// `where`: dotted settings and the values that they must have.
        #[serde(skip)]
        pub where_: Vec<(String, Node)> = Vec::new();
        /// The settings that the claim subtracts, paired by seed: `where` minus `versus`.
        #[serde(skip)]
        pub versus: Vec<(String, Node)> = Vec::new();
        /// The member of the population, from `where` (`member = 0`); needed with `measure.by_member`.
        #[serde(skip)]
        pub member: Option<u32> = None;
        /// The member that the claim subtracts, from `versus`; default that of `where`.
        #[serde(skip)]
        pub versus_member: Option<u32> = None;
        /// With `ordering`: the values of `by`, from the lowest metric to the highest.
        #[serde(skip)]
        pub order: Vec<Node> = Vec::new();
        /// The table that was read, for the places of its keys.
        #[serde(skip)]
        pub node: Node = Node::default();
    }
}

crate::parameters! {
    /// The keys of `[[claim]]` whose values are settings.
    pub(super) struct Picked {
        /// Dotted keys and the values that they must have; also `member` of a population, from 0
        r#where: IgnoredAny = IgnoredAny => "all settings";
        /// The settings that are subtracted, paired by seed
        versus: IgnoredAny = IgnoredAny => "none";
        /// With `ordering`: values of `by`, from the lowest metric to the highest
        order: IgnoredAny = IgnoredAny => "none";
        /// What it must fail with the same seeds: { where = … }, { set = … }, { fits = ±1 }, { law = … }, { value = … },
        /// { at = … }, or a list
        control: IgnoredAny = IgnoredAny => "the law one fit off";
    }
}

/// The keys of [`Picked`].
const PICKED: &[&str] = &["where", "versus", "order", "control"];

/// What a claim takes over seeds (or over generations).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// The mean.
    Mean,
    /// The median.
    Median,
    /// The mean of the logarithm.
    MeanLog,
    /// The slope over the generations `at`.
    Slope,
    /// The order of several settings.
    Ordering,
    /// Rising or falling over the generations `at`.
    Monotone,
    /// Spearman's correlation with another metric over the settings, and a permutation test.
    RankCorrelation,
}

/// What a slope is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlopeScale {
    /// The value by the place.
    Linear,
    /// The logarithm of the value by the place.
    Log,
    /// The logarithm of the value by the logarithm of the place; of generations the fits, g + 1.
    LogLog,
}

/// The direction of a monotone claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Each generation above the one before.
    Increasing,
    /// Each generation below the one before.
    Decreasing,
}

impl ClaimSpec {
    /// Reads and checks one `[[claim]]`.
    ///
    /// # Errors
    /// On unknown keys, and a target that is missing, doubled or of another statistic.
    pub fn read(node: &Node) -> Result<Self, Error> {
        let mut claim: Self = node.read(PICKED)?;
        claim.controls = Control::read(node.get("control"))?;
        (claim.where_, claim.member) = picks(node.get("where"))?;
        (claim.versus, claim.versus_member) = picks(node.get("versus"))?;
        if let Some(order) = node.get("order") {
            let values = order.as_array().ok_or_else(|| Error::wrong_type(order, "a list"))?;
            claim.order = values.to_vec();
        }
        claim.check(node)?;
        claim.node = node.clone();
        Ok(claim)
    }

    fn check(&self, node: &Node) -> Result<(), Error> {
        let missing = |key: &str| Err(Error::missing_key(key, &node.at));
        if self.at.is_empty() {
            return missing("at");
        }
        if self.origin == Origin::Paper && self.place.is_none() {
            return missing("place");
        }
        let numeric = [
            ("law", self.law.is_some()),
            ("value", self.value.is_some()),
            ("greater", self.greater.is_some()),
            ("less", self.less.is_some()),
        ];
        let ordinal = [
            ("by", self.by.is_some()),
            ("order", !self.order.is_empty()),
            ("direction", self.direction.is_some()),
            ("scale", self.scale.is_some()),
            ("with", self.with.is_some()),
            ("least", self.least.is_some()),
        ];
        let (needed, allowed): (&[&str], &[&str]) = match self.statistic {
            Statistic::Ordering => (&["by", "order"], &["by", "order", "least"]),
            Statistic::Monotone => (&["direction"], &["direction", "by", "least"]),
            Statistic::Slope => (&[], &["law", "value", "greater", "less", "by", "scale"]),
            Statistic::RankCorrelation => (&["with"], &["with", "greater", "less"]),
            _ => (&[], &["law", "value", "greater", "less"]),
        };
        for (key, there) in numeric.iter().chain(&ordinal) {
            if needed.contains(key) && !there {
                return missing(key);
            }
            if *there && !allowed.contains(key) {
                return Err(self.clash(node, key, "statistic", "does not fit this statistic"));
            }
        }
        if self.statistic == Statistic::RankCorrelation {
            // Its permutation test has one side, and deals one metric of each setting.
            if self.greater.is_some() && self.less.is_some() {
                return Err(self.clash(node, "less", "greater", "is a second target"));
            }
            if !self.versus.is_empty() {
                return Err(self.clash(node, "versus", "statistic", "does not fit this statistic"));
            }
        }
        if needed.is_empty() || self.statistic == Statistic::RankCorrelation {
            let mut targets = numeric.iter().filter(|(_, there)| *there).map(|(k, _)| *k);
            match (targets.next(), targets.next()) {
                (None, _) => return missing("law, value, greater or less"),
                // An interval is one target: greater = a, less = b.
                (Some("greater"), Some("less")) | (Some(_), None) => {}
                (Some(a), Some(b)) => return Err(self.clash(node, b, a, "is a second target")),
            }
        }
        let aimed = self.law.is_some() || self.value.is_some();
        match (self.tolerance, self.tolerance_absolute) {
            (Some(_), Some(_)) => {
                let what = "is a second tolerance";
                return Err(self.clash(node, "tolerance_absolute", "tolerance", what));
            }
            (None, None) if aimed => return missing("tolerance"),
            (Some(_), None) if self.value == Some(0.0) => {
                let message = "a relative tolerance means nothing around 0".to_owned();
                let help = "use `tolerance_absolute`".to_owned();
                return Err(Error::bad_value(node.at_of("tolerance"), message, help));
            }
            _ => {}
        }
        Ok(())
    }

    fn clash(&self, node: &Node, key: &str, with: &str, what: &str) -> Error {
        let message = format!("`{key}` {what}");
        Error::conflict(node.key_at(key), node.key_at(with), message, "remove one of them".into())
    }

    /// What the claim must fail: what it names, or its law one fit earlier and one fit later.
    pub fn must_fail(&self) -> Vec<Control> {
        if self.controls.is_empty() && self.law.is_some() && self.statistic != Statistic::Slope {
            vec![Control::Fits(-1), Control::Fits(1)]
        } else {
            self.controls.clone()
        }
    }

    /// SHA-256 (16 hex digits) of what the claim says, where, of which metric, when, and by which threshold and control:
    /// whatever decides it. Notes and counts are not part of it.
    pub fn digest(&self) -> String {
        let mut text = self.node.clone();
        if let Some(table) = text.as_table_mut() {
            for key in ["origin", "place", "mechanism", "note", "changed"] {
                table.remove(key);
            }
        }
        let digest = Sha256::digest(canonical(&text).as_bytes());
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether the claim is about paired differences.
    pub fn compares(&self) -> bool {
        !self.versus.is_empty() || self.versus_member.is_some()
    }

    /// Whether `where` picks this setting.
    pub fn matches(&self, setting: &Setting) -> bool {
        self.where_
            .iter()
            .all(|(key, value)| setting.get(key).is_some_and(|found| canonical(found) == canonical(value)))
    }
}

/// Dotted settings with their values.
pub(super) type Picks = Vec<(String, Node)>;

/// The dotted settings of a table; a value may be a list where it is set and not picked.
pub(super) fn table_of_picks(node: &Node, lists: bool) -> Result<Picks, Error> {
    let table = node.as_table().ok_or_else(|| Error::wrong_type(node, "a table"))?;
    let one = |(key, value): (&Key, &Node)| {
        super::sweep::check_key(&key.name, &key.at)?;
        match value.value {
            Value::Array(_) if !lists => Err(Error::wrong_type(value, "one value").about(&key.name)),
            _ => Ok((key.name.clone(), value.clone())),
        }
    };
    table.iter().map(one).collect()
}

/// The settings that a table asks for, and the member of the population.
fn picks(node: Option<&Node>) -> Result<(Picks, Option<u32>), Error> {
    let Some(node) = node else { return Ok((Vec::new(), None)) };
    let (member, settings): (Picks, Picks) =
        table_of_picks(node, false)?.into_iter().partition(|(key, _)| key == "member");
    Ok((settings, member.first().map(|(_, value)| value.parse()).transpose()?))
}
