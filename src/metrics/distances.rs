//! Blocked pairwise distances.
//!
//! Squared Euclidean distances of all pairs of two point sets, tile by tile: ‖x‖² + ‖y‖² − 2x·y,
//! the products by a blocked matrix multiplication in f64. A tile fits in the second-level cache
//! and is read while it is there; the n × m matrix is never stored. Up to eight dimensions the
//! differences are squared directly, which is as fast there.
//!
//! Exactness: both sets are shifted by the same vector, the leading binary digits of the reference
//! mean, so little is lost to cancellation and data on a dyadic grid (pixels in sixteenths) stay
//! exact. Norms come from the same kernel as the products, so equal points have distance exactly 0
//! and d(x, y) = d(y, x) to the bit. Negative rounding errors are set to 0.
//!
//! Single-threaded: a metric runs inside a cell, and cells are the parallel unit.

use nalgebra::{DMatrixView, DMatrixViewMut, Dyn};

/// A row-major matrix: one point a row.
#[derive(Clone, Copy)]
pub struct Points<'a> {
    /// `rows × dim` numbers.
    pub data: &'a [f64],
    /// Numbers per point.
    pub dim: usize,
}

impl<'a> Points<'a> {
    /// The number of points.
    pub fn rows(&self) -> usize {
        self.data.len().checked_div(self.dim).unwrap_or(0)
    }

    /// One point.
    pub fn row(&self, i: usize) -> &'a [f64] {
        &self.data[i * self.dim..(i + 1) * self.dim]
    }

    /// The first `n` points.
    pub fn head(&self, n: usize) -> Points<'a> {
        Points { data: &self.data[..n.min(self.rows()) * self.dim], dim: self.dim }
    }
}

/// Dimensions up to which no matrix multiplication is used. Not below 5: nalgebra's own loops, which
/// it takes for inner dimensions up to 5, can't read strided views.
pub(super) const DIRECT: usize = 8;
/// Points are padded to a multiple of this, so that every tile goes through the same kernel.
const PAD: usize = 8;
/// Rows of a tile.
const ROWS: usize = 64;
/// Columns of a tile.
const COLUMNS: usize = 1024;

/// Points made ready for tiles: shifted, padded with zeros, with their squared norms.
pub struct Cloud {
    data: Vec<f64>,
    norms: Vec<f64>,
    dim: usize,
    rows: usize,
}

/// What the cells of a tile hold.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    /// ‖x − y‖².
    SquaredDistances,
    /// x · y.
    Products,
}

/// A tile of the pair matrix: rows `row0..` of the first set, columns `column0..` of the second.
pub struct Tile<'a> {
    /// The first row's index.
    pub row0: usize,
    /// The first column's index.
    pub column0: usize,
    columns: usize,
    stride: usize,
    rows: usize,
    cells: &'a [f64],
}

impl Tile<'_> {
    /// Calls `visit` with every tile of a whole matrix, in the order of [`Cloud::tiles`].
    pub(super) fn each(matrix: &[f64], rows: usize, columns: usize, visit: &mut impl FnMut(Tile<'_>)) {
        for row0 in (0..rows).step_by(ROWS) {
            for column0 in (0..columns).step_by(COLUMNS) {
                visit(Tile {
                    row0,
                    column0,
                    columns: COLUMNS.min(columns - column0),
                    stride: columns,
                    rows: ROWS.min(rows - row0),
                    cells: &matrix[row0 * columns + column0..],
                });
            }
        }
    }

    /// The row index and the cells of each row.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &[f64])> {
        (0..self.rows).map(|r| (self.row0 + r, &self.cells[r * self.stride..r * self.stride + self.columns]))
    }
}

/// The shift that keeps cancellation small: the four leading binary digits of each mean.
pub fn shift(of: Points<'_>) -> Vec<f64> {
    let mut mean = vec![0.0; of.dim];
    let n = of.rows().max(1) as f64;
    for i in 0..of.rows() {
        mean.iter_mut().zip(of.row(i)).for_each(|(m, x)| *m += x / n);
    }
    for m in &mut mean {
        let step = if *m == 0.0 { 1.0 } else { 2f64.powf(m.abs().log2().floor() - 3.0) };
        let rounded = (*m / step).round() * step;
        *m = if rounded.is_finite() { rounded } else { 0.0 };
    }
    mean
}

