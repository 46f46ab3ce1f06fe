//! What a metric must be given.

use crate::data::Distribution;

/// What a metric needs of an [`Observation`](super::Observation).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The fitted model (parameters or likelihood). Such a metric has no human baseline of its
    /// own unless it also reads the sample.
    pub model: bool,
    /// A sample of rows. Where it is not needed the statistics path may serve. The human baseline
    /// has no model, so there every metric that can read a sample reads it.
    pub sample: When,
    /// The training set's rows.
    pub training: bool,
    /// Held-out human rows.
    pub held_out: When,
    /// The generation-0 observation's sample (survival of a vocabulary, for example).
    pub first: bool,
    /// The generation-0 model.
    pub base: bool,
    /// The other members of the population.
    pub others: bool,
    /// The pass over pair distances that it makes, by name; empty for none. Metrics of one name
    /// share the pass; distances are kept where there are several names.
    pub pairs: &'static str,
}

impl Needs {
    /// A comparison of what the model states with what the truth states: of its sample where it has no parameters, with
    /// held-out rows where the truth is not known.
    pub fn stated() -> Self {
        Needs {
            model: true,
            sample: When::WithoutParameters,
            held_out: When::WithoutTruth,
            ..Needs::default()
        }
    }
}

/// When something is needed. The engine knows the family and the source and decides with
/// [`When::applies`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// In no case.
    #[default]
    Never,
    /// Only if the models of the family give no `Parameters`.
    WithoutParameters,
    /// Only if the truth is not known: see `truth_is_known`.
    WithoutTruth,
    /// In every case.
    Always,
}

impl When {
    /// Whether it is needed, given whether the family's models have parameters (they are not
    /// `Opaque`) and what is known of the truth.
    pub fn applies(self, parameters: bool, truth: Option<&dyn Distribution>) -> bool {
        match self {
            When::Never => false,
            When::WithoutParameters => !parameters,
            When::WithoutTruth => !truth_is_known(truth),
            When::Always => true,
        }
    }
}

/// Whether the truth states its moments (mean and covariance) or its probabilities.
pub fn truth_is_known(truth: Option<&dyn Distribution>) -> bool {
    truth.is_some_and(|t| (t.mean().is_some() && t.covariance().is_some()) || t.probabilities().is_some())
}
