//! What became of one observation that was asked for: a number, an infinity, or no value and why.

use serde::{Deserialize, Serialize};

/// The result of one observation. A value that is not there is a result like any other: it is recorded, counted and
/// shown, and never replaced by the value of another generation or of other seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Observed {
    /// A finite number, +∞ or −∞; never NaN.
    Number(f64),
    /// No value.
    Absent(Absence),
}

/// Why an observation has no value: a closed list, so that an analysis can tell collapse from everything else.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absence {
    /// The rows or the model are degenerate: one point, a singular covariance, an empty class. A consequence of collapse.
    Degenerate,
    /// Fewer rows than the metric needs.
    TooFewRows,
    /// The quantity is not defined for these rows, for a reason that is not collapse.
    UndefinedHere,
    /// A component refused to compute it.
    Refused,
    /// The fit or the computation diverged.
    Diverged,
    /// The metric does not apply to this setting.
    NotApplicable,
}

impl Observed {
    /// A computed number; NaN counts as undefined.
    pub fn of(value: f64) -> Self {
        if value.is_nan() { Observed::Absent(Absence::UndefinedHere) } else { Observed::Number(value) }
    }

    /// The number, finite or infinite, if there is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Observed::Number(value) => Some(value),
            Observed::Absent(_) => None,
        }
    }

    /// The number, if it is finite.
    pub fn finite(self) -> Option<f64> {
        self.number().filter(|value| value.is_finite())
    }
}

impl Absence {
    /// Every reason.
    pub const ALL: [Absence; 6] = [
        Absence::Degenerate,
        Absence::TooFewRows,
        Absence::UndefinedHere,
        Absence::Refused,
        Absence::Diverged,
        Absence::NotApplicable,
    ];

    /// The word in the column `why` of `metrics.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Absence::Degenerate => "degenerate",
            Absence::TooFewRows => "too-few-rows",
            Absence::UndefinedHere => "undefined-here",
            Absence::Refused => "refused",
            Absence::Diverged => "diverged",
            Absence::NotApplicable => "not-applicable",
        }
    }

    /// The reason with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_nan_and_an_infinity_is_a_number() {
        assert_eq!(Observed::of(f64::NAN), Observed::Absent(Absence::UndefinedHere));
        assert_eq!(Observed::of(f64::INFINITY).number(), Some(f64::INFINITY));
        assert_eq!(Observed::of(f64::INFINITY).finite(), None);
        assert_eq!(Observed::Absent(Absence::Degenerate).number(), None);
    }

    #[test]
    fn names_are_read_back() {
        for why in Absence::ALL {
            assert_eq!(Absence::named(why.name()), Some(why));
        }
        assert_eq!(Absence::named("gone"), None);
    }
}
