//! Choosing an arm, and intervals over repeated splits of the same rows.

use crate::analysis::{mean_sd, t_quantile};

/// A mean over repeats with its 95 % interval over human rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// The mean.
    pub mean: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// The corrected resampled t interval: repeats that split the same rows anew are not independent,
/// and the variance of their mean is (1/R + n_test/n_train) s². `None` below two values.
pub fn corrected_interval(values: &[f64], train: usize, test: usize) -> Option<Gain> {
    if values.len() < 2 || train == 0 {
        return None;
    }
    let repeats = values.len() as f64;
    let (mean, sd) = mean_sd(values);
    let reach = t_quantile(0.95, repeats - 1.0) * sd * (1.0 / repeats + test as f64 / train as f64).sqrt();
    Some(Gain { mean, low: mean - reach, high: mean + reach })
}

/// The arm that the one-standard-error rule takes: of all arms within one standard error of the
/// best, the one with the fewest synthetic rows, the first of equals. `folds[arm][fold]` are scores,
/// `rows[arm]` the synthetic rows; arm 0 is the reference that differences are paired with.
pub fn one_standard_error(folds: &[Vec<f64>], rows: &[usize]) -> usize {
    let difference = |arm: usize| -> Vec<f64> {
        folds[arm].iter().zip(&folds[0]).map(|(score, reference)| score - reference).collect()
    };
    let summary = |arm: usize| {
        let differences = difference(arm);
        let (mean, sd) = mean_sd(&differences);
        (mean, sd / (differences.len().max(1) as f64).sqrt())
    };
    let all: Vec<(f64, f64)> = (0..folds.len()).map(summary).collect();
    let Some(best) = (0..all.len()).rev().max_by(|&a, &b| all[a].0.total_cmp(&all[b].0)) else { return 0 };
    let enough = all[best].0 - all[best].1;
    let within = (0..all.len()).filter(|&arm| all[arm].0 >= enough);
    within.min_by_key(|&arm| rows[arm]).unwrap_or(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_of_the_same_rows_have_a_wider_interval() {
        // Values 1, 2, 3: mean 2, s = 1, t(0.975; 2) = 4.302653.
        let gain = corrected_interval(&[1.0, 2.0, 3.0], 70, 30).expect("three values");
        let reach = 4.302_653 * (1.0_f64 / 3.0 + 3.0 / 7.0).sqrt();
        assert!((gain.mean - 2.0).abs() < 1e-12);
        assert!((gain.high - 2.0 - reach).abs() < 1e-5 && (2.0 - gain.low - reach).abs() < 1e-5, "{gain:?}");
        assert_eq!(corrected_interval(&[1.0], 70, 30), None);
    }

    #[test]
    fn the_fewest_rows_within_one_standard_error_are_taken() {
        let reference = vec![0.5, 0.5, 0.5, 0.5];
        // The best arm gains 0.10 with a standard error of 0.02/√4·…: s = 0.0231, SE 0.0115.
        let best = vec![0.58, 0.62, 0.58, 0.62];
        let close = vec![0.59; 4];
        let far = vec![0.58; 4];
        let rows = [0, 400, 200, 100];
        let folds = |third: &[f64]| vec![reference.clone(), best.clone(), close.clone(), third.to_vec()];
        assert_eq!(one_standard_error(&folds(&far), &rows), 2, "0.08 is more than one SE below 0.10");
        assert_eq!(one_standard_error(&folds(&close), &rows), 3, "0.09 is not");
        let useless = vec![reference.clone(), vec![0.4, 0.6, 0.45, 0.56], reference.clone()];
        assert_eq!(one_standard_error(&useless, &[0, 10, 20]), 0, "no gain beyond its error: no rows");
    }
}
