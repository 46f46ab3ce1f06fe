//! The CSV tables of a run folder: their columns and their writers.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::number::number;
use super::read::CellEntry;
use super::{AtomicFile, SettingInfo, Slot, StoreError};
use crate::lineage::{Outcome, StopReason};
use crate::metrics::Observed;

/// The fixed columns of `metrics.csv`; one column per further swept key follows.
pub const METRICS_COLUMNS: [&str; 14] = [
    "experiment",
    "cell",
    "data",
    "model",
    "regime",
    "human_fraction",
    "samples",
    "seed",
    "member",
    "generation",
    "subject",
    "metric",
    "value",
    "why",
];

/// The columns of `cells.csv` before the swept keys.
pub const CELLS_COLUMNS: [&str; 6] = ["cell", "data", "model", "regime", "human_fraction", "samples"];

/// The columns of `cells.csv` after the swept keys.
pub const CELLS_END: [&str; 6] = ["first_seed", "seeds", "status", "error", "wall_seconds", "notes"];

/// The columns of `lineages.csv`.
pub const LINEAGES_COLUMNS: [&str; 4] = ["cell", "seed", "stop_reason", "last_generation"];

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All its seeds ended.
    Done,
    /// Some of its seeds failed.
    Failed,
    /// It was not run, with a reason.
    Skipped,
    /// Some of its seeds have not been run: the run was interrupted.
    Pending,
}

impl Status {
    /// The word in `cells.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Status::Done => "done",
            Status::Failed => "failed",
            Status::Skipped => "skipped",
            Status::Pending => "pending",
        }
    }
}

/// The word for a stop reason in `lineages.csv`.
pub fn stop_reason(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Finished => "finished",
        StopReason::Collapsed => "collapsed",
        StopReason::Diverged => "diverged",
        StopReason::Interrupted => "interrupted",
    }
}

/// A CSV file that is there whole or not at all.
pub struct Table {
    csv: csv::Writer<AtomicFile>,
    path: std::path::PathBuf,
    record: csv::StringRecord,
}

impl Table {
    /// Opens the table and writes its first line.
    pub fn create<'a>(path: &Path, columns: impl IntoIterator<Item = &'a str>) -> Result<Self, StoreError> {
        let file = AtomicFile::create(path)?;
        // Every row has as many cells as the first line: the writer checks it.
        let csv = csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(file);
        let mut table = Self { csv, path: path.to_path_buf(), record: csv::StringRecord::new() };
        table.write(columns)?;
        Ok(table)
    }

    /// Writes one line.
    pub fn write<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> Result<(), StoreError> {
        self.record.clear();
        self.record.extend(cells);
        self.csv.write_record(&self.record).map_err(StoreError::format(&self.path))
    }

    /// Completes the file.
    pub fn commit(self) -> Result<(), StoreError> {
        let path = self.path;
        let file = self.csv.into_inner().map_err(|e| StoreError::io("write", &path)(e.into_error()))?;
        file.commit()
    }
}

/// Writes `metrics.csv`.
pub struct MetricsTable {
    table: Table,
    experiment: String,
}

/// The cells of a row that a whole cell shares.
pub struct RowHead {
    before: [String; 7],
    after: Vec<String>,
}

impl MetricsTable {
    /// Opens the table; `swept` are the further columns.
    pub fn create(path: &Path, experiment: &str, swept: &[String]) -> Result<Self, StoreError> {
        let columns = METRICS_COLUMNS.iter().copied().chain(swept.iter().map(String::as_str));
        let table = Table::create(path, columns)?;
        Ok(Self { table, experiment: experiment.to_owned() })
    }

    /// What all rows of one cell share.
    pub fn head(&self, setting: &CellEntry, cell: &str) -> RowHead {
        let CellEntry { data, model, regime, human_fraction, samples, swept, .. } = setting;
        let [data, model, regime] = [data, model, regime].map(String::clone);
        let (fraction, samples) = (optional(*human_fraction), optional(*samples));
        RowHead {
            before: [self.experiment.clone(), cell.to_owned(), data, model, regime, fraction, samples],
            after: swept.iter().map(|(_, value)| value.clone()).collect(),
        }
    }

