//! Language models: everything that `gpt` and `gru` share around their networks.
//!
//! The codes are the schema's vocabulary plus one mark that begins and ends every row. Training is on next-token
//! cross-entropy with AdamW (β₂ = 0.99, gradients clipped), tokens weighted by their row's weight.
//!
//! Rows of any length: by default the context holds the longest training row with its end mark, up to 256 targets. Of a
//! longer row every step sees one full window at a random place (`corpus`). Sampling and scoring follow one rule beyond
//! the context (`runner`): when the window is full it moves on by half, so that a token sees between half of the context
//! and all of it, as in training, and the likelihood is that of the law that rows are drawn from (exact, not a bound).
//! Nats, of a row with its end mark; a perplexity leaves the end mark out.
//!
//! Beside a label the model is class-conditional: p(label) is its weighted share of the training rows, and every label has
//! an embedding that is added to that of every token of its rows, so that windows beyond the first know it too (a control
//! code, Keskar et al., arXiv:1909.05858, at every place and not before the row). Groups are drawn with their label as
//! training rows have them.
//!
//! Sampling is plain f32, many rows at a time, one stream a row.

mod corpus;
mod draw;
#[cfg(test)]
mod floors;
mod inputs;
mod reading;
mod runner;
#[cfg(test)]
mod tests;

pub use inputs::{Alphabet, Inputs};
pub use runner::{Fed, Network};

use std::path::Path;
use std::sync::Arc;

use burn::Tensor;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::device::{DeviceName, training_device};
use super::init::{Layout, Weights};
use super::kernels::adam::Rule;
use super::kernels::cross_entropy::cross_entropy;
use super::train::{Course, Effort, Schedule, check_decay, initial, steps, train, warm};
use crate::data::{Mix, Samples, Schema};
use crate::models::labelled::Heads;
use crate::models::{
    Affine, Ask, Density, Family, FitError, LossCurve, Model, Refusal, SampleError, Sampling, Start,
    StorageError, affine,
};
use crate::rng::Streams;
use corpus::Corpus;
use reading::{Codes, Reading};

/// A network over codes, by its family's parameters.
pub trait Architecture: Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// The family's name.
    const NAME: &'static str;
    /// The fitted network.
    type Net: Network;

    /// Refuses parameters of the network that contradict each other.
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// How it is read and trained.
    fn training(&self) -> &Training;

    /// The same, to be changed.
    fn training_mut(&mut self) -> &mut Training;

    /// Adam's learning rate after the warm-up.
    fn learning_rate(&self) -> f64;

    /// Optimiser steps, with `effort = "steps"`.
    fn steps(&self) -> usize;

    /// The parameters.
    fn layout(&self, of: Alphabet) -> Layout;

    /// The training graph: logits of every place, `[windows·window, levels]`.
    fn logits(&self, leaves: &[Tensor<2>], inputs: &Inputs) -> Tensor<2>;

    /// The fitted network in plain f32.
    fn net(&self, of: Alphabet, weights: &Weights) -> Self::Net;
}

crate::parameters! {
    /// How a language model is read and trained: what its families have in common.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Training {
        /// tokens that a prediction sees, at least 2; 0 is the longest training row with its mark, at most 256
        pub context: usize = 0;
        /// embeddings of (token before, token); more pairs than that share them; 0 is none
        pub pairs: usize = 4096;
        /// windows a step
        pub batch: usize = 16, in at_least(1);
        /// share of the steps over which the rate rises from 0
        pub warmup: f64 = 0.03, in within(0, 1);
        /// "wsd" (constant, then linear to 0 over the last 30 %), "cosine" or "constant"
        pub schedule: Course = Course::Wsd => "\"wsd\"";
        /// AdamW's decay of all weights
        pub weight_decay: f64 = 0.01, in at_least(0);
        /// largest norm of a step's gradient
        pub clip: f64 = 1.0, in above(0).or_infinite();
        /// "steps" or "epochs": what is held fixed when training sets differ in size
        pub effort: Effort = Effort::Steps => "\"steps\"";
        /// passes over the training rows, with effort = "epochs"
        pub epochs: usize = 10;
        /// longest sampled row in tokens; 0 is the longest training row
        pub max_length: usize = 0;
    }
}

