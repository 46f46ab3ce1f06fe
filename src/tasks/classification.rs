//! `classification`: from the numbers of a row, the pixels of an image above all, to its label.
//!
//! A perceptron or a small convolutional network ([`Network`]). Rows: numbers and one label column; other columns are
//! not looked at. Scores: accuracy, macro-F1, Brier score. Cost: some tenths of a second for a thousand digits.

use serde::Deserialize;

use super::classes::labels;
use super::{BoxedTask, Learned, Lesson, Predictions, Report, Task, TaskEntry};
use crate::data::{Samples, Schema};
use crate::metrics::Measured;
use crate::models::Refusal;
use crate::neural::classifier::{Classifier as Network, Training};
use crate::neural::device::DeviceName;
use crate::neural::train::Effort;
use crate::registry::{About, BuildContext};
use crate::rng::Streams;
use crate::spec::{Error, Node};

pub(super) const ENTRY: TaskEntry = TaskEntry {
    about: About {
        name: "classification",
        summary: "Predict the label of images or rows of numbers: a small convolutional network or a perceptron",
        details: "`learner = \"cnn\"` reads an image through 16 filters of 3 × 3 and one hidden layer of 64; rows that are no images \
            go through two hidden layers of 64, as all rows do with `\"mlp\"`. Numbers are standardised by the training \
            rows, all alike; AdamW at 0.003, batches of 64, row weights enter the loss. A label that the training set \
            lacks is hardly ever predicted.",
        source: "LeCun et al. 1998 (10.1109/5.726791); Ravuri and Vinyals 2019 (arXiv 1905.10887) for the score of a generator by \
            the accuracy of a classifier that was trained on its images",
        parameters: Classification::PARAMETERS,
        version: 1,
    },
    extra: Report { primary: "task-accuracy", scores: &["task-accuracy", "task-macro-f1", "task-brier"] },
    build,
};

crate::parameters! {
    #[derive(Clone, Debug)]
    struct Classification {
        /// "cnn" (on images, else as "mlp") or "mlp"
        learner: Learner = Learner::Cnn => "\"cnn\"";
        /// Optimiser steps
        steps: usize = 1200, in at_least(1);
    }
    beside {
        /// Where the network is trained.
        device: DeviceName = DeviceName::default();
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Learner {
    #[default]
    Cnn,
    Mlp,
}

fn build(node: &Node, context: &BuildContext) -> Result<BoxedTask, Error> {
    Ok(Box::new(Classification { device: context.device, ..node.read(&[])? }))
}

impl Task for Classification {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        Network::accepts(schema)
    }

    fn with_effort(&self, effort: Effort, growth: f64) -> Option<BoxedTask> {
        let steps = super::stretched(self.steps, effort == Effort::Epochs, growth);
        Some(Box::new(Self { steps, ..self.clone() }))
    }

    fn learn(&self, from: &Lesson<'_>, _: usize, streams: &Streams) -> Result<Box<dyn Learned>, Refusal> {
        if from.rows.is_empty() {
            return Err(Refusal::degenerate("there is no row to learn from"));
        }
        let how = Training { filters: self.learner == Learner::Cnn, steps: self.steps };
        let fit = Network::fit_weighted(from.rows, from.weights, how, self.device, streams);
        Ok(Box::new(Classifier(fit.map_err(|e| Refusal::new(e.to_string()))?)))
    }
}

struct Classifier(Network);

impl Learned for Classifier {
    fn score(&self, rows: &Samples) -> Result<Measured, Refusal> {
        let (labels, classes) = labels(rows)?;
        let mut scores =
            Predictions { probabilities: &self.0.probabilities(rows), labels, classes }.scores()?;
        scores.swap(0, 1);
        Ok(scores)
    }

    fn probabilities(&self, rows: &Samples) -> Option<Result<Vec<f64>, Refusal>> {
        Some(Ok(self.0.probabilities(rows)))
    }
}
