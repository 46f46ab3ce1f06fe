//! Running one cell: its seeds in sub-blocks, each on one thread.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::plan::Todo;
use super::recorder::{Recorder, Watch};
use super::{Failure, Options, Work, caught::caught};
use crate::lineage::StopReason;
use crate::store::{Block, Folder, Identity, Part};

/// Seeds that one thread runs one after the other; a cell's blocks of so many are shared out.
const SUB_BLOCK: u64 = 125;

/// The sub-blocks of a cell.
pub(super) fn shares(todo: &Todo) -> usize {
    todo.seeds.chunk_by(|a, b| a / SUB_BLOCK == b / SUB_BLOCK).count()
}

/// What came of a cell.
pub(super) struct Ran {
    /// Lineages that ended, well or badly.
    pub lineages: u64,
    /// Those that failed.
    pub failures: Vec<Failure>,
    /// What was damaged and was made again.
    pub repairs: Vec<String>,
    /// What they observed.
    pub block: Block,
}

/// Runs the seeds of `todo`; after an interruption the finished ones are kept. Sub-blocks run side by side on the current
/// pool where threads are free; the result does not depend on it.
pub(super) fn run_cell<W: Work + ?Sized>(
    work: &W,
    todo: &Todo,
    first_seed: u64,
    options: &Options<'_>,
    folder: &Folder,
) -> Ran {
    let started = Instant::now();
    let setting = &work.settings()[todo.setting];
    options.progress.setting(&setting.label);
    let watch = Watch {
        interrupt: options.interrupt,
        progress: options.progress,
        setting: &setting.label,
        deadline: options.cell_timeout.map(|limit| started + limit),
        each_generation: setting.seeds_per_cell < 100,
        examples: (first_seed, options.examples),
        models: options.keep_models.then(|| folder.kept_models(&setting.digest)),
        repairs: Mutex::default(),
    };
    let groups: Vec<&[u64]> = todo.seeds.chunk_by(|a, b| a / SUB_BLOCK == b / SUB_BLOCK).collect();
    let run = |seeds: &&[u64]| run_part(work, todo, seeds, &watch, options);
    let ran: Vec<(Part, Vec<Failure>)> = match groups.as_slice() {
        [one] => vec![run(one)],
        many => many.par_iter().map(run).collect(),
    };
    let (parts, failures): (Vec<Part>, Vec<Vec<Failure>>) = ran.into_iter().unzip();
    let lineages = parts.iter().map(Part::lineages).sum();
    let block = Block::of_cell(Identity::from(setting), started.elapsed().as_secs_f64(), parts);
    let repairs = watch.repairs.into_inner().unwrap_or_else(|e| e.into_inner());
    Ran { lineages, failures: failures.into_iter().flatten().collect(), repairs, block }
}

fn run_part<W: Work + ?Sized>(
    work: &W,
    todo: &Todo,
    seeds: &[u64],
    watch: &Watch<'_>,
    options: &Options<'_>,
) -> (Part, Vec<Failure>) {
    let mut part = Part::default();
    let mut failures = Vec::new();
    let setting = &work.settings()[todo.setting];
    for &seed in seeds {
        if watch.interrupt.is_set() {
            return (part, failures);
        }
        let mut recorder = Recorder::new(&mut part, watch);
        // Once the cell's time is up, its remaining seeds fail without being started.
        let outcome = if watch.out_of_time() {
            recorder.timed_out = true;
            None
        } else {
            Some(caught(|| work.run(todo.setting, seed, &mut recorder)))
        };
        recorder.tell_rest(setting.generations + 1);
        let timed_out = recorder.timed_out;
        let not_kept = recorder.not_kept.take();
        let error = match outcome {
            Some(Ok(Ok(_))) if not_kept.is_some() => {
                not_kept.map_or_else(String::new, |why| format!("seed {seed}, its models: {why}"))
            }
            Some(Ok(Ok(outcome))) if outcome.stop_reason != StopReason::Interrupted => {
                part.end(seed, outcome);
                continue;
            }
            // An outside program that was ended with the run is no failure of the seed's.
            Some(Ok(Err(_))) if watch.interrupt.is_set() => return (part, failures),
            Some(Ok(Err(error))) => error.to_string(),
            Some(Err(panic)) => format!("seed {seed}, {panic}"),
            _ if timed_out => too_long(options.cell_timeout),
            // Interrupted: the seed is not recorded and will be run again.
            _ => return (part, failures),
        };
        let (cell, setting) = (todo.cell.clone(), setting.label.clone());
        let failure = Failure { cell, setting, seed, error };
        options.progress.failure(&failure);
        part.fail(seed, failure.error.clone());
        failures.push(failure);
    }
    (part, failures)
}

pub(super) fn too_long(limit: Option<Duration>) -> String {
    let seconds = limit.map_or(0.0, |l| l.as_secs_f64());
    format!("the cell took longer than {seconds} s (--cell-timeout); raise the limit or shorten the lineage")
}
