//! From named columns of cells to a typed table: what CSV and JSON lines share.
//!
//! A column is numeric if all its cells are numbers, categorical if none is or the options say so;
//! both in one column is an error. A group is categorical, and so is a label of few whole numbers. Levels are sorted (by value where all are numbers), so codes
//! don't depend on the order of rows. Every numeric column is one field of doubles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::error::{FileError, Place, Problem};
use super::options::{Missing, Options};
use crate::data::parameters::{ParameterError, SourceError};
use crate::data::text::Record;
use crate::data::{Column, Cut, Field, Kind, Levels, Role, Samples, Schema, Splits};

/// The most different whole numbers that a label is taken to name classes with; with more of them it
/// is a quantity, as it is with fractions.
const MOST_CLASSES: usize = 20;

/// One cell as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Cell {
    /// No value: empty, `NA`, `null`, …
    Missing,
    /// A number, perhaps not finite, and how it was written.
    Number(f64, String),
    /// Anything else.
    Word(String),
}

/// A table of cells with the line of each row.
#[derive(Clone, Debug, Default)]
pub(in crate::data) struct Table {
    /// The columns' names, all different.
    pub names: Vec<String>,
    /// The line and the cells of each row, one per name.
    pub rows: Vec<(u64, Vec<Cell>)>,
}

impl Cell {
    /// Reads a cell of a text format.
    pub fn read(text: &str) -> Cell {
        let text = text.trim();
        match text {
            "" | "NA" | "N/A" | "n/a" | "null" | "NULL" | "None" | "?" => return Cell::Missing,
            _ => {}
        }
        match text.parse::<f64>() {
            Ok(number) => Cell::Number(number, text.into()),
            Err(_) => Cell::Word(text.into()),
        }
    }

    pub(super) fn written(&self) -> &str {
        match self {
            Cell::Missing => "",
            Cell::Number(_, text) | Cell::Word(text) => text,
        }
    }

    /// The level that it names: as it is written, but 3.0 is 3. Programs write whole numbers so once a
    /// column of theirs had a gap.
    pub(super) fn level(&self) -> &str {
        let written = self.written();
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        match written.split_once('.') {
            Some((whole, zeros))
                if matches!(self, Cell::Number(..))
                    && digits(whole.strip_prefix('-').unwrap_or(whole))
                    && zeros.bytes().all(|b| b == b'0') =>
            {
                whole
            }
            _ => written,
        }
    }

    /// Whether it is no value to learn from: missing, NaN or an infinity.
    pub fn lacks(&self) -> bool {
        matches!(self, Cell::Missing) || matches!(self, Cell::Number(x, _) if !x.is_finite())
    }
}

impl Table {
    /// The splits that the options ask for. `text` is the column that makes it a text source.
    pub fn splits(
        mut self,
        path: &Path,
        options: &Options,
        text: Option<&str>,
    ) -> Result<Splits, SourceError> {
        let find = |name: &str| self.find(path, name);
        let label = options.label.as_deref().map(find).transpose()?;
        let group = options.group.as_deref().map(find).transpose()?;
        let text = text.map(find).transpose()?;
        let mut categorical: BTreeSet<usize> =
            options.categorical.iter().flatten().map(|name| find(name)).collect::<Result<_, _>>()?;
        categorical.extend(&group);
        let named: Option<Vec<usize>> =
            options.columns.as_ref().map(|c| c.iter().map(|name| find(name)).collect()).transpose()?;
        let has_role = |i: &usize| Some(*i) == label || Some(*i) == group || Some(*i) == text;
        if let Some(twice) = named.iter().flatten().find(|i| has_role(i)) {
            let why = format!("`{}` already is the label, group or text", self.names[*twice]);
            return Err(ParameterError::new("columns", why, "name it once").into());
        }
        let without: Vec<usize> =
            options.without.iter().flatten().map(|name| find(name)).collect::<Result<_, _>>()?;
        let kept = |i: &usize| has_role(i) || named.iter().flatten().any(|n| n == i);
        if let Some(twice) = without.iter().find(|i| kept(i)) {
            let why =
                format!("`{}` already is the label, group or text, or in `columns`", self.names[*twice]);
            return Err(ParameterError::new("without", why, "name it once").into());
        }
        let features: Vec<usize> = match (text, named) {
            (Some(_), Some(_)) => {
                let help = "keep other columns as `label` or `group`";
                return Err(ParameterError::new("columns", "a text source models its text only", help).into());
            }
            (Some(_), None) => Vec::new(),
            (None, Some(named)) => named,
            (None, None) => (0..self.names.len()).filter(|i| !has_role(i) && !without.contains(i)).collect(),
        };
        if features.is_empty() && text.is_none() {
            return Err(FileError::whole(path, Problem::NoFeature).into());
        }
        let used: Vec<usize> = features.iter().chain(&text).chain(&label).chain(&group).copied().collect();
        self.complete(path, &used, options.missing.unwrap_or_default())?;
        categorical.extend(label.filter(|&i| text.is_some() || self.classes(i)));

        let mut fields = Vec::new();
        let mut columns = Vec::new();
        let roles = features.iter().map(|&i| (i, Role::Feature));
        let roles = roles.chain(label.map(|i| (i, Role::Label))).chain(group.map(|i| (i, Role::Group)));
        for (i, role) in roles {
            let (kind, column) = self.column(path, i, categorical.contains(&i))?;
            fields.push(Field { name: self.names[i].clone(), role, kind });
            columns.push(column);
        }
        let few = |e| FileError::whole(path, Problem::TooFewRows(e));
        let Some(text) = text else {
            let assignment = options.shares().shuffled(self.rows.len()).map_err(few)?;
            return Ok(assignment.of(&Samples::trusted(Arc::new(Schema { fields }), columns)));
        };
        let codes = |row: usize| {
            let code = |c: &Column| match c {
                Column::Codes { data } => data[row],
                _ => 0,
            };
            columns.iter().map(code).collect()
        };
        let rows = self.rows.iter().enumerate();
        let records: Vec<Record<'_>> =
            rows.map(|(row, (_, cells))| Record { text: cells[text].written(), codes: codes(row) }).collect();
        let how = options.text(Cut::Records)?;
        Ok(how.splits(&records, &fields, &options.shares()).map_err(few)?)
    }

