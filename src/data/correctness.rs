//! Exact checks: what a source that knows the truth says of rows that a model made.

use super::Samples;

/// What an exact check says of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correctness {
    /// The row is not even of the right form: an expression that can't be read, no statement.
    Malformed,
    /// The row has the right form and is not true.
    Wrong,
    /// The row is right.
    Correct,
}

/// Checks rows exactly.
pub trait Checker {
    /// What is right about each row.
    fn check(&self, rows: &Samples) -> Vec<Correctness>;
}
