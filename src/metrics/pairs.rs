//! The distances between all pairs of rows, shared by the metrics of one observation.
//!
//! There are three sets of pairs: sample with sample, held-out with held-out, held-out with sample.
//! Each metric that reads one makes a pass over its tiles ([`distances`](super::distances)). Where
//! several passes are asked for and distances take a matrix product, the first pass keeps the
//! matrix (up to 2048 × 2048 pairs, 32 MB) and the others read it. In few dimensions computing them
//! again is as fast as reading them. Kept or not, the tiles are the same to the bit.

use std::sync::OnceLock;

use super::distances::{Cells, Cloud, DIRECT, Points, Tile, shift};

/// The most pairs whose distances are kept.
const KEPT: usize = 2048 * 2048;

/// The rows of one set, or of two, and the squared distances of all their pairs.
pub struct Pairs {
    rows: Cloud,
    /// `None`: the pairs of one set with itself.
    columns: Option<Cloud>,
    /// Whether the distances are kept after the first pass.
    keeps: bool,
    kept: OnceLock<Vec<f64>>,
}

impl Pairs {
    /// The pairs of one set with itself, for that many passes.
    pub fn within(points: Points<'_>, passes: usize) -> Pairs {
        Self::new(Cloud::new(points, &shift(points)), None, points, passes)
    }

    /// Held-out rows beside the sample's, for that many passes.
    pub fn between(held_out: Points<'_>, sample: Points<'_>, passes: usize) -> Pairs {
        let shift = shift(held_out);
        Self::new(Cloud::new(held_out, &shift), Some(Cloud::new(sample, &shift)), sample, passes)
    }

    fn new(rows: Cloud, columns: Option<Cloud>, other: Points<'_>, passes: usize) -> Pairs {
        let few = rows.rows() * other.rows() <= KEPT;
        Pairs { rows, columns, keeps: few && passes > 1 && other.dim > DIRECT, kept: OnceLock::new() }
    }

    /// The number of rows of the pair matrix.
    pub fn rows(&self) -> usize {
        self.rows.rows()
    }

    /// The number of columns of the pair matrix.
    pub fn columns(&self) -> usize {
        self.columns.as_ref().unwrap_or(&self.rows).rows()
    }

    /// Calls `visit` with every tile of squared distances, always in the same order.
    pub fn visit(&self, mut visit: impl FnMut(Tile<'_>)) {
        let columns = self.columns();
        if self.keeps {
            Tile::each(self.keep(), self.rows.rows(), columns, &mut visit);
        } else {
            self.rows.tiles(self.columns.as_ref().unwrap_or(&self.rows), Cells::SquaredDistances, visit);
        }
    }

    /// The same for the pairs of one set with itself; tiles wholly below the diagonal may be left
    /// out.
    pub fn visit_above(&self, mut visit: impl FnMut(Tile<'_>)) {
        if self.keeps || self.columns.is_some() {
            self.visit(&mut visit);
        } else {
            self.rows.tiles_above(visit);
        }
    }

    /// The whole matrix, computed at the first call.
    fn keep(&self) -> &[f64] {
        let columns = self.columns.as_ref().unwrap_or(&self.rows);
        self.kept.get_or_init(|| {
            let (n, m) = (self.rows.rows(), columns.rows());
            let mut all = vec![0.0; n * m];
            self.rows.tiles(columns, Cells::SquaredDistances, |tile| {
                for (i, line) in tile.rows() {
                    all[i * m + tile.column0..][..line.len()].copy_from_slice(line);
                }
            });
            all
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::normals;

    fn all(pairs: &Pairs) -> Vec<(usize, usize, u64)> {
        let mut cells = Vec::new();
        pairs.visit(|tile| {
            for (i, line) in tile.rows() {
                cells.extend(line.iter().enumerate().map(|(j, d)| (i, tile.column0 + j, d.to_bits())));
            }
        });
        cells
    }

    #[test]
    fn kept_distances_are_those_computed_anew_in_the_same_order() {
        let (x, y) = (normals(70, 9, 1), normals(1030, 9, 2));
        let (x, y) = (Points { data: &x, dim: 9 }, Points { data: &y, dim: 9 });
        let anew = all(&Pairs::between(x, y, 1));
        let pairs = Pairs::between(x, y, 2);
        assert!(pairs.kept.get().is_none());
        assert_eq!(all(&pairs), anew);
        assert_eq!(pairs.kept.get().unwrap().len(), 70 * 1030);
        assert_eq!(all(&pairs), anew);
        assert_eq!((pairs.rows(), pairs.columns(), anew.len()), (70, 1030, 70 * 1030));
    }

    #[test]
    fn few_dimensions_and_single_passes_keep_nothing() {
        let x = normals(20, 8, 1);
        let low = Pairs::within(Points { data: &x, dim: 8 }, 3);
        let once = Pairs::within(Points { data: &x, dim: 16 }, 1);
        assert_eq!((all(&low).len(), all(&once).len()), (400, 100));
        assert!(low.kept.get().is_none() && once.kept.get().is_none());
    }
}
