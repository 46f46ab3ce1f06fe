//! k-means: k-means++ seeding (Arthur & Vassilvitskii 2007), then Lloyd's iterations.
//!
//! Cost: O(n k d) per iteration.

use rand::RngExt;

use super::distances::{Cells, Cloud, Points};
use crate::rng::Stream;

/// Iterations after which Lloyd's algorithm is stopped.
const MOST: usize = 100;

/// The cluster of each point, `0..k`, where no point would change its cluster any more (or after
/// 100 iterations). A cluster may end up empty. `k` is at least 1 and at most the number of points.
pub(super) fn clusters(points: Points<'_>, k: usize, rng: &mut Stream) -> Vec<usize> {
    let cloud = Cloud::new(points, &[]);
    let mut centres = seeds(points, &cloud, k, rng);
    let mut of = vec![usize::MAX; points.rows()];
    for _ in 0..MOST {
        let next = nearest(&cloud, Points { data: &centres, dim: points.dim });
        if next == of {
            break;
        }
        of = next;
        let (mut sums, mut counts) = (vec![0.0; centres.len()], vec![0.0; k]);
        for (i, &c) in of.iter().enumerate() {
            counts[c] += 1.0;
            sums[c * points.dim..].iter_mut().zip(points.row(i)).for_each(|(s, x)| *s += x);
        }
        // An empty cluster keeps its centre.
        for c in (0..k).filter(|&c| counts[c] > 0.0) {
            for j in c * points.dim..(c + 1) * points.dim {
                centres[j] = sums[j] / counts[c];
            }
        }
    }
    of
}

/// The first centre is a random point, each other one a point with probability proportional to its
/// squared distance from the nearest centre so far.
fn seeds(points: Points<'_>, cloud: &Cloud, k: usize, rng: &mut Stream) -> Vec<f64> {
    let n = points.rows();
    let mut centres = points.row(rng.random_range(0..n)).to_vec();
    let mut least = vec![f64::INFINITY; n];
    while centres.len() < k * points.dim {
        let last = Points { data: &centres[centres.len() - points.dim..], dim: points.dim };
        cloud.tiles(&Cloud::new(last, &[]), Cells::SquaredDistances, |tile| {
            tile.rows().for_each(|(i, line)| least[i] = least[i].min(line[0]));
        });
        let mut left = rng.random::<f64>() * least.iter().sum::<f64>();
        let chosen = least.iter().position(|d| {
            left -= d;
            left < 0.0
        });
        // All points are centres already: any point does.
        centres.extend_from_slice(points.row(chosen.unwrap_or(n - 1)));
    }
    centres
}

/// The nearest centre of each point, the first of equally near ones.
fn nearest(cloud: &Cloud, centres: Points<'_>) -> Vec<usize> {
    let mut best = vec![(f64::INFINITY, 0); cloud.rows()];
    cloud.tiles(&Cloud::new(centres, &[]), Cells::SquaredDistances, |tile| {
        for (i, line) in tile.rows() {
            for (c, &d) in line.iter().enumerate() {
                if d < best[i].0 {
                    best[i] = (d, tile.column0 + c);
                }
            }
        }
    });
    best.into_iter().map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::testing::normals;
    use crate::rng::Streams;

    #[test]
    fn groups_that_lie_apart_are_found() {
        // Three groups at 0, 100 and 200, with a standard deviation of 1.
        let data: Vec<f64> = normals(90, 2, 1)
            .chunks(2)
            .enumerate()
            .flat_map(|(i, r)| [r[0] + 100.0 * (i % 3) as f64, r[1]])
            .collect();
        let of = clusters(Points { data: &data, dim: 2 }, 3, &mut Streams::new(0, 1).rng());
        for i in 0..90 {
            assert_eq!(of[i], of[i % 3]);
        }
        assert!(of[0] != of[1] && of[1] != of[2] && of[0] != of[2]);
    }

    #[test]
    fn equal_points_and_as_many_clusters_as_points_are_no_trouble() {
        let same = [2.0; 12];
        assert!(
            clusters(Points { data: &same, dim: 3 }, 4, &mut Streams::new(0, 1).rng()).iter().all(|&c| c < 4)
        );
        let data = [0.0, 1.0, 5.0];
        let of = clusters(Points { data: &data, dim: 1 }, 3, &mut Streams::new(0, 2).rng());
        assert!(of[0] != of[1] && of[1] != of[2] && of[0] != of[2]);
    }
}
