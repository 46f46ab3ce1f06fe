//! Running settings × seeds on this machine: what is done is skipped, finished cells are on disk within two seconds, one
//! failing seed does not stop the others.

mod caught;
mod cell;
pub mod estimate;
mod interrupt;
mod isolate;
pub mod plan;
mod prepared;
pub mod progress;
pub mod recorded;
mod recorder;
mod report;
mod sparks;
mod writing;

pub use estimate::{Estimate, estimate};
pub use interrupt::{Interrupt, interrupted_code};
pub use isolate::{Isolation, run_child};
pub use prepared::Prepared;
pub use progress::{Progress, Silent};
pub use report::{Failure, RunError, RunReport};

pub use crate::store::SettingInfo;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use crate::lineage::{LineageError, Outcome, Record};
use crate::store::{Folder, Lineages, Settings, assemble};

/// What can be run: settings, and a lineage for each of them and a seed.
pub trait Work: Sync {
    /// All settings, in the order of the tables.
    fn settings(&self) -> &[SettingInfo];

    /// Runs one lineage and reports to `record`. The same setting and seed must always report the
    /// same numbers, on whichever thread.
    fn run(&self, setting: usize, seed: u64, record: &mut dyn Record) -> Result<Outcome, LineageError>;

    /// The key of a setting's first fit, which lineages with the same key and seed share; `None` where no other shares it.
    fn first_fit(&self, _setting: usize) -> Option<&str> {
        None
    }

    /// Which lineages will be run, told before the first of them: what they share is kept until the last.
    fn expect(&self, _todo: &[plan::Todo]) {}

    /// What the first generations of a lineage cost in comparison with other settings, in any unit: for estimates, and for
    /// which cells are started first.
    fn cost(&self, _setting: usize, generations: u64) -> f64 {
        generations as f64
    }
}

/// How to run.
pub struct Options<'a> {
    /// The run folder.
    pub out: PathBuf,
    /// The experiment's name, for the rows.
    pub experiment: String,
    /// Cells at the same time, at least 1.
    pub jobs: usize,
    /// Example rows kept of each observation of the first seed; 0 for none.
    pub examples: usize,
    /// Whether fitted models are kept in `models/`, and those that are there used.
    pub keep_models: bool,
    /// How each cell is started as a process of its own; `None` to run cells on threads.
    pub isolation: Option<Isolation>,
    /// Seconds after which a cell's lineages are stopped, between two generations, and count as
    /// failed. A fit that hangs can only be ended with its process: see [`Isolation`].
    pub cell_timeout: Option<Duration>,
    /// Whether it was interrupted.
    pub interrupt: &'a Interrupt,
    /// Whom to tell.
    pub progress: &'a dyn Progress,
}

/// Deep graphs of a neural family are dropped recursively.
pub const STACK_BYTES: usize = 16 << 20;

/// Runs what is missing of `work` × `seeds` and assembles the tables.
///
/// The folder is locked meanwhile. Failures of seeds are told to the progress and counted in the
/// report; errors are those of the disk and of the call itself. After an interruption the tables
/// hold what is finished, and the same call goes on from there.
pub fn run<W: Work + ?Sized>(work: &W, seeds: &[u64], options: &Options<'_>) -> Result<RunReport, RunError> {
    let started = Instant::now();
    let seeds = plan::ascending(seeds);
    let &first_seed = seeds.first().ok_or(RunError::NoSeeds)?;
    let folder = Folder::at(&options.out);
    let lock = folder.prepare()?;
    if let Some(pid) = lock.abandoned_by {
        let text = format!("process {pid} did not finish here; what it had completed is used");
        options.progress.note(&text);
    }
    let (lineages, damaged) = Lineages::read(&folder)?;
    let repairs = plan::tell_damage(&damaged, options.progress);
    let mut plan = plan::plan(work.settings(), &seeds, options, &lineages)?;
    // More threads than there is to share out would only wait.
    let jobs = options.jobs.min(plan.todo.iter().map(cell::shares).sum()).max(1);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .stack_size(STACK_BYTES)
        .thread_name(|i| format!("cell-{i}"))
        .build()
        .map_err(|e| RunError::Threads { jobs, why: e.to_string() })?;
    if jobs > 1 {
        plan.costliest_first(work);
        plan.first_fits_first(work);
    }
    work.expect(&plan.todo);
    let generations = |t: &plan::Todo| t.seeds.len() as u64 * (work.settings()[t.setting].generations + 1);
    options.progress.start(plan.todo.iter().map(generations).sum(), plan.reused);

    let next = AtomicUsize::new(0);
    let told = Mutex::new(RunReport { reused: plan.reused, repairs, ..Default::default() });
    let settings = Arc::new(Settings::of(work.settings()).with_seeds(&seeds));
    let identity = settings.identity();
    let (send, receive) = mpsc::sync_channel(writing::WAITING);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| writing::write(receive, lineages, &folder.rows(), &identity));
        // Each thread takes the next cell until none is left; a thread that
        // finds none left helps with the sub-blocks of the others. (Not `par_iter` over cells: a thread
        // that waits for a sub-block would then start another cell before it has handed on its own.)
        pool.broadcast(|_| {
            while let Some(todo) = plan.todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                if options.interrupt.is_set() {
                    return;
                }
                let ran = match &options.isolation {
                    Some(isolation) => isolate::run_cell(work, todo, options, isolation),
                    None => cell::run_cell(work, todo, first_seed, options, &folder),
                };
                {
                    let mut told = locked(&told);
                    told.lineages += ran.lineages;
                    told.failures.extend(ran.failures);
                    told.repairs.extend(ran.repairs);
                }
                // The writer has ended: a disk that refuses one cell will refuse the next.
                if ran.lineages > 0 && send.send(ran.block).is_err() {
                    return;
                }
            }
        });
        drop(send);
        writer.join()
    });
    options.progress.finish();
    let lineages = written.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let mut report = told.into_inner().unwrap_or_else(|e| e.into_inner());
    report.failures.sort_by(|a, b| (&a.cell, a.seed).cmp(&(&b.cell, b.seed)));
    report.tables = assemble(&folder, &options.experiment, &settings, &lineages)?;
    if report.tables.pending == 0 {
        plan::remove_damage(damaged)?;
    }
    report.rows = Arc::new(lineages);
    // Asked to stop after the last cell: nothing is missing, so nothing was interrupted.
    report.interrupted = options.interrupt.is_set() && report.tables.pending > 0;
    report.wall_seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// A lock whose other holder panicked is still good here: it guards counters and lists.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

#[cfg(test)]
mod fake;
#[cfg(test)]
mod first_fit_tests;
#[cfg(test)]
mod kill_tests;
#[cfg(test)]
mod tests;
