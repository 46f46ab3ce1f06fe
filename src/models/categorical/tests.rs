#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::data::{Column, Combine, Kind, Levels, Part, Samples};
use crate::models::{Ask, Parameters};

fn rows(outcomes: usize, data: Vec<u32>) -> Rows {
    let schema = Schema::single(Kind::Codes { levels: Levels::Count(outcomes) });
    Rows::all(Samples::new(Arc::new(schema), vec![Column::Codes { data }]).unwrap())
}

fn of_statistics(s: Statistics) -> Mix {
    Mix { parts: vec![Part::synthetic(1, Body::Statistics(s))], combine: Combine::Pooled }
}

fn fitted(family: Categorical, mix: &Mix) -> Box<dyn Model> {
    family.fit(mix, Start::Scratch, &Streams::new(0, 0)).unwrap()
}

fn probabilities(model: &dyn Model) -> Vec<f64> {
    match model.parameters() {
        Parameters::Probabilities(p) => p.to_vec(),
        _ => panic!("not a distribution over outcomes"),
    }
}

/// A model with exactly these counts' frequencies.
fn model(counts: &[f64]) -> Box<dyn Model> {
    let n = counts.iter().sum::<f64>() as u64;
    fitted(PLAIN, &of_statistics(Statistics::Counts(Counts { n, counts: counts.to_vec() })))
}

fn counts(s: &Statistics) -> &[f64] {
    match s {
        Statistics::Counts(c) => &c.counts,
        _ => panic!("not counts"),
    }
}

const PLAIN: Categorical = Categorical { smoothing: 0.0 };

#[test]
fn frequencies_by_hand() {
    let data = Mix::of_human(rows(4, vec![0, 0, 1, 3]));
    assert_eq!(probabilities(&*fitted(PLAIN, &data)), [0.5, 0.25, 0.0, 0.25]);
    // α = 1: (2 + 1, 1 + 1, 0 + 1, 1 + 1) / 8, whatever the common weight of the rows.
    for weight in [1.0, 0.01] {
        let mut data = data.clone();
        data.parts[0].weight = weight;
        let p = probabilities(&*fitted(Categorical { smoothing: 1.0 }, &data));
        for (p, want) in p.iter().zip([0.375, 0.25, 0.125, 0.25]) {
            assert!((p - want).abs() < 1e-12);
        }
    }
}

#[test]
fn lost_outcomes_have_probability_0() {
    let m = model(&[2.0, 1.0, 0.0, 1.0]);
    let of = |data| {
        let rows = rows(4, data).gather();
        m.density().unwrap().log_likelihood(&rows, &Streams::new(0, 0))
    };
    assert_eq!(of(vec![0, 1]).unwrap(), [0.5_f64.ln(), 0.25_f64.ln()]);
    assert_eq!(of(vec![0, 2]).unwrap(), [0.5_f64.ln(), f64::NEG_INFINITY]);
}

#[test]
fn unusable_rows_are_typed_errors() {
    let fit = |m: Mix| PLAIN.fit(&m, Start::Scratch, &Streams::new(0, 0)).err();
    assert_eq!(fit(Mix::default()), Some(FitError::TooFewRows { needed: 1, found: 0 }));
    let mut weightless = Mix::of_human(rows(2, vec![0]));
    weightless.parts[0].weight = 0.0;
    assert!(matches!(fit(weightless), Some(FitError::Refused(_))));
    assert!(PLAIN.accepts(&Schema::single(Kind::F64 { width: 1 })).is_err());
}

#[test]
fn a_short_sample_starts_a_long_one() {
    let m = model(&[5.0, 3.0, 0.0, 2.0]);
    let draw = |n| m.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(4, 2)).unwrap();
    assert_eq!(draw(10).head(5).codes(), draw(5).codes());
    assert!(draw(1000).codes().unwrap().iter().all(|&c| c != 2));
}

