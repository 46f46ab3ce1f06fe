//! Files that go beside the human one: generations, synthetic rows, another table.
//!
//! What the human file decided holds for them: names, types, levels, vocabulary, notation, what happens to gaps. A
//! level or a token that the human rows do not have is new: it joins the schema, and is counted.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::card::{New, OtherCard};
use super::cell::Cell;
use super::columns::{Taken, together};
use super::error::{FileError, Place, Problem};
use super::human::OwnFile;
use super::idx::{self, Idx};
use super::news::{Naming, counted};
use super::numbers::{Found, Notation};
use super::options::{Missing, Options};
use super::rows::{Lack, Tally, number};
use super::table::Table;
use super::{Format, conll, csv, images, jsonl, numpy, read};
use crate::data::exchange::{Index, as_human, cell_names};
use crate::data::parameters::SourceError;
use crate::data::{Column, Cut, Field, Kind, Role, Samples, Schema, Source, Vocabulary};

/// Reads files as the human file was read. Its schema grows with what is new in them.
pub struct AsHuman {
    options: Options,
    fields: Vec<Field>,
    notations: HashMap<String, Notation>,
    /// Text files are running text, cut in windows of so many tokens.
    window: Option<usize>,
    /// The greatest length of a record.
    longest: usize,
    /// The number of levels or tokens of the human rows, by field.
    human_codes: Vec<usize>,
    not_needed: Vec<String>,
}

/// Rows that were read beside the human ones.
#[derive(Clone, Debug)]
pub struct Made {
    /// The rows, under the schema as it was when they were read: see [`AsHuman::grown`].
    pub rows: Samples,
    /// For each row the cells of the columns that were wanted beside.
    pub keys: Vec<Vec<String>>,
    /// The line of each row; empty for text and images.
    pub lines: Vec<u64>,
    /// What was read and left out.
    pub card: OtherCard,
}

/// Rows before they have a schema.
#[derive(Default)]
struct Body {
    columns: Vec<Column>,
    keys: Vec<Vec<String>>,
    lines: Vec<u64>,
    card: OtherCard,
}

impl AsHuman {
    /// Reads as the rows of `source` were read. `options` hold where the source is no file.
    pub fn new(source: &Source, options: &Options) -> Self {
        let window = source.window();
        match source.file.as_deref() {
            Some(own) => {
                let window = window.filter(|_| own.options.cut != Some(Cut::Records));
                Self { window, ..Self::of(source.measured_schema(), own) }
            }
            None => Self {
                options: options.clone(),
                fields: source.measured_schema().fields.clone(),
                notations: HashMap::new(),
                window,
                longest: usize::MAX,
                human_codes: codes(source.measured_schema()),
                not_needed: Vec::new(),
            },
        }
    }

    /// Reads as this file was read, under its rows' schema.
    pub(super) fn of(schema: &Schema, own: &OwnFile) -> Self {
        Self {
            longest: own.options.text.row_tokens.unwrap_or(256),
            human_codes: codes(schema),
            options: own.options.clone(),
            fields: schema.fields.clone(),
            notations: own.notations.clone(),
            window: None,
            not_needed: own.card.left_out.iter().map(|(name, _)| name.clone()).collect(),
        }
    }

    /// Whether the format of a file of this name is known.
    pub fn knows(name: &str) -> bool {
        Format::of_name(name).is_some()
    }

    /// Whether a folder holds images, or folders of them.
    pub fn holds_images(folder: &Path) -> bool {
        images::holds_some(folder)
    }

    /// Whether a file of this name is a table, which can have a column of generations.
    pub fn has_columns(name: &str) -> bool {
        matches!(Format::of_name(name), Some(Format::Csv | Format::JsonLines))
    }

    /// The schema with all that was new so far.
    pub fn schema(&self) -> Arc<Schema> {
        Schema { fields: self.fields.clone() }.into()
    }

    /// Rows that were read before under the schema as it is now; codes stay what they are.
    ///
    /// # Errors
    /// For rows of other columns.
    pub fn grown(&self, rows: &Samples) -> Result<Samples, crate::data::ShapeError> {
        let columns = (0..rows.schema().fields.len()).map(|i| rows.column(i).clone()).collect();
        Samples::new(self.schema(), columns)
    }

