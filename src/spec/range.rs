//! The numbers that a parameter takes.

use super::error::Error;
use super::node::{Node, Value};

/// An interval of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    least: f64,
    most: f64,
    above: bool,
    below: bool,
    infinite: bool,
}

impl Range {
    /// Every number, NaN and infinities too.
    pub const ANY: Self =
        Self { least: f64::NEG_INFINITY, most: f64::INFINITY, above: false, below: false, infinite: true };

    const fn new(least: f64, most: f64) -> Self {
        Self { least, most, above: false, below: false, infinite: false }
    }

    /// Infinity is in it too.
    pub const fn or_infinite(self) -> Self {
        Self { infinite: true, ..self }
    }

    /// Whether a number is in it.
    pub fn holds(&self, x: f64) -> bool {
        let least = if self.above { x > self.least } else { x >= self.least };
        let most = if self.below { x < self.most } else { x <= self.most };
        *self == Self::ANY || (least && most && (self.infinite || x.is_finite()))
    }

    /// In words, such as "above 0, at most 1"; `None` if it holds every number.
    pub fn words(&self) -> Option<String> {
        let least = match (self.least, self.above) {
            (f64::NEG_INFINITY, _) => None,
            (x, true) => Some(format!("above {x}")),
            (x, false) => Some(format!("at least {x}")),
        };
        let most = match (self.most, self.below) {
            (f64::INFINITY, _) => self.infinite.then(|| "inf allowed".to_owned()),
            (x, true) => Some(format!("below {x}")),
            (x, false) => Some(format!("at most {x}")),
        };
        let closed = !self.above && !self.below && self.least.is_finite() && self.most.is_finite();
        match (least, most) {
            _ if *self == Self::ANY => None,
            _ if *self == FINITE => Some("finite".to_owned()),
            _ if closed => Some(format!("from {} to {}", self.least, self.most)),
            (Some(least), Some(most)) => Some(format!("{least}, {most}")),
            (least, most) => least.or(most),
        }
    }

    /// Refuses a number of `node` that is not in it; of a list each number is looked at.
    pub(super) fn check(&self, node: &Node, key: &str) -> Result<(), Error> {
        match &node.value {
            Value::Array(items) => items.iter().try_for_each(|item| self.check(item, key)),
            _ => match node.as_f64() {
                Some(x) if !self.holds(x) => {
                    let range = self.words().unwrap_or_default();
                    let given = if node.at.text().is_empty() { x.to_string() } else { node.at.text().into() };
                    let message = format!("`{key}` is {given}, and must be {range}");
                    Err(Error::bad_value(node.at.clone(), message, format!("give a number {range}")))
                }
                _ => Ok(()),
            },
        }
    }

    /// Least and most, and whether each end is out of it; infinite where it has no such end.
    pub fn ends(&self) -> ((f64, bool), (f64, bool)) {
        ((self.least, self.above), (self.most, self.below))
    }
}

/// Every finite number.
pub const FINITE: Range = Range::new(f64::NEG_INFINITY, f64::INFINITY);

/// `least` or more.
pub const fn at_least(least: i64) -> Range {
    Range::new(least as f64, f64::INFINITY)
}

/// More than `least`.
pub const fn above(least: i64) -> Range {
    Range { above: true, ..at_least(least) }
}

/// From `least` to `most`, both included.
pub const fn within(least: i64, most: i64) -> Range {
    Range::new(least as f64, most as f64)
}

/// More than `least`, up to `most`.
pub const fn above_to(least: i64, most: i64) -> Range {
    Range { above: true, ..within(least, most) }
}

/// From `least`, below `most`.
pub const fn from_below(least: i64, most: i64) -> Range {
    Range { below: true, ..within(least, most) }
}

/// Strictly between the two.
pub const fn between(least: i64, most: i64) -> Range {
    Range { above: true, below: true, ..within(least, most) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_in_it_or_not_as_its_words_say() {
        for (range, words, inside, outside) in [
            (at_least(1), "at least 1", vec![1.0, 1e300], vec![0.0, f64::INFINITY, f64::NAN]),
            (above(0), "above 0", vec![1e-300], vec![0.0, -1.0]),
            (within(0, 1), "from 0 to 1", vec![0.0, 1.0], vec![-1e-9, 1.1, f64::NAN]),
            (above_to(0, 1), "above 0, at most 1", vec![1.0], vec![0.0]),
            (from_below(0, 1), "at least 0, below 1", vec![0.0], vec![1.0]),
            (between(0, 1), "above 0, below 1", vec![0.5], vec![0.0, 1.0]),
            (at_least(0).or_infinite(), "at least 0, inf allowed", vec![f64::INFINITY], vec![-1.0, f64::NAN]),
            (FINITE, "finite", vec![-1e300], vec![f64::INFINITY]),
        ] {
            assert_eq!(range.words().as_deref(), Some(words));
            assert!(inside.iter().all(|x| range.holds(*x)), "{words}");
            assert!(outside.iter().all(|x| !range.holds(*x)), "{words}");
        }
        assert!(Range::ANY.words().is_none() && Range::ANY.holds(f64::NAN));
    }
}
