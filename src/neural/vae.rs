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
//! The variance of a Gaussian feature about the decoder's mean is learned, one for all (σ-VAE,
//! Rybkin et al., arXiv:2006.13202) or one a feature, or stated.
//!
//! Sampling: z ~ N(0, λI) with λ the spec's `covariance_scale`, then a draw from p(x|z), or the
//! decoder's mean, which is a sharpened sampler: its rows lack the spread of p(x|z). Numbers with
//! a stated range are cut to it. `temperature`, `top_k` and their like have no meaning here and are
//! refused. Categories are drawn in proportion to their decoded probability in both modes.

mod draw;
mod net;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::de::Visitor;
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer, Serialize};

use super::checkpoint;
use super::device::{DeviceName, training_device};
use super::init::{Layout, Weights};
use super::kernels::variational::{Reconstruction, variances};
use super::size::{Presets, SIZE};
use super::table::{self, Scaling, Table};
use super::train::{Budget, Course, check_decay, initial, train, warm};
use crate::data::{Kind, Mix, Samples, Schema};
use crate::models::{
    Affine, Ask, BoxedFamily, Density, Family, FitError, LossCurve, Model, Refusal, SampleError, Sampling,
    Start, StorageError, affine,
};
use crate::registry::{About, BuildContext, Entry};
use crate::rng::Streams;
use crate::spec::{Error, Node, joined};
use net::{Net, Noise};

/// The distribution of a row given its latent code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Likelihood {
    /// Independent Bernoulli features (binary cross-entropy); needs a stated range.
    Bernoulli,
    /// Independent normal features with the variance `variance`.
    #[default]
    Gaussian,
}

/// The variance of Gaussian features about the decoder's mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Variance {
    /// It is trained with the weights.
    Learned(Learned),
    /// Of every scaled feature.
    Fixed(f64),
}

impl<'de> Deserialize<'de> for Variance {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Variance;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("\"feature\", \"scale\" or a number above 0")
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Variance, E> {
                Learned::deserialize(StrDeserializer::new(word)).map(Variance::Learned)
            }
            fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Variance, E> {
                Ok(Variance::Fixed(v))
            }
            fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Variance, E> {
                Ok(Variance::Fixed(v as f64))
            }
            fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Variance, E> {
                Ok(Variance::Fixed(v as f64))
            }
        }
        from.deserialize_any(Either)
    }
}

/// How many variances are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Learned {
    /// One a feature.
    Feature,
    /// One for all features.
    Scale,
}

/// What a sampled row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Output {
    /// The decoder's mean: sharper than the fitted distribution.
    Mean,
    /// A draw from the decoder's distribution (binary pixels under Bernoulli).
    #[default]
    Sample,
}

crate::parameters! {
    /// Parameters of the family.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct VaeParams {
        /// hidden units of encoder and decoder
        pub hidden: usize = 128, in at_least(1);
        /// latent dimensions
        pub latent: usize = 8, in at_least(1);
        /// "gaussian" or "bernoulli" (needs a stated range)
        pub likelihood: Likelihood = Likelihood::Gaussian => "\"gaussian\"";
        /// gaussian: variance of a scaled feature, learned for each ("feature") or for all ("scale"), or a number
        pub variance: Variance = Variance::Learned(Learned::Feature) => "\"feature\"", in above(0);
        /// weight of the divergence
        pub beta: f64 = 1.0, in at_least(0);
        /// Adam's learning rate at the start
        pub learning_rate: f64 = 0.008, in above(0);
        /// "wsd" (constant, then linear to 0 over the last 30 %), "cosine" (to a tenth) or "constant"
        pub schedule: Course = Course::Wsd => "\"wsd\"";
        /// passes over the training set, with effort = "epochs"
        pub epochs: usize = 20;
        /// optimiser steps, with effort = "steps"
        pub steps: usize = 1500;
        /// a "sample" of the decoder's distribution, or its "mean"
        pub output: Output = Output::Sample => "\"sample\"";
        /// draws of z a row in the likelihood bound; 1 is the ELBO
        pub importance_samples: usize = 16, in at_least(1);
    }
    include {
        /// How much training is done.
        #[serde(flatten)]
        pub budget: Budget = Budget::default();
    }
}

