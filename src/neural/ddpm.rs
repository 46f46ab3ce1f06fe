//! Denoising diffusion: a network that takes the noise out of rows, step by step.
//!
//! Ho, Jain & Abbeel, arXiv:2006.11239: z_t = √ᾱ_t·x + √(1 − ᾱ_t)·e for t in 1 … `timesteps`, with the schedule ᾱ of
//! `noise`. The network (`denoiser`) predicts v = √ᾱ_t·e − √(1 − ᾱ_t)·x (Salimans & Ho, arXiv:2202.00512), which is
//! well defined where ᾱ_t is nearly 0; predicting e fails there. Rows are made by `sampling_steps` steps of DDIM
//! (Song, Meng & Ermon, arXiv:2010.02502, eq. 12 and 16): η = 0 adds no noise on the way, η = 1 is ancestral sampling.
//!
//! Numbers are scaled to mean 0 and deviation 1, those of a column with a stated range by one factor, and are not cut
//! to the range; codes are one-hot features, the largest of which is the level; a label is a class that the network is
//! conditional on.
//!
//! Likelihoods are lower bounds: the variational bound of the same network's ancestral sampler with `sampling_steps`
//! steps, one draw of the noise a step (`bound`). Not offered for rows with codes among the features.

mod bound;
mod noise;
#[cfg(test)]
mod tests;

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::denoiser::Corrupt;
use super::size::{Presets, SIZE};
use super::transport::{Predict, ProbabilityPath, Transport, TransportModel, TransportParams};
use crate::models::{BoxedFamily, Density, Refusal};
use crate::registry::{About, BuildContext, Entry};
use crate::rng::Stream;
use crate::spec::{Error, Node, joined};
use noise::Levels;
pub use noise::NoiseSchedule;

crate::parameters! {
    /// Parameters of the family.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct DdpmParams {
        /// units of every hidden layer
        pub hidden: usize = 256, in at_least(1);
        /// optimiser steps, with effort = "steps"
        pub steps: usize = 3000;
        /// "cosine" or "linear" (β from 0.0001 to 0.02 over 1000 steps)
        pub noise_schedule: NoiseSchedule = NoiseSchedule::Cosine => "\"cosine\"";
        /// steps of the noising process
        pub timesteps: usize = 1000, in at_least(1);
        /// steps from noise to a row, at most `timesteps`
        pub sampling_steps: usize = 50, in at_least(1);
        /// noise of a sampling step: 0 is none, 1 that of ancestral sampling
        pub eta: f64 = 0.0, in within(0, 1);
    }
    include {
        /// What such families have in common.
        #[serde(flatten)]
        pub common: TransportParams = TransportParams::default();
    }
}

/// √ᾱ and √(1 − ᾱ).
fn roots(signal: f64) -> (f32, f32) {
    (signal.sqrt() as f32, (1.0 - signal).max(0.0).sqrt() as f32)
}

impl Corrupt for Levels {
    fn corrupt(&self, row: &[f32], place: f32, noise: &[f32], to: &mut [f32], target: &mut [f32]) -> f32 {
        let t = 1 + (f64::from(place) * self.len() as f64) as usize;
        let (signal, spread) = roots(self.signal(t));
        for (((x, e), to), target) in row.iter().zip(noise).zip(to).zip(target) {
            *to = signal * x + spread * e;
            *target = signal * e - spread * x;
        }
        self.time(t)
    }
}

impl DdpmParams {
    fn levels(&self) -> Levels {
        Levels::new(self.noise_schedule, self.timesteps)
    }
}

impl ProbabilityPath for DdpmParams {
    const NAME: &'static str = NAME;

    fn hidden_and_steps(&self) -> [usize; 2] {
        [self.hidden, self.steps]
    }

    fn common(&self) -> &TransportParams {
        &self.common
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.sampling_steps <= self.timesteps {
            return Ok(());
        }
        Err(Refusal::new("ddpm: sampling_steps must be at most timesteps"))
    }

    fn corruption(&self) -> Box<dyn Corrupt> {
        Box::new(self.levels())
    }

