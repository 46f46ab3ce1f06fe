//! Frequencies refitted to n of their own draws: a Wright–Fisher chain.
//!
//! Sources: Seddik et al. (arXiv 2404.05090, total collapse), Suresh et al. (arXiv 2412.17646, survival), Kazdan et al.
//! (arXiv 2410.16713, time to collapse), Shumailov et al. (10.1038/s41586-024-07566-y, absorption). Fixation time is
//! the diffusion limit (Ewens). Cost: O(t + K).

use super::extinction::{extinct, g};
use super::special::sine_product;
use super::{Conditions, Form, Law, Prediction, Relation, Sizes, Truth, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "simpson-replace",
        statement: "E Σp_t² = 1 − (1−1/n)ᵗ (1 − Σp²)",
        source: "arXiv 2404.05090 (fully synthetic)",
        conditions: "categorical source and family, no smoothing; n rows every generation; needs probabilities",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["simpson"],
        predict: simpson,
    },
    Law {
        name: "fixation-time",
        statement: "E fits to one outcome = −2n Σ(1−p_i) ln(1−p_i)",
        source: "diffusion limit of the Wright–Fisher chain (Ewens 2004); setting of arXiv 2410.16713",
        conditions: "categorical, no smoothing; n ≥ 10, where it is 9 % too long (1 % at n = 100)",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &[],
        predict: fixation_time,
    },
    Law {
        name: "fixation-probability",
        statement: "Pr(all mass ends on outcome i) = p_i",
        source: "10.1038/s41586-024-07566-y, discrete case (martingale)",
        conditions: "categorical, no smoothing; run to absorption; needs probabilities; of two outcomes the second, or the outcome asked about",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace, Workflow::Accumulate],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &[],
        predict: fixation_probability,
    },
    Law {
        name: "outcome-survival",
        statement: "Pr(outcome i alive after t fits) ≥ 1 − exp(−n p_i g_t), g_1 = 1, g_{t+1} = 1 − exp(−g_t)",
        source: "arXiv 2412.17646 (Bernoulli lower bound; nearly tight where n p² t ≪ 1)",
        conditions: "categorical, no smoothing; of two outcomes the second, or the outcome asked about",
        relation: Relation::AtLeast,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &[],
        predict: survival,
    },
    Law {
        name: "poisson-survival",
        statement: "Pr(λ_t ≠ 0) = 1 − exp(−nλ g_t), g as in outcome-survival",
        source: "arXiv 2412.17646 (Poisson, an equality)",
        conditions: "poisson source and family; n rows every generation",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Poisson],
        takes_in: &[],
        draws: &["survival"],
        predict: |at| {
            let rate = at.source.mean.ok_or(Unmet::Missing("the rate"))?;
            let p = -(-at.n * rate * g(at.fits)).exp_m1();
            Prediction::with_sd(p, (p * (1.0 - p)).sqrt())
        },
    },
    Law {
        name: "surviving-vocabulary",
        statement: "E|vocabulary_t| / E|vocabulary_1|, the ratio of support-size-replace at t and at 1",
        source: "arXiv 2412.17646 (Zipf panels, Poisson form); its second order is derived here, within 0.4 % of the exact chain (0.1 % while t ≤ n/10)",
        conditions: "categorical source and family, no smoothing; 50 outcomes or more; t ≤ n/3; 1 at the first fit",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["vocabulary-survival"],
        predict: |at| {
            many_outcomes(at)?;
            let first = Conditions { fits: 1, ..at.clone() };
            Prediction::mean(alive(at)? / alive(&first)?)
        },
    },
    Law {
        name: "support-size-replace",
        statement: "E|support_t| = Σ(1 − exp(−n p_i g_t − n p_i² c_t)), a = 1 − e^{−g}, b = e^{−g}: g ← a + cb/n, c ← a²/2 + cb², g_1 = 1, c_1 = ½",
        source: "arXiv 2412.17646 (Zipf panels, Poisson form); its second order is derived here, within 0.4 % of the exact chain (0.1 % while t ≤ n/10)",
        conditions: "as surviving-vocabulary; the number of outcomes that the model still knows",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["support-size"],
        predict: |at| {
            many_outcomes(at)?;
            Prediction::mean(alive(at)?)
        },
    },
    Law {
        name: "bernoulli-accumulate-error",
        statement: "E(P_t−p)² = p(1−p)[1 − Π_{k≤t} (1 − 1/(nk²))]",
        source: "derived here; public notes give the same product; also a Pólya stream with T = 1, μ = 0 and equal batches",
        conditions: "categorical, no smoothing; equal batches of n rows; of two outcomes the second, or the outcome asked about",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Accumulate],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &[],
        predict: |at| {
            let p = at.share()?;
            Prediction::mean(p * (1.0 - p) * (1.0 - sine_product(at.n, at.fits)))
        },
    },
    Law {
        name: "categorical-accumulate-error",
        statement: "E‖q_t−p‖² = (1 − Σp²)[1 − Π_{k≤t} (1 − 1/(nk²))]; with n_h human rows in each arrival e ← [(N+n_s)²e + n_s(h−e) + n_h h]/(N+n)², h = 1 − Σp²",
        source: "derived here: the sum of bernoulli-accumulate-error over the outcomes",
        conditions: "categorical, no smoothing; equal batches of n rows; needs probabilities",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Stream],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["squared-error"],
        predict: |at| Prediction::mean(accumulated_error(at)?),
    },
    Law {
        name: "bootstrap-cramer-von-mises",
        statement: "E ∫(F_t−F)² dF = (1 − (1−1/n)ᵗ)/6 → 1/6",
        source: "arXiv 2502.18049 (empirical distribution, fully synthetic)",
        conditions: "empirical family, continuous source; t counts the samplings, the first included",
        relation: Relation::Equal,
        sizes: Sizes::Equal,
        workflows: &[Workflow::Replace],
        forms: &[Form::Empirical],
        takes_in: &[],
        draws: &["cdf-error"],
        predict: |at| {
            on_a_line(at)?;
            Prediction::mean((1.0 - (1.0 - 1.0 / at.n).powf(at.t())) / 6.0)
        },
    },
];

