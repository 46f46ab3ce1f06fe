//! The network: its training graph in burn, and the fitted network in plain f32.

use std::sync::Arc;

use burn::Tensor;

use crate::neural::init::{Init, Layout, Weights};
use crate::neural::kernels::attention::attention;
use crate::neural::kernels::dense::Dense;
use crate::neural::kernels::embedding::{add_rows, embedding};
use crate::neural::kernels::layer_norm::layer_norm;
use crate::neural::kernels::linear::{Activation, linear};
use crate::neural::language::{Alphabet, Inputs, SPREAD};

/// Sizes of the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) heads: usize,
    pub(super) context: usize,
    pub(super) of: Alphabet,
}

/// Parameters of a block, and those before the first.
const BLOCK: usize = 12;
const BEFORE: usize = 2;

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
    l.add("tokens", [s.of.levels, w], Init::Normal(SPREAD));
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
    map(&mut l, "head".into(), w, s.of.levels, 1.0);
    if s.of.classes > 0 {
        l.add("classes", [s.of.classes, w], Init::Normal(SPREAD));
    }
    if s.of.pairs > 0 {
        l.add("pairs", [s.of.pairs, w], Init::Zeros);
    }
    l
}

/// The number of the embedding of labels, and of that of pairs: the last parameters.
fn added_at(s: Shape) -> (usize, usize) {
    let classes = BEFORE + s.layers * BLOCK + 4;
    (classes, classes + usize::from(s.of.classes > 0))
}

/// Logits of every place, `[windows·window, levels]`.
pub(super) fn logits(s: Shape, p: &[Tensor<2>], inputs: &Inputs) -> Tensor<2> {
    let window = inputs.window;
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
pub struct Net {
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
            classes: some(shape.of.classes, classes),
            pairs: some(shape.of.pairs, pairs),
            blocks: blocks.collect(),
            norm: norm(at),
            head: map(at + 2, Activation::Identity),
        }
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }
}
