//! Holds, degrades or undecided: non-inferiority with a margin.

use serde::Serialize;

use super::Interval;
use crate::metrics::Direction;

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
}

impl Bearing {
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
    fn the_whole_interval_decides_and_the_direction_says_which_side_is_bad() {
        let i = |low, high| Interval::new(low, high, "t");
        assert_eq!(Bearing::of(&i(-0.5, 9.0), Direction::Higher, 1.0), Bearing::Holds);
        assert_eq!(Bearing::of(&i(-1.5, 0.0), Direction::Higher, 1.0), Bearing::Undecided);
        assert_eq!(Bearing::of(&i(-1.5, 0.0), Direction::TwoSided, 1.0), Bearing::Undecided);
        assert_eq!(Bearing::of(&i(1.1, 2.0), Direction::TwoSided, 1.0), Bearing::Degrades);
    }
}
