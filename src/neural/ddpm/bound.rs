//! The variational bound on a row's likelihood.
//!
//! Kingma et al., arXiv:2107.00630, eq. 11–14, for the steps t_1 < … < t_K that sampling takes: −ln p(x) is at most
//! KL(q(z_K|x) ‖ N(0, I)) + Σ_k ½ (SNR(t_{k−1}) − SNR(t_k)) E|x − x̂(z_k)|² + E[−ln N(x; x̂(z_1), I/SNR(t_1))] with
//! SNR = ᾱ/(1 − ᾱ). The expectations are estimated with one draw each.

use rand::RngExt;
use rand_distr::StandardNormal;

use super::{DdpmModel, NAME, roots};
use crate::data::Samples;
use crate::models::{Density, Refusal};
use crate::rng::Streams;

impl Density for DdpmModel {
    fn log_likelihood(&self, rows: &Samples, streams: &Streams) -> Result<Vec<f64>, Refusal> {
        let plan = self.denoiser.plan();
        plan.log_likelihood(NAME, rows, |x, from, classes| self.bounds(x, from, classes, streams))
    }

    fn bound(&self) -> Option<&'static str> {
        Some("variational lower bound of ancestral sampling with `sampling_steps` steps")
    }
}

impl DdpmModel {
    /// The bounds of scaled rows, the first of which is row `from` of all; each row's noise is its own.
    fn bounds(&self, x: &[f32], from: usize, classes: Option<&[u32]>, streams: &Streams) -> Vec<f64> {
        let width = self.denoiser.plan().table.width();
        let n = x.len() / width;
        let mut rngs: Vec<_> = (from..from + n).map(|r| streams.at(r as u64).rng()).collect();
        let levels = self.params.levels();
        let steps = levels.subsequence(self.params.sampling_steps);
        let ratio = |signal: f64| signal / (1.0 - signal);
        let last = levels.signal(steps[0]);
        // KL of N(√ᾱ x, (1 − ᾱ) I) from N(0, I).
        let mut bounds: Vec<f64> = x
            .chunks_exact(width)
            .map(|row| {
                let square: f64 = row.iter().map(|v| f64::from(*v).powi(2)).sum();
                -0.5 * (last * square + width as f64 * ((1.0 - last) - 1.0 - (1.0 - last).ln()))
            })
            .collect();
        for (k, &t) in steps.iter().enumerate() {
            let (signal, spread) = roots(levels.signal(t));
            let mut z = x.to_vec();
            for (row, rng) in z.chunks_exact_mut(width).zip(&mut rngs) {
                row.iter_mut().for_each(|v| *v = signal * *v + spread * rng.sample::<f32, _>(StandardNormal));
            }
            let v = self.denoiser.predict(&z, levels.time(t), classes);
            let here = ratio(levels.signal(t));
            let before = steps.get(k + 1).map(|&s| ratio(levels.signal(s)));
            for (r, bound) in bounds.iter_mut().enumerate() {
                let at = r * width..(r + 1) * width;
                let off: f64 = at.map(|i| f64::from(signal * z[i] - spread * v[i] - x[i]).powi(2)).sum();
                *bound -= match before {
                    Some(before) => 0.5 * (before - here) * off,
                    None => 0.5 * (here * off + width as f64 * (std::f64::consts::TAU / here).ln()),
                };
            }
        }
        bounds
    }
}
