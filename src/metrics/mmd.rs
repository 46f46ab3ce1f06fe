//! `mmd-rbf` and `mmd-cubic`: squared maximum mean discrepancy.
//!
//! MMD²_u = mean of k(x, x′) + mean of k(y, y′) over pairs of different rows − 2 mean of k(x, y), the
//! unbiased estimate. Cost: O(n² d).

use super::distances::{Cells, Cloud, Points, Tile, shift};
use super::pairs::Pairs;
use super::{
    Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, one, plain, shapes, table,
};
use crate::data::{Distribution, Moments, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `mmd-rbf`.
    #[derive(Clone, Copy)]
    struct Rbf {
        /// h in data units; 0 for the median distance of held-out rows
        bandwidth: f64 = 0.0;
    }
}

struct Cubic;

pub(super) const RBF: MetricEntry = MetricEntry {
    about: About {
        name: "mmd-rbf",
        summary: "Squared maximum mean discrepancy with a Gaussian kernel",
        details: "k(x, y) = exp(−‖x − y‖²/2h²). h is `bandwidth`; with 0, the default, the median \
            distance between the first 500 held-out rows, so that it does not move with the model. The unbiased \
            estimate: 0 in expectation for samples of one distribution, and then as often below 0. Needs two \
            rows on both sides.",
        source: "Gretton et al. 2012 (JMLR 13:723-773), eq. 3",
        parameters: Rbf::PARAMETERS,
        version: 3,
    },
    extra: Reading::distance("", Scale::Linear).unbiased(),
    build: |node, _| Ok(Box::new(table::<Rbf>(node)?)),
};

pub(super) const CUBIC: MetricEntry = MetricEntry {
    about: About {
        name: "mmd-cubic",
        summary: "Squared maximum mean discrepancy with a cubic kernel (KID on standardised features)",
        details: "k(x, y) = (x·y/d + 1)³ with x and y less the mean of the held-out rows and divided by their spread \
            √(tr Σ / d), one number for all features (images: pixels, not Inception features): a cubic kernel \
            depends on the origin and the unit, so both are the human rows'. Over all rows at once rather \
            than averaged over subsets. The unbiased estimate: 0 in expectation for samples of one \
            distribution, and then as often below 0. Needs two rows on both sides.",
        source: "Bińkowski et al. 2018 (arXiv 1801.01401), sec. 4",
        parameters: &[],
        version: 3,
    },
    extra: Reading::distance("", Scale::Linear).unbiased(),
    build: |node, _| plain(node, Cubic),
};

impl Metric for Rbf {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, pairs: "mmd-rbf", ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if !(self.bandwidth.is_finite() && self.bandwidth >= 0.0) {
            return Err(Refusal::new(format!("`bandwidth` must be at least 0, not {}", self.bandwidth)));
        }
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let held_out = of.held_out_points()?;
        let h = if self.bandwidth > 0.0 { self.bandwidth } else { median_distance(held_out.head(500))? };
        let (x, y, between) = (of.held_out_pairs()?, of.sample_pairs()?, of.cross_pairs()?);
        two_rows(x.rows(), y.rows())?;
        let kernel = |d: f64| (-d / (2.0 * h * h)).exp();
        let mean = |pairs: &Pairs, same: bool| {
            let mut total = 0.0;
            pairs.visit(|tile| total += sum(&tile, same, kernel));
            total / (pairs.rows() as f64 * (pairs.columns() - usize::from(same)) as f64)
        };
        one("mmd-rbf", mean(x, true) + mean(y, true) - 2.0 * mean(between, false))
    }
}

impl Metric for Cubic {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (sample, held_out) = (of.sample_points()?, of.held_out_points()?);
        let d = sample.dim as f64;
        let (mean, spread) = mean_and_spread(held_out);
        let standard = |points: Points<'_>| -> Vec<f64> {
            let centred = points.data.iter().zip(mean.iter().cycle());
            centred.map(|(x, m)| (x - m) / spread).collect()
        };
        let (x, y) = (standard(held_out), standard(sample));
        let cloud = |data| Cloud::new(Points { data, dim: sample.dim }, &[]);
        let (x, y) = (cloud(&x), cloud(&y));
        two_rows(x.rows(), y.rows())?;
        let kernel = |p: f64| (p / d + 1.0).powi(3);
        let mean = |a: &Cloud, b: &Cloud, same: bool| {
            let mut total = 0.0;
            a.tiles(b, Cells::Products, |tile| total += sum(&tile, same, kernel));
            total / (a.rows() as f64 * (b.rows() - usize::from(same)) as f64)
        };
        one("mmd-cubic", mean(&x, &x, true) + mean(&y, &y, true) - 2.0 * mean(&x, &y, false))
    }
}

