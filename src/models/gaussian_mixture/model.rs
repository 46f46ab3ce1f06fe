//! The fitted mixture.

use rand::RngExt;
use rand_distr::StandardNormal;

use super::super::numeric::Layout;
use super::super::{Ask, Density, Model, Parameters, Refusal, SampleError, Sampling, Transform, affine};
use super::em::{self, Components};
use crate::data::{NormalMixture, Samples};
use crate::rng::Streams;

/// A fitted mixture of normal distributions.
pub struct GaussianMixtureModel {
    components: Components,
    cumulative: Vec<f64>,
    layout: Layout,
}

impl GaussianMixtureModel {
    pub(super) fn new(components: Components, layout: Layout) -> Self {
        let mut reached = 0.0;
        let up_to = |w: &f64| {
            reached += w;
            reached
        };
        let cumulative = components.weights.iter().map(up_to).collect();
        Self { components, cumulative, layout }
    }

    /// The mixture at Σ c_i θ_i, component by component; eigenvalues of a covariance below `floor` become it.
    pub(super) fn combined(floor: f64, models: &[(f64, &dyn Model)]) -> Result<Self, Refusal> {
        let models = affine::of::<Self>(models)?;
        let of: Vec<_> = models.iter().map(|(c, m)| (*c, &m.components)).collect();
        Ok(Self::new(em::combined(floor, &of)?, models[0].1.layout.clone()))
    }

    pub(super) fn components(&self) -> &Components {
        &self.components
    }

    /// Weights, means and covariances.
    pub fn mixture(&self) -> NormalMixture<'_> {
        let Components { d, weights, means, covariances, .. } = &self.components;
        NormalMixture { dim: *d, weights, means, covariances }
    }
}

impl Model for GaussianMixtureModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("gaussian-mixture", &[Transform::CovarianceScale])?;
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("a mixture makes new rows only (`synthesis = \"sample\"`)").into());
        }
        let (d, root) = (self.components.d, how.covariance_scale.sqrt());
        let last = self.components.weights.iter().rposition(|w| *w > 0.0).unwrap_or(0);
        let mut rng = streams.rng();
        let mut z = vec![0.0; d];
        let mut data = Vec::with_capacity(n * d);
        for _ in 0..n {
            let u = rng.random::<f64>() * self.cumulative[last];
            let c = self.cumulative.partition_point(|up_to| *up_to <= u).min(last);
            z.iter_mut().for_each(|z| *z = rng.sample(StandardNormal));
            self.components.place(c, root, &z, &mut data);
        }
        self.layout.table(d, data)
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::Mixture(self.mixture())
    }

    fn size(&self) -> usize {
        self.components.size()
    }
}

impl Density for GaussianMixtureModel {
    /// ln p of each row, by a log-sum-exp over the components.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        let d = self.components.d;
        if rows.schema().numeric_width() != d {
            let found = rows.schema().numeric_width();
            return Err(Refusal::new(format!("the model has {d} dimensions and the rows have {found}")));
        }
        let (mut centred, mut logs) = (vec![0.0; d], vec![0.0; self.components.len()]);
        let log = |x: &[f64]| self.components.log_density(x, &mut centred, &mut logs);
        let values: Vec<f64> = rows.features().chunks_exact(d).map(log).collect();
        if values.iter().all(|v| v.is_finite()) {
            Ok(values)
        } else {
            Err(Refusal::degenerate(
                "a log likelihood is below the least double: the model is all but collapsed",
            ))
        }
    }
}
