//! Reading an existing run folder: rows, cells, summaries.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::tables::{CELLS_COLUMNS, CELLS_END, METRICS_COLUMNS, Status};
use super::{Accumulator, Body, Cell, Folder, Manifest, Row, Slot, StoreError};
use crate::metrics::{Measurement, Subject};

/// Rows of a `metrics.csv`, one after the other.
pub struct MetricsReader {
    csv: csv::Reader<File>,
    path: PathBuf,
    swept: Vec<String>,
    record: csv::StringRecord,
}

/// Opens `metrics.csv` of a run folder. Errors if the folder holds no run, or one of another
/// schema version. A run that has no manifest yet (it was interrupted) is read.
pub fn metrics(folder: &Folder) -> Result<MetricsReader, StoreError> {
    match Manifest::load(folder) {
        Ok(_) | Err(StoreError::NotARun { .. }) => {}
        Err(error) => return Err(error),
    }
    let path = folder.metrics();
    if !path.is_file() {
        return Err(StoreError::NotARun { path: folder.root().into(), missing: "metrics.csv" });
    }
    metrics_file(&path)
}

/// Opens a table with the columns of `metrics.csv`, wherever it lies.
pub fn metrics_file(path: &Path) -> Result<MetricsReader, StoreError> {
    let (csv, columns) = open(path)?;
    expect(path, &columns[..columns.len().min(METRICS_COLUMNS.len())], &METRICS_COLUMNS)?;
    // `expect` has seen that there are at least as many.
    let swept = columns[METRICS_COLUMNS.len()..].to_vec();
    Ok(MetricsReader { csv, path: path.into(), swept, record: csv::StringRecord::new() })
}

impl MetricsReader {
    /// The further swept keys, in the order of [`Row::swept`].
    pub fn swept(&self) -> &[String] {
        &self.swept
    }

    fn row(&self) -> Result<Row, StoreError> {
        let r = &self.record;
        let read = Line { record: r, path: &self.path };
        let subject = read.subject(10)?;
        let value: f64 = read.number(12)?;
        if !value.is_finite() {
            return Err(read.refuse(format!("value is {value}")));
        }
        Ok(Row {
            experiment: r[0].into(),
            cell: r[1].into(),
            data: r[2].into(),
            model: r[3].into(),
            regime: r[4].into(),
            human_fraction: read.optional(5)?,
            samples: read.optional(6)?,
            measurement: Measurement {
                seed: read.number(7)?,
                member: read.number(8)?,
                generation: read.number(9)?,
                subject,
                metric: Cow::Owned(r[11].into()),
                value,
            },
            swept: r.iter().skip(METRICS_COLUMNS.len()).map(str::to_owned).collect(),
        })
    }
}

impl Iterator for MetricsReader {
    type Item = Result<Row, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.csv.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => Some(self.row()),
            Err(error) => Some(Err(damaged(&self.path, &error))),
        }
    }
}

/// One line of `cells.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct CellEntry {
    /// The cell's name.
    pub cell: String,
    /// The source of human rows.
    pub data: String,
    /// The family.
    pub model: String,
    /// The regime.
    pub regime: String,
    /// The human fraction asked for.
    pub human_fraction: Option<f64>,
    /// Rows per generation.
    pub samples: Option<f64>,
    /// The further swept keys and their values.
    pub swept: Vec<(String, String)>,
    /// The first seed asked for; `None` for a skipped setting.
    pub first_seed: Option<u64>,
    /// Seeds asked for.
    pub seeds: u64,
    /// What became of it.
    pub status: Status,
    /// Errors of failed seeds, or the reason for skipping.
    pub error: String,
    /// Wall-clock seconds.
    pub wall_seconds: f64,
    /// What else must be known.
    pub notes: String,
}

