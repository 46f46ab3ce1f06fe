//! `arithmetic`: from a question in words to its exact answer.
//!
//! A perceptron over the operands in their order of appearance and a bag of the other words
//! ([`Reader`]), with weight decay: without it a network of this size learns the questions by heart.
//! Rows: one text column and a label whose levels are numbers. Scores: exact match (chance: 1 ÷
//! levels) and the Brier score. Cost: some 0.3 s.

use serde::Deserialize;

use super::classes::labels;
use super::{BoxedTask, Learned, Lesson, Predictions, Report, Task, TaskEntry};
use crate::data::{Kind, Levels, Role, Samples, Schema};
use crate::metrics::Measured;
use crate::models::Refusal;
use crate::neural::answerer::{self, Params, Reader};
use crate::neural::device::DeviceName;
use crate::neural::train::Effort;
use crate::registry::{About, BuildContext};
use crate::rng::Streams;
use crate::spec::{Error, Node};

pub(super) const ENTRY: TaskEntry = TaskEntry {
    about: About {
        name: "arithmetic",
        summary: "Answer a question in words exactly: a perceptron with weight decay",
        details: "A multilayer perceptron reads the operands in their order of appearance and a bag of the other words \
                  and predicts the answer. Exact match is the share of right answers. Row weights enter the loss; with \
                  effort = \"steps\" a larger training set does not train longer.",
        source: "Goodfellow, Bengio and Courville 2016, chapter 6; Loshchilov and Hutter, arXiv 1711.05101",
        parameters: answerer::ENTRY.about.parameters,
        version: 1,
    },
    extra: Report { primary: "task-exact-match", scores: &["task-exact-match", "task-brier"] },
    build,
};

#[derive(Deserialize)]
#[serde(transparent)]
struct Table(Params);

struct Arithmetic {
    params: Params,
    device: DeviceName,
}

fn build(node: &Node, context: &BuildContext) -> Result<BoxedTask, Error> {
    let Table(params) = node.parse()?;
    params.0.check().map_err(|why| {
        Error::bad_value(node.at.clone(), why.to_string(), "see `collapse describe arithmetic`".into())
    })?;
    Ok(Box::new(Arithmetic { params, device: context.device }))
}

impl Task for Arithmetic {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        let answers = schema.first(Role::Label).and_then(|(_, field)| match &field.kind {
            Kind::Codes { levels: Levels::Named(names) } => Some(names),
            _ => None,
        });
        let written = |name: &String| schema.vocabulary().is_some_and(|v| v.tokens.contains(name));
        let number = |name: &String| name.parse::<u32>().is_ok();
        if answers.is_some_and(|names| names.iter().all(|n| number(n) && written(n))) {
            return Ok(());
        }
        Err(Refusal::new(format!(
            "it needs questions with numbers in them and a label whose levels are such numbers; these rows are {schema}"
        )))
    }

    fn with_effort(&self, effort: Effort, growth: f64) -> Option<BoxedTask> {
        let mut params = self.params.clone();
        let own = &mut params.0;
        match own.effort {
            Effort::Steps => own.steps = super::stretched(own.steps, effort == Effort::Epochs, growth),
            Effort::Epochs => {
                own.epochs = super::stretched(own.epochs, effort == Effort::Steps, 1.0 / growth)
            }
        }
        Some(Box::new(Arithmetic { params, device: self.device }))
    }

    fn learn(&self, from: &Lesson<'_>, _: usize, streams: &Streams) -> Result<Box<dyn Learned>, Refusal> {
        let reader = Reader::learn(from.rows, from.weights, &self.params.0, self.device, streams)
            .map_err(|e| Refusal::new(e.to_string()))?;
        Ok(Box::new(Answers(reader)))
    }
}

struct Answers(Reader);

impl Learned for Answers {
    fn score(&self, rows: &Samples) -> Result<Measured, Refusal> {
        let (labels, classes) = labels(rows)?;
        let probabilities = self.0.probabilities(rows)?;
        let predictions = Predictions { probabilities: &probabilities, labels, classes };
        let scores = predictions.scores()?;
        let take = |name: &str, from: &str| {
            let value = scores.iter().find(|(found, _)| found == from).map_or(f64::NAN, |(_, value)| *value);
            (std::borrow::Cow::from(name.to_owned()), value)
        };
        Ok(vec![take("task-exact-match", "task-accuracy"), take("task-brier", "task-brier")])
    }

    fn probabilities(&self, rows: &Samples) -> Option<Result<Vec<f64>, Refusal>> {
        Some(self.0.probabilities(rows))
    }
}
