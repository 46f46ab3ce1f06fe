//! Cross-products of inputs and labels: what a linear regression is fitted from.
//!
//! XᵀX, Xᵀy and yᵀy of n rows. Many blocks share one design X (a fixed design whose labels are drawn anew in every
//! generation), so XᵀX is shared and its Cholesky factor is found once: a generation then costs O(p²) and not O(p³).
//! Shapes: p inputs (an intercept is an input that is always 1); matrices are row-major. Cost of summarising: O(n p²).

use std::sync::{Arc, OnceLock};

use nalgebra::{DMatrix, DMatrixView};

use super::full_rank::FullRank;
use super::scatter::scatter;

/// XᵀX of a design, with its factors once they were asked for.
#[derive(Clone, Debug)]
pub struct Gram {
    /// The number of inputs.
    pub p: usize,
    /// Σ w x xᵀ, row-major, `p × p`.
    pub matrix: Vec<f64>,
    /// Σ w x, `p` numbers.
    pub sums: Vec<f64>,
    factor: OnceLock<Option<Vec<f64>>>,
    full_rank: OnceLock<FullRank>,
}

/// The cross-products of `n` rows of inputs and one label.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossProducts {
    /// The number of rows.
    pub n: u64,
    /// The sum of the rows' weights; `n` where all weigh 1.
    pub weight: f64,
    /// The design. Σ w x xᵀ is `scale` times its matrix.
    pub gram: Arc<Gram>,
    /// How often the design counts.
    pub scale: f64,
    /// Σ w x y, `p` numbers.
    pub labels: Vec<f64>,
    /// Σ w y².
    pub square: f64,
}

/// Two designs are equal if their matrices are; whether a factor was found already is no difference.
impl PartialEq for Gram {
    fn eq(&self, other: &Self) -> bool {
        self.p == other.p && self.matrix == other.matrix && self.sums == other.sums
    }
}

impl Gram {
    /// XᵀX of a row-major `n × p` matrix whose rows weigh 1, or what `weights` says.
    pub fn of(x: &[f64], p: usize, weights: Option<&[f64]>) -> Gram {
        let mut sums = vec![0.0; p];
        for (i, row) in x.chunks_exact(p.max(1)).enumerate() {
            let w = weights.map_or(1.0, |w| w[i]);
            sums.iter_mut().zip(row).for_each(|(s, x)| *s += w * x);
        }
        Gram::new(p, scatter(x, p, weights, None), sums)
    }

    /// L Lᵀ of a row-major lower factor, with Σ w x.
    pub fn of_factor(l: Vec<f64>, sums: Vec<f64>) -> Gram {
        let p = sums.len();
        let columns = DMatrixView::from_slice(&l, p, p);
        let matrix = (columns.transpose() * columns).as_slice().to_vec();
        let factor = sound(&l, &matrix, p).then_some(l);
        Gram { factor: OnceLock::from(factor), ..Gram::new(p, matrix, sums) }
    }

    fn new(p: usize, matrix: Vec<f64>, sums: Vec<f64>) -> Gram {
        Gram { p, matrix, sums, factor: OnceLock::new(), full_rank: OnceLock::new() }
    }

    /// L with L Lᵀ = XᵀX, row-major, lower triangular; `None` if some inputs are a combination of others up to
    /// rounding.
    pub fn factor(&self) -> Option<&[f64]> {
        self.factor.get_or_init(|| definite(&self.matrix, self.p)).as_deref()
    }

    /// XᵀX of any rank.
    pub fn full_rank(&self) -> &FullRank {
        self.full_rank.get_or_init(|| FullRank::of(&self.matrix, self.p))
    }
}

