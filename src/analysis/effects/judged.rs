//! How the values of one metric are judged.

use crate::metrics::Direction;

/// How large a change may be and still count as none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tolerance {
    /// A share of the distance from the start to the worst value.
    OfDistance(f64),
    /// A share of the logarithmic distance from the start to the worst value: for perplexities.
    OfLogDistance(f64),
    /// So much, in the metric's unit.
    Units(f64),
}

impl Default for Tolerance {
    fn default() -> Self {
        Tolerance::OfDistance(0.1)
    }
}

/// How the values of one metric are judged in one setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Which way is better.
    pub direction: Direction,
    /// The value of a model that knows nothing, if the metric has one here.
    pub worst: Option<f64>,
    /// The mean value of human rows, for metrics that are best there.
    pub human: Option<f64>,
    /// How large a change counts as none.
    pub tolerance: Tolerance,
}

impl Judged {
    /// The tolerance in the metric's unit, from a start: `None` without a worst value, unless it is stated in units.
    pub fn allowed(&self, start: f64) -> Option<f64> {
        match self.tolerance {
            Tolerance::Units(units) => Some(units),
            Tolerance::OfDistance(share) => self.worst.map(|worst| share * (worst - start).abs()),
            Tolerance::OfLogDistance(share) => {
                self.worst.map(|worst| start * ((worst / start).powf(share) - 1.0).abs())
            }
        }
    }

    /// +1 where a rise is a loss, −1 where a fall is, for metrics with a fixed orientation.
    pub(super) fn fixed_sign(&self) -> Option<f64> {
        match self.direction {
            Direction::Lower => Some(1.0),
            Direction::Higher => Some(-1.0),
            Direction::TwoSided => None,
        }
    }

    /// Whether `value` lies beyond the worst value.
    pub(super) fn beyond_worst(&self, value: f64, worst: f64) -> bool {
        match (self.direction, self.human) {
            (Direction::Lower, _) => value > worst,
            (Direction::Higher, _) => value < worst,
            (Direction::TwoSided, Some(human)) if worst > human => value > worst,
            (Direction::TwoSided, Some(human)) if worst < human => value < worst,
            (Direction::TwoSided, _) => false,
        }
    }
}
