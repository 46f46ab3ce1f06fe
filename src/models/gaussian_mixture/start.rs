//! The start of EM: k-means from greedy k-means++ centres, over weighted rows.

use rand::RngExt;

use super::super::numeric::Matrix;
use crate::rng::{Stream, Streams};

/// The most rounds of k-means; small tables settle in far fewer.
const ROUNDS: usize = 300;

/// The cluster of each row, `0..k`. A cluster may end up empty.
pub(crate) fn clusters(rows: &Matrix, k: usize, streams: &Streams) -> Vec<usize> {
    let mut centres = plus_plus(rows, k, &mut streams.of("k-means").rng());
    let mut cluster = nearest(rows, &centres);
    for _ in 0..ROUNDS {
        let (mut sums, mut totals) = (vec![0.0; k * rows.d], vec![0.0; k]);
        for (i, &c) in cluster.iter().enumerate() {
            let w = rows.weights[i];
            totals[c] += w;
            sums[c * rows.d..(c + 1) * rows.d].iter_mut().zip(rows.row(i)).for_each(|(s, x)| *s += w * x);
        }
        // A cluster that lost all its rows keeps its centre.
        for (c, total) in totals.iter().enumerate().filter(|(_, t)| **t > 0.0) {
            let at = c * rows.d..(c + 1) * rows.d;
            centres[at.clone()].iter_mut().zip(&sums[at]).for_each(|(m, s)| *m = s / total);
        }
        let next = nearest(rows, &centres);
        if next == cluster {
            break;
        }
        cluster = next;
    }
    cluster
}

/// Greedy k-means++: each further centre is the best of 2 + ⌊ln k⌋ rows, drawn with chances
/// proportional to weight × squared distance from the centres so far.
fn plus_plus(rows: &Matrix, k: usize, rng: &mut Stream) -> Vec<f64> {
    let trials = 2 + (k as f64).ln() as usize;
    let first = draw(&rows.weights, rng);
    let mut centres = rows.row(first).to_vec();
    let mut squares: Vec<f64> = (0..rows.len()).map(|i| squared(rows.row(i), rows.row(first))).collect();
    for _ in 1..k {
        let chances: Vec<f64> = squares.iter().zip(&rows.weights).map(|(s, w)| s * w).collect();
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for _ in 0..trials {
            let at = draw(&chances, rng);
            let next: Vec<f64> =
                (0..rows.len()).map(|i| squares[i].min(squared(rows.row(i), rows.row(at)))).collect();
            let left: f64 = next.iter().zip(&rows.weights).map(|(s, w)| s * w).sum();
            if best.as_ref().is_none_or(|(least, ..)| left < *least) {
                best = Some((left, at, next));
            }
        }
        if let Some((_, at, next)) = best {
            centres.extend_from_slice(rows.row(at));
            squares = next;
        }
    }
    centres
}

/// An index with chances proportional to `chances`; any index where all are 0 (equal rows).
fn draw(chances: &[f64], rng: &mut Stream) -> usize {
    let total: f64 = chances.iter().sum();
    let mut left = rng.random::<f64>() * total;
    let found = chances.iter().position(|c| {
        left -= c;
        left < 0.0
    });
    found.or_else(|| chances.iter().rposition(|c| *c > 0.0)).unwrap_or(0)
}

fn nearest(rows: &Matrix, centres: &[f64]) -> Vec<usize> {
    let closest = |row: &[f64]| {
        let mut best = (f64::INFINITY, 0);
        for (c, centre) in centres.chunks_exact(rows.d).enumerate() {
            let square = squared(row, centre);
            if square < best.0 {
                best = (square, c);
            }
        }
        best.1
    };
    (0..rows.len()).map(|i| closest(rows.row(i))).collect()
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}