/// Checks the mean and the variance of drawn counts: `want` holds both for every outcome.
fn check(draws: &[Vec<f64>], want: &[(f64, f64)]) {
    let r = draws.len() as f64;
    for (i, &(mean, variance)) in want.iter().enumerate() {
        let m = draws.iter().map(|d| d[i]).sum::<f64>() / r;
        let v = draws.iter().map(|d| (d[i] - mean).powi(2)).sum::<f64>() / r;
        assert!((m - mean).abs() <= 4.0 * (variance / r).sqrt(), "mean of {i}: {m}, not {mean}");
        // The kurtosis of these counts is below 4, so Var(v) ≤ 3 σ⁴ / R.
        assert!(
            (v - variance).abs() <= 4.0 * variance * (3.0 / r).sqrt(),
            "variance of {i}: {v}, not {variance}"
        );
    }
}

#[test]
fn both_paths_are_multinomial() {
    // n = 40, tempered at T = 1/2 from (.5, .3, 0, .2): p = (.25, .09, 0, .04)/.38.
    let m = model(&[5.0, 3.0, 0.0, 2.0]);
    let how = Sampling { temperature: 0.5, ..Default::default() };
    let n = 40.0;
    let want: Vec<(f64, f64)> =
        [0.25 / 0.38, 0.09 / 0.38, 0.0, 0.04 / 0.38].iter().map(|p| (n * p, n * p * (1.0 - p))).collect();
    let (mut drawn, mut sampled) = (Vec::new(), Vec::new());
    for seed in 0..10_000 {
        let streams = Streams::new(1, seed);
        drawn.push(counts(&PLAIN.draw(&*m, 40, &how, &mut streams.of("s").rng()).unwrap()).to_vec());
        let made = m.synthesise(Ask::Rows, 40, &how, &streams.of("r")).unwrap();
        sampled.push(counts(&PLAIN.summarise(&Rows::all(made)).unwrap()).to_vec());
    }
    check(&drawn, &want);
    check(&sampled, &want);
    assert!(drawn.iter().all(|d| d.iter().sum::<f64>() == 40.0));
}

#[test]
fn thinning_is_hypergeometric() {
    let all = Statistics::Counts(Counts { n: 50, counts: vec![20.0, 0.0, 5.0, 15.0, 10.0] });
    // Both branches: drawing the chosen (n < N/2) and the left-out rows.
    for n in [12, 40] {
        let draws: Vec<Vec<f64>> = (0..10_000)
            .map(|seed| counts(&PLAIN.thin(&all, n, &mut Streams::new(2, seed).rng()).unwrap()).to_vec())
            .collect();
        assert!(draws.iter().all(|d| d.iter().sum::<f64>() == n as f64));
        let (n, total) = (n as f64, 50.0);
        let want: Vec<(f64, f64)> = counts(&all)
            .iter()
            .map(|c| {
                let p = c / total;
                (n * p, n * p * (1.0 - p) * (total - n) / (total - 1.0))
            })
            .collect();
        check(&draws, &want);
    }
    let weighted = Statistics::Counts(Counts { n: 2, counts: vec![0.5, 1.5] });
    assert_eq!(PLAIN.thin(&weighted, 1, &mut Streams::new(0, 0).rng()), None);
}

#[test]
fn replace_follows_the_simpson_law() {
    // B1: E Σ p_t² = 1 − (1 − 1/n)^t (1 − Σ p_0²): p = (.5, .3, .2), n = 20, t = 15 → .71276.
    let simpson: Vec<f64> = (0..10_000)
        .map(|seed| {
            let mut rng = Streams::new(3, seed).rng();
            let mut current = model(&[5.0, 3.0, 2.0]);
            for _ in 0..15 {
                let drawn = PLAIN.draw(&*current, 20, &Sampling::default(), &mut rng).unwrap();
                current = fitted(PLAIN, &of_statistics(drawn));
            }
            probabilities(&*current).iter().map(|p| p * p).sum()
        })
        .collect();
    let r = simpson.len() as f64;
    let mean = simpson.iter().sum::<f64>() / r;
    let se = (simpson.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / r / r).sqrt();
    assert!((mean - 0.71276).abs() < 4.0 * se, "{mean} ± {se}");
}
