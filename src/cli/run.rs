//! `collapse run`: an experiment from its spec.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::{IntoDiagnostic, Result};

use super::execute::{Execution, execute, exit_code};
use super::refine::refined;
use super::{EXIT_DONE, RunOptions, json, terminal};
use crate::components::Components;
use crate::experiment::examine;
use crate::publish::{Answered, Asked, Publication};
use crate::run::Interrupt;
use crate::spec::Overlays;

const EXAMPLES: &str = "\
Examples:
  collapse run experiments/kazdan2024/gaussian.toml
  collapse run mine.toml --set loop.samples=500 --seeds 20
  collapse run mine.toml --profile paper --jobs 2
  collapse run mine.toml --refine 40   further cells along a phase diagram's boundary
  collapse run mine.toml --dry-run";

/// Run an experiment from its spec.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The spec, a TOML file
    pub spec: PathBuf,
    /// Run up to N further settings where the boundary of the spec's first phase diagram runs
    #[arg(long, value_name = "N", default_value_t = 0)]
    refine: usize,
    /// Print JSON in place of tables
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) overlays: OverlayArgs,
    #[command(flatten)]
    pub(super) options: RunOptions,
}

/// What is laid over a spec.
#[derive(Args, Default)]
pub(super) struct OverlayArgs {
    /// Lay [profile.NAME] over the spec, for example the paper's full size
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Lay [quick] over the spec
    #[arg(long)]
    quick: bool,
    /// Override one key, as in --set loop.samples=500; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl OverlayArgs {
    pub(super) fn overlays(&self) -> Overlays {
        let mut overlays = Overlays::default().quick(self.quick);
        if let Some(profile) = &self.profile {
            overlays = overlays.profile(profile);
        }
        self.set.iter().fold(overlays, |o, assignment| o.set(assignment))
    }
}

pub(super) fn run(args: &RunArgs, components: &Arc<Components>) -> Result<u8> {
    let context = args.options.context(components);
    let experiment = examine::file(&args.spec, &args.overlays.overlays(), &context)?;
    let interrupt = Interrupt::on_ctrl_c().into_diagnostic()?;
    // The claims are the answer of a spec that has some.
    let answer = |publication: &Publication| match publication.experiment.claims.is_empty() {
        true => Answered::changed(publication, &Asked::of(publication)),
        false => Ok(Answered::default()),
    };
    let mut how = Execution {
        options: &args.options,
        components,
        out: None,
        interrupt: &interrupt,
        answer: &answer,
        decisions: Vec::new(),
        budget: 1,
    };
    let experiment = match args.refine {
        0 => experiment,
        _ if args.options.dry_run || args.options.cell.is_some() => experiment,
        most => {
            let (experiment, decisions, out) = refined(experiment, most, &how)?;
            how = Execution { decisions, out: Some(out), ..how };
            experiment
        }
    };
    let Some(done) = execute(experiment, &how)? else { return Ok(EXIT_DONE) };
    if args.json {
        json::print(&json::finished(&done))?;
        return Ok(exit_code(&done));
    }
    if done.claims.is_empty() {
        terminal::values(&done.summary);
        for line in &done.answer.sentences {
            say!("{line}\n");
        }
    }
    terminal::finished(&done);
    Ok(exit_code(&done))
}
