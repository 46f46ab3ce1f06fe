//! The training loop that every neural family shares.
//!
//! Minibatches are slices of a permutation of the training items, drawn anew for each pass
//! from the stream `batches`; the last batch of a pass may be smaller. Noise inside a step
//! comes from the stream `noise` of that step. An item of weight wᵢ contributes
//! wᵢ·lossᵢ / (b·w̄) with b the batch's size and w̄ the mean weight of the whole set: an
//! unbiased step towards the weighted mean loss, whatever the batch holds.
//!
//! With a patience, a tenth of the training items, drawn from the stream `early-stopping`, is only looked at: twenty
//! times a fit, with the same noise each time. Training ends when as many looks in a row bring no lower loss, and the
//! model is that of the best look. The rule sees training items alone, human or synthetic, whatever the mix.

use std::any::Any;
use std::sync::Arc;

use burn::Tensor;
use burn::tensor::{Device, TensorData};
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::init::{Layout, Weights};
use super::kernels::adam::{Adam, Rule};
use super::kernels::simd::{sum, wide};
use crate::models::{FitError, LossCurve, Model, Refusal, Start};
use crate::rng::{Stream, Streams};

/// What is held fixed when training sets differ in size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Passes over the training set: a larger set also trains longer.
    Epochs,
    /// Optimiser steps, whatever the size of the set.
    #[default]
    Steps,
}

crate::parameters! {
    /// What the families of tables say alike of their training.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(default)]
    pub struct Budget {
        /// Rows a step
        pub batch: usize = 64, in at_least(1);
        /// "steps" or "epochs": what is held fixed when training sets differ in size
        pub effort: Effort = Effort::Steps => "\"steps\"";
        /// AdamW's decoupled decay of all weights
        pub weight_decay: f64 = 0.0, in at_least(0);
        /// early stopping: twenty times a fit a tenth of the training rows, kept aside, is scored; training ends when so many
        /// scores in a row are no better, and the best model is kept; 0 trains on all rows to the end
        pub patience: usize = 0;
    }
}

impl Budget {
    /// The schedule over `items` rows: so many `steps` or `epochs`, at this rate.
    pub fn schedule(&self, rate: f64, course: Course, [count, epochs]: [usize; 2], items: usize) -> Schedule {
        Schedule {
            steps: steps(self.effort, epochs, count, items, self.batch),
            batch: self.batch,
            rate: rate as f32,
            warmup: 0,
            course,
            rule: Rule::default(),
            decay: self.weight_decay as f32,
            clip: f32::INFINITY,
            patience: self.patience,
        }
    }
}

/// Refuses a decay that takes a whole weight away at one step.
pub(super) fn check_decay(family: &str, decay: f64, rate: f64) -> Result<(), Refusal> {
    if decay * rate < 1.0 {
        return Ok(());
    }
    Err(Refusal::new(format!("{family}: weight_decay must be below 1 ÷ learning_rate")))
}

/// How long and how fast to train.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Optimiser steps.
    pub steps: usize,
    /// Items a step.
    pub batch: usize,
    /// Adam's learning rate after the warm-up.
    pub rate: f32,
    /// Steps over which the rate rises linearly from 0.
    pub warmup: usize,
    /// How the rate goes on after the warm-up.
    pub course: Course,
    /// Adam's decay rates.
    pub rule: Rule,
    /// Decoupled weight decay λ: every parameter also shrinks by rate·λ of itself a step
    /// (Loshchilov & Hutter, arXiv:1711.05101). 0 = none.
    pub decay: f32,
    /// The largest Euclidean norm of a step's gradient over all parameters; a longer one is shortened to it (Pascanu et
    /// al., arXiv:1211.5063). ∞ = none.
    pub clip: f32,
    /// Looks at the items kept aside without a lower loss after which training ends. 0 = nothing is kept aside.
    pub patience: usize,
}

/// The learning rate after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Course {
    /// It stays.
    Constant,
    /// It falls to a tenth along a half cosine.
    Cosine,
    /// It stays, and falls linearly to 0 over the last 30 % of the steps ("warm-up, stable, decay": Hu et al.,
    /// arXiv:2404.06395).
    #[default]
    Wsd,
}

/// The share of the steps over which [`Course::Wsd`] falls.
const TAIL: f32 = 0.3;

impl Schedule {
    /// Returns the learning rate of a step (counted from 0).
    pub fn rate_at(&self, step: usize) -> f32 {
        if step < self.warmup {
            return self.rate * (step + 1) as f32 / self.warmup as f32;
        }
        match self.course {
            Course::Cosine if self.steps > self.warmup + 1 => {
                let done = (step - self.warmup) as f32 / (self.steps - self.warmup - 1) as f32;
                let fall = 0.5 * (1.0 + (std::f32::consts::PI * done.min(1.0)).cos());
                self.rate * (0.1 + 0.9 * fall)
            }
            Course::Wsd => {
                let left = self.steps.saturating_sub(step) as f32;
                self.rate * (left / (TAIL * self.steps as f32)).min(1.0)
            }
            Course::Constant | Course::Cosine => self.rate,
        }
    }
}