impl CrossProducts {
    /// Summarises a row-major `n × p` matrix of inputs and `n` labels.
    pub fn of(x: &[f64], p: usize, y: &[f64]) -> CrossProducts {
        let mut labels = vec![0.0; p];
        for (row, y) in x.chunks_exact(p.max(1)).zip(y) {
            labels.iter_mut().zip(row).for_each(|(l, x)| *l += x * y);
        }
        CrossProducts {
            n: y.len() as u64,
            weight: y.len() as f64,
            gram: Arc::new(Gram::of(x, p, None)),
            scale: 1.0,
            labels,
            square: y.iter().map(|y| y * y).sum(),
        }
    }

    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.gram.p
    }

    pub(super) fn merge(&mut self, other: &CrossProducts, weight: f64) -> Option<()> {
        if self.gram.p != other.gram.p {
            return None;
        }
        self.n += other.n;
        self.weight += weight * other.weight;
        self.square += weight * other.square;
        self.labels.iter_mut().zip(&other.labels).for_each(|(a, b)| *a += weight * b);
        let (a, b) = (self.scale, weight * other.scale);
        if Arc::ptr_eq(&self.gram, &other.gram) {
            self.scale = a + b;
        } else {
            let sum = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| a * x + b * y).collect();
            let (one, two) = (&self.gram, &other.gram);
            let merged = Gram::new(one.p, sum(&one.matrix, &two.matrix), sum(&one.sums, &two.sums));
            (self.gram, self.scale) = (Arc::new(merged), 1.0);
        }
        Some(())
    }

    pub(super) fn scale_by(&mut self, weight: f64) {
        self.weight *= weight;
        self.scale *= weight;
        self.square *= weight;
        self.labels.iter_mut().for_each(|l| *l *= weight);
    }
}

/// The lower Cholesky factor of a row-major symmetric matrix; `None` unless every pivot is above rounding.
pub fn definite(matrix: &[f64], p: usize) -> Option<Vec<f64>> {
    let factor = DMatrix::from_row_slice(p, p, matrix).cholesky()?.unpack().transpose().as_slice().to_vec();
    sound(&factor, matrix, p).then_some(factor)
}

/// Whether every pivot of a row-major factor is above rounding.
fn sound(factor: &[f64], matrix: &[f64], p: usize) -> bool {
    let above = |i: usize| factor[i * p + i].powi(2) > 4.0 * p as f64 * f64::EPSILON * matrix[i * p + i];
    (0..p).all(above)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rand::RngExt;
    use rand_distr::StandardNormal;

    fn normals(n: usize) -> Vec<f64> {
        let mut rng = crate::rng::Streams::new(0, 1).of("test").rng();
        (0..n).map(|_| rng.sample(StandardNormal)).collect()
    }

    #[test]
    fn cross_products_by_hand() {
        // Rows (1, 2) → 3 and (0, 1) → −1.
        let c = CrossProducts::of(&[1.0, 2.0, 0.0, 1.0], 2, &[3.0, -1.0]);
        assert_eq!(c.gram.matrix, [1.0, 2.0, 2.0, 5.0]);
        assert_eq!(
            (c.labels.as_slice(), c.square, c.gram.sums.as_slice()),
            ([3.0, 5.0].as_slice(), 10.0, [1.0, 3.0].as_slice())
        );
        assert_eq!(c.gram.factor().unwrap(), [1.0, 0.0, 2.0, 1.0]);
    }

    #[test]
    fn merging_equals_summarising_the_union_and_a_shared_design_stays_shared() {
        let (x, y) = (normals(30), normals(10));
        let mut merged = CrossProducts::of(&x[..18], 3, &y[..6]);
        merged.merge(&CrossProducts::of(&x[18..], 3, &y[6..]), 1.0).unwrap();
        let whole = CrossProducts::of(&x, 3, &y);
        assert_eq!((merged.n, merged.weight), (10, 10.0));
        for (a, b) in
            merged.gram.matrix.iter().chain(&merged.labels).zip(whole.gram.matrix.iter().chain(&whole.labels))
        {
            assert!((a - b).abs() < 1e-12);
        }
        let mut twice = whole.clone();
        twice.merge(&whole, 0.5).unwrap();
        assert!(Arc::ptr_eq(&twice.gram, &whole.gram));
        assert_eq!((twice.scale, twice.weight, twice.labels[0]), (1.5, 15.0, 1.5 * whole.labels[0]));
    }

    #[test]
    fn a_repeated_input_has_no_factor() {
        let x: Vec<f64> = normals(20).iter().flat_map(|v| [*v, 3.0 * v]).collect();
        assert_eq!(Gram::of(&x, 2, None).factor(), None);
        assert_eq!(Gram::of(&normals(4), 4, None).factor(), None, "one row, four inputs");
    }
}
