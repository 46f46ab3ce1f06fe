//! From an experiment to a run folder: run, summarise, decide, draw, write the page.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use miette::{IntoDiagnostic, Result, WrapErr, miette};

use super::{EXIT_CLAIM, EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, RunOptions, examine, isolation, terminal};
use crate::analysis::{ClaimResult, SummaryRow, Verdict};
use crate::components::Components;
use crate::neural::device;
use crate::publish::{self, Drawn, Effects, Found, Publication, SettingChange};
use crate::run::{self, Interrupt, Options, Prepared, Progress, RunReport, Silent, Work, estimate, progress};
use crate::spec::Experiment;
use crate::store::{Folder, Manifest, StoreError, write_atomically};

/// What a run says to its question.
#[derive(Default)]
pub struct Answered {
    /// Sentences for the top of the page.
    pub sentences: Vec<String>,
    /// The effects of human rows; empty where nothing is compared.
    pub effects: Effects,
    /// The change of every metric since generation 0, where that is the answer.
    pub changes: Vec<SettingChange>,
}

/// Makes the answer from what the folder holds.
pub type Answer<'a> = dyn Fn(&Publication) -> Result<Answered> + 'a;

/// How an experiment is run.
pub struct Execution<'a> {
    /// The options of the command line.
    pub options: &'a RunOptions,
    /// What the experiment's names stand for.
    pub components: &'a Arc<Components>,
    /// The folder, where it is not the default or `--out`.
    pub out: Option<PathBuf>,
    /// Whether somebody asked to stop.
    pub interrupt: &'a Interrupt,
    /// Makes the answer.
    pub answer: &'a Answer<'a>,
    /// Decisions of an adaptive procedure that led to this run, for the manifest.
    pub decisions: Vec<serde_json::Value>,
}

/// What came of it.
pub struct Done {
    /// The run's report; `None` after a dry run.
    pub report: Option<RunReport>,
    /// Everything that the folder holds.
    pub publication: Publication,
    /// The summary rows.
    pub summary: Vec<SummaryRow>,
    /// The claims.
    pub claims: Vec<ClaimResult>,
    /// The answer, where the caller makes one.
    pub answer: Answered,
    /// The page.
    pub page: Option<PathBuf>,
    /// The figures.
    pub drawn: Vec<Drawn>,
    /// Seeds of each setting.
    pub seeds: u64,
    /// Settings that were not run: name and reason.
    pub skipped: Vec<(String, String)>,
}

/// Example rows that are kept of each measured sample of the first seed.
const EXAMPLES: usize = 64;

impl Done {
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        let Some(report) = &self.report else { return EXIT_DONE };
        if report.interrupted {
            EXIT_INTERRUPTED
        } else if report.tables.failed > 0 {
            EXIT_FAILED
        } else if self.claims.iter().any(|c| c.verdict != Verdict::Passed) {
            EXIT_CLAIM
        } else {
            EXIT_DONE
        }
    }
}

/// The seeds: the command line's count, or the spec's.
pub(super) fn seeds(experiment: &Experiment, options: &RunOptions) -> Vec<u64> {
    options.seeds.map_or_else(|| experiment.sweep.seeds.clone(), |n| (0..n).collect())
}

/// As many further seeds as make `times` the first ones.
pub(super) fn more_seeds(first: &[u64], times: u64) -> Vec<u64> {
    let next = first.iter().max().map_or(0, |last| last + 1);
    let added = first.len() as u64 * (times - 1);
    first.iter().copied().chain(next..next + added).collect()
}

/// Whether more seeds could decide this claim: it has an interval, and that straddles the zone.
fn wants_seeds(claim: &ClaimResult) -> bool {
    claim.verdict == Verdict::Undecided && claim.low.is_some()
}

/// Bytes of one observation in `rows/`, with what stands beside the numbers.
const BYTES: f64 = 8.5;

/// Refuses a run whose observations would take more than so many gigabytes.
pub(super) fn refuse_large(prepared: &Prepared, seeds: usize, disk: Option<f64>) -> Result<()> {
    let disk = disk.unwrap_or(super::DISK);
    let gigabytes = prepared.observations(seeds as u64) as f64 * BYTES / 1e9;
    if gigabytes <= disk {
        return Ok(());
    }
    Err(miette!(
        help = "measure fewer generations (`at` under `[measure]`) or seeds, or allow it with `--disk`",
        "the observations would take about {gigabytes:.1} GB, and {disk} GB are allowed"
    ))
}

/// Refuses the folder of another experiment, whose tables and figures would be replaced.
fn refuse_another(folder: &Folder, name: &str) -> Result<()> {
    match Manifest::load(folder) {
        Ok(manifest) if manifest.experiment != name => Err(miette!(
            help = "name another folder with `--out`, or remove this one",
            "`{}` holds the experiment `{}`, and this one is `{name}`",
            folder.root().display(),
            manifest.experiment
        )),
        Err(old @ StoreError::Schema { .. }) => Err(old).into_diagnostic(),
        _ => Ok(()),
    }
}

/// Runs an experiment into its folder and publishes what it finds.
pub fn execute(experiment: Experiment, how: &Execution<'_>) -> Result<Done> {
    execute_until_decided(experiment, how, 1)
}

/// The looks that a budget of so many times the seeds allows: 1, 2, 4 … times.
pub(super) fn looks(budget: u64) -> u32 {
    budget.max(1).next_power_of_two().ilog2() + 1
}