    /// DDIM from pure noise to rows.
    fn solve(&self, x: &mut [f32], rngs: &mut [Stream], deviation: f32, v: Predict<'_>) {
        let levels = self.levels();
        let width = x.len() / rngs.len().max(1);
        let steps = levels.subsequence(self.sampling_steps);
        for (k, &t) in steps.iter().enumerate() {
            let s = steps.get(k + 1).copied().unwrap_or(0);
            let (at, to) = (levels.signal(t), levels.signal(s));
            let predicted = v(x, levels.time(t));
            let ((signal, noise), (signal_to, noise_to)) = (roots(at), roots(to));
            // eq. 16, σ² = η² (1 − ᾱ_s)/(1 − ᾱ_t) · (1 − ᾱ_t/ᾱ_s).
            let variance = self.eta * self.eta * (1.0 - to) / (1.0 - at) * (1.0 - at / to);
            let spread = variance.max(0.0).sqrt() as f32;
            let straight = (f64::from(noise_to).powi(2) - variance).max(0.0).sqrt() as f32;
            for (x, v) in x.iter_mut().zip(&predicted) {
                let clean = signal * *x - noise * v;
                let e = noise * *x + signal * v;
                *x = signal_to * clean + straight * e;
            }
            if spread > 0.0 {
                for (row, rng) in x.chunks_exact_mut(width.max(1)).zip(rngs.iter_mut()) {
                    for x in row {
                        *x += spread * deviation * rng.sample::<f32, _>(StandardNormal);
                    }
                }
            }
        }
    }

    fn density(model: &TransportModel<Self>) -> Option<&dyn Density> {
        model.denoiser.plan().is_numeric().then_some(model)
    }
}

/// The family.
pub type Ddpm = Transport<DdpmParams>;

/// A fitted diffusion model.
pub type DdpmModel = TransportModel<DdpmParams>;

const NAME: &str = "ddpm";

/// What `size` sets.
pub const PRESETS: Presets = Presets {
    tables: ["", "steps = 6000", "steps = 12000"],
    narrow: [
        "hidden = 64\nbatch = 256\nlearning_rate = 0.01\nschedule = \"wsd\"\nsteps = 2500\nsampling_steps = 100",
        "hidden = 64\nbatch = 256\nlearning_rate = 0.01\nschedule = \"wsd\"\nsteps = 6000\nsampling_steps = 100",
        "hidden = 64\nbatch = 256\nlearning_rate = 0.01\nschedule = \"wsd\"\nsteps = 15000\nsampling_steps = 100",
    ],
    measured: [
        "digits8x8, 800 rows: 233,000 parameters, 2.5 s, precision .93, recall .87, coverage .87; eight-gaussians: 13,000, 0.7 s, .972 of the points within 4 deviations of a mode",
        "digits8x8, 800 rows: 233,000 parameters, 4.6 s, precision .96, recall .86, coverage .93; eight-gaussians: 13,000, 1.5 s, .986",
        "digits8x8, 800 rows: 233,000 parameters, 9.1 s, precision .98, recall .84, coverage .95; eight-gaussians: 13,000, 3.6 s, .992",
    ],
};

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: NAME,
    summary: "Denoising diffusion: a network that takes the noise out of rows, step by step (DDIM)",
    details: "z_t = √ᾱ_t x + √(1 − ᾱ_t) e for t in 1 … `timesteps`; ᾱ falls along a squared cosine or from linear rates \
              β. A residual perceptron with GELU predicts v = √ᾱ_t e − √(1 − ᾱ_t) x by least squares with AdamW. Rows \
              are made by `sampling_steps` steps of DDIM from pure noise. Numbers are scaled to mean 0 \
              and deviation 1, those of a column with a stated range by one factor; codes are one-hot, and the largest feature is the level. Samples are \
              not cut to the range unless `clip_samples` says so: cutting takes variance at every generation.\n\n\
              Beside a label the network is conditional on it, and labels have the weighted shares of the training \
              rows. `sampling.guidance` w predicts v(class) + w (v(class) − v(no class)); \
              `sampling.covariance_scale` multiplies the variance of all noise that sampling draws. Likelihoods are \
              the variational lower bound of ancestral sampling with as many steps, in nats, without codes among the \
              features; it is loose, by 0.8 nats a number for a normal at 100 steps of the cosine.",
    source: "Ho, Jain & Abbeel, arXiv:2006.11239; v: Salimans & Ho, arXiv:2202.00512; cosine: Nichol & Dhariwal, \
             arXiv:2102.09672, eq. 17; DDIM: Song, Meng & Ermon, arXiv:2010.02502, eq. 12 and 16; guidance: Ho & \
             Salimans, arXiv:2207.12598; bound: Kingma et al., arXiv:2107.00630, eq. 11–14",
    parameters: &joined::<{ 1 + DdpmParams::PARAMETERS.len() }>(&[&[SIZE], DdpmParams::PARAMETERS]),
    version: 1,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, for the context's device.
pub fn build(node: &Node, context: &BuildContext) -> Result<BoxedFamily, Error> {
    Ok(Box::new(Ddpm { params: PRESETS.read(node)?, device: context.device }))
}
