//! A small causal transformer over the tokens of a text column (characters or words).
//!
//! Pre-norm GPT (Radford et al. 2019): token and learned position embeddings, `layers` ×
//! (x + attention(norm x), x + MLP(norm x)) with a GELU MLP of 4·width, a final norm and an
//! untied output map. The codes are the schema's vocabulary plus one mark that begins and
//! ends every row; beside the embedding of a token stands one of the pair (the token before,
//! this one), which spares the first layer from learning bigrams. Trained on next-token
//! cross-entropy with AdamW (β₂ = 0.99, gradients clipped), tokens weighted by their row's weight.
//!
//! Rows of any length: by default the context holds the longest training row with its end mark,
//! up to 256 targets. Of a longer row every step sees one full window at a random place
//! (`corpus`). Sampling and scoring follow one rule beyond the context: when the window is full
//! it moves on by half, so that a token sees between half of the context and all of it, as in
//! training, and the likelihood is that of the law that rows are drawn from (exact, not a
//! bound). Nats, of a row with its end mark; a perplexity leaves the end mark out.
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
use super::train::{Course, Effort, Schedule, initial, steps, train, warm};
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
    /// Features of a token, a multiple of `heads`. Default 64.
    pub width: usize,
    /// Attention heads. Default 4.
    pub heads: usize,
    /// Tokens that a prediction sees, ≥ 2; 0 (default) is the longest training row with its mark, at most 256.
    pub context: usize,
    /// Embeddings of pairs (the token before, this one); more pairs than that share them, 0 is none. Default 4096.
    pub pairs: usize,
    /// Windows a step, ≥ 1. Default 16.
    pub batch: usize,
    /// Adam's learning rate after the warm-up, > 0. Default 0.006.
    pub learning_rate: f64,
    /// The share of the steps over which the rate rises linearly from 0, in [0, 1]. Default 0.03.
    pub warmup: f64,
    /// `"wsd"` (default), `"cosine"` or `"constant"`.
    pub schedule: Course,
    /// AdamW's decoupled decay of all weights, ≥ 0. Default 0.01.
    pub weight_decay: f64,
    /// The largest norm of a step's gradient, > 0. Default 1.
    pub clip: f64,
    /// `"steps"` (default) or `"epochs"`.
    pub effort: Effort,
    /// Passes over the training rows, with `effort = "epochs"`. Default 10.
    pub epochs: usize,
    /// Optimiser steps, with `effort = "steps"`. Default 700.
    pub steps: usize,
    /// The longest row that is sampled, in tokens; 0 (default) is the longest training row.
    pub max_length: usize,
}

