//! Curation: an ordered list of steps between synthesis and the next fit.
//!
//! A step works `on = "synthetic"` rows, where it may ask the sampler for more until it has enough,
//! or `on = "mix"`, the drawn training set. One file per step.

mod deduplicate;
mod top_likelihood;

pub use deduplicate::{Deduplicate, WhenShort};
pub use top_likelihood::TopLikelihood;

use crate::data::{Body, Distribution, Mix, Origin, Part, Rows, Samples, ShapeError};
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
pub static CURATIONS: Registry<BoxedCuration> =
    Registry { kind: "curation step", entries: &[deduplicate::ENTRY, top_likelihood::ENTRY] };

/// Applies `work` to the rows of every block that is labelled synthetic; human rows pass. Refuses
/// blocks that hold statistics only.
fn on_synthetic(
    mut mix: Mix,
    mut work: impl FnMut(&Rows) -> Result<Rows, CurationError>,
) -> Result<Mix, CurationError> {
    let synthetic = |p: &&mut Part| p.labelled == Origin::Synthetic && !p.body.is_empty();
    for part in mix.parts.iter_mut().filter(synthetic) {
        let Body::Rows(rows) = &part.body else {
            return Err(Refusal::new("curation needs rows, not statistics (`path = \"rows\"`)").into());
        };
        part.body = Body::Rows(work(rows)?);
    }
    Ok(mix)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::*;
    use crate::data::{Column, Combine, Counts, Kind, Levels, Schema, Statistics};
    use crate::models::{Categorical, Family, Start};

    pub fn outcomes(levels: usize, data: Vec<u32>) -> Samples {
        let schema = Schema::single(Kind::Codes { levels: Levels::Count(levels) });
        Samples::new(Arc::new(schema), vec![Column::Codes { data }]).unwrap()
    }

    pub fn synthetic(rows: Samples) -> Mix {
        Mix { parts: vec![Part::synthetic(1, Body::Rows(Rows::all(rows)))], combine: Combine::Pooled }
    }

    pub fn codes_of(mix: &Mix) -> Vec<u32> {
        mix.gather().unwrap().unwrap().0.codes().unwrap().to_vec()
    }

    /// Calls `work` with a model of these frequencies.
    pub fn seen(counts: &[f64], work: impl Fn(&Seen<'_>)) {
        let counts = Counts { n: counts.len() as u64, counts: counts.to_vec() };
        let body = Body::Statistics(Statistics::Counts(counts));
        let initial = Mix { parts: vec![Part::human(0, body)], combine: Combine::Pooled };
        let model = Categorical::default().fit(&initial, Start::Scratch, &Streams::new(0, 0)).unwrap();
        work(&Seen { model: &*model, generation: 1, initial: &initial, truth: None });
    }
}
