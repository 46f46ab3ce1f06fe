//! The prevented share: how much of the loss without human rows a human share prevents.
//!
//! remaining(α) = (m(α) − m(1)) / (m(0) − m(1)) and prevented = 1 − remaining, signed, with the same seeds at one
//! generation. The human value cancels: with the metric's orientation it only decides whether there is a loss. A share is
//! given if m(0) − m(1) differs from 0 at [`GATE_LEVEL`] in the direction of loss and exceeds the tolerance.

use super::fieller::ratio;
use super::seeds::{Arms, Seeds};
use super::{Judged, Why};
use crate::analysis::DISPLAY_LEVEL;
use crate::analysis::intervals::{mean_sd, t_quantile};

/// The level at which a loss must differ from 0 before its prevented share is given.
pub const GATE_LEVEL: f64 = 0.99;

/// A prevented share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prevented {
    /// The share; above 1 where the arm is past the human-only one, below 0 where it is worse than no human rows.
    pub share: f64,
    /// The lower end: of the two-sided 95 % interval, or of the one-sided one where that is unbounded.
    pub low: Option<f64>,
    /// The upper end; none where the interval is unbounded.
    pub high: Option<f64>,
    /// Whether the seeds are all equal, so that the sample gives no interval.
    pub all_equal: bool,
    /// m(0) − m(1), positive where it is a loss.
    pub loss: f64,
    /// Seeds.
    pub seeds: usize,
    /// Of these, seeds cut at the worst value.
    pub cut: usize,
}

/// The share of the loss of `none` (no human rows) against `only` (human rows alone) that `arm` prevents. `start` is the
/// metric's mean at generation 0, from which the tolerance is measured.
///
/// # Errors
/// [`Why`] there is no share.
pub fn prevented(
    arm: Seeds<'_>,
    none: Seeds<'_>,
    only: Seeds<'_>,
    judged: &Judged,
    start: Option<f64>,
) -> Result<Prevented, Why> {
    let arms = Arms::new(&[none, only, arm], judged)?;
    let sign = loss_sign(&arms, judged, start)?;
    let against = |a: usize| -> Vec<f64> { arms.difference(a, 1).iter().map(|d| sign * d).collect() };
    let (remaining, loss) = (against(2), against(0));
    let found = ratio(&remaining, &loss, DISPLAY_LEVEL);
    // One-sided at the same level: the upper end of the two-sided interval that leaves out twice as much.
    let one_sided = || ratio(&remaining, &loss, 2.0 * DISPLAY_LEVEL - 1.0).bounds.map(|(_, high)| 1.0 - high);
    let all_equal = mean_sd(&remaining).1 == 0.0 && mean_sd(&loss).1 == 0.0;
    let (low, high) = match found.bounds {
        _ if all_equal => (None, None),
        Some((low, high)) => (Some(1.0 - high), Some(1.0 - low)),
        None => (Some(one_sided().ok_or(Why::NotDetermined)?), None),
    };
    Ok(Prevented {
        share: 1.0 - found.estimate,
        low,
        high,
        all_equal,
        loss: mean_sd(&loss).0,
        seeds: arms.len(),
        cut: arms.cut,
    })
}

/// The parts of a prevented share, seed by seed: what the arm prevents, m(0) − m(α), and the loss, m(0) − m(1), both positive
/// where they are a loss. The share is the ratio of their means.
///
/// # Errors
/// As [`prevented`].
pub fn share_parts(
    arm: Seeds<'_>,
    none: Seeds<'_>,
    only: Seeds<'_>,
    judged: &Judged,
    start: Option<f64>,
) -> Result<Vec<(u64, f64, f64)>, Why> {
    let arms = Arms::new(&[none, only, arm], judged)?;
    let sign = loss_sign(&arms, judged, start)?;
    let (prevents, loss) = (arms.difference(0, 2), arms.difference(0, 1));
    let parts = arms.seeds.iter().zip(prevents.iter().zip(&loss));
    Ok(parts.map(|(seed, (p, l))| (*seed, sign * p, sign * l)).collect())
}

/// +1 where a rise from the human-only arm is the loss, −1 where a fall is; `arms` begin with those at α = 0 and 1.
///
/// # Errors
/// [`Why`] there is no loss to speak of.
pub(super) fn loss_sign(arms: &Arms, judged: &Judged, start: Option<f64>) -> Result<f64, Why> {
    let loss = arms.difference(0, 1);
    let n = loss.len() as f64;
    let sign = match judged.fixed_sign() {
        Some(sign) => sign,
        None => human_valued_sign(&arms.values[0], &arms.values[1], judged.human)?,
    };
    let (mean, sd) = mean_sd(&loss);
    let (mean, error) = (sign * mean, sd / n.sqrt());
    let reach = t_quantile(GATE_LEVEL, n - 1.0) * error;
    if mean <= reach || mean == 0.0 {
        return Err(Why::NoLoss { at_most: (mean + reach).max(0.0) });
    }
    match start.and_then(|start| judged.allowed(start)) {
        Some(tolerance) if mean <= tolerance => Err(Why::BelowTolerance { loss: mean, tolerance }),
        _ => Ok(sign),
    }
}

