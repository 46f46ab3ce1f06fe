//! Two classes by Newton's method: many fits to the same rows with other weights, each from a good start.
//!
//! Minimises Σᵢ [posᵢ ln(1 + e^{−sᵢ}) + negᵢ ln(1 + e^{sᵢ})] + ½ Σⱼ λⱼ bⱼ², s the linear score, without a penalty on the
//! intercept. Source: Bishop 2006, section 4.3.3. Cost of a step: O(n k² + d³) with k non-zeros a row; some five steps.

use nalgebra::{DMatrix, DVector};

use super::{Design, LogisticError};

/// The gradient tolerance: the greatest component, divided by the sum of weights.
const TOLERANCE: f64 = 1e-8;
const STEPS: usize = 200;

/// Rows of which each has a weight as a row of class 1 and one as a row of class 0.
#[derive(Clone, Debug)]
pub struct Weighted<'a> {
    /// The rows.
    pub design: &'a Design,
    /// The weight of each as a row of class 1.
    pub positive: &'a [f64],
    /// The weight of each as a row of class 0.
    pub negative: &'a [f64],
    /// The penalty of each feature, above 0.
    pub penalties: &'a [f64],
}

impl Weighted<'_> {
    /// The coefficients, the last of them the intercept, found from `start` (`width + 1` numbers). With one class alone
    /// the intercept is infinite.
    ///
    /// # Errors
    /// No row of positive weight; features, weights or penalties that do not fit together.
    pub fn fit(&self, start: &[f64]) -> Result<Vec<f64>, LogisticError> {
        let (n, d) = (self.design.len(), self.design.width());
        if self.positive.len() != n
            || self.negative.len() != n
            || self.penalties.len() != d
            || start.len() != d + 1
        {
            return Err(LogisticError::Shape);
        }
        let (positive, negative) = (self.positive.iter().sum::<f64>(), self.negative.iter().sum::<f64>());
        let constant = |intercept: f64| {
            let mut only = vec![0.0; d + 1];
            only[d] = intercept;
            Ok(only)
        };
        match (positive > 0.0, negative > 0.0) {
            (false, false) => return Err(LogisticError::NoRows),
            (true, false) => return constant(f64::INFINITY),
            (false, true) => return constant(f64::NEG_INFINITY),
            _ => {}
        }
        let mut at = start.to_vec();
        let mut value = self.value(&at);
        let total = positive + negative;
        // Where the objective is too flat for Newton's step, a damped one lowers it (Levenberg).
        let mut damping = 0.0;
        for _ in 0..STEPS {
            let (gradient, mut hessian) = self.curvature(&at);
            if gradient.iter().all(|g| g.abs() <= TOLERANCE * total) {
                break;
            }
            (0..=d).for_each(|j| hessian[(j, j)] += damping);
            let lower = hessian.cholesky().and_then(|factor| {
                let next: Vec<f64> =
                    at.iter().zip(factor.solve(&gradient).iter()).map(|(x, step)| x - step).collect();
                let lower = self.value(&next);
                (lower <= value).then_some((next, lower))
            });
            match lower {
                Some(lower) => {
                    (at, value) = lower;
                    damping = if damping < 1e-6 * total { 0.0 } else { damping / 10.0 };
                }
                None if damping > 1e6 * total => break,
                None => damping = (10.0 * damping).max(1e-6 * total),
            }
        }
        Ok(at)
    }

    fn value(&self, at: &[f64]) -> f64 {
        let rows = (0..self.design.len()).filter(|&i| self.positive[i] + self.negative[i] > 0.0);
        let loss = |i: usize| {
            let s = score(self.design, i, at);
            // ln(1 + e^s) without overflow.
            let soft = s.max(0.0) + (-s.abs()).exp().ln_1p();
            self.positive[i] * (soft - s) + self.negative[i] * soft
        };
        let penalty: f64 = self.penalties.iter().zip(at).map(|(l, b)| 0.5 * l * b * b).sum();
        rows.map(loss).sum::<f64>() + penalty
    }

    fn curvature(&self, at: &[f64]) -> (DVector<f64>, DMatrix<f64>) {
        let d = self.design.width();
        let mut gradient = DVector::zeros(d + 1);
        let mut hessian = DMatrix::zeros(d + 1, d + 1);
        let mut cells: Vec<(usize, f64)> = Vec::new();
        for i in 0..self.design.len() {
            let weight = self.positive[i] + self.negative[i];
            if weight == 0.0 {
                continue;
            }
            let p = probability(score(self.design, i, at));
            let (slope, bend) = (weight * p - self.positive[i], weight * p * (1.0 - p));
            cells.clear();
            cells.extend(self.design.row(i));
            cells.push((d, 1.0));
            for (k, &(j, x)) in cells.iter().enumerate() {
                gradient[j] += slope * x;
                for &(l, y) in &cells[..=k] {
                    hessian[(j.max(l), j.min(l))] += bend * x * y;
                }
            }
        }
        for (j, l) in self.penalties.iter().enumerate() {
            gradient[j] += l * at[j];
            hessian[(j, j)] += l;
        }
        hessian.fill_upper_triangle_with_lower_triangle();
        (gradient, hessian)
    }
}