    /// Writes one observation: its value (empty where there is none), and why there is none.
    pub fn write(
        &mut self,
        head: &RowHead,
        seed: &str,
        slot: &Slot,
        observed: Observed,
    ) -> Result<(), StoreError> {
        let (member, generation) = (slot.member.to_string(), slot.generation.to_string());
        let (value, why) = match observed {
            Observed::Number(value) => (number(value), ""),
            Observed::Absent(why) => (String::new(), why.name()),
        };
        let own = [seed, &member, &generation, slot.subject.name(), &slot.metric, &value, why];
        let (before, after) = (head.before.iter(), head.after.iter());
        self.table.write(before.map(String::as_str).chain(own).chain(after.map(String::as_str)))
    }

    /// Completes the file.
    pub fn commit(self) -> Result<(), StoreError> {
        self.table.commit()
    }
}

/// Writes `cells.csv`.
pub struct CellsTable {
    table: Table,
    swept: Vec<String>,
}

/// What `cells.csv` says of a cell beside its setting.
#[derive(Clone, Debug, PartialEq)]
pub struct CellLine<'a> {
    /// The cell's name.
    pub cell: &'a str,
    /// The seeds asked for.
    pub seeds: &'a [u64],
    /// What became of it.
    pub status: Status,
    /// Errors of failed seeds, or the reason for skipping.
    pub error: &'a str,
    /// Wall-clock seconds spent on it.
    pub wall_seconds: f64,
    /// What else must be known.
    pub notes: &'a str,
}

impl CellsTable {
    /// Opens the table; `swept` are the further columns.
    pub fn create(path: &Path, swept: &[String]) -> Result<Self, StoreError> {
        let columns = CELLS_COLUMNS.iter().copied().chain(swept.iter().map(String::as_str)).chain(CELLS_END);
        Ok(Self { table: Table::create(path, columns)?, swept: swept.to_vec() })
    }

    /// Writes one cell.
    pub fn write(&mut self, setting: &SettingInfo, line: &CellLine<'_>) -> Result<(), StoreError> {
        let settings = setting_cells(setting);
        let swept = swept_cells(setting, &self.swept);
        let first = line.seeds.first().map_or_else(String::new, u64::to_string);
        let (count, wall) = (line.seeds.len().to_string(), format!("{:.3}", line.wall_seconds));
        let end = [&first, &count, line.status.name(), line.error, &wall, line.notes];
        let start = std::iter::once(line.cell).chain(settings.iter().map(String::as_str));
        self.table.write(start.chain(swept.iter().map(String::as_str)).chain(end))
    }

    /// Completes the file.
    pub fn commit(self) -> Result<(), StoreError> {
        self.table.commit()
    }
}

/// Writes one line of `lineages.csv`.
pub fn write_lineage(to: &mut Table, cell: &str, seed: u64, outcome: &Outcome) -> Result<(), StoreError> {
    let (seed, last) = (seed.to_string(), outcome.last_generation.to_string());
    to.write([cell, &seed, stop_reason(outcome.stop_reason), &last])
}

/// Writes rows that serialise to flat records, as `summary.csv`. Without a row the file is empty.
pub fn write_csv<R: Serialize>(path: &Path, rows: impl IntoIterator<Item = R>) -> Result<(), StoreError> {
    let mut csv = csv::Writer::from_writer(AtomicFile::create(path)?);
    for row in rows {
        csv.serialize(row).map_err(StoreError::format(path))?;
    }
    let file = csv.into_inner().map_err(|e| StoreError::io("write", path)(e.into_error()))?;
    file.commit()
}

/// Writes indented JSON, as `claims.json`.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let mut text = serde_json::to_string_pretty(value).map_err(StoreError::format(path))?;
    text.push('\n');
    super::write_atomically(path, text.as_bytes())
}

fn setting_cells(setting: &SettingInfo) -> [String; 5] {
    let SettingInfo { data, model, regime, human_fraction, samples, .. } = setting;
    [data.clone(), model.clone(), regime.clone(), optional(*human_fraction), optional(*samples)]
}

fn swept_cells(setting: &SettingInfo, columns: &[String]) -> Vec<String> {
    let value = |column: &String| {
        let found = setting.swept.iter().find(|(key, _)| key == column);
        found.map_or_else(String::new, |(_, value)| value.clone())
    };
    columns.iter().map(value).collect()
}

fn optional(value: Option<f64>) -> String {
    value.filter(|v| v.is_finite()).map_or_else(String::new, number)
}
