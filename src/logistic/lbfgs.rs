//! Limited-memory BFGS for smooth functions: Nocedal & Wright 2006, algorithms 7.4 and 7.5, with a
//! backtracking (Armijo) line search. Pairs that would break the positive definite estimate are left
//! out. Deterministic; cost of an iteration: one to a few evaluations and O(memory · parameters).

use std::collections::VecDeque;

/// How many past steps shape the next one.
const MEMORY: usize = 10;

/// A function to be minimised.
pub trait Objective {
    /// The value at a point; writes the gradient.
    fn value(&self, at: &[f64], gradient: &mut [f64]) -> f64;
}

/// Where the search ended.
#[derive(Clone, Debug)]
pub struct Minimum {
    /// The point.
    pub at: Vec<f64>,
    /// Iterations used.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests ask"))]
    pub iterations: usize,
    /// Whether every component of the gradient is within the tolerance.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests ask"))]
    pub converged: bool,
}

/// Searches from `start` until every component of the gradient is at most `tolerance`, no step
/// lowers the value any more, or `most` iterations are used.
pub fn minimise(f: &impl Objective, start: Vec<f64>, tolerance: f64, most: usize) -> Minimum {
    let n = start.len();
    let (mut at, mut gradient) = (start, vec![0.0; n]);
    let mut value = f.value(&at, &mut gradient);
    let mut past: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::with_capacity(MEMORY);
    let (mut next, mut slope) = (vec![0.0; n], vec![0.0; n]);
    let mut iterations = 0;
    while iterations < most && gradient.iter().any(|g| g.abs() > tolerance) {
        iterations += 1;
        let mut direction = descent(&gradient, &past);
        let mut decrease = dot(&direction, &gradient);
        if decrease >= 0.0 {
            past.clear();
            direction = gradient.iter().map(|g| -g).collect();
            decrease = -dot(&gradient, &gradient);
        }
        let norm = dot(&gradient, &gradient).sqrt();
        let mut step = if past.is_empty() { (1.0 / norm).min(1.0) } else { 1.0 };
        let lower = loop {
            for i in 0..n {
                next[i] = at[i] + step * direction[i];
            }
            let lower = f.value(&next, &mut slope);
            if lower <= value + 1e-4 * step * decrease {
                break Some(lower);
            }
            step *= 0.5;
            if step < 1e-20 {
                break None;
            }
        };
        let Some(lower) = lower else { break };
        let s: Vec<f64> = (0..n).map(|i| next[i] - at[i]).collect();
        let y: Vec<f64> = (0..n).map(|i| slope[i] - gradient[i]).collect();
        let curvature = dot(&s, &y);
        if curvature > 1e-12 * dot(&y, &y).sqrt() * dot(&s, &s).sqrt() {
            if past.len() == MEMORY {
                past.pop_front();
            }
            past.push_back((s, y, curvature));
        }
        std::mem::swap(&mut at, &mut next);
        std::mem::swap(&mut gradient, &mut slope);
        value = lower;
    }
    let converged = gradient.iter().all(|g| g.abs() <= tolerance);
    Minimum { at, iterations, converged }
}

/// −H g by the two-loop recursion.
fn descent(gradient: &[f64], past: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut alphas = Vec::with_capacity(past.len());
    for (s, y, sy) in past.iter().rev() {
        let alpha = dot(s, &q) / sy;
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((_, y, sy)) = past.back() {
        let scale = sy / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y, sy), alpha) in past.iter().zip(alphas.iter().rev()) {
        let beta = dot(y, &q) / sy;
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rosenbrock;
    impl Objective for Rosenbrock {
        fn value(&self, at: &[f64], gradient: &mut [f64]) -> f64 {
            let (x, y) = (at[0], at[1]);
            gradient[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
            gradient[1] = 200.0 * (y - x * x);
            (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
        }
    }

    #[test]
    fn the_minimum_of_rosenbrocks_valley_is_at_one_one() {
        let found = minimise(&Rosenbrock, vec![-1.2, 1.0], 1e-9, 500);
        assert!(found.converged, "{found:?}");
        assert!(found.at.iter().all(|x| (x - 1.0).abs() < 1e-6), "{found:?}");
    }

    struct Nothing;
    impl Objective for Nothing {
        fn value(&self, _: &[f64], _: &mut [f64]) -> f64 {
            0.0
        }
    }

    #[test]
    fn nothing_to_minimise_is_converged_at_once() {
        let found = minimise(&Nothing, Vec::new(), 1e-9, 500);
        assert!(found.converged && found.iterations == 0);
    }
}
