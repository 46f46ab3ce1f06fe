//! Neon: negative extrapolation from self-training, after the fit of any family that allows it.
//!
//! θ_neon = θ + w (θ − θ_self) = (1 + w) θ − w θ_self (Alemohammad, Wang and Baraniuk,
//! arXiv 2510.03597). θ is the ordinary fit; θ_self starts from θ and is fitted, with the family's own
//! effort, on `samples` rows that θ made under the setting's sampling transform. A sampler that prefers
//! what is likely (temperature below 1) moves θ_self away from the truth in a direction that is known,
//! and the extrapolation goes the other way; without such a sampler there is nothing to gain.
//!
//! What is extrapolated: mean and covariance of `gaussian` (negative eigenvalues become 0), the
//! probabilities of `categorical` (negative ones become 0, the rest is scaled to sum to 1), and all
//! weights of the burn families. Where the family is fitted from sufficient statistics, θ_self is
//! too: exact in law. Cost: one more synthesis and one more fit.

use std::path::Path;

use serde::Deserialize;

use super::{
    Ask, BoxedFamily, Extrapolation, Family, FitError, Model, Refusal, SampleError, Sampling, Start,
    StatisticsPath, StorageError, ranges,
};
use crate::data::{Body, Mix, Part, Rows, Schema};
use crate::rng::Streams;

/// The table `[model] neon`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeonParams {
    /// w, how far beyond θ: at least 0; required.
    #[serde(deserialize_with = "ranges::non_negative")]
    pub weight: f64,
    /// Rows that θ makes for θ_self, at least 1; required.
    #[serde(deserialize_with = "ranges::at_least_one")]
    pub samples: usize,
}

/// A family whose every fit is followed by the extrapolation.
pub struct Neon {
    family: BoxedFamily,
    params: NeonParams,
    sampling: Sampling,
}

impl Neon {
    /// Wraps a family; `sampling` is the transform under which models make rows. Refuses families
    /// whose parameters can't be extrapolated.
    pub fn new(family: BoxedFamily, params: NeonParams, sampling: Sampling) -> Result<Self, Refusal> {
        match family.extrapolation() {
            Some(_) => Ok(Self { family, params, sampling }),
            None => Err(Refusal::new("the parameters of this family can't be extrapolated (`neon`)")),
        }
    }

    /// The rows that a model makes of itself, or their statistics where those are exact.
    fn own_rows(&self, model: &dyn Model, streams: &Streams) -> Result<Body, SampleError> {
        let n = self.params.samples;
        match self.family.statistics().filter(|path| path.supports(&self.sampling)) {
            Some(path) => Ok(Body::Statistics(path.draw(model, n, &self.sampling, &mut streams.rng())?)),
            None => Ok(Body::Rows(Rows::all(model.synthesise(Ask::Rows, n, &self.sampling, streams)?))),
        }
    }
}

