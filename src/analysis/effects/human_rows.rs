//! What synthetic rows add to a fixed number of human rows: the gain of s synthetic rows per human row, paired by seed.

use super::seeds::{Arms, Seeds};
use super::{GATE_LEVEL, Judged, Why};
use crate::analysis::DISPLAY_LEVEL;
use crate::analysis::intervals::{Interval, mean_interval, mean_sd, t_quantile};
use crate::metrics::Scale;

/// The gain at one number of synthetic rows per human row.
#[derive(Clone, Debug, PartialEq)]
pub struct Gain {
    /// Synthetic rows per human row.
    pub scale: f64,
    /// The mean gain against human rows alone, in the metric's unit; positive is better.
    pub gain: f64,
    /// Its interval, of a level that all scales share.
    pub interval: Option<Interval>,
}

impl Gain {
    /// Whether the gain differs from 0: positive helps, negative hurts.
    pub fn differs(&self) -> bool {
        self.interval.as_ref().is_some_and(|i| !i.contains(0.0))
    }
}

/// The gains of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Gains {
    /// By rising number of synthetic rows; human rows alone are what they are measured against.
    pub gains: Vec<Gain>,
    /// The best number of synthetic rows per human row, where its gain is above 0 at the shared level.
    pub best: Option<f64>,
    /// Seeds.
    pub seeds: usize,
}

/// The gains of `arms`, (synthetic rows per human row, one observation a seed), against the arm with none.
///
/// The intervals are simultaneous (Bonferroni), so that the best of several is not a winner by chance.
///
/// # Errors
/// [`Why`] there are none.
pub fn gains(arms: &[(f64, Seeds<'_>)], judged: &Judged) -> Result<Gains, Why> {
    let mut arms = arms.to_vec();
    arms.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (first, added) = arms.split_first().ok_or(Why::NoArm(0.0))?;
    if first.0 != 0.0 || added.is_empty() {
        return Err(Why::NoArm(1.0));
    }
    let values = Arms::new(&arms.iter().map(|(_, seeds)| *seeds).collect::<Vec<_>>(), judged)?;
    let level = 1.0 - (1.0 - DISPLAY_LEVEL) / added.len() as f64;
    let gains: Vec<Gain> = added
        .iter()
        .enumerate()
        .map(|(i, (scale, _))| {
            let gained = gained(&values.values[0], &values.values[i + 1], judged);
            let interval = mean_interval(&gained, Scale::Linear, level);
            Gain { scale: *scale, gain: mean_sd(&gained).0, interval }
        })
        .collect();
    let helping = gains.iter().filter(|g| g.gain > 0.0 && g.differs());
    let best = helping.max_by(|a, b| a.gain.total_cmp(&b.gain)).map(|g| g.scale);
    Ok(Gains { gains, best, seeds: values.len() })
}

/// The gain from `alone` to `with` for each seed; of human-valued metrics how much nearer to people the mean has come.
fn gained(alone: &[f64], with: &[f64], judged: &Judged) -> Vec<f64> {
    let pairs = || alone.iter().zip(with);
    if let Some(sign) = judged.fixed_sign() {
        return pairs().map(|(a, w)| sign * (a - w)).collect();
    }
    let ((before, sd), (after, _)) = (mean_sd(alone), mean_sd(with));
    // Without human rows to compare with, those that are trained on alone stand for people.
    let human = judged.human.unwrap_or(before);
    let sign = |mean: f64| if mean >= human { 1.0 } else { -1.0 };
    let n = alone.len() as f64;
    if (before - human).abs() <= t_quantile(GATE_LEVEL, n - 1.0) * sd / n.sqrt() {
        // Human rows alone can't be told from people: either way leads away from them.
        return pairs().map(|(a, w)| sign(after) * (a - w)).collect();
    }
    pairs().map(|(a, w)| sign(before) * (a - human) - sign(after) * (w - human)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Tolerance;
    use super::*;
    use crate::metrics::{Direction, Observed};

    fn judged(direction: Direction) -> Judged {
        Judged { direction, worst: None, human: Some(1.0), tolerance: Tolerance::default() }
    }

    fn seeds(mean: f64, noise: f64) -> Vec<(u64, Observed)> {
        let off = [-0.03, 0.01, 0.02, -0.01, 0.0, 0.015, -0.02, 0.015];
        (0..8).map(|i| (i as u64, Observed::of(mean + noise * off[(5 * i) % 8]))).collect()
    }

    #[test]
    fn the_best_number_of_rows_is_the_one_whose_gain_is_shown() {
        let (alone, one, two, four) =
            (seeds(0.70, 1.0), seeds(0.75, 0.5), seeds(0.80, 0.5), seeds(0.60, 0.5));
        let arms = [(4.0, &four[..]), (0.0, &alone[..]), (2.0, &two[..]), (1.0, &one[..])];
        let found = gains(&arms, &judged(Direction::Higher)).unwrap();
        assert_eq!((found.best, found.seeds), (Some(2.0), 8));
        assert_eq!(found.gains.iter().map(|g| g.scale).collect::<Vec<_>>(), [1.0, 2.0, 4.0]);
        assert!((found.gains[1].gain - 0.1).abs() < 1e-9 && (found.gains[2].gain + 0.1).abs() < 1e-9);
        assert!(found.gains[2].differs());
        // Where less is better the same rows hurt.
        assert_eq!(gains(&arms, &judged(Direction::Lower)).unwrap().best, Some(4.0));
        let noise = [(0.0, &alone[..]), (1.0, &seeds(0.701, 4.0)[..])];
        assert_eq!(gains(&noise, &judged(Direction::Higher)).unwrap().best, None);
    }

    #[test]
    fn a_human_valued_metric_gains_by_coming_nearer() {
        let (far, near) = (seeds(1.5, 1.0), seeds(1.2, 1.0));
        let found = gains(&[(0.0, &far[..]), (1.0, &near[..])], &judged(Direction::TwoSided)).unwrap();
        assert!((found.gains[0].gain - 0.3).abs() < 1e-9);
        // Human rows alone are at the human value: whatever moves away is a loss.
        let (at, up, down) = (seeds(1.0, 1.0), seeds(1.2, 1.0), seeds(0.8, 1.0));
        for arm in [&up, &down] {
            let found = gains(&[(0.0, &at[..]), (1.0, &arm[..])], &judged(Direction::TwoSided)).unwrap();
            assert!((found.gains[0].gain + 0.2).abs() < 1e-9);
        }
        // From far above people to a little below them is nearer, not worse.
        let found = gains(&[(0.0, &far[..]), (1.0, &down[..])], &judged(Direction::TwoSided)).unwrap();
        assert!((found.gains[0].gain - 0.3).abs() < 1e-9);
        assert!(matches!(gains(&[(1.0, &up[..])], &judged(Direction::Lower)), Err(Why::NoArm(_))));
    }
}
