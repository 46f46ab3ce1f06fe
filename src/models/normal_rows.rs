//! Rows of a normal distribution: x = μ + L z.
//!
//! The numbers z are drawn row by row, so that few rows begin as many do. The product with the lower triangular L (row-major,
//! `d × d`) is taken for [`SIDE_BY_SIDE`] rows at once; each sum runs over the coordinates in order, whatever the width of
//! the registers. Cost: d normals and d²/2 multiplications a row.

use rand::RngExt;
use rand_distr::StandardNormal;

use crate::rng::Stream;
use crate::simd::wide;

/// Rows whose sums are formed together.
const SIDE_BY_SIDE: usize = 32;

/// `n` rows μ + s L z as a row-major matrix.
pub fn normal_rows(mean: &[f64], l: &[f64], s: f64, n: usize, rng: &mut Stream) -> Vec<f64> {
    let d = mean.len();
    let mut rows = vec![0.0; n * d];
    let mut z = vec![[0.0; SIDE_BY_SIDE]; d];
    for block in rows.chunks_mut(SIDE_BY_SIDE * d.max(1)) {
        block.iter_mut().for_each(|x| *x = s * rng.sample::<f64, _>(StandardNormal));
        for (i, row) in block.chunks_exact(d).enumerate() {
            z.iter_mut().zip(row).for_each(|(z, x)| z[i] = *x);
        }
        wide(
            #[inline(always)]
            || place(mean, l, &z, block),
        );
    }
    rows
}

/// Writes μ + L z over a block of rows; `z` holds them coordinate by coordinate.
#[inline(always)]
fn place(mean: &[f64], l: &[f64], z: &[[f64; SIDE_BY_SIDE]], block: &mut [f64]) {
    let d = mean.len();
    for (i, mean) in mean.iter().enumerate() {
        let mut sums = [0.0; SIDE_BY_SIDE];
        for (l, z) in l[i * d..=i * d + i].iter().zip(z) {
            // By index: iterators over two arrays are not vectorised here.
            for row in 0..SIDE_BY_SIDE {
                sums[row] += *l * z[row];
            }
        }
        for (row, sum) in block.chunks_exact_mut(d).zip(&sums) {
            row[i] = mean + sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Streams;

    #[test]
    fn rows_are_the_mean_plus_the_factor_times_normals() {
        // L = [[2, 0], [1, 3]] and s = 2, written out, for fewer rows than a block, one more, and several blocks.
        for n in [1, SIDE_BY_SIDE + 1, 100] {
            let stream = || Streams::new(0, 1).of("test").rng();
            let rows = normal_rows(&[5.0, -1.0], &[2.0, 0.0, 1.0, 3.0], 2.0, n, &mut stream());
            let mut rng = stream();
            for row in rows.chunks_exact(2) {
                let (a, b): (f64, f64) = (rng.sample(StandardNormal), rng.sample(StandardNormal));
                let expected = [5.0 + 4.0 * a, -1.0 + 2.0 * a + 6.0 * b];
                assert!(row.iter().zip(expected).all(|(x, e)| (x - e).abs() < 1e-13 * (1.0 + e.abs())));
            }
            assert_eq!(rows.len(), 2 * n);
        }
    }
}
