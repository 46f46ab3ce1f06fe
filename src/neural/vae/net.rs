//! The network: its training graph in burn, and the fitted network in plain f32.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::TensorData;
use rand::RngExt;
use rand_distr::StandardNormal;

use crate::neural::init::{Init, Layout, Weights};
use crate::neural::kernels::dense::Dense;
use crate::neural::kernels::linear::{Activation, linear};
use crate::neural::kernels::variational::{self, Reconstruction, Target, misfit, reparameterise};
use crate::neural::train::Step;
use crate::rng::Stream;

/// Four affine maps: encoder, its heads (means, log variances), decoder, its output; and so many log variances of
/// features about it.
pub(super) fn layout(width: usize, hidden: usize, latent: usize, variances: usize) -> Layout {
    let mut layout = Layout::default();
    layout.affine("encoder.hidden", width, hidden);
    layout.affine("encoder.heads", hidden, 2 * latent);
    layout.affine("decoder.hidden", latent, hidden);
    layout.affine("decoder.output", hidden, width);
    if variances > 0 {
        layout.add("decoder.variance", [1, variances], Init::Zeros);
    }
    layout
}

/// The number of the log variances in the layout, the last parameter.
pub(super) const VARIANCES: usize = 8;

/// `n` standard normals.
pub(super) fn normals(rng: &mut Stream, n: usize) -> impl Iterator<Item = f32> + '_ {
    (0..n).map(move |_| rng.sample(StandardNormal))
}

/// The least learned variance of a scaled feature: a fiftieth of the range, squared.
pub(super) const FLOOR: f32 = 4e-4;

/// The distribution of a row given its latent code, in training.
#[derive(Clone, Copy)]
pub(super) enum Noise {
    Bernoulli,
    /// Gaussian features of this variance.
    Fixed(f32),
    /// Gaussian features of the variances in the layout.
    Learned,
}

/// The loss of one training step, `[1, 1]`.
pub(super) fn loss(
    mut step: Step<'_>,
    data: &[f32],
    width: usize,
    latent: usize,
    noise: Noise,
    beta: f32,
) -> Tensor<2> {
    let rows = step.items.len();
    let mut x = Vec::with_capacity(rows * width);
    for &i in step.items {
        x.extend_from_slice(&data[i as usize * width..][..width]);
    }
    let input = TensorData::new(x.clone(), [rows, width]);
    let input = Tensor::<2>::from_data(input, step.device);
    let normals = normals(&mut step.rng, rows * latent).collect();
    let affine = |x: Tensor<2>, i: usize, act| {
        linear(x, step.leaves[2 * i].clone(), step.leaves[2 * i + 1].clone(), act)
    };
    let hidden = affine(input, 0, Activation::Relu);
    let heads = affine(hidden, 1, Activation::Identity);
    let z = reparameterise(heads.clone(), normals);
    let hidden = affine(z, 2, Activation::Relu);
    let decoded = affine(hidden, 3, Activation::Identity);
    let (t, floor) = match noise {
        Noise::Bernoulli => (None, 0.0),
        Noise::Fixed(variance) => {
            (Some(Tensor::from_data(TensorData::new(vec![variance.ln()], [1, 1]), step.device)), 0.0)
        }
        Noise::Learned => (Some(step.leaves[VARIANCES].clone()), FLOOR),
    };
    let target = Target { rows: Arc::from(x), weights: step.weights.into(), floor, beta };
    variational::loss(decoded, heads, t, &target)
}

/// A fitted network.
pub(super) struct Net {
    latent: usize,
    width: usize,
    encoder: [Dense; 2],
    decoder: [Dense; 2],
}

impl Net {
    /// Copies the weights, laid out by [`layout`].
    pub(super) fn new(weights: &Weights, width: usize) -> Self {
        let dense = |i: usize, act| Dense::new(weights.get(2 * i), weights.get(2 * i + 1), act);
        let encoder = [dense(0, Activation::Relu), dense(1, Activation::Identity)];
        let decoder = [dense(2, Activation::Relu), dense(3, Activation::Identity)];
        Net { latent: encoder[1].outputs() / 2, width, encoder, decoder }
    }

    /// Decodes latent codes `[rows, latent]` into `to`, `[rows, width]`.
    pub(super) fn decode(&self, z: &[f32], to: &mut Vec<f32>) {
        let mut hidden = Vec::new();
        self.decoder[0].apply(z, &mut hidden);
        self.decoder[1].apply(&hidden, to);
    }

    /// Encodes rows into means and log variances, `[rows, 2·latent]`.
    pub(super) fn encode(&self, x: &[f32], to: &mut Vec<f32>) {
        let mut hidden = Vec::new();
        self.encoder[0].apply(x, &mut hidden);
        self.encoder[1].apply(&hidden, to);
    }

    /// The importance-weighted bound of one scaled row with `k` draws, nats, without the
    /// constants of the reconstruction.
    pub(super) fn bound(&self, x: &[f32], k: usize, how: &Reconstruction, rng: &mut Stream) -> f64 {
        let mut heads = Vec::new();
        self.encode(x, &mut heads);
        let (mean, spread) = heads.split_at(self.latent);
        let noise: Vec<f32> = normals(rng, k * self.latent).collect();
        let mut z = Vec::with_capacity(noise.len());
        for e in noise.chunks_exact(self.latent) {
            z.extend((0..self.latent).map(|i| mean[i] + (0.5 * spread[i]).exp() * e[i]));
        }
        let mut decoded = Vec::new();
        self.decode(&z, &mut decoded);
        let terms: Vec<f64> = (0..k)
            .map(|s| {
                let z = &z[s * self.latent..][..self.latent];
                let e = &noise[s * self.latent..][..self.latent];
                // ln p(z) − ln q(z|x): the ln √2π of both cancel.
                let prior: f64 = (0..self.latent)
                    .map(|i| 0.5 * (f64::from(e[i]).powi(2) + f64::from(spread[i]) - f64::from(z[i]).powi(2)))
                    .sum();
                let row = &mut decoded[s * self.width..][..self.width];
                prior - f64::from(misfit(row, x, how))
            })
            .collect();
        let top = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        top + (terms.iter().map(|t| (t - top).exp()).sum::<f64>() / k as f64).ln()
    }
}
