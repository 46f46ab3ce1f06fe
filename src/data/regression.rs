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
    /// E v(η) x xᵀ (row-major) where the inputs are rows of a table, neither normal nor independent.
    pub tabulated: Option<Vec<f64>>,
}

impl Regression {
    /// δᵀIδ with the Fisher information I = E v(η) x xᵀ of one row at the truth, v the label's variance (over σ⁴ for a
    /// normal label), for an error δ of the weights and one of the constant.
    ///
    /// By Stein's lemma I = aΣ + b Σw*(Σw*)ᵀ with a = E v(η), b = (E v(η)η² − aτ²)/τ⁴ and η ~ N(0, τ² = w*ᵀΣw*); the
    /// two means are integrals over η (Simpson, 4,000 intervals over ±10 τ). Of a table I is stated, a constant among its
    /// inputs, and `constant` is not asked for.
    pub fn information(&self, error: &[f64], constant: f64) -> f64 {
        if let Some(matrix) = &self.tabulated {
            let rows = matrix.chunks_exact(error.len().max(1));
            return rows.zip(error).map(|(row, e)| e * predictor(row, error)).sum();
        }
        let (mut tau2, mut square, mut along) = (0.0, 0.0, 0.0);
        for ((w, s), e) in self.weights.iter().zip(&self.input_variances).zip(error) {
            tau2 += w * w * s;
            square += e * e * s;
            along += e * w * s;
        }
        let (a, second) = match self.link {
            Link::Identity => (1.0 / self.noise_variance, tau2 / self.noise_variance),
            // E e^η and E e^η η² of a normal η.
            Link::Log => ((0.5 * tau2).exp(), (0.5 * tau2).exp() * (tau2 + tau2 * tau2)),
            Link::Logit => {
                let spread = |eta: f64| self.link.variance(self.link.mean(eta), 0.0);
                (normal_mean(tau2, spread), normal_mean(tau2, |eta| spread(eta) * eta * eta))
            }
        };
        let b = if tau2 > 0.0 { (second - a * tau2) / (tau2 * tau2) } else { 0.0 };
        a * (square + constant * constant) + b * along * along
    }
}

/// E f(η) for η ~ N(0, τ²).
fn normal_mean(tau2: f64, f: impl Fn(f64) -> f64) -> f64 {
    const STEPS: usize = 4000;
    let h = 20.0 / STEPS as f64;
    let term = |i: usize| {
        let z = -10.0 + h * i as f64;
        let simpson = if i == 0 || i == STEPS { 1.0 } else { 2.0 + 2.0 * (i % 2) as f64 };
        simpson * (-0.5 * z * z).exp() * f(tau2.sqrt() * z)
    };
    (0..=STEPS).map(term).sum::<f64>() * h / 3.0 / std::f64::consts::TAU.sqrt()
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

    /// E v(xᵀw) (xᵀδ)² over many inputs, against the closed form.
    #[test]
    fn the_information_is_that_of_drawn_inputs() {
        let (weights, variances, error) = ([1.0, -0.5], [1.0, 2.0], [0.3, 0.8]);
        let n = 40_000;
        for link in [Link::Identity, Link::Logit, Link::Log] {
            let truth = Regression {
                weights: weights.into(),
                input_variances: variances.into(),
                link,
                noise_variance: 0.5,
                tabulated: None,
            };
            let mut rng = Streams::new(0, 2).of("inputs").rng();
            let terms: Vec<f64> = (0..n)
                .map(|_| {
                    let x: Vec<f64> =
                        variances.iter().map(|v| v.sqrt() * rng.sample::<f64, _>(StandardNormal)).collect();
                    let spread = match link {
                        Link::Identity => 1.0 / 0.5,
                        _ => link.variance(link.mean(predictor(&x, &weights)), 0.0),
                    };
                    spread * predictor(&x, &error).powi(2)
                })
                .collect();
            let mean = terms.iter().sum::<f64>() / f64::from(n);
            let se = terms.iter().map(|t| (t - mean).powi(2)).sum::<f64>().sqrt() / f64::from(n);
            let found = truth.information(&error, 0.0);
            assert!((found - mean).abs() < 5.0 * se, "{link:?}: {found} for {mean} ± {se}");
        }
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
