//! A multilayer perceptron that tells classes apart: the neural learner of downstream tasks.
//!
//! logits = W_k relu(… relu(x·W_1 + b_1) …) + b_k, trained by Adam on the weighted softmax
//! cross-entropy of minibatches (Goodfellow, Bengio and Courville 2016, chapter 6). It is not a
//! generative family. Inputs are rows of `width` f32 numbers, targets codes below `classes`.
//! Cost: 6 · batch · parameters operations a step.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::device::{DeviceName, training_device};
use super::init::{Layout, Weights};
use super::kernels::adam::Rule;
use super::kernels::cross_entropy::cross_entropy;
use super::kernels::dense::Dense;
use super::kernels::linear::{Activation, linear};
use super::train::{Course, Effort, Schedule, steps, train};
use crate::models::{FitError, LossCurve, Refusal};
use crate::rng::Streams;

/// The shape of a perceptron and how it is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MlpParams {
    /// Units of each hidden layer, at least 1; default 64.
    pub hidden: usize,
    /// Hidden layers, at least 1; default 1.
    pub layers: usize,
    /// What is held fixed when training sets differ in size; default `steps`.
    pub effort: Effort,
    /// Optimiser steps, with `effort = "steps"`; default 600.
    pub steps: usize,
    /// Passes over the training set, with `effort = "epochs"`; default 30.
    pub epochs: usize,
    /// Rows a step, at least 1; default 64.
    pub batch: usize,
    /// Adam's learning rate, above 0; default 0.003.
    pub learning_rate: f64,
    /// Decoupled weight decay, at least 0; default 0.
    pub weight_decay: f64,
}

impl Default for MlpParams {
    fn default() -> Self {
        Self {
            hidden: 64,
            layers: 1,
            effort: Effort::Steps,
            steps: 600,
            epochs: 30,
            batch: 64,
            learning_rate: 0.003,
            weight_decay: 0.0,
        }
    }
}

impl MlpParams {
    /// Refuses what is out of range.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.hidden == 0 || self.layers == 0 || self.batch == 0 {
            return Err(Refusal::new("`hidden`, `layers` and `batch` must be at least 1"));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Refusal::new("`learning_rate` must be above 0"));
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay * self.learning_rate < 1.0) {
            return Err(Refusal::new("`weight_decay` must be at least 0 and below 1 ÷ `learning_rate`"));
        }
        Ok(())
    }

    fn layout(&self, width: usize, classes: usize) -> Layout {
        let mut layout = Layout::default();
        let mut inputs = width;
        for i in 0..self.layers {
            layout.affine(&format!("hidden.{i}"), inputs, self.hidden);
            inputs = self.hidden;
        }
        layout.affine("output", inputs, classes);
        layout
    }
}

/// What a perceptron is trained on.
#[derive(Clone, Copy)]
pub struct Examples<'a> {
    /// `targets.len() × width` numbers, row-major.
    pub inputs: &'a [f32],
    /// Numbers a row.
    pub width: usize,
    /// The class of each row, below `classes`.
    pub targets: &'a [u32],
    /// The weight of each row, at least 0 and not all 0.
    pub weights: &'a [f64],
    /// The number of classes.
    pub classes: usize,
}

/// A fitted perceptron.
#[derive(Clone, Debug)]
pub struct Mlp {
    layers: Vec<Dense>,
    classes: usize,
    size: usize,
    losses: LossCurve,
}

impl Mlp {
    /// Trains on the examples; batches and initial weights come from `streams`.
    pub fn fit(
        params: &MlpParams,
        examples: Examples<'_>,
        device: DeviceName,
        streams: &Streams,
    ) -> Result<Mlp, FitError> {
        params.check()?;
        let Examples { inputs, width, targets, weights, classes } = examples;
        let n = targets.len();
        if n == 0 || width == 0 {
            return Err(FitError::TooFewRows { needed: 1, found: 0 });
        }
        if inputs.len() != n * width || weights.len() != n || targets.iter().any(|&t| t as usize >= classes) {
            return Err(Refusal::new("inputs, targets and weights do not fit each other").into());
        }
        let total: f64 = weights.iter().sum();
        if !(total > 0.0 && total.is_finite()) || weights.iter().any(|w| *w < 0.0) {
            return Err(Refusal::new("row weights must be at least 0 and not all 0").into());
        }
        let layout = Arc::new(params.layout(width, classes));
        let mut fitted = Weights::draw(layout, &mut streams.of("initial-weights").rng());
        let schedule = Schedule {
            steps: steps(params.effort, params.epochs, params.steps, n, params.batch),
            batch: params.batch,
            rate: params.learning_rate as f32,
            warmup: 0,
            course: Course::Cosine,
            rule: Rule::default(),
            decay: params.weight_decay as f32,
            clip: f32::INFINITY,
            patience: 0,
        };
        let burn_device = training_device(device);
        let depth = params.layers + 1;
        let losses = train(&mut fitted, weights, &schedule, &burn_device, streams, |step| {
            let rows = step.items.len();
            let mut x = Vec::with_capacity(rows * width);
            for &i in step.items {
                x.extend_from_slice(&inputs[i as usize * width..][..width]);
            }
            let mut at = Tensor::<2>::from_data(TensorData::new(x, [rows, width]), step.device);
            for layer in 0..depth {
                let act = activation(layer, depth);
                at = linear(at, step.leaves[2 * layer].clone(), step.leaves[2 * layer + 1].clone(), act);
            }
            let of: Vec<u32> = step.items.iter().map(|&i| targets[i as usize]).collect();
            cross_entropy(at, &Arc::from(of), &step.weights)
        })?;
        let dense = |i: usize| Dense::new(fitted.get(2 * i), fitted.get(2 * i + 1), activation(i, depth));
        Ok(Mlp { layers: (0..depth).map(dense).collect(), classes, size: fitted.values().len(), losses })
    }

