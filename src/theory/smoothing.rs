//! Add-α smoothing on K outcomes: the loop drifts to the prior instead of to one outcome.
//!
//! q' = (1−u)·frequencies + u/K with u = αK/(n + αK); for a uniform truth E‖q − 1/K‖² has a linear recursion.
//! Derived for this project and checked by simulation. Cost: O(t).

use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[Law {
    name: "smoothed-categorical-error",
    statement: "E‖q−1/K‖² → (1−u)²h/n / (1 − (1−u)²(1−1/n)), h = 1 − 1/K, u = αK/(n+αK)",
    source: "derived here",
    conditions: "categorical with add-α smoothing, uniform source on K outcomes",
    relation: Relation::Equal,
    sizes: Sizes::Equal,
    workflows: &[Workflow::Replace],
    forms: &[Form::Frequencies],
    takes_in: &[Departure::Smoothing],
    draws: &[],
    predict: smoothed,
}];

fn smoothed(at: &Conditions) -> Result<Prediction, Unmet> {
    let (alpha, k) = (at.family.smoothing, at.outcomes()?.len() as f64);
    if at.outcomes()?.iter().any(|p| (p * k - 1.0).abs() > 1e-9) {
        return Err(Unmet::range("probabilities", "uniform"));
    }
    let u = alpha * k / (at.n + alpha * k);
    let (keep, h) = ((1.0 - u) * (1.0 - u), 1.0 - 1.0 / k);
    let v = (0..at.fits).fold(0.0, |v, _| keep * (v * (1.0 - 1.0 / at.n) + h / at.n));
    Prediction::mean(v)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean as law_of;
    use super::super::{Conditions, Family};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Binomial, Distribution};

    #[test]
    fn the_limit_is_the_stated_one_and_a_simulation_agrees() {
        let (n, alpha) = (15_u64, 0.5);
        let law = "smoothed-categorical-error";
        let at = |fits| {
            let family = Family { smoothing: alpha, ..Family::default() };
            Conditions { n: n as f64, fits, family, ..Conditions::default() }.uniform(2)
        };
        let u = 1.0 / 16.0;
        let keep: f64 = (1.0_f64 - u).powi(2);
        let limit = keep * 0.5 / 15.0 / (1.0 - keep * (1.0 - 1.0 / 15.0));
        assert!((law_of(law, at(2000)) - limit).abs() < 1e-12);
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let x: Vec<f64> = (0..20_000)
            .map(|_| {
                let q = (0..6).fold(0.5, |q, _| {
                    (Binomial::new(n, q).unwrap().sample(&mut rng) as f64 + alpha) / (n as f64 + 2.0 * alpha)
                });
                2.0 * (q - 0.5_f64).powi(2)
            })
            .collect();
        let r = x.len() as f64;
        let mean = x.iter().sum::<f64>() / r;
        let se = (x.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
        assert!((mean - law_of(law, at(6))).abs() < 4.0 * se);
    }
}
