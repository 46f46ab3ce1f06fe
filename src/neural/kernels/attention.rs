//! Causal multi-head self-attention, between the two projections.
//!
//! Vaswani et al., arXiv:1706.03762, eq. 1, with a causal mask: for each sequence and head,
//! O = softmax(QKᵀ/√d + mask)·V. Shapes: qkv `[sequences·context, 3·width]` (queries, keys,
//! values side by side; head h holds columns h·d..(h+1)·d of each), output
//! `[sequences·context, width]`. Backward, with P the probabilities: dV = Pᵀ·dO,
//! dS = P ∘ (dO·Vᵀ − rowsum(P ∘ dO·Vᵀ))/√d, dQ = dS·K, dK = dSᵀ·Q.
//!
//! Memory: the probabilities, sequences·heads·context² floats. d is at most
//! [`HEAD_LIMIT`]; it is padded to a power of two so that inner loops have a fixed length.

use burn::Tensor;
use burn::tensor::Bool;

use super::simd::{LANES, exp, max_of, sum, sum_of, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// The largest head width of the fused operation.
pub const HEAD_LIMIT: usize = 64;

/// Returns the attended values. `width / heads` must be exact and at most [`HEAD_LIMIT`].
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
    context: usize,
    heads: usize,
    width: usize,
    sequences: usize,
}

impl Dims {
    fn of(qkv: &FusedTensor, context: usize, heads: usize) -> Self {
        let [rows, three] = size(qkv);
        Dims { context, heads, width: three / 3, sequences: rows / context }
    }

    fn head_width(&self) -> usize {
        self.width / self.heads
    }
}

#[derive(Clone, Debug)]
struct Saved {
    qkv: FusedTensor,
    probabilities: Vec<f32>,
    dims: Dims,
}

/// Copies head columns into rows of fixed length `D`, padded with zeros.
#[inline(always)]
fn gather<const D: usize>(to: &mut [[f32; D]], from: &[f32], stride: usize, at: usize, d: usize) {
    for (i, row) in to.iter_mut().enumerate() {
        row[..d].copy_from_slice(&from[i * stride + at..][..d]);
    }
}

/// Positions in whole blocks of [`LANES`].
fn padded(t: usize) -> usize {
    t.div_ceil(LANES) * LANES
}

/// `to[c·stride + j] = rows[j][c]`; what lies beyond the rows is left alone.
#[inline(always)]
fn transpose<const D: usize>(to: &mut [f32], rows: &[[f32; D]], d: usize) {
    let stride = padded(rows.len());
    for (j, row) in rows.iter().enumerate() {
        for c in 0..d {
            to[c * stride + j] = row[c];
        }
    }
}

/// `to[j] = Σ_c row[c]·columns[c·stride + j]` for whole blocks of positions.
#[inline(always)]
fn project(to: &mut [f32], row: &[f32], columns: &[f32], stride: usize) {
    for (block, to) in to.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let mut sum = [0.0f32; LANES];
        for (q, k) in row.iter().zip(columns.chunks_exact(stride)) {
            let k = &k[block * LANES..][..LANES];
            for l in 0..LANES {
                sum[l] += q * k[l];
            }
        }
        *to = sum;
    }
}

/// Σ_j p[j]·v[j], in four partial sums.
#[inline(always)]
fn mixture<const D: usize>(p: &[f32], v: &[[f32; D]]) -> [f32; D] {
    let mut part = [[0.0f32; D]; 4];
    let (fours, rest) = p.as_chunks::<4>();
    for (p, v) in fours.iter().zip(v.as_chunks::<4>().0) {
        for ((part, p), v) in part.iter_mut().zip(p).zip(v) {
            for c in 0..D {
                part[c] += p * v[c];
            }
        }
    }
    for (p, v) in rest.iter().zip(&v[p.len() - rest.len()..]) {
        for c in 0..D {
            part[0][c] += p * v[c];
        }
    }
    std::array::from_fn(|c| (part[0][c] + part[1][c]) + (part[2][c] + part[3][c]))
}

#[inline(always)]
fn forward<const D: usize>(qkv: &[f32], out: &mut [f32], p: &mut [f32], dims: Dims) {
    let (t, d, w) = (dims.context, dims.head_width(), dims.width);
    let scale = 1.0 / (d as f32).sqrt();
    let mut q = vec![[0.0f32; D]; t];
    let mut k = vec![[0.0f32; D]; t];
    let mut v = vec![[0.0f32; D]; t];
    let stride = padded(t);
    let mut kt = vec![0.0f32; d * stride];
    let mut scores = vec![0.0f32; stride];
    for s in 0..dims.sequences {
        let from = &qkv[s * t * 3 * w..][..t * 3 * w];
        for h in 0..dims.heads {
            gather(&mut q, from, 3 * w, h * d, d);
            gather(&mut k, from, 3 * w, w + h * d, d);
            gather(&mut v, from, 3 * w, 2 * w + h * d, d);
            transpose(&mut kt, &k, d);
            let p = &mut p[(s * dims.heads + h) * t * t..][..t * t];
            for i in 0..t {
                let x = &mut scores[..padded(i + 1)];
                project(x, &q[i][..d], &kt, stride);
                x[i + 1..].fill(f32::NEG_INFINITY);
                let top = max_of(x);
                x.iter_mut().for_each(|x| *x = exp((*x - top) * scale));
                x[i + 1..].fill(0.0);
                let inverse = 1.0 / sum_of(x);
                x.iter_mut().for_each(|x| *x *= inverse);
                // What lies beyond i stays 0.
                p[i * t..][..=i].copy_from_slice(&x[..=i]);
                let o = mixture(&x[..=i], &v);
                out[(s * t + i) * w + h * d..][..d].copy_from_slice(&o[..d]);
            }
        }
    }
}

