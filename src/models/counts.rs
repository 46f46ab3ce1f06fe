//! Drawing counts in place of rows: with replacement from probabilities (multinomial), without
//! replacement from counted rows (multivariate hypergeometric).

use rand::RngExt;
use rand_distr::{Binomial, Distribution};

use crate::data::Counts;
use crate::rng::Stream;

/// Multinomial counts by conditional binomials: c_i ~ Binomial(rows left, p_i / probability left).
/// Outcomes without probability cost a comparison; it stops when no rows are left.
pub fn multinomial(p: &[f64], n: u64, rng: &mut Stream) -> Vec<f64> {
    let mut counts = vec![0.0; p.len()];
    // The last live outcome takes all rows that are left, so that rounding of the probability left
    // can't lose any.
    let Some(last) = p.iter().rposition(|&p| p > 0.0) else { return counts };
    let (mut left, mut mass) = (n, p.iter().sum::<f64>());
    for (i, (&p, count)) in p.iter().zip(&mut counts).enumerate().filter(|(_, (p, _))| **p > 0.0) {
        if left == 0 {
            break;
        }
        let drawn = if i == last {
            left
        } else {
            let share = (p / mass).clamp(0.0, 1.0);
            Binomial::new(left, share).map_or(0, |b| b.sample(rng))
        };
        *count = drawn as f64;
        left -= drawn;
        mass -= p;
    }
    counts
}

/// The counts of `n` of the rows, chosen at random without replacement: multivariate
/// hypergeometric. `None` if the counts are not whole numbers. All rows if there are not more than
/// `n`. Draws the smaller of the chosen and the left-out rows one by one from a Fenwick tree, so
/// that it is exact by construction: O(K + min(n, N − n) log K).
pub fn without_replacement(of: &Counts, n: u64, rng: &mut Stream) -> Option<Counts> {
    if of.counts.iter().any(|&c| c.fract() != 0.0 || c < 0.0 || c > u32::MAX.into()) {
        return None;
    }
    let mut total = of.counts.iter().sum::<f64>() as u64;
    if n >= total {
        return Some(of.clone());
    }
    let leave_out = total - n < n;
    let live: Vec<usize> = (0..of.counts.len()).filter(|&i| of.counts[i] > 0.0).collect();
    let mut tree = Fenwick::new(live.iter().map(|&i| of.counts[i] as u64));
    let mut drawn = vec![0.0; of.counts.len()];
    for _ in 0..n.min(total - n) {
        let at = tree.take(rng.random_range(0..total));
        drawn[live[at]] += 1.0;
        total -= 1;
    }
    if leave_out {
        drawn.iter_mut().zip(&of.counts).for_each(|(d, c)| *d = c - *d);
    }
    Some(Counts { n, counts: drawn })
}

/// Prefix sums that can be searched and lowered in O(log K) (Fenwick 1994).
struct Fenwick {
    sums: Vec<u64>,
}

impl Fenwick {
    fn new(counts: impl Iterator<Item = u64>) -> Self {
        let mut sums: Vec<u64> = std::iter::once(0).chain(counts).collect();
        for i in 1..sums.len() {
            let parent = i + (i & i.wrapping_neg());
            if parent < sums.len() {
                sums[parent] += sums[i];
            }
        }
        Self { sums }
    }

    /// Takes out the row with number `rank` (from 0, in order of outcomes); returns its outcome.
    fn take(&mut self, mut rank: u64) -> usize {
        let mut at = 0;
        let mut step = self.sums.len().next_power_of_two() / 2;
        while step > 0 {
            let next = at + step;
            if next < self.sums.len() {
                if self.sums[next] <= rank {
                    at = next;
                    rank -= self.sums[next];
                } else {
                    self.sums[next] -= 1;
                }
            }
            step /= 2;
        }
        at
    }
}
