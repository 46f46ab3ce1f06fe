//! Networks that tell the labels of rows of numbers apart: a perceptron, and for images a small convolutional network.
//!
//! They serve those that need features or a second opinion: distances between the rows of a model and of people
//! (`measure.space = "classifier"`) and the verifier of curation (`classifier-confidence`). Numbers are standardised by
//! the training rows, all alike. The perceptron has two hidden layers; the convolutional network (LeCun et al. 1998) one
//! of 3 × 3 filters, at every second place of images above 8 × 8 pixels, and one hidden layer over all of what they find.
//! Both are trained by AdamW on weighted cross-entropy. The features of a row are the units of the last hidden layer.
//! Cost: some tenths of a second for a thousand digits.

use std::sync::Arc;

use burn::Tensor;
use burn::tensor::TensorData;

use super::device::{DeviceName, training_device};
use super::init::{Layout, Weights};
use super::kernels::adam::Rule;
use super::kernels::cross_entropy::cross_entropy;
use super::kernels::dense::Dense;
use super::kernels::linear::{Activation, linear};
use super::train::{Course, Schedule, train};
use crate::data::{Kind, Role, Samples, Schema};
use crate::models::{FitError, Refusal};
use crate::rng::Streams;

/// Filters of the convolutional layer.
const FILTERS: usize = 16;
/// Units of a hidden layer.
const HIDDEN: usize = 64;
const STEPS: usize = 1200;
const BATCH: usize = 64;

/// What rows are told apart by.
#[derive(Clone, Debug)]
enum Front {
    /// All numbers, through a hidden layer.
    Numbers,
    /// Patches of an image of so many pixels, through filters.
    Patches { height: usize, width: usize, stride: usize },
}

/// How a classifier is trained.
#[derive(Clone, Copy, Debug)]
pub struct Training {
    /// Whether images go through filters; a perceptron reads all their pixels.
    pub filters: bool,
    /// Optimiser steps.
    pub steps: usize,
}

/// A fitted classifier.
#[derive(Clone, Debug)]
pub struct Classifier {
    front: Front,
    mean: f64,
    scale: f64,
    /// The front's map, the last hidden layer and the output.
    layers: [Dense; 3],
    classes: usize,
}

/// The numbers and the label that a classifier reads: how many of each.
fn columns(schema: &Schema) -> Result<(usize, usize), Refusal> {
    let classes = schema.first(Role::Label).and_then(|(_, field)| match &field.kind {
        Kind::Codes { levels } => Some(levels.count()),
        _ => None,
    });
    match (schema.numeric_width(), classes) {
        (width, Some(classes)) if width > 0 => Ok((width, classes)),
        _ => Err(Refusal::new(format!("a classifier needs numbers and a label, not: {schema}"))),
    }
}

impl Front {
    fn of(schema: &Schema, width: usize) -> Self {
        match schema.image() {
            Some((h, w)) if h * w == width && h.min(w) >= 4 => {
                Front::Patches { height: h, width: w, stride: if h.max(w) > 8 { 2 } else { 1 } }
            }
            _ => Front::Numbers,
        }
    }

    /// Rows of the front's map for each row of the table, and its inputs.
    fn shape(&self, numbers: usize) -> (usize, usize) {
        match *self {
            Front::Numbers => (1, numbers),
            Front::Patches { height, width, stride } => (height.div_ceil(stride) * width.div_ceil(stride), 9),
        }
    }

    /// Appends the inputs of the front's map for one row.
    fn read(&self, row: &[f32], to: &mut Vec<f32>) {
        let Front::Patches { height, width, stride } = *self else { return to.extend_from_slice(row) };
        let pixel = |y: usize, x: usize| {
            // One pixel of border; standardised, so 0 is the mean.
            let inside = (1..=height).contains(&y) && (1..=width).contains(&x);
            if inside { row[(y - 1) * width + x - 1] } else { 0.0 }
        };
        for y in (0..height).step_by(stride) {
            for x in (0..width).step_by(stride) {
                to.extend((0..9).map(|i| pixel(y + i / 3, x + i % 3)));
            }
        }
    }
}

impl Classifier {
    /// Whether rows of this shape can be told apart.
    pub fn accepts(schema: &Schema) -> Result<(), Refusal> {
        columns(schema).map(drop)
    }

