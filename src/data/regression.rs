//! Regressions of a label on inputs: the canonical links, and what a source knows of its own.
//!
//! With the linear predictor η = xᵀw a label has the mean g(η): η itself (normal with variance σ²), 1/(1 + e^−η)
//! (Bernoulli) or e^η (Poisson): McCullagh and Nelder 1989, chapter 2. Sources, families and metrics share these
//! formulas, so that a fitted model's likelihood and the truth's are the same function at different weights.

use rand::RngExt;
use rand_distr::{Distribution as _, Poisson, StandardNormal};
use statrs::function::gamma::ln_gamma;

use crate::rng::Stream;

/// How the mean of a label follows from the linear predictor η.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A normal label with mean η.
    Identity,
    /// A label 0 or 1 with P(1) = 1/(1 + e^−η).
    Logit,
    /// A Poisson label with mean e^η.
    Log,
}

/// The regression behind a source, known exactly: x ~ N(0, diag(`input_variances`)), η = xᵀ`weights`.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// w*, one number per input.
    pub weights: Vec<f64>,
    /// The variance of each input; inputs are independent.
    pub input_variances: Vec<f64>,
    /// The link.
    pub link: Link,
    /// σ², the variance of a normal label around its mean; not used by the other links.
    pub noise_variance: f64,
}

/// xᵀw.
pub fn predictor(x: &[f64], weights: &[f64]) -> f64 {
    x.iter().zip(weights).map(|(x, w)| x * w).sum()
}

impl Link {
    /// The mean of a label at η.
    pub fn mean(self, eta: f64) -> f64 {
        match self {
            Link::Identity => eta,
            Link::Logit => 1.0 / (1.0 + (-eta).exp()),
            Link::Log => eta.exp(),
        }
    }

    /// The variance of a label at its mean, for noise variance σ² where the link is the identity.
    pub fn variance(self, mean: f64, noise_variance: f64) -> f64 {
        match self {
            Link::Identity => noise_variance,
            Link::Logit => mean * (1.0 - mean),
            Link::Log => mean,
        }
    }

    /// ln p(y | η) in nats.
    pub fn log_density(self, y: f64, eta: f64, noise_variance: f64) -> f64 {
        match self {
            Link::Identity => {
                -0.5 * ((std::f64::consts::TAU * noise_variance).ln()
                    + (y - eta) * (y - eta) / noise_variance)
            }
            // ln(1 + e^η) without overflow.
            Link::Logit => y * eta - (eta.max(0.0) + (-eta.abs()).exp().ln_1p()),
            Link::Log => y * eta - eta.exp() - ln_gamma(y + 1.0),
        }
    }

    /// A label at η. A Poisson mean beyond the largest that can be drawn gives an infinite label, for the caller to
    /// refuse.
    pub fn draw(self, eta: f64, noise_variance: f64, rng: &mut Stream) -> f64 {
        match self {
            Link::Identity => eta + noise_variance.sqrt() * rng.sample::<f64, _>(StandardNormal),
            Link::Logit => f64::from(u8::from(rng.random::<f64>() < self.mean(eta))),
            Link::Log => match self.mean(eta) {
                mean if mean > 0.0 => Poisson::new(mean).map_or(f64::INFINITY, |p| p.sample(rng)),
                _ => 0.0,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Streams;

    #[test]
    fn log_densities_by_hand() {
        // N(1; 0, 4): −½ ln(8π) − 1/8.
        let normal = -0.5 * (8.0 * std::f64::consts::PI).ln() - 0.125;
        assert!((Link::Identity.log_density(1.0, 0.0, 4.0) - normal).abs() < 1e-14);
        // σ(ln 3) = ¾.
        assert!((Link::Logit.log_density(1.0, 3f64.ln(), 0.0) - 0.75f64.ln()).abs() < 1e-14);
        assert!((Link::Logit.log_density(0.0, 3f64.ln(), 0.0) - 0.25f64.ln()).abs() < 1e-14);
        assert_eq!(Link::Logit.log_density(0.0, 1e4, 0.0), -1e4);
        // P(3) at mean 2: 8 e^−2 / 6.
        let poisson = 3.0 * 2f64.ln() - 2.0 - 6f64.ln();
        assert!((Link::Log.log_density(3.0, 2f64.ln(), 0.0) - poisson).abs() < 1e-12);
    }

    #[test]
    fn labels_have_the_mean_and_the_variance_of_their_link() {
        let n = 20_000;
        for (link, eta, noise) in
            [(Link::Identity, 0.7, 2.0), (Link::Logit, -1.2, 0.0), (Link::Log, 0.4, 0.0)]
        {
            let mut rng = Streams::new(0, 3).of("labels").rng();
            let y: Vec<f64> = (0..n).map(|_| link.draw(eta, noise, &mut rng)).collect();
            let (mean, variance) = (link.mean(eta), link.variance(link.mean(eta), noise));
            let found = y.iter().sum::<f64>() / f64::from(n);
            assert!((found - mean).abs() < 5.0 * (variance / f64::from(n)).sqrt(), "{link:?}: {found}");
            let squares: Vec<f64> = y.iter().map(|y| (y - mean).powi(2)).collect();
            let spread = squares.iter().map(|s| (s - variance).powi(2)).sum::<f64>() / f64::from(n);
            let found = squares.iter().sum::<f64>() / f64::from(n);
            assert!((found - variance).abs() < 5.0 * (spread / f64::from(n)).sqrt(), "{link:?}: {found}");
        }
        let mut rng = Streams::new(0, 3).of("labels").rng();
        assert_eq!(Link::Log.draw(-1e4, 0.0, &mut rng), 0.0);
        assert!(Link::Log.draw(1e4, 0.0, &mut rng).is_infinite());
    }
}
