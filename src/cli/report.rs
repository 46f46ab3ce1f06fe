//! `collapse report`: the page of a run folder, written anew.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::{IntoDiagnostic, Result, miette};

use super::{EXIT_CLAIM, EXIT_DONE, terminal};
use crate::analysis::Verdict;
use crate::components::Components;
use crate::publish::{self, Answered, Asked, Found, Publication};
use crate::report::render;
use crate::store::write_atomically;

/// Write the page of a run folder anew.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// The run folder; with --compare two or more
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Put the runs side by side on one page, with differences to the first, paired by seed
    #[arg(long)]
    compare: bool,
    /// The page of --compare
    #[arg(long, value_name = "FILE", default_value = "results/side-by-side.html", requires = "compare")]
    out: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  collapse report results/compare/digits8x8-vae-63be1e84
  collapse report --compare results/one results/other --out both.html";

/// Several runs on one page.
fn side_by_side(args: &ReportArgs, components: &Arc<Components>) -> Result<u8> {
    if args.folders.len() < 2 {
        return Err(miette!("`--compare` needs two run folders or more"));
    }
    let open = |folder: &PathBuf| Publication::open(folder, components.clone()).into_diagnostic();
    let runs: Vec<Publication> = args.folders.iter().map(open).collect::<Result<_>>()?;
    let report = publish::side_by_side(&runs).into_diagnostic()?;
    if let Some(folder) = args.out.parent() {
        std::fs::create_dir_all(folder).into_diagnostic()?;
    }
    write_atomically(&args.out, render(&report).into_diagnostic()?.as_bytes()).into_diagnostic()?;
    for line in &report.answer {
        say!("{line}");
    }
    say!("{}", args.out.display());
    Ok(EXIT_DONE)
}

pub(super) fn report(args: &ReportArgs, components: &Arc<Components>) -> Result<u8> {
    if args.compare {
        return side_by_side(args, components);
    }
    let [folder] = args.folders.as_slice() else {
        return Err(miette!("one page a run: give one folder, or --compare to put them side by side"));
    };
    let publication = Publication::open(folder, components.clone()).into_diagnostic()?;
    let summary = publish::summarise(&publication).into_diagnostic()?;
    publish::write_definitions(&publication).into_diagnostic()?;
    let claims = publish::decide_claims(&publication, 1).into_diagnostic()?;
    let answered = Answered::plainly(&publication, &Asked::of(&publication)).into_diagnostic()?;
    let Answered { sentences, effects, changes, simple } = answered;
    let publish::Figures { drawn, undrawn } = publish::draw(&publication, None).into_diagnostic()?;
    let found = Found {
        claims: &claims,
        simple: simple.is_some(),
        effects: Some(&effects),
        changes: &changes,
        summary: &summary,
        undrawn: &undrawn,
    };
    let page = publish::page(&publication, &drawn, &found, sentences).into_diagnostic()?;
    publication
        .renew(&["summary.csv", "definitions.csv", "claims.json", "report.html"], &drawn)
        .into_diagnostic()?;
    terminal::undrawn(&undrawn);
    say!("{}", page.display());
    Ok(if claims.iter().all(|c| c.verdict == Verdict::Passed) { EXIT_DONE } else { EXIT_CLAIM })
}
