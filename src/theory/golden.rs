//! Weighting a fresh human batch against the last synthetic batch: the golden ratio.
//!
//! The statistic of the next fit is w·(human) + (1−w)·(synthetic), with k = n_human/n_synthetic. Its variance in units
//! of one human batch obeys u' = w² + (1−w)²(u + k), so u → f(w) = (w² + k(1−w)²)/(2w − w²).
//! Source: He, Xu & Cheng (arXiv 2502.18049). It is about combining *group statistics* (`combine = "by-group"`), not
//! about weighting rows in one pooled likelihood. Cost: O(t).

use super::categorical::on_a_line;
use super::risk::{LOCATIONS, inflation};
use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};
use crate::spec::Weights;

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "golden-weight",
        statement: "w*(k) = (√(k²+4k) − k)/2, k = n_human/n_synthetic; 1/φ at k = 1; n·Var at w* is w*",
        source: "arXiv 2502.18049",
        conditions: "group statistics combined by weight (or, for many rows, one likelihood with weighted groups), fresh human rows, last synthetic batch only",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Weighted, Workflow::Fresh],
        forms: &[],
        takes_in: &Departure::ALL,
        draws: &[],
        predict: |at| Prediction::mean(golden_weight(ratio(at)?)),
    },
    Law {
        name: "weighted-fresh-risk",
        statement: "n_h Var/σ² → f(w) = (w² + k(1−w)²)/(2w − w²)",
        source: "arXiv 2502.18049",
        conditions: "as golden-weight; w is the stated weight, w* where it is golden, the human share where all rows weigh the same",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Weighted, Workflow::Fresh],
        forms: LOCATIONS,
        takes_in: &[
            Departure::Penalty,
            Departure::Intercept,
            Departure::Inputs,
            Departure::Diagonal,
            Departure::FreshInputs,
        ],
        draws: &["risk-inflation"],
        predict: risk,
    },
    Law {
        name: "weighted-fresh-cdf-error",
        statement: "E ∫(F_t−F)² dF = v/6 with v ← w²/n_h + (1−w)²[1/n_s + (1 − 1/n_s)v] → f(w)/(6 n_h) for many rows",
        source: "arXiv 2502.18049; the terms of finite n_s are derived here",
        conditions: "as weighted-fresh-risk; empirical family, continuous source",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Weighted, Workflow::Fresh],
        forms: &[Form::Empirical],
        takes_in: &[],
        draws: &["cdf-error"],
        predict: |at| {
            on_a_line(at)?;
            Prediction::mean(resampled(at)? / 6.0)
        },
    },
    Law {
        name: "weighted-fresh-squared-error",
        statement: "E Σ(q_t − p)² = (1 − Σp²) v, v as in weighted-fresh-cdf-error → f(w)(1 − Σp²)/n_h for many rows",
        source: "arXiv 2502.18049; the terms of finite n_s are derived here",
        conditions: "as weighted-fresh-risk; categorical source and family without smoothing",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Weighted, Workflow::Fresh],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["squared-error"],
        predict: squared_error,
    },
];

/// The best weight of the human batch, w*(k) = (√(k²+4k) − k)/2 for k = n_human/n_synthetic > 0 (arXiv 2502.18049).
pub fn golden_weight(k: f64) -> f64 {
    ((k * k + 4.0 * k).sqrt() - k) / 2.0
}

/// Stationary variance in units of one human batch's, f(w) = (w² + k(1−w)²)/(2w − w²), for w in (0, 1].
#[cfg(test)]
pub fn weighted_fresh_risk(w: f64, k: f64) -> f64 {
    (w * w + k * (1.0 - w) * (1.0 - w)) / (2.0 * w - w * w)
}

fn ratio(at: &Conditions) -> Result<f64, Unmet> {
    at.human_share().map(|a| a / (1.0 - a))
}

/// The two groups of a training set and the weight of the human one.
pub(super) struct Groups {
    pub(super) human: f64,
    pub(super) synthetic: f64,
    pub(super) weight: f64,
}

impl Groups {
    pub(super) fn of(at: &Conditions) -> Result<Self, Unmet> {
        let k = ratio(at)?;
        let human = at.human();
        let weight = match at.choices.weights {
            Weights::Golden => golden_weight(k),
            Weights::Human(w) => w,
            Weights::Equal => at.human_fraction,
        };
        if weight > 0.0 && weight <= 1.0 {
            Ok(Self { human, synthetic: at.n - human, weight })
        } else {
            Err(Unmet::range("weight", "in (0, 1]"))
        }
    }
}

fn risk(at: &Conditions) -> Result<Prediction, Unmet> {
    let (k, Groups { human, weight: w, .. }) = (ratio(at)?, Groups::of(at)?);
    let mut u = human / at.initial();
    for _ in 1..at.fits {
        u = w * w + (1.0 - w) * (1.0 - w) * (u + k);
    }
    inflation(at, u)
}

/// v of a share that is drawn again: synthetic rows from q have the variance E q(1 − q)/n_s = p(1 − p)(1 − v)/n_s
/// beside that of q itself, p(1 − p)v.
fn resampled(at: &Conditions) -> Result<f64, Unmet> {
    let Groups { human, synthetic, weight: w } = Groups::of(at)?;
    let mut v = 1.0 / at.initial();
    for _ in 1..at.fits {
        let drawn = 1.0 / synthetic + (1.0 - 1.0 / synthetic) * v;
        v = w * w / human + (1.0 - w) * (1.0 - w) * drawn;
    }
    Ok(v)
}

