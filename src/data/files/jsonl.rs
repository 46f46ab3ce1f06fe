//! JSON lines: one object per line, as a table of fields or a field of text.
//!
//! Numbers are numbers; strings and booleans are words; `null` and absent fields are missing.

use std::path::Path;

use serde_json::Value;

use super::error::{FileError, Place, Problem};
use super::options::{Options, TABLE, TEXT};
use super::read;
use super::table::{Cell, Table};
use crate::data::Splits;
use crate::data::parameters::SourceError;

/// The field that is the text where none is named.
const TEXT_FIELD: &str = "text";

/// The splits of a JSON lines file's bytes.
pub(super) fn load(path: &Path, bytes: Vec<u8>, options: &Options) -> Result<Splits, SourceError> {
    options.only("a JSON lines file", &[TABLE, TEXT, &["text_field"]])?;
    let text = read::text(path, bytes)?;
    let table = table(path, &text, options)?;
    let is_text = |name: &String| {
        let at = table.names.iter().position(|n| n == name);
        at.is_some_and(|i| table.rows.iter().all(|(_, cells)| matches!(cells[i], Cell::Word(_))))
    };
    let usual = Some(TEXT_FIELD.to_owned()).filter(|name| options.columns.is_none() && is_text(name));
    let field = options.text_field.clone().or(usual);
    if field.is_none() {
        options.only("JSON lines without a text field", &[TABLE])?;
    }
    table.splits(path, options, field.as_deref())
}

pub(super) fn table(path: &Path, text: &str, options: &Options) -> Result<Table, FileError> {
    let mut table = Table::default();
    let wanted = |name: &str| {
        let named = [&options.label, &options.group, &options.text_field].into_iter().flatten();
        options.columns.as_ref().is_none_or(|c| c.iter().chain(named).any(|n| n == name))
    };
    // It keeps its place, so that a name that no line has is still an error.
    let left_out = |name: &String| options.without.as_ref().is_some_and(|list| list.contains(name));
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = number as u64 + 1;
        let fail = |why: String| FileError::new(path, Place::Line(number), Problem::Json(why));
        let object = match serde_json::from_str(line) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(fail("this is JSON, but no object".into())),
            Err(e) if line.trim_start().starts_with('[') => {
                return Err(fail(format!("a JSON list starts here ({e})")));
            }
            Err(e) => return Err(fail(format!("this is no JSON ({e})"))),
        };
        let mut cells = vec![Cell::Missing; table.names.len()];
        for (name, value) in object.into_iter().filter(|(name, _)| wanted(name)) {
            let cell = match value {
                _ if left_out(&name) => Cell::Missing,
                Value::Null => Cell::Missing,
                Value::Bool(b) => Cell::Word(b.to_string()),
                Value::Number(n) => Cell::Number(n.as_f64().unwrap_or(f64::NAN), n.to_string()),
                Value::String(s) if s.trim().is_empty() => Cell::Missing,
                Value::String(s) => Cell::Word(s),
                Value::Array(_) | Value::Object(_) => {
                    let place = Place::Cell { line: number, column: name };
                    return Err(FileError::new(path, place, Problem::Nested));
                }
            };
            match table.names.iter().position(|n| *n == name) {
                Some(i) => cells[i] = cell,
                None => {
                    table.names.push(name);
                    cells.push(cell);
                    // Earlier rows lack the field.
                    table.rows.iter_mut().for_each(|(_, row)| row.push(Cell::Missing));
                }
            }
        }
        table.rows.push((number, cells));
    }
    Ok(table)
}
