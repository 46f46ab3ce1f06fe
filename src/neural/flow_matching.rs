//! Flow matching with conditional optimal-transport paths: a velocity field that carries noise to rows.
//!
//! Lipman et al., arXiv:2210.02747 (eq. 20–23 with σ_min = 0; the straight paths of rectified flow, Liu et al.,
//! arXiv:2209.03003): for noise e, a row x and t uniform in \[0, 1\], x_t = (1 − t)·e + t·x, and the network
//! (`denoiser`) learns v(x_t, t) = E\[x − e | x_t\] by least squares. A row is made by following
//! dx/dt = v(x, t) from noise at t = 0 to t = 1 in `solver_steps` steps of Euler's or Heun's rule.
//!
//! Numbers are scaled to mean 0 and deviation 1, those of a column with a stated range by one factor, and are not cut
//! to the range: cutting takes
//! variance at every generation. Codes are one-hot features, the largest of which is the level; a label is a class that
//! the field is conditional on. Cost of a step: about 6·batch·parameters operations; of a row: 2·parameters a step of
//! Euler's rule, twice that of Heun's.

#[cfg(test)]
mod tests;

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::denoiser::{self, Corrupt, Denoiser, Plan, Recipe, Shape};
use super::device::DeviceName;
use super::init::Weights;
use super::kernels::adam::Rule;
use super::size::{ByWidth, Presets, SIZE};
use super::table;
use super::train::{Course, Effort, Schedule, steps, warm};
use super::{EFFORT, PATIENCE, parameter};
use crate::data::{Mix, Samples, Schema};
use crate::models::{
    Affine, Ask, BoxedFamily, Family, FitError, Model, Refusal, SampleError, Sampling, Start, StorageError,
    affine,
};
use crate::registry::{About, BuildContext, Entry};
use crate::rng::Streams;
use crate::spec::{Error, Node};

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

/// Parameters of the family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlowMatchingParams {
    /// Units of every hidden layer, ≥ 1. Default 192.
    pub hidden: usize,
    /// Residual layers, ≥ 0. Default 3.
    pub layers: usize,
    /// Adam's learning rate at the start, > 0. Default 0.005.
    pub learning_rate: f64,
    /// `"cosine"` (default), `"wsd"` or `"constant"`.
    pub schedule: Course,
    /// AdamW's decoupled decay of all weights, ≥ 0. Default 0.
    pub weight_decay: f64,
    /// Rows a step, ≥ 1. Default 64.
    pub batch: usize,
    /// `"steps"` (default) or `"epochs"`.
    pub effort: Effort,
    /// Passes over the training set, with `effort = "epochs"`. Default 200.
    pub epochs: usize,
    /// Optimiser steps, with `effort = "steps"`. Default 2500.
    pub steps: usize,
    /// Scores without improvement after which training ends, see [`Schedule::patience`]. Default 0: none.
    pub patience: usize,
    /// Share of labelled training rows that are shown without their class, in [0, 1]. Default 0.1.
    pub label_dropout: f64,
    /// `"heun"` (default) or `"euler"`.
    pub solver: Solver,
    /// Steps from noise to a row, ≥ 1. Default 10.
    pub solver_steps: usize,
    /// Whether numbers are cut to their stated range. Default false.
    pub clip_samples: bool,
}

impl Default for FlowMatchingParams {
    fn default() -> Self {
        FlowMatchingParams {
            hidden: 192,
            layers: 3,
            learning_rate: 5e-3,
            schedule: Course::Cosine,
            weight_decay: 0.0,
            batch: 64,
            effort: Effort::Steps,
            epochs: 200,
            steps: 2500,
            patience: 0,
            label_dropout: 0.1,
            solver: Solver::Heun,
            solver_steps: 10,
            clip_samples: false,
        }
    }
}

impl FlowMatchingParams {
    fn check(&self) -> Result<(), Refusal> {
        let refuse = |what: &str| Err(Refusal::new(format!("{NAME}: {what}")));
        if self.hidden == 0 || self.batch == 0 || self.solver_steps == 0 {
            return refuse("hidden, batch and solver_steps must be at least 1");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning_rate must be above 0");
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay * self.learning_rate < 1.0) {
            return refuse("weight_decay must be at least 0 and below 1 ÷ learning_rate");
        }
        if !(0.0..=1.0).contains(&self.label_dropout) {
            return refuse("label_dropout must be a share of the rows, from 0 to 1");
        }
        Ok(())
    }

    fn shape(&self) -> Shape {
        Shape { hidden: self.hidden, layers: self.layers }
    }

