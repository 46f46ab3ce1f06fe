//! `collapse report`: the page of a run folder, written anew.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::{IntoDiagnostic, Result};

use super::{Answered, EXIT_CLAIM, EXIT_DONE, compare, run};
use crate::analysis::Verdict;
use crate::components::Components;
use crate::publish::{self, Asked, Found, Publication};

/// Write the page of a run folder anew.
#[derive(Args)]
#[command(after_help = "Example:\n  collapse report results/compare/digits8x8-vae")]
pub struct ReportArgs {
    /// The run folder
    folder: PathBuf,
}

pub(super) fn report(args: &ReportArgs, components: &Arc<Components>) -> Result<u8> {
    let publication = Publication::open(&args.folder, components.clone()).into_diagnostic()?;
    let summary = publish::summarise(&publication).into_diagnostic()?;
    let claims = publish::decide_claims(&publication, 1).into_diagnostic()?;
    let mut answered = compare::answer(&publication, &Asked::of(&publication))?;
    if answered.sentences.is_empty() && claims.is_empty() {
        answered = run::changes(&publication)?;
    }
    let Answered { sentences, effects, changes } = answered;
    let drawn = publish::draw(&publication, None).into_diagnostic()?;
    let found = Found { claims: &claims, effects: Some(&effects), changes: &changes, summary: &summary };
    let page = publish::page(&publication, &drawn, &found, sentences).into_diagnostic()?;
    say!("{}", page.display());
    Ok(if claims.iter().all(|c| c.verdict == Verdict::Passed) { EXIT_DONE } else { EXIT_CLAIM })
}
