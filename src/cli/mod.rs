//! The command line: one file per verb.
//!
//! Exit codes stand in [`EXIT_CODES`], which `--help` prints.

mod augment;
mod check;
mod compare;
mod completions;
mod describe;
mod doctor;
mod effects;
mod execute;
mod export;
mod json;
mod lead;
mod limits;
mod list;
mod measure;
mod new;
mod plot;
mod progress;
mod refine;
mod report;
mod reproduce;
mod run;
mod schema;
mod selftest;
mod source;
mod tables;
mod terminal;
mod tolerance;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

use include_dir::Dir;
use miette::IntoDiagnostic;

use crate::components::Components;
use crate::data;
use crate::experiment::ExperimentError;
use crate::experiment::limits::Limits;
use crate::lineage::Context;
use crate::output;
use crate::registry::DeviceName;
use crate::run::interrupted_code as run_interrupted;
use crate::spec;

pub use compare::{CompareArgs, comparison_specs};
pub use reproduce::{ReproduceArgs, reproduce};
pub use source::ReadingArgs;

/// All lineages ran and no claim failed.
pub const EXIT_DONE: u8 = 0;
/// Some lineages failed; the others are there.
pub const EXIT_FAILED: u8 = 1;
/// Bad usage, spec or data; nothing was written.
pub const EXIT_USAGE: u8 = 2;
/// A claim failed or stayed undecided.
pub const EXIT_CLAIM: u8 = 3;
/// The system refused a file: no room, no permission, a disk that takes nothing. What was finished is kept.
pub const EXIT_DISK: u8 = 4;
/// The run would take more memory or disk than it may; nothing was run.
pub const EXIT_SIZE: u8 = 5;
/// Somebody pressed Ctrl-C; what was finished is kept. SIGTERM and SIGHUP have 143 and 129 in its place.
pub const EXIT_INTERRUPTED: u8 = 130;

/// What the exit codes mean.
pub const EXIT_CODES: &str = "\
Exit codes:
  0 all done · 1 some lineages failed · 2 bad usage, spec or data · 3 a claim failed or stayed undecided
  4 a file could not be written: no room, no permission (what was finished is kept) · 5 more memory or disk than allowed
  130, 143, 129 ended by Ctrl-C, SIGTERM, SIGHUP (what was finished is kept; the same command goes on)";

const EXAMPLES: &str = "\
Examples:
  collapse compare                          a VAE on digits and a GPT on Moby-Dick, human fractions 0 to 1
  collapse compare --data mine.csv          the same question about your own rows
  collapse new gaussian > mine.toml         a commented spec to start from
  collapse check mine.toml                  what it would run, and every error with its line
  collapse run mine.toml --seeds 20         run it; the same command resumes
  collapse reproduce                        the papers: what can be redone, and how long it takes
  collapse reproduce kazdan2024             a paper's figures from fresh runs, its claims decided
  collapse list metrics                     what can be measured
  collapse describe coverage                what a word means, with its source";

