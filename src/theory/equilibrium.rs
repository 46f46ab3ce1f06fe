//! Where an accumulating stream of human and tempered synthetic rows ends, for any truth θ₀ over K outcomes.
//!
//! The flow is θ' = τ(θ) − θ + μ(θ₀ − θ) with τ_i(θ) = θ_i^{1/T} / Σ_j θ_j^{1/T} and μ = human : synthetic rows of the
//! inflow; its rest points solve θ_e = (τ(θ_e) + μθ₀)/(1 + μ). The one that is reached from θ₀ is found by iterating
//! that map from θ₀, which is Euler's method on the flow with step 1/(1 + μ). Source: Gharesifard & Tabuada, CDC 2025,
//! pp. 1124–1129, as restated in Marchi, Silvestre, Gharesifard & Tabuada 2026. No training error, infinite time: a
//! stream moves in log time. Cost: O(K) per iteration, tens to thousands of iterations.

use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[Law {
    name: "stream-entropy",
    statement: "−Σ θ_e ln θ_e in nats, θ_e = (τ(θ_e) + μθ₀)/(1 + μ) reached from θ₀",
    source: "Gharesifard & Tabuada, CDC 2025, pp. 1124–1129",
    conditions: "any θ₀ on K outcomes, any T > 0, no training error, infinite time; human_fraction = μ/(1+μ)",
    relation: Relation::Equal,
    sizes: Sizes::Any,
    workflows: &[Workflow::Stream],
    forms: &[Form::Frequencies],
    takes_in: &[Departure::Temperature],
    draws: &["entropy"],
    predict: entropy,
}];

fn entropy(at: &Conditions) -> Result<Prediction, Unmet> {
    let theta = stream_equilibrium(at.outcomes()?, at.temperature, at.human_fraction)
        .ok_or(Unmet::range("temperature, human_fraction", "T > 0 and a share in [0, 1]"))?;
    let terms = theta.iter().filter(|p| **p > 0.0).map(|p| -p * p.ln());
    Prediction::mean(terms.sum())
}

/// The most steps of the iteration; at T = 1 without human rows θ₀ itself is a rest point.
const MOST: usize = 100_000;

/// The equilibrium θ_e (K probabilities) that the stream reaches from the truth θ₀, for temperature `t` > 0 and human
/// share `r` = μ/(1 + μ) in [0, 1] of what arrives. `None` outside these ranges.
///
/// At r = 0 and t < 1 it is the corner of the most frequent outcome (shared by ties), at t > 1 the uniform distribution.
pub fn stream_equilibrium(theta0: &[f64], t: f64, r: f64) -> Option<Vec<f64>> {
    if theta0.is_empty() || !(t > 0.0 && t.is_finite()) || !(0.0..=1.0).contains(&r) {
        return None;
    }
    let mut theta = theta0.to_vec();
    for _ in 0..MOST {
        // Relative to the largest, so that cold powers do not underflow everywhere.
        let top = theta.iter().copied().fold(0.0, f64::max);
        let power = |p: f64| if p > 0.0 { (p / top).powf(1.0 / t) } else { 0.0 };
        let total: f64 = theta.iter().map(|p| power(*p)).sum();
        let mut moved = 0.0_f64;
        for (p, truth) in theta.iter_mut().zip(theta0) {
            let next = (1.0 - r) * power(*p) / total + r * truth;
            moved = moved.max((next - *p).abs());
            *p = next;
        }
        if moved < 1e-15 {
            break;
        }
    }
    Some(theta)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Conditions;
    use super::super::stream::{Start, equilibrium_top_mass};
    use super::super::testing::ask;
    use super::*;

    fn zipf(k: usize) -> Vec<f64> {
        let weights: Vec<f64> = (1..=k).map(|i| 1.0 / i as f64).collect();
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(|w| w / total).collect()
    }

    #[test]
    fn it_is_a_rest_point_of_the_flow() {
        let theta0 = zipf(50);
        for (t, r) in [(0.5, 0.5), (0.7, 0.3), (0.9, 0.1), (1.3, 0.4)] {
            let theta = stream_equilibrium(&theta0, t, r).unwrap();
            let total: f64 = theta.iter().map(|p| p.powf(1.0 / t)).sum();
            for (p, truth) in theta.iter().zip(&theta0) {
                assert!(((1.0 - r) * p.powf(1.0 / t) / total + r * truth - p).abs() < 1e-12);
            }
            assert!((theta.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn without_human_rows_cold_streams_end_in_a_corner_and_hot_ones_uniform() {
        let cold = stream_equilibrium(&zipf(20), 0.7, 0.0).unwrap();
        assert!((cold[0] - 1.0).abs() < 1e-12);
        let hot = stream_equilibrium(&zipf(20), 1.5, 0.0).unwrap();
        assert!(hot.iter().all(|p| (p - 0.05).abs() < 1e-9));
        for (t, r) in [(1.0, 0.0), (0.7, 1.0)] {
            let still = stream_equilibrium(&zipf(20), t, r).unwrap();
            assert!(still.iter().zip(zipf(20)).all(|(p, truth)| (p - truth).abs() < 1e-14));
        }
    }

    #[test]
    fn a_truth_near_a_corner_gives_the_root_of_the_one_mode_branch() {
        // K = 10, T = ½, μ = 3: a uniform truth keeps its mass 1/K at the stable healthy state.
        let theta = stream_equilibrium(&[0.1; 10], 0.5, 0.75).unwrap();
        let top = theta.iter().copied().fold(0.0, f64::max);
        assert!((top - equilibrium_top_mass(10.0, 0.5, 3.0, Start::Uniform)).abs() < 1e-12);
    }

    #[test]
    fn two_outcomes_at_one_half_have_a_cubic() {
        // θ = ½ ± d with truth (.6, .4), T = ½, μ = 1: x = ½(x²/(x² + (1−x)²) + .6), solved by bisection.
        let f = |x: f64| 0.5 * (x * x / (x * x + (1.0 - x) * (1.0 - x)) + 0.6) - x;
        let (mut a, mut b) = (0.6, 1.0);
        for _ in 0..100 {
            let m = 0.5 * (a + b);
            if f(m) > 0.0 { a = m } else { b = m }
        }
        let theta = stream_equilibrium(&[0.6, 0.4], 0.5, 0.5).unwrap();
        assert!((theta[0] - a).abs() < 1e-9, "{} against {a}", theta[0]);
    }

    #[test]
    fn the_law_is_the_entropy_of_the_equilibrium_and_refuses_bad_temperatures() {
        let unknown = Conditions { temperature: 0.5, human_fraction: 1.0, ..Conditions::default() };
        let at = unknown.clone().outcome(&[0.6, 0.4]);
        let expected = -(0.6 * 0.6_f64.ln() + 0.4 * 0.4_f64.ln());
        assert!((ask("stream-entropy", at.clone()).unwrap().mean - expected).abs() < 1e-15);
        assert!(ask("stream-entropy", Conditions { temperature: 0.0, ..at }).is_err());
        assert!(ask("stream-entropy", unknown).is_err());
    }
}
