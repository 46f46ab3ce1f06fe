//! Poisson counts.
//!
//! P(X = k) = λᵏ e^(−λ) / k!, mean = variance = λ. A row is one double that holds a whole number,
//! so that exponential families and Gaussians can both be fitted to it.

use std::sync::Arc;

use rand_distr::Distribution as _;
use serde::Serialize;
use statrs::function::gamma::ln_gamma;

use super::{numbers, table};
use crate::data::parameters::{Build, ParameterError, build};
use crate::data::{Distribution, Samples, Schema, Source, SourceError};
use crate::registry::{About, Entry};
use crate::rng::Stream;
use crate::theory::Truth;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "poisson",
        summary: "Counts with a known rate",
        details: "Each row is one whole number k with probability λᵏ e^(−λ)/k!. Mean and variance are λ.",
        source: "Textbook; an exponential family as in He, Xu and Cheng, arXiv 2502.18049",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// λ
        rate: f64 = 1.0, in above_to(0, 1000000000);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let law = rand_distr::Poisson::new(self.rate)
            .map_err(|e| ParameterError::new("rate", e.to_string(), "give another rate"))?;
        Ok(Source::of("poisson", &self, Poisson { schema: numbers(1), law, rate: [self.rate] }))
    }
}

struct Poisson {
    schema: Arc<Schema>,
    law: rand_distr::Poisson<f64>,
    rate: [f64; 1],
}

impl Distribution for Poisson {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        table(&self.schema, 1, (0..n).map(|_| self.law.sample(rng)).collect())
    }

    fn kind(&self) -> Truth {
        Truth::Poisson
    }

    fn mean(&self) -> Option<&[f64]> {
        Some(&self.rate)
    }

    fn covariance(&self) -> Option<&[f64]> {
        Some(&self.rate)
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        if rows.schema().numeric_width() != 1 {
            return None;
        }
        let [rate] = self.rate;
        let log = |&k: &f64| {
            if k < 0.0 || k.fract() != 0.0 {
                return f64::NEG_INFINITY;
            }
            k * rate.ln() - rate - ln_gamma(k + 1.0)
        };
        Some(rows.features().iter().map(log).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;

    #[test]
    fn the_log_probability_is_the_textbook_one() {
        let s = from_json::<Parameters>(r#"{"rate": 2}"#).unwrap();
        let rows = table(s.schema(), 1, vec![0.0, 3.0, 0.5]);
        let log = s.truth().unwrap().log_density(&rows).unwrap();
        // e^(−2), and 8/6 e^(−2).
        assert!((log[0] + 2.0).abs() < 1e-12 && (log[1] - ((8.0_f64 / 6.0).ln() - 2.0)).abs() < 1e-12);
        assert_eq!(log[2], f64::NEG_INFINITY);
        assert!(from_json::<Parameters>(r#"{"rate": 0}"#).is_err());
    }
}
