//! A file of an outside program back to rows: nothing is guessed, and what does not fit is an error.

use std::path::Path;
use std::sync::Arc;

use super::cells::{Filling, Index};
use super::{Exchange, WEIGHT, cell_names};
use crate::data::files::table::Table;
use crate::data::files::{FileError, Options, Place, Problem, conll, csv, jsonl, read as bytes};
use crate::data::parameters::SourceError;
use crate::data::{Column, Samples, Schema};

/// Reads the rows of a file. `shown` is the path that errors name.
///
/// # Errors
/// With the line and the column of what does not fit the schema.
pub fn read(file: &Path, shown: &Path, schema: &Arc<Schema>, format: Exchange) -> Result<Samples, FileError> {
    let named = |mut error: FileError| {
        error.path = shown.into();
        error
    };
    let text = bytes::bytes(file).and_then(|b| bytes::text(file, b)).map_err(named)?;
    let columns = match format {
        Exchange::Csv => {
            let ours = Options { delimiter: Some(",".into()), header: Some(true), ..Options::default() };
            table(shown, schema, &csv::table(shown, &text, &ours).map_err(of_file(shown))?)
        }
        Exchange::Jsonl => table(shown, schema, &jsonl::table(shown, &text)?),
        Exchange::Text => lines(shown, schema, &text),
        Exchange::Conll => tagged(shown, schema, &text),
    }?;
    Samples::new(schema.clone(), columns).map_err(|e| FileError::whole(shown, Problem::Shape(e.to_string())))
}

/// The options are ours, so no parameter can be wrong.
fn of_file(shown: &Path) -> impl Fn(SourceError) -> FileError {
    |error| match error {
        SourceError::File(error) => error,
        SourceError::Parameter(error) => FileError::whole(shown, Problem::Shape(error.to_string())),
    }
}

fn table(path: &Path, schema: &Arc<Schema>, table: &Table) -> Result<Vec<Column>, FileError> {
    let needed = cell_names(schema);
    let all = || -> Box<str> { needed.join("`, `").into() };
    let position = |name: &String| {
        table.names.iter().position(|n| n == name).ok_or_else(|| {
            let problem = Problem::ColumnMissing {
                missing: name.as_str().into(),
                found: table.names.join("`, `").into(),
                needed: all(),
            };
            FileError::new(path, Place::Line(1), problem)
        })
    };
    let places: Vec<usize> = needed.iter().map(position).collect::<Result<_, _>>()?;
    if let Some(found) = table.names.iter().find(|name| !needed.contains(name) && *name != WEIGHT) {
        let problem = Problem::ColumnUnknown { found: found.as_str().into(), needed: all() };
        return Err(FileError::new(path, Place::Line(1), problem));
    }
    let mut columns: Vec<Filling<'_>> = schema.fields.iter().map(Filling::new).collect();
    for (line, row) in &table.rows {
        let mut places = places.iter();
        for column in &mut columns {
            for &place in places.by_ref().take(column.width()) {
                column
                    .push(row[place].raw())
                    .map_err(|problem| FileError::new(path, table.place(*line, place), problem))?;
            }
        }
    }
    Ok(columns.into_iter().map(Filling::finish).collect())
}

fn lines(path: &Path, schema: &Arc<Schema>, text: &str) -> Result<Vec<Column>, FileError> {
    let Some(vocabulary) = schema.vocabulary() else {
        let needed: Box<str> = cell_names(schema).join("`, `").into();
        let problem = Problem::ColumnMissing { missing: needed.clone(), found: "text".into(), needed };
        return Err(FileError::whole(path, problem));
    };
    let mut index = Index::of(vocabulary, false);
    let (mut offsets, mut tokens) = (vec![0], Vec::new());
    for (number, line) in (1_u64..).zip(text.lines()) {
        let fail = |problem| FileError::new(path, Place::Line(number), problem);
        index.encode(line, &mut tokens).map_err(fail)?;
        // An empty line is an empty row.
        offsets.push(tokens.len());
    }
    Ok(vec![Column::Ragged { offsets, tokens }])
}

fn tagged(path: &Path, schema: &Arc<Schema>, text: &str) -> Result<Vec<Column>, FileError> {
    let (Some(words), Some(tags)) = (schema.vocabulary(), schema.tags()) else {
        return Err(FileError::whole(path, Problem::NoTagColumn));
    };
    let sentences = conll::sentences(path, text, &Options::default()).map_err(of_file(path))?;
    let (mut words, mut tags) = (Index::of(words, false), Index::of(tags, false));
    let (mut offsets, mut tokens, mut tagged) = (vec![0], Vec::new(), Vec::new());
    for sentence in &sentences {
        for (line, (word, tag)) in (sentence.line..).zip(sentence.words.iter().zip(&sentence.tags)) {
            let fail = |problem| FileError::new(path, Place::Line(line), problem);
            tokens.push(words.code(word).map_err(fail)?);
            tagged.push(tags.code(tag).map_err(|_| {
                let known = schema.tags().map(|t| t.tokens.join(", ")).unwrap_or_default();
                fail(Problem::UnknownLevel { found: tag.as_str().into(), known: known.into() })
            })?);
        }
        offsets.push(tokens.len());
    }
    let tags = Column::Ragged { offsets: offsets.clone(), tokens: tagged };
    Ok(vec![Column::Ragged { offsets, tokens }, tags])
}
