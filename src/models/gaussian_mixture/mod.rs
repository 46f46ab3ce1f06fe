//! A mixture of normal distributions, fitted by expectation–maximisation.
//!
//! p(x) = Σ_k π_k N(x; μ_k, Σ_k). The E step gives row i the responsibilities
//! r_ik = w_i π_k N(x_i; μ_k, Σ_k) / p(x_i) (w_i is the row's weight), the M step
//! π_k = Σ_i r_ik / Σ_i w_i, μ_k = Σ_i r_ik x_i / Σ_i r_ik and
//! Σ_k = Σ_i r_ik (x_i − μ_k)(x_i − μ_k)ᵀ / Σ_i r_ik + f I, with the covariance floor f (Dempster,
//! Laird and Rubin 1977). It ends once the mean log likelihood changes by less than `tolerance`. The
//! first responsibilities are those of k-means from a greedy k-means++ start (Arthur and
//! Vassilvitskii 2007); with `start = "warm"` or `"base"` they come from an earlier model. These are
//! scikit-learn's steps, and tests hold them to its numbers.
//!
//! The floor is added to every variance, so it bounds how far a component can collapse: below a
//! spread of √f the loop feels the floor and not the data. A component without rows keeps its place
//! with weight 0 and is never drawn from.
//!
//! Sampling draws a component, then N(μ_k, λ Σ_k) (λ: `covariance_scale`, as in Alemohammad et al.,
//! arXiv 2307.01850). A tempered mixture is no mixture of tempered components, so temperature is
//! refused. There are no sufficient statistics: the family runs on rows.
//!
//! Cost: an iteration O(n k d²) (diagonal and spherical: O(n k d)); a row O(log k + d²).

mod em;
mod model;
mod start;
mod symmetric;
#[cfg(test)]
mod tests;

pub use model::GaussianMixtureModel;
pub(crate) use start::clusters;
pub use symmetric::SYMMETRIC;

use std::any::Any;

use serde::Deserialize;

use super::numeric::{self, Layout, Matrix};
use super::{Affine, BoxedFamily, Family, FitError, Model, Refusal, Start};
use crate::data::{Mix, Schema};
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "gaussian-mixture",
        summary: "A mixture of k normal distributions, fitted by EM from a k-means++ start",
        details: "π_k, μ_k and Σ_k by expectation–maximisation over weighted rows; the start is k-means from \
                  k-means++ centres, or the last model with `start = \"warm\"`. `covariance_floor` is added to \
                  every variance and bounds the collapse of a component. The density is exact. `covariance_scale` λ \
                  multiplies every Σ_k that is sampled from; temperature is refused.",
        source: "Dempster, Laird and Rubin 1977; Arthur and Vassilvitskii 2007; doi:10.1038/s41586-024-07566-y",
        parameters: GaussianMixture::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<GaussianMixture>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of a mixture of normal distributions.
    #[derive(Clone, Copy, Debug, serde::Serialize)]
    pub struct GaussianMixture {
        /// k
        pub components: usize = 2, in at_least(1);
        /// "full", "diagonal", or "spherical": one variance per component
        pub covariance: Shape = Shape::Full => "\"full\"";
        /// EM ends when the mean log likelihood changes by less, in nats
        pub tolerance: f64 = 1e-3 => "0.001", in at_least(0);
        /// EM ends after so many steps
        pub max_iterations: usize = 100, in at_least(1);
        /// Added to every variance, in squared units of the rows
        pub covariance_floor: f64 = 1e-6 => "0.000001", in above(0);
    }
}

/// The shape of a component's covariance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// All entries.
    #[default]
    Full,
    /// Variances; covariances are 0.
    Diagonal,
    /// One variance in all directions.
    Spherical,
}

impl Family for GaussianMixture {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        numeric::accepts(schema)
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let rows = Matrix::of(mix)?;
        if rows.len() < self.components {
            return Err(FitError::TooFewRows { needed: self.components, found: rows.len() });
        }
        let earlier = match start {
            Start::Scratch => None,
            Start::Warm(model) | Start::Base(model) => {
                let model: &dyn Any = model;
                let model = model.downcast_ref::<GaussianMixtureModel>();
                Some(model.ok_or_else(|| Refusal::new("EM can start from a Gaussian mixture only"))?)
            }
        };
        let components = match earlier {
            Some(model) => em::from_components(self, &rows, model.components())?,
            None => em::from_clusters(self, &rows, &start::clusters(&rows, self.components, streams))?,
        };
        Ok(Box::new(GaussianMixtureModel::new(components, Layout::of(mix))))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }

    fn takes_a_start(&self) -> bool {
        true
    }

    fn seeds_per_cell(&self) -> u64 {
        10
    }
}

impl Affine for GaussianMixture {
    /// Weights, means and covariances, component by component in the models' order: a fit that starts from a model keeps
    /// it. Eigenvalues of a covariance end at the floor.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        Ok(Box::new(GaussianMixtureModel::combined(self.covariance_floor, models)?))
    }
}
