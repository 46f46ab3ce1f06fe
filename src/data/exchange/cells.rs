//! Cells of a file as columns of a known schema.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::data::files::Problem;
use crate::data::text::{normalise, words};
use crate::data::{Column, Field, Kind, Levels, TokenUnit, UNKNOWN_CHARACTER, UNKNOWN_WORD, Vocabulary};

/// One column that is being filled, cell by cell.
pub(super) struct Filling<'a> {
    field: &'a Field,
    column: Column,
    index: Option<Index<'a>>,
}

impl<'a> Filling<'a> {
    pub fn new(field: &'a Field) -> Self {
        let column = match field.kind {
            Kind::F32 { width, .. } => Column::F32 { width, data: Vec::new() },
            Kind::F64 { width } => Column::F64 { width, data: Vec::new() },
            Kind::Codes { .. } => Column::Codes { data: Vec::new() },
            Kind::Ragged { .. } => Column::Ragged { offsets: vec![0], tokens: Vec::new() },
        };
        let index = match &field.kind {
            Kind::Ragged { vocabulary } => Some(Index::of(vocabulary, false)),
            _ => None,
        };
        Self { field, column, index }
    }

    /// The number of cells that one row has.
    pub fn width(&self) -> usize {
        match self.field.kind {
            Kind::F32 { width, .. } | Kind::F64 { width } => width,
            _ => 1,
        }
    }

    /// Adds one cell.
    pub fn push(&mut self, cell: &str) -> Result<(), Problem> {
        match (&mut self.column, &self.field.kind) {
            (Column::F32 { data, .. }, Kind::F32 { range, .. }) => {
                let value = number(cell)?;
                let value32 = value as f32;
                if !value32.is_finite() {
                    return Err(Problem::NotANumber(cell.trim().into()));
                }
                if let Some((low, high)) = range
                    && !(*low..=*high).contains(&value32)
                {
                    return Err(Problem::OutOfRange { value, low: f64::from(*low), high: f64::from(*high) });
                }
                data.push(value32);
            }
            (Column::F64 { data, .. }, _) => data.push(number(cell)?),
            (Column::Codes { data }, Kind::Codes { levels }) => data.push(code(cell, levels)?),
            (Column::Ragged { offsets, tokens }, Kind::Ragged { vocabulary }) => {
                let index = self.index.get_or_insert_with(|| Index::of(vocabulary, false));
                index.encode(cell, tokens)?;
                offsets.push(tokens.len());
            }
            _ => {}
        }
        Ok(())
    }

    pub fn finish(self) -> Column {
        self.column
    }
}

fn number(cell: &str) -> Result<f64, Problem> {
    match cell.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Problem::NotANumber(cell.trim().into())),
    }
}

fn code(cell: &str, levels: &Levels) -> Result<u32, Problem> {
    let cell = cell.trim();
    let found = match levels {
        // A whole number may be written as 3 or as 3.0.
        Levels::Count(n) => cell
            .parse::<f64>()
            .ok()
            .filter(|v| v.fract() == 0.0 && (0.0..*n as f64).contains(v))
            .map(|v| v as u32),
        Levels::Named(names) => named(cell, names),
    };
    found.ok_or_else(|| {
        let known = match levels {
            Levels::Count(n) => format!("0 to {}", n.saturating_sub(1)),
            Levels::Named(names) => shortened(names),
        };
        Problem::UnknownLevel { found: cell.into(), known: known.into() }
    })
}

/// The code of a named level; where all names are numbers, of the level of that value.
fn named(cell: &str, names: &[String]) -> Option<u32> {
    let position = names.iter().position(|name| name == cell).or_else(|| {
        let value: f64 = cell.parse().ok()?;
        names.iter().position(|name| name.parse::<f64>().is_ok_and(|v| v == value))
    });
    position.map(|i| i as u32)
}

fn shortened(names: &[String]) -> String {
    let few: Vec<&str> = names.iter().take(8).map(String::as_str).collect();
    let more = if names.len() > few.len() { ", …" } else { "" };
    format!("{}{more}", few.join(", "))
}

/// A text as human text is normalised before it is cut: white space is one space, and letters are
/// lower case where no known token has a capital.
pub(in crate::data) fn as_human(text: &str, vocabulary: &Vocabulary) -> String {
    let capitals = vocabulary.tokens.iter().any(|t| t.chars().any(char::is_uppercase));
    normalise(text, !capitals)
}

/// Codes by token.
pub(in crate::data) struct Index<'a> {
    codes: HashMap<Cow<'a, str>, u32>,
    unit: TokenUnit,
    /// The code that stands for all other tokens.
    unknown: Option<u32>,
    /// Whether other tokens get codes of their own, after those of the vocabulary.
    grows: bool,
    /// Those that did, in the order of their codes.
    pub new: Vec<String>,
}

impl<'a> Index<'a> {
    pub fn of(vocabulary: &'a Vocabulary, grows: bool) -> Self {
        let codes: HashMap<Cow<'_, str>, u32> =
            vocabulary.tokens.iter().map(|token| Cow::Borrowed(token.as_str())).zip(0..).collect();
        let unknown = match vocabulary.unit {
            TokenUnit::Characters => UNKNOWN_CHARACTER,
            TokenUnit::Words => UNKNOWN_WORD,
        };
        Self { unknown: codes.get(unknown).copied(), codes, unit: vocabulary.unit, grows, new: Vec::new() }
    }

    /// The code of one token: for a token that the vocabulary lacks a new one, or that of the unknown token.
    pub fn code(&mut self, token: &str) -> Result<u32, Problem> {
        if let Some(&code) = self.codes.get(token) {
            return Ok(code);
        }
        if self.grows {
            let code = self.codes.len() as u32;
            self.codes.insert(Cow::Owned(token.into()), code);
            self.new.push(token.into());
            return Ok(code);
        }
        self.unknown.ok_or_else(|| Problem::UnknownToken(token.into()))
    }

    /// Adds the tokens of a text. Words are divided by white space; a piece that is no known word is
    /// cut as human text is.
    pub fn encode(&mut self, text: &str, out: &mut Vec<u32>) -> Result<(), Problem> {
        match self.unit {
            TokenUnit::Characters => {
                let mut letter = [0; 4];
                for c in text.chars() {
                    out.push(self.code(c.encode_utf8(&mut letter))?);
                }
            }
            TokenUnit::Words => {
                for piece in text.split_whitespace() {
                    match self.codes.get(piece) {
                        Some(&code) => out.push(code),
                        None => {
                            for word in words(piece) {
                                out.push(self.code(word)?);
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
