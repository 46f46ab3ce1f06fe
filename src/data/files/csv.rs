//! Comma-separated values: tables of numbers and categories, or a column of text.
//!
//! Quoted as in RFC 4180. The delimiter is the most frequent of comma, tab, semicolon and bar in the first line, or
//! the one that Excel names in a first line `sep=;`. What the columns are is found by [`super::columns`].

use std::collections::BTreeSet;
use std::path::Path;

use ::csv::{ReaderBuilder, StringRecord};

use super::cell::Cell;
use super::error::{FileError, Place, Problem};
use super::largest::COLUMNS;
use super::options::Options;
use super::table::Table;
use crate::data::parameters::{ParameterError, SourceError};

/// The table that a text holds, with the options' delimiter and header.
pub(in crate::data) fn table(path: &Path, text: &str, options: &Options) -> Result<Table, SourceError> {
    let (named, skipped, text) = separator_line(text);
    let delimiter = match options.delimiter.as_deref().map(str::as_bytes) {
        None => named.unwrap_or_else(|| sniff(text)),
        Some(&[one]) if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => one,
        Some(b"\\t" | b"tab") => b'\t',
        Some(_) => {
            let why = "it is not one ASCII character";
            return Err(ParameterError::new("delimiter", why, "give one, such as \";\" or \"\\t\"").into());
        }
    };
    if let Some(line) = unclosed_quote(text, delimiter) {
        return Err(FileError::new(path, Place::Line(line + skipped), Problem::UnclosedQuote).into());
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<(u64, StringRecord)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| FileError::whole(path, Problem::Csv(e)))?;
        let line = record.position().map_or(0, |start| line_of(text, start));
        rows.push((skipped + line, record));
    }
    let Some((first_line, first)) = rows.first().cloned() else {
        return Err(FileError::whole(path, Problem::Empty).into());
    };
    if first.len() > COLUMNS {
        let problem = Problem::TooLarge(format!("it has {} columns, more than {COLUMNS}", first.len()));
        return Err(FileError::new(path, Place::Line(first_line), problem).into());
    }
    let has_header = options
        .header
        .unwrap_or_else(|| !first.iter().all(|cell| matches!(Cell::read(cell), Cell::Number(..))));
    let written = |cell: &str| has_header && !cell.trim().is_empty();
    let names: Vec<String> = first
        .iter()
        .enumerate()
        .map(|(i, cell)| if written(cell) { cell.trim().to_owned() } else { format!("x{}", i + 1) })
        .collect();
    let unnamed = match has_header {
        true => first.iter().enumerate().filter(|(_, cell)| !written(cell)).map(|(i, _)| i).collect(),
        false => BTreeSet::new(),
    };
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(
            FileError::new(path, Place::Line(first_line), Problem::DuplicateColumn(twice.clone())).into()
        );
    }
    let rows = &rows[usize::from(has_header)..];
    let expected = names.len();
    if let Some((line, row)) = rows.iter().find(|(_, row)| row.len() != expected) {
        let problem = Problem::Ragged { expected, found: row.len() };
        return Err(FileError::new(path, Place::Line(*line), problem).into());
    }
    let rows = rows.iter().map(|(line, row)| (*line, row.iter().map(Cell::read).collect())).collect();
    let between = match delimiter {
        b',' => "commas",
        b'\t' => "tabs",
        b';' => "semicolons",
        _ => "`|` or another sign",
    };
    let header = if has_header { "names in line 1" } else { "no names in line 1" };
    Ok(Table { names, unnamed, rows, typed: false, form: format!("cells between {between}, {header}") })
}

/// The line that a record begins in: the reader puts its start before what is left of the line break, and before blank
/// lines.
fn line_of(text: &str, start: &::csv::Position) -> u64 {
    let rest = text.as_bytes().get(start.byte() as usize..).unwrap_or_default();
    let breaks = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).filter(|b| **b == b'\n').count();
    start.line() + breaks as u64
}

/// What Excel says in a first line `sep=;`: the delimiter, how many lines that is, and the text after it.
fn separator_line(text: &str) -> (Option<u8>, u64, &str) {
    let Some((first, rest)) = text.split_once('\n') else { return (None, 0, text) };
    match first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        Some(&[one]) if one.is_ascii() => (Some(one), 1, rest),
        _ => (None, 0, text),
    }
}

/// The line of a quote that is never closed: the rest of the file would be one cell.
fn unclosed_quote(text: &str, delimiter: u8) -> Option<u64> {
    let mut line = 1;
    let mut opened = None;
    let mut at_start = true;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (opened, byte) {
            (Some(_), b'"') if bytes.peek() == Some(&b'"') => {
                bytes.next();
            }
            (Some(_), b'"') => opened = None,
            (None, b'"') if at_start => opened = Some(line),
            _ => {}
        }
        at_start = opened.is_none() && (byte == delimiter || byte == b'\n' || byte == b'\r');
        line += u64::from(byte == b'\n');
    }
    opened
}

/// The most frequent candidate outside quotes in the first line that has text; comma where none is.
fn sniff(text: &str) -> u8 {
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
