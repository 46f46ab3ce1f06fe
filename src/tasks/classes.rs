//! Classes: the labels of rows, and the scores of predictions (accuracy, macro-F1, Brier score).

use crate::data::{Kind, Role, Samples};
use crate::metrics::Measured;
use crate::models::Refusal;

/// Class probabilities of rows beside their labels.
pub struct Predictions<'a> {
    /// `rows × classes` probabilities, row-major.
    pub probabilities: &'a [f64],
    /// One label a row, below the number of classes.
    pub labels: &'a [u32],
    /// The number of classes.
    pub classes: usize,
}

impl Predictions<'_> {
    /// `task-macro-f1`, `task-accuracy`, `task-brier`; refuses if there is no row.
    pub fn scores(&self) -> Result<Measured, Refusal> {
        if self.labels.is_empty() {
            return Err(Refusal::new("there are no rows to score"));
        }
        let n = self.labels.len() as f64;
        let predicted = self.predicted();
        let right = predicted.iter().zip(self.labels).filter(|(p, l)| p == l).count();
        let rows = self.probabilities.chunks_exact(self.classes).zip(self.labels);
        let half_squared = |(row, &label): (&[f64], &u32)| {
            let error = |(k, p): (usize, &f64)| (p - f64::from(u8::from(k == label as usize))).powi(2);
            0.5 * row.iter().enumerate().map(error).sum::<f64>()
        };
        Ok(vec![
            ("task-macro-f1".into(), macro_f1(&predicted, self.labels, self.classes)),
            ("task-accuracy".into(), right as f64 / n),
            ("task-brier".into(), rows.map(half_squared).sum::<f64>() / n),
        ])
    }

    /// The most probable class of each row, the first of equals.
    pub fn predicted(&self) -> Vec<u32> {
        let best = |row: &[f64]| {
            let better = |best: usize, k: usize| if row[k] > row[best] { k } else { best };
            (1..row.len()).fold(0, better) as u32
        };
        self.probabilities.chunks_exact(self.classes).map(best).collect()
    }
}

/// F1 averaged over the classes that occur among labels or predictions: 2 tp / (2 tp + fp + fn).
fn macro_f1(predicted: &[u32], labels: &[u32], classes: usize) -> f64 {
    let mut hits = vec![0_usize; classes];
    let mut seen = vec![0_usize; classes];
    for (&p, &l) in predicted.iter().zip(labels) {
        hits[p as usize] += usize::from(p == l);
        seen[p as usize] += 1;
        seen[l as usize] += 1;
    }
    let there: Vec<usize> = (0..classes).filter(|&k| seen[k] > 0).collect();
    there.iter().map(|&k| 2.0 * hits[k] as f64 / seen[k] as f64).sum::<f64>() / there.len().max(1) as f64
}

/// The codes and the number of levels of the label column.
pub(super) fn labels(rows: &Samples) -> Result<(&[u32], usize), Refusal> {
    let levels = match rows.schema().first(Role::Label) {
        Some((_, field)) => match &field.kind {
            Kind::Codes { levels } => Some(levels.count()),
            _ => None,
        },
        None => None,
    };
    let both = rows.labels().zip(levels);
    both.ok_or_else(|| Refusal::new(format!("it needs a label column; these rows are {}", rows.schema())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_class_that_is_never_right_counts_as_zero() {
        // Class 0: tp 1, fp 1 + 1 … as scikit-learn counts it in tests/references/tasks.json.
        let found = macro_f1(&[0, 2, 1, 1, 0, 0], &[0, 0, 1, 1, 1, 3], 5);
        // F1 of 0: 2·1/(3+2) = .4; of 1: 2·2/(2+3) = .8; of 2 and 3: 0.
        assert!((found - (0.4 + 0.8) / 4.0).abs() < 1e-12, "{found}");
    }

    #[test]
    fn the_brier_score_of_two_classes_is_p_minus_y_squared() {
        let p = Predictions { probabilities: &[0.8, 0.2, 0.4, 0.6], labels: &[0, 0], classes: 2 };
        let scores = p.scores().unwrap();
        assert!((scores[2].1 - (0.04 + 0.36) / 2.0).abs() < 1e-12);
        assert_eq!(scores[1].1, 0.5);
    }

    #[test]
    fn no_rows_have_no_score() {
        assert!(Predictions { probabilities: &[], labels: &[], classes: 2 }.scores().is_err());
    }
}
