//! Distances between the models of a population: `between-model-wasserstein2`, `-tv`, `-js`,
//! `-energy`.
//!
//! The mean, over the other members, of a distance between this member and the other; averaged over
//! members it is the mean over all pairs. Cost: that of one distance for each other member.

use super::distances::Points;
use super::divergence::{js, tv};
use super::energy::energy_distance;
use super::frequencies::{fitted_or_sample, shares};
use super::observation::Normal;
use super::pairs::Pairs;
use super::shared::leading;
use super::wasserstein2::squared_wasserstein2;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Peer, Reading, Scale, Subject, When, Worst,
    one, plain, shapes,
};
use crate::data::{Distribution, Moments, Samples, Schema};
use crate::models::{Parameters, Refusal};
use crate::registry::About;
use crate::rng::Streams;

enum Between {
    Wasserstein2,
    TotalVariation,
    JensenShannon,
    Energy,
}

macro_rules! entry {
    ($entry:ident, $name:literal, $summary:literal, $formula:literal, $source:literal, $unit:literal, $scale:expr, $which:expr) => {
        pub(super) const $entry: MetricEntry = MetricEntry {
            about: About {
                name: $name,
                summary: $summary,
                details: concat!(
                    $formula,
                    "\n\nThe value is the mean over the other members of the population, one row for each member. 0 if all \
                    models are alike: a population that feeds on one pool converges, one that shares nothing drifts apart. \
                    The human baseline is the distance of two human samples of the same size; distances between \
                    samples are biased upwards, so read them beside it. Refused (no row) where `population` is 1."
                ),
                source: $source,
                parameters: &[],
                version: 1,
            },
            extra: Reading {
                direction: Direction::TwoSided,
                ideal: "that of two human samples of the same size",
                unit: $unit,
                scale: $scale,
                worst: Worst::None,
                unbiased: false,
            },
            build: |node, _| plain(node, $which),
        };
    };
}

entry!(
    WASSERSTEIN2,
    "between-model-wasserstein2",
    "Squared 2-Wasserstein distance to the population's other models",
    "`wasserstein2` between two members: their fitted Gaussians where the family has them, else the means and unbiased \
    covariances of their samples.",
    "Vu et al. 2025 (arXiv 2505.21677) for populations; Dowson & Landau 1982",
    "data units squared",
    Scale::Log,
    Between::Wasserstein2
);
entry!(
    TOTAL_VARIATION,
    "between-model-tv",
    "Total variation distance to the population's other models",
    "½ Σ |q − q′| between two members: their fitted probabilities where the family states them, else the frequencies of \
    outcomes (for text: tokens) in their samples.",
    "Vu et al. 2025 (arXiv 2505.21677) for populations; Levin & Peres 2017, ch. 4",
    "probability",
    Scale::Logit,
    Between::TotalVariation
);
entry!(
    JENSEN_SHANNON,
    "between-model-js",
    "Jensen–Shannon divergence from the population's other models, in nats",
    "`js` between two members, at most ln 2: of their fitted probabilities where the family states them, else of the \
    frequencies of outcomes (for text: tokens) in their samples.",
    "Vu et al. 2025 (arXiv 2505.21677) for populations; Lin 1991 (10.1109/18.61115)",
    "nats",
    Scale::Log,
    Between::JensenShannon
);
entry!(
    ENERGY,
    "between-model-energy",
    "Energy distance to the samples of the population's other models",
    "`energy-distance` between the samples of two members: for families without parameters, and \
    where the shape of the distribution matters and not only its moments.",
    "Székely & Rizzo 2013 (10.1016/j.jspi.2013.03.018), eq. 2.3",
    "data units",
    Scale::Log,
    Between::Energy
);

impl Metric for Between {
    fn needs(&self) -> Needs {
        let needs = Needs { held_out: When::Always, others: true, sample: When::Always, ..Needs::default() };
        match self {
            Between::Energy => Needs { pairs: "energy", ..needs },
            _ => Needs { model: true, sample: When::WithoutParameters, ..needs },
        }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match self {
            Between::Wasserstein2 | Between::Energy => shapes::numeric(schema, 1),
            _ => shapes::outcomes_or_text(schema),
        }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let people = [Peer { model: None, sample: of.held_out }];
        let others = if of.subject == Subject::Human { &people } else { of.others };
        if others.is_empty() {
            return Err(Refusal::not_applicable(
                "a population of one has no other model to be compared with",
            ));
        }
        let mut total = 0.0;
        for other in others {
            total += match self {
                Between::Wasserstein2 => {
                    squared_wasserstein2(&of.fitted_or_sample_moments()?, &moments(of, other)?)?
                }
                Between::TotalVariation => on_outcomes(of, other, tv)?,
                Between::JensenShannon => on_outcomes(of, other, js)?,
                Between::Energy => energy(of, other)?,
            };
        }
        let name = match self {
            Between::Wasserstein2 => "between-model-wasserstein2",
            Between::TotalVariation => "between-model-tv",
            Between::JensenShannon => "between-model-js",
            Between::Energy => "between-model-energy",
        };
        one(name, total / others.len() as f64)
    }
}

/// The other's parameters, where the subject is the models.
fn parameters<'a>(of: &Observation<'_>, other: &Peer<'a>) -> Parameters<'a> {
    match (of.subject, other.model) {
        (Subject::Model, Some(model)) => model.parameters(),
        _ => Parameters::Opaque,
    }
}

fn rows<'a>(other: &Peer<'a>) -> Result<&'a Samples, Refusal> {
    let rows = other.sample.filter(|rows| !rows.is_empty());
    rows.ok_or_else(|| Refusal::new("there are no rows of another member to compare with"))
}

