//! Claims about generations or settings: slope, order, monotony. All are paired within seeds and joint at
//! [`ERROR_LEVEL`](super::ERROR_LEVEL), with t intervals over seeds. Cost: O(values).

use super::claims::{
    ClaimResult, Expected, Part, Relation, Tolerance, around, decide, joint_level, of_values,
};
use super::observations::Series;
use super::paired::differences;

/// The mean over seeds of the least-squares slope of the value (or of its natural logarithm) on the generation,
/// against an expected slope per generation. A sign is a claim too: [`Relation::AtLeast`] or `AtMost` with expected 0.
pub fn slope(
    says: &str,
    series: &Series,
    logarithm: bool,
    expected: Expected,
    tolerance: Tolerance,
    relation: Relation,
) -> ClaimResult {
    let mut slopes = Vec::new();
    for points in series.by_seed().into_values() {
        let y = |v: f64| if logarithm { v.ln() } else { v };
        let points: Vec<(f64, f64)> = points.into_iter().map(|(g, v)| (f64::from(g), y(v))).collect();
        slopes.extend(least_squares(&points));
    }
    let estimate = if slopes.iter().all(|s| s.is_finite()) {
        around(of_values(&slopes), expected.sd_of_one, joint_level(1))
    } else {
        Err("some values are not positive, so the slope of the logarithm does not exist".to_owned())
    };
    decide(says, [Part { at: series.last(), expected: expected.value, estimate }], tolerance, relation)
}

/// The slope of y on x; `None` unless two x differ.
fn least_squares(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (sx, sy) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (mx, my) = (sx / n, sy / n);
    let (xy, xx) =
        points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + (x - mx) * (y - my), b + (x - mx).powi(2)));
    (xx > 0.0).then(|| xy / xx)
}

/// Whether the settings stand in this order at a generation, from the lowest to the highest: every paired difference
/// between neighbours is positive. `arms` are (seed, value) sorted by seed, as `Series` keeps them.
///
/// Passed if every simultaneous interval is above 0, failed if one is below 0.
pub fn ordering(says: &str, arms: &[&[(u64, f64)]], at: Option<u32>) -> ClaimResult {
    let level = joint_level(arms.len().saturating_sub(1));
    let parts = arms.windows(2).map(|pair| {
        let rises = differences(pair[1], pair[0]);
        let same = !rises.is_empty() && rises.iter().all(|d| *d == 0.0);
        let estimate = if same {
            Err("two settings have the same values in every seed: no order".to_owned())
        } else {
            around(of_values(&rises), None, level)
        };
        Part { at, expected: 0.0, estimate }
    });
    decide(says, parts, Tolerance::default(), Relation::AtLeast)
}

/// Whether the metric only rises (or only falls) over the given generations, in expectation: each step's paired
/// difference is in the right direction, up to `slack` in the metric's unit.
pub fn monotone(says: &str, series: &Series, generations: &[u32], rising: bool, slack: f64) -> ClaimResult {
    let level = joint_level(generations.len().saturating_sub(1));
    let parts = generations.windows(2).map(|step| {
        let (before, after) = (series.pairs(step[0]), series.pairs(step[1]));
        let steps = if rising { differences(after, before) } else { differences(before, after) };
        Part { at: Some(step[1]), expected: 0.0, estimate: around(of_values(&steps), None, level) }
    });
    decide(says, parts, Tolerance { relative: 0.0, absolute: slack }, Relation::AtLeast)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{SettingKey, Verdict};
    use super::*;
    use crate::metrics::Subject;

    /// Value 100·e^(−rate·g)(1 + wobble) for 8 seeds over generations 0..=5.
    fn decaying(rate: f64) -> Series {
        let value = |s: u64, g: u32| {
            100.0 * (-rate * f64::from(g)).exp() * (1.0 + 1e-3 * ((s * 7 + u64::from(g) * 3) % 5) as f64)
        };
        let at = (0..=5).map(|g| (g, (0..8).map(|s| (s, value(s, g))).collect())).collect();
        Series { key: SettingKey::default(), metric: "variance".into(), subject: Subject::Model, at }
    }

    fn exactly(value: f64) -> Expected {
        Expected { value, sd_of_one: None }
    }

    #[test]
    fn the_slope_of_the_logarithm_is_the_rate() {
        let s = decaying(0.2);
        let claim = |e, r| slope("", &s, true, exactly(e), Tolerance::relative(0.05), r).verdict;
        assert_eq!(claim(-0.2, Relation::Equal), Verdict::Passed);
        assert_eq!(claim(-0.3, Relation::Equal), Verdict::Failed);
        assert_eq!(claim(0.0, Relation::AtMost), Verdict::Passed);
        assert_eq!(claim(0.0, Relation::AtLeast), Verdict::Failed);
        assert!((least_squares(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).unwrap() - 2.0).abs() < 1e-12);
        assert_eq!(least_squares(&[(1.0, 1.0)]), None);
    }

    #[test]
    fn an_order_is_decided_by_paired_differences() {
        // Each seed's level differs a hundred times more than the settings do.
        let arm = |shift: f64| {
            (0..6).map(|s| (s, 100.0 * s as f64 + shift + 0.01 * (s % 2) as f64 * shift)).collect::<Vec<_>>()
        };
        let (a, b, c) = (arm(3.0), arm(2.0), arm(1.0));
        assert_eq!(ordering("", &[&c, &b, &a], None).verdict, Verdict::Passed);
        assert_eq!(ordering("", &[&a, &c, &b], None).verdict, Verdict::Failed);
        assert_eq!(ordering("", &[&a, &a], None).verdict, Verdict::Undecided);
        assert_eq!(ordering("", &[&a, &b[..1]], None).verdict, Verdict::Undecided);
    }

    #[test]
    fn a_decay_is_monotone_and_falls() {
        let s = decaying(0.2);
        let all: Vec<u32> = (0..=5).collect();
        assert_eq!(monotone("", &s, &all, false, 0.0).verdict, Verdict::Passed);
        let up = monotone("", &s, &all, true, 0.0);
        assert_eq!((up.verdict, up.at), (Verdict::Failed, Some(1)));
        assert_eq!(monotone("", &s, &all, true, 50.0).verdict, Verdict::Passed);
    }
}
