//! A file back to rows.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use super::cells::{Filling, Index, as_human};
use super::{Exchange, WEIGHT, cell_names};
use crate::data::files::{
    FileError, Options, Place, Problem, conll, csv, idx::Idx, read as bytes, table::Cell,
};
use crate::data::parameters::SourceError;
use crate::data::{Column, Kind, Role, Samples, Schema};

/// How a file is read.
#[derive(Clone, Debug, Default)]
pub struct Reading<'a> {
    /// Whether the rows were made elsewhere: text is normalised like human text, and columns that
    /// the schema does not know are left out. Otherwise they are errors.
    pub elsewhere: bool,
    /// The columns whose cells are wanted beside the rows (CSV and JSON lines).
    pub keys: &'a [&'a str],
    /// The file's name for the column `text`.
    pub text_column: Option<&'a str>,
    /// Whether rows that lack a value are left out (CSV and JSON lines).
    pub drop_missing: bool,
    /// A text file is one running text, cut in windows of so many tokens.
    pub window: Option<usize>,
    /// Whether tokens of the text that the schema lacks are added to the rows' vocabulary, at its end.
    /// Otherwise they are the unknown token, or errors where there is none.
    pub new_tokens: bool,
}

/// Rows of a known schema, and for each row the cells of the columns that were wanted beside.
#[derive(Clone, Debug)]
pub struct Read {
    /// The rows.
    pub rows: Samples,
    /// For each row one text per key; empty where none was asked for.
    pub keys: Vec<Vec<String>>,
    /// The line of each row (CSV and JSON lines).
    pub lines: Vec<u64>,
}

/// Reads the rows of a file. `shown` is the path that errors name.
///
/// # Errors
/// With the line and the column of what does not fit the schema.
pub fn read(
    file: &Path,
    shown: &Path,
    schema: &Arc<Schema>,
    format: Exchange,
    how: &Reading<'_>,
) -> Result<Read, FileError> {
    let named = |mut error: FileError| {
        error.path = shown.into();
        error
    };
    let text = bytes::bytes(file).and_then(|b| bytes::text(file, b)).map_err(named)?;
    match format {
        Exchange::Csv => table(shown, schema, how, csv_rows(shown, &text, how)?),
        Exchange::Jsonl => table(shown, schema, how, json_rows(shown, &text)?),
        Exchange::Text => lines(shown, schema, how, &text),
        Exchange::Conll => tagged(shown, schema, how, &text),
    }
    .and_then(|Columns { columns, keys, lines, new }| {
        let rows = Samples::new(with_tokens(schema, new), columns)
            .map_err(|e| FileError::whole(shown, Problem::Shape(e.to_string())))?;
        Ok(Read { rows, keys, lines })
    })
}

/// Reads the images (or rows of numbers) of an idx file as the single numeric column of `schema`.
///
/// # Errors
/// A damaged file, and images of another size than the schema's.
pub fn read_idx(file: &Path, schema: &Arc<Schema>, scale: f64) -> Result<Samples, FileError> {
    let rows = Idx::read(file, bytes::bytes(file)?)?.samples(file, None, scale)?;
    Samples::new(schema.clone(), vec![rows.column(0).clone()]).map_err(|_| {
        let why = format!("{} where the human rows are {schema}", rows.schema());
        FileError::whole(file, Problem::IdxShape(why))
    })
}

/// What a file holds: the columns, and the further cells and lines of its rows.
#[derive(Default)]
struct Columns {
    columns: Vec<Column>,
    keys: Vec<Vec<String>>,
    lines: Vec<u64>,
    /// The tokens of the text column that the schema lacks.
    new: Vec<String>,
}

impl Columns {
    fn of(columns: Vec<Column>, new: Vec<String>) -> Self {
        Self { columns, new, ..Self::default() }
    }
}

