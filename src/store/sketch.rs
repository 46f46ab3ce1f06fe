//! A mergeable quantile sketch with fixed bins.
//!
//! A bin is all numbers that share sign, exponent and the leading bits of the mantissa, so its
//! width is relative to the value. Bins start [`FINE_BITS`] mantissa bits fine (relative width at
//! most 2⁻¹² ≈ 0.02 %); whenever more than [`MOST_BINS`] are occupied, neighbours are joined in
//! pairs (uniform collapse: Epicoco et al. 2020, UDDSketch, arXiv:2004.08604, here on the bits of
//! the number in place of its logarithm). A subset never needs coarser bins than the whole, so
//! the state depends on the numbers alone, not on their order or on how they were merged.
//!
//! Cost: a binary search in at most [`MOST_BINS`] entries for each number, 12 bytes an entry.

/// Mantissa bits of the finest bins.
const FINE_BITS: u32 = 12;
/// Occupied bins at most.
const MOST_BINS: usize = 128;

/// Counts of numbers in bins of equal relative width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// How many times neighbours were joined.
    shift: u32,
    /// Occupied bins, ascending. Negative numbers have negative keys.
    keys: Vec<i32>,
    counts: Vec<u64>,
}

impl Sketch {
    /// Counts one finite number.
    pub fn push(&mut self, value: f64) {
        self.add(fine_key(value) >> self.shift, 1);
    }

    /// Counts all that `other` counted.
    pub fn merge(&mut self, other: &Sketch) {
        while self.shift < other.shift {
            self.join();
        }
        for (key, &count) in other.keys.iter().zip(&other.counts) {
            // `self.shift` may grow while keys are added.
            self.add(key >> (self.shift - other.shift), count);
        }
    }

    /// The `q`-quantile, `q` in [0, 1]: position `q·(n − 1)` in the order of the numbers, placed
    /// evenly within its bin, and within `[min, max]`. `None` where nothing was counted.
    pub fn quantile(&self, q: f64, min: f64, max: f64) -> Option<f64> {
        let n: u64 = self.counts.iter().sum();
        let position = q.clamp(0.0, 1.0) * n.checked_sub(1)? as f64;
        let mut below = 0.0;
        for (&key, &count) in self.keys.iter().zip(&self.counts) {
            let count = count as f64;
            // The ranks below..below + count − 1 lie in this bin, each at the middle of its share.
            if position < below + count - 0.5 || below + count >= n as f64 {
                let (low, high) = self.bounds(key);
                let (low, high) = (low.max(min), high.min(max));
                let share = ((position - below + 0.5) / count).clamp(0.0, 1.0);
                let found = (low + (high - low) * share).clamp(min, max);
                // Zeros lie in a bin that ends at a number below every normal one.
                let zero = found.is_subnormal() && min <= 0.0 && 0.0 <= max;
                return Some(if zero { 0.0 } else { found });
            }
            below += count;
        }
        None
    }

    /// The state as whole numbers: the joinings, then each bin's distance from the one before and
    /// its count.
    pub(super) fn write(&self, to: &mut String) {
        use std::fmt::Write;
        let _ = write!(to, "{}", self.shift);
        let mut last = 0;
        for (key, count) in self.keys.iter().zip(&self.counts) {
            let _ = write!(to, " {} {count}", i64::from(*key) - last);
            last = i64::from(*key);
        }
    }

    /// Reads what [`Sketch::write`] wrote; `None` if it did not.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let mut sketch = Sketch { shift: words.next()?.parse().ok()?, ..Default::default() };
        let mut key = 0_i64;
        while let Some(step) = words.next() {
            let step: i64 = step.parse().ok()?;
            if !sketch.keys.is_empty() && step <= 0 {
                return None;
            }
            key = key.checked_add(step)?;
            sketch.keys.push(key.try_into().ok()?);
            sketch.counts.push(words.next()?.parse().ok().filter(|&c| c > 0)?);
        }
        (sketch.keys.len() <= MOST_BINS && sketch.shift < 32).then_some(sketch)
    }

    fn add(&mut self, key: i32, count: u64) {
        match self.keys.binary_search(&key) {
            Ok(at) => self.counts[at] += count,
            Err(at) => {
                self.keys.insert(at, key);
                self.counts.insert(at, count);
                while self.keys.len() > MOST_BINS {
                    self.join();
                }
            }
        }
    }

    fn join(&mut self) {
        self.shift += 1;
        let mut kept = 0;
        for at in 0..self.keys.len() {
            let key = self.keys[at] >> 1;
            if kept > 0 && self.keys[kept - 1] == key {
                self.counts[kept - 1] += self.counts[at];
            } else {
                self.keys[kept] = key;
                self.counts[kept] = self.counts[at];
                kept += 1;
            }
        }
        self.keys.truncate(kept);
        self.counts.truncate(kept);
    }

    /// The least and the greatest number of a bin.
    fn bounds(&self, key: i32) -> (f64, f64) {
        let edge = |magnitude: u64| {
            // The greatest bin may end beyond the greatest number.
            let bits = (magnitude << self.shift) << (52 - FINE_BITS);
            if bits >= f64::INFINITY.to_bits() { f64::INFINITY } else { f64::from_bits(bits) }
        };
        if key >= 0 {
            (edge(key as u64), edge(key as u64 + 1))
        } else {
            (-edge(!key as u64 + 1), -edge(!key as u64))
        }
    }
}

