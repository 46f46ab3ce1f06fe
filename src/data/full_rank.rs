//! The pseudo-inverse of a positive semi-definite matrix of any rank.
//!
//! G = L Lᵀ with L of full column rank r (Cholesky's factorisation with pivoting: the largest pivot that is left is taken
//! first, until it is at most p ε times the largest entry of the diagonal), so G⁺ = L (LᵀL)⁻² Lᵀ (Courrieu 2005, Neural
//! Information Processing — Letters and Reviews 8(2)). For G = XᵀX and b = Xᵀy that gives the least-squares solution of
//! minimum norm, X⁺y. In G the singular values of X are squared: those below about 10⁻⁷ of the largest count as 0.
//! Shapes: G is `p × p`, L is kept as its transpose, `r × p`, row-major. Cost: O(p r²), then O(p r) a right-hand side.

use nalgebra::{Cholesky, DMatrixView, DVector, Dyn};

/// L and the factor of LᵀL.
#[derive(Clone, Debug)]
pub struct FullRank {
    /// Lᵀ, row-major, `r × p`.
    rows: Vec<f64>,
    p: usize,
    inner: Option<Cholesky<f64, Dyn>>,
}

impl FullRank {
    /// Factorises a row-major `p × p` matrix.
    pub fn of(matrix: &[f64], p: usize) -> FullRank {
        let mut left: Vec<f64> = (0..p).map(|i| matrix[i * p + i]).collect();
        let least = p as f64 * f64::EPSILON * left.iter().copied().fold(0.0, f64::max);
        let mut rows: Vec<f64> = Vec::new();
        while rows.len() < p * p {
            let Some((at, pivot)) = (0..p).map(|i| (i, left[i])).max_by(|a, b| a.1.total_cmp(&b.1)) else {
                break;
            };
            if pivot <= least {
                break;
            }
            let mut row = matrix[at * p..(at + 1) * p].to_vec();
            for done in rows.chunks_exact(p) {
                let factor = done[at];
                row.iter_mut().zip(done).for_each(|(x, l)| *x -= factor * l);
            }
            let root = pivot.sqrt();
            for (x, left) in row.iter_mut().zip(&mut left) {
                // A pivot that was taken has nothing left.
                *x = if *left == f64::NEG_INFINITY { 0.0 } else { *x / root };
                *left -= *x * *x;
            }
            (row[at], left[at]) = (root, f64::NEG_INFINITY);
            rows.extend(row);
        }
        let rank = rows.len().checked_div(p).unwrap_or(0);
        let columns = DMatrixView::from_slice(&rows, p, rank);
        let inner = (columns.transpose() * columns).cholesky();
        FullRank { rows, p, inner }
    }

    /// Lᵀ, one row of p numbers after the other: as many as the rank.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.rows.chunks_exact(self.p.max(1))
    }

    /// G⁺b; `None` where LᵀL is singular up to rounding.
    pub fn solve(&self, b: &[f64]) -> Option<Vec<f64>> {
        let inner = self.inner.as_ref()?;
        let columns: DMatrixView<'_, f64> =
            DMatrixView::from_slice(&self.rows, self.p, inner.l_dirty().nrows());
        let mut within: DVector<f64> = columns.tr_mul(&DVector::from_column_slice(b));
        inner.solve_mut(&mut within);
        inner.solve_mut(&mut within);
        Some((columns * within).as_slice().to_vec())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_pseudo_inverse_by_hand() {
        // G = x xᵀ + y yᵀ with x = (0, 3, 4, 0) and y = (2, 0, 0, 0): G⁺ = x xᵀ/25² + y yᵀ/2⁴.
        let (x, y) = ([0.0, 3.0, 4.0, 0.0], [2.0, 0.0, 0.0, 0.0]);
        let g: Vec<f64> = (0..16).map(|i| x[i / 4] * x[i % 4] + y[i / 4] * y[i % 4]).collect();
        let full = FullRank::of(&g, 4);
        assert_eq!(full.rows().len(), 2);
        let found = full.solve(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        let expected = [0.25, 3.0 * 18.0 / 625.0, 4.0 * 18.0 / 625.0, 0.0];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{found:?}");
    }

    #[test]
    fn the_factor_gives_the_matrix_back() {
        // Seven inputs, of which three are sums of others.
        let (n, p) = (20, 7);
        let x: Vec<f64> = (0..n)
            .flat_map(|i| {
                let v: Vec<f64> = (0..4).map(|j| ((i * i + 3 * j * i + j) % 11) as f64 / 3.0).collect();
                [v[0] + v[1], v[0], v[1], v[2], v[3], v[2] - v[3], v[0] + v[3]]
            })
            .collect();
        let g = super::super::scatter::scatter(&x, p, None, None);
        let full = FullRank::of(&g, p);
        assert_eq!(full.rows().len(), 4);
        for i in 0..p * p {
            let entry: f64 = full.rows().map(|l| l[i / p] * l[i % p]).sum();
            assert!((entry - g[i]).abs() < 1e-12 * g[0].max(1.0), "{entry} for {}", g[i]);
        }
        assert_eq!(FullRank::of(&[0.0; 4], 2).solve(&[0.0; 2]).unwrap(), [0.0; 2]);
    }
}
