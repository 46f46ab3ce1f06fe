//! The command line: one file per verb.
//!
//! Exit codes: 0 all done · 1 some lineages failed · 2 bad usage, spec or data · 3 a claim failed
//! or stayed undecided · 130 interrupted.

mod augment;
mod check;
mod compare;
mod completions;
mod describe;
mod effects;
mod execute;
mod export;
mod json;
mod lead;
mod list;
mod measure;
mod new;
mod plot;
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

use crate::components::Components;
use crate::lineage::Context;
use crate::registry::DeviceName;

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
/// Interrupted; what was finished is kept.
pub const EXIT_INTERRUPTED: u8 = 130;

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
#[command(name = "collapse", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Run an experiment from its spec and publish tables, figures and a page
    Run(run::RunArgs),
    /// Compare human fractions, on embedded data or your own file
    Compare(CompareArgs),
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
    /// Cells at the same time; default: the number of processors
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Seeds to run, overriding the spec: a count
    #[arg(long, value_name = "N")]
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
    #[arg(long, value_name = "SECONDS")]
    pub cell_timeout: Option<f64>,
    /// Run every cell as a process of its own: one that hangs or takes all memory fails alone
    #[arg(long)]
    pub isolate: bool,
    /// In such a process: the cell to run
    #[arg(long, hide = true, value_name = "JSON")]
    pub cell: Option<String>,
    /// Refuse a run whose observations would take more gigabytes; default: 10
    #[arg(long, value_name = "GB")]
    pub disk: Option<f64>,
    /// No progress
    #[arg(long, short)]
    pub quiet: bool,
}

impl RunOptions {
    /// The number of cells at the same time.
    pub fn jobs(&self) -> usize {
        self.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1)
    }

    /// What a spec is assembled with.
    fn context(&self, components: &Arc<Components>) -> Context {
        Context { salt: self.salt, device: self.device, components: components.clone() }
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
    let cli = Cli::parse();
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
        Command::Export(args) => export::export(&args, components),
        Command::New(args) => new::new(&args),
        Command::Schema(args) => schema::schema(&args, components),
        Command::SelfTest(args) => selftest::self_test(&args),
    };
    exit_code(done)
}

/// The exit code of a command; its error is printed.
pub fn exit_code(done: miette::Result<u8>) -> ExitCode {
    match done {
        Ok(code) => ExitCode::from(code),
        Err(report) => {
            remark!("{report:?}");
            ExitCode::from(EXIT_USAGE)
        }
    }
}