    pub(super) fn find(&self, path: &Path, name: &str) -> Result<usize, FileError> {
        self.names.iter().position(|n| n == name).ok_or_else(|| {
            let distance = |n: &&String| strsim::damerau_levenshtein(&n.to_lowercase(), &name.to_lowercase());
            let nearest = self.names.iter().min_by_key(distance);
            let guess =
                nearest.filter(|n| distance(n) * 2 <= name.chars().count().max(2)).map(|n| n.as_str().into());
            let known = format!("`{}`", self.names.join("`, `"));
            FileError::whole(path, Problem::NoSuchColumn { name: name.into(), guess, known: known.into() })
        })
    }

    /// Makes sure that no used cell lacks a value.
    fn complete(&mut self, path: &Path, used: &[usize], missing: Missing) -> Result<(), FileError> {
        if missing == Missing::Drop {
            self.rows.retain(|(_, cells)| !used.iter().any(|&i| cells[i].lacks()));
            return Ok(());
        }
        for (line, cells) in &self.rows {
            for &i in used.iter().filter(|&&i| cells[i].lacks()) {
                let problem = match &cells[i] {
                    Cell::Number(_, written) if !self.words(i) => Problem::NotFinite(written.clone()),
                    // `inf` among words is a word.
                    Cell::Number(..) => continue,
                    _ => Problem::MissingValue,
                };
                return Err(FileError::new(path, self.place(*line, i), problem));
            }
        }
        Ok(())
    }

    /// Whether a label names classes: words, or at most [`MOST_CLASSES`] different whole numbers.
    fn classes(&self, i: usize) -> bool {
        let whole = |cell: &Cell| matches!(cell, Cell::Number(x, _) if x.fract() == 0.0);
        let mut cells = self.rows.iter().map(|(_, cells)| &cells[i]);
        if !cells.clone().all(whole) {
            return cells.any(|cell| matches!(cell, Cell::Word(_)));
        }
        cells.map(Cell::level).collect::<BTreeSet<_>>().len() <= MOST_CLASSES
    }

    /// Whether a column has no finite number.
    fn words(&self, i: usize) -> bool {
        !self.rows.iter().any(|(_, cells)| matches!(&cells[i], Cell::Number(x, _) if x.is_finite()))
            && self.rows.iter().any(|(_, cells)| matches!(cells[i], Cell::Word(_)))
    }

    fn place(&self, line: u64, i: usize) -> Place {
        Place::Cell { line, column: self.names[i].clone() }
    }

    fn column(&self, path: &Path, i: usize, named: bool) -> Result<(Kind, Column), FileError> {
        let word = self.rows.iter().find(|(_, cells)| matches!(cells[i], Cell::Word(_)));
        let numbers = self.rows.iter().filter(|(_, cells)| matches!(cells[i], Cell::Number(..))).count();
        match word {
            _ if named => {}
            None => {
                let number = |(_, cells): &(u64, Vec<Cell>)| match cells[i] {
                    Cell::Number(x, _) => x,
                    _ => f64::NAN,
                };
                let data = self.rows.iter().map(number).collect();
                return Ok((Kind::F64 { width: 1 }, Column::F64 { width: 1, data }));
            }
            Some((line, cells)) if numbers > 0 && !self.words(i) => {
                let found = cells[i].written().to_owned();
                return Err(FileError::new(
                    path,
                    self.place(*line, i),
                    Problem::MixedTypes { found, numbers },
                ));
            }
            Some(_) => {}
        }
        let mut codes: BTreeMap<&str, u32> = self.rows.iter().map(|(_, c)| (c[i].level(), 0)).collect();
        let (levels, rows) = (codes.len(), self.rows.len());
        if !named && levels > 50 && levels * 2 > rows {
            let line = self.rows.first().map_or(1, |r| r.0);
            return Err(FileError::new(path, self.place(line, i), Problem::TooManyLevels { levels, rows }));
        }
        let mut names: Vec<&str> = codes.keys().copied().collect();
        if word.is_none() {
            let value = |name: &&str| name.parse::<f64>().unwrap_or(f64::NAN);
            names.sort_by(|a, b| value(a).total_cmp(&value(b)).then(a.cmp(b)));
        }
        names.iter().enumerate().for_each(|(code, name)| {
            codes.insert(name, code as u32);
        });
        let data = self.rows.iter().map(|(_, c)| codes[c[i].level()]).collect();
        let levels = Levels::Named(names.iter().map(|n| n.to_string()).collect());
        Ok((Kind::Codes { levels }, Column::Codes { data }))
    }
}
