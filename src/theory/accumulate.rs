//! A Gaussian refitted to everything so far: the human batch and one synthetic batch of n rows per generation.
//!
//! With S the pool's sum of squares after k batches and s = S/(kn − ddof), a new batch adds λs(n − 1/(k+1)) in
//! expectation, so E s obeys a product recursion: Π(1 − 1/(nk²)) by maximum likelihood with λ = 1.
//! Sources: Kazdan et al. (arXiv 2410.16713), Dey & Donoho (arXiv 2410.22812); the exact product is derived here.
//! Cost: O(t).

use super::gaussian_replace::GAUSSIANS;
use super::{Conditions, Departure, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "gaussian-accumulate-variance",
        statement: "E σ_t² = σ₀² Π_{k≤t} (1 − 1/(nk²)) by maximum likelihood (limit sin(π/√n)/(π/√n)); with sampling scale λ < 1 it falls like t^{−(1−λ)}/Γ(1+λ)",
        source: "derived here (exact recursion) for the setting of arXiv 2410.16713 and 2410.22812",
        conditions: "gaussian source and family; equal batches of n rows; d = 1, or the mean over coordinates",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Accumulate],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &["variance"],
        predict: variance,
    },
    Law {
        name: "gaussian-accumulate-mean-error",
        statement: "E‖μ_t − μ‖² = d σ₀² [1 − Π_{k≤t} (1 − 1/(nk²))] by maximum likelihood",
        source: "derived here (exact recursion) for the setting of arXiv 2410.16713",
        conditions: "gaussian source and family, isotropic source; equal batches of n rows",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Accumulate],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &["mean-error"],
        predict: mean_error,
    },
];

/// E of the fitted variance and of the mean's squared error after `fits` fits, both per coordinate.
fn recursion(at: &Conditions) -> Result<(f64, f64), Unmet> {
    let (lambda, n, ddof) = (at.scale()?, at.n, f64::from(at.family.ddof));
    let mut fitted = at.variance()? * at.shrinkage()?;
    let mut error = at.variance()? / n;
    for k in 1..at.fits {
        let k = f64::from(k);
        let drawn = lambda * fitted;
        error += drawn / (n * (k + 1.0) * (k + 1.0));
        let squares = fitted * (k * n - ddof) + drawn * (n - 1.0 / (k + 1.0));
        fitted = squares / ((k + 1.0) * n - ddof);
    }
    Ok((fitted, error))
}

fn variance(at: &Conditions) -> Result<Prediction, Unmet> {
    Prediction::mean(recursion(at)?.0)
}

fn mean_error(at: &Conditions) -> Result<Prediction, Unmet> {
    Prediction::mean(at.d() * recursion(at)?.1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Conditions;
    use super::super::special::sine_product;
    use super::super::testing::mean;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{ChiSquared, Distribution, Normal};

    #[test]
    fn maximum_likelihood_follows_the_sine_product() {
        for (n, fits, expected) in [(10.0, 100, 0.84428), (10.0, 100_000, 0.84344), (100.0, 100, 0.98373)] {
            let at = Conditions { n, fits, ..Conditions::default() };
            let v = mean("gaussian-accumulate-variance", at.clone());
            assert!((v - expected).abs() < 1e-5, "n={n} t={fits}: {v}");
            assert!((v - sine_product(n, fits)).abs() < 1e-9);
            assert!((mean("gaussian-accumulate-mean-error", at) - (1.0 - v)).abs() < 1e-9);
        }
        let at = Conditions { n: 10.0, fits: 100_000, ..Conditions::default() };
        assert!((10.0 * mean("gaussian-accumulate-mean-error", at) - 1.5656).abs() < 1e-4);
    }

    #[test]
    fn accumulation_does_not_save_a_sharpened_loop() {
        let at = Conditions { n: 1e9, fits: 100, covariance_scale: 0.8, ..Conditions::default() };
        assert!((mean("gaussian-accumulate-variance", at) - 0.427).abs() < 5e-4);
    }

    /// Drawn batch by batch, unbiased estimator, λ = .7: neither is covered by the sine product.
    #[test]
    fn the_recursion_holds_for_the_unbiased_estimator_and_a_sampling_scale() {
        let (n, t, lambda, lineages) = (5.0_f64, 4, 0.7, 40_000);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let chi = ChiSquared::new(n - 1.0).unwrap();
        let (mut v, mut e) = (Vec::new(), Vec::new());
        for _ in 0..lineages {
            let (mut rows, mut mean, mut squares) = (0.0, 0.0, 0.0);
            for k in 0..t {
                let (centre, drawn) =
                    if k == 0 { (0.0, 1.0) } else { (mean, lambda * squares / (rows - 1.0)) };
                let batch: f64 = Normal::new(centre, (drawn / n).sqrt()).unwrap().sample(&mut rng);
                squares += drawn * chi.sample(&mut rng) + rows * n / (rows + n) * (batch - mean).powi(2);
                mean = (rows * mean + n * batch) / (rows + n);
                rows += n;
            }
            v.push(squares / (rows - 1.0));
            e.push(mean * mean);
        }
        let at = Conditions { n, fits: t, covariance_scale: lambda, ..Conditions::default() }.ddof(1);
        for (law, x) in [("gaussian-accumulate-variance", v), ("gaussian-accumulate-mean-error", e)] {
            let expected = mean(law, at.clone());
            let r = x.len() as f64;
            let mean = x.iter().sum::<f64>() / r;
            let se = (x.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
            assert!((mean - expected).abs() < 4.0 * se, "{law}: {mean} ± {se} for {expected}");
        }
    }
}
