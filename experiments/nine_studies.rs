//! Is synthetic data effective for training, and when? Nine studies, one page.
//!
//!     cargo run --release --bin nine_studies                    # all nine, about ten minutes on 2 cores
//!     cargo run --release --bin nine_studies -- --quick         # a look: few seeds, few verdicts
//!     cargo run --release --bin nine_studies -- --write-readme  # and the page results/NINE_STUDIES.md
//!
//! It runs every spec of `experiments/studies/` and holds what is said (`experiments/statements.toml`)
//! against the verdicts of their claims.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use include_dir::{Dir, include_dir};
use miette::{IntoDiagnostic, Result, WrapErr, miette};
use model_collapse::cli::{self, ReproduceArgs, RunOptions};
use model_collapse::reproduce::{Shelf, Statements, bibliography, write_between};
use model_collapse::say;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static EXPERIMENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/experiments");

/// Run the nine studies and print what they say.
#[derive(Parser)]
struct NineStudies {
    /// Lay each spec's `[quick]` table over it
    #[arg(long)]
    quick: bool,
    /// Write the page between the markers of a document
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "results/NINE_STUDIES.md")]
    write_readme: Option<PathBuf>,
    /// Run nothing: the page of the runs that are in `--out`
    #[arg(long)]
    page_only: bool,
    #[command(flatten)]
    options: RunOptions,
}

fn main() -> ExitCode {
    cli::exit_code(run(NineStudies::parse()))
}

fn run(asked: NineStudies) -> Result<u8> {
    let out = asked.options.out.clone().unwrap_or_else(|| PathBuf::from("results/nine-studies"));
    let args = ReproduceArgs {
        what: vec!["studies".into()],
        quick: asked.quick,
        budget: 1,
        options: RunOptions { out: Some(out.clone()), ..asked.options },
        ..ReproduceArgs::default()
    };
    let code = if asked.page_only { 0 } else { cli::reproduce(&args, &EXPERIMENTS, &Arc::default())? };
    if args.options.dry_run {
        return Ok(code);
    }
    let text = EXPERIMENTS.get_file("statements.toml").and_then(|file| file.contents_utf8());
    let text = text.ok_or_else(|| miette!("experiments/statements.toml is not in the program"))?;
    let statements = Statements::parse(text).map_err(|why| miette!("statements.toml: {why}"))?;
    let papers = bibliography(&Shelf::embedded(&EXPERIMENTS)).into_diagnostic()?;
    let page = statements.page(&out, &papers);
    say!("\n{page}");
    write(&out.join("nine-studies.md"), &page)?;
    if let Some(document) = &asked.write_readme {
        write_between(document, "nine-studies", &page).into_diagnostic()?;
        say!("table    {}", document.display());
    }
    Ok(code)
}

fn write(path: &Path, page: &str) -> Result<()> {
    let text = format!("# Is synthetic data effective for training, and when?\n\n{page}");
    std::fs::write(path, text).into_diagnostic().wrap_err_with(|| path.display().to_string())
}
