//! Human and synthetic rows of the same shape, from two files: one schema for both.
//!
//! Text: the words of both files make the vocabulary, so that no row loses a word; labels are those
//! of the human rows. Tagged text alike. Tables: the human file decides what the columns are; a
//! category that only the synthetic rows have joins those of its feature.

use std::path::Path;

use super::card::{Card, OtherCard};
use super::error::{FileError, Problem};
use super::human::{OwnFile, Whole, groups, whole};
use super::options::{Missing, Options, Scheme};
use super::rows::{Lack, Tally, code};
use super::table::Table;
use super::{AsHuman, Format, conll, csv, jsonl, read};
use crate::data::parameters::{ParameterError, SourceError};
use crate::data::tagged::TaggedOptions;
use crate::data::text::{Record, TextOptions};
use crate::data::{
    Assignment, Column, Cut, Field, Kind, Levels, Role, Samples, Schema, ShapeError, TokenUnit,
};

/// All rows of a human and of a synthetic file, under one schema.
pub struct Pair {
    /// The human rows.
    pub human: Samples,
    /// The synthetic rows.
    pub synthetic: Samples,
    /// The group of each human row, where `group_split` keeps the rows of one together.
    pub groups: Option<Vec<u32>>,
    /// What was read of the human file.
    pub card: Card,
    /// What was read of the synthetic file.
    pub made: OtherCard,
}

/// All rows of the human and of the synthetic file.
///
/// # Errors
/// As a source's, and for synthetic rows with another label or column than the human ones have.
pub fn open_pair(human: &Path, synthetic: &Path, options: &Options) -> Result<Pair, SourceError> {
    options.check()?;
    let bytes = |path: &Path| -> Result<(Format, Vec<u8>), SourceError> { Ok(Format::found(path)?) };
    let ((format, people), (other, made)) = (bytes(human)?, bytes(synthetic)?);
    let table = |format: Format, path: &Path, bytes| -> Result<Table, SourceError> {
        let text = read::text(path, bytes)?;
        match format {
            Format::Csv => csv::table(path, &text, options),
            _ => Ok(jsonl::table(path, &text)?),
        }
    };
    match (format, other) {
        (Format::Conll, Format::Conll) => tagged((human, people), (synthetic, made), options),
        (Format::Csv | Format::JsonLines, Format::Csv | Format::JsonLines) => {
            let people = table(format, human, people)?;
            match options.text_column.as_deref() {
                Some(text) => {
                    let made = table(other, synthetic, made)?;
                    texts((human, &people), (synthetic, &made), text, options)
                }
                None => tables((human, &people), synthetic, options),
            }
        }
        (Format::Text | Format::Idx | Format::Numpy | Format::Images, _) => {
            Err(FileError::whole(human, Problem::NoLabels).into())
        }
        _ => Err(FileError::whole(synthetic, Problem::UnlikeFormat).into()),
    }
}

/// The groups of the rows that are kept, where rows are to stay together.
fn grouped(
    path: &Path,
    table: &Table,
    options: &Options,
    kept: &[usize],
) -> Result<Option<Vec<u32>>, FileError> {
    let name = options.group_split.as_deref();
    name.map(|name| groups(path, table, name, kept).map(|(_, of, _)| of)).transpose()
}

fn shape(path: &Path, error: &ShapeError) -> FileError {
    FileError::whole(path, Problem::Shape(error.to_string()))
}

fn tables(human: (&Path, &Table), synthetic: &Path, options: &Options) -> Result<Pair, SourceError> {
    let (path, table) = human;
    let Whole { rows, card, notations, kept, .. } = whole(path, table, options, None)?;
    let groups = grouped(path, table, options, &kept)?;
    if let Some((_, Field { kind: Kind::Codes { levels }, .. })) = rows.schema().first(Role::Label)
        && levels.count() == 1
    {
        return Err(FileError::whole(path, Problem::OneLabel(levels.name(0).into())).into());
    }
    let own = OwnFile { options: options.clone(), card, notations };
    let mut reader = AsHuman::of(rows.schema(), &own);
    let made = reader.read(synthetic, &[])?;
    if made.rows.is_empty() {
        return Err(FileError::whole(synthetic, Problem::OnlyHeader).into());
    }
    let rows = reader.grown(&rows).map_err(|e| shape(path, &e))?;
    Ok(Pair { human: rows, synthetic: made.rows, groups, card: named(own.card, path), made: made.card })
}

fn named(card: Card, path: &Path) -> Card {
    Card { file: path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(), ..card }
}

