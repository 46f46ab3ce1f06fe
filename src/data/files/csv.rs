//! Comma-separated values: tables of numbers and categories, or a column of text.
//!
//! Quoted as in RFC 4180. The delimiter is the most frequent of comma, tab, semicolon and bar in
//! the first line. Types are found by [`super::table`].

use std::collections::BTreeSet;
use std::path::Path;

use ::csv::{ReaderBuilder, StringRecord};

use super::error::{FileError, Place, Problem};
use super::options::{Options, TABLE, TEXT};
use super::read;
use super::table::{Cell, Table};
use crate::data::Splits;
use crate::data::parameters::{ParameterError, SourceError};

/// The splits of a CSV file's bytes.
pub(super) fn load(path: &Path, bytes: Vec<u8>, options: &Options) -> Result<Splits, SourceError> {
    let (format, text) = match options.text_column {
        Some(_) => ("a CSV file", TEXT),
        None => ("a CSV file without `text_column`", [].as_slice()),
    };
    options.only(format, &[TABLE, text, &["text_column", "delimiter", "header"]])?;
    let text = read::text(path, bytes)?;
    table(path, &text, options)?.splits(path, options, options.text_column.as_deref())
}

fn table(path: &Path, text: &str, options: &Options) -> Result<Table, SourceError> {
    let delimiter = match options.delimiter.as_deref().map(str::as_bytes) {
        None => sniff(text),
        Some(&[one]) if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => one,
        Some(_) => {
            let why = "it is not one ASCII character";
            return Err(ParameterError::new("delimiter", why, "give one, such as \";\" or \"\\t\"").into());
        }
    };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<(u64, StringRecord)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| FileError::whole(path, Problem::Csv(e)))?;
        rows.push((record.position().map_or(0, ::csv::Position::line), record));
    }
    let Some((first_line, first)) = rows.first().cloned() else {
        return Err(FileError::whole(path, Problem::Empty).into());
    };
    let has_header = options
        .header
        .unwrap_or_else(|| !first.iter().all(|cell| matches!(Cell::read(cell), Cell::Number(..))));
    let names: Vec<String> = first
        .iter()
        .enumerate()
        .map(|(i, cell)| match cell.trim() {
            name if has_header && !name.is_empty() => name.to_owned(),
            _ => format!("x{}", i + 1),
        })
        .collect();
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(
            FileError::new(path, Place::Line(first_line), Problem::DuplicateColumn(twice.clone())).into()
        );
    }
    let rows = &rows[usize::from(has_header)..];
    if rows.is_empty() {
        return Err(FileError::whole(path, Problem::OnlyHeader).into());
    }
    let expected = names.len();
    if let Some((line, row)) = rows.iter().find(|(_, row)| row.len() != expected) {
        let problem = Problem::Ragged { expected, found: row.len() };
        return Err(FileError::new(path, Place::Line(*line), problem).into());
    }
    let text = options.text_column.as_ref().and_then(|name| names.iter().position(|n| n == name));
    let read = |(i, cell): (usize, &str)| match cell.trim() {
        // The text column is text, whatever it looks like.
        word if Some(i) == text && !word.is_empty() => Cell::Word(word.to_owned()),
        _ => Cell::read(cell),
    };
    let rows = rows.iter().map(|(line, row)| (*line, row.iter().enumerate().map(read).collect())).collect();
    Ok(Table { names, rows })
}

/// The most frequent candidate outside quotes in the first line that has text; comma where none is.
pub(in crate::data) fn sniff(text: &str) -> u8 {
    let line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
    let mut quoted = false;
    let mut counts = [(b',', 0), (b'\t', 0), (b';', 0), (b'|', 0)];
    for byte in line.bytes() {
        quoted ^= byte == b'"';
        counts.iter_mut().filter(|(c, _)| !quoted && *c == byte).for_each(|(_, n)| *n += 1);
    }
    // `max_by_key` takes the last of equals; the order above is the order of preference.
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(c, _)| *c)
}