    /// Reads a file, and for each row the cells of the columns `keys`.
    ///
    /// # Errors
    /// The file's, with line and column; a column that is missing; a label that no human row has.
    pub fn read(&mut self, path: &Path, keys: &[&str]) -> Result<Made, SourceError> {
        let (format, bytes) = Format::found(path)?;
        let body = match format {
            Format::Idx | Format::Numpy | Format::Images => {
                let images = match format {
                    Format::Idx => Idx::read(path, bytes)?.samples(path, None, idx::scale(&self.options)?)?,
                    Format::Numpy => numpy::samples(path, &bytes, &self.options, false)?,
                    _ => images::read(path, &self.options)?.rows,
                };
                let schema = self.schema();
                let rows = Samples::new(schema.clone(), vec![images.column(0).clone()]).map_err(|_| {
                    let why = format!("{} where the human rows are {schema}", images.schema());
                    FileError::whole(path, Problem::IdxShape(why))
                })?;
                let card = OtherCard { file: shown(path), rows: rows.len(), ..OtherCard::default() };
                return Ok(Made { rows, keys: Vec::new(), lines: Vec::new(), card });
            }
            Format::Csv => {
                let table = csv::table(path, &read::text(path, bytes)?, &self.options)?;
                self.table(path, &table, keys)?
            }
            Format::JsonLines => {
                let table = jsonl::table(path, &read::text(path, bytes)?)?;
                self.table(path, &table, keys)?
            }
            Format::Text => self.text(path, &read::text(path, bytes)?)?,
            Format::Conll => self.tagged(path, &read::text(path, bytes)?)?,
        };
        let Body { columns, keys, lines, mut card } = body;
        card.file = shown(path);
        let rows = Samples::new(self.schema(), columns)
            .map_err(|e| FileError::whole(path, Problem::Shape(e.to_string())))?;
        Ok(Made { rows, keys, lines, card })
    }

    fn table(&mut self, path: &Path, table: &Table, keys: &[&str]) -> Result<Body, FileError> {
        let schema = self.schema();
        let mut needed = cell_names(&schema);
        if let Some(text) = &self.options.text_column {
            needed.iter_mut().filter(|name| *name == "text").for_each(|name| name.clone_from(text));
        }
        let find = |name: &str| {
            table.names.iter().position(|n| n == name.trim()).ok_or_else(|| {
                let problem = Problem::ColumnMissing {
                    missing: name.into(),
                    found: table.names.join("`, `").into(),
                    needed: needed.join("`, `").into(),
                };
                FileError::new(path, Place::Line(1), problem)
            })
        };
        let places: Vec<usize> = together(path, needed.iter().map(|name| find(name)).collect())?;
        let key_places: Vec<usize> = together(path, keys.iter().map(|name| find(name)).collect())?;
        let known = |name: &String| {
            needed.contains(name) || keys.contains(&name.as_str()) || self.not_needed.contains(name)
        };
        let ignored = table.names.iter().filter(|name| !known(name)).cloned().collect();

        // Fields with their cells' places; numbers in the human notation, or in the file's own.
        let mut at = places.iter().copied();
        let columns: Vec<(usize, Vec<usize>)> =
            (0..self.fields.len()).map(|i| (i, at.by_ref().take(width(&self.fields[i])).collect())).collect();
        let notations: HashMap<usize, Notation> = columns
            .iter()
            .filter(|(i, _)| numeric(&self.fields[*i]))
            .flat_map(|(_, places)| places)
            .map(|&place| (place, self.notation(table, place)))
            .collect();
        let missing = self.options.missing.unwrap_or_default();
        let (mut tally, mut wrong) = (Tally::default(), BTreeMap::new());
        let mut kept = Vec::with_capacity(table.rows.len());
        for (row, (line, cells)) in table.rows.iter().enumerate() {
            let found = columns.iter().find_map(|(i, places)| {
                let field = &self.fields[*i];
                places.iter().find_map(|&place| {
                    let cell = &cells[place];
                    let why = match (&field.kind, notations.get(&place)) {
                        (Kind::Ragged { .. }, _) => cell.is_empty().then_some(Lack::Value),
                        (_, Some(notation)) => number(cell, notation, table.typed).err(),
                        _ => super::rows::lack(cell, &Taken::Levels, field.role, missing, table.typed),
                    };
                    Some((place, why?))
                })
            });
            match found {
                None => kept.push(row),
                Some((place, lack)) => {
                    tally.add(place, lack, *line);
                    let error =
                        || FileError::new(path, table.place(*line, place), lack.problem(&cells[place]));
                    if missing == Missing::Error {
                        wrong.entry(place).or_insert_with(error);
                    }
                }
            }
        }
        together::<()>(path, wrong.into_values().map(Err).collect())?;
        let mut card = OtherCard { rows: table.rows.len(), ignored, ..OtherCard::default() };
        card.dropped = tally.dropped(&table.names);
        let mut filled = Vec::with_capacity(columns.len());
        for (i, places) in &columns {
            let (column, new) = self.fill(path, table, &kept, *i, places, &notations)?;
            filled.push(column);
            card.new.extend(new);
        }
        let key =
            |row: &usize| key_places.iter().map(|&k| table.rows[*row].1[k].written().to_owned()).collect();
        Ok(Body {
            columns: filled,
            keys: kept.iter().map(key).collect(),
            lines: kept.iter().map(|&row| table.rows[row].0).collect(),
            card,
        })
    }

