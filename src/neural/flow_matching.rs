//! Flow matching with conditional optimal-transport paths: a velocity field that carries noise to rows.
//!
//! Lipman et al., arXiv:2210.02747 (eq. 20–23 with σ_min = 0; the straight paths of rectified flow, Liu et al.,
//! arXiv:2209.03003): for noise e, a row x and t uniform in \[0, 1\], x_t = (1 − t)·e + t·x, and the network
//! (the `denoiser` of all such [families](super::transport)) learns v(x_t, t) = E\[x − e | x_t\] by least squares. A row is made by following
//! dx/dt = v(x, t) from noise at t = 0 to t = 1 in `solver_steps` steps of Euler's or Heun's rule.
//!
//! Numbers are scaled to mean 0 and deviation 1, those of a column with a stated range by one factor, and are not cut
//! to the range: cutting takes variance at every generation. Codes are one-hot features, the largest of which is the level; a label is a class that
//! the field is conditional on. Cost of a step: about 6·batch·parameters operations; of a row: 2·parameters a step of
//! Euler's rule, twice that of Heun's.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::denoiser::Corrupt;
use super::size::{Presets, SIZE};
use super::transport::{Predict, ProbabilityPath, Transport, TransportParams};
use crate::models::BoxedFamily;
use crate::registry::{About, BuildContext, Entry};
use crate::rng::Stream;
use crate::spec::{Error, Node, joined};

/// How the velocity is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Solver {
    /// One velocity a step.
    Euler,
    /// The mean of the velocities at both ends of an Euler step.
    #[default]
    Heun,
}

crate::parameters! {
    /// Parameters of the family.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct FlowMatchingParams {
        /// units of every hidden layer
        pub hidden: usize = 192, in at_least(1);
        /// optimiser steps, with effort = "steps"
        pub steps: usize = 2500;
        /// "heun" (two velocities a step) or "euler" (one)
        pub solver: Solver = Solver::Heun => "\"heun\"";
        /// steps from noise to a row
        pub solver_steps: usize = 10, in at_least(1);
    }
    include {
        /// What such families have in common.
        #[serde(flatten)]
        pub common: TransportParams = TransportParams::default();
    }
}

/// x_t = (1 − t)·e + t·x; what is predicted is x − e.
struct StraightPath;

impl Corrupt for StraightPath {
    fn corrupt(&self, row: &[f32], t: f32, noise: &[f32], to: &mut [f32], target: &mut [f32]) -> f32 {
        for (((x, e), to), target) in row.iter().zip(noise).zip(to).zip(target) {
            *to = (1.0 - t) * e + t * x;
            *target = x - e;
        }
        t
    }
}

impl ProbabilityPath for FlowMatchingParams {
    const NAME: &'static str = NAME;

    fn hidden_and_steps(&self) -> [usize; 2] {
        [self.hidden, self.steps]
    }

    fn common(&self) -> &TransportParams {
        &self.common
    }

    fn corruption(&self) -> Box<dyn Corrupt> {
        Box::new(StraightPath)
    }

    /// Follows the velocity from t = 0 to t = 1.
    fn solve(&self, x: &mut [f32], _: &mut [Stream], _: f32, velocity: Predict<'_>) {
        let dt = 1.0 / self.solver_steps as f32;
        for k in 0..self.solver_steps {
            let t = k as f32 * dt;
            let v = velocity(x, t);
            if self.solver == Solver::Euler {
                x.iter_mut().zip(&v).for_each(|(x, v)| *x += dt * v);
                continue;
            }
            let ahead: Vec<f32> = x.iter().zip(&v).map(|(x, v)| x + dt * v).collect();
            let w = velocity(&ahead, (t + dt).min(1.0));
            x.iter_mut().zip(v.iter().zip(&w)).for_each(|(x, (v, w))| *x += 0.5 * dt * (v + w));
        }
    }
}

/// The family.
pub type FlowMatching = Transport<FlowMatchingParams>;

const NAME: &str = "flow-matching";

/// What `size` sets.
pub const PRESETS: Presets = Presets {
    tables: ["", "hidden = 256\nsteps = 5000", "hidden = 256\nsteps = 9000\nweight_decay = 0.1"],
    narrow: [
        "hidden = 64\nbatch = 256\nlearning_rate = 0.01\nschedule = \"wsd\"\nsteps = 2500\nsolver_steps = 20",
        "hidden = 64\nbatch = 256\nlearning_rate = 0.01\nschedule = \"wsd\"\nsteps = 6000\nsolver_steps = 20",
        "hidden = 64\nbatch = 256\nlearning_rate = 0.01\nschedule = \"wsd\"\nsteps = 15000\nsolver_steps = 20\nweight_decay = 0",
    ],
    measured: [
        "digits8x8, 800 rows: 138,000 parameters, 1.1 s, precision .93, recall .90, coverage .88; eight-gaussians: 13,000, 0.6 s, .979 of the points within 4 deviations of a mode",
        "digits8x8, 800 rows: 233,000 parameters, 3.8 s, precision .97, recall .86, coverage .95; eight-gaussians: 13,000, 1.5 s, .989",
        "digits8x8, 800 rows: 233,000 parameters, 7.1 s, precision .97, recall .85, coverage .97; eight-gaussians: 13,000, 3.5 s, .991",
    ],
};

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: NAME,
    summary: "Flow matching: a velocity field that carries noise to rows along straight paths",
    details: "For noise e, a row x and a time t uniform in [0, 1], a residual perceptron with GELU learns the velocity \
              E[x − e | (1 − t) e + t x] by least squares with AdamW; rows are made by following it from noise at t = 0 \
              to t = 1. Numbers are scaled to mean 0 \
              and deviation 1, those of a column with a stated range by one factor; codes are \
              one-hot, and the largest feature is the level. Samples are not cut to the range unless `clip_samples` \
              says so: cutting takes variance at every generation.\n\n\
              Beside a label the field is conditional on it, and labels have the weighted shares of the training rows. \
              `sampling.guidance` w makes the velocity v(class) + w (v(class) − v(no class)); \
              `sampling.covariance_scale` multiplies the variance of the noise. No likelihood is offered.",
    source: "Lipman et al., arXiv:2210.02747, eq. 20–23; guidance: Ho & Salimans, arXiv:2207.12598",
    parameters: &joined::<{ 1 + FlowMatchingParams::PARAMETERS.len() }>(&[
        &[SIZE],
        FlowMatchingParams::PARAMETERS,
    ]),
    version: 1,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, for the context's device.
pub fn build(node: &Node, context: &BuildContext) -> Result<BoxedFamily, Error> {
    Ok(Box::new(FlowMatching { params: PRESETS.read(node)?, device: context.device }))
}
