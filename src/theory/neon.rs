//! Negative extrapolation (Neon) of a fitted Gaussian: how far from the truth it ends, and the best weight.
//!
//! Σ̂ = S/n of n rows of N(μ, Σ) (`ddof` 0; S/(n − 1) with 1) and θ_self fitted on infinitely many rows drawn with
//! covariance scale T: Σ_neon = Σ̂ + w(Σ̂ − TΣ̂) = aΣ̂ with a = 1 + w(1 − T), and the mean stays μ̂. With
//! E Σ̂⁻¹ = c/(n−d−2) Σ⁻¹ (inverse Wishart, c the divisor), E (μ̂−μ)ᵀΣ̂⁻¹(μ̂−μ) = cd/(n(n−d−2)) and
//! E ln|Σ̂| = Σ_j ψ((n−j)/2) + d ln(2/c) + ln|Σ|, the expected divergence is a function of a alone, least at
//! a* = c(1 + 1/n)/(n−d−2): an estimate that is too narrow on average in the sense of the divergence gains by being
//! widened, and the sampler's T < 1 is what tells Neon which way is wide. Derived for this project and checked by
//! simulation. Cost: O(d).

use statrs::function::gamma::digamma;

use super::gaussian_replace::GAUSSIANS;
use super::{Conditions, Departure, Law, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "neon-gaussian-kl",
        statement: "E KL(truth‖neon) = ½[cd(1+1/n)/((n−d−2)a) − d + d ln a + Σψ((n−j)/2) + d ln(2/c)], a = 1 + w(1−T), c = n − ddof",
        source: "derived here for the extrapolation of arXiv 2510.03597",
        conditions: "generation 0 of a Gaussian, n > d + 2, many self-made rows; a full covariance; T the temperature times λ",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Neon],
        draws: &[],
        predict: divergence,
    },
    Law {
        name: "neon-gaussian-weight",
        statement: "w* = (c(1+1/n)/(n−d−2) − 1)/(1 − T), c = n − ddof: the weight with the least expected divergence",
        source: "derived here for the extrapolation of arXiv 2510.03597",
        conditions: "generation 0 of a Gaussian, n > d + 2, many self-made rows; T ≠ 1, the temperature times λ",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Neon],
        draws: &[],
        predict: weight,
    },
];

/// c, and n − d − 2, which must be positive.
fn degrees(at: &Conditions) -> Result<(f64, f64), Unmet> {
    if at.fits != 1 {
        return Err(Unmet::range("fits", "1 (generation 0)"));
    }
    let left = at.initial() - at.d() - 2.0;
    if left <= 0.0 || at.family.ddof > 1 {
        return Err(Unmet::range("n, ddof", "n > d + 2, ddof 0 or 1"));
    }
    Ok((at.initial() - f64::from(at.family.ddof), left))
}

fn divergence(at: &Conditions) -> Result<Prediction, Unmet> {
    let (c, left) = degrees(at)?;
    let w = at.family.neon.ok_or(Unmet::Missing("Neon's weight"))?;
    let a = 1.0 + w * (1.0 - at.temperature * at.covariance_scale);
    if a <= 0.0 {
        return Err(Unmet::range("neon_weight", "so small that the covariance stays positive"));
    }
    let d = at.d();
    let log_determinant: f64 =
        (1..=at.source.dim).map(|j| digamma((at.initial() - j as f64) / 2.0)).sum::<f64>()
            + d * (2.0 / c).ln();
    let trace = c * d * (1.0 + 1.0 / at.initial()) / (left * a);
    Prediction::mean(0.5 * (trace - d + d * a.ln() + log_determinant))
}

fn weight(at: &Conditions) -> Result<Prediction, Unmet> {
    let (c, left) = degrees(at)?;
    let pull = 1.0 - at.temperature * at.covariance_scale;
    if pull == 0.0 {
        return Err(Unmet::range("temperature", "other than 1: there is no direction to go"));
    }
    Prediction::mean((c * (1.0 + 1.0 / at.initial()) / left - 1.0) / pull)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean as law_of;
    use super::super::{Conditions, Family};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{ChiSquared, Distribution, StandardNormal};

    fn kl(w: f64, temperature: f64) -> f64 {
        let family = Family { neon: Some(w), ..Family::default() };
        let at = Conditions { n: 20.0, temperature, family, ..Conditions::default() };
        law_of("neon-gaussian-kl", at)
    }

    #[test]
    fn a_simulation_agrees_and_the_best_weight_is_the_least() {
        // d = 1, n = 20, T = .8: σ̂² = χ²(19)/20, μ̂ ~ N(0, 1/20).
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let chi = ChiSquared::new(19.0).unwrap();
        for w in [0.0, 1.0] {
            let a = 1.0 + w * 0.2;
            let x: Vec<f64> = (0..40_000)
                .map(|_| {
                    let v: f64 = a * chi.sample(&mut rng) / 20.0;
                    let m: f64 = StandardNormal.sample(&mut rng);
                    0.5 * ((1.0 + m * m / 20.0) / v - 1.0 + v.ln())
                })
                .collect();
            let n = x.len() as f64;
            let mean = x.iter().sum::<f64>() / n;
            let sd = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
            assert!((mean - kl(w, 0.8)).abs() < 5.0 * sd / n.sqrt(), "w = {w}: {mean} for {}", kl(w, 0.8));
        }
        let at = Conditions { n: 20.0, temperature: 0.8, ..Conditions::default() };
        let best = law_of("neon-gaussian-weight", at);
        assert!((best - (21.0 / 17.0 - 1.0) / 0.2).abs() < 1e-12);
        assert!(kl(best, 0.8) < kl(best - 0.05, 0.8) && kl(best, 0.8) < kl(best + 0.05, 0.8));
        // Without a sharpening sampler the weight changes nothing.
        assert_eq!(kl(0.0, 1.0), kl(3.0, 1.0));
    }
}
