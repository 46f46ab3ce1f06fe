//! `collapse reproduce`: the papers' figures from fresh runs, their claims decided and put before what they must fail.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use clap::Args;
use include_dir::Dir;
use miette::{IntoDiagnostic, Result, WrapErr};

use super::execute::{Execution, execute, exit_code, seeds};
use super::{EXIT_CLAIM, EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, RunOptions, terminal};
use crate::components::Components;
use crate::experiment::Done;
use crate::experiment::engine::{looks, more_seeds};
use crate::publish::{self, Answered, ControlResult, PublishError};
use crate::report::ReportError;
use crate::reproduce::{self, Catalogue, Figure, Lock, NEURAL, Outcome, Ran, Shelf};
use crate::run::Interrupt;
use crate::spec::{Experiment, Overlays};
use crate::store::write_atomically;

const EXAMPLES: &str = "\
Examples:
  collapse reproduce                          the catalogue: papers, figures, claims, time
  collapse reproduce kazdan2024               every figure of a paper
  collapse reproduce kazdan2024/gaussian      one figure
  collapse reproduce all --quick              everything, small: figures, and the claims that few seeds can decide
  collapse reproduce all --controls           and every claim before what it must fail
  collapse reproduce all --salt 7             everything with other random numbers
  collapse reproduce --lock                   fix the claims' thresholds, before a run

A claim passes if its whole interval lies within the tolerance and fails if it misses it. One that is
undecided gets more seeds, up to --budget times the spec's, and then counts against us. With --controls a
claim that does not fail its control (its law one fit off, its mechanism switched off) is blind, and counts
against us too. The exit code is 3 if a claim failed, stayed undecided or is blind.";

/// The most seeds of an undecided claim where nothing else is asked for, in multiples of the spec's.
const BUDGET: u64 = 4;

/// The marker of the table in a document.
const MARKER: &str = "reproduce";

/// Redo the papers' figures and decide what they say.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = EXAMPLES)]
pub struct ReproduceArgs {
    /// `all` papers, `studies`, a paper's key, or `<paper>/<figure>`; the catalogue if left out
    pub what: Vec<String>,
    /// Lay each spec's `[quick]` table over it
    #[arg(long)]
    pub quick: bool,
    /// Lay each spec's `[profile.NAME]` over it where it has one, for example `paper`, the papers' own sizes
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The most seeds an undecided claim gets, in multiples of the spec's
    #[arg(long, value_name = "TIMES", default_value_t = BUDGET)]
    pub budget: u64,
    /// Put every claim before its controls: what it must fail, with the same seeds
    #[arg(long)]
    pub controls: bool,
    /// Write `experiments/claims.lock` from the specs there: the claims as they are before their results
    #[arg(long, conflicts_with_all = ["what", "quick", "profile", "controls"])]
    pub lock: bool,
    /// Read the specs from this folder and not from the program
    #[arg(long, value_name = "DIR")]
    pub experiments: Option<PathBuf>,
    /// Write every claim to `claims.json` and `CLAIMS.md` of a folder; claims of figures that were not run stay
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "results")]
    pub write_claims: Option<PathBuf>,
    /// Write the counts and what counts against us between the markers of a document
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "README.md")]
    pub write_readme: Option<PathBuf>,
    /// Write each figure's summary, and the times that the catalogue shows
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "results/reference")]
    pub write_reference: Option<PathBuf>,
    /// Print every claim as JSON in place of the table
    #[arg(long)]
    pub json: bool,
    /// The options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

