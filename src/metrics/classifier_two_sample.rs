//! `classifier-two-sample`: can a classifier tell the model's rows from human ones?
//!
//! Leave-one-out accuracy of a k-nearest-neighbour classifier on n rows of each side. Cost: O(n² d),
//! three passes over pairs.

use super::pairs::Pairs;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `classifier-two-sample`.
    #[derive(Clone, Copy)]
    struct TwoSample {
        /// Neighbours that vote; odd
        k: usize = 5;
    }
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "classifier-two-sample",
        summary: "Accuracy of a nearest-neighbour classifier that tells model rows from human rows",
        details: "Model rows and held-out human rows are pooled, the larger set cut to the size of the smaller. Each row is \
            classified by the majority of its k nearest other rows (Euclidean; it never votes for itself); \
            the value is the share classified rightly. ½ if the two are alike: more exactly (n − 1)/(2n − 1) in \
            expectation for one neighbour and equal distributions of n rows each, with a standard deviation of about 1/√(8n) or more. 1 if \
            they do not overlap. Below ½ the model's rows lie nearer to human rows than these to each other, as \
            copies do. Rows at equal distance count in equal parts. Needs more than k rows in the pool.",
        source: "Lopez-Paz & Oquab 2017 (arXiv 1610.06545); leave-one-out: Xu et al. 2018 (arXiv 1806.07755)",
        parameters: TwoSample::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::Lower,
        ideal: "0.5",
        unit: "share",
        scale: Scale::Logit,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<TwoSample>(node)?)),
};

impl Metric for TwoSample {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, pairs: "classifier", ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.k.is_multiple_of(2) {
            return Err(Refusal::new(format!("`k` must be odd, so that a vote decides, not {}", self.k)));
        }
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (human, model, between) = (of.held_out_pairs()?, of.sample_pairs()?, of.cross_pairs()?);
        let n = human.rows().min(model.rows());
        if 2 * n <= self.k {
            return Err(Refusal::too_few_rows(format!(
                "k = {} needs more rows than the {} of the pool",
                self.k,
                2 * n
            )));
        }
        one("classifier-two-sample", rightly(human, model, between, n, self.k) / (2 * n) as f64)
    }
}

/// The nearest rows of one row: distinct squared distances, nearest first, with the number of human
/// and of model rows at each; as many as hold k rows.
#[derive(Clone, Default)]
struct Nearest {
    at: Vec<(f64, [usize; 2])>,
    /// How many rows are kept.
    rows: usize,
}

const HUMAN: usize = 0;
const MODEL: usize = 1;

/// How many of the first `n` rows of each side are classified rightly; an even vote counts half.
fn rightly(human: &Pairs, model: &Pairs, between: &Pairs, n: usize, k: usize) -> f64 {
    let mut near = [vec![Nearest::default(); n], vec![Nearest::default(); n]];
    for (pairs, side) in [(human, HUMAN), (model, MODEL)] {
        pairs.visit(|tile| {
            for (i, line) in tile.rows().filter(|(i, _)| *i < n) {
                let columns = (tile.column0..n).zip(line).filter(|(j, _)| *j != i);
                columns.for_each(|(_, &d)| near[side][i].meet(k, d, side));
            }
        });
    }
    between.visit(|tile| {
        for (i, line) in tile.rows().filter(|(i, _)| *i < n) {
            for (j, &d) in (tile.column0..n).zip(line) {
                near[HUMAN][i].meet(k, d, MODEL);
                near[MODEL][j].meet(k, d, HUMAN);
            }
        }
    });
    let right = |side: usize| near[side].iter().map(|row| row.vote(k, side)).sum::<f64>();
    right(HUMAN) + right(MODEL)
}

impl Nearest {
    /// Counts a row at squared distance `d`.
    fn meet(&mut self, k: usize, d: f64, side: usize) {
        if self.rows >= k && self.at.last().is_some_and(|(worst, _)| d > *worst) {
            return;
        }
        let place = self.at.partition_point(|(known, _)| *known < d);
        match self.at.get_mut(place) {
            Some((known, counts)) if *known == d => counts[side] += 1,
            _ => {
                let mut counts = [0, 0];
                counts[side] = 1;
                self.at.insert(place, (d, counts));
            }
        }
        self.rows += 1;
        // The farthest are dropped while the others hold k rows.
        while let Some((_, [human, model])) = self.at.last()
            && self.rows - human - model >= k
        {
            self.rows -= human + model;
            self.at.pop();
        }
    }

    /// 1 if most of the k nearest are of the given side, ½ if just half are, else 0. Rows at the
    /// k-th distance share the votes that are left for them.
    fn vote(&self, k: usize, side: usize) -> f64 {
        let (mut left, mut own) = (k as f64, 0.0);
        for (_, counts) in &self.at {
            let all = counts[HUMAN] + counts[MODEL];
            let votes = left.min(all as f64);
            own += votes * counts[side] as f64 / all as f64;
            left -= votes;
        }
        match own.total_cmp(&(k as f64 / 2.0)) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, normals, reference, value};

    #[test]
    fn it_agrees_with_leave_one_out_in_scikit_learn() {
        let r = reference();
        for (k, expected) in [1, 5].into_iter().zip(r.numbers("classifier_two_sample")) {
            let scene = Scene::numbers(&r.numbers("y"), 3).with_held_out(&r.numbers("x"), 3);
            assert_eq!(value(&TwoSample { k }, &scene), Ok(expected), "k = {k}");
            let scene = Scene::numbers(&r.numbers("wide_y"), 20).with_held_out(&r.numbers("wide_x"), 20);
            assert!(value(&TwoSample { k }, &scene).is_ok());
        }
    }

    #[test]
    fn rows_that_do_not_overlap_are_told_apart_and_constant_ones_are_not() {
        let x = normals(30, 2, 1);
        let far: Vec<f64> = x.iter().map(|v| v + 100.0).collect();
        assert_eq!(value(&TwoSample { k: 5 }, &Scene::numbers(&far, 2).with_held_out(&x, 2)), Ok(1.0));
        // All rows equal: each sees n of the other side and n − 1 of its own, and is always wrong.
        let same = Scene::numbers(&[2.0; 8], 1).with_held_out(&[2.0; 8], 1);
        assert_eq!(value(&TwoSample { k: 3 }, &same), Ok(0.0));
        // A copy of every row on the other side is always the nearest.
        assert_eq!(value(&TwoSample { k: 1 }, &Scene::numbers(&x, 2).with_held_out(&x, 2)), Ok(0.0));
    }

    #[test]
    fn one_distribution_is_told_apart_by_chance() {
        // 20 pairs of 200 rows. The votes of neighbouring rows depend on each other, at most
        // doubling the standard deviation 0.5/√400 of one accuracy: 0.05/√20, five of them. The
        // expectation is (n − 1)/(2n − 1) for one neighbour.
        let mean: f64 = (0..20)
            .map(|s| {
                let scene =
                    Scene::numbers(&normals(200, 2, 2 * s), 2).with_held_out(&normals(200, 2, 2 * s + 1), 2);
                value(&TwoSample { k: 1 }, &scene).unwrap()
            })
            .sum::<f64>()
            / 20.0;
        assert!((mean - 199.0 / 399.0).abs() < 0.056, "{mean}");
    }
}