/// The other's finite numeric features.
fn features(of: &Observation<'_>, other: &Peer<'_>, dim: usize) -> Result<Vec<f64>, Refusal> {
    let rows = rows(other)?;
    if let Some((row, column)) = rows.first_non_finite() {
        return Err(Refusal::diverged(format!(
            "row {row} of another member is not finite (column `{column}`)"
        )));
    }
    let data = of.shared.coordinates(rows);
    if data.len() != dim * rows.len() {
        return Err(Refusal::new("the members have rows of different widths"));
    }
    Ok(data)
}

fn moments<'a>(of: &Observation<'_>, other: &Peer<'a>) -> Result<Normal<'a>, Refusal> {
    if let Parameters::Gaussian { mean, covariance } = parameters(of, other) {
        let Some(space) = of.shared.space() else {
            return Ok(Normal { mean: mean.into(), covariance: covariance.into() });
        };
        let unlike = || Refusal::new("the members have rows of different widths");
        let (mean, covariance) = space.moments(mean, covariance).ok_or_else(unlike)?;
        return Ok(Normal { mean: mean.into(), covariance: covariance.into() });
    }
    let (own, numbers) = match of.shared.space() {
        Some(space) => (space.width(), space.numbers()),
        None => (rows(other)?.schema().numeric_width(), rows(other)?.schema().numeric_width()),
    };
    let data = features(of, other, own)?;
    let (data, dim) = (leading(Points { data: &data, dim: own }, numbers), numbers);
    let n = data.len() / dim.max(1);
    if n < 2 {
        return Err(Refusal::too_few_rows("a covariance needs two rows, but another member has fewer"));
    }
    let Moments { mean, mut scatter, .. } = Moments::of_matrix(&data, dim);
    scatter.iter_mut().for_each(|s| *s /= (n - 1) as f64);
    Ok(Normal { mean: mean.into(), covariance: scatter.into() })
}

fn on_outcomes(
    of: &Observation<'_>,
    other: &Peer<'_>,
    distance: fn(&[f64], &[f64]) -> f64,
) -> Result<f64, Refusal> {
    let own = fitted_or_sample(of)?;
    let theirs = match parameters(of, other) {
        Parameters::Probabilities(q) => q.to_vec(),
        _ => shares(&super::frequencies::counts(rows(other)?).unwrap_or_default()),
    };
    if own.len() != theirs.len() {
        return Err(Refusal::new(format!("one member has {} outcomes, another {}", own.len(), theirs.len())));
    }
    Ok(distance(&own, &theirs))
}

fn energy(of: &Observation<'_>, other: &Peer<'_>) -> Result<f64, Refusal> {
    let own = of.sample_points()?;
    let data = features(of, other, own.dim)?;
    let theirs = Points { data: &data, dim: own.dim };
    let between = Pairs::between(theirs, own, 1);
    Ok(energy_distance(&between, of.sample_pairs()?, &Pairs::within(theirs, 1)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, numbers, outcomes, reference, value};

    #[test]
    fn fitted_models_are_compared_by_their_parameters() {
        // To N(1, 4): 9 + (2 − 1)² from N(4, 1), and (2 − 2)² + 4 from N(−1, 4): mean 7.
        let mut scene = Scene::model(Fitted::gaussian(&[1.0], &[4.0]));
        assert!(value(&Between::Wasserstein2, &scene).is_err());
        scene.others = vec![
            (Some(Fitted::gaussian(&[4.0], &[1.0])), None),
            (Some(Fitted::gaussian(&[-1.0], &[4.0])), None),
        ];
        assert_eq!(value(&Between::Wasserstein2, &scene), Ok(7.0));
        let mut scene = Scene::model(Fitted::Outcomes(vec![0.5, 0.5, 0.0]));
        scene.others = vec![
            (Some(Fitted::Outcomes(vec![0.5, 0.5, 0.0])), None),
            (Some(Fitted::Outcomes(vec![0.0, 0.5, 0.5])), None),
        ];
        assert_eq!(value(&Between::TotalVariation, &scene), Ok(0.25));
        // m = (¼, ½, ¼): JS = ½·½ ln 2 twice = ½ ln 2; mean with 0.
        assert!((value(&Between::JensenShannon, &scene).unwrap() - 0.25 * 2f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn samples_are_compared_where_there_are_no_parameters() {
        let r = reference();
        let (x, y) = (r.numbers("x"), r.numbers("y"));
        let mut scene = Scene::numbers(&y, 3);
        scene.others = vec![(None, Some(numbers(&x, 3)))];
        assert!((value(&Between::Energy, &scene).unwrap() - r.number("energy_distance")).abs() < 1e-9);
        assert!((value(&Between::Wasserstein2, &scene).unwrap() - r.number("wasserstein2")).abs() < 1e-9);
        let mut scene = Scene::sample(outcomes(&[0, 0, 1, 1], 2));
        scene.others = vec![(None, Some(outcomes(&[0, 1, 1, 1], 2)))];
        assert_eq!(value(&Between::TotalVariation, &scene), Ok(0.25));
    }

    #[test]
    fn people_are_compared_with_other_people() {
        let mut scene = Scene::numbers(&[0.0, 2.0], 1).with_held_out(&[3.0, 5.0], 1);
        scene.subject = Subject::Human;
        assert_eq!(value(&Between::Wasserstein2, &scene), Ok(9.0));
        assert!(value(&Between::Energy, &scene).unwrap() > 0.0);
    }
}
