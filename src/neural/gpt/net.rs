//! The network: its training graph in burn, and the fitted network in plain f32.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::{Int, TensorData};

use super::corpus::Batch;
use crate::neural::init::{Init, Layout, Weights};
use crate::neural::kernels::attention::attention;
use crate::neural::kernels::cross_entropy::cross_entropy;
use crate::neural::kernels::dense::Dense;
use crate::neural::kernels::embedding::embedding;
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
}

/// Parameters of a block, and those before the first.
const BLOCK: usize = 12;
const BEFORE: usize = 2;

/// Embeddings normal with deviation 0.02; maps uniform on ±1/√inputs, those that end a
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
    l.add("tokens", [s.levels, w], Init::Normal(0.02));
    l.add("positions", [s.context, w], Init::Normal(0.02));
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
        l.add("classes", [s.classes, w], Init::Normal(0.02));
    }
    l
}

/// The number of the embedding of labels, the last parameter.
fn classes_at(s: Shape) -> usize {
    BEFORE + s.layers * BLOCK + 4
}

/// Logits of every position, `[windows·context, levels]`; `classes` holds the label of each window.
pub(super) fn logits(
    p: &[Tensor<2>],
    inputs: &Arc<[u32]>,
    classes: &[u32],
    context: usize,
    s: Shape,
) -> Tensor<2> {
    let norm = |x: Tensor<2>, i: usize| layer_norm(x, p[i].clone(), p[i + 1].clone());
    let map = |x: Tensor<2>, i: usize, act| linear(x, p[i].clone(), p[i + 1].clone(), act);
    let mut x = embedding(p[0].clone(), p[1].clone(), inputs, context);
    if s.classes > 0 {
        let of: Vec<i32> = classes.iter().flat_map(|&c| std::iter::repeat_n(c as i32, context)).collect();
        let index = TensorData::new(of, [inputs.len()]);
        let table = p[classes_at(s)].clone();
        let index = Tensor::<1, Int>::from_data(index, &table.device());
        x = x + table.select(0, index);
    }
    for layer in 0..s.layers {
        let at = BEFORE + layer * BLOCK;
        let qkv = map(norm(x.clone(), at), at + 2, Activation::Identity);
        x = x + map(attention(qkv, context, s.heads), at + 4, Activation::Identity);
        let up = map(norm(x.clone(), at + 6), at + 8, Activation::Gelu);
        x = x + map(up, at + 10, Activation::Identity);
    }
    let at = BEFORE + s.layers * BLOCK;
    map(norm(x, at), at + 2, Activation::Identity)
}

/// The loss of one training step, `[1, 1]`.
pub(super) fn loss(leaves: &[Tensor<2>], batch: &Batch, s: Shape) -> Tensor<2> {
    let logits = logits(leaves, &batch.inputs, &batch.classes, batch.context, s);
    cross_entropy(logits, &batch.targets, &batch.weights)
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
        Net {
            shape,
            tokens: w.get(0).to_vec(),
            positions: w.get(1).to_vec(),
            classes: if shape.classes > 0 { w.get(classes_at(shape)).to_vec() } else { Vec::new() },
            blocks: blocks.collect(),
            norm: norm(at),
            head: map(at + 2, Activation::Identity),
        }
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }
}
