//! A Gaussian refitted to n of its own rows, everything else thrown away (`replace`).
//!
//! Given the covariance T that is sampled from, the fitted mean is N(μ, T/n) and the fitted covariance is
//! Wishart(T, n−1)/(n−ddof), independent of it. So moments obey linear recursions with factor r = λ(n−1)/(n−ddof)
//! per generation. Sources: Shumailov et al. (10.1038/s41586-024-07566-y, arXiv 2305.17493 §4), Alemohammad et al.
//! (arXiv 2307.01850 §2), Bertrand et al. (arXiv 2310.00429), Kazdan et al. (arXiv 2410.16713); the second moments
//! are derived here. Cost: O(t).

use statrs::function::gamma::ln_gamma;

use super::special::geometric;
use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const GAUSSIANS: &[Form] = &[Form::Gaussian, Form::DiagonalGaussian];

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "gaussian-replace-variance",
        statement: "E tr Σ_t / d = σ₀² cᵗ λᵗ⁻¹, c = (n−1)/(n−ddof); one lineage (d = 1): relative sd √((1+2/(n−1))ᵗ − 1)",
        source: "arXiv 2305.17493 §4 and 2307.01850 §2; second moment derived from the Wishart distribution",
        conditions: "gaussian source and family; n rows every generation; an isotropic source. The covariance may be full or diagonal",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &["variance"],
        predict: variance,
    },
    Law {
        name: "gaussian-replace-trace",
        statement: "E tr Σ_t = d σ₀² cᵗ λᵗ⁻¹, c = (n−1)/(n−ddof)",
        source: "arXiv 2307.01850 §2 (sampling bias λ)",
        conditions: "gaussian source and family; isotropic source for the standard deviation; λ acts from the second fit on",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &["trace"],
        predict: trace,
    },
    Law {
        name: "gaussian-replace-mean-error",
        statement: "E‖μ_t − μ‖² = d σ₀²/n Σ_{j<t} rʲ, r = λ(n−1)/(n−ddof): t d σ₀²/n unbiased, d σ₀²(1 − (1−1/n)ᵗ) by maximum likelihood",
        source: "arXiv 2410.16713 §2; second moment derived here",
        conditions: "gaussian source and family, isotropic source; n rows every generation",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &["mean-error"],
        predict: mean_error,
    },
    Law {
        name: "gaussian-replace-sigma",
        statement: "E σ_t = σ₀ aᵗ, a = √(2/(n−ddof)) Γ(n/2)/Γ((n−1)/2)",
        source: "arXiv 2310.00429 (fully synthetic Gaussian)",
        conditions: "gaussian source and family, d = 1, λ = 1; n rows every generation",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[],
        draws: &["standard-deviation"],
        predict: sigma,
    },
    Law {
        name: "gaussian-replace-wasserstein2",
        statement: "E[(μ_t−μ)² + (σ_t−σ₀)²]/σ₀² = t/n + 2 − 2aᵗ unbiased, 2 − 2aᵗ by maximum likelihood; a as in gaussian-replace-sigma",
        source: "derived here from arXiv 2305.17493 theorem 3.1's setting (exact, where the paper bounds it)",
        conditions: "gaussian source and family, d = 1, λ = 1; the squared distance between the fitted and the true Gaussian",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[],
        draws: &["wasserstein2"],
        predict: wasserstein2,
    },
    Law {
        name: "gaussian-replace-survival",
        statement: "Pr(σ_t > ε) ≤ (σ₀/ε) e^{−t/(4n−1)}",
        source: "arXiv 2412.17646 (Gaussian bound)",
        conditions: "unbiased estimator or smaller, d = 1; the metric's threshold ε > 0",
        relation: Relation::AtMost,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: GAUSSIANS,
        takes_in: &[],
        draws: &[],
        predict: survival_bound,
    },
];

