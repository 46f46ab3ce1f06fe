//! `top-share`: the probability of the most frequent outcome or token. Cost: O(outcomes).

use super::frequencies::fitted_or_sample;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, one, plain, shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct TopShare;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "top-share",
        summary: "Probability of the most frequent outcome",
        details: "max p, of the fitted probabilities where the model states them, else of the sample's frequencies. \
            1 for a model that has collapsed to one outcome.",
        source: "Berger & Parker 1970 (10.1126/science.168.3937.1345), the dominance index",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "probability",
        scale: Scale::Logit,
    },
    build: |node| plain(node, TopShare),
};

impl Metric for TopShare {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::outcomes_or_text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        one("top-share", fitted_or_sample(of)?.iter().copied().fold(0.0, f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, outcomes, value};

    #[test]
    fn it_is_the_largest_of_the_probabilities_or_frequencies() {
        assert_eq!(value(&TopShare, &Scene::model(Fitted::Outcomes(vec![0.2, 0.5, 0.3]))), Ok(0.5));
        assert_eq!(value(&TopShare, &Scene::sample(outcomes(&[0, 2, 2, 1], 4))), Ok(0.5));
    }
}
