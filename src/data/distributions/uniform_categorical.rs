//! Outcomes that are all equally likely.
//!
//! p(i) = 1/K for i in 0..K. A row is one code. Draws are O(1).

use serde::Serialize;

use super::outcomes::Outcomes;

use crate::data::parameters::{Build, build};
use crate::data::{Source, SourceError};
use crate::registry::{About, Entry};

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "uniform-categorical",
        summary: "Outcomes that are all equally likely",
        details: "Each row is one of `outcomes` codes, each with probability 1/`outcomes`. The probabilities are \
                  known. Under refitting on one's own samples the number of outcomes that survive falls as in \
                  the Wright–Fisher model of population genetics.",
        source: "Briesch, Sobania and Rothlauf, arXiv 2311.16822; Shumailov et al. 2024, DOI \
                 10.1038/s41586-024-07566-y",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// Number of outcomes
        outcomes: usize = 100, in within(1, 10000000);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let distribution = Outcomes::new("outcomes", vec![1.0; self.outcomes])?;
        Ok(Source::of("uniform-categorical", &self, distribution))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;

    #[test]
    fn every_outcome_has_the_same_probability() {
        let s = from_json::<Parameters>(r#"{"outcomes": 8}"#).unwrap();
        assert_eq!(s.truth().unwrap().probabilities().unwrap(), [0.125; 8]);
        assert_eq!(s.schema().outcomes(), Some(8));
        assert!(from_json::<Parameters>(r#"{"outcomes": 0}"#).is_err());
    }
}
