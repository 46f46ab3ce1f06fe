//! The two operations of a normalising flow of affine couplings that are not layers.
//!
//! Dinh, Sohl-Dickstein & Bengio, arXiv:1605.08803, eq. 4–8. A row is `[kept | moved | log-determinant]`: [`couple`]
//! reads raw log scales r and shifts t of the moved part, `heads` = `[r | t]`, and gives moved' = moved·e^s + t with
//! s = L·tanh(r/L), adding Σ s to the log-determinant. [`negative_log_likelihood`] is Σᵢ wᵢ·(½|zᵢ|² − log-determinant),
//! `[1, 1]`: that of a standard normal without its constant. Columns that belong to no part of z are left out of it.

use std::ops::Range;

use burn::Tensor;
use burn::tensor::TensorData;

use super::simd::{exp, sum, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// The largest log scale L of one coupling.
pub const LIMIT: f32 = 4.0;

/// s = L·tanh(r/L).
#[inline(always)]
pub(crate) fn log_scale(r: f32) -> f32 {
    LIMIT * (1.0 - 2.0 / (1.0 + exp(r * (2.0 / LIMIT))))
}

/// Couples rows `[kept | moved | log-determinant]` by `heads`, `[rows, 2·moved]`.
pub fn couple(x: Tensor<2>, heads: Tensor<2>) -> Tensor<2> {
    if fuses(&x.device()) { couple_fused(x, heads) } else { couple_graph(x, heads) }
}

/// [`couple`] from burn's own operations.
pub fn couple_graph(x: Tensor<2>, heads: Tensor<2>) -> Tensor<2> {
    let width = x.dims()[1];
    let moved = heads.dims()[1] / 2;
    let kept = width - 1 - moved;
    let s = (heads.clone().narrow(1, 0, moved) / LIMIT).tanh() * LIMIT;
    let t = heads.narrow(1, moved, moved);
    let y = x.clone().narrow(1, kept, moved) * s.clone().exp() + t;
    let determinant = x.clone().narrow(1, width - 1, 1) + s.sum_dim(1);
    if kept == 0 {
        return Tensor::cat(vec![y, determinant], 1);
    }
    Tensor::cat(vec![x.narrow(1, 0, kept), y, determinant], 1)
}

#[derive(Debug)]
struct CoupleBack;

/// What the backward pass needs, `[rows, moved]` each: e^s, moved·e^s, and ds/dr.
type Saved = [FusedTensor; 3];

fn couple_fused(x: Tensor<2>, heads: Tensor<2>) -> Tensor<2> {
    let (x, x_node) = open(x).into_parts();
    let (heads, h_node) = open(heads).into_parts();
    let (x, heads) = (contiguous(x), contiguous(heads));
    let ([rows, width], [_, two]) = (size(&x), size(&heads));
    let moved = two / 2;
    let kept = width - 1 - moved;
    let mut y = values(&x).to_vec();
    let mut saved = [(); 3].map(|()| vec![0.0f32; rows * moved]);
    let h = values(&heads);
    wide(
        #[inline(always)]
        || {
            let [scales, products, slopes] = &mut saved;
            for r in 0..rows {
                let (raw, shift) = h[r * two..(r + 1) * two].split_at(moved);
                let row = &mut y[r * width..(r + 1) * width];
                let at = r * moved..(r + 1) * moved;
                let (scale, product, slope) =
                    (&mut scales[at.clone()], &mut products[at.clone()], &mut slopes[at]);
                for i in 0..moved {
                    let s = log_scale(raw[i]);
                    slope[i] = s;
                    scale[i] = exp(s);
                }
                row[width - 1] += sum(moved, |i| slope[i]);
                for (i, v) in row[kept..kept + moved].iter_mut().enumerate() {
                    product[i] = *v * scale[i];
                    *v = product[i] + shift[i];
                    let of_limit = slope[i] / LIMIT;
                    slope[i] = 1.0 - of_limit * of_limit;
                }
            }
        },
    );
    let saved = saved.map(|v| matrix(v, [rows, moved]));
    close(record!(CoupleBack, [x_node, h_node], saved, matrix(y, [rows, width])))
}

impl Backward<Fused, 2> for CoupleBack {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut grad = contiguous(grads.consume::<Fused>(&ops.node));
        let [rows, width] = size(&grad);
        let moved = size(&ops.state[0])[1];
        let kept = width - 1 - moved;
        let mut heads = vec![0.0f32; rows * 2 * moved];
        {
            let [scale, product, slope] = ops.state.each_ref().map(values);
            let g = grad.storage_mut::<f32>();
            wide(
                #[inline(always)]
                || {
                    for r in 0..rows {
                        let g = &mut g[r * width..(r + 1) * width];
                        let of_determinant = g[width - 1];
                        let (raw, shift) = heads[r * 2 * moved..][..2 * moved].split_at_mut(moved);
                        let at = r * moved..(r + 1) * moved;
                        let (scale, product, slope) = (&scale[at.clone()], &product[at.clone()], &slope[at]);
                        for (i, g) in g[kept..kept + moved].iter_mut().enumerate() {
                            shift[i] = *g;
                            raw[i] = (*g * product[i] + of_determinant) * slope[i];
                            *g *= scale[i];
                        }
                    }
                },
            );
        }
        let [x_node, h_node] = ops.parents;
        if let Some(node) = h_node {
            grads.register::<Fused>(node.id, matrix(heads, [rows, 2 * moved]));
        }
        if let Some(node) = x_node {
            grads.register::<Fused>(node.id, grad);
        }
    }
}

