//! Probabilistic principal components: a normal distribution with a few directions of their own variance.
//!
//! x = μ + W z + ε with z ~ N(0, I_q) and ε ~ N(0, σ² I), so x ~ N(μ, W Wᵀ + σ² I). With the eigenvalues λ₁ ≥ … ≥ λ_d of the
//! training rows' covariance (divisor n) and their directions u_i, the maximum likelihood estimate has σ² = the mean of
//! λ_{q+1}, …, λ_d, and variance λ_i along u_i for i ≤ q (Tipping and Bishop 1999, equations 7 and 8). `components` is q;
//! "best" takes the q in 0, …, d − 1 whose fit gives rows that are held back the highest likelihood
//! ([`held_back`](super::held_back)): one eigendecomposition serves all q. A q that leaves σ² = 0 is not tried.
//!
//! What is fitted is a [`GaussianModel`] with that covariance. Cost: O(n d² + d³).

use std::any::Any;

use nalgebra::{DMatrix, DVector};

use super::gaussian::GaussianModel;
use super::held_back::{self, Choice};
use super::numeric::{self, Layout};
use super::{Affine, BoxedFamily, Family, FitError, Gaussian, Model, Refusal, Start, affine};
use crate::data::{Mix, Schema};
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "ppca",
        summary: "Probabilistic principal components: a normal distribution of few directions and even noise",
        details: "Variances of their own along the first q principal directions, one variance for all others: the simple \
                  model beside networks that learn images. `components = \"best\"` chooses q by the likelihood of every tenth \
                  training row, held back.",
        source: "Tipping and Bishop 1999, doi:10.1111/1467-9868.00196",
        parameters: Ppca::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Ppca>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of probabilistic principal components.
    #[derive(Clone, Copy, Debug)]
    pub struct Ppca {
        /// Directions with a variance of their own, fewer than columns; or "best"
        pub components: Choice = Choice::Best => "\"best\"";
    }
}

/// The directions of a training set, by falling variance.
struct Directions {
    mean: DVector<f64>,
    /// One column each.
    axes: DMatrix<f64>,
    variances: Vec<f64>,
    /// Variances up to here are 0 up to rounding.
    least: f64,
}

impl Directions {
    fn of(mix: &Mix, streams: &Streams) -> Result<Self, FitError> {
        let model = Gaussian::default().fit(mix, Start::Scratch, streams)?;
        let model: &dyn Any = &*model;
        let normal = model
            .downcast_ref::<GaussianModel>()
            .ok_or_else(|| Refusal::new("the moments of the training set are not those of a Gaussian"))?;
        let d = normal.dim();
        let eigen = DMatrix::from_row_slice(d, d, normal.covariance()).symmetric_eigen();
        let mut order: Vec<usize> = (0..d).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let variances: Vec<f64> = order.iter().map(|i| eigen.eigenvalues[*i].max(0.0)).collect();
        Ok(Self {
            mean: DVector::from_column_slice(normal.mean()),
            axes: eigen.eigenvectors.select_columns(&order),
            least: d as f64 * f64::EPSILON * variances.first().copied().unwrap_or(0.0),
            variances,
        })
    }

    /// σ², the mean variance of the directions from the q-th on; `None` where it is 0.
    fn noise(&self, q: usize) -> Option<f64> {
        let rest = self.variances.get(q..)?;
        let noise = rest.iter().sum::<f64>() / rest.len() as f64;
        (noise > self.least).then_some(noise)
    }

    /// The weighted mean log likelihood of rows, `d × n`, under the fit with q components, up to a constant.
    fn score(&self, q: usize, squares: &[f64]) -> f64 {
        let Some(noise) = self.noise(q) else { return f64::NAN };
        let each = self.variances.iter().zip(squares).enumerate();
        -0.5 * each
            .map(|(i, (variance, square))| {
                let variance = if i < q { *variance } else { noise };
                variance.ln() + square / variance
            })
            .sum::<f64>()
    }

    /// The weighted mean square of rows along each direction.
    fn squares(&self, rows: &numeric::Matrix) -> Vec<f64> {
        let centred = DMatrix::from_fn(rows.d, rows.len(), |j, i| rows.row(i)[j] - self.mean[j]);
        let along = self.axes.tr_mul(&centred);
        let total: f64 = rows.weights.iter().sum();
        let square =
            |j: usize| along.row(j).iter().zip(&rows.weights).map(|(x, w)| w * x * x).sum::<f64>() / total;
        (0..rows.d).map(square).collect()
    }

