//! A cross-fitted teacher: every label is judged by classifiers that did not see the row.

use serde::Deserialize;

use super::naive_bayes::NaiveBayes;
use super::{CurationError, Seen, initial_rows};
use crate::data::Samples;
use crate::models::Refusal;

/// Which rows a teacher learns from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Teaching {
    /// The human rows D(0).
    #[default]
    Human,
    /// The synthetic rows themselves.
    Synthetic,
}

crate::parameters! {
    /// How teachers are fitted.
    #[derive(Clone, Copy, Debug)]
    pub struct CrossFit {
        /// "human": the rows of D(0); "synthetic": the synthetic rows, each judged by a teacher that did not see it
        pub fitted_on: Teaching = Teaching::Human => "\"human\"";
        /// Parts of the cross-fit: each teacher is fitted without one of them
        pub folds: usize = 5, in at_least(2);
    }
}

/// Teachers, each fitted without one fold.
pub(super) struct Teacher {
    teaching: Teaching,
    folds: usize,
    fits: Vec<NaiveBayes>,
}

impl Teacher {
    /// Fits the teachers. Row i of the rows that they learn from is in fold i mod `folds`; with
    /// fewer rows than folds there are as many folds as rows.
    pub fn fit(
        CrossFit { fitted_on: teaching, folds }: CrossFit,
        seen: &Seen<'_>,
        synthetic: &Samples,
    ) -> Result<Self, CurationError> {
        let human;
        let rows = match teaching {
            Teaching::Human => {
                human = initial_rows(seen)?;
                &human
            }
            Teaching::Synthetic => synthetic,
        };
        let folds = folds.min(rows.len());
        if folds < 2 {
            return Err(Refusal::new("a cross-fitted teacher needs at least two labelled rows").into());
        }
        let without = |fold: usize| (0..rows.len()).filter(|i| i % folds != fold).collect::<Vec<usize>>();
        let fits = (0..folds).map(|fold| NaiveBayes::fit(rows, &without(fold))).collect::<Result<_, _>>()?;
        Ok(Self { teaching, folds, fits })
    }

    /// p(y | row) of each class, row after row, and the number of classes. Rows that the teachers
    /// learned from (`learned`) are judged by the one without their fold, others by the average.
    pub fn posteriors(&self, table: &Samples, learned: bool) -> (Vec<f64>, usize) {
        let classes = self.fits.first().map_or(1, NaiveBayes::classes);
        let mut sum = vec![0.0; table.len() * classes];
        for (fold, fit) in self.fits.iter().enumerate() {
            for (i, (own, p)) in
                sum.chunks_exact_mut(classes).zip(fit.posteriors(table).chunks_exact(classes)).enumerate()
            {
                let weight = match learned && self.teaching == Teaching::Synthetic {
                    true => f64::from(u8::from(i % self.folds == fold)),
                    false => 1.0 / self.fits.len() as f64,
                };
                own.iter_mut().zip(p).for_each(|(s, p)| *s += weight * p);
            }
        }
        (sum, classes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::{labelled, seen_of};
    use super::*;

    #[test]
    fn a_row_is_judged_without_itself() {
        // The only row of class 1 in its region: a teacher that saw it would believe it.
        let rows = labelled(2, &[(0.0, 0), (5.0, 1), (0.1, 0), (5.1, 1), (0.2, 0), (-9.0, 1)]);
        seen_of(rows.clone(), |seen| {
            let teacher =
                Teacher::fit(CrossFit { fitted_on: Teaching::Synthetic, folds: 6 }, seen, &rows).unwrap();
            let (p, classes) = teacher.posteriors(&rows, true);
            assert_eq!(classes, 2);
            assert!(p[5 * 2 + 1] < 0.5, "{p:?}");
            let (p, _) = teacher.posteriors(&rows, false);
            assert!(p[5 * 2 + 1] > 0.5, "five of six teachers saw it: {p:?}");
        });
    }

    #[test]
    fn one_row_is_too_few() {
        let rows = labelled(2, &[(0.0, 0)]);
        seen_of(rows.clone(), |seen| {
            assert!(Teacher::fit(CrossFit::default(), seen, &rows).is_err());
        });
    }
}
