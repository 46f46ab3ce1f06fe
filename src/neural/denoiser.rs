//! The network that flow matching and diffusion share, and how it is trained.
//!
//! A residual perceptron: an affine map of (row, features of the time, one-hot class) with GELU, `layers` times
//! h + GELU(h·W + b), and an affine map to as many numbers as the row has. What it predicts is a family's own business
//! ([`Corrupt`]).
//!
//! Beside a label the network is class-conditional, and a share of the training rows is shown without its class, so that
//! the same network also knows the unconditional answer (classifier-free guidance, Ho & Salimans, arXiv:2207.12598:
//! ṽ = v(class) + w·(v(class) − v(no class))).

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::TensorData;
use rand::RngExt;
use rand_distr::StandardNormal;

use super::device::{DeviceName, training_device};
use super::init::{Layout, Weights};
use super::kernels::dense::Dense;
use super::kernels::linear::{Activation, linear};
use super::kernels::residual::residual;
use super::kernels::simd::wide;
use super::kernels::squared_error::squared_error;
use super::plan::Plan;
use super::train::{Schedule, Step, initial, train};
use crate::data::Samples;
use crate::models::{FitError, LossCurve, Refusal};
use crate::rng::Streams;

/// Frequencies of the time's sines and cosines, in cycles over [0, 1].
const FREQUENCIES: [f32; 4] = [0.5, 1.0, 2.0, 4.0];

/// Features of a time: itself, and a sine and a cosine of each frequency.
const TIME: usize = 1 + 2 * FREQUENCIES.len();

/// The shape of the network.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) hidden: usize,
    pub(super) layers: usize,
}

impl Shape {
    /// The parameters of a network for rows so read.
    pub(super) fn layout(self, plan: &Plan) -> Layout {
        let width = plan.table.width();
        let mut layout = Layout::default();
        layout.affine("input", width + TIME + plan.classes.count(), self.hidden);
        for i in 0..self.layers {
            layout.affine(&format!("layer.{i}"), self.hidden, self.hidden);
        }
        layout.affine("output", self.hidden, width);
        layout
    }
}

fn time_features(t: f32) -> [f32; TIME] {
    let mut to = [t; TIME];
    for (pair, f) in to[1..].chunks_exact_mut(2).zip(FREQUENCIES) {
        let angle = std::f32::consts::TAU * f * t;
        pair.copy_from_slice(&[angle.sin(), angle.cos()]);
    }
    to
}

/// How a row is corrupted in training: reads the row, a place in [0, 1) and the noise; fills the corrupted row and what
/// is to be predicted; returns the time that the network is told.
pub trait Corrupt {
    /// Does it to one row; `noise` holds as many standard normals as the row has numbers.
    fn corrupt(&self, row: &[f32], place: f32, noise: &[f32], to: &mut [f32], target: &mut [f32]) -> f32;
}

/// How the network is trained.
pub(super) struct Recipe<'a> {
    /// The family, for messages.
    pub(super) family: &'static str,
    pub(super) shape: Shape,
    pub(super) schedule: Schedule,
    /// The share of training rows that are shown without their class.
    pub(super) label_dropout: f64,
    pub(super) device: DeviceName,
    pub(super) corrupt: &'a dyn Corrupt,
}

/// A fitted network with the table that its rows come from.
#[derive(Clone)]
pub(super) struct Denoiser {
    plan: Plan,
    weights: Weights,
    input: Dense,
    layers: Vec<Dense>,
    output: Dense,
}

/// Trains a network on weighted rows; `warm` is the one to start from. Returns it with its losses.
pub(super) fn fit(
    recipe: &Recipe<'_>,
    (rows, row_weights): (&Samples, &[f64]),
    warm: Option<&Denoiser>,
    streams: &Streams,
) -> Result<(Denoiser, LossCurve), FitError> {
    let (plan, data) = Plan::fit(recipe.family, rows, row_weights, warm.map(|model| &model.plan))?;
    let labels = plan.table.labels(rows);
    let width = plan.table.width();
    let classes = plan.classes.count();
    let from = warm.map(|model| &model.weights);
    let mut weights = initial(recipe.family, recipe.shape.layout(&plan), from, streams)?;
    let device = training_device(recipe.device);
    let inputs = width + TIME + classes;
    let losses = train(&mut weights, row_weights, &recipe.schedule, &device, streams, |mut step| {
        let rows = step.items.len();
        let mut x = vec![0.0f32; rows * inputs];
        let mut target = vec![0.0f32; rows * width];
        let mut noise = vec![0.0f32; width];
        // One time in each of as many equal parts of [0, 1) as the batch has rows.
        let offset = step.rng.random::<f32>();
        for (r, &item) in step.items.iter().enumerate() {
            let place = ((r as f32 + offset) / rows as f32).min(1.0 - f32::EPSILON);
            noise.iter_mut().for_each(|e| *e = step.rng.sample(StandardNormal));
            let row = &data[item as usize * width..][..width];
            let (to, rest) = x[r * inputs..][..inputs].split_at_mut(width);
            let time = recipe.corrupt.corrupt(row, place, &noise, to, &mut target[r * width..][..width]);
            rest[..TIME].copy_from_slice(&time_features(time));
            if classes > 0 && step.rng.random::<f64>() >= recipe.label_dropout {
                rest[TIME + labels[item as usize] as usize] = 1.0;
            }
        }
        predicted(&step, x, [rows, inputs], recipe.shape.layers, &target.into())
    })?;
    Ok((Denoiser::new(plan, weights, recipe.shape), losses))
}

