//! The error of a refitted covariance, ‖Σ_t − Σ‖²_F, by the moments of the Wishart distribution.
//!
//! An unbiased covariance S of n normal rows with covariance T is Wishart(T, ν)/ν, ν = n − 1, so E tr S² = tr T² +
//! (tr T² + (tr T)²)/ν and E (tr S)² = (tr T)² + 2 tr T²/ν (Muirhead 1982, DOI 10.1002/9780470316559, section 3.2). These
//! two numbers obey a linear recursion, and E‖Σ_t − Σ‖² = E tr Σ_t² − tr Σ² since E Σ_t = Σ. Derived here. Cost: O(t).

use super::gaussian_replace::GAUSSIANS;
use super::{Conditions, Departure, Law, Prediction, Relation, Sizes, Unmet, Workflow, golden};
use crate::spec::Combine;

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "gaussian-replace-covariance-error",
        statement: "E‖Σ_t − Σ‖² = A_t − A_0 with A ← A + (A + B)/(n−1), B ← B + 2A/(n−1), A_0 = dσ₀⁴, B_0 = d²σ₀⁴; grows as (1 + 2/n)ᵗ",
        source: "derived here from the moments of the Wishart distribution; setting of arXiv 2502.18049",
        conditions: "gaussian source and family, isotropic source, ddof = 1; of a diagonal covariance A ← A(1 + 2/(n−1)); heavy-tailed: test it while t is well below n",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Diagonal],
        draws: &["covariance-error"],
        predict: |at| {
            let start = Squares::truth(at)?;
            let fits = (0..at.fits).try_fold(start, |s, _| s.of_a_fit(at.n))?;
            Prediction::mean(fits.of_product - start.of_product)
        },
    },
    Law {
        name: "weighted-fresh-covariance-error",
        statement: "the same recursion for Σ_t = w S_human + (1−w) S_synthetic → f(w) (tr Σ² + (tr Σ)²)/n_h for many rows",
        source: "derived here from the moments of the Wishart distribution; setting of arXiv 2502.18049",
        conditions: "as weighted-fresh-risk; gaussian source and family, isotropic source, ddof = 1",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        workflows: &[Workflow::Weighted],
        forms: GAUSSIANS,
        takes_in: &[Departure::Diagonal],
        draws: &["covariance-error"],
        predict: weighted,
    },
];

/// E tr Σ_t² and E (tr Σ_t)².
#[derive(Clone, Copy)]
struct Squares {
    of_product: f64,
    of_trace: f64,
    /// Whether Σ_t is diagonal: then E tr S² = tr T² (1 + 2/ν), as of d independent variances.
    diagonal: bool,
}

impl Squares {
    fn truth(at: &Conditions) -> Result<Self, Unmet> {
        at.unbiased_estimator()?;
        let (d, v) = (at.d(), at.variance()?.powi(2));
        Ok(Self { of_product: d * v, of_trace: d * d * v, diagonal: at.diagonal() })
    }

    /// After an unbiased fit on n rows.
    fn of_a_fit(self, n: f64) -> Result<Self, Unmet> {
        if n < 2.0 {
            return Err(Unmet::range("n", "≥ 2 rows in every group"));
        }
        let freedom = n - 1.0;
        let crossed = if self.diagonal { self.of_product } else { self.of_trace };
        Ok(Self {
            of_product: self.of_product + (self.of_product + crossed) / freedom,
            of_trace: self.of_trace + 2.0 * self.of_product / freedom,
            ..self
        })
    }
}

