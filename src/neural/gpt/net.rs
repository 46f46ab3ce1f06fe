//! The network: its training graph in burn, and the fitted network in plain f32.

use std::sync::Arc;

use burn::Tensor;

use super::corpus::Batch;
use crate::neural::init::{Init, Layout, Weights};
use crate::neural::kernels::attention::attention;
use crate::neural::kernels::cross_entropy::cross_entropy;
use crate::neural::kernels::dense::Dense;
use crate::neural::kernels::embedding::{add_rows, embedding};
use crate::neural::kernels::layer_norm::layer_norm;
use crate::neural::kernels::linear::{Activation, linear};

/// Sizes of the network; `levels` counts the mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) context: usize,
    pub(super) levels: usize,
    /// Labels, each with an embedding that is added to that of every token; 0 without labels.
    pub(super) classes: usize,
    /// Embeddings of pairs (the token before, this one), added to that of the token; 0 is none.
    pub(super) pairs: usize,
}

impl Shape {
    /// The code of the mark that begins and ends rows.
    pub(super) fn mark(self) -> u32 {
        self.levels as u32 - 1
    }

    /// The embedding of a pair: its own where there are enough, else one that is shared by a multiplicative hash.
    pub(super) fn pair(self, before: u32, code: u32) -> u32 {
        let pair = u64::from(before) * self.levels as u64 + u64::from(code);
        if self.levels * self.levels <= self.pairs {
            return pair as u32;
        }
        let hash = pair.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        ((hash * self.pairs as u64) >> 32) as u32
    }
}

/// The inputs of some windows of the same length.
pub(super) struct Inputs {
    shape: Shape,
    window: usize,
    codes: Vec<u32>,
    /// The pair of each place, or nothing.
    pairs: Vec<u32>,
    /// The label of each place's row, or nothing.
    classes: Vec<u32>,
}

impl Inputs {
    pub(super) fn new(shape: Shape, window: usize) -> Self {
        Inputs { shape, window, codes: vec![], pairs: vec![], classes: vec![] }
    }

    #[cfg(test)]
    pub(super) fn codes(&self) -> &[u32] {
        &self.codes
    }

    #[cfg(test)]
    pub(super) fn pairs(&self) -> &[u32] {
        &self.pairs
    }

    #[cfg(test)]
    pub(super) fn classes(&self) -> &[u32] {
        &self.classes
    }

    /// Appends a window, padded by marks; `before` is the code before its first.
    pub(super) fn push(&mut self, codes: &[u32], before: u32, class: Option<u32>) {
        let end = self.codes.len() + self.window;
        self.codes.extend_from_slice(codes);
        self.codes.resize(end, self.shape.mark());
        if self.shape.pairs > 0 {
            let before = std::iter::once(&before).chain(codes);
            self.pairs.extend(before.zip(codes).map(|(&b, &c)| self.shape.pair(b, c)));
            self.pairs.resize(end, 0);
        }
        if let Some(class) = class {
            self.classes.resize(end, class);
        }
    }
}

/// Parameters of a block, and those before the first.
const BLOCK: usize = 12;
const BEFORE: usize = 2;

/// The standard deviation of an embedding's first values.
const SPREAD: f32 = 0.2;

/// Embeddings normal with deviation 0.2, those of pairs 0; maps uniform on ±1/√inputs, those that end a
/// residual branch divided by √(2·layers) (Radford et al. 2019); biases 0.
pub(super) fn layout(s: Shape) -> Layout {
    let w = s.width;
    let mut l = Layout::default();
    let norm = |l: &mut Layout, name: String| {
        l.add(format!("{name}.gamma"), [1, w], Init::Ones);
        l.add(format!("{name}.beta"), [1, w], Init::Zeros);
    };
    let map = |l: &mut Layout, name: String, inputs: usize, outputs: usize, shrink: f32| {
        let law = Init::Uniform(shrink / (inputs as f32).sqrt());
        l.add(format!("{name}.weight"), [inputs, outputs], law);
        l.add(format!("{name}.bias"), [1, outputs], Init::Zeros);
    };
    let branch = 1.0 / (2.0 * s.layers as f32).sqrt();
    l.add("tokens", [s.levels, w], Init::Normal(SPREAD));
    l.add("positions", [s.context, w], Init::Normal(SPREAD));
    for i in 0..s.layers {
        norm(&mut l, format!("block{i}.norm1"));
        map(&mut l, format!("block{i}.attention.input"), w, 3 * w, 1.0);
        map(&mut l, format!("block{i}.attention.output"), w, w, branch);
        norm(&mut l, format!("block{i}.norm2"));
        map(&mut l, format!("block{i}.mlp.up"), w, 4 * w, 1.0);
        map(&mut l, format!("block{i}.mlp.down"), 4 * w, w, branch);
    }
    norm(&mut l, "norm".into());
    map(&mut l, "head".into(), w, s.levels, 1.0);
    if s.classes > 0 {
        l.add("classes", [s.classes, w], Init::Normal(SPREAD));
    }
    if s.pairs > 0 {
        l.add("pairs", [s.pairs, w], Init::Zeros);
    }
    l
}

