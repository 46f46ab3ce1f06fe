//! From rows to tables: `metrics.csv`, `cells.csv`, `lineages.csv`.
//!
//! The order is that of the settings, then the seeds, so the tables are the same bytes for any number of threads and for
//! runs that were resumed (but for `wall_seconds` in `cells.csv`).

use std::sync::Arc;

use super::cell::{Status, cells};
use super::tables::Table;
use super::{Folder, Lineages, MOST_ROWS, Note, SettingKey, Settings, StoreError, write_metrics};
use crate::lineage::StopReason;

/// The columns of `cells.csv` after those of the setting.
const CELLS_END: [&str; 6] = ["first_seed", "seeds", "status", "error", "wall_seconds", "notes"];

/// What the tables hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assembled {
    /// Cells all of whose seeds ended.
    pub done: u64,
    /// Cells with a failed seed.
    pub failed: u64,
    /// Settings that were not run, for a reason.
    pub skipped: u64,
    /// Cells with a seed that was not run.
    pub pending: u64,
    /// Observations, with or without a value: the rows of `metrics.csv`.
    pub rows: u64,
    /// The values that are missing, over all cells.
    pub notes: Vec<Note>,
}

/// Writes `settings.json` and the three tables of `folder` for these settings and their seeds. Rows of other settings or
/// seeds are left alone and left out.
///
/// # Errors
/// Those of the disk.
pub fn assemble(
    folder: &Folder,
    experiment: &str,
    settings: &Arc<Settings>,
    lineages: &Lineages,
) -> Result<Assembled, StoreError> {
    settings.save(folder)?;
    let mut told = Assembled::default();
    let mut table = Table::create(&folder.lineages(), ["cell", "seed", "stop_reason", "last_generation"])?;
    for record in settings.iter().filter(|record| record.skipped.is_none()) {
        for one in lineages.of(record.identity(), settings.seeds()).into_iter().flat_map(|ended| ended.each())
        {
            let outcome = &one.group.outcome;
            let (seed, last) = (one.first.to_string(), outcome.last_generation.to_string());
            table.write([&*record.cell(one.first), &seed, stop_reason(outcome.stop_reason), &last])?;
            told.rows += one.group.slots.len() as u64;
        }
    }
    table.commit()?;
    let columns = settings.columns().iter().map(String::as_str);
    let mut table =
        Table::create(&folder.cells_table(), ["cell"].into_iter().chain(columns).chain(CELLS_END))?;
    for cell in cells(settings, lineages) {
        match cell.status {
            Status::Done => told.done += 1,
            Status::Failed => told.failed += 1,
            Status::Pending => told.pending += 1,
            Status::Skipped => told.skipped += 1,
        }
        let key = SettingKey::new(settings, cell.setting, None);
        let first = cell.first_seed.map_or_else(String::new, |seed| seed.to_string());
        let (seeds, wall) = (cell.seeds.to_string(), format!("{:.3}", cell.wall_seconds));
        let notes = Note::joined(&cell.notes);
        let end = [&*first, &seeds, cell.status.name(), &cell.error, &wall, &notes];
        table.write([&*cell.name].into_iter().chain(key.values()).chain(end))?;
        Note::merge(&mut told.notes, cell.notes);
    }
    table.commit()?;
    // metrics.csv comes last: where it is there, so are the others.
    if told.rows <= MOST_ROWS {
        write_metrics(&folder.metrics(), experiment, settings, lineages)?;
    } else if folder.metrics().exists() {
        // That of fewer seeds.
        std::fs::remove_file(folder.metrics()).map_err(StoreError::io("remove", &folder.metrics()))?;
    }
    Ok(told)
}

/// The word for a stop reason in `lineages.csv`.
fn stop_reason(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Finished => "finished",
        StopReason::Collapsed => "collapsed",
        StopReason::Diverged => "diverged",
        StopReason::Interrupted => "interrupted",
    }
}