/// The probability of class 1 of row `i`.
pub fn positive(design: &Design, i: usize, coefficients: &[f64]) -> f64 {
    probability(score(design, i, coefficients))
}

fn score(design: &Design, i: usize, at: &[f64]) -> f64 {
    at[design.width()] + design.row(i).map(|(j, x)| x * at[j]).sum::<f64>()
}

fn probability(score: f64) -> f64 {
    1.0 / (1.0 + (-score).exp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::logistic::Logistic;

    #[test]
    fn it_is_the_fit_of_rows_one_by_one() {
        let x: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 61) / 20.0 - 1.5).collect();
        let design = Design::dense(&x, 2);
        let labels: Vec<u32> = (0..30).map(|i| u32::from(i * 7 % 5 < 2)).collect();
        let weights: Vec<f64> = (0..30).map(|i| f64::from(i % 4)).collect();
        let of = |label: u32| -> Vec<f64> {
            labels.iter().zip(&weights).map(|(l, w)| if *l == label { *w } else { 0.0 }).collect()
        };
        let (one, zero) = (of(1), of(0));
        let fit = |start: &[f64]| {
            Weighted { design: &design, positive: &one, negative: &zero, penalties: &[2.0; 2] }
                .fit(start)
                .unwrap()
        };
        let found = fit(&[0.0; 3]);
        // C = ½ is a penalty of 2.
        let (w, b) = Logistic::fit(&design, &labels, &weights, 2, 0.5).unwrap().coefficients();
        for (found, expected) in found.iter().zip([w[0], w[1], b[0]]) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        let elsewhere = fit(&[30.0, -20.0, 15.0]);
        assert!(found.iter().zip(&elsewhere).all(|(a, b)| (a - b).abs() < 1e-6), "{elsewhere:?}");
    }

    #[test]
    fn one_class_is_certain_and_none_is_refused() {
        let design = Design::dense(&[1.0, 2.0], 1);
        let fit = |p: &[f64], q: &[f64]| {
            Weighted { design: &design, positive: p, negative: q, penalties: &[1.0] }.fit(&[0.0; 2])
        };
        let certain = fit(&[1.0, 0.0], &[0.0; 2]).unwrap();
        assert_eq!(positive(&design, 1, &certain), 1.0);
        assert_eq!(positive(&design, 0, &fit(&[0.0; 2], &[1.0, 1.0]).unwrap()), 0.0);
        assert_eq!(fit(&[0.0; 2], &[0.0; 2]).unwrap_err(), LogisticError::NoRows);
        assert_eq!(fit(&[0.0], &[0.0; 2]).unwrap_err(), LogisticError::Shape);
    }
}
