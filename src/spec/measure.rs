//! `[measure]`: what is measured, on what, and when.

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::Error;
use super::node::{Node, Value};
use super::source::At;

/// What is measured, on what, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeasureSpec {
    /// The metrics, in the order of the file.
    #[serde(skip)]
    pub metrics: Vec<MetricSpec>,
    /// The table of a family that is fitted to the human rows of generation 0 and measured once, to compare with.
    #[serde(skip)]
    pub baseline: Option<Node>,
    /// Rows in the sample that metrics see, ≥ 1; its own draw. Default 2000.
    #[serde(default = "default_size")]
    pub size: usize,
    /// What the sample is drawn from. Default `model`.
    #[serde(default)]
    pub on: Subject,
    /// The coordinates in which rows are measured. Default human scale.
    #[serde(default, skip_serializing_if = "Coordinates::is_default")]
    pub space: Coordinates,
    /// The generations that are measured. Default all.
    #[serde(default)]
    pub at: Generations,
    /// Whether figures, summaries and claims keep the members of a population apart; else they take the mean of
    /// all members within each seed. Default false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_member: bool,
    /// Whether fitted models are written too, so that a new metric needs no refit. Default false.
    #[serde(default)]
    pub keep_models: bool,
}

fn default_size() -> usize {
    2000
}

/// One metric: its name, and its parameters where the entry is a table.
#[derive(Debug, Clone)]
pub struct MetricSpec {
    /// The metric's name.
    pub name: String,
    /// The entry: a string, or a table read with `parse_without(&["name"])`.
    pub node: Node,
    /// The place of the name.
    pub at: At,
}

/// What a metric or a claim is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A fresh sample of the fitted model.
    #[default]
    Model,
    /// The synthetic rows after curation.
    Synthetic,
    /// The training set.
    Training,
}

/// The coordinates in which rows are measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coordinates {
    /// Numbers in units of the human rows' spread, and categories.
    #[default]
    HumanScale,
    /// Numbers as they stand in the table, without categories.
    Raw,
    /// The last hidden layer of a network that tells the human training rows' labels apart.
    Classifier,
}

impl Coordinates {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The generations that are measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Generations {
    /// Every generation.
    #[default]
    All,
    /// 0, the powers of two, and the last.
    Log,
    /// These, as far as the run reaches.
    List(Vec<u32>),
}

impl Generations {
    /// The generations measured in a run whose last one is `generations`: rising, no doubles.
    pub fn of(&self, generations: u32) -> Vec<u32> {
        match self {
            Self::All => (0..=generations).collect(),
            Self::Log => {
                let powers = (0..32).map(|k| 1u32 << k).take_while(|&g| g < generations);
                let mut all: Vec<u32> = std::iter::once(0).chain(powers).collect();
                all.push(generations);
                all.dedup();
                all
            }
            Self::List(list) => {
                let mut all: Vec<u32> = list.iter().copied().filter(|&g| g <= generations).collect();
                all.sort_unstable();
                all.dedup();
                all
            }
        }
    }
}

impl Serialize for Generations {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Log => serializer.serialize_str("log"),
            Self::List(list) => list.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Generations {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrList;

        impl<'de> Visitor<'de> for WordOrList {
            type Value = Generations;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("\"all\", \"log\" or a list of generations")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Generations, E> {
                match word {
                    "all" => Ok(Generations::All),
                    "log" => Ok(Generations::Log),
                    other => Err(E::unknown_variant(other, &["all", "log"])),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Generations, A::Error> {
                let mut list = Vec::new();
                while let Some(g) = items.next_element()? {
                    list.push(g);
                }
                Ok(Generations::List(list))
            }
        }

        deserializer.deserialize_any(WordOrList)
    }
}

impl MeasureSpec {
    /// Reads and checks `[measure]`.
    ///
    /// # Errors
    /// On unknown keys, a metric without a name, one listed twice, and an empty sample or list.
    pub fn read(node: &Node) -> Result<Self, Error> {
        let mut spec: Self = node.parse_without(&["metrics", "baseline"])?;
        spec.baseline = node.get("baseline").cloned();
        if spec.size == 0 {
            let help = "metrics need at least one row".to_owned();
            return Err(Error::bad_value(node.at_of("size"), "`size` is 0".into(), help));
        }
        if spec.at == Generations::List(Vec::new()) {
            let help = "list the generations, or write \"all\"".to_owned();
            return Err(Error::bad_value(node.at_of("at"), "`at` is empty".into(), help));
        }
        let Some(list) = node.get("metrics") else {
            return Ok(spec);
        };
        let items = list.as_array().ok_or_else(|| Error::wrong_type(list, "a list"))?;
        for item in items {
            let name = match item.value {
                Value::String(_) => item,
                Value::Table(_) => item.selector("name")?,
                _ => {
                    return Err(Error::wrong_type(item, "a metric's name, or a table with `name`"));
                }
            };
            let same = |m: &&MetricSpec| super::hash::canonical(&m.node) == super::hash::canonical(item);
            if let Some(first) = spec.metrics.iter().find(same) {
                let message = format!("metric `{}` is listed twice", first.name);
                let help = "remove one".to_owned();
                return Err(Error::conflict(name.at.clone(), first.at.clone(), message, help));
            }
            spec.metrics.push(MetricSpec {
                name: name.as_str().unwrap_or_default().to_owned(),
                node: item.clone(),
                at: name.at.clone(),
            });
        }
        Ok(spec)
    }
}
