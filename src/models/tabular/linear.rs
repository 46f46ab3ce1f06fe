//! Weighted least squares, the solution of least norm.

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use super::super::Refusal;

/// Eigenvalues of the normal equations below this share of the greatest count as 0.
const NEGLIGIBLE: f64 = 1e-11;

/// A fitted linear regression.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    /// The intercept, then one slope per input.
    pub coefficients: Vec<f64>,
    /// The rank of the inputs with the intercept: the coefficients that the rows determine.
    pub rank: usize,
}

impl Linear {
    /// Fits `targets.len()` rows of `width` inputs. Where inputs determine each other (indicators of
    /// all levels do) the coefficients are those of least norm; predictions do not depend on that.
    pub fn fit(inputs: &[f64], width: usize, targets: &[f64], weights: &[f64]) -> Result<Self, Refusal> {
        let p = width + 1;
        let mut gram = DMatrix::<f64>::zeros(p, p);
        let mut moment = DVector::<f64>::zeros(p);
        let mut row = vec![1.0; p];
        for (i, (y, w)) in targets.iter().zip(weights).enumerate() {
            row[1..].copy_from_slice(&inputs[i * width..(i + 1) * width]);
            for (a, x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                moment[a] += w * x * y;
                (0..=a).for_each(|b| gram[(a, b)] += w * x * row[b]);
            }
        }
        for a in 0..p {
            for b in a + 1..p {
                gram[(a, b)] = gram[(b, a)];
            }
        }
        if gram.iter().chain(moment.iter()).any(|v| !v.is_finite()) {
            return Err(Refusal::diverged("the numbers of a column are too large for a regression"));
        }
        let eigen = SymmetricEigen::try_new(gram, f64::EPSILON, 100 * p.max(10))
            .ok_or_else(|| Refusal::diverged("a linear regression did not converge"))?;
        let least = NEGLIGIBLE * eigen.eigenvalues.max();
        let mut turned = eigen.eigenvectors.tr_mul(&moment);
        let mut rank = 0;
        for (t, value) in turned.iter_mut().zip(eigen.eigenvalues.iter()) {
            if *value > least {
                *t /= value;
                rank += 1;
            } else {
                *t = 0.0;
            }
        }
        let coefficients = (&eigen.eigenvectors * turned).iter().copied().collect();
        Ok(Self { coefficients, rank })
    }

    /// a + b·x for each of `rows` rows.
    pub fn predict(&self, inputs: &[f64], rows: usize) -> Vec<f64> {
        let (intercept, slopes) = (self.coefficients[0], &self.coefficients[1..]);
        let width = slopes.len();
        let row = |i: usize| &inputs[i * width..(i + 1) * width];
        (0..rows).map(|i| intercept + row(i).iter().zip(slopes).map(|(x, b)| x * b).sum::<f64>()).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_by_hand_and_the_same_line_twice() {
        // y = 1 + 2x but for the last row, which weighs nothing.
        let (x, y, w) = ([0.0, 1.0, 2.0, 9.0], [1.0, 3.0, 5.0, 0.0], [1.0, 2.0, 1.0, 0.0]);
        let fit = Linear::fit(&x, 1, &y, &w).unwrap();
        assert!((fit.coefficients[0] - 1.0).abs() < 1e-12 && (fit.coefficients[1] - 2.0).abs() < 1e-12);
        let twice: Vec<f64> = x.iter().flat_map(|x| [*x, *x]).collect();
        let fit = Linear::fit(&twice, 2, &y, &w).unwrap();
        // The least norm shares the slope; the rank is 2 of 3.
        assert!((fit.coefficients[1] - 1.0).abs() < 1e-9 && fit.rank == 2, "{fit:?}");
        assert!((fit.predict(&[3.0, 3.0], 1)[0] - 7.0).abs() < 1e-9);
    }

    #[test]
    fn without_inputs_it_is_the_weighted_mean() {
        let fit = Linear::fit(&[], 0, &[1.0, 5.0], &[3.0, 1.0]).unwrap();
        assert!((fit.predict(&[], 1)[0] - 2.0).abs() < 1e-15 && fit.rank == 1);
    }
}
