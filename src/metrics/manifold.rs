//! `precision`, `recall`, `density`, `coverage`: is the model inside the human support, and does it
//! cover it?
//!
//! With held-out human rows x₁..x_N, model rows y₁..y_M, r(x) the distance from x to its k-th nearest
//! other human row and s(y) that of y among model rows:
//!
//! - precision = mean over y of 1[some x: d(y, x) < r(x)]
//! - recall    = mean over x of 1[some y: d(x, y) < s(y)]
//! - density   = (1 / kM) Σ_y Σ_x 1[d(y, x) < r(x)], which can exceed 1
//! - coverage  = mean over x of 1[min_y d(x, y) < r(x)]
//!
//! Euclidean distances. Cost: three passes over pairs, O(n² d), done once
//! for all four.

use std::sync::Arc;

use super::distances::Points;
use super::neighbours::neighbour_radii;
use super::pairs::Pairs;
use super::{
    BoxedMetric, Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst,
    one, shapes, table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::{About, Build};
use crate::rng::Streams;

crate::parameters! {
    /// The table of each of the four metrics.
    #[derive(Clone, Copy)]
    struct Neighbours {
        /// Which neighbour (the row itself left out) sets a row's radius
        k: usize = 5, in at_least(1);
    }
}

#[derive(Clone, Copy)]
enum Which {
    Precision,
    Recall,
    Density,
    Coverage,
}

struct Prdc {
    which: Which,
    k: usize,
}

const DETAILS: &str = "Held-out human rows x (N of them), model rows y (M), r(x) the distance from x to its k-th nearest \
    other human row, s(y) the same among model rows. precision = share of y with d(y, x) < r(x) for some x; \
    recall = share of x with d(x, y) < s(y) for some y; density = (1/kM) Σ_y Σ_x 1[d(y, x) < r(x)], which can \
    exceed 1; coverage = share of x with min_y d(x, y) < r(x). Euclidean distance (images: pixels). \
    The inequality is strict, as in the authors' `prdc` package; so a constant set, whose radii are 0, scores 0 \
    even against itself, and identical discrete rows score lower than they should. For equal distributions \
    E[coverage] = 1 − Π_{j=1..k} (N − j)/(M + N − j), which is 0.969 for k = 5 and N = M: not 1. Needs more than \
    k rows on both sides; all four depend on the number of rows.";
const SOURCE: &str =
    "Kynkäänniemi et al. 2019 (arXiv 1904.06991), eq. 1-2; Naeem et al. 2020 (arXiv 2002.09797), eq. 3-5";

const fn entry(
    name: &'static str,
    summary: &'static str,
    ideal: &'static str,
    scale: Scale,
    build: Build<BoxedMetric>,
) -> MetricEntry {
    let about = About {
        name,
        summary,
        details: DETAILS,
        source: SOURCE,
        parameters: Neighbours::PARAMETERS,
        version: 2,
    };
    MetricEntry {
        about,
        extra: Reading {
            direction: Direction::Higher,
            ideal,
            unit: "share",
            scale,
            worst: Worst::Is(0.0),
            unbiased: false,
        },
        build,
    }
}

pub(super) const PRECISION: MetricEntry = entry(
    "precision",
    "Share of model rows inside the human support",
    "that of another human sample; at most 1",
    Scale::Logit,
    |node, _| Ok(Box::new(Prdc { which: Which::Precision, k: table::<Neighbours>(node)?.k })),
);
pub(super) const RECALL: MetricEntry = entry(
    "recall",
    "Share of human rows inside the model's support",
    "that of another human sample; at most 1",
    Scale::Logit,
    |node, _| Ok(Box::new(Prdc { which: Which::Recall, k: table::<Neighbours>(node)?.k })),
);
pub(super) const DENSITY: MetricEntry = entry(
    "density",
    "How densely model rows fill the human neighbourhoods",
    "1 in expectation",
    Scale::Log,
    |node, _| Ok(Box::new(Prdc { which: Which::Density, k: table::<Neighbours>(node)?.k })),
);
pub(super) const COVERAGE: MetricEntry = entry(
    "coverage",
    "Share of human neighbourhoods with a model row in them",
    "1 − Π (N − j)/(M + N − j), j = 1..k; 0.969 for k = 5 and N = M",
    Scale::Logit,
    |node, _| Ok(Box::new(Prdc { which: Which::Coverage, k: table::<Neighbours>(node)?.k })),
);

impl Metric for Prdc {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, pairs: "manifold", ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let m = manifold(of, self.k)?;
        match self.which {
            Which::Precision => one("precision", m.precision),
            Which::Recall => one("recall", m.recall),
            Which::Density => one("density", m.density),
            Which::Coverage => one("coverage", m.coverage),
        }
    }
}

/// The four values of one observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manifold {
    /// Share of model rows inside the human support.
    pub precision: f64,
    /// Share of human rows inside the model's support.
    pub recall: f64,
    /// Mean number of human neighbourhoods around a model row, divided by k.
    pub density: f64,
    /// Share of human neighbourhoods with a model row in them.
    pub coverage: f64,
}

