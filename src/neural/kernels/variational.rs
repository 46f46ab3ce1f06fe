//! The two operations of a variational auto-encoder that are not layers.
//!
//! Kingma & Welling, arXiv:1312.6114. `heads` is `[rows, 2·latent]`: means, then log
//! variances. [`reparameterise`]: z = μ + e^{s/2}·ε (§2.4). [`loss`]:
//! Σᵢ wᵢ·(Rᵢ + β·KLᵢ), `[1, 1]`, with KL = ½ Σ (μ² + e^s − 1 − s) (appendix B) and R the
//! negative log-likelihood of the row, in nats:
//! Bernoulli with logits l: Σ softplus(l) − x·l; Gaussian with mean l and noise σ:
//! Σ (l − x)²/2σ² (its constant n·ln(σ√2π) is left out).

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::TensorData;
use serde::{Deserialize, Serialize};

use super::simd::{exp, sum, sum_of, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};

/// The distribution of a row given its latent code.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reconstruction {
    /// Independent Bernoulli features; the decoder gives logits; data in \[0, 1\].
    Bernoulli,
    /// Independent normal features with this standard deviation; the decoder gives means.
    Gaussian(f32),
}

/// Returns z = μ + e^{s/2}·ε, `[rows, latent]`; `noise` holds rows·latent standard normals.
pub fn reparameterise(heads: Tensor<2>, noise: Vec<f32>) -> Tensor<2> {
    if fuses(&heads.device()) {
        reparameterise_fused(heads, noise)
    } else {
        reparameterise_graph(heads, noise)
    }
}

/// [`reparameterise`] from burn's own operations.
pub fn reparameterise_graph(heads: Tensor<2>, noise: Vec<f32>) -> Tensor<2> {
    let [rows, two] = heads.dims();
    let latent = two / 2;
    let noise = Tensor::from_data(TensorData::new(noise, [rows, latent]), &heads.device());
    let deviation = (heads.clone().narrow(1, latent, latent) * 0.5).exp();
    heads.narrow(1, 0, latent) + deviation * noise
}

#[derive(Debug)]
struct ReparameteriseBack;

pub(crate) fn reparameterise_fused(heads: Tensor<2>, mut noise: Vec<f32>) -> Tensor<2> {
    let (heads, node) = open(heads).into_parts();
    let heads = contiguous(heads);
    let [rows, two] = size(&heads);
    let latent = two / 2;
    let from = values(&heads);
    let mut z = vec![0.0f32; rows * latent];
    // The scaled noise ε·e^{s/2} is what the backward pass needs.
    wide(
        #[inline(always)]
        || {
            for r in 0..rows {
                let (mean, spread) = from[r * two..(r + 1) * two].split_at(latent);
                let noise = &mut noise[r * latent..(r + 1) * latent];
                let z = &mut z[r * latent..(r + 1) * latent];
                for i in 0..latent {
                    noise[i] *= exp(0.5 * spread[i]);
                    z[i] = mean[i] + noise[i];
                }
            }
        },
    );
    let noise = matrix(noise, [rows, latent]);
    let z = matrix(z, [rows, latent]);
    close(record!(ReparameteriseBack, [node], noise, z))
}

impl Backward<Fused, 1> for ReparameteriseBack {
    type State = FusedTensor;

    fn backward(self, ops: Ops<FusedTensor, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Fused>(&ops.node));
        let [rows, latent] = size(&grad);
        let (g, noise) = (values(&grad), values(&ops.state));
        let mut d = vec![0.0f32; rows * 2 * latent];
        wide(
            #[inline(always)]
            || {
                for r in 0..rows {
                    let (mean, spread) = d[r * 2 * latent..][..2 * latent].split_at_mut(latent);
                    for i in 0..latent {
                        mean[i] = g[r * latent + i];
                        spread[i] = 0.5 * g[r * latent + i] * noise[r * latent + i];
                    }
                }
            },
        );
        let [node] = ops.parents;
        if let Some(node) = node {
            grads.register::<Fused>(node.id, matrix(d, [rows, 2 * latent]));
        }
    }
}