    /// Follows the velocity from t = 0 to t = 1.
    fn solve(&self, x: &mut [f32], velocity: &dyn Fn(&[f32], f32) -> Vec<f32>) {
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

/// The family: parameters and the device that trains.
#[derive(Clone, Debug, Default)]
pub struct FlowMatching {
    /// The parameters, by the number of features of a row.
    pub params: ByWidth<FlowMatchingParams>,
    /// Where training runs.
    pub device: DeviceName,
}

/// A fitted flow.
pub struct FlowMatchingModel {
    params: FlowMatchingParams,
    denoiser: Denoiser,
    losses: Vec<f32>,
}

/// What a file holds beside the weights.
#[derive(Serialize, Deserialize)]
struct Config {
    params: FlowMatchingParams,
    plan: Plan,
}

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
    parameters: &[
        SIZE,
        parameter("hidden", "192", "units of every hidden layer, at least 1"),
        parameter("layers", "3", "residual layers"),
        parameter("learning_rate", "0.005", "Adam's learning rate at the start, above 0"),
        parameter(
            "schedule",
            "\"cosine\"",
            "\"cosine\" (to a tenth), \"wsd\" (constant, then linear to 0 over the last 30 %) or \"constant\"",
        ),
        parameter("weight_decay", "0", "AdamW's decay of all weights, at least 0"),
        parameter("batch", "64", "rows a step, at least 1"),
        EFFORT,
        parameter("epochs", "200", "passes over the training set, with effort = \"epochs\""),
        parameter("steps", "2500", "optimiser steps, with effort = \"steps\""),
        PATIENCE,
        parameter(
            "label_dropout",
            "0.1",
            "share of labelled rows that training shows without their class, 0 to 1",
        ),
        parameter("solver", "\"heun\"", "\"heun\" (two velocities a step) or \"euler\" (one)"),
        parameter("solver_steps", "10", "steps from noise to a row, at least 1"),
        parameter("clip_samples", "false", "whether numbers are cut to their stated range"),
    ],
    version: 1,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, for the context's device.
pub fn build(node: &Node, context: &BuildContext) -> Result<BoxedFamily, Error> {
    Ok(Box::new(FlowMatching { params: PRESETS.read(node)?, device: context.device }))
}

impl FlowMatchingModel {
    fn new(config: Config, weights: Weights, losses: Vec<f32>) -> Self {
        let denoiser = Denoiser::new(config.plan, weights, config.params.shape());
        FlowMatchingModel { params: config.params, denoiser, losses }
    }

    /// The loss of every training step, before its update: the mean squared error of a scaled feature's velocity. Empty
    /// after [`Family::load`].
    pub fn losses(&self) -> &[f32] {
        &self.losses
    }
}

impl Family for FlowMatching {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.params.of(0).check()?;
        self.params.of(usize::MAX).check()?;
        table::check(NAME, schema, table::label_of(schema).map(|(column, _)| column))
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let p = self.params.of(table::features_of(rows.schema()));
        let warm = warm::<FlowMatchingModel>(NAME, start)?;
        let schedule = Schedule {
            steps: 0,
            batch: p.batch,
            rate: p.learning_rate as f32,
            warmup: 0,
            course: p.schedule,
            rule: Rule::default(),
            decay: p.weight_decay as f32,
            clip: f32::INFINITY,
            patience: p.patience,
        };
        let recipe = Recipe {
            family: NAME,
            shape: p.shape(),
            schedule,
            label_dropout: p.label_dropout,
            device: self.device,
            corrupt: &StraightPath,
        };
        let count = |rows| steps(p.effort, p.epochs, p.steps, rows, p.batch);
        let (denoiser, losses) =
            denoiser::fit(&recipe, (&rows, &row_weights), warm.map(|m| &m.denoiser), count, streams)?;
        Ok(Box::new(FlowMatchingModel { params: p.clone(), denoiser, losses }))
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        let (config, weights) =
            checkpoint::load(from, NAME, |c: &Config| Ok(c.plan.layout(c.params.shape())))?;
        Ok(Box::new(FlowMatchingModel::new(config, weights, vec![])))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }

    fn takes_a_start(&self) -> bool {
        true
    }

    fn seeds_per_cell(&self) -> u64 {
        1
    }
}

impl Affine for FlowMatching {
    /// All weights, and the shares of the classes. The scaling of the rows is the first model's, which a warm-started fit
    /// kept.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<FlowMatchingModel>(models)?;
        let denoisers: Vec<_> = models.iter().map(|(c, m)| (*c, &m.denoiser)).collect();
        let denoiser = denoiser::combined(NAME, &denoisers, models[0].1.params.shape())?;
        Ok(Box::new(FlowMatchingModel { params: models[0].1.params.clone(), denoiser, losses: vec![] }))
    }
}

impl Model for FlowMatchingModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        self.denoiser.sample(NAME, (ask, n, how, self.params.clip_samples), streams, |x, _, velocity| {
            self.params.solve(x, velocity);
        })
    }

    fn size(&self) -> usize {
        self.denoiser.weights().values().len()
    }

    fn twin(&self) -> Option<Box<dyn Model>> {
        let (params, denoiser) = (self.params.clone(), self.denoiser.clone());
        Some(Box::new(FlowMatchingModel { params, denoiser, losses: self.losses.clone() }))
    }

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        let config = Config { params: self.params.clone(), plan: self.denoiser.plan().clone() };
        checkpoint::save(to, NAME, &config, self.denoiser.weights())
    }
}
