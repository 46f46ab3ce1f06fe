//! Logarithms and determinants of a Gaussian under `replace`.
//!
//! ln σ_t² is a sum of independent logs of χ² variables, so it stays testable when the mean of σ_t² no longer is
//! (rare lineages carry that mean once t exceeds n). The determinant of a Wishart(Σ, n−1) is |Σ| times a product of
//! independent χ²_{n−j}, j = 1..d (Bartlett). Sources: arXiv 2305.17493 §4, 2412.17646; standard multivariate theory.
//! λ enters from the second fit on. Cost: O(d).

use statrs::function::gamma::digamma;

use super::gaussian_replace::GAUSSIANS;
use super::special::trigamma;
use super::{Conditions, Departure, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "gaussian-replace-log-variance",
        statement: "E ln σ_t² = ln σ₀² + t[ψ((n−1)/2) − ln((n−ddof)/2)] + (t−1) ln λ; sd of one lineage √(t ψ′((n−1)/2))",
        source: "arXiv 2412.17646 (rate of collapse); log of a χ² variable",
        conditions: "gaussian source and family, d = 1; use it with statistic mean-log, and beyond t = n instead of the mean",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale],
        draws: &["log-variance"],
        predict: log_variance,
    },
    Law {
        name: "gaussian-replace-log-variance-slope",
        statement: "E ln σ²_{t+1} − E ln σ_t² = ψ((n−1)/2) − ln((n−ddof)/2) + ln λ, per generation",
        source: "arXiv 2412.17646 (rate of collapse)",
        conditions: "gaussian source and family, d = 1; for statistic slope of the logarithm",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale],
        draws: &[],
        predict: log_variance_slope,
    },
    Law {
        name: "gaussian-replace-log-determinant",
        statement: "E ln det Σ_t = d ln σ₀² + t[Σ_{j=1..d} ψ((n−j)/2) + d ln(2/(n−ddof))] + (t−1) d ln λ",
        source: "Bartlett decomposition; arXiv 2410.16713's determinant ratio",
        conditions: "gaussian source and family, isotropic source, n > d; of a diagonal covariance ψ((n−1)/2) stands for every ψ((n−j)/2)",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &["log-determinant"],
        predict: log_determinant,
    },
    Law {
        name: "gaussian-replace-determinant",
        statement: "E det Σ_t/det Σ₀ = [Π_{j=1..d} (n−j)/(n−ddof)]ᵗ λ^{d(t−1)}",
        source: "Bartlett decomposition; arXiv 2410.16713's determinant ratio",
        conditions: "gaussian source and family, n > d; of a diagonal covariance n−1 stands for every n−j; heavy-tailed: the logarithm is the testable one",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &[],
        predict: determinant,
    },
];

/// Degrees of freedom of the χ² factors: n − 1, …, n − d of a determinant, n − 1 each of a product of variances.
fn freedoms(at: &Conditions) -> Result<impl Iterator<Item = f64> + use<>, Unmet> {
    at.shrinkage()?;
    let (n, d, diagonal) = (at.n, at.source.dim, at.diagonal());
    if d == 0 || !diagonal && n <= d as f64 {
        return Err(Unmet::range("n", "greater than d ≥ 1, or the fitted covariance is singular"));
    }
    Ok((1..=d).map(move |j| if diagonal { n - 1.0 } else { n - j as f64 }))
}

fn drift(at: &Conditions) -> Result<f64, Unmet> {
    let divisor = at.n - f64::from(at.family.ddof);
    Ok(freedoms(at)?.map(|f| digamma(f / 2.0) - (divisor / 2.0).ln()).sum())
}

fn log_determinant(at: &Conditions) -> Result<Prediction, Unmet> {
    let mean =
        at.t() * drift(at)? + (at.t() - 1.0) * at.d() * at.scale()?.ln() + at.d() * at.variance()?.ln();
    let one: f64 = freedoms(at)?.map(|f| trigamma(f / 2.0)).sum();
    Prediction::with_sd(mean, (at.t() * one).sqrt())
}

fn log_variance(at: &Conditions) -> Result<Prediction, Unmet> {
    at.one_dimension()?;
    log_determinant(at)
}

fn log_variance_slope(at: &Conditions) -> Result<Prediction, Unmet> {
    at.one_dimension()?;
    Prediction::mean(drift(at)? + at.scale()?.ln())
}