/// What [`loss`] compares with, one entry a row.
#[derive(Clone, Debug)]
pub struct Target {
    /// The rows, `rows·features` values.
    pub rows: Arc<[f32]>,
    /// The weight of each row.
    pub weights: Arc<[f32]>,
    /// The likelihood of a row.
    pub reconstruction: Reconstruction,
    /// The weight β of the divergence.
    pub beta: f32,
}

/// Returns Σᵢ wᵢ·(Rᵢ + β·KLᵢ), `[1, 1]`.
pub fn loss(decoded: Tensor<2>, heads: Tensor<2>, target: &Target) -> Tensor<2> {
    if fuses(&decoded.device()) {
        loss_fused(decoded, heads, target)
    } else {
        loss_graph(decoded, heads, target)
    }
}

/// [`loss`] from burn's own operations.
pub fn loss_graph(decoded: Tensor<2>, heads: Tensor<2>, target: &Target) -> Tensor<2> {
    let device = decoded.device();
    let [rows, n] = decoded.dims();
    let latent = heads.dims()[1] / 2;
    let x = Tensor::<2>::from_data(TensorData::new(target.rows.to_vec(), [rows, n]), &device);
    let w = TensorData::new(target.weights.to_vec(), [rows, 1]);
    let w = Tensor::<2>::from_data(w, &device);
    let misfit = match target.reconstruction {
        Reconstruction::Bernoulli => {
            let softplus = (decoded.clone().abs().neg().exp() + 1.0).log()
                + burn::tensor::activation::relu(decoded.clone());
            softplus - decoded * x
        }
        Reconstruction::Gaussian(sd) => {
            let off = decoded - x;
            off.clone() * off / (2.0 * sd * sd)
        }
    };
    let mean = heads.clone().narrow(1, 0, latent);
    let spread = heads.narrow(1, latent, latent);
    let kl = (mean.clone() * mean + spread.clone().exp() - spread - 1.0) * 0.5;
    ((misfit.sum_dim(1) + kl.sum_dim(1) * target.beta) * w).sum().reshape([1, 1])
}

/// Negative log-likelihood of one row; overwrites `decoded` with its derivative.
#[inline(always)]
pub(crate) fn misfit(decoded: &mut [f32], x: &[f32], reconstruction: Reconstruction) -> f32 {
    let n = decoded.len();
    match reconstruction {
        Reconstruction::Bernoulli => {
            // softplus(l) = max(l, 0) + ln(1 + e^{−|l|}). The second terms' sum is the
            // logarithm of a product of factors in (1, 2], at most 2⁶⁴ for 64 of them.
            let mut total = 0.0f32;
            for (l, x) in decoded.chunks_mut(64).zip(x.chunks(64)) {
                let mut factors = [1.0f32; 64];
                let mut linear = [0.0f32; 64];
                for (((v, &x), f), k) in l.iter_mut().zip(x).zip(&mut factors).zip(&mut linear) {
                    let e = exp(-v.abs());
                    *f = 1.0 + e;
                    let p = if *v >= 0.0 { 1.0 } else { e } / (1.0 + e);
                    *k = if *v > 0.0 { *v } else { 0.0 } - *v * x;
                    *v = p - x;
                }
                let mut width = 32;
                while width > 0 {
                    for i in 0..width {
                        factors[i] *= factors[i + width];
                    }
                    width /= 2;
                }
                total += sum_of(&linear) + factors[0].ln();
            }
            total
        }
        Reconstruction::Gaussian(sd) => {
            let precision = 1.0 / (sd * sd);
            let off = sum(n, |i| (decoded[i] - x[i]) * (decoded[i] - x[i]));
            for (v, &x) in decoded.iter_mut().zip(x) {
                *v = (*v - x) * precision;
            }
            0.5 * off * precision
        }
    }
}