    /// The number of trained parameters.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The losses of its training: nats a row.
    pub fn losses(&self) -> &LossCurve {
        &self.losses
    }

    /// The probability of each class for each row: `rows × classes`, row-major.
    pub fn probabilities(&self, inputs: &[f32]) -> Vec<f64> {
        let (mut at, mut next) = (inputs.to_vec(), Vec::new());
        for layer in &self.layers {
            layer.apply(&at, &mut next);
            std::mem::swap(&mut at, &mut next);
        }
        let mut out = Vec::with_capacity(at.len());
        for logits in at.chunks_exact(self.classes) {
            let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let start = out.len();
            out.extend(logits.iter().map(|z| f64::from(z - top).exp()));
            let total: f64 = out[start..].iter().sum();
            out[start..].iter_mut().for_each(|p| *p /= total);
        }
        out
    }
}

fn activation(layer: usize, depth: usize) -> Activation {
    if layer + 1 == depth { Activation::Identity } else { Activation::Relu }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CORNERS: [f32; 8] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];

    fn examples<'a>(targets: &'a [u32], weights: &'a [f64]) -> Examples<'a> {
        Examples { inputs: &CORNERS, width: 2, targets, weights, classes: 2 }
    }

    fn fit(of: Examples<'_>, device: DeviceName, seed: u64) -> Vec<f64> {
        let params =
            MlpParams { hidden: 16, steps: 500, batch: 4, learning_rate: 0.02, ..MlpParams::default() };
        Mlp::fit(&params, of, device, &Streams::new(0, seed)).unwrap().probabilities(of.inputs)
    }

    #[test]
    fn exclusive_or_needs_the_hidden_layer_and_is_learned() {
        let targets = [0, 1, 1, 0];
        let p = fit(examples(&targets, &[1.0; 4]), DeviceName::Flex, 1);
        for (row, &target) in p.chunks_exact(2).zip(&targets) {
            assert!(row[target as usize] > 0.9, "{p:?}");
            assert!((row[0] + row[1] - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn weights_decide_between_contradicting_rows() {
        // The same input with both labels, three to one: the fit is the weighted share.
        let inputs = [1.0, 1.0];
        let of = Examples { inputs: &inputs, width: 1, targets: &[0, 1], weights: &[1.0, 3.0], classes: 2 };
        let p = fit(of, DeviceName::Flex, 2);
        assert!((p[1] - 0.75).abs() < 0.01, "{p:?}");
    }

    #[test]
    fn both_backends_agree_and_a_seed_names_its_bits() {
        let of = examples(&[0, 1, 1, 0], &[1.0; 4]);
        assert_eq!(fit(of, DeviceName::Flex, 3), fit(of, DeviceName::Flex, 3));
        let (a, b) = (fit(of, DeviceName::Flex, 3), fit(of, DeviceName::NdArray, 3));
        assert!(a.iter().zip(&b).all(|(x, y)| (x - y).abs() < 0.02), "{a:?} {b:?}");
    }

    #[test]
    fn rows_that_do_not_fit_are_refused() {
        let of = Examples { classes: 1, ..examples(&[0, 1, 1, 0], &[1.0; 4]) };
        assert!(Mlp::fit(&MlpParams::default(), of, DeviceName::Flex, &Streams::new(0, 0)).is_err());
        let none = Examples { inputs: &[], width: 2, targets: &[], weights: &[], classes: 2 };
        assert!(Mlp::fit(&MlpParams::default(), none, DeviceName::Flex, &Streams::new(0, 0)).is_err());
    }
}
