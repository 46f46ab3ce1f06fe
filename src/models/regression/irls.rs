//! Maximum likelihood of a generalised linear model by Newton's method (iteratively re-weighted least squares).
//!
//! f(β) = −(1/W) Σ w_i ln p(y_i | x_iᵀβ) + (λ/2)‖β‖², the intercept not penalised. For a canonical link the gradient is
//! (1/W) Σ w_i (μ_i − y_i) x_i + λβ and the Hessian (1/W) Σ w_i v_i x_i x_iᵀ + λI with the label's variance v_i, so
//! Newton's step is a weighted least-squares fit (Nelder and Wedderburn 1972). f is convex; a step is halved until f
//! falls. Near the minimum each step is as the square of the last: the last one is that after which the next would be
//! below 10⁻⁹ of the coefficients. Cost: O(n p²) a step, five to eight steps as a rule.
//!
//! Without a penalty there may be no minimum: classes that a plane separates, or a class without rows, send β to
//! infinity. That shows as steps that do not shrink or a Hessian that is singular, and is refused.

use super::cross_products::solve_factor;
use crate::data::{Gram, Link, definite};
use crate::models::{FitError, Refusal};
use crate::simd::{self, wide};

/// Steps after which a fit without a minimum is given up.
const STEPS: usize = 60;
/// The largest step, relative to 1 + |β|, that need not be made.
const SMALL: f64 = 1e-9;
/// The largest number of inputs whose products are summed column by column.
const FEW: usize = 16;

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
    /// The link: logit or log.
    pub link: Link,
    /// λ per row, at least 0.
    pub lambda: f64,
    /// How many of the first inputs are penalised.
    pub penalised: usize,
}

/// What f is made of at one β; `n` numbers each.
struct Point {
    /// w v / W.
    curvature: Vec<f64>,
    /// w (μ − y) / W.
    errors: Vec<f64>,
    /// w ln p, up to what does not depend on β.
    logs: Vec<f64>,
    /// f.
    loss: f64,
}

