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
use super::language::{Alphabet, Architecture, Inputs, Language, Training};
use super::size::{Presets, SIZE};
use crate::models::BoxedFamily;
use crate::registry::{About, BuildContext, Entry};
use crate::spec::{Error, Node, joined};
use net::{Net, Shape};

crate::parameters! {
    /// Parameters of the family.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct GruParams {
        /// recurrent layers
        pub layers: usize = 1, in at_least(1);
        /// units of a layer
        pub width: usize = 128, in at_least(1);
        /// features of a token's embedding
        pub embedding: usize = 64, in at_least(1);
        /// the learning rate after the warm-up
        pub learning_rate: f64 = 0.01, in above(0);
        /// optimiser steps, with effort = "steps"
        pub steps: usize = 360;
    }
    include {
        /// How it is read and trained.
        #[serde(flatten)]
        pub training: Training = Training::default();
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
pub type Gru = Language<GruParams>;

/// What `size` sets.
pub const PRESETS: Presets = Presets {
    tables: ["", "steps = 1350", "batch = 32\nsteps = 4000"],
    narrow: [""; 3],
    measured: [
        "moby-dick, 8,000 rows of 63 characters: 271,000 parameters, 1.7 s, perplexity 6.3 (a trigram: 7.40)",
        "moby-dick, 8,000 rows of 63 characters: 271,000 parameters, 6 s, perplexity 5.18 (a 4-gram: 5.42)",
        "not measured",
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
    parameters: &joined::<{ 1 + GruParams::PARAMETERS.len() }>(&[&[SIZE], GruParams::PARAMETERS]),
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
