//! The data card: what was read of a file, what was left out and why, and what the columns were taken for.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::data::{Column, Samples, Splits, UNKNOWN_CHARACTER, UNKNOWN_WORD};

/// What was read of the human file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The file.
    pub file: String,
    /// How it is written.
    pub form: String,
    /// Rows (records, lines, images) read.
    pub rows: usize,
    /// Rows left out, by column and reason.
    pub dropped: Vec<Dropped>,
    /// Rows of each split: training, validation, held-out.
    pub splits: [usize; 3],
    /// Validation and held-out rows that are equal to a training row.
    pub repeated: usize,
    /// The column whose rows stay on one side of the split, and how many values it has.
    #[serde(default)]
    pub together: Option<(String, usize)>,
    /// Columns that are used.
    pub columns: Vec<Taken>,
    /// Columns that are not used, and why.
    pub left_out: Vec<(String, String)>,
    /// Text: the share of tokens that the vocabulary does not have, and its size.
    pub unknown: Option<(f64, usize)>,
}

/// A column and what it is taken for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The column.
    pub column: String,
    /// What it is taken for.
    pub taken_for: String,
    /// The evidence.
    pub why: String,
}

/// Rows that were left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dropped {
    /// The column whose cell is at fault.
    pub column: String,
    /// What is wrong with it.
    pub why: String,
    /// How many rows.
    pub rows: usize,
    /// The first one's line.
    pub line: u64,
}

/// What was read of a file that goes beside the human one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OtherCard {
    /// The file.
    pub file: String,
    /// Rows read.
    pub rows: usize,
    /// Rows left out, by column and reason.
    pub dropped: Vec<Dropped>,
    /// Levels and tokens that the human rows do not have: column, some of them, and the number of cells or tokens.
    pub new: Vec<New>,
    /// Columns that the human rows do not have.
    pub ignored: Vec<String>,
}

/// What a column holds that the human rows do not have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct New {
    /// The column.
    pub column: String,
    /// How many different ones.
    pub different: usize,
    /// Some of them, the most frequent first.
    pub examples: Vec<String>,
    /// Cells or tokens that hold one.
    pub cells: usize,
    /// Cells or tokens in all.
    pub of: usize,
}

impl Card {
    /// The card with what the splits say.
    #[must_use]
    pub fn with(mut self, splits: &Splits) -> Card {
        self.splits = [&splits.train, &splits.validation, &splits.held_out].map(|rows| rows.len());
        let seen: HashSet<u64> = (0..splits.train.len()).map(|row| fingerprint(&splits.train, row)).collect();
        self.repeated = [&splits.validation, &splits.held_out]
            .iter()
            .map(|rows| {
                let rows = rows.modelled();
                (0..rows.len()).filter(|&row| seen.contains(&fingerprint(&rows, row))).count()
            })
            .sum();
        self.unknown = unknown(splits);
        self
    }

    /// Rows left out in all.
    pub fn lost(&self) -> usize {
        self.dropped.iter().map(|d| d.rows).sum()
    }

    /// What a user should know even of a run that went well, a line each.
    pub fn remarks(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.dropped.is_empty() {
            lines.push(format!("{} of {} rows left out: {}", self.lost(), self.rows, listed(&self.dropped)));
        }
        if let Some((column, groups)) = &self.together {
            lines.push(format!("split by `{column}`: none of its {groups} values is on both sides"));
        }
        let asked = |why: &str| {
            why == "as asked"
                || why == "rows are split by it"
                || why == "not in `columns`"
                || why == "beside the text"
        };
        let out = self.left_out.iter().filter(|(_, why)| !asked(why));
        lines.extend(out.map(|(name, why)| format!("column `{name}` left out: {why}")));
        let unusual = |t: &&Taken| {
            t.why.contains("written with") || t.why.contains("look like") || t.why.contains("nothing else")
        };
        let odd = self.columns.iter().filter(unusual);
        lines.extend(odd.map(|t| format!("column `{}`: {}", t.column, t.why)));
        if let Some((share, size)) = self.unknown.filter(|(share, _)| *share > 0.01) {
            lines.push(format!(
                "{:.1} % of the tokens are unknown: the vocabulary holds {size}",
                share * 100.0
            ));
        }
        if self.repeated > 0 {
            let unseen = self.splits[1] + self.splits[2];
            lines.push(format!(
                "{} of {unseen} validation and held-out rows are equal to a training row",
                self.repeated
            ));
        }
        lines
    }
}