/// The loss; overwrites the decoded rows by their derivative and fills that of the heads.
#[inline(always)]
fn loss_rows(dd: &mut [f32], dh: &mut [f32], heads: &[f32], target: &Target, n: usize, latent: usize) -> f64 {
    let mut total = 0.0f64;
    let targets = target.rows.chunks_exact(n).zip(target.weights.iter());
    let heads = heads.chunks_exact(2 * latent).zip(dh.chunks_exact_mut(2 * latent));
    for ((d, (x, &w)), (head, dh)) in dd.chunks_exact_mut(n).zip(targets).zip(heads) {
        let rec = misfit(d, x, target.reconstruction);
        d.iter_mut().for_each(|v| *v *= w);
        let (mean, spread) = head.split_at(latent);
        let (dm, ds) = dh.split_at_mut(latent);
        let kw = w * target.beta;
        for (((m, s), dm), ds) in mean.iter().zip(spread).zip(dm.iter_mut()).zip(ds.iter_mut()) {
            *dm = kw * m;
            *ds = exp(*s) - 1.0;
        }
        let kl = sum(latent, |i| mean[i] * mean[i] + ds[i] - spread[i]);
        ds.iter_mut().for_each(|v| *v *= 0.5 * kw);
        total += f64::from(w) * f64::from(rec + 0.5 * target.beta * kl);
    }
    total
}

#[derive(Debug)]
struct LossBack;

pub(crate) fn loss_fused(decoded: Tensor<2>, heads: Tensor<2>, target: &Target) -> Tensor<2> {
    let (decoded, d_node) = open(decoded).into_parts();
    let (heads, h_node) = open(heads).into_parts();
    let decoded = contiguous(decoded);
    let heads = contiguous(heads);
    let ([rows, n], [_, two]) = (size(&decoded), size(&heads));
    let latent = two / 2;
    let mut dd = values(&decoded).to_vec();
    let mut dh = vec![0.0f32; rows * two];
    let from = values(&heads);
    let total = wide(
        #[inline(always)]
        || loss_rows(&mut dd, &mut dh, from, target, n, latent),
    );
    let saved = (matrix(dd, [rows, n]), matrix(dh, [rows, two]));
    let total = matrix(vec![total as f32], [1, 1]);
    close(record!(LossBack, [d_node, h_node], saved, total))
}

impl Backward<Fused, 2> for LossBack {
    type State = (FusedTensor, FusedTensor);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let g = values(&grads.consume::<Fused>(&ops.node))[0];
        let (decoded, heads) = ops.state;
        for (node, mut d) in ops.parents.into_iter().zip([decoded, heads]) {
            if let Some(node) = node {
                if g != 1.0 {
                    wide(
                        #[inline(always)]
                        || d.storage_mut::<f32>().iter_mut().for_each(|v| *v *= g),
                    );
                }
                grads.register::<Fused>(node.id, d);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::checks::{agree, pseudo};
    use super::*;

    #[test]
    fn reparameterisation_agrees_with_the_graph() {
        let (_, noise) = pseudo([4, 3], 5);
        agree(
            &[pseudo([4, 6], 1)],
            |t| reparameterise_fused(t[0].clone(), noise.clone()),
            |t| reparameterise_graph(t[0].clone(), noise.clone()),
        );
    }

    #[test]
    fn both_losses_agree_with_the_graph() {
        let rows: Vec<f32> = pseudo([3, 70], 8).1.iter().map(|v| v.abs()).collect();
        for reconstruction in [Reconstruction::Bernoulli, Reconstruction::Gaussian(0.7)] {
            let target = Target {
                rows: rows.clone().into(),
                weights: [0.5, 0.02, 1.0].into(),
                reconstruction,
                beta: 0.7,
            };
            agree(
                &[pseudo([3, 70], 1), pseudo([3, 4], 2)],
                |t| loss_fused(t[0].clone(), t[1].clone(), &target) * 0.1,
                |t| loss_graph(t[0].clone(), t[1].clone(), &target) * 0.1,
            );
        }
    }

    #[test]
    fn a_fair_coin_costs_ln_two_a_feature() {
        let mut logits = vec![0.0f32; 130];
        let rec = misfit(&mut logits, &[1.0; 130], Reconstruction::Bernoulli);
        assert!((rec - 130.0 * std::f32::consts::LN_2).abs() < 1e-3);
    }
}
