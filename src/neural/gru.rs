//! A recurrent network over the tokens of a text column (characters or words).
//!
//! Gated recurrent units (Cho et al., arXiv:1406.1078) over embeddings of the token and of the pair (the token before,
//! this one), and a map from the state to the next token. Rows, windows, labels, likelihoods and sampling are those of
//! every [language model](super::language).
//! Cost of a training step: about 6·parameters operations a token, the embeddings' left out.

mod net;

use burn::Tensor;
use serde::{Deserialize, Serialize};

use super::init::{Layout, Weights};
use super::language::{Alphabet, Architecture, Inputs, Language, LanguageModel, Training};
use super::size::{Presets, SIZE};
use super::train::{Course, Effort};
use super::{EFFORT, parameter};
use crate::models::{BoxedFamily, Refusal};
use crate::registry::{About, BuildContext, Entry};
use crate::spec::{Error, Node};
use net::{Net, Shape};

/// Parameters of the family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GruParams {
    /// Recurrent layers, ≥ 1. Default 1.
    pub layers: usize,
    /// Units of a layer, ≥ 1. Default 128.
    pub width: usize,
    /// Features of a token's embedding, ≥ 1. Default 64.
    pub embedding: usize,
    /// Tokens that a prediction sees, ≥ 2; 0 (default) is the longest training row with its mark, at most 256.
    pub context: usize,
    /// Embeddings of pairs (the token before, this one); more pairs than that share them, 0 is none. Default 4096.
    pub pairs: usize,
    /// Windows a step, ≥ 1. Default 16.
    pub batch: usize,
    /// Adam's learning rate after the warm-up, > 0. Default 0.01.
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
    /// Optimiser steps, with `effort = "steps"`. Default 360.
    pub steps: usize,
    /// The longest row that is sampled, in tokens; 0 (default) is the longest training row.
    pub max_length: usize,
}

impl Default for GruParams {
    fn default() -> Self {
        GruParams {
            layers: 1,
            width: 128,
            embedding: 64,
            context: 0,
            pairs: 4096,
            batch: 16,
            learning_rate: 0.01,
            warmup: 0.03,
            schedule: Course::Wsd,
            weight_decay: 0.01,
            clip: 1.0,
            effort: Effort::Steps,
            epochs: 10,
            steps: 360,
            max_length: 0,
        }
    }
}

impl GruParams {
    fn shape(&self, of: Alphabet) -> Shape {
        let GruParams { layers, width, embedding, .. } = *self;
        Shape { layers, width, embedding, of }
    }
}

impl Architecture for GruParams {
    const NAME: &'static str = "gru";
    type Net = Net;

    fn check(&self) -> Result<(), Refusal> {
        if self.layers == 0 || self.width == 0 || self.embedding == 0 {
            return Err(Refusal::new("gru: layers, width and embedding must be at least 1"));
        }
        Ok(())
    }

    fn training(&self) -> Training {
        Training {
            context: self.context,
            pairs: self.pairs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            warmup: self.warmup,
            schedule: self.schedule,
            weight_decay: self.weight_decay,
            clip: self.clip,
            effort: self.effort,
            epochs: self.epochs,
            steps: self.steps,
            max_length: self.max_length,
        }
    }

    fn with_context(self, context: usize) -> Self {
        GruParams { context, ..self }
    }

    fn layout(&self, of: Alphabet) -> Layout {
        net::layout(self.shape(of))
    }

    fn logits(&self, leaves: &[Tensor<2>], inputs: &Inputs) -> Tensor<2> {
        net::logits(self.shape(inputs.of), leaves, inputs)
    }

    fn net(&self, of: Alphabet, weights: &Weights) -> Net {
        Net::new(weights, self.shape(of))
    }
}

/// The family: parameters and the device that trains.
pub type Gru = Language<GruParams>;

/// A fitted recurrent network.
pub type GruModel = LanguageModel<GruParams>;

/// What `size` sets.
pub const PRESETS: Presets = Presets {
    tables: ["", "steps = 1350", "batch = 32\nsteps = 4000"],
    narrow: [""; 3],
    measured: [
        "moby-dick, 8,000 rows of 63 characters: 271,000 parameters, 1.7 s, perplexity 6.3 (a trigram: 7.40)",
        "moby-dick, 8,000 rows of 63 characters: 271,000 parameters, 6 s, perplexity 5.2 (a 4-gram: 5.42)",
        "meant to reach 4.95 on moby-dick; not measured yet",
    ],
};

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: "gru",
    summary: "Small recurrent network over characters or words, class-conditional beside a label",
    details: "Gated recurrent units over embeddings of the token and of the pair (token before, token), trained on \
              next-token cross-entropy with AdamW (β₂ = 0.99). One mark begins and ends every row. A row longer than \
              `context` is learnt from windows at random places; when sampling or scoring fills its window, the state is \
              made anew from the window's last half.\n\n\
              Likelihoods are exact for that law, in nats, of the row with its end mark; perplexity leaves the end \
              mark out. Sampling takes \
              temperature, top_k and top_p; `continue` gives as many tokens as the prompt has; `edit` \
              redraws tokens whose probability reaches the threshold.\n\n\
              Rows may have a label: it is drawn with the weighted shares of the training rows, and an embedding of \
              the label is added to that of every token; likelihoods are then of label and text. Further columns of \
              codes (groups) are drawn together with the label. A label that the training set lacks is never made.",
    source: "Cho et al., arXiv:1406.1078; labels: Keskar et al., arXiv:1909.05858",
    parameters: &[
        SIZE,
        parameter("layers", "1", "recurrent layers, at least 1"),
        parameter("width", "128", "units of a layer, at least 1"),
        parameter("embedding", "64", "features of a token's embedding, at least 1"),
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
        parameter("learning_rate", "0.01", "the learning rate after the warm-up, above 0"),
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
        parameter("steps", "360", "optimiser steps, with effort = \"steps\""),
        parameter("max_length", "0", "longest sampled row in tokens; 0 is the longest training row"),
    ],
    version: 1,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, for the context's device.
pub fn build(node: &Node, context: &BuildContext) -> Result<BoxedFamily, Error> {
    Ok(Box::new(Gru {
        params: PRESETS.read::<GruParams>(node)?.of(usize::MAX).clone(),
        device: context.device,
    }))
}
