//! `answerer`: a perceptron that labels questions, for self-labelling loops.
//!
//! Learns the label from the question's operands and words ([`Encoder`], [`Mlp`]); with `synthesis =
//! "label"` it keeps given questions and draws their labels from its own softmax, tempered or cut as
//! `[sampling]` says (`top_k = 1` takes the most probable). It knows nothing beyond its training rows.
//! Cost: 6 · batch · parameters operations a step.

mod encoder;

pub use encoder::Encoder;

use std::sync::Arc;

use rand::RngExt;

use super::device::DeviceName;
use super::mlp::{Examples, Mlp, MlpParams};
use super::{EFFORT, parameter};
use crate::data::{Column, Kind, Mix, Role, Samples, Schema};
use crate::models::{
    Ask, BoxedFamily, Family, FitError, LossCurve, Model, Refusal, SampleError, Sampling, Start, Transform,
};
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: ABOUT,
    extra: (),
    build: |node, context| {
        let params = node.parse_without::<Params>(&["family"])?.0;
        Ok(Box::new(Answerer { params, device: context.device }))
    },
};

pub(super) const ABOUT: About = About {
    name: "answerer",
    summary: "A perceptron that labels questions in words with numbers in them",
    details: "Features: the operands in their order of appearance and a bag of the other words. A multilayer perceptron \
              predicts the label. It makes labels for given questions only: `synthesis = \"label\"`.",
    source: "Goodfellow, Bengio and Courville 2016, chapter 6",
    parameters: &[
        parameter("hidden", "64", "units of each hidden layer, at least 1"),
        parameter("layers", "2", "hidden layers, at least 1"),
        EFFORT,
        parameter("steps", "1500", "optimiser steps, with effort = \"steps\""),
        parameter("epochs", "30", "passes over the training set, with effort = \"epochs\""),
        parameter("batch", "64", "questions a step, at least 1"),
        parameter("learning_rate", "0.01", "Adam's learning rate, above 0"),
        parameter("weight_decay", "0.5", "decoupled weight decay, at least 0"),
    ],
    version: 1,
};

/// The perceptron's parameters with defaults for arithmetic: without weight decay a network of this
/// size learns the training questions by heart.
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(from = "Table")]
pub struct Params(pub MlpParams);

impl Default for Params {
    fn default() -> Self {
        let base = MlpParams::default();
        Params(MlpParams { layers: 2, steps: 1500, learning_rate: 0.01, weight_decay: 0.5, ..base })
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    hidden: Option<usize>,
    layers: Option<usize>,
    effort: Option<super::train::Effort>,
    steps: Option<usize>,
    epochs: Option<usize>,
    batch: Option<usize>,
    learning_rate: Option<f64>,
    weight_decay: Option<f64>,
}

impl From<Table> for Params {
    fn from(t: Table) -> Self {
        let Params(base) = Params::default();
        Params(MlpParams {
            hidden: t.hidden.unwrap_or(base.hidden),
            layers: t.layers.unwrap_or(base.layers),
            effort: t.effort.unwrap_or(base.effort),
            steps: t.steps.unwrap_or(base.steps),
            epochs: t.epochs.unwrap_or(base.epochs),
            batch: t.batch.unwrap_or(base.batch),
            learning_rate: t.learning_rate.unwrap_or(base.learning_rate),
            weight_decay: t.weight_decay.unwrap_or(base.weight_decay),
        })
    }
}

/// The recipe.
#[derive(Clone, Debug)]
pub struct Answerer {
    /// The perceptron.
    pub params: MlpParams,
    /// Where it is trained.
    pub device: DeviceName,
}

/// The label column of a table of questions and its number of levels.
fn label(schema: &Schema) -> Result<(usize, usize), Refusal> {
    match (schema.vocabulary(), schema.first(Role::Label)) {
        (Some(_), Some((at, field))) => match &field.kind {
            Kind::Codes { levels } => Ok((at, levels.count())),
            other => Err(Refusal::new(format!("the label must be a category, not {other}"))),
        },
        _ => Err(Refusal::new(format!("a text column and a label column are needed, not: {schema}"))),
    }
}

impl Family for Answerer {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.params.check()?;
        label(schema).map(|_| ())
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, weights) = super::rows_of(mix)?;
        let reader = Reader::learn(&rows, &weights, &self.params, self.device, streams)?;
        Ok(Box::new(AnswererModel { reader, schema: rows.schema().clone() }))
    }

    fn seeds_per_cell(&self) -> u64 {
        1
    }
}

/// A perceptron with its encoder: what the family and the task `arithmetic` share.
pub struct Reader {
    encoder: Encoder,
    mlp: Mlp,
    classes: usize,
}

