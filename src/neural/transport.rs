//! Families that carry noise to rows along a probability path: everything that flow matching and diffusion share around
//! their paths.
//!
//! A path says how a row becomes noise, what the network ([`denoiser`](super::denoiser)) is to predict of it, and how
//! predictions lead back from noise to rows.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::checkpoint;
use super::denoiser::{self, Corrupt, Denoiser, Recipe, Shape};
use super::device::DeviceName;
use super::init::Weights;
use super::plan::{self, Plan};
use super::size::ByWidth;
use super::table;
use super::train::{Budget, Course, check_decay, warm};
use crate::data::{Mix, Samples, Schema};
use crate::models::{
    Affine, Ask, Density, Family, FitError, LossCurve, Model, Refusal, SampleError, Sampling, Start,
    StorageError, Transform, affine,
};
use crate::rng::{Stream, Streams};

crate::parameters! {
    /// What the families have in common.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct TransportParams {
        /// residual layers
        pub layers: usize = 3;
        /// Adam's learning rate at the start
        pub learning_rate: f64 = 0.005, in above(0);
        /// "cosine" (to a tenth), "wsd" (constant, then linear to 0 over the last 30 %) or "constant"
        pub schedule: Course = Course::Cosine => "\"cosine\"";
        /// passes over the training set, with effort = "epochs"
        pub epochs: usize = 200;
        /// share of labelled rows that training shows without their class
        pub label_dropout: f64 = 0.1, in within(0, 1);
        /// whether numbers are cut to their stated range
        pub clip_samples: bool = false;
    }
    include {
        /// How much training is done.
        #[serde(flatten)]
        pub budget: Budget = Budget::default();
    }
}

/// What a batch of rows is taken for at a time: the network's prediction of each.
pub type Predict<'a> = &'a dyn Fn(&[f32], f32) -> Vec<f32>;

/// A path between noise and rows, by its family's parameters.
pub trait ProbabilityPath: Clone + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// The family's name.
    const NAME: &'static str;

    /// Units of a hidden layer, and optimiser steps.
    fn hidden_and_steps(&self) -> [usize; 2];

    /// The rest of the network and its training.
    fn common(&self) -> &TransportParams;

    /// Refuses parameters that contradict each other.
    fn check(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// How rows are corrupted in training.
    fn corruption(&self) -> Box<dyn Corrupt>;

    /// Turns noise of this deviation into scaled rows; each row's noise on the way comes from its own stream.
    fn solve(&self, x: &mut [f32], rngs: &mut [Stream], deviation: f32, predict: Predict<'_>);

    /// The likelihood, where the family states one.
    fn density(_: &TransportModel<Self>) -> Option<&dyn Density> {
        None
    }
}

/// The family: parameters and the device that trains.
#[derive(Clone, Debug, Default)]
pub struct Transport<P> {
    /// The parameters, by the number of features of a row.
    pub params: ByWidth<P>,
    /// Where training runs.
    pub device: DeviceName,
}

/// A fitted path.
pub struct TransportModel<P> {
    pub(super) params: P,
    pub(super) denoiser: Denoiser,
    losses: LossCurve,
}

/// What a file holds beside the weights.
#[derive(Serialize, Deserialize)]
#[serde(bound = "P: ProbabilityPath")]
struct Config<P> {
    params: P,
    plan: Plan,
}

fn shape<P: ProbabilityPath>(params: &P) -> Shape {
    let [hidden, _] = params.hidden_and_steps();
    Shape { hidden, layers: params.common().layers }
}

fn check<P: ProbabilityPath>(params: &P) -> Result<(), Refusal> {
    let common = params.common();
    check_decay(P::NAME, common.budget.weight_decay, common.learning_rate)?;
    params.check()
}

impl<P: ProbabilityPath> TransportModel<P> {
    fn new(params: P, plan: Plan, weights: Weights, losses: LossCurve) -> Self {
        let denoiser = Denoiser::new(plan, weights, shape(&params));
        TransportModel { params, denoiser, losses }
    }
}

impl<P: ProbabilityPath> Family for Transport<P> {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        check(self.params.of(0))?;
        check(self.params.of(usize::MAX))?;
        plan::check(P::NAME, schema)
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, row_weights) = super::rows_of(mix)?;
        self.accepts(rows.schema())?;
        let params = self.params.of(table::features_of(rows.schema())).clone();
        let warm = warm::<TransportModel<P>>(P::NAME, start)?;
        let common = params.common();
        let [_, steps] = params.hidden_and_steps();
        let budget = &common.budget;
        let count = [steps, common.epochs];
        let recipe = Recipe {
            family: P::NAME,
            shape: shape(&params),
            schedule: budget.schedule(common.learning_rate, common.schedule, count, row_weights.len()),
            label_dropout: common.label_dropout,
            device: self.device,
            corrupt: &*params.corruption(),
        };
        let from = warm.map(|m| &m.denoiser);
        let (denoiser, losses) = denoiser::fit(&recipe, (&rows, &row_weights), from, streams)?;
        Ok(Box::new(TransportModel { params, denoiser, losses }))
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        let layout = |c: &Config<P>| Ok(shape(&c.params).layout(&c.plan));
        let (config, weights, losses) = checkpoint::load(from, P::NAME, layout)?;
        Ok(Box::new(TransportModel::new(config.params, config.plan, weights, losses)))
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

impl<P: ProbabilityPath> Affine for Transport<P> {
    /// All weights, and the shares of the classes. The scaling of the rows is the first model's, which a warm-started fit
    /// kept.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<TransportModel<P>>(models)?;
        let denoisers: Vec<_> = models.iter().map(|(c, m)| (*c, &m.denoiser)).collect();
        let params = models[0].1.params.clone();
        let denoiser = denoiser::combined(P::NAME, &denoisers, shape(&params))?;
        Ok(Box::new(TransportModel { params, denoiser, losses: LossCurve::default() }))
    }
}

impl<P: ProbabilityPath> Model for TransportModel<P> {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new(format!("{}: makes new rows only", P::NAME)).into());
        }
        how.check(P::NAME, &[Transform::CovarianceScale, Transform::Guidance])?;
        let plan = self.denoiser.plan();
        if how.guidance.is_some() && plan.classes.count() == 0 {
            let why = format!("{}: `sampling.guidance` needs rows with a label", P::NAME);
            return Err(Refusal::new(why).into());
        }
        let deviation = how.covariance_scale.sqrt() as f32;
        let strength = how.guidance.unwrap_or(0.0) as f32;
        let cut = self.params.common().clip_samples;
        plan.sample(n, (deviation, cut), streams, |x, rngs, classes| {
            let predict: Predict<'_> = &|x, time| self.denoiser.guided(x, time, classes, strength);
            self.params.solve(x, rngs, deviation, predict);
        })
    }

    fn density(&self) -> Option<&dyn Density> {
        P::density(self)
    }

    fn size(&self) -> usize {
        self.denoiser.weights().values().len()
    }

    fn losses(&self) -> Option<&LossCurve> {
        Some(&self.losses)
    }

    fn twin(&self) -> Option<Box<dyn Model>> {
        let (params, denoiser) = (self.params.clone(), self.denoiser.clone());
        Some(Box::new(TransportModel { params, denoiser, losses: self.losses.clone() }))
    }

    fn save(&self, to: &Path) -> Result<(), StorageError> {
        let config = Config { params: self.params.clone(), plan: self.denoiser.plan().clone() };
        checkpoint::save(to, P::NAME, &config, (self.denoiser.weights(), &self.losses))
    }
}
