//! The couplings: their training graph in burn, and the fitted flow in plain f32.
//!
//! A row inside the flow is `[first half | classes | second half | log-determinant]`; the second half is moved as the
//! first half and the one-hot class say, and before every coupling but the first the features are mixed.

use std::ops::Range;

use burn::Tensor;
use burn::tensor::TensorData;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::neural::init::{Init, Layout, Weights};
use crate::neural::kernels::coupling::{couple, log_scale, negative_log_likelihood};
use crate::neural::kernels::dense::Dense;
use crate::neural::kernels::linear::{Activation, linear};
use crate::neural::train::Step;
use crate::rng::Streams;

/// What happens to the features between two couplings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mixing {
    /// A permutation: of two features, the halves change places.
    Permute,
    /// A permutation, then a turn of each pair of features by 45°.
    #[default]
    Rotate,
}

/// The shape of a flow.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) classes: usize,
    pub(super) couplings: usize,
    pub(super) hidden: usize,
    pub(super) mixing: Mixing,
}

impl Shape {
    fn kept(self) -> usize {
        self.width / 2
    }

    fn moved(self) -> usize {
        self.width - self.kept()
    }

    /// Columns of a row inside the flow.
    fn columns(self) -> usize {
        self.width + self.classes + 1
    }

    /// The columns of the features.
    fn features(self) -> [Range<usize>; 2] {
        let second = self.kept() + self.classes;
        [0..self.kept(), second..second + self.moved()]
    }

    /// The column of feature `i`.
    fn column(self, i: usize) -> usize {
        if i < self.kept() { i } else { i + self.classes }
    }

    pub(super) fn layout(self) -> Layout {
        let mut layout = Layout::default();
        for i in 0..self.couplings {
            layout.affine(&format!("coupling.{i}.input"), self.kept() + self.classes, self.hidden);
            layout.affine(&format!("coupling.{i}.hidden"), self.hidden, self.hidden);
            // The flow starts as the identity.
            layout.add(format!("coupling.{i}.output.weight"), [self.hidden, 2 * self.moved()], Init::Zeros);
            layout.add(format!("coupling.{i}.output.bias"), [1, 2 * self.moved()], Init::Zeros);
        }
        layout
    }

    /// The feature that each feature becomes before coupling `i`: fixed, so that fits of one shape can be averaged.
    fn permutation(self, i: usize) -> Vec<usize> {
        if self.width == 2 {
            return if self.mixing == Mixing::Permute { vec![1, 0] } else { vec![0, 1] };
        }
        let mut order: Vec<usize> = (0..self.width).collect();
        order.shuffle(&mut Streams::new(0, 0).of("realnvp").at(i as u64).rng());
        order
    }

    /// The mixing before coupling `i`, row-major over all columns: row · matrix.
    fn mix(self, i: usize) -> Vec<f32> {
        let n = self.columns();
        let mut matrix = vec![0.0f32; n * n];
        (self.kept()..self.kept() + self.classes).chain([n - 1]).for_each(|c| matrix[c * n + c] = 1.0);
        let order = self.permutation(i);
        for (to, &from) in order.iter().enumerate() {
            let from = self.column(from);
            let pair = to ^ 1;
            if self.mixing == Mixing::Permute || pair >= self.width {
                matrix[from * n + self.column(to)] = 1.0;
                continue;
            }
            let half = std::f32::consts::FRAC_1_SQRT_2;
            let (first, second) = if to < pair { (half, half) } else { (-half, half) };
            matrix[from * n + self.column(to.min(pair))] = first;
            matrix[from * n + self.column(to.max(pair))] = second;
        }
        matrix
    }

    /// Rows of features, with their classes where there are any, as rows inside the flow.
    pub(super) fn rows<'a>(self, features: &[f32], class: impl Fn(usize) -> Option<u32> + 'a) -> Vec<f32> {
        let n = self.columns();
        let mut rows = vec![0.0f32; features.len() / self.width * n];
        for (r, (to, from)) in rows.chunks_exact_mut(n).zip(features.chunks_exact(self.width)).enumerate() {
            let [first, second] = self.features();
            let (a, b) = from.split_at(self.kept());
            to[first].copy_from_slice(a);
            to[second].copy_from_slice(b);
            if let Some(class) = class(r) {
                to[self.kept() + class as usize] = 1.0;
            }
        }
        rows
    }

    /// The features of rows inside the flow.
    pub(super) fn features_of(self, rows: &[f32]) -> Vec<f32> {
        let mut out = Vec::with_capacity(rows.len() / self.columns() * self.width);
        for row in rows.chunks_exact(self.columns()) {
            self.features().into_iter().for_each(|at| out.extend_from_slice(&row[at]));
        }
        out
    }
}

