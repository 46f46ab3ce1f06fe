//! Three loops under fixed-mix whose expectations are exact recursions, drawn from sufficient statistics.
//!
//! Each seed has nested human rows: those of a smaller fraction are among those of a larger one. Nothing here uses the
//! engine or its laws, so the loops are also an independent check of what is concluded from rows.

use rand::{Rng, RngExt};
use rand_distr::{Binomial, ChiSquared, Distribution, StandardNormal};

use crate::metrics::Direction;

/// A loop with a known truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loop {
    /// One feature, refitted by its mean and unbiased variance, sampled with `scale` times the fitted variance. The metric
    /// is the variance, or the unbiased sample variance of `size` rows.
    Gaussian {
        /// The factor of the variance when sampling.
        scale: f64,
        /// Rows that the metric sees; none: the fitted variance itself.
        size: Option<usize>,
    },
    /// `outcomes` equally likely outcomes, refitted by their frequencies. The metric is the probability that two draws are
    /// the same outcome.
    Outcomes {
        /// The number of outcomes.
        outcomes: usize,
    },
    /// Least squares on an orthonormal design of `weights` inputs and noise variance 1. The metric is the squared error of
    /// the weights.
    Regression {
        /// The number of inputs.
        weights: usize,
    },
}

/// Rows of a training set.
pub const ROWS: usize = 200;

impl Loop {
    /// What it is called in tables.
    pub fn name(self) -> &'static str {
        match self {
            Loop::Gaussian { .. } => "Gaussian",
            Loop::Outcomes { .. } => "outcomes",
            Loop::Regression { .. } => "regression",
        }
    }

    /// Which way its metric is better.
    pub fn direction(self) -> Direction {
        match self {
            Loop::Gaussian { .. } => Direction::TwoSided,
            Loop::Outcomes { .. } | Loop::Regression { .. } => Direction::Lower,
        }
    }

    /// The expectation of the metric at a generation, exactly.
    pub fn truth(self, fraction: f64, generation: u32) -> f64 {
        let (n, h) = (ROWS as f64, human(fraction) as f64);
        let k = n - h;
        let generations = if k > 0.0 { generation } else { 0 };
        match self {
            Loop::Gaussian { scale, .. } => {
                // E σ² and E (human mean − fitted mean)².
                let (mut v, mut d) = (1.0, if h > 0.0 { 1.0 / h - 1.0 / n } else { 0.0 });
                for _ in 0..generations {
                    let between = d + scale * v / k;
                    let scatter = (h - 1.0).max(0.0) + (k - 1.0) * scale * v + h * k / n * between;
                    (v, d) = (scatter / (n - 1.0), (k / n).powi(2) * between);
                }
                v
            }
            Loop::Outcomes { outcomes } => {
                let s = 1.0 / outcomes as f64;
                let with_itself = |rows: f64, s: f64| 1.0 / rows + (1.0 - 1.0 / rows) * s;
                let human = if h > 0.0 { with_itself(h, s) } else { 0.0 };
                let (mut same, mut cross) =
                    (with_itself(n, s), if h > 0.0 { (h * human + k * s) / n } else { 0.0 });
                for _ in 0..generations {
                    same = (h * h * human + 2.0 * h * k * cross + k * k * with_itself(k, same)) / (n * n);
                    cross = (h * human + k * cross) / n;
                }
                same
            }
            Loop::Regression { weights } => {
                let p = weights as f64;
                let human = if h > 0.0 { p / h } else { 0.0 };
                // E ‖error‖² and E ⟨human error, error⟩; D(0) holds the human rows of every fraction.
                let (mut error, mut cross) = (p / n, if h > 0.0 { p / n } else { 0.0 });
                for _ in 0..generations {
                    error = (h * h * human + 2.0 * h * k * cross + k * k * (error + p / k)) / (n * n);
                    cross = (h * human + k * cross) / n;
                }
                error
            }
        }
    }

    /// The expectation of the metric of a fit on the human rows of the fraction alone.
    pub fn truth_alone(self, fraction: f64) -> f64 {
        let h = human(fraction) as f64;
        match self {
            Loop::Gaussian { .. } => 1.0,
            Loop::Outcomes { outcomes } => 1.0 / h + (1.0 - 1.0 / h) / outcomes as f64,
            Loop::Regression { weights } => weights as f64 / h,
        }
    }

    /// One seed: for each human fraction the metric at generation 0, at `generation`, and of the same human rows alone.
    pub fn seed(self, fractions: &[f64], generation: u32, rng: &mut impl Rng) -> Vec<[f64; 3]> {
        match self {
            Loop::Gaussian { scale, size } => gaussian(fractions, generation, scale, size, rng),
            Loop::Outcomes { outcomes } => counted(fractions, generation, outcomes, rng),
            Loop::Regression { weights } => regressed(fractions, generation, weights, rng),
        }
    }
}

