//! What a memorising model never saw: the tail of a Zipf source p_i ∝ i^−β.
//!
//! Source: Dohmatob et al., A Tale of Tails (arXiv 2402.07043, theorem 2.1 and the Hutter model); constants derived for
//! this project. Cost: O(support · 1 + t).

use statrs::function::gamma::gamma;

use super::extinction::extinct;
use super::special::zeta;
use super::{Conditions, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "hutter-scaling",
        statement: "E_test(n) → (C^{1/β}/β) Γ(1−1/β) n^{−(1−1/β)}, C = 1/ζ(β)",
        source: "arXiv 2402.07043 (Hutter model); constant derived here",
        conditions: "memorising model, Zipf source with exponent β > 1 and many outcomes",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &[],
        predict: scaling,
    },
    Law {
        name: "hutter-generations",
        statement: "E_t = Σp_i exp(−n p_i g_t − n p_i² c_t), g and c as in support-size-replace",
        source: "derived here for arXiv 2402.07043's chain of generations, within 0.4 % of the exact chain",
        conditions: "categorical or memorising model, no smoothing; n rows every generation; t ≤ n/3",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["unseen-mass"],
        predict: |at| {
            let extinct = extinct(at)?;
            Prediction::mean(at.outcomes()?.iter().map(|p| p * extinct(*p)).sum())
        },
    },
    Law {
        name: "hutter-mixture",
        statement: "E(n) = Σp_i exp(−p_i [a n + n₀(1 − exp(−(1−a) n/n₀))]): n rows, a share a of them human, the others from a model of n₀ human rows",
        source: "derived here (Poisson counts) for arXiv 2402.07043, theorems 2.1 (plateau at n₀) and 3.2 (grokking)",
        conditions: "categorical or memorising model, no smoothing; generation 1 after initial = n₀ rows",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Replace, Workflow::Fresh],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["unseen-mass"],
        predict: |at| {
            if at.fits != 2 {
                return Err(Unmet::range("fits", "2 (generation 1)"));
            }
            let (a, first) = (at.human_fraction, at.initial());
            let seen = a * at.n + first * (1.0 - (-(1.0 - a) * at.n / first).exp());
            Prediction::mean(at.outcomes()?.iter().map(|p| p * (-p * seen).exp()).sum())
        },
    },
];

/// β where the probabilities are ∝ i^−β.
fn exponent(p: &[f64]) -> Option<f64> {
    let [first, second, ..] = *p else { return None };
    let beta = (first / second).log2();
    let follows = |(i, p): (usize, &f64)| (p / first * (i as f64 + 1.0).powf(beta) - 1.0).abs() < 1e-9;
    p.iter().enumerate().all(follows).then_some(beta)
}

fn scaling(at: &Conditions) -> Result<Prediction, Unmet> {
    let beta = exponent(at.outcomes()?).ok_or(Unmet::Missing("Zipf's law, p_i ∝ i^−β,"))?;
    if beta <= 1.0 {
        return Err(Unmet::range("exponent", "> 1"));
    }
    let c = 1.0 / zeta(beta);
    Prediction::mean(c.powf(1.0 / beta) / beta * gamma(1.0 - 1.0 / beta) * at.n.powf(1.0 / beta - 1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean;
    use super::super::{Conditions, Workflow};

    fn zipf(k: u32, beta: f64) -> Vec<f64> {
        let weights: Vec<f64> = (1..=k).map(|i| f64::from(i).powf(-beta)).collect();
        let total: f64 = weights.iter().sum();
        weights.iter().map(|w| w / total).collect()
    }

    #[test]
    fn the_laws_give_the_published_numbers() {
        for (beta, n, expected) in
            [(1.5, 1e3, 0.094_156), (1.5, 1e5, 0.020_285), (2.0, 1e3, 0.021_851_0), (2.0, 1e5, 0.002_185_10)]
        {
            let got =
                mean("hutter-scaling", Conditions { n, ..Conditions::default() }.outcome(&zipf(500, beta)));
            assert!((got / expected - 1.0).abs() < 3e-5, "β = {beta}, n = {n}: {got}");
        }
        let p = zipf(20_000, 2.0);
        // The chain itself, by powers of its matrix in Python.
        for (fits, expected) in [(1, 0.021_813), (5, 0.039_032), (10, 0.052_491), (20, 0.071_821)] {
            let at = Conditions { n: 1000.0, fits, ..Conditions::default() }.outcome(&p);
            assert!((mean("hutter-generations", at) - expected).abs() < 6e-5);
        }
        // One model's rows after another's: 1000 after 1000, without end, and all human.
        let mixture = |n: f64, human_fraction: f64| {
            let at =
                Conditions { n, fits: 2, human_fraction, initial: Some(1000.0), ..Conditions::default() };
            let choices = if human_fraction > 0.0 { Workflow::Fresh } else { Workflow::Replace }.choices();
            mean("hutter-mixture", Conditions { choices, ..at }.outcome(&p))
        };
        let at = Conditions { n: 1000.0, fits: 2, ..Conditions::default() }.outcome(&p);
        let second = mean("hutter-generations", at);
        assert!((mixture(1e3, 0.0) / second - 1.0).abs() < 0.02, "{}", mixture(1e3, 0.0));
        assert!((mixture(1e9, 0.0) - 0.0218).abs() < 6e-5);
        assert!((mixture(1e3, 1.0) - 0.0218).abs() < 6e-5);
    }
}
