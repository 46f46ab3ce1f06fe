//! Neon: negative extrapolation from self-training, after the fit of any family with parameters.
//!
//! θ_neon = θ + w (θ − θ_self) = (1 + w) θ − w θ_self (Alemohammad, Wang and Baraniuk,
//! arXiv 2510.03597). θ is the ordinary fit; θ_self starts from θ and is fitted, with the family's own
//! effort, on `samples` rows that θ made under the setting's sampling transform. A sampler that prefers
//! what is likely (temperature below 1) moves θ_self away from the truth in a direction that is known,
//! and the extrapolation goes the other way; without such a sampler there is nothing to gain, but for families
//! whose fit is biased (smoothing, a penalty), where every refit repeats the bias.
//!
//! What is extrapolated is what the family's [`Affine`](super::Affine) combines: means, probabilities, coefficients,
//! variances, the weights of burn families. With `synthesis = "label"` θ labels the inputs of its training rows, over
//! and over until there are `samples`, each as often as the next whatever its weight. Where the family is fitted from
//! sufficient statistics, θ_self is too (but for labels, which need rows): exact in law. Cost: one more synthesis and one
//! more fit.

use super::affine::Movement;
use super::numeric::gathered;
use super::{Ask, Family, FitError, Model, SampleError, Sampling, Start};
use crate::data::{Body, Mix, Part, Rows};
use crate::rng::Streams;
use crate::spec::Synthesis;
use crate::theory;

crate::parameters! {
    /// The table `[model] neon`.
    #[derive(Clone, Copy, Debug, PartialEq)]
    pub struct NeonParams {
        /// w, how far beyond θ
        pub weight: f64 = 0.0 => "required", in at_least(0);
        /// Rows that θ makes for θ_self
        pub samples: usize = 1 => "required", in at_least(1);
    }
}

/// The extrapolation of every fit.
pub struct Neon {
    /// How far, and from how many rows.
    pub params: NeonParams,
    /// The transform under which models make rows.
    pub sampling: Sampling,
    /// Whether models make rows or labels.
    pub synthesis: Synthesis,
}

impl Neon {
    /// The rows that a model makes of itself, or their statistics where those are exact.
    fn own_rows(
        &self,
        family: &dyn Family,
        model: &dyn Model,
        mix: &Mix,
        streams: &Streams,
    ) -> Result<Body, FitError> {
        let n = self.params.samples;
        let refused = |error: SampleError| match error {
            SampleError::Refused(refusal) => FitError::Refused(refusal),
            other => super::Refusal::new(other.to_string()).into(),
        };
        if self.synthesis == Synthesis::Label {
            let (inputs, _) = gathered(mix)?;
            let all = inputs.len() as u32;
            let again: Vec<u32> = (0..all).cycle().take(n).collect();
            let ask = Ask::Given(&inputs.take(&again));
            return Ok(Body::Rows(Rows::all(
                model.synthesise(ask, n, &self.sampling, streams).map_err(refused)?,
            )));
        }
        match family.statistics().filter(|path| path.draws() && path.supports(&self.sampling)) {
            Some(path) => path.draw(model, n, &self.sampling, &mut streams.rng()).map(Body::Statistics),
            None => model
                .synthesise(Ask::Rows, n, &self.sampling, streams)
                .map(|rows| Body::Rows(Rows::all(rows))),
        }
        .map_err(refused)
    }
}

impl Movement for Neon {
    fn moved(
        &self,
        family: &dyn Family,
        model: Box<dyn Model>,
        mix: &Mix,
        _: Start<'_>,
        streams: &Streams,
    ) -> Result<Box<dyn Model>, FitError> {
        let (streams, w) = (streams.of("neon"), self.params.weight);
        let rows = self.own_rows(family, model.as_ref(), mix, &streams.of("synthesise"))?;
        let own = Mix { parts: vec![Part::synthetic(0, rows)], ..Mix::default() };
        let away = family.fit(&own, Start::Warm(model.as_ref()), &streams.of("fit"))?;
        Ok(family.affine()?.combine(&[(1.0 + w, model.as_ref()), (-w, away.as_ref())])?)
    }

    fn conditions(&self, family: theory::Family) -> theory::Family {
        theory::Family { neon: Some(self.params.weight), ..family }
    }

