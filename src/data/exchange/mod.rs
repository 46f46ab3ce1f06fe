//! Rows that go to an outside program and come back: files of a known schema.
//!
//! | format | a row |
//! | --- | --- |
//! | `csv` | a line under a header: one column a number (`x0`, `x1`, … where a field has several), categories by name, text as it reads |
//! | `jsonl` | an object with the same keys |
//! | `text` | a line: only for a single column of text |
//! | `conll` | a sentence of `token⇥tag` lines and a blank line: only for text with tags |
//!
//! By default text alone is `text`, tagged text `conll`, and all else `csv`. What is written reads
//! back to the same bits. A file that comes back must have the schema's columns, numbers that are
//! finite and in range, known categories and known tokens (or an unknown token to stand for the
//! others); anything else is an error with its line and column.

mod cells;
mod read;
#[cfg(test)]
mod tests;
mod write;

use serde::Deserialize;

use super::{Kind, Role, Schema};

pub(super) use cells::{Index, as_human};
pub use read::read;
pub use write::write;

/// A file format for rows of a known schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exchange {
    /// Comma-separated values under a header.
    Csv,
    /// JSON lines.
    Jsonl,
    /// One text a line.
    Text,
    /// Tagged sentences.
    Conll,
}

impl Exchange {
    /// The format for rows of this schema where none is asked for.
    pub fn of(schema: &Schema) -> Exchange {
        [Exchange::Text, Exchange::Conll].into_iter().find(|f| f.holds(schema)).unwrap_or(Exchange::Csv)
    }

    /// Whether the format can hold rows of this schema without loss.
    pub fn holds(self, schema: &Schema) -> bool {
        let ragged = |i: usize, role: Role| {
            schema.fields.get(i).is_some_and(|f| matches!(f.kind, Kind::Ragged { .. }) && f.role == role)
        };
        match (self, schema.fields.len()) {
            (Exchange::Csv | Exchange::Jsonl, _) => true,
            (Exchange::Text, 1) => ragged(0, Role::Feature),
            (Exchange::Conll, 2) => ragged(0, Role::Feature) && ragged(1, Role::Tag),
            _ => false,
        }
    }

    /// Whether rows can carry a weight.
    pub fn weighs(self) -> bool {
        matches!(self, Exchange::Csv | Exchange::Jsonl)
    }

    /// The ending of the file's name, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Exchange::Csv => "csv",
            Exchange::Jsonl => "jsonl",
            Exchange::Text => "txt",
            Exchange::Conll => "conll",
        }
    }
}

/// The name of the column of weights: scikit-learn's word for it.
pub const WEIGHT: &str = "sample_weight";

/// The names of the cells of one row: a field of `w` numbers has `w` of them.
pub(super) fn cell_names(schema: &Schema) -> Vec<String> {
    let mut names = Vec::with_capacity(schema.fields.len());
    for field in &schema.fields {
        match field.kind {
            Kind::F32 { width, .. } | Kind::F64 { width } if width != 1 => {
                names.extend((0..width).map(|i| format!("{}{i}", field.name)));
            }
            _ => names.push(field.name.clone()),
        }
    }
    names
}