fn two_rows(x: usize, y: usize) -> Result<(), Refusal> {
    if x < 2 || y < 2 {
        return Err(Refusal::too_few_rows("an unbiased discrepancy needs two rows on both sides"));
    }
    Ok(())
}

/// The kernel summed over a tile; with `same`, without the pairs of a row with itself.
fn sum(tile: &Tile<'_>, same: bool, kernel: impl Fn(f64) -> f64) -> f64 {
    let mut total = 0.0;
    for (i, line) in tile.rows() {
        total += line.iter().map(|&c| kernel(c)).sum::<f64>();
        if let Some(own) = i.checked_sub(tile.column0).and_then(|j| line.get(j)).filter(|_| same) {
            total -= kernel(*own);
        }
    }
    total
}

/// The mean of rows and √(tr Σ / d), 1 where that is 0.
fn mean_and_spread(points: Points<'_>) -> (Vec<f64>, f64) {
    let Moments { mean, scatter, .. } = Moments::of_matrix(points.data, points.dim);
    let total: f64 = scatter.iter().step_by(points.dim + 1).sum();
    let spread = (total / (points.dim * points.rows().max(1)) as f64).sqrt();
    (mean, if spread > 0.0 && spread.is_finite() { spread } else { 1.0 })
}

/// The median distance between different rows, the middle of the two where there are as many pairs on
/// either side; refuses if it is 0.
fn median_distance(points: Points<'_>) -> Result<f64, Refusal> {
    let cloud = Cloud::new(points, &shift(points));
    let mut all = Vec::with_capacity(points.rows() * points.rows() / 2);
    cloud.tiles(&cloud, Cells::SquaredDistances, |tile| {
        for (i, line) in tile.rows() {
            let before = i.saturating_sub(tile.column0).min(line.len());
            all.extend_from_slice(&line[..before]);
        }
    });
    if all.is_empty() {
        return Err(Refusal::too_few_rows("a median distance needs two held-out rows"));
    }
    let (middle, even) = (all.len() / 2, all.len().is_multiple_of(2));
    let (below, upper, _) = all.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = upper.sqrt();
    let median = match below.iter().copied().max_by(f64::total_cmp).filter(|_| even) {
        Some(lower) => 0.5 * (lower.sqrt() + upper),
        None => upper,
    };
    if median > 0.0 && median.is_finite() {
        Ok(median)
    } else {
        Err(Refusal::undefined("the median distance of the held-out rows is no bandwidth: set `bandwidth`"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, reference, value};

    #[test]
    fn they_agree_with_the_kernels_of_scikit_learn() {
        let r = reference();
        let scene = Scene::numbers(&r.numbers("y"), 3).with_held_out(&r.numbers("x"), 3);
        let found = value(&Rbf { bandwidth: 0.9 }, &scene).unwrap();
        assert!((found - r.number("mmd_rbf")).abs() < 1e-9, "{found}");
        let found = value(&Cubic, &scene).unwrap();
        assert!((found - r.number("mmd_cubic")).abs() < 1e-9, "{found}");
    }

    #[test]
    fn the_median_is_over_pairs_of_different_rows() {
        // Distances of 0, 1, 3: 1, 2, 3.
        assert_eq!(median_distance(Points { data: &[0.0, 1.0, 3.0], dim: 1 }), Ok(2.0));
        // Of 0, 1, 3, 8: 1, 2, 3, 5, 7, 8.
        assert_eq!(median_distance(Points { data: &[0.0, 1.0, 3.0, 8.0], dim: 1 }), Ok(4.0));
    }

    #[test]
    fn the_cubic_kernel_does_not_see_origin_and_unit() {
        let r = reference();
        let (x, y) = (r.numbers("x"), r.numbers("y"));
        let found = |unit: f64, offset: f64| {
            let of = |data: &[f64]| data.iter().map(|v| v * unit + offset).collect::<Vec<_>>();
            value(&Cubic, &Scene::numbers(&of(&y), 3).with_held_out(&of(&x), 3)).unwrap()
        };
        let plain = found(1.0, 0.0);
        assert!((found(1e-3, 0.0) - plain).abs() < 1e-9 * plain.abs());
        // Numbers near 1e8 have eight digits behind the point.
        assert!((found(1.0, 1e8) - plain).abs() < 1e-5 * plain.abs(), "{} {plain}", found(1.0, 1e8));
    }
}
