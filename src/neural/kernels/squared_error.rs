//! The loss Σᵢ wᵢ·mean_j (yᵢⱼ − tᵢⱼ)², `[1, 1]`, of rows with weights.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::TensorData;

use super::simd::{sum, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// Returns Σᵢ wᵢ·mean_j (yᵢⱼ − tᵢⱼ)²; `target` holds as many numbers as `y`, `weights` one a row.
pub fn squared_error(y: Tensor<2>, target: &Arc<[f32]>, weights: &[f32]) -> Tensor<2> {
    if fuses(&y.device()) { fused(y, target, weights) } else { graph(y, target, weights) }
}

/// The same from burn's own operations.
pub fn graph(y: Tensor<2>, target: &Arc<[f32]>, weights: &[f32]) -> Tensor<2> {
    let device = y.device();
    let [rows, width] = y.dims();
    let target = Tensor::<2>::from_data(TensorData::new(target.to_vec(), [rows, width]), &device);
    let weights = Tensor::<2>::from_data(TensorData::new(weights.to_vec(), [rows, 1]), &device);
    let off = y - target;
    (off.clone() * off * weights).sum().reshape([1, 1]) / width as f32
}

#[derive(Debug)]
struct SquaredErrorBack;

/// Turns y into the gradient of the loss and returns the loss.
#[inline(always)]
fn pass(y: &mut [f32], target: &[f32], weights: &[f32], width: usize) -> f64 {
    let mut total = 0.0f64;
    for ((y, t), &w) in y.chunks_exact_mut(width).zip(target.chunks_exact(width)).zip(weights) {
        y.iter_mut().zip(t).for_each(|(y, &t)| *y -= t);
        let square = sum(width, |i| y[i] * y[i]);
        total += f64::from(w) * f64::from(square);
        let scale = 2.0 * w / width as f32;
        y.iter_mut().for_each(|y| *y *= scale);
    }
    total / width as f64
}

fn fused(y: Tensor<2>, target: &Arc<[f32]>, weights: &[f32]) -> Tensor<2> {
    let (y, node) = open(y).into_parts();
    let y = contiguous(y);
    let [rows, width] = size(&y);
    let mut slope = values(&y).to_vec();
    let total = wide(
        #[inline(always)]
        || pass(&mut slope, target, weights, width),
    );
    let total = matrix(vec![total as f32], [1, 1]);
    close(record!(SquaredErrorBack, [node], matrix(slope, [rows, width]), total))
}

impl Backward<Fused, 1> for SquaredErrorBack {
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
    fn agrees_with_the_graph_and_with_finite_differences() {
        let target: Arc<[f32]> = pseudo([4, 19], 5).1.into();
        let weights = [0.25, 0.0, 1.0, 0.5];
        agree(
            &[pseudo([4, 19], 1)],
            |t| fused(t[0].clone(), &target, &weights),
            |t| graph(t[0].clone(), &target, &weights),
        );
    }
}
