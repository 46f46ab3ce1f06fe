//! A partial step from the start: `[model] step = η`.
//!
//! θ = θ_start + η (θ̂ − θ_start) with 0 < η ≤ 1: θ_start is the model that `loop.start` names (`warm`, the last
//! generation's; `base`, generation 0's) and θ̂ the family's own fit to the new training set. In the mean parameters of an
//! exponential family it is one natural-gradient step of size η on the log likelihood (Amari 1998,
//! DOI 10.1162/089976698300017746): the closed form of a warm-started refit that was stopped early. Generation 0, which
//! starts from nothing, is the whole fit. It is the line of Neon with weight −(1 − η), seen from θ̂; with both, the step
//! comes first, and θ_self takes a step of its own from θ.
//!
//! Source: the combination is textbook; the laws of the loop are derived in `theory`. Cost: that of the fit.

use super::affine::Movement;
use super::{Family, FitError, Model, Start};
use crate::data::Mix;
use crate::rng::Streams;
use crate::theory;

/// η, the part of the way that a refit goes: above 0, at most 1.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(transparent)]
pub struct Step {
    /// η.
    #[serde(deserialize_with = "super::ranges::positive_share")]
    pub size: f64,
}

impl Movement for Step {
    fn moved(
        &self,
        family: &dyn Family,
        model: Box<dyn Model>,
        _: &Mix,
        start: Start<'_>,
        _: &Streams,
    ) -> Result<Box<dyn Model>, FitError> {
        match start {
            Start::Scratch => Ok(model),
            Start::Warm(from) | Start::Base(from) => {
                let way = [(self.size, model.as_ref()), (1.0 - self.size, from)];
                Ok(family.affine()?.combine(&way)?)
            }
        }
    }

    fn conditions(&self, family: theory::Family) -> theory::Family {
        theory::Family { step: self.size, ..family }
    }

    fn takes_a_start(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Body, Moments, Part, Statistics};
    use crate::models::kde::Kde;
    use crate::models::{Gaussian, Moved, Parameters};

    fn mix(mean: f64, variance: f64) -> Mix {
        let m = Moments { n: 10, weight: 10.0, mean: vec![mean], scatter: vec![10.0 * variance] };
        Mix { parts: vec![Part::human(0, Body::Statistics(Statistics::Moments(m)))], ..Mix::default() }
    }

    fn parameters(model: &dyn Model) -> (f64, f64) {
        match model.parameters() {
            Parameters::Gaussian { mean, covariance } => (mean[0], covariance[0]),
            _ => panic!("a Gaussian"),
        }
    }

    #[test]
    fn a_quarter_of_the_way() {
        let family = Moved::new(Box::new(Gaussian::default()), Step { size: 0.25 }).unwrap();
        let streams = Streams::new(0, 0);
        let first = family.fit(&mix(2.0, 4.0), Start::Scratch, &streams).unwrap();
        assert_eq!(parameters(&*first), (2.0, 4.0), "generation 0 is the whole fit");
        for start in [Start::Warm(&*first), Start::Base(&*first)] {
            let next = family.fit(&mix(10.0, 8.0), start, &streams).unwrap();
            assert_eq!(parameters(&*next), (4.0, 5.0));
        }
        assert!(family.takes_a_start() && !Gaussian::default().takes_a_start());
    }

    #[test]
    fn a_family_without_parameters_takes_no_step() {
        assert!(Moved::new(Box::new(Kde::default()), Step { size: 0.5 }).is_err());
    }
}