/// Mean factor r of the sampled covariance, and (E (tr T_j)², E tr T_j²) for j = 0..=steps, with T_0 = σ₀² I.
fn second_moments(at: &Conditions, steps: u32) -> Result<(f64, Vec<(f64, f64)>), Unmet> {
    let r = at.scale()? * at.shrinkage()?;
    let (m, d, v) = (at.n - 1.0, at.d(), at.variance()?.powi(2));
    let mut pair = (d * d * v, d * v);
    let mut all = vec![pair];
    for _ in 0..steps {
        let (a, b) = pair;
        // E (tr S)² and E tr S² of S ~ Wishart(T, m), over m²; of its diagonal, T diagonal too: the variances are
        // independent.
        let squares = if at.diagonal() { b * (1.0 + 2.0 / m) } else { b * (1.0 + 1.0 / m) + a / m };
        pair = (r * r * (a + 2.0 * b / m), r * r * squares);
        all.push(pair);
    }
    Ok((r, all))
}

fn trace(at: &Conditions) -> Result<Prediction, Unmet> {
    let (r, moments) = second_moments(at, at.fits)?;
    let lambda = at.scale()?;
    let mean = at.d() * at.variance()? * r.powf(at.t()) / lambda;
    Prediction::moments(mean, moments[at.fits as usize].0 / (lambda * lambda))
}

fn variance(at: &Conditions) -> Result<Prediction, Unmet> {
    let Prediction { mean, sd_of_one } = trace(at)?;
    let d = at.d();
    Ok(Prediction { mean: mean / d, sd_of_one: sd_of_one.map(|sd| sd / d) })
}

fn mean_error(at: &Conditions) -> Result<Prediction, Unmet> {
    let (r, moments) = second_moments(at, at.fits - 1)?;
    let n = at.n;
    let mean = at.d() * at.variance()? / n * geometric(r, at.t());
    // Given the covariances, μ_t − μ ~ N(0, V) with V = Σ_j T_j / n, so E‖·‖⁴ = E[(tr V)² + 2 tr V²].
    let second: f64 = moments
        .iter()
        .enumerate()
        .map(|(i, (a, b))| {
            let later = (at.fits as usize - 1 - i) as f64;
            (a + 2.0 * b) / (n * n) * (2.0 * geometric(r, later + 1.0) - 1.0)
        })
        .sum();
    Prediction::moments(mean, second)
}

/// E (σ_{t+1}/σ_t)^p for one refit.
fn scale_moment(at: &Conditions, p: f64) -> Result<f64, Unmet> {
    at.shrinkage()?;
    let m = at.n - 1.0;
    let log = p / 2.0 * (2.0 / (at.n - f64::from(at.family.ddof))).ln() + ln_gamma((m + p) / 2.0)
        - ln_gamma(m / 2.0);
    Ok(log.exp())
}

fn sigma(at: &Conditions) -> Result<Prediction, Unmet> {
    at.one_dimension()?;
    let first = scale_moment(at, 1.0)?.powf(at.t());
    let second = scale_moment(at, 2.0)?.powf(at.t());
    Prediction::moments(at.variance()?.sqrt() * first, at.variance()? * second)
}

fn wasserstein2(at: &Conditions) -> Result<Prediction, Unmet> {
    at.one_dimension()?;
    let mut m = [1.0; 5];
    for (p, slot) in m.iter_mut().enumerate().skip(1) {
        *slot = scale_moment(at, p as f64)?;
    }
    let (t, n) = (at.t(), at.n);
    let power = |p: usize, k: f64| m[p].powf(k);
    let steps = || (0..at.fits).map(f64::from);
    // V = Σ_{j<t} σ_j² / n is the variance of the mean's error given the scales.
    let v: f64 = steps().map(|j| power(2, j)).sum::<f64>() / n;
    let v_sigma: f64 = steps().map(|j| power(3, j) * power(1, t - j)).sum::<f64>() / n;
    let v_sigma2: f64 = steps().map(|j| power(4, j) * power(2, t - j)).sum::<f64>() / n;
    let vv: f64 = steps().map(|j| power(4, j) * (2.0 * geometric(m[2], t - j) - 1.0)).sum::<f64>() / (n * n);
    let s = |p: usize| power(p, t);
    let mean = v + s(2) - 2.0 * s(1) + 1.0;
    let fourth = s(4) - 4.0 * s(3) + 6.0 * s(2) - 4.0 * s(1) + 1.0;
    let second = 3.0 * vv + 2.0 * (v_sigma2 - 2.0 * v_sigma + v) + fourth;
    Prediction::moments(at.variance()? * mean, at.variance()? * at.variance()? * second)
}

