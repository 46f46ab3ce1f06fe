//! A small causal transformer over the tokens of a text column (characters or words).
//!
//! Pre-norm GPT (Radford et al. 2019): token and learned position embeddings, `layers` ×
//! (x + attention(norm x), x + MLP(norm x)) with a GELU MLP of 4·width, a final norm and an
//! untied output map. The codes are the schema's vocabulary plus one mark that begins and
//! ends every row. Trained on next-token cross-entropy with Adam (β₂ = 0.99, linear
//! warm-up, optional cosine decay), tokens weighted by their row's weight.
//!
//! Rows of any length: a row and its end mark are cut into windows of at most `context`
//! targets; shorter windows are padded and the padding weighs nothing. Sampling and scoring
//! follow one rule beyond the context: when the window is full it moves on by half, so the
//! likelihood is that of the law that rows are drawn from (exact, not a bound). Nats; the
//! end mark counts as a token.
//!
//! Beside a label the model is class-conditional: p(label) is its weighted share of the training rows, and
//! every label has an embedding that is added to that of every token of its rows, so that windows beyond the
//! first know it too (a control code, Keskar et al., arXiv:1909.05858, at every place and not before the row).
//! Groups are drawn with their label as training rows have them.
//!
//! Sampling is plain f32 with a key-value cache, many rows at a time, one stream a row.
//! Cost of a training step: about 6·parameters operations a token, and attention.

mod cache;
mod corpus;
mod draw;
mod net;
mod reading;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::device::{DeviceName, selected, training_device};
use super::init::Weights;
use super::kernels::adam::Rule;
use super::train::{Effort, Schedule, initial, steps, train, warm};
use super::{EFFORT, parameter};
use crate::data::{Mix, Samples, Schema};
use crate::models::labelled::Heads;
use crate::models::{
    Affine, Ask, BoxedFamily, Density, Family, FitError, Model, Refusal, SampleError, Sampling, Start,
    StorageError, affine,
};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::spec::{Error, Node};
use corpus::Corpus;
use net::{Net, Shape};
use reading::{Codes, Reading};

/// Parameters of the family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GptParams {
    /// Transformer blocks, ≥ 1. Default 1.
    pub layers: usize,
    /// Features of a token, a multiple of `heads`. Default 32.
    pub width: usize,
    /// Attention heads. Default 4.
    pub heads: usize,
    /// Tokens that a prediction sees, ≥ 2. Default 32.
    pub context: usize,
    /// Windows a step, ≥ 1. Default 32.
    pub batch: usize,
    /// Adam's learning rate after the warm-up, > 0. Default 0.003.
    pub learning_rate: f64,
    /// Steps of linear warm-up. Default 20.
    pub warmup: usize,
    /// Whether the rate falls to a tenth along a half cosine. Default false.
    pub cosine: bool,
    /// `"steps"` (default) or `"epochs"`.
    pub effort: Effort,
    /// Passes over the training windows, with `effort = "epochs"`. Default 10.
    pub epochs: usize,
    /// Optimiser steps, with `effort = "steps"`. Default 1000.
    pub steps: usize,
    /// The longest row that is sampled, in tokens; 0 (default) is the longest training row.
    pub max_length: usize,
}

impl Default for GptParams {
    fn default() -> Self {
        GptParams {
            layers: 1,
            width: 32,
            heads: 4,
            context: 32,
            batch: 32,
            learning_rate: 3e-3,
            warmup: 20,
            cosine: false,
            effort: Effort::Steps,
            epochs: 10,
            steps: 1000,
            max_length: 0,
        }
    }
}

impl GptParams {
    fn check(&self) -> Result<(), Refusal> {
        let refuse = |what: &str| Err(Refusal::new(format!("gpt: {what}")));
        if self.layers == 0 || self.width == 0 || self.heads == 0 || self.batch == 0 {
            return refuse("layers, width, heads and batch must be at least 1");
        }
        if self.context < 2 {
            return refuse("context must be at least 2");
        }
        if !self.width.is_multiple_of(self.heads) {
            return refuse("width must be a multiple of heads");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning_rate must be above 0");
        }
        Ok(())
    }

