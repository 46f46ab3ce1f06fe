//! `metrics.csv`: every observation of a run, written from its cells for people and other tools. No command reads it.

use std::path::Path;

use super::read;
use super::tables::MetricsTable;
use super::{Folder, StoreError};

/// Rows beyond which a run does not write `metrics.csv` by itself: about 200 MB.
pub const MOST_ROWS: u64 = 2_000_000;

/// Writes every observation of the run as a row, setting by setting, seeds ascending, one cell in memory at a time.
///
/// # Errors
/// Those of the files.
pub fn write_metrics(folder: &Folder, path: &Path, experiment: &str) -> Result<(), StoreError> {
    let entries = read::cells(folder)?;
    let swept: Vec<String> =
        entries.first().map_or(Vec::new(), |e| e.swept.iter().map(|(k, _)| k.clone()).collect());
    let mut table = MetricsTable::create(path, experiment, &swept)?;
    for setting in read::observations(folder)? {
        let setting = setting?;
        for cell in &setting.cells {
            let head = table.head(&setting.setting, &cell.name);
            for &seed in &cell.seeds {
                let text = seed.to_string();
                for (slot, observed) in cell.rows.of(seed) {
                    table.write(&head, &text, slot, observed)?;
                }
            }
        }
    }
    table.commit()
}
