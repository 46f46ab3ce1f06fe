//! The network: its training graph in burn, and the fitted network in plain f32.

use std::sync::Arc;

use burn::Tensor;

use crate::neural::init::{Init, Layout, Weights};
use crate::neural::kernels::dense::Dense;
use crate::neural::kernels::embedding::{add_rows, rows};
use crate::neural::kernels::gru::{cell, gru};
use crate::neural::kernels::linear::{Activation, linear};
use crate::neural::kernels::simd::wide;
use crate::neural::language::{Alphabet, Fed, Inputs, Network, SPREAD};

/// Sizes of the network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shape {
    pub(super) layers: usize,
    pub(super) width: usize,
    pub(super) embedding: usize,
    pub(super) of: Alphabet,
}

/// Parameters of a layer, and those before the first.
const LAYER: usize = 4;
const BEFORE: usize = 1;

/// Embeddings normal with deviation 0.2, those of pairs 0; maps uniform on ±1/√inputs; biases 0.
pub(super) fn layout(s: Shape) -> Layout {
    let (w, e) = (s.width, s.embedding);
    let mut l = Layout::default();
    let uniform = |inputs: usize| Init::Uniform(1.0 / (inputs as f32).sqrt());
    l.add("tokens", [s.of.levels, e], Init::Normal(SPREAD));
    for i in 0..s.layers {
        let inputs = if i == 0 { e } else { w };
        l.add(format!("layer{i}.input.weight"), [inputs, 3 * w], uniform(inputs));
        l.add(format!("layer{i}.input.bias"), [1, 3 * w], Init::Zeros);
        l.add(format!("layer{i}.state.weight"), [w, 3 * w], uniform(w));
        l.add(format!("layer{i}.state.bias"), [1, w], Init::Zeros);
    }
    l.add("head.weight", [w, s.of.levels], uniform(w));
    l.add("head.bias", [1, s.of.levels], Init::Zeros);
    if s.of.classes > 0 {
        l.add("classes", [s.of.classes, e], Init::Normal(SPREAD));
    }
    if s.of.pairs > 0 {
        l.add("pairs", [s.of.pairs, e], Init::Zeros);
    }
    l
}

/// The number of the map to logits, of the embedding of labels, and of that of pairs.
fn last(s: Shape) -> (usize, usize, usize) {
    let head = BEFORE + s.layers * LAYER;
    (head, head + 2, head + 2 + usize::from(s.of.classes > 0))
}

/// Logits of every place, `[windows·window, levels]`.
pub(super) fn logits(s: Shape, p: &[Tensor<2>], inputs: &Inputs) -> Tensor<2> {
    let map = |x: Tensor<2>, i: usize| linear(x, p[i].clone(), p[i + 1].clone(), Activation::Identity);
    let (head, classes, pairs) = last(s);
    let mut x = rows(p[0].clone(), &Arc::from(&inputs.codes[..]));
    for (table, codes) in [(classes, &inputs.classes), (pairs, &inputs.pairs)] {
        if !codes.is_empty() {
            x = add_rows(x, p[table].clone(), &Arc::from(&codes[..]));
        }
    }
    for layer in 0..s.layers {
        let at = BEFORE + layer * LAYER;
        x = gru(map(x, at), p[at + 2].clone(), p[at + 3].clone(), inputs.window);
    }
    map(x, head)
}

/// A layer of a fitted network.
struct Layer {
    input: Dense,
    /// Without a bias.
    state: Dense,
    bias: Vec<f32>,
}

/// A fitted network.
pub struct Net {
    shape: Shape,
    tokens: Vec<f32>,
    /// Empty without labels.
    classes: Vec<f32>,
    /// Empty without pairs.
    pairs: Vec<f32>,
    layers: Vec<Layer>,
    head: Dense,
}

impl Net {
    /// Copies the weights, laid out by [`layout`].
    pub(super) fn new(w: &Weights, shape: Shape) -> Self {
        let map = |i: usize| Dense::new(w.get(i), w.get(i + 1), Activation::Identity);
        let none = vec![0.0; 3 * shape.width];
        let layers = (0..shape.layers).map(|layer| BEFORE + layer * LAYER).map(|at| Layer {
            input: map(at),
            state: Dense::new(w.get(at + 2), &none, Activation::Identity),
            bias: w.get(at + 3).to_vec(),
        });
        let (head, classes, pairs) = last(shape);
        let some = |of: usize, i: usize| if of > 0 { w.get(i).to_vec() } else { vec![] };
        Net {
            shape,
            tokens: w.get(0).to_vec(),
            classes: some(shape.of.classes, classes),
            pairs: some(shape.of.pairs, pairs),
            layers: layers.collect(),
            head: map(head),
        }
    }
}

/// Rows in progress.
pub struct State {
    /// layer × row × unit.
    states: Vec<Vec<f32>>,
    /// What the last step's rows are at, and space for the maps.
    x: Vec<f32>,
    inputs: Vec<f32>,
    through: Vec<f32>,
    gates: Vec<f32>,
}

impl Network for Net {
    type Memory = State;

    fn memory(&self, rows: usize) -> State {
        let Shape { layers, width, .. } = self.shape;
        let states = vec![vec![0.0; rows * width]; layers];
        let gates = vec![0.0; 4 * width];
        State { states, x: vec![], inputs: vec![], through: vec![], gates }
    }

    fn forget(&self, memory: &mut State, row: usize) {
        let w = self.shape.width;
        memory.states.iter_mut().for_each(|states| states[row * w..][..w].fill(0.0));
    }

    fn step(&self, memory: &mut State, fed: &[Fed]) {
        let (e, w) = (self.shape.embedding, self.shape.width);
        let State { states, x, inputs, through, gates } = memory;
        x.clear();
        for fed in fed {
            let from = x.len();
            x.extend_from_slice(&self.tokens[fed.code as usize * e..][..e]);
            for (table, code) in [(&self.classes, fed.class), (&self.pairs, fed.pair)] {
                if let Some(code) = code {
                    let row = &table[code as usize * e..][..e];
                    x[from..].iter_mut().zip(row).for_each(|(x, y)| *x += y);
                }
            }
        }
        for (layer, states) in self.layers.iter().zip(states) {
            layer.input.apply(x, inputs);
            x.clear();
            for fed in fed {
                x.extend_from_slice(&states[fed.row * w..][..w]);
            }
            layer.state.apply(x, through);
            wide(
                #[inline(always)]
                || {
                    for (i, h) in x.chunks_exact_mut(w).enumerate() {
                        let (a, q) = (&inputs[i * 3 * w..][..3 * w], &through[i * 3 * w..][..3 * w]);
                        cell(a, q, &layer.bias, h, gates);
                    }
                },
            );
            for (fed, h) in fed.iter().zip(x.chunks_exact(w)) {
                states[fed.row * w..][..w].copy_from_slice(h);
            }
        }
    }

    fn logits(&self, memory: &mut State, logits: &mut Vec<f32>) {
        self.head.apply(&memory.x, logits);
    }
}
