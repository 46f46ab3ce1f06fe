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

use std::path::Path;

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::denoiser::{self, Corrupt, Denoiser, Plan, Recipe, Shape};
use super::device::DeviceName;
use super::kernels::adam::Rule;
use super::size::{ByWidth, Presets, SIZE};
use super::table;
use super::train::{Course, Effort, Schedule, steps, warm};
use super::{EFFORT, PATIENCE, parameter};
use crate::data::{Mix, Samples, Schema};
use crate::models::{
    Affine, Ask, BoxedFamily, Density, Family, FitError, Model, Refusal, SampleError, Sampling, Start,
    StorageError, affine,
};
use crate::registry::{About, BuildContext, Entry};
use crate::rng::{Stream, Streams};
use crate::spec::{Error, Node};
use noise::Levels;
pub use noise::NoiseSchedule;

/// Parameters of the family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DdpmParams {
    /// Units of every hidden layer, ≥ 1. Default 256.
    pub hidden: usize,
    /// Residual layers, ≥ 0. Default 3.
    pub layers: usize,
    /// `"cosine"` (default) or `"linear"`.
    pub noise_schedule: NoiseSchedule,
    /// Steps of the noising process, ≥ 1. Default 1000.
    pub timesteps: usize,
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
    /// Optimiser steps, with `effort = "steps"`. Default 3000.
    pub steps: usize,
    /// Scores without improvement after which training ends, see [`Schedule::patience`]. Default 0: none.
    pub patience: usize,
    /// Share of labelled training rows that are shown without their class, in [0, 1]. Default 0.1.
    pub label_dropout: f64,
    /// Steps from noise to a row, from 1 to `timesteps`. Default 50.
    pub sampling_steps: usize,
    /// The noise of a sampling step, in [0, 1]: 0 (default) is none, 1 that of ancestral sampling.
    pub eta: f64,
    /// Whether numbers are cut to their stated range. Default false.
    pub clip_samples: bool,
}

impl Default for DdpmParams {
    fn default() -> Self {
        DdpmParams {
            hidden: 256,
            layers: 3,
            noise_schedule: NoiseSchedule::Cosine,
            timesteps: 1000,
            learning_rate: 5e-3,
            schedule: Course::Cosine,
            weight_decay: 0.0,
            batch: 64,
            effort: Effort::Steps,
            epochs: 200,
            steps: 3000,
            patience: 0,
            label_dropout: 0.1,
            sampling_steps: 50,
            eta: 0.0,
            clip_samples: false,
        }
    }
}

impl DdpmParams {
    fn check(&self) -> Result<(), Refusal> {
        let refuse = |what: &str| Err(Refusal::new(format!("{NAME}: {what}")));
        if self.hidden == 0 || self.batch == 0 {
            return refuse("hidden and batch must be at least 1");
        }
        if self.sampling_steps == 0 || self.sampling_steps > self.timesteps {
            return refuse("sampling_steps must be at least 1 and at most timesteps");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return refuse("learning_rate must be above 0");
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay * self.learning_rate < 1.0) {
            return refuse("weight_decay must be at least 0 and below 1 ÷ learning_rate");
        }
        if !((0.0..=1.0).contains(&self.label_dropout) && (0.0..=1.0).contains(&self.eta)) {
            return refuse("label_dropout and eta must be from 0 to 1");
        }
        Ok(())
    }

    fn shape(&self) -> Shape {
        Shape { hidden: self.hidden, layers: self.layers }
    }

    fn levels(&self) -> Levels {
        Levels::new(self.noise_schedule, self.timesteps)
    }
}

/// What a batch of noisy rows is taken for at a time: v of each.
type Predict<'a> = &'a dyn Fn(&[f32], f32) -> Vec<f32>;

