//! `tabular-prediction`: from the columns of a table to a label of two levels, and how fair that is.
//!
//! Logistic regression with all interactions with the group, or a perceptron ([`Mlp`]), on
//! standardised numbers and indicators of categories ([`Encoding`]). Scores: AUC, Brier score,
//! accuracy; where the table has a group of two levels also the gaps of the decisions and the
//! predictor's direct effect ([`fairness`]). Cost: some 10 ms for 1,000 rows of 20 features.

mod fairness;

use serde::Deserialize;

use self::fairness::{Decisions, auc};
use super::{BoxedTask, Learned, Lesson, Report, Task, TaskEntry};
use crate::data::{Kind, Role, Samples, Schema};
use crate::logistic::{Design, Logistic};
use crate::metrics::Measured;
use crate::models::{Encoding, Refusal};
use crate::neural::device::DeviceName;
use crate::neural::mlp::{Examples, Mlp, MlpParams};
use crate::neural::train::Effort;
use crate::registry::{About, BuildContext};
use crate::rng::Streams;
use crate::spec::{Error, Node};

pub(super) const ENTRY: TaskEntry = TaskEntry {
    about: About {
        name: "tabular-prediction",
        summary: "Predict the label of a table's rows, and how fairly: logistic regression or a perceptron",
        details: "The label has two levels; the positive one is the second. Numbers are standardised, categories become \
                  indicators. `learner = \"logistic\"` weighs every feature, the group, and every feature times the \
                  group, with an L2 penalty of inverse strength `c`; `\"mlp\"` is a perceptron of one hidden layer. \
                  Decisions are probabilities of at least `threshold`. Row weights enter the loss.",
        source: "Hastie, Tibshirani and Friedman 2009, sections 4.4 and 11.3",
        parameters: TabularPrediction::PARAMETERS,
        version: 1,
    },
    extra: Report { primary: "task-auc", scores: &SCORES },
    build,
};

const SCORES: [&str; 6] = [
    "task-auc",
    "task-brier",
    "task-accuracy",
    "task-demographic-parity-gap",
    "task-equalised-odds-gap",
    "task-direct-effect",
];

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Learner {
    #[default]
    Logistic,
    Mlp,
}

crate::parameters! {
    #[derive(Clone, Debug)]
    struct TabularPrediction {
        /// "logistic" or "mlp"
        learner: Learner = Learner::Logistic => "\"logistic\"";
        /// Inverse strengths of the penalty; of several the best on the validation slice is taken
        c: Vec<f64> = vec![1.0] => "[1.0]", in above(0);
        /// mlp: optimiser steps
        steps: usize = 600, in at_least(1);
        /// Probability of a positive decision
        threshold: f64 = 0.5, in within(0, 1);
        /// Whether the learner is given the group at all
        sees_group: bool = true;
    }
    beside {
        /// Where the perceptron is trained.
        device: DeviceName = DeviceName::default();
    }
}

fn build(node: &Node, context: &BuildContext) -> Result<BoxedTask, Error> {
    let task = TabularPrediction { device: context.device, ..node.read(&[])? };
    if task.c.is_empty() {
        let help = "list numbers above 0".to_owned();
        return Err(Error::bad_value(node.at_of("c"), "`c` is empty".into(), help));
    }
    Ok(Box::new(task))
}

/// The columns that matter.
struct Columns {
    label: usize,
    group: Option<usize>,
    features: Vec<usize>,
}

impl Columns {
    fn new(schema: &Schema) -> Result<Self, Refusal> {
        let text = |kind: &Kind| matches!(kind, Kind::Ragged { .. });
        let label = match schema.first(Role::Label) {
            Some((at, field)) if field.kind.codes() == Some(2) && !text(&field.kind) => at,
            _ => {
                return Err(Refusal::new(format!("it needs a label of two levels; these rows are {schema}")));
            }
        };
        let features = schema.with_role(Role::Feature);
        if features.is_empty() || features.iter().any(|&i| text(&schema.fields[i].kind)) {
            return Err(Refusal::new(format!(
                "it needs features that are numbers or categories; these rows are {schema}"
            )));
        }
        let group = schema.first(Role::Group).filter(|(_, f)| f.kind.codes() == Some(2)).map(|(at, _)| at);
        Ok(Self { label, group, features })
    }

    fn codes<'a>(&self, rows: &'a Samples, column: usize) -> Result<&'a [u32], Refusal> {
        match rows.column(column) {
            crate::data::Column::Codes { data } => Ok(data),
            _ => Err(Refusal::new("the label and the group must be categories")),
        }
    }
}

