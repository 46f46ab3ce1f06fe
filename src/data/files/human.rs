//! The human file: from its bytes to splits, with the card of what was decided.

use std::collections::HashMap;
use std::path::Path;

use super::card::{self, Card};
use super::cell::Cell;
use super::columns::{Choice, Taken, choose};
use super::error::{FileError, Problem};
use super::numbers::Notation;
use super::options::{Options, TABLE, TEXT};
use super::rows::{column, complete};
use super::table::Table;
use super::{Format, conll, csv, idx, jsonl, read, text};
use crate::data::parameters::SourceError;
use crate::data::text::Record;
use crate::data::{Column, Cut, Field, Kind, Role, Samples, Schema, Splits};

/// What was decided of a file of the user's: holds for all files beside it.
#[derive(Debug)]
pub struct OwnFile {
    /// How it was read.
    pub options: Options,
    /// The data card.
    pub card: Card,
    /// How the numbers of each numeric column are written.
    pub(in crate::data) notations: HashMap<String, Notation>,
}

/// The fields that are the text of JSON lines where none is named, the first that every line has.
const TEXT_FIELDS: [&str; 2] = ["text", "messages"];

/// Splits of the bytes of a file, and what was decided.
pub(super) fn load(
    format: Format,
    path: &Path,
    bytes: Vec<u8>,
    options: &Options,
) -> Result<(Splits, OwnFile), SourceError> {
    options.check()?;
    let bytes = read::decompressed(path, bytes)?;
    let alone = |splits: Splits, rows: usize, form: &str| {
        let card = Card { rows, form: form.into(), ..Card::default() };
        (splits, card, HashMap::new(), options.clone())
    };
    let (splits, card, notations, options) = match format {
        Format::Csv => {
            let (format, text) = match options.text_column {
                Some(_) => ("a CSV file", TEXT),
                None => ("a CSV file without `text_column`", [].as_slice()),
            };
            options.only(format, &[TABLE, text, &["text_column", "delimiter", "header"]])?;
            let table = csv::table(path, &read::text(path, bytes)?, options)?;
            of_table(path, &table, options)?
        }
        Format::JsonLines => {
            options.only("a JSON lines file", &[TABLE, TEXT, &["text_column"]])?;
            let table = jsonl::table(path, &read::text(path, bytes)?)?;
            let mut options = options.clone();
            if options.text_column.is_none() && options.columns.is_none() {
                options.text_column = TEXT_FIELDS.into_iter().find(|f| has_text(&table, f)).map(String::from);
            }
            if options.text_column.is_none() {
                options.only("JSON lines without a text field", &[TABLE])?;
            }
            of_table(path, &table, &options)?
        }
        Format::Text => {
            let text = read::text(path, bytes)?;
            let splits = text::load(path, &text, options)?;
            let what = match options.cut.unwrap_or(Cut::Windows) {
                Cut::Windows => "running text, a row a window",
                Cut::Records => "text, a row a line",
            };
            let rows = splits.train.len() + splits.validation.len() + splits.held_out.len();
            alone(splits, rows, what)
        }
        Format::Conll => {
            let (splits, sentences) = conll::load(path, &read::text(path, bytes)?, options)?;
            alone(splits, sentences, "tagged sentences")
        }
        Format::Idx => {
            let splits = idx::load(path, bytes, options)?;
            let rows = splits.train.len() + splits.validation.len() + splits.held_out.len();
            alone(splits, rows, "idx")
        }
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let card = Card { file: name, ..card }.with(&splits);
    Ok((splits, OwnFile { options, card, notations }))
}

/// Whether every object has a text under this name.
fn has_text(table: &Table, field: &str) -> bool {
    let at = table.names.iter().position(|n| n == field);
    at.is_some_and(|i| table.column(i).all(|(_, cell)| matches!(cell, Cell::Word(_))))
}

type Decided = (Splits, Card, HashMap<String, Notation>, Options);

fn of_table(path: &Path, table: &Table, options: &Options) -> Result<Decided, SourceError> {
    let (splits, card, notations) = splits(path, table, options, options.text_column.as_deref())?;
    Ok((splits, card, notations, options.clone()))
}

/// All rows of a table in order, with what was decided of it.
pub(super) struct Whole {
    pub rows: Samples,
    pub card: Card,
    pub notations: HashMap<String, Notation>,
    pub choice: Choice,
    /// The rows of the table that are left.
    pub kept: Vec<usize>,
}

/// The rows of a table without text, or the label and the group beside text.
pub(super) fn whole(
    path: &Path,
    table: &Table,
    options: &Options,
    text: Option<&str>,
) -> Result<Whole, SourceError> {
    if table.rows.is_empty() {
        return Err(FileError::whole(path, Problem::OnlyHeader).into());
    }
    let choice = choose(path, table, options, text)?;
    let (kept, dropped) = complete(path, table, &choice, options.missing.unwrap_or_default())?;
    let (fields, columns): (Vec<Field>, Vec<Column>) =
        choice.columns.iter().map(|chosen| column(table, chosen, &kept)).unzip();
    let mut used: Vec<card::Taken> = choice
        .text
        .iter()
        .map(|&i| card::Taken {
            column: table.names[i].clone(),
            taken_for: "text".into(),
            why: "as asked".into(),
        })
        .collect();
    used.extend(choice.columns.iter().zip(&fields).map(|(chosen, field)| {
        let what = match &field.kind {
            Kind::Codes { levels } => format!("category of {} levels", levels.count()),
            _ => "number".into(),
        };
        let role = match field.role {
            Role::Label => "label, ",
            Role::Group => "group, ",
            _ => "",
        };
        card::Taken {
            column: field.name.clone(),
            taken_for: format!("{role}{what}"),
            why: chosen.why.clone(),
        }
    }));
    let notation = |chosen: &super::columns::Chosen| match &chosen.taken {
        Taken::Numbers(notation) => Some((table.names[chosen.at].clone(), notation.clone())),
        Taken::Levels => None,
    };
    let notations = choice.columns.iter().filter_map(notation).collect();
    let card = Card {
        form: table.form.clone(),
        rows: table.rows.len(),
        dropped,
        columns: used,
        left_out: choice.left_out.clone(),
        ..Card::default()
    };
    let rows = Samples::trusted(Schema { fields }.into(), columns);
    Ok(Whole { rows, card, notations, choice, kept })
}

/// The splits that the options ask for. `text` is the column that makes it a text source.
pub(in crate::data) fn splits(
    path: &Path,
    table: &Table,
    options: &Options,
    text: Option<&str>,
) -> Result<(Splits, Card, HashMap<String, Notation>), SourceError> {
    let Whole { rows, card, notations, choice, kept } = whole(path, table, options, text)?;
    let few = |e| FileError::whole(path, few(e, &card));
    let splits = match choice.text {
        None => options.splits.usual().shuffled(kept.len()).map_err(few)?.of(&rows),
        Some(text) => {
            let codes = |row: usize| {
                let code = |i: usize| match rows.column(i) {
                    Column::Codes { data } => data[row],
                    _ => 0,
                };
                (0..rows.schema().fields.len()).map(code).collect()
            };
            let record = |(row, &at): (usize, &usize)| Record {
                text: table.rows[at].1[text].written(),
                codes: codes(row),
            };
            let records: Vec<Record<'_>> = kept.iter().enumerate().map(record).collect();
            let how = options.text.options(options.cut.unwrap_or(Cut::Records));
            how.splits(&records, &rows.schema().fields, &options.splits.usual()).map_err(few)?
        }
    };
    Ok((splits, card, notations))
}

/// Too few rows, with what became of the others.
fn few(error: crate::data::TooFewRows, card: &Card) -> Problem {
    match card.dropped.as_slice() {
        [] => Problem::TooFewRows(error),
        [first, ..] => Problem::RowsLost {
            error,
            rows: card.rows,
            lost: card.lost(),
            column: first.column.as_str().into(),
            why: first.why.as_str().into(),
        },
    }
}
