//! Quantiles of very many values in little memory: counts in logarithmic bins (DDSketch, Masson et al. 2019,
//! arXiv 1908.10693). A quantile is within a relative error of 0.5 %. Counts merge exactly, in any order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Relative error of a quantile.
pub(crate) const ACCURACY: f64 = 0.005;

/// A mergeable sketch of a distribution of finite values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sketch {
    negative: BTreeMap<i32, u64>,
    zero: u64,
    positive: BTreeMap<i32, u64>,
}

fn log_gamma() -> f64 {
    ((1.0 + ACCURACY) / (1.0 - ACCURACY)).ln()
}

fn bin(x: f64) -> i32 {
    (x.ln() / log_gamma()).ceil() as i32
}

/// The value that stands for a bin: at most `ACCURACY` away from all of it.
fn middle(bin: i32) -> f64 {
    (f64::from(bin) * log_gamma()).exp() * (1.0 - ACCURACY)
}

impl Sketch {
    /// Counts one finite value.
    pub fn push(&mut self, value: f64) {
        if value > 0.0 {
            *self.positive.entry(bin(value)).or_default() += 1;
        } else if value < 0.0 {
            *self.negative.entry(bin(-value)).or_default() += 1;
        } else {
            self.zero += 1;
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.negative, &other.negative), (&mut self.positive, &other.positive)] {
            for (bin, count) in theirs {
                *mine.entry(*bin).or_default() += count;
            }
        }
        self.zero += other.zero;
    }

    /// How many values were counted.
    pub fn count(&self) -> u64 {
        self.zero + self.negative.values().chain(self.positive.values()).sum::<u64>()
    }

    /// The value of rank `rank` (from 0, ascending), within 0.5 %; `None` beyond the last.
    pub fn at_rank(&self, rank: u64) -> Option<f64> {
        let negative = self.negative.iter().rev().map(|(b, c)| (-middle(*b), *c));
        let positive = self.positive.iter().map(|(b, c)| (middle(*b), *c));
        let mut seen = 0;
        negative.chain([(0.0, self.zero)]).chain(positive).find_map(|(value, count)| {
            seen += count;
            (rank < seen).then_some(value)
        })
    }

    /// The q-quantile, q in \[0, 1\], within 0.5 %.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let last = self.count().checked_sub(1)?;
        self.at_rank((q.clamp(0.0, 1.0) * last as f64).round() as u64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn quantiles_are_within_their_relative_error() {
        let mut sketch = Sketch::default();
        for i in -500..=1500 {
            sketch.push(f64::from(i) * 0.37e-3);
        }
        assert_eq!(sketch.count(), 2001);
        for (q, i) in [(0.0, -500), (0.1, -300), (0.25, 0), (0.5, 500), (0.9, 1300), (1.0, 1500)] {
            let exact = f64::from(i) * 0.37e-3;
            assert!(
                (sketch.quantile(q).unwrap() - exact).abs() <= ACCURACY * exact.abs() * (1.0 + 1e-9),
                "{q}"
            );
        }
        assert_eq!(Sketch::default().quantile(0.5), None);
    }
}
