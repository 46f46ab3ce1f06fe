//! A human share in every training set: fresh human rows, or the same rows kept for ever (an anchor).
//!
//! With human share a, synthetic share b = 1 − a and N rows, the error e of a mean-like estimate obeys
//! e' = a·(human error) + b(e + sampling error): a two-number recursion of its second moment and of its covariance with
//! the anchor's error. Discrete frequencies have the same recursion, with (1 − Σq²)/n as the sampling variance.
//! Sources: Alemohammad et al. (arXiv 2307.01850, effective sample size), Seddik et al. (arXiv 2404.05090, the bound
//! that C6 and C7 make exact); recursions derived here. Cost: O(t).

use super::gaussian_replace::GAUSSIANS;
use super::risk::LOCATIONS;
use super::{Conditions, Departure, Form, Law, Prediction, Relation, Sizes, Unmet, Workflow};

pub(super) const LAWS: &[Law] = &[
    Law {
        name: "fresh-risk",
        statement: "risk per human row → 1/(1+b), b = synthetic share (effective sample 1 + b human sets)",
        source: "derived here (exact mean recursion) for the fresh-data loop of arXiv 2307.01850",
        conditions: "location-like estimate, unbiased sampling; fresh human rows each generation, last synthetic batch only",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Fresh],
        forms: LOCATIONS,
        takes_in: &[Departure::Intercept, Departure::Inputs, Departure::Diagonal],
        draws: &[],
        predict: fresh,
    },
    Law {
        name: "anchor-risk",
        statement: "risk per human row → (1+2b)/(1+b) ≤ 3/2, b = synthetic share",
        source: "derived here (exact mean recursion) for the synthetic-augmentation loop of arXiv 2307.01850",
        conditions: "location-like estimate, unbiased sampling; n_h human rows kept for ever",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Anchor],
        forms: LOCATIONS,
        takes_in: &[Departure::Intercept, Departure::Inputs, Departure::Diagonal],
        draws: &[],
        predict: anchor,
    },
    Law {
        name: "fresh-effective-sample",
        statement: "n_e/n_human = 2 − human share, for the mean",
        source: "derived here; the quantity of arXiv 2307.01850's fresh-data loop",
        conditions: "as fresh-risk, in the limit",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Fresh],
        forms: LOCATIONS,
        takes_in: &[Departure::Intercept, Departure::Inputs, Departure::Diagonal],
        draws: &[],
        predict: |at| Prediction::mean(2.0 - at.human_share()?),
    },
    Law {
        name: "fresh-categorical-error",
        statement: "E‖q−p‖² → [a²h/n_h + b²h/n_s]/(1 − b² + b²/n_s), h = 1 − Σp²",
        source: "derived here; exact second-moment version of arXiv 2404.05090's bound",
        conditions: "categorical source and family, no smoothing; fresh human rows",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Fresh],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["squared-error"],
        predict: |at| categorical(at, Human::Fresh),
    },
    Law {
        name: "anchor-categorical-error",
        statement: "E‖q−p‖² → h/n_h + b²h(1−1/n_h)/n_s/(1 − b² + b²/n_s), h = 1 − Σp²",
        source: "derived here; exact second-moment version of arXiv 2404.05090's partially synthetic case",
        conditions: "categorical source and family, no smoothing; n_h human rows kept for ever",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Anchor],
        forms: &[Form::Frequencies],
        takes_in: &[],
        draws: &["squared-error"],
        predict: |at| categorical(at, Human::Anchor),
    },
    Law {
        name: "sharpened-variance",
        statement: "V_{t+1} = a + (1−a)λV_t → a/(1 − (1−a)λ), in units of the source's variance",
        source: "derived here (n → ∞)",
        conditions: "many rows per generation; sampling scale λ, human share a of every training set",
        relation: Relation::Equal,
        sizes: Sizes::Constant,
        workflows: &[Workflow::Anchor, Workflow::Pool, Workflow::Fresh],
        forms: GAUSSIANS,
        takes_in: &[Departure::Temperature, Departure::Scale, Departure::Diagonal],
        draws: &[],
        predict: sharpened,
    },
];

#[derive(Clone, Copy, PartialEq)]
enum Human {
    Fresh,
    Anchor,
}