fn weighted(at: &Conditions) -> Result<Prediction, Unmet> {
    if at.choices.combine != Combine::ByGroup {
        return Err(Unmet::range("combine", "by-group"));
    }
    let groups = golden::Groups::of(at)?;
    let truth = Squares::truth(at)?;
    let human = truth.of_a_fit(groups.human)?;
    let mut now = truth.of_a_fit(at.initial())?;
    let w = groups.weight;
    for _ in 1..at.fits {
        let synthetic = now.of_a_fit(groups.synthetic)?;
        let mixed = |truth: f64, human: f64, synthetic: f64| {
            w * w * human + 2.0 * w * (1.0 - w) * truth + (1.0 - w) * (1.0 - w) * synthetic
        };
        now = Squares {
            of_product: mixed(truth.of_product, human.of_product, synthetic.of_product),
            of_trace: mixed(truth.of_trace, human.of_trace, synthetic.of_trace),
            ..truth
        };
    }
    Prediction::mean(now.of_product - truth.of_product)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::golden::weighted_fresh_risk;
    use super::super::testing::mean as law_of;
    use super::super::{Choices, Conditions, Family, Form, Workflow};
    use crate::spec::Weights;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use rand_distr::StandardNormal;

    /// The unbiased covariance (xx, xy, yy) of `n` rows L z, with the lower factor `l` of their covariance.
    fn refit(l: [f64; 3], n: usize, rng: &mut ChaCha8Rng) -> [f64; 3] {
        let rows: Vec<(f64, f64)> = (0..n)
            .map(|_| {
                let (a, b): (f64, f64) = (rng.sample(StandardNormal), rng.sample(StandardNormal));
                (l[0] * a, l[1] * a + l[2] * b)
            })
            .collect();
        let mean = |of: fn(&(f64, f64)) -> f64| rows.iter().map(of).sum::<f64>() / n as f64;
        let (x, y) = (mean(|r| r.0), mean(|r| r.1));
        let sum = |of: &dyn Fn(&(f64, f64)) -> f64| rows.iter().map(of).sum::<f64>() / (n as f64 - 1.0);
        [sum(&|r| (r.0 - x).powi(2)), sum(&|r| (r.0 - x) * (r.1 - y)), sum(&|r| (r.1 - y).powi(2))]
    }

    fn weighted_by(w: f64) -> Choices {
        Choices { weights: Weights::Human(w), ..Workflow::Weighted.choices() }
    }

    fn factor([xx, xy, yy]: [f64; 3]) -> [f64; 3] {
        let l = xx.sqrt();
        [l, xy / l, (yy - xy * xy / xx).max(0.0).sqrt()]
    }

    fn error([xx, xy, yy]: [f64; 3]) -> f64 {
        (xx - 1.0).powi(2) + 2.0 * xy * xy + (yy - 1.0).powi(2)
    }

    fn holds(law: &str, at: &Conditions, errors: &[f64]) {
        let r = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / r;
        let se = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
        let expected = law_of(law, at.clone());
        assert!((mean - expected).abs() < 4.0 * se, "{law}: {mean} ± {se} for {expected}");
    }

    #[test]
    fn the_laws_agree_with_simulated_rows() {
        let at = Conditions { n: 20.0, fits: 3, ..Conditions::default() }.dim(2).ddof(1);
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let whole = [1.0, 0.0, 1.0];
        let replace = |rng: &mut ChaCha8Rng| {
            let twice = (0..2).fold(refit(whole, 20, rng), |s, _| refit(factor(s), 20, rng));
            error(twice)
        };
        let errors: Vec<f64> = (0..4000).map(|_| replace(&mut rng)).collect();
        holds("gaussian-replace-covariance-error", &at, &errors);
        // 8 human rows with weight 0.4 and 12 synthetic ones.
        let weighted = |rng: &mut ChaCha8Rng| {
            let step = |last: [f64; 3], rng: &mut ChaCha8Rng| {
                let (human, own) = (refit(whole, 8, rng), refit(factor(last), 12, rng));
                [0, 1, 2].map(|i| 0.4 * human[i] + 0.6 * own[i])
            };
            let first = refit(whole, 20, rng);
            let second = step(first, rng);
            error(step(second, rng))
        };
        let errors: Vec<f64> = (0..4000).map(|_| weighted(&mut rng)).collect();
        let at = Conditions { human_fraction: 0.4, choices: weighted_by(0.4), ..at };
        holds("weighted-fresh-covariance-error", &at, &errors);
    }

    #[test]
    fn with_many_rows_it_is_the_golden_ratios_law() {
        let n = 1e7;
        let choices = weighted_by(0.3);
        let at = Conditions { n: 2.0 * n, fits: 80, human_fraction: 0.5, choices, ..Conditions::default() };
        let found = law_of("weighted-fresh-covariance-error", at.dim(3).ddof(1));
        // One batch: (tr Σ² + (tr Σ)²)/n = 12/n.
        assert!((found * n / 12.0 - weighted_fresh_risk(0.3, 1.0)).abs() < 1e-5, "{found}");
        let at = Conditions { n: 100.0, ..Conditions::default() }.dim(4).ddof(1).spread(0.25);
        assert!((law_of("gaussian-replace-covariance-error", at.clone()) - 1.25 / 99.0).abs() < 1e-12);
        // Of four independent variances: 4 · 2σ⁴/(n − 1).
        let diagonal = Family { form: Form::DiagonalGaussian, ..at.family };
        let found = law_of("gaussian-replace-covariance-error", Conditions { family: diagonal, ..at });
        assert!((found - 0.5 / 99.0).abs() < 1e-12, "{found}");
    }
}
