//! `training-distance`: how far a model's rows keep from the rows that it was trained on.
//!
//! Mean over the sample's rows of the Euclidean distance to the nearest row of the training set, human or synthetic.
//! Cost: O(n m d).

use super::distances::{Cloud, Points, nearest, shift};
use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, When, one, plain, shapes};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct TrainingDistance;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "training-distance",
        summary: "Mean distance of a row to the nearest row of the model's own training set",
        details: "Mean over the sample's rows of the Euclidean distance on raw features to the nearest row of the training set, \
            whatever its origin: 0 if the model repeats rows that it was trained on. Shi et al. call it the generalisation \
            score. It falls because the model copies, and also because its training set grows dense: read it beside \
            `knn-entropy`, and hold the number of training rows fixed. The human baseline is the distance of \
            held-out human rows to D(0). `nearest-neighbour-memorisation` asks the same of human training rows alone.",
        source: "Shi et al. 2025 (arXiv 2509.16499), generalisation score",
        parameters: &[],
        version: 1,
    },
    extra: Reading::human_valued("distance").unbiased(),
    build: |node, _| plain(node, TrainingDistance),
};

impl Metric for TrainingDistance {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, training: true, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let sample = of.sample_points()?;
        let none = || Refusal::not_applicable("the training set holds no rows");
        let (training, _) =
            of.training.gather().ok_or_else(none)?.map_err(|e| Refusal::new(e.to_string()))?;
        if training.is_empty() {
            return Err(none());
        }
        if let Some((row, column)) = training.first_non_finite() {
            let why = format!("training row {row} holds a number that is not finite (`{column}`)");
            return Err(Refusal::diverged(why));
        }
        let trained = of.shared.coordinates(&training);
        let trained = Points { data: &trained, dim: trained.len() / training.len() };
        if trained.dim != sample.dim {
            return Err(Refusal::new("training and measured rows have different widths"));
        }
        let shift = shift(trained);
        let squared = nearest(&Cloud::new(sample, &shift), &Cloud::new(trained, &shift));
        one("training-distance", squared.iter().map(|d| d.sqrt()).sum::<f64>() / squared.len() as f64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, numbers, value};

    #[test]
    fn by_hand_on_a_line_and_none_for_copies() {
        // 1 lies 1 from 0, 7 lies 3 from 10, 10 is a copy.
        let scene = |rows: &[f64]| Scene::numbers(rows, 1).trained_on(numbers(&[0.0, 10.0], 1));
        assert!((value(&TrainingDistance, &scene(&[1.0, 7.0, 10.0])).unwrap() - 4.0 / 3.0).abs() < 1e-12);
        assert_eq!(value(&TrainingDistance, &scene(&[10.0, 0.0])), Ok(0.0));
        assert!(value(&TrainingDistance, &Scene::numbers(&[1.0], 1)).is_err());
    }
}
