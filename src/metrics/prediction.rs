//! `test-mse` and `accuracy`: how well a model predicts the labels of held-out human rows.
//!
//! (1/N) Σ (y − ŷ)² with the predicted mean ŷ, and the share of rows whose likeliest class is theirs (the lower code
//! where two are equally likely). Cost: one prediction for each held-out row.

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
};
use crate::data::{Column, Distribution, Kind, Role, Samples, Schema};
use crate::models::{Predictions, Refusal};
use crate::registry::About;
use crate::rng::Streams;

enum Score {
    MeanSquare,
    Accuracy,
}

pub(super) const TEST_MSE: MetricEntry = MetricEntry {
    about: About {
        name: "test-mse",
        summary: "Mean squared error of predicted labels on held-out human rows",
        details: "(1/N) Σ (y − ŷ)² over held-out human rows, the labels' own noise included: its least expected value is the \
                  noise variance of the truth. `excess-risk` is the part beyond it, without a test sample. Needs a model \
                  that predicts a numeric label.",
        source: "Dohmatob et al., arXiv 2402.07712",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "the noise variance of the truth",
        unit: "label units squared",
        scale: Scale::Log,
        worst: Worst::Of(|human| human.explained_variance),
        unbiased: true,
    },
    build: |node, _| plain(node, Score::MeanSquare),
};

pub(super) const ACCURACY: MetricEntry = MetricEntry {
    about: About {
        name: "accuracy",
        summary: "Share of held-out human rows whose class is predicted rightly",
        details: "The predicted class is the likeliest one; of equally likely ones that with the lower code. Needs a model \
                  that predicts classes.",
        source: "Feng et al., arXiv 2406.07515; Dey and Donoho, arXiv 2410.22812",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "the accuracy of the true class probabilities",
        unit: "share of rows",
        scale: Scale::Logit,
        worst: Worst::Of(|human| human.majority),
        unbiased: true,
    },
    build: |node, _| plain(node, Score::Accuracy),
};

impl Metric for Score {
    fn needs(&self) -> Needs {
        Needs { model: true, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match self {
            Score::MeanSquare => match schema.first(Role::Label).map(|(_, f)| &f.kind) {
                Some(Kind::F32 { width: 1, .. } | Kind::F64 { width: 1 }) => Ok(()),
                _ => Err(Refusal::new(format!("it needs a numeric label; these rows are {schema}"))),
            },
            Score::Accuracy => classes(schema).map(drop),
        }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let rows = of.reference()?;
        match self {
            Score::MeanSquare => {
                let Predictions::Means(means) = predictions(of, rows)? else {
                    return Err(Refusal::not_applicable("the model predicts classes, not a number"));
                };
                let square: f64 = numbers(rows)?.iter().zip(&means).map(|(y, m)| (y - m) * (y - m)).sum();
                one("test-mse", square / rows.len() as f64)
            }
            Score::Accuracy => {
                let (labels, classes, probabilities) = class_probabilities(of, rows)?;
                let right = labels.iter().zip(probabilities.chunks_exact(classes));
                let right = right.filter(|(label, p)| likeliest(p) == **label as usize).count();
                one("accuracy", right as f64 / labels.len() as f64)
            }
        }
    }
}

/// The number of classes of a categorical label.
pub(super) fn classes(schema: &Schema) -> Result<usize, Refusal> {
    match schema.first(Role::Label).map(|(_, f)| &f.kind) {
        Some(Kind::Codes { levels }) if levels.count() >= 2 => Ok(levels.count()),
        _ => Err(Refusal::new(format!("it needs a label with two or more classes; these rows are {schema}"))),
    }
}

/// Labels, number of classes and predicted probabilities (`n × classes`) of held-out rows.
pub(super) fn class_probabilities<'a>(
    of: &Observation<'_>,
    rows: &'a Samples,
) -> Result<(&'a [u32], usize, Vec<f64>), Refusal> {
    let labels = rows.labels().ok_or_else(|| Refusal::new("the rows have no classes"))?;
    match predictions(of, rows)? {
        Predictions::Classes { classes, probabilities } if probabilities.iter().all(|p| p.is_finite()) => {
            Ok((labels, classes, probabilities))
        }
        Predictions::Classes { .. } => Err(Refusal::diverged("a predicted probability is not finite")),
        Predictions::Means(_) => Err(Refusal::not_applicable("the model predicts a number, not classes")),
    }
}

/// The first of the largest probabilities.
pub(super) fn likeliest(p: &[f64]) -> usize {
    (0..p.len()).fold(0, |best, i| if p[i] > p[best] { i } else { best })
}

fn predictions(of: &Observation<'_>, rows: &Samples) -> Result<Predictions, Refusal> {
    let none = || Refusal::not_applicable("this family predicts no label");
    of.model.and_then(|m| m.predictor()).ok_or_else(none)?.predict(rows)
}

fn numbers(rows: &Samples) -> Result<Vec<f64>, Refusal> {
    let column = rows.schema().first(Role::Label).map(|(i, _)| rows.column(i));
    match column {
        Some(Column::F64 { data, .. }) => Ok(data.clone()),
        Some(Column::F32 { data, .. }) => Ok(data.iter().map(|&v| f64::from(v)).collect()),
        _ => Err(Refusal::new("the rows have no numeric label")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::Link;
    use crate::metrics::testing::{Fitted, Scene, labelled, value};

    #[test]
    fn the_mean_square_by_hand() {
        // Predictions 2x = 2, −4 for labels 3, −1: (1 + 9)/2.
        let scene = Scene::model(Fitted::regression(&[2.0], Link::Identity)).beside(labelled(
            &[1.0, -2.0],
            1,
            &[3.0, -1.0],
            Link::Identity,
        ));
        assert_eq!(value(&Score::MeanSquare, &scene), Ok(5.0));
    }

    #[test]
    fn accuracy_counts_the_likelier_class_and_a_tie_is_class_0() {
        // Log odds 1, −1, 0, 2 for classes 1, 1, 0, 0: right, wrong, right (tie), wrong.
        let scene = Scene::model(Fitted::regression(&[1.0], Link::Logit)).beside(labelled(
            &[1.0, -1.0, 0.0, 2.0],
            1,
            &[1.0, 1.0, 0.0, 0.0],
            Link::Logit,
        ));
        assert_eq!(value(&Score::Accuracy, &scene), Ok(0.5));
    }

    #[test]
    fn a_model_without_predictions_is_refused() {
        let scene =
            Scene::model(Fitted::gaussian(&[0.0], &[1.0])).beside(labelled(&[1.0], 1, &[1.0], Link::Logit));
        assert!(value(&Score::Accuracy, &scene).is_err());
    }
}