impl Cloud {
    /// Prepares points; `shift` has `dim` numbers, or is empty for none. Where differences are
    /// squared directly nothing is lost without a shift, and none is made.
    pub fn new(points: Points<'_>, shift: &[f64]) -> Cloud {
        let (rows, dim) = (points.rows(), points.dim);
        let shift = if dim <= DIRECT { &[] } else { shift };
        let padded = rows.next_multiple_of(PAD);
        let mut data = Vec::with_capacity(padded * dim);
        for i in 0..rows {
            if shift.is_empty() {
                data.extend_from_slice(points.row(i));
            } else {
                data.extend(points.row(i).iter().zip(shift).map(|(x, s)| x - s));
            }
        }
        data.resize(padded * dim, 0.0);
        let mut cloud = Cloud { data, norms: Vec::new(), dim, rows };
        if dim > DIRECT {
            let mut norms = vec![0.0; padded];
            let mut block = [0.0; PAD * PAD];
            for start in (0..padded).step_by(PAD) {
                cloud.multiply(start, PAD, &cloud, start, PAD, 1.0, &mut block);
                (0..PAD).for_each(|i| norms[start + i] = block[i * PAD + i]);
            }
            cloud.norms = norms;
        }
        cloud
    }

    /// The number of points.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Calls `visit` with every tile of the pair matrix of `self` (rows) and `other` (columns).
    pub fn tiles(&self, other: &Cloud, what: Cells, visit: impl FnMut(Tile<'_>)) {
        self.some_tiles(other, what, |_, _| true, visit);
    }

    /// Calls `visit` with the tiles of squared distances within `self` that hold a pair above the
    /// diagonal: about half of all.
    pub(super) fn tiles_above(&self, visit: impl FnMut(Tile<'_>)) {
        self.some_tiles(self, Cells::SquaredDistances, |row0, column0| column0 + COLUMNS > row0 + 1, visit);
    }

    fn some_tiles(
        &self,
        other: &Cloud,
        what: Cells,
        wanted: impl Fn(usize, usize) -> bool,
        mut visit: impl FnMut(Tile<'_>),
    ) {
        let mut cells = vec![0.0; ROWS * COLUMNS];
        for row0 in (0..self.rows).step_by(ROWS) {
            for column0 in (0..other.rows).step_by(COLUMNS).filter(|&column0| wanted(row0, column0)) {
                let rows = ROWS.min(self.rows.next_multiple_of(PAD) - row0);
                let stride = COLUMNS.min(other.rows.next_multiple_of(PAD) - column0);
                let cells = &mut cells[..rows * stride];
                match what {
                    Cells::SquaredDistances => self.distances(row0, rows, other, column0, stride, cells),
                    Cells::Products => self.products(row0, rows, other, column0, stride, cells),
                }
                let rows = ROWS.min(self.rows - row0);
                let columns = COLUMNS.min(other.rows - column0);
                visit(Tile { row0, column0, columns, stride, rows, cells });
            }
        }
    }

    fn distances(
        &self,
        row0: usize,
        rows: usize,
        other: &Cloud,
        column0: usize,
        columns: usize,
        out: &mut [f64],
    ) {
        if self.dim <= DIRECT {
            return self.direct(row0, other, column0, columns, out, |a, b| (a - b) * (a - b));
        }
        self.multiply(row0, rows, other, column0, columns, -2.0, out);
        let norms = &other.norms[column0..column0 + columns];
        for (line, own) in out.chunks_exact_mut(columns).zip(&self.norms[row0..]) {
            for (cell, norm) in line.iter_mut().zip(norms) {
                // Adding the two norms first keeps the sum symmetric.
                *cell = (*cell + (own + norm)).max(0.0);
            }
        }
    }

    fn products(
        &self,
        row0: usize,
        rows: usize,
        other: &Cloud,
        column0: usize,
        columns: usize,
        out: &mut [f64],
    ) {
        if self.dim <= DIRECT {
            return self.direct(row0, other, column0, columns, out, |a, b| a * b);
        }
        self.multiply(row0, rows, other, column0, columns, 1.0, out);
    }

    /// Sums `term` over the features of every pair.
    fn direct(
        &self,
        row0: usize,
        other: &Cloud,
        column0: usize,
        columns: usize,
        out: &mut [f64],
        term: impl Fn(f64, f64) -> f64,
    ) {
        for (r, line) in out.chunks_exact_mut(columns).enumerate() {
            let x = &self.data[(row0 + r) * self.dim..][..self.dim];
            let ys = other.data[column0 * self.dim..].chunks_exact(self.dim.max(1));
            for (cell, y) in line.iter_mut().zip(ys) {
                *cell = x.iter().zip(y).map(|(a, b)| term(*a, *b)).sum();
            }
        }
    }

    #[expect(clippy::too_many_arguments)]
    fn multiply(
        &self,
        row0: usize,
        rows: usize,
        other: &Cloud,
        column0: usize,
        columns: usize,
        factor: f64,
        out: &mut [f64],
    ) {
        let d = self.dim;
        // Row-major rows × columns is column-major columns × rows: out = factor · other · selfᵀ.
        let x = DMatrixView::from_slice(&self.data[row0 * d..(row0 + rows) * d], d, rows);
        let y = &other.data[column0 * d..(column0 + columns) * d];
        let y = DMatrixView::from_slice_with_strides_generic(y, Dyn(columns), Dyn(d), Dyn(d), Dyn(1));
        DMatrixViewMut::from_slice(out, columns, rows).gemm(factor, &y, &x, 0.0);
    }
}

/// The squared distance from each point of `from` to its nearest point of `to`; infinite if `to`
/// is empty.
pub fn nearest(from: &Cloud, to: &Cloud) -> Vec<f64> {
    let mut least = vec![f64::INFINITY; from.rows()];
    from.tiles(to, Cells::SquaredDistances, |tile| {
        for (i, line) in tile.rows() {
            least[i] = line.iter().fold(least[i], |m, &d| m.min(d));
        }
    });
    least
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rng::Streams;
    use rand::RngExt;

    fn random(n: usize, dim: usize, seed: u64) -> Vec<f64> {
        let mut rng = Streams::new(0, seed).of("points").rng();
        (0..n * dim).map(|_| rng.random::<f64>() + 3.0).collect()
    }

    fn plain(x: &[f64], y: &[f64]) -> f64 {
        x.iter().zip(y).map(|(a, b)| (a - b).powi(2)).sum()
    }

    #[test]
    fn tiles_hold_the_distances_of_the_definition() {
        for (n, m, dim) in [(1, 1, 1), (70, 1030, 3), (67, 1029, 64), (3, 5, 300)] {
            let (x, y) = (random(n, dim, 1), random(m, dim, 2));
            let (x, y) = (Points { data: &x, dim }, Points { data: &y, dim });
            let shift = shift(y);
            let mut seen = 0;
            Cloud::new(x, &shift).tiles(&Cloud::new(y, &shift), Cells::SquaredDistances, |tile| {
                for (i, line) in tile.rows() {
                    for (j, &d) in line.iter().enumerate() {
                        let expected = plain(x.row(i), y.row(tile.column0 + j));
                        assert!((d - expected).abs() < 1e-11, "{dim}: {i}, {j}: {d} {expected}");
                        seen += 1;
                    }
                }
            });
            assert_eq!(seen, n * m);
        }
    }

    #[test]
    fn equal_points_are_at_distance_zero_and_distances_are_symmetric() {
        let data = random(101, 40, 3);
        let points = Points { data: &data, dim: 40 };
        let cloud = Cloud::new(points, &shift(points));
        let mut all = vec![0.0; 101 * 101];
        cloud.tiles(&cloud, Cells::SquaredDistances, |tile| {
            for (i, line) in tile.rows() {
                line.iter().enumerate().for_each(|(j, &d)| all[i * 101 + tile.column0 + j] = d);
            }
        });
        for i in 0..101 {
            assert_eq!(all[i * 101 + i], 0.0);
            for j in 0..101 {
                assert_eq!(all[i * 101 + j].to_bits(), all[j * 101 + i].to_bits());
            }
        }
    }
}