impl Problem<'_> {
    /// The minimiser of f, or a refusal where there is none.
    pub fn solve(&self) -> Result<Vec<f64>, FitError> {
        let (n, p) = (self.y.len(), self.p);
        let total: f64 = self.weights.iter().sum();
        let mut columns = vec![0.0; n * p];
        for (i, row) in self.x.chunks_exact(p).enumerate() {
            row.iter().enumerate().for_each(|(j, x)| columns[j * n + i] = *x);
        }
        let empty = || Point { curvature: vec![0.0; n], errors: vec![0.0; n], logs: vec![0.0; n], loss: 0.0 };
        let (mut at, mut next) = (empty(), empty());
        let mut beta = vec![0.0; p];
        let mut tried = beta.clone();
        self.look(&columns, &beta, total, &mut at);
        let mut last: Option<f64> = None;
        for _ in 0..STEPS {
            let (mut step, hessian) = self.derivatives(&columns, &at, &beta);
            let Some(factor) = definite(&hessian, p) else { break };
            solve_factor(&factor, &mut step);
            let relative = step.iter().zip(&beta).map(|(s, b)| s.abs() / (1.0 + b.abs()));
            let size = relative.fold(0.0, f64::max);
            let next_is_small = |last: f64| size < 1e-2 * last && size * (size / last).powi(2) <= SMALL;
            if size <= SMALL || last.is_some_and(next_is_small) {
                beta.iter_mut().zip(&step).for_each(|(b, s)| *b -= s);
                return Ok(beta);
            }
            last = Some(size);
            let mut scale = 1.0;
            loop {
                tried.iter_mut().zip(&beta).zip(&step).for_each(|((t, b), s)| *t = b - scale * s);
                self.look(&columns, &tried, total, &mut next);
                // At the minimum rounding decides the sign of the difference.
                if next.loss <= at.loss + 1e-12 * (1.0 + at.loss.abs()) {
                    std::mem::swap(&mut beta, &mut tried);
                    std::mem::swap(&mut at, &mut next);
                    break;
                }
                last = None;
                scale *= 0.5;
                if scale < 1e-9 {
                    return Err(self.unbounded());
                }
            }
        }
        Err(self.unbounded())
    }

    /// f at β, with the errors and the curvature of every row.
    fn look(&self, columns: &[f64], beta: &[f64], total: f64, to: &mut Point) {
        let logit = self.link == Link::Logit;
        let share = 1.0 / total;
        let log: f64 = wide(
            #[inline(always)]
            || {
                if logit {
                    rows(columns, beta, self.y, self.weights, share, to, bernoulli);
                } else {
                    rows(columns, beta, self.y, self.weights, share, to, poisson);
                }
                simd::sum(to.logs.len(), |i| to.logs[i])
            },
        );
        let square: f64 = beta[..self.penalised].iter().map(|b| b * b).sum();
        to.loss = -log * share + 0.5 * self.lambda * square;
    }

    /// Gradient and Hessian of f.
    fn derivatives(&self, columns: &[f64], at: &Point, beta: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (n, p) = (self.y.len(), self.p);
        let column = |j: usize| &columns[j * n..(j + 1) * n];
        let (mut gradient, mut hessian) = (vec![0.0; p], Vec::new());
        wide(
            #[inline(always)]
            || {
                for (j, g) in gradient.iter_mut().enumerate() {
                    let (x, e) = (column(j), &at.errors[..n]);
                    *g = simd::sum(n, |i| e[i] * x[i]);
                }
                if p <= FEW {
                    hessian = vec![0.0; p * p];
                    for a in 0..p {
                        for b in 0..=a {
                            let (x, z, c) = (column(a), column(b), &at.curvature[..n]);
                            let entry = simd::sum(n, |i| c[i] * x[i] * z[i]);
                            (hessian[a * p + b], hessian[b * p + a]) = (entry, entry);
                        }
                    }
                }
            },
        );
        if p > FEW {
            hessian = Gram::of(self.x, p, Some(&at.curvature)).matrix;
        }
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

/// Writes what f is made of for every row. `link` gives μ − y, v and ln p of a label at η; weights are multiplied by `share`.
#[inline(always)]
fn rows(
    columns: &[f64],
    beta: &[f64],
    y: &[f64],
    weights: &[f64],
    share: f64,
    to: &mut Point,
    link: impl Fn(f64, f64) -> (f64, f64, f64),
) {
    let n = y.len();
    let (errors, curvature, logs) = (&mut to.errors[..n], &mut to.curvature[..n], &mut to.logs[..n]);
    let weights = &weights[..n];
    // η first, in the place of the errors.
    errors.fill(0.0);
    for (column, b) in columns.chunks_exact(n.max(1)).zip(beta) {
        for i in 0..n {
            errors[i] += column[i] * b;
        }
    }
    for i in 0..n {
        let (error, variance, log) = link(y[i], errors[i]);
        logs[i] = weights[i] * log;
        errors[i] = share * weights[i] * error;
        curvature[i] = share * weights[i] * variance;
    }
}

/// μ − y, v and ln p of a class. The error of a class that is all but certain is not rounded to 0: its gradient would seem to
/// vanish where there is no minimum.
#[inline(always)]
fn bernoulli(y: f64, eta: f64) -> (f64, f64, f64) {
    let tail = simd::exp(-eta.abs());
    let less = 1.0 / (1.0 + tail);
    let (one, zero) = if eta < 0.0 { (tail * less, less) } else { (less, tail * less) };
    let above = if eta < 0.0 { 0.0 } else { eta };
    (one * (1.0 - y) - zero * y, tail * less * less, y * eta - (above + simd::ln_1p(tail)))
}

/// μ − y, v and ln p (without −ln y!) of a count.
#[inline(always)]
fn poisson(y: f64, eta: f64) -> (f64, f64, f64) {
    let mean = simd::exp(eta);
    (mean - y, mean, y * eta - mean)
}