impl Default for GptParams {
    fn default() -> Self {
        GptParams {
            layers: 1,
            width: 64,
            heads: 4,
            context: 0,
            pairs: 4096,
            batch: 16,
            learning_rate: 6e-3,
            warmup: 0.03,
            schedule: Course::Wsd,
            weight_decay: 0.01,
            clip: 1.0,
            effort: Effort::Steps,
            epochs: 10,
            steps: 700,
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
        if self.context == 1 {
            return refuse("context must be at least 2, or 0 for the longest row");
        }
        if !((0.0..=1.0).contains(&self.warmup) && self.clip > 0.0) {
            return refuse("warmup must be a share of the steps and clip above 0");
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay * self.learning_rate < 1.0) {
            return refuse("weight_decay must be at least 0 and below 1 ÷ learning_rate");
        }
        if !self.width.is_multiple_of(self.heads) {
            return refuse("width must be a multiple of heads");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning_rate must be above 0");
        }
        Ok(())
    }

    /// The shape of the network; `context` is not 0.
    fn shape(&self, reading: &Reading) -> Shape {
        let levels = reading.vocabulary() + 1;
        Shape {
            layers: self.layers,
            width: self.width,
            heads: self.heads,
            context: self.context,
            levels,
            classes: reading.classes(),
            pairs: self.pairs.min(levels.saturating_mul(levels)),
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
    /// With the context in force.
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

/// The longest context that is taken from the rows.
const LONGEST: usize = 256;

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: NAME,
    summary: "Small causal transformer over characters or words, class-conditional beside a label",
    details: "Pre-norm blocks of causal self-attention and a GELU MLP (×4) over embeddings of the token, of the pair \
              (token before, token) and of the place, trained on next-token cross-entropy with AdamW (β₂ = 0.99). \
              One mark begins and ends every row. A row longer than `context` is learnt from windows at random \
              places; when sampling or scoring fills its window, the window moves on by half.\n\n\
              Likelihoods are exact for that law, in nats, of the row with its end mark; perplexity leaves the end \
              mark out. Sampling takes \
              temperature, top_k and top_p; `continue` gives as many tokens as the prompt has; `edit` \
              redraws tokens whose probability reaches the threshold.\n\n\
              Rows may have a label: it is drawn with the weighted shares of the training rows, and an embedding of \
              the label is added to that of every token; likelihoods are then of label and text. Further columns of \
              codes (groups) are drawn together with the label. A label that the training set lacks is never made.",
    source: "Vaswani et al., arXiv:1706.03762; Radford et al. 2019 (GPT-2); labels: Keskar et al., arXiv:1909.05858",
    parameters: &[
        parameter("layers", "1", "transformer blocks, at least 1"),
        parameter("width", "64", "features of a token, a multiple of heads"),
        parameter("heads", "4", "attention heads; `width` is a multiple of them"),
        parameter(
            "context",
            "0",
            "tokens that a prediction sees, at least 2; 0 is the longest training row with its mark, at most 256",
        ),
        parameter(
            "pairs",
            "4096",
            "embeddings of (token before, token); more pairs than that share them; 0 is none",
        ),
        parameter("batch", "16", "windows a step, at least 1"),
        parameter("learning_rate", "0.006", "the learning rate after the warm-up, above 0"),
        parameter("warmup", "0.03", "share of the steps over which the rate rises from 0"),
        parameter(
            "schedule",
            "\"wsd\"",
            "\"wsd\" (constant, then linear to 0 over the last 30 %), \"cosine\" or \"constant\"",
        ),
        parameter("weight_decay", "0.01", "AdamW's decay of all weights, at least 0"),
        parameter("clip", "1", "largest norm of a step's gradient, above 0"),
        EFFORT,
        parameter("epochs", "10", "passes over the training rows, with effort = \"epochs\""),
        parameter("steps", "700", "optimiser steps, with effort = \"steps\""),
        parameter("max_length", "0", "longest sampled row in tokens; 0 is the longest training row"),
    ],
    version: 3,
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
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let reading = Reading::of(rows.schema())?;
        let codes = reading.read(&rows)?;
        let heads = reading.heads(&codes, &row_weights)?;
        let longest = codes.rows.iter().map(Vec::len).max().unwrap_or(0);
        let warm = warm::<GptModel>(NAME, start)?;
        let context = match (self.params.context, warm) {
            (0, Some(model)) => model.params.context,
            (0, None) => (longest + 1).clamp(2, LONGEST),
            (context, _) => context,
        };
        let p = GptParams { context, ..self.params.clone() };
        let shape = p.shape(&reading);
        let corpus = Corpus::new(&codes, &row_weights, shape);
        let mut weights = initial(NAME, net::layout(shape), warm.map(|model| &model.weights), streams)?;
        let steps = steps(p.effort, p.epochs, p.steps, corpus.len(), p.batch);
        let schedule = Schedule {
            steps,
            batch: p.batch,
            rate: p.learning_rate as f32,
            warmup: (p.warmup * steps as f64).round() as usize,
            course: p.schedule,
            rule: Rule { beta2: 0.99, ..Rule::default() },
            decay: p.weight_decay as f32,
            clip: p.clip as f32,
        };
        let device = training_device(self.device);
        let losses = train(&mut weights, corpus.weights(), &schedule, &device, streams, |mut step| {
            net::loss(step.leaves, &corpus.batch(step.items, &step.weights, &mut step.rng))
        })?;
        let limit = if p.max_length == 0 { longest } else { p.max_length };
        let config = Config { params: p, schema: rows.schema().clone(), limit, heads };
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
        self.score(rows, true)
    }

    fn log_likelihood_without_end(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.score(rows, false)
    }

    fn token_log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.score_tokens(rows)
    }
}