/// Reads `cells.csv`, in its order.
pub fn cells(folder: &Folder) -> Result<Vec<CellEntry>, StoreError> {
    let path = folder.cells_table();
    if !path.is_file() {
        return Err(StoreError::NotARun { path: folder.root().into(), missing: "cells.csv" });
    }
    let (mut csv, columns) = open(&path)?;
    let (start, rest) = columns.split_at(columns.len().min(CELLS_COLUMNS.len()));
    expect(&path, start, &CELLS_COLUMNS)?;
    let (swept, end) = rest.split_at(rest.len().saturating_sub(CELLS_END.len()));
    expect(&path, end, &CELLS_END)?;
    let entry = |r: &csv::StringRecord| -> Result<CellEntry, StoreError> {
        let read = Line { record: r, path: &path };
        let at = CELLS_COLUMNS.len() + swept.len();
        let status = match &r[at + 2] {
            "done" => Status::Done,
            "failed" => Status::Failed,
            "skipped" => Status::Skipped,
            "pending" => Status::Pending,
            other => return Err(read.refuse(format!("`{other}` is no status"))),
        };
        Ok(CellEntry {
            cell: r[0].into(),
            data: r[1].into(),
            model: r[2].into(),
            regime: r[3].into(),
            human_fraction: read.optional(4)?,
            samples: read.optional(5)?,
            swept: swept.iter().cloned().zip(r.iter().skip(6).map(str::to_owned)).collect(),
            first_seed: read.optional(at)?,
            seeds: read.number(at + 1)?,
            status,
            error: r[at + 3].into(),
            wall_seconds: read.number(at + 4)?,
            notes: r[at + 5].into(),
        })
    };
    let mut entries = Vec::new();
    for record in csv.records() {
        entries.push(entry(&record.map_err(|e| damaged(&path, &e))?)?);
    }
    Ok(entries)
}

/// The streamed summary of one setting over all its cells.
#[derive(Clone, Debug, PartialEq)]
pub struct SettingSummary {
    /// The setting's first line in `cells.csv`.
    pub setting: CellEntry,
    /// The summary of each place, in the order of rows.
    pub places: BTreeMap<Slot, Accumulator>,
}

/// Merges the cells of each setting of a run with `keep = "summary"`, one setting at a time, in the
/// order of `cells.csv`; settings that were skipped or that kept rows have no place.
pub fn summaries(
    folder: &Folder,
) -> Result<impl Iterator<Item = Result<SettingSummary, StoreError>> + use<>, StoreError> {
    let entries = cells(folder)?;
    let prefix = |e: &CellEntry| e.cell.rsplit_once('-').map(|(digest, _)| digest.to_owned());
    let groups: Vec<Vec<CellEntry>> =
        entries.chunk_by(|a, b| prefix(a) == prefix(b)).map(<[CellEntry]>::to_vec).collect();
    let folder = folder.clone();
    Ok(groups.into_iter().map(move |group| {
        let mut places: BTreeMap<Slot, Accumulator> = BTreeMap::new();
        for entry in group.iter().filter(|e| e.status != Status::Skipped) {
            let path = folder.cell(&entry.cell);
            if entry.status == Status::Pending && !path.exists() {
                continue;
            }
            if let Body::Summary(summary) = Cell::open(&path)?.body {
                for (slot, sum) in summary.total() {
                    places.entry(slot.clone()).or_default().merge(&sum);
                }
            }
        }
        Ok(SettingSummary { setting: group[0].clone(), places })
    }))
}

struct Line<'a> {
    record: &'a csv::StringRecord,
    path: &'a Path,
}

impl Line<'_> {
    fn refuse(&self, why: String) -> StoreError {
        let line = self.record.position().map_or(0, csv::Position::line);
        StoreError::Line { path: self.path.into(), line, why }
    }

    fn number<T: std::str::FromStr>(&self, at: usize) -> Result<T, StoreError> {
        let text = &self.record[at];
        text.parse().map_err(|_| self.refuse(format!("column {}: `{text}` is no such number", at + 1)))
    }

    fn optional<T: std::str::FromStr>(&self, at: usize) -> Result<Option<T>, StoreError> {
        if self.record[at].is_empty() { Ok(None) } else { self.number(at).map(Some) }
    }

    fn subject(&self, at: usize) -> Result<Subject, StoreError> {
        let all = [Subject::Model, Subject::Synthetic, Subject::Training, Subject::Human];
        let text = &self.record[at];
        let found = all.into_iter().find(|s| s.name() == text);
        found.ok_or_else(|| self.refuse(format!("`{text}` is no subject")))
    }
}

fn open(path: &Path) -> Result<(csv::Reader<File>, Vec<String>), StoreError> {
    let file = File::open(path).map_err(StoreError::io("read", path))?;
    let mut csv = csv::ReaderBuilder::new().buffer_capacity(1 << 16).from_reader(file);
    let columns = csv.headers().map_err(|e| damaged(path, &e))?.iter().map(str::to_owned).collect();
    Ok((csv, columns))
}

fn expect(path: &Path, found: &[String], expected: &[&str]) -> Result<(), StoreError> {
    if found.iter().map(String::as_str).eq(expected.iter().copied()) {
        return Ok(());
    }
    Err(StoreError::Columns { path: path.into(), expected: expected.join(","), found: found.join(",") })
}

fn damaged(path: &Path, error: &csv::Error) -> StoreError {
    let line = error.position().map_or(0, csv::Position::line);
    StoreError::Line { path: path.into(), line, why: error.to_string() }
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