fn survival_bound(at: &Conditions) -> Result<Prediction, Unmet> {
    at.one_dimension()?;
    at.shrinkage()?;
    let threshold = at.asked.threshold.ok_or(Unmet::Missing("the threshold ε"))?;
    if threshold <= 0.0 {
        return Err(Unmet::range("threshold", "> 0"));
    }
    Prediction::mean((at.variance()?.sqrt() / threshold * (-at.t() / (4.0 * at.n - 1.0)).exp()).min(1.0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::{ask as ask_law, mean};
    use super::super::{Asked, Conditions, Family, Form, Prediction};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{ChiSquared, Distribution, Normal};

    fn ask(law: &str, n: f64, fits: u32, ddof: u32) -> Prediction {
        ask_law(law, Conditions { n, fits, ..Conditions::default() }.ddof(ddof)).unwrap()
    }

    #[test]
    fn the_laws_give_the_published_numbers() {
        for (law, n, t, ddof, expected) in [
            ("gaussian-replace-variance", 100.0, 100, 0, 0.36603),
            ("gaussian-replace-variance", 50.0, 50, 0, 0.36417),
            ("gaussian-replace-variance", 10.0, 10, 0, 0.34868),
            ("gaussian-replace-variance", 100.0, 100, 1, 1.0),
            ("gaussian-replace-mean-error", 100.0, 100, 0, 0.63397),
            ("gaussian-replace-mean-error", 100.0, 100, 1, 1.0),
            ("gaussian-replace-sigma", 100.0, 100, 1, 0.77684),
            ("gaussian-replace-sigma", 10.0, 1, 1, 0.972_659),
            ("gaussian-replace-wasserstein2", 100.0, 50, 1, 0.73723),
            ("gaussian-replace-wasserstein2", 100.0, 50, 0, 0.62888),
            ("gaussian-replace-wasserstein2", 10.0, 10, 1, 1.48422),
            ("gaussian-replace-wasserstein2", 10.0, 10, 0, 1.10494),
        ] {
            let got = ask(law, n, t, ddof).mean;
            assert!((got - expected).abs() < 6e-6, "{law} n={n} t={t} ddof={ddof}: {got} for {expected}");
        }
        // Relative sd of σ_t² as the papers' notes give it: 2.53 (n = t = 100) and 151 (n = 10, t = 50).
        let p = ask("gaussian-replace-variance", 100.0, 100, 1);
        assert!((p.sd_of_one.unwrap() / p.mean - 2.53).abs() < 0.005);
        let p = ask("gaussian-replace-variance", 10.0, 50, 0);
        assert!((p.sd_of_one.unwrap() / p.mean - 151.0).abs() < 0.5);
        let asked = Asked { threshold: Some(0.1), ..Asked::default() };
        let at = Conditions { n: 10.0, fits: 100, asked, ..Conditions::default() }.ddof(1);
        assert!((mean("gaussian-replace-survival", at) - 0.77).abs() < 0.005);
    }

    #[test]
    fn covariance_scale_shrinks_the_trace_from_the_second_fit_on() {
        let at = Conditions { n: 100.0, fits: 11, ..Conditions::default() }.dim(7).ddof(1);
        let scaled = Conditions { covariance_scale: 0.8, ..at.clone() };
        let got = mean("gaussian-replace-trace", scaled) / 7.0;
        assert!((got - 0.1074).abs() < 5e-5, "{got}");
        // A temperature does the same to a normal distribution.
        let tempered = Conditions { temperature: 0.8, ..at };
        assert!((mean("gaussian-replace-trace", tempered) / 7.0 - got).abs() < 1e-12);
    }

    /// Means and standard deviations of one lineage against 40,000 lineages drawn as rows' sufficient statistics.
    #[test]
    fn the_standard_deviation_of_one_lineage_is_that_of_a_simulation() {
        let (n, t, lineages) = (20.0, 5, 40_000);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let chi = ChiSquared::new(n - 1.0).unwrap();
        let mut draws = [const { Vec::new() }; 4];
        for _ in 0..lineages {
            let (mut mean, mut var) = (0.0_f64, 1.0_f64);
            for _ in 0..t {
                mean = Normal::new(mean, (var / n).sqrt()).unwrap().sample(&mut rng);
                var *= chi.sample(&mut rng) / n;
            }
            let sigma = var.sqrt();
            for (slot, x) in
                draws.iter_mut().zip([var, mean * mean, sigma, mean * mean + (sigma - 1.0).powi(2)])
            {
                slot.push(x);
            }
        }
        let names = ["variance", "mean-error", "sigma", "wasserstein2"];
        for (name, x) in names.iter().zip(&draws) {
            let p = ask(&format!("gaussian-replace-{name}"), n, t, 0);
            check(name, x, p);
        }
    }

    /// The Wishart recursion in three dimensions, by drawing the rows themselves.
    #[test]
    fn the_trace_and_mean_error_hold_in_three_dimensions() {
        let (n, t, d, lineages) = (8, 3, 3, 8_000);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let standard = Normal::new(0.0, 1.0).unwrap();
        let mut draws = [const { Vec::new() }; 2];
        for _ in 0..lineages {
            let mut mean = nalgebra::DVector::<f64>::zeros(d);
            let mut root = nalgebra::DMatrix::<f64>::identity(d, d);
            let mut trace = 0.0;
            for _ in 0..t {
                let z = nalgebra::DMatrix::from_fn(d, n, |_, _| standard.sample(&mut rng));
                let x = &root * z;
                let centre = x.column_mean();
                let spread = nalgebra::DMatrix::from_fn(d, n, |i, j| x[(i, j)] - centre[i]);
                let covariance = &spread * spread.transpose() / n as f64;
                mean += centre;
                trace = covariance.trace();
                root = nalgebra::Cholesky::new(covariance).unwrap().l();
            }
            draws[0].push(trace);
            draws[1].push(mean.norm_squared());
        }
        for (name, x) in ["trace", "mean-error"].iter().zip(&draws) {
            let at = Conditions { n: n as f64, fits: t, ..Conditions::default() }.dim(d);
            check(name, x, ask_law(&format!("gaussian-replace-{name}"), at).unwrap());
        }
    }

    /// The same with a diagonal covariance: d independent variances.
    #[test]
    fn the_trace_and_mean_error_hold_for_a_diagonal_covariance() {
        let (n, t, d, lineages) = (8.0, 3, 3, 20_000);
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let (chi, normal) = (ChiSquared::new(n - 1.0).unwrap(), Normal::new(0.0, 1.0).unwrap());
        let mut draws = [const { Vec::new() }; 2];
        for _ in 0..lineages {
            let (mut trace, mut error) = (0.0, 0.0);
            for _ in 0..d {
                let (mut mean, mut variance) = (0.0_f64, 1.0_f64);
                for _ in 0..t {
                    let z: f64 = normal.sample(&mut rng);
                    mean += z * (variance / n).sqrt();
                    variance *= chi.sample(&mut rng) / n;
                }
                trace += variance;
                error += mean * mean;
            }
            draws[0].push(trace);
            draws[1].push(error);
        }
        let family = Family::of(Form::DiagonalGaussian);
        for (name, x) in ["trace", "mean-error"].iter().zip(&draws) {
            let at = Conditions { n, fits: t, family, ..Conditions::default() }.dim(d);
            check(name, x, ask_law(&format!("gaussian-replace-{name}"), at).unwrap());
        }
    }

    /// The sample's mean within 4 standard errors; its second moment too, with that moment's own standard error.
    fn check(name: &str, x: &[f64], p: Prediction) {
        let r = x.len() as f64;
        let moment = |k: i32| x.iter().map(|v| v.powi(k)).sum::<f64>() / r;
        let sd = p.sd_of_one.unwrap();
        assert!((moment(1) - p.mean).abs() < 4.0 * sd / r.sqrt(), "{name}: {} for {}", moment(1), p.mean);
        let se = ((moment(4) - moment(2).powi(2)) / r).sqrt();
        let second = sd * sd + p.mean * p.mean;
        assert!(
            (moment(2) - second).abs() < 4.0 * se,
            "{name}: second moment {} for {second} ± {se}",
            moment(2)
        );
    }
}
