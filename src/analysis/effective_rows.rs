//! How many human rows a setting is worth: by its closed-form constant, or by a measured human-only curve.
//!
//! The curve is the mean error of human-only fits at several sizes. An arm's mean error is looked up on it, linear in the
//! logarithms of rows and error, and never beyond its ends. The interval is the arm's own 95 % t interval (on the log
//! scale) looked up likewise: the curve is taken as known. Definition: METHODS.md, "Effective human rows". Cost: O(values).

use serde::Serialize;

use super::DISPLAY_LEVEL;
use super::intervals::{mean_sd, t_interval};
use crate::metrics::Scale;

/// A number of human rows, or on which side of the curve it lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rows {
    /// As many.
    About(f64),
    /// Fewer than the curve's smallest size.
    Below(f64),
    /// More than the curve's largest size.
    Above(f64),
}

/// What an arm is worth in human rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct EffectiveRows {
    /// The rows that have the arm's mean error.
    pub rows: Rows,
    /// Lower end; `None` with fewer than two seeds.
    pub low: Option<Rows>,
    /// Upper end.
    pub high: Option<Rows>,
}

/// Mean errors of human-only fits by their number of rows, both falling in step.
#[derive(Clone, Debug, PartialEq)]
pub struct HumanCurve {
    /// (ln rows, ln mean error), rows ascending, errors descending.
    points: Vec<(f64, f64)>,
}

impl HumanCurve {
    /// From the errors of the seeds at each number of rows.
    ///
    /// # Errors
    /// In words: fewer than two sizes, an error that is not positive, or a mean error that does not fall with the rows.
    pub fn measured(sizes: &[(f64, Vec<f64>)]) -> Result<Self, String> {
        let mut points: Vec<(f64, f64)> =
            sizes.iter().filter(|(_, e)| !e.is_empty()).map(|(n, e)| (*n, mean_sd(e).0)).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        if points.len() < 2 {
            return Err("a curve needs human-only runs of two sizes or more".into());
        }
        if let Some((n, e)) = points.iter().find(|(n, e)| !(*n > 0.0 && *e > 0.0)) {
            return Err(format!("the mean error of {n} human rows is {e}, and must be above 0"));
        }
        if let Some(pair) = points.windows(2).find(|p| p[1].1 >= p[0].1 || p[1].0 <= p[0].0) {
            let (a, b) = (pair[0], pair[1]);
            return Err(format!(
                "the mean error does not fall from {} human rows ({}) to {} ({}): more seeds, or sizes further apart",
                a.0, a.1, b.0, b.1
            ));
        }
        Ok(Self { points: points.into_iter().map(|(n, e)| (n.ln(), e.ln())).collect() })
    }

    /// The rows at which the curve has this error.
    pub fn rows_at(&self, error: f64) -> Rows {
        let log = error.ln();
        let (first, last) = (self.points[0], self.points[self.points.len() - 1]);
        if log > first.1 {
            return Rows::Below(first.0.exp());
        }
        if log < last.1 {
            return Rows::Above(last.0.exp());
        }
        let after = self.points.partition_point(|p| p.1 > log).clamp(1, self.points.len() - 1);
        let (a, b) = (self.points[after - 1], self.points[after]);
        Rows::About((a.0 + (b.0 - a.0) * (log - a.1) / (b.1 - a.1)).exp())
    }

    /// What an arm with these errors (one a seed) is worth; `None` without a positive error.
    pub fn worth(&self, errors: &[f64]) -> Option<EffectiveRows> {
        of_errors(errors, |error| self.rows_at(error))
    }
}

/// What an arm is worth whose errors come in units of one human row's (`inverse-effective-rows`).
pub fn by_constant(inverse: &[f64]) -> Option<EffectiveRows> {
    of_errors(inverse, |error| Rows::About(1.0 / error))
}

fn of_errors(errors: &[f64], rows: impl Fn(f64) -> Rows) -> Option<EffectiveRows> {
    let (mean, _) = mean_sd(errors);
    if errors.is_empty() || !(mean > 0.0 && mean.is_finite()) {
        return None;
    }
    let interval = t_interval(errors, Scale::Log, DISPLAY_LEVEL);
    Some(EffectiveRows {
        rows: rows(mean),
        low: interval.as_ref().map(|i| rows(i.high)),
        high: interval.as_ref().map(|i| rows(i.low)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Error 6/n at 10, 100 and 1000 rows, from two seeds around it.
    fn curve() -> HumanCurve {
        let at = |n: f64| (n, vec![5.0 / n, 7.0 / n]);
        HumanCurve::measured(&[at(1000.0), at(10.0), at(100.0)]).unwrap()
    }

    fn about(rows: Rows) -> f64 {
        match rows {
            Rows::About(n) => n,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_power_law_is_inverted_exactly_and_not_beyond_its_ends() {
        for n in [10.0, 20.0, 100.0, 350.0, 1000.0] {
            assert!((about(curve().rows_at(6.0 / n)) / n - 1.0).abs() < 1e-12, "{n}");
        }
        assert!(matches!(curve().rows_at(1.0), Rows::Below(n) if (n - 10.0).abs() < 1e-9));
        assert!(matches!(curve().rows_at(0.001), Rows::Above(n) if (n - 1000.0).abs() < 1e-6));
    }

    #[test]
    fn the_interval_is_the_arms_own() {
        let worth = curve().worth(&[0.02, 0.04, 0.03]).unwrap();
        assert!((about(worth.rows) - 200.0).abs() < 1e-9);
        assert!(about(worth.low.unwrap()) < 200.0 && about(worth.high.unwrap()) > 200.0);
        assert!(curve().worth(&[0.03]).unwrap().low.is_none());
        assert!(curve().worth(&[0.0, 0.0]).is_none());
    }

    #[test]
    fn by_the_constant_it_is_one_over_the_mean() {
        let worth = by_constant(&[0.01, 0.03]).unwrap();
        assert!((about(worth.rows) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_curve_that_does_not_fall_is_refused() {
        assert!(HumanCurve::measured(&[(10.0, vec![1.0])]).is_err());
        assert!(HumanCurve::measured(&[(10.0, vec![1.0]), (20.0, vec![1.5])]).is_err());
        assert!(HumanCurve::measured(&[(10.0, vec![1.0]), (20.0, vec![0.0])]).is_err());
    }
}
