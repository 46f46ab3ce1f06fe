//! What became of one observation that was asked for: a number, an infinity, or no value and why.

use serde::{Deserialize, Serialize};

use crate::models::Absence;

/// The result of one observation. A value that is not there is a result like any other: it is recorded, counted and
/// shown, and never replaced by the value of another generation or of other seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Observed {
    /// A finite number, +∞ or −∞; never NaN.
    Number(f64),
    /// No value.
    Absent(Absence),
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
}
