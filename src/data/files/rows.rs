//! From a table and what its columns are taken for to rows, with a count of every row that is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::card::Dropped;
use super::cell::{Cell, level};
use super::columns::{Choice, Chosen, Taken, together};
use super::error::{FileError, Problem};
use super::numbers::Notation;
use super::options::Missing;
use super::table::Table;
use crate::data::{Column, Field, Kind, Levels, Role};

/// Why a cell holds nothing to learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::data) enum Lack {
    /// It is missing.
    Value,
    /// It is NaN or an infinity.
    Finite,
    /// It is no number.
    Number,
}

impl Lack {
    fn words(self) -> &'static str {
        match self {
            Lack::Value => "no value",
            Lack::Finite => "NaN or infinite",
            Lack::Number => "no number",
        }
    }

    pub fn problem(self, cell: &Cell) -> Problem {
        match self {
            Lack::Value => Problem::MissingValue,
            Lack::Finite => Problem::NotFinite(cell.written().into()),
            Lack::Number => Problem::NotANumber(cell.written().into()),
        }
    }
}

/// The number of a cell.
pub(in crate::data) fn number(cell: &Cell, notation: &Notation, typed: bool) -> Result<f64, Lack> {
    match cell {
        Cell::Missing(_) => Err(Lack::Value),
        Cell::Number(x, _) if typed || notation.is_plain() => Ok(*x),
        cell => notation.number(cell.written()).ok_or(match cell.is_odd_number() {
            true => Lack::Finite,
            false => Lack::Number,
        }),
    }
}

/// What a cell lacks in a column of this role.
pub(in crate::data) fn lack(
    cell: &Cell,
    taken: &Taken,
    role: Role,
    missing: Missing,
    typed: bool,
) -> Option<Lack> {
    match taken {
        Taken::Numbers(notation) => number(cell, notation, typed).err(),
        Taken::Levels => {
            let kept = missing == Missing::Level && role == Role::Feature;
            (cell.is_missing() && !kept || matches!(cell, Cell::Nested(_))).then_some(Lack::Value)
        }
    }
}

/// Counts rows that are left out, by column and reason.
#[derive(Default)]
pub(in crate::data) struct Tally(BTreeMap<(usize, Lack), (usize, u64)>);

impl Tally {
    /// A row is left out for this column.
    pub fn add(&mut self, column: usize, lack: Lack, line: u64) {
        self.0.entry((column, lack)).or_insert((0, line)).0 += 1;
    }

    /// In the order of the columns.
    pub fn dropped(self, names: &[String]) -> Vec<Dropped> {
        let said = |((column, lack), (rows, line)): ((usize, Lack), (usize, u64))| Dropped {
            column: names[column].clone(),
            why: lack.words().into(),
            rows,
            line,
        };
        self.0.into_iter().map(said).collect()
    }
}

/// The rows that lack nothing, and how many lack what. A row that lacks several values counts for the first column.
///
/// # Errors
/// With `missing = "error"`: the first gap of every column.
pub(super) fn complete(
    path: &Path,
    table: &Table,
    choice: &Choice,
    missing: Missing,
) -> Result<(Vec<usize>, Vec<Dropped>), FileError> {
    let lacks = |cells: &[Cell]| -> Option<(usize, Lack)> {
        let text = choice.text.filter(|&i| cells[i].is_empty()).map(|i| (i, Lack::Value));
        let of = |c: &Chosen| Some((c.at, lack(&cells[c.at], &c.taken, c.role, missing, table.typed)?));
        text.or_else(|| choice.columns.iter().find_map(of))
    };
    let (mut kept, mut tally) = (Vec::with_capacity(table.rows.len()), Tally::default());
    let mut wrong: BTreeMap<usize, FileError> = BTreeMap::new();
    for (row, (line, cells)) in table.rows.iter().enumerate() {
        match lacks(cells) {
            None => kept.push(row),
            Some((at, lack)) => {
                tally.add(at, lack, *line);
                let error = || FileError::new(path, table.place(*line, at), lack.problem(&cells[at]));
                if missing == Missing::Error {
                    wrong.entry(at).or_insert_with(error);
                }
            }
        }
    }
    together::<()>(path, wrong.into_values().map(Err).collect())?;
    Ok((kept, tally.dropped(&table.names)))
}

/// The schema's field and the cells of one column, for the rows that are kept.
pub(super) fn column(table: &Table, chosen: &Chosen, kept: &[usize]) -> (Field, Column) {
    let cells = kept.iter().map(|&row| &table.rows[row].1[chosen.at]);
    let (kind, column) = match &chosen.taken {
        Taken::Numbers(notation) => {
            let value = |cell| number(cell, notation, table.typed).unwrap_or(f64::NAN);
            (Kind::F64 { width: 1 }, Column::F64 { width: 1, data: cells.map(value).collect() })
        }
        Taken::Levels => {
            let names = sorted(cells.clone().map(|cell| cell.level().into_owned()).collect());
            let codes: BTreeMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
            let data = cells.map(|cell| codes[&*cell.level()]).collect();
            (Kind::Codes { levels: Levels::Named(names.clone().into()) }, Column::Codes { data })
        }
    };
    (Field { name: table.names[chosen.at].clone(), role: chosen.role, kind }, column)
}

/// Levels in order: by value where all are numbers.
fn sorted(names: BTreeSet<String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    let value = |name: &String| name.parse::<f64>().ok().filter(|x| x.is_finite());
    if names.iter().all(|name| value(name).is_some()) {
        let number = |name: &String| value(name).unwrap_or(f64::NAN);
        names.sort_by(|a, b| number(a).total_cmp(&number(b)).then(a.cmp(b)));
    }
    names
}

/// The code of a cell among named levels; where no name is its own, that of the one level with its value.
pub(in crate::data) fn code(written: &str, names: &[String]) -> Option<u32> {
    let name = level(written);
    let position = names.iter().position(|n| *n == name).or_else(|| {
        let value = |text: &str| text.parse::<f64>().ok().filter(|x| x.is_finite());
        let value_of = value(written)?;
        let mut same = (0..names.len()).filter(|&i| value(&names[i]) == Some(value_of));
        same.next().filter(|_| same.next().is_none())
    });
    position.map(|i| i as u32)
}
