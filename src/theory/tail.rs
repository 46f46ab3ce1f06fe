//! What a memorising model never saw: the tail of a Zipf source p_i ∝ i^−β.
//!
//! Source: Dohmatob et al., A Tale of Tails (arXiv 2402.07043, theorem 2.1 and the Hutter model); constants derived for
//! this project. Cost: O(support · 1 + t).

use statrs::function::gamma::gamma;

use super::categorical::g;
use super::special::zeta;
use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "hutter-scaling",
        statement: "E_test(n) → (C^{1/β}/β) Γ(1−1/β) n^{−(1−1/β)}, C = 1/ζ(β)",
        source: "arXiv 2402.07043 (Hutter model); constant derived here",
        conditions: "memorising model, Zipf source with exponent β > 1 and a support of 10⁶ or more; extra: exponent β",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &[],
        draws: &[],
        predict: scaling,
    },
    ClosedForm {
        name: "hutter-generations",
        statement: "E_t = Σp_i exp(−n p_i g_t), g_1 = 1, g_{t+1} = 1 − exp(−g_t)",
        source: "derived here for arXiv 2402.07043's chain of generations; 1–6 % above simulation",
        conditions: "categorical or memorising model, no smoothing; n rows every generation; needs probabilities",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("unseen-mass", &["categorical", "unigram"])],
        predict: |at| {
            at.unsmoothed()?;
            let g = g(at.fits);
            Prediction::mean(at.outcomes()?.iter().map(|p| p * (-at.n * p * g).exp()).sum())
        },
    },
    ClosedForm {
        name: "hutter-mixture",
        statement: "E(n) = Σp_i exp(−p_i [a n + n₀(1 − exp(−(1−a) n/n₀))]): n rows, a share a of them human, the others from a model of n₀ human rows",
        source: "derived here (Poisson counts) for arXiv 2402.07043, theorems 2.1 (plateau at n₀) and 3.2 (grokking)",
        conditions: "categorical or memorising model, no smoothing; generation 1 after initial = n₀ rows; needs probabilities; extra: initial",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: &["replace", "fresh"],
        draws: &[("unseen-mass", &["categorical", "unigram"])],
        predict: |at| {
            at.unbiased_sampling()?;
            if at.fits != 2 {
                return Err(Unmet::range("fits", "2 (generation 1)"));
            }
            let (a, first) = (at.human_fraction, at.need("initial")?);
            let seen = a * at.n + first * (1.0 - (-(1.0 - a) * at.n / first).exp());
            Prediction::mean(at.outcomes()?.iter().map(|p| p * (-p * seen).exp()).sum())
        },
    },
];

fn scaling(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let beta = at.need("exponent")?;
    if beta <= 1.0 {
        return Err(Unmet::range("exponent", "> 1"));
    }
    let c = 1.0 / zeta(beta);
    Prediction::mean(c.powf(1.0 / beta) / beta * gamma(1.0 - 1.0 / beta) * at.n.powf(1.0 / beta - 1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};

    #[test]
    fn the_laws_give_the_published_numbers() {
        let law = find("hutter-scaling").unwrap();
        for (beta, n, expected) in
            [(1.5, 1e3, 0.094_156), (1.5, 1e5, 0.020_285), (2.0, 1e3, 0.021_851_0), (2.0, 1e5, 0.002_185_10)]
        {
            let at = Conditions { n, ..Conditions::default() }.with("exponent", beta);
            let got = law.predict(&at).unwrap().mean;
            assert!((got / expected - 1.0).abs() < 3e-5, "β = {beta}, n = {n}: {got}");
        }
        let mut p: Vec<f64> = (1..=20_000).map(|i| f64::from(i).powi(-2)).collect();
        let total: f64 = p.iter().sum();
        p.iter_mut().for_each(|x| *x /= total);
        for (fits, expected) in [(1, 0.0218), (5, 0.0391), (10, 0.0526), (20, 0.0722)] {
            let at = Conditions { n: 1000.0, fits, probabilities: Some(&p), ..Conditions::default() };
            assert!((find("hutter-generations").unwrap().predict(&at).unwrap().mean - expected).abs() < 6e-5);
        }
        // One model's rows after another's: 1000 after 1000, without end, and all human.
        let mixture = |n: f64, human_fraction: f64| {
            let at =
                Conditions { n, fits: 2, human_fraction, probabilities: Some(&p), ..Conditions::default() };
            find("hutter-mixture").unwrap().predict(&at.with("initial", 1000.0)).unwrap().mean
        };
        let at = Conditions { n: 1000.0, fits: 2, probabilities: Some(&p), ..Conditions::default() };
        let second = find("hutter-generations").unwrap().predict(&at).unwrap().mean;
        assert!((mixture(1e3, 0.0) - second).abs() < 1e-12, "{}", mixture(1e3, 0.0));
        assert!((mixture(1e9, 0.0) - 0.0218).abs() < 6e-5);
        assert!((mixture(1e3, 1.0) - 0.0218).abs() < 6e-5);
    }
}