    /// The notation of a column here: the human one if all cells are numbers in it, else its own.
    fn notation(&self, table: &Table, place: usize) -> Notation {
        let human = self.notations.get(&table.names[place]).cloned().unwrap_or(Notation::PLAIN);
        let cells = || table.column(place).map(|(_, c)| c).filter(|c| !c.is_missing() && !c.is_odd_number());
        if cells().all(|cell| number(cell, &human, table.typed).is_ok()) {
            return human;
        }
        let written: Vec<&str> = cells().map(Cell::written).collect();
        match Notation::of(&written, self.options.decimal()) {
            Found::All(own) => own,
            _ => human,
        }
    }

    fn fill(
        &mut self,
        path: &Path,
        table: &Table,
        kept: &[usize],
        i: usize,
        places: &[usize],
        notations: &HashMap<usize, Notation>,
    ) -> Result<(Column, Option<New>), FileError> {
        let cells = || kept.iter().map(|&row| (table.rows[row].0, &table.rows[row].1));
        let value = |cell: &Cell, place: usize| {
            notations.get(&place).and_then(|n| number(cell, n, table.typed).ok()).unwrap_or(f64::NAN)
        };
        let first = places.first().copied().unwrap_or(0);
        match self.fields[i].kind.clone() {
            Kind::F64 { width } => {
                let data = cells().flat_map(|(_, c)| places.iter().map(|&p| value(&c[p], p)));
                Ok((Column::F64 { width, data: data.collect() }, None))
            }
            Kind::F32 { width, range, .. } => {
                let mut data = Vec::with_capacity(kept.len() * width);
                for (line, cells) in cells() {
                    for &place in places {
                        let x = value(&cells[place], place);
                        let fail = |problem| FileError::new(path, table.place(line, place), problem);
                        if !(x as f32).is_finite() {
                            return Err(fail(Problem::NotANumber(cells[place].written().into())));
                        }
                        if let Some((low, high)) =
                            range.filter(|(low, high)| !(*low..=*high).contains(&(x as f32)))
                        {
                            let (low, high) = (f64::from(low), f64::from(high));
                            return Err(fail(Problem::OutOfRange { value: x, low, high }));
                        }
                        data.push(x as f32);
                    }
                }
                Ok((Column::F32 { width, data }, None))
            }
            Kind::Codes { levels } => {
                let mut naming =
                    Naming::new(levels, self.human_codes[i], self.fields[i].role == Role::Feature);
                let mut data = Vec::with_capacity(kept.len());
                for (line, cells) in cells() {
                    let fail = |problem| FileError::new(path, table.place(line, first), problem);
                    data.push(naming.code(cells[first].written()).map_err(fail)?);
                }
                let (levels, new) = naming.done(&self.fields[i].name, kept.len());
                self.fields[i].kind = Kind::Codes { levels };
                Ok((Column::Codes { data }, new))
            }
            Kind::Ragged { vocabulary } => {
                let (mut offsets, mut tokens) = (vec![0], Vec::new());
                let mut index = Index::of(&vocabulary, true);
                for (line, cells) in cells() {
                    let start = tokens.len();
                    index
                        .encode(&self.as_human(cells[first].raw(), &vocabulary), &mut tokens)
                        .map_err(|problem| FileError::new(path, table.place(line, first), problem))?;
                    tokens.truncate(start.saturating_add(self.longest));
                    offsets.push(tokens.len());
                }
                let new = index.new;
                let new = self.learn(i, &vocabulary, new, &tokens);
                Ok((Column::Ragged { offsets, tokens }, new))
            }
        }
    }

    /// A text as the human text was normalised.
    fn as_human(&self, text: &str, vocabulary: &Vocabulary) -> String {
        match self.options.text.lower_case {
            Some(lower) => crate::data::text::normalise(text, lower),
            None => as_human(text, vocabulary),
        }
    }

    /// Adds the tokens that are new at the end of a vocabulary, and says how many there are of those that the human rows
    /// do not have.
    fn learn(&mut self, i: usize, vocabulary: &Vocabulary, new: Vec<String>, tokens: &[u32]) -> Option<New> {
        let vocabulary = if new.is_empty() { vocabulary.clone() } else { vocabulary.with_rare(new) };
        let human = self.human_codes[i];
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for &token in tokens.iter().filter(|&&token| token as usize >= human) {
            *counts.entry(vocabulary.tokens[token as usize].clone()).or_default() += 1;
        }
        self.fields[i].kind = Kind::Ragged { vocabulary: Arc::new(vocabulary) };
        (!counts.is_empty()).then(|| counted(&self.fields[i].name, &counts, tokens.len()))
    }

