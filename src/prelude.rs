//! Everything that an experiment in code needs: `use model_collapse::prelude::*`.

pub use crate::components::Components;
pub use crate::data::{Column, Distribution, Mix, Samples, Schema, Source};
pub use crate::experiment::{
    Comparison, Curve, Experiment, ExperimentError, Gaussian, Parameters, Part, Run, Summary, Value,
    number_family, sample_metric,
};
pub use crate::lineage::Record;
pub use crate::metrics::{
    Absence, Direction, Measured, Measurement, Metric, Needs, Observation, Observed, Reading, Scale, Subject,
    When, Worst, one_number,
};
pub use crate::models::{Ask, Family, FitError, Model, Refusal, SampleError, Sampling, Start, rows_of};
pub use crate::regimes::{Choices, PresetDraw};
pub use crate::registry::{BuildContext, Description, DeviceName};
pub use crate::rng::{Stream, Streams};
pub use crate::run::{Interrupt, Progress, progress::on_stderr};
pub use crate::spec::{Combine, Hold, Inflow, Node, RetainHuman, RetainSynthetic, Weights};

/// Parameters of families as structs.
pub mod families {
    pub use crate::models::{Bernoulli, Categorical, Covariance, Gaussian, GaussianMixture};
    pub use crate::neural::gpt::GptParams as Gpt;
    pub use crate::neural::gru::GruParams as Gru;
    pub use crate::neural::vae::VaeParams as Vae;
}

/// Parameters of curation steps as structs.
pub mod steps {
    pub use crate::curation::{LabelNoise, SurpriseFilter, TopLikelihood};
}

/// What comparisons, summaries and claims are made of.
pub mod findings {
    pub use crate::analysis::effects::{
        ArmFindings, Change, Critical, Gain, Gains, Judged, Level, MetricFindings, Prevented, Together,
        Tolerance, Why, Word,
    };
    pub use crate::analysis::{ClaimResult, Interval, SettingKey, SummaryRow, Verdict};
    pub use crate::experiment::Answer;
    pub use crate::publish::Effects;
}
