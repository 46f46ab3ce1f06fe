//! The two operations of a variational auto-encoder that are not layers.
//!
//! Kingma & Welling, arXiv:1312.6114. `heads` is `[rows, 2·latent]`: means, then log
//! variances. [`reparameterise`]: z = μ + e^{s/2}·ε (§2.4). [`loss`]:
//! Σᵢ wᵢ·(Rᵢ + β·KLᵢ), `[1, 1]`, with KL = ½ Σ (μ² + e^s − 1 − s) (appendix B) and R the
//! negative log-likelihood of the row, in nats:
//! Bernoulli with logits l: Σ softplus(l) − x·l; Gaussian with means l and variances
//! v = floor + e^t: Σ (l − x)²/2v + ½ ln v (its constant n·ln √2π is left out). `t` is
//! `[1, 1]`, one for all features, or `[1, features]`; a floor keeps the likelihood of a
//! feature that never varies bounded.

use std::sync::Arc;

use super::simd::{exp, sum, sum_of, wide};
use super::{Backward, Checkpointer, Gradients, Ops, close, contiguous, matrix, open};
use super::{record, size, values};
use crate::neural::device::{Fused, FusedTensor, fuses};
use burn::Tensor;
use burn::tensor::TensorData;

/// The distribution of a row given its latent code.
#[derive(Clone, Debug, PartialEq)]
pub enum Reconstruction {
    /// Independent Bernoulli features; the decoder gives logits; data in \[0, 1\].
    Bernoulli,
    /// Independent normal features with these variances; the decoder gives means.
    Gaussian(Arc<[f32]>),
}

/// The variances floor + e^t of `n` features.
pub fn variances(t: &[f32], floor: f32, n: usize) -> Vec<f32> {
    (0..n).map(|i| floor + exp(t[i % t.len()])).collect()
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
    /// The least variance of a Gaussian feature.
    pub floor: f32,
    /// The weight β of the divergence.
    pub beta: f32,
}

/// Returns Σᵢ wᵢ·(Rᵢ + β·KLᵢ), `[1, 1]`: Gaussian features with log variances `t`, else Bernoulli.
pub fn loss(decoded: Tensor<2>, heads: Tensor<2>, t: Option<Tensor<2>>, target: &Target) -> Tensor<2> {
    if fuses(&decoded.device()) {
        loss_fused(decoded, heads, t, target)
    } else {
        loss_graph(decoded, heads, t, target)
    }
}

/// [`loss`] from burn's own operations.
pub fn loss_graph(decoded: Tensor<2>, heads: Tensor<2>, t: Option<Tensor<2>>, target: &Target) -> Tensor<2> {
    let device = decoded.device();
    let [rows, n] = decoded.dims();
    let latent = heads.dims()[1] / 2;
    let x = Tensor::<2>::from_data(TensorData::new(target.rows.to_vec(), [rows, n]), &device);
    let w = TensorData::new(target.weights.to_vec(), [rows, 1]);
    let w = Tensor::<2>::from_data(w, &device);
    let misfit = match t {
        None => {
            let softplus = (decoded.clone().abs().neg().exp() + 1.0).log()
                + burn::tensor::activation::relu(decoded.clone());
            softplus - decoded * x
        }
        Some(t) => {
            let variance = t.exp() + target.floor;
            let off = decoded - x;
            off.clone() * off / (variance.clone() * 2.0) + variance.log() * 0.5
        }
    };
    let mean = heads.clone().narrow(1, 0, latent);
    let spread = heads.narrow(1, latent, latent);
    let kl = (mean.clone() * mean + spread.clone().exp() - spread - 1.0) * 0.5;
    ((misfit.sum_dim(1) + kl.sum_dim(1) * target.beta) * w).sum().reshape([1, 1])
}

/// Negative log-likelihood of one row, a Gaussian's without its ½ Σ ln 2πv; overwrites `decoded` with its derivative.
#[inline(always)]
pub(crate) fn misfit(decoded: &mut [f32], x: &[f32], reconstruction: &Reconstruction) -> f32 {
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
        Reconstruction::Gaussian(variances) => {
            let off = sum(n, |i| (decoded[i] - x[i]) * (decoded[i] - x[i]) / variances[i]);
            for ((d, &x), v) in decoded.iter_mut().zip(x).zip(variances.iter()) {
                *d = (*d - x) / v;
            }
            0.5 * off
        }
    }
}

/// The derivatives that [`loss_rows`] fills: of the decoded rows, which it overwrites, of the heads, and half of
/// −Σᵢ wᵢ (l − x)²/v², that of each variance.
struct Slopes<'a> {
    decoded: &'a mut [f32],
    heads: &'a mut [f32],
    variances: &'a mut [f32],
}

