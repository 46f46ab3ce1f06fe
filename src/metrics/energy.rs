//! `energy-distance` and `pairwise-distance`: means of Euclidean distances.
//!
//! On raw numeric features. Cost: O(n² d), three and one pass over pairs.

use super::pairs::Pairs;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

enum Energy {
    Distance,
    Pairwise,
}

pub(super) const DISTANCE: MetricEntry = MetricEntry {
    about: About {
        name: "energy-distance",
        summary: "Energy distance to the held-out rows",
        details: "2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖ with all pairs, a point with itself included (the V statistic): never \
            negative, 0 only for identical samples, and about 1/n above 0 for samples of one distribution. The \
            squared form: some packages return its root.",
        source: "Székely & Rizzo 2013 (10.1016/j.jspi.2013.03.018), eq. 2.3",
        parameters: &[],
        version: 2,
    },
    extra: Reading::distance("data units", Scale::Log),
    build: |node, _| plain(node, Energy::Distance),
};

pub(super) const PAIRWISE: MetricEntry = MetricEntry {
    about: About {
        name: "pairwise-distance",
        summary: "Mean distance between two rows of the sample",
        details: "Mean Euclidean distance over all pairs of different rows. Needs two rows.",
        source: "definition",
        parameters: &[],
        version: 2,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "data units",
        scale: Scale::Log,
        worst: Worst::Is(0.0),
        unbiased: true,
    },
    build: |node, _| plain(node, Energy::Pairwise),
};

impl Metric for Energy {
    fn needs(&self) -> Needs {
        match self {
            Energy::Distance => {
                Needs { sample: When::Always, held_out: When::Always, pairs: "energy", ..Needs::default() }
            }
            Energy::Pairwise => Needs { sample: When::Always, pairs: "energy", ..Needs::default() },
        }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        match self {
            Energy::Distance => one(
                "energy-distance",
                energy_distance(of.cross_pairs()?, of.held_out_pairs()?, of.sample_pairs()?),
            ),
            Energy::Pairwise => {
                let pairs = of.sample_pairs()?;
                let n = pairs.rows() as f64;
                if n < 2.0 {
                    return Err(Refusal::too_few_rows("a distance needs two rows"));
                }
                one("pairwise-distance", mean_distance(pairs) * n / (n - 1.0))
            }
        }
    }
}

/// 2 E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖ from the pairs between and within two sets.
pub(super) fn energy_distance(between: &Pairs, x: &Pairs, y: &Pairs) -> f64 {
    (2.0 * mean_distance(between) - mean_distance(x) - mean_distance(y)).max(0.0)
}

/// The mean distance over all pairs, a point with itself included.
fn mean_distance(pairs: &Pairs) -> f64 {
    let mut total = 0.0;
    pairs.visit(|tile| {
        total += tile.rows().map(|(_, line)| line.iter().map(|d| d.sqrt()).sum::<f64>()).sum::<f64>();
    });
    total / (pairs.rows() as f64 * pairs.columns() as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, reference, value};

    #[test]
    fn they_agree_with_dcor_and_scipy() {
        let r = reference();
        let scene = Scene::numbers(&r.numbers("y"), 3).with_held_out(&r.numbers("x"), 3);
        let found = value(&Energy::Distance, &scene).unwrap();
        assert!((found - r.number("energy_distance")).abs() < 1e-9, "{found}");
        let found = value(&Energy::Pairwise, &scene).unwrap();
        assert!((found - r.number("pairwise_distance")).abs() < 1e-9, "{found}");
    }
}