impl Family for Neon {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.family.accepts(schema)
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let model = self.family.fit(mix, start, streams)?;
        let streams = streams.of("neon");
        let rows = self.own_rows(model.as_ref(), &streams.of("synthesise")).map_err(|error| match error {
            SampleError::Refused(refusal) => FitError::Refused(refusal),
            other => Refusal::new(other.to_string()).into(),
        })?;
        let own = Mix { parts: vec![Part::synthetic(0, rows)], ..Mix::default() };
        let away = self.family.fit(&own, Start::Warm(model.as_ref()), &streams.of("fit"))?;
        match self.family.extrapolation() {
            Some(line) => Ok(line.extrapolate(model.as_ref(), away.as_ref(), self.params.weight)?),
            None => Ok(model),
        }
    }

    fn average(&self, fits: &[(f64, Box<dyn Model>)]) -> Result<Box<dyn Model>, FitError> {
        self.family.average(fits)
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        self.family.load(from)
    }

    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        self.family.statistics()
    }

    fn extrapolation(&self) -> Option<&dyn Extrapolation> {
        self.family.extrapolation()
    }

    fn takes_a_start(&self) -> bool {
        self.family.takes_a_start()
    }

    fn seeds_per_cell(&self) -> u64 {
        self.family.seeds_per_cell()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::data::{Column, Counts, Kind, Moments, Samples, Statistics};
    use crate::models::{Categorical, Gaussian, Parameters};

    fn neon(family: BoxedFamily, weight: f64, temperature: f64) -> Neon {
        let sampling = Sampling { temperature, ..Sampling::default() };
        Neon::new(family, NeonParams { weight, samples: 1_000_000 }, sampling).unwrap()
    }

    fn moments(variance: f64) -> Mix {
        let m = Moments { n: 10, weight: 10.0, mean: vec![1.0], scatter: vec![10.0 * variance] };
        Mix { parts: vec![Part::human(0, Body::Statistics(Statistics::Moments(m)))], ..Mix::default() }
    }

    #[test]
    fn a_sharpened_gaussian_is_widened() {
        // θ_self has variance T σ², so θ_neon has σ² (1 + w (1 − T)); its own error is
        // w T σ² √(2/samples) = .2 % here at w = 2; five of them.
        let family = neon(Box::new(Gaussian::default()), 2.0, 0.8);
        let model = family.fit(&moments(3.0), Start::Scratch, &Streams::new(0, 1)).unwrap();
        let Parameters::Gaussian { mean, covariance } = model.parameters() else { panic!("a Gaussian") };
        assert!((covariance[0] / (3.0 * 1.4) - 1.0).abs() < 0.01, "{covariance:?}");
        assert!((mean[0] - 1.0).abs() < 5.0 * 2.0 * (2.4_f64 / 1e6).sqrt(), "{mean:?}");
    }

    #[test]
    fn nothing_is_extrapolated_with_weight_zero() {
        let family = neon(Box::new(Gaussian::default()), 0.0, 0.8);
        let model = family.fit(&moments(3.0), Start::Scratch, &Streams::new(0, 1)).unwrap();
        let Parameters::Gaussian { covariance, .. } = model.parameters() else { panic!("a Gaussian") };
        assert_eq!(covariance, [3.0]);
    }

    #[test]
    fn lost_probabilities_do_not_become_negative() {
        // p = (.9, .1) at T = ½: p_self = (.81, .01)/.82. p + 10 (p − p_self) = (.0219…, .978…).
        // And with w = 20 the first would be −.86, so it is 0.
        let counts = Counts { n: 10, counts: vec![9.0, 1.0] };
        let mix = Mix {
            parts: vec![Part::human(0, Body::Statistics(Statistics::Counts(counts)))],
            ..Mix::default()
        };
        let p = |weight: f64| {
            let family = neon(Box::new(Categorical::default()), weight, 0.5);
            let model = family.fit(&mix, Start::Scratch, &Streams::new(0, 2)).unwrap();
            let Parameters::Probabilities(p) = model.parameters() else { panic!("outcomes") };
            p.to_vec()
        };
        let expected = 0.9 + 10.0 * (0.9 - 0.81 / 0.82);
        // Ten times the standard error of a share of .988 in 10⁶ rows, five of them.
        assert!((p(10.0)[0] - expected).abs() < 5.0 * 10.0 * (0.012_f64 / 1e6).sqrt());
        assert_eq!(p(20.0), [0.0, 1.0]);
    }

    #[test]
    fn rows_serve_where_the_transform_is_not_exact_on_statistics() {
        let schema = std::sync::Arc::new(Schema::single(Kind::F64 { width: 2 }));
        let data = vec![0.0, 0.0, 1.0, 2.0, 3.0, 1.0, -1.0, 0.5];
        let rows = Samples::new(schema, vec![Column::F64 { width: 2, data }]).unwrap();
        let params = NeonParams { weight: 0.5, samples: 50 };
        let family = Neon::new(Box::new(Gaussian::default()), params, Sampling::default()).unwrap();
        let mix = Mix::of_human(Rows::all(rows));
        let fit = || family.fit(&mix, Start::Scratch, &Streams::new(0, 3)).unwrap();
        let (a, b) = (fit(), fit());
        let draw = |m: &dyn Model| {
            m.synthesise(Ask::Rows, 5, &Sampling::default(), &Streams::new(0, 4)).unwrap().features()
        };
        assert_eq!(draw(a.as_ref()), draw(b.as_ref()));
    }

    #[test]
    fn families_without_such_parameters_are_refused() {
        let params = NeonParams { weight: 0.1, samples: 10 };
        assert!(Neon::new(Box::new(crate::models::NGram::default()), params, Sampling::default()).is_err());
    }
}
