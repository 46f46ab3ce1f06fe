//! Intermediate results that several metrics of one observation use, computed at most once.

use std::sync::OnceLock;

/// Lazily computed results of one observation. New ones are added as fields.
#[derive(Default)]
pub struct Shared {
    /// The feature matrix of the sample, row-major.
    sample_features: OnceLock<Vec<f64>>,
    /// The feature matrix of the held-out rows, row-major.
    held_out_features: OnceLock<Vec<f64>>,
}

impl Shared {
    /// The sample's features, computed by `make` at the first call.
    pub fn sample_features(&self, make: impl FnOnce() -> Vec<f64>) -> &[f64] {
        self.sample_features.get_or_init(make)
    }

    /// The held-out features, computed by `make` at the first call.
    pub fn held_out_features(&self, make: impl FnOnce() -> Vec<f64>) -> &[f64] {
        self.held_out_features.get_or_init(make)
    }
}
