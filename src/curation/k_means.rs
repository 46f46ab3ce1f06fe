//! k-means: the clusters that a projection leads to.
//!
//! Starts from k-means++ (Arthur and Vassilvitskii 2007: each further centre is a row drawn with
//! probability proportional to its squared distance to the nearest centre so far), then Lloyd's
//! steps until no row changes its cluster, at most [`STEPS`]. Fewer distinct rows than clusters give
//! as many clusters as there are distinct rows. Cost: O(rows · clusters · width) a step.

use rand::RngExt;

use crate::rng::Stream;

/// The most steps of Lloyd's algorithm.
const STEPS: usize = 100;

/// Centres as a row-major matrix with `d` columns; empty for no rows.
pub(super) fn centres(data: &[f64], d: usize, clusters: usize, rng: &mut Stream) -> Vec<f64> {
    let rows: Vec<&[f64]> = data.chunks_exact(d).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut centres = rows[rng.random_range(0..rows.len())].to_vec();
    let mut nearest: Vec<f64> = rows.iter().map(|row| squared_distance(row, &centres)).collect();
    while centres.len() < clusters * d {
        let total: f64 = nearest.iter().sum();
        if total <= 0.0 {
            break;
        }
        let mut left = rng.random::<f64>() * total;
        let far = |&(_, weight): &(usize, &f64)| {
            left -= *weight;
            left < 0.0
        };
        let chosen = nearest.iter().enumerate().find(far).map_or(rows.len() - 1, |(i, _)| i);
        let from = centres.len();
        centres.extend_from_slice(rows[chosen]);
        for (near, row) in nearest.iter_mut().zip(&rows) {
            *near = near.min(squared_distance(row, &centres[from..]));
        }
    }
    let mut cluster = vec![usize::MAX; rows.len()];
    for _ in 0..STEPS {
        let mut changed = false;
        for (own, row) in cluster.iter_mut().zip(&rows) {
            let found = closest(&centres, row);
            changed |= *own != found;
            *own = found;
        }
        if !changed {
            break;
        }
        let mut sums = vec![0.0; centres.len()];
        let mut counts = vec![0.0; centres.len() / d];
        for (&own, row) in cluster.iter().zip(&rows) {
            counts[own] += 1.0;
            sums[own * d..(own + 1) * d].iter_mut().zip(*row).for_each(|(s, x)| *s += x);
        }
        // A cluster that lost all its rows stays where it is.
        for (k, count) in counts.iter().enumerate().filter(|(_, c)| **c > 0.0) {
            for j in k * d..(k + 1) * d {
                centres[j] = sums[j] / count;
            }
        }
    }
    centres
}

/// The number of the nearest centre; the first of several.
pub(super) fn closest(centres: &[f64], row: &[f64]) -> usize {
    let distances = centres.chunks_exact(row.len()).map(|c| squared_distance(c, row)).enumerate();
    distances.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(k, _)| k)
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Streams;

    #[test]
    fn separate_groups_are_found() {
        let data = [0.0, 0.0, 0.2, 0.0, 10.0, 0.0, 10.0, 0.4, 0.0, 9.0];
        for seed in 0..20 {
            let found = centres(&data, 2, 3, &mut Streams::new(0, seed).rng());
            let mut pairs: Vec<[f64; 2]> = found.chunks(2).map(|c| [c[0], c[1]]).collect();
            pairs.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
            assert_eq!(pairs, [[0.0, 9.0], [0.1, 0.0], [10.0, 0.2]]);
        }
    }

    #[test]
    fn fewer_distinct_rows_than_clusters_give_fewer_clusters() {
        let mut rng = Streams::new(0, 0).rng();
        assert_eq!(centres(&[2.0, 2.0, 2.0], 1, 4, &mut rng), [2.0]);
        assert!(centres(&[], 1, 4, &mut rng).is_empty());
        assert_eq!(closest(&[0.0, 5.0], &[3.0]), 1);
    }
}
