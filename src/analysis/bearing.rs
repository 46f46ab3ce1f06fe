//! Holds, degrades or undecided: non-inferiority with a margin.

use serde::Serialize;

use super::Interval;
use crate::metrics::{Absence, Direction, Observed};

/// Whether quality stayed, by non-inferiority with a stated margin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bearing {
    /// The whole interval of the difference lies on the good side of the margin.
    Holds,
    /// The whole interval lies beyond the margin.
    Degrades,
    /// The interval straddles the margin: more seeds needed.
    Undecided,
    /// There is no value to judge by, for a reason that is not collapse.
    #[serde(rename = "no verdict")]
    NoVerdict,
}

/// Whether an observation says by its absence or its infinity that the model collapsed: `degenerate`, or infinite on the
/// bad side. A metric that is best at the human rows' own value has two of those.
pub fn is_collapse(observed: Observed, direction: Direction) -> bool {
    match observed {
        Observed::Absent(why) => why == Absence::Degenerate,
        Observed::Number(value) if value.is_finite() => false,
        Observed::Number(value) => match direction {
            Direction::Higher => value < 0.0,
            Direction::Lower => value > 0.0,
            Direction::TwoSided => true,
        },
    }
}

/// What became of the seeds that had a finite value at the start and have none at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Seeds with a finite value at the start.
    pub of: usize,
    /// Those that collapsed.
    pub collapsed: usize,
    /// Those without a finite value for another reason.
    pub other: usize,
}

impl Losses {
    /// Between (seed, finite value) at the start and what is lost at the end, both sorted by seed.
    pub fn between(start: &[(u64, f64)], lost: &[(u64, Observed)], direction: Direction) -> Self {
        let had = |seed: u64| start.binary_search_by_key(&seed, |(s, _)| *s).is_ok();
        let of_those = || lost.iter().filter(|(seed, _)| had(*seed));
        let collapsed = of_those().filter(|(_, observed)| is_collapse(*observed, direction)).count();
        Self { of: start.len(), collapsed, other: of_those().count() - collapsed }
    }

    /// Whether at least half of the seeds collapsed: the median of the seeds is lost.
    pub fn most_collapsed(self) -> bool {
        self.collapsed > 0 && 2 * self.collapsed >= self.of
    }
}

impl Bearing {
    /// What the survivors say, given the seeds that were lost: where seeds collapsed nothing holds, and where half of them
    /// did the metric degrades; where seeds have no value for another reason nothing holds either.
    pub(super) fn given(self, losses: Losses) -> Self {
        match (losses, self) {
            (l, _) if l.most_collapsed() => Self::Degrades,
            (l, Self::Holds) if l.collapsed > 0 => Self::Undecided,
            (l, Self::Holds | Self::Undecided) if l.other > 0 => Self::NoVerdict,
            (_, word) => word,
        }
    }

    /// Of a difference to a reference, given the margin and the metric's direction.
    pub(super) fn of(difference: &Interval, direction: Direction, margin: f64) -> Self {
        let (low, high) = (difference.low, difference.high);
        let (holds, degrades) = match direction {
            Direction::Higher => (low > -margin, high < -margin),
            Direction::Lower => (high < margin, low > margin),
            Direction::TwoSided => (low > -margin && high < margin, high < -margin || low > margin),
        };
        match (holds, degrades) {
            (true, _) => Self::Holds,
            (_, true) => Self::Degrades,
            _ => Self::Undecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collapse_is_never_read_as_health() {
        let (infinite, degenerate) = (Observed::Number(f64::INFINITY), Observed::Absent(Absence::Degenerate));
        assert!(is_collapse(degenerate, Direction::Higher) && is_collapse(infinite, Direction::Lower));
        assert!(!is_collapse(infinite, Direction::Higher) && is_collapse(infinite, Direction::TwoSided));
        assert!(!is_collapse(Observed::Absent(Absence::TooFewRows), Direction::Lower));

        let start = [(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0)];
        let lost = |all: &[(u64, Observed)]| Losses::between(&start, all, Direction::Lower);
        // Seed 9 had no value at the start, so it lost none.
        let one = lost(&[(1, infinite), (9, degenerate)]);
        assert_eq!(one, Losses { of: 4, collapsed: 1, other: 0 });
        assert_eq!(Bearing::Holds.given(one), Bearing::Undecided);
        assert_eq!(Bearing::Degrades.given(one), Bearing::Degrades);
        let two = lost(&[(1, infinite), (2, degenerate)]);
        assert_eq!(Bearing::Holds.given(two), Bearing::Degrades);
        let few = lost(&[(1, Observed::Absent(Absence::TooFewRows))]);
        assert_eq!(Bearing::Holds.given(few), Bearing::NoVerdict);
        assert_eq!(Bearing::Holds.given(Losses::default()), Bearing::Holds);
    }

    #[test]
    fn the_whole_interval_decides_and_the_direction_says_which_side_is_bad() {
        let i = |low, high| Interval::new(low, high, "t");
        assert_eq!(Bearing::of(&i(-0.5, 9.0), Direction::Higher, 1.0), Bearing::Holds);
        assert_eq!(Bearing::of(&i(-1.5, 0.0), Direction::Higher, 1.0), Bearing::Undecided);
        assert_eq!(Bearing::of(&i(-1.5, 0.0), Direction::TwoSided, 1.0), Bearing::Undecided);
        assert_eq!(Bearing::of(&i(1.1, 2.0), Direction::TwoSided, 1.0), Bearing::Degrades);
    }
}