    fn shape(&self, reading: &Reading) -> Shape {
        Shape {
            layers: self.layers,
            width: self.width,
            heads: self.heads,
            context: self.context,
            levels: reading.vocabulary() + 1,
            classes: reading.classes(),
        }
    }
}

/// The family: parameters and the device that trains.
#[derive(Clone, Debug, Default)]
pub struct Gpt {
    /// The parameters.
    pub params: GptParams,
    /// Where training runs.
    pub device: DeviceName,
}

/// A fitted transformer.
pub struct GptModel {
    params: GptParams,
    reading: Reading,
    /// The longest row that is sampled, in tokens.
    limit: usize,
    /// What labels and groups rows have; `None` without labels.
    heads: Option<Heads>,
    weights: Weights,
    net: Net,
    losses: Vec<f32>,
}

/// What a file holds beside the weights.
#[derive(Serialize, Deserialize)]
struct Config {
    params: GptParams,
    schema: Arc<Schema>,
    limit: usize,
    #[serde(default)]
    heads: Option<Heads>,
}

const NAME: &str = "gpt";

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: NAME,
    summary: "Small causal transformer over characters or words, class-conditional beside a label",
    details: "Pre-norm blocks of causal self-attention and a GELU MLP (×4) over token and learned position \
              embeddings, trained on next-token cross-entropy. One mark begins and ends every row. Rows \
              longer than `context` are windows; when sampling or scoring fills its window, the window \
              moves on by half.\n\n\
              Likelihoods are exact for that law, in nats, the end mark counted as a token. Sampling takes \
              temperature, top_k and top_p; `continue` gives as many tokens as the prompt has; `edit` \
              redraws tokens whose probability reaches the threshold.\n\n\
              Rows may have a label: it is drawn with the weighted shares of the training rows, and an embedding of \
              the label is added to that of every token; likelihoods are then of label and text. Further columns of \
              codes (groups) are drawn together with the label. A label that the training set lacks is never made.",
    source: "Vaswani et al., arXiv:1706.03762; Radford et al. 2019 (GPT-2); labels: Keskar et al., arXiv:1909.05858",
    parameters: &[
        parameter("layers", "1", "transformer blocks, at least 1"),
        parameter("width", "32", "features of a token, a multiple of heads"),
        parameter("heads", "4", "attention heads; `width` is a multiple of them"),
        parameter("context", "32", "tokens that a prediction sees, at least 2"),
        parameter("batch", "32", "windows a step, at least 1"),
        parameter("learning_rate", "0.003", "Adam's learning rate after the warm-up, above 0"),
        parameter("warmup", "20", "steps of linear warm-up"),
        parameter("cosine", "false", "whether the rate falls to a tenth along a half cosine"),
        EFFORT,
        parameter("epochs", "10", "passes over the training windows, with effort = \"epochs\""),
        parameter("steps", "1000", "optimiser steps, with effort = \"steps\""),
        parameter("max_length", "0", "longest sampled row in tokens; 0 is the longest training row"),
    ],
    version: 2,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, on the selected device.
pub fn build(node: &Node) -> Result<BoxedFamily, Error> {
    Ok(Box::new(Gpt { params: node.parse()?, device: selected() }))
}

impl GptModel {
    fn new(config: Config, reading: Reading, weights: Weights, losses: Vec<f32>) -> Self {
        let net = Net::new(&weights, config.params.shape(&reading));
        let Config { params, limit, heads, .. } = config;
        GptModel { params, reading, limit, heads, weights, net, losses }
    }

    /// What a file holds of it beside the weights.
    fn config(&self) -> Config {
        let (params, schema, heads) =
            (self.params.clone(), self.reading.schema().clone(), self.heads.clone());
        Config { params, schema, limit: self.limit, heads }
    }

