//! Curation: an ordered list of steps between synthesis and the next fit.
//!
//! A step works `on = "synthetic"` rows, where it may ask the sampler for more until it has enough,
//! or `on = "mix"`, the drawn training set. One file per step.

mod biased_selection;
mod classifier_confidence;
mod corrected;
mod deduplicate;
mod detector_reweighted;
mod domain_overlap;
mod k_means_projection;
mod label_noise;
mod luce_choice;
mod naive_bayes;
mod quotas;
mod ranking;
mod refill;
mod self_verification;
mod surprise_filter;
mod tag_dropping;
mod teacher;
mod teacher_agreement;
mod top_confidence;
mod top_likelihood;
mod verified;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod testing;

pub use crate::spec::On;
pub use label_noise::LabelNoise;
pub use surprise_filter::SurpriseFilter;
pub use top_likelihood::TopLikelihood;

use std::sync::Arc;

use crate::data::{Body, Column, Distribution, Mix, Origin, Part, Rows, Samples, Schema, ShapeError};
use crate::models::{Absence, Model, Refusal, SampleError};
use crate::registry::Registry;
use crate::rng::Streams;
use crate::theory;

/// A boxed step.
pub type BoxedCuration = Box<dyn Curation>;

/// One curation step.
pub trait Curation: Send + Sync {
    /// Whether rows of this shape, of a source with this truth, can be curated. What can only be
    /// seen in the rows themselves is refused by [`Curation::apply`].
    fn accepts(&self, _schema: &Schema, _truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        Ok(())
    }

    /// What is done, in the terms of laws.
    fn conditions(&self) -> theory::Curation {
        theory::Curation::Other
    }

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

/// Which members of a population curate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// All of them.
    #[default]
    All,
    /// The first so many (`members = 2`); 0 for none.
    First(usize),
    /// One, by its position from 0 (`member = 3`).
    One(usize),
}

impl Who {
    /// Whether this member curates.
    pub fn is(self, member: usize) -> bool {
        match self {
            Who::All => true,
            Who::First(count) => member < count,
            Who::One(position) => member == position,
        }
    }

    /// How many members there must be.
    pub fn least(self) -> usize {
        match self {
            Who::All => 0,
            Who::First(count) => count,
            Who::One(position) => position + 1,
        }
    }
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

impl CurationError {
    /// What the values of a lineage are that ends with this error, where it is an outcome of the loop: nothing that the
    /// model makes passes, or the model makes nothing.
    pub fn outcome(&self) -> Option<Absence> {
        match self {
            CurationError::Refused(refusal) => refusal.outcome(),
            CurationError::Sample(error) => error.outcome(),
            CurationError::TooFew { .. } => Some(Absence::Degenerate),
            CurationError::Shape(_) => None,
        }
    }
}

/// All steps.
pub static CURATIONS: Registry<BoxedCuration> = Registry {
    kind: "curation step",
    entries: &[
        verified::ENTRY,
        self_verification::ENTRY,
        teacher_agreement::ENTRY,
        top_confidence::ENTRY,
        classifier_confidence::ENTRY,
        top_likelihood::ENTRY,
        surprise_filter::ENTRY,
        domain_overlap::ENTRY,
        detector_reweighted::ENTRY,
        luce_choice::ENTRY,
        biased_selection::ENTRY,
        corrected::ENTRY,
        k_means_projection::ENTRY,
        quotas::ENTRY,
        deduplicate::ENTRY,
        label_noise::ENTRY,
        tag_dropping::ENTRY,
    ],
};

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

/// The rows of D(0) as one table; refuses where there are none, or only statistics.
fn initial_rows(seen: &Seen<'_>) -> Result<Samples, CurationError> {
    match seen.initial.gather() {
        Some(table) => Ok(table?.0),
        None => Err(Refusal::new("this step looks at the human rows D(0), and there are none").into()),
    }
}

/// The log likelihood of each row per token, its end left out (of the whole row where it has no tokens), under the
/// model that made the synthetic rows. A row without a single token counts as one.
fn likelihood_per_token(
    step: &str,
    model: &dyn Model,
    table: &Samples,
    streams: &Streams,
) -> Result<Vec<f64>, CurationError> {
    let why = || Refusal::new(format!("`{step}` needs a model whose likelihood can be computed"));
    let mut likelihood = model.density().ok_or_else(why)?.log_likelihood_without_end(table, streams)?;
    if likelihood.iter().any(|l| !l.is_finite()) {
        return Err(Refusal::new(format!("`{step}`: a row has probability 0 under the model")).into());
    }
    if let Some((offsets, _)) = table.token_rows() {
        let lengths = offsets.windows(2).map(|w| (w[1] - w[0]).max(1) as f64);
        likelihood.iter_mut().zip(lengths).for_each(|(l, n)| *l /= n);
    }
    Ok(likelihood)
}

/// The table with another column at `index`, of the same kind and length.
fn with_column(table: &Samples, index: usize, column: Column) -> Result<Samples, CurationError> {
    let schema: &Arc<Schema> = table.schema();
    let mut columns: Vec<Column> = (0..schema.fields.len()).map(|i| table.column(i).clone()).collect();
    columns[index] = column;
    Ok(Samples::new(schema.clone(), columns)?)
}