fn squared_error(at: &Conditions) -> Result<Prediction, Unmet> {
    Prediction::mean(at.heterozygosity()? * resampled(at)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean as law_of;
    use super::super::{Choices, Conditions, Workflow};
    use super::*;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_best_weight_is_the_golden_ratio() {
        for (k, expected) in [(1.0, 0.618_034), (0.25, 0.390_388), (4.0, 0.828_427)] {
            let w = golden_weight(k);
            assert!((w - expected).abs() < 5e-7);
            assert!((weighted_fresh_risk(w, k) - w).abs() < 1e-12, "f(w*) = w*");
            assert!(weighted_fresh_risk(w + 0.01, k) > w && weighted_fresh_risk(w - 0.01, k) > w);
        }
        assert!((weighted_fresh_risk(0.5, 1.0) - 2.0 / 3.0).abs() < 1e-12);
        assert!((weighted_fresh_risk(0.9, 1.0) - 0.828).abs() < 5e-4);
    }

    /// A hundred rows, the human ones with weight w, after as many human rows.
    fn half(fits: u32, human_fraction: f64, w: f64) -> Conditions {
        let choices = Choices { weights: Weights::Human(w), ..Workflow::Weighted.choices() };
        let initial = Some(100.0 * human_fraction);
        Conditions { fits, human_fraction, initial, choices, ..Conditions::default() }
    }

    #[test]
    fn the_recursion_reaches_the_stationary_risk() {
        let at = half(200, 0.5, 0.3);
        let got = law_of("weighted-fresh-risk", at.clone());
        assert!((got - 1.13725).abs() < 1e-5);
        let one = Conditions { fits: 1, ..at };
        assert!((law_of("weighted-fresh-risk", one) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_unweighted_mix_is_weighted_by_its_rows() {
        // k = 1/4: w = 1/5, f(w) = (1 + k)/(2 + k).
        let choices = Workflow::Fresh.choices();
        let at = Conditions { choices, ..half(400, 0.2, 0.0) };
        let got = law_of("weighted-fresh-risk", at.clone());
        assert!((got - 1.25 / 2.25).abs() < 1e-9, "{got}");
        let golden = Conditions { choices: Workflow::Weighted.choices(), ..at };
        let got = law_of("weighted-fresh-risk", golden);
        assert!((got - 0.390_388).abs() < 1e-6, "{got}");
    }

    #[test]
    fn shares_that_are_drawn_again_are_as_simulated() {
        // Two outcomes, p = 0.3: 6 human rows with weight ½ and 9 drawn from the last share; D(0) has 15.
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut drawn =
            |n: usize, p: f64| (0..n).filter(|_| rng.random::<f64>() < p).count() as f64 / n as f64;
        let errors: Vec<f64> = (0..8000)
            .map(|_| {
                let mut q = drawn(15, 0.3);
                for _ in 0..3 {
                    q = 0.5 * drawn(6, 0.3) + 0.5 * drawn(9, q);
                }
                2.0 * (q - 0.3).powi(2)
            })
            .collect();
        let r = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / r;
        let se = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
        let at = Conditions { n: 15.0, initial: None, ..half(4, 0.4, 0.5) }.outcome(&[0.7, 0.3]);
        let law = law_of("weighted-fresh-squared-error", at);
        assert!((mean - law).abs() < 4.0 * se, "{mean} ± {se} for {law}");
    }

    #[test]
    fn the_bootstraps_distribution_function_is_as_simulated() {
        // Uniform rows, 6 human ones with weight ½ and 9 drawn again; (F̂(u) − u)² at a random u is an unbiased estimate.
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut lineage = || {
            let uniform =
                |n: usize, rng: &mut ChaCha8Rng| -> Vec<f64> { (0..n).map(|_| rng.random()).collect() };
            let first = uniform(15, &mut rng);
            let mut rows: Vec<(f64, f64)> = first.iter().map(|x| (*x, 1.0 / 15.0)).collect();
            for _ in 0..3 {
                let mut drawn = uniform(6, &mut rng).into_iter().map(|x| (x, 0.5 / 6.0)).collect::<Vec<_>>();
                for _ in 0..9 {
                    let mut left: f64 = rng.random();
                    let hit = rows.iter().find(|(_, w)| {
                        left -= w;
                        left <= 0.0
                    });
                    drawn.push((hit.unwrap_or(&rows[0]).0, 0.5 / 9.0));
                }
                rows = drawn;
            }
            let u: f64 = rng.random();
            let below: f64 = rows.iter().filter(|(x, _)| *x <= u).map(|(_, w)| w).sum();
            (below - u).powi(2)
        };
        let errors: Vec<f64> = (0..8000).map(|_| lineage()).collect();
        let r = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / r;
        let se = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
        let at = Conditions { n: 15.0, initial: None, ..half(4, 0.4, 0.5) };
        let law = law_of("weighted-fresh-cdf-error", at);
        assert!((mean - law).abs() < 4.0 * se, "{mean} ± {se} for {law}");
    }
}
