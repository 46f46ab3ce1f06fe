//! Layer normalisation: y = (x − mean) / √(var + ε) · γ + β over the features of each row.
//!
//! Ba, Kiros & Hinton, arXiv:1607.06450. Shapes: x `[rows, n]`, γ and β `[1, n]`; ε = 1e-5;
//! the variance divides by n. With x̂ the normalised row and h = g·γ:
//! dx = (h − mean(h) − x̂·mean(h·x̂)) / σ. One pass forward, one backward.

use burn::Tensor;

use super::simd::{sum, sum_of, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// Added to the variance.
pub const EPSILON: f32 = 1e-5;

/// Returns the normalised rows of `x`.
pub fn layer_norm(x: Tensor<2>, gamma: Tensor<2>, beta: Tensor<2>) -> Tensor<2> {
    if fuses(&x.device()) { fused(x, gamma, beta) } else { graph(x, gamma, beta) }
}

/// The same from burn's own operations.
pub fn graph(x: Tensor<2>, gamma: Tensor<2>, beta: Tensor<2>) -> Tensor<2> {
    let centred = x.clone() - x.mean_dim(1);
    let variance = (centred.clone() * centred.clone()).mean_dim(1);
    centred / (variance + EPSILON).sqrt() * gamma + beta
}

/// Normalises one row into `to`; returns 1/σ.
#[inline(always)]
pub(crate) fn normalise(row: &[f32], to: &mut [f32]) -> f32 {
    let n = row.len() as f32;
    let mean = sum_of(row) / n;
    let variance = sum(row.len(), |i| (row[i] - mean) * (row[i] - mean)) / n;
    let scale = 1.0 / (variance + EPSILON).sqrt();
    for (t, &v) in to.iter_mut().zip(row) {
        *t = (v - mean) * scale;
    }
    scale
}

#[inline(always)]
fn forward(x: &[f32], gamma: &[f32], beta: &[f32], hat: &mut [f32], y: &mut [f32], scale: &mut [f32]) {
    let n = gamma.len();
    let rows = x.chunks_exact(n).zip(hat.chunks_exact_mut(n)).zip(y.chunks_exact_mut(n));
    for (((x, hat), y), scale) in rows.zip(scale) {
        *scale = normalise(x, hat);
        for (((t, &h), &g), &b) in y.iter_mut().zip(hat.iter()).zip(gamma).zip(beta) {
            *t = h * g + b;
        }
    }
}

/// Overwrites the gradient of y by that of x and fills those of γ and β.
#[inline(always)]
fn backward(g: &mut [f32], hat: &[f32], gamma: &[f32], scale: &[f32], dg: &mut [f32], db: &mut [f32]) {
    let n = gamma.len();
    for ((g, hat), &scale) in g.chunks_exact_mut(n).zip(hat.chunks_exact(n)).zip(scale) {
        let parameters = gamma.iter().zip(dg.iter_mut()).zip(db.iter_mut());
        for ((g, &h), ((&gamma, dg), db)) in g.iter_mut().zip(hat).zip(parameters) {
            *dg += *g * h;
            *db += *g;
            *g *= gamma;
        }
        let mean = sum_of(g) / n as f32;
        let along = sum(n, |i| g[i] * hat[i]) / n as f32;
        for (g, &h) in g.iter_mut().zip(hat) {
            *g = (*g - mean - h * along) * scale;
        }
    }
}

#[derive(Clone, Debug)]
struct Saved {
    normalised: FusedTensor,
    gamma: FusedTensor,
    /// 1/σ of each row.
    scale: Vec<f32>,
}

#[derive(Debug)]
struct LayerNormBack;

pub(crate) fn fused(x: Tensor<2>, gamma: Tensor<2>, beta: Tensor<2>) -> Tensor<2> {
    let (x, x_node) = open(x).into_parts();
    let (gamma, g_node) = open(gamma).into_parts();
    let (beta, b_node) = open(beta).into_parts();
    let x = contiguous(x);
    let [rows, n] = size(&x);
    let mut normalised = vec![0.0f32; rows * n];
    let mut y = vec![0.0f32; rows * n];
    let mut scale = vec![0.0f32; rows];
    let (from, g, b) = (values(&x), values(&gamma), values(&beta));
    wide(
        #[inline(always)]
        || forward(from, g, b, &mut normalised, &mut y, &mut scale),
    );
    let saved = Saved { normalised: matrix(normalised, [rows, n]), gamma, scale };
    let y = matrix(y, [rows, n]);
    close(record!(LayerNormBack, [x_node, g_node, b_node], saved, y))
}

impl Backward<Fused, 3> for LayerNormBack {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut grad = contiguous(grads.consume::<Fused>(&ops.node));
        let [_, n] = size(&grad);
        let hat = values(&ops.state.normalised);
        let gamma = values(&ops.state.gamma);
        let (mut dg, mut db) = (vec![0.0f32; n], vec![0.0f32; n]);
        let g = grad.storage_mut::<f32>();
        wide(
            #[inline(always)]
            || backward(g, hat, gamma, &ops.state.scale, &mut dg, &mut db),
        );
        let [x_node, g_node, b_node] = ops.parents;
        if let Some(node) = x_node {
            grads.register::<Fused>(node.id, grad);
        }
        if let Some(node) = g_node {
            grads.register::<Fused>(node.id, matrix(dg, [1, n]));
        }
        if let Some(node) = b_node {
            grads.register::<Fused>(node.id, matrix(db, [1, n]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{agree, pseudo};
    use super::*;

    #[test]
    fn agrees_with_the_graph_and_with_finite_differences() {
        for n in [3, 16, 37] {
            let inputs = [pseudo([4, n], 1), pseudo([1, n], 2), pseudo([1, n], 3)];
            agree(
                &inputs,
                |t| fused(t[0].clone(), t[1].clone(), t[2].clone()),
                |t| graph(t[0].clone(), t[1].clone(), t[2].clone()),
            );
        }
    }

    #[test]
    fn a_normalised_row_has_mean_zero_and_variance_one() {
        let row: Vec<f32> = (0..50).map(|i| (i * i % 17) as f32 * 3.0 + 100.0).collect();
        let mut to = vec![0.0; 50];
        normalise(&row, &mut to);
        let mean: f32 = to.iter().sum::<f32>() / 50.0;
        let variance: f32 = to.iter().map(|v| v * v).sum::<f32>() / 50.0;
        assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3);
    }
}