/// E‖q−p‖² of frequencies over everything so far: an arrival adds n_s rows of the model, whose share of outcome i has
/// variance q_i(1 − q_i)/n_s around q_i, and n_h human rows.
fn accumulated_error(at: &Conditions) -> Result<f64, Unmet> {
    let h = at.heterozygosity()?;
    let human = at.human();
    let synthetic = at.n - human;
    let (mut error, mut rows) = (h / at.n, at.n);
    for _ in 1..at.fits {
        let kept = (rows + synthetic).powi(2) * error;
        rows += at.n;
        error = (kept + synthetic * (h - error) + human * h) / (rows * rows);
    }
    Ok(error)
}

fn simpson(at: &Conditions) -> Result<Prediction, Unmet> {
    Prediction::mean(1.0 - (1.0 - 1.0 / at.n).powf(at.t()) * at.heterozygosity()?)
}

fn fixation_time(at: &Conditions) -> Result<Prediction, Unmet> {
    if at.n < 10.0 {
        return Err(Unmet::range("n", "≥ 10 (the diffusion limit)"));
    }
    let sum: f64 = at.outcomes()?.iter().filter(|p| **p < 1.0).map(|p| (1.0 - p) * (-p).ln_1p()).sum();
    Prediction::mean(-2.0 * at.n * sum)
}

fn fixation_probability(at: &Conditions) -> Result<Prediction, Unmet> {
    let p = at.share()?;
    Prediction::with_sd(p, (p * (1.0 - p)).sqrt())
}

fn survival(at: &Conditions) -> Result<Prediction, Unmet> {
    Prediction::mean(-(-at.n * at.share()? * g(at.fits)).exp_m1())
}

