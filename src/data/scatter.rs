//! Σ w (x − c)(x − c)ᵀ of the rows of a matrix.
//!
//! Up to [`MOST`] columns the lower half is summed tile by tile, each tile's numbers held in registers over a block of rows
//! that stays in the cache; every number adds up its rows in order, whatever the width of the registers. Beyond, blocks of
//! rows are multiplied as matrices. Shapes: rows row-major, `n × p`; the result `p × p`. Cost: n p²/2 multiplications, or
//! n p² as matrix products.

use nalgebra::{DMatrix, DMatrixView};

use crate::simd::wide;

/// The largest number of columns that is summed by tiles.
const MOST: usize = 256;
/// Rows and columns of a tile.
const HIGH: usize = 4;
const BROAD: usize = 16;

/// Σ w (x − c)(x − c)ᵀ; rows weigh 1 without `weights`, and c is 0 without `centre`.
pub fn scatter(x: &[f64], p: usize, weights: Option<&[f64]>, centre: Option<&[f64]>) -> Vec<f64> {
    match p {
        0 => Vec::new(),
        1..=MOST => by_tiles(x, p, weights, centre),
        _ => by_products(x, p, weights, centre),
    }
}

/// The rows of a block, minus the centre, into rows of `width` numbers.
fn pack(rows: &[f64], p: usize, centre: Option<&[f64]>, width: usize, packed: &mut [f64]) {
    for (to, row) in packed.chunks_exact_mut(width).zip(rows.chunks_exact(p)) {
        to[..p].copy_from_slice(row);
        if let Some(centre) = centre {
            to.iter_mut().zip(centre).for_each(|(x, c)| *x -= c);
        }
    }
}

fn by_tiles(x: &[f64], p: usize, weights: Option<&[f64]>, centre: Option<&[f64]>) -> Vec<f64> {
    const ROWS: usize = 48;
    let (width, height) = (p.next_multiple_of(BROAD), p.next_multiple_of(HIGH));
    let mut sums = vec![0.0; height * width];
    let mut packed = vec![0.0; ROWS.min(x.len() / p) * width];
    let ones = [1.0; ROWS];
    for (block, rows) in x.chunks(ROWS * p).enumerate() {
        let n = rows.len() / p;
        pack(rows, p, centre, width, &mut packed);
        let weights = weights.map_or(&ones[..n], |w| &w[block * ROWS..block * ROWS + n]);
        wide(
            #[inline(always)]
            || add_tiles(&packed, weights, p, width, &mut sums),
        );
    }
    let mut matrix = vec![0.0; p * p];
    for a in 0..p {
        for b in 0..=a {
            matrix[a * p + b] = sums[a * width + b];
            matrix[b * p + a] = sums[a * width + b];
        }
    }
    matrix
}

/// Adds a block of rows to every tile that touches the lower half.
#[inline(always)]
fn add_tiles(packed: &[f64], weights: &[f64], p: usize, width: usize, sums: &mut [f64]) {
    for top in (0..p).step_by(HIGH) {
        for left in (0..=top).step_by(BROAD) {
            let mut tile = [[0.0; BROAD]; HIGH];
            for (h, line) in tile.iter_mut().enumerate() {
                line.copy_from_slice(&sums[(top + h) * width + left..][..BROAD]);
            }
            for (row, weight) in packed.chunks_exact(width).zip(weights) {
                let (high, broad) = (&row[top..top + HIGH], &row[left..left + BROAD]);
                for h in 0..HIGH {
                    let x = weight * high[h];
                    for b in 0..BROAD {
                        tile[h][b] += x * broad[b];
                    }
                }
            }
            for (h, line) in tile.iter().enumerate() {
                sums[(top + h) * width + left..][..BROAD].copy_from_slice(line);
            }
        }
    }
}

fn by_products(x: &[f64], p: usize, weights: Option<&[f64]>, centre: Option<&[f64]>) -> Vec<f64> {
    const ROWS: usize = 256;
    let mut sum = DMatrix::<f64>::zeros(p, p);
    let mut packed = vec![0.0; ROWS * p];
    for (block, rows) in x.chunks(ROWS * p).enumerate() {
        pack(rows, p, centre, p, &mut packed);
        // A row-major block of rows is a column-major p × rows matrix.
        let columns = DMatrixView::from_slice(&packed[..rows.len()], p, rows.len() / p);
        let mut transposed = columns.transpose();
        if let Some(weights) = weights {
            for (mut row, w) in transposed.row_iter_mut().zip(&weights[block * ROWS..]) {
                row *= *w;
            }
        }
        sum.gemm(1.0, &columns, &transposed, 1.0);
    }
    sum.as_slice().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_and_products_are_the_sum_over_rows() {
        // Small whole numbers, so that every order of adding gives the same.
        for (n, p) in [(0, 1), (1, 1), (100, 3), (49, 16), (7, 21)] {
            let x: Vec<f64> = (0..n * p).map(|i| ((i * i + i / 5) % 7) as f64 - 3.0).collect();
            let weights: Vec<f64> = (0..n).map(|i| (i % 3) as f64 * 0.5).collect();
            let centre: Vec<f64> = (0..p).map(|i| (i % 4) as f64 - 1.0).collect();
            for (w, c) in [(None, None), (Some(&weights[..]), None), (None, Some(&centre[..]))] {
                let mut sum = vec![0.0; p * p];
                for i in 0..n {
                    let at = |j: usize| x[i * p + j] - c.map_or(0.0, |c| c[j]);
                    for a in 0..p {
                        for b in 0..p {
                            sum[a * p + b] += w.map_or(1.0, |w| w[i]) * at(a) * at(b);
                        }
                    }
                }
                assert_eq!(by_tiles(&x, p, w, c), sum, "{n} × {p}");
                assert_eq!(by_products(&x, p, w, c), sum, "{n} × {p}");
            }
        }
    }
}
