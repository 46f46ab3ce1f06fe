//! The critical fraction: how small the human share may be before quality is lost.
//!
//! It is the smallest fraction α such that every α′ ≥ α passes, for all chosen metrics, a paired non-inferiority test
//! against the same regime at α = 1 and the same generation. The margin is in units of the human-vs-human spread, and
//! the test looks in the metric's direction (two-sided only for variance-like ones). The two-sided level 95 % makes it
//! a one-sided 2.5 % test. An arm that is undecided does not pass. Cost: O(arms × metrics × seeds).

use serde::Serialize;

use super::bearing::Bearing;
use super::intervals::mean_sd;
use super::paired::{Paired, paired_difference};
use super::{AnalysisError, DISPLAY_LEVEL};
use crate::metrics::Direction;

/// The arms of one metric at one generation, in one regime.
#[derive(Clone, Debug)]
pub struct MetricArms<'a> {
    /// The metric.
    pub metric: &'a str,
    /// Which way is better.
    pub direction: Direction,
    /// Human-vs-human values of the metric at the same sample size: their standard deviation is the margin's unit.
    pub human: &'a [f64],
    /// (human fraction, (seed, value) sorted by seed), in any order; one of them at fraction 1.
    pub arms: Vec<(f64, &'a [(u64, f64)])>,
}

/// One arm's comparison with the human-only arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arm {
    /// The metric.
    pub metric: String,
    /// The human fraction.
    pub fraction: f64,
    /// Arm minus the human-only arm.
    pub difference: Paired,
    /// The margin in the metric's unit.
    pub margin: f64,
    /// Whether the arm holds.
    pub bearing: Bearing,
}

/// The critical fraction and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CriticalFraction {
    /// The smallest fraction from which on every arm of every metric holds; `None` when no arm below 1 was compared.
    pub fraction: Option<f64>,
    /// The next fraction below it that was tried and does not hold for all metrics: the answer lies between the two.
    pub below: Option<f64>,
    /// Whether that lower arm is known to degrade, rather than undecided for want of seeds.
    pub below_degrades: bool,
    /// Every comparison, by metric and falling fraction.
    pub arms: Vec<Arm>,
}

impl CriticalFraction {
    /// Where a refinement should look next: halfway between the two; `None` once they are closer than `resolution`.
    pub fn refine(&self, resolution: f64) -> Option<f64> {
        let (above, below) = (self.fraction?, self.below?);
        (above - below > resolution).then_some(0.5 * (above + below))
    }
}