/// Model collapse: retrain models on their own output mixed with human data, generation after
/// generation, and measure what is lost.
#[derive(Parser)]
#[command(name = "collapse", version, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Read data files of at most so many gigabytes, unpacked; default: 0.5
    #[arg(long, global = true, value_name = "GB", value_parser = limits::gigabytes)]
    pub file_limit: Option<f64>,
}

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Run an experiment from its spec and publish tables, figures and a page
    Run(run::RunArgs),
    /// Compare human fractions, on embedded data or your own file
    Compare(Box<CompareArgs>),
    /// Redo the papers' figures and decide what they say
    Reproduce(ReproduceArgs),
    /// Say whether it is worth training on a given table of synthetic rows
    Augment(augment::AugmentArgs),
    /// Estimate the causal effects of a sensitive column in a table, with intervals
    Effects(effects::EffectsArgs),
    /// Measure generations that were made elsewhere, against human rows
    Measure(measure::MeasureArgs),
    /// Say which metric changes first, and how many generations before the outcome
    Lead(lead::LeadArgs),
    /// Read a spec and say what it would run, without running it
    Check(check::CheckArgs),
    /// List sources, families, metrics, regimes, curation steps, laws
    List(list::ListArgs),
    /// Explain one of them: definition, source, parameters
    Describe(describe::DescribeArgs),
    /// Redraw the figures of a run folder from its rows
    Plot(plot::PlotArgs),
    /// Write the page of a run folder anew
    Report(report::ReportArgs),
    /// Check that a run folder is whole, and say what to do where it is not
    Doctor(doctor::DoctorArgs),
    /// Export human rows as CSV, or a run as a notebook
    Export(export::ExportArgs),
    /// Print the JSON Schema of specs, for editors
    Schema(schema::SchemaArgs),
    /// Print a commented spec to start from
    New(new::NewArgs),
    /// Print what a shell needs to complete commands, or the manual page
    Completions(completions::CompletionsArgs),
    /// Measure how often intervals hold the truth and verdicts are false, on loops whose truth is exact
    #[command(name = "selftest")]
    SelfTest(selftest::SelfTestArgs),
}

impl Command {
    /// Whether the command writes to the terminal alone. A run goes on when its output is closed.
    fn only_prints(&self) -> bool {
        matches!(
            self,
            Self::Check(_)
                | Self::List(_)
                | Self::Describe(_)
                | Self::Doctor(_)
                | Self::Export(_)
                | Self::New(_)
                | Self::Lead(_)
                | Self::Completions(_)
                | Self::Schema(_)
        )
    }
}

/// Options of every command that runs lineages.
#[derive(Args, Clone, Debug, Default)]
pub struct RunOptions {
    /// Cells at the same time; default: the number of processors, at most four times as many
    #[arg(long, value_name = "N", value_parser = limits::jobs)]
    pub jobs: Option<usize>,
    /// Seeds to run, overriding the spec: a count
    #[arg(long, value_name = "N", value_parser = limits::seeds)]
    pub seeds: Option<u64>,
    /// The folder for the results; default: a folder below results/
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The device of neural families: flex or ndarray
    #[arg(long, value_name = "NAME", default_value = "flex")]
    pub device: DeviceName,
    /// Re-randomises the whole experiment
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub salt: u64,
    /// Say what would run, how long and how large, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Rows and tables only: no figures, no page
    #[arg(long)]
    pub no_figures: bool,
    /// Stop a cell's lineages after so many seconds: between two generations, or at once with --isolate
    #[arg(long, value_name = "SECONDS", value_parser = limits::seconds, allow_negative_numbers = true)]
    pub cell_timeout: Option<f64>,
    /// Run every cell as a process of its own: one that hangs or takes all memory fails alone
    #[arg(long)]
    pub isolate: bool,
    /// In such a process: the cell to run
    #[arg(long, hide = true, value_name = "JSON")]
    pub cell: Option<String>,
    /// Refuse a run whose observations would take more gigabytes; default: 10
    #[arg(long, value_name = "GB", value_parser = limits::gigabytes)]
    pub disk: Option<f64>,
    /// Refuse a run that would take more gigabytes of memory; default: what the machine has
    #[arg(long, value_name = "GB", value_parser = limits::gigabytes)]
    pub memory: Option<f64>,
    /// No progress
    #[arg(long, short)]
    pub quiet: bool,
}

impl RunOptions {
    /// What the run may take.
    pub fn limits(&self) -> Limits {
        Limits { disk: self.disk, memory: self.memory }
    }

    /// The number of cells at the same time.
    pub fn jobs(&self) -> usize {
        limits::jobs_or_all(self.jobs)
    }

    /// What a spec is assembled with.
    fn context(&self, components: &Arc<Components>) -> Context {
        Context {
            salt: self.salt,
            device: self.device,
            components: components.clone(),
            memory: self.memory.map(|gigabytes| 1e9 * gigabytes),
        }
    }
}

