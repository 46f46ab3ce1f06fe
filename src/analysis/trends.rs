//! Claims about generations or settings: slope, order, monotony. All are paired within seeds and joint at
//! [`ERROR_LEVEL`](super::ERROR_LEVEL). Cost: O(values).

use super::claims::{ClaimResult, Expected, Part, Question, Relation, Tolerance, decide};
use super::claims_intervals::{Range, mean_interval};
use super::observations::Series;
use super::paired::differences;
use crate::spec::SlopeScale;

/// The mean over seeds of the least-squares slope of the value on the generation, against an expected slope; by `scale`
/// of the value's natural logarithm, and on ln(g + 1). A sign is a claim too: [`Relation::AtLeast`] or `AtMost` with
/// expected 0.
pub fn slope(
    question: Question<'_>,
    series: &Series,
    scale: SlopeScale,
    expected: Expected,
    tolerance: Tolerance,
    relation: Relation,
) -> ClaimResult {
    let mut slopes = Vec::new();
    for points in series.by_seed().into_values() {
        let fits = |g: u32| if scale == SlopeScale::LogLog { f64::from(g) + 1.0 } else { f64::from(g) };
        let points: Vec<(f64, f64)> = points.into_iter().map(|(g, v)| scaled(scale, (fits(g), v))).collect();
        slopes.extend(least_squares(&points));
    }
    let estimate = if slopes.iter().all(|s| s.is_finite()) {
        mean_interval(&slopes, expected.sd_of_one, question.level(1), Range::Any)
    } else {
        Err("some values are not positive, so the slope of the logarithm does not exist".to_owned())
    };
    let part = Part { at: series.last(), expected: expected.value, estimate };
    decide(question.says, [part], tolerance, relation)
}

/// A number, and (seed, value) sorted by seed.
type Arm<'a> = (f64, &'a [(u64, f64)]);

/// The slope of the mean over seeds along a swept number, at one generation of several settings: `arms` are (number,
/// (seed, value) sorted by seed).
///
/// With a logarithm of the value it is the slope of ln(mean), not of the mean logarithm, since a paper's scaling law is
/// about the risk. Its error is that of the seeds' influences Σ w_i (v_si/m_i − 1), w_i = (x_i − x̄)/Σ(x − x̄)² (the
/// delta method), which keeps the pairing of settings by seed.
pub fn slope_along(
    question: Question<'_>,
    arms: &[Arm<'_>],
    scale: SlopeScale,
    at: Option<u32>,
    (expected, tolerance, relation): (Expected, Tolerance, Relation),
) -> ClaimResult {
    let estimate =
        influences(arms, scale).and_then(|all| mean_interval(&all, None, question.level(1), Range::Any));
    decide(question.says, [Part { at, expected: expected.value, estimate }], tolerance, relation)
}

/// One value a seed, whose mean is the slope and whose spread is its error.
fn influences(arms: &[Arm<'_>], scale: SlopeScale) -> Result<Vec<f64>, String> {
    let seeds = |arm: &[(u64, f64)]| arm.iter().map(|(seed, _)| *seed).collect::<Vec<_>>();
    let first = arms.first().map(|(_, arm)| seeds(arm)).unwrap_or_default();
    if first.is_empty() || arms.iter().any(|(_, arm)| seeds(arm) != first) {
        return Err(
            "the settings do not have the same seeds, so a slope over them has no paired error".to_owned()
        );
    }
    let mean = |arm: &[(u64, f64)]| arm.iter().map(|(_, v)| v).sum::<f64>() / arm.len() as f64;
    let points: Vec<(f64, f64)> = arms.iter().map(|(x, arm)| scaled(scale, (*x, mean(arm)))).collect();
    if points.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
        return Err("a mean or a place is not positive, so its logarithm does not exist".to_owned());
    }
    let slope = least_squares(&points).ok_or("a slope needs two settings with different numbers")?;
    let middle = points.iter().map(|(x, _)| x).sum::<f64>() / points.len() as f64;
    let spread: f64 = points.iter().map(|(x, _)| (x - middle).powi(2)).sum();
    let influence = |seed: usize| {
        let part = |(i, arm): (usize, &Arm<'_>)| {
            let (value, mean) = (arm.1[seed].1, mean(arm.1));
            let deviation = if scale == SlopeScale::Linear { value - mean } else { value / mean - 1.0 };
            (points[i].0 - middle) / spread * deviation
        };
        slope + arms.iter().enumerate().map(part).sum::<f64>()
    };
    Ok((0..first.len()).map(influence).collect())
}

/// Place and value on the scale.
pub fn scaled(scale: SlopeScale, (x, y): (f64, f64)) -> (f64, f64) {
    match scale {
        SlopeScale::Linear => (x, y),
        SlopeScale::Log => (x, y.ln()),
        SlopeScale::LogLog => (x.ln(), y.ln()),
    }
}

/// The slope of y on x; `None` unless two x differ.
pub fn least_squares(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (sx, sy) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    let (mx, my) = (sx / n, sy / n);
    let (xy, xx) =
        points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + (x - mx) * (y - my), b + (x - mx).powi(2)));
    (xx > 0.0).then(|| xy / xx)
}

