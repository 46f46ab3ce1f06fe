//! From one observation a seed to numbers that can be compared.

use super::{Judged, Why};
use crate::analysis::intervals::{Interval, mean_interval, mean_sd};
use crate::analysis::is_collapse;
use crate::metrics::{Observed, Scale};

/// One observation a seed, seeds ascending and each once.
pub type Seeds<'a> = &'a [(u64, Observed)];

/// The seeds that an interval takes where some are cut at the worst value: below, it covers too rarely (.89 at 5 seeds,
/// .92 at 20, simulated).
pub const CUT_NEEDS: usize = 20;

/// The values of several arms at the seeds that all of them have.
#[derive(Clone, Debug)]
pub(super) struct Arms {
    /// The seeds that all arms have.
    pub seeds: Vec<u64>,
    /// One row an arm, one column a seed.
    pub values: Vec<Vec<f64>>,
    /// Seeds of which some arm was cut at the worst value.
    pub cut: usize,
}

impl Arms {
    /// The arms at their common seeds, values beyond `worst` cut there: an infinite value in the bad direction and a
    /// degenerate one take it.
    pub fn new(arms: &[Seeds<'_>], judged: &Judged) -> Result<Self, Why> {
        let common = common(arms);
        if common.len() < 2 {
            return Err(Why::FewSeeds { have: common.len(), need: 2, cut: false });
        }
        let mut values = vec![Vec::with_capacity(common.len()); arms.len()];
        let (mut cut, mut collapsed) = (0, 0);
        for at in &common {
            let (mut cut_here, mut collapsed_here) = (false, false);
            for ((arm, i), into) in arms.iter().zip(at).zip(&mut values) {
                match number(arm[*i].1, judged)? {
                    Number::Is(x) => into.push(x),
                    Number::Cut(x) => {
                        cut_here = true;
                        into.push(x);
                    }
                    Number::Collapsed => collapsed_here = true,
                }
            }
            cut += usize::from(cut_here);
            collapsed += usize::from(collapsed_here);
        }
        match collapsed {
            0 if cut > 0 && common.len() < CUT_NEEDS => {
                Err(Why::FewSeeds { have: common.len(), need: CUT_NEEDS, cut: true })
            }
            0 => {
                let seeds = common.iter().filter_map(|at| Some(arms.first()?[*at.first()?].0)).collect();
                Ok(Arms { seeds, values, cut })
            }
            seeds => Err(Why::Collapsed { seeds, of: common.len() }),
        }
    }

    /// The number of seeds.
    pub fn len(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    /// a − b for each seed.
    pub fn difference(&self, a: usize, b: usize) -> Vec<f64> {
        self.values[a].iter().zip(&self.values[b]).map(|(x, y)| x - y).collect()
    }
}

/// A value as it enters a comparison.
pub(super) enum Number {
    /// As it was observed.
    Is(f64),
    /// The worst value, in place of one beyond it or of a degenerate one.
    Cut(f64),
    /// Degenerate or infinite, and nothing can stand in.
    Collapsed,
}

/// One observation as a number; a reason that is not collapse is an error.
pub(super) fn number(observed: Observed, judged: &Judged) -> Result<Number, Why> {
    use crate::metrics::Absence::Degenerate;
    if matches!(observed, Observed::Number(x) if !x.is_finite()) && !is_collapse(observed, judged.direction) {
        return Err(Why::InfinitelyGood);
    }
    match (observed, judged.worst) {
        (Observed::Number(x), Some(worst)) if judged.beyond_worst(x, worst) => Ok(Number::Cut(worst)),
        (Observed::Number(x), _) if x.is_finite() => Ok(Number::Is(x)),
        (Observed::Absent(Degenerate), Some(worst)) => Ok(Number::Cut(worst)),
        (Observed::Number(_) | Observed::Absent(Degenerate), _) => Ok(Number::Collapsed),
        (Observed::Absent(why), _) => Err(Why::Absent(why)),
    }
}

/// For each seed that all arms have, its place in every arm.
fn common(arms: &[Seeds<'_>]) -> Vec<Vec<usize>> {
    let Some((first, others)) = arms.split_first() else { return Vec::new() };
    let place = |seed: u64, arm: &Seeds<'_>| arm.binary_search_by_key(&seed, |(s, _)| *s).ok();
    let places = |(i, (seed, _)): (usize, &(u64, Observed))| {
        let others: Option<Vec<usize>> = others.iter().map(|arm| place(*seed, arm)).collect();
        others.map(|others| [vec![i], others].concat())
    };
    first.iter().enumerate().filter_map(places).collect()
}

/// The values of one arm as they enter a comparison, at least two seeds: those beyond the worst value cut there.
///
/// # Errors
/// [`Why`] some seed has no number.
pub fn values_of(seeds: Seeds<'_>, judged: &Judged) -> Result<Vec<(u64, f64)>, Why> {
    let mut arms = Arms::new(&[seeds], judged)?;
    Ok(arms.seeds.into_iter().zip(arms.values.remove(0)).collect())
}

/// The mean of one arm, and of how many seeds it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    /// The mean over the seeds that have a number, cut ones included; `None` where no seed has one.
    pub mean: Option<f64>,
    /// Its 95 % interval on the metric's scale.
    pub interval: Option<Interval>,
    /// Seeds in the mean.
    pub with_value: usize,
    /// Of these, seeds cut at the worst value.
    pub cut: usize,
    /// All seeds.
    pub seeds: usize,
}

impl Level {
    /// `""`, or which seeds the mean is about, as in ` (3 of 20 seeds)`.
    pub fn remark(&self) -> String {
        match (self.seeds - self.with_value, self.cut) {
            (0, 0) => String::new(),
            (0, cut) => format!(" ({cut} of {} seeds cut at the worst value)", self.seeds),
            _ => format!(" ({} of {} seeds)", self.with_value, self.seeds),
        }
    }
}

/// The mean of one arm with its interval at 95 %.
pub fn level_of(seeds: Seeds<'_>, judged: &Judged, scale: Scale) -> Level {
    let mut values = Vec::with_capacity(seeds.len());
    let mut cut = 0;
    for (_, observed) in seeds {
        match number(*observed, judged) {
            Ok(Number::Is(x)) => values.push(x),
            Ok(Number::Cut(x)) => {
                cut += 1;
                values.push(x);
            }
            Ok(Number::Collapsed) | Err(_) => {}
        }
    }
    Level {
        mean: (!values.is_empty()).then(|| mean_sd(&values).0),
        interval: mean_interval(&values, scale, crate::analysis::DISPLAY_LEVEL),
        with_value: values.len(),
        cut,
        seeds: seeds.len(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::{Absence, Direction};

    fn judged(direction: Direction, worst: Option<f64>) -> Judged {
        Judged { direction, worst, human: Some(1.0), tolerance: super::super::Tolerance::default() }
    }

    fn seeds(values: &[Observed]) -> Vec<(u64, Observed)> {
        (0..).zip(values.iter().copied()).collect()
    }

    #[test]
    fn a_collapsed_value_is_the_worst_one_and_is_counted() {
        let mut values = vec![Observed::of(0.5); 20];
        values[3] = Observed::Absent(Absence::Degenerate);
        values[7] = Observed::of(f64::INFINITY);
        let (a, b) = (seeds(&values), seeds(&[Observed::of(0.1); 20]));
        let arms = Arms::new(&[&a, &b], &judged(Direction::Lower, Some(2.0))).unwrap();
        assert_eq!((arms.cut, arms.values[0][3], arms.values[0][7], arms.values[0][0]), (2, 2.0, 2.0, 0.5));
        assert_eq!(
            Arms::new(&[&a, &b], &judged(Direction::Lower, None)).unwrap_err(),
            Why::Collapsed { seeds: 2, of: 20 }
        );
        // Fewer seeds than a cut sample takes.
        assert_eq!(
            Arms::new(&[&a[..9], &b], &judged(Direction::Lower, Some(2.0))).unwrap_err(),
            Why::FewSeeds { have: 9, need: CUT_NEEDS, cut: true }
        );
        let level = level_of(&a, &judged(Direction::Lower, None), Scale::Linear);
        assert_eq!((level.with_value, level.seeds, level.mean), (18, 20, Some(0.5)));
        assert_eq!(level.remark(), " (18 of 20 seeds)");
    }

    #[test]
    fn arms_are_paired_by_seed_and_other_reasons_are_no_collapse() {
        let a = [(1, Observed::of(1.0)), (2, Observed::of(2.0)), (5, Observed::of(5.0))];
        let b = [(2, Observed::of(20.0)), (4, Observed::of(40.0)), (5, Observed::of(50.0))];
        let arms = Arms::new(&[&a, &b], &judged(Direction::Higher, None)).unwrap();
        assert_eq!(arms.values, [[2.0, 5.0], [20.0, 50.0]]);
        assert_eq!(arms.difference(1, 0), [18.0, 45.0]);
        let none = [(2, Observed::Absent(Absence::TooFewRows)), (5, Observed::of(1.0))];
        assert_eq!(
            Arms::new(&[&a, &none], &judged(Direction::Higher, Some(0.0))).unwrap_err(),
            Why::Absent(Absence::TooFewRows)
        );
    }
}
