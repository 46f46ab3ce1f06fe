//! The fitted normal distribution.

use std::sync::OnceLock;

use rand::RngExt;
use rand_distr::StandardNormal;

use super::super::cholesky;
use super::super::normal_rows::normal_rows;
use super::super::numeric::Layout;
use super::super::{
    Ask, Density, Model, Parameters, Refusal, SampleError, Sampling, StorageError, Transform, affine,
};
use crate::data::Samples;
use crate::rng::Streams;

/// The transforms that a normal distribution knows.
pub(super) const TRANSFORMS: &[Transform] = &[Transform::Temperature, Transform::CovarianceScale];

/// A fitted normal distribution.
#[derive(Clone)]
pub struct GaussianModel {
    mean: Vec<f64>,
    /// Row-major, `d × d`.
    covariance: Vec<f64>,
    /// The lower factor of the covariance, once it was asked for.
    factor: OnceLock<Vec<f64>>,
    layout: Layout,
}

impl GaussianModel {
    pub(in crate::models) fn new(mean: Vec<f64>, covariance: Vec<f64>, layout: Layout) -> Self {
        Self { mean, covariance, factor: OnceLock::new(), layout }
    }

    /// The dimension.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// The mean, `d` numbers.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The covariance, row-major, `d × d` numbers.
    pub fn covariance(&self) -> &[f64] {
        &self.covariance
    }

    /// The lower factor of the covariance, row-major.
    pub(super) fn factor(&self) -> &[f64] {
        self.factor.get_or_init(|| cholesky::semidefinite(&self.covariance, self.dim()))
    }

    pub(in crate::models) fn combined(models: &[(f64, &Self)]) -> Result<Self, Refusal> {
        let (_, first) = models[0];
        let mean = affine::line(models, |m| &m.mean)?;
        let covariance = affine::covariances(models, (first.dim(), 0.0), |m| &m.covariance)?;
        Ok(Self::new(mean, covariance, first.layout.clone()))
    }

    pub(super) fn load(from: &std::path::Path) -> Result<Box<dyn Model>, StorageError> {
        Err(StorageError::unsupported(from))
    }
}

/// The factor by which sampling multiplies the covariance: λ T.
pub(super) fn spread(how: &Sampling) -> Result<f64, Refusal> {
    how.check("gaussian", TRANSFORMS)?;
    Ok(how.covariance_scale * how.temperature)
}

impl Model for GaussianModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let root = spread(how)?.sqrt();
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("a Gaussian makes new rows only (`synthesis = \"sample\"`)").into());
        }
        let d = self.dim();
        let mut rng = streams.rng();
        let data = if d == 1 {
            let sd = self.covariance[0].sqrt() * root;
            (0..n).map(|_| self.mean[0] + sd * rng.sample::<f64, _>(StandardNormal)).collect()
        } else {
            normal_rows(&self.mean, self.factor(), root, n, &mut rng)
        };
        self.layout.table(d, data)
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::Gaussian { mean: &self.mean, covariance: &self.covariance }
    }

    fn size(&self) -> usize {
        let d = self.dim();
        d + d * (d + 1) / 2
    }
}

impl Density for GaussianModel {
    /// ln N(x; μ, Σ) of each row; refused where Σ is singular, since there is no density then.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        let d = self.dim();
        if rows.schema().numeric_width() != d {
            return Err(Refusal::new(format!(
                "the model has {d} dimensions and the rows have {}",
                rows.schema().numeric_width()
            )));
        }
        let root = [self.covariance[0].sqrt()];
        let factor = if d == 1 { root.as_slice() } else { self.factor() };
        let log_det = cholesky::log_determinant(factor, d).ok_or_else(|| {
            Refusal::degenerate("the fitted covariance is singular: the model has collapsed in some direction and has no density")
        })?;
        let constant = -0.5 * (d as f64 * std::f64::consts::TAU.ln() + log_det);
        let mut centred = vec![0.0; d];
        let likelihood = |row: &[f64]| {
            centred.iter_mut().zip(row).zip(&self.mean).for_each(|((c, x), m)| *c = x - m);
            cholesky::solve_lower(factor, &mut centred);
            constant - 0.5 * centred.iter().map(|c| c * c).sum::<f64>()
        };
        let values: Vec<f64> = rows.features().chunks_exact(d).map(likelihood).collect();
        if values.iter().all(|v| v.is_finite()) {
            Ok(values)
        } else {
            Err(Refusal::degenerate(
                "a log likelihood is below the least double: the model is all but collapsed",
            ))
        }
    }
}
