//! The one function that runs an experiment: cells, tables, claims, the answer, figures, the page.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::ExperimentError;
use crate::analysis::{ClaimResult, SummaryRow, Verdict};
use crate::components::Components;
use crate::data::largest;
use crate::lineage::Context;
use crate::neural::device;
use crate::output::Scratch;
use crate::publish::{self, Answered, Drawn, Found, Publication, PublishError};
use crate::registry::DeviceName;
use crate::run::{self, Interrupt, Isolation, Prepared, Progress, RunReport, Work};
use crate::spec;
use crate::store::doctor::remove_stale;
use crate::store::{Folder, Manifest, StoreError, write_atomically};

/// Makes the answer from what the folder holds.
pub type Answer<'a> = dyn Fn(&Publication) -> Result<Answered, PublishError> + 'a;

/// What is run.
pub struct Job<'a> {
    /// The experiment: names, figures, claims.
    pub experiment: &'a spec::Experiment,
    /// Its settings, and a lineage for each of them and a seed.
    pub work: &'a dyn Work,
    /// What the experiment's names stand for.
    pub components: &'a Arc<Components>,
    /// The seeds.
    pub seeds: &'a [u64],
    /// The run folder.
    pub out: &'a Path,
}

/// How it is run.
pub struct Options<'a> {
    /// Cells at the same time.
    pub jobs: usize,
    /// How each cell is started as a process of its own; `None` for threads.
    pub isolation: Option<Isolation>,
    /// When a cell's lineages are stopped.
    pub cell_timeout: Option<Duration>,
    /// Whether it was interrupted.
    pub interrupt: &'a Interrupt,
    /// Who is told.
    pub progress: &'a dyn Progress,
    /// While a claim stays undecided, twice the seeds, up to so many times the first ones. The looks share the claims'
    /// error level.
    pub budget: u64,
    /// Whether figures, page and notebook are made.
    pub figures: bool,
    /// Makes the answer.
    pub answer: &'a Answer<'a>,
    /// For the manifest: the device of what was trained here.
    pub device: Option<DeviceName>,
    /// For the manifest: the data card.
    pub data: Option<serde_json::Value>,
    /// For the manifest: decisions of an adaptive procedure that led to this run.
    pub decisions: Vec<serde_json::Value>,
}

/// What came of it.
pub struct Done {
    /// The run's report.
    pub report: RunReport,
    /// Everything that the folder holds.
    pub publication: Publication,
    /// The summary rows; none where nothing was measured.
    pub summary: Rc<Vec<SummaryRow>>,
    /// The claims.
    pub claims: Vec<ClaimResult>,
    /// The answer.
    pub answer: Answered,
    /// The page.
    pub page: Option<PathBuf>,
    /// The figures.
    pub drawn: Vec<Drawn>,
    /// Figures that can't be drawn: name and reason.
    pub undrawn: Vec<(String, String)>,
    /// Seeds of each setting.
    pub seeds: u64,
    /// Settings that were not run: name and reason.
    pub skipped: Vec<(String, String)>,
}

/// Example rows that are kept of each measured sample of the first seed.
pub const EXAMPLES: usize = 64;

/// An experiment made ready, with everything checked.
///
/// # Errors
/// With every mistake in the spec and its place.
pub fn prepare(experiment: spec::Experiment, context: &Context) -> Result<Prepared, ExperimentError> {
    Ok(super::examine::prepared(experiment, context)?)
}

/// The manifest of an earlier run in this folder, which may be damaged.
///
/// # Errors
/// The folder of another experiment, of another version, or with files of somebody else.
fn earlier(folder: &Folder, name: &str) -> Result<(Option<Manifest>, Option<String>), ExperimentError> {
    folder.refuse_foreign()?;
    match Manifest::load(folder) {
        Ok(manifest) if manifest.experiment != name => Err(ExperimentError::AnotherExperiment {
            folder: folder.root().into(),
            holds: manifest.experiment,
            name: name.into(),
        }),
        Ok(manifest) => Ok((Some(manifest), None)),
        Err(StoreError::NotARun { .. }) => Ok((None, None)),
        Err(StoreError::Line { why, .. }) => {
            Ok((None, Some(format!("manifest.json is damaged: {why}; it is written anew"))))
        }
        Err(other) => Err(other.into()),
    }
}

/// As many further seeds as make `times` the first ones.
pub fn more_seeds(first: &[u64], times: u64) -> Vec<u64> {
    let next = first.iter().max().map_or(0, |last| last + 1);
    let added = first.len() as u64 * (times - 1);
    first.iter().copied().chain(next..next + added).collect()
}

/// The looks that a budget of so many times the seeds allows: 1, 2, 4 … times.
pub fn looks(budget: u64) -> u32 {
    budget.max(1).next_power_of_two().ilog2() + 1
}

/// Whether more seeds could decide this claim: it has an interval, and that straddles the zone.
fn wants_seeds(claim: &ClaimResult) -> bool {
    claim.verdict == Verdict::Undecided && claim.low.is_some()
}

/// How the cells of a job are run.
pub fn cells<'a>(job: &Job<'_>, options: &'a Options<'_>) -> run::Options<'a> {
    run::Options {
        out: job.out.to_path_buf(),
        experiment: job.experiment.name.clone(),
        jobs: options.jobs,
        examples: EXAMPLES,
        keep_models: job.experiment.measure.keep_models,
        isolation: options.isolation.clone(),
        cell_timeout: options.cell_timeout,
        interrupt: options.interrupt,
        progress: options.progress,
    }
}

