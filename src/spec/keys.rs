//! The tables of a spec and their keys, for people and for the schema. Keys of a source, family, metric, step or task are
//! that component's parameters and stand beside these.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::claim::Picked;
use super::measure::Measured;
use super::parameters::{joined, total};
use super::{About, ChoicesSpec, ClaimSpec, FigureSpec, LoopSpec, MeasureSpec, Parameter, SamplingSpec};

/// The tables in the order of a spec, each with its keys.
pub const TABLES: &[(&str, &[Parameter])] = &[
    ("about", About::PARAMETERS),
    ("data", DataKeys::PARAMETERS),
    ("model", ModelKeys::PARAMETERS),
    ("base", BaseKeys::PARAMETERS),
    ("loop", LoopSpec::PARAMETERS),
    ("loop.choices", ChoicesSpec::PARAMETERS),
    ("generator", GeneratorKeys::PARAMETERS),
    ("sampling", SamplingSpec::PARAMETERS),
    ("curation", CurationKeys::PARAMETERS),
    ("task", TaskKeys::PARAMETERS),
    ("arm", &[ARM]),
    ("measure", MEASURE),
    ("sweep", SweepKeys::PARAMETERS),
    ("figure", FigureSpec::PARAMETERS),
    ("claim", CLAIM),
];

const ARM: Parameter = Parameter {
    name: "any key",
    default: "none",
    meaning: "Names of a setting for figures, tables and claims, as in [[sweep.point]] arm.assumption = \"none broken\"; no \
              effect on what is run",
    ..Parameter::ANY
};
const OF_MEASURE: &[&[Parameter]] = &[Measured::PARAMETERS, MeasureSpec::PARAMETERS];
const MEASURE: &[Parameter] = &joined::<{ total(OF_MEASURE) }>(OF_MEASURE);
const OF_CLAIM: &[&[Parameter]] = &[ClaimSpec::PARAMETERS, Picked::PARAMETERS];
const CLAIM: &[Parameter] = &joined::<{ total(OF_CLAIM) }>(OF_CLAIM);

/// The keys of a table; none for a table that is not there.
pub fn keys_of(table: &str) -> &'static [Parameter] {
    TABLES.iter().find(|(name, _)| *name == table).map_or(&[], |(_, keys)| keys)
}

/// The names of a table's keys.
pub(super) fn names_of(table: &str) -> Vec<&'static str> {
    keys_of(table).iter().map(|key| key.name).collect()
}

crate::parameters! {
    /// The keys of `[data]` that are no source's.
    #[derive(Clone, Copy, Debug)]
    pub struct DataKeys {
        /// The source of human rows (`collapse list data`); its parameters stand beside it
        pub source: IgnoredAny = IgnoredAny => "required";
        /// The share of the "human" rows that a model made unseen
        pub contamination: f64 = 0.0, in within(0, 1);
    }
}

crate::parameters! {
    /// The keys of `[model]` that are no family's.
    #[derive(Clone, Copy, Debug)]
    pub struct ModelKeys {
        /// The family of models (`collapse list models`); its parameters stand beside it
        pub family: IgnoredAny = IgnoredAny => "required";
        /// { weight = w, samples = n }: after every fit θ the family is fitted once more, from θ, on n rows (or labels)
        /// that θ made, to θ_self; the model is θ + w (θ − θ_self). w is at least 0, n at least 1. For every family with
        /// parameters: not for kde, empirical, templates and command (Alemohammad, Wang and Baraniuk, arXiv 2510.03597)
        pub neon: IgnoredAny = IgnoredAny => "none";
        /// η: a refit goes from the model that loop.start names ("warm" or "base") a part η of the way to the family's
        /// own fit, θ = θ_start + η (θ̂ − θ_start). For the families of `neon`, closed forms included; generation 0 is the
        /// whole fit
        pub step: f64 = 1.0, in above_to(0, 1);
    }
}

crate::parameters! {
    /// The keys of `[base]` that are no family's.
    #[derive(Clone, Copy, Debug)]
    pub struct BaseKeys {
        /// A source of human rows, another than the loop's, on which a model is trained before generation 0; loop.start
        /// says whether every fit or the first one starts from it. Keys of [model] beside it hold for that training
        data: IgnoredAny = IgnoredAny => "required";
        /// The most rows that it is trained on, a random choice for every seed
        pub rows: Option<usize> = None => "all", in at_least(1);
    }
}

/// When a generator of its own makes the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// In every generation.
    #[default]
    Always,
    /// In generation 1; from then on the student makes its own.
    First,
}

impl When {
    /// Whether it makes the rows of generation `g`, from 1.
    pub fn holds_at(self, g: u32) -> bool {
        self == When::Always || g == 1
    }
}

