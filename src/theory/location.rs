//! The mean of a family that is fitted by moments, in any of five regimes, exactly; with a partial step from a start.
//!
//! Per coordinate, errors are taken from the true mean: μ of the model, b of generation 0's, p of the mean of all rows so
//! far, a of the anchored human rows, m of the training set's mean. Every generation each of them is a linear combination
//! of the others and of independent noise, so their second moments E xy have a linear recursion. A synthetic batch has
//! mean μ + noise of variance λV/n, with V the fitted variance and λ the sampling scale; a training set of N rows with
//! E Σ (x − truth)² = T has E S² = (T − N E m²)/(N − ddof). A step of size η ends at start + η (m − start), and at
//! start + η (S² − start) for V, so E V is linear too. Where rows have a fixed noise, as a Poisson's (E Var = E λ), V is a
//! constant.
//!
//! Consequences, in units of the human rows' own risk σ²/n_h, with V kept (ddof = 1), b the synthetic share:
//! replace 1 + (t − 1) η² from the last model, 1 + Σ_{k<t} η^2k from the first; anchor → 1 + ηb/(2 − η(1 − b)), fresh →
//! η/(2 − η(1 − b)) from the last. All derived here, for the workflows of arXiv 2410.22812. Cost: O(t).

use super::{ClosedForm, Conditions, Prediction, Relation, Sizes, Unmet};

const REGIMES: &[&str] = &["replace", "accumulate", "accumulate-subsample", "fixed-mix", "fresh"];

pub(super) const LAWS: &[ClosedForm] = &[
    ClosedForm {
        name: "step-mean-error",
        statement: "E‖μ_t − μ‖² by the recursion of second moments; replace with ddof = 1: (dσ²/n)(1 + (t−1)η²) from the last model, (dσ²/n) Σ_{k<t} η^2k from the first",
        source: "derived here, for the workflows of arXiv 2410.22812",
        conditions: "gaussian source and family, isotropic source; extra: step η (default 1), from_base (1: start = \"base\"), initial (default n)",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: REGIMES,
        draws: &[],
        predict: |at| Prediction::mean(at.d as f64 * fitted(at)?.error(MODEL, MODEL)),
    },
    ClosedForm {
        name: "step-variance",
        statement: "E σ_t² by the same recursion; replace: σ² f (1 − η(1 − f))^(t−1) from the last model, f = (n−1)/(n−ddof)",
        source: "derived here, for the workflows of arXiv 2410.22812",
        conditions: "as step-mean-error; d = 1, or the mean over coordinates",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: REGIMES,
        draws: &[],
        predict: |at| Prediction::mean(fitted(at)?.variance),
    },
    ClosedForm {
        name: "poisson-mean-error",
        statement: "E(λ_t − λ)² by the same recursion: human rows vary by their own variance v, synthetic ones by λ; replace: (v + (t−1)λ)/n",
        source: "derived here, for the workflows of arXiv 2410.22812",
        conditions: "poisson family on counts of mean `rate` and variance v; extra: rate, step, from_base, initial as in step-mean-error",
        relation: Relation::Equal,
        sizes: Sizes::Any,
        regimes: REGIMES,
        draws: &[],
        predict: |at| Prediction::mean(run(at, Some(at.need("rate")?))?.error(MODEL, MODEL)),
    },
];

/// The places of the errors among the second moments.
const MODEL: usize = 0;
const BASE: usize = 1;
const STORE: usize = 2;
const ANCHOR: usize = 3;
const TRAINING: usize = 4;

/// What is known after a fit.
struct State {
    second: [[f64; 5]; 5],
    /// E of the fitted variance.
    variance: f64,
    /// That of generation 0.
    base_variance: f64,
    /// Rows of the store, and E of their summed squared distance from the truth.
    stored: (f64, f64),
}

impl State {
    fn error(&self, i: usize, j: usize) -> f64 {
        self.second[i][j]
    }

    /// Error `i` becomes Σ w_j x_j and independent noise.
    fn set(&mut self, i: usize, weights: &[(usize, f64)], noise: f64) {
        let with = |j: usize| weights.iter().map(|(k, w)| w * self.second[*k][j]).sum::<f64>();
        let crossed: [f64; 5] = std::array::from_fn(with);
        let square: f64 = weights.iter().map(|(k, w)| w * crossed[*k]).sum();
        for (j, cross) in crossed.into_iter().enumerate() {
            self.second[i][j] = cross;
            self.second[j][i] = cross;
        }
        self.second[i][i] = square + noise;
    }
}

fn fitted(at: &Conditions<'_>) -> Result<State, Unmet> {
    at.shrinkage()?;
    run(at, None)
}