    /// The loss of every training step, before its update: nats a token. Empty after
    /// [`Family::load`].
    pub fn losses(&self) -> &[f32] {
        &self.losses
    }

    /// Negative log-likelihood of held-out rows, in nats a token (end marks count), from the
    /// untransformed model.
    pub fn nll_per_token(&self, rows: &Samples) -> Result<f64, Refusal> {
        let scores = self.score(rows)?;
        let (_, tokens) = rows.token_rows().unwrap_or((&[], &[]));
        Ok(-scores.iter().sum::<f64>() / (tokens.len() + rows.len()) as f64)
    }

    /// The codes of rows that fit this model.
    fn read(&self, rows: &Samples) -> Result<Codes, Refusal> {
        let of = Reading::of(rows.schema())?;
        if (of.vocabulary(), of.classes()) != (self.reading.vocabulary(), self.reading.classes()) {
            return Err(Refusal::new(
                "gpt: these rows have another vocabulary or other labels than the training rows",
            ));
        }
        self.reading.read(rows)
    }
}

impl Family for Gpt {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.params.check()?;
        Reading::of(&Arc::new(schema.clone())).map(|_| ())
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let p = &self.params;
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let reading = Reading::of(rows.schema())?;
        let codes = reading.read(&rows)?;
        let heads = reading.heads(&codes, &row_weights)?;
        let corpus = Corpus::new(&codes, &row_weights, reading.vocabulary() as u32, p.context);
        let shape = p.shape(&reading);
        let warm = warm::<GptModel>(NAME, start)?.map(|model| &model.weights);
        let mut weights = initial(NAME, net::layout(shape), warm, streams)?;
        let schedule = Schedule {
            steps: steps(p.effort, p.epochs, p.steps, corpus.len(), p.batch),
            batch: p.batch,
            rate: p.learning_rate as f32,
            warmup: p.warmup,
            cosine: p.cosine,
            rule: Rule { beta2: 0.99, ..Rule::default() },
            decay: 0.0,
        };
        let device = training_device(self.device);
        let losses = train(&mut weights, corpus.weights(), &schedule, &device, streams, |step| {
            let batch = corpus.batch(step.items, &step.weights);
            net::loss(step.leaves, &batch, shape)
        })?;
        let limit = if p.max_length == 0 { corpus.longest() } else { p.max_length };
        let config = Config { params: p.clone(), schema: rows.schema().clone(), limit, heads };
        Ok(Box::new(GptModel::new(config, reading, weights, losses)))
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        let read = |c: &Config| Reading::of(&c.schema).map_err(|e| StorageError::new(from, e));
        let (config, weights) =
            checkpoint::load(from, NAME, |c: &Config| Ok(net::layout(c.params.shape(&read(c)?))))?;
        let reading = read(&config)?;
        Ok(Box::new(GptModel::new(config, reading, weights, vec![])))
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

impl Affine for Gpt {
    /// All weights. The labels' shares are those of the first model.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<GptModel>(models)?;
        let (_, first) = models[0];
        let weights = Weights::combined(&models, |m| &m.weights);
        let weights = weights.ok_or_else(|| Refusal::new("gpt: the models differ in shape"))?;
        Ok(Box::new(GptModel::new(first.config(), first.reading.clone(), weights, vec![])))
    }
}

impl Model for GptModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        draw::check(how)?;
        let given = match ask {
            Ask::Rows => None,
            Ask::Continue(rows) | Ask::Edit { of: rows, .. } => Some(self.read(rows)?),
            Ask::Given(_) => return Err(Refusal::new("gpt: makes no labels").into()),
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

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        checkpoint::save(to, NAME, &self.config(), &self.weights)
    }
}

impl Density for GptModel {
    /// ln p of each row and its end mark, and of its label where it has one, nats.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.score(rows)
    }

    fn token_log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.score_tokens(rows)
    }
}
