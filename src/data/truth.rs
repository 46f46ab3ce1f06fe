//! What laws are told of a source.

use super::{Distribution, Link, Source, predictor};
use crate::theory::{self, Truth};

impl Source {
    /// The truth behind the rows, in the terms of laws.
    pub fn conditions(&self) -> theory::Source {
        let width = self.schema().numeric_width().max(1);
        let Some(truth) = self.truth() else {
            return theory::Source { dim: width, ..theory::Source::default() };
        };
        let regression = truth.regression();
        let known = theory::Source {
            truth: truth.kind(),
            dim: width,
            probabilities: truth.probabilities().map(Into::into),
            component_sd: truth.components().and_then(|c| isotropic(c.dim, c.covariances)).map(f64::sqrt),
            ..theory::Source::default()
        };
        match regression {
            Some(r) => theory::Source {
                dim: r.weights.len(),
                variance: (r.link == Link::Identity).then_some(r.noise_variance),
                standard_inputs: r.tabulated.is_none() && r.input_variances.iter().all(|v| *v == 1.0),
                signal: Some(predictor(&r.weights, &r.weights)),
                ..known
            },
            None => theory::Source {
                mean: truth.mean().and_then(|m| if let [one] = m { Some(*one) } else { None }),
                variance: truth.covariance().and_then(|c| isotropic(width, c)),
                ..known
            },
        }
    }

    /// What laws are told of this source where it makes the synthetic rows of `human`.
    pub fn as_generator_of(&self, human: &Source) -> theory::Generator {
        let (own, other) = (self.conditions(), human.conditions());
        let weights = |source: &Source| Some(source.truth()?.regression()?.weights.clone());
        let pair = weights(human).zip(weights(self)).filter(|(w, v)| w.len() == v.len());
        let delta = pair.map(|(w, v)| (v.iter().zip(&w).map(|(v, w)| v - w).collect::<Vec<f64>>(), w));
        theory::Generator {
            bias: own.mean.zip(other.mean).map(|(own, other)| own - other),
            variance: own.variance.filter(|_| own.mean.is_some()),
            shift: delta.as_ref().map(|(d, _)| predictor(d, d)),
            alignment: delta.as_ref().map(|(d, w)| predictor(d, w)),
        }
    }
}

/// v where every one of these row-major `d × d` matrices is vI.
fn isotropic(d: usize, matrices: &[f64]) -> Option<f64> {
    let first = *matrices.first()?;
    let expected = |at: usize| if (at % (d * d)).is_multiple_of(d + 1) { first } else { 0.0 };
    matrices.iter().enumerate().all(|(at, v)| *v == expected(at)).then_some(first)
}

/// The kind that follows from what a distribution says of itself.
pub(super) fn kind(truth: &(impl Distribution + ?Sized)) -> Truth {
    match (truth.regression(), truth.components()) {
        (Some(r), _) if r.link == Link::Identity => Truth::LinearModel,
        (Some(_), _) => Truth::GeneralisedLinearModel,
        _ if truth.probabilities().is_some() => Truth::Outcomes,
        (_, Some(components)) if components.len() == 1 => Truth::Normal,
        (_, Some(_)) => Truth::NormalMixture,
        _ if truth.mean().and(truth.covariance()).is_some() => Truth::Numbers,
        _ => Truth::Other,
    }
}