/// Lists the catalogue, or runs what was asked for; `experiments` are the embedded specs.
///
/// # Errors
/// A name that is nowhere in the catalogue, and those of the disk. A spec that can't run is told with
/// its place, and the others go on.
pub fn reproduce(args: &ReproduceArgs, experiments: &Dir<'_>, components: &Arc<Components>) -> Result<u8> {
    if args.lock {
        return lock(args.experiments.as_deref().unwrap_or(Path::new("experiments")));
    }
    let shelf = match &args.experiments {
        Some(folder) => Shelf::read(folder).into_diagnostic()?,
        None => Shelf::embedded(experiments),
    };
    let catalogue = Catalogue::of(&shelf).into_diagnostic()?;
    if args.what.is_empty() {
        terminal::catalogue(&catalogue);
        return Ok(EXIT_DONE);
    }
    let chosen = catalogue.select(&args.what).into_diagnostic()?;
    let out = args.options.out.clone().unwrap_or_else(|| PathBuf::from("results/reproduce"));
    let interrupt = Interrupt::on_ctrl_c().into_diagnostic()?;
    let session = Session { args, components, out: &out, interrupt: &interrupt, several: chosen.len() > 1 };
    let ran = session.all(&chosen);
    let code = if interrupt.is_set() { EXIT_INTERRUPTED } else { worst(&ran) };
    if args.options.dry_run {
        return Ok(code);
    }
    let outcomes: Vec<Outcome> = ran.iter().flat_map(|(_, r)| r.ran.outcomes.iter().cloned()).collect();
    if args.json {
        write(args, &catalogue, &ran, &outcomes, &out)?;
        say!("{}", serde_json::to_string_pretty(&outcomes).into_diagnostic()?);
        return Ok(code);
    }
    if !outcomes.is_empty() {
        say!("{}", terminal::outcomes_table(&outcomes));
    } else if args.quick {
        say!("--quick draws figures from runs too small to decide a claim");
    }
    write(args, &catalogue, &ran, &outcomes, &out)?;
    for (figure, run) in &ran {
        if let Some(why) = &run.ran.error {
            remark!("{} did not run: {why}", figure.id);
        }
    }
    if args.controls {
        say!("{}{}", reproduce::by_origin(&outcomes), reproduce::by_mechanism(&outcomes).trim_end());
    }
    let seconds: f64 = ran.iter().map(|(_, r)| r.ran.seconds).sum();
    say!(
        "{} claims: {}; {} of runs",
        outcomes.len(),
        reproduce::counts(&outcomes),
        terminal::duration(seconds)
    );
    unlocked(&shelf, &catalogue, &outcomes)?;
    say!("page     {}", out.join("index.html").display());
    documents(args, &catalogue, outcomes)?;
    if let Some(folder) = &args.write_reference {
        references(&ran, &out, folder)?;
    }
    Ok(code)
}

/// The tables of claims in documents.
fn documents(args: &ReproduceArgs, catalogue: &Catalogue, mut outcomes: Vec<Outcome>) -> Result<()> {
    let (mut told, name) = (command(args), |key: &str| name(catalogue, key));
    if let Some(folder) = &args.write_claims {
        std::fs::create_dir_all(folder).into_diagnostic().wrap_err_with(|| folder.display().to_string())?;
        let path = folder.join("claims.json");
        let now = outcomes.len();
        outcomes = with_earlier(&path, catalogue, outcomes)?;
        if outcomes.len() > now {
            told = command(&ReproduceArgs { what: vec![whole(&outcomes)], ..args.clone() });
        }
        let json = serde_json::to_vec_pretty(&outcomes).into_diagnostic()?;
        write_atomically(&path, &json).into_diagnostic()?;
        let text = format!("{CLAIMS_HEAD}{}", reproduce::all_claims(&outcomes, &told, name));
        let path = folder.join("CLAIMS.md");
        write_atomically(&path, text.as_bytes()).into_diagnostic()?;
        say!("claims   {}", path.display());
    }
    if let Some(document) = &args.write_readme {
        let table = reproduce::failures(&outcomes, &told, name);
        reproduce::write_between(document, MARKER, &table).into_diagnostic()?;
        say!("table    {}", document.display());
    }
    Ok(())
}

/// What stands above the table of all claims.
pub const CLAIMS_HEAD: &str = "# Claims\n\n\
    Written by `collapse reproduce all --controls --write-claims` with the salt that the next line names. It was drawn after \
    the claims were locked: the first seven hex digits of the commit that landed `experiments/claims.lock`, read as a \
    number. What the columns mean stands in METHODS.md, under *Claims*.\n\n";

/// What is asked for to get all of these at once.
fn whole(outcomes: &[Outcome]) -> String {
    let neural = outcomes.iter().all(|o| o.paper == o.figure);
    if neural { NEURAL.to_owned() } else { "all".to_owned() }
}

