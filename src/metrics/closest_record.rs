//! `distance-to-closest-record` and `nearest-neighbour-distance-ratio`: how near rows are to a single human one.
//!
//! For a row y let d₁(y) ≤ d₂(y) be the distances to its two nearest held-out rows. Cost: O(n m d).

use super::pairs::Pairs;
use super::quantile::quantile;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of both metrics.
    #[derive(Clone, Copy, Debug)]
    struct Nearest {
        /// The quantile over rows that is the value: small, since a few copies are what is looked for
        quantile: f64 = 0.05, in within(0, 1);
    }
}

enum Closest {
    Distance(Nearest),
    Ratio(Nearest),
}

const SOURCE: &str = "Park et al. 2018 (DOI 10.14778/3231751.3231757) for the distance; Zhao et al. 2021 (arXiv 2102.08369) for \
                      the ratio and the 5th percentile";

const fn reading(unit: &'static str, scale: Scale) -> Reading {
    Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit,
        scale,
        worst: Worst::None,
        unbiased: false,
    }
}

pub(super) const DISTANCE: MetricEntry = MetricEntry {
    about: About {
        name: "distance-to-closest-record",
        summary: "Distance from rows to the closest human row, its 5th percentile (privacy)",
        details: "`quantile` over the sample's rows of the Euclidean distance to the nearest held-out row, in the coordinates of \
            all distances (`measure.space`). The human baseline has that of other people: a value below it says that rows repeat \
            human ones, 0 that as many are copies. To ask whether a generator gives its training rows away, the human file must \
            be the one that it was trained on.",
        source: SOURCE,
        parameters: Nearest::PARAMETERS,
        version: 1,
    },
    extra: reading("distance", Scale::Linear),
    build: |node, _| Ok(Box::new(Closest::Distance(table(node)?))),
};

pub(super) const RATIO: MetricEntry = MetricEntry {
    about: About {
        name: "nearest-neighbour-distance-ratio",
        summary: "Distance to the closest human row over that to the second one, its 5th percentile (privacy)",
        details: "`quantile` over the sample's rows of d₁/d₂, the distances to the two nearest held-out rows; 1 where both are 0. \
            Near 0 a row points at a single person. Read it beside the human baseline, as `distance-to-closest-record`.",
        source: SOURCE,
        parameters: Nearest::PARAMETERS,
        version: 1,
    },
    extra: reading("ratio", Scale::Linear),
    build: |node, _| Ok(Box::new(Closest::Ratio(table(node)?))),
};

impl Metric for Closest {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, pairs: "closest-record", ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let two = two_nearest(of.cross_pairs()?);
        if two.iter().any(|(_, second)| second.is_infinite()) {
            return Err(Refusal::too_few_rows("two held-out rows are needed"));
        }
        let ratio = |(d, e): &(f64, f64)| if *e > 0.0 { (d / e).sqrt() } else { 1.0 };
        let (name, at, mut all): (_, _, Vec<f64>) = match self {
            Closest::Distance(of) => (DISTANCE.about.name, of, two.iter().map(|(d, _)| d.sqrt()).collect()),
            Closest::Ratio(of) => (RATIO.about.name, of, two.iter().map(ratio).collect()),
        };
        all.sort_by(f64::total_cmp);
        one(name, quantile(&all, at.quantile))
    }
}

/// The squared distances from each row of the sample to its two nearest held-out rows.
fn two_nearest(cross: &Pairs) -> Vec<(f64, f64)> {
    let mut least = vec![(f64::INFINITY, f64::INFINITY); cross.columns()];
    cross.visit(|tile| {
        for (_, line) in tile.rows() {
            for (two, &d) in least[tile.column0..].iter_mut().zip(line) {
                if d < two.0 {
                    *two = (d, two.0);
                } else if d < two.1 {
                    two.1 = d;
                }
            }
        }
    });
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::{Scene, normals, value};

    #[test]
    fn by_hand_on_a_line() {
        // Held out 0, 3, 10. Rows 1 (1, 2), 3 (0, 3), 8 (2, 5).
        let scene = Scene::numbers(&[1.0, 3.0, 8.0], 1).with_held_out(&[0.0, 3.0, 10.0], 1);
        let of = |quantile| Nearest { quantile };
        assert_eq!(value(&Closest::Distance(of(0.5)), &scene), Ok(1.0));
        assert_eq!(value(&Closest::Distance(of(1.0)), &scene), Ok(2.0));
        assert_eq!(value(&Closest::Ratio(of(0.0)), &scene), Ok(0.0));
        assert!(value(&Closest::Ratio(of(1.0)), &scene).is_ok_and(|r| (r - 0.5).abs() < 1e-12));
        let one = Scene::numbers(&[1.0], 1).with_held_out(&[0.0], 1);
        assert!(value(&Closest::Ratio(of(0.5)), &one).is_err());
    }

    #[test]
    fn copies_are_nearer_than_people() {
        let (human, other) = (normals(300, 2, 1), normals(300, 2, 2));
        // One row in ten is a copy.
        let made: Vec<f64> = other
            .chunks(2)
            .zip(human.chunks(2))
            .enumerate()
            .flat_map(|(i, (o, h))| if i % 10 == 0 { h } else { o })
            .copied()
            .collect();
        for metric in [Closest::Distance(Nearest::default()), Closest::Ratio(Nearest::default())] {
            let of = |rows: &[f64]| value(&metric, &Scene::numbers(rows, 2).with_held_out(&human, 2));
            assert_eq!(of(&made), Ok(0.0));
            assert!(of(&other).is_ok_and(|v| v > 0.0));
        }
    }
}
