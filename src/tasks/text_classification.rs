//! `text-classification`: from a text to its label.
//!
//! TF-IDF vectors of word 1- and 2-grams ([`Vectoriser`]) and a multinomial logistic regression
//! ([`Logistic`]). Rows: one text column and one label column; others are not looked at. Scores:
//! macro-F1, accuracy, Brier score. Cost: some 10 ms for 2,000 sentences. With `learner = "perceptron"` a
//! burn perceptron ([`Mlp`]) reads the `features` n-grams of the most training texts; some 0.5 s.

use serde::Deserialize;

use super::classes::labels;
use super::{BoxedTask, Learned, Lesson, Predictions, Report, Task, TaskEntry};
use crate::data::{Kind, Role, Samples, Schema};
use crate::logistic::{Design, Logistic};
use crate::metrics::Measured;
use crate::models::{Refusal, Vectoriser, documents};
use crate::neural::device::DeviceName;
use crate::neural::mlp::{Examples, Mlp, MlpParams};
use crate::neural::train::Effort;
use crate::registry::{About, BuildContext};
use crate::rng::Streams;
use crate::spec::{Error, Node};

pub(super) const ENTRY: TaskEntry = TaskEntry {
    about: About {
        name: "text-classification",
        summary: "Predict the label of a text: TF-IDF of word n-grams and logistic regression or a perceptron",
        details: "Word n-grams of 1 to `ngrams` words, TF-IDF with smoothed idf and vectors of length 1, then \
            multinomial logistic regression with an L2 penalty of inverse strength `c`. Row weights enter the loss. A \
            label that the training set lacks is never predicted. With learner = \"perceptron\" a multilayer perceptron \
            (one hidden layer of 64, `steps` steps of 64 rows, Adam at 0.003) reads the `features` n-grams that occur in \
            most training texts; its steps do not grow with the training set.",
        source: "Salton and Buckley 1988 (10.1016/0306-4573(88)90021-0); conventions of scikit-learn 1.9",
        parameters: TextClassification::PARAMETERS,
        version: 1,
    },
    extra: Report { primary: "task-macro-f1", scores: &["task-macro-f1", "task-accuracy", "task-brier"] },
    build,
};

