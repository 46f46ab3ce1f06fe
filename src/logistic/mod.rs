//! Multinomial logistic regression with an L2 penalty.
//!
//! Minimises C Σᵢ wᵢ ℓᵢ + ½ ‖W‖², where ℓᵢ is the cross-entropy of row i in nats, wᵢ its weight and W
//! the coefficients; intercepts carry no penalty. Two classes have one vector of coefficients (class 0
//! scores 0), more have one each (softmax): the conventions of scikit-learn's `LogisticRegression`, to
//! which the tests hold it. A class without a row of positive weight has probability 0, and a single
//! class probability 1.
//!
//! Source: Bishop 2006, section 4.3; L-BFGS: Nocedal & Wright 2006, algorithm 7.5. Features that one
//! row alone has are fitted as one (`lone`). Cost: O(iterations · non-zeros · classes), some 30 iterations for text.

mod design;
mod lbfgs;
mod lone;
mod newton;

use std::collections::BTreeMap;

pub use design::Design;
pub use lbfgs::{Objective, minimise};
pub use newton::{Weighted, positive};

use lone::Merged;

/// The gradient tolerance of a fit: the greatest component, for the objective divided by C Σ w.
const TOLERANCE: f64 = 1e-7;
/// The most L-BFGS iterations of a fit.
const ITERATIONS: usize = 2_000;

/// A fitted logistic regression.
#[derive(Clone, Debug)]
pub struct Logistic {
    classes: usize,
    /// The classes seen in training, ascending.
    present: Vec<u32>,
    width: usize,
    /// One row of `width + 1` numbers (the last is the intercept) for each vector of coefficients.
    parameters: Vec<f64>,
}

/// Why a logistic regression could not be fitted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LogisticError {
    /// There is no row of positive weight.
    #[error("there is no row to learn from")]
    NoRows,
    /// Lengths differ, or a label is not below the number of classes.
    #[error("the rows, labels and weights do not fit together")]
    Shape,
    /// A feature or a weight is NaN or infinite, or a weight is negative.
    #[error("row {0}: a feature or weight is not a finite number")]
    NotFinite(usize),
}

impl Logistic {
    /// Fits `design` (n rows) to `labels` (n codes below `classes`) with row `weights` (n numbers, at
    /// least 0). `c` > 0 is the inverse strength of the penalty.
    pub fn fit(
        design: &Design,
        labels: &[u32],
        weights: &[f64],
        classes: usize,
        c: f64,
    ) -> Result<Self, LogisticError> {
        let n = design.len();
        if labels.len() != n || weights.len() != n || labels.iter().any(|&l| l as usize >= classes) {
            return Err(LogisticError::Shape);
        }
        for (i, weight) in weights.iter().enumerate() {
            let finite = design.row(i).all(|(_, v)| v.is_finite());
            if !finite || !weight.is_finite() || *weight < 0.0 {
                return Err(LogisticError::NotFinite(i));
            }
        }
        let mut present: Vec<u32> = (0..n).filter(|&i| weights[i] > 0.0).map(|i| labels[i]).collect();
        present.sort_unstable();
        present.dedup();
        let vectors = match present.len() {
            0 => return Err(LogisticError::NoRows),
            1 => 0,
            2 => 1,
            more => more,
        };
        let position = |label: u32| present.binary_search(&label).unwrap_or(0);
        let targets: Vec<usize> = labels.iter().map(|&l| position(l)).collect();
        let total: f64 = weights.iter().sum();
        let merged = Merged::of(design);
        let narrow = merged.design.as_ref();
        let loss =
            Loss { design: narrow, targets: &targets, weights, total, penalty: 1.0 / (c * total), vectors };
        let start = vec![0.0; vectors * (narrow.width() + 1)];
        let parameters = merged.expand(minimise(&loss, start, TOLERANCE, ITERATIONS).at);
        Ok(Self { classes, present, width: design.width(), parameters })
    }

    /// The probability of each class for each row: `n × classes` numbers, row-major. Features past the
    /// fitted width are ignored.
    pub fn probabilities(&self, design: &Design) -> Vec<f64> {
        let vectors = self.parameters.len() / (self.width + 1);
        let mut out = vec![0.0; design.len() * self.classes];
        let mut scores = vec![0.0; vectors];
        let mut p = vec![0.0; self.present.len()];
        for (i, row) in out.chunks_exact_mut(self.classes.max(1)).enumerate() {
            score(design, i, &self.parameters, self.width, &mut scores);
            softmax(&scores, &mut p);
            self.present.iter().zip(&p).for_each(|(&class, &p)| row[class as usize] = p);
        }
        out
    }

