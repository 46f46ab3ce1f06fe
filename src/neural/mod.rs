//! Neural families: small burn models, trained with burn's autodiff and fused operations.

pub mod device;
pub mod kernels;
