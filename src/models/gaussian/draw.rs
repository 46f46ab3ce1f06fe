//! Drawing the moments of a sample without the sample.

use std::any::Any;

use rand::RngExt;
use rand_distr::StandardNormal;

use super::Gaussian;
use super::model::{GaussianModel, TRANSFORMS, spread};
use crate::data::{Body, Distribution, Moments, Part, Rows, Statistics, scatter};
use crate::models::cholesky::MANY;
use crate::models::numeric::Layout;
use crate::models::wishart::{bartlett, chi_squared};
use crate::models::{FitError, Model, Refusal, SampleError, Sampling, StatisticsPath};
use crate::rng::Stream;
use crate::simd::wide;

impl StatisticsPath for Gaussian {
    fn summarise(&self, rows: &Rows) -> Result<Statistics, FitError> {
        let part = Part::human(0, Body::Rows(rows.clone()));
        Ok(Statistics::Moments(super::moments(&part)?.into_owned()))
    }

    fn draw(
        &self,
        model: &dyn Model,
        n: usize,
        how: &Sampling,
        rng: &mut Stream,
    ) -> Result<Statistics, SampleError> {
        let scale = spread(how)?;
        let model: &dyn Any = model;
        let model = model
            .downcast_ref::<GaussianModel>()
            .ok_or_else(|| Refusal::new("only a Gaussian's moments can be drawn by the family `gaussian`"))?;
        Ok(Statistics::Moments(moments(model, n, scale, rng)))
    }

    fn people(&self, truth: &dyn Distribution, n: usize, rng: &mut Stream) -> Option<Statistics> {
        let components = truth.components().filter(|c| c.weights.len() == 1)?;
        let (mean, covariance) = (components.means.to_vec(), components.covariances.to_vec());
        let model = GaussianModel::new(mean, covariance, Layout::default());
        Some(Statistics::Moments(moments(&model, n, 1.0, rng)))
    }

    fn supports(&self, how: &Sampling) -> bool {
        how.only(TRANSFORMS)
    }
}

/// The moments of `n` rows with the model's covariance times `scale`.
fn moments(model: &GaussianModel, n: usize, scale: f64, rng: &mut Stream) -> Moments {
    match model.dim() {
        1 => draw_scalar(model, n, scale, rng),
        _ => draw_matrix(model, n, scale, rng),
    }
}

/// d = 1: the mean is N(μ, σ²/n) and the scatter σ² χ²(n − 1).
fn draw_scalar(model: &GaussianModel, n: usize, scale: f64, rng: &mut Stream) -> Moments {
    let variance = model.covariance()[0] * scale;
    let z: f64 = rng.sample(StandardNormal);
    let (mean, scatter) = match n {
        0 => (0.0, 0.0),
        _ => (model.mean()[0] + (variance / n as f64).sqrt() * z, variance * chi_squared(n as u64 - 1, rng)),
    };
    Moments { n: n as u64, weight: n as f64, mean: vec![mean], scatter: vec![scatter] }
}

/// Any d: the scatter is (L A)(L A)ᵀ with Bartlett's A.
fn draw_matrix(model: &GaussianModel, n: usize, scale: f64, rng: &mut Stream) -> Moments {
    let (d, l) = (model.dim(), model.factor());
    if n == 0 {
        return Moments { n: 0, weight: 0.0, mean: vec![0.0; d], scatter: vec![0.0; d * d] };
    }
    let root = scale.sqrt();
    let freedom = n - 1;
    let z: Vec<f64> = (0..d).map(|_| root * rng.sample::<f64, _>(StandardNormal)).collect();
    let mean = (0..d)
        .map(|i| {
            let dot: f64 = l[i * d..=i * d + i].iter().zip(&z).map(|(l, z)| l * z).sum();
            model.mean()[i] + dot / (n as f64).sqrt()
        })
        .collect();
    let columns = d.min(freedom);
    let a = bartlett(d, freedom, root, rng);
    let mut rows = vec![0.0; columns * d];
    if d < MANY {
        for (k, row) in rows.chunks_exact_mut(d).enumerate() {
            for i in k..d {
                row[i] = (k..=i).map(|m| l[i * d + m] * a[m * columns + k]).sum();
            }
        }
    } else {
        add_columns(l, &a, d, &mut rows);
    }
    Moments { n: n as u64, weight: n as f64, mean, scatter: scatter(&rows, d, None, None) }
}

/// Adds (L A)ᵀ to `rows`: row k gathers the columns of L from the k-th on.
fn add_columns(l: &[f64], a: &[f64], d: usize, rows: &mut [f64]) {
    let columns = rows.len() / d;
    let mut lower = vec![0.0; d * d];
    (0..d).for_each(|i| (0..=i).for_each(|m| lower[m * d + i] = l[i * d + m]));
    wide(
        #[inline(always)]
        || {
            for (k, row) in rows.chunks_exact_mut(d).enumerate() {
                for m in k..d {
                    let factor = a[m * columns + k];
                    for (x, l) in row[m..].iter_mut().zip(&lower[m * d + m..(m + 1) * d]) {
                        *x += factor * l;
                    }
                }
            }
        },
    );
}
