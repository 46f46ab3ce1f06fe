//! How many synthetic rows to add to n human ones: the sweet spot of *unweighted* pooling.
//!
//! n human rows (variance σ²) and s·n independent synthetic rows (bias b, variance τ²), pooled with equal weights:
//! MSE(s) = (s²b² + (σ² + sτ²)/n)/(1+s)². With the best weight on the synthetic group the error only falls with s, so
//! the sweet spot is an artefact of unweighted pooling. Derived for this project. Cost: O(1).

use super::{Conditions, Departure, Generator, Law, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "sweet-spot",
        statement: "s* = (2σ²−τ²)/(2nb²−τ²) if 2nb² > τ² and 2σ² > τ²; else 0, or ∞ when 2nb² < τ² and σ²/n > b²",
        source: "derived here",
        conditions: "unweighted pooling, synthetic rows independent of the human ones; n = human rows; a generator of numbers with bias b and variance τ²",
        relation: Relation::Equal,
        sizes: Sizes::Human,
        workflows: &[],
        forms: &[],
        takes_in: &Departure::ALL,
        draws: &[],
        predict: |at| {
            let (b, tau2) = terms(at)?;
            Ok(Prediction { mean: sweet_spot(at.n, at.variance()?, b, tau2), sd_of_one: None })
        },
    },
    Law {
        name: "pooled-error",
        statement: "MSE(s) = (s²b² + (σ²+sτ²)/n)/(1+s)²",
        source: "derived here",
        conditions: "as sweet-spot; s synthetic rows per human row",
        relation: Relation::Equal,
        sizes: Sizes::Human,
        workflows: &[],
        forms: &[],
        takes_in: &Departure::ALL,
        draws: &[],
        predict: |at| {
            let (b, tau2) = terms(at)?;
            Prediction::mean(pooled_error(scale(at), at.n, at.variance()?, b, tau2))
        },
    },
    Law {
        name: "best-weight-error",
        statement: "1/(n/σ² + 1/(b² + τ²/(sn))): the error with the best weight on the synthetic group, falling in s",
        source: "derived here",
        conditions: "as pooled-error, weights chosen knowing σ², τ² and b",
        relation: Relation::Equal,
        sizes: Sizes::Human,
        workflows: &[],
        forms: &[],
        takes_in: &Departure::ALL,
        draws: &[],
        predict: |at| {
            let (b, tau2) = terms(at)?;
            Prediction::mean(best_weight_error(scale(at), at.n, at.variance()?, b, tau2))
        },
    },
];

/// s, synthetic rows per human row.
fn scale(at: &Conditions) -> f64 {
    (1.0 - at.human_fraction) / at.human_fraction
}

/// b and τ².
fn terms(at: &Conditions) -> Result<(f64, f64), Unmet> {
    let Generator { bias, variance, .. } = at.generator()?;
    bias.zip(variance).ok_or(Unmet::Missing("the mean and the variance of the generator"))
}

/// The synthetic scale s* ∈ [0, ∞] with the least mean squared error under unweighted pooling.
pub fn sweet_spot(n: f64, sigma2: f64, bias: f64, tau2: f64) -> f64 {
    let (curve, gain) = (2.0 * n * bias * bias - tau2, 2.0 * sigma2 - tau2);
    if curve > 0.0 {
        (gain / curve).max(0.0)
    } else if sigma2 / n > bias * bias {
        f64::INFINITY
    } else {
        0.0
    }
}

/// Mean squared error of unweighted pooling of n human rows with s·n synthetic ones, in the estimate's unit squared.
pub fn pooled_error(s: f64, n: f64, sigma2: f64, bias: f64, tau2: f64) -> f64 {
    (s * s * bias * bias + (sigma2 + s * tau2) / n) / ((1.0 + s) * (1.0 + s))
}

/// The same with the best weight on the synthetic group's mean.
pub fn best_weight_error(s: f64, n: f64, sigma2: f64, bias: f64, tau2: f64) -> f64 {
    let human = n / sigma2;
    if s <= 0.0 { 1.0 / human } else { 1.0 / (human + 1.0 / (bias * bias + tau2 / (s * n))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sweet_spot_is_where_the_error_is_least() {
        for (b, expected) in [(0.13, 1.45), (0.15, 0.80), (0.20, 0.33), (0.30, 0.12)] {
            let s = sweet_spot(50.0, 1.0, b, 1.0);
            assert!((s - expected).abs() < 0.006, "b = {b}: {s}");
            let at = |s| pooled_error(s, 50.0, 1.0, b, 1.0);
            assert!(at(s) < at(s + 0.02) && at(s) < at(s - 0.02));
        }
        assert!(sweet_spot(50.0, 1.0, 0.05, 1.0).is_infinite());
        assert!(sweet_spot(50.0, 1.0, 0.2, 2.5).abs() < 1e-12);
    }

    #[test]
    fn with_the_best_weight_more_rows_never_hurt() {
        for (s, expected) in [(0.0, 0.0200), (2.0, 0.0124), (100.0, 0.0106)] {
            assert!((best_weight_error(s, 50.0, 1.0, 0.15, 1.0) - expected).abs() < 6e-5);
        }
    }
}