/// The mixings of a flow as constant matrices.
pub(super) fn mixings(shape: Shape) -> Vec<Vec<f32>> {
    (1..shape.couplings).map(|i| shape.mix(i)).collect()
}

/// The loss of one training step, `[1, 1]`, of rows inside the flow.
pub(super) fn loss(step: &Step<'_>, rows: Vec<f32>, shape: Shape, mixings: &[Vec<f32>]) -> Tensor<2> {
    let n = shape.columns();
    let constant =
        |values: Vec<f32>, rows| Tensor::<2>::from_data(TensorData::new(values, [rows, n]), step.device);
    let mut x = constant(rows, step.items.len());
    for i in 0..shape.couplings {
        if i > 0 {
            x = x.matmul(constant(mixings[i - 1].clone(), n));
        }
        let layer = |at: Tensor<2>, k: usize, act| {
            linear(at, step.leaves[6 * i + 2 * k].clone(), step.leaves[6 * i + 2 * k + 1].clone(), act)
        };
        let seen = x.clone().narrow(1, 0, shape.kept() + shape.classes);
        let heads =
            layer(layer(layer(seen, 0, Activation::Gelu), 1, Activation::Gelu), 2, Activation::Identity);
        x = couple(x, heads);
    }
    negative_log_likelihood(x, &shape.features(), &step.weights)
}

/// A fitted flow.
pub(super) struct Net {
    shape: Shape,
    couplings: Vec<[Dense; 3]>,
    /// Forward and back, none before the first coupling.
    mixings: Vec<[Dense; 2]>,
}