/// Returns the number of optimiser steps of an effort over `items` items.
pub fn steps(effort: Effort, epochs: usize, steps: usize, items: usize, batch: usize) -> usize {
    match effort {
        Effort::Steps => steps,
        Effort::Epochs => epochs * items.div_ceil(batch.max(1)),
    }
}

/// The model that a fit starts from, if it starts warm; refuses one of another family.
pub(super) fn warm<'a, M: Model>(family: &str, start: Start<'a>) -> Result<Option<&'a M>, Refusal> {
    match start {
        Start::Scratch => Ok(None),
        Start::Warm(model) | Start::Base(model) => {
            let own = (model as &dyn Any).downcast_ref::<M>();
            let why = || Refusal::new(format!("{family}: a warm start needs a {family}"));
            own.ok_or_else(why).map(Some)
        }
    }
}

/// The weights that a fit starts from: those of a warm start of the same shapes, or drawn from the stream
/// `initial-weights`.
pub(super) fn initial(
    family: &str,
    layout: Layout,
    warm: Option<&Weights>,
    streams: &Streams,
) -> Result<Weights, Refusal> {
    match warm {
        None => Ok(Weights::draw(Arc::new(layout), &mut streams.of("initial-weights").rng())),
        Some(weights) if **weights.layout() == layout => Ok(weights.clone()),
        Some(_) => Err(Refusal::new(format!("{family}: a warm start needs a {family} of the same shapes"))),
    }
}

/// What a step is given: the parameters as leaves, the items of its batch, their weights in
/// the loss, and its noise.
pub struct Step<'a> {
    /// The parameters, in layout order.
    pub leaves: &'a [Tensor<2>],
    /// The items.
    pub items: &'a [u32],
    /// wᵢ / (b·w̄) of each item.
    pub weights: Vec<f32>,
    /// This step's own noise.
    pub rng: Stream,
    /// Where to make tensors.
    pub device: &'a Device,
}

/// One of so many training items is kept aside for early stopping.
const ASIDE: usize = 10;

/// How often a fit looks at them.
const LOOKS: usize = 20;

/// The items kept aside, and the best weights so far.
struct Stopping {
    aside: Vec<u32>,
    every: usize,
    patience: usize,
    best: Option<(f64, Vec<f32>)>,
    looks_since: usize,
}

impl Stopping {
    /// Takes a tenth of the items out of `order`; `None` if training shall not stop early, or with fewer than two items.
    fn new(schedule: &Schedule, order: &mut Vec<u32>, streams: &Streams) -> Option<Self> {
        if schedule.patience == 0 || order.len() < 2 {
            return None;
        }
        order.shuffle(&mut streams.of("early-stopping").rng());
        let aside = order.split_off(order.len() - order.len().div_ceil(ASIDE).min(order.len() - 1));
        order.sort_unstable();
        let every = schedule.steps.div_ceil(LOOKS).max(1);
        Some(Stopping { aside, every, patience: schedule.patience, best: None, looks_since: 0 })
    }

    /// Whether a look is due after this step, counted from 0.
    fn due(&self, step: usize, steps: usize) -> bool {
        (step + 1).is_multiple_of(self.every) || step + 1 == steps
    }

    /// Notes the loss of a look; whether training goes on.
    fn note(&mut self, loss: f64, weights: &Weights) -> bool {
        if self.best.as_ref().is_none_or(|(least, _)| loss < *least) {
            self.best = Some((loss, weights.values().to_vec()));
            self.looks_since = 0;
        } else {
            self.looks_since += 1;
        }
        self.looks_since < self.patience
    }
}

/// Gathers the losses of a fit.
struct Losses {
    steps: usize,
    /// The sum and the number of losses since the last point.
    since: (f64, u32),
    curve: LossCurve,
}

impl Losses {
    fn new(steps: usize) -> Self {
        Losses { steps, since: (0.0, 0), curve: LossCurve::default() }
    }

    /// Notes the loss of a step, counted from 0.
    fn note(&mut self, step: usize, loss: f32) {
        self.since = (self.since.0 + f64::from(loss), self.since.1 + 1);
        let points = |done: usize| done * LossCurve::POINTS / self.steps;
        if points(step + 1) > points(step) {
            self.point(points(step + 1));
        }
    }

    /// Notes a look at the items kept aside after a step.
    fn look(&mut self, step: usize, loss: f64) {
        self.curve.kept_aside.push((percent(self.reached(step)), loss as f32));
    }

    /// The curve of a fit whose last step this was.
    fn ended(mut self, step: usize) -> LossCurve {
        if self.since.1 > 0 {
            self.point(self.reached(step));
        }
        self.curve
    }

    fn point(&mut self, point: usize) {
        let (sum, n) = std::mem::take(&mut self.since);
        self.curve.training.push((percent(point), (sum / f64::from(n)) as f32));
    }

    /// The point whose stretch a step belongs to.
    fn reached(&self, step: usize) -> usize {
        ((step + 1) * LossCurve::POINTS).div_ceil(self.steps)
    }
}

