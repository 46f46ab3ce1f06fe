//! Level lines of a number on a lattice (marching squares), and strokes over the part where it is small.

use std::collections::BTreeMap;

type Point = (f64, f64);

/// An edge of the lattice: from node (column, row) to the right, or upwards.
type Edge = (usize, usize, bool);

/// The lines on which the number takes `level`; `values` has one list of `x.len()` for each of `y`. Squares with a corner
/// that has no number are left out.
pub(super) fn contours(x: &[f64], y: &[f64], values: &[Vec<f64>], level: f64) -> Vec<Vec<Point>> {
    let mut at: BTreeMap<Edge, Point> = BTreeMap::new();
    let mut met: BTreeMap<Edge, Vec<Edge>> = BTreeMap::new();
    for row in 0..y.len().saturating_sub(1) {
        for column in 0..x.len().saturating_sub(1) {
            for (a, b) in in_square(x, y, values, (column, row), level, &mut at) {
                met.entry(a).or_default().push(b);
                met.entry(b).or_default().push(a);
            }
        }
    }
    let mut lines = Vec::new();
    // Ends first, so that an open line is one piece; what is left are rings.
    let ends: Vec<Edge> = met.iter().filter(|(_, next)| next.len() == 1).map(|(edge, _)| *edge).collect();
    for start in ends.into_iter().chain(met.clone().into_keys()) {
        let mut line = vec![start];
        let mut here = start;
        while let Some(next) = met.get_mut(&here).and_then(Vec::pop) {
            if let Some(back) = met.get_mut(&next) {
                back.retain(|e| *e != here);
            }
            line.push(next);
            here = next;
        }
        if line.len() > 1 {
            lines.push(line.iter().filter_map(|edge| at.get(edge).copied()).collect());
        }
    }
    lines
}

/// The pieces of the line in one square, as pairs of the edges that they join.
fn in_square(
    x: &[f64],
    y: &[f64],
    values: &[Vec<f64>],
    (i, j): (usize, usize),
    level: f64,
    at: &mut BTreeMap<Edge, Point>,
) -> Vec<(Edge, Edge)> {
    // Counter-clockwise from the lower left.
    let corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)];
    let edges: [Edge; 4] = [(i, j, true), (i + 1, j, false), (i, j + 1, true), (i, j, false)];
    let v = corners.map(|(c, r)| values[r][c]);
    if v.iter().any(|v| !v.is_finite()) {
        return Vec::new();
    }
    let mut crossed = Vec::new();
    for (k, edge) in edges.into_iter().enumerate() {
        let (from, to) = (k, (k + 1) % 4);
        if (v[from] >= level) != (v[to] >= level) {
            let part = (level - v[from]) / (v[to] - v[from]);
            let place = |(c, r): (usize, usize)| (x[c], y[r]);
            let (a, b) = (place(corners[from]), place(corners[to]));
            at.insert(edge, (a.0 + part * (b.0 - a.0), a.1 + part * (b.1 - a.1)));
            crossed.push(edge);
        }
    }
    match crossed[..] {
        [a, b] => vec![(a, b)],
        // A saddle: the middle decides which corners belong together.
        [a, b, c, d] if (v.iter().sum::<f64>() / 4.0 >= level) == (v[0] >= level) => vec![(a, b), (c, d)],
        [a, b, c, d] => vec![(a, d), (b, c)],
        _ => Vec::new(),
    }
}

/// The number at a place, linear between the nodes around it; none outside or beside a node without one.
pub(super) fn value_at(x: &[f64], y: &[f64], values: &[Vec<f64>], (px, py): Point) -> Option<f64> {
    let cell = |all: &[f64], p: f64| -> Option<(usize, f64)> {
        let right = all.partition_point(|a| *a < p).max(1);
        let (a, b) = (*all.get(right - 1)?, *all.get(right)?);
        (a <= p).then(|| (right - 1, (p - a) / (b - a)))
    };
    let ((i, u), (j, v)) = (cell(x, px)?, cell(y, py)?);
    let mix = |row: &[f64]| row[i] + u * (row[i + 1] - row[i]);
    let (low, high) = (mix(&values[j]), mix(&values[j + 1]));
    let value = low + v * (high - low);
    value.is_finite().then_some(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lattice(f: impl Fn(f64, f64) -> f64) -> (Vec<f64>, Vec<f64>, Vec<Vec<f64>>) {
        let x: Vec<f64> = (0..=20).map(|i| f64::from(i) * 0.1 - 1.0).collect();
        let values = x.iter().map(|y| x.iter().map(|x| f(*x, *y)).collect()).collect();
        (x.clone(), x, values)
    }

    #[test]
    fn a_ring_is_one_closed_line_and_a_plane_one_open_line() {
        let (x, y, values) = lattice(|x, y| x * x + y * y);
        let rings = contours(&x, &y, &values, 0.49);
        assert_eq!(rings.len(), 1);
        assert_eq!(rings[0].first(), rings[0].last());
        assert!(rings[0].iter().all(|(x, y)| (x.hypot(*y) - 0.7).abs() < 0.01));
        let (x, y, values) = lattice(|x, y| x - 2.0 * y);
        let lines = contours(&x, &y, &values, 0.25);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].len() > 15 && lines[0].iter().all(|(x, y)| (x - 2.0 * y - 0.25).abs() < 1e-9));
    }

    #[test]
    fn a_saddle_has_two_lines_and_a_hole_none() {
        let (x, y, mut values) = lattice(|x, y| x * y);
        assert_eq!(contours(&x, &y, &values, 0.1).len(), 2);
        values.iter_mut().flatten().for_each(|v| *v = f64::NAN);
        assert!(contours(&x, &y, &values, 0.1).is_empty());
    }

    #[test]
    fn a_value_between_nodes_is_linear() {
        let (x, y, values) = lattice(|x, y| 3.0 * x - y);
        for place in [(-1.0, -1.0), (0.05, 0.3), (1.0, 1.0)] {
            let value = value_at(&x, &y, &values, place).unwrap();
            assert!((value - (3.0 * place.0 - place.1)).abs() < 1e-9);
        }
        assert_eq!(value_at(&x, &y, &values, (1.1, 0.0)), None);
    }
}
