//! Rows to a file.

use std::io::{self, Write};

use super::{Exchange, WEIGHT, cell_names};
use crate::data::{Column, Kind, Samples};

/// Writes all rows, with a last column [`WEIGHT`] where `weights` are given (one for each row; only
/// formats that weigh).
///
/// # Errors
/// The disk's, and `InvalidInput` where the format can't hold the rows or their weights.
pub fn write(
    rows: &Samples,
    weights: Option<&[f64]>,
    format: Exchange,
    to: &mut dyn Write,
) -> io::Result<()> {
    let refuse = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    if !format.holds(rows.schema()) || (weights.is_some() && !format.weighs()) {
        return refuse("this format does not hold these rows");
    }
    let mut names = cell_names(rows.schema());
    if weights.is_some() {
        if names.iter().any(|name| name == WEIGHT) {
            return refuse("the rows have a column `sample_weight` already");
        }
        names.push(WEIGHT.into());
    }
    match format {
        Exchange::Csv => {
            let mut writer = ::csv::Writer::from_writer(to);
            writer.write_record(&names)?;
            for row in 0..rows.len() {
                let weight = weights.map(|w| Cell::Number(w[row].to_string()));
                writer.write_record(cells(rows, row).into_iter().chain(weight).map(Cell::text))?;
            }
            writer.flush()
        }
        Exchange::Jsonl => {
            for row in 0..rows.len() {
                let weight = weights.map(|w| Cell::Number(w[row].to_string()));
                let object: Vec<String> = names
                    .iter()
                    .zip(cells(rows, row).into_iter().chain(weight))
                    .map(|(name, cell)| format!("{}:{}", quoted(name), cell.json()))
                    .collect();
                writeln!(to, "{{{}}}", object.join(","))?;
            }
            Ok(())
        }
        Exchange::Text => {
            for row in 0..rows.len() {
                writeln!(to, "{}", rows.text(row).unwrap_or_default())?;
            }
            Ok(())
        }
        Exchange::Conll => {
            let (Some(words), Some(tags)) = (rows.schema().vocabulary(), rows.schema().tags()) else {
                return refuse("this format does not hold these rows");
            };
            let written = |names: &[String], code: u32| {
                names.get(code as usize).cloned().unwrap_or_else(|| "\u{fffd}".into())
            };
            for row in 0..rows.len() {
                let pairs = rows.tokens(row).into_iter().flatten().zip(rows.tags(row).into_iter().flatten());
                for (&word, &tag) in pairs {
                    writeln!(to, "{}\t{}", written(&words.tokens, word), written(&tags.tokens, tag))?;
                }
                writeln!(to)?;
            }
            Ok(())
        }
    }
}

/// One cell as it is written.
enum Cell {
    /// A number in the shortest form that reads back to the same bits.
    Number(String),
    Word(String),
}

impl Cell {
    fn text(self) -> String {
        match self {
            Cell::Number(text) | Cell::Word(text) => text,
        }
    }

    fn json(self) -> String {
        match self {
            Cell::Number(text) => text,
            Cell::Word(text) => quoted(&text),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn cells(rows: &Samples, row: usize) -> Vec<Cell> {
    let mut out = Vec::new();
    for (i, field) in rows.schema().fields.iter().enumerate() {
        match (rows.column(i), &field.kind) {
            (Column::F32 { width, data }, _) => {
                out.extend(data[row * width..(row + 1) * width].iter().map(|v| Cell::Number(v.to_string())));
            }
            (Column::F64 { width, data }, _) => {
                out.extend(data[row * width..(row + 1) * width].iter().map(|v| Cell::Number(v.to_string())));
            }
            (Column::Codes { data }, Kind::Codes { levels }) => out.push(Cell::Word(levels.name(data[row]))),
            (Column::Ragged { offsets, tokens }, Kind::Ragged { vocabulary }) => {
                out.push(Cell::Word(vocabulary.text(&tokens[offsets[row]..offsets[row + 1]])));
            }
            // A table's columns always have the kinds of its schema.
            _ => out.push(Cell::Word(String::new())),
        }
    }
    out
}
