//! Counts that vary more than a Poisson's: the negative binomial distribution.
//!
//! X | Λ ~ Poisson(Λ) with Λ ~ Gamma(shape r, mean λ): P(X = k) = Γ(k + r)/(Γ(r) k!) (r/(r + λ))ʳ (λ/(r + λ))ᵏ, mean λ,
//! variance λ + λ²/r (Hilbe 2011, Negative Binomial Regression, ch. 8). For r → ∞ it is Poisson. A row is one double that
//! holds a whole number. Cost: O(1) a row.

use std::sync::Arc;

use rand_distr::Distribution as _;
use serde::Serialize;
use statrs::function::gamma::ln_gamma;

use super::{numbers, table};
use crate::data::parameters::{Build, ParameterError, build};
use crate::data::{Distribution, Samples, Schema, Source, SourceError};
use crate::registry::{About, Entry};
use crate::rng::Stream;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "negative-binomial",
        summary: "Counts that vary more than a Poisson's (overdispersed), with known mean",
        details: "Poisson counts whose rate is Gamma-distributed: mean λ, variance λ + λ²/shape. A family that takes \
                  variance for mean (`poisson`) is misspecified on them by a known factor.",
        source: "Hilbe 2011, Negative Binomial Regression, ch. 8",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// λ, the mean
        rate: f64 = 1.0, in above_to(0, 1000000);
        /// r: the variance is λ + λ²/r
        shape: f64 = 1.0, in above_to(0, 1000000);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let Self { rate, shape } = self;
        let rates = rand_distr::Gamma::new(shape, rate / shape)
            .map_err(|e| ParameterError::new("shape", e.to_string(), "give another shape"))?;
        let law = NegativeBinomial {
            schema: numbers(1),
            rates,
            shape,
            mean: [rate],
            variance: [rate + rate * rate / shape],
        };
        Ok(Source::of("negative-binomial", &self, law))
    }
}

struct NegativeBinomial {
    schema: Arc<Schema>,
    rates: rand_distr::Gamma<f64>,
    shape: f64,
    mean: [f64; 1],
    variance: [f64; 1],
}

impl Distribution for NegativeBinomial {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        // A rate that underflowed to 0 makes a 0.
        let mut one = || {
            let rate = self.rates.sample(rng);
            rand_distr::Poisson::new(rate).map_or(0.0, |law| law.sample(rng))
        };
        table(&self.schema, 1, (0..n).map(|_| one()).collect())
    }

    fn mean(&self) -> Option<&[f64]> {
        Some(&self.mean)
    }

    fn covariance(&self) -> Option<&[f64]> {
        Some(&self.variance)
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        if rows.schema().numeric_width() != 1 {
            return None;
        }
        let ([rate], r) = (self.mean, self.shape);
        let log = |&k: &f64| {
            if k < 0.0 || k.fract() != 0.0 {
                return f64::NEG_INFINITY;
            }
            ln_gamma(k + r) - ln_gamma(r) - ln_gamma(k + 1.0) - r * (rate / r).ln_1p()
                + k * (rate / (r + rate)).ln()
        };
        Some(rows.features().iter().map(log).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;
    use crate::rng::Streams;

    #[test]
    fn the_probabilities_are_the_textbook_ones() {
        // r = 2, λ = 6: p = ¼ and P(k) = (k + 1) p² (1 − p)ᵏ.
        let s = from_json::<Parameters>(r#"{"rate": 6, "shape": 2}"#).unwrap();
        let rows = table(s.schema(), 1, vec![0.0, 3.0, 0.5]);
        let log = s.truth().unwrap().log_density(&rows).unwrap();
        for (found, k) in log.iter().zip([0.0, 3.0]) {
            let expected: f64 = (k + 1.0) / 16.0 * 0.75_f64.powf(k);
            assert!((found - expected.ln()).abs() < 1e-12);
        }
        assert_eq!(log[2], f64::NEG_INFINITY);
        for bad in [r#"{"rate": 0}"#, r#"{"shape": -1}"#] {
            assert!(from_json::<Parameters>(bad).is_err());
        }
    }

    #[test]
    fn draws_have_the_stated_mean_and_variance() {
        let s = from_json::<Parameters>(r#"{"rate": 5, "shape": 2}"#).unwrap();
        let (n, variance) = (20_000, 5.0 + 12.5);
        let x = s.truth().unwrap().draw(n, &mut Streams::new(0, 1).rng()).features();
        let mean = x.iter().sum::<f64>() / n as f64;
        assert!((mean - 5.0).abs() < 4.0 * (variance / n as f64).sqrt(), "{mean}");
        let squares: Vec<f64> = x.iter().map(|x| (x - 5.0).powi(2)).collect();
        let found = squares.iter().sum::<f64>() / n as f64;
        let se = (squares.iter().map(|s| (s - found).powi(2)).sum::<f64>() / n as f64 / n as f64).sqrt();
        assert!((found - variance).abs() < 4.0 * se, "{found} ± {se}");
    }
}
