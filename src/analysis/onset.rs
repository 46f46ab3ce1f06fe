//! When it starts: half-lives, and the first generation at which a metric leaves the human-vs-human band.
//!
//! Each seed gives one time; a seed in which it did not happen in time is censored (infinite), not dropped. So the
//! summary is the median with its order-statistic interval, which needs no distribution and holds under censoring as
//! long as fewer than half the seeds are censored. Cost: O(values).

use std::collections::BTreeMap;

use serde::Serialize;

use super::intervals::{Interval, mean_sd, order_interval};
use super::observations::Series;

/// Times of an event over seeds, in generations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Onset {
    /// Seed → generation of the event (a fraction between two generations for half-lives); `None` = not in time.
    pub by_seed: BTreeMap<u64, Option<f64>>,
    /// The median over seeds; `None` where half of them or more are censored.
    pub median: Option<f64>,
    /// Lower end of the median's interval; `None` where the seeds are too few (below 6 at 95 %).
    pub low: Option<f64>,
    /// Upper end; `None` also where it lies beyond the last generation.
    pub high: Option<f64>,
    /// Seeds in which the event did not happen in time.
    pub censored: usize,
}

/// The band in which a metric lies when human rows are compared with other human rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band {
    /// Lower edge.
    pub low: f64,
    /// Upper edge.
    pub high: f64,
}

impl Band {
    /// mean ± width standard deviations of the human-vs-human values (3 is a usual width); `None` below two values.
    pub fn around(human: &[f64], width: f64) -> Option<Self> {
        let (mean, sd) = mean_sd(human);
        (human.len() > 1).then_some(Self { low: mean - width * sd, high: mean + width * sd })
    }

    /// Whether a value is in the band.
    pub fn contains(&self, x: f64) -> bool {
        Interval::new(self.low, self.high, "").contains(x)
    }
}

/// The time at which a positive metric has fallen to half its value at the first generation measured, interpolated on
/// the log scale between two generations. A metric that grows, or starts at 0, has none.
pub fn half_life(series: &Series, level: f64) -> Onset {
    times(series, level, |points| {
        let (_, first) = *points.first()?;
        let target = first / 2.0;
        points.windows(2).find_map(|w| {
            let ((g0, v0), (g1, v1)) = (w[0], w[1]);
            let crossed = first > 0.0 && v0 > target && v1 <= target;
            let share =
                if v1 > 0.0 { (v0 / target).ln() / (v0 / v1).ln() } else { (v0 - target) / (v0 - v1) };
            crossed.then(|| f64::from(g0) + share * f64::from(g1 - g0))
        })
    })
}

/// The first generation from which the metric stays outside the band for `in_a_row` ≥ 1 generations measured. With a
/// band of 3 standard deviations, 2 in a row keep a single outlier from counting as onset.
pub fn leaves_band(series: &Series, band: Band, in_a_row: usize, level: f64) -> Onset {
    times(series, level, |points| {
        let outside = |w: &&[(u32, f64)]| w.iter().all(|(_, v)| !band.contains(*v));
        points.windows(in_a_row.max(1)).find(outside).map(|w| f64::from(w[0].0))
    })
}

fn times(series: &Series, level: f64, time: impl Fn(&[(u32, f64)]) -> Option<f64>) -> Onset {
    let by_seed: BTreeMap<u64, Option<f64>> =
        series.by_seed().iter().map(|(seed, points)| (*seed, time(points))).collect();
    let mut all: Vec<f64> = by_seed.values().map(|t| t.unwrap_or(f64::INFINITY)).collect();
    all.sort_by(f64::total_cmp);
    let n = all.len();
    let finite = |x: f64| x.is_finite().then_some(x);
    let interval = order_interval(&all, level);
    Onset {
        median: if n == 0 { None } else { finite(0.5 * (all[(n - 1) / 2] + all[n / 2])) },
        low: interval.as_ref().and_then(|i| finite(i.low)),
        high: interval.as_ref().and_then(|i| finite(i.high)),
        censored: by_seed.values().filter(|t| t.is_none()).count(),
        by_seed,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::SettingKey;
    use super::*;
    use crate::metrics::Subject;

    fn series(seeds: u64, value: impl Fn(u64, u32) -> f64) -> Series {
        let at = (0..=20).map(|g| (g, (0..seeds).map(|s| (s, value(s, g))).collect())).collect();
        Series { key: SettingKey::default(), metric: "variance".into(), subject: Subject::Model, at }
    }

    #[test]
    fn an_exponential_decay_has_its_half_life() {
        // Seed s halves every 3 + s generations; 12 seeds, so those above 20 (none) would be censored.
        let s = series(12, |s, g| 8.0 * 0.5_f64.powf(f64::from(g) / (3.0 + s as f64)));
        let onset = half_life(&s, 0.95);
        for (seed, time) in &onset.by_seed {
            assert!((time.unwrap() - 3.0 - *seed as f64).abs() < 1e-9);
        }
        // Median of 3..14 is 8.5; ranks 3 and 10 of 12 enclose it at 96 %.
        assert!((onset.median.unwrap() - 8.5).abs() < 1e-9);
        assert!((onset.low.unwrap() - 5.0).abs() < 1e-9 && (onset.high.unwrap() - 12.0).abs() < 1e-9);
    }

    #[test]
    fn leaving_the_band_counts_only_when_it_lasts_and_censored_seeds_stay_in() {
        let band = Band::around(&[0.0, 2.0, 1.0], 3.0).unwrap();
        assert!((band.low + 2.0).abs() < 1e-12 && (band.high - 4.0).abs() < 1e-12);
        // A blip at 2, out for good at 5 + s; seeds from 6 on never leave.
        let s = series(10, |s, g| if g == 2 || (s < 6 && u64::from(g) >= 5 + s) { 9.0 } else { 1.0 });
        let onset = leaves_band(&s, band, 2, 0.95);
        assert_eq!(onset.censored, 4);
        assert_eq!(onset.by_seed[&3], Some(8.0));
        assert_eq!((onset.median, onset.low, onset.high), (Some(9.5), Some(6.0), None));
        assert_eq!(leaves_band(&s, band, 1, 0.95).median, Some(2.0));
    }
}
