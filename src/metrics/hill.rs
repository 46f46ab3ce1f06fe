//! `hill`: the effective number of outcomes of any order q.
//!
//! (Σ p^q)^(1/(1−q)); exp of the Shannon entropy at q = 1, the support at 0, 1/max p at infinity.
//! Cost: O(outcomes).

use super::frequencies::fitted_or_sample;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `hill`.
    #[derive(Clone, Copy)]
    struct Hill {
        /// The order q
        order: f64 = 1.0, in at_least(0).or_infinite();
    }
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "hill",
        summary: "Hill number: the effective number of outcomes of order q",
        details: "(Σ p^q)^(1/(1−q)): as many equally likely outcomes would be as diverse. q = 0 counts the outcomes that \
            occur, whatever their share; q = 1 is exp of the entropy; q = 2 is `hill-2`; q = inf is 1/max p. The \
            smaller q, the more the rare outcomes weigh, so a collapse shows first at small q. p are the fitted \
            probabilities where the model states them, else the sample's frequencies.",
        source: "Hill 1973 (10.2307/1934352)",
        parameters: Hill::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "outcomes",
        scale: Scale::Log,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<Hill>(node)?)),
};

impl Metric for Hill {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.order.is_nan() || self.order < 0.0 {
            return Err(Refusal::new(format!("`order` must be at least 0, not {}", self.order)));
        }
        shapes::outcomes_or_text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        one("hill", hill(&fitted_or_sample(of)?, self.order))
    }
}

/// The Hill number of order `q ≥ 0` of probabilities that sum to 1.
fn hill(p: &[f64], q: f64) -> f64 {
    let positive = p.iter().copied().filter(|&p| p > 0.0);
    if q == 1.0 {
        (-positive.map(|p| p * p.ln()).sum::<f64>()).exp()
    } else if q == f64::INFINITY {
        1.0 / positive.fold(0.0, f64::max)
    } else {
        // Relative to the largest, so that no power underflows at a large order.
        let most = positive.clone().fold(0.0, f64::max);
        let log = q * most.ln() + positive.map(|p| (p / most).powf(q)).sum::<f64>().ln();
        (log / (1.0 - q)).exp()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, reference, value};

    #[test]
    fn it_agrees_with_the_definition_in_python() {
        let r = reference();
        let scene = Scene::model(Fitted::Outcomes(r.numbers("q")));
        for (order, expected) in [0.0, 0.5, 1.0, 2.0, 3.5, f64::INFINITY].into_iter().zip(r.numbers("hill")) {
            let found = value(&Hill { order }, &scene).unwrap();
            assert!((found - expected).abs() < 1e-12, "order {order}: {found}");
        }
    }

    #[test]
    fn equally_likely_outcomes_count_as_many_at_every_order() {
        let scene = Scene::model(Fitted::Outcomes(vec![0.25, 0.0, 0.25, 0.25, 0.25]));
        for order in [0.0, 0.3, 1.0, 2.0, 2000.0, f64::INFINITY] {
            assert!((value(&Hill { order }, &scene).unwrap() - 4.0).abs() < 1e-9, "order {order}");
        }
    }
}
