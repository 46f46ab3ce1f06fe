//! Variational auto-encoder: an MLP encoder and decoder around a normal latent code.
//!
//! Kingma & Welling, arXiv:1312.6114. The encoder gives q(z|x) = N(μ(x), diag e^{s(x)}), the
//! decoder p(x|z); training maximises E_q ln p(x|z) − β·KL(q ‖ N(0, I)) (eq. 3 and 10; β of
//! Higgins et al., ICLR 2017) with one z a row. Shapes: input–hidden–latent and back, ReLU.
//!
//! A row's columns are joined into one vector: numbers scaled to \[0, 1\] by the range that
//! the schema states (without one: to mean 0 and deviation 1 of the training rows, Gaussian
//! likelihood only), categories and labels one-hot, so that labelled data are modelled
//! jointly. Cost of a step: about 12·batch·hidden·(input + 1.5·latent) operations.
//!
//! Sampling: z ~ N(0, λI) with λ the spec's `covariance_scale`, then the decoder's mean, or
//! a draw from p(x|z). `temperature`, `top_k` and their like have no meaning here and are
//! refused. Categories are drawn in proportion to their decoded probability in both modes.

mod net;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::device::{DeviceName, selected, training_device};
use super::init::Weights;
use super::kernels::adam::Rule;
use super::kernels::variational::Reconstruction;
use super::train::{Effort, Schedule, initial, steps, train, warm};
use super::{EFFORT, parameter};
use crate::data::{Mix, Samples, Schema};
use crate::models::{
    Affine, Ask, BoxedFamily, Density, Family, FitError, Model, Refusal, SampleError, Sampling, Start,
    StorageError, affine,
};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::spec::{Error, Node};
use net::Net;
use table::Table;

/// The distribution of a row given its latent code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likelihood {
    /// Independent Bernoulli features (binary cross-entropy); needs a stated range.
    #[default]
    Bernoulli,
    /// Independent normal features with deviation `noise`.
    Gaussian,
}

/// What a sampled row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// The decoder's mean: what model-collapse experiments on images use.
    #[default]
    Mean,
    /// A draw from the decoder's distribution (binary pixels under Bernoulli).
    Sample,
}

/// Parameters of the family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VaeParams {
    /// Hidden units of encoder and decoder, ≥ 1. Default 128.
    pub hidden: usize,
    /// Latent dimensions, ≥ 1. Default 8.
    pub latent: usize,
    /// `"bernoulli"` (default) or `"gaussian"`.
    pub likelihood: Likelihood,
    /// Gaussian likelihood: standard deviation of a scaled feature, > 0. Default 0.1.
    pub noise: f64,
    /// Weight of the divergence, ≥ 0. Default 1.
    pub beta: f64,
    /// Adam's learning rate, > 0. Default 0.001.
    pub learning_rate: f64,
    /// Rows a step, ≥ 1. Default 64.
    pub batch: usize,
    /// `"steps"` (default) or `"epochs"`.
    pub effort: Effort,
    /// Passes over the training set, with `effort = "epochs"`. Default 20.
    pub epochs: usize,
    /// Optimiser steps, with `effort = "steps"`. Default 2000.
    pub steps: usize,
    /// `"mean"` (default) or `"sample"`.
    pub output: Output,
    /// Draws of z a row in the likelihood bound, ≥ 1; 1 is the ELBO. Default 16.
    pub importance_samples: usize,
}

impl Default for VaeParams {
    fn default() -> Self {
        VaeParams {
            hidden: 128,
            latent: 8,
            likelihood: Likelihood::Bernoulli,
            noise: 0.1,
            beta: 1.0,
            learning_rate: 1e-3,
            batch: 64,
            effort: Effort::Steps,
            epochs: 20,
            steps: 2000,
            output: Output::Mean,
            importance_samples: 16,
        }
    }
}

impl VaeParams {
    fn check(&self) -> Result<(), Refusal> {
        let refuse = |what: &str| Err(Refusal::new(format!("vae: {what}")));
        if self.hidden == 0 || self.latent == 0 || self.batch == 0 || self.importance_samples == 0 {
            return refuse("hidden, latent, batch and importance_samples must be at least 1");
        }
        if !(self.noise > 0.0 && self.learning_rate > 0.0 && self.beta >= 0.0) {
            return refuse("noise and learning_rate must be above 0, beta at least 0");
        }
        Ok(())
    }

