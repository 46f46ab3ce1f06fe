//! The interval of a ratio of two means.
//!
//! Fieller 1954 (10.1111/j.2517-6161.1954.tb00159.x): the interval is the set of ratios ρ for which Student's t does not
//! reject E(N − ρD) = 0, N and D being paired. It is bounded where the denominator differs from 0 at the same level.

use crate::analysis::intervals::{mean_sd, t_quantile};

/// A ratio of means with Fieller's interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// Mean of the numerators over the mean of the denominators.
    pub estimate: f64,
    /// The interval; `None` where it is unbounded.
    pub bounds: Option<(f64, f64)>,
}

/// The ratio of the means of `numerators` and `denominators`, paired in their order; at least two pairs.
pub fn ratio(numerators: &[f64], denominators: &[f64], level: f64) -> Ratio {
    let n = numerators.len() as f64;
    let ((top, sn), (bottom, sd)) = (mean_sd(numerators), mean_sd(denominators));
    let products: f64 = numerators.iter().zip(denominators).map(|(x, y)| (x - top) * (y - bottom)).sum();
    let t = t_quantile(level, n - 1.0);
    // (top − ρ bottom)² ≤ t² (s_nn − 2ρ s_nd + ρ² s_dd)/n, a quadratic in ρ.
    let scale = t * t / n;
    let a = bottom * bottom - scale * sd * sd;
    let b = top * bottom - scale * products / (n - 1.0);
    let c = top * top - scale * sn * sn;
    let root = (b * b - a * c).max(0.0).sqrt();
    let bounds = (a > 0.0).then(|| ((b - root) / a, (b + root) / a));
    Ratio { estimate: top / bottom, bounds }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    #[test]
    fn both_ends_are_where_the_t_test_turns() {
        // By the definition: at each end |t| of N − ρD is the quantile.
        let (x, y) = ([1.0, 2.5, 1.5, 3.0, 2.0], [4.0, 5.0, 4.5, 6.5, 5.0]);
        let found = ratio(&x, &y, 0.95);
        let (low, high) = found.bounds.unwrap();
        for end in [low, high] {
            let c: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x - end * y).collect();
            let (m, s) = mean_sd(&c);
            // t at 95 % and 4 degrees of freedom.
            assert!((m.abs() / (s / 5.0_f64.sqrt()) - 2.7764).abs() < 1e-3);
        }
        assert!((found.estimate - 0.4).abs() < 1e-12 && low < 0.4 && high > 0.4);
    }

    #[test]
    fn a_denominator_that_may_be_0_gives_no_bounds_and_constants_give_their_ratio() {
        assert_eq!(ratio(&[1.0, 2.0, 3.0], &[1.0, -1.0, 0.5], 0.95).bounds, None);
        assert_eq!(ratio(&[1.0, 1.0, 1.0], &[4.0, 4.0, 4.0], 0.95).bounds, Some((0.25, 0.25)));
    }

    #[test]
    fn it_covers_as_often_as_it_says() {
        // Correlated normals: Fieller's interval is exact. 4,000 repetitions, four standard errors.
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let repetitions = 4000;
        let (mut below, mut above) = (0, 0);
        for _ in 0..repetitions {
            let pairs: Vec<(f64, f64)> = (0..6)
                .map(|_| {
                    let (shared, own) = (normal(), normal());
                    (1.0 + 0.5 * shared + 0.5 * own, 4.0 + shared)
                })
                .collect();
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let (low, high) = ratio(&x, &y, 0.95).bounds.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            below += usize::from(high < 0.25);
            above += usize::from(low > 0.25);
        }
        let reach = 4.0 * (0.025_f64 * 0.975 / f64::from(repetitions)).sqrt();
        for tail in [below, above] {
            let share = tail as f64 / f64::from(repetitions);
            assert!((share - 0.025).abs() < reach, "{share}");
        }
    }
}