#[inline(always)]
fn backward<const D: usize>(qkv: &[f32], p: &[f32], g: &[f32], dqkv: &mut [f32], dims: Dims) {
    let (t, d, w) = (dims.context, dims.head_width(), dims.width);
    let scale = 1.0 / (d as f32).sqrt();
    let mut q = vec![[0.0f32; D]; t];
    let mut k = vec![[0.0f32; D]; t];
    let mut v = vec![[0.0f32; D]; t];
    let stride = padded(t);
    let mut vt = vec![0.0f32; d * stride];
    let mut ds = vec![0.0f32; stride];
    for s in 0..dims.sequences {
        let from = &qkv[s * t * 3 * w..][..t * 3 * w];
        let to = &mut dqkv[s * t * 3 * w..][..t * 3 * w];
        for h in 0..dims.heads {
            gather(&mut q, from, 3 * w, h * d, d);
            gather(&mut k, from, 3 * w, w + h * d, d);
            gather(&mut v, from, 3 * w, 2 * w + h * d, d);
            transpose(&mut vt, &v, d);
            let p = &p[(s * dims.heads + h) * t * t..][..t * t];
            let mut dk = vec![[0.0f32; D]; t];
            let mut dv = vec![[0.0f32; D]; t];
            for i in 0..t {
                let row = &p[i * t..(i + 1) * t];
                let n = padded(i + 1).min(t);
                let mut go = [0.0f32; D];
                go[..d].copy_from_slice(&g[(s * t + i) * w + h * d..][..d]);
                project(&mut ds[..padded(i + 1)], &go[..d], &vt, stride);
                let mean = sum(n, |j| row[j] * ds[j]);
                for (ds, p) in ds.iter_mut().zip(&row[..n]) {
                    *ds = p * (*ds - mean) * scale;
                }
                let dq = mixture(&ds[..=i], &k);
                let query = q[i];
                for ((dk, dv), (x, y)) in dk.iter_mut().zip(&mut dv).zip(ds.iter().zip(&row[..=i])) {
                    for c in 0..D {
                        dk[c] += x * query[c];
                        dv[c] += y * go[c];
                    }
                }
                to[i * 3 * w + h * d..][..d].copy_from_slice(&dq[..d]);
            }
            for j in 0..t {
                to[j * 3 * w + w + h * d..][..d].copy_from_slice(&dk[j][..d]);
                to[j * 3 * w + 2 * w + h * d..][..d].copy_from_slice(&dv[j][..d]);
            }
        }
    }
}

/// Runs `$f::<D>` with the smallest power of two D that holds a head.
macro_rules! by_head_width {
    ($d:expr, $f:ident($($arg:expr),*)) => {
        match $d {
            0..=4 => wide(#[inline(always)] || $f::<4>($($arg),*)),
            5..=8 => wide(#[inline(always)] || $f::<8>($($arg),*)),
            9..=16 => wide(#[inline(always)] || $f::<16>($($arg),*)),
            17..=32 => wide(#[inline(always)] || $f::<32>($($arg),*)),
            _ => wide(#[inline(always)] || $f::<HEAD_LIMIT>($($arg),*)),
        }
    };
}

#[derive(Debug)]
struct AttentionBack;

pub(crate) fn fused(qkv: Tensor<2>, context: usize, heads: usize) -> Tensor<2> {
    let (qkv, node) = open(qkv).into_parts();
    let qkv = contiguous(qkv);
    let dims = Dims::of(&qkv, context, heads);
    let rows = dims.sequences * context;
    let mut out = vec![0.0f32; rows * dims.width];
    let mut p = vec![0.0f32; rows * heads * context];
    let from = values(&qkv);
    by_head_width!(dims.head_width(), forward(from, &mut out, &mut p, dims));
    let saved = Saved { qkv, probabilities: p, dims };
    let out = matrix(out, [rows, dims.width]);
    close(record!(AttentionBack, [node], saved, out))
}

impl Backward<Fused, 1> for AttentionBack {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Fused>(&ops.node));
        let Saved { qkv, probabilities, dims } = ops.state;
        let shape = size(&qkv);
        let mut dqkv = vec![0.0f32; shape[0] * shape[1]];
        let (from, p, g) = (values(&qkv), &probabilities[..], values(&grad));
        by_head_width!(dims.head_width(), backward(from, p, g, &mut dqkv, dims));
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
