//! RealNVP: an invertible map from rows to normal noise, with an exact likelihood.
//!
//! Dinh, Sohl-Dickstein & Bengio, arXiv:1605.08803: `couplings` affine couplings, each of which moves half of the features
//! by y = x·e^s + t with s and t a perceptron's reading of the other half (eq. 7), |s| below 4; between them the features
//! change places. Training maximises the exact log likelihood (eq. 2), of rows to which independent normal noise of
//! deviation `noise` is added: pixels pile up at 0 and 1, where a density has no bound. Rows are made by taking the map
//! back from N(0, λI).
//!
//! Numbers are scaled to mean 0 and deviation 1, those of a column with a stated range by one factor, and are not cut
//! to the range; codes are one-hot features, the largest of which is the level; a label is a class that all couplings see.
//! Cost of a step: about 6·batch·parameters operations.

mod net;

use std::path::Path;

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::device::{DeviceName, training_device};
use super::init::Weights;
use super::plan::{self, Plan};
use super::size::{ByWidth, Presets, SIZE};
use super::table;
use super::train::{Budget, Course, Schedule, check_decay, initial, train, warm};
use crate::data::{Mix, Samples, Schema};
use crate::models::{
    Affine, Ask, BoxedFamily, Density, Family, FitError, LossCurve, Model, Refusal, SampleError, Sampling,
    Start, StorageError, Transform, affine,
};
use crate::registry::{About, BuildContext, Entry};
use crate::rng::Streams;
use crate::spec::{Error, Node, joined};
pub use net::Mixing;
use net::{Net, Shape};

crate::parameters! {
    /// Parameters of the family.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct RealnvpParams {
        /// affine couplings
        pub couplings: usize = 6, in at_least(1);
        /// units of the two hidden layers of a coupling's perceptron
        pub hidden: usize = 64, in at_least(1);
        /// between couplings: "permute" features, or also "rotate" pairs by 45°
        pub mixing: Mixing = Mixing::Rotate => "\"rotate\"";
        /// deviation of the noise that training adds to a scaled feature
        pub noise: f64 = 0.13, in at_least(0);
        /// Adam's learning rate at the start
        pub learning_rate: f64 = 0.003, in above(0);
        /// "cosine" (to a tenth), "wsd" (constant, then linear to 0 over the last 30 %) or "constant"
        pub schedule: Course = Course::Cosine => "\"cosine\"";
        /// passes over the training set, with effort = "epochs"
        pub epochs: usize = 100;
        /// optimiser steps, with effort = "steps"
        pub steps: usize = 1500;
        /// whether numbers are cut to their stated range
        pub clip_samples: bool = false;
    }
    include {
        /// How much training is done.
        #[serde(flatten)]
        pub budget: Budget = Budget::default();
    }
}

impl RealnvpParams {
    fn check(&self) -> Result<(), Refusal> {
        check_decay(NAME, self.budget.weight_decay, self.learning_rate)
    }

    fn shape(&self, plan: &Plan) -> Shape {
        Shape {
            width: plan.table.width(),
            classes: plan.classes.count(),
            couplings: self.couplings,
            hidden: self.hidden,
            mixing: self.mixing,
        }
    }
}

/// The family: parameters and the device that trains.
#[derive(Clone, Debug, Default)]
pub struct Realnvp {
    /// The parameters, by the number of features of a row.
    pub params: ByWidth<RealnvpParams>,
    /// Where training runs.
    pub device: DeviceName,
}

/// A fitted flow.
pub struct RealnvpModel {
    config: Config,
    weights: Weights,
    net: Net,
    losses: LossCurve,
}

/// What a file holds beside the weights.
#[derive(Clone, Serialize, Deserialize)]
struct Config {
    params: RealnvpParams,
    #[serde(flatten)]
    plan: Plan,
}

impl Config {
    fn shape(&self) -> Shape {
        self.params.shape(&self.plan)
    }
}

const NAME: &str = "realnvp";

/// What `size` sets.
pub const PRESETS: Presets = Presets {
    tables: ["", "hidden = 128\nsteps = 2000", "hidden = 128\ncouplings = 8\nsteps = 4000"],
    narrow: [
        "hidden = 32\nbatch = 256\nlearning_rate = 0.005\nnoise = 0\nsteps = 2200",
        "couplings = 8\nhidden = 64\nbatch = 256\nlearning_rate = 0.005\nweight_decay = 0.1\nnoise = 0\nsteps = 5000",
        "couplings = 12\nhidden = 64\nbatch = 256\nlearning_rate = 0.005\nweight_decay = 0.1\nnoise = 0\nsteps = 8000",
    ],
    measured: [
        "digits8x8, 800 rows: 63,000 parameters, 0.8 s, precision .87, recall .86, coverage .73",
        "digits8x8, 800 rows: 174,000 parameters, 2.0 s, precision .96, recall .81, coverage .86",
        "digits8x8, 800 rows: 232,000 parameters, 5.3 s, precision .98, recall .79, coverage .93",
    ],
};

