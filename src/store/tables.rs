//! The CSV tables of a run folder, and JSON.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{AtomicFile, StoreError};

/// A CSV file that is there whole or not at all.
pub struct Table {
    csv: csv::Writer<AtomicFile>,
    path: PathBuf,
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

/// Writes indented JSON, as `claims.json`.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), StoreError> {
    let mut text = serde_json::to_string_pretty(value).map_err(StoreError::format(path))?;
    text.push('\n');
    super::write_atomically(path, text.as_bytes())
}
