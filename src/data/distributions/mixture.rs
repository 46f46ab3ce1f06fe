//! A mixture of normal distributions: what the named mixtures share.
//!
//! Weights, means and covariances are known ([`NormalMixture`]).
//! The component of a row is drawn by the alias method, then the row from the component.

use std::sync::Arc;

use rand_distr::Distribution as _;
use rand_distr::weighted::WeightedAliasIndex;

use super::gaussian::Gaussian;
use super::table;
use crate::data::parameters::ParameterError;
use crate::data::{Distribution, NormalMixture, Samples, Schema};
use crate::rng::Stream;

/// A mixture with known weights and components.
pub(super) struct Mixture {
    components: Vec<Gaussian>,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
    log_weights: Vec<f64>,
    which: WeightedAliasIndex<f64>,
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Mixture {
    /// Components of the same dimension, at least one, with weights that are normalised. Errors
    /// are about `weights`.
    pub(super) fn new(components: Vec<Gaussian>, weights: &[f64]) -> Result<Self, ParameterError> {
        let total: f64 = weights.iter().sum();
        let refuse =
            |why: &str| Err(ParameterError::new("weights", why, "give positive numbers, one a component"));
        if components.is_empty() || weights.len() != components.len() {
            return refuse("there is not one weight for each component");
        }
        if !total.is_finite() || weights.iter().any(|w| !(w.is_finite() && *w > 0.0)) {
            return refuse("not all weights are positive");
        }
        let weights: Vec<f64> = weights.iter().map(|w| w / total).collect();
        let Ok(which) = WeightedAliasIndex::new(weights.clone()) else {
            return refuse("the weights can't be drawn from");
        };
        let means: Vec<f64> = components.iter().flat_map(|c| c.mean_vector().iter().copied()).collect();
        let covariances: Vec<f64> =
            components.iter().flat_map(|c| c.covariance_matrix().iter().copied()).collect();
        let all = NormalMixture {
            dim: components[0].dim(),
            weights: &weights,
            means: &means,
            covariances: &covariances,
        };
        let (mean, covariance) = all.moments();
        let log_weights = weights.iter().map(|w| w.ln()).collect();
        Ok(Self { components, weights, means, covariances, log_weights, which, mean, covariance })
    }
}

impl Distribution for Mixture {
    fn schema(&self) -> &Arc<Schema> {
        self.components[0].schema()
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let d = self.mean.len();
        let mut data = Vec::with_capacity(n * d);
        for _ in 0..n {
            let k = self.which.sample(rng);
            self.components[k].push(rng, &mut data);
        }
        table(self.schema(), d, data)
    }

    fn mean(&self) -> Option<&[f64]> {
        Some(&self.mean)
    }

    fn covariance(&self) -> Option<&[f64]> {
        Some(&self.covariance)
    }

    fn components(&self) -> Option<NormalMixture<'_>> {
        Some(NormalMixture {
            dim: self.mean.len(),
            weights: &self.weights,
            means: &self.means,
            covariances: &self.covariances,
        })
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        let d = self.mean.len();
        if rows.schema().numeric_width() != d {
            return None;
        }
        let log = |row: &[f64]| {
            let parts =
                || self.components.iter().zip(&self.log_weights).map(|(c, w)| w + c.log_density_of(row));
            // Log-sum-exp, so that far components don't underflow the sum.
            let top = parts().fold(f64::NEG_INFINITY, f64::max);
            top + parts().map(|p| (p - top).exp()).sum::<f64>().ln()
        };
        Some(rows.features().chunks_exact(d).map(log).collect())
    }
}