impl Training {
    fn schedule(&self, rate: f64, count: usize, windows: usize) -> Schedule {
        let steps = steps(self.effort, self.epochs, count, windows, self.batch);
        Schedule {
            steps,
            batch: self.batch,
            rate: rate as f32,
            warmup: (self.warmup * steps as f64).round() as usize,
            course: self.schedule,
            rule: Rule { beta2: 0.99, ..Rule::default() },
            decay: self.weight_decay as f32,
            clip: self.clip as f32,
            patience: 0,
        }
    }
}

/// The family: parameters and the device that trains.
#[derive(Clone, Debug, Default)]
pub struct Language<A> {
    /// The parameters.
    pub params: A,
    /// Where training runs.
    pub device: DeviceName,
}

/// A fitted language model.
pub struct LanguageModel<A: Architecture> {
    /// With the context in force.
    pub(super) params: A,
    reading: Reading,
    /// The longest row that is sampled, in tokens.
    limit: usize,
    /// What labels and groups rows have; `None` without labels.
    heads: Option<Heads>,
    pub(super) weights: Weights,
    pub(super) net: A::Net,
    losses: LossCurve,
}

/// What a file holds beside the weights.
#[derive(Serialize, Deserialize)]
#[serde(bound = "A: Architecture")]
struct Config<A> {
    params: A,
    schema: Arc<Schema>,
    limit: usize,
    #[serde(default)]
    heads: Option<Heads>,
}

/// The standard deviation of an embedding's first values.
pub(super) const SPREAD: f32 = 0.2;

/// The longest context that is taken from the rows.
const LONGEST: usize = 256;

fn refuse<A: Architecture>(what: &str) -> Refusal {
    Refusal::new(format!("{}: {what}", A::NAME))
}

/// The codes of a model of rows so read.
fn alphabet<A: Architecture>(params: &A, reading: &Reading) -> Alphabet {
    let levels = reading.vocabulary() + 1;
    let pairs = params.training().pairs.min(levels.saturating_mul(levels));
    Alphabet { levels, classes: reading.classes(), pairs }
}

impl<A: Architecture> LanguageModel<A> {
    fn new(config: Config<A>, reading: Reading, weights: Weights, losses: LossCurve) -> Self {
        let net = config.params.net(alphabet(&config.params, &reading), &weights);
        let Config { params, limit, heads, .. } = config;
        LanguageModel { params, reading, limit, heads, weights, net, losses }
    }

    /// What a file holds of it beside the weights.
    fn config(&self) -> Config<A> {
        let (params, schema, heads) =
            (self.params.clone(), self.reading.schema().clone(), self.heads.clone());
        Config { params, schema, limit: self.limit, heads }
    }

    /// The codes of the model.
    pub(super) fn alphabet(&self) -> Alphabet {
        alphabet(&self.params, &self.reading)
    }

    fn context(&self) -> usize {
        self.params.training().context
    }

    /// The codes of rows that fit this model.
    fn read(&self, rows: &Samples) -> Result<Codes, Refusal> {
        let of = Reading::of(A::NAME, rows.schema())?;
        if (of.vocabulary(), of.classes()) != (self.reading.vocabulary(), self.reading.classes()) {
            return Err(refuse::<A>(
                "these rows have another vocabulary or other labels than the training rows",
            ));
        }
        self.reading.read(rows)
    }
}

