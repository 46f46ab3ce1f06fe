//! y = x + GELU(x·W + b) in one operation: the layer of a residual perceptron.
//!
//! Shapes: x and y `[rows, width]`, W `[width, width]`, b `[1, width]`. The matrix products are burn-flex's. The forward
//! pass keeps the activation's slope in place of its input, so that no exponential is taken twice.
//! Cost: 2·rows·width² operations forward, twice that backward.

use burn::Tensor;

use super::linear::{Activation, graph as linear_graph};
use super::simd::{gelu_with_slope, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matmul, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// Returns x + GELU(x·W + b).
pub fn residual(x: Tensor<2>, w: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    if fuses(&x.device()) { fused(x, w, b) } else { graph(x, w, b) }
}

/// The same from burn's own operations.
pub fn graph(x: Tensor<2>, w: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    x.clone() + linear_graph(x, w, b, Activation::Gelu)
}

#[derive(Clone, Debug)]
struct Saved {
    x: FusedTensor,
    w: FusedTensor,
    slope: FusedTensor,
}

#[derive(Debug)]
struct ResidualBack;

/// Turns x·W into the slopes of the activation and fills y.
#[inline(always)]
fn forward(pre: &mut [f32], y: &mut [f32], x: &[f32], bias: &[f32]) {
    let n = bias.len();
    for ((row, to), from) in pre.chunks_exact_mut(n).zip(y.chunks_exact_mut(n)).zip(x.chunks_exact(n)) {
        for (((v, t), &x), &b) in row.iter_mut().zip(to).zip(from).zip(bias) {
            let (value, slope) = gelu_with_slope(*v + b);
            *v = slope;
            *t = x + value;
        }
    }
}

/// Turns slopes into the gradients before the activation and adds up their columns.
#[inline(always)]
fn pull_back(slope: &mut [f32], g: &[f32], sums: &mut [f32]) {
    for (row, g) in slope.chunks_exact_mut(sums.len()).zip(g.chunks_exact(sums.len())) {
        for ((v, &g), s) in row.iter_mut().zip(g).zip(sums.iter_mut()) {
            *v *= g;
            *s += *v;
        }
    }
}

fn fused(x: Tensor<2>, w: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let (x, x_node) = open(x).into_parts();
    let (w, w_node) = open(w).into_parts();
    let (b, b_node) = open(b).into_parts();
    let x = contiguous(x);
    let mut slope = matmul(&x, &w);
    let mut y = vec![0.0f32; values(&x).len()];
    {
        let (pre, from, bias) = (slope.storage_mut::<f32>(), values(&x), values(&b));
        wide(
            #[inline(always)]
            || forward(pre, &mut y, from, bias),
        );
    }
    let y = matrix(y, size(&x));
    close(record!(ResidualBack, [x_node, w_node, b_node], Saved { x, w, slope }, y))
}

impl Backward<Fused, 3> for ResidualBack {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let g = contiguous(grads.consume::<Fused>(&ops.node));
        let Saved { x, w, mut slope } = ops.state;
        let [_, width] = size(&w);
        let mut bias = vec![0.0f32; width];
        {
            let (slope, g) = (slope.storage_mut::<f32>(), values(&g));
            wide(
                #[inline(always)]
                || pull_back(slope, g, &mut bias),
            );
        }
        let [x_node, w_node, b_node] = ops.parents;
        if let Some(node) = b_node {
            grads.register::<Fused>(node.id, matrix(bias, [1, width]));
        }
        if let Some(node) = w_node {
            grads.register::<Fused>(node.id, matmul(&x.transpose(0, 1), &slope));
        }
        if let Some(node) = x_node {
            let mut through = matmul(&slope, &w.transpose(0, 1));
            let to = through.storage_mut::<f32>();
            let g = values(&g);
            wide(
                #[inline(always)]
                || to.iter_mut().zip(g).for_each(|(t, &g)| *t += g),
            );
            grads.register::<Fused>(node.id, through);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{agree, pseudo};
    use super::*;

    #[test]
    fn agrees_with_the_graph_and_with_finite_differences() {
        // 21 columns: not a multiple of any register width.
        let inputs = [pseudo([5, 21], 1), pseudo([21, 21], 2), pseudo([1, 21], 3)];
        agree(
            &inputs,
            |t| fused(t[0].clone(), t[1].clone(), t[2].clone()),
            |t| graph(t[0].clone(), t[1].clone(), t[2].clone()),
        );
    }
}
