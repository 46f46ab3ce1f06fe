//! Frequencies refitted to n of their own draws: a Wright–Fisher chain.
//!
//! Sources: Seddik et al. (arXiv 2404.05090, total collapse), Suresh et al. (arXiv 2412.17646, survival), Kazdan et al.
//! (arXiv 2410.16713, time to collapse), Shumailov et al. (10.1038/s41586-024-07566-y, absorption). Fixation time is
//! the diffusion limit (Ewens). Cost: O(t + K).

use super::special::sine_product;
use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

const CATEGORICAL: &[&str] = &["categorical", "bernoulli", "unigram"];

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "simpson-replace",
        statement: "E Σp_t² = 1 − (1−1/n)ᵗ (1 − Σp²)",
        source: "arXiv 2404.05090 (fully synthetic)",
        conditions: "categorical source and family, no smoothing; n rows every generation; needs probabilities",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("simpson", CATEGORICAL)],
        predict: simpson,
    },
    ClosedForm {
        name: "fixation-time",
        statement: "E fits to one outcome = −2n Σ(1−p_i) ln(1−p_i)",
        source: "diffusion limit of the Wright–Fisher chain (Ewens 2004); setting of arXiv 2410.16713",
        conditions: "categorical, no smoothing; n ≥ 100 (at n = 10 it is 9 % too long); needs probabilities",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: fixation_time,
    },
    ClosedForm {
        name: "fixation-probability",
        statement: "Pr(all mass ends on outcome i) = p_i",
        source: "10.1038/s41586-024-07566-y, discrete case (martingale)",
        conditions: "categorical, no smoothing; run to absorption; needs probabilities; extra: outcome, the index from 0",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace", "accumulate"],
        draws: &[],
        predict: fixation_probability,
    },
    ClosedForm {
        name: "outcome-survival",
        statement: "Pr(outcome i alive after t fits) ≥ 1 − exp(−n p_i g_t), g_1 = 1, g_{t+1} = 1 − exp(−g_t)",
        source: "arXiv 2412.17646 (Bernoulli lower bound; nearly tight where n p² t ≪ 1)",
        conditions: "categorical, no smoothing; extra: share p_i (or probabilities and outcome)",
        relation: Relation::AtLeast,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[],
        predict: survival,
    },
    ClosedForm {
        name: "poisson-survival",
        statement: "Pr(λ_t ≠ 0) = 1 − exp(−nλ g_t), g as in outcome-survival",
        source: "arXiv 2412.17646 (Poisson, an equality)",
        conditions: "poisson source and family; n rows every generation; extra: rate λ > 0",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("survival", &["poisson"])],
        predict: |at| {
            at.unbiased_sampling()?;
            let rate = at.need("rate")?;
            if rate <= 0.0 {
                return Err(Unmet::range("rate", "> 0"));
            }
            let p = -(-at.n * rate * g(at.fits)).exp_m1();
            Prediction::with_sd(p, (p * (1.0 - p)).sqrt())
        },
    },
    ClosedForm {
        name: "surviving-vocabulary",
        statement: "E|vocabulary_t| / E|vocabulary_1| = Σ(1 − exp(−n p_i g_t)) / Σ(1 − exp(−n p_i))",
        source: "arXiv 2412.17646 (Zipf panels), Poisson form",
        conditions: "categorical or unigram, no smoothing; many rare outcomes; needs probabilities; 1 at the first fit",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("vocabulary-survival", CATEGORICAL)],
        predict: vocabulary,
    },
    ClosedForm {
        name: "support-size-replace",
        statement: "E|support_t| = Σ(1 − exp(−n p_i g_t)), g as in outcome-survival",
        source: "arXiv 2412.17646 (Zipf panels), Poisson form",
        conditions: "as surviving-vocabulary; the number of outcomes that the model still knows; a vocabulary of 50 outcomes or more, since frequent outcomes outlive the Poisson form",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("support-size", CATEGORICAL)],
        predict: |at| {
            at.raw_frequencies()?;
            let outcomes = at.outcomes()?;
            if outcomes.len() < 50 {
                return Err(Unmet::range("outcomes", "50 or more"));
            }
            Prediction::mean(alive(outcomes, at.n, g(at.fits)))
        },
    },
    ClosedForm {
        name: "bernoulli-accumulate-error",
        statement: "E(P_t−p)² = p(1−p)[1 − Π_{k≤t} (1 − 1/(nk²))]",
        source: "derived here; public notes give the same product; also a Pólya stream with T = 1, μ = 0 and equal batches",
        conditions: "categorical, no smoothing; equal batches of n rows; extra: share p (or probabilities and outcome)",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["accumulate", "expanding", "stream"],
        draws: &[],
        predict: |at| {
            let p = share(at)?;
            at.raw_frequencies()?;
            if at.human_fraction != 0.0 {
                return Err(Unmet::range("human_fraction", "0"));
            }
            Prediction::mean(p * (1.0 - p) * (1.0 - sine_product(at.n, at.fits)))
        },
    },
    ClosedForm {
        name: "categorical-accumulate-error",
        statement: "E‖q_t−p‖² = (1 − Σp²)[1 − Π_{k≤t} (1 − 1/(nk²))]; with n_h human rows in each arrival e ← [(N+n_s)²e + n_s(h−e) + n_h h]/(N+n)², h = 1 − Σp²",
        source: "derived here: the sum of bernoulli-accumulate-error over the outcomes",
        conditions: "categorical, no smoothing; equal batches of n rows; needs probabilities",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["accumulate", "expanding", "stream"],
        draws: &[("squared-error", CATEGORICAL)],
        predict: |at| Prediction::mean(accumulated_error(at)?),
    },
    ClosedForm {
        name: "bootstrap-cramer-von-mises",
        statement: "E ∫(F_t−F)² dF = (1 − (1−1/n)ᵗ)/6 → 1/6",
        source: "arXiv 2502.18049 (empirical distribution, fully synthetic)",
        conditions: "empirical family, continuous source; t counts the samplings, the first included",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        regimes: &["replace"],
        draws: &[("cdf-error", &["empirical"])],
        predict: |at| Prediction::mean((1.0 - (1.0 - 1.0 / at.n).powf(at.t())) / 6.0),
    },
];

