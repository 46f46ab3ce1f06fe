//! Streaming moments of a metric over seeds, for `keep = "summary"`.
//!
//! Welford's update and Chan's merge. Sums of floats depend on their order in the last digit, so blocks are merged in
//! the order of their seeds: then one or two jobs give the same bits. Counts and quantiles are exact in any order.

use serde::{Deserialize, Serialize};

use super::quantiles::Sketch;

/// Count, mean, spread, extremes, moments of the logarithm, and a quantile sketch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moments {
    values: Welford,
    /// Of ln(value), over the positive values.
    logs: Welford,
    /// Meaningless without a value, like `max`.
    #[serde(with = "exact")]
    min: f64,
    #[serde(with = "exact")]
    max: f64,
    sketch: Sketch,
    /// Values that were not finite: counted, and in nothing else.
    not_finite: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Welford {
    count: u64,
    #[serde(with = "exact")]
    mean: f64,
    #[serde(with = "exact")]
    m2: f64,
}

/// Numbers as text that reads back to the same bits, which a JSON number need not: serde_json's default parser may be
/// one unit in the last place off, and then a resumed run would differ from an uninterrupted one.
mod exact {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("`{text}` is not a number")))
    }
}

impl Welford {
    fn push(&mut self, x: f64) {
        self.count += 1;
        let delta = x - self.mean;
        self.mean += delta / self.count as f64;
        self.m2 += delta * (x - self.mean);
    }

    fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let delta = other.mean - self.mean;
        self.mean += delta * b / (a + b);
        self.m2 += other.m2 + delta * delta * a * b / (a + b);
        self.count += other.count;
    }

    fn sd(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.m2 / (self.count - 1) as f64).sqrt())
    }
}

impl Moments {
    /// Takes in one value.
    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            self.not_finite += 1;
            return;
        }
        self.values.push(value);
        if value > 0.0 {
            self.logs.push(value.ln());
        }
        let first = self.values.count == 1;
        self.min = if first { value } else { self.min.min(value) };
        self.max = if first { value } else { self.max.max(value) };
        self.sketch.push(value);
    }

    /// Takes in another block. Merge blocks in the order of their seeds for reproducible bits.
    pub fn merge(&mut self, other: &Self) {
        if other.values.count > 0 {
            let first = self.values.count == 0;
            self.min = if first { other.min } else { self.min.min(other.min) };
            self.max = if first { other.max } else { self.max.max(other.max) };
        }
        self.values.merge(&other.values);
        self.logs.merge(&other.logs);
        self.sketch.merge(&other.sketch);
        self.not_finite += other.not_finite;
    }

    /// Finite values taken in.
    pub fn count(&self) -> u64 {
        self.values.count
    }

    /// Values that were not finite.
    pub fn not_finite(&self) -> u64 {
        self.not_finite
    }

    /// The mean.
    pub fn mean(&self) -> Option<f64> {
        (self.values.count > 0).then_some(self.values.mean)
    }

    /// The standard deviation (n − 1); `None` below two values.
    pub fn sd(&self) -> Option<f64> {
        self.values.sd()
    }

    /// Mean and standard deviation of the logarithm; `None` unless there are two values and all are positive.
    pub fn log_mean_sd(&self) -> Option<(f64, f64)> {
        let all_positive = self.logs.count == self.values.count;
        self.logs.sd().filter(|_| all_positive).map(|sd| (self.logs.mean, sd))
    }

    /// The smallest value.
    pub fn min(&self) -> Option<f64> {
        (self.values.count > 0).then_some(self.min)
    }

    /// The largest value.
    pub fn max(&self) -> Option<f64> {
        (self.values.count > 0).then_some(self.max)
    }

    /// The quantiles, within 0.5 %.
    pub fn sketch(&self) -> &Sketch {
        &self.sketch
    }
}

impl Extend<f64> for Moments {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, values: I) {
        values.into_iter().for_each(|v| self.push(v));
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        moments.extend(values);
        moments
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn blocks() -> Vec<Moments> {
        (0..7_i32).map(|b| (0..50).map(|i| (f64::from(b * 50 + i) * 0.731).sin() + 1.5).collect()).collect()
    }

    fn merged<'a>(blocks: impl IntoIterator<Item = &'a Moments>) -> Moments {
        let mut all = Moments::default();
        blocks.into_iter().for_each(|b| all.merge(b));
        all
    }

    #[test]
    fn moments_of_1_to_5() {
        let m: Moments = [1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN].into_iter().collect();
        assert_eq!(
            (m.count(), m.mean(), m.min(), m.max(), m.not_finite()),
            (5, Some(3.0), Some(1.0), Some(5.0), 1)
        );
        assert!((m.sd().unwrap() - 2.5_f64.sqrt()).abs() < 1e-12);
        assert!((m.log_mean_sd().unwrap().0 - 120.0_f64.ln() / 5.0).abs() < 1e-12);
        let with_zero: Moments = [0.0, 1.0, 2.0].into_iter().collect();
        assert_eq!(with_zero.log_mean_sd(), None);
    }

    #[test]
    fn merging_in_any_order_agrees_and_in_seed_order_gives_the_same_bits() {
        let b = blocks();
        let forward = merged(&b);
        assert_eq!(forward, merged(&b), "same order, same bits");
        let backward = merged(b.iter().rev());
        assert_eq!(forward.sketch(), backward.sketch());
        assert_eq!(
            (forward.count(), forward.min(), forward.max()),
            (backward.count(), backward.min(), backward.max())
        );
        // 350 additions of numbers near 1.5: a relative rounding error of at most 350 · 2⁻⁵².
        assert!((forward.mean().unwrap() / backward.mean().unwrap() - 1.0).abs() < 350.0 * f64::EPSILON);
        assert!((forward.sd().unwrap() / backward.sd().unwrap() - 1.0).abs() < 350.0 * f64::EPSILON);
        let one_pass: Moments = (0..350_i32).map(|i| (f64::from(i) * 0.731).sin() + 1.5).collect();
        assert!((forward.mean().unwrap() / one_pass.mean().unwrap() - 1.0).abs() < 350.0 * f64::EPSILON);
    }

    #[test]
    fn they_survive_the_disk_to_the_bit() {
        // A parser that rounds carelessly gets about one number in ten wrong in the last bit: 300 sets catch it.
        for i in 1..300_u32 {
            let m: Moments = (0..7).map(|k| (f64::from(i * 7 + k) * 0.731).sin() * 3.7 + 4.0).collect();
            let back: Moments = serde_json::from_str(&serde_json::to_string(&m).unwrap()).unwrap();
            assert_eq!(m, back);
        }
    }
}
