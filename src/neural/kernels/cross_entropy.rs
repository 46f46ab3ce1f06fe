//! Weighted softmax cross-entropy: L = Σ wᵢ·(log Σⱼ exp zᵢⱼ − zᵢ,target(i)).
//!
//! Shapes: logits `[rows, classes]`, one target and one weight per row, loss `[1, 1]`. The
//! caller normalises the weights (their sum need not be one). The gradient
//! wᵢ·(softmax(zᵢ) − onehot) is written in the forward pass, over the exponentials.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::{Int, TensorData};

use super::simd::{exp_shifted, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// Returns the loss, `[1, 1]`. Every target must be below the number of classes.
pub fn cross_entropy(logits: Tensor<2>, targets: &Arc<[u32]>, weights: &[f32]) -> Tensor<2> {
    if fuses(&logits.device()) { fused(logits, targets, weights) } else { graph(logits, targets, weights) }
}

/// The same from burn's own operations.
pub fn graph(logits: Tensor<2>, targets: &[u32], weights: &[f32]) -> Tensor<2> {
    let device = logits.device();
    let rows = targets.len();
    let index: Vec<i32> = targets.iter().map(|&t| t as i32).collect();
    let index = Tensor::<2, Int>::from_data(TensorData::new(index, [rows, 1]), &device);
    let w = Tensor::<2>::from_data(TensorData::new(weights.to_vec(), [rows, 1]), &device);
    let log_p = burn::tensor::activation::log_softmax(logits, 1).gather(1, index);
    (log_p * w).sum().neg().reshape([1, 1])
}

/// The loss; fills its derivative.
#[inline(always)]
fn rows_of(from: &[f32], slope: &mut [f32], targets: &[u32], weights: &[f32], n: usize) -> f64 {
    let mut loss = 0.0f64;
    let rows = from.chunks_exact(n).zip(slope.chunks_exact_mut(n));
    for ((row, to), (&target, &w)) in rows.zip(targets.iter().zip(weights)) {
        to.copy_from_slice(row);
        let (top, total) = exp_shifted(to);
        loss += f64::from(w * (total.ln() + top - row[target as usize]));
        let scale = w / total;
        for v in to.iter_mut() {
            *v *= scale;
        }
        to[target as usize] -= w;
    }
    loss
}

#[derive(Debug)]
struct CrossEntropyBack;

pub(crate) fn fused(logits: Tensor<2>, targets: &[u32], weights: &[f32]) -> Tensor<2> {
    let (logits, node) = open(logits).into_parts();
    let logits = contiguous(logits);
    let [rows, n] = size(&logits);
    let from = values(&logits);
    let mut slope = vec![0.0f32; rows * n];
    let loss = wide(
        #[inline(always)]
        || rows_of(from, &mut slope, targets, weights, n),
    );
    let slope = matrix(slope, [rows, n]);
    let loss = matrix(vec![loss as f32], [1, 1]);
    close(record!(CrossEntropyBack, [node], slope, loss))
}

impl Backward<Fused, 1> for CrossEntropyBack {
    type State = FusedTensor;

    fn backward(self, ops: Ops<FusedTensor, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let g = values(&grads.consume::<Fused>(&ops.node))[0];
        let mut slope = ops.state;
        if g != 1.0 {
            wide(
                #[inline(always)]
                || slope.storage_mut::<f32>().iter_mut().for_each(|v| *v *= g),
            );
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
    fn agrees_with_the_graph_and_with_finite_differences() {
        let targets = [3u32, 0, 18, 7, 7];
        let weights = [0.2, 1.5, 0.0, 0.7, 1.0];
        agree(
            &[pseudo([5, 19], 4)],
            |t| fused(t[0].clone() * 3.0, &targets, &weights),
            |t| graph(t[0].clone() * 3.0, &targets, &weights),
        );
    }
}
