//! How numbers are written for people.

use crate::analysis::Relation;
pub use crate::say::number;

/// What a claim expects, with the side that it expects it on.
pub fn expectation(expected: Option<f64>, relation: Relation) -> String {
    let Some(expected) = expected.map(number) else { return "–".into() };
    match relation {
        Relation::Equal => expected,
        Relation::AtMost => format!("≤ {expected}"),
        Relation::AtLeast => format!("≥ {expected}"),
    }
}
