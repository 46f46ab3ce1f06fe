//! `survival`: whether the model is still alive, 1 or 0.
//!
//! For outcomes: whether one outcome's fitted probability is above a threshold. For numbers: whether
//! the fitted standard deviation √(tr Σ / d) is, of the whole or within the components of a mixture. The mean over seeds is the probability of survival
//! that bounds on the rate of collapse speak of. Cost: O(1) from parameters, O(n) from rows.

use super::frequencies::fitted_or_sample;
use super::observation::Normal;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, table,
};
use crate::data::{Distribution, NormalMixture, Schema};
use crate::models::{Parameters, Refusal};
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of the metric.
    #[derive(Clone, Copy, Debug)]
    struct Survival {
        /// The threshold: a probability, or a standard deviation in the rows' units
        above: f64 = 0.0, in at_least(0);
        /// The outcome that is watched, from 0
        outcome: Option<usize> = None => "\"last\"", with outcome;
        /// Whether the deviation is that within the components of a fitted mixture, not of the whole
        within: bool = false;
    }
}

/// A number, or "last".
fn outcome<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    use serde::de::Error;
    struct Outcome;
    impl serde::de::Visitor<'_> for Outcome {
        type Value = Option<usize>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the number of an outcome, from 0, or \"last\"")
        }
        fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
            if word == "last" {
                Ok(None)
            } else {
                Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
            }
        }
        fn visit_i64<E: Error>(self, at: i64) -> Result<Self::Value, E> {
            usize::try_from(at)
                .map(Some)
                .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(at), &self))
        }
        fn visit_u64<E: Error>(self, at: u64) -> Result<Self::Value, E> {
            Ok(usize::try_from(at).ok())
        }
    }
    from.deserialize_any(Outcome)
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "survival",
        summary: "1 while an outcome, or any spread, is left; 0 afterwards",
        details: "For rows of one outcome: 1 if the fitted probability of `outcome` is greater than `above`. For \
            numbers: 1 if the fitted standard deviation √(tr Σ / d) is. Where the model states no parameters the \
            sample's frequencies or deviation are read. Its mean over seeds is the probability of survival, so \
            claim it with many seeds; one lineage is 0 or 1.",
        source: "Suresh et al. 2024 (arXiv 2412.17646)",
        parameters: Survival::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "1",
        unit: "probability over seeds",
        scale: Scale::Linear,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<Survival>(node)?)),
};

impl Metric for Survival {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if !(self.above.is_finite() && self.above >= 0.0) {
            return Err(Refusal::new(format!("`above` must be at least 0, not {}", self.above)));
        }
        match (schema.outcomes(), self.outcome) {
            (Some(n), Some(outcome)) if outcome >= n => {
                Err(Refusal::new(format!("`outcome` must be below the {n} outcomes, and is {outcome}")))
            }
            (Some(_), _) => Ok(()),
            (None, Some(_)) => {
                Err(Refusal::new(format!("`outcome` needs rows of one outcome; these rows are {schema}")))
            }
            (None, None) if schema.numeric_width() > 0 => Ok(()),
            (None, None) => Err(Refusal::new(format!(
                "it needs rows of one outcome or of numbers; these rows are {schema}"
            ))),
        }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let left = match fitted_or_sample(of) {
            Ok(p) => {
                let outcome = self.outcome.unwrap_or(p.len().saturating_sub(1));
                *p.get(outcome).ok_or_else(|| Refusal::new(format!("there is no outcome {outcome}")))?
            }
            Err(_) => {
                let moments = match (self.within, of.parameters()) {
                    (false, _) => of.fitted_or_sample_moments()?,
                    (true, Parameters::Mixture(mixture)) => within(&mixture),
                    (true, _) => {
                        return Err(Refusal::not_applicable("`within` needs a model that states a mixture"));
                    }
                };
                let d = moments.mean.len();
                (moments.covariance.iter().step_by(d + 1).sum::<f64>() / d as f64).max(0.0).sqrt()
            }
        };
        if left.is_finite() {
            one("survival", f64::from(u8::from(left > self.above)))
        } else {
            Err(Refusal::diverged("the fitted model is not finite"))
        }
    }
}

/// The mean covariance of the components.
fn within<'a>(mixture: &NormalMixture<'_>) -> Normal<'a> {
    let d = mixture.dim;
    let mut covariance = vec![0.0; d * d];
    for (weight, own) in mixture.weights.iter().zip(mixture.covariances.chunks_exact(d * d)) {
        covariance.iter_mut().zip(own).for_each(|(sum, c)| *sum += weight * c);
    }
    Normal { mean: vec![0.0; d].into(), covariance: covariance.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, outcomes, value};

    #[test]
    fn components_live_while_their_own_deviation_is_above_the_threshold() {
        let mixture =
            NormalMixture { dim: 1, weights: &[0.25, 0.75], means: &[-9.0, 9.0], covariances: &[0.04, 0.12] };
        // 0.25 · 0.04 + 0.75 · 0.12.
        assert!((within(&mixture).covariance[0] - 0.1).abs() < 1e-15);
        let of = Survival { within: true, ..Survival::default() };
        assert!(value(&of, &Scene::model(Fitted::gaussian(&[0.0], &[1.0]))).is_err());
    }

    #[test]
    fn an_outcome_lives_while_its_probability_is_above_the_threshold() {
        let scene = || Scene::model(Fitted::Outcomes(vec![0.75, 0.25, 0.0]));
        let of = |outcome, above| value(&Survival { above, outcome, within: false }, &scene());
        assert_eq!((of(Some(1), 0.0), of(Some(1), 0.25), of(None, 0.0)), (Ok(1.0), Ok(0.0), Ok(0.0)));
        // Read from rows where the model states nothing.
        let rows = Scene::sample(outcomes(&[0, 0, 2], 3));
        assert_eq!(value(&Survival::default(), &rows), Ok(1.0));
    }

    #[test]
    fn numbers_live_while_their_deviation_is_above_the_threshold() {
        let of = |variance, above| {
            value(
                &Survival { above, outcome: None, within: false },
                &Scene::model(Fitted::gaussian(&[0.0], &[variance])),
            )
        };
        assert_eq!((of(0.04, 0.1), of(0.01, 0.1), of(0.0, 0.0)), (Ok(1.0), Ok(0.0), Ok(0.0)));
    }

    #[test]
    fn what_it_cannot_watch_is_refused() {
        let schema = outcomes(&[0], 3).schema().clone();
        assert!(Survival { outcome: Some(3), ..Survival::default() }.accepts(&schema, None).is_err());
        assert!(Survival { above: -1.0, ..Survival::default() }.accepts(&schema, None).is_err());
    }
}
