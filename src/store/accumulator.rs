//! What is kept of one metric at one generation where rows are not: moments, extremes, quantiles.
//!
//! Means and squared deviations are updated by Welford (1962) and merged by Chan, Golub and
//! LeVeque (1983). Floating-point sums depend on the order, so seeds are pushed in ascending order
//! within a sub-block and sub-blocks are merged in ascending order: the same bits however many
//! threads there were.

use super::number::push_number;
use super::sketch::Sketch;

/// Count, mean and sum of squared deviations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Running {
    /// How many numbers there were.
    pub count: u64,
    /// Their mean; 0 where there were none.
    pub mean: f64,
    /// The sum of squared deviations from the mean.
    pub m2: f64,
}

impl Running {
    /// Adds one finite number.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let delta = value - self.mean;
        self.mean += delta / self.count as f64;
        self.m2 += delta * (value - self.mean);
    }

    /// Adds all that `other` saw.
    pub fn merge(&mut self, other: &Running) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let delta = other.mean - self.mean;
        self.count += other.count;
        self.mean += delta * (b / (a + b));
        self.m2 += other.m2 + delta * delta * (a * b / (a + b));
    }

    /// The variance with `n − 1`; `None` below two numbers.
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.m2 / (self.count - 1) as f64)
    }

    /// The standard error of the mean; `None` below two numbers.
    pub fn standard_error(&self) -> Option<f64> {
        self.variance().map(|v| (v / self.count as f64).sqrt())
    }
}

/// The streamed summary of one metric of one subject at one generation over seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct Accumulator {
    values: Running,
    logs: Running,
    min: f64,
    max: f64,
    sketch: Sketch,
}

impl Default for Accumulator {
    fn default() -> Self {
        Self {
            values: Running::default(),
            logs: Running::default(),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            sketch: Sketch::default(),
        }
    }
}

impl FromIterator<f64> for Accumulator {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut all = Self::default();
        values.into_iter().for_each(|v| all.push(v));
        all
    }
}

impl Accumulator {
    /// Adds one finite number.
    pub fn push(&mut self, value: f64) {
        self.values.push(value);
        if value > 0.0 {
            self.logs.push(value.ln());
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sketch.push(value);
    }

    /// Adds all that `other` saw. The moments' last digits depend on the order of merging.
    pub fn merge(&mut self, other: &Accumulator) {
        self.values.merge(&other.values);
        self.logs.merge(&other.logs);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sketch.merge(&other.sketch);
    }

    /// How many numbers there were.
    pub fn count(&self) -> u64 {
        self.values.count
    }

    /// The mean.
    pub fn mean(&self) -> Option<f64> {
        (self.values.count > 0).then_some(self.values.mean)
    }

    /// The standard deviation with `n − 1`; `None` below two numbers.
    pub fn sd(&self) -> Option<f64> {
        self.values.variance().map(f64::sqrt)
    }

    /// Moments of the numbers.
    pub fn values(&self) -> &Running {
        &self.values
    }

    /// Moments of the natural logarithms of the positive numbers; a count below
    /// [`Accumulator::count`] says that some were not positive.
    pub fn logs(&self) -> &Running {
        &self.logs
    }

    /// Mean and standard deviation of the logarithm; `None` unless there are two numbers and all
    /// are positive.
    pub fn log_mean_sd(&self) -> Option<(f64, f64)> {
        let all = self.logs.count == self.values.count;
        self.logs.variance().filter(|_| all).map(|v| (self.logs.mean, v.sqrt()))
    }

    /// The least number.
    pub fn min(&self) -> Option<f64> {
        (self.values.count > 0).then_some(self.min)
    }

    /// The greatest number.
    pub fn max(&self) -> Option<f64> {
        (self.values.count > 0).then_some(self.max)
    }

    /// The `q`-quantile, to within a bin of the sketch; `None` where there was no number.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        self.sketch.quantile(q, self.min, self.max)
    }

    /// The median, to within a bin of the sketch.
    pub fn median(&self) -> Option<f64> {
        self.quantile(0.5)
    }

    /// The state as text that reads back to the same bits; empty where there was no number.
    pub(super) fn write(&self) -> String {
        let mut text = String::new();
        if self.values.count == 0 {
            return text;
        }
        for part in [&self.values, &self.logs] {
            text.push_str(&part.count.to_string());
            for value in [part.mean, part.m2] {
                text.push(' ');
                push_number(&mut text, value);
            }
            text.push(' ');
        }
        push_number(&mut text, self.min);
        text.push(' ');
        push_number(&mut text, self.max);
        text.push('|');
        self.sketch.write(&mut text);
        text
    }

    /// Reads what [`Accumulator::write`] wrote; `None` if it did not.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let (moments, sketch) = text.split_once('|')?;
        let mut words = moments.split_ascii_whitespace();
        let mut running = || {
            let count = words.next()?.parse().ok()?;
            let mut next = || words.next()?.parse::<f64>().ok().filter(|v| v.is_finite());
            Some(Running { count, mean: next()?, m2: next()? })
        };
        let (values, logs) = (running()?, running()?);
        let (min, max) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { values, logs, min, max, sketch: Sketch::read(sketch)? })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn moments_of_four_numbers_are_the_textbook_ones() {
        // 1, 2, 4, 9: mean 4, squared deviations 9 + 4 + 0 + 25 = 38; logs 0, ln 2, 2 ln 2, 2 ln 3.
        let mut all = Accumulator::default();
        [1.0, 2.0, 4.0, 9.0].iter().for_each(|&v| all.push(v));
        assert!((all.values.mean - 4.0).abs() < 1e-15);
        assert!((all.values.variance().unwrap() - 38.0 / 3.0).abs() < 1e-14);
        assert!((all.logs.mean - (3.0 * 2.0_f64.ln() + 2.0 * 3.0_f64.ln()) / 4.0).abs() < 1e-15);
        assert_eq!((all.min(), all.max()), (Some(1.0), Some(9.0)));
        // The median lies half-way between the ranks of 2 and 4, to within their bins.
        assert!((1.99..=4.01).contains(&all.median().unwrap()));
    }

    #[test]
    fn merging_adds_what_pushing_adds() {
        let values: Vec<f64> = (0..101).map(|i| f64::from(i * i % 37) - 8.0).collect();
        let push = |part: &[f64]| {
            let mut a = Accumulator::default();
            part.iter().for_each(|&v| a.push(v));
            a
        };
        let whole = push(&values);
        let mut merged = Accumulator::default();
        for part in values.chunks(17) {
            merged.merge(&push(part));
        }
        assert_eq!(merged.values.count, 101);
        assert!((merged.values.mean - whole.values.mean).abs() < 1e-12);
        assert!((merged.values.m2 - whole.values.m2).abs() < 1e-9);
        assert_eq!(merged.logs.count, values.iter().filter(|v| **v > 0.0).count() as u64);
        assert_eq!(merged.sketch, whole.sketch);
    }

    #[test]
    fn the_state_reads_back_to_the_same_bits() {
        let mut all = Accumulator::default();
        [0.1, 0.2, -0.3, 1e-200, 7e150].iter().for_each(|&v| all.push(v));
        assert_eq!(Accumulator::read(&all.write()), Some(all));
        assert_eq!(Accumulator::read(""), Some(Accumulator::default()));
        assert_eq!(Accumulator::read("3 1 2"), None);
    }
}