crate::parameters! {
    #[derive(Clone, Debug)]
    struct TextClassification {
        /// The longest run of words that is a feature
        ngrams: usize = 2, in within(1, 3);
        /// n-grams in fewer training texts are left out
        min_documents: usize = 1, in at_least(1);
        /// Inverse strengths of the penalty; of several the best on the validation slice is taken
        c: Vec<f64> = vec![1.0] => "[1.0]", in above(0);
        /// "logistic", or "perceptron": a neural network on fewer features
        learner: Learner = Learner::Logistic => "\"logistic\"";
        /// perceptron: how many n-grams it reads
        features: usize = 400, in at_least(1);
        /// perceptron: optimiser steps
        steps: usize = 600, in at_least(1);
    }
    beside {
        /// Where the perceptron is trained.
        device: DeviceName = DeviceName::default();
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Learner {
    #[default]
    Logistic,
    Perceptron,
}

fn build(node: &Node, context: &BuildContext) -> Result<BoxedTask, Error> {
    let task = TextClassification { device: context.device, ..node.read(&[])? };
    let wrong = |key: &str, help: &str| {
        Err(Error::bad_value(node.at_of(key), format!("`{key}` is out of range"), help.into()))
    };
    if task.c.is_empty() {
        return wrong("c", "list numbers above 0");
    }
    if task.learner == Learner::Perceptron && task.c.len() > 1 {
        return wrong("c", "it is the logistic regression's; leave it out");
    }
    Ok(Box::new(task))
}

impl Task for TextClassification {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        let labelled =
            matches!(schema.first(Role::Label), Some((_, f)) if matches!(f.kind, Kind::Codes { .. }));
        if schema.vocabulary().is_some() && labelled {
            return Ok(());
        }
        Err(Refusal::new(format!("it needs a text column and a label column; these rows are {schema}")))
    }

    fn candidates(&self) -> usize {
        self.c.len()
    }

    fn with_effort(&self, effort: Effort, growth: f64) -> Option<BoxedTask> {
        let steps = super::stretched(self.steps, effort == Effort::Epochs, growth);
        (self.learner == Learner::Perceptron).then(|| Box::new(Self { steps, ..self.clone() }) as BoxedTask)
    }

    fn learn(
        &self,
        from: &Lesson<'_>,
        candidate: usize,
        streams: &Streams,
    ) -> Result<Box<dyn Learned>, Refusal> {
        let (labels, classes) = labels(from.rows)?;
        let texts = documents(from.rows)?;
        let (mut features, mut design) = Vectoriser::fit_transform(&texts, self.ngrams, self.min_documents);
        if self.learner == Learner::Perceptron {
            features = features.most_common(self.features);
            design = features.transform(&texts);
        }
        let model = match self.learner {
            Learner::Logistic => {
                let c = self.c.get(candidate).copied().unwrap_or(1.0);
                let fit = Logistic::fit(&design, labels, from.weights, classes, c);
                Model::Logistic(fit.map_err(|e| Refusal::new(e.to_string()))?)
            }
            Learner::Perceptron => {
                let (inputs, width, weights) = (dense(&design), features.width(), from.weights);
                let examples = Examples { inputs: &inputs, width, targets: labels, weights, classes };
                let params = MlpParams { steps: self.steps, ..MlpParams::default() };
                let fit = Mlp::fit(&params, examples, self.device, streams);
                Model::Perceptron(fit.map_err(|e| Refusal::new(e.to_string()))?)
            }
        };
        Ok(Box::new(Classifier { features, model }))
    }
}

struct Classifier {
    features: Vectoriser,
    model: Model,
}

enum Model {
    Logistic(Logistic),
    Perceptron(Mlp),
}

impl Classifier {
    fn predict(&self, rows: &Samples) -> Result<Vec<f64>, Refusal> {
        let design = self.features.transform(&documents(rows)?);
        Ok(match &self.model {
            Model::Logistic(model) => model.probabilities(&design),
            Model::Perceptron(net) => net.probabilities(&dense(&design)),
        })
    }
}

/// Every cell of a sparse design, row-major.
fn dense(design: &Design) -> Vec<f32> {
    let mut cells = vec![0.0; design.len() * design.width()];
    for (i, row) in cells.chunks_exact_mut(design.width().max(1)).enumerate() {
        design.row(i).for_each(|(j, x)| row[j] = x as f32);
    }
    cells
}

impl Learned for Classifier {
    fn score(&self, rows: &Samples) -> Result<Measured, Refusal> {
        let (labels, classes) = labels(rows)?;
        let probabilities = self.predict(rows)?;
        Predictions { probabilities: &probabilities, labels, classes }.scores()
    }

    fn probabilities(&self, rows: &Samples) -> Option<Result<Vec<f64>, Refusal>> {
        Some(self.predict(rows))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use serde_json::Value;

    use super::*;
    use crate::data::{Column, Field, Levels, TokenUnit};
    use crate::metrics::testing::text;

    fn labelled(lines: &[&str], labels: &[u32]) -> Samples {
        let rows = text(TokenUnit::Words, lines);
        let label =
            Field { name: "label".into(), role: Role::Label, kind: Kind::Codes { levels: Levels::Count(2) } };
        let fields = vec![rows.schema().fields[0].clone(), label];
        let columns = vec![rows.column(0).clone(), Column::Codes { data: labels.to_vec() }];
        Samples::new(Arc::new(Schema { fields }), columns).unwrap()
    }

    #[test]
    fn a_small_case_agrees_with_scikit_learn() {
        let all: Value = serde_json::from_str(include_str!("../../tests/references/tasks.json")).unwrap();
        let case = &all["text"];
        let list = |key: &str| case[key].as_array().unwrap().clone();
        let lines = |key: &str| list(key).iter().map(|v| v.as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let numbers = |key: &str| list(key).iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
        let codes = |key: &str| numbers(key).iter().map(|v| *v as u32).collect::<Vec<_>>();
        let (train, test) = (lines("train"), lines("test"));
        let refs = |l: &[String]| -> Vec<&'static str> { l.iter().map(|s| &*s.clone().leak()).collect() };
        let (train, test) = (refs(&train), refs(&test));
        let rows = labelled(&train, &codes("labels"));
        let held_out = labelled(&test, &codes("truth"));
        let task = TextClassification { c: vec![2.0], ..TextClassification::default() };
        let weights = numbers("weights");
        let learned = task.learn(&Lesson { rows: &rows, weights: &weights }, 0, &Streams::new(0, 0)).unwrap();
        let p = learned.probabilities(&held_out).unwrap().unwrap();
        for (found, expected) in p.chunks_exact(2).zip(numbers("positive")) {
            assert!((found[1] - expected).abs() < 1e-5, "{} is not {expected}", found[1]);
        }
        let scores = learned.score(&held_out).unwrap();
        for (name, key) in
            [("task-macro-f1", "macro_f1"), ("task-accuracy", "accuracy"), ("task-brier", "brier")]
        {
            let found = scores.iter().find(|s| s.0 == name).unwrap().1;
            assert!((found - case[key].as_f64().unwrap()).abs() < 1e-5, "{name}: {found}");
        }
    }
}
