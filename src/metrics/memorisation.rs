//! `nearest-neighbour-memorisation` and `nearest-neighbour-ratio`: are model rows nearer to the
//! human rows that were trained on than to human rows that were not?
//!
//! T are the human rows of the training set (by true origin), H the held-out rows, both cut to the
//! smaller number of the two, since more rows lie nearer. For a model row y let t(y) and h(y) be the
//! Euclidean distances to the nearest row of T and of H. Cost: O(n m d).

use super::distances::{Cloud, Points, nearest, shift};
use super::pairs::Pairs;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Body, Distribution, Origin, Samples, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

enum Memorisation {
    Share,
    Ratio,
}

const SOURCE: &str =
    "Meehan et al. 2020 (arXiv 2004.05675) for the three-sample test; Alaa et al. 2022 (arXiv 2102.08921)";

pub(super) const SHARE: MetricEntry = MetricEntry {
    about: About {
        name: "nearest-neighbour-memorisation",
        summary: "Share of rows nearer to a human training row than to any held-out row",
        details: "Mean over rows y of 1[t(y) < h(y)] + ½·1[t(y) = h(y)], with t(y) and h(y) the Euclidean distances on \
            raw features to the nearest human row of the training set and to the nearest held-out row. Both sets \
            are cut to the size of the smaller (training rows in the seed's order), else the larger would lie \
            nearer. ½ without memorisation, 1 if every row copies the training set. Below ½ the model keeps \
            its distance from what it was trained on. Refused (no row) where the training set holds no human row.",
        source: SOURCE,
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "0.5",
        unit: "share",
        scale: Scale::Logit,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, Memorisation::Share),
};

pub(super) const RATIO: MetricEntry = MetricEntry {
    about: About {
        name: "nearest-neighbour-ratio",
        summary: "Distance to human training rows over distance to held-out rows",
        details: "Mean t(y) / mean h(y), with t and h as in `nearest-neighbour-memorisation`. 1 without memorisation, \
            0 if every row copies a training row. Refused (no row) if every row is equal to a held-out row.",
        source: SOURCE,
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "1",
        unit: "ratio",
        scale: Scale::Log,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| plain(node, Memorisation::Ratio),
};

impl Metric for Memorisation {
    fn needs(&self) -> Needs {
        Needs {
            sample: When::Always,
            training: true,
            held_out: When::Always,
            pairs: "memorisation",
            ..Needs::default()
        }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let near = of.shared.neighbours(|| neighbours(of))?;
        match self {
            Memorisation::Share => one("nearest-neighbour-memorisation", near.share),
            Memorisation::Ratio => one("nearest-neighbour-ratio", near.ratio),
        }
    }
}

/// The two values of one observation.
#[derive(Clone, Copy)]
pub(super) struct Neighbours {
    /// Share of rows nearer to a training row; ties count half.
    share: f64,
    /// Mean distance to training rows over mean distance to held-out rows; NaN for 0/0.
    ratio: f64,
}

fn neighbours(of: &Observation<'_>) -> Result<Neighbours, Refusal> {
    let (sample, held_out) = (of.sample_points()?, of.held_out_points()?);
    let training = human_training_rows(of)?;
    if let Some((row, column)) = training.first_non_finite() {
        return Err(Refusal::diverged(format!(
            "training row {row} holds a number that is not finite (`{column}`)"
        )));
    }
    let trained = of.shared.coordinates(&training);
    let trained = Points { data: &trained, dim: trained.len() / training.len().max(1) };
    if trained.dim != sample.dim || held_out.dim != sample.dim {
        return Err(Refusal::new("training, held-out and measured rows have different widths"));
    }
    let n = trained.rows().min(held_out.rows());
    let shift = shift(held_out);
    let rows = Cloud::new(sample, &shift);
    let t = nearest(&rows, &Cloud::new(trained.head(n), &shift));
    let h = nearest_held_out(of.cross_pairs()?, n);
    let nearer = |(t, h): (&f64, &f64)| {
        if t < h {
            1.0
        } else if t == h {
            0.5
        } else {
            0.0
        }
    };
    let mean_root = |d: &[f64]| d.iter().map(|d| d.sqrt()).sum::<f64>();
    Ok(Neighbours {
        share: t.iter().zip(&h).map(nearer).sum::<f64>() / t.len() as f64,
        ratio: mean_root(&t) / mean_root(&h),
    })
}

/// The squared distance from each row of the sample to its nearest of the first `n` held-out rows.
fn nearest_held_out(cross: &Pairs, n: usize) -> Vec<f64> {
    let mut least = vec![f64::INFINITY; cross.columns()];
    cross.visit(|tile| {
        for (_, line) in tile.rows().filter(|(i, _)| *i < n) {
            least[tile.column0..].iter_mut().zip(line).for_each(|(l, &d)| *l = l.min(d));
        }
    });
    least
}

/// The human rows of the training set, by true origin.
pub(super) fn human_training_rows(of: &Observation<'_>) -> Result<Samples, Refusal> {
    let mut tables = Vec::new();
    for part in of.training.parts.iter().filter(|p| p.origin == Origin::Human && !p.body.is_empty()) {
        match &part.body {
            Body::Rows(rows) => tables.push(rows.gather()),
            Body::Statistics(_) => {
                return Err(Refusal::not_applicable("the training set is kept as statistics, not as rows"));
            }
        }
    }
    let tables: Vec<&Samples> = tables.iter().collect();
    if tables.is_empty() {
        return Err(Refusal::not_applicable("the training set holds no human row"));
    }
    Samples::concat(&tables).map_err(|e| Refusal::new(e.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, normals, numbers, value};

    #[test]
    fn by_hand_on_a_line() {
        // Training 0, 10 (10 of 3 rows cut), held out 1, 4. Rows: 0 (t 0, h 1), 2 (t 2, h 1),
        // 0.5 (tie ½, ½), 9 (t 1, h 5): share (1 + 0 + ½ + 1)/4, ratio 3.5/7.5.
        let scene = Scene::numbers(&[0.0, 2.0, 0.5, 9.0], 1)
            .with_held_out(&[1.0, 4.0], 1)
            .trained_on(numbers(&[0.0, 10.0, 2.0], 1));
        assert_eq!(value(&Memorisation::Share, &scene), Ok(0.625));
        assert!((value(&Memorisation::Ratio, &scene).unwrap() - 3.5 / 7.5).abs() < 1e-15);
    }

    #[test]
    fn copies_score_one_and_fresh_rows_a_half() {
        let (train, held, fresh) = (normals(400, 2, 1), normals(400, 2, 2), normals(400, 2, 3));
        let scene =
            |rows: &[f64]| Scene::numbers(rows, 2).with_held_out(&held, 2).trained_on(numbers(&train, 2));
        assert_eq!(value(&Memorisation::Share, &scene(&train)), Ok(1.0));
        assert_eq!(value(&Memorisation::Ratio, &scene(&train)), Ok(0.0));
        // Standard error of a share of 400 rows: below 0.025 if rows were independent; neighbours
        // are shared, so twice that; four of them.
        assert!((value(&Memorisation::Share, &scene(&fresh)).unwrap() - 0.5).abs() < 0.2);
        let none = Scene::numbers(&fresh, 2).with_held_out(&held, 2);
        assert!(value(&Memorisation::Share, &none).is_err());
    }
}