fn manifold(of: &Observation<'_>, k: usize) -> Result<Arc<Manifold>, Refusal> {
    let (reference, sample) = (of.held_out_points()?, of.sample_points()?);
    if k == 0 {
        return Err(Refusal::new("k must be at least 1"));
    }
    let least = reference.rows().min(sample.rows());
    if least <= k {
        return Err(Refusal::too_few_rows(format!(
            "k = {k} needs more than {k} rows on both sides, but one has {least}"
        )));
    }
    let (human, model, cross) = (of.held_out_pairs()?, of.sample_pairs()?, of.cross_pairs()?);
    Ok(of.shared.manifold(k, || from_pairs(human, model, cross, k)))
}

/// Precision, recall, density and coverage of `sample` against `reference`, both with more than
/// `k ≥ 1` finite rows of the same width.
pub fn compare(reference: Points<'_>, sample: Points<'_>, k: usize) -> Manifold {
    let (human, model) = (Pairs::within(reference, 1), Pairs::within(sample, 1));
    from_pairs(&human, &model, &Pairs::between(reference, sample, 1), k)
}

fn from_pairs(human: &Pairs, model: &Pairs, cross: &Pairs, k: usize) -> Manifold {
    let (r, s) = (neighbour_radii(human, k), neighbour_radii(model, k));
    let (mut inside_human, mut inside_model) = (vec![0_u64; s.len()], vec![0_u64; r.len()]);
    let mut neighbours = vec![0_u64; r.len()];
    cross.visit(|tile| {
        for (i, line) in tile.rows() {
            let columns = tile.column0..tile.column0 + line.len();
            let (mut count, mut hit) = (0, 0);
            for ((&d, &s), inside) in line.iter().zip(&s[columns.clone()]).zip(&mut inside_human[columns]) {
                let near = u64::from(d < r[i]);
                count += near;
                *inside |= near;
                hit |= u64::from(d < s);
            }
            neighbours[i] += count;
            inside_model[i] |= hit;
        }
    });
    let (n, m) = (r.len() as f64, s.len() as f64);
    let total: u64 = neighbours.iter().sum();
    Manifold {
        precision: inside_human.iter().sum::<u64>() as f64 / m,
        recall: inside_model.iter().sum::<u64>() as f64 / n,
        density: total as f64 / (k as f64 * m),
        coverage: neighbours.iter().filter(|&&c| c > 0).count() as f64 / n,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{normals, reference};

    #[test]
    fn it_agrees_with_the_prdc_package() {
        let r = reference();
        for (dim, x, y, expected) in [(3, "x", "y", "prdc"), (20, "wide_x", "wide_y", "prdc_wide")] {
            let (x, y) = (r.numbers(x), r.numbers(y));
            let m = compare(Points { data: &x, dim }, Points { data: &y, dim }, 5);
            let expected = r.numbers(expected);
            for (found, expected) in [m.precision, m.recall, m.density, m.coverage].iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{m:?} {expected}");
            }
        }
    }

    #[test]
    fn coverage_of_equal_distributions_has_its_combinatorial_expectation() {
        // N = M = 400, k = 5: 1 − Π (400 − j)/(800 − j) = 0.9694. The shares of 30 independent pairs
        // have a standard deviation below 0.02, so the mean has a standard error below 0.004.
        let expected = 1.0 - (1..=5).map(|j| f64::from(400 - j) / f64::from(800 - j)).product::<f64>();
        let mean: f64 = (0..30)
            .map(|seed| {
                let (x, y) = (normals(400, 2, 2 * seed), normals(400, 2, 2 * seed + 1));
                compare(Points { data: &x, dim: 2 }, Points { data: &y, dim: 2 }, 5).coverage
            })
            .sum::<f64>()
            / 30.0;
        assert!((mean - expected).abs() < 0.012, "{mean} {expected}");
    }

    #[test]
    fn identical_rows_are_covered_and_distant_rows_are_not() {
        let x = normals(50, 6, 1);
        let far: Vec<f64> = x.iter().map(|v| v + 100.0).collect();
        let (x, far) = (Points { data: &x, dim: 6 }, Points { data: &far, dim: 6 });
        let same = compare(x, x, 5);
        assert_eq!((same.precision, same.recall, same.coverage), (1.0, 1.0, 1.0));
        let other = compare(x, far, 5);
        assert_eq!((other.precision, other.recall, other.density, other.coverage), (0.0, 0.0, 0.0, 0.0));
    }

    #[test]
    fn a_constant_set_scores_zero_as_in_prdc() {
        let x = vec![2.5; 40];
        let m = compare(Points { data: &x, dim: 5 }, Points { data: &x, dim: 5 }, 2);
        assert_eq!((m.precision, m.recall, m.density, m.coverage), (0.0, 0.0, 0.0, 0.0));
    }
}
