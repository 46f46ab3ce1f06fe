#![allow(clippy::unwrap_used)]
use super::*;
use crate::neural::device::{DeviceName, training_device};
use crate::neural::init::Init;

const PLAIN: Schedule = Schedule {
    steps: 400,
    batch: 3,
    rate: 0.05,
    warmup: 10,
    course: Course::Cosine,
    rule: Rule { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 },
    decay: 0.0,
    clip: f32::INFINITY,
    patience: 0,
};

/// Fits one number to weighted points by least squares.
fn fit(points: &[f32], weights: &[f64], schedule: &Schedule) -> Result<f32, FitError> {
    let mut layout = Layout::default();
    layout.add("mean", [1, 1], Init::Zeros);
    let mut w = Weights::draw(layout.into(), &mut Streams::new(0, 0).rng());
    let device = training_device(DeviceName::Flex);
    train(&mut w, weights, schedule, &device, &Streams::new(0, 1), |s| {
        let mut total = s.leaves[0].clone() * 0.0;
        for (&i, &w) in s.items.iter().zip(&s.weights) {
            let off = s.leaves[0].clone() - points[i as usize];
            total = total + off.clone() * off * w;
        }
        total
    })?;
    Ok(w.values()[0])
}

#[test]
fn least_squares_finds_the_weighted_mean() {
    let points = [1.0, 2.0, 6.0];
    let got = fit(&points, &[1.0, 1.0, 2.0], &PLAIN).unwrap();
    assert!((got - 15.0 / 4.0).abs() < 0.01, "{got}");
}

#[test]
fn a_loss_that_is_not_finite_names_its_step() {
    let wild = Schedule { rate: 1e30, warmup: 0, course: Course::Constant, ..PLAIN };
    let error = fit(&[1.0, 2.0], &[1.0, 1.0], &wild).unwrap_err();
    assert_eq!(error, FitError::Diverged { step: 1 });
}

#[test]
fn decay_pulls_the_parameters_of_a_flat_loss_to_zero() {
    // Without a gradient Adam stands still and every step keeps 1 − rate·λ.
    let mut layout = Layout::default();
    layout.add("w", [1, 1], Init::Ones);
    let mut w = Weights::draw(layout.into(), &mut Streams::new(0, 0).rng());
    let how = Schedule { steps: 10, warmup: 0, course: Course::Constant, decay: 2.0, ..PLAIN };
    let device = training_device(DeviceName::Flex);
    train(&mut w, &[1.0], &how, &device, &Streams::new(0, 1), |s| s.leaves[0].clone() * 0.0).unwrap();
    assert!((w.values()[0] - 0.9_f32.powi(10)).abs() < 1e-5, "{}", w.values()[0]);
}

#[test]
fn early_stopping_keeps_the_best_look_and_none_of_the_items_aside_are_trained_on() {
    // Nineteen points at 0 and one at 1: whichever two are aside, what the others say is learnt, and a constant
    // rate of 0.05 needs about 20 steps from 1 to 0; then no look is better than the one before by much.
    let mut layout = Layout::default();
    layout.add("mean", [1, 1], Init::Ones);
    let how = Schedule { warmup: 0, course: Course::Constant, patience: 2, steps: 2000, ..PLAIN };
    let run = |how: &Schedule| {
        let mut w = Weights::draw(layout.clone().into(), &mut Streams::new(0, 0).rng());
        let mut seen = std::collections::BTreeSet::new();
        let device = training_device(DeviceName::Flex);
        let losses = train(&mut w, &[1.0; 20], how, &device, &Streams::new(0, 1), |s| {
            seen.extend(s.items.iter().map(|i| (*i, s.items.len())));
            s.leaves[0].clone() * s.leaves[0].clone()
        });
        (losses.unwrap(), w.values()[0], seen)
    };
    let (losses, value, seen) = run(&how);
    // A look each 5 %; both curves end with the last one.
    let looks = losses.kept_aside.len() as u32;
    assert!((3..20).contains(&looks) && value.abs() < 0.05, "{looks} looks, {value}");
    for curve in [&losses.training, &losses.kept_aside] {
        assert_eq!(
            curve.iter().map(|p| p.0).collect::<Vec<_>>(),
            (1..=looks).map(|k| 5 * k).collect::<Vec<_>>()
        );
    }
    // Batches are of 3, the two items aside come together; 18 = 6 × 3 others.
    let aside: Vec<_> = seen.iter().filter(|(_, together)| *together == 2).map(|(i, _)| *i).collect();
    assert_eq!(aside.len(), 2);
    assert!(aside.iter().all(|i| !seen.contains(&(*i, 3))), "{seen:?}");
    let (losses, _, seen) = run(&Schedule { patience: 0, ..how });
    assert_eq!((losses.training.len(), losses.kept_aside.len()), (20, 0));
    assert_eq!(seen.iter().filter(|(_, n)| *n == 3).count(), 20);
}

#[test]
fn a_point_is_the_mean_of_the_losses_since_the_one_before() {
    let curve = |steps: usize, until: usize| {
        let mut losses = Losses::new(steps);
        (0..until).for_each(|step| losses.note(step, step as f32));
        losses.ended(until - 1).training
    };
    // Forty steps are two a point: ½, 2 ½, …
    let expected: Vec<_> = (0..20).map(|k| (5 * (k + 1), 2.0 * k as f32 + 0.5)).collect();
    assert_eq!(curve(40, 40), expected);
    // After five of them: two points, and a step of the third.
    assert_eq!(curve(40, 5), [(5, 0.5), (10, 2.5), (15, 4.0)]);
    // Four steps are a quarter each.
    assert_eq!(curve(4, 4), [(25, 0.0), (50, 1.0), (75, 2.0), (100, 3.0)]);
}

#[test]
fn a_long_gradient_is_shortened_and_a_short_one_left() {
    let parts = || [&[3.0f32, 0.0][..], &[4.0][..]].into_iter();
    assert_eq!(shortened(parts(), 1.0), 0.2);
    assert_eq!(shortened(parts(), 5.0), 1.0);
    assert_eq!(shortened(parts(), f32::INFINITY), 1.0);
}

#[test]
fn the_rate_rises_and_falls_to_a_tenth() {
    assert_eq!(PLAIN.rate_at(0), 0.005);
    assert_eq!(PLAIN.rate_at(9), 0.05);
    assert!((PLAIN.rate_at(399) - 0.005).abs() < 1e-8);
    let wsd = Schedule { course: Course::Wsd, ..PLAIN };
    // The last 120 of 400 steps: full at 280, half at 340, 1/120 in the last.
    assert!((wsd.rate_at(280) - 0.05).abs() < 1e-8);
    assert!((wsd.rate_at(340) - 0.025).abs() < 1e-8);
    assert!((wsd.rate_at(399) - 0.05 / 120.0).abs() < 1e-8);
    assert_eq!(steps(Effort::Epochs, 3, 7, 100, 32), 12);
    assert_eq!(steps(Effort::Steps, 3, 7, 100, 32), 7);
}