    /// The coefficients, one vector of `width` numbers after the other, and the intercepts. One vector
    /// (of the second class seen) where two classes were seen.
    pub fn coefficients(&self) -> (Vec<f64>, Vec<f64>) {
        let rows = self.parameters.chunks_exact(self.width + 1);
        let intercepts = rows.clone().map(|r| r[self.width]).collect();
        (rows.flat_map(|r| r[..self.width].to_vec()).collect(), intercepts)
    }
}

impl Logistic {
    /// The classes seen in training, ascending.
    pub fn levels(&self) -> &[u32] {
        &self.present
    }

    /// The coefficients of each class seen, the intercept last, less those of `base`, which was seen too.
    pub fn log_odds(&self, base: u32) -> BTreeMap<u32, Vec<f64>> {
        let zero = vec![0.0; self.width + 1];
        let own = |class: u32| match (self.present.len(), self.present.binary_search(&class)) {
            (0 | 1, _) | (2, Ok(0)) | (_, Err(_)) => zero.as_slice(),
            (2, _) => &self.parameters,
            (_, Ok(at)) => &self.parameters[at * (self.width + 1)..(at + 1) * (self.width + 1)],
        };
        let less = |class: u32| own(class).iter().zip(own(base)).map(|(c, b)| c - b).collect();
        self.present.iter().map(|class| (*class, less(*class))).collect()
    }

    /// The same regression with other log odds of the classes that it has seen.
    #[must_use]
    pub fn with_log_odds(&self, odds: &BTreeMap<u32, Vec<f64>>) -> Self {
        let zero = vec![0.0; self.width + 1];
        let own = |class: &u32| odds.get(class).unwrap_or(&zero);
        let parameters = match self.present.as_slice() {
            [] | [_] => Vec::new(),
            [a, b] => own(b).iter().zip(own(a)).map(|(b, a)| b - a).collect(),
            more => more.iter().flat_map(own).copied().collect(),
        };
        Self { parameters, ..self.clone() }
    }
}

/// The objective divided by C Σ w.
struct Loss<'a> {
    design: &'a Design,
    targets: &'a [usize],
    weights: &'a [f64],
    total: f64,
    penalty: f64,
    vectors: usize,
}

impl Objective for Loss<'_> {
    fn value(&self, at: &[f64], gradient: &mut [f64]) -> f64 {
        let width = self.design.width();
        gradient.fill(0.0);
        let mut value = 0.0;
        let mut scores = vec![0.0; self.vectors];
        let mut p = vec![0.0; self.vectors.max(1) + usize::from(self.vectors < 2)];
        for (i, (&target, &weight)) in self.targets.iter().zip(self.weights).enumerate() {
            if weight == 0.0 || self.vectors == 0 {
                continue;
            }
            score(self.design, i, at, width, &mut scores);
            let log_total = softmax(&scores, &mut p);
            let own = if self.vectors == 1 { [0.0, scores[0]][target] } else { scores[target] };
            let share = weight / self.total;
            value += share * (log_total - own);
            for v in 0..self.vectors {
                let class = if self.vectors == 1 { 1 } else { v };
                let slope = share * (p[class] - f64::from(u8::from(class == target)));
                let row = &mut gradient[v * (width + 1)..(v + 1) * (width + 1)];
                self.design.row(i).for_each(|(j, x)| row[j] += slope * x);
                row[width] += slope;
            }
        }
        for (v, row) in at.chunks_exact(width + 1).enumerate() {
            for (j, b) in row[..width].iter().enumerate() {
                value += 0.5 * self.penalty * b * b;
                gradient[v * (width + 1) + j] += self.penalty * b;
            }
        }
        value
    }
}

/// The linear score of each vector of parameters for row `i`.
fn score(design: &Design, i: usize, parameters: &[f64], width: usize, scores: &mut [f64]) {
    for (score, row) in scores.iter_mut().zip(parameters.chunks_exact(width + 1)) {
        *score = row[width] + design.row(i).filter(|(j, _)| *j < width).map(|(j, x)| x * row[j]).sum::<f64>();
    }
}

