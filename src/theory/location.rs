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

use super::gaussian_replace::GAUSSIANS;
use super::scope::workflow;
use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};
use crate::spec::StartFrom;

const WORKFLOWS: &[Workflow] =
    &[Workflow::Replace, Workflow::Accumulate, Workflow::Subsample, Workflow::Anchor, Workflow::Fresh];
const TAKES_IN: &[Departure] =
    &[Departure::Temperature, Departure::Scale, Departure::Diagonal, Departure::Step, Departure::Base];

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "step-mean-error",
        statement: "E‖μ_t − μ‖² by the recursion of second moments; replace with ddof = 1: (dσ²/n)(1 + (t−1)η²) from the last model, (dσ²/n) Σ_{k<t} η^2k from the first",
        source: "derived here, for the workflows of arXiv 2410.22812",
        conditions: "gaussian source and family, isotropic source; steps of size η from the last model or from generation 0's",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: WORKFLOWS,
        forms: GAUSSIANS,
        takes_in: TAKES_IN,
        draws: &[],
        predict: |at| Prediction::mean(at.d() * fitted(at)?.error(MODEL, MODEL)),
    },
    Law {
        name: "step-variance",
        statement: "E σ_t² by the same recursion; replace: σ² f (1 − η(1 − f))^(t−1) from the last model, f = (n−1)/(n−ddof)",
        source: "derived here, for the workflows of arXiv 2410.22812",
        conditions: "as step-mean-error",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: WORKFLOWS,
        forms: GAUSSIANS,
        takes_in: TAKES_IN,
        draws: &[],
        predict: |at| Prediction::mean(fitted(at)?.variance),
    },
    Law {
        name: "poisson-mean-error",
        statement: "E(λ_t − λ)² by the same recursion: human rows vary by their own variance v, synthetic ones by λ; replace: (v + (t−1)λ)/n",
        source: "derived here, for the workflows of arXiv 2410.22812",
        conditions: "poisson family on counts of mean λ and variance v; steps as in step-mean-error",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: WORKFLOWS,
        forms: &[Form::Poisson],
        takes_in: &[Departure::Step, Departure::Base, Departure::Misspecified],
        draws: &[],
        predict: |at| {
            Prediction::mean(
                run(at, Some(at.source.mean.ok_or(Unmet::Missing("the rate"))?))?.error(MODEL, MODEL),
            )
        },
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

fn fitted(at: &Conditions) -> Result<State, Unmet> {
    at.shrinkage()?;
    run(at, None)
}

/// The state after `fits` fits; `noise` is the variance of synthetic rows where it is not fitted.
fn run(at: &Conditions, noise: Option<f64>) -> Result<State, Unmet> {
    let (n, sigma, scale, ddof) = (at.n, at.variance()?, at.scale()?, f64::from(at.family.ddof));
    let (initial, eta) = (at.initial(), at.family.step);
    let kind = workflow(at, WORKFLOWS)?;
    if !(eta > 0.0 && eta <= 1.0) || initial < 1.0 {
        return Err(Unmet::range("step, initial", "above 0 and at most 1, and at least 1 row"));
    }
    let h = if kind.has_humans() { at.human_share()? } else { 0.0 };
    let mut state = State {
        second: [[sigma / initial; 5]; 5],
        variance: sigma * (initial - 1.0) / (initial - ddof),
        base_variance: sigma * (initial - 1.0) / (initial - ddof),
        stored: (initial, initial * sigma),
    };
    if h > 0.0 {
        if kind == Workflow::Anchor && h * n > initial + 1e-9 {
            return Err(Unmet::range("initial", "at least the anchor's rows"));
        }
        state.second[ANCHOR][ANCHOR] = sigma / (h * n);
    }
    for _ in 1..at.fits {
        let made = noise.unwrap_or(state.variance) * scale;
        let row = made + state.error(MODEL, MODEL);
        let (stored, squares) = (state.stored.0 + n, state.stored.1 + n * row);
        let (rows, squares) = match kind {
            Workflow::Accumulate | Workflow::Subsample => {
                let new = n / stored;
                state.set(STORE, &[(STORE, 1.0 - new), (MODEL, new)], new * new * made / n);
                state.stored = (stored, squares);
                let spread = (squares - stored * state.error(STORE, STORE)) / (stored - 1.0);
                let whole = kind == Workflow::Accumulate;
                let drawn = if whole { 0.0 } else { (1.0 - n / stored) * spread / n };
                state.set(TRAINING, &[(STORE, 1.0)], drawn);
                if whole { (stored, squares) } else { (n, n * squares / stored) }
            }
            Workflow::Anchor => {
                state.set(TRAINING, &[(ANCHOR, h), (MODEL, 1.0 - h)], (1.0 - h) * made / n);
                (n, n * (h * sigma + (1.0 - h) * row))
            }
            Workflow::Fresh => {
                state.set(TRAINING, &[(MODEL, 1.0 - h)], ((1.0 - h) * made + h * sigma) / n);
                (n, n * (h * sigma + (1.0 - h) * row))
            }
            _ => {
                state.set(TRAINING, &[(MODEL, 1.0)], made / n);
                (n, n * row)
            }
        };
        let spread = (squares - rows * state.error(TRAINING, TRAINING)) / (rows - ddof);
        let (start, from) = match at.start == StartFrom::Base {
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
    use super::super::testing::mean as law_of;
    use super::super::{Conditions, Family, Workflow, find};
    use crate::spec::StartFrom;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, Normal, Poisson};

    fn ask(law: &str, at: &Conditions) -> f64 {
        law_of(law, at.clone())
    }

    fn at(workflow: Workflow, fits: u32, eta: f64) -> Conditions {
        let family = Family { step: eta, ddof: 1, ..Family::default() };
        let choices = workflow.choices();
        Conditions { choices, fits, family, start: StartFrom::Warm, ..Conditions::default() }
    }

    fn from_base(at: &Conditions) -> Conditions {
        Conditions { start: StartFrom::Base, ..at.clone() }
    }

    #[test]
    fn a_step_from_the_last_model_costs_its_square_and_one_from_the_first_is_bounded() {
        for (t, eta) in [(1, 0.3), (7, 0.3), (40, 0.5), (40, 1.0)] {
            let warm = 1.0 + f64::from(t - 1) * eta * eta;
            let base: f64 = (0..t).map(|k| eta.powi(2 * k as i32)).sum();
            let plain = at(Workflow::Replace, t, eta);
            assert!((100.0 * ask("step-mean-error", &plain) - warm).abs() < 1e-10);
            assert!((100.0 * ask("step-mean-error", &from_base(&plain)) - base).abs() < 1e-10);
            assert!((ask("step-variance", &plain) - 1.0).abs() < 1e-12, "unbiased stays unbiased");
            let biased = ask("step-variance", &plain.ddof(0));
            assert!((biased - 0.99 * (1.0 - eta / 100.0).powi(t as i32 - 1)).abs() < 1e-12);
        }
    }

    #[test]
    fn human_rows_that_come_or_stay_bound_it() {
        // In units of the 20 human rows' own risk of 1/20, with n → ∞ at that share.
        let (h, eta, n) = (0.2, 0.3, 1e7);
        let limit = |workflow| {
            let initial = Some(h * n);
            let at = Conditions { n, human_fraction: h, initial, ..at(workflow, 4000, eta) };
            h * n * ask("step-mean-error", &at)
        };
        assert!((limit(Workflow::Anchor) - (1.0 + eta * (1.0 - h) / (2.0 - eta * h))).abs() < 1e-5);
        assert!((limit(Workflow::Fresh) - eta / (2.0 - eta * h)).abs() < 1e-5);
    }

    #[test]
    fn a_whole_step_is_the_loop_without_one() {
        for (workflow, error, variance) in [
            (Workflow::Replace, "gaussian-replace-mean-error", "gaussian-replace-variance"),
            (Workflow::Accumulate, "gaussian-accumulate-mean-error", "gaussian-accumulate-variance"),
            (Workflow::Subsample, "", "gaussian-subsample-variance"),
        ] {
            for ddof in [0, 1] {
                let at = Conditions { n: 12.0, ..at(workflow, 9, 1.0) }.dim(3).ddof(ddof).spread(2.0);
                for (ours, theirs) in [("step-mean-error", error), ("step-variance", variance)] {
                    if find(theirs).is_some() {
                        let expected = ask(theirs, &at);
                        assert!(
                            (ask(ours, &at) - expected).abs() < 1e-9,
                            "{workflow:?}, ddof {ddof}: {theirs}"
                        );
                    }
                }
            }
        }
    }

    /// Row by row: the squared error of the mean and the fitted variance after `fits` fits.
    fn lineage((workflow, at): (Workflow, &Conditions), counts: bool, rng: &mut ChaCha8Rng) -> (f64, f64) {
        let (n, eta) = (at.n as usize, at.family.step);
        let humans = (at.n * at.human_fraction) as usize;
        let initial = at.initial() as usize;
        let truth = if counts { at.source.mean.unwrap() } else { 0.0 };
        let row = |mean: f64, variance: f64, rng: &mut ChaCha8Rng| match counts {
            true if mean <= 0.0 => 0.0,
            true => Poisson::new(mean).unwrap().sample(rng),
            false => Normal::new(mean, variance.sqrt()).unwrap().sample(rng),
        };
        let moments = |x: &[f64]| {
            let m = x.iter().sum::<f64>() / x.len() as f64;
            (m, x.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (x.len() as f64 - f64::from(at.family.ddof)))
        };
        let first: Vec<f64> = (0..initial).map(|_| row(truth, 1.0, rng)).collect();
        let base = moments(&first);
        let (mut now, mut store) = (base, first.clone());
        for _ in 1..at.fits {
            let made: Vec<f64> = (0..n - humans).map(|_| row(now.0, now.1, rng)).collect();
            let training: Vec<f64> = match workflow {
                Workflow::Replace => made,
                Workflow::Anchor => [&first[..humans], &made].concat(),
                Workflow::Fresh => (0..humans)
                    .map(|_| row(truth, 1.0, rng))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .chain(made)
                    .collect(),
                _ => {
                    store.extend(made);
                    let take = if workflow == Workflow::Accumulate { store.len() } else { n };
                    rand::seq::index::sample(rng, store.len(), take).iter().map(|i| store[i]).collect()
                }
            };
            let fit = moments(&training);
            let start = if at.start == StartFrom::Base { base } else { now };
            now = (start.0 + eta * (fit.0 - start.0), start.1 + eta * (fit.1 - start.1));
        }
        ((now.0 - truth).powi(2), now.1)
    }

    fn agree(law: &str, values: &[f64], at: &Conditions) {
        let r = values.len() as f64;
        let mean = values.iter().sum::<f64>() / r;
        let se = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (r - 1.0) / r).sqrt();
        let expected = ask(law, at);
        assert!((mean - expected).abs() < 4.0 * se, "{law}, {:?}: {mean} ± {se} for {expected}", at.choices);
    }

    #[test]
    fn the_recursion_holds_row_by_row_in_every_regime() {
        let mut rng = ChaCha8Rng::seed_from_u64(31);
        for (workflow, human_fraction, start, ddof) in [
            (Workflow::Replace, 0.0, StartFrom::Warm, 0),
            (Workflow::Accumulate, 0.0, StartFrom::Warm, 1),
            (Workflow::Accumulate, 0.0, StartFrom::Base, 0),
            (Workflow::Subsample, 0.0, StartFrom::Warm, 1),
            (Workflow::Anchor, 0.5, StartFrom::Warm, 1),
            (Workflow::Anchor, 0.5, StartFrom::Base, 0),
            (Workflow::Fresh, 0.5, StartFrom::Warm, 1),
        ] {
            let at = Conditions { n: 4.0, human_fraction, start, ..at(workflow, 4, 0.6) }.ddof(ddof);
            let all: Vec<(f64, f64)> = (0..5000).map(|_| lineage((workflow, &at), false, &mut rng)).collect();
            agree("step-mean-error", &all.iter().map(|v| v.0).collect::<Vec<_>>(), &at);
            agree("step-variance", &all.iter().map(|v| v.1).collect::<Vec<_>>(), &at);
        }
    }

    #[test]
    fn a_poisson_makes_rows_that_vary_by_its_rate() {
        let mut rng = ChaCha8Rng::seed_from_u64(32);
        for (workflow, human_fraction) in [
            (Workflow::Replace, 0.0),
            (Workflow::Accumulate, 0.0),
            (Workflow::Subsample, 0.0),
            (Workflow::Anchor, 0.5),
            (Workflow::Fresh, 0.5),
        ] {
            let mut at = Conditions { n: 4.0, human_fraction, ..at(workflow, 4, 1.0) }.spread(3.0);
            at.source.mean = Some(3.0);
            let all: Vec<f64> = (0..5000).map(|_| lineage((workflow, &at), true, &mut rng).0).collect();
            agree("poisson-mean-error", &all, &at);
        }
        // Human rows that vary four times as much as a Poisson of their mean: (12 + (t − 1)·3)/n.
        let mut wide = at(Workflow::Replace, 5, 1.0).spread(12.0);
        wide.source.mean = Some(3.0);
        assert!((ask("poisson-mean-error", &wide) - 24.0 / 100.0).abs() < 1e-12);
    }
}