/// The number of the embedding of labels, and of that of pairs: the last parameters.
fn added_at(s: Shape) -> (usize, usize) {
    let classes = BEFORE + s.layers * BLOCK + 4;
    (classes, classes + usize::from(s.classes > 0))
}

/// Logits of every place, `[windows·window, levels]`.
pub(super) fn logits(p: &[Tensor<2>], inputs: &Inputs) -> Tensor<2> {
    let Inputs { shape: s, window, .. } = *inputs;
    let norm = |x: Tensor<2>, i: usize| layer_norm(x, p[i].clone(), p[i + 1].clone());
    let map = |x: Tensor<2>, i: usize, act| linear(x, p[i].clone(), p[i + 1].clone(), act);
    let mut x = embedding(p[0].clone(), p[1].clone(), &Arc::from(&inputs.codes[..]), window);
    let (classes, pairs) = added_at(s);
    for (table, codes) in [(classes, &inputs.classes), (pairs, &inputs.pairs)] {
        if !codes.is_empty() {
            x = add_rows(x, p[table].clone(), &Arc::from(&codes[..]));
        }
    }
    for layer in 0..s.layers {
        let at = BEFORE + layer * BLOCK;
        let qkv = map(norm(x.clone(), at), at + 2, Activation::Identity);
        x = x + map(attention(qkv, window, s.heads), at + 4, Activation::Identity);
        let up = map(norm(x.clone(), at + 6), at + 8, Activation::Gelu);
        x = x + map(up, at + 10, Activation::Identity);
    }
    let at = BEFORE + s.layers * BLOCK;
    map(norm(x, at), at + 2, Activation::Identity)
}

/// The loss of one training step, `[1, 1]`.
pub(super) fn loss(leaves: &[Tensor<2>], batch: &Batch) -> Tensor<2> {
    cross_entropy(logits(leaves, &batch.inputs), &batch.targets, &batch.weights)
}

/// A block of a fitted network.
pub(super) struct Block {
    pub(super) norm1: [Vec<f32>; 2],
    pub(super) qkv: Dense,
    pub(super) out: Dense,
    pub(super) norm2: [Vec<f32>; 2],
    pub(super) up: Dense,
    pub(super) down: Dense,
}

/// A fitted network.
pub(super) struct Net {
    shape: Shape,
    pub(super) tokens: Vec<f32>,
    pub(super) positions: Vec<f32>,
    /// Empty without labels.
    pub(super) classes: Vec<f32>,
    /// Empty without pairs.
    pub(super) pairs: Vec<f32>,
    pub(super) blocks: Vec<Block>,
    pub(super) norm: [Vec<f32>; 2],
    pub(super) head: Dense,
}

impl Net {
    /// Copies the weights, laid out by [`layout`].
    pub(super) fn new(w: &Weights, shape: Shape) -> Self {
        let norm = |i: usize| [w.get(i).to_vec(), w.get(i + 1).to_vec()];
        let map = |i: usize, act| Dense::new(w.get(i), w.get(i + 1), act);
        let blocks = (0..shape.layers).map(|layer| BEFORE + layer * BLOCK).map(|at| Block {
            norm1: norm(at),
            qkv: map(at + 2, Activation::Identity),
            out: map(at + 4, Activation::Identity),
            norm2: norm(at + 6),
            up: map(at + 8, Activation::Gelu),
            down: map(at + 10, Activation::Identity),
        });
        let at = BEFORE + shape.layers * BLOCK;
        let (classes, pairs) = added_at(shape);
        let some = |of: usize, i: usize| if of > 0 { w.get(i).to_vec() } else { vec![] };
        Net {
            shape,
            tokens: w.get(0).to_vec(),
            positions: w.get(1).to_vec(),
            classes: some(shape.classes, classes),
            pairs: some(shape.pairs, pairs),
            blocks: blocks.collect(),
            norm: norm(at),
            head: map(at + 2, Activation::Identity),
        }
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }
}