/// The schema, its text column's vocabulary with further tokens at the end.
fn with_tokens(schema: &Arc<Schema>, new: Vec<String>) -> Arc<Schema> {
    if new.is_empty() {
        return schema.clone();
    }
    let mut longer = Schema::clone(schema);
    let text = longer.fields.iter_mut().filter(|field| field.role == Role::Feature);
    let vocabulary = text.into_iter().find_map(|field| match &mut field.kind {
        Kind::Ragged { vocabulary } => Some(vocabulary),
        _ => None,
    });
    if let Some(vocabulary) = vocabulary {
        *vocabulary = Arc::new(vocabulary.with_rare(new));
    }
    Arc::new(longer)
}

/// Lines of named cells.
struct Lines {
    names: Vec<String>,
    rows: Vec<(u64, Vec<String>)>,
}

fn csv_rows(path: &Path, text: &str, how: &Reading<'_>) -> Result<Lines, FileError> {
    // A file from elsewhere may be divided by tabs; one of ours by commas.
    let delimiter = if how.elsewhere { csv::sniff(text) } else { b',' };
    let mut reader = ::csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows: Vec<(u64, Vec<String>)> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| FileError::whole(path, Problem::Csv(e)))?;
        let line = record.position().map_or(0, ::csv::Position::line);
        rows.push((line, record.iter().map(str::to_owned).collect()));
    }
    let (_, names) = rows.remove(0);
    let names: Vec<String> = names.iter().map(|n| n.trim().to_owned()).collect();
    if let Some((line, row)) = rows.iter().find(|(_, row)| row.len() != names.len()) {
        let problem = Problem::Ragged { expected: names.len(), found: row.len() };
        return Err(FileError::new(path, Place::Line(*line), problem));
    }
    Ok(Lines { names, rows })
}

fn json_rows(path: &Path, text: &str) -> Result<Lines, FileError> {
    let mut lines = Lines { names: Vec::new(), rows: Vec::new() };
    for (number, line) in (1_u64..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let fail = |why: String| FileError::new(path, Place::Line(number), Problem::Json(why));
        let object = match serde_json::from_str(line) {
            Ok(serde_json::Value::Object(object)) => object,
            Ok(_) => return Err(fail("this is JSON, but no object".into())),
            Err(e) => return Err(fail(format!("this is no JSON ({e})"))),
        };
        if lines.rows.is_empty() {
            lines.names = object.keys().cloned().collect();
        }
        let mut row = Vec::with_capacity(lines.names.len());
        for name in &lines.names {
            let place = || Place::Cell { line: number, column: name.clone() };
            row.push(match object.get(name) {
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(serde_json::Value::Array(_) | serde_json::Value::Object(_)) => {
                    return Err(FileError::new(path, place(), Problem::Nested));
                }
                Some(serde_json::Value::Null) | None => String::new(),
                Some(other) => other.to_string(),
            });
        }
        lines.rows.push((number, row));
    }
    Ok(lines)
}