/// 1 − Σp², the chance that two draws differ.
fn heterozygosity(at: &Conditions<'_>) -> Result<f64, Unmet> {
    Ok(1.0 - at.outcomes()?.iter().map(|p| p * p).sum::<f64>())
}

/// E‖q−p‖² of frequencies over everything so far: an arrival adds n_s rows of the model, whose share of outcome i has
/// variance q_i(1 − q_i)/n_s around q_i, and n_h human rows.
fn accumulated_error(at: &Conditions<'_>) -> Result<f64, Unmet> {
    at.raw_frequencies()?;
    if !(0.0..=1.0).contains(&at.human_fraction) {
        return Err(Unmet::range("human_fraction", "in [0, 1]"));
    }
    let h = heterozygosity(at)?;
    let human = (at.human_fraction * at.n).round();
    let synthetic = at.n - human;
    let (mut error, mut rows) = (h / at.n, at.n);
    for _ in 1..at.fits {
        let kept = (rows + synthetic).powi(2) * error;
        rows += at.n;
        error = (kept + synthetic * (h - error) + human * h) / (rows * rows);
    }
    Ok(error)
}

fn simpson(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    at.raw_frequencies()?;
    Prediction::mean(1.0 - (1.0 - 1.0 / at.n).powf(at.t()) * heterozygosity(at)?)
}

fn fixation_time(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    at.raw_frequencies()?;
    let sum: f64 = at.outcomes()?.iter().filter(|p| **p < 1.0).map(|p| (1.0 - p) * (-p).ln_1p()).sum();
    Prediction::mean(-2.0 * at.n * sum)
}

/// The share of one outcome: `share`, or `probabilities[outcome]`.
pub(super) fn share(at: &Conditions<'_>) -> Result<f64, Unmet> {
    let p = match at.need("share") {
        Ok(p) => p,
        Err(_) => {
            let i = at.need("outcome")?;
            let p = at.outcomes()?;
            *p.get(i as usize).ok_or(Unmet::range("outcome", "an index into probabilities"))?
        }
    };
    if (0.0..=1.0).contains(&p) { Ok(p) } else { Err(Unmet::range("share", "between 0 and 1")) }
}

fn fixation_probability(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    at.raw_frequencies()?;
    let p = share(at)?;
    Prediction::with_sd(p, (p * (1.0 - p)).sqrt())
}