fn determinant(at: &Conditions) -> Result<Prediction, Unmet> {
    let divisor = at.n - f64::from(at.family.ddof);
    let first: f64 = freedoms(at)?.map(|f| f / divisor).product();
    let second: f64 = freedoms(at)?.map(|f| f * (f + 2.0) / (divisor * divisor)).product();
    let scale = at.scale()?.powf(at.d() * (at.t() - 1.0));
    Prediction::moments(scale * first.powf(at.t()), scale * scale * second.powf(at.t()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{ask as ask_law, mean};
    use super::super::{Conditions, Family, Form};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{ChiSquared, Distribution};

    fn ask(law: &str, n: f64, d: usize, fits: u32) -> f64 {
        mean(law, Conditions { n, fits, ..Conditions::default() }.dim(d))
    }

    #[test]
    fn the_laws_give_the_published_numbers() {
        assert!((ask("gaussian-replace-log-variance", 100.0, 1, 1) + 0.020_185).abs() < 6e-7);
        assert!((ask("gaussian-replace-log-variance", 10.0, 1, 7) + 7.0 * 0.220_567).abs() < 4e-6);
        assert!((ask("gaussian-replace-log-variance-slope", 10.0, 1, 7) + 0.220_567).abs() < 6e-7);
        let ln10 = std::f64::consts::LN_10;
        assert!((ask("gaussian-replace-log-determinant", 100.0, 10, 100) / ln10 + 29.385).abs() < 6e-4);
        assert!((ask("gaussian-replace-determinant", 100.0, 10, 100).log10() + 24.769).abs() < 6e-4);
    }

    #[test]
    fn one_dimension_is_the_variance_law_and_a_singular_fit_is_refused() {
        let a = ask("gaussian-replace-determinant", 30.0, 1, 12);
        let b = ask("gaussian-replace-variance", 30.0, 1, 12);
        assert!((a - b).abs() < 1e-12);
        let at = Conditions { n: 10.0, ..Conditions::default() }.dim(10);
        assert!(ask_law("gaussian-replace-log-determinant", at).is_err());
        // The log of a χ²₂ is the log of an exponential: variance π²/6, so one fit on n = 3 rows has that sd.
        let at = Conditions { n: 3.0, ..Conditions::default() };
        let sd = ask_law("gaussian-replace-log-variance", at).unwrap().sd_of_one.unwrap();
        assert!((sd - std::f64::consts::PI / 6.0_f64.sqrt()).abs() < 1e-10);
    }

    /// Three variances, each refitted to n draws of its own: no entry off the diagonal is ever drawn.
    #[test]
    fn a_diagonal_covariance_is_a_product_of_variances() {
        let (n, t, d, lineages) = (9.0, 4, 3, 20_000);
        let mut rng = ChaCha8Rng::seed_from_u64(12);
        let chi = ChiSquared::new(n - 1.0).unwrap();
        let mut logs = Vec::new();
        for _ in 0..lineages {
            let mut step = || -> f64 { chi.sample(&mut rng) / n };
            logs.push((0..t * d as u32).map(|_| step().ln()).sum::<f64>());
        }
        let family = Family::of(Form::DiagonalGaussian);
        let at = Conditions { n, fits: t, family, ..Conditions::default() }.dim(d);
        let law = ask_law("gaussian-replace-log-determinant", at.clone()).unwrap();
        let r = logs.len() as f64;
        let found = logs.iter().sum::<f64>() / r;
        let sd = law.sd_of_one.unwrap();
        assert!((found - law.mean).abs() < 4.0 * sd / r.sqrt(), "{found} for {}", law.mean);
        let variance = logs.iter().map(|x| (x - found).powi(2)).sum::<f64>() / (r - 1.0);
        assert!((variance / (sd * sd) - 1.0).abs() < 0.05, "{variance} for {}", sd * sd);
        // E Π s_j² = (1 − 1/n)^{dt}: independent variances have no Bartlett terms.
        let product = mean("gaussian-replace-determinant", at.clone());
        assert!((product - (1.0 - 1.0 / n).powi(12)).abs() < 1e-12, "{product}");
        let full =
            mean("gaussian-replace-determinant", Conditions { family: Family::of(Form::Gaussian), ..at });
        assert!(full < 0.9 * product, "{full}");
    }
}