/// The finest bin of a number. Keys ascend with the numbers, and `key >> 1` joins neighbours on
/// both sides of zero.
fn fine_key(value: f64) -> i32 {
    // 11 exponent bits and FINE_BITS mantissa bits: always below 2³¹. Adding 0 turns −0 into 0.
    let magnitude = ((value.abs() + 0.0).to_bits() >> (52 - FINE_BITS)) as i32;
    if value < 0.0 { !magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rng::Streams;
    use rand_distr::{Distribution, LogNormal, Normal};

    fn of(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|&v| sketch.push(v));
        sketch
    }

    fn heavy(n: usize) -> Vec<f64> {
        let law = LogNormal::new(0.0, 3.0).unwrap();
        law.sample_iter(Streams::new(0, 5).of("sketch").rng()).take(n).collect()
    }

    #[test]
    fn the_quantile_of_zeros_is_zero() {
        let mut sketch = Sketch::default();
        [0.0, 1.0, 0.0, 0.0].into_iter().for_each(|x| sketch.push(x));
        assert_eq!(sketch.quantile(0.5, 0.0, 1.0), Some(0.0));
        assert_eq!(sketch.quantile(1.0, 0.0, 1.0), Some(1.0));
    }

    #[test]
    fn the_state_does_not_depend_on_order_or_merging() {
        let values = heavy(5_000);
        let whole = of(&values);
        let mut backwards = values.clone();
        backwards.reverse();
        assert_eq!(whole, of(&backwards));
        for cut in [1, 700, 4_999] {
            let (mut a, b) = (of(&values[..cut]), of(&values[cut..]));
            a.merge(&b);
            assert_eq!(whole, a);
            let (a, mut b) = (of(&values[..cut]), of(&values[cut..]));
            b.merge(&a);
            assert_eq!(whole, b);
        }
    }

    #[test]
    fn quantiles_are_within_one_bin_of_the_sorted_numbers() {
        let mut values = heavy(5_001);
        let sketch = of(&values);
        values.sort_by(f64::total_cmp);
        let (min, max) = (values[0], values[5_000]);
        // e^±11 spans about 32 octaves; 128 bins leave at least two bins an octave: a factor 1.5.
        for (q, at) in [(0.0, 0), (0.05, 250), (0.5, 2_500), (0.95, 4_750), (1.0, 5_000)] {
            let ratio = sketch.quantile(q, min, max).unwrap() / values[at];
            assert!((1.0 / 1.5..=1.5).contains(&ratio), "q {q}: ratio {ratio}");
        }
        assert!((sketch.quantile(0.5, min, max).unwrap() / values[2_500] - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_narrow_distribution_keeps_fine_bins() {
        // Standard deviation 0.01 around 1: the median of 5,000 has standard error
        // 1.2533·0.01/√5000 = 0.00018; five of them and half a bin (±4 sd = 0.08 wide, at least 64
        // bins: 0.0006) are allowed.
        let law = Normal::new(1.0, 0.01).unwrap();
        let values: Vec<f64> = law.sample_iter(Streams::new(0, 6).of("sketch").rng()).take(5_000).collect();
        let median = of(&values).quantile(0.5, 0.0, 2.0).unwrap();
        assert!((median - 1.0).abs() < 0.0015, "median {median}");
    }

    #[test]
    fn signs_zero_and_extremes_keep_their_order() {
        let values = [-1e300, -2.0, -1.0, -5e-324, 0.0, 5e-324, 1.0, 2.0, 1e300];
        let keys: Vec<i32> = values.iter().map(|&v| fine_key(v)).collect();
        assert!(keys.is_sorted());
        assert_eq!(fine_key(0.0), fine_key(-0.0));
        let sketch = of(&values);
        for &value in &values {
            let key = fine_key(value) >> sketch.shift;
            let (low, high) = sketch.bounds(key);
            assert!(low <= value && value <= high, "{value} is not in [{low}, {high}]");
        }
    }

    #[test]
    fn text_reads_back_and_nonsense_does_not() {
        let sketch = of(&heavy(3_000));
        let mut text = String::new();
        sketch.write(&mut text);
        assert_eq!(Sketch::read(&text), Some(sketch));
        for bad in ["", "x", "0 5", "0 5 1 0 1", "0 5 0", "40 1 1"] {
            assert_eq!(Sketch::read(bad), None, "{bad}");
        }
    }
}