/// The weighted loss of a batch's predictions.
fn predicted(
    step: &Step<'_>,
    x: Vec<f32>,
    size: [usize; 2],
    layers: usize,
    target: &Arc<[f32]>,
) -> Tensor<2> {
    let pair = |i: usize| (step.leaves[2 * i].clone(), step.leaves[2 * i + 1].clone());
    let x = Tensor::<2>::from_data(TensorData::new(x, size), step.device);
    let (w, b) = pair(0);
    let mut at = linear(x, w, b, Activation::Gelu);
    for layer in 1..=layers {
        let (w, b) = pair(layer);
        at = residual(at, w, b);
    }
    let (w, b) = pair(layers + 1);
    squared_error(linear(at, w, b, Activation::Identity), target, &step.weights)
}

/// The network and the shares at Σ c_i θ_i; a share below 0 counts as 0.
pub(super) fn combined(family: &str, models: &[(f64, &Denoiser)], shape: Shape) -> Result<Denoiser, Refusal> {
    let weights = Weights::combined(models, |m| &m.weights);
    let weights = weights.ok_or_else(|| Refusal::new(format!("{family}: the models differ in shape")))?;
    let plans: Vec<_> = models.iter().map(|(c, m)| (*c, &m.plan)).collect();
    Ok(Denoiser::new(Plan::combined(&plans), weights, shape))
}

impl Denoiser {
    pub(super) fn new(plan: Plan, weights: Weights, shape: Shape) -> Self {
        let dense = |i: usize, act| Dense::new(weights.get(2 * i), weights.get(2 * i + 1), act);
        let input = dense(0, Activation::Gelu);
        let layers = (1..=shape.layers).map(|i| dense(i, Activation::Gelu)).collect();
        let output = dense(shape.layers + 1, Activation::Identity);
        Denoiser { plan, weights, input, layers, output }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(super) fn weights(&self) -> &Weights {
        &self.weights
    }

    /// What the network predicts of rows at one time; `classes` holds a class for each row, or nothing.
    pub(super) fn predict(&self, x: &[f32], time: f32, classes: Option<&[u32]>) -> Vec<f32> {
        let width = self.plan.table.width();
        let inputs = width + TIME + self.plan.classes.count();
        let features = time_features(time);
        let mut full = vec![0.0f32; x.len() / width * inputs];
        for (r, (to, from)) in full.chunks_exact_mut(inputs).zip(x.chunks_exact(width)).enumerate() {
            to[..width].copy_from_slice(from);
            to[width..width + TIME].copy_from_slice(&features);
            if let Some(class) = classes.and_then(|c| c.get(r)) {
                to[width + TIME + *class as usize] = 1.0;
            }
        }
        let (mut h, mut next) = (Vec::new(), Vec::new());
        self.input.apply(&full, &mut h);
        for layer in &self.layers {
            layer.apply(&h, &mut next);
            wide(
                #[inline(always)]
                || h.iter_mut().zip(&next).for_each(|(h, n)| *h += n),
            );
        }
        self.output.apply(&h, &mut next);
        next
    }

    /// [`Denoiser::predict`] with guidance of this strength.
    pub(super) fn guided(&self, x: &[f32], time: f32, classes: Option<&[u32]>, strength: f32) -> Vec<f32> {
        let mut with = self.predict(x, time, classes);
        if strength != 0.0 {
            let without = self.predict(x, time, None);
            with.iter_mut().zip(&without).for_each(|(v, u)| *v += strength * (*v - u));
        }
        with
    }
}
