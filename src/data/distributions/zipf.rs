//! Zipf's law over a finite vocabulary, with Mandelbrot's offset.
//!
//! p(i) ∝ (i + 1 + b)^(−s) for i in 0..K: Zipf's law for b = 0, Mandelbrot's for b > 0 (Mandelbrot
//! 1953, *An informational theory of the statistical structure of language*). Code 0 is the most
//! frequent outcome. A row is one code. Draws are O(1) by the alias method, whatever K.

use serde::Serialize;

use super::outcomes::Outcomes;

use crate::data::parameters::{Build, build};
use crate::data::{Source, SourceError};
use crate::registry::{About, Entry};
use crate::spec::parameter;

const DETAILS: &str = "Each row is one of `outcomes` codes; code i has probability proportional to \
                       (i + 1 + offset)^(−exponent), so code 0 is the most frequent word. The probabilities are \
                       known. The many rare outcomes are what refitting loses first.";
pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "zipf",
        summary: "A vocabulary whose frequencies fall as a power of the rank",
        details: DETAILS,
        source: "Zipf 1949, Human Behavior and the Principle of Least Effort",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

pub(in crate::data) const MANDELBROT: Entry<Source> = Entry {
    about: About {
        name: "zipf-mandelbrot",
        summary: "Zipf's law with Mandelbrot's offset, as measured for English words",
        details: DETAILS,
        source: "Mandelbrot 1953; Piantadosi 2014, DOI 10.3758/s13423-014-0585-6 (exponent 1, offset 2.7)",
        parameters: Mandelbrot::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Mandelbrot>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// The power s
        exponent: f64 = 1.0, in at_least(0);
        /// Number of outcomes
        outcomes: usize = 10000, in within(1, 10000000);
        /// Mandelbrot's b
        offset: f64 = 0.0, in at_least(0);
    }
}

/// The offset that is measured for English.
const OF_ENGLISH: f64 = 2.7;

crate::parameters! {
    /// The same law with Mandelbrot's offset.
    struct Mandelbrot {}
    include {
        law: Parameters = Parameters { offset: OF_ENGLISH, ..Parameters::default() } => &[
            parameter(Parameters::PARAMETERS, "exponent"),
            parameter(Parameters::PARAMETERS, "outcomes"),
            parameter(Parameters::PARAMETERS, "offset").or("2.7"),
        ];
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        self.named("zipf")
    }
}

impl Build for Mandelbrot {
    fn build(self) -> Result<Source, SourceError> {
        self.law.named("zipf-mandelbrot")
    }
}

impl Parameters {
    fn named(self, name: &str) -> Result<Source, SourceError> {
        let first = 1.0 + self.offset;
        // Relative to the first outcome, so that large exponents don't underflow everywhere.
        let weight = |i: usize| ((i as f64 + first) / first).powf(-self.exponent);
        let distribution = Outcomes::new("exponent", (0..self.outcomes).map(weight).collect())?;
        Ok(Source::of(name, &self, distribution))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;

    fn probabilities<P: Build>(json: &str) -> Vec<f64> {
        from_json::<P>(json).unwrap().truth().unwrap().probabilities().unwrap().to_vec()
    }

    #[test]
    fn probabilities_fall_as_the_power_of_the_rank() {
        // 1 + 1/2 + 1/3 = 11/6.
        let p = probabilities::<Parameters>(r#"{"outcomes": 3}"#);
        for (p, expected) in p.iter().zip([6.0 / 11.0, 3.0 / 11.0, 2.0 / 11.0]) {
            assert!((p - expected).abs() < 1e-15);
        }
        // Weights 1/(2 + i)²: 1/4, 1/9, 1/16, sum 61/144.
        let p = probabilities::<Parameters>(r#"{"outcomes": 3, "exponent": 2, "offset": 1}"#);
        for (p, expected) in p.iter().zip([36.0 / 61.0, 16.0 / 61.0, 9.0 / 61.0]) {
            assert!((p - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn the_mandelbrot_default_has_its_offset() {
        let p = probabilities::<Mandelbrot>(r#"{"outcomes": 2}"#);
        assert!((p[0] / p[1] - 4.7 / 3.7).abs() < 1e-12);
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for json in [r#"{"exponent": -1}"#, r#"{"outcomes": 0}"#, r#"{"offset": -0.5}"#] {
            assert!(from_json::<Parameters>(json).is_err(), "{json}");
        }
    }
}
