//! What became of values that are not there: collapse, or another reason.

use crate::metrics::{Absence, Direction, Observed};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collapse_is_told_from_every_other_loss() {
        let (infinite, degenerate) = (Observed::Number(f64::INFINITY), Observed::Absent(Absence::Degenerate));
        assert!(is_collapse(degenerate, Direction::Higher) && is_collapse(infinite, Direction::Lower));
        assert!(!is_collapse(infinite, Direction::Higher) && is_collapse(infinite, Direction::TwoSided));
        assert!(!is_collapse(Observed::Absent(Absence::TooFewRows), Direction::Lower));

        let start = [(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0)];
        let lost = |all: &[(u64, Observed)]| Losses::between(&start, all, Direction::Lower);
        // Seed 9 had no value at the start, so it lost none.
        let one = lost(&[(1, infinite), (9, degenerate)]);
        assert_eq!(one, Losses { of: 4, collapsed: 1, other: 0 });
        assert!(!one.most_collapsed() && lost(&[(1, infinite), (2, degenerate)]).most_collapsed());
        assert_eq!(lost(&[(1, Observed::Absent(Absence::TooFewRows))]).other, 1);
    }
}