/// Returns Σᵢ wᵢ·(½ Σ z² − log-determinant), z being the columns `of` and the log-determinant the last.
pub fn negative_log_likelihood(x: Tensor<2>, of: &[Range<usize>], weights: &[f32]) -> Tensor<2> {
    if fuses(&x.device()) { likelihood_fused(x, of, weights) } else { likelihood_graph(x, of, weights) }
}

/// [`negative_log_likelihood`] from burn's own operations.
pub fn likelihood_graph(x: Tensor<2>, of: &[Range<usize>], weights: &[f32]) -> Tensor<2> {
    let [rows, width] = x.dims();
    let w = Tensor::<2>::from_data(TensorData::new(weights.to_vec(), [rows, 1]), &x.device());
    let mut each = x.clone().narrow(1, width - 1, 1).neg();
    for at in of.iter().filter(|at| !at.is_empty()) {
        let z = x.clone().narrow(1, at.start, at.len());
        each = each + (z.clone() * z).sum_dim(1) * 0.5;
    }
    (each * w).sum().reshape([1, 1])
}

#[derive(Debug)]
struct LikelihoodBack;

fn likelihood_fused(x: Tensor<2>, of: &[Range<usize>], weights: &[f32]) -> Tensor<2> {
    let (x, node) = open(x).into_parts();
    let x = contiguous(x);
    let [rows, width] = size(&x);
    let from = values(&x);
    let mut slope = vec![0.0f32; rows * width];
    let mut total = 0.0f64;
    wide(
        #[inline(always)]
        || {
            let rows = from.chunks_exact(width).zip(slope.chunks_exact_mut(width));
            for ((x, d), &w) in rows.zip(weights) {
                let mut square = 0.0f32;
                for at in of {
                    let z = &x[at.clone()];
                    square += sum(z.len(), |i| z[i] * z[i]);
                    d[at.clone()].iter_mut().zip(z).for_each(|(d, z)| *d = w * z);
                }
                d[width - 1] = -w;
                total += f64::from(w) * f64::from(0.5 * square - x[width - 1]);
            }
        },
    );
    let total = matrix(vec![total as f32], [1, 1]);
    close(record!(LikelihoodBack, [node], matrix(slope, [rows, width]), total))
}

impl Backward<Fused, 1> for LikelihoodBack {
    type State = FusedTensor;

    fn backward(self, ops: Ops<FusedTensor, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let g = values(&grads.consume::<Fused>(&ops.node))[0];
        let mut slope = ops.state;
        if g != 1.0 {
            slope.storage_mut::<f32>().iter_mut().for_each(|v| *v *= g);
        }
        let [node] = ops.parents;
        if let Some(node) = node {
            grads.register::<Fused>(node.id, slope);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{agree, pseudo};
    use super::*;

    #[test]
    fn couplings_agree_with_the_graph_and_with_finite_differences() {
        // 3 columns kept, 19 moved, and the log-determinant.
        agree(
            &[pseudo([4, 23], 1), pseudo([4, 38], 2)],
            |t| couple_fused(t[0].clone(), t[1].clone()),
            |t| couple_graph(t[0].clone(), t[1].clone()),
        );
    }

    #[test]
    fn the_likelihood_agrees_with_the_graph_and_with_finite_differences() {
        let weights = [0.25, 0.0, 1.0, 0.5];
        agree(
            &[pseudo([4, 23], 1)],
            |t| likelihood_fused(t[0].clone(), &[0..3, 5..22], &weights),
            |t| likelihood_graph(t[0].clone(), &[0..3, 5..22], &weights),
        );
    }
}