/// The share of the planned steps at a point.
fn percent(point: usize) -> u32 {
    (100 * point / LossCurve::POINTS) as u32
}

/// Trains `weights` in place and returns the losses.
///
/// `item_weights` holds one weight an item; `loss` returns the batch's loss, `[1, 1]`.
/// Errors with the step at which a loss stopped being finite.
pub fn train(
    weights: &mut Weights,
    item_weights: &[f64],
    schedule: &Schedule,
    device: &Device,
    streams: &Streams,
    mut loss: impl FnMut(Step<'_>) -> Tensor<2>,
) -> Result<LossCurve, FitError> {
    let mut items: Vec<u32> = (0..item_weights.len() as u32).collect();
    let mut stopping = Stopping::new(schedule, &mut items, streams);
    let n = items.len();
    let weight_of = |items: &[u32]| items.iter().map(|&i| item_weights[i as usize]).sum::<f64>();
    let mean = weight_of(&items) / n as f64;
    let batch = schedule.batch.clamp(1, n);
    let mut order = items.clone();
    let mut adam = Adam::new(schedule.rule, weights.layout().total());
    let mut losses = Losses::new(schedule.steps);
    let (mut pass, mut at, mut last) = (0u64, n, 0);
    for step in 0..schedule.steps {
        if at >= n {
            order.copy_from_slice(&items);
            order.shuffle(&mut streams.of("batches").at(pass).rng());
            (pass, at) = (pass + 1, 0);
        }
        let batch = &order[at..(at + batch).min(n)];
        at += batch.len();
        let scale = 1.0 / (batch.len() as f64 * mean);
        let leaves = weights.leaves(device);
        let shares = |items: &[u32], scale: f64| {
            items.iter().map(|&i| (item_weights[i as usize] * scale) as f32).collect::<Vec<f32>>()
        };
        let value = loss(Step {
            leaves: &leaves,
            items: batch,
            weights: shares(batch, scale),
            rng: streams.of("noise").at(step as u64).rng(),
            device,
        });
        let reading = scalar(&value);
        last = step;
        losses.note(step, reading);
        if !reading.is_finite() {
            return Err(FitError::Diverged { step });
        }
        let mut grads = value.backward();
        drop(value);
        adam.tick();
        if schedule.decay > 0.0 {
            let keep = 1.0 - schedule.rate_at(step) * schedule.decay;
            weights.values_mut().iter_mut().for_each(|v| *v *= keep);
        }
        let layout = weights.layout().clone();
        // A parameter outside this loss has no gradient.
        let gradients: Vec<Option<TensorData>> =
            leaves.iter().map(|leaf| leaf.grad_remove(&mut grads).map(Tensor::into_data)).collect();
        let gradients = || gradients.iter().enumerate().filter_map(|(i, g)| Some((i, numbers(g.as_ref()?))));
        let scale = shortened(gradients().map(|(_, g)| g), schedule.clip);
        for (i, g) in gradients() {
            adam.update(weights.values_mut(), layout.span(i).start, g, scale, schedule.rate_at(step));
        }
        if let Some(stopping) = stopping.as_mut().filter(|s| s.due(step, schedule.steps)) {
            let leaves = weights.leaves(device);
            let scale = 1.0 / weight_of(&stopping.aside).max(f64::MIN_POSITIVE);
            let mut looked = 0.0;
            for (part, items) in stopping.aside.chunks(schedule.batch.max(1)).enumerate() {
                let rng = streams.of("early-stopping").at(part as u64).rng();
                let weights = shares(items, scale);
                looked += f64::from(scalar(&loss(Step { leaves: &leaves, items, weights, rng, device })));
            }
            losses.look(step, looked);
            if !stopping.note(looked, weights) {
                break;
            }
        }
    }
    if let Some((_, best)) = stopping.and_then(|s| s.best) {
        weights.values_mut().copy_from_slice(&best);
    }
    // The last update is seen by no later loss.
    if weights.values().iter().all(|v| v.is_finite()) {
        Ok(losses.ended(last))
    } else {
        Err(FitError::Diverged { step: schedule.steps.saturating_sub(1) })
    }
}

/// The factor that shortens a gradient, given in parts, to the norm `clip`.
fn shortened<'a>(parts: impl Iterator<Item = &'a [f32]>, clip: f32) -> f32 {
    if clip == f32::INFINITY {
        return 1.0;
    }
    let square = |g: &[f32]| {
        wide(
            #[inline(always)]
            || sum(g.len(), |i| g[i] * g[i]),
        )
    };
    let norm = parts.map(|g| f64::from(square(g))).sum::<f64>().sqrt() as f32;
    if norm > clip { clip / norm } else { 1.0 }
}

fn numbers(data: &TensorData) -> &[f32] {
    data.as_slice().expect("gradients are f32")
}

fn scalar(loss: &Tensor<2>) -> f32 {
    let data = loss.clone().into_data();
    data.as_slice::<f32>().map_or(f32::NAN, |v| v[0])
}

#[cfg(test)]
mod tests;
