//! From the options of the command line to the one function that runs an experiment.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use miette::{IntoDiagnostic, Result, WrapErr, miette};

use super::{EXIT_CLAIM, EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, RunOptions, terminal};
use crate::analysis::Verdict;
use crate::components::Components;
use crate::experiment::engine::{self, Answer, Done, Job, Options};
use crate::experiment::limits::memory;
use crate::lineage::size::written;
use crate::run::estimate::Timing;
use crate::run::{self, Interrupt, Prepared, Progress, Silent, estimate, progress};
use crate::spec::Experiment;

/// How an experiment is run.
pub(super) struct Execution<'a> {
    /// The options of the command line.
    pub options: &'a RunOptions,
    /// What the experiment's names stand for.
    pub components: &'a Arc<Components>,
    /// The folder, where it is not the default or `--out`.
    pub out: Option<PathBuf>,
    /// Whether it was interrupted.
    pub interrupt: &'a Interrupt,
    /// Makes the answer.
    pub answer: &'a Answer<'a>,
    /// Decisions of an adaptive procedure that led to this run, for the manifest.
    pub decisions: Vec<serde_json::Value>,
    /// The most seeds that an undecided claim gets, in multiples of the first ones.
    pub budget: u64,
}

/// The exit code of a finished run.
pub(super) fn exit_code(done: &Done) -> u8 {
    if done.report.interrupted {
        EXIT_INTERRUPTED
    } else if done.report.tables.failed > 0 {
        EXIT_FAILED
    } else if done.claims.iter().any(|c| c.verdict != Verdict::Passed) {
        EXIT_CLAIM
    } else {
        EXIT_DONE
    }
}

/// The seeds: the command line's count, or the spec's.
pub(super) fn seeds(experiment: &Experiment, options: &RunOptions) -> Vec<u64> {
    options.seeds.map_or_else(|| experiment.sweep.seeds.clone(), |n| (0..n).collect())
}

/// Whom to tell how far a run is.
pub(super) fn shown(quiet: bool) -> Box<dyn Progress + Send> {
    if quiet { Box::new(Silent) } else { progress::on_stderr() }
}

/// Runs an experiment into its folder and publishes what it finds; `None` where nothing is published: a dry run, and the
/// process of one cell.
pub(super) fn execute(experiment: Experiment, how: &Execution<'_>) -> Result<Option<Done>> {
    let options = how.options;
    let seeds = seeds(&experiment, options);
    if seeds.is_empty() {
        return Err(miette!("`--seeds 0` leaves nothing to run; give at least 1"));
    }
    let context = options.context(how.components);
    let prepared = engine::prepare(experiment, &context)?;
    let kept: Prepared;
    // What is timed may not end in time, and is left behind; the process ends soon.
    let (prepared, timed): (&Prepared, Option<&'static Prepared>) = match options.dry_run {
        true => {
            let left: &'static Prepared = Box::leak(Box::new(prepared));
            (left, Some(left))
        }
        false => {
            kept = prepared;
            (&kept, None)
        }
    };
    if options.cell.is_none() {
        options.limits().refuse_large(prepared, seeds.len(), options.jobs())?;
    }
    let experiment = &prepared.experiment;
    let out = how.out.clone().or_else(|| options.out.clone());
    let out =
        out.unwrap_or_else(|| PathBuf::from("results").join(&experiment.name).join(prepared.run_name()));
    let job = Job { experiment, work: prepared, components: how.components, seeds: &seeds, out: &out };
    let cell_timeout = options.cell_timeout.map(Duration::from_secs_f64);
    let isolated = match &options.cell {
        None if options.isolate && !options.dry_run => {
            let program = std::env::current_exe().into_diagnostic().wrap_err("the program's own path")?;
            Some(engine::isolated(program, &job, &context, cell_timeout)?)
        }
        _ => None,
    };
    let shown = shown(options.quiet);
    let plan = Options {
        jobs: options.jobs(),
        isolation: isolated.as_ref().map(|i| i.isolation.clone()),
        cell_timeout,
        interrupt: how.interrupt,
        progress: shown.as_ref(),
        budget: how.budget.max(1),
        figures: !options.no_figures,
        answer: how.answer,
        device: Some(options.device),
        data: prepared.own_file().and_then(|own| serde_json::to_value(&own.card).ok()),
        decisions: how.decisions.clone(),
    };
    if let Some(cell) = &options.cell {
        let todo = serde_json::from_str(cell).into_diagnostic().wrap_err("--cell")?;
        let first_seed = seeds.iter().copied().min().unwrap_or(0);
        run::run_child(prepared, &todo, first_seed, &engine::cells(&job, &plan)).into_diagnostic()?;
        return Ok(None);
    }
    for note in prepared.settings.iter().flat_map(|assembled| &assembled.notes) {
        tracing::info!("{note}");
    }
    if let Some(timed) = timed {
        let memory = memory(prepared, seeds.len(), options.jobs());
        let mut timer = Timer { prepared: timed, until: Instant::now() + TIMING };
        let time = |setting| timer.time(setting, seeds[0]);
        let cost = estimate(prepared, &seeds, &engine::cells(&job, &plan), time).into_diagnostic()?;
        terminal::estimate(prepared, &cost, &memory, &out, options.jobs());
        return Ok(None);
    }
    terminal::remarks(prepared.own_file());
    Ok(Some(engine::run(&job, &plan)?))
}

/// How long a dry run times lineages.
const TIMING: Duration = Duration::from_millis(700);
/// How long it times one of several groups of settings.
const GROUP: Duration = Duration::from_millis(250);
/// Bytes of the largest lineage that it starts.
const SMALL: f64 = 150e6;

/// Times lineages for a dry run, until a moment.
struct Timer {
    prepared: &'static Prepared,
    until: Instant,
}

impl Timer {
    fn time(&mut self, setting: usize, seed: u64) -> Result<Timing, String> {
        let prepared = self.prepared;
        let assembled = &prepared.settings[setting];
        let bytes = assembled.lineage.as_ref().map_or(0.0, |lineage| lineage.bytes(&assembled.setting.model));
        if bytes > SMALL {
            return Err(format!("a lineage takes about {} of memory and is not tried", written(bytes)));
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err("there was no time left to try every kind of setting".into());
        }
        let (send, timing) = mpsc::channel();
        let try_it = move || {
            // Nobody listens any more where it took too long.
            let _ = send.send(estimate::probe(prepared, setting, seed, left.min(GROUP)));
        };
        let started = thread::Builder::new().stack_size(run::STACK_BYTES).spawn(try_it);
        started.map_err(|why| why.to_string())?;
        let late = |_| format!("no generation ended within {} ms", TIMING.as_millis());
        timing.recv_timeout(left).map_err(late)?
    }
}
