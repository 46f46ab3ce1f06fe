//! The critical human fraction: from which human share on a stated part of the loss is prevented.
//!
//! Per seed c(α) = ±[m(α) − m(1) − (1 − share)(m(0) − m(1))], + where that is loss; linear between arms. The fractions at
//! which Student's t does not reject E c(α) = 0, on a grid of [`GRID`], are the interval, widened by one step on either
//! side; the estimate is the last change of sign of the mean of c. A human-valued metric must stay within ± of the allowed
//! part, so it has a second criterion with the other sign. Cost: O(seeds × grid).

use super::prevented::loss_sign;
use super::seeds::{Arms, Seeds};
use super::{Judged, Why};
use crate::analysis::intervals::{mean_sd, t_quantile};

/// The step of the grid of fractions.
const GRID: f64 = 0.01;
/// Gaps between arms that are no wider are not halved again.
const NARROWEST: f64 = 0.02;

/// A critical fraction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Critical {
    /// The last fraction at which the mean of c changes its sign.
    pub estimate: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end; none where even 1 can't be excluded.
    pub high: Option<f64>,
    /// Seeds.
    pub seeds: usize,
    /// Of these, seeds cut at the worst value.
    pub cut: usize,
}

/// The critical fraction for preventing `share` of the loss. `arms` are (human fraction, one observation a seed), those at
/// 0 and 1 among them; `level` is that of the interval.
///
/// # Errors
/// [`Why`] there is none: no loss is shown, an arm is missing, or a value.
pub fn critical(
    arms: &[(f64, Seeds<'_>)],
    judged: &Judged,
    start: Option<f64>,
    share: f64,
    level: f64,
) -> Result<Critical, Why> {
    let mut arms = arms.to_vec();
    arms.sort_by(|a, b| a.0.total_cmp(&b.0));
    for end in [0.0, 1.0] {
        if !arms.iter().any(|(fraction, _)| *fraction == end) {
            return Err(Why::NoArm(end));
        }
    }
    let last = arms.len() - 1;
    // The arms without human rows and of human rows alone come first, as the sign of the loss wants them.
    let order: Vec<usize> = [0, last].into_iter().chain(1..last).collect();
    let values = Arms::new(&order.iter().map(|i| arms[*i].1).collect::<Vec<_>>(), judged)?;
    let sign = loss_sign(&values, judged, start)?;
    let fractions: Vec<f64> = arms.iter().map(|(fraction, _)| *fraction).collect();
    let place = |i: usize| order.iter().position(|o| *o == i).unwrap_or(0);
    let criterion = |side: f64| -> Vec<Vec<f64>> {
        let allowed: Vec<f64> = values.difference(0, 1).iter().map(|d| sign * (1.0 - share) * d).collect();
        (0..=last)
            .map(|i| {
                let remaining = values.difference(place(i), 1);
                remaining.iter().zip(&allowed).map(|(d, a)| side * sign * d - a).collect()
            })
            .collect()
    };
    let mut found = crossing(&fractions, &criterion(1.0), level);
    if judged.fixed_sign().is_none() {
        found = found.with(crossing(&fractions, &criterion(-1.0), level));
    }
    let estimate = found.estimate.ok_or(Why::NotDetermined)?;
    let (low, high) =
        found.open.map_or((estimate, estimate), |(low, high)| (low.min(estimate), high.max(estimate)));
    let open_ended = high >= 1.0;
    Ok(Critical {
        estimate,
        low: (low - GRID).max(0.0),
        high: (!open_ended).then(|| (high + GRID).min(1.0)),
        seeds: values.len(),
        cut: values.cut,
    })
}

/// Where a criterion turns.
struct Crossing {
    /// The last change of sign of its mean, from above 0 to below.
    estimate: Option<f64>,
    /// The first and the last fraction at which 0 is not rejected.
    open: Option<(f64, f64)>,
}

impl Crossing {
    /// Both criteria must hold: the later estimate, and the union of what is open.
    fn with(self, other: Self) -> Self {
        let open = match (self.open, other.open) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        let later = |a: f64, b: f64| a.max(b);
        let estimate = match (self.estimate, other.estimate) {
            (Some(a), Some(b)) => Some(later(a, b)),
            (one, other) => one.or(other),
        };
        Crossing { estimate, open }
    }
}

/// Follows c, linear between arms, over the grid.
fn crossing(fractions: &[f64], c: &[Vec<f64>], level: f64) -> Crossing {
    let means: Vec<f64> = c.iter().map(|c| mean_sd(c).0).collect();
    let estimate = (1..fractions.len()).rev().find_map(|i| {
        let (above, below) = (means[i - 1], means[i]);
        let turns = above > 0.0 && below <= 0.0;
        turns.then(|| fractions[i - 1] + (fractions[i] - fractions[i - 1]) * above / (above - below))
    });
    let n = c.first().map_or(0, Vec::len) as f64;
    let quantile = t_quantile(level, n - 1.0);
    let steps = (1.0 / GRID).round() as usize;
    let open: Vec<f64> = (0..=steps)
        .map(|i| i as f64 / steps as f64)
        .filter(|at| {
            let (mean, sd) = mean_sd(&between(fractions, c, *at));
            mean.abs() <= quantile * sd / n.sqrt()
        })
        .collect();
    Crossing { estimate, open: open.first().copied().zip(open.last().copied()) }
}

/// The values at a fraction, linear between the arms around it.
fn between(fractions: &[f64], c: &[Vec<f64>], at: f64) -> Vec<f64> {
    let i = fractions.partition_point(|f| *f <= at).clamp(1, fractions.len() - 1);
    let part = (at - fractions[i - 1]) / (fractions[i] - fractions[i - 1]);
    c[i - 1].iter().zip(&c[i]).map(|(a, b)| a + part * (b - a)).collect()
}

/// Where a further arm shrinks the interval most: the middle of the widest gap between arms that meets it; `None` once
/// all of these are narrow. `arms` in rising order.
pub fn next_arm(arms: &[f64], low: f64, high: f64) -> Option<f64> {
    let gaps = arms.windows(2).filter(|gap| gap[1] > low && gap[0] < high && gap[1] - gap[0] > NARROWEST);
    let widest = gaps.max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])))?;
    Some(0.5 * (widest[0] + widest[1]))
}

