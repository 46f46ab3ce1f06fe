//! `[[claim]]`: a number, law or ordering that a paper states, the test that decides it, and what it must fail.

use serde::{Deserialize, Serialize};

use sha2::{Digest, Sha256};

use super::control::{Control, Mechanism, Origin};
use super::de::one_or_many;
use super::error::Error;
use super::hash::canonical;
use super::measure::Subject;
use super::node::{Key, Node, Value};
use super::setting::Setting;

/// One claim. `where_` picks the settings; exactly one target says what must hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSpec {
    /// The claim in words.
    pub says: String,
    /// Whose statement it is. Default `derived`.
    #[serde(default)]
    pub origin: Origin,
    /// Where the paper states it: section, equation, figure or table. Needed with `origin = "paper"`.
    pub place: Option<String>,
    /// What it is about, for counting.
    pub mechanism: Option<Mechanism>,
    /// What it must fail. Empty: the law one fit off, both ways, where the claim names a law.
    #[serde(skip)]
    pub controls: Vec<Control>,
    /// `where`: dotted settings and the values that they must have.
    #[serde(skip)]
    pub where_: Vec<(String, Node)>,
    /// The settings that the claim subtracts, paired by seed: `where` minus `versus`.
    #[serde(skip)]
    pub versus: Vec<(String, Node)>,
    /// The member of the population, from `where` (`member = 0`); needed with `measure.by_member`.
    #[serde(skip)]
    pub member: Option<u32>,
    /// The member that the claim subtracts, from `versus`; default that of `where`.
    #[serde(skip)]
    pub versus_member: Option<u32>,
    /// The metric.
    pub metric: String,
    /// The generations it is about: one or a list.
    #[serde(default, deserialize_with = "one_or_many")]
    pub at: Vec<u32>,
    /// What is taken over seeds (or over generations).
    pub statistic: Statistic,
    /// Target: a law's name.
    pub law: Option<String>,
    /// Target: a number.
    pub value: Option<f64>,
    /// Target: the statistic is above this.
    pub greater: Option<f64>,
    /// Target: the statistic is below this.
    pub less: Option<f64>,
    /// With `ordering`: the dotted setting whose values are put in order. With `slope` and `monotone`:
    /// the swept number that is run along, in place of the generations.
    pub by: Option<String>,
    /// With `ordering`: the values of `by`, from the lowest metric to the highest.
    #[serde(skip)]
    pub order: Vec<Node>,
    /// With `monotone`: the direction over the generations `at`.
    pub direction: Option<Direction>,
    /// With `rank-correlation`: the other metric.
    pub with: Option<String>,
    /// With `slope`: whether value and place are taken as logarithms. Default: neither.
    pub scale: Option<SlopeScale>,
    /// Allowed relative deviation from `law` or `value`, > 0.
    pub tolerance: Option<f64>,
    /// Allowed absolute deviation, in the metric's unit, > 0; for targets near 0.
    pub tolerance_absolute: Option<f64>,
    /// With `ordering` and `monotone`: the least size of every step, in the metric's unit. Default 0: the sign alone.
    pub least: Option<f64>,
    /// What the metric is about. Default `model`.
    #[serde(default)]
    pub subject: Subject,
    /// Why a claim that does not reproduce does not; shown beside a verdict that is not *passed*.
    pub note: Option<String>,
    /// Why a threshold is not the one that was first locked, or was changed before thresholds were locked.
    pub changed: Option<String>,
    /// The table that was read, for the places of its keys.
    #[serde(skip)]
    pub node: Node,
}

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
        let mut claim: Self = node.parse_without(&["where", "versus", "order", "control"])?;
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
        if let Some(least) = self.least.filter(|least| !(*least > 0.0 && least.is_finite())) {
            let message = format!("`least` is {least} and must be above 0");
            let help = "give the smallest step that still counts, in the metric's unit".to_owned();
            return Err(Error::bad_value(node.at_of("least"), message, help));
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
            (Some(t), None) | (None, Some(t)) if !(t > 0.0 && t.is_finite()) => {
                let key = if self.tolerance.is_some() { "tolerance" } else { "tolerance_absolute" };
                let message = format!("`{key}` must be above 0");
                let help = "give the deviation that still counts as agreement".to_owned();
                return Err(Error::bad_value(node.at_of(key), message, help));
            }
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