/// The family's entry in lists and descriptions.
pub const ABOUT: About = About {
    name: NAME,
    summary: "RealNVP: an invertible map from rows to normal noise, with an exact likelihood",
    details: "Affine couplings move half of the features by y = x e^s + t, with s and t a perceptron's reading of the \
              other half (two GELU layers, |s| < 4); between couplings the features change places, and with \
              mixing = \"rotate\" pairs of them turn by 45°. AdamW maximises the exact log likelihood of the rows with \
              normal noise of deviation `noise` added to every scaled feature, and it is the likelihood and the rows \
              of that law that the model gives. Numbers are scaled to mean 0 \
              and deviation 1, those of a column with a stated range by one factor; codes are one-hot, and the largest feature is the level. Samples are not cut to the range \
              unless `clip_samples` says so: cutting takes variance at every generation. At least two features.\n\n\
              Beside a label the couplings see the class, and labels have the weighted shares of the training rows. \
              `sampling.covariance_scale` multiplies the variance of the normal noise that rows are made from. \
              Likelihoods are exact, in nats, and not offered with codes among the features.",
    source: "Dinh, Sohl-Dickstein & Bengio, arXiv:1605.08803, eq. 2 and 7",
    parameters: &joined::<{ 1 + RealnvpParams::PARAMETERS.len() }>(&[&[SIZE], RealnvpParams::PARAMETERS]),
    version: 1,
};

/// The family in the registry.
pub const ENTRY: Entry<BoxedFamily> = Entry { about: ABOUT, extra: (), build };

/// Builds the family from its table of a spec, for the context's device.
pub fn build(node: &Node, context: &BuildContext) -> Result<BoxedFamily, Error> {
    Ok(Box::new(Realnvp { params: PRESETS.read(node)?, device: context.device }))
}

impl RealnvpModel {
    fn new(config: Config, weights: Weights, losses: LossCurve) -> Self {
        let net = Net::new(&weights, config.shape());
        RealnvpModel { config, weights, net, losses }
    }
}

impl Family for Realnvp {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.params.of(0).check()?;
        self.params.of(usize::MAX).check()?;
        plan::check(NAME, schema)?;
        match table::features_of(schema) {
            1 => Err(Refusal::new(format!("{NAME}: needs at least two features a row; the rows have one"))),
            _ => Ok(()),
        }
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let p = self.params.of(table::features_of(rows.schema()));
        let warm = warm::<RealnvpModel>(NAME, start)?;
        let from = warm.map(|m| &m.config.plan);
        let (plan, data) = Plan::fit(NAME, &rows, &row_weights, from)?;
        let config = Config { params: p.clone(), plan };
        let labels = config.plan.table.labels(&rows);
        let shape = config.shape();
        let mut weights = initial(NAME, shape.layout(), warm.map(|m| &m.weights), streams)?;
        let schedule = Schedule {
            clip: 10.0 * shape.width as f32,
            ..p.budget.schedule(p.learning_rate, p.schedule, [p.steps, p.epochs], row_weights.len())
        };
        let mixings = net::mixings(shape);
        let noise = p.noise as f32;
        let device = training_device(self.device);
        let losses = train(&mut weights, &row_weights, &schedule, &device, streams, |mut step| {
            let mut x = Vec::with_capacity(step.items.len() * shape.width);
            for &item in step.items {
                let row = &data[item as usize * shape.width..][..shape.width];
                let rng = &mut step.rng;
                x.extend(row.iter().map(|v| match noise > 0.0 {
                    true => v + noise * rng.sample::<f32, _>(StandardNormal),
                    false => *v,
                }));
            }
            let class = |r: usize| labels.get(*step.items.get(r)? as usize).copied();
            let rows = shape.rows(&x, class);
            net::loss(&step, rows, shape, &mixings)
        })?;
        Ok(Box::new(RealnvpModel::new(config, weights, losses)))
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        let (config, weights, losses) = checkpoint::load(from, NAME, |c: &Config| Ok(c.shape().layout()))?;
        Ok(Box::new(RealnvpModel::new(config, weights, losses)))
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

impl Affine for Realnvp {
    /// All weights, and the shares of the classes. The scaling of the rows is the first model's, which a warm-started fit
    /// kept.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<RealnvpModel>(models)?;
        let weights = Weights::combined(&models, |m| &m.weights);
        let weights = weights.ok_or_else(|| Refusal::new(format!("{NAME}: the models differ in shape")))?;
        let plans: Vec<_> = models.iter().map(|(c, m)| (*c, &m.config.plan)).collect();
        let config = Config { params: models[0].1.config.params.clone(), plan: Plan::combined(&plans) };
        Ok(Box::new(RealnvpModel::new(config, weights, LossCurve::default())))
    }
}

impl Model for RealnvpModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new(format!("{NAME}: makes new rows only")).into());
        }
        how.check(NAME, &[Transform::CovarianceScale])?;
        let deviation = how.covariance_scale.sqrt() as f32;
        let shape = self.net.shape();
        let cut = self.config.params.clip_samples;
        self.config.plan.sample(n, (deviation, cut), streams, |z, _, classes| {
            let mut inside = shape.rows(z, |r| classes.map(|c| c[r]));
            self.net.inverse(&mut inside);
            z.copy_from_slice(&shape.features_of(&inside));
        })
    }

    fn density(&self) -> Option<&dyn Density> {
        self.config.plan.is_numeric().then_some(self)
    }

    fn size(&self) -> usize {
        self.weights.values().len()
    }

    fn losses(&self) -> Option<&LossCurve> {
        Some(&self.losses)
    }

    fn twin(&self) -> Option<Box<dyn Model>> {
        let (config, weights) = (self.config.clone(), self.weights.clone());
        Some(Box::new(RealnvpModel::new(config, weights, self.losses.clone())))
    }

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        checkpoint::save(to, NAME, &self.config, (&self.weights, &self.losses))
    }
}

impl Density for RealnvpModel {
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.config.plan.log_likelihood(NAME, rows, |x, _, classes| {
            self.net.log_densities(self.net.shape().rows(x, |r| classes.map(|c| c[r])))
        })
    }
}
