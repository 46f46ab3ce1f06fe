//! Neural families: small burn models, trained with burn's autodiff and fused operations.
//!
//! A model's parameters are one flat buffer ([`init`]); a training step makes them burn
//! leaves, builds its loss from the operations in [`kernels`] (fused on burn-flex, burn's
//! own graph elsewhere), and Adam updates the buffer ([`train`]). Fitted models sample and
//! score in plain f32 from the same buffer, one row independent of the others.
//!
//! One model is trained by one thread; run many models in parallel instead.

pub mod checkpoint;
pub mod device;
pub mod gpt;
pub mod init;
pub mod kernels;
pub mod train;
pub mod vae;

use crate::data::{Mix, Samples};
use crate::models::{FitError, Refusal};

/// The rows of a training set in one table with their weights; refuses a set without rows,
/// and weights that can't be a loss's.
fn rows_of(mix: &Mix) -> Result<(Samples, Vec<f64>), FitError> {
    if mix.is_empty() {
        return Err(FitError::TooFewRows { needed: 1, found: 0 });
    }
    let gathered = mix.gather().ok_or_else(|| Refusal::new("neural families are fitted from rows"))?;
    let (rows, weights) = gathered.map_err(|e| Refusal::new(e.to_string()))?;
    let total: f64 = weights.iter().sum();
    if !(total > 0.0 && total.is_finite()) || weights.iter().any(|w| *w < 0.0) {
        return Err(Refusal::new("row weights must be at least 0 and not all 0").into());
    }
    Ok((rows, weights))
}
