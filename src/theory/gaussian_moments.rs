//! Logarithms and determinants of a Gaussian under `replace`.
//!
//! ln σ_t² is a sum of independent logs of χ² variables, so it stays testable when the mean of σ_t² no longer is
//! (rare lineages carry that mean once t exceeds n). The determinant of a Wishart(Σ, n−1) is |Σ| times a product of
//! independent χ²_{n−j}, j = 1..d (Bartlett). Sources: arXiv 2305.17493 §4, 2412.17646; standard multivariate theory.
//! λ enters from the second fit on. Cost: O(d).

use statrs::function::gamma::digamma;

use super::special::trigamma;
use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

const GAUSSIAN: &[&str] = &["gaussian"];

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "gaussian-replace-log-variance",
        statement: "E ln σ_t² = ln σ₀² + t[ψ((n−1)/2) − ln((n−ddof)/2)] + (t−1) ln λ; sd of one lineage √(t ψ′((n−1)/2))",
        source: "arXiv 2412.17646 (rate of collapse); log of a χ² variable",
        conditions: "gaussian source and family, d = 1; use it with statistic mean-log, and beyond t = n instead of the mean",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("log-variance", GAUSSIAN)],
        predict: log_variance,
    },
    ClosedForm {
        name: "gaussian-replace-log-variance-slope",
        statement: "E ln σ²_{t+1} − E ln σ_t² = ψ((n−1)/2) − ln((n−ddof)/2) + ln λ, per generation",
        source: "arXiv 2412.17646 (rate of collapse)",
        conditions: "gaussian source and family, d = 1; for statistic slope of the logarithm",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: log_variance_slope,
    },
    ClosedForm {
        name: "gaussian-replace-log-determinant",
        statement: "E ln det Σ_t = d ln σ₀² + t[Σ_{j=1..d} ψ((n−j)/2) + d ln(2/(n−ddof))] + (t−1) d ln λ",
        source: "Bartlett decomposition; arXiv 2410.16713's determinant ratio",
        conditions: "gaussian source and family, isotropic source (add ln det Σ₀ − d ln σ₀² otherwise), n > d",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("log-determinant", GAUSSIAN)],
        predict: log_determinant,
    },
    ClosedForm {
        name: "gaussian-replace-determinant",
        statement: "E det Σ_t/det Σ₀ = [Π_{j=1..d} (n−j)/(n−ddof)]ᵗ λ^{d(t−1)}",
        source: "Bartlett decomposition; arXiv 2410.16713's determinant ratio",
        conditions: "gaussian source and family, n > d; heavy-tailed: the logarithm is the testable one",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: determinant,
    },
];

/// Degrees of freedom n − 1, …, n − d of the χ² factors.
fn freedoms(at: &Conditions<'_>) -> Result<impl Iterator<Item = f64> + use<>, Unmet> {
    at.shrinkage()?;
    let (n, d) = (at.n, at.d);
    if d == 0 || n <= d as f64 {
        return Err(Unmet::range("n", "greater than d ≥ 1, or the fitted covariance is singular"));
    }
    Ok((1..=d).map(move |j| n - j as f64))
}

fn drift(at: &Conditions<'_>) -> Result<f64, Unmet> {
    let divisor = at.n - f64::from(at.ddof);
    Ok(freedoms(at)?.map(|f| digamma(f / 2.0) - (divisor / 2.0).ln()).sum())
}

fn log_determinant(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let mean = at.t() * drift(at)?
        + (at.t() - 1.0) * at.d as f64 * at.scale()?.ln()
        + at.d as f64 * at.variance.ln();
    let one: f64 = freedoms(at)?.map(|f| trigamma(f / 2.0)).sum();
    Prediction::with_sd(mean, (at.t() * one).sqrt())
}

fn log_variance(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    at.one_dimension()?;
    log_determinant(at)
}

fn log_variance_slope(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    at.one_dimension()?;
    Prediction::mean(drift(at)? + at.scale()?.ln())
}

fn determinant(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    let divisor = at.n - f64::from(at.ddof);
    let first: f64 = freedoms(at)?.map(|f| f / divisor).product();
    let second: f64 = freedoms(at)?.map(|f| f * (f + 2.0) / (divisor * divisor)).product();
    let scale = at.scale()?.powf(at.d as f64 * (at.t() - 1.0));
    Prediction::moments(scale * first.powf(at.t()), scale * scale * second.powf(at.t()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};

    fn ask(law: &str, n: f64, d: usize, fits: u32) -> f64 {
        find(law).unwrap().predict(&Conditions { n, d, fits, ..Conditions::default() }).unwrap().mean
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
        let at = Conditions { n: 10.0, d: 10, ..Conditions::default() };
        assert!(find("gaussian-replace-log-determinant").unwrap().predict(&at).is_err());
        // The log of a χ²₂ is the log of an exponential: variance π²/6, so one fit on n = 3 rows has that sd.
        let at = Conditions { n: 3.0, ..Conditions::default() };
        let sd = find("gaussian-replace-log-variance").unwrap().predict(&at).unwrap().sd_of_one.unwrap();
        assert!((sd - std::f64::consts::PI / 6.0_f64.sqrt()).abs() < 1e-10);
    }
}
