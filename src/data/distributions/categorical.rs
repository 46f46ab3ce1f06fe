//! Outcomes with stated probabilities, and the two-outcome case.
//!
//! p(i) = `probabilities[i]`, normalised to sum to 1. A row is one code. Draws are O(1).

use serde::Serialize;

use super::outcomes::Outcomes;

use crate::data::parameters::{Build, ParameterError, build};
use crate::data::{Source, SourceError};
use crate::registry::{About, Entry};

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "categorical",
        summary: "Outcomes with the probabilities that you list",
        details: "Each row is one code `i` with probability `probabilities[i]`. The list is divided by its sum; a \
                  sum more than 1 % away from 1 is taken as a slip and refused, unless `normalise = true`.",
        source: "Briesch, Sobania and Rothlauf, arXiv 2311.16822",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

pub(in crate::data) const BERNOULLI: Entry<Source> = Entry {
    about: About {
        name: "bernoulli",
        summary: "Two outcomes: 1 with probability p, else 0",
        details: "Each row is the code 1 with probability `p` and 0 with 1 − p. The probabilities are known.",
        source: "He, Xu and Cheng, arXiv 2502.18049",
        parameters: Bernoulli::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Bernoulli>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// One number for each outcome, not negative, summing to 1
        probabilities: Vec<f64> = Vec::new() => "required", in at_least(0);
        /// Whether any sum is accepted (weights)
        normalise: bool = false;
    }
}

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Bernoulli {
        /// Probability of outcome 1
        p: f64 = 0.5, in within(0, 1);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let distribution = Outcomes::new("probabilities", self.probabilities.clone())?;
        let total: f64 = self.probabilities.iter().sum();
        if !self.normalise && (total - 1.0).abs() > 0.01 {
            let why = format!("the entries sum to {total}");
            let help = "make them sum to 1, or set `normalise = true`";
            return Err(ParameterError::new("probabilities", why, help).into());
        }
        Ok(Source::of("categorical", &self, distribution))
    }
}

impl Build for Bernoulli {
    fn build(self) -> Result<Source, SourceError> {
        let distribution = Outcomes::new("p", vec![1.0 - self.p, self.p])?;
        Ok(Source::of("bernoulli", &self, distribution))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;
    use crate::data::{Column, Samples};

    #[test]
    fn probabilities_are_as_listed() {
        let s = from_json::<Parameters>(r#"{"probabilities": [0.5, 0.25, 0.25]}"#).unwrap();
        let truth = s.truth().unwrap();
        assert_eq!(truth.probabilities().unwrap(), [0.5, 0.25, 0.25]);
        let rows = Samples::new(s.schema().clone(), vec![Column::Codes { data: vec![1, 0] }]).unwrap();
        let log = truth.log_density(&rows).unwrap();
        assert!((log[0] - 0.25_f64.ln()).abs() < 1e-15 && (log[1] - 0.5_f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn a_wrong_sum_is_refused_unless_weights_are_meant() {
        assert!(from_json::<Parameters>(r#"{"probabilities": [0.5, 0.4]}"#).is_err());
        let s = from_json::<Parameters>(r#"{"probabilities": [3, 1], "normalise": true}"#).unwrap();
        assert_eq!(s.truth().unwrap().probabilities().unwrap(), [0.75, 0.25]);
    }

    #[test]
    fn a_bernoulli_row_is_one_with_probability_p() {
        let s = from_json::<Bernoulli>(r#"{"p": 0.25}"#).unwrap();
        assert_eq!(s.truth().unwrap().probabilities().unwrap(), [0.75, 0.25]);
        assert!(from_json::<Bernoulli>(r#"{"p": 1.25}"#).is_err());
    }
}