impl OtherCard {
    /// What a user should know of all these files together, a line each.
    pub fn remarks(cards: &[OtherCard]) -> Vec<String> {
        let place = match cards {
            [one] => one.file.clone(),
            several => format!("{} files", several.len()),
        };
        let mut lines = Vec::new();
        let rows: usize = cards.iter().map(|card| card.rows).sum();
        let mut dropped: Vec<(Dropped, &str)> = Vec::new();
        for (d, file) in cards.iter().flat_map(|card| card.dropped.iter().map(|d| (d, card.file.as_str()))) {
            match dropped.iter_mut().find(|(known, _)| (&known.column, &known.why) == (&d.column, &d.why)) {
                Some((known, _)) => known.rows += d.rows,
                None => dropped.push((d.clone(), file)),
            }
        }
        if !dropped.is_empty() {
            let lost: usize = dropped.iter().map(|(d, _)| d.rows).sum();
            let one = |(d, file): &(Dropped, &str)| {
                format!("{} with {} in `{}` (first in {file}, line {})", d.rows, d.why, d.column, d.line)
            };
            let all: Vec<String> = dropped.iter().map(one).collect();
            lines.push(format!("{place}: {lost} of {rows} rows left out: {}", all.join(", ")));
        }
        let mut columns: Vec<&str> = Vec::new();
        for new in cards.iter().flat_map(|card| &card.new) {
            if !columns.contains(&new.column.as_str()) {
                columns.push(&new.column);
            }
        }
        for column in columns {
            let of_column = || cards.iter().flat_map(|card| &card.new).filter(|new| new.column == column);
            let cells: usize = of_column().map(|new| new.cells).sum();
            let of: usize = of_column().map(|new| new.of).sum();
            let mut shown: Vec<&str> = Vec::new();
            for example in of_column().flat_map(|new| &new.examples) {
                if !shown.contains(&example.as_str()) && shown.len() < 8 {
                    shown.push(example);
                }
            }
            lines.push(format!(
                "new: {cells} of {of} in `{column}` ({:.1} %; {} of {place}) are not in the human vocabulary ({}{})",
                100.0 * cells as f64 / of.max(1) as f64,
                of_column().count(),
                shown.join(", "),
                if of_column().any(|new| new.different > new.examples.len()) { ", …" } else { "" }
            ));
        }
        lines
    }
}

fn listed(dropped: &[Dropped]) -> String {
    let one = |d: &Dropped| format!("{} with {} in `{}` (first in line {})", d.rows, d.why, d.column, d.line);
    dropped.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [train, validation, held_out] = self.splits;
        writeln!(f, "data     {}: {}", self.file, self.form)?;
        writeln!(
            f,
            "rows     {} read, {} left out; {train} training, {validation} validation, {held_out} held out",
            self.rows,
            self.lost()
        )?;
        for d in &self.dropped {
            writeln!(
                f,
                "           {} rows left out: {} in `{}`, first in line {}",
                d.rows, d.why, d.column, d.line
            )?;
        }
        if let Some((column, groups)) = &self.together {
            writeln!(f, "           split by `{column}`: none of its {groups} values is on both sides")?;
        }
        if self.repeated > 0 {
            writeln!(
                f,
                "           {} validation and held-out rows are equal to a training row",
                self.repeated
            )?;
        }
        if let Some((share, size)) = self.unknown {
            writeln!(
                f,
                "tokens   {size} in the vocabulary; {:.2} % of all tokens are unknown",
                share * 100.0
            )?;
        }
        let name = |n: &str| n.chars().count();
        let width = self
            .columns
            .iter()
            .map(|t| name(&t.column))
            .chain(self.left_out.iter().map(|(n, _)| name(n)))
            .max();
        let width = width.unwrap_or(0);
        for (i, t) in self.columns.iter().enumerate() {
            let head = if i == 0 { "columns" } else { "" };
            writeln!(f, "{head:9}{:width$}  {}: {}", t.column, t.taken_for, t.why)?;
        }
        for (i, (column, why)) in self.left_out.iter().enumerate() {
            let head = if i == 0 { "left out" } else { "" };
            writeln!(f, "{head:9}{column:width$}  {why}")?;
        }
        Ok(())
    }
}

/// The share of tokens that a model reads as the unknown one, and the size of its vocabulary.
fn unknown(splits: &Splits) -> Option<(f64, usize)> {
    let vocabulary = splits.train.schema().vocabulary()?;
    let code = vocabulary.tokens.iter().position(|t| t == UNKNOWN_CHARACTER || t == UNKNOWN_WORD);
    let (mut unknown, mut all) = (0_usize, 0_usize);
    for rows in [&splits.train, &splits.validation, &splits.held_out] {
        let (_, tokens) = rows.token_rows()?;
        all += tokens.len();
        // Held-out rows write rare tokens after those that a model knows.
        unknown += tokens.iter().filter(|&&t| code.is_some_and(|code| t as usize >= code)).count();
    }
    Some((unknown as f64 / all.max(1) as f64, vocabulary.len()))
}

fn fingerprint(rows: &Samples, row: usize) -> u64 {
    let mut hash = DefaultHasher::new();
    for i in 0..rows.schema().fields.len() {
        match rows.column(i) {
            Column::F32 { width, data } => {
                data[row * width..(row + 1) * width].iter().for_each(|x| x.to_bits().hash(&mut hash));
            }
            Column::F64 { width, data } => {
                data[row * width..(row + 1) * width].iter().for_each(|x| x.to_bits().hash(&mut hash));
            }
            Column::Codes { data } => data[row].hash(&mut hash),
            Column::Ragged { offsets, tokens } => tokens[offsets[row]..offsets[row + 1]].hash(&mut hash),
        }
    }
    hash.finish()
}
