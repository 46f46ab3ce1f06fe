//! Named columns of cells: what CSV and JSON lines share before anything is known of the columns.

use std::collections::BTreeSet;
use std::path::Path;

use super::cell::Cell;
use super::error::{FileError, Place, Problem};

/// A table of cells with the line of each row.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Table {
    /// The columns' names, all different.
    pub names: Vec<String>,
    /// The columns that the header leaves without a name; they are called by their place, `x1`, `x2`, ….
    pub unnamed: BTreeSet<usize>,
    /// The line and the cells of each row, one per name.
    pub rows: Vec<(u64, Vec<Cell>)>,
    /// Whether the format tells numbers from words, so that a word is never a number.
    pub typed: bool,
    /// How the file is written, in words.
    pub form: String,
}

impl Table {
    /// The place of a column, or an error with the nearest name and all names.
    pub fn find(&self, path: &Path, name: &str) -> Result<usize, FileError> {
        self.names.iter().position(|n| n == name.trim()).ok_or_else(|| {
            let distance = |n: &&String| strsim::damerau_levenshtein(&n.to_lowercase(), &name.to_lowercase());
            let nearest = self.names.iter().min_by_key(distance);
            let guess =
                nearest.filter(|n| distance(n) * 2 <= name.chars().count().max(2)).map(|n| n.as_str().into());
            let known = format!("`{}`", self.names.join("`, `"));
            FileError::whole(path, Problem::NoSuchColumn { name: name.into(), guess, known: known.into() })
        })
    }

    /// The line and the cell of every row in a column.
    pub fn column(&self, i: usize) -> impl Iterator<Item = (u64, &Cell)> + Clone {
        self.rows.iter().map(move |(line, cells)| (*line, &cells[i]))
    }

    /// A cell's place in the file.
    pub fn place(&self, line: u64, i: usize) -> Place {
        Place::Cell { line, column: self.names[i].clone() }
    }
}
