//! Binary logistic regression with a ridge penalty: the fit behind effects and tabular predictors.
//!
//! Minimises Σ_i w_i [ln(1 + e^{η_i}) − y_i η_i] + (λ/2) ‖β‖² over the intercept a (not penalised)
//! and the slopes β, with η_i = a + x_i·β, by Newton's method with halved steps (iteratively
//! reweighted least squares; McCullagh and Nelder 1989, section 2.5). Targets may be anything in
//! [0, 1]. λ = 1 is scikit-learn's `C = 1`. Cost: O(n d²) a step, some ten steps.

use nalgebra::{DMatrix, DVector};

use super::Refusal;

/// A fitted logistic regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// Log odds at x = 0.
    pub intercept: f64,
    /// Log odds per unit of each input.
    pub slopes: Vec<f64>,
}

/// The most Newton steps.
const MOST: usize = 200;

impl Logistic {
    /// Fits `targets.len()` rows of `width` numbers (row-major), each with its target in [0, 1] and
    /// its weight ≥ 0. `ridge` > 0 is λ. Refuses targets that are all 0 or all 1, whose intercept
    /// would be infinite.
    pub fn fit(
        inputs: &[f64],
        width: usize,
        targets: &[f64],
        weights: &[f64],
        ridge: f64,
    ) -> Result<Self, Refusal> {
        let total: f64 = weights.iter().sum();
        let mass: f64 = targets.iter().zip(weights).map(|(y, w)| y * w).sum();
        if !(mass > 0.0 && mass < total) {
            let n = targets.len();
            return Err(Refusal::new(format!(
                "a logistic regression needs both outcomes, but all {n} rows have the same"
            )));
        }
        let problem = Problem { inputs, width, targets, weights, ridge };
        let mut at = DVector::zeros(width + 1);
        at[0] = (mass / (total - mass)).ln();
        let mut loss = problem.loss(&at);
        for _ in 0..MOST {
            let (gradient, hessian) = problem.derivatives(&at);
            if gradient.amax() <= 1e-10 * total {
                break;
            }
            let Some(factor) = hessian.cholesky() else { break };
            let step = factor.solve(&gradient);
            let mut share = 1.0;
            let next = loop {
                let next = &at - share * &step;
                let new = problem.loss(&next);
                if new <= loss {
                    loss = new;
                    break Some(next);
                }
                share *= 0.5;
                if share < 1e-8 {
                    break None;
                }
            };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        Ok(Self { intercept: at[0], slopes: at.iter().skip(1).copied().collect() })
    }

    /// The probability of outcome 1 for each of `rows` rows of row-major inputs.
    pub fn probabilities(&self, inputs: &[f64], rows: usize) -> Vec<f64> {
        let width = self.slopes.len();
        (0..rows).map(|i| self.probability(&inputs[i * width..(i + 1) * width])).collect()
    }

    /// The probability of outcome 1 for one row.
    pub fn probability(&self, row: &[f64]) -> f64 {
        sigmoid(self.intercept + row.iter().zip(&self.slopes).map(|(x, b)| x * b).sum::<f64>())
    }
}

fn sigmoid(eta: f64) -> f64 {
    1.0 / (1.0 + (-eta).exp())
}

struct Problem<'a> {
    inputs: &'a [f64],
    width: usize,
    targets: &'a [f64],
    weights: &'a [f64],
    ridge: f64,
}