    /// W Wᵀ + σ² I, row-major.
    fn covariance(&self, q: usize) -> Vec<f64> {
        let noise = self.noise(q).unwrap_or(0.0);
        let mut scaled = self.axes.clone();
        for (i, mut column) in scaled.column_iter_mut().enumerate() {
            column *= if i < q { self.variances[i] } else { noise };
        }
        let full = scaled * self.axes.transpose();
        // Symmetric to the bit.
        ((&full + full.transpose()) * 0.5).as_slice().to_vec()
    }
}

impl Ppca {
    fn chosen(mix: &Mix, streams: &Streams) -> Result<usize, FitError> {
        let Some((kept, held)) = held_back::split(mix) else { return Ok(0) };
        let (directions, held) = (Directions::of(&kept, streams)?, numeric::Matrix::of(&held)?);
        let squares = directions.squares(&held);
        held_back::best(0..held.d, |q| Ok(directions.score(q, &squares)))
    }
}

impl Family for Ppca {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        numeric::accepts(schema)?;
        match self.components {
            Choice::Fixed(q) if q >= schema.numeric_width() => Err(Refusal::new(format!(
                "`components = {q}`, but the rows have {} columns; fewer components are needed",
                schema.numeric_width()
            ))),
            _ => Ok(()),
        }
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let q = match self.components {
            Choice::Fixed(q) => q,
            Choice::Best => Self::chosen(mix, streams)?,
        };
        let directions = Directions::of(mix, streams)?;
        let mean = directions.mean.as_slice().to_vec();
        Ok(Box::new(GaussianModel::new(mean, directions.covariance(q), Layout::of(mix))))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }
}

impl Affine for Ppca {
    /// As Gaussians: mean and covariance.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        Ok(Box::new(GaussianModel::combined(&affine::of(models)?)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::Rows;
    use crate::metrics::testing::{normals, numbers};

    fn covariance(components: Choice, rows: &[f64], d: usize) -> Vec<f64> {
        let mix = Mix::of_human(Rows::all(numbers(rows, d)));
        let model = Ppca { components }.fit(&mix, Start::Scratch, &Streams::new(0, 1)).unwrap();
        let model: &dyn Any = &*model;
        model.downcast_ref::<GaussianModel>().unwrap().covariance().to_vec()
    }

    #[test]
    fn the_estimate_is_that_of_tipping_and_bishop() {
        // Rows ±3 e₁, ±2 e₂, ±1 e₃: the covariance is diag(3, 4/3, 1/3), and q = 1 leaves σ² = (4/3 + 1/3)/2 = 5/6.
        let rows =
            [3.0, 0.0, 0.0, -3.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, -2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, -1.0];
        let found = covariance(Choice::Fixed(1), &rows, 3);
        let expected = [3.0, 0.0, 0.0, 0.0, 5.0 / 6.0, 0.0, 0.0, 0.0, 5.0 / 6.0];
        found.iter().zip(expected).for_each(|(f, e)| assert!((f - e).abs() < 1e-12, "{found:?}"));
        let even = covariance(Choice::Fixed(0), &rows, 3);
        let trace = (3.0 + 4.0 / 3.0 + 1.0 / 3.0) / 3.0;
        assert!((even[0] - trace).abs() < 1e-12 && (even[8] - trace).abs() < 1e-12 && even[1].abs() < 1e-12);
    }

    #[test]
    fn the_best_number_of_components_is_that_of_the_truth() {
        // Five columns, two hidden directions of variances 30 and 15 over noise of variance 1.
        let (z, noise) = (normals(600, 2, 3), normals(600, 5, 4));
        let loads = [[3.0, 0.0], [4.0, 0.0], [2.0, 1.0], [0.0, 3.0], [-1.0, 2.0]];
        let rows: Vec<f64> = (0..600)
            .flat_map(|i| (0..5).map(move |j| (i, j)))
            .map(|(i, j)| loads[j][0] * z[2 * i] + loads[j][1] * z[2 * i + 1] + noise[5 * i + j])
            .collect();
        assert_eq!(covariance(Choice::Best, &rows, 5), covariance(Choice::Fixed(2), &rows, 5));
    }
}