/// A human-valued metric loses where it is further from people without human rows than with human rows alone, on the same
/// side, or where the human-only arm can't be told from people.
fn human_valued_sign(none: &[f64], only: &[f64], human: Option<f64>) -> Result<f64, Why> {
    let ((m0, _), (m1, s1)) = (mean_sd(none), mean_sd(only));
    // Without human rows to compare with, the human-only arm stands for people.
    let human = human.unwrap_or(m1);
    let n = only.len() as f64;
    let reach = t_quantile(DISPLAY_LEVEL, n - 1.0) * s1 / n.sqrt();
    let (off, off_only) = (m0 - human, m1 - human);
    let near = off_only.abs() <= reach;
    if !near && off * off_only < 0.0 {
        Err(Why::CrossesPeople)
    } else if off.abs() < off_only.abs() {
        Err(Why::TowardsPeople)
    } else {
        Ok(if m0 >= m1 { 1.0 } else { -1.0 })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Tolerance;
    use super::*;
    use crate::metrics::{Absence, Direction, Observed};

    fn judged(direction: Direction, human: Option<f64>) -> Judged {
        let worst = if direction == Direction::Lower { 5.0 } else { 0.0 };
        Judged { direction, worst: Some(worst), human, tolerance: Tolerance::default() }
    }

    fn seeds(values: impl IntoIterator<Item = f64>) -> Vec<(u64, Observed)> {
        (0..).zip(values.into_iter().map(Observed::of)).collect()
    }

    /// Eight seeds around `mean`.
    fn around(mean: f64) -> Vec<(u64, Observed)> {
        seeds([-0.03, 0.01, 0.02, -0.01, 0.0, 0.015, -0.02, 0.015].map(|d| mean + d))
    }

    #[test]
    fn the_share_is_signed_and_independent_of_a_shift_and_a_scale() {
        let (none, only, arm) = (around(0.5), around(0.9), around(0.8));
        let found = prevented(&arm, &none, &only, &judged(Direction::Higher, None), Some(0.9)).unwrap();
        // Every seed has the same deviations, so the differences are .1 and .4 in each.
        assert!((found.share - 0.75).abs() < 1e-9 && (found.loss - 0.4).abs() < 1e-9);
        let past = prevented(&around(0.95), &none, &only, &judged(Direction::Higher, None), None).unwrap();
        assert!((past.share - 1.125).abs() < 1e-9);
    }

    #[test]
    fn orientation_and_the_human_value_only_decide_whether_there_is_a_loss() {
        let (low, middle, high) = (around(0.5), around(0.7), around(0.9));
        let shared = |none: &[_], only: &[_], judged| prevented(&middle, none, only, &judged, None);
        // Less is better, and it fell.
        assert!(matches!(
            shared(&low, &high, judged(Direction::Lower, None)),
            Err(Why::NoLoss { at_most }) if at_most == 0.0
        ));
        // People at .95: .5 is further than .9, on the same side.
        let found = shared(&low, &high, judged(Direction::TwoSided, Some(0.95))).unwrap();
        assert!((found.share - 0.5).abs() < 1e-9);
        // People at .3: it moved towards them; at .8: it crossed them.
        assert_eq!(shared(&low, &high, judged(Direction::TwoSided, Some(0.3))), Err(Why::TowardsPeople));
        assert_eq!(shared(&low, &high, judged(Direction::TwoSided, Some(0.8))), Err(Why::CrossesPeople));
        // The human-only arm can't be told from people: either side is a loss.
        assert!(shared(&low, &high, judged(Direction::TwoSided, Some(0.89))).is_ok());
    }

    #[test]
    fn a_loss_within_the_tolerance_or_the_noise_has_no_share() {
        let (none, only) = (around(0.85), around(0.9));
        // 10 % of the way from .9 to 0 is .09.
        let why = prevented(&only, &none, &only, &judged(Direction::Higher, None), Some(0.9)).unwrap_err();
        assert!(matches!(why, Why::BelowTolerance { tolerance, .. } if (tolerance - 0.09).abs() < 1e-12));
        let noisy = seeds([0.2, 1.5, 0.9, 1.0, 0.7, 1.2, 0.4, 1.1]);
        assert!(matches!(
            prevented(&only, &noisy, &only, &judged(Direction::Higher, None), None),
            Err(Why::NoLoss { at_most }) if at_most > 0.0
        ));
    }

    #[test]
    fn collapsed_seeds_take_the_worst_value_and_need_twenty() {
        let only = seeds((0..20).map(|i| 0.9 + 0.001 * f64::from(i % 3)));
        let none: Vec<(u64, Observed)> =
            (0..20).map(|s| (s, Observed::Absent(Absence::Degenerate))).collect();
        let arm = seeds((0..20).map(|i| 0.45 + 0.002 * f64::from(i % 5)));
        let found = prevented(&arm, &none, &only, &judged(Direction::Higher, None), Some(0.9)).unwrap();
        assert_eq!((found.cut, found.seeds), (20, 20));
        assert!((found.share - 0.454 / 0.90095).abs() < 1e-9, "{}", found.share);
        let unbounded = Judged { worst: None, ..judged(Direction::Higher, None) };
        assert_eq!(
            prevented(&arm, &none, &only, &unbounded, None),
            Err(Why::Collapsed { seeds: 20, of: 20 })
        );
    }
}
