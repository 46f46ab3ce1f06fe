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
use super::{Format, conll, csv, idx, images, jsonl, numpy, read, text};
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
    let bytes = if format == Format::Images { bytes } else { read::decompressed(path, bytes)? };
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
        Format::Numpy => {
            options.only("an array", &[&["labels", "scale"]])?;
            let rows = numpy::samples(path, &bytes, options, true)?;
            alone(arrays(path, &rows, options)?, rows.len(), "an array of NumPy")
        }
        Format::Images => {
            options.only("a folder of images", &[&["labels", "side"]])?;
            let images::Images { rows, others } = images::read(path, options)?;
            let form = match others {
                0 => "images, made grey".to_owned(),
                n => format!("images, made grey; {n} other files are passed over"),
            };
            alone(arrays(path, &rows, options)?, rows.len(), &form)
        }
    };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let card = Card { file: name, ..card }.with(&splits);
    Ok((splits, OwnFile { options, card, notations }))
}

/// The splits of rows in their own order.
fn arrays(path: &Path, rows: &Samples, options: &Options) -> Result<Splits, SourceError> {
    let few = |e| FileError::whole(path, Problem::TooFewRows(e));
    Ok(options.splits.usual().shuffled(rows.len()).map_err(few)?.of(rows))
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
    let Whole { rows, mut card, notations, choice, kept } = whole(path, table, options, text)?;
    let groups = options.group_split.as_deref().map(|name| groups(path, table, name, &kept)).transpose()?;
    let groups = groups.map(|(column, of, different)| {
        card.together = Some((column, different));
        of
    });
    let too_few = |card: &Card| {
        let (column, groups) = card.together.clone().unwrap_or_default();
        FileError::whole(path, Problem::TooFewGroups { column: column.into(), groups })
    };
    let few = |e| FileError::whole(path, few(e, &card));
    let splits = match choice.text {
        None => {
            let shares = options.splits.usual();
            let assignment = match &groups {
                Some(groups) => shares.grouped(groups).map_err(few)?.ok_or_else(|| too_few(&card))?,
                None => shares.shuffled(kept.len()).map_err(few)?,
            };
            assignment.of(&rows)
        }
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
            let (fields, shares) = (&rows.schema().fields, options.splits.usual());
            match &groups {
                Some(of) => {
                    how.grouped(&records, fields, &shares, of).map_err(few)?.ok_or_else(|| too_few(&card))?
                }
                None => how.splits(&records, fields, &shares).map_err(few)?,
            }
        }
    };
    Ok((splits, card, notations))
}

/// The group of each row that is kept, by a column's cells, and how many there are; rows without a cell are alone.
pub(super) fn groups(
    path: &Path,
    table: &Table,
    name: &str,
    kept: &[usize],
) -> Result<(String, Vec<u32>, usize), FileError> {
    let at = table.find(path, name)?;
    let mut known: HashMap<String, u32> = HashMap::new();
    let mut next = 0;
    let mut of = Vec::with_capacity(kept.len());
    for &row in kept {
        let cell = &table.rows[row].1[at];
        let mut fresh = || {
            next += 1;
            next - 1
        };
        of.push(match cell.is_missing() {
            true => fresh(),
            false => *known.entry(cell.level().into_owned()).or_insert_with(fresh),
        });
    }
    Ok((table.names[at].clone(), of, next as usize))
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
