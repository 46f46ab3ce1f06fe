//! A normal distribution fitted by moments.
//!
//! Mean μ̂ = Σ w x / Σ w. Covariance Σ̂ = S / (Σ w − ddof · Σ w² / Σ w) with the scatter
//! S = Σ w (x − μ̂)(x − μ̂)ᵀ: for equal weights S/n (`ddof = 0`, the maximum likelihood estimate of
//! Shumailov 2024, Kazdan 2024, Dey and Donoho 2024) or S/(n − 1) (`ddof = 1`, unbiased:
//! Alemohammad 2023, He 2025). Only the weights' ratios matter.
//!
//! Sampling: μ + √(λT) L z with Σ = L Lᵀ. A temperature T raises the density to 1/T, which for a
//! normal distribution multiplies the covariance by T, exactly like the λ of Alemohammad et al.
//! (arXiv 2307.01850, section 3); both may be set. The factor L exists for singular Σ too, so
//! collapsed models and fits with fewer rows than dimensions go on sampling.
//!
//! Statistics path (exact in law, any n): the mean of n rows is N(μ, Σ/n), and their scatter is
//! Wishart(Σ, n − 1), drawn by Bartlett's decomposition (1933). `thin` is refused although the law
//! of one random subset given the moments is known: two subsets of the same rows share rows, which
//! moments alone do not reproduce.
//!
//! Cost: fit O(n d²) from rows, O(d³) from moments; a draw of moments O(d³), of n rows O(n d²).

mod draw;
mod model;
#[cfg(test)]
mod tests;

pub use model::GaussianModel;

use std::borrow::Cow;

use serde::Deserialize;

use super::numeric::{self, Layout};
use super::{Affine, BoxedFamily, Family, FitError, Model, Refusal, Start, StatisticsPath, affine};
use crate::data::{Body, Mix, Moments, Part, Samples, Schema, Statistics};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory::{self, Form};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "gaussian",
        summary: "A normal distribution of any dimension, fitted by moments",
        details: "Mean and covariance of the weighted rows; `ddof` chooses the divisor. Temperature T and \
                  `covariance_scale` λ both multiply the covariance that is sampled from. Runs from \
                  sufficient statistics alone: the mean of n rows is normal, their scatter Wishart.",
        source: "arXiv 2307.01850, section 3; doi:10.1038/s41586-024-07566-y; Bartlett 1933",
        parameters: Gaussian::PARAMETERS,
        version: 3,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Gaussian>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of a normal distribution.
    #[derive(Clone, Copy, Debug, serde::Serialize)]
    pub struct Gaussian {
        /// 0 divides by n (maximum likelihood), 1 by n − 1 (unbiased)
        pub ddof: u8 = u8::default() => "0", in within(0, 1);
        /// "full", or "diagonal" to fit variances only
        pub covariance: Covariance = Covariance::default() => "\"full\"";
    }
}

/// The shape of a fitted covariance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covariance {
    /// All entries.
    #[default]
    Full,
    /// Variances; covariances are 0.
    Diagonal,
}

impl Family for Gaussian {
    fn conditions(&self) -> theory::Family {
        let form = match self.covariance {
            Covariance::Full => Form::Gaussian,
            Covariance::Diagonal => Form::DiagonalGaussian,
        };
        theory::Family { ddof: u32::from(self.ddof), ..theory::Family::of(form) }
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        numeric::accepts(schema)
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        if let Some(rows) = mix.alike() {
            let m = of_table(&rows.map_err(|e| Refusal::new(e.to_string()))?)?;
            return self.estimate(&m, m.weight, 1.0, Layout::of(mix));
        }
        let mut parts = mix.parts.iter().filter(|p| !p.body.is_empty());
        let first = parts.next().ok_or(FitError::TooFewRows { needed: 1, found: 0 })?;
        let head = moments(first)?;
        let mut squares = sum_of_squared_weights(&head, first.weight);
        let Some(second) = parts.next() else {
            // One block: its weight cancels, so nothing needs to be copied.
            return self.estimate(&head, squares, 1.0 / first.weight, Layout::of(mix));
        };
        let mut all = Statistics::Moments(head.into_owned()).scaled(first.weight);
        for part in std::iter::once(second).chain(parts) {
            let more = moments(part)?;
            squares += sum_of_squared_weights(&more, part.weight);
            all.merge(&Statistics::Moments(more.into_owned()), part.weight)
                .ok_or_else(|| Refusal::new("the blocks of the training set differ in dimension"))?;
        }
        match &all {
            Statistics::Moments(m) => self.estimate(m, squares, 1.0, Layout::of(mix)),
            _ => Err(not_moments().into()),
        }
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Ok(self.combine(fits)?)
    }