/// The critical fraction of several metrics together.
#[derive(Clone, Debug, PartialEq)]
pub struct Together {
    /// The largest of the estimates.
    pub estimate: f64,
    /// The largest of the lower ends.
    pub low: f64,
    /// The largest of the upper ends; none where a metric has none.
    pub high: Option<f64>,
    /// The metric that decides, or those that may.
    pub decide: Vec<String>,
    /// How many metrics it is about.
    pub metrics: usize,
}

/// Several metrics together, each with its critical fraction at the level of an interval of its own and with the one at
/// level 1 − (1 − level)/K; `None` for no metric.
pub fn together(metrics: &[(String, Critical, Critical)]) -> Option<Together> {
    let largest = |of: fn(&Critical) -> f64, which: fn(&(String, Critical, Critical)) -> &Critical| {
        metrics.iter().map(|m| of(which(m))).fold(f64::NEG_INFINITY, f64::max)
    };
    let upper = |c: &Critical| c.high.unwrap_or(f64::INFINITY);
    let top = metrics.iter().max_by(|a, b| a.2.low.total_cmp(&b.2.low))?;
    let high = largest(upper, |m| &m.1);
    // A metric that reaches above the largest lower end may decide.
    let may = |m: &&(String, Critical, Critical)| m.0 == top.0 || upper(&m.1) >= top.2.low;
    Some(Together {
        estimate: largest(|c| c.estimate, |m| &m.1),
        low: top.2.low,
        high: high.is_finite().then_some(high),
        decide: metrics.iter().filter(may).map(|m| m.0.clone()).collect(),
        metrics: metrics.len(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Tolerance;
    use super::*;
    use crate::metrics::{Direction, Observed};

    const JUDGED: Judged = Judged {
        direction: Direction::Lower,
        worst: None,
        human: None,
        tolerance: Tolerance::OfDistance(0.1),
    };
    const OFF: [f64; 8] = [-0.03, 0.01, 0.02, -0.01, 0.0, 0.015, -0.02, 0.015];

    /// Eight seeds of m(α) = 1 + (1 − α)·loss(α), with own noise.
    fn arms(curve: &[(f64, f64)], noise: f64) -> Vec<(f64, Vec<(u64, Observed)>)> {
        let seed = |i: usize, a: usize, m: f64| m + noise * OFF[(3 * i + 5 * a) % 8];
        let arm = |(a, (fraction, m)): (usize, &(f64, f64))| {
            (*fraction, (0..8).map(|i| (i as u64, Observed::of(seed(i, a, *m)))).collect())
        };
        curve.iter().enumerate().map(arm).collect()
    }

    fn found(curve: &[(f64, f64)], noise: f64, judged: &Judged) -> Result<Critical, Why> {
        let arms = arms(curve, noise);
        let arms: Vec<_> = arms.iter().map(|(f, a)| (*f, a.as_slice())).collect();
        critical(&arms, judged, None, 0.9, 0.95)
    }

    #[test]
    fn a_linear_loss_is_prevented_to_nine_tenths_at_nine_tenths() {
        let curve = [(0.0, 3.0), (0.5, 2.0), (1.0, 1.0)];
        let c = found(&curve, 1.0, &JUDGED).unwrap();
        assert!((c.estimate - 0.9).abs() < 0.02 && c.low < 0.9 && c.high.unwrap() > 0.9, "{c:?}");
        // Without noise the interval is one step of the grid on either side.
        let c = found(&curve, 0.0, &JUDGED).unwrap();
        assert!((c.estimate - 0.9).abs() < 1e-9 && (c.low - 0.89).abs() < 0.0101);
        assert!((c.high.unwrap() - 0.91).abs() < 0.0101, "{c:?}");
    }

    #[test]
    fn a_shift_and_a_scale_of_the_metric_change_nothing() {
        let curve = [(0.0, 3.0), (0.3, 1.7), (0.6, 1.25), (1.0, 1.0)];
        let scaled = curve.map(|(f, m)| (f, 7.0 - 2.0 * m));
        let more = Judged { direction: Direction::Higher, ..JUDGED };
        let (a, b) = (found(&curve, 0.5, &JUDGED).unwrap(), found(&scaled, -1.0, &more).unwrap());
        assert!((a.estimate - b.estimate).abs() < 1e-9 && (a.low - b.low).abs() < 1e-9);
    }

    #[test]
    fn a_human_valued_metric_must_not_overshoot() {
        // m(α) − m(1) is 2, −1 at .5, 0: past the human-only arm by half of the loss.
        let curve = [(0.0, 3.0), (0.5, 0.0), (1.0, 1.0)];
        let human = Judged { direction: Direction::TwoSided, human: Some(1.0), ..JUDGED };
        let (one_sided, both) = (found(&curve, 0.1, &JUDGED).unwrap(), found(&curve, 0.1, &human).unwrap());
        // 2 − 6α = .2 at .3; on the way back −1 + 2(α − .5) = −.2 at .9.
        assert!((one_sided.estimate - 0.3).abs() < 0.01, "{one_sided:?}");
        assert!((both.estimate - 0.9).abs() < 0.01, "{both:?}");
    }

    #[test]
    fn without_a_shown_loss_there_is_none_and_both_ends_are_needed() {
        let flat = [(0.0, 1.0), (0.5, 1.0), (1.0, 1.0)];
        assert!(matches!(found(&flat, 1.0, &JUDGED), Err(Why::NoLoss { .. })));
        assert_eq!(found(&[(0.0, 3.0), (0.5, 2.0)], 1.0, &JUDGED), Err(Why::NoArm(1.0)));
    }

    #[test]
    fn the_widest_gap_that_meets_the_interval_is_halved() {
        let arms = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0];
        assert_eq!(next_arm(&arms, 0.55, 0.65), Some(0.6));
        assert_eq!(next_arm(&arms, 0.92, 0.98), Some(0.95));
        assert_eq!(next_arm(&[0.0, 0.5, 0.515, 1.0], 0.505, 0.51), None);
    }

    #[test]
    fn the_metric_whose_lower_end_is_above_the_others_decides() {
        let c = |estimate, low, high| Critical { estimate, low, high, seeds: 10, cut: 0 };
        let a = ("a".to_owned(), c(0.8, 0.7, Some(0.9)), c(0.8, 0.68, Some(0.92)));
        let b = ("b".to_owned(), c(0.4, 0.3, Some(0.5)), c(0.4, 0.28, Some(0.52)));
        let d = ("d".to_owned(), c(0.7, 0.5, None), c(0.7, 0.4, None));
        let both = together(&[a.clone(), b.clone()]).unwrap();
        assert_eq!(
            (both.estimate, both.low, both.high, both.decide),
            (0.8, 0.68, Some(0.9), vec!["a".to_owned()])
        );
        let three = together(&[a, b, d]).unwrap();
        assert_eq!((three.high, three.decide), (None, vec!["a".to_owned(), "d".to_owned()]));
        assert_eq!(together(&[]), None);
    }
}