    fn text(&mut self, path: &Path, text: &str) -> Result<Body, FileError> {
        let schema = self.schema();
        let Some(vocabulary) = schema.vocabulary().filter(|_| schema.fields.len() == 1) else {
            let needed: Box<str> = cell_names(&schema).join("`, `").into();
            let problem = Problem::ColumnMissing { missing: needed.clone(), found: "text".into(), needed };
            return Err(FileError::whole(path, problem));
        };
        let fail = |problem| FileError::whole(path, problem);
        let mut index = Index::of(vocabulary, true);
        let (mut offsets, mut tokens) = (vec![0], Vec::new());
        match self.window {
            Some(window) => {
                index.encode(&self.as_human(text, vocabulary), &mut tokens).map_err(fail)?;
                let whole = tokens.len() / window.max(1);
                tokens.truncate(whole * window);
                offsets.extend((1..=whole).map(|i| i * window));
            }
            None => {
                for line in text.lines() {
                    let start = tokens.len();
                    index.encode(&self.as_human(line, vocabulary), &mut tokens).map_err(fail)?;
                    tokens.truncate(start.saturating_add(self.longest));
                    if tokens.len() > start {
                        offsets.push(tokens.len());
                    }
                }
            }
        }
        let mut card = OtherCard { rows: offsets.len() - 1, ..OtherCard::default() };
        let new = index.new;
        card.new.extend(self.learn(0, vocabulary, new, &tokens));
        Ok(Body { columns: vec![Column::Ragged { offsets, tokens }], card, ..Body::default() })
    }

    fn tagged(&mut self, path: &Path, text: &str) -> Result<Body, SourceError> {
        let schema = self.schema();
        let (Some(vocabulary), Some(tag_names)) = (schema.vocabulary(), schema.tags()) else {
            return Err(FileError::whole(path, Problem::NoTagColumn).into());
        };
        let options = Options { group: None, ..self.options.clone() };
        let sentences = conll::sentences(path, text, &options)?;
        let mut index = Index::of(vocabulary, true);
        let (mut offsets, mut tokens, mut tags) = (vec![0], Vec::new(), Vec::new());
        for sentence in &sentences {
            for (line, (word, tag)) in (sentence.line..).zip(sentence.words.iter().zip(&sentence.tags)) {
                let word = match self.options.text.lower_case {
                    Some(true) => word.to_lowercase(),
                    _ => word.clone(),
                };
                let fail = |problem| FileError::new(path, Place::Line(line), problem);
                tokens.push(index.code(&word).map_err(fail)?);
                let code = tag_names.tokens.iter().position(|t| t == tag).ok_or_else(|| {
                    let problem = Problem::UnknownLevel {
                        found: tag.as_str().into(),
                        known: tag_names.tokens.join(", ").into(),
                    };
                    FileError::new(path, Place::Line(line), problem)
                })?;
                tags.push(code as u32);
            }
            offsets.push(tokens.len());
        }
        let mut card = OtherCard { rows: sentences.len(), ..OtherCard::default() };
        let place = schema.first(Role::Feature).map_or(0, |(i, _)| i);
        let new = index.new;
        card.new.extend(self.learn(place, vocabulary, new, &tokens));
        let tags = Column::Ragged { offsets: offsets.clone(), tokens: tags };
        Ok(Body { columns: vec![Column::Ragged { offsets, tokens }, tags], card, ..Body::default() })
    }
}

impl Source {
    /// The number of tokens of a row, where rows are windows of running text: all of one length.
    pub fn window(&self) -> Option<usize> {
        let crate::data::Supply::Finite(splits) = &self.supply else { return None };
        let (offsets, _) = splits.train.token_rows()?;
        let mut lengths = offsets.windows(2).map(|w| w[1] - w[0]);
        let first = lengths.next()?;
        (first > 0 && lengths.all(|l| l == first)).then_some(first)
    }
}

fn shown(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn codes(schema: &Schema) -> Vec<usize> {
    schema.fields.iter().map(|field| field.kind.codes().unwrap_or(0)).collect()
}

fn numeric(field: &Field) -> bool {
    matches!(field.kind, Kind::F32 { .. } | Kind::F64 { .. })
}

fn width(field: &Field) -> usize {
    match field.kind {
        Kind::F32 { width, .. } | Kind::F64 { width } => width,
        _ => 1,
    }
}