impl VaeParams {
    /// Refuses numbers without a stated range where the likelihood needs one.
    fn check_range(&self, schema: &Schema) -> Result<(), Refusal> {
        for field in schema.fields.iter().filter(|_| self.likelihood == Likelihood::Bernoulli) {
            let stated = match field.kind {
                Kind::F32 { range, .. } => range.is_some_and(|(low, high)| high > low),
                Kind::F64 { .. } => false,
                _ => true,
            };
            if !stated {
                return Err(Refusal::new(format!(
                    "vae: column `{}` states no range, which likelihood = \"bernoulli\" needs; \
                     use likelihood = \"gaussian\"",
                    field.name
                )));
            }
        }
        Ok(())
    }

    /// Scaled features; refuses what is not finite or out of the range that the likelihood needs.
    fn encode(&self, table: &Table, rows: &Samples) -> Result<Vec<f32>, FitError> {
        let data = table.encode(NAME, rows)?;
        if self.likelihood == Likelihood::Bernoulli {
            let outside = data.iter().position(|v| !(-1e-5..=1.0 + 1e-5).contains(v));
            if let Some(at) = outside {
                let (row, i) = (at / table.width(), at % table.width());
                let part = table.parts().find(|part| part.at.contains(&i));
                let name = part.map_or("", |part| part.field.name.as_str());
                let (offset, scale) = table.scale(i);
                let value = offset + scale * data[at];
                let why = format!("vae: column `{name}`, row {row}: {value} is outside the stated range");
                return Err(Refusal::new(why).into());
            }
        }
        Ok(data)
    }

    fn noise(&self) -> Noise {
        match (self.likelihood, self.variance) {
            (Likelihood::Bernoulli, _) => Noise::Bernoulli,
            (_, Variance::Fixed(variance)) => Noise::Fixed(variance as f32),
            (_, Variance::Learned(_)) => Noise::Learned,
        }
    }

    fn layout(&self, width: usize) -> Layout {
        let variances = match (self.likelihood, self.variance) {
            (Likelihood::Gaussian, Variance::Learned(Learned::Feature)) => width,
            (Likelihood::Gaussian, Variance::Learned(Learned::Scale)) => 1,
            _ => 0,
        };
        net::layout(width, self.hidden, self.latent, variances)
    }

    fn reconstruction(&self, weights: &Weights, width: usize) -> Reconstruction {
        let variances = match self.noise() {
            Noise::Bernoulli => return Reconstruction::Bernoulli,
            Noise::Fixed(variance) => vec![variance; width],
            Noise::Learned => variances(weights.get(net::VARIANCES), net::FLOOR, width),
        };
        Reconstruction::Gaussian(variances.into())
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
    reconstruction: Reconstruction,
    losses: LossCurve,
}

/// What a file holds beside the weights.
#[derive(Serialize, Deserialize)]
struct Config {
    params: VaeParams,
    table: Table,
}

const NAME: &str = "vae";

/// What `size` sets.
pub const PRESETS: Presets = Presets {
    tables: ["", "steps = 3000", "hidden = 256\nlatent = 16\nsteps = 6000"],
    narrow: [""; 3],
    measured: [
        "digits8x8, 800 rows: 20,000 parameters, 0.1 s, precision .84, recall .81, coverage .69",
        "digits8x8, 800 rows: 20,000 parameters, 0.3 s, precision .85, recall .84, coverage .70",
        "digits8x8, 800 rows: 46,000 parameters, 0.9 s, precision .85, recall .79, coverage .72",
    ],
};

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: NAME,
    summary: "Variational auto-encoder: MLP encoder and decoder around a normal latent code",
    details: "Maximises E_q ln p(x|z) − β KL(q(z|x) ‖ N(0, I)) with one z a row; q and p are MLPs of one \
              hidden ReLU layer. Numbers are scaled by their stated range (standardised without one, \
              Gaussian likelihood only); categories and labels are one-hot and modelled jointly. A learned variance is \
              at least 0.0004 of a scaled feature.\n\n\
              Rows are made from z ~ N(0, λI), λ = `sampling.covariance_scale`: a draw of p(x|z), cut to the stated \
              range, or the decoder's mean. The mean is a sharpened sampler: it loses variety at every generation that \
              the fitted model still has. Likelihoods are importance-weighted lower bounds in nats.",
    source: "Kingma & Welling, arXiv:1312.6114; variance: Rybkin et al., arXiv:2006.13202; bound: Burda et al., \
             arXiv:1509.00519, eq. 8",
    parameters: &joined::<{ 1 + VaeParams::PARAMETERS.len() }>(&[&[SIZE], VaeParams::PARAMETERS]),
    version: 2,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, for the context's device.
pub fn build(node: &Node, context: &BuildContext) -> Result<BoxedFamily, Error> {
    let by_width = PRESETS.read::<VaeParams>(node)?;
    Ok(Box::new(Vae { params: by_width.of(usize::MAX).clone(), device: context.device }))
}

impl VaeModel {
    fn new(params: VaeParams, table: Table, weights: Weights, losses: LossCurve) -> Self {
        let net = Net::new(&weights, table.width());
        let reconstruction = params.reconstruction(&weights, table.width());
        VaeModel { params, table, weights, net, reconstruction, losses }
    }
}

impl Family for Vae {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        check_decay(NAME, self.params.budget.weight_decay, self.params.learning_rate)?;
        table::check(NAME, schema, None)?;
        self.params.check_range(schema)
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let p = &self.params;
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let warm = warm::<VaeModel>(NAME, start)?;
        // A warm start keeps the scaling that its weights were trained with.
        let table = match warm {
            Some(model) => model.table.clone(),
            None => Table::fit(&rows, Scaling::Unit, None),
        };
        let width = table.width();
        let mut weights = initial(NAME, p.layout(width), warm.map(|model| &model.weights), streams)?;
        let data = p.encode(&table, &rows)?;
        if warm.is_none() && matches!(p.noise(), Noise::Learned) {
            // A decoder that knows nothing yet leaves the whole variance of the rows.
            let spread = log_variances(&data, width, &row_weights);
            let to = weights.layout().span(net::VARIANCES);
            let mean = spread.iter().sum::<f32>() / spread.len() as f32;
            let start = if to.len() == width { spread } else { vec![mean; to.len()] };
            weights.values_mut()[to].copy_from_slice(&start);
        }
        let count = [p.steps, p.epochs];
        let schedule = p.budget.schedule(p.learning_rate, p.schedule, count, row_weights.len());
        let device = training_device(self.device);
        let losses = train(&mut weights, &row_weights, &schedule, &device, streams, |step| {
            net::loss(step, &data, width, p.latent, p.noise(), p.beta as f32)
        })?;
        Ok(Box::new(VaeModel::new(p.clone(), table, weights, losses)))
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        let (config, weights, losses) =
            checkpoint::load(from, NAME, |c: &Config| Ok(c.params.layout(c.table.width())))?;
        Ok(Box::new(VaeModel::new(config.params, config.table, weights, losses)))
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
        let (params, table) = (first.params.clone(), first.table.clone());
        Ok(Box::new(VaeModel::new(params, table, weights, LossCurve::default())))
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