    /// Learns the labels of rows, each as good as another.
    pub fn fit(rows: &Samples, device: DeviceName, streams: &Streams) -> Result<Self, FitError> {
        let how = Training { filters: true, steps: STEPS };
        Self::fit_weighted(rows, &vec![1.0; rows.len()], how, device, streams)
    }

    /// Learns the labels of rows with these weights in the loss.
    pub fn fit_weighted(
        rows: &Samples,
        row_weights: &[f64],
        how: Training,
        device: DeviceName,
        streams: &Streams,
    ) -> Result<Self, FitError> {
        let (width, classes) = columns(rows.schema())?;
        let targets = rows.labels().ok_or_else(|| Refusal::new("the rows have no labels"))?;
        if rows.is_empty() {
            return Err(FitError::TooFewRows { needed: 1, found: 0 });
        }
        let numbers = rows.features();
        let n = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / n;
        let scale = (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let front = if how.filters { Front::of(rows.schema(), width) } else { Front::Numbers };
        let (places, inputs) = front.shape(width);
        let found = if places > 1 { FILTERS } else { HIDDEN };
        let mut layout = Layout::default();
        layout.affine("front", inputs, found);
        layout.affine("hidden", places * found, HIDDEN);
        layout.affine("output", HIDDEN, classes);
        let mut weights = Weights::draw(Arc::new(layout), &mut streams.of("initial-weights").rng());
        let schedule = Schedule {
            steps: how.steps,
            batch: BATCH,
            rate: 0.003,
            warmup: 0,
            course: Course::Wsd,
            rule: Rule::default(),
            decay: 0.1,
            clip: f32::INFINITY,
            patience: 0,
        };
        let scaled: Vec<f32> = numbers.iter().map(|x| ((x - mean) / scale) as f32).collect();
        let burn_device = training_device(device);
        train(&mut weights, row_weights, &schedule, &burn_device, streams, |step| {
            let mut x = Vec::with_capacity(step.items.len() * places * inputs);
            step.items.iter().for_each(|&i| front.read(&scaled[i as usize * width..][..width], &mut x));
            let x =
                Tensor::<2>::from_data(TensorData::new(x, [step.items.len() * places, inputs]), step.device);
            let map = |x: Tensor<2>, i: usize, act| {
                linear(x, step.leaves[i].clone(), step.leaves[i + 1].clone(), act)
            };
            let seen = map(x, 0, Activation::Relu).reshape([step.items.len(), places * found]);
            let logits = map(map(seen, 2, Activation::Relu), 4, Activation::Identity);
            let of: Vec<u32> = step.items.iter().map(|&i| targets[i as usize]).collect();
            cross_entropy(logits, &Arc::from(of), &step.weights)
        })?;
        let dense = |i: usize, act| Dense::new(weights.get(i), weights.get(i + 1), act);
        let layers = [dense(0, Activation::Relu), dense(2, Activation::Relu), dense(4, Activation::Identity)];
        Ok(Classifier { front, mean, scale, layers, classes })
    }

    /// The number of features of a row.
    pub fn width(&self) -> usize {
        HIDDEN
    }

    /// The features of each row: `rows × width`, row-major.
    pub fn features(&self, rows: &Samples) -> Vec<f32> {
        let numbers = rows.features();
        let scaled: Vec<f32> = numbers.iter().map(|x| ((x - self.mean) / self.scale) as f32).collect();
        let (mut x, mut next) = (Vec::new(), Vec::new());
        let width = rows.schema().numeric_width().max(1);
        scaled.chunks_exact(width).for_each(|row| self.front.read(row, &mut x));
        self.layers[0].apply(&x, &mut next);
        self.layers[1].apply(&next, &mut x);
        x
    }

    /// The probability of each label for each row: `rows × labels`, row-major.
    pub fn probabilities(&self, rows: &Samples) -> Vec<f64> {
        let mut logits = Vec::new();
        self.layers[2].apply(&self.features(rows), &mut logits);
        let mut all = Vec::with_capacity(logits.len());
        for row in logits.chunks_exact(self.classes) {
            let top = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let total: f64 = row.iter().map(|z| f64::from(z - top).exp()).sum();
            all.extend(row.iter().map(|z| f64::from(z - top).exp() / total));
        }
        all
    }

    /// The probability of each row's own label; of the likeliest one where rows have no label.
    pub fn confidence(&self, rows: &Samples) -> Vec<f64> {
        let labels = rows.labels();
        let own = |(i, row): (usize, &[f64])| {
            labels.map_or_else(|| row.iter().copied().fold(0.0, f64::max), |labels| row[labels[i] as usize])
        };
        self.probabilities(rows).chunks_exact(self.classes).enumerate().map(own).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Column, Field, Levels};
    use crate::metrics::testing::normals;

    fn labelled(kind: Kind, data: Column, labels: Vec<u32>, classes: usize) -> Samples {
        let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
        let label = field("label", Role::Label, Kind::Codes { levels: Levels::Count(classes) });
        let schema = Schema { fields: vec![field("x", Role::Feature, kind), label] };
        Samples::new(Arc::new(schema), vec![data, Column::Codes { data: labels }]).unwrap()
    }

    /// 6 × 6 images of noise with a horizontal or a vertical bar at a random place.
    fn bars(n: usize, seed: u64) -> Samples {
        let noise = normals(n, 36, seed);
        let labels: Vec<u32> = (0..n as u32).map(|i| i % 2).collect();
        let mut data: Vec<f32> = noise.iter().map(|x| 0.3 * *x as f32).collect();
        for (i, image) in data.chunks_exact_mut(36).enumerate() {
            let at = (i / 2) % 6;
            (0..6).for_each(|j| image[if i % 2 == 0 { at * 6 + j } else { j * 6 + at }] += 1.0);
        }
        let kind = Kind::F32 { width: 36, image: Some((6, 6)), range: None };
        labelled(kind, Column::F32 { width: 36, data }, labels, 2)
    }

    fn fit(rows: &Samples, device: DeviceName, seed: u64) -> Classifier {
        Classifier::fit(rows, device, &Streams::new(0, seed)).unwrap()
    }

    #[test]
    fn images_go_through_filters_and_unseen_ones_are_told_apart() {
        let network = fit(&bars(300, 1), DeviceName::default(), 1);
        assert!(matches!(network.front, Front::Patches { .. }));
        let confidence = network.confidence(&bars(200, 2));
        let right = confidence.iter().filter(|p| **p > 0.5).count();
        assert!(right > 190, "{right} of 200");
        assert_eq!(network.features(&bars(200, 2)).len(), 200 * network.width());
    }

    #[test]
    fn a_patch_is_the_pixel_and_its_neighbours() {
        let front = Front::Patches { height: 3, width: 4, stride: 2 };
        let image: Vec<f32> = (1..=12).map(|i| i as f32).collect();
        let mut patches = vec![];
        front.read(&image, &mut patches);
        assert_eq!(front.shape(12), (4, 9));
        assert_eq!(patches[..9], [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 5.0, 6.0]);
        assert_eq!(patches[27..], [6.0, 7.0, 8.0, 10.0, 11.0, 12.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn backends_agree_and_a_seed_names_its_bits() {
        let rows = bars(60, 3);
        let features = |device, seed| fit(&rows, device, seed).features(&rows);
        let first = features(DeviceName::Flex, 1);
        assert_eq!(first, features(DeviceName::Flex, 1));
        assert_ne!(first, features(DeviceName::Flex, 2));
        let (a, b) = (fit(&rows, DeviceName::Flex, 1), fit(&rows, DeviceName::NdArray, 1));
        for (a, b) in a.confidence(&rows).iter().zip(b.confidence(&rows)) {
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
    }

    #[test]
    fn rows_without_a_label_or_without_numbers_are_refused() {
        let bare = Schema::single(Kind::F64 { width: 2 });
        assert!(Classifier::accepts(&bare).is_err());
        let none = labelled(Kind::F64 { width: 1 }, Column::F64 { width: 1, data: vec![] }, vec![], 2);
        let error = Classifier::fit(&none, DeviceName::default(), &Streams::new(0, 0)).err().unwrap();
        assert_eq!(error, FitError::TooFewRows { needed: 1, found: 0 });
    }
}