/// Finds the critical fraction; `margin` is in units of the human-vs-human standard deviation.
///
/// # Errors
/// [`AnalysisError::NoReference`] without an arm at fraction 1 or without two human-vs-human values of a metric;
/// [`AnalysisError::TooFewPairs`] where an arm shares fewer than two seeds with it.
pub fn critical_fraction(metrics: &[MetricArms<'_>], margin: f64) -> Result<CriticalFraction, AnalysisError> {
    let mut arms = Vec::new();
    for m in metrics {
        let missing =
            |what: &str| AnalysisError::NoReference { metric: m.metric.to_owned(), what: what.to_owned() };
        let reference = m
            .arms
            .iter()
            .find(|(f, _)| *f == 1.0)
            .ok_or_else(|| missing("the human-only arm (fraction 1)"))?;
        if m.human.len() < 2 {
            return Err(missing("the human-vs-human baseline (2 values or more)"));
        }
        let width = margin * mean_sd(m.human).1;
        let mut tried: Vec<_> = m.arms.iter().filter(|(f, _)| *f < 1.0).collect();
        tried.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (fraction, values) in tried {
            let difference = paired_difference(values, reference.1, DISPLAY_LEVEL)?;
            let bearing = Bearing::of(&difference.interval, m.direction, width);
            arms.push(Arm {
                metric: m.metric.to_owned(),
                fraction: *fraction,
                difference,
                margin: width,
                bearing,
            });
        }
    }
    let mut fractions: Vec<f64> = arms.iter().map(|a| a.fraction).collect();
    fractions.sort_by(|a, b| b.total_cmp(a));
    fractions.dedup();
    let at = |f: f64| arms.iter().filter(move |a| a.fraction == f);
    // An arm that some metric lacks can't have passed for all metrics.
    let passes = |f: &f64| at(*f).count() == metrics.len() && at(*f).all(|a| a.bearing == Bearing::Holds);
    let run = fractions.iter().take_while(|f| passes(f)).count();
    let below = fractions.get(run).copied();
    let below_degrades = below.is_some_and(|f| at(f).any(|a| a.bearing == Bearing::Degrades));
    let fraction = (!fractions.is_empty()).then(|| if run == 0 { 1.0 } else { fractions[run - 1] });
    Ok(CriticalFraction { fraction, below, below_degrades, arms })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Eight seeds around `mean`, their common noise far larger than the arm's own.
    fn arm(mean: f64, own: f64) -> Vec<(u64, f64)> {
        (0..8).map(|s| (s, mean + 5.0 * ((s * 3) % 8) as f64 + own * ((s % 3) as f64 - 0.875))).collect()
    }

    const HUMAN: [f64; 3] = [-1.0, 0.0, 1.0];

    fn found(direction: Direction, levels: &[(f64, f64)]) -> CriticalFraction {
        let arms: Vec<_> = levels.iter().map(|(f, mean)| (*f, arm(*mean, 0.1 * (1.0 - f)))).collect();
        let arms = arms.iter().map(|(f, a)| (*f, a.as_slice())).collect();
        let m = MetricArms { metric: "m", direction, human: &HUMAN, arms };
        critical_fraction(&[m], 1.0).unwrap()
    }

    #[test]
    fn the_smallest_fraction_above_which_all_hold() {
        let c = found(
            Direction::Lower,
            &[(1.0, 10.0), (0.8, 10.2), (0.5, 10.5), (0.3, 12.0), (0.2, 10.1), (0.0, 30.0)],
        );
        // .2 holds by itself, but .3 does not: the run from 1 downwards ends at .5.
        assert_eq!((c.fraction, c.below, c.below_degrades), (Some(0.5), Some(0.3), true));
        assert_eq!(c.refine(0.05), Some(0.4));
        assert_eq!(c.refine(0.25), None);
        assert_eq!(c.arms.len(), 5);
    }

    #[test]
    fn the_direction_decides_what_counts_as_a_loss() {
        let better_and_worse = [(1.0, 10.0), (0.5, 13.0), (0.0, 7.0)];
        assert_eq!(found(Direction::Higher, &better_and_worse).fraction, Some(0.5));
        assert_eq!(found(Direction::Lower, &better_and_worse).fraction, Some(1.0));
        assert_eq!(found(Direction::TwoSided, &better_and_worse).fraction, Some(1.0));
    }

    #[test]
    fn every_metric_must_hold_and_a_reference_must_be_there() {
        let (a, b, c) = (arm(1.0, 0.0), arm(1.0, 0.1), arm(9.0, 0.1));
        let good = MetricArms {
            metric: "a",
            direction: Direction::Lower,
            human: &HUMAN,
            arms: vec![(1.0, &a), (0.5, &b)],
        };
        let bad = MetricArms { metric: "b", arms: vec![(0.5, &c), (1.0, &a)], ..good.clone() };
        assert_eq!(critical_fraction(std::slice::from_ref(&good), 1.0).unwrap().fraction, Some(0.5));
        let both = critical_fraction(&[good.clone(), bad], 1.0).unwrap();
        assert_eq!((both.fraction, both.below), (Some(1.0), Some(0.5)));
        let lonely = MetricArms { arms: vec![(0.5, b.as_slice())], ..good };
        assert!(matches!(critical_fraction(&[lonely], 1.0), Err(AnalysisError::NoReference { .. })));
    }
}
