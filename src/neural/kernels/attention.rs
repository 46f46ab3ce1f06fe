//! Causal multi-head self-attention, between the two projections.
//!
//! Vaswani et al., arXiv:1706.03762, eq. 1, with a causal mask: for each sequence and head,
//! O = softmax(QKᵀ/√d + mask)·V. Shapes: qkv `[sequences·context, 3·width]` (queries, keys,
//! values side by side; head h holds columns h·d..(h+1)·d of each), output
//! `[sequences·context, width]`. Backward, with P the probabilities: dV = Pᵀ·dO,
//! dS = P ∘ (dO·Vᵀ − rowsum(P ∘ dO·Vᵀ))/√d, dQ = dS·K, dK = dSᵀ·Q.
//!
//! The products are burn-flex's, over views of qkv, one matrix a head; what lies between them is
//! one pass over the probabilities, which is also the memory: sequences·heads·context² floats.

use burn::Tensor;
use burn::tensor::{Bool, Shape};
use burn_flex::Layout;

use super::simd::{exp, max_of, sum, sum_of, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matmul, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// Returns the attended values. `width / heads` must be exact.
pub fn attention(qkv: Tensor<2>, context: usize, heads: usize) -> Tensor<2> {
    if fuses(&qkv.device()) { fused(qkv, context, heads) } else { graph(qkv, context, heads) }
}

/// The same from burn's own operations.
pub fn graph(qkv: Tensor<2>, context: usize, heads: usize) -> Tensor<2> {
    let device = qkv.device();
    let [rows, three] = qkv.dims();
    let (sequences, width) = (rows / context, three / 3);
    let d = width / heads;
    let part = |i: usize| {
        qkv.clone().narrow(1, i * width, width).reshape([sequences, context, heads, d]).swap_dims(1, 2)
    };
    let (q, k, v) = (part(0), part(1), part(2));
    let scores = q.matmul(k.swap_dims(2, 3)) / (d as f32).sqrt();
    let hidden = Tensor::<2, Bool>::tril_mask([context, context], 0, &device)
        .reshape([1, 1, context, context])
        .expand([sequences, heads, context, context]);
    let p = burn::tensor::activation::softmax(scores.mask_fill(hidden, f32::NEG_INFINITY), 3);
    p.matmul(v).swap_dims(1, 2).reshape([rows, width])
}

/// Sizes of one attention call.
#[derive(Clone, Copy, Debug)]
struct Dims {
    sequences: usize,
    context: usize,
    heads: usize,
    /// Of one head.
    width: usize,
}

impl Dims {
    /// The i-th of `parts` matrices that lie side by side, seen as `[sequences, heads, context, width]`.
    fn heads_of(&self, matrix: &FusedTensor, parts: usize, i: usize) -> FusedTensor {
        let (all, d) = (self.heads * self.width, self.width);
        let shape = Shape::from([self.sequences, self.heads, self.context, d]);
        let strides = [self.context * parts * all, d, parts * all, 1].map(|stride| stride as isize);
        matrix.clone().with_layout(Layout::new(shape, strides.to_vec(), i * all))
    }

    /// Copies `[sequences, heads, context, width]` to where [`Dims::heads_of`] sees them.
    fn put(&self, heads: &FusedTensor, to: &mut [f32], parts: usize, i: usize) {
        let (h, t, d) = (self.heads, self.context, self.width);
        for (at, row) in values(heads).chunks_exact(d).enumerate() {
            let (sequence, head, position) = (at / (h * t), at / t % h, at % t);
            let start = ((sequence * t + position) * parts + i) * h * d + head * d;
            to[start..start + d].copy_from_slice(row);
        }
    }

    fn scale(&self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }
}

/// Replaces scores by probabilities, row by row; those of later positions become 0.
#[inline(always)]
fn softmax(scores: &mut [f32], t: usize, scale: f32) {
    for (at, row) in scores.chunks_exact_mut(t).enumerate() {
        let (seen, later) = row.split_at_mut(at % t + 1);
        later.fill(0.0);
        let top = max_of(seen);
        seen.iter_mut().for_each(|x| *x = exp((*x - top) * scale));
        let inverse = 1.0 / sum_of(seen);
        seen.iter_mut().for_each(|x| *x *= inverse);
    }
}

/// Replaces the gradients of probabilities by those of scores; p is 0 at later positions.
#[inline(always)]
fn softmax_back(g: &mut [f32], p: &[f32], t: usize, scale: f32) {
    for (g, p) in g.chunks_exact_mut(t).zip(p.chunks_exact(t)) {
        let mean = sum(t, |j| p[j] * g[j]);
        for (g, p) in g.iter_mut().zip(p) {
            *g = p * (*g - mean) * scale;
        }
    }
}

#[derive(Clone, Debug)]
struct Saved {
    qkv: FusedTensor,
    probabilities: FusedTensor,
    dims: Dims,
}

#[derive(Debug)]
struct AttentionBack;

pub(crate) fn fused(qkv: Tensor<2>, context: usize, heads: usize) -> Tensor<2> {
    let (qkv, node) = open(qkv).into_parts();
    let qkv = contiguous(qkv);
    let [rows, three] = size(&qkv);
    let dims = Dims { sequences: rows / context, context, heads, width: three / 3 / heads };
    let part = |i| dims.heads_of(&qkv, 3, i);
    let mut p = matmul(&part(0), &part(1).transpose(2, 3));
    let scores = p.storage_mut::<f32>();
    wide(
        #[inline(always)]
        || softmax(scores, context, dims.scale()),
    );
    let mut out = vec![0.0f32; rows * three / 3];
    dims.put(&matmul(&p, &part(2)), &mut out, 1, 0);
    let saved = Saved { qkv, probabilities: p, dims };
    let out = matrix(out, [rows, three / 3]);
    close(record!(AttentionBack, [node], saved, out))
}

impl Backward<Fused, 1> for AttentionBack {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Fused>(&ops.node));
        let Saved { qkv, probabilities: p, dims } = ops.state;
        let part = |i| dims.heads_of(&qkv, 3, i);
        let grad = dims.heads_of(&grad, 1, 0);
        let mut ds = matmul(&grad, &part(2).transpose(2, 3));
        let (scores, weights) = (ds.storage_mut::<f32>(), values(&p));
        wide(
            #[inline(always)]
            || softmax_back(scores, weights, dims.context, dims.scale()),
        );
        let shape = size(&qkv);
        let mut dqkv = vec![0.0f32; shape[0] * shape[1]];
        dims.put(&matmul(&ds, &part(1)), &mut dqkv, 3, 0);
        dims.put(&matmul(&ds.transpose(2, 3), &part(0)), &mut dqkv, 3, 1);
        dims.put(&matmul(&p.transpose(2, 3), &grad), &mut dqkv, 3, 2);
        let [node] = ops.parents;
        if let Some(node) = node {
            grads.register::<Fused>(node.id, matrix(dqkv, shape));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{agree, pseudo};
    use super::*;

    #[test]
    fn agrees_with_the_graph_and_with_finite_differences() {
        // (sequences, context, heads, head width): padded, whole, and longer than a vector.
        for (s, t, h, d) in [(2, 5, 2, 3), (1, 4, 1, 8), (2, 19, 3, 4), (1, 33, 2, 9)] {
            agree(
                &[pseudo([s * t, 3 * h * d], 7)],
                |x| fused(x[0].clone() * 2.0, t, h),
                |x| graph(x[0].clone() * 2.0, t, h),
            );
        }
    }
}
