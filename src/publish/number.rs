//! How numbers are written for people.

use crate::analysis::Relation;
use crate::say;

/// Three significant digits, as [`say::number`] writes them, with the minus sign of print.
pub fn number(value: f64) -> String {
    let text = say::number(value);
    text.strip_prefix('-').map_or_else(|| text.clone(), |size| format!("−{size}"))
}

/// The ends of an interval, as `[0.1, 0.3]`.
pub fn between(low: f64, high: f64) -> String {
    format!("[{}, {}]", number(low), number(high))
}

/// What a claim expects, with the side that it expects it on.
pub fn expectation(expected: Option<f64>, relation: Relation) -> String {
    let Some(expected) = expected.map(say::number) else { return "–".into() };
    match relation {
        Relation::Equal => expected,
        Relation::AtMost => format!("≤ {expected}"),
        Relation::AtLeast => format!("≥ {expected}"),
    }
}