    fn reconstruction(&self) -> Reconstruction {
        match self.likelihood {
            Likelihood::Bernoulli => Reconstruction::Bernoulli,
            Likelihood::Gaussian => Reconstruction::Gaussian(self.noise as f32),
        }
    }
}

/// The family: parameters and the device that trains.
#[derive(Clone, Debug, Default)]
pub struct Vae {
    /// The parameters.
    pub params: VaeParams,
    /// Where training runs.
    pub device: DeviceName,
}

/// A fitted variational auto-encoder.
pub struct VaeModel {
    params: VaeParams,
    table: Table,
    weights: Weights,
    net: Net,
    losses: Vec<f32>,
}

/// What a file holds beside the weights.
#[derive(Serialize, Deserialize)]
struct Config {
    params: VaeParams,
    table: Table,
}

const NAME: &str = "vae";

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: NAME,
    summary: "Variational auto-encoder: MLP encoder and decoder around a normal latent code",
    details: "Maximises E_q ln p(x|z) − β KL(q(z|x) ‖ N(0, I)) with one z a row; q and p are MLPs of one \
              hidden ReLU layer. Numbers are scaled by their stated range (standardised without one, \
              Gaussian likelihood only); categories and labels are one-hot and modelled jointly.\n\n\
              Rows are made from z ~ N(0, λI), λ = `sampling.covariance_scale`: the decoder's mean, or a \
              draw. Likelihoods are importance-weighted lower bounds in nats.",
    source: "Kingma & Welling, arXiv:1312.6114; bound: Burda et al., arXiv:1509.00519, eq. 8",
    parameters: &[
        parameter("hidden", "128", "hidden units, at least 1"),
        parameter("latent", "8", "latent dimensions, at least 1"),
        parameter("likelihood", "\"bernoulli\"", "\"bernoulli\" (needs a stated range) or \"gaussian\""),
        parameter("noise", "0.1", "gaussian: standard deviation of a scaled feature, above 0"),
        parameter("beta", "1", "weight of the divergence, at least 0"),
        parameter("learning_rate", "0.001", "Adam's learning rate, above 0"),
        parameter("batch", "64", "rows a step, at least 1"),
        EFFORT,
        parameter("epochs", "20", "passes over the training set, with effort = \"epochs\""),
        parameter("steps", "2000", "optimiser steps, with effort = \"steps\""),
        parameter("output", "\"mean\"", "\"mean\" of the decoder, or a \"sample\" of its distribution"),
        parameter("importance_samples", "16", "draws of z a row in the likelihood bound, at least 1"),
    ],
    version: 1,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, on the selected device.
pub fn build(node: &Node) -> Result<BoxedFamily, Error> {
    Ok(Box::new(Vae { params: node.parse()?, device: selected() }))
}

impl VaeModel {
    fn new(params: VaeParams, table: Table, weights: Weights, losses: Vec<f32>) -> Self {
        let net = Net::new(&weights, table.width());
        VaeModel { params, table, weights, net, losses }
    }

    /// The loss of every training step, before its update: nats a row in scaled units, a
    /// Gaussian's constant left out. Empty after [`Family::load`].
    pub fn losses(&self) -> &[f32] {
        &self.losses
    }
}

