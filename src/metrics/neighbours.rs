//! The distance of each point to its k-th nearest other point.

use super::pairs::Pairs;

/// The squared distance from each point to its `k`-th nearest other point (itself left out);
/// infinite if there are fewer. `points` are the pairs of one set with itself: d(x, y) = d(y, x), so
/// each pair is looked at once.
pub fn neighbour_radii(points: &Pairs, k: usize) -> Vec<f64> {
    let n = points.rows();
    let mut nearest = vec![f64::INFINITY; n * k];
    // The k-th nearest so far of each point, side by side.
    let mut worst = vec![f64::INFINITY; n];
    points.visit_above(|tile| {
        for (i, line) in tile.rows() {
            let from = (i + 1).saturating_sub(tile.column0).min(line.len());
            for (group, first) in line[from..].chunks(16).zip((tile.column0 + from..).step_by(16)) {
                // Most groups hold nothing near: comparisons without branches settle them.
                let own = worst[i];
                let near = |any: bool, (d, w): (&f64, &f64)| any | (*d < own) | (d < w);
                if !group.iter().zip(&worst[first..first + group.len()]).fold(false, near) {
                    continue;
                }
                for (j, &d) in (first..).zip(group) {
                    for point in [i, j] {
                        if d < worst[point] {
                            let best = &mut nearest[point * k..(point + 1) * k];
                            let at = best.partition_point(|&b| b <= d);
                            best[at..].rotate_right(1);
                            best[at] = d;
                            worst[point] = best[k - 1];
                        }
                    }
                }
            }
        }
    });
    worst
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::distances::Points;
    use crate::metrics::testing::normals;

    fn squared(x: &[f64], y: &[f64]) -> f64 {
        x.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum()
    }

    #[test]
    fn radii_are_those_of_sorted_distances() {
        // More points than a tile has rows and columns, in few and in many dimensions.
        for (n, dim, k) in [(1100, 3, 5), (1100, 12, 1), (70, 12, 3)] {
            let data = normals(n, dim, 4);
            let points = Points { data: &data, dim };
            let radii = neighbour_radii(&Pairs::within(points, 1), k);
            for i in (0..n).step_by(97) {
                let mut all: Vec<f64> =
                    (0..n).filter(|&j| j != i).map(|j| squared(points.row(i), points.row(j))).collect();
                all.sort_by(f64::total_cmp);
                assert!((radii[i] - all[k - 1]).abs() < 1e-11, "{n}, {dim}, {k}: {i}");
            }
            assert_eq!(radii, neighbour_radii(&Pairs::within(points, 2), k));
        }
    }

    #[test]
    fn radii_leave_the_point_itself_out() {
        // Points 0, 1, 3, 7 on a line: second neighbours at 3, 2, 3, 6.
        let data = [0.0, 1.0, 3.0, 7.0];
        let pairs = Pairs::within(Points { data: &data, dim: 1 }, 1);
        assert_eq!(neighbour_radii(&pairs, 2), vec![9.0, 4.0, 9.0, 36.0]);
        assert_eq!(neighbour_radii(&pairs, 4), vec![f64::INFINITY; 4]);
    }
}
