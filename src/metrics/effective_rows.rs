//! How many human rows would do as well: `effective-human-rows`, `inverse-effective-rows`.
//!
//! A family that is fitted to n human rows of a known truth has the expected squared error C/n, with
//! C known in closed form. An error e then stands for C/e human rows. Cost: O(d) or O(outcomes).

use super::frequencies::fitted_or_sample;
use super::mean_error::squared_distance;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

enum Effective {
    Rows,
    Inverse,
}

macro_rules! details {
    ($what:literal) => {
        concat!(
            $what,
            "\n\nThe error is ‖μ̂ − μ‖² for rows of numbers with a known mean and covariance, and Σ (q − p)² for outcomes with \
            known probabilities. Fitted to n independent human rows its expectation is C/n exactly, with C = tr Σ and \
            C = 1 − Σ p²: the mean and the frequencies are unbiased with these variances, whatever the shape of the \
            distribution. μ̂ and q are fitted where the model states them, else the sample's own, whose sampling \
            error then caps the result at about `measure.size`.\n\nThe mean over lineages of the *inverse* e/C is 1/n for human-only \
            fits; so the effective rows of a setting are 1 / mean(inverse). The mean over lineages of C/e is larger, and infinite for \
            one or two parameters: look at its median, or at the inverse."
        )
    };
}

const SOURCE: &str = "Alemohammad et al. 2023 (arXiv 2307.01850), effective sample size n_e; Kanabar & Gastpar 2025 (arXiv 2501.19273) for streams; \
    definition in METHODS.md";

pub(super) const ROWS: MetricEntry = MetricEntry {
    about: About {
        name: "effective-human-rows",
        summary: "How many human rows would give the same squared error",
        details: details!(
            "C / e: the number of independent human rows whose expected squared error is the error e of this model."
        ),
        source: SOURCE,
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "the human rows trained on, or more",
        unit: "human rows",
        scale: Scale::Log,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, Effective::Rows),
};

pub(super) const INVERSE: MetricEntry = MetricEntry {
    about: About {
        name: "inverse-effective-rows",
        summary: "Squared error in units of one human row's: its mean over lineages is 1 / effective human rows",
        details: details!(
            "e / C: the error e of this model, as a multiple of the expected error after one human row. Times n it is \
            the risk per human row of the theory: 1 after a human-only fit, t after t refits under `replace`, at most π²/6 under \
            `accumulate`."
        ),
        source: SOURCE,
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "1 / human rows trained on, or less",
        unit: "1 / human rows",
        scale: Scale::Log,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, Effective::Inverse),
};

impl Metric for Effective {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        let known = match truth {
            Some(t) if schema.outcomes().is_some() => t.probabilities().is_some(),
            Some(t) if schema.numeric_width() > 0 => t.mean().is_some() && t.covariance().is_some(),
            _ => false,
        };
        if known {
            return Ok(());
        }
        Err(Refusal::new(
            "it needs a source that states its mean and covariance, or the probability of every outcome",
        ))
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (error, constant) = error(of)?;
        match self {
            Effective::Rows => one("effective-human-rows", constant / error),
            Effective::Inverse => one("inverse-effective-rows", error / constant),
        }
    }
}

/// The squared error, and its expectation after one human row.
fn error(of: &Observation<'_>) -> Result<(f64, f64), Refusal> {
    let unknown = || Refusal::new("the truth is not known");
    let truth = of.truth.ok_or_else(unknown)?;
    if let Some(p) = truth.probabilities() {
        let q = fitted_or_sample(of)?;
        if p.len() != q.len() {
            return Err(Refusal::new(format!("the truth has {} outcomes, the model {}", p.len(), q.len())));
        }
        let error = p.iter().zip(&*q).map(|(p, q)| (p - q).powi(2)).sum();
        return Ok((error, 1.0 - p.iter().map(|p| p * p).sum::<f64>()));
    }
    let (mean, covariance) = truth.mean().zip(truth.covariance()).ok_or_else(unknown)?;
    let error = squared_distance(&of.fitted_or_sample_moments()?.mean, mean)?;
    Ok((error, covariance.iter().step_by(mean.len() + 1).sum()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, normals, numbers, outcomes, value};

    #[test]
    fn an_error_stands_for_as_many_rows_as_would_make_it() {
        // tr Σ = 6, error 0.06: 100 rows.
        let scene = Scene::model(Fitted::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0]))
            .with_truth(Truth::gaussian(&[0.0, 0.06f64.sqrt()], &[2.0, 1.0, 1.0, 4.0]));
        assert!((value(&Effective::Rows, &scene).unwrap() - 100.0).abs() < 1e-9);
        assert!((value(&Effective::Inverse, &scene).unwrap() - 0.01).abs() < 1e-12);
        // 1 − Σ p² = ½, error 2·0.05²: 100 rows.
        let scene = Scene::model(Fitted::Outcomes(vec![0.55, 0.45])).with_truth(Truth::outcomes(&[0.5, 0.5]));
        assert!((value(&Effective::Rows, &scene).unwrap() - 100.0).abs() < 1e-9);
        // No error at all is worth infinitely many rows.
        let exact = Scene::model(Fitted::Outcomes(vec![0.5, 0.5])).with_truth(Truth::outcomes(&[0.5, 0.5]));
        assert_eq!(value(&Effective::Rows, &exact), Ok(f64::INFINITY));
        assert_eq!(value(&Effective::Inverse, &exact), Ok(0.0));
    }

    #[test]
    fn human_rows_count_as_many_as_they_are() {
        // 50 rows of 3 numbers, 400 times: the inverse is χ²₃/(3·50), so the mean has a relative
        // standard error of √(2/3)/20 = 0.041; four of them.
        let identity = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        let mean: f64 = (0..400)
            .map(|seed| {
                let scene = Scene::sample(numbers(&normals(50, 3, seed), 3))
                    .with_truth(Truth::gaussian(&[0.0; 3], &identity));
                value(&Effective::Inverse, &scene).unwrap()
            })
            .sum::<f64>()
            / 400.0;
        assert!((1.0 / mean / 50.0 - 1.0).abs() < 0.17, "{}", 1.0 / mean);
    }

    #[test]
    fn an_unknown_truth_is_refused() {
        let rows = outcomes(&[0, 1], 2);
        assert!(Effective::Rows.accepts(rows.schema(), None).is_err());
        assert!(value(&Effective::Rows, &Scene::sample(rows)).is_err());
    }
}