    fn losses(&self) -> Option<&LossCurve> {
        Some(&self.losses)
    }

    fn twin(&self) -> Option<Box<dyn Model>> {
        let (table, weights) = (self.table.clone(), self.weights.clone());
        Some(Box::new(VaeModel::new(self.params.clone(), table, weights, self.losses.clone())))
    }

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        let config = Config { params: self.params.clone(), table: self.table.clone() };
        checkpoint::save(to, NAME, &config, (&self.weights, &self.losses))
    }
}

/// ln of each feature's weighted variance, at least that of the floor.
fn log_variances(data: &[f32], width: usize, weights: &[f64]) -> Vec<f32> {
    let total: f64 = weights.iter().sum();
    let mean = |i: usize, of: &dyn Fn(f64) -> f64| {
        let rows = data.chunks_exact(width).zip(weights);
        rows.map(|(row, w)| w * of(f64::from(row[i]))).sum::<f64>() / total
    };
    let log = |i: usize| {
        let centre = mean(i, &|x| x);
        (mean(i, &|x| (x - centre).powi(2)) as f32).max(net::FLOOR).ln()
    };
    (0..width).map(log).collect()
}

impl Density for VaeModel {
    /// ln (1/K) Σ p(x, z_k)/q(z_k|x), z_k ~ q(·|x): Burda et al., arXiv:1509.00519, eq. 8.
    fn log_likelihood(&self, rows: &Samples, streams: &Streams) -> Result<Vec<f64>, Refusal> {
        self.params.check_range(rows.schema())?;
        let data = self.params.encode(&self.table, rows).map_err(|e| Refusal::new(e.to_string()))?;
        let constant = self.constant();
        let k = self.params.importance_samples;
        let bound = |(r, row): (usize, &[f32])| {
            self.net.bound(row, k, &self.reconstruction, &mut streams.at(r as u64).rng()) + constant
        };
        Ok(data.chunks_exact(self.table.width()).enumerate().map(bound).collect())
    }

    fn bound(&self) -> Option<&'static str> {
        Some("importance-weighted lower bound (IWAE, `importance_samples` draws a row)")
    }
}