/// DDIM from pure noise to rows; each row's noise on the way comes from its own stream, scaled by `deviation`.
fn solve(
    p: &DdpmParams,
    levels: &Levels,
    x: &mut [f32],
    rngs: &mut [Stream],
    deviation: f32,
    v: Predict<'_>,
) {
    let width = x.len() / rngs.len().max(1);
    let steps = levels.subsequence(p.sampling_steps);
    for (k, &t) in steps.iter().enumerate() {
        let s = steps.get(k + 1).copied().unwrap_or(0);
        let (at, to) = (levels.signal(t), levels.signal(s));
        let predicted = v(x, levels.time(t));
        let ((signal, noise), (signal_to, noise_to)) = (roots(at), roots(to));
        // eq. 16, σ² = η² (1 − ᾱ_s)/(1 − ᾱ_t) · (1 − ᾱ_t/ᾱ_s).
        let variance = p.eta * p.eta * (1.0 - to) / (1.0 - at) * (1.0 - at / to);
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

/// The family: parameters and the device that trains.
#[derive(Clone, Debug, Default)]
pub struct Ddpm {
    /// The parameters, by the number of features of a row.
    pub params: ByWidth<DdpmParams>,
    /// Where training runs.
    pub device: DeviceName,
}

/// A fitted diffusion model.
pub struct DdpmModel {
    params: DdpmParams,
    levels: Levels,
    denoiser: Denoiser,
    losses: Vec<f32>,
}

/// What a file holds beside the weights.
#[derive(Serialize, Deserialize)]
struct Config {
    params: DdpmParams,
    plan: Plan,
}

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
    parameters: &[
        SIZE,
        parameter("hidden", "256", "units of every hidden layer, at least 1"),
        parameter("layers", "3", "residual layers"),
        parameter(
            "noise_schedule",
            "\"cosine\"",
            "\"cosine\" or \"linear\" (β from 0.0001 to 0.02 over 1000 steps)",
        ),
        parameter("timesteps", "1000", "steps of the noising process"),
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
        parameter("steps", "3000", "optimiser steps, with effort = \"steps\""),
        PATIENCE,
        parameter(
            "label_dropout",
            "0.1",
            "share of labelled rows that training shows without their class, 0 to 1",
        ),
        parameter("sampling_steps", "50", "steps from noise to a row, from 1 to `timesteps`"),
        parameter("eta", "0", "noise of a sampling step, 0 to 1: 0 is none, 1 that of ancestral sampling"),
        parameter("clip_samples", "false", "whether numbers are cut to their stated range"),
    ],
    version: 1,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, for the context's device.
pub fn build(node: &Node, context: &BuildContext) -> Result<BoxedFamily, Error> {
    Ok(Box::new(Ddpm { params: PRESETS.read(node)?, device: context.device }))
}

impl DdpmModel {
    fn new(params: DdpmParams, denoiser: Denoiser, losses: Vec<f32>) -> Self {
        DdpmModel { levels: params.levels(), params, denoiser, losses }
    }

    /// The loss of every training step, before its update: the mean squared error of a scaled feature's v. Empty after
    /// [`Family::load`].
    pub fn losses(&self) -> &[f32] {
        &self.losses
    }
}

impl Family for Ddpm {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.params.of(0).check()?;
        self.params.of(usize::MAX).check()?;
        table::check(NAME, schema, table::label_of(schema).map(|(column, _)| column))
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let p = self.params.of(table::features_of(rows.schema()));
        let warm = warm::<DdpmModel>(NAME, start)?;
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
        let levels = p.levels();
        let recipe = Recipe {
            family: NAME,
            shape: p.shape(),
            schedule,
            label_dropout: p.label_dropout,
            device: self.device,
            corrupt: &levels,
        };
        let count = |rows| steps(p.effort, p.epochs, p.steps, rows, p.batch);
        let from = warm.map(|m| &m.denoiser);
        let (denoiser, losses) = denoiser::fit(&recipe, (&rows, &row_weights), from, count, streams)?;
        Ok(Box::new(DdpmModel::new(p.clone(), denoiser, losses)))
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        let (config, weights) =
            checkpoint::load(from, NAME, |c: &Config| Ok(c.plan.layout(c.params.shape())))?;
        let denoiser = Denoiser::new(config.plan, weights, config.params.shape());
        Ok(Box::new(DdpmModel::new(config.params, denoiser, vec![])))
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

impl Affine for Ddpm {
    /// All weights, and the shares of the classes. The scaling of the rows is the first model's, which a warm-started fit
    /// kept.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<DdpmModel>(models)?;
        let denoisers: Vec<_> = models.iter().map(|(c, m)| (*c, &m.denoiser)).collect();
        let params = models[0].1.params.clone();
        let denoiser = denoiser::combined(NAME, &denoisers, params.shape())?;
        Ok(Box::new(DdpmModel::new(params, denoiser, vec![])))
    }
}

impl Model for DdpmModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let deviation = how.covariance_scale.sqrt() as f32;
        self.denoiser.sample(NAME, (ask, n, how, self.params.clip_samples), streams, |x, rngs, predict| {
            solve(&self.params, &self.levels, x, rngs, deviation, predict);
        })
    }

    fn density(&self) -> Option<&dyn Density> {
        self.denoiser.plan().table.parts().all(|part| !part.is_codes()).then_some(self)
    }

    fn size(&self) -> usize {
        self.denoiser.weights().values().len()
    }

    fn twin(&self) -> Option<Box<dyn Model>> {
        let (params, denoiser) = (self.params.clone(), self.denoiser.clone());
        Some(Box::new(DdpmModel::new(params, denoiser, self.losses.clone())))
    }

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        let config = Config { params: self.params.clone(), plan: self.denoiser.plan().clone() };
        checkpoint::save(to, NAME, &config, self.denoiser.weights())
    }
}
