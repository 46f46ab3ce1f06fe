//! The papers' figures from fresh runs, and every claim decided: `collapse reproduce` as a program of
//! its own.
//!
//!     cargo run --release --bin paper_figures                       # the catalogue
//!     cargo run --release --bin paper_figures -- all --quick
//!     cargo run --release --bin paper_figures -- kazdan2024

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use include_dir::{Dir, include_dir};
use model_collapse::cli::{self, ReproduceArgs};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static EXPERIMENTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/experiments");

/// Redo the papers' figures and decide what they say.
#[derive(Parser)]
struct PaperFigures {
    #[command(flatten)]
    args: ReproduceArgs,
}

fn main() -> ExitCode {
    cli::exit_code(cli::reproduce(&PaperFigures::parse().args, &EXPERIMENTS, &Arc::default()))
}