/// Outcomes of figures that were not run now, from an earlier run, in the catalogue's order.
fn with_earlier(path: &Path, catalogue: &Catalogue, now: Vec<Outcome>) -> Result<Vec<Outcome>> {
    let earlier: Vec<Outcome> = match std::fs::read(path) {
        Ok(text) => {
            serde_json::from_slice(&text).into_diagnostic().wrap_err_with(|| path.display().to_string())?
        }
        Err(_) => Vec::new(),
    };
    let ran = |figure: &str| now.iter().any(|o| o.figure == figure);
    let mut all: Vec<Outcome> = earlier.into_iter().filter(|o| !ran(&o.figure)).collect();
    all.extend(now);
    let figures = || catalogue.figures();
    all.retain(|o| figures().any(|figure| figure.id == o.figure));
    all.sort_by_key(|o| figures().position(|figure| figure.id == o.figure));
    Ok(all)
}

/// Writes the lock of a folder of experiments.
fn lock(folder: &Path) -> Result<u8> {
    let shelf = Shelf::read(folder).into_diagnostic()?;
    let lock = Lock::of(&Catalogue::of(&shelf).into_diagnostic()?).into_diagnostic()?;
    let earlier = Lock::read(shelf.get(LOCK).unwrap_or_default()).into_diagnostic()?;
    lock.after(&earlier).into_diagnostic()?;
    let path = folder.join(LOCK);
    write_atomically(&path, lock.text().as_bytes()).into_diagnostic()?;
    say!("{} claims locked in {}", lock.len(), path.display());
    Ok(EXIT_DONE)
}

/// The file that holds the claims as they were before their results.
const LOCK: &str = "claims.lock";

/// Tells which claims of papers and studies are not as they were locked.
fn unlocked(shelf: &Shelf, catalogue: &Catalogue, outcomes: &[Outcome]) -> Result<()> {
    let Some(text) = shelf.get(LOCK) else { return Ok(()) };
    let lock = Lock::read(text).into_diagnostic()?;
    let held = |o: &&Outcome| catalogue.locked().any(|figure| figure.id == o.figure);
    for o in outcomes.iter().filter(held).filter(|o| !lock.holds(&o.figure, &o.says, &o.digest)) {
        remark!("{}: \"{}\" is not as it was locked", o.figure, o.says);
    }
    Ok(())
}

/// One figure, run or refused.
struct Run {
    ran: Ran,
    code: u8,
}

/// What all figures of one command share.
struct Session<'a> {
    args: &'a ReproduceArgs,
    components: &'a Arc<Components>,
    out: &'a Path,
    interrupt: &'a Interrupt,
    several: bool,
}

