//! Differences between two settings, paired by seed.
//!
//! Two arms with the same seed share their human rows and initial weights, so the difference within a seed varies less
//! than the two arms do. By how much is measured: the variance of the paired difference over that of an unpaired one.
//! Cost: O(n), plus the interval's.

use serde::Serialize;

use super::AnalysisError;
use super::intervals::{Interval, mean_interval, mean_sd};
use crate::metrics::Scale;

/// A paired comparison `a − b`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// Seeds that both settings have.
    pub n: usize,
    /// Mean of a − b, in the metric's unit.
    pub difference: f64,
    /// Interval of the mean difference.
    pub interval: Interval,
    /// Correlation of a and b over seeds; `None` where one of them is constant.
    pub correlation: Option<f64>,
    /// 1 − Var(a−b)/(Var a + Var b): the share of the variance that pairing removed (negative where it added); `None`
    /// where both are constant.
    pub variance_reduction: Option<f64>,
}

/// Values of the seeds that both have, in the order of the seeds. Both must be sorted by seed, as `Series` keeps them.
fn common(a: &[(u64, f64)], b: &[(u64, f64)]) -> Vec<(f64, f64)> {
    let mut pairs = Vec::new();
    let mut rest = b.iter().peekable();
    for (seed, x) in a {
        while rest.next_if(|(s, _)| s < seed).is_some() {}
        if let Some((_, y)) = rest.next_if(|(s, _)| s == seed) {
            pairs.push((*x, *y));
        }
    }
    pairs
}

/// a − b for each seed that both have, in the order of the seeds; both sorted by seed. For claims about a difference.
pub fn differences(a: &[(u64, f64)], b: &[(u64, f64)]) -> Vec<f64> {
    common(a, b).iter().map(|(x, y)| x - y).collect()
}

/// The mean of a − b over common seeds with its interval; both sorted by seed.
///
/// # Errors
/// [`AnalysisError::TooFewPairs`] below two common seeds.
pub fn paired_difference(a: &[(u64, f64)], b: &[(u64, f64)], level: f64) -> Result<Paired, AnalysisError> {
    let pairs = common(a, b);
    let too_few = || AnalysisError::TooFewPairs { common: pairs.len(), left: a.len(), right: b.len() };
    let differences: Vec<f64> = pairs.iter().map(|(x, y)| x - y).collect();
    let interval = mean_interval(&differences, Scale::Linear, level).ok_or_else(too_few)?;
    let (x, y): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let ((_, sx), (_, sy), (difference, sd)) = (mean_sd(&x), mean_sd(&y), mean_sd(&differences));
    let apart = sx * sx + sy * sy;
    Ok(Paired {
        n: pairs.len(),
        difference,
        interval,
        // Var(a−b) = Var a + Var b − 2 Cov.
        correlation: (sx > 0.0 && sy > 0.0).then(|| ((apart - sd * sd) / (2.0 * sx * sy)).clamp(-1.0, 1.0)),
        variance_reduction: (apart > 0.0).then(|| 1.0 - sd * sd / apart),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_constant_shift_is_seen_exactly_whatever_the_spread() {
        let a = [(1, 10.0), (2, 20.0), (5, 60.0), (9, 1.0)];
        let b = [(1, 9.0), (2, 19.0), (3, 7.0), (5, 59.0)];
        let p = paired_difference(&a, &b, 0.95).unwrap();
        assert_eq!((p.n, p.difference, p.interval.low, p.interval.high), (3, 1.0, 1.0, 1.0));
        assert!(
            (p.correlation.unwrap() - 1.0).abs() < 1e-9 && (p.variance_reduction.unwrap() - 1.0).abs() < 1e-9
        );
    }

    #[test]
    fn the_correlation_is_pearsons() {
        // x = 1..5, y = (2, 1, 4, 3, 5): r = .8, so the reduction is r (equal variances).
        let a: Vec<(u64, f64)> = (0..5).map(|i| (i, i as f64 + 1.0)).collect();
        let b: Vec<(u64, f64)> = (0..5).zip([2.0, 1.0, 4.0, 3.0, 5.0]).collect();
        let p = paired_difference(&a, &b, 0.95).unwrap();
        assert!(
            (p.correlation.unwrap() - 0.8).abs() < 1e-12
                && (p.variance_reduction.unwrap() - 0.8).abs() < 1e-12
        );
    }

    #[test]
    fn one_common_seed_is_refused() {
        let error = paired_difference(&[(1, 1.0), (2, 2.0)], &[(2, 1.0), (3, 4.0)], 0.95);
        assert!(matches!(error, Err(AnalysisError::TooFewPairs { common: 1, left: 2, right: 2 })));
    }
}