/// Runs what is missing of an experiment in its folder and publishes what it finds. The same call goes on from what is
/// there.
///
/// # Errors
/// A folder of another experiment, and those of the disk. Lineages that fail are in the report.
pub fn run(job: &Job<'_>, options: &Options<'_>) -> Result<Done, ExperimentError> {
    let name = job.experiment.name.as_str();
    let folder = Folder::at(job.out);
    let (earlier, damage) = earlier(&folder, name)?;
    damage.iter().for_each(|text| options.progress.repair(text));
    let resolved = job.experiment.resolved();
    let mut manifest = Manifest::begin(name, &resolved, options.jobs);
    manifest.data.clone_from(&options.data);
    manifest.decisions.clone_from(&options.decisions);
    manifest.device = options.device.map(|device| device.to_string());
    manifest.kernel_class = options.device.map(|_| device::kernel_class().to_string());
    let publication = Publication::new(
        folder.clone(),
        job.experiment.clone(),
        crate::say::command(),
        job.components.clone(),
    );
    let plan = cells(job, options);
    manifest.repairs = earlier.as_ref().map(|m| m.repairs.clone()).unwrap_or_default();
    manifest.note_repairs(damage.as_slice());
    let (mut times, mut wall_seconds) = (1, 0.0);
    let (report, claims, seeds) = loop {
        let seeds = more_seeds(job.seeds, times);
        let mut report = run::run(job.work, &seeds, &plan)?;
        publication.take(std::mem::take(&mut report.rows));
        wall_seconds += report.wall_seconds;
        report.wall_seconds = wall_seconds;
        manifest.note_repairs(&report.repairs);
        write_atomically(&folder.spec(), resolved.as_bytes())?;
        remove_stale(&folder, earlier.as_ref())?;
        if report.tables.rows == 0 {
            break (report, Vec::new(), 0);
        }
        let claims = publish::decide_claims(&publication, looks(options.budget))?;
        let over = report.interrupted || report.tables.failed > 0 || times >= options.budget;
        if over || !claims.iter().any(wants_seeds) {
            break (report, claims, seeds.len() as u64);
        }
        times = (2 * times).min(options.budget);
        tracing::info!(
            "{name}: a claim is undecided with {} seeds; {times} times the first ones",
            seeds.len()
        );
    };
    let reason = |info: &run::SettingInfo| Some((info.label.clone(), info.skipped.clone()?));
    let mut done = Done {
        skipped: job.work.settings().iter().filter_map(reason).collect(),
        summary: Rc::default(),
        answer: Answered::default(),
        page: None,
        drawn: Vec::new(),
        undrawn: Vec::new(),
        report,
        publication,
        claims,
        seeds,
    };
    if done.report.tables.rows > 0 {
        done.summary = publish::summarise(&done.publication)?;
        publish::write_definitions(&done.publication)?;
        done.answer = (options.answer)(&done.publication)?;
    }
    // The page reads the manifest, so it is written before and, with the page's digest, after.
    manifest.clone().save(&folder)?;
    // Whoever asks to stop does not wait for figures; `collapse report` draws what is there.
    if options.figures && done.report.tables.rows > 0 && !options.interrupt.is_set() {
        done.publish()?;
        manifest.save(&folder)?;
    }
    Ok(done)
}

impl Done {
    /// Draws the figures and writes the page and the notebook.
    pub(super) fn publish(&mut self) -> Result<(), ExperimentError> {
        let publish::Figures { drawn, undrawn } = publish::draw(&self.publication, None)?;
        (self.drawn, self.undrawn) = (drawn, undrawn);
        let found = Found {
            claims: &self.claims,
            simple: self.answer.simple.is_some(),
            effects: Some(&self.answer.effects),
            changes: &self.answer.changes,
            summary: &self.summary,
            undrawn: &self.undrawn,
        };
        let sentences = self.answer.sentences.clone();
        self.page = Some(publish::page(&self.publication, &self.drawn, &found, sentences)?);
        publish::export_notebook(&self.publication, self.publication.folder.root())?;
        Ok(())
    }
}

/// The spec in a file of its own, and the call that runs one cell of it. The file goes with the value.
pub struct Isolated {
    _spec: Scratch,
    /// The call.
    pub isolation: Isolation,
}

/// How `program`, whose main is [`cli::main`](crate::cli::main) with the same components, runs one cell of an experiment.
///
/// # Errors
/// Those of the temporary file.
pub fn isolated(
    program: PathBuf,
    job: &Job<'_>,
    context: &Context,
    cell_timeout: Option<Duration>,
) -> Result<Isolated, ExperimentError> {
    let failed = |why| ExperimentError::File { what: "the spec for the cells' processes".into(), why };
    let folder = Scratch::new().map_err(failed)?;
    let spec = folder.path().join("spec.toml");
    std::fs::write(&spec, job.experiment.resolved()).map_err(failed)?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut arguments = vec![
        "run".into(),
        text(&spec),
        format!("--out={}", text(job.out)),
        format!("--device={}", context.device),
        format!("--salt={}", context.salt),
        "--jobs=1".into(),
        "--quiet".into(),
    ];
    arguments.push(format!("--file-limit={}", largest::allowed() as f64 / 1e9));
    arguments.extend(context.memory.map(|bytes| format!("--memory={}", bytes / 1e9)));
    // The spec has its seeds; another number was asked for as a count.
    let counted = (job.seeds != job.experiment.sweep.seeds).then_some(job.seeds.len());
    arguments.extend(counted.map(|n| format!("--seeds={n}")));
    arguments.extend(cell_timeout.map(|limit| format!("--cell-timeout={}", limit.as_secs_f64())));
    Ok(Isolated { _spec: folder, isolation: Isolation { program, arguments } })
}