impl Problem<'_> {
    fn rows(&self) -> impl Iterator<Item = (&[f64], f64, f64)> {
        let row = |i: usize| &self.inputs[i * self.width..(i + 1) * self.width];
        (0..self.targets.len()).map(move |i| (row(i), self.targets[i], self.weights[i]))
    }

    fn eta(&self, row: &[f64], at: &DVector<f64>) -> f64 {
        at[0] + row.iter().zip(at.iter().skip(1)).map(|(x, b)| x * b).sum::<f64>()
    }

    fn loss(&self, at: &DVector<f64>) -> f64 {
        // ln(1 + e^η) without overflow.
        let softplus = |eta: f64| eta.max(0.0) + (-eta.abs()).exp().ln_1p();
        let data: f64 = self
            .rows()
            .map(|(row, y, w)| {
                let eta = self.eta(row, at);
                w * (softplus(eta) - y * eta)
            })
            .sum();
        data + 0.5 * self.ridge * at.iter().skip(1).map(|b| b * b).sum::<f64>()
    }

    fn derivatives(&self, at: &DVector<f64>) -> (DVector<f64>, DMatrix<f64>) {
        let d = self.width + 1;
        let mut gradient = vec![0.0; d];
        let mut hessian = vec![0.0; d * d];
        let mut extended = vec![1.0; d];
        for (row, y, w) in self.rows() {
            extended[1..].copy_from_slice(row);
            let p = sigmoid(self.eta(row, at));
            let (residual, curvature) = (w * (p - y), w * p * (1.0 - p));
            for (i, xi) in extended.iter().enumerate() {
                gradient[i] += residual * xi;
                let c = curvature * xi;
                // Most entries of a design of indicators are 0.
                if c != 0.0 {
                    let line = &mut hessian[i * d..i * d + i + 1];
                    line.iter_mut().zip(&extended).for_each(|(h, xj)| *h += c * xj);
                }
            }
        }
        for i in 0..d {
            if i > 0 {
                gradient[i] += self.ridge * at[i];
                hessian[i * d + i] += self.ridge;
            }
            for j in 0..i {
                hessian[j * d + i] = hessian[i * d + j];
            }
        }
        (DVector::from_vec(gradient), DMatrix::from_vec(d, d, hessian))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn without_inputs_of_use_the_intercept_is_the_log_odds() {
        let fit = Logistic::fit(&[0.0; 4], 1, &[1.0, 1.0, 1.0, 0.0], &[1.0; 4], 1.0).unwrap();
        assert!((fit.intercept - 3.0_f64.ln()).abs() < 1e-9 && fit.slopes[0].abs() < 1e-12);
        // Weights count rows.
        let fit = Logistic::fit(&[0.0; 2], 1, &[1.0, 0.0], &[3.0, 1.0], 1.0).unwrap();
        assert!((fit.intercept - 3.0_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn a_saturated_fit_with_hardly_any_penalty_has_the_cells_log_odds() {
        // Cells: x = 0 has 1 of 4 positive, x = 1 has 2 of 3.
        let x = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let y = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        let fit = Logistic::fit(&x, 1, &y, &[1.0; 7], 1e-9).unwrap();
        assert!((fit.intercept - (1.0_f64 / 3.0).ln()).abs() < 1e-6);
        assert!((fit.slopes[0] - 6.0_f64.ln()).abs() < 1e-6);
        assert!((fit.probabilities(&[1.0], 1)[0] - 2.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn the_penalised_optimum_is_where_the_gradient_vanishes_even_where_classes_separate() {
        // Separable: without the penalty the slope would be infinite. By symmetry the intercept is
        // 0 and the slope solves 2 (1 − σ(b)) = λ b with λ = 1, found by bisection.
        let (mut low, mut high) = (0.0_f64, 5.0_f64);
        for _ in 0..100 {
            let b = 0.5 * (low + high);
            if 2.0 * (1.0 - sigmoid(b)) > b { low = b } else { high = b }
        }
        let fit = Logistic::fit(&[-1.0, 1.0], 1, &[0.0, 1.0], &[1.0; 2], 1.0).unwrap();
        assert!(fit.intercept.abs() < 1e-9 && (fit.slopes[0] - low).abs() < 1e-8, "{fit:?}");
    }

    #[test]
    fn one_class_is_refused() {
        let why = Logistic::fit(&[1.0, 2.0], 1, &[1.0, 1.0], &[1.0; 2], 1.0).unwrap_err();
        assert!(why.to_string().contains("both outcomes"), "{why}");
        assert!(Logistic::fit(&[], 1, &[], &[], 1.0).is_err());
    }
}
