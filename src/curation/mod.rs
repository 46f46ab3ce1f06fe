//! Curation: an ordered list of steps between synthesis and the next fit.
//!
//! A step works `on = "synthetic"` rows, where it may ask the sampler for more until it has enough,
//! or `on = "mix"`, the drawn training set. One file per step.

use crate::data::{Distribution, Mix, Samples, ShapeError};
use crate::models::{Model, Refusal, SampleError};
use crate::registry::Registry;
use crate::rng::Streams;

/// A boxed step.
pub type BoxedCuration = Box<dyn Curation>;

/// One curation step.
pub trait Curation: Send + Sync {
    /// Curates a training set, or (wrapped in a mix of one part) the synthetic rows. With `more`,
    /// the step may ask for further synthetic rows to replace those that it drops.
    fn apply(
        &self,
        mix: Mix,
        more: Option<More<'_>>,
        seen: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError>;
}

/// Asks the sampler for `n` more rows.
pub type More<'a> = &'a mut dyn FnMut(usize) -> Result<Samples, SampleError>;

/// What a step may look at beside the rows.
pub struct Seen<'a> {
    /// The model that made the synthetic rows.
    pub model: &'a dyn Model,
    /// The generation that the rows are made for.
    pub generation: u32,
    /// `D(0)`.
    pub initial: &'a Mix,
    /// The truth, where it is known (verifiers).
    pub truth: Option<&'a dyn Distribution>,
}

/// Where a step works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// On the synthetic rows, before they enter the store.
    #[default]
    Synthetic,
    /// On the drawn training set.
    Mix,
}

/// Why a step failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CurationError {
    /// The step can't work on these rows.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The sampler failed when it was asked for more.
    #[error("{0}")]
    Sample(#[from] SampleError),
    /// The rows don't fit together.
    #[error("{0}")]
    Shape(#[from] ShapeError),
    /// Too few rows passed, however many were asked for.
    #[error("after {asked} rows only {kept} of the {wanted} wanted passed the curation")]
    TooFew {
        /// Rows that were wanted.
        wanted: usize,
        /// Rows that passed.
        kept: usize,
        /// Rows that were asked for.
        asked: usize,
    },
}

/// All steps.
pub static CURATIONS: Registry<BoxedCuration> = Registry { kind: "curation step", entries: &[] };
