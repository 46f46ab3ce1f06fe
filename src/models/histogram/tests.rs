#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::data::{Column, Combine, Kind, Part, Samples};
use crate::models::{Ask, Parameters};

fn table(data: Vec<f64>) -> Samples {
    let schema = Arc::new(Schema::single(Kind::F64 { width: 1 }));
    Samples::new(schema, vec![Column::F64 { width: 1, data }]).unwrap()
}

fn mix(data: Vec<f64>) -> Mix {
    Mix::of_human(Rows::all(table(data)))
}

fn fit(family: Histogram, mix: &Mix) -> Result<Box<dyn Model>, FitError> {
    family.fit(mix, Start::Scratch, &Streams::new(0, 0))
}

fn probabilities(model: &dyn Model) -> Vec<f64> {
    let model: &dyn Any = model;
    model.downcast_ref::<HistogramModel>().unwrap().probabilities().to_vec()
}

/// Four bins of width 1 from 0 to 4.
const FOUR: Histogram = Histogram { bins: 4, range: Some((0.0, 4.0)), smoothing: 0.0 };

#[test]
fn bins_by_hand() {
    // 4 lies in the last, closed bin; −1 and 9 count in the outermost ones.
    let data = mix(vec![0.0, 0.5, 1.0, 4.0, -1.0, 9.0, 3.5, 3.9]);
    assert_eq!(probabilities(&*fit(FOUR, &data).unwrap()), [0.375, 0.125, 0.0, 0.5]);
    // α = 1: (3 + 1, 1 + 1, 0 + 1, 4 + 1)/12.
    let smooth = probabilities(&*fit(Histogram { smoothing: 1.0, ..FOUR }, &data).unwrap());
    for (p, want) in smooth.iter().zip([4.0, 2.0, 1.0, 5.0]) {
        assert!((p - want / 12.0).abs() < 1e-15);
    }
    // Bins of the data, 2.5 wide: [−1, 1.5), [1.5, 4), [4, 6.5), [6.5, 9].
    let own = fit(Histogram { bins: 4, ..Default::default() }, &data).unwrap();
    assert_eq!(probabilities(&*own), [0.5, 0.25, 0.125, 0.125]);
}

#[test]
fn density_integrates_to_one_and_empty_bins_have_none() {
    let model = fit(FOUR, &mix(vec![0.2, 0.4, 1.5, 3.5])).unwrap();
    let log = |x| model.density().unwrap().log_likelihood(&table(vec![x]), &Streams::new(0, 0));
    assert_eq!(log(0.9).unwrap(), [0.5_f64.ln()]);
    assert_eq!(log(2.5).unwrap(), [f64::NEG_INFINITY]);
    assert_eq!(log(5.0).unwrap(), [f64::NEG_INFINITY]);
    let total: f64 = [0.5, 1.5, 3.5].iter().map(|x| log(*x).unwrap()[0].exp()).sum();
    assert!((total - 1.0).abs() < 1e-15);
}

#[test]
fn moments_are_those_of_the_draws() {
    // Half in [0, 1), half in [3, 4]: mean 2, variance 2.25 + 1/12.
    let model = fit(FOUR, &mix(vec![0.5, 3.5])).unwrap();
    match model.parameters() {
        Parameters::Moments { mean, covariance } => {
            assert!((mean[0] - 2.0).abs() < 1e-15 && (covariance[0] - 2.25 - 1.0 / 12.0).abs() < 1e-15);
        }
        _ => panic!("moments"),
    }
    let draw =
        |n| model.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(0, 5)).unwrap().features();
    let made = draw(20_000);
    assert_eq!(made[..7], draw(7));
    let n = made.len() as f64;
    let (mean, variance) = (2.0, 2.25 + 1.0 / 12.0);
    assert!((made.iter().sum::<f64>() / n - mean).abs() < 4.0 * f64::sqrt(variance / n));
    // E(x − 2)⁴: (x − 2)² is (1.5 + u)² with u uniform on ±½: 1.5⁴ + 6·1.5²/12 + 1/80.
    let fourth = 1.5_f64.powi(4) + 6.0 * 2.25 / 12.0 + 1.0 / 80.0;
    let found = made.iter().map(|x| (x - 2.0).powi(2)).sum::<f64>() / n;
    assert!((found - variance).abs() < 4.0 * ((fourth - variance * variance) / n).sqrt(), "{found}");
}

#[test]
fn both_paths_are_multinomial_and_only_a_stated_range_has_statistics() {
    assert!(Histogram::default().statistics().is_none());
    let path = FOUR.statistics().unwrap();
    let model = fit(FOUR, &mix(vec![0.5, 0.5, 0.5, 1.5, 3.5])).unwrap();
    // T = ½: (.36, .04, 0, .04)/.44.
    let how = Sampling { temperature: 0.5, ..Default::default() };
    let (n, p) = (30.0, 0.36 / 0.44);
    let first = |s: &Statistics| match s {
        Statistics::Counts(c) => c.counts[0],
        _ => panic!("counts"),
    };
    for rows in [false, true] {
        let drawn: Vec<f64> = (0..5_000)
            .map(|seed| {
                let streams = Streams::new(2, seed);
                if rows {
                    let made = model.synthesise(Ask::Rows, 30, &how, &streams).unwrap();
                    first(&path.summarise(&Rows::all(made)).unwrap())
                } else {
                    first(&path.draw(&*model, 30, &how, &mut streams.rng()).unwrap())
                }
            })
            .collect();
        let r = drawn.len() as f64;
        let mean = drawn.iter().sum::<f64>() / r;
        assert!((mean - n * p).abs() < 4.0 * (n * p * (1.0 - p) / r).sqrt(), "{mean} {}", n * p);
    }
}

#[test]
fn weights_count_and_groups_of_one_range_average() {
    let mut heavy = mix(vec![0.5]);
    heavy.parts[0].weight = 3.0;
    heavy.parts.push(Part::synthetic(1, Body::Rows(Rows::all(table(vec![3.5])))));
    assert_eq!(probabilities(&*fit(FOUR, &heavy).unwrap()), [0.75, 0.0, 0.0, 0.25]);
    heavy.combine = Combine::ByGroup;
    let both = crate::models::fit(&FOUR, &heavy, Start::Scratch, &Streams::new(0, 0)).unwrap();
    assert_eq!(probabilities(&*both), [0.75, 0.0, 0.0, 0.25]);
    let own = Histogram { range: None, ..FOUR };
    assert!(crate::models::fit(&own, &heavy, Start::Scratch, &Streams::new(0, 0)).is_err());
}

#[test]
fn degenerate_and_unusable_rows() {
    let own = Histogram::default();
    let point = fit(own, &mix(vec![2.0; 3])).unwrap();
    assert!(
        point.is_degenerate()
            && point.density().unwrap().log_likelihood(&table(vec![2.0]), &Streams::new(0, 0)).is_err()
    );
    let made = point.synthesise(Ask::Rows, 3, &Sampling::default(), &Streams::new(0, 0)).unwrap();
    assert_eq!(made.features(), [2.0; 3]);
    for family in [own, FOUR] {
        assert_eq!(fit(family, &Mix::default()).err(), Some(FitError::TooFewRows { needed: 1, found: 0 }));
        let nan = Some(FitError::NotFinite { column: "x".into(), row: 0 });
        assert_eq!(fit(family, &mix(vec![f64::NAN])).err(), nan);
    }
    assert!(fit(own, &mix(vec![f64::MAX, -f64::MAX])).is_err());
    assert!(own.accepts(&Schema::single(Kind::F64 { width: 2 })).is_err());
}
