//! `outcome-probability`: what one outcome's share has become.
//!
//! q_k of outcome k: the fitted probability where the model has one, else the share of the sample's
//! rows. Cost: O(1), or O(rows).

use super::frequencies::fitted_or_sample;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "outcome-probability",
        summary: "Probability of one outcome under the model",
        details: "The fitted probability of the outcome `outcome`, or its share of the sample's rows where the model \
            has no probabilities. For drift: which kind wins, and how fast.",
        source: "Ferbach et al., arXiv 2407.09499 (the share of the preferred kind)",
        parameters: OutcomeProbability::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human share",
        unit: "probability",
        scale: Scale::Logit,
        worst: Worst::None,
        unbiased: true,
    },
    build: |node, _| Ok(Box::new(table::<OutcomeProbability>(node)?)),
};

crate::parameters! {
    struct OutcomeProbability {
        /// The outcome's code, from 0
        outcome: usize = 1;
    }
}

impl Metric for OutcomeProbability {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match schema.outcomes() {
            Some(n) if self.outcome < n => Ok(()),
            Some(n) => Err(Refusal::new(format!(
                "there is no outcome {}: the codes are 0 to {}",
                self.outcome,
                n - 1
            ))),
            None => Err(Refusal::new(format!("it needs rows of one outcome; these rows are {schema}"))),
        }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let q = fitted_or_sample(of)?;
        match q.get(self.outcome) {
            Some(&q) => one("outcome-probability", q),
            None => Err(Refusal::new(format!("there is no outcome {}", self.outcome))),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, outcomes, value};

    #[test]
    fn it_is_the_fitted_probability_or_the_share_of_rows() {
        let metric = OutcomeProbability { outcome: 2 };
        assert_eq!(value(&metric, &Scene::model(Fitted::Outcomes(vec![0.5, 0.3, 0.2]))), Ok(0.2));
        assert_eq!(value(&metric, &Scene::sample(outcomes(&[2, 0, 2, 1], 3))), Ok(0.5));
        assert!(metric.accepts(outcomes(&[0], 2).schema(), None).is_err());
    }
}