impl<A: Architecture> Family for Language<A> {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        let how = self.params.training();
        if how.context == 1 {
            return Err(refuse::<A>("context must be at least 2, or 0 for the longest row"));
        }
        check_decay(A::NAME, how.weight_decay, self.params.learning_rate())?;
        self.params.check()?;
        Reading::of(A::NAME, &Arc::new(schema.clone())).map(|_| ())
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let reading = Reading::of(A::NAME, rows.schema())?;
        let codes = reading.read(&rows)?;
        let heads = reading.heads(&codes, &row_weights)?;
        let longest = codes.rows.iter().map(Vec::len).max().unwrap_or(0);
        let warm = warm::<LanguageModel<A>>(A::NAME, start)?;
        let context = match (self.params.training().context, warm) {
            (0, Some(model)) => model.context(),
            (0, None) => (longest + 1).clamp(2, LONGEST),
            (context, _) => context,
        };
        let mut params = self.params.clone();
        params.training_mut().context = context;
        let how = params.training();
        let alphabet = alphabet(&params, &reading);
        let corpus = Corpus::new(&codes, &row_weights, alphabet, context);
        let mut weights =
            initial(A::NAME, params.layout(alphabet), warm.map(|model| &model.weights), streams)?;
        let device = training_device(self.device);
        let schedule = how.schedule(params.learning_rate(), params.steps(), corpus.len());
        let losses = train(&mut weights, corpus.weights(), &schedule, &device, streams, |mut step| {
            let batch = corpus.batch(step.items, &step.weights, &mut step.rng);
            cross_entropy(params.logits(step.leaves, &batch.inputs), &batch.targets, &batch.weights)
        })?;
        let limit = match how.max_length {
            0 => longest,
            limit => limit,
        };
        let config = Config { params, schema: rows.schema().clone(), limit, heads };
        Ok(Box::new(LanguageModel::new(config, reading, weights, losses)))
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        let read = |c: &Config<A>| Reading::of(A::NAME, &c.schema).map_err(|e| StorageError::new(from, e));
        let (config, weights, losses) = checkpoint::load(from, A::NAME, |c: &Config<A>| {
            Ok(c.params.layout(alphabet(&c.params, &read(c)?)))
        })?;
        let reading = read(&config)?;
        Ok(Box::new(LanguageModel::new(config, reading, weights, losses)))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }

    fn takes_a_start(&self) -> bool {
        true
    }

    fn seeds_per_cell(&self) -> u64 {
        1
    }
}

impl<A: Architecture> Affine for Language<A> {
    /// All weights. The labels' shares are those of the first model.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<LanguageModel<A>>(models)?;
        let (_, first) = models[0];
        let weights = Weights::combined(&models, |m| &m.weights);
        let weights = weights.ok_or_else(|| refuse::<A>("the models differ in shape"))?;
        let (config, reading) = (first.config(), first.reading.clone());
        Ok(Box::new(LanguageModel::new(config, reading, weights, LossCurve::default())))
    }
}

impl<A: Architecture> Model for LanguageModel<A> {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        draw::check(A::NAME, how)?;
        let given = match ask {
            Ask::Rows => None,
            Ask::Continue(rows) | Ask::Edit { of: rows, .. } => Some(self.read(rows)?),
            Ask::Given(_) => return Err(refuse::<A>("makes no labels").into()),
        };
        let heads = self.reading.choose(given.as_ref(), self.heads.as_ref(), n, streams);
        let classes = self.reading.classes_of(&heads);
        let rows = match (ask, &given) {
            (Ask::Continue(_), Some(given)) => self.continue_rows(&given.rows, n, &classes, how, streams)?,
            (Ask::Edit { above, .. }, Some(given)) => {
                self.edit(&given.rows, (n, &classes), above, how, streams)?
            }
            _ => self.sample(n, &classes, how, streams)?,
        };
        self.reading.table(rows, &heads)
    }

    fn density(&self) -> Option<&dyn Density> {
        // With groups the likelihood would be of them too.
        self.reading.is_plain().then_some(self)
    }

    fn size(&self) -> usize {
        self.weights.values().len()
    }

    fn losses(&self) -> Option<&LossCurve> {
        Some(&self.losses)
    }

    fn twin(&self) -> Option<Box<dyn Model>> {
        let (reading, weights) = (self.reading.clone(), self.weights.clone());
        Some(Box::new(LanguageModel::new(self.config(), reading, weights, self.losses.clone())))
    }

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        checkpoint::save(to, A::NAME, &self.config(), (&self.weights, &self.losses))
    }
}

impl<A: Architecture> Density for LanguageModel<A> {
    /// ln p of each row and its end mark, and of its label where it has one, nats.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.score(rows, true)
    }

    fn log_likelihood_without_end(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.score(rows, false)
    }

    fn token_log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.score_tokens(rows)
    }
}
