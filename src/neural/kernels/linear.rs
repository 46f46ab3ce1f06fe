//! y = act(x·W + b) in one operation.
//!
//! Shapes: x `[rows, in]`, W `[in, out]`, b `[1, out]`, y `[rows, out]`. The matrix products
//! are burn-flex's; bias, activation, their gradients and the column sums are one pass each.
//! Cost: 2·rows·in·out operations forward, twice that backward.

use burn::Tensor;

use super::simd::{gelu, gelu_slope, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matmul, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// What follows the affine map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// max(x, 0).
    Relu,
    /// GELU, tanh form.
    Gelu,
}

/// Returns act(x·W + b).
pub fn linear(x: Tensor<2>, w: Tensor<2>, b: Tensor<2>, act: Activation) -> Tensor<2> {
    if fuses(&x.device()) { fused(x, w, b, act) } else { graph(x, w, b, act) }
}

/// The same from burn's own operations.
pub fn graph(x: Tensor<2>, w: Tensor<2>, b: Tensor<2>, act: Activation) -> Tensor<2> {
    let y = x.matmul(w) + b;
    match act {
        Activation::Identity => y,
        Activation::Relu => burn::tensor::activation::relu(y),
        Activation::Gelu => burn::tensor::activation::gelu_approximate(y),
    }
}

#[derive(Clone, Debug)]
struct Saved {
    x: FusedTensor,
    w: FusedTensor,
    /// ReLU: the output. GELU: the input of the activation. Identity: unused.
    pre: Option<FusedTensor>,
    act: Activation,
}

#[derive(Debug)]
struct LinearBack;

/// Adds the bias to every row; `post` = GELU of the result.
#[inline(always)]
fn shift_gelu(pre: &mut [f32], post: &mut [f32], bias: &[f32]) {
    for (row, to) in pre.chunks_exact_mut(bias.len()).zip(post.chunks_exact_mut(bias.len())) {
        for ((v, t), &b) in row.iter_mut().zip(to).zip(bias) {
            *v += b;
            *t = gelu(*v);
        }
    }
}

/// Adds the bias to every row and raises what is below `floor`; NaN stays NaN.
#[inline(always)]
fn shift_floor(y: &mut [f32], bias: &[f32], floor: f32) {
    for row in y.chunks_exact_mut(bias.len()) {
        for (v, &b) in row.iter_mut().zip(bias) {
            let s = *v + b;
            *v = if s < floor { floor } else { s };
        }
    }
}

/// Replaces every gradient by `slope(gradient, pre)` and sums the columns.
#[inline(always)]
fn pull_back(g: &mut [f32], pre: &[f32], sums: &mut [f32], slope: impl Fn(f32, f32) -> f32) {
    for (row, p) in g.chunks_exact_mut(sums.len()).zip(pre.chunks_exact(sums.len())) {
        for ((v, &p), s) in row.iter_mut().zip(p).zip(sums.iter_mut()) {
            *v = slope(*v, p);
            *s += *v;
        }
    }
}

/// Adds every row to `sums`.
#[inline(always)]
fn column_sums(g: &[f32], sums: &mut [f32]) {
    for row in g.chunks_exact(sums.len()) {
        for (&v, s) in row.iter().zip(sums.iter_mut()) {
            *s += v;
        }
    }
}

pub(crate) fn fused(x: Tensor<2>, w: Tensor<2>, b: Tensor<2>, act: Activation) -> Tensor<2> {
    let (x, x_node) = open(x).into_parts();
    let (w, w_node) = open(w).into_parts();
    let (b, b_node) = open(b).into_parts();
    let x = contiguous(x);
    let mut y = matmul(&x, &w);
    let bias = values(&b);
    let (pre, y) = match act {
        Activation::Gelu => {
            let pre = y.storage_mut::<f32>();
            let mut post = vec![0.0f32; pre.len()];
            wide(
                #[inline(always)]
                || shift_gelu(pre, &mut post, bias),
            );
            let shape = size(&y);
            (Some(y), matrix(post, shape))
        }
        _ => {
            let floor = match act {
                Activation::Relu => 0.0,
                _ => f32::NEG_INFINITY,
            };
            let to = y.storage_mut::<f32>();
            wide(
                #[inline(always)]
                || shift_floor(to, bias, floor),
            );
            ((act == Activation::Relu).then(|| y.clone()), y)
        }
    };
    let saved = Saved { x, w, pre, act };
    close(record!(LinearBack, [x_node, w_node, b_node], saved, y))
}

impl Backward<Fused, 3> for LinearBack {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut g = contiguous(grads.consume::<Fused>(&ops.node));
        let Saved { x, w, pre, act } = ops.state;
        let [_, out] = size(&w);
        let mut bias = vec![0.0f32; out];
        let pre = pre.as_ref().map(values);
        match (act, pre) {
            (Activation::Relu, Some(pre)) => {
                let g = g.storage_mut::<f32>();
                wide(
                    #[inline(always)]
                    || pull_back(g, pre, &mut bias, |g, p| if p > 0.0 { g } else { 0.0 }),
                );
            }
            (Activation::Gelu, Some(pre)) => {
                let g = g.storage_mut::<f32>();
                wide(
                    #[inline(always)]
                    || pull_back(g, pre, &mut bias, |g, p| g * gelu_slope(p)),
                );
            }
            _ => {
                let g = values(&g);
                wide(
                    #[inline(always)]
                    || column_sums(g, &mut bias),
                );
            }
        }
        let [x_node, w_node, b_node] = ops.parents;
        if let Some(node) = b_node {
            grads.register::<Fused>(node.id, matrix(bias, [1, out]));
        }
        if let Some(node) = w_node {
            grads.register::<Fused>(node.id, matmul(&x.transpose(0, 1), &g));
        }
        if let Some(node) = x_node {
            grads.register::<Fused>(node.id, matmul(&g, &w.transpose(0, 1)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{agree, pseudo};
    use super::*;

    #[test]
    fn every_activation_agrees_with_the_graph_and_with_finite_differences() {
        for act in [Activation::Identity, Activation::Relu, Activation::Gelu] {
            // 21 columns: not a multiple of any register width.
            let mut inputs = [pseudo([5, 7], 1), pseudo([7, 21], 2), pseudo([1, 21], 3)];
            if act == Activation::Relu {
                // |x·W| < 7, so that no difference quotient crosses the kink.
                for (j, b) in inputs[2].1.iter_mut().enumerate() {
                    *b = if j % 3 == 0 { -8.0 } else { 8.0 };
                }
            }
            agree(
                &inputs,
                |t| fused(t[0].clone(), t[1].clone(), t[2].clone(), act),
                |t| graph(t[0].clone(), t[1].clone(), t[2].clone(), act),
            );
        }
    }
}