    fn load(&self, from: &std::path::Path) -> Result<Box<dyn Model>, super::StorageError> {
        GaussianModel::load(from)
    }

    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        Some(self)
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }
}

impl Affine for Gaussian {
    /// Mean and covariance; negative eigenvalues of the covariance become 0.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        Ok(Box::new(GaussianModel::combined(&affine::of(models)?)?))
    }
}

impl Gaussian {
    /// The model of moments. `squares` is Σ w² with every weight multiplied by `1 / scale`.
    fn estimate(
        &self,
        m: &Moments,
        squares: f64,
        scale: f64,
        layout: Layout,
    ) -> Result<Box<dyn Model>, FitError> {
        let needed = 1 + usize::from(self.ddof);
        if (m.n as usize) < needed {
            return Err(FitError::TooFewRows { needed, found: m.n as usize });
        }
        if !(m.weight > 0.0 && squares > 0.0) {
            return Err(Refusal::degenerate("the training set's rows have no weight").into());
        }
        let divisor = m.weight - f64::from(self.ddof) * squares * scale * scale / m.weight;
        if divisor <= 0.0 {
            return Err(Refusal::too_few_rows("`ddof = 1` needs more than one row with weight").into());
        }
        let d = m.dim();
        let mut covariance: Vec<f64> = m.scatter.iter().map(|s| s / divisor).collect();
        if self.covariance == Covariance::Diagonal {
            for (i, c) in covariance.iter_mut().enumerate() {
                if i % (d + 1) != 0 {
                    *c = 0.0;
                }
            }
        }
        if !m.mean.iter().chain(&covariance).all(|v| v.is_finite()) {
            return Err(
                Refusal::diverged("the mean or the covariance of the training set is not finite").into()
            );
        }
        Ok(Box::new(GaussianModel::new(m.mean.clone(), covariance, layout)))
    }
}

/// The moments of a block; borrowed where the block holds them.
fn moments(part: &Part) -> Result<Cow<'_, Moments>, FitError> {
    match &part.body {
        Body::Statistics(Statistics::Moments(m)) => Ok(Cow::Borrowed(m)),
        Body::Statistics(_) => Err(not_moments().into()),
        Body::Rows(rows) => of_table(&rows.gather()).map(Cow::Owned),
    }
}

/// The moments of rows that weigh 1.
fn of_table(table: &Samples) -> Result<Moments, FitError> {
    numeric::accepts(table.schema())?;
    if let Some((row, column)) = table.first_non_finite() {
        return Err(FitError::NotFinite { column: column.into(), row });
    }
    let d = table.schema().numeric_width();
    Ok(match (table.schema().fields.as_slice(), table.column(0)) {
        ([_], crate::data::Column::F64 { data, .. }) => Moments::of_matrix(data, d),
        _ => Moments::of_matrix(&table.features(), d),
    })
}

/// Σ w² over a block's rows, each weighing `weight` times its share of the block's own weight.
fn sum_of_squared_weights(m: &Moments, weight: f64) -> f64 {
    let each = weight * m.weight;
    each * each / m.n as f64
}

fn not_moments() -> Refusal {
    Refusal::new("the family `gaussian` is fitted from rows or moments, not from counts")
}
