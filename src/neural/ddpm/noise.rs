//! How much of a row is left at each step of the noising process.

use serde::{Deserialize, Serialize};

/// The share ᾱ_t of the signal's variance that is left after t steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoiseSchedule {
    /// f(t)/f(0) with f(t) = cos²((t/T + s)/(1 + s)·π/2), s = 0.008, no step losing more than 0.999 of it (Nichol &
    /// Dhariwal, arXiv:2102.09672, eq. 17).
    #[default]
    Cosine,
    /// Π (1 − β), β rising linearly from 10⁻⁴ to 0.02 over 1000 steps (Ho et al., arXiv:2006.11239, §4), by 1000/T as
    /// fast with T steps.
    Linear,
}

/// ᾱ_0 = 1, ᾱ_1, … ᾱ_T.
pub(super) struct Levels(Vec<f64>);

impl Levels {
    pub(super) fn new(schedule: NoiseSchedule, timesteps: usize) -> Self {
        let n = timesteps as f64;
        let cosine = |t: f64| ((t / n + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
        let mut left = 1.0;
        let after = (1..=timesteps).map(|t| {
            let t = t as f64;
            let beta = match schedule {
                NoiseSchedule::Cosine => 1.0 - cosine(t) / cosine(t - 1.0),
                NoiseSchedule::Linear => {
                    let done = if timesteps > 1 { (t - 1.0) / (n - 1.0) } else { 1.0 };
                    1000.0 / n * (1e-4 + done * (0.02 - 1e-4))
                }
            };
            left *= 1.0 - beta.min(0.999);
            left
        });
        Levels(std::iter::once(1.0).chain(after).collect())
    }

    /// T.
    pub(super) fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// ᾱ_t.
    pub(super) fn signal(&self, t: usize) -> f64 {
        self.0[t]
    }

    /// The time that the network is told: t/T.
    pub(super) fn time(&self, t: usize) -> f32 {
        t as f32 / self.len() as f32
    }

    /// `steps` of the steps, from the last one down, evenly spaced.
    pub(super) fn subsequence(&self, steps: usize) -> Vec<usize> {
        (1..=steps).rev().map(|k| (k * self.len()).div_ceil(steps)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedules_are_those_of_the_papers() {
        let cosine = Levels::new(NoiseSchedule::Cosine, 1000);
        // Half way: cos²(0.508/1.008·π/2)/cos²(0.008/1.008·π/2) = 0.49237 / 0.99984.
        assert!((cosine.signal(500) - 0.493_84).abs() < 1e-4, "{}", cosine.signal(500));
        assert!(cosine.signal(1000) < 1e-6 && cosine.signal(0) == 1.0);
        // ln ᾱ_T = Σ ln(1 − β) ≈ −Σβ − Σβ²/2 = −10.05 − 0.0675.
        let linear = Levels::new(NoiseSchedule::Linear, 1000);
        assert!((linear.signal(1000).ln() + 10.118).abs() < 0.01, "{}", linear.signal(1000).ln());
        assert_eq!(linear.subsequence(4), [1000, 750, 500, 250]);
        assert_eq!(linear.subsequence(1000).len(), 1000);
    }
}
