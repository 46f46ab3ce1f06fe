//! Reading an existing run folder: what ran, and what it observed.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::cell::Rows;
use super::tables::{CELLS_COLUMNS, CELLS_END, LINEAGES_COLUMNS, Status};
use super::{Cell, Folder, Manifest, StoreError};

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

/// The lines of `cells.csv`, by setting.
fn by_setting(entries: &[CellEntry]) -> impl Iterator<Item = &[CellEntry]> {
    let digest = |e: &CellEntry| e.cell.rsplit_once('-').map(|(digest, _)| digest.to_owned());
    entries.chunk_by(move |a, b| digest(a) == digest(b))
}

/// The seeds of each cell whose lineages ended, from `lineages.csv`.
fn ended(folder: &Folder) -> Result<BTreeMap<String, Vec<u64>>, StoreError> {
    let path = folder.lineages();
    let (mut csv, columns) = open(&path)?;
    expect(&path, &columns, &LINEAGES_COLUMNS)?;
    let mut seeds: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in csv.records() {
        let record = record.map_err(|e| damaged(&path, &e))?;
        let seed = Line { record: &record, path: &path }.number(1)?;
        seeds.entry(record[0].to_owned()).or_default().push(seed);
    }
    seeds.values_mut().for_each(|seeds| seeds.sort_unstable());
    Ok(seeds)
}

/// What one setting observed, cell by cell.
pub struct SettingRows {
    /// The setting's first line in `cells.csv`.
    pub setting: CellEntry,
    /// The seeds that it was asked for.
    pub asked: u64,
    /// Its cells.
    pub cells: Vec<CellRows>,
}

/// What one cell observed.
pub struct CellRows {
    /// The cell's name.
    pub name: String,
    /// Its observations, those of further seeds among them.
    pub rows: Rows,
    /// The seeds that belong to the run and ended, ascending.
    pub seeds: Vec<u64>,
}

/// Reads the cells of each setting that was run, one setting at a time, in the order of `cells.csv`.
///
/// # Errors
/// Those of the files; a folder of another format says so.
pub fn observations(
    folder: &Folder,
) -> Result<impl Iterator<Item = Result<SettingRows, StoreError>> + use<>, StoreError> {
    match Manifest::load(folder) {
        // A run that was interrupted before its first end has no manifest yet.
        Ok(_) | Err(StoreError::NotARun { .. }) => {}
        Err(error) => return Err(error),
    }
    let (entries, mut seeds) = (cells(folder)?, ended(folder)?);
    let run = |group: &&[CellEntry]| group[0].status != Status::Skipped;
    let groups: Vec<Vec<CellEntry>> = by_setting(&entries).filter(run).map(<[CellEntry]>::to_vec).collect();
    let folder = folder.clone();
    Ok(groups.into_iter().map(move |group| {
        let mut cells = Vec::with_capacity(group.len());
        for entry in &group {
            let Some(seeds) = seeds.remove(&entry.cell) else { continue };
            let rows = Cell::open(&folder.cell(&entry.cell))?.rows;
            cells.push(CellRows { name: entry.cell.clone(), rows, seeds });
        }
        let asked = group.iter().map(|entry| entry.seeds).sum();
        Ok(SettingRows { setting: group[0].clone(), asked, cells })
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