/// Refuses rows that are no single numbers of a continuous distribution.
pub(super) fn on_a_line(at: &Conditions) -> Result<(), Unmet> {
    let continuous = matches!(at.source.truth, Truth::Normal | Truth::NormalMixture);
    if continuous && at.source.dim == 1 {
        Ok(())
    } else {
        Err(Unmet::range("rows", "numbers of a continuous truth"))
    }
}

/// Outcomes expected alive.
fn alive(at: &Conditions) -> Result<f64, Unmet> {
    let (p, extinct) = (at.outcomes()?, extinct(at)?);
    Ok(p.iter().map(|p| 1.0 - extinct(*p)).sum())
}

/// Refuses few outcomes: frequent ones outlive the second-order form.
fn many_outcomes(at: &Conditions) -> Result<(), Unmet> {
    if at.outcomes()?.len() < 50 { Err(Unmet::range("outcomes", "50 or more")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::testing::mean;
    use super::super::{Asked, Conditions, testing};
    use super::g;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Binomial, Distribution};

    fn ask(law: &str, at: &Conditions) -> f64 {
        mean(law, at.clone())
    }

    fn asked(at: Conditions, outcome: usize) -> Conditions {
        Conditions { asked: Asked { outcome: Some(outcome), ..Asked::default() }, ..at }
    }

    #[test]
    fn the_laws_give_the_published_numbers() {
        let p = [0.5, 0.3, 0.2];
        let at = Conditions { n: 20.0, fits: 15, ..Conditions::default() }.outcome(&p);
        assert!((ask("simpson-replace", &at) - 0.71276).abs() < 1e-5);
        assert!((ask("fixation-probability", &asked(at, 2)) - 0.2).abs() < 1e-12);
        for (n, expected) in [(10.0, 18.96), (100.0, 189.6), (1000.0, 1896.0)] {
            let at = Conditions { n, ..Conditions::default() }.uniform(10);
            assert!((ask("fixation-time", &at) / expected - 1.0).abs() < 3e-4);
        }
        let at = Conditions { n: 100.0, ..Conditions::default() }.outcome(&[0.2, 0.8]);
        assert!((ask("fixation-time", &at) - 100.1).abs() < 0.05);
        for (fits, expected) in [(1, 0.9933), (2, 0.9576), (5, 0.7899), (10, 0.5774)] {
            let at = Conditions { n: 1000.0, fits, ..Conditions::default() }.outcome(&[0.995, 0.005]);
            assert!((ask("outcome-survival", &at) - expected).abs() < 6e-5);
        }
        assert!((10.0 * g(10) - 1.72).abs() < 0.005 && (50.0 * g(50) - 1.92).abs() < 0.005);
        let at = Conditions { n: 10.0, fits: 100_000, ..Conditions::default() }.uniform(2);
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
        let at = |human_fraction, fits| {
            Conditions { n: 20.0, fits, human_fraction, ..Conditions::default() }.outcome(&p)
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
        let mut at = Conditions { n, fits, ..Conditions::default() };
        at.source.mean = Some(rate);
        let law = testing::ask("poisson-survival", at).unwrap();
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
            let at = Conditions { n: 1000.0, fits: retrainings + 1, ..Conditions::default() }.outcome(&p);
            let got = ask("surviving-vocabulary", &at);
            assert!((got / simulated - 1.0).abs() < 0.02, "{retrainings}: {got}");
        }
        // About 395 outcomes are seen at first, from simulation; the sampling spread of one lineage is about 10.
        let at = Conditions { n: 1000.0, ..Conditions::default() }.outcome(&p);
        assert!((ask("support-size-replace", &at) - 395.0).abs() < 10.0);
        // Three frequent outcomes live longer than the second-order form says: it says nothing there.
        assert!(testing::ask("support-size-replace", at.outcome(&[0.5, 0.3, 0.2])).is_err());
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
        let at = Conditions { n: n as f64, fits: t, ..Conditions::default() }.outcome(&[0.3, 0.7]);
        let at = asked(at, 0);
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