impl Task for TabularPrediction {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        Columns::new(schema).map(|_| ())
    }

    fn candidates(&self) -> usize {
        if self.learner == Learner::Logistic { self.c.len() } else { 1 }
    }

    fn with_effort(&self, effort: Effort, growth: f64) -> Option<BoxedTask> {
        let steps = super::stretched(self.steps, effort == Effort::Epochs, growth);
        (self.learner == Learner::Mlp).then(|| Box::new(Self { steps, ..self.clone() }) as BoxedTask)
    }

    fn learn(
        &self,
        from: &Lesson<'_>,
        candidate: usize,
        streams: &Streams,
    ) -> Result<Box<dyn Learned>, Refusal> {
        let columns = Columns::new(from.rows.schema())?;
        let labels = columns.codes(from.rows, columns.label)?;
        if labels.is_empty() {
            return Err(Refusal::degenerate("there is no row to learn from"));
        }
        let group = columns.group.filter(|_| self.sees_group);
        let encoding = Encoding::new(from.rows, &columns.features, group)?;
        let matrix = encoding.matrix(from.rows);
        let model = match self.learner {
            Learner::Logistic => {
                let c = self.c.get(candidate).copied().unwrap_or(1.0);
                let design = Design::dense(&matrix, encoding.width());
                let fit = Logistic::fit(&design, labels, from.weights, 2, c);
                Model::Logistic(fit.map_err(|e| Refusal::new(e.to_string()))?)
            }
            Learner::Mlp => {
                let inputs: Vec<f32> = matrix.iter().map(|&v| v as f32).collect();
                let width = encoding.width();
                let examples =
                    Examples { inputs: &inputs, width, targets: labels, weights: from.weights, classes: 2 };
                let params = MlpParams { steps: self.steps, ..MlpParams::default() };
                let fit = Mlp::fit(&params, examples, self.device, streams);
                Model::Mlp(fit.map_err(|e| Refusal::new(e.to_string()))?)
            }
        };
        Ok(Box::new(Predictor { encoding, model, threshold: self.threshold }))
    }
}

enum Model {
    Logistic(Logistic),
    Mlp(Mlp),
}

struct Predictor {
    encoding: Encoding,
    model: Model,
    threshold: f64,
}

impl Predictor {
    /// Both classes' probabilities of each row of an encoded matrix.
    fn both(&self, matrix: &[f64]) -> Vec<f64> {
        match &self.model {
            Model::Logistic(fit) => fit.probabilities(&Design::dense(matrix, self.encoding.width())),
            Model::Mlp(fit) => fit.probabilities(&matrix.iter().map(|&v| v as f32).collect::<Vec<f32>>()),
        }
    }

    fn positive(&self, matrix: &[f64]) -> Vec<f64> {
        self.both(matrix).chunks_exact(2).map(|p| p[1]).collect()
    }
}

impl Learned for Predictor {
    fn score(&self, rows: &Samples) -> Result<Measured, Refusal> {
        let columns = Columns::new(rows.schema())?;
        let labels = columns.codes(rows, columns.label)?;
        if labels.is_empty() {
            return Err(Refusal::new("there are no rows to score"));
        }
        let p = self.positive(&self.encoding.matrix(rows));
        let n = p.len() as f64;
        let brier = p.iter().zip(labels).map(|(p, &y)| (p - f64::from(y)).powi(2)).sum::<f64>() / n;
        let decided: Vec<bool> = p.iter().map(|p| *p >= self.threshold).collect();
        let right = decided.iter().zip(labels).filter(|(d, y)| **d == (**y == 1)).count() as f64 / n;
        let mut values = vec![auc(&p, labels).ok(), Some(brier), Some(right)];
        if let Some(group) = columns.group {
            let groups = columns.codes(rows, group)?;
            let decisions = Decisions { decided: &decided, labels, groups };
            let treated = self.positive(&self.encoding.matrix_as(rows, 1));
            values.push(decisions.parity_gap().ok());
            values.push(decisions.odds_gap().ok());
            values.push(fairness::direct_effect(&p, &treated, groups).ok());
        }
        // A gap between groups of which the test rows lack one is left out.
        let named = SCORES.iter().map(|name| (*name).into()).zip(values);
        Ok(named.filter_map(|(name, value)| Some((name, value?))).collect())
    }

    fn probabilities(&self, rows: &Samples) -> Option<Result<Vec<f64>, Refusal>> {
        Some(Ok(self.both(&self.encoding.matrix(rows))))
    }
}