fn table(path: &Path, schema: &Arc<Schema>, how: &Reading<'_>, lines: Lines) -> Result<Columns, FileError> {
    let Lines { names, mut rows } = lines;
    let mut needed = cell_names(schema);
    if let Some(text) = how.text_column {
        needed.iter_mut().filter(|name| *name == "text").for_each(|name| *name = text.into());
    }
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(FileError::new(path, Place::Line(1), Problem::DuplicateColumn(twice.clone())));
    }
    let all = || -> Box<str> { needed.join("`, `").into() };
    let position = |name: &str| {
        names.iter().position(|n| n == name).ok_or_else(|| {
            let problem = Problem::ColumnMissing {
                missing: name.into(),
                found: names.join("`, `").into(),
                needed: all(),
            };
            FileError::new(path, Place::Line(1), problem)
        })
    };
    let places: Vec<usize> = needed.iter().map(|name| position(name)).collect::<Result<_, _>>()?;
    let keys: Vec<usize> = how.keys.iter().map(|name| position(name)).collect::<Result<_, _>>()?;
    if how.drop_missing {
        rows.retain(|(_, row)| !places.iter().any(|&i| Cell::read(&row[i]).lacks()));
    }
    let known = |name: &String| needed.contains(name) || name == WEIGHT || how.keys.contains(&name.as_str());
    if let Some(found) = names.iter().find(|name| !how.elsewhere && !known(name)) {
        let problem = Problem::ColumnUnknown { found: found.as_str().into(), needed: all() };
        return Err(FileError::new(path, Place::Line(1), problem));
    }
    let mut columns: Vec<Filling<'_>> = schema.fields.iter().map(|field| Filling::new(field, how)).collect();
    let mut kept = Vec::new();
    for (line, row) in &rows {
        let mut places = places.iter();
        for column in &mut columns {
            for &place in places.by_ref().take(column.width()) {
                column.push(&row[place]).map_err(|problem| {
                    let place = Place::Cell { line: *line, column: names[place].clone() };
                    FileError::new(path, place, problem)
                })?;
            }
        }
        kept.push(keys.iter().map(|&key| row[key].trim().to_owned()).collect());
    }
    let (mut filled, mut new) = (Vec::with_capacity(columns.len()), Vec::new());
    for column in columns.into_iter().map(Filling::finish) {
        filled.push(column.column);
        new.extend(column.new);
    }
    let lines = rows.iter().map(|(line, _)| *line).collect();
    Ok(Columns { columns: filled, keys: kept, lines, new })
}

fn lines(path: &Path, schema: &Arc<Schema>, how: &Reading<'_>, text: &str) -> Result<Columns, FileError> {
    let Some(vocabulary) = schema.vocabulary() else {
        let problem = Problem::ColumnMissing {
            missing: cell_names(schema).join("`, `").into(),
            found: "text".into(),
            needed: cell_names(schema).join("`, `").into(),
        };
        return Err(FileError::whole(path, problem));
    };
    let mut index = Index::of(vocabulary, how.new_tokens);
    let (mut offsets, mut tokens) = (vec![0], Vec::new());
    if let Some(window) = how.window {
        index
            .encode(&as_human(text, vocabulary), &mut tokens)
            .map_err(|problem| FileError::whole(path, problem))?;
        let whole = tokens.len() / window.max(1);
        tokens.truncate(whole * window);
        offsets.extend((1..=whole).map(|i| i * window));
        return Ok(Columns::of(vec![Column::Ragged { offsets, tokens }], index.new));
    }
    for (number, line) in (1_u64..).zip(text.lines()) {
        let before = tokens.len();
        let fail = |problem| FileError::new(path, Place::Line(number), problem);
        match how.elsewhere {
            true => index.encode(&as_human(line, vocabulary), &mut tokens).map_err(fail)?,
            false => index.encode(line, &mut tokens).map_err(fail)?,
        }
        // An empty line is an empty row of a model's, but nothing in a file from elsewhere.
        if !how.elsewhere || tokens.len() > before {
            offsets.push(tokens.len());
        }
    }
    Ok(Columns::of(vec![Column::Ragged { offsets, tokens }], index.new))
}

fn tagged(path: &Path, schema: &Arc<Schema>, how: &Reading<'_>, text: &str) -> Result<Columns, FileError> {
    let (Some(words), Some(tags)) = (schema.vocabulary(), schema.tags()) else {
        return Err(FileError::whole(path, Problem::NoTagColumn));
    };
    let sentences = conll::sentences(path, text, &Options::default()).map_err(|error| match error {
        SourceError::File(error) => error,
        // Columns are at their default places, so no parameter can be wrong.
        SourceError::Parameter(_) => FileError::whole(path, Problem::NoTagColumn),
    })?;
    let (mut words, mut tags) = (Index::of(words, how.new_tokens), Index::of(tags, false));
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
    Ok(Columns::of(vec![Column::Ragged { offsets, tokens }, tags], words.new))
}
