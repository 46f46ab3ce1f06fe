//! Conditions at which a law is at home, for tests.

use super::conditions::{Conditions, Family, Form, Source, Truth};
use super::{Choices, Law, NotApplicable, Prediction, find};
use crate::spec::Synthesis;

impl Conditions {
    /// The same with rows of `dim` numbers (or inputs).
    pub(super) fn dim(self, dim: usize) -> Self {
        Self { source: Source { dim, ..self.source }, ..self }
    }

    /// The same with this variance of the human rows.
    pub(super) fn spread(self, variance: f64) -> Self {
        Self { source: Source { variance: Some(variance), ..self.source }, ..self }
    }

    /// The same with these outcomes.
    pub(super) fn outcome(self, p: &[f64]) -> Self {
        Self { source: Source { probabilities: Some(p.into()), ..self.source }, ..self }
    }

    /// The same with `k` outcomes of equal probability.
    pub(super) fn uniform(self, k: usize) -> Self {
        self.outcome(&vec![1.0 / k as f64; k])
    }

    /// The same with this divisor of the variance.
    pub(super) fn ddof(self, ddof: u32) -> Self {
        Self { family: Family { ddof, ..self.family }, ..self }
    }

    /// The same as the law's own models, truth and choices, where none are stated.
    pub(super) fn at_home(mut self, law: &Law) -> Self {
        if self.family.form == Form::Other {
            self.family.form = law.forms.first().copied().unwrap_or_default();
        }
        let source = &mut self.source;
        if source.truth == Truth::Other {
            source.truth = match self.family.form {
                Form::Gaussian | Form::DiagonalGaussian | Form::Empirical | Form::Kernels => Truth::Normal,
                Form::Frequencies => Truth::Outcomes,
                Form::Poisson => Truth::Poisson,
                Form::MirroredPair => Truth::NormalMixture,
                Form::LeastSquares | Form::RandomFeatures => Truth::LinearModel,
                Form::GeneralisedLinear => Truth::GeneralisedLinearModel,
                Form::Other => Truth::Other,
            };
        }
        if matches!(source.truth, Truth::LinearModel | Truth::GeneralisedLinearModel) {
            source.standard_inputs = true;
            if self.synthesis == Synthesis::Sample {
                self.synthesis = Synthesis::Label;
            }
        }
        if self.choices == Choices::default()
            && let Some(first) = law.workflows.first()
        {
            self.choices = first.choices();
        }
        self
    }
}

/// What the law says at these conditions, at home.
pub(super) fn ask(law: &str, at: Conditions) -> Result<Prediction, NotApplicable> {
    let law = find(law).unwrap_or_else(|| panic!("no law `{law}`"));
    law.predict(&at.at_home(law))
}

/// The number alone.
pub(super) fn mean(law: &str, at: Conditions) -> f64 {
    ask(law, at).unwrap_or_else(|why| panic!("{why}")).mean
}