impl Session<'_> {
    /// Runs the figures side by side, the longest first, one thread each; a single figure has all
    /// threads for itself.
    fn all<'f>(&self, chosen: &[&'f Figure]) -> Vec<(&'f Figure, Run)> {
        let mut order: Vec<usize> = (0..chosen.len()).collect();
        let length = |i: &usize| chosen[*i].seconds.unwrap_or(f64::INFINITY);
        order.sort_by(|a, b| length(b).total_cmp(&length(a)));
        let workers = if self.args.options.dry_run { 1 } else { self.args.options.jobs().min(chosen.len()) };
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(&i) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if self.interrupt.is_set() {
                            return;
                        }
                        let run = self.one(chosen[i]);
                        let mut done = done.lock().unwrap_or_else(|e| e.into_inner());
                        done.push((i, run));
                        if self.several && !self.args.options.quiet && !self.args.options.dry_run {
                            self.tell(chosen[i], &done[done.len() - 1].1, done.len(), chosen.len());
                        }
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(|e| e.into_inner());
        done.sort_by_key(|(i, _)| *i);
        done.into_iter().map(|(i, run)| (chosen[i], run)).collect()
    }

    fn tell(&self, figure: &Figure, run: &Run, done: usize, all: usize) {
        let counts = reproduce::counts(&run.ran.outcomes);
        let mut line = format!("[{done:>3}/{all}] {:>7}  {}", terminal::duration(run.ran.seconds), figure.id);
        for (count, word) in [
            (counts.passed, "passed"),
            (counts.failed, "FAILED"),
            (counts.undecided, "undecided"),
            (counts.blind, "BLIND"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {count} {word}"));
            }
        }
        if run.ran.error.is_some() {
            line.push_str(", did not run");
        }
        remark!("{line}");
    }

    fn one(&self, figure: &Figure) -> Run {
        let started = Instant::now();
        let (ran, code) = self
            .executed(figure)
            .unwrap_or_else(|error| (self.empty(figure, Some(format!("{error:?}"))), EXIT_USAGE));
        Run { ran: Ran { seconds: started.elapsed().as_secs_f64(), ..ran }, code }
    }

    fn empty(&self, figure: &Figure, error: Option<String>) -> Ran {
        let folder = figure.id.clone();
        Ran { folder, pictures: Vec::new(), outcomes: Vec::new(), seconds: 0.0, error }
    }

    fn executed(&self, figure: &Figure) -> Result<(Ran, u8)> {
        let mut overlays = Overlays::default().quick(self.args.quick && figure.quick);
        if let Some(profile) = self.args.profile.as_ref().filter(|p| figure.profiles.contains(p)) {
            overlays = overlays.profile(profile);
        }
        let name = format!("experiments/{}", figure.path);
        let mut experiment = Experiment::with_overlays(&figure.text, &name, &overlays)?;
        experiment.name.clone_from(&figure.id);
        let mut options = self.args.options.clone();
        if self.several {
            // One thread a figure; a bar each would overwrite the others.
            (options.jobs, options.quiet) = (Some(1), true);
        }
        let claims = experiment.claims.clone();
        let first = seeds(&experiment, &options);
        let out = self.out.join(&figure.id);
        let how = self.execution(&options, out.clone());
        let how = Execution { budget: self.args.budget, ..how };
        let Some(done) = execute(experiment, &how)? else { return Ok((self.empty(figure, None), EXIT_DONE)) };
        let controls = match self.args.controls {
            true => self.controls(&done, &options, &first, &out)?.into_iter().map(Some).collect(),
            false => vec![None; claims.len()],
        };
        let relative = |path: &Path| path.strip_prefix(self.out).unwrap_or(path).to_path_buf();
        let pictures = done.drawn.iter().map(|d| (relative(&d.svg_path), d.caption.clone())).collect();
        let decided = done.claims.iter().zip(&claims).zip(controls);
        let outcomes: Vec<Outcome> = decided
            .map(|((found, claim), controls)| Outcome::of(figure, claim, found, done.seeds, controls))
            .collect();
        let code = match exit_code(&done) {
            EXIT_DONE if outcomes.iter().any(Outcome::counts_against) => EXIT_CLAIM,
            code => code,
        };
        Ok((Ran { pictures, outcomes, ..self.empty(figure, None) }, code))
    }

    fn execution<'o>(&'o self, options: &'o RunOptions, out: PathBuf) -> Execution<'o> {
        let (out, interrupt, decisions) = (Some(out), self.interrupt, Vec::new());
        let (components, answer) = (self.components, &no_answer);
        Execution { options, components, out, interrupt, answer, decisions, budget: 1 }
    }

    /// Puts the claims of a run before their controls; what these need beside its rows is run with its seeds.
    fn controls(
        &self,
        done: &Done,
        options: &RunOptions,
        first: &[u64],
        out: &Path,
    ) -> Result<Vec<Vec<ControlResult>>> {
        let experiment = &done.publication.experiment;
        let times = done.seeds / (first.len() as u64).max(1);
        let mut extra = Vec::new();
        let options = RunOptions { no_figures: true, seeds: None, ..options.clone() };
        let runs = publish::control_runs(experiment, &more_seeds(first, times.max(1)))?;
        for (i, run) in runs.into_iter().enumerate() {
            let how = self.execution(&options, out.join(format!("control-{i}")));
            if let Some(control) = execute(run.experiment.clone(), &how)? {
                extra.push((run, control.publication));
            }
        }
        publish::decide_controls(&done.publication, looks(self.args.budget), &extra).into_diagnostic()
    }
}

