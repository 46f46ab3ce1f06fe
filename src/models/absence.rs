//! Why something has no value.

use serde::{Deserialize, Serialize};

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
    fn names_are_read_back() {
        for why in Absence::ALL {
            assert_eq!(Absence::named(why.name()), Some(why));
        }
        assert_eq!(Absence::named("gone"), None);
    }
}