/// The loss without its ½ ln v.
#[inline(always)]
fn loss_rows(d: Slopes<'_>, heads: &[f32], how: &Reconstruction, target: &Target, latent: usize) -> f64 {
    let Slopes { decoded, heads: dh, variances } = d;
    let mut total = 0.0f64;
    let n = variances.len();
    let targets = target.rows.chunks_exact(n).zip(target.weights.iter());
    let heads = heads.chunks_exact(2 * latent).zip(dh.chunks_exact_mut(2 * latent));
    for ((d, (x, &w)), (head, dh)) in decoded.chunks_exact_mut(n).zip(targets).zip(heads) {
        let rec = misfit(d, x, how);
        for (v, s) in d.iter_mut().zip(variances.iter_mut()) {
            *s -= 0.5 * w * *v * *v;
            *v *= w;
        }
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

pub(crate) fn loss_fused(
    decoded: Tensor<2>,
    heads: Tensor<2>,
    t: Option<Tensor<2>>,
    target: &Target,
) -> Tensor<2> {
    let gaussian = t.is_some();
    let t = t.unwrap_or_else(|| Tensor::zeros([1, 1], &decoded.device()));
    let (decoded, d_node) = open(decoded).into_parts();
    let (heads, h_node) = open(heads).into_parts();
    let (t, t_node) = open(t).into_parts();
    let decoded = contiguous(decoded);
    let heads = contiguous(heads);
    let ([rows, n], [_, two]) = (size(&decoded), size(&heads));
    let mut dd = values(&decoded).to_vec();
    let mut dh = vec![0.0f32; rows * two];
    let mut dv = vec![0.0f32; n];
    let t = values(&t);
    let how = match gaussian {
        true => Reconstruction::Gaussian(variances(t, target.floor, n).into()),
        false => Reconstruction::Bernoulli,
    };
    let from = values(&heads);
    let slopes = Slopes { decoded: &mut dd, heads: &mut dh, variances: &mut dv };
    let mut total = wide(
        #[inline(always)]
        || loss_rows(slopes, from, &how, target, two / 2),
    );
    let mut dt = vec![0.0f32; t.len()];
    if let Reconstruction::Gaussian(variances) = &how {
        let weight: f32 = target.weights.iter().sum();
        for (i, (v, d)) in variances.iter().zip(&dv).enumerate() {
            total += f64::from(0.5 * weight * v.ln());
            dt[i % t.len()] += (d + 0.5 * weight / v) * (v - target.floor);
        }
    }
    let shape = [1, dt.len()];
    let saved = [matrix(dd, [rows, n]), matrix(dh, [rows, two]), matrix(dt, shape)];
    let total = matrix(vec![total as f32], [1, 1]);
    close(record!(LossBack, [d_node, h_node, t_node], saved, total))
}

impl Backward<Fused, 3> for LossBack {
    type State = [FusedTensor; 3];

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let g = values(&grads.consume::<Fused>(&ops.node))[0];
        for (node, mut d) in ops.parents.into_iter().zip(ops.state) {
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
    fn the_losses_agree_with_the_graph_and_with_finite_differences() {
        let rows: Vec<f32> = pseudo([3, 70], 8).1.iter().map(|v| v.abs()).collect();
        let target = Target { rows: rows.into(), weights: [0.5, 0.02, 1.0].into(), floor: 0.03, beta: 0.7 };
        agree(
            &[pseudo([3, 70], 1), pseudo([3, 4], 2)],
            |t| loss_fused(t[0].clone(), t[1].clone(), None, &target) * 0.1,
            |t| loss_graph(t[0].clone(), t[1].clone(), None, &target) * 0.1,
        );
        // One variance for all features, and one a feature.
        for spread in [1, 70] {
            agree(
                &[pseudo([3, 70], 1), pseudo([3, 4], 2), pseudo([1, spread], 3)],
                |t| loss_fused(t[0].clone(), t[1].clone(), Some(t[2].clone()), &target) * 0.1,
                |t| loss_graph(t[0].clone(), t[1].clone(), Some(t[2].clone()), &target) * 0.1,
            );
        }
    }

    #[test]
    fn a_fair_coin_costs_ln_two_a_feature() {
        let mut logits = vec![0.0f32; 130];
        let rec = misfit(&mut logits, &[1.0; 130], &Reconstruction::Bernoulli);
        assert!((rec - 130.0 * std::f32::consts::LN_2).abs() < 1e-3);
    }
}
