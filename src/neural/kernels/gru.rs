//! A gated recurrent unit over whole windows, in one operation.
//!
//! Cho et al., arXiv:1406.1078, in the form of cuDNN, whose reset gate acts after the matrix product. With a the inputs'
//! share of the gates (an affine map of them, reset, update and candidate side by side), from h = 0:
//!
//! ```text
//! q = h·U                      r = σ(aᵣ + qᵣ)      z = σ(a_z + q_z)
//! n = tanh(aₙ + r∘(qₙ + c))    h ← (1 − z)∘n + z∘h
//! ```
//!
//! Shapes: a `[windows·window, 3·width]`, U `[width, 3·width]`, c `[1, width]`, result `[windows·window, width]`, every h.
//! The three gates of all windows are one matrix product a place; backward the same, and one product for U at the end.
//! Memory for the way back: 4·width floats a place. Cost: 6·width² operations a place forward, twice that backward.

use burn::Tensor;

use super::simd::{sigmoid, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matmul, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// Returns the state after every place.
pub fn gru(a: Tensor<2>, u: Tensor<2>, c: Tensor<2>, window: usize) -> Tensor<2> {
    if fuses(&a.device()) { fused(a, u, c, window) } else { graph(a, u, c, window) }
}

/// The same from burn's own operations.
pub fn graph(a: Tensor<2>, u: Tensor<2>, c: Tensor<2>, window: usize) -> Tensor<2> {
    use burn::tensor::activation::sigmoid;
    let [rows, _] = a.dims();
    let [width, _] = u.dims();
    let windows = rows / window;
    let a = a.reshape([windows, window, 3 * width]);
    let mut h = Tensor::<2>::zeros([windows, width], &u.device());
    let mut states = Vec::with_capacity(window);
    for place in 0..window {
        let a = a.clone().narrow(1, place, 1).reshape([windows, 3 * width]);
        let q = h.clone().matmul(u.clone());
        let gate = |of: &Tensor<2>, i: usize| of.clone().narrow(1, i * width, width);
        let r = sigmoid(gate(&a, 0) + gate(&q, 0));
        let z = sigmoid(gate(&a, 1) + gate(&q, 1));
        let n = (gate(&a, 2) + r * (gate(&q, 2) + c.clone())).tanh();
        h = n.clone() + z * (h - n);
        states.push(h.clone().reshape([windows, 1, width]));
    }
    Tensor::cat(states, 1).reshape([rows, width])
}

/// tanh x.
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

/// One row of one place; `gates` gets r, z, n and qₙ + c.
#[inline(always)]
pub(crate) fn cell(a: &[f32], q: &[f32], c: &[f32], h: &mut [f32], gates: &mut [f32]) {
    let w = h.len();
    let (a_r, a_z, a_n) = (&a[..w], &a[w..2 * w], &a[2 * w..3 * w]);
    let (q_r, q_z, q_n) = (&q[..w], &q[w..2 * w], &q[2 * w..3 * w]);
    let (g_r, rest) = gates.split_at_mut(w);
    let (g_z, rest) = rest.split_at_mut(w);
    let (g_n, g_q) = rest.split_at_mut(w);
    let (g_q, c) = (&mut g_q[..w], &c[..w]);
    for i in 0..w {
        let r = sigmoid(a_r[i] + q_r[i]);
        let z = sigmoid(a_z[i] + q_z[i]);
        let q = q_n[i] + c[i];
        let n = tanh(a_n[i] + r * q);
        (g_r[i], g_z[i], g_n[i], g_q[i]) = (r, z, n, q);
        h[i] = n + z * (h[i] - n);
    }
}

/// One row of one place, backward. `d` is the gradient of the new state and becomes that of the last one, but for what
/// passes through the matrix product; `da` and `dq` get those of the inputs' share and of the product.
#[inline(always)]
fn cell_back(gates: &[f32], last: &[f32], d: &mut [f32], da: &mut [f32], dq: &mut [f32]) {
    let w = d.len();
    let (r, z, n, q) = (&gates[..w], &gates[w..2 * w], &gates[2 * w..3 * w], &gates[3 * w..4 * w]);
    let (da_r, rest) = da.split_at_mut(w);
    let (da_z, da_n) = rest.split_at_mut(w);
    let (dq_r, rest) = dq.split_at_mut(w);
    let (dq_z, dq_n) = rest.split_at_mut(w);
    let (da_n, dq_n, last) = (&mut da_n[..w], &mut dq_n[..w], &last[..w]);
    for i in 0..w {
        let g = d[i];
        let pre = g * (1.0 - z[i]) * (1.0 - n[i] * n[i]);
        let update = g * (last[i] - n[i]) * z[i] * (1.0 - z[i]);
        let reset = pre * q[i] * r[i] * (1.0 - r[i]);
        (da_r[i], da_z[i], da_n[i]) = (reset, update, pre);
        (dq_r[i], dq_z[i], dq_n[i]) = (reset, update, pre * r[i]);
        d[i] = g * z[i];
    }
}

#[derive(Clone, Debug)]
struct Saved {
    gates: Vec<f32>,
    states: FusedTensor,
    u: FusedTensor,
    window: usize,
}

#[derive(Debug)]
struct GruBack;

pub(crate) fn fused(a: Tensor<2>, u: Tensor<2>, c: Tensor<2>, window: usize) -> Tensor<2> {
    let (a, a_node) = open(a).into_parts();
    let (u, u_node) = open(u).into_parts();
    let (c, c_node) = open(c).into_parts();
    let a = contiguous(a);
    let [rows, _] = size(&a);
    let [w, _] = size(&u);
    let windows = rows / window;
    let (inputs, bias) = (values(&a), values(&c));
    let mut gates = vec![0.0f32; rows * 4 * w];
    let mut states = vec![0.0f32; rows * w];
    let mut h = vec![0.0f32; windows * w];
    for place in 0..window {
        let q = matmul(&matrix(h.clone(), [windows, w]), &u);
        let q = values(&q);
        wide(
            #[inline(always)]
            || {
                for (i, (h, q)) in h.chunks_exact_mut(w).zip(q.chunks_exact(3 * w)).enumerate() {
                    let row = i * window + place;
                    cell(&inputs[row * 3 * w..][..3 * w], q, bias, h, &mut gates[row * 4 * w..][..4 * w]);
                    states[row * w..][..w].copy_from_slice(h);
                }
            },
        );
    }
    let states = matrix(states, [rows, w]);
    let saved = Saved { gates, states: states.clone(), u, window };
    close(record!(GruBack, [a_node, u_node, c_node], saved, states))
}

impl Backward<Fused, 3> for GruBack {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Fused>(&ops.node));
        let Saved { gates, states, u, window } = ops.state;
        let [rows, w] = size(&states);
        let windows = rows / window;
        let (grad, states) = (values(&grad), values(&states));
        // Once, where every place's product would lay it out anew.
        let back = u.transpose(0, 1).to_contiguous();
        // The state before every place; 0 before the first.
        let mut last = vec![0.0f32; rows * w];
        for (to, from) in last.chunks_exact_mut(window * w).zip(states.chunks_exact(window * w)) {
            to[w..].copy_from_slice(&from[..(window - 1) * w]);
        }
        let mut da = vec![0.0f32; rows * 3 * w];
        let mut dq = vec![0.0f32; rows * 3 * w];
        let mut d = vec![0.0f32; windows * w];
        for place in (0..window).rev() {
            let mut now = vec![0.0f32; windows * 3 * w];
            wide(
                #[inline(always)]
                || {
                    for (i, (d, now)) in d.chunks_exact_mut(w).zip(now.chunks_exact_mut(3 * w)).enumerate() {
                        let row = i * window + place;
                        d.iter_mut().zip(&grad[row * w..][..w]).for_each(|(d, g)| *d += g);
                        let (gates, last) = (&gates[row * 4 * w..][..4 * w], &last[row * w..][..w]);
                        cell_back(gates, last, d, &mut da[row * 3 * w..][..3 * w], now);
                        dq[row * 3 * w..][..3 * w].copy_from_slice(now);
                    }
                },
            );
            if place > 0 {
                let through = matmul(&matrix(now, [windows, 3 * w]), &back);
                let through = values(&through);
                wide(
                    #[inline(always)]
                    || d.iter_mut().zip(through).for_each(|(d, g)| *d += g),
                );
            }
        }
        let [a_node, u_node, c_node] = ops.parents;
        if let Some(node) = c_node {
            let mut sums = vec![0.0f32; w];
            wide(
                #[inline(always)]
                || {
                    for row in dq.chunks_exact(3 * w) {
                        sums.iter_mut().zip(&row[2 * w..]).for_each(|(s, g)| *s += g);
                    }
                },
            );
            grads.register::<Fused>(node.id, matrix(sums, [1, w]));
        }
        if let Some(node) = u_node {
            let last = matrix(last, [rows, w]);
            grads.register::<Fused>(node.id, matmul(&last.transpose(0, 1), &matrix(dq, [rows, 3 * w])));
        }
        if let Some(node) = a_node {
            grads.register::<Fused>(node.id, matrix(da, [rows, 3 * w]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{agree, pseudo};
    use super::*;

    #[test]
    fn agrees_with_the_graph_and_with_finite_differences() {
        // (windows, window, width): one place, narrower and wider than a register.
        for (s, t, w) in [(3, 1, 5), (2, 7, 3), (3, 4, 19)] {
            agree(
                &[pseudo([s * t, 3 * w], 1), pseudo([w, 3 * w], 2), pseudo([1, w], 3)],
                |x| fused(x[0].clone() * 2.0, x[1].clone() * 0.5, x[2].clone(), t),
                |x| graph(x[0].clone() * 2.0, x[1].clone() * 0.5, x[2].clone(), t),
            );
        }
    }

    #[test]
    fn tanh_is_that_of_the_standard_library() {
        for i in -400..=400 {
            let x = i as f32 * 0.05;
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 3e-7, "{x}");
        }
    }
}