/// The human rows of a fraction.
fn human(fraction: f64) -> usize {
    (fraction * ROWS as f64).round() as usize
}

fn normal(rng: &mut impl Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Rows, their mean and their scatter.
#[derive(Clone, Copy, Default)]
struct Block {
    rows: f64,
    mean: f64,
    scatter: f64,
}

impl Block {
    fn draw(rows: usize, mean: f64, variance: f64, rng: &mut impl Rng) -> Self {
        let n = rows as f64;
        let scatter = if rows > 1 { ChiSquared::new(n - 1.0).map_or(0.0, |c| c.sample(rng)) } else { 0.0 };
        Block { rows: n, mean: mean + (variance / n).sqrt() * normal(rng), scatter: variance * scatter }
    }

    fn with(self, other: Block) -> Self {
        if self.rows == 0.0 {
            return other;
        }
        if other.rows == 0.0 {
            return self;
        }
        let rows = self.rows + other.rows;
        let apart = self.mean - other.mean;
        Block {
            rows,
            mean: (self.rows * self.mean + other.rows * other.mean) / rows,
            scatter: self.scatter + other.scatter + self.rows * other.rows / rows * apart * apart,
        }
    }

    fn variance(self) -> f64 {
        self.scatter / (self.rows - 1.0)
    }
}

/// The human fractions' numbers of rows in rising order, and the place of each fraction among them.
fn nested(fractions: &[f64]) -> Vec<usize> {
    let mut rows: Vec<usize> = fractions.iter().map(|f| human(*f)).chain([0, ROWS]).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn gaussian(
    fractions: &[f64],
    generation: u32,
    scale: f64,
    size: Option<usize>,
    rng: &mut impl Rng,
) -> Vec<[f64; 3]> {
    // The human rows in pieces, so that the first ones of a larger fraction are those of a smaller.
    let cuts = nested(fractions);
    let mut heads = vec![Block::default()];
    for pair in cuts.windows(2) {
        let last = heads[heads.len() - 1];
        heads.push(last.with(Block::draw(pair[1] - pair[0], 0.0, 1.0, rng)));
    }
    let all = heads[heads.len() - 1];
    let seen = |variance: f64, rng: &mut _| match size {
        None => variance,
        Some(size) => Block::draw(size, 0.0, variance, rng).variance(),
    };
    fractions
        .iter()
        .map(|fraction| {
            let h = human(*fraction);
            let anchor = heads[cuts.iter().position(|c| *c == h).unwrap_or(0)];
            let mut fitted = all;
            let first = seen(fitted.variance(), rng);
            for _ in 0..if h < ROWS { generation } else { 0 } {
                let made = Block::draw(ROWS - h, fitted.mean, scale * fitted.variance(), rng);
                fitted = anchor.with(made);
            }
            [first, seen(fitted.variance(), rng), seen(anchor.variance(), rng)]
        })
        .collect()
}

fn counted(fractions: &[f64], generation: u32, outcomes: usize, rng: &mut impl Rng) -> Vec<[f64; 3]> {
    let rows: Vec<usize> = (0..ROWS).map(|_| rng.random_range(0..outcomes)).collect();
    let count = |rows: &[usize]| {
        let mut counts = vec![0.0; outcomes];
        rows.iter().for_each(|r| counts[*r] += 1.0);
        counts
    };
    let same = |counts: &[f64]| {
        let rows: f64 = counts.iter().sum();
        counts.iter().map(|c| (c / rows).powi(2)).sum::<f64>()
    };
    fractions
        .iter()
        .map(|fraction| {
            let h = human(*fraction);
            let anchor = count(&rows[..h]);
            let mut fitted = count(&rows);
            let first = same(&fitted);
            for _ in 0..if h < ROWS { generation } else { 0 } {
                let made = multinomial(ROWS - h, &fitted, rng);
                fitted = anchor.iter().zip(made).map(|(a, m)| a + m).collect();
            }
            [first, same(&fitted), same(&anchor)]
        })
        .collect()
}

/// Counts of `rows` draws with probabilities in proportion to `weights`, which sum to [`ROWS`].
fn multinomial(rows: usize, weights: &[f64], rng: &mut impl Rng) -> Vec<f64> {
    let (mut left, mut mass) = (rows as u64, weights.iter().sum::<f64>());
    weights
        .iter()
        .map(|w| {
            let p = if mass > 0.0 { (w / mass).min(1.0) } else { 0.0 };
            let drawn = Binomial::new(left, p).map_or(0, |b| b.sample(rng));
            left -= drawn;
            mass -= w;
            drawn as f64
        })
        .collect()
}

fn regressed(fractions: &[f64], generation: u32, weights: usize, rng: &mut impl Rng) -> Vec<[f64; 3]> {
    let cuts = nested(fractions);
    let mut errors = |rows: usize| -> Vec<f64> {
        (0..weights).map(|_| normal(rng) / (rows.max(1) as f64).sqrt()).collect()
    };
    let pool = |a: &[f64], rows_a: usize, b: &[f64], rows_b: usize| -> Vec<f64> {
        let (x, y) = (rows_a as f64, rows_b as f64);
        a.iter().zip(b).map(|(a, b)| (x * a + y * b) / (x + y)).collect()
    };
    let mut heads = vec![vec![0.0; weights]];
    for pair in cuts.windows(2) {
        let piece = errors(pair[1] - pair[0]);
        let last = &heads[heads.len() - 1];
        heads.push(pool(last, pair[0], &piece, pair[1] - pair[0]));
    }
    let square = |e: &[f64]| e.iter().map(|x| x * x).sum::<f64>();
    let all = heads[heads.len() - 1].clone();
    fractions
        .iter()
        .map(|fraction| {
            let h = human(*fraction);
            let anchor = &heads[cuts.iter().position(|c| *c == h).unwrap_or(0)];
            let mut fitted = all.clone();
            for _ in 0..if h < ROWS { generation } else { 0 } {
                let noise = errors(ROWS - h);
                let made: Vec<f64> = fitted.iter().zip(noise).map(|(w, e)| w + e).collect();
                fitted = pool(anchor, h, &made, ROWS - h);
            }
            [square(&all), square(&fitted), square(anchor)]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Streams;

    #[test]
    fn the_recursions_are_what_the_loops_do() {
        // 20,000 seeds; each mean within four standard errors of its truth.
        let loops = [
            Loop::Gaussian { scale: 0.8, size: None },
            Loop::Gaussian { scale: 1.0, size: Some(50) },
            Loop::Outcomes { outcomes: 12 },
            Loop::Regression { weights: 5 },
        ];
        let (fractions, seeds) = ([0.0, 0.1, 0.45, 1.0], 20_000);
        for of in loops {
            let mut sums = [[(0.0, 0.0); 3]; 4];
            for seed in 0..seeds {
                let mut rng = Streams::new(0, seed).of("loops").rng();
                for (row, sums) in of.seed(&fractions, 5, &mut rng).into_iter().zip(&mut sums) {
                    for (x, (sum, square)) in row.into_iter().zip(sums) {
                        *sum += x;
                        *square += x * x;
                    }
                }
            }
            for (fraction, sums) in fractions.into_iter().zip(sums) {
                let mut truths = vec![of.truth(fraction, 0), of.truth(fraction, 5)];
                if fraction > 0.0 {
                    truths.push(of.truth_alone(fraction));
                }
                for (truth, (sum, square)) in truths.into_iter().zip(sums) {
                    let n = seeds as f64;
                    let mean = sum / n;
                    let error = ((square / n - mean * mean) / n).sqrt();
                    assert!((mean - truth).abs() < 4.0 * error, "{of:?} at {fraction}: {mean}, not {truth}");
                }
            }
        }
    }
}
