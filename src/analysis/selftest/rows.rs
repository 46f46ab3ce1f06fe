//! Intervals over the resampled rows of one run, on samples whose truth is exact.

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;
use rayon::prelude::*;

use super::{Coverage, What};
use crate::analysis::effects::{Judged, Tolerance, change};
use crate::analysis::pseudo_values;
use crate::metrics::{Direction, Observed};
use crate::rng::Streams;

/// The parts of a run's rows.
const PARTS: usize = 10;
/// Rows of a generation.
const SIZES: [usize; 2] = [200, 1000];
/// Standard deviation of the last generation's rows; that of the first is 1.
const SPREAD: f64 = 0.8;
/// Equally likely outcomes of the last generation; of the first there are 20.
const LEFT: usize = 15;

/// A sample of one generation, and its statistic.
struct Case {
    name: &'static str,
    /// So many rows of the first or the last generation.
    draw: fn(bool, usize, &mut dyn Rng) -> Vec<f64>,
    statistic: fn(&[f64]) -> f64,
    /// The expected change for a number of rows.
    truth: fn(f64) -> f64,
}

const CASES: [Case; 2] = [
    // The unbiased sample variance.
    Case {
        name: "normal rows",
        draw: |last, n, rng| {
            let spread = if last { SPREAD } else { 1.0 };
            (0..n).map(|_| spread * rng.sample::<f64, _>(StandardNormal)).collect()
        },
        statistic: |rows| {
            let n = rows.len() as f64;
            let mean = rows.iter().sum::<f64>() / n;
            rows.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)
        },
        truth: |_| SPREAD * SPREAD - 1.0,
    },
    // The probability that two draws are the same outcome, from the frequencies: biased in the number of rows.
    Case {
        name: "outcomes",
        draw: |last, n, rng| {
            let outcomes = if last { LEFT } else { 20 };
            (0..n).map(|_| rng.random_range(0..outcomes) as f64).collect()
        },
        statistic: |rows| {
            let mut counts = [0.0; 20];
            rows.iter().for_each(|x| counts[*x as usize] += 1.0);
            counts.iter().map(|c| c * c).sum::<f64>() / (rows.len() as f64).powi(2)
        },
        truth: |n| {
            let same = |outcomes: usize| 1.0 / n + (1.0 - 1.0 / n) / outcomes as f64;
            same(LEFT) - same(20)
        },
    },
];

impl Case {
    /// One observation for each part of a generation's rows.
    fn observed(&self, rows: &[f64]) -> Vec<(u64, Observed)> {
        let rest = |part: usize| -> Vec<f64> {
            rows.iter().enumerate().filter(|(i, _)| i % PARTS != part).map(|(_, x)| *x).collect()
        };
        let without: Vec<f64> = (0..PARTS).map(|part| (self.statistic)(&rest(part))).collect();
        (0..).zip(pseudo_values((self.statistic)(rows), &without).into_iter().map(Observed::of)).collect()
    }

    fn interval(&self, n: usize, streams: &Streams) -> Option<(f64, f64)> {
        let mut rng = streams.rng();
        let mut of = |last| self.observed(&(self.draw)(last, n, &mut rng));
        let (first, last) = (of(false), of(true));
        let judged = Judged {
            direction: Direction::Lower,
            worst: None,
            human: None,
            tolerance: Tolerance::Units(0.0),
        };
        change(&first, &last, &judged).interval.map(|i| (i.low, i.high))
    }
}

/// The coverage of the change of one run, for each sample and number of rows.
pub(super) fn coverage(repetitions: usize, salt: u64) -> Vec<Coverage> {
    let one = |case: &Case, n: usize| {
        let streams =
            |i: usize| Streams::new(salt, i as u64).of("self-test").of("rows").of(case.name).at(n as u64);
        let found = (0..repetitions).into_par_iter().filter_map(|i| case.interval(n, &streams(i))).collect();
        let name = format!("{}, {n} of one run", case.name);
        Coverage::of((&name, What::OverRows, PARTS), (case.truth)(n as f64), found)
    };
    CASES.iter().flat_map(|case| SIZES.map(|n| one(case, n))).collect()
}
