//! Embeddings: of tokens and places, `yᵣ = E[codeᵣ] + P[r mod context]`, of tokens alone, `yᵣ = E[codeᵣ]`, and of anything
//! else that is added to them, `yᵣ = xᵣ + T[codeᵣ]`.
//!
//! Shapes: E and T `[codes, width]`, P `[context, width]` (its first `context` rows are used), x and y
//! `[rows, width]` with `rows` a multiple of `context`. The gradients are scatter-adds in
//! row order, so their bits do not depend on anything else.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::{Int, TensorData};

use super::simd::wide;
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, fuses};

/// Returns the embedded rows. Every code must be below the number of rows of `tokens`.
pub fn embedding(tokens: Tensor<2>, positions: Tensor<2>, codes: &Arc<[u32]>, context: usize) -> Tensor<2> {
    if fuses(&tokens.device()) {
        fused(tokens, positions, codes, context)
    } else {
        graph(tokens, positions, codes, context)
    }
}

/// The same from burn's own operations.
pub fn graph(tokens: Tensor<2>, positions: Tensor<2>, codes: &[u32], context: usize) -> Tensor<2> {
    let device = tokens.device();
    let rows = codes.len();
    let index = |v: Vec<i32>| Tensor::<1, Int>::from_data(TensorData::new(v, [rows]), &device);
    let codes = codes.iter().map(|&c| c as i32).collect();
    let places = (0..rows).map(|r| (r % context) as i32).collect();
    tokens.select(0, index(codes)) + positions.select(0, index(places))
}

#[derive(Clone, Debug)]
struct Saved {
    codes: Arc<[u32]>,
    context: usize,
    levels: usize,
    places: usize,
}

#[derive(Debug)]
struct EmbeddingBack;

pub(crate) fn fused(
    tokens: Tensor<2>,
    positions: Tensor<2>,
    codes: &Arc<[u32]>,
    context: usize,
) -> Tensor<2> {
    let (tokens, t_node) = open(tokens).into_parts();
    let (positions, p_node) = open(positions).into_parts();
    let [levels, n] = size(&tokens);
    let [places, _] = size(&positions);
    let (e, p) = (values(&tokens), values(&positions));
    let mut y = vec![0.0f32; codes.len() * n];
    wide(
        #[inline(always)]
        || {
            for (r, to) in y.chunks_exact_mut(n).enumerate() {
                let e = &e[codes[r] as usize * n..][..n];
                let p = &p[r % context * n..][..n];
                for i in 0..n {
                    to[i] = e[i] + p[i];
                }
            }
        },
    );
    let y = matrix(y, [codes.len(), n]);
    let saved = Saved { codes: codes.clone(), context, levels, places };
    close(record!(EmbeddingBack, [t_node, p_node], saved, y))
}

impl Backward<Fused, 2> for EmbeddingBack {
    type State = Saved;

    fn backward(self, ops: Ops<Saved, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Fused>(&ops.node));
        let [_, n] = size(&grad);
        let s = ops.state;
        let (mut de, mut dp) = (vec![0.0f32; s.levels * n], vec![0.0f32; s.places * n]);
        wide(
            #[inline(always)]
            || {
                for (r, g) in values(&grad).chunks_exact(n).enumerate() {
                    let e = &mut de[s.codes[r] as usize * n..][..n];
                    let p = &mut dp[r % s.context * n..][..n];
                    for i in 0..n {
                        e[i] += g[i];
                        p[i] += g[i];
                    }
                }
            },
        );
        let [t_node, p_node] = ops.parents;
        if let Some(node) = t_node {
            grads.register::<Fused>(node.id, matrix(de, [s.levels, n]));
        }
        if let Some(node) = p_node {
            grads.register::<Fused>(node.id, matrix(dp, [s.places, n]));
        }
    }
}

/// Returns `yᵣ = E[codeᵣ]`. Every code must be below the number of rows of `table`.
pub fn rows(table: Tensor<2>, codes: &Arc<[u32]>) -> Tensor<2> {
    let [_, width] = table.dims();
    let nothing = Tensor::from_data(TensorData::zeros::<f32, _>([codes.len(), width]), &table.device());
    add_rows(nothing, table, codes)
}

/// Returns `yᵣ = xᵣ + T[codeᵣ]`. Every code must be below the number of rows of `table`.
pub fn add_rows(x: Tensor<2>, table: Tensor<2>, codes: &Arc<[u32]>) -> Tensor<2> {
    if fuses(&x.device()) { add_rows_fused(x, table, codes) } else { add_rows_graph(x, table, codes) }
}

/// [`add_rows`] from burn's own operations.
pub fn add_rows_graph(x: Tensor<2>, table: Tensor<2>, codes: &[u32]) -> Tensor<2> {
    let index: Vec<i32> = codes.iter().map(|&c| c as i32).collect();
    let index = Tensor::<1, Int>::from_data(TensorData::new(index, [codes.len()]), &x.device());
    x + table.select(0, index)
}

#[derive(Debug)]
struct AddRowsBack;

pub(crate) fn add_rows_fused(x: Tensor<2>, table: Tensor<2>, codes: &Arc<[u32]>) -> Tensor<2> {
    let (x, x_node) = open(x).into_parts();
    let (table, t_node) = open(table).into_parts();
    let mut y = contiguous(x);
    let [levels, n] = size(&table);
    let rows = values(&table);
    let to = y.storage_mut::<f32>();
    wide(
        #[inline(always)]
        || {
            for (to, &code) in to.chunks_exact_mut(n).zip(codes.iter()) {
                let row = &rows[code as usize * n..][..n];
                for i in 0..n {
                    to[i] += row[i];
                }
            }
        },
    );
    let saved = (codes.clone(), levels);
    close(record!(AddRowsBack, [x_node, t_node], saved, y))
}

impl Backward<Fused, 2> for AddRowsBack {
    type State = (Arc<[u32]>, usize);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Fused>(&ops.node));
        let [_, n] = size(&grad);
        let (codes, levels) = ops.state;
        let [x_node, t_node] = ops.parents;
        if let Some(node) = t_node {
            let mut d = vec![0.0f32; levels * n];
            wide(
                #[inline(always)]
                || {
                    for (g, &code) in values(&grad).chunks_exact(n).zip(codes.iter()) {
                        let row = &mut d[code as usize * n..][..n];
                        for i in 0..n {
                            row[i] += g[i];
                        }
                    }
                },
            );
            grads.register::<Fused>(node.id, matrix(d, [levels, n]));
        }
        if let Some(node) = x_node {
            grads.register::<Fused>(node.id, grad);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{agree, pseudo};
    use super::*;

    #[test]
    fn agrees_with_the_graph_and_with_finite_differences() {
        let codes: Arc<[u32]> = [4u32, 0, 1, 4, 4, 2].into();
        agree(
            &[pseudo([5, 9], 1), pseudo([4, 9], 2)],
            |t| fused(t[0].clone(), t[1].clone(), &codes, 3),
            |t| graph(t[0].clone(), t[1].clone(), &codes, 3),
        );
    }

    #[test]
    fn added_rows_agree_with_the_graph_and_with_finite_differences() {
        let codes: Arc<[u32]> = [4u32, 0, 1, 4, 4, 2].into();
        agree(
            &[pseudo([6, 9], 1), pseudo([5, 9], 2)],
            |t| add_rows_fused(t[0].clone() * 1.5, t[1].clone(), &codes),
            |t| add_rows_graph(t[0].clone() * 1.5, t[1].clone(), &codes),
        );
    }
}
