//! JSON lines: one object per line, as a table of fields.
//!
//! Numbers are numbers; strings and booleans are words, "NA" too; `null`, blank strings and absent fields are missing. A
//! list of chat messages (`[{"role": …, "content": …}, …]`) is text, a line `role: content` each. An object with `prompt` and
//! `response` (or `completion`) and without a text of its own has the chat of the two as a further field, `messages`.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use super::cell::Cell;
use super::error::{FileError, Place, Problem};
use super::largest::COLUMNS;
use super::table::Table;

/// Cells beyond which one in [`FULL`] must hold something.
const SPARSE: usize = 5_000_000;
const FULL: usize = 50;

/// The table that a text holds, one column a field.
pub(in crate::data) fn table(path: &Path, text: &str) -> Result<Table, FileError> {
    let mut table = Table { typed: true, form: "one object a line".into(), ..Table::default() };
    let mut places: HashMap<String, usize> = HashMap::new();
    let (mut present, mut all) = (0, 0);
    for (number, line) in (1_u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let fail = |why: String| FileError::new(path, Place::Line(number), Problem::Json(why));
        let object = match serde_json::from_str(line) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(fail("this is JSON, but no object".into())),
            Err(e) if line.trim_start().starts_with('[') => {
                return Err(fail(format!("a JSON list starts here ({e})")));
            }
            Err(e) => return Err(fail(format!("this is no JSON ({e})"))),
        };
        let mut cells = vec![Cell::Missing(String::new()); table.names.len()];
        let chat_of_two = pair(&object).map(|text| ("messages".to_owned(), Value::String(text)));
        for (name, value) in object.into_iter().chain(chat_of_two) {
            let cell = match value {
                Value::Null => Cell::Missing(String::new()),
                Value::Bool(b) => Cell::Word(b.to_string()),
                Value::Number(n) => match n.as_f64() {
                    Some(x) => Cell::Number(x, n.to_string()),
                    None => Cell::Word(n.to_string()),
                },
                Value::String(s) if s.trim().is_empty() => Cell::Missing(s),
                Value::String(s) => Cell::Word(s),
                nested @ (Value::Array(_) | Value::Object(_)) => {
                    chat(&nested).map_or_else(|| Cell::Nested(nested.to_string()), Cell::Word)
                }
            };
            match places.get(&name) {
                Some(&i) => cells[i] = cell,
                None => {
                    if table.names.len() >= COLUMNS {
                        let why = format!("it has more than {COLUMNS} different fields");
                        return Err(FileError::new(path, Place::Line(number), Problem::TooLarge(why)));
                    }
                    places.insert(name.clone(), table.names.len());
                    table.names.push(name);
                    cells.push(cell);
                }
            }
        }
        present += cells.iter().filter(|cell| !matches!(cell, Cell::Missing(_))).count();
        all += cells.len();
        if all > SPARSE && all / FULL > present {
            let why = format!("{} of its {all} cells are empty: most lines lack most fields", all - present);
            return Err(FileError::new(path, Place::Line(number), Problem::TooLarge(why)));
        }
        table.rows.push((number, cells));
    }
    let all = table.rows.len() * table.names.len();
    if all > SPARSE && all / FULL > present {
        let why = format!("{} of its {all} cells are empty: most lines lack most fields", all - present);
        return Err(FileError::whole(path, Problem::TooLarge(why)));
    }
    // Earlier rows lack the fields of later ones.
    let width = table.names.len();
    table.rows.iter_mut().for_each(|(_, row)| row.resize(width, Cell::Missing(String::new())));
    Ok(table)
}

/// The chat of a prompt and its response, where the object has no text of its own.
fn pair(object: &serde_json::Map<String, Value>) -> Option<String> {
    if ["text", "messages"].iter().any(|name| object.contains_key(*name)) {
        return None;
    }
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    Some(format!(
        "user: {}\nassistant: {}",
        text("prompt")?,
        text("response").or_else(|| text("completion"))?
    ))
}

/// The text of a list of chat messages; `None` for any other list or object.
fn chat(value: &Value) -> Option<String> {
    let messages = value.as_array().filter(|list| !list.is_empty())?;
    let line = |message: &Value| {
        let content = message.get("content")?.as_str()?;
        Some(match message.get("role").and_then(Value::as_str) {
            Some(role) => format!("{role}: {content}"),
            None => content.to_owned(),
        })
    };
    Some(messages.iter().map(line).collect::<Option<Vec<_>>>()?.join("\n"))
}
