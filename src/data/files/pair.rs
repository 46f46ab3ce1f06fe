//! Human and synthetic rows of the same shape, from two files: one schema for both.
//!
//! Text: the words of both files make the vocabulary, so that no row loses a word; labels are those
//! of the human rows. Tagged text alike. Tables: the human file decides what the columns are; a
//! category that only the synthetic rows have joins those of its feature.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::{FileError, Place, Problem};
use super::options::{Missing, Options, Scheme};
use super::table::{Cell, Table};
use super::{Format, conll, csv, jsonl, read};
use crate::data::exchange::{self, Exchange, Reading};
use crate::data::parameters::SourceError;
use crate::data::tagged::TaggedOptions;
use crate::data::text::{Record, TextOptions};
use crate::data::{
    Assignment, Column, Cut, Field, Kind, Levels, Role, Samples, Schema, ShapeError, TokenUnit,
};

/// All rows of the human and of the synthetic file.
///
/// # Errors
/// As a source's, and for synthetic rows with another label or column than the human ones have.
pub fn open_pair(
    human: &Path,
    synthetic: &Path,
    options: &Options,
) -> Result<(Samples, Samples), SourceError> {
    let bytes = |path: &Path| -> Result<(Format, Vec<u8>), SourceError> {
        let bytes = read::bytes(path)?;
        let format =
            Format::of(path, &bytes).ok_or_else(|| FileError::whole(path, Problem::UnknownFormat))?;
        Ok((format, bytes))
    };
    let ((format, people), (other, made)) = (bytes(human)?, bytes(synthetic)?);
    if other != format {
        return Err(FileError::whole(synthetic, Problem::UnlikeFormat).into());
    }
    match format {
        Format::Conll => tagged((human, people), (synthetic, made), options),
        Format::Csv | Format::JsonLines => {
            let table = |path: &Path, bytes| -> Result<Table, SourceError> {
                let text = read::text(path, bytes)?;
                match format {
                    Format::Csv => csv::table(path, &text, options),
                    _ => Ok(jsonl::table(path, &text, options)?),
                }
            };
            match options.text_column.as_deref().or(options.text_field.as_deref()) {
                Some(text) => {
                    let (people, made) = (table(human, people)?, table(synthetic, made)?);
                    texts((human, &people), (synthetic, &made), text, options)
                }
                None => {
                    let all = Options { held_out: None, validation: None, ..options.clone() };
                    let splits = format.load(human, people, &all)?;
                    let parts = [&*splits.train, &*splits.validation, &*splits.held_out];
                    let rows = Samples::concat(&parts).map_err(|e| shape(human, &e))?;
                    if let Some((_, Field { kind: Kind::Codes { levels }, .. })) =
                        rows.schema().first(Role::Label)
                        && levels.count() == 1
                    {
                        return Err(FileError::whole(human, Problem::OneLabel(levels.name(0).into())).into());
                    }
                    let rows =
                        with_levels_of(rows, &table(synthetic, made)?).map_err(|e| shape(human, &e))?;
                    let how = Reading {
                        elsewhere: true,
                        drop_missing: options.missing == Some(Missing::Drop),
                        ..Reading::default()
                    };
                    let form = if format == Format::Csv { Exchange::Csv } else { Exchange::Jsonl };
                    let read = exchange::read(synthetic, synthetic, rows.schema(), form, &how)?;
                    Ok((rows, read.rows))
                }
            }
        }
        Format::Text | Format::Idx => Err(FileError::whole(human, Problem::NoLabels).into()),
    }
}

fn shape(path: &Path, error: &ShapeError) -> FileError {
    FileError::whole(path, Problem::Shape(error.to_string()))
}

/// The rows with the categories that only `table` has after those of each categorical feature: a rare
/// one may be missing among few human rows. Labels and groups stay as they are.
fn with_levels_of(rows: Samples, table: &Table) -> Result<Samples, ShapeError> {
    let mut schema = Schema::clone(rows.schema());
    for field in schema.fields.iter_mut().filter(|field| field.role == Role::Feature) {
        let Kind::Codes { levels: Levels::Named(names) } = &mut field.kind else { continue };
        let Some(column) = table.names.iter().position(|name| *name == field.name) else { continue };
        let cells = table.rows.iter().map(|(_, cells)| &cells[column]);
        let written: BTreeSet<&str> =
            cells.filter(|cell| !matches!(cell, Cell::Missing)).map(Cell::level).collect();
        let further: Vec<String> =
            written.into_iter().filter(|w| !names.iter().any(|n| n == w)).map(str::to_owned).collect();
        *names = names.iter().cloned().chain(further).collect();
    }
    let columns = (0..schema.fields.len()).map(|i| rows.column(i).clone()).collect();
    Samples::new(schema.into(), columns)
}