fn no_answer(_: &publish::Publication) -> Result<Answered, PublishError> {
    Ok(Answered::default())
}

/// 130 if interrupted, else 2 if a spec could not run, else 1 if lineages failed, else 3 for claims.
fn worst(ran: &[(&Figure, Run)]) -> u8 {
    let order = [EXIT_INTERRUPTED, EXIT_USAGE, EXIT_FAILED, EXIT_CLAIM];
    order.into_iter().find(|code| ran.iter().any(|(_, run)| run.code == *code)).unwrap_or(EXIT_DONE)
}

/// `claims.csv`, `claims.json` and `index.html`.
fn write(
    args: &ReproduceArgs,
    catalogue: &Catalogue,
    ran: &[(&Figure, Run)],
    outcomes: &[Outcome],
    out: &Path,
) -> Result<()> {
    std::fs::create_dir_all(out).into_diagnostic().wrap_err_with(|| out.display().to_string())?;
    let mut csv = Vec::new();
    reproduce::write_csv(outcomes, &mut csv).into_diagnostic()?;
    write_atomically(&out.join("claims.csv"), &csv).into_diagnostic()?;
    let json = serde_json::to_vec_pretty(outcomes).into_diagnostic()?;
    write_atomically(&out.join("claims.json"), &json).into_diagnostic()?;
    let shown: Vec<(&Figure, Ran)> = ran.iter().map(|(figure, run)| (*figure, run.ran.clone())).collect();
    let page: Result<String, ReportError> = reproduce::index_page(catalogue, &shown, &[command(args)]);
    write_atomically(&out.join("index.html"), page.into_diagnostic()?.as_bytes()).into_diagnostic()
}

/// The command that gives the same numbers, wherever it writes them.
fn command(args: &ReproduceArgs) -> String {
    let mut words = vec!["collapse".to_owned(), "reproduce".to_owned()];
    words.extend(args.what.iter().cloned());
    words.extend(args.controls.then(|| "--controls".to_owned()));
    words.extend(args.quick.then(|| "--quick".to_owned()));
    words.extend(args.profile.as_ref().map(|name| format!("--profile {name}")));
    words.extend((args.budget != BUDGET).then(|| format!("--budget {}", args.budget)));
    words.extend(args.options.seeds.map(|n| format!("--seeds {n}")));
    words.extend((args.options.salt != 0).then(|| format!("--salt {}", args.options.salt)));
    words.join(" ")
}

fn name(catalogue: &Catalogue, key: &str) -> String {
    let paper = catalogue.papers.iter().find(|paper| paper.key == key);
    paper.map_or_else(|| key.to_owned(), |paper| paper.entry.short())
}

/// Copies each summary, and writes the measured times beside the specs where these lie here.
fn references(ran: &[(&Figure, Run)], out: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).into_diagnostic().wrap_err_with(|| folder.display().to_string())?;
    let mut times = BTreeMap::new();
    for (figure, run) in ran.iter().filter(|(_, run)| run.ran.error.is_none()) {
        let from = out.join(&figure.id).join("summary.csv");
        let to = folder.join(format!("{}-summary.csv", figure.id.replace('/', "-")));
        if from.is_file() {
            std::fs::copy(&from, &to).into_diagnostic().wrap_err_with(|| to.display().to_string())?;
        }
        times.insert(figure.id.clone(), (run.ran.seconds * 10.0).round() / 10.0);
    }
    say!("summaries {}", folder.display());
    let path = Path::new("experiments/times.toml");
    if Path::new("experiments/bibliography.toml").is_file() {
        let known = std::fs::read_to_string(path).ok();
        let mut all: BTreeMap<String, f64> =
            known.and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
        all.extend(times);
        let text = toml::to_string(&all).into_diagnostic()?;
        let head = "# Wall-clock seconds, written by `collapse reproduce all --write-reference`.\n";
        write_atomically(path, format!("{head}{text}").as_bytes()).into_diagnostic()?;
        say!("times    {}", path.display());
    }
    Ok(())
}
