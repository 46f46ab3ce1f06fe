//! Experiment specs: located TOML, overlays, the typed top level, sweeps and their hashes.
//!
//! A spec is read as a tree of [`Node`]s that remember which text and which bytes they came from.
//! Overlays (profile, quick, `--set`, sweep point) act on the tree; only then does each owner read
//! its part with [`Node::parse`], so an error points at the place where the value was written.

mod choices;
mod claim;
mod control;
mod de;
mod error;
mod experiment;
mod figure;
mod from;
mod hash;
mod keys;
mod loop_checks;
mod loop_spec;
mod measure;
mod node;
mod overlay;
mod parameters;
mod parse;
pub mod range;
mod resolved;
mod sampling;
mod schedule;
mod schema;
mod serde_error;
mod setting;
mod shape;
mod source;
mod sweep;
mod words;
mod writer;

pub(crate) use de::one_or_many;

pub use choices::{ChoicesSpec, Combine, Draw, Inflow, RetainHuman, RetainSynthetic, Weights};
pub use claim::{ClaimSpec, Direction, SlopeScale, Statistic};
pub use control::{Control, Mechanism, Origin};
pub use error::{Error, Kind, nearest_to, unknown_name};
pub use experiment::{About, Experiment};
pub use figure::{FigureKind, FigureSpec, Mark};
pub use hash::{canonical, json, measure_digest, run_digest, setting_digest, sha256};
pub use keys::{
    BaseKeys, CurationKeys, DataKeys, GeneratorKeys, Knowledge, On, TABLES, TaskKeys, TrainedOn, When,
    keys_of,
};
pub use loop_spec::{Hold, LoopSpec, PathChoice, Prompts, Sharing, StartFrom, Synthesis};
pub use measure::{Coordinates, MeasureSpec, MetricSpec, Subject};
pub use node::{Key, Node, Value};
pub use overlay::Overlays;
pub use parameters::{Described, Parameter, parameter};
#[doc(hidden)]
pub use parameters::{joined, nested, plain_name, plainly, spelled, take, total};
pub use range::Range;
pub use sampling::SamplingSpec;
pub use schedule::{Schedule, ScheduleError};
pub use setting::{Held, Setting};
pub use shape::Shape;
pub use source::Layer;
pub use words::{in_words, plain_key};

#[cfg(test)]
mod tests;