impl Family for Vae {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.params.check()?;
        Table::check(schema, self.params.likelihood)
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let p = &self.params;
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let warm = warm::<VaeModel>(NAME, start)?;
        // A warm start keeps the scaling that its weights were trained with.
        let table = match warm {
            Some(model) => model.table.clone(),
            None => Table::fit(&rows),
        };
        let layout = net::layout(table.width(), p.hidden, p.latent);
        let mut weights = initial(NAME, layout, warm.map(|model| &model.weights), streams)?;
        let data = table.encode(&rows, p.likelihood)?;
        let schedule = Schedule {
            steps: steps(p.effort, p.epochs, p.steps, row_weights.len(), p.batch),
            batch: p.batch,
            rate: p.learning_rate as f32,
            warmup: 0,
            cosine: false,
            rule: Rule::default(),
            decay: 0.0,
        };
        let device = training_device(self.device);
        let (width, latent) = (table.width(), p.latent);
        let losses = train(&mut weights, &row_weights, &schedule, &device, streams, |step| {
            net::loss(step, &data, width, latent, p.reconstruction(), p.beta as f32)
        })?;
        Ok(Box::new(VaeModel::new(p.clone(), table, weights, losses)))
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        let (config, weights) = checkpoint::load(from, NAME, |c: &Config| {
            Ok(net::layout(c.table.width(), c.params.hidden, c.params.latent))
        })?;
        Ok(Box::new(VaeModel::new(config.params, config.table, weights, vec![])))
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

impl Affine for Vae {
    /// All weights. The scaling of the rows is the first model's, which a warm-started fit kept.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<VaeModel>(models)?;
        let (_, first) = models[0];
        let weights = Weights::combined(&models, |m| &m.weights);
        let weights = weights.ok_or_else(|| Refusal::new("vae: the models differ in shape"))?;
        Ok(Box::new(VaeModel::new(first.params.clone(), first.table.clone(), weights, vec![])))
    }
}

impl Model for VaeModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("vae: makes new rows only").into());
        }
        let plain = Sampling { covariance_scale: how.covariance_scale, ..Sampling::default() };
        if *how != plain {
            return Err(Refusal::new("vae: of the sampling settings only covariance_scale applies").into());
        }
        if !(how.covariance_scale >= 0.0 && how.covariance_scale.is_finite()) {
            return Err(Refusal::new("vae: covariance_scale must be at least 0").into());
        }
        self.draw(n, how.covariance_scale.sqrt() as f32, streams)
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn size(&self) -> usize {
        self.weights.values().len()
    }

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        let config = Config { params: self.params.clone(), table: self.table.clone() };
        checkpoint::save(to, NAME, &config, &self.weights)
    }
}

impl VaeModel {
    /// Each row has its own stream, so a longer draw starts with a shorter one.
    fn draw(&self, n: usize, deviation: f32, streams: &Streams) -> Result<Samples, SampleError> {
        let mut out = self.table.writer(n);
        let mut decoded = Vec::new();
        for from in (0..n).step_by(256) {
            let rows = 256.min(n - from);
            let mut rngs: Vec<_> = (from..from + rows).map(|r| streams.at(r as u64).rng()).collect();
            let mut z = Vec::with_capacity(rows * self.params.latent);
            for rng in &mut rngs {
                z.extend(net::normals(rng, self.params.latent).map(|e| e * deviation));
            }
            self.net.decode(&z, &mut decoded);
            for (row, rng) in decoded.chunks_exact(self.table.width()).zip(&mut rngs) {
                if row.iter().any(|v| !v.is_finite()) {
                    return Err(SampleError::NotFinite);
                }
                out.push(row, self.params.reconstruction(), self.params.output, rng);
            }
        }
        out.finish().map_err(|e| SampleError::Refused(Refusal::new(e.to_string())))
    }
}

impl Density for VaeModel {
    /// ln (1/K) Σ p(x, z_k)/q(z_k|x), z_k ~ q(·|x): Burda et al., arXiv:1509.00519, eq. 8.
    fn log_likelihood(&self, rows: &Samples, streams: &Streams) -> Result<Vec<f64>, Refusal> {
        Table::check(rows.schema(), self.params.likelihood)?;
        let data =
            self.table.encode(rows, self.params.likelihood).map_err(|e| Refusal::new(e.to_string()))?;
        let constant = self.table.log_volume(self.params.reconstruction());
        let k = self.params.importance_samples;
        let bound = |(r, row): (usize, &[f32])| {
            self.net.bound(row, k, self.params.reconstruction(), &mut streams.at(r as u64).rng()) + constant
        };
        Ok(data.chunks_exact(self.table.width()).enumerate().map(bound).collect())
    }

    fn bound(&self) -> Option<&'static str> {
        Some("importance-weighted lower bound (IWAE, `importance_samples` draws a row)")
    }
}
