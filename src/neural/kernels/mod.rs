//! Fused operations with their own backward pass, as burn custom autodiff operations.
//!
//! A training step of a small model spends most of its time not in matrix products but in
//! element-wise work: softmax, layer norm, activations, and the copies between them. Each
//! file here does one such group in a single pass over memory, forward and backward, on
//! burn-flex; on every other device the same function builds burn's own graph (`graph`),
//! which is also what the tests compare with.
//!
//! Everything is a matrix: activations are `[rows, features]` (a token is a row), vectors
//! such as a bias are `[1, features]`, losses `[1, 1]`. f32 throughout.

pub mod adam;
pub mod attention;
pub mod coupling;
pub mod cross_entropy;
pub mod dense;
pub mod embedding;
pub mod gru;
pub mod layer_norm;
pub mod linear;
pub mod residual;
pub(crate) mod simd;
pub mod squared_error;
pub mod variational;

use burn::Tensor;
use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

use super::device::{Autodiff, Fused, FusedTensor, autodiff};

pub(crate) use autodiff::checkpoint::{base::Checkpointer, strategy::NoCheckpointing};
pub(crate) use autodiff::grads::Gradients;
pub(crate) use autodiff::ops::{Backward, Ops, OpsKind};

/// A tensor with its node in the autodiff graph, on the fused backend.
pub(crate) type Tracked = FloatTensor<Autodiff<Fused>>;

/// Opens a tensor for a fused operation. The caller has checked `device::fuses`.
pub(crate) fn open(tensor: Tensor<2>) -> Tracked {
    tensor.try_into_primitive::<Autodiff<Fused>>().expect("fused operations run on the fused backend only")
}

/// Wraps the result of a fused operation.
pub(crate) fn close(tensor: Tracked) -> Tensor<2> {
    Tensor::from_primitive::<Autodiff<Fused>>(tensor)
}

/// A matrix from its values, row by row.
pub(crate) fn matrix(values: Vec<f32>, shape: [usize; 2]) -> FusedTensor {
    FusedTensor::from_data(TensorData::new(values, shape))
}

/// The values of a contiguous matrix, row by row.
pub(crate) fn values(tensor: &FusedTensor) -> &[f32] {
    tensor.as_slice().expect("fused operations keep their matrices contiguous")
}

/// The same matrix, laid out row by row.
pub(crate) fn contiguous(tensor: FusedTensor) -> FusedTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// `[rows, columns]`.
pub(crate) fn size(tensor: &FusedTensor) -> [usize; 2] {
    let shape = tensor.layout().shape();
    [shape[0], shape[1]]
}

/// Matrix product; either side may be a transposed view.
pub(crate) fn matmul(a: &FusedTensor, b: &FusedTensor) -> FusedTensor {
    burn_flex::ops::matmul::matmul(a.clone(), b.clone())
}

/// Records a fused operation: runs `forward`'s result into the graph with `backward`.
macro_rules! record {
    ($backward:expr, [$($node:expr),+], $state:expr, $output:expr) => {{
        use $crate::neural::kernels::{Backward, NoCheckpointing, OpsKind};
        match $backward
            .prepare::<NoCheckpointing>([$($node),+])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prep) => prep.finish($state, $output),
            OpsKind::UnTracked(prep) => prep.finish($output),
        }
    }};
}
pub(crate) use record;

#[cfg(test)]
pub(crate) mod checks;