    fn takes_statistics(&self) -> bool {
        self.synthesis != Synthesis::Label
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::data::{Column, Counts, Kind, Link, Moments, Samples, Schema, Statistics, TokenUnit};
    use crate::metrics::testing::{labelled, text};
    use crate::models::ngram::Smoothing;
    use crate::models::{BoxedFamily, Categorical, Gaussian, Moved, NGram, Parameters};
    use crate::spec::Node;

    fn moved(family: BoxedFamily, params: NeonParams, temperature: f64, synthesis: Synthesis) -> Moved<Neon> {
        let sampling = Sampling { temperature, ..Sampling::default() };
        Moved::new(family, Neon { params, sampling, synthesis }).unwrap()
    }

    fn neon(family: BoxedFamily, weight: f64, temperature: f64) -> Moved<Neon> {
        moved(family, NeonParams { weight, samples: 1_000_000 }, temperature, Synthesis::Sample)
    }

    fn regression(name: &str) -> BoxedFamily {
        let node = Node::from_toml(&format!("family = \"{name}\""), "test.toml").unwrap();
        crate::models::FAMILIES.get(name).unwrap().make(&node).unwrap()
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
        let family = moved(Box::new(Gaussian::default()), params, 1.0, Synthesis::Sample);
        let mix = Mix::of_human(Rows::all(rows));
        let fit = || family.fit(&mix, Start::Scratch, &Streams::new(0, 3)).unwrap();
        let (a, b) = (fit(), fit());
        let draw = |m: &dyn Model| {
            m.synthesise(Ask::Rows, 5, &Sampling::default(), &Streams::new(0, 4)).unwrap().features()
        };
        assert_eq!(draw(a.as_ref()), draw(b.as_ref()));
    }

    #[test]
    fn sharpened_log_odds_are_drawn_back() {
        // Rows (x, y) of ±1 and 0/1, three of four with y as x says: β = ln 3. A temperature of ½ makes β_self = 2β, so
        // w = ½ leaves β/2. β_self is the log odds of a share p = .9 of m rows: standard error 1/√(m p (1 − p)).
        let x = [1.0, 1.0, 1.0, 1.0, -1.0, -1.0, -1.0, -1.0];
        let rows = labelled(&x, 1, &[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0], Link::Logit);
        let params = NeonParams { weight: 0.5, samples: 20_000 };
        let family = moved(regression("logistic-regression"), params, 0.5, Synthesis::Label);
        let model = family.fit(&Mix::of_human(Rows::all(rows)), Start::Scratch, &Streams::new(0, 5)).unwrap();
        let Parameters::Regression { weights, .. } = model.parameters() else { panic!("a regression") };
        let se = 0.5 / (20_000.0_f64 * 0.9 * 0.1).sqrt();
        assert!((weights[0] - 0.5 * 3.0_f64.ln()).abs() < 5.0 * se, "{weights:?} ± {se}");
        assert!(family.statistics().is_none(), "labels need rows");
    }

    #[test]
    fn a_smoothed_fit_is_moved_away_from_its_own_bias() {
        // Half of p is the uniform distribution over V words: p(a) = 3/8 + ½/V. θ_self repeats that, so its direct share
        // of a is p(a)/2 for 3/8, and the line has 3/8 + w (3/8 − p(a)/2).
        let rows = text(TokenUnit::Words, &["a a", "a b"]);
        let smoothing = Smoothing::JelinekMercer { lambda: 0.5 };
        let params = NeonParams { weight: 0.4, samples: 20_000 };
        let family =
            moved(Box::new(NGram { order: 1, best: false, smoothing }), params, 1.0, Synthesis::Sample);
        let (mix, streams) = (Mix::of_human(Rows::all(rows.clone())), Streams::new(0, 6));
        let model = family.fit(&mix, Start::Scratch, &streams).unwrap();
        let v = rows.schema().vocabulary().unwrap().len() as f64;
        let p = 0.375 + 0.5 / v;
        let one = text(TokenUnit::Words, &["a"]);
        let found = model.density().unwrap().log_likelihood(&one, &streams).unwrap()[0].exp();
        // The V − 2 words that θ never saw would get −w/(4V) each; that is cut off, and the rest scaled to sum to 1.
        let expected = (0.375 + 0.4 * (0.375 - p / 2.0) + 0.5 / v) / (1.0 + 0.4 * (v - 2.0) / (4.0 * v));
        // Half of the standard error of a share p of 40,000 words, times w.
        let se = 0.4 * 0.5 * (p * (1.0 - p) / 40_000.0).sqrt();
        assert!((found - expected).abs() < 5.0 * se, "{found} for {expected} ± {se}");
    }
}
