//! What became of each cell of a run: one setting and a block of seeds, the unit of work and failure.

use super::{Lineages, Note, SettingRecord, Settings};

/// Errors of one cell that are written out; the others are counted.
const MOST_ERRORS: usize = 3;

/// What became of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// One line of `cells.csv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The setting, by its index.
    pub setting: usize,
    /// The cell's name.
    pub name: String,
    /// The first seed asked for; `None` for a skipped setting.
    pub first_seed: Option<u64>,
    /// Seeds asked for.
    pub seeds: usize,
    /// What became of it.
    pub status: Status,
    /// Errors of failed seeds, or the reason for skipping.
    pub error: String,
    /// Wall-clock seconds spent on it.
    pub wall_seconds: f64,
    /// Values that are missing, and why.
    pub notes: Vec<Note>,
}

/// Every cell of the settings and seeds asked for, in their order; a skipped setting has one.
pub fn cells(settings: &Settings, lineages: &Lineages) -> Vec<Cell> {
    settings.iter().flat_map(|record| of(record, settings.seeds(), lineages)).collect()
}

fn of(record: &SettingRecord, seeds: &[u64], lineages: &Lineages) -> Vec<Cell> {
    let cell = |first: Option<u64>, seeds, status, error| Cell {
        setting: record.index,
        name: record.cell(first.unwrap_or(0)),
        first_seed: first,
        seeds,
        status,
        error,
        wall_seconds: 0.0,
        notes: Vec::new(),
    };
    if let Some(reason) = &record.skipped {
        return vec![cell(None, 0, Status::Skipped, reason.clone())];
    }
    let of = record.identity();
    let (open, failed) = (lineages.missing(of, seeds), lineages.failures(of, seeds));
    let one = |wanted: &[u64]| {
        let size = record.seeds_per_cell.max(1);
        let first = wanted[0] / size * size;
        let whole = first..=first.saturating_add(size - 1);
        let errors: Vec<&str> = failed.iter().filter(|(s, _)| whole.contains(s)).map(|(_, e)| *e).collect();
        let at = |seed: u64| open.partition_point(|s| *s < seed);
        let left = open[at(first)..].iter().take_while(|s| whole.contains(s)).count() - errors.len();
        let status = match (left, errors.len()) {
            (0, 0) => Status::Done,
            (0, _) => Status::Failed,
            _ => Status::Pending,
        };
        let mut error = errors.iter().take(MOST_ERRORS).copied().collect::<Vec<_>>().join("; ");
        if errors.len() > MOST_ERRORS {
            error.push_str(&format!("; and {} more failed seeds", errors.len() - MOST_ERRORS));
        }
        let (notes, wall_seconds) = lineages.cell(of, whole);
        Cell { wall_seconds, notes, ..cell(Some(wanted[0]), wanted.len(), status, error) }
    };
    record.blocks(seeds).map(one).collect()
}
