//! Maximum likelihood of a generalised linear model by Newton's method (iteratively re-weighted least squares).
//!
//! f(β) = −(1/W) Σ w_i ln p(y_i | x_iᵀβ) + (λ/2)‖β‖², the intercept not penalised. For a canonical link the gradient is
//! (1/W) Σ w_i (μ_i − y_i) x_i + λβ and the Hessian (1/W) Σ w_i v_i x_i x_iᵀ + λI with the label's variance v_i, so
//! Newton's step is a weighted least-squares fit (Nelder and Wedderburn 1972). f is convex; a step is halved until f
//! falls. Cost: O(n p²) a step, five to eight steps as a rule.
//!
//! Without a penalty there may be no minimum: classes that a plane separates, or a class without rows, send β to
//! infinity. That shows as steps that do not shrink or a Hessian that is singular, and is refused.

use super::cross_products::solve_factor;
use crate::data::{Gram, Link, definite, predictor};
use crate::models::{FitError, Refusal};

/// Steps after which a fit without a minimum is given up.
const STEPS: usize = 60;

/// The data and the penalty of a fit.
pub struct Problem<'a> {
    /// Row-major, `n × p`.
    pub x: &'a [f64],
    /// `n` labels.
    pub y: &'a [f64],
    /// `n` weights that are at least 0, not all 0.
    pub weights: &'a [f64],
    /// Inputs of a row, the intercept included.
    pub p: usize,
    /// The link.
    pub link: Link,
    /// λ per row, at least 0.
    pub lambda: f64,
    /// How many of the first inputs are penalised.
    pub penalised: usize,
}

impl Problem<'_> {
    /// The minimiser of f, or a refusal where there is none.
    pub fn solve(&self) -> Result<Vec<f64>, FitError> {
        let p = self.p;
        let total: f64 = self.weights.iter().sum();
        let mut beta = vec![0.0; p];
        let mut eta = vec![0.0; self.y.len()];
        let mut loss = self.loss(&eta, &beta, total);
        for _ in 0..STEPS {
            let (mut step, hessian) = self.derivatives(&eta, &beta, total);
            let Some(factor) = definite(&hessian, p) else { break };
            solve_factor(&factor, &mut step);
            let small = step.iter().zip(&beta).all(|(s, b)| s.abs() <= 1e-9 * (1.0 + b.abs()));
            let mut scale = 1.0;
            loop {
                let tried: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b - scale * s).collect();
                let at: Vec<f64> = self.x.chunks_exact(p).map(|x| predictor(x, &tried)).collect();
                let found = self.loss(&at, &tried, total);
                // At the minimum rounding decides the sign of the difference.
                if found <= loss + 1e-12 * (1.0 + loss.abs()) {
                    (beta, eta, loss) = (tried, at, found);
                    break;
                }
                scale *= 0.5;
                if scale < 1e-9 {
                    return Err(self.unbounded());
                }
            }
            if small {
                return Ok(beta);
            }
        }
        Err(self.unbounded())
    }

    fn loss(&self, eta: &[f64], beta: &[f64], total: f64) -> f64 {
        let logs = self.y.iter().zip(eta).zip(self.weights);
        let log: f64 = logs.map(|((&y, &eta), w)| w * self.kernel(y, eta)).sum();
        let square: f64 = beta[..self.penalised].iter().map(|b| b * b).sum();
        -log / total + 0.5 * self.lambda * square
    }

    /// ln p(y | η) up to what does not depend on η.
    fn kernel(&self, y: f64, eta: f64) -> f64 {
        match self.link {
            Link::Log => y * eta - eta.exp(),
            link => link.log_density(y, eta, 1.0),
        }
    }

    /// Gradient and Hessian of f.
    fn derivatives(&self, eta: &[f64], beta: &[f64], total: f64) -> (Vec<f64>, Vec<f64>) {
        let p = self.p;
        let mut gradient = vec![0.0; p];
        let mut curvature = Vec::with_capacity(self.y.len());
        for (((x, &y), &eta), &w) in self.x.chunks_exact(p).zip(self.y).zip(eta).zip(self.weights) {
            let mean = self.link.mean(eta);
            curvature.push(w * self.link.variance(mean, 1.0) / total);
            let error = w * (mean - y) / total;
            gradient.iter_mut().zip(x).for_each(|(g, x)| *g += error * x);
        }
        let mut hessian = Gram::of(self.x, p, Some(&curvature)).matrix;
        for i in 0..self.penalised {
            gradient[i] += self.lambda * beta[i];
            hessian[i * p + i] += self.lambda;
        }
        (gradient, hessian)
    }

    fn unbounded(&self) -> FitError {
        Refusal::new(match self.link {
            Link::Logit => {
                "there is no maximum-likelihood fit: the classes are separable (or one has no rows), or inputs are \
                 combinations of each other; state a `ridge` greater than 0"
            }
            _ => {
                "there is no maximum-likelihood fit: some weight has no finite best value, or inputs are combinations of \
                 each other; state a `ridge` greater than 0"
            }
        })
        .into()
    }
}
