//! Rows of a fitted auto-encoder.

use rand::RngExt;
use rand_distr::StandardNormal;

use super::{Output, VaeModel, net};
use crate::data::Samples;
use crate::models::{Refusal, SampleError};
use crate::neural::kernels::simd::sigmoid;
use crate::neural::kernels::variational::Reconstruction;
use crate::rng::{Stream, Streams};

impl VaeModel {
    /// Each row has its own stream, so a longer draw starts with a shorter one.
    pub(super) fn draw(&self, n: usize, deviation: f32, streams: &Streams) -> Result<Samples, SampleError> {
        let mut out = self.table.writer(n, true);
        let mut decoded = Vec::new();
        for from in (0..n).step_by(256) {
            let rows = 256.min(n - from);
            let mut rngs: Vec<_> = (from..from + rows).map(|r| streams.at(r as u64).rng()).collect();
            let mut z = Vec::with_capacity(rows * self.params.latent);
            for rng in &mut rngs {
                z.extend(net::normals(rng, self.params.latent).map(|e| e * deviation));
            }
            self.net.decode(&z, &mut decoded);
            for (row, rng) in decoded.chunks_exact_mut(self.table.width()).zip(&mut rngs) {
                if row.iter().any(|v| !v.is_finite()) {
                    return Err(SampleError::NotFinite);
                }
                self.reveal(row, rng);
                out.push(row, None);
            }
        }
        out.finish().map_err(|e| SampleError::Refused(Refusal::new(e.to_string())))
    }

    /// Turns a decoded row (logits or means) into the features of a sampled one.
    fn reveal(&self, row: &mut [f32], rng: &mut Stream) {
        for part in self.table.parts() {
            if part.is_codes() {
                let cells = &mut row[part.at];
                let level = self.category(cells, rng);
                cells.iter_mut().enumerate().for_each(|(i, v)| *v = f32::from(u8::from(i == level)));
                continue;
            }
            for i in part.at {
                let v = &mut row[i];
                *v = match (&self.reconstruction, self.params.output) {
                    (Reconstruction::Bernoulli, Output::Mean) => sigmoid(*v),
                    (Reconstruction::Bernoulli, Output::Sample) => {
                        f32::from(u8::from(rng.random::<f32>() < sigmoid(*v)))
                    }
                    (Reconstruction::Gaussian(_), Output::Mean) => *v,
                    (Reconstruction::Gaussian(variances), Output::Sample) => {
                        *v + variances[i].sqrt() * rng.sample::<f32, _>(StandardNormal)
                    }
                };
            }
        }
    }

    /// Draws a level in proportion to its decoded probability.
    fn category(&self, cells: &[f32], rng: &mut Stream) -> usize {
        let weight = |&v: &f32| match self.reconstruction {
            Reconstruction::Bernoulli => f64::from(sigmoid(v)),
            Reconstruction::Gaussian(_) => f64::from(v.max(1e-6)),
        };
        let total: f64 = cells.iter().map(weight).sum();
        let mut left = rng.random::<f64>() * total;
        for (level, v) in cells.iter().enumerate() {
            left -= weight(v);
            if left < 0.0 {
                return level;
            }
        }
        cells.len().saturating_sub(1)
    }

    /// ln of the density of a scaled row → ln of the density of a row, the Gaussian's
    /// ½ Σ ln 2πv included; 0 under Bernoulli, which is no density.
    pub(super) fn constant(&self) -> f64 {
        let Reconstruction::Gaussian(variances) = &self.reconstruction else { return 0.0 };
        let of = |(i, v): (usize, &f32)| {
            f64::from(self.table.scale(i).1).ln() + 0.5 * (2.0 * std::f64::consts::PI * f64::from(*v)).ln()
        };
        -variances.iter().enumerate().map(of).sum::<f64>()
    }
}
