//! The Cholesky factor of a covariance that may be singular.
//!
//! Σ = L Lᵀ with L lower triangular. A pivot that is 0 up to rounding (at most `4 d ε` times its
//! diagonal entry) gives a column of zeros: for a positive semi-definite Σ the rest of that column
//! is then 0 up to rounding too, so L Lᵀ = Σ still holds. Collapsed models are singular as a rule,
//! not as an exception, which is why a factorisation that fails on them won't do. Cost: d³/3
//! multiplications.

use crate::simd::wide;

/// From so many dimensions on, loops over columns are worth their preparation.
pub const MANY: usize = 24;

/// Returns the row-major lower factor (`d × d`) of a row-major positive semi-definite matrix.
pub fn semidefinite(matrix: &[f64], d: usize) -> Vec<f64> {
    if d < MANY {
        return by_rows(matrix, d);
    }
    // The columns of L, one after the other: what is subtracted from a column is then summed for all of its rows at once.
    let (mut columns, mut sums) = (vec![0.0; d * d], vec![0.0; d]);
    wide(
        #[inline(always)]
        || {
            for j in 0..d {
                column(matrix, d, j, &mut columns, &mut sums[j..]);
            }
        },
    );
    let mut l = vec![0.0; d * d];
    for (i, row) in l.chunks_exact_mut(d.max(1)).enumerate() {
        row[..=i].iter_mut().enumerate().for_each(|(j, x)| *x = columns[j * d + i]);
    }
    l
}

/// Row by row, with the same sums in the same order.
fn by_rows(matrix: &[f64], d: usize) -> Vec<f64> {
    let mut l = vec![0.0; d * d];
    for j in 0..d {
        let square: f64 = l[j * d..j * d + j].iter().map(|x| x * x).sum();
        let Some(root) = pivot(matrix[j * d + j], square, d) else { continue };
        l[j * d + j] = root;
        for i in j + 1..d {
            let (above, below) = l.split_at(i * d);
            let dot: f64 = above[j * d..j * d + j].iter().zip(&below[..j]).map(|(a, b)| a * b).sum();
            l[i * d + j] = (matrix[i * d + j] - dot) / root;
        }
    }
    l
}

/// The root of what is left of a diagonal entry; `None` where that is 0 up to rounding.
#[inline(always)]
fn pivot(diagonal: f64, taken: f64, d: usize) -> Option<f64> {
    let left = diagonal - taken;
    (left > 0.0 && left > 4.0 * d as f64 * f64::EPSILON * diagonal).then(|| left.sqrt())
}

/// Column `j` of L from those before it.
#[inline(always)]
fn column(matrix: &[f64], d: usize, j: usize, columns: &mut [f64], sums: &mut [f64]) {
    let (before, column) = columns.split_at_mut(j * d);
    sums.fill(0.0);
    for done in before.chunks_exact(d) {
        let factor = done[j];
        // A loop, not `for_each`: that would be compiled for the least processor.
        for (s, l) in sums.iter_mut().zip(&done[j..]) {
            *s += factor * l;
        }
    }
    let Some(root) = pivot(matrix[j * d + j], sums[0], d) else { return };
    let column = &mut column[j..d];
    for ((x, m), s) in column.iter_mut().zip(&matrix[j * d + j..(j + 1) * d]).zip(&*sums) {
        *x = (m - s) / root;
    }
    column[0] = root;
}

/// Solves L x = b in place for a lower factor without zero pivots.
pub fn solve_lower(l: &[f64], b: &mut [f64]) {
    let d = b.len();
    for i in 0..d {
        let (done, rest) = b.split_at_mut(i);
        let dot: f64 = l[i * d..i * d + i].iter().zip(done.iter()).map(|(a, x)| a * x).sum();
        rest[0] = (rest[0] - dot) / l[i * d + i];
    }
}

/// Returns the log determinant of L Lᵀ, or `None` if a pivot is 0.
pub fn log_determinant(l: &[f64], d: usize) -> Option<f64> {
    let mut sum = 0.0;
    for i in 0..d {
        let pivot = l[i * d + i];
        if pivot <= 0.0 {
            return None;
        }
        sum += 2.0 * pivot.ln();
    }
    Some(sum)
}

/// Returns the matrix product M Mᵀ (`rows × rows`, row-major) of a row-major `rows × columns`
/// matrix.
#[cfg(test)]
pub fn gram(m: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let mut out = vec![0.0; rows * rows];
    for i in 0..rows {
        for j in 0..=i {
            let (a, b) = (&m[i * columns..(i + 1) * columns], &m[j * columns..(j + 1) * columns]);
            let dot: f64 = a.iter().zip(b).map(|(x, y)| x * y).sum();
            out[i * rows + j] = dot;
            out[j * rows + i] = dot;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_factor() {
        // [[4, 2], [2, 5]] = [[2, 0], [1, 2]] [[2, 1], [0, 2]]
        assert_eq!(semidefinite(&[4.0, 2.0, 2.0, 5.0], 2), [2.0, 0.0, 1.0, 2.0]);
        let ln = log_determinant(&[2.0, 0.0, 1.0, 2.0], 2).expect("regular");
        assert!((ln - 16.0_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn singular_matrices_are_reproduced() {
        // Rank 1, with a leading zero row: x = (0, 1, 2).
        let m = [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 2.0, 4.0];
        let l = semidefinite(&m, 3);
        assert_eq!(gram(&l, 3, 3), m);
        assert_eq!(log_determinant(&l, 3), None);
        assert_eq!(semidefinite(&[0.0; 4], 2), [0.0; 4]);
    }

    #[test]
    fn a_scatter_of_fewer_rows_than_dimensions_is_reproduced() {
        // Three rows in five dimensions, with thirds, so that rounding has something to do.
        let rows: Vec<f64> = (0..15).map(|i| ((i * i) % 7) as f64 / 3.0 - 0.9).collect();
        let columns: Vec<f64> =
            (0..5).flat_map(|c| (0..3).map(move |r| r * 5 + c)).map(|i| rows[i]).collect();
        let m = gram(&columns, 5, 3);
        let l = semidefinite(&m, 5);
        for (a, b) in gram(&l, 5, 5).iter().zip(&m) {
            // Rounding of a rank-deficient factorisation: a few hundred ε of the largest entry.
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
        assert_eq!((0..5).filter(|i| l[i * 5 + i] > 0.0).count(), 3);
    }

    #[test]
    fn rows_and_columns_give_the_same_bits() {
        // Of full rank, and of rank 10.
        for rank in [30, 10] {
            let x = crate::metrics::testing::normals(30, rank, 2);
            let m = gram(&x, 30, rank);
            assert_eq!(semidefinite(&m, 30), by_rows(&m, 30));
        }
    }

    #[test]
    fn forward_substitution() {
        let mut b = [2.0, 5.0];
        solve_lower(&[2.0, 0.0, 1.0, 2.0], &mut b);
        assert_eq!(b, [1.0, 2.0]);
    }
}