/// Class probabilities from scores, and the logarithm of their normaliser. No score: one class. One
/// score: it is the second class's, the first has 0.
fn softmax(scores: &[f64], p: &mut [f64]) -> f64 {
    match scores {
        [] => {
            p[0] = 1.0;
            return 0.0;
        }
        [one] => {
            let small = (-one.abs()).exp();
            let (likelier, other) = (1.0 / (1.0 + small), small / (1.0 + small));
            let both = if *one < 0.0 { [likelier, other] } else { [other, likelier] };
            p[..2].copy_from_slice(&both);
            return one.max(0.0) + small.ln_1p();
        }
        many => p.copy_from_slice(many),
    }
    let top = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    p.iter_mut().for_each(|x| *x = (*x - top).exp());
    let total: f64 = p.iter().sum();
    p.iter_mut().for_each(|x| *x /= total);
    top + total.ln()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What `tests/references/tasks.py` got from scikit-learn.
    fn reference(path: &str) -> Vec<f64> {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/references/tasks.json")).unwrap();
        let list = all.pointer(path).unwrap().as_array().unwrap().clone();
        list.iter().map(|v| v.as_f64().unwrap()).collect()
    }

    fn x() -> Vec<f64> {
        reference("/logistic/x")
    }

    #[test]
    fn two_classes_agree_with_scikit_learn() {
        let design = Design::dense(&x(), 2);
        let labels = [0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1];
        let weights = [1.0, 2.0, 0.5, 1.0, 1.0, 3.0, 1.0, 1.0, 0.25, 1.0, 1.0, 1.0];
        let fit = Logistic::fit(&design, &labels, &weights, 2, 1.5).unwrap();
        let (w, b) = fit.coefficients();
        close(&w, &reference("/logistic/two/coefficients"));
        close(&b, &reference("/logistic/two/intercepts"));
    }

    #[test]
    fn three_classes_agree_with_scikit_learn() {
        let design = Design::dense(&x(), 2);
        let labels = [0, 1, 2, 0, 0, 1, 1, 2, 1, 0, 2, 2];
        let fit = Logistic::fit(&design, &labels, &[1.0; 12], 3, 0.7).unwrap();
        let p = fit.probabilities(&Design::dense(&[0.4, -0.2], 2));
        close(&p, &reference("/logistic/three"));
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_weight_of_two_is_a_row_twice() {
        let once = Logistic::fit(&Design::dense(&x()[..8], 2), &[0, 1, 1, 0], &[2.0, 1.0, 1.0, 1.0], 2, 1.0);
        let twice = [&x()[..2], &x()[..8]].concat();
        let twice = Logistic::fit(&Design::dense(&twice, 2), &[0, 0, 1, 1, 0], &[1.0; 5], 2, 1.0);
        close(&once.unwrap().coefficients().0, &twice.unwrap().coefficients().0);
    }

    #[test]
    fn classes_never_seen_have_probability_zero() {
        let design = Design::dense(&x()[..8], 2);
        let one = Logistic::fit(&design, &[2; 4], &[1.0; 4], 3, 1.0).unwrap();
        assert_eq!(one.probabilities(&Design::dense(&[9.0, -9.0], 2)), [0.0, 0.0, 1.0]);
        let two = Logistic::fit(&design, &[0, 2, 2, 0], &[1.0; 4], 3, 1.0).unwrap();
        let p = two.probabilities(&Design::dense(&[0.1, 0.2], 2));
        assert_eq!(p[1], 0.0);
        assert!((p[0] + p[2] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bad_input_is_a_typed_error() {
        let design = Design::dense(&[f64::NAN, 1.0], 1);
        assert_eq!(
            Logistic::fit(&design, &[0, 1], &[1.0; 2], 2, 1.0).unwrap_err(),
            LogisticError::NotFinite(0)
        );
        let design = Design::dense(&[0.0, 1.0], 1);
        assert_eq!(Logistic::fit(&design, &[0, 5], &[1.0; 2], 2, 1.0).unwrap_err(), LogisticError::Shape);
        assert_eq!(Logistic::fit(&design, &[0, 1], &[0.0; 2], 2, 1.0).unwrap_err(), LogisticError::NoRows);
        assert_eq!(
            Logistic::fit(&Design::dense(&[], 1), &[], &[], 2, 1.0).unwrap_err(),
            LogisticError::NoRows
        );
    }

    fn close(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-5, "{found:?} is not {expected:?}");
        }
    }
}