/// The same, and while a claim stays undecided twice the seeds, up to `budget` times the first ones.
/// The looks share the claims' error level.
pub fn execute_until_decided(experiment: Experiment, how: &Execution<'_>, budget: u64) -> Result<Done> {
    let options = how.options;
    let seeds = seeds(&experiment, options);
    if seeds.is_empty() {
        return Err(miette!("`--seeds 0` leaves nothing to run; give at least 1"));
    }
    let resolved = experiment.resolved();
    let name = experiment.name.clone();
    let prepared = examine::prepared(experiment, &options.context(how.components))?;
    refuse_large(&prepared, seeds.len(), options.disk)?;
    let out = how.out.clone().or_else(|| options.out.clone());
    let out = out.unwrap_or_else(|| PathBuf::from("results").join(&name).join(prepared.run_name()));
    let shown: Box<dyn Progress + Send> =
        if options.quiet { Box::new(Silent) } else { progress::on_stderr() };
    let isolated = match &options.cell {
        None if options.isolate && !options.dry_run => Some(isolation::isolated(&resolved, options, &out)?),
        _ => None,
    };
    let plan = Options {
        out: out.clone(),
        experiment: name.clone(),
        jobs: options.jobs(),
        examples: EXAMPLES,
        isolation: isolated.as_ref().map(|i| i.isolation.clone()),
        keep_models: prepared.experiment.measure.keep_models,
        cell_timeout: options.cell_timeout.map(Duration::from_secs_f64),
        interrupt: how.interrupt,
        progress: shown.as_ref(),
    };
    for assembled in &prepared.settings {
        for note in &assembled.notes {
            tracing::info!("{note}");
        }
    }
    let folder = Folder::at(&out);
    let publication = Publication::new(
        folder.clone(),
        prepared.experiment.clone(),
        std::env::args().collect(),
        how.components.clone(),
    );
    let reason = |info: &run::SettingInfo| Some((info.label.clone(), info.skipped.clone()?));
    let skipped: Vec<(String, String)> = prepared.settings().iter().filter_map(reason).collect();
    let nothing = |publication| Done {
        report: None,
        publication,
        summary: Vec::new(),
        claims: Vec::new(),
        answer: Answered::default(),
        page: None,
        drawn: Vec::new(),
        seeds: 0,
        skipped: skipped.clone(),
    };
    if let Some(cell) = &options.cell {
        let todo = serde_json::from_str(cell).into_diagnostic().wrap_err("--cell")?;
        let first_seed = seeds.iter().copied().min().unwrap_or(0);
        run::run_child(&prepared, &todo, first_seed, &plan).into_diagnostic()?;
        return Ok(nothing(publication));
    }
    if options.dry_run {
        let probe = |setting| estimate::probe(&prepared, setting, seeds[0], Duration::from_secs(2));
        let cost = estimate(&prepared, &seeds, &plan, probe).into_diagnostic()?;
        terminal::estimate(&prepared, &cost, &out, options.jobs());
        return Ok(nothing(publication));
    }

    refuse_another(&folder, &name)?;
    terminal::remarks(prepared.own_file());
    let mut manifest = Manifest::begin(&name, &resolved, options.jobs());
    manifest.data = prepared.own_file().and_then(|own| serde_json::to_value(&own.card).ok());
    manifest.decisions.clone_from(&how.decisions);
    manifest.device = Some(options.device.to_string());
    manifest.kernel_class = Some(device::kernel_class().to_string());
    let (mut times, mut wall_seconds) = (1, 0.0);
    let (report, claims, seeds) = loop {
        let seeds = more_seeds(&seeds, times);
        let mut report = run::run(&prepared, &seeds, &plan).into_diagnostic()?;
        publication.take(std::mem::take(&mut report.rows));
        wall_seconds += report.wall_seconds;
        report.wall_seconds = wall_seconds;
        write_atomically(&folder.spec(), resolved.as_bytes()).into_diagnostic()?;
        if report.tables.rows == 0 {
            manifest.save(&folder).into_diagnostic()?;
            return Ok(Done { report: Some(report), ..nothing(publication) });
        }
        let claims =
            publish::decide_claims(&publication, looks(budget)).into_diagnostic().wrap_err("the claims")?;
        let over = report.interrupted || report.tables.failed > 0 || times >= budget;
        if over || !claims.iter().any(wants_seeds) {
            break (report, claims, seeds.len() as u64);
        }
        times = (2 * times).min(budget);
        tracing::info!(
            "{name}: a claim is undecided with {} seeds; {times} times the first ones",
            seeds.len()
        );
    };
    let summary = publish::summarise(&publication).into_diagnostic().wrap_err("the summary")?;
    let answer = (how.answer)(&publication)?;
    // The page reads the manifest, so it is written before and, with the page's digest, after.
    manifest.clone().save(&folder).into_diagnostic()?;
    let (mut page, mut drawn) = (None, Vec::new());
    if !options.no_figures {
        drawn = publish::draw(&publication, None).into_diagnostic().wrap_err("the figures")?;
        let found = Found {
            claims: &claims,
            effects: Some(&answer.effects),
            changes: &answer.changes,
            summary: &summary,
        };
        let sentences = answer.sentences.clone();
        page = Some(publish::page(&publication, &drawn, &found, sentences).into_diagnostic()?);
        publish::export_notebook(&publication, folder.root()).into_diagnostic()?;
        manifest.save(&folder).into_diagnostic()?;
    }
    Ok(Done { report: Some(report), publication, summary, claims, answer, page, drawn, seeds, skipped })
}