impl Reader {
    /// Learns the label column from the questions, each with its weight.
    pub fn learn(
        rows: &Samples,
        weights: &[f64],
        params: &MlpParams,
        device: DeviceName,
        streams: &Streams,
    ) -> Result<Self, FitError> {
        let (_, classes) = label(rows.schema())?;
        let targets = rows.labels().ok_or_else(|| Refusal::new("the rows have no labels"))?;
        let encoder = Encoder::new(rows)?;
        let inputs = encoder.encode(rows)?;
        let width = encoder.width();
        let mlp = Mlp::fit(
            params,
            Examples { inputs: &inputs, width, targets, weights, classes },
            device,
            streams,
        )?;
        Ok(Self { encoder, mlp, classes })
    }

    /// The probability of each label for each row: `rows × classes`, row-major.
    pub fn probabilities(&self, rows: &Samples) -> Result<Vec<f64>, Refusal> {
        Ok(self.mlp.probabilities(&self.encoder.encode(rows)?))
    }

    /// The number of labels.
    pub fn classes(&self) -> usize {
        self.classes
    }
}

/// A fitted answerer.
pub struct AnswererModel {
    reader: Reader,
    schema: Arc<Schema>,
}

impl Model for AnswererModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("answerer", &[Transform::Temperature, Transform::TopK, Transform::TopP])?;
        let Ask::Given(questions) = ask else {
            let why =
                "the family `answerer` labels given questions; set `synthesis = \"label\"` and `prompts`";
            return Err(Refusal::new(why).into());
        };
        if questions.len() < n {
            let why = format!("{n} rows were asked for, but {} questions were given", questions.len());
            return Err(Refusal::new(why).into());
        }
        let questions = questions.head(n);
        let mut probabilities = self.reader.probabilities(&questions)?;
        let labels = probabilities.chunks_exact_mut(self.reader.classes()).enumerate().map(|(i, p)| {
            how.reshape(p);
            let u: f64 = streams.at(i as u64).rng().random();
            let mut reached = 0.0;
            let drawn = p.iter().position(|p| {
                reached += p;
                u < reached
            });
            // Rounding can leave the sum below u: then the last label that can be drawn.
            drawn.or_else(|| p.iter().rposition(|p| *p > 0.0)).unwrap_or(0) as u32
        });
        let labels = Column::Codes { data: labels.collect() };
        let (at, _) = label(&self.schema)?;
        let columns = (0..self.schema.fields.len())
            .map(|i| if i == at { labels.clone() } else { questions.column(i).clone() })
            .collect();
        Samples::new(self.schema.clone(), columns).map_err(|e| Refusal::new(e.to_string()).into())
    }

    fn size(&self) -> usize {
        self.reader.mlp.size()
    }

    fn losses(&self) -> Option<&LossCurve> {
        Some(self.reader.mlp.losses())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Rows, SOURCES};
    use crate::spec::Node;

    fn questions(n: usize) -> Samples {
        let node = Node::from_toml("templates = 1", "test").unwrap();
        let source = SOURCES.get("arithmetic-program").unwrap().make(&node).unwrap();
        source.truth().unwrap().draw(n, &mut Streams::new(0, 1).of("rows").rng())
    }

    fn fitted(rows: &Samples) -> Box<dyn Model> {
        let params = MlpParams { steps: 300, hidden: 32, weight_decay: 0.0, ..Params::default().0 };
        let family = Answerer { params, device: DeviceName::Flex };
        family.fit(&Mix::of_human(Rows::all(rows.clone())), Start::Scratch, &Streams::new(0, 2)).unwrap()
    }

    #[test]
    fn it_answers_the_questions_that_it_was_trained_on() {
        let rows = questions(60);
        let model = fitted(&rows);
        let sure = Sampling { top_k: Some(1), ..Sampling::default() };
        let made = model.synthesise(Ask::Given(&rows), 60, &sure, &Streams::new(0, 3)).unwrap();
        let right = made.labels().unwrap().iter().zip(rows.labels().unwrap()).filter(|(a, b)| a == b).count();
        assert!(right >= 57, "{right} of 60");
        assert_eq!(made.text(7), rows.text(7));
        // The first labels of a longer draw are those of a shorter one.
        let few = model.synthesise(Ask::Given(&rows), 5, &Sampling::default(), &Streams::new(0, 4)).unwrap();
        let many =
            model.synthesise(Ask::Given(&rows), 50, &Sampling::default(), &Streams::new(0, 4)).unwrap();
        assert_eq!(few.labels().unwrap(), &many.labels().unwrap()[..5]);
    }

    #[test]
    fn new_questions_and_tables_without_labels_are_refused() {
        let rows = questions(20);
        let model = fitted(&rows);
        let why = model.synthesise(Ask::Rows, 5, &Sampling::default(), &Streams::new(0, 3)).unwrap_err();
        assert!(why.to_string().contains("label"), "{why}");
        let bare = Schema { fields: rows.schema().fields[..1].to_vec() };
        let family = Answerer { params: Params::default().0, device: DeviceName::Flex };
        assert!(family.accepts(&bare).is_err());
    }
}
