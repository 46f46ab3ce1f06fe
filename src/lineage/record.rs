//! What a lineage reports, and how it ends.

use std::borrow::Cow;

use crate::curation::CurationError;
use crate::data::{NormalMixture, Samples, SupplyError};
use crate::metrics::{Absence, Measurement, Observed, Subject};
use crate::models::{Family, FitError, Model, Refusal, SampleError};

/// Where a lineage reports what it sees.
pub trait Record {
    /// What became of one observation: a number, an infinity, or no value and why.
    fn measurement(&mut self, measurement: Measurement);

    /// A measured sample, for galleries, scatter plots and text samples, and the components of what it
    /// was drawn from, where that is a mixture of normal distributions.
    fn examples(
        &mut self,
        _fit: Fit,
        _subject: Subject,
        _rows: &Samples,
        _components: Option<NormalMixture<'_>>,
    ) {
    }

    /// A fitted model, for checkpoints.
    fn model(&mut self, _fit: Fit, _model: &dyn Model) {}

    /// The model of this fit, where an earlier run of the same lineage kept it: the loop then need
    /// not fit again. It must have the same bits as the fit would have.
    fn kept(&mut self, _fit: Fit, _family: &dyn Family) -> Option<Box<dyn Model>> {
        None
    }

    /// An observation without a value, and why in a sentence: a measurement like any other.
    fn refused(&mut self, fit: Fit, subject: Subject, metric: Cow<'static, str>, why: &Refusal) {
        let Fit { seed, member, generation } = fit;
        let (metric, value) = (metric.clone(), Observed::Absent(why.why));
        self.measurement(Measurement { seed, member, generation, subject, metric, value });
    }

    /// How many example rows of this seed are wanted; 0 for none.
    fn wants_examples(&self, _seed: u64) -> usize {
        0
    }

    /// A generation has ended; returning `false` asks the lineage to stop (an interruption).
    fn generation(&mut self, _seed: u64, _generation: u32) -> bool {
        true
    }
}

/// Keeps every observation, in the order in which they are made.
impl Record for Vec<Measurement> {
    fn measurement(&mut self, measurement: Measurement) {
        self.push(measurement);
    }
}

/// Which fit of a run: every model has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The seed.
    pub seed: u64,
    /// The member of the population, from 0.
    pub member: u32,
    /// The generation, from 0.
    pub generation: u32,
}

/// How a lineage ended.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// Why it stopped.
    pub stop_reason: StopReason,
    /// The last generation that was fitted.
    pub last_generation: u32,
}

/// Why a lineage stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopReason {
    /// All generations were fitted.
    Finished,
    /// It was absorbed in a degenerate model and goes on as a constant.
    Collapsed,
    /// A fit diverged, or the model's own rows made a further fit impossible. An outcome, not an error: its values are
    /// recorded as missing from then on.
    Diverged,
    /// It was interrupted; it is not recorded and will be run again.
    Interrupted,
}

/// Why a lineage failed. The cell is marked failed and the others go on.
#[derive(Debug, Clone, thiserror::Error)]
#[error("seed {seed}, generation {generation}, {stage}: {why}")]
pub struct LineageError {
    /// The seed.
    pub seed: u64,
    /// The generation, from 0.
    pub generation: u32,
    /// Which step of the loop failed: "fit", "synthesise", "curate", "measure", ….
    pub stage: &'static str,
    /// The reason.
    pub why: Why,
}

/// The reason of a [`LineageError`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum Why {
    /// Human rows ran out.
    #[error(transparent)]
    Supply(#[from] SupplyError),
    /// A fit failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A model made no rows.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A curation step failed.
    #[error(transparent)]
    Curation(#[from] CurationError),
    /// Something was asked that can't be done.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Why {
    /// What the lineage's values are from here on, where this is an outcome of the loop and no fault of the setting.
    pub(super) fn outcome(&self) -> Option<Absence> {
        match self {
            Why::Fit(error) => error.outcome(),
            Why::Sample(error) => error.outcome(),
            Why::Curation(error) => error.outcome(),
            Why::Refused(refusal) => refusal.outcome(),
            Why::Supply(_) => None,
        }
    }
}
