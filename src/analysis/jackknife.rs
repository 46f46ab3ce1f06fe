//! Intervals over resampled rows, where there is one run and so no seed: the delete-a-group jackknife.
//!
//! The rows of each sample are split at random into K parts. With θ the statistic of all rows and θ₋ₖ that of all but part k,
//! the pseudo-values are vₖ = θ + (K − 1)(θ̄₋ − θ₋ₖ): their mean is θ, and their standard error is the jackknife's, so that
//! Student's t on K − 1 degrees of freedom, paired differences, trends and verdicts take them in the place of seeds (Quenouille
//! 1956; Tukey 1958; Shao and Wu 1989). No row is ever there twice, so that counts of copies and of distinct rows are not
//! disturbed as they are by a bootstrap. The variance is that of a statistic of fewer rows, and for it an upper bound in
//! expectation (Efron and Stein 1981).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::observations::Series;
use crate::metrics::Observed;

/// What repeats itself with a difference, so that a mean has an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Over {
    /// Runs, each with a seed of its own.
    #[default]
    Seeds,
    /// The rows of one run, in parts.
    Rows,
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Over::Seeds => "training seeds",
            Over::Rows => "resampled rows",
        })
    }
}

/// The pseudo-values; their mean is `all`.
pub fn pseudo_values(all: f64, without: &[f64]) -> Vec<f64> {
    let k = without.len() as f64;
    let mean = without.iter().sum::<f64>() / k;
    without.iter().map(|part| all + (k - 1.0) * (mean - part)).collect()
}

/// The series of one run of which "seed" 0 is the statistic of all rows and k that of all but part k: with a pseudo-value for
/// each part. Where a part has no finite value there is the statistic alone, and no interval; where all rows have none, every
/// part has none for the same reason.
pub fn over_rows(series: &Series) -> Series {
    let parts = series.seeds.saturating_sub(1);
    let (at, lost) = Default::default();
    let mut found = Series { seeds: parts, over: Over::Rows, at, lost, ..series.clone() };
    for generation in series.at.keys().chain(series.lost.keys()) {
        let seen = series.observed(*generation);
        let Some((0, all)) = seen.first() else { continue };
        let rest: Vec<f64> = seen[1..].iter().filter_map(|(_, o)| o.finite()).collect();
        let (mut pairs, mut lost) = (Vec::new(), Vec::new());
        match all {
            Observed::Number(x) if x.is_finite() && rest.len() == parts => {
                pairs = (1..).zip(pseudo_values(*x, &rest)).collect();
            }
            Observed::Number(x) if x.is_finite() => pairs.push((0, *x)),
            _ => lost = (1..=parts as u64).map(|part| (part, *all)).collect(),
        }
        found.at.insert(*generation, pairs);
        found.lost.insert(*generation, lost);
    }
    found.lost.retain(|_, lost| !lost.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::intervals::mean_sd;

    #[test]
    fn of_a_mean_the_pseudo_values_are_the_means_of_the_parts() {
        // Parts (1, 3), (4, 8), (0, 2) of the mean 3: leaving one out gives 14/4, 6/4, 16/4.
        let found = pseudo_values(3.0, &[3.5, 1.5, 4.0]);
        found.iter().zip([2.0, 6.0, 1.0]).for_each(|(f, e)| assert!((f - e).abs() < 1e-12, "{found:?}"));
        assert!((mean_sd(&found).0 - 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_statistic_without_parts_stands_alone_and_one_that_is_lost_is_lost() {
        let key = crate::store::settings::tests::keys(&[&[("regime", "elsewhere")]]).remove(0);
        let at = [
            (0, vec![(0, 3.0), (1, 3.5), (2, 1.5), (3, 4.0)]),
            (1, vec![(0, 3.0), (1, 3.5), (3, 4.0)]),
            (2, vec![(1, 3.5)]),
        ];
        let mut series = Series::new(key, "mean", crate::metrics::Subject::Model, at.into());
        let gone = Observed::Absent(crate::metrics::Absence::Degenerate);
        series.lost = [(1, vec![(2, gone)]), (2, vec![(0, gone), (2, gone), (3, gone)])].into();
        let found = over_rows(&series);
        assert_eq!((found.seeds, found.over), (3, Over::Rows));
        assert_eq!(found.pairs(0).iter().map(|(part, _)| *part).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((found.pairs(1), found.lost(1)), (&[(0, 3.0)][..], &[][..]));
        assert_eq!((found.pairs(2), found.lost(2)), (&[][..], &[(1, gone), (2, gone), (3, gone)][..]));
    }
}