impl Net {
    pub(super) fn new(weights: &Weights, shape: Shape) -> Self {
        let dense = |i: usize, act| Dense::new(weights.get(2 * i), weights.get(2 * i + 1), act);
        let coupling = |i: usize| {
            let at = 3 * i;
            [
                dense(at, Activation::Gelu),
                dense(at + 1, Activation::Gelu),
                dense(at + 2, Activation::Identity),
            ]
        };
        let n = shape.columns();
        let both = |matrix: Vec<f32>| {
            let back: Vec<f32> = (0..n * n).map(|i| matrix[i % n * n + i / n]).collect();
            [matrix, back].map(|m| Dense::new(&m, &vec![0.0; n], Activation::Identity))
        };
        let mixings = mixings(shape).into_iter().map(both).collect();
        Net { shape, couplings: (0..shape.couplings).map(coupling).collect(), mixings }
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    fn heads(&self, coupling: &[Dense; 3], rows: &[f32]) -> Vec<f32> {
        let n = self.shape.columns();
        let seen = self.shape.kept() + self.shape.classes;
        let (mut at, mut next) = (Vec::with_capacity(rows.len() / n * seen), Vec::new());
        rows.chunks_exact(n).for_each(|row| at.extend_from_slice(&row[..seen]));
        for layer in coupling {
            layer.apply(&at, &mut next);
            std::mem::swap(&mut at, &mut next);
        }
        at
    }

    /// Rows inside the flow → normal rows, with their log-determinants.
    pub(super) fn forward(&self, rows: &mut Vec<f32>) {
        let mut mixed = Vec::new();
        for (i, coupling) in self.couplings.iter().enumerate() {
            if i > 0 {
                self.mixings[i - 1][0].apply(rows, &mut mixed);
                std::mem::swap(rows, &mut mixed);
            }
            let heads = self.heads(coupling, rows);
            self.moved(rows, &heads, |v, s, t| v * s.exp() + t);
        }
    }

    /// Normal rows → rows inside the flow.
    pub(super) fn inverse(&self, rows: &mut Vec<f32>) {
        let mut mixed = Vec::new();
        for (i, coupling) in self.couplings.iter().enumerate().rev() {
            let heads = self.heads(coupling, rows);
            self.moved(rows, &heads, |v, s, t| (v - t) * (-s).exp());
            if i > 0 {
                self.mixings[i - 1][1].apply(rows, &mut mixed);
                std::mem::swap(rows, &mut mixed);
            }
        }
    }

    fn moved(&self, rows: &mut [f32], heads: &[f32], f: impl Fn(f32, f32, f32) -> f32) {
        let moved = self.shape.moved();
        let [_, at] = self.shape.features();
        for (row, heads) in rows.chunks_exact_mut(self.shape.columns()).zip(heads.chunks_exact(2 * moved)) {
            let (raw, shift) = heads.split_at(moved);
            let mut total = 0.0;
            for ((v, r), t) in row[at.clone()].iter_mut().zip(raw).zip(shift) {
                let s = log_scale(*r);
                total += s;
                *v = f(*v, s, *t);
            }
            if let Some(last) = row.last_mut() {
                *last += total;
            }
        }
    }

    /// ln of the standard normal density of what rows become, their log-determinant included.
    pub(super) fn log_densities(&self, mut rows: Vec<f32>) -> Vec<f64> {
        self.forward(&mut rows);
        let constant = 0.5 * self.shape.width as f64 * std::f64::consts::TAU.ln();
        let [first, second] = self.shape.features();
        let of = |row: &[f32]| {
            let z = row[first.clone()].iter().chain(&row[second.clone()]);
            let square: f64 = z.map(|z| f64::from(*z).powi(2)).sum();
            f64::from(row[row.len() - 1]) - 0.5 * square - constant
        };
        rows.chunks_exact(self.shape.columns()).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn net(width: usize, classes: usize, mixing: Mixing) -> Net {
        let shape = Shape { width, classes, couplings: 4, hidden: 8, mixing };
        let mut weights = Weights::draw(shape.layout().into(), &mut Streams::new(0, 1).rng());
        // The last layers start at 0: the identity would prove nothing.
        weights.values_mut().iter_mut().enumerate().for_each(|(i, v)| *v += 0.1 * (i as f32).sin());
        Net::new(&weights, shape)
    }

    #[test]
    fn the_inverse_takes_back_and_the_log_determinant_is_that_of_the_jacobian() {
        for (width, classes, mixing) in
            [(2, 0, Mixing::Rotate), (2, 0, Mixing::Permute), (5, 3, Mixing::Rotate), (6, 0, Mixing::Permute)]
        {
            let net = net(width, classes, mixing);
            let class = |_| (classes > 0).then_some(1);
            let x: Vec<f32> = (0..width).map(|i| (i as f32 * 1.7).cos()).collect();
            let through = |x: &[f32]| {
                let mut rows = net.shape.rows(x, class);
                net.forward(&mut rows);
                rows
            };
            let z = through(&x);
            let mut back = z.clone();
            net.inverse(&mut back);
            assert!(
                net.shape.features_of(&back).iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-4),
                "{width}"
            );
            let h = 1e-2f32;
            let columns: Vec<f64> = (0..width)
                .flat_map(|i| {
                    let nudged = |by: f32| {
                        let mut x = x.clone();
                        x[i] += by;
                        net.shape.features_of(&through(&x))
                    };
                    let (up, down) = (nudged(h), nudged(-h));
                    up.into_iter().zip(down).map(move |(u, d)| f64::from(u - d) / (2.0 * f64::from(h)))
                })
                .collect();
            let determinant = nalgebra::DMatrix::from_vec(width, width, columns).determinant().abs().ln();
            let found = f64::from(*z.last().unwrap());
            assert!((found - determinant).abs() < 0.02, "{width}: {found} for {determinant}");
        }
    }

    #[test]
    fn mixings_are_orthogonal_and_leave_classes_alone() {
        for mixing in [Mixing::Permute, Mixing::Rotate] {
            let shape = Shape { width: 5, classes: 2, couplings: 2, hidden: 1, mixing };
            let (m, n) = (shape.mix(1), shape.columns());
            for i in 0..n {
                for j in 0..n {
                    let dot: f32 = (0..n).map(|k| m[i * n + k] * m[j * n + k]).sum();
                    assert!((dot - f32::from(u8::from(i == j))).abs() < 1e-6);
                }
            }
            assert!([2, 3, 7].iter().all(|&c| m[c * n + c] == 1.0));
        }
    }
}
