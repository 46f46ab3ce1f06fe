//! A Gaussian fitted to n rows drawn without replacement from everything so far (`accumulate-subsample`).
//!
//! V is the pool's maximum-likelihood variance. The subsample of n among tn rows has variance S = V tn/(tn − 1) in
//! expectation (ddof 1), and its mean scatters around the pool's by (1 − 1/t)S/n; the new batch joins the pool.
//! Source: arXiv 2410.16713 (regime), recursion derived for this project and checked by simulation. Cost: O(t).

use super::gaussian_replace::GAUSSIANS;
use super::{Conditions, Departure, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "gaussian-subsample-variance",
        statement: "E Σ_t = S(n−1)/(n−ddof), S = V_t tn/(tn−1), V_{t+1} = [tV_t + Sq]/(t+1) + t/(t+1)² S[(1−1/t)/n + f/n], f = (n−1)/(n−ddof), q = f(1−1/n)",
        source: "derived here for the setting of arXiv 2410.16713 (exact recursion)",
        conditions: "gaussian source and family; equal batches of n rows, n drawn without replacement; d = 1, or the mean over coordinates",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Subsample],
        forms: GAUSSIANS,
        takes_in: &[Departure::Diagonal],
        draws: &["variance"],
        predict: fitted,
    },
    Law {
        name: "gaussian-subsample-pool-variance",
        statement: "E V_t, the maximum-likelihood variance of the whole store, by the recursion of gaussian-subsample-variance",
        source: "derived here for the setting of arXiv 2410.16713 (exact recursion)",
        conditions: "as gaussian-subsample-variance",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Subsample],
        forms: GAUSSIANS,
        takes_in: &[Departure::Diagonal],
        draws: &[],
        predict: pool,
    },
];

/// E of the pool's variance and of the fitted one after `fits` fits.
fn recursion(at: &Conditions) -> Result<(f64, f64), Unmet> {
    let (n, f) = (at.n, at.shrinkage()?);
    let mut v = at.variance()? * (1.0 - 1.0 / n);
    let spread = |v: f64, t: f64| v * t * n / (t * n - 1.0);
    for t in 1..at.fits {
        let t = f64::from(t);
        let s = spread(v, t);
        v = (t * v + s * f * (1.0 - 1.0 / n)) / (t + 1.0)
            + t / ((t + 1.0) * (t + 1.0)) * s * ((1.0 - 1.0 / t) + f) / n;
    }
    Ok((v, spread(v, at.t()) * f))
}

fn fitted(at: &Conditions) -> Result<Prediction, Unmet> {
    Prediction::mean(recursion(at)?.1)
}

fn pool(at: &Conditions) -> Result<Prediction, Unmet> {
    Prediction::mean(recursion(at)?.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Conditions;
    use super::super::testing::mean;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal};

    #[test]
    fn the_laws_give_the_published_numbers() {
        for (n, pool, fit) in [(10.0, 0.82265, 0.74113), (100.0, 0.98100, 0.97129)] {
            let at = Conditions { n, fits: 100, ..Conditions::default() };
            let ask = |law: &str| mean(law, at.clone());
            assert!((ask("gaussian-subsample-pool-variance") - pool).abs() < 1e-5);
            assert!((ask("gaussian-subsample-variance") - fit).abs() < 1e-5);
        }
    }

    #[test]
    fn the_recursion_holds_row_by_row_for_both_estimators() {
        let (n, t, lineages) = (4_usize, 4, 20_000);
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        for ddof in [0_u32, 1] {
            let mut x = Vec::new();
            for _ in 0..lineages {
                let mut pool: Vec<f64> = Vec::new();
                let (mut mean, mut var) = (0.0, 1.0_f64);
                for _ in 0..t {
                    let normal = Normal::new(mean, var.sqrt()).unwrap();
                    pool.extend((0..n).map(|_| normal.sample(&mut rng)));
                    let chosen = rand::seq::index::sample(&mut rng, pool.len(), n);
                    mean = chosen.iter().map(|i| pool[i]).sum::<f64>() / n as f64;
                    var = chosen.iter().map(|i| (pool[i] - mean).powi(2)).sum::<f64>()
                        / (n as f64 - f64::from(ddof));
                }
                x.push(var);
            }
            let r = f64::from(lineages);
            let got = x.iter().sum::<f64>() / r;
            let se = (x.iter().map(|y| (y - got).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
            let at = Conditions { n: n as f64, fits: t, ..Conditions::default() }.ddof(ddof);
            let law = mean("gaussian-subsample-variance", at);
            assert!((got - law).abs() < 4.0 * se, "ddof {ddof}: {got} ± {se} for {law}");
        }
    }
}