/// E of the squared error at fit `fits`; `h` is the sampling variance of one row, `kept` the factor 1 − 1/n_s of the
/// discrete case (a sampled frequency has less room to vary once q is uneven) or 1 for a location.
fn squared_error(at: &Conditions, human: Human, h: f64, discrete: bool) -> Result<f64, Unmet> {
    let a = at.human_share()?;
    let b = 1.0 - a;
    let (n_h, n_s) = (a * at.n, b * at.n);
    let initial = at.initial();
    if human == Human::Anchor && initial < n_h - 1e-9 {
        return Err(Unmet::range("initial", "at least the anchor's rows"));
    }
    let kept = if discrete { 1.0 - 1.0 / n_s } else { 1.0 };
    let mut error = h / initial;
    let mut shared = h / initial;
    for _ in 1..at.fits {
        let cross = if human == Human::Anchor { 2.0 * a * b * shared } else { 0.0 };
        error = a * a * h / n_h + cross + b * b * (kept * error + h / n_s);
        shared = a * h / n_h + b * shared;
    }
    Ok(error)
}

pub(super) fn fresh(at: &Conditions) -> Result<Prediction, Unmet> {
    location(at, Human::Fresh)
}

pub(super) fn anchor(at: &Conditions) -> Result<Prediction, Unmet> {
    location(at, Human::Anchor)
}

fn location(at: &Conditions, human: Human) -> Result<Prediction, Unmet> {
    Prediction::mean(at.human() * squared_error(at, human, 1.0, false)?)
}

fn categorical(at: &Conditions, human: Human) -> Result<Prediction, Unmet> {
    Prediction::mean(squared_error(at, human, at.heterozygosity()?, true)?)
}

fn sharpened(at: &Conditions) -> Result<Prediction, Unmet> {
    let (a, lambda) = (at.human_share()?, at.scale()?);
    let mut v = 1.0;
    for _ in 1..at.fits {
        v = a + (1.0 - a) * lambda * v;
    }
    Prediction::mean(at.variance()? * v)
}

/// The human share a that keeps `kept` of the variance for ever under sampling scale λ: kept(1−λ)/(1−kept·λ).
///
/// Derived from `sharpened-variance`; both arguments in (0, 1).
#[cfg(test)]
pub fn human_share_that_keeps(kept: f64, lambda: f64) -> f64 {
    kept * (1.0 - lambda) / (1.0 - kept * lambda)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Conditions;
    use super::super::testing::mean;
    use super::human_share_that_keeps;

    const P: [f64; 3] = [0.5, 0.3, 0.2];

    fn ask(law: &str, n: f64, human_fraction: f64) -> f64 {
        mean(law, Conditions { n, fits: 2000, human_fraction, ..Conditions::default() }.outcome(&P))
    }

    #[test]
    fn the_limits_are_the_published_numbers() {
        assert!((ask("fresh-categorical-error", 100.0, 0.2) - 0.016_848).abs() < 1e-6);
        assert!((ask("anchor-categorical-error", 100.0, 0.2) - 0.043_804).abs() < 1e-6);
        assert!((ask("anchor-risk", 100.0, 0.2) - 2.6 / 1.8).abs() < 1e-9);
        assert!((ask("fresh-risk", 100.0, 0.2) - 1.0 / 1.8).abs() < 1e-9);
        assert!((ask("fresh-effective-sample", 1000.0, 0.1) - 1.9).abs() < 1e-12);
        assert!((ask("fresh-effective-sample", 200.0, 0.5) - 1.5).abs() < 1e-12);
    }

    #[test]
    fn keeping_95_percent_needs_these_shares() {
        for (lambda, percent) in [(0.98, 28.0), (0.95, 49.0), (0.9, 66.0), (0.8, 79.0)] {
            let a = human_share_that_keeps(0.95, lambda);
            assert!((100.0 * a - percent).abs() < 0.55, "λ = {lambda}: {a}");
            let at = Conditions {
                fits: 3000,
                human_fraction: a,
                covariance_scale: lambda,
                ..Conditions::default()
            };
            assert!((mean("sharpened-variance", at) - 0.95).abs() < 1e-9);
        }
    }
}
