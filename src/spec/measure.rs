//! `[measure]`: what is measured, on what, and when.

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::Error;
use super::node::{Node, Value};
use super::source::At;

crate::parameters! {
    /// What is measured, on what, and when.
    #[derive(Debug, Clone, Serialize)]
    pub struct MeasureSpec {
        /// Rows of the sample that metrics see; it is a draw of its own
        pub size: usize = 2000, in at_least(1);
        /// What is measured: "model", a fresh sample; "synthetic", the rows after curation; "training"
        pub on: Subject = Subject::Model => "\"model\"";
        /// Coordinates of a table's rows: "human-scale", numbers in units of the human rows' spread, and categories;
        /// "raw", numbers as they stand, without categories; "classifier", of rows of numbers with a label, the last hidden
        /// layer of a network that tells the human training rows' labels apart
        pub space: Coordinates = Coordinates::HumanScale => "\"human-scale\"",
            #[serde(skip_serializing_if = "Coordinates::is_default")];
        /// The generations: "all", "log" (0, powers of two, the last), or a list
        pub at: Generations = Generations::All => "\"all\"";
        /// Whether figures, summaries and claims keep the members of a population apart, or take their mean in each seed
        pub by_member: bool = false, #[serde(skip_serializing_if = "std::ops::Not::not")];
        /// Whether fitted models are written, so that a new metric needs no refit
        pub keep_models: bool = false;
    }
    beside {
        /// The metrics, in the order of the file.
        #[serde(skip)]
        pub metrics: Vec<MetricSpec> = Vec::new();
        /// The table of a family that is fitted to the human rows of generation 0 and measured once, to compare with.
        #[serde(skip)]
        pub baseline: Option<Node> = None;
    }
}

crate::parameters! {
    /// The keys of `[measure]` that components read.
    pub(super) struct Measured {
        /// Names, or tables with `name` and the metric's parameters
        metrics: IgnoredAny = IgnoredAny => "[]";
        /// A family's table; it is fitted to the human rows of generation 0 and measured once: a line beside the curves
        baseline: IgnoredAny = IgnoredAny => "none";
    }
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
        let mut problems = Vec::new();
        let read = Self::read_into(node, &mut problems);
        Error::all(problems).map_or(Ok(read), Err)
    }

    /// As [`MeasureSpec::read`]; what is wrong is added to `problems`.
    pub(super) fn read_into(node: &Node, problems: &mut Vec<Error>) -> Self {
        let mut spec: Self = node.read_into(&["metrics", "baseline"], problems);
        spec.baseline = node.get("baseline").cloned();
        if spec.at == Generations::List(Vec::new()) {
            let help = "list the generations, or write \"all\"".to_owned();
            problems.push(Error::bad_value(node.at_of("at"), "`at` is empty".into(), help));
        }
        let Some(list) = node.get("metrics") else { return spec };
        let Some(items) = list.as_array() else {
            problems.push(Error::wrong_type(list, "a list").about("metrics"));
            return spec;
        };
        for item in items {
            match spec.metric(item) {
                Ok(metric) => spec.metrics.push(metric),
                Err(error) => problems.push(error),
            }
        }
        spec
    }

    fn metric(&self, item: &Node) -> Result<MetricSpec, Error> {
        let name = match item.value {
            Value::String(_) => item,
            Value::Table(_) => item.selector("name")?,
            _ => return Err(Error::wrong_type(item, "a metric's name, or a table with `name`")),
        };
        let same = |m: &&MetricSpec| super::hash::canonical(&m.node) == super::hash::canonical(item);
        if let Some(first) = self.metrics.iter().find(same) {
            let message = format!("metric `{}` is listed twice", first.name);
            return Err(Error::conflict(name.at.clone(), first.at.clone(), message, "remove one".into()));
        }
        let (at, node) = (name.at.clone(), item.clone());
        Ok(MetricSpec { name: name.as_str().unwrap_or_default().to_owned(), node, at })
    }
}