fn tagged(
    (human, people): (&Path, Vec<u8>),
    (synthetic, made): (&Path, Vec<u8>),
    options: &Options,
) -> Result<Pair, SourceError> {
    if options.group_split.is_some() {
        let help = "leave `group_split` out, or give tables";
        return Err(ParameterError::new("group_split", "tagged text has no columns to split by", help).into());
    }
    let mut all = conll::sentences(human, &read::text(human, people)?, options)?;
    let n = all.len() as u32;
    all.extend(conll::sentences(synthetic, &read::text(synthetic, made)?, options)?);
    let how = TaggedOptions { bio: options.scheme != Some(Scheme::Plain), ..TaggedOptions::default() };
    let assignment =
        Assignment { train: (0..n).collect(), validation: vec![], held_out: (n..all.len() as u32).collect() };
    let splits = how.splits(&all, None, &assignment);
    let card = Card { rows: n as usize, form: "tagged sentences".into(), ..Card::default() };
    let made = OtherCard { rows: all.len() - n as usize, ..OtherCard::default() };
    Ok(Pair {
        human: Samples::clone(&splits.train),
        synthetic: Samples::clone(&splits.held_out),
        groups: None,
        card: named(card, human),
        made: OtherCard { file: named(Card::default(), synthetic).file, ..made },
    })
}

fn texts(
    human: (&Path, &Table),
    synthetic: (&Path, &Table),
    text: &str,
    options: &Options,
) -> Result<Pair, SourceError> {
    let Some(label) = options.label.as_deref() else {
        return Err(FileError::whole(human.0, Problem::NoLabels).into());
    };
    let Whole { rows, card, kept, choice, .. } = whole(human.0, human.1, options, Some(text))?;
    let (Some((at, Field { kind: Kind::Codes { levels: Levels::Named(names) }, .. })), Some(text_at)) =
        (rows.schema().first(Role::Label), choice.text)
    else {
        return Err(FileError::whole(human.0, Problem::NoLabels).into());
    };
    if let [one] = &names[..] {
        return Err(FileError::whole(human.0, Problem::OneLabel(one.as_str().into())).into());
    }
    let Column::Codes { data: labels } = rows.column(at) else {
        return Err(FileError::whole(human.0, Problem::NoLabels).into());
    };
    let mut records: Vec<Record<'_>> = kept
        .iter()
        .zip(labels)
        .map(|(&row, &label)| Record { text: human.1.rows[row].1[text_at].written(), codes: vec![label, 0] })
        .collect();

    let (path, table) = synthetic;
    if table.rows.is_empty() {
        return Err(FileError::whole(path, Problem::OnlyHeader).into());
    }
    let (text_at, label_at) = (table.find(path, text)?, table.find(path, label)?);
    let mut tally = Tally::default();
    for (line, cells) in &table.rows {
        let gap = match (cells[text_at].is_empty(), cells[label_at].is_missing()) {
            (true, _) => Some(text_at),
            (_, true) => Some(label_at),
            _ => None,
        };
        if let Some(at) = gap {
            if options.missing == Some(Missing::Error) {
                return Err(FileError::new(path, table.place(*line, at), Problem::MissingValue).into());
            }
            tally.add(at, Lack::Value, *line);
            continue;
        }
        let written = cells[label_at].written();
        let Some(code) = code(written, names) else {
            let known = names.join(", ").into();
            let problem = Problem::UnknownLevel { found: written.into(), known };
            return Err(FileError::new(path, table.place(*line, label_at), problem).into());
        };
        records.push(Record { text: cells[text_at].written(), codes: vec![code, 1] });
    }
    let field = |name: &str, role, levels| Field { name: name.into(), role, kind: Kind::Codes { levels } };
    let further = [
        field(label, Role::Label, Levels::Named(names.clone())),
        field("origin", Role::Group, Levels::Count(2)),
    ];
    let how = TextOptions {
        tokens: TokenUnit::Words,
        row_tokens: 100_000,
        lower_case: options.text.lower_case.unwrap_or(true),
        min_count: 1,
        max_vocabulary: Some(usize::MAX),
        cut: Cut::Records,
    };
    let all = how.all(&records, &further);
    let Column::Codes { data: origins } = all.column(2) else {
        return Err(FileError::whole(human.0, Problem::NoLabels).into());
    };
    let of = |origin: u32| -> Vec<u32> {
        (0..origins.len() as u32).filter(|&i| origins[i as usize] == origin).collect()
    };
    let without_origin = |rows: Samples| {
        let schema = Schema { fields: rows.schema().fields[..2].to_vec() };
        Samples::trusted(schema.into(), vec![rows.column(0).clone(), rows.column(1).clone()])
    };
    let made = OtherCard {
        file: named(Card::default(), path).file,
        rows: table.rows.len(),
        dropped: tally.dropped(&table.names),
        ..OtherCard::default()
    };
    Ok(Pair {
        human: without_origin(all.take(&of(0))),
        synthetic: without_origin(all.take(&of(1))),
        groups: grouped(human.0, human.1, options, &kept)?,
        card: named(card, human.0),
        made,
    })
}