/// Whether the metric rises (or falls) by at least `least` from each generation to the next, in expectation.
pub fn monotone(
    question: Question<'_>,
    series: &Series,
    generations: &[u32],
    rising: bool,
    least: f64,
) -> ClaimResult {
    let steps: Vec<(u32, Vec<f64>)> = generations
        .windows(2)
        .map(|step| {
            let (before, after) = (series.pairs(step[0]), series.pairs(step[1]));
            (step[1], if rising { differences(after, before) } else { differences(before, after) })
        })
        .collect();
    rises(question, &steps, least)
}

/// Whether every paired step is at least `least` in expectation, jointly; a step has the generation that it is about.
pub fn rises(question: Question<'_>, steps: &[(u32, Vec<f64>)], least: f64) -> ClaimResult {
    let level = question.level(steps.len());
    let range = question.range.of_difference();
    let parts = steps.iter().map(|(at, values)| Part {
        at: Some(*at),
        expected: least,
        estimate: mean_interval(values, None, level, range),
    });
    decide(question.says, parts, Tolerance::default(), Relation::AtLeast)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Verdict;
    use super::*;
    use crate::metrics::Subject;
    use crate::store::settings::tests::keys;

    /// Value 100·e^(−rate·g)(1 + wobble) for 8 seeds over generations 0..=5.
    fn decaying(rate: f64) -> Series {
        let value = |s: u64, g: u32| {
            100.0 * (-rate * f64::from(g)).exp() * (1.0 + 1e-3 * ((s * 7 + u64::from(g) * 3) % 5) as f64)
        };
        let at = (0..=5).map(|g| (g, (0..8).map(|s| (s, value(s, g))).collect())).collect();
        Series::new(keys(&[&[]]).remove(0), "variance", Subject::Model, at)
    }

    fn exactly(value: f64) -> Expected {
        Expected { value, sd_of_one: None }
    }

    #[test]
    fn the_slope_of_the_logarithm_is_the_rate() {
        let s = decaying(0.2);
        let claim = |e, r| {
            slope(Question::once(""), &s, SlopeScale::Log, exactly(e), Tolerance::relative(0.05), r).verdict
        };
        assert_eq!(claim(-0.2, Relation::Equal), Verdict::Passed);
        assert_eq!(claim(-0.3, Relation::Equal), Verdict::Failed);
        assert_eq!(claim(0.0, Relation::AtMost), Verdict::Passed);
        assert_eq!(claim(0.0, Relation::AtLeast), Verdict::Failed);
        assert!((least_squares(&[(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)]).unwrap() - 2.0).abs() < 1e-12);
        assert_eq!(least_squares(&[(1.0, 1.0)]), None);
    }

    /// Risk 3·n^(−1/2) with a seed's own factor, common to all settings: the pairing takes it out of the slope.
    #[test]
    fn a_scaling_exponent_is_the_slope_of_the_logarithms() {
        let arm = |n: f64, noise: f64| -> Vec<(u64, f64)> {
            let factor = |s: u64| 1.0 + 0.3 * ((s * 5) % 7) as f64 + noise * ((s * 3 + n as u64) % 4) as f64;
            (0..16).map(|s| (s, 3.0 * n.powf(-0.5) * factor(s))).collect()
        };
        let slope = |noise: f64, value: f64, scale| {
            let arms: Vec<(f64, Vec<(u64, f64)>)> = [10.0, 100.0, 1000.0].map(|n| (n, arm(n, noise))).into();
            let arms: Vec<(f64, &[(u64, f64)])> = arms.iter().map(|(n, a)| (*n, a.as_slice())).collect();
            slope_along(
                Question::once(""),
                &arms,
                scale,
                Some(0),
                (exactly(value), Tolerance::relative(0.02), Relation::Equal),
            )
        };
        let exact = slope(0.0, -0.5, SlopeScale::LogLog);
        assert_eq!(exact.verdict, Verdict::Passed);
        assert!(
            (exact.measured.unwrap() + 0.5).abs() < 1e-12 && exact.high.unwrap() - exact.low.unwrap() < 1e-9
        );
        assert_eq!(slope(0.0, -0.6, SlopeScale::LogLog).verdict, Verdict::Failed);
        let noisy = slope(0.01, -0.5, SlopeScale::LogLog);
        assert!(noisy.high.unwrap() - noisy.low.unwrap() > 1e-4, "{noisy:?}");
        assert_ne!(slope(0.0, -0.5, SlopeScale::Log).verdict, Verdict::Passed);
        let lonely = slope_along(
            Question::once(""),
            &[],
            SlopeScale::Linear,
            None,
            (exactly(0.0), Tolerance::default(), Relation::Equal),
        );
        assert_eq!(lonely.verdict, Verdict::Undecided);
    }

    #[test]
    fn an_order_is_decided_by_paired_differences_and_their_least_size() {
        // Each seed's level differs a hundred times more than the settings do.
        let arm = |shift: f64| {
            (0..6).map(|s| (s, 100.0 * s as f64 + shift + 0.01 * (s % 2) as f64 * shift)).collect::<Vec<_>>()
        };
        let (low, high) = (arm(2.0), arm(3.0));
        let ask = |to: &[(u64, f64)], from: &[(u64, f64)], least| {
            rises(Question::once(""), &[(1, differences(to, from))], least).verdict
        };
        assert_eq!(ask(&high, &low, 0.5), Verdict::Passed);
        assert_eq!(ask(&high, &low, 1.5), Verdict::Failed, "one is not one and a half");
        assert_eq!(ask(&low, &high, 0.0), Verdict::Failed);
        assert_eq!(ask(&low, &low, 0.0), Verdict::Undecided, "equal in every seed");
        assert_eq!(ask(&high, &low[..1], 0.0), Verdict::Undecided, "one pair");
    }

    #[test]
    fn a_decay_is_monotone_and_falls() {
        let s = decaying(0.2);
        let all: Vec<u32> = (0..=5).collect();
        let ask = |rising, least| monotone(Question::once(""), &s, &all, rising, least);
        // The last step is 100 (e^−.8 − e^−1) = 8.14.
        assert_eq!(ask(false, 5.0).verdict, Verdict::Passed);
        assert_eq!(ask(false, 12.0).verdict, Verdict::Failed);
        let up = ask(true, 0.0);
        assert_eq!((up.verdict, up.at), (Verdict::Failed, Some(1)));
    }
}
