//! Which of several settings is best, as a distribution in place of a point.
//!
//! The seeds that all settings have are drawn with replacement, the same in every setting; the share of resamples in
//! which a setting has the best mean says how sure its place is: 1 where nothing comes near, equal shares where the
//! settings can't be told apart. Settings that tie share the resample. (The bootstrap of an argmax: Efron and
//! Tibshirani 1993, DOI 10.1201/9780429246593, chapter 6; the shares are no intervals of the best value.) Cost:
//! O(resamples · seeds · settings).

use rand::{Rng, RngExt};

/// How often the seeds are resampled.
pub const RESAMPLES: usize = 2000;

/// The share of resamples in which each setting has the highest mean (the lowest, unless `higher`). Settings are
/// (seed, value), sorted by seed. `None` below two settings or two seeds that all have.
pub fn share_best(settings: &[&[(u64, f64)]], higher: bool, rng: &mut impl Rng) -> Option<Vec<f64>> {
    let (first, rest) = settings.split_first()?;
    let of = |setting: &[(u64, f64)], seed: u64| {
        setting.binary_search_by_key(&seed, |(s, _)| *s).ok().map(|i| setting[i].1)
    };
    // One list of values for each seed, in the order of the settings.
    let values: Vec<Vec<f64>> = first
        .iter()
        .filter_map(|(seed, value)| {
            let others = rest.iter().map(|setting| of(setting, *seed));
            std::iter::once(Some(*value)).chain(others).collect()
        })
        .collect();
    if rest.is_empty() || values.len() < 2 {
        return None;
    }
    let sign = if higher { 1.0 } else { -1.0 };
    let mut shares = vec![0.0; settings.len()];
    let mut sums = vec![0.0; settings.len()];
    for _ in 0..RESAMPLES {
        sums.fill(0.0);
        for _ in 0..values.len() {
            let drawn = &values[rng.random_range(0..values.len())];
            sums.iter_mut().zip(drawn).for_each(|(sum, v)| *sum += sign * v);
        }
        let most = sums.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Equal values summed in another order may differ in their last bits.
        let ties = |sum: f64| most - sum <= 1e-12 * most.abs().max(1.0);
        let winners = sums.iter().filter(|s| ties(**s)).count() as f64;
        for (share, sum) in shares.iter_mut().zip(&sums) {
            if ties(*sum) {
                *share += 1.0 / winners / RESAMPLES as f64;
            }
        }
    }
    Some(shares)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn three_seeds_have_the_shares_of_their_27_resamples() {
        // a − b is +1, +1, −1: a wins unless −1 is drawn twice or more, P = (8 + 12)/27. Seed 7 is a's alone.
        let a = [(1, 1.0), (2, 1.0), (3, 0.0), (7, -99.0)];
        let b = [(1, 0.0), (2, 0.0), (3, 1.0)];
        let p: f64 = 20.0 / 27.0;
        let se = (p * (1.0 - p) / RESAMPLES as f64).sqrt();
        for (higher, first) in [(true, p), (false, 1.0 - p)] {
            let mut rng = ChaCha8Rng::seed_from_u64(3);
            let shares = share_best(&[&a, &b], higher, &mut rng).unwrap();
            assert!((shares[0] - first).abs() < 4.0 * se, "{shares:?}");
            assert!((shares[0] + shares[1] - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn ties_are_shared_and_what_has_no_answer_has_none() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let a = [(1, 0.1), (2, 0.7)];
        let shares = share_best(&[&a, &a, &[(1, 0.0), (2, 0.0)]], true, &mut rng).unwrap();
        assert!((shares[0] - 0.5).abs() < 1e-9 && shares[2] == 0.0, "{shares:?}");
        assert!(share_best(&[&a], true, &mut rng).is_none());
        assert!(share_best(&[&a, &[(2, 1.0)]], true, &mut rng).is_none());
    }
}
