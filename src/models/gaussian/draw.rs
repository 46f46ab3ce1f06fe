//! Drawing the moments of a sample without the sample.

use std::any::Any;

use rand::RngExt;
use rand_distr::StandardNormal;

use super::Gaussian;
use super::model::{GaussianModel, TRANSFORMS, spread};
use crate::data::{Body, Moments, Part, Rows, Statistics};
use crate::models::cholesky;
use crate::models::wishart::{bartlett, chi_squared};
use crate::models::{FitError, Model, Refusal, SampleError, Sampling, StatisticsPath};
use crate::rng::Stream;

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
        Ok(Statistics::Moments(if model.dim() == 1 {
            draw_scalar(model, n, scale, rng)
        } else {
            draw_matrix(model, n, scale, rng)
        }))
    }

    fn supports(&self, how: &Sampling) -> bool {
        how.only(TRANSFORMS)
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
    let mut la = vec![0.0; d * columns];
    for i in 0..d {
        for k in 0..=i {
            let factor = l[i * d + k];
            let upto = (k + 1).min(columns);
            let (row, source) =
                (&mut la[i * columns..i * columns + upto], &a[k * columns..k * columns + upto]);
            row.iter_mut().zip(source).for_each(|(x, a)| *x += factor * a);
        }
    }
    Moments { n: n as u64, weight: n as f64, mean, scatter: cholesky::gram(&la, d, columns) }
}
