//! From cells to tables: `metrics.csv`, `cells.csv`, `lineages.csv`.
//!
//! One cell is in memory at a time. The order is that of the settings, then the seeds, so the
//! tables are the same bytes for any number of threads and for runs that were resumed (but for
//! `wall_seconds` in `cells.csv`).

use super::cell::{Cell, CellId, Ending};
use super::setting::swept_columns;
use super::tables::{CellLine, CellsTable, LINEAGES_COLUMNS, Status, Table, write_lineage};
use super::{Folder, MOST_ROWS, Note, SettingInfo, StoreError, write_metrics};

/// Errors of one cell that are written out in `cells.csv`; the others are counted.
const MOST_ERRORS: usize = 3;

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

/// Writes the three tables of `folder` from its cells, for these settings and seeds (ascending,
/// each once). Cells of other settings or seeds are left alone and left out.
pub fn assemble(
    folder: &Folder,
    experiment: &str,
    settings: &[SettingInfo],
    seeds: &[u64],
) -> Result<Assembled, StoreError> {
    let swept = swept_columns(settings);
    let mut cells = CellsTable::create(&folder.cells_table(), &swept)?;
    let mut lineages = Table::create(&folder.lineages(), LINEAGES_COLUMNS)?;
    let mut told = Assembled::default();
    for setting in settings {
        if let Some(reason) = &setting.skipped {
            told.skipped += 1;
            cells.write(setting, &skipped(&setting.cell_name(0), reason))?;
            continue;
        }
        for (block, wanted) in setting.blocks(seeds) {
            let id = CellId::of(setting, block);
            let (cell, _) = folder.load_or_empty(&id)?;
            for &seed in wanted {
                if let Some(Ending::Ended(outcome)) = cell.seeds.get(&seed) {
                    write_lineage(&mut lineages, &id.cell, seed, outcome)?;
                    told.rows += cell.rows.of(seed).count() as u64;
                }
            }
            let line = CellLine {
                cell: &id.cell,
                seeds: wanted,
                status: status(&cell, wanted),
                error: &errors(&cell, wanted),
                wall_seconds: cell.wall_seconds,
                notes: &Note::joined(&cell.notes),
            };
            match line.status {
                Status::Done => told.done += 1,
                Status::Failed => told.failed += 1,
                Status::Pending => told.pending += 1,
                Status::Skipped => {}
            }
            cells.write(setting, &line)?;
            Note::merge(&mut told.notes, cell.notes);
        }
    }
    // metrics.csv comes last: where it is there, so are the other two.
    lineages.commit()?;
    cells.commit()?;
    if told.rows <= MOST_ROWS {
        write_metrics(folder, &folder.metrics(), experiment)?;
    } else if folder.metrics().exists() {
        // That of fewer seeds.
        std::fs::remove_file(folder.metrics()).map_err(StoreError::io("remove", &folder.metrics()))?;
    }
    Ok(told)
}

fn skipped<'a>(cell: &'a str, reason: &'a str) -> CellLine<'a> {
    CellLine { cell, seeds: &[], status: Status::Skipped, error: reason, wall_seconds: 0.0, notes: "" }
}

fn status(cell: &Cell, wanted: &[u64]) -> Status {
    if wanted.iter().any(|seed| !cell.seeds.contains_key(seed)) {
        Status::Pending
    } else if cell.failures(wanted).next().is_some() {
        Status::Failed
    } else {
        Status::Done
    }
}

fn errors(cell: &Cell, wanted: &[u64]) -> String {
    let all: Vec<&str> = cell.failures(wanted).map(|(_, error)| error).collect();
    let mut text = all.iter().take(MOST_ERRORS).copied().collect::<Vec<_>>().join("; ");
    if all.len() > MOST_ERRORS {
        text.push_str(&format!("; and {} more failed seeds", all.len() - MOST_ERRORS));
    }
    text
}
