//! The classes of class-conditional models of rows: how often each occurs.

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::rng::Stream;

/// The share of each class among the training rows, by weight; none without a label.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Classes {
    /// Bits of each share.
    shares: Vec<u64>,
}

impl Classes {
    /// The weighted shares of `count` classes.
    pub(super) fn fit(labels: &[u32], weights: &[f64], count: usize) -> Self {
        let mut shares = vec![0.0; count];
        let total: f64 = weights.iter().sum();
        labels.iter().zip(weights).for_each(|(&y, w)| shares[y as usize] += w / total);
        Classes { shares: shares.iter().map(|s| s.to_bits()).collect() }
    }

    /// The shares Σ c_i θ_i; one below 0 counts as 0.
    pub(super) fn combined(models: &[(f64, &Self)]) -> Self {
        let count = models.first().map_or(0, |(_, m)| m.count());
        let at = |i: usize| models.iter().map(|(c, m)| c * f64::from_bits(m.shares[i])).sum::<f64>();
        Classes { shares: (0..count).map(|i| at(i).max(0.0).to_bits()).collect() }
    }

    /// The number of classes.
    pub(super) fn count(&self) -> usize {
        self.shares.len()
    }

    /// The share of a class; 1 without a label.
    pub(super) fn share(&self, class: u32) -> f64 {
        self.shares.get(class as usize).map_or(1.0, |s| f64::from_bits(*s))
    }

    /// Draws a class; `None` without a label.
    pub(super) fn draw(&self, rng: &mut Stream) -> Option<u32> {
        let (last, _) = self.shares.iter().enumerate().rfind(|(_, s)| f64::from_bits(**s) > 0.0)?;
        let mut left = rng.random::<f64>();
        let found = self.shares.iter().position(|s| {
            left -= f64::from_bits(*s);
            left < 0.0
        });
        Some(found.unwrap_or(last) as u32)
    }
}