fn tagged(
    (human, people): (&Path, Vec<u8>),
    (synthetic, made): (&Path, Vec<u8>),
    options: &Options,
) -> Result<(Samples, Samples), SourceError> {
    let mut all = conll::sentences(human, &read::text(human, people)?, options)?;
    let n = all.len() as u32;
    all.extend(conll::sentences(synthetic, &read::text(synthetic, made)?, options)?);
    let how = TaggedOptions { bio: options.scheme != Some(Scheme::Plain), ..TaggedOptions::default() };
    let assignment =
        Assignment { train: (0..n).collect(), validation: vec![], held_out: (n..all.len() as u32).collect() };
    let splits = how.splits(&all, None, &assignment);
    Ok((Samples::clone(&splits.train), Samples::clone(&splits.held_out)))
}

fn texts(
    human: (&Path, &Table),
    synthetic: (&Path, &Table),
    text: &str,
    options: &Options,
) -> Result<(Samples, Samples), SourceError> {
    let Some(label) = options.label.as_deref() else {
        return Err(FileError::whole(human.0, Problem::NoLabels).into());
    };
    let places = |(path, table): (&Path, &Table)| -> Result<(usize, usize), FileError> {
        Ok((table.find(path, text)?, table.find(path, label)?))
    };
    let (of_human, of_synthetic) = (places(human)?, places(synthetic)?);
    let labels = human.1.rows.iter().map(|(_, cells)| &cells[of_human.1]);
    let mut names: Vec<&str> = labels.filter(|c| !matches!(c, Cell::Missing)).map(Cell::level).collect();
    names.sort_unstable();
    names.dedup();
    if let [one] = names.as_slice() {
        return Err(FileError::whole(human.0, Problem::OneLabel((*one).into())).into());
    }
    let mut records: Vec<Record<'_>> = Vec::new();
    for (origin, (path, table), (text, label)) in [(0, human, of_human), (1, synthetic, of_synthetic)] {
        let lacks = |cells: &[Cell]| [text, label].iter().any(|&i| matches!(cells[i], Cell::Missing));
        let dropped = |cells: &[Cell]| options.missing == Some(Missing::Drop) && lacks(cells);
        for (line, cells) in table.rows.iter().filter(|(_, cells)| !dropped(cells)) {
            let place = |i: usize| Place::Cell { line: *line, column: table.names[i].clone() };
            for i in [text, label] {
                if matches!(cells[i], Cell::Missing) {
                    return Err(FileError::new(path, place(i), Problem::MissingValue).into());
                }
            }
            let written = cells[label].level();
            let Ok(code) = names.binary_search(&written) else {
                let known = names.join(", ").into();
                let problem = Problem::UnknownLevel { found: written.into(), known };
                return Err(FileError::new(path, place(label), problem).into());
            };
            records.push(Record { text: cells[text].written(), codes: vec![code as u32, origin] });
        }
    }
    let field = |name: &str, role, levels| Field { name: name.into(), role, kind: Kind::Codes { levels } };
    let levels = Levels::Named(names.iter().map(|n| (*n).to_owned()).collect());
    let further = [field(label, Role::Label, levels), field("origin", Role::Group, Levels::Count(2))];
    let how = TextOptions {
        tokens: TokenUnit::Words,
        row_tokens: 100_000,
        lower_case: options.lower_case.unwrap_or(true),
        min_count: 1,
        max_vocabulary: Some(usize::MAX),
        cut: Cut::Records,
    };
    let all = how.all(&records, &further);
    let Column::Codes { data: origins } = all.column(2) else {
        return Err(FileError::whole(human.0, Problem::NoFeature).into());
    };
    let of = |origin: u32| -> Vec<u32> {
        (0..origins.len() as u32).filter(|&i| origins[i as usize] == origin).collect()
    };
    let without_origin = |rows: Samples| {
        let schema = Schema { fields: rows.schema().fields[..2].to_vec() };
        Samples::trusted(schema.into(), vec![rows.column(0).clone(), rows.column(1).clone()])
    };
    Ok((without_origin(all.take(&of(0))), without_origin(all.take(&of(1)))))
}
