//! How small a difference two test folds can tell: the noise of a score and the minimum detectable difference.
//!
//! A rate p (accuracy, recall; for an F1 of balanced classes about the same) measured on n independent test rows has
//! the variance p(1−p)/n, so the difference of two rates, each on n rows of its own, has 2p(1−p)/n. A two-sided test at
//! level α finds a true difference with probability 1 − β if it is at least (z_{1−α/2} + z_{1−β}) √(2p(1−p)/n): 2.80
//! standard errors at 5 % and 80 %. Two learners on the *same* rows whose hits have correlation r: times √(1−r).
//! Source: Fleiss, Levin and Paik 2003, DOI 10.1002/0471445428, chapter 4 (the large-sample form without continuity
//! correction). Rates and differences are in [0, 1]. Cost: O(1).

use statrs::distribution::{ContinuousCDF, Normal};

use super::{Conditions, Departure, Law, Prediction, Relation, Sizes, Unmet};

const SOURCE: &str = "Fleiss, Levin and Paik 2003, DOI 10.1002/0471445428, chapter 4";

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "rate-difference-variance",
        statement: "Var(p̂ − p̂′) = 2p(1−p)/n",
        source: SOURCE,
        conditions: "two rates, each measured on n independent test rows; two outcomes",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[],
        forms: &[],
        takes_in: &Departure::ALL,
        draws: &[],
        predict: |at| {
            let two_folds = 2.0 * spread(at)? / at.n;
            if at.fits == 1 {
                Prediction::mean(two_folds)
            } else {
                Err(Unmet::range("fits", "1 (generation 0)"))
            }
        },
    },
    Law {
        name: "minimum-detectable-difference",
        statement: "d = (z_{1−α/2} + z_{1−β}) √(2p(1−p)(1−r)/n)",
        source: SOURCE,
        conditions: "two rates on n test rows; two outcomes; asked: test_level α (default 0.05), test_power 1−β (default 0.8), correlation r of the hits (default 0: other rows)",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[],
        forms: &[],
        takes_in: &Departure::ALL,
        draws: &[],
        predict: |at| {
            let (level, power) = (at.asked.test_level.unwrap_or(0.05), at.asked.test_power.unwrap_or(0.8));
            let proper = |p: f64| p > 0.0 && p < 1.0;
            if !(proper(level) && proper(power)) {
                return Err(Unmet::range("test_level, test_power", "strictly between 0 and 1"));
            }
            let r = at.asked.correlation.unwrap_or(0.0);
            if !(-1.0..=1.0).contains(&r) {
                return Err(Unmet::range("correlation", "from -1 to 1"));
            }
            let z = |p: f64| Normal::standard().inverse_cdf(p);
            let reach = z(1.0 - level / 2.0) + z(power);
            Prediction::mean(reach * (2.0 * spread(at)? * (1.0 - r) / at.n).sqrt())
        },
    },
];

/// p(1 − p) of two outcomes.
fn spread(at: &Conditions) -> Result<f64, Unmet> {
    match at.outcomes()? {
        [a, b] => Ok(a * b),
        _ => Err(Unmet::range("probabilities", "two")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use statrs::distribution::{Binomial, Discrete};

    use super::super::Conditions;
    use super::super::testing::mean;

    fn detectable(p: f64, n: f64) -> f64 {
        mean(
            "minimum-detectable-difference",
            Conditions { n, ..Conditions::default() }.outcome(&[1.0 - p, p]),
        )
    }

    #[test]
    fn a_difference_of_that_size_is_found_four_times_in_five() {
        // The exact power of the two-sided z test between two folds of 400 rows, summed over both binomials. The
        // law takes the null's variance for both folds, so the difference is put half on either side of ½.
        let n = 400_u64;
        let d = detectable(0.5, n as f64);
        let fold = |p: f64| Binomial::new(p, n).unwrap();
        let (low, high) = (fold(0.5 - d / 2.0), fold(0.5 + d / 2.0));
        let critical = 1.959_964 * (2.0 * 0.25 / n as f64).sqrt();
        let mut power = 0.0;
        for i in 120..=280 {
            for j in 120..=280 {
                if ((j as f64 - i as f64) / n as f64).abs() > critical {
                    power += low.pmf(i) * high.pmf(j);
                }
            }
        }
        // Whole rows make the power jump by about 2 points at this size.
        assert!((power - 0.8).abs() < 0.02, "{power}");
    }

    #[test]
    fn it_takes_thousands_of_rows_to_see_two_points() {
        // 7.849 · 2p(1−p)/d², with p = 0.833 and d = 0.023.
        let rows = 7.849 * 2.0 * 0.833 * 0.167 / 0.023_f64.powi(2);
        assert!((detectable(0.833, rows) - 0.023).abs() < 1e-5);
        assert!((detectable(0.833, 71.0) - 0.1754).abs() < 1e-4);
    }
}