/// The state after `fits` fits; `noise` is the variance of synthetic rows where it is not fitted.
fn run(at: &Conditions<'_>, noise: Option<f64>) -> Result<State, Unmet> {
    let (n, sigma, scale, ddof) = (at.n, at.variance, at.scale()?, f64::from(at.ddof));
    let (initial, eta) = (at.or("initial", n), at.or("step", 1.0));
    if !(eta > 0.0 && eta <= 1.0) || initial < 1.0 {
        return Err(Unmet::range("step, initial", "above 0 and at most 1, and at least 1 row"));
    }
    let h = if matches!(at.regime, "fixed-mix" | "fresh") { at.human_share()? } else { 0.0 };
    let mut state = State {
        second: [[sigma / initial; 5]; 5],
        variance: sigma * (initial - 1.0) / (initial - ddof),
        base_variance: sigma * (initial - 1.0) / (initial - ddof),
        stored: (initial, initial * sigma),
    };
    if h > 0.0 {
        if at.regime == "fixed-mix" && h * n > initial {
            return Err(Unmet::range("initial", "at least the anchor's rows"));
        }
        state.second[ANCHOR][ANCHOR] = sigma / (h * n);
    }
    for _ in 1..at.fits {
        let made = noise.unwrap_or(state.variance) * scale;
        let row = made + state.error(MODEL, MODEL);
        let (stored, squares) = (state.stored.0 + n, state.stored.1 + n * row);
        let (rows, squares) = match at.regime {
            "accumulate" | "accumulate-subsample" => {
                let new = n / stored;
                state.set(STORE, &[(STORE, 1.0 - new), (MODEL, new)], new * new * made / n);
                state.stored = (stored, squares);
                let spread = (squares - stored * state.error(STORE, STORE)) / (stored - 1.0);
                let whole = at.regime == "accumulate";
                let drawn = if whole { 0.0 } else { (1.0 - n / stored) * spread / n };
                state.set(TRAINING, &[(STORE, 1.0)], drawn);
                if whole { (stored, squares) } else { (n, n * squares / stored) }
            }
            "fixed-mix" => {
                state.set(TRAINING, &[(ANCHOR, h), (MODEL, 1.0 - h)], (1.0 - h) * made / n);
                (n, n * (h * sigma + (1.0 - h) * row))
            }
            "fresh" => {
                state.set(TRAINING, &[(MODEL, 1.0 - h)], ((1.0 - h) * made + h * sigma) / n);
                (n, n * (h * sigma + (1.0 - h) * row))
            }
            _ => {
                state.set(TRAINING, &[(MODEL, 1.0)], made / n);
                (n, n * row)
            }
        };
        let spread = (squares - rows * state.error(TRAINING, TRAINING)) / (rows - ddof);
        let (start, from) = match at.or("from_base", 0.0) == 1.0 {
            true => (BASE, state.base_variance),
            false => (MODEL, state.variance),
        };
        state.set(MODEL, &[(start, 1.0 - eta), (TRAINING, eta)], 0.0);
        state.variance = from + eta * (spread - from);
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Conditions, find};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal, Poisson};

    fn ask(law: &str, at: &Conditions<'_>) -> f64 {
        find(law).unwrap().predict(at).unwrap().mean
    }

    fn at(regime: &str, fits: u32, eta: f64) -> Conditions<'_> {
        Conditions { regime, fits, ddof: 1, ..Conditions::default() }.with("step", eta)
    }

    #[test]
    fn a_step_from_the_last_model_costs_its_square_and_one_from_the_first_is_bounded() {
        for (t, eta) in [(1, 0.3), (7, 0.3), (40, 0.5), (40, 1.0)] {
            let warm = 1.0 + f64::from(t - 1) * eta * eta;
            let base: f64 = (0..t).map(|k| eta.powi(2 * k as i32)).sum();
            let plain = at("replace", t, eta);
            assert!((100.0 * ask("step-mean-error", &plain) - warm).abs() < 1e-10);
            assert!(
                (100.0 * ask("step-mean-error", &plain.clone().with("from_base", 1.0)) - base).abs() < 1e-10
            );
            assert!((ask("step-variance", &plain) - 1.0).abs() < 1e-12, "unbiased stays unbiased");
            let biased = ask("step-variance", &Conditions { ddof: 0, ..plain });
            assert!((biased - 0.99 * (1.0 - eta / 100.0).powi(t as i32 - 1)).abs() < 1e-12);
        }
    }

    #[test]
    fn human_rows_that_come_or_stay_bound_it() {
        // In units of the 20 human rows' own risk of 1/20, with n → ∞ at that share.
        let (h, eta, n) = (0.2, 0.3, 1e7);
        let limit = |regime| {
            let at = Conditions { n, human_fraction: h, ..at(regime, 4000, eta) }.with("initial", h * n);
            h * n * ask("step-mean-error", &at)
        };
        assert!((limit("fixed-mix") - (1.0 + eta * (1.0 - h) / (2.0 - eta * h))).abs() < 1e-5);
        assert!((limit("fresh") - eta / (2.0 - eta * h)).abs() < 1e-5);
    }

    #[test]
    fn a_whole_step_is_the_loop_without_one() {
        for (regime, error, variance) in [
            ("replace", "gaussian-replace-mean-error", "gaussian-replace-variance"),
            ("accumulate", "gaussian-accumulate-mean-error", "gaussian-accumulate-variance"),
            ("accumulate-subsample", "", "gaussian-subsample-variance"),
        ] {
            for ddof in [0, 1] {
                let at = Conditions { ddof, n: 12.0, d: 3, variance: 2.0, ..at(regime, 9, 1.0) };
                for (ours, theirs) in [("step-mean-error", error), ("step-variance", variance)] {
                    if let Some(law) = find(theirs) {
                        let expected = law.predict(&at).unwrap().mean;
                        assert!((ask(ours, &at) - expected).abs() < 1e-9, "{regime}, ddof {ddof}: {theirs}");
                    }
                }
            }
        }
    }

    /// Row by row: the squared error of the mean and the fitted variance after `fits` fits.
    fn lineage(at: &Conditions<'_>, counts: bool, rng: &mut ChaCha8Rng) -> (f64, f64) {
        let (n, eta) = (at.n as usize, at.extra["step"]);
        let humans = (at.n * at.human_fraction) as usize;
        let initial = at.or("initial", at.n) as usize;
        let truth = if counts { at.extra["rate"] } else { 0.0 };
        let row = |mean: f64, variance: f64, rng: &mut ChaCha8Rng| match counts {
            true if mean <= 0.0 => 0.0,
            true => Poisson::new(mean).unwrap().sample(rng),
            false => Normal::new(mean, variance.sqrt()).unwrap().sample(rng),
        };
        let moments = |x: &[f64]| {
            let m = x.iter().sum::<f64>() / x.len() as f64;
            (m, x.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (x.len() as f64 - f64::from(at.ddof)))
        };
        let first: Vec<f64> = (0..initial).map(|_| row(truth, 1.0, rng)).collect();
        let base = moments(&first);
        let (mut now, mut store) = (base, first.clone());
        for _ in 1..at.fits {
            let made: Vec<f64> = (0..n - humans).map(|_| row(now.0, now.1, rng)).collect();
            let training: Vec<f64> = match at.regime {
                "replace" => made,
                "fixed-mix" => [&first[..humans], &made].concat(),
                "fresh" => (0..humans)
                    .map(|_| row(truth, 1.0, rng))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .chain(made)
                    .collect(),
                _ => {
                    store.extend(made);
                    let take = if at.regime == "accumulate" { store.len() } else { n };
                    rand::seq::index::sample(rng, store.len(), take).iter().map(|i| store[i]).collect()
                }
            };
            let fit = moments(&training);
            let start = if at.or("from_base", 0.0) == 1.0 { base } else { now };
            now = (start.0 + eta * (fit.0 - start.0), start.1 + eta * (fit.1 - start.1));
        }
        ((now.0 - truth).powi(2), now.1)
    }

    fn agree(law: &str, values: &[f64], at: &Conditions<'_>) {
        let r = values.len() as f64;
        let mean = values.iter().sum::<f64>() / r;
        let se = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
        let expected = ask(law, at);
        assert!((mean - expected).abs() < 4.0 * se, "{law}, {}: {mean} ± {se} for {expected}", at.regime);
    }

    #[test]
    fn the_recursion_holds_row_by_row_in_every_regime() {
        let mut rng = ChaCha8Rng::seed_from_u64(31);
        for (regime, human_fraction, base, ddof) in [
            ("replace", 0.0, 0.0, 0),
            ("accumulate", 0.0, 0.0, 1),
            ("accumulate", 0.0, 1.0, 0),
            ("accumulate-subsample", 0.0, 0.0, 1),
            ("fixed-mix", 0.5, 0.0, 1),
            ("fixed-mix", 0.5, 1.0, 0),
            ("fresh", 0.5, 0.0, 1),
        ] {
            let at =
                Conditions { n: 4.0, human_fraction, ddof, ..at(regime, 4, 0.6) }.with("from_base", base);
            let all: Vec<(f64, f64)> = (0..5000).map(|_| lineage(&at, false, &mut rng)).collect();
            agree("step-mean-error", &all.iter().map(|v| v.0).collect::<Vec<_>>(), &at);
            agree("step-variance", &all.iter().map(|v| v.1).collect::<Vec<_>>(), &at);
        }
    }

    #[test]
    fn a_poisson_makes_rows_that_vary_by_its_rate() {
        let mut rng = ChaCha8Rng::seed_from_u64(32);
        for (regime, human_fraction) in [
            ("replace", 0.0),
            ("accumulate", 0.0),
            ("accumulate-subsample", 0.0),
            ("fixed-mix", 0.5),
            ("fresh", 0.5),
        ] {
            let at =
                Conditions { n: 4.0, variance: 3.0, human_fraction, ..at(regime, 4, 1.0) }.with("rate", 3.0);
            let all: Vec<f64> = (0..5000).map(|_| lineage(&at, true, &mut rng).0).collect();
            agree("poisson-mean-error", &all, &at);
        }
        // Human rows that vary four times as much as a Poisson of their mean: (12 + (t − 1)·3)/n.
        let wide = Conditions { variance: 12.0, ..at("replace", 5, 1.0) }.with("rate", 3.0);
        assert!((ask("poisson-mean-error", &wide) - 24.0 / 100.0).abs() < 1e-12);
    }
}
