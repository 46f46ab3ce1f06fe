//! A small causal transformer over the tokens of a text column (characters or words).
//!
//! Pre-norm GPT (Radford et al. 2019): token and learned position embeddings, `layers` ×
//! (x + attention(norm x), x + MLP(norm x)) with a GELU MLP of 4·width, a final norm and an
//! untied output map. Beside the embedding of a token stands one of the pair (the token before,
//! this one), which spares the first layer from learning bigrams. Rows, windows, labels, likelihoods and
//! sampling are those of every [language model](super::language).
//!
//! Sampling keeps a key-value cache.
//! Cost of a training step: about 6·parameters operations a token, and attention.

mod cache;
mod net;

use burn::Tensor;
use serde::{Deserialize, Serialize};

use super::init::{Layout, Weights};
use super::language::{Alphabet, Architecture, Inputs, Language, Training};
use super::size::{Presets, SIZE};
use crate::models::{BoxedFamily, Refusal};
use crate::registry::{About, BuildContext, Entry};
use crate::spec::{Error, Node, joined};
use net::{Net, Shape};

crate::parameters! {
    /// Parameters of the family.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct GptParams {
        /// transformer blocks
        pub layers: usize = 1, in at_least(1);
        /// features of a token, a multiple of heads
        pub width: usize = 64, in at_least(1);
        /// attention heads; `width` is a multiple of them
        pub heads: usize = 4, in at_least(1);
        /// the learning rate after the warm-up
        pub learning_rate: f64 = 0.006, in above(0);
        /// optimiser steps, with effort = "steps"
        pub steps: usize = 700;
    }
    include {
        /// How it is read and trained.
        #[serde(flatten)]
        pub training: Training = Training::default();
    }
}

impl GptParams {
    /// The shape of the network; `context` is not 0.
    fn shape(&self, of: Alphabet) -> Shape {
        let GptParams { layers, width, heads, .. } = *self;
        Shape { layers, width, heads, context: self.training.context, of }
    }
}

impl Architecture for GptParams {
    const NAME: &'static str = "gpt";
    type Net = Net;

    fn check(&self) -> Result<(), Refusal> {
        if self.width.is_multiple_of(self.heads) {
            return Ok(());
        }
        Err(Refusal::new("gpt: width must be a multiple of heads"))
    }

    fn training(&self) -> &Training {
        &self.training
    }

    fn training_mut(&mut self) -> &mut Training {
        &mut self.training
    }

    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn steps(&self) -> usize {
        self.steps
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
pub type Gpt = Language<GptParams>;

/// What `size` sets.
pub const PRESETS: Presets = Presets {
    tables: ["", "steps = 3300", "layers = 2\nbatch = 32\nsteps = 4000"],
    narrow: [""; 3],
    measured: [
        "moby-dick, 8,000 rows of 63 characters: 248,000 parameters, 3 s, perplexity 6.2 (a trigram: 7.40)",
        "moby-dick, 8,000 rows of 63 characters: 248,000 parameters, 12 s, perplexity 5.02 (a 4-gram: 5.42)",
        "not measured",
    ],
};

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: "gpt",
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
    parameters: &joined::<{ 1 + GptParams::PARAMETERS.len() }>(&[&[SIZE], GptParams::PARAMETERS]),
    version: 3,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, for the context's device.
pub fn build(node: &Node, context: &BuildContext) -> Result<BoxedFamily, Error> {
    Ok(Box::new(Gpt {
        params: PRESETS.read::<GptParams>(node)?.of(usize::MAX).clone(),
        device: context.device,
    }))
}
