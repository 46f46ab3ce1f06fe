//! `realised-human-fraction`: human rows ÷ all rows in the training set.
//!
//! By true origin, whatever the regime believes. Cost: O(blocks).

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, Worst, one, plain,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct HumanFraction;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "realised-human-fraction",
        summary: "Share of human rows in the training set",
        details: "Human rows ÷ all rows of the training set that this generation was fitted on, by who really made them: \
            contaminated rows count as synthetic. Rows are counted, not weighted. Recorded for every measured \
            generation, asked for or not.",
        source: "definition",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the `human_fraction` that was asked for",
        unit: "share",
        scale: Scale::Logit,
        worst: Worst::None,
        unbiased: true,
    },
    build: |node, _| plain(node, HumanFraction),
};

impl Metric for HumanFraction {
    fn needs(&self) -> Needs {
        // Only the sizes of the blocks, which the statistics path has too.
        Needs::default()
    }

    fn accepts(&self, _: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        Ok(())
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let share =
            of.training.human_fraction().ok_or_else(|| Refusal::degenerate("the training set is empty"))?;
        one("realised-human-fraction", share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Body, Part, Rows};
    use crate::metrics::testing::{Scene, numbers, value};

    #[test]
    fn rows_are_counted_by_true_origin() {
        let mut scene = Scene::new().trained_on(numbers(&[1.0], 1));
        let made = Body::Rows(Rows::all(numbers(&[1.0, 2.0, 3.0], 1)));
        scene.training.parts.push(Part { weight: 9.0, ..Part::synthetic(1, made) });
        assert_eq!(value(&HumanFraction, &scene), Ok(0.25));
        assert!(value(&HumanFraction, &Scene::new()).is_err());
    }
}