/// The command line with these components: `main` of a crate that has some of its own. It has every verb of
/// `collapse`, and they know the new names; `reproduce` reads its specs from `--experiments DIR`.
///
/// ```no_run
/// use model_collapse::prelude::*;
///
/// fn main() -> std::process::ExitCode {
///     let regime = Choices { weights: Weights::Golden, ..Choices::ACCUMULATE };
///     model_collapse::cli::main(Components::standard().regime("weighted-accumulation", regime))
/// }
/// ```
pub fn main(components: Components) -> ExitCode {
    main_with(components, &Dir::new("", &[]))
}

/// The same, with the specs that `reproduce` knows.
pub fn main_with(components: Components, experiments: &Dir<'_>) -> ExitCode {
    let components = &match components.checked() {
        Ok(components) => Arc::new(components),
        Err(taken) => return exit_code(Err(miette::miette!("{taken}"))),
    };
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version, or bad usage.
        Err(asked) => {
            let code = u8::try_from(asked.exit_code()).unwrap_or(EXIT_USAGE);
            let printed = asked.print().inspect_err(output::note_refusal);
            return exit_code(printed.into_diagnostic().map(|()| code));
        }
    };
    if let Some(gigabytes) = cli.file_limit {
        data::largest::allow(1e9 * gigabytes);
    }
    if cli.command.only_prints() {
        // `collapse list | head` ends quietly when its reader has seen enough.
        sigpipe::reset();
    }
    let done = match cli.command {
        Command::Run(args) => run::run(&args, components),
        Command::Compare(args) => compare::compare(&args, components),
        Command::Reproduce(args) => reproduce(&args, experiments, components),
        Command::Augment(args) => augment::augment(&args, components),
        Command::Effects(args) => effects::effects(&args, components),
        Command::Measure(args) => measure::measure(&args, components),
        Command::Lead(args) => lead::lead(&args, components),
        Command::Completions(args) => completions::completions(&args),
        Command::Check(args) => check::check(&args, components),
        Command::List(args) => list::list(&args, components),
        Command::Describe(args) => describe::describe(&args, components),
        Command::Plot(args) => plot::plot(&args, components),
        Command::Report(args) => report::report(&args, components),
        Command::Doctor(args) => doctor::doctor(&args),
        Command::Export(args) => export::export(&args, components),
        Command::New(args) => new::new(&args),
        Command::Schema(args) => schema::schema(&args, components),
        Command::SelfTest(args) => selftest::self_test(&args),
    };
    exit_code(done)
}

/// Whether a command was refused because of its size.
fn is_too_large(report: &miette::Report) -> bool {
    let spec = |error: &spec::Error| error.mistakes().iter().any(|e| e.kind() == spec::Kind::TooLarge);
    match report.downcast_ref::<ExperimentError>() {
        Some(ExperimentError::Spec(error)) => spec(error),
        Some(error) => {
            matches!(error, ExperimentError::TooLarge { .. } | ExperimentError::TooMuchMemory { .. })
        }
        None => report.downcast_ref().is_some_and(spec),
    }
}

/// The exit code of a command; its error is printed.
pub fn exit_code(done: miette::Result<u8>) -> ExitCode {
    crate::say::flush();
    match done {
        Ok(_) if crate::say::was_lost() => {
            remark!("what was to be printed could not be written: is the disk full?");
            ExitCode::from(EXIT_DISK)
        }
        Ok(EXIT_INTERRUPTED) => ExitCode::from(u8::try_from(run_interrupted()).unwrap_or(EXIT_INTERRUPTED)),
        Ok(code) => ExitCode::from(code),
        Err(report) => {
            remark!("{report:?}");
            if is_too_large(&report) {
                return ExitCode::from(EXIT_SIZE);
            }
            if !output::was_refused() {
                return ExitCode::from(EXIT_USAGE);
            }
            remark!(
                "Nothing that was there is lost: make room, or name another place, and give the same command again."
            );
            ExitCode::from(EXIT_DISK)
        }
    }
}