crate::parameters! {
    /// The keys of `[generator]` that are neither a family's nor a source's.
    #[derive(Clone, Copy, Debug)]
    pub struct GeneratorKeys {
        /// Another family makes the rows; its parameters stand beside it
        pub family: IgnoredAny = IgnoredAny => "the student";
        /// Another source makes the rows; its parameters stand beside it
        pub source: IgnoredAny = IgnoredAny => "none";
        /// "always", or "first": the student makes its own from generation 2 on
        pub when: When = When::Always => "\"always\"";
        /// A source whose rows the generator's family is fitted on
        pub data: IgnoredAny = IgnoredAny => "the last training set";
        /// How many rows of the last training set stand beside those of `data`
        pub examples: Option<usize> = None => "0";
        /// The most rows that it is fitted on
        pub rows: Option<usize> = None => "all", in at_least(1);
        /// A source of unlabelled rows that every label gets
        pub background: IgnoredAny = IgnoredAny => "none";
        /// The weight of a background row
        pub background_weight: Option<f64> = None => "1.0", in above(0);
        /// The share of its rows that get a wrong label
        pub mislabelled: f64 = 0.0, in within(0, 1);
    }
}

/// Where a curation step works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// On the synthetic rows, before they enter the store.
    #[default]
    Synthetic,
    /// On the drawn training set.
    Mix,
}

crate::parameters! {
    /// The keys of `[[curation]]` that are no step's.
    #[derive(Clone, Copy, Debug)]
    pub struct CurationKeys {
        /// The step (`collapse list curation`); its parameters stand beside it
        pub step: IgnoredAny = IgnoredAny => "required";
        /// "synthetic": the new rows, before they enter the store; "mix": the drawn training set
        pub on: On = On::Synthetic => "\"synthetic\"";
        /// How many members of a population do the step, the first ones
        pub members: Option<usize> = None => "all";
        /// The one member of a population that does the step, from 0
        pub member: Option<usize> = None => "all";
    }
}

/// What a generator knows beyond the human rows of the training set. Rows made from those alone add
/// no information, so a gain needs one of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Knowledge {
    /// Nothing: it was fitted on the same rows.
    None,
    /// Human rows of another source.
    OtherDomain,
    /// An exact rule that tells right from wrong.
    Verifier,
    /// The causal order of the columns.
    Graph,
}

impl Knowledge {
    /// The word in specs and tables.
    pub fn name(self) -> &'static str {
        match self {
            Knowledge::None => "none",
            Knowledge::OtherDomain => "other-domain",
            Knowledge::Verifier => "verifier",
            Knowledge::Graph => "graph",
        }
    }
}

/// Which rows of D(g) the learner is trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrainedOn {
    /// All of D(g), with its weights.
    Training,
    /// The synthetic rows alone, equally weighted.
    Synthetic,
    /// The human rows alone, equally weighted.
    Human,
}

crate::parameters! {
    /// The keys of `[task]` that are no task's.
    #[derive(Clone, Debug)]
    pub struct TaskKeys {
        /// The task (`collapse list tasks`); its parameters stand beside it
        pub kind: IgnoredAny = IgnoredAny => "required";
        /// What the generator knows beyond the human rows: "none", "other-domain", "verifier", "graph"
        pub knowledge: Option<Knowledge> = None => "required where synthetic rows are made";
        /// One learner each for all of D(g), its "synthetic" rows, its "human" rows
        pub train: Vec<TrainedOn> = vec![TrainedOn::Training] => "[\"training\"]";
        /// How many human rows a learner is scored on
        pub test: Option<usize> = None => "all held-out rows", in at_least(1);
        /// The share of the training rows kept for tuning and for task-own-score
        pub validation: f64 = 0.0, in from_below(0, 1);
        /// Whether scores are also given for each group of the rows
        pub by_group: IgnoredAny = IgnoredAny => "false";
        /// The score that is given for each group
        pub group_score: Option<String> = None => "the task's first";
        /// A name of the setting in tables and figures
        pub arm: Option<String> = None;
        /// What is asked of the rows, as a name in tables and figures
        pub question: Option<String> = None;
    }
}

crate::parameters! {
    /// The keys of `[sweep]` that are no settings.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct SweepKeys {
        /// A count, or a list of whole numbers. Every other key of [sweep] is a dotted key in quotes with the list of its
        /// values, as in "loop.samples" = [50, 100]; all combinations are run
        seeds: IgnoredAny = IgnoredAny => "10";
        /// [[sweep.point]] tables of dotted keys that change together: each table is one setting, as in
        /// [[sweep.point]] "loop.samples" = 50 "loop.generations" = 10
        point: IgnoredAny = IgnoredAny => "none";
    }
}