/// g_1 = 1, g_{t+1} = 1 − exp(−g_t); t·g_t tends to 2.
pub(super) fn g(t: u32) -> f64 {
    (1..t).fold(1.0, |g: f64, _| -(-g).exp_m1())
}

fn survival(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    at.raw_frequencies()?;
    Prediction::mean(-(-at.n * share(at)? * g(at.fits)).exp_m1())
}

fn vocabulary(at: &Conditions<'_>) -> Result<Prediction, Unmet> {
    at.raw_frequencies()?;
    let (p, g) = (at.outcomes()?, g(at.fits));
    Prediction::mean(alive(p, at.n, g) / alive(p, at.n, 1.0))
}

/// Outcomes expected alive, in the Poisson form of the lower bound.
fn alive(p: &[f64], n: f64, g: f64) -> f64 {
    p.iter().map(|p| -(-n * p * g).exp_m1()).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};
    use super::g;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Binomial, Distribution};

    fn ask(law: &str, at: &Conditions<'_>) -> f64 {
        find(law).unwrap().predict(at).unwrap().mean
    }

    #[test]
    fn the_laws_give_the_published_numbers() {
        let p = [0.5, 0.3, 0.2];
        let at = Conditions { n: 20.0, fits: 15, probabilities: Some(&p), ..Conditions::default() };
        assert!((ask("simpson-replace", &at) - 0.71276).abs() < 1e-5);
        assert!((ask("fixation-probability", &at.with("outcome", 2.0)) - 0.2).abs() < 1e-12);
        let uniform = [0.1; 10];
        for (n, expected) in [(10.0, 18.96), (100.0, 189.6), (1000.0, 1896.0)] {
            let at = Conditions { n, probabilities: Some(&uniform), ..Conditions::default() };
            assert!((ask("fixation-time", &at) / expected - 1.0).abs() < 3e-4);
        }
        let at = Conditions { n: 100.0, probabilities: Some(&[0.2, 0.8]), ..Conditions::default() };
        assert!((ask("fixation-time", &at) - 100.1).abs() < 0.05);
        for (fits, expected) in [(1, 0.9933), (2, 0.9576), (5, 0.7899), (10, 0.5774)] {
            let at = Conditions { n: 1000.0, fits, ..Conditions::default() }.with("share", 0.005);
            assert!((ask("outcome-survival", &at) - expected).abs() < 6e-5);
        }
        assert!((10.0 * g(10) - 1.72).abs() < 0.005 && (50.0 * g(50) - 1.92).abs() < 0.005);
        let at = Conditions { n: 10.0, fits: 100_000, ..Conditions::default() }.with("share", 0.5);
        assert!((ask("bernoulli-accumulate-error", &at) - 0.03914).abs() < 1e-5);
        for (fits, expected) in [(1, 0.00167), (101, 0.1063), (100_000, 0.16667)] {
            let at = Conditions { fits, ..Conditions::default() };
            assert!((ask("bootstrap-cramer-von-mises", &at) - expected).abs() < 5e-5);
        }
    }

    /// Without human rows the recursion is the sine product; with them a simulation agrees.
    #[test]
    fn a_stream_of_human_and_own_rows_keeps_an_exact_error() {
        let p = [0.5, 0.3, 0.2];
        let at = |human_fraction, fits| Conditions {
            n: 20.0,
            fits,
            human_fraction,
            probabilities: Some(&p),
            regime: "stream",
            ..Conditions::default()
        };
        let product = 0.62 * (1.0 - super::sine_product(20.0, 50));
        assert!((ask("categorical-accumulate-error", &at(0.0, 50)) - product).abs() < 1e-12);
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let mut draw = |q: &[f64], n: u64, counts: &mut [f64]| {
            let (mut left, mut rest) = (n, 1.0);
            for (count, q) in counts.iter_mut().zip(q) {
                let hit = Binomial::new(left, (q / rest).clamp(0.0, 1.0)).unwrap().sample(&mut rng);
                (*count, left, rest) = (*count + hit as f64, left - hit, (rest - q).max(1e-300));
            }
        };
        let errors: Vec<f64> = (0..20_000)
            .map(|_| {
                let mut counts = [0.0; 3];
                draw(&p, 20, &mut counts);
                for _ in 1..6 {
                    let total: f64 = counts.iter().sum();
                    let q = counts.map(|c| c / total);
                    draw(&q, 14, &mut counts);
                    draw(&p, 6, &mut counts);
                }
                let total: f64 = counts.iter().sum();
                counts.iter().zip(p).map(|(c, p)| (c / total - p).powi(2)).sum()
            })
            .collect();
        let r = errors.len() as f64;
        let mean = errors.iter().sum::<f64>() / r;
        let se = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
        let law = ask("categorical-accumulate-error", &at(0.3, 6));
        assert!((mean - law).abs() < 4.0 * se, "{mean} ± {se} for {law}");
    }

    #[test]
    fn a_poisson_survives_as_simulated() {
        // n = 10, λ = .2, four fits: sums of Poisson draws, 20,000 lineages.
        let (n, rate, fits, lineages) = (10.0, 0.2, 4, 20_000);
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let alive = (0..lineages)
            .filter(|_| {
                let mut sum = n * rate;
                for _ in 0..fits {
                    sum =
                        if sum > 0.0 { rand_distr::Poisson::new(sum).unwrap().sample(&mut rng) } else { 0.0 };
                }
                sum > 0.0
            })
            .count() as f64;
        let at = Conditions { n, fits, ..Conditions::default() }.with("rate", rate);
        let law = find("poisson-survival").unwrap().predict(&at).unwrap();
        let r = f64::from(lineages);
        let se = law.sd_of_one.unwrap() / r.sqrt();
        assert!((alive / r - law.mean).abs() < 4.0 * se, "{} {}", alive / r, law.mean);
    }

    #[test]
    fn the_zipf_vocabulary_shrinks_as_published() {
        let mut p: Vec<f64> = (1..=1000).map(|i| 1.0 / (f64::from(i) + 2.7)).collect();
        let total: f64 = p.iter().sum();
        p.iter_mut().for_each(|x| *x /= total);
        // Simulated .754 .613 .461 .296 after 1, 2, 4, 9 retrainings; tolerance 2 %.
        for (retrainings, simulated) in [(1, 0.754), (2, 0.613), (4, 0.461), (9, 0.296)] {
            let at = Conditions {
                n: 1000.0,
                fits: retrainings + 1,
                probabilities: Some(&p),
                ..Conditions::default()
            };
            let got = ask("surviving-vocabulary", &at);
            assert!((got / simulated - 1.0).abs() < 0.02, "{retrainings}: {got}");
        }
        // About 395 outcomes are seen at first, from simulation; the sampling spread of one lineage is about 10.
        let at = Conditions { n: 1000.0, probabilities: Some(&p), ..Conditions::default() };
        assert!((ask("support-size-replace", &at) - 395.0).abs() < 10.0);
        // Three frequent outcomes live longer than the Poisson form says: it says nothing there.
        let few = Conditions { probabilities: Some(&[0.5, 0.3, 0.2]), ..at };
        assert!(super::super::find("support-size-replace").unwrap().predict(&few).is_err());
    }

    #[test]
    fn two_outcomes_simulated_by_binomial_draws() {
        let (n, t, lineages, p) = (20_u64, 8, 20_000, 0.3);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let (mut simpson, mut error, mut fixed) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..lineages {
            let (mut replace, mut pool, mut rows) = (p, 0.0, 0.0);
            let mut accumulate = p;
            for _ in 0..t {
                replace = Binomial::new(n, replace).unwrap().sample(&mut rng) as f64 / n as f64;
                pool += Binomial::new(n, accumulate).unwrap().sample(&mut rng) as f64;
                rows += n as f64;
                accumulate = pool / rows;
            }
            simpson.push(replace * replace + (1.0 - replace) * (1.0 - replace));
            error.push((accumulate - p).powi(2));
            while replace > 0.0 && replace < 1.0 {
                replace = Binomial::new(n, replace).unwrap().sample(&mut rng) as f64 / n as f64;
            }
            fixed.push(replace);
        }
        let at =
            Conditions { n: n as f64, fits: t, probabilities: Some(&[0.3, 0.7]), ..Conditions::default() }
                .with("outcome", 0.0);
        for (law, x) in [
            ("simpson-replace", simpson),
            ("bernoulli-accumulate-error", error),
            ("fixation-probability", fixed),
        ] {
            let r = x.len() as f64;
            let mean = x.iter().sum::<f64>() / r;
            let se = (x.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
            assert!((mean - ask(law, &at)).abs() < 4.0 * se, "{law}: {mean} ± {se}");
        }
    }
}
