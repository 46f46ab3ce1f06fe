//! `collapse run`: an experiment from its spec.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::{IntoDiagnostic, Result};

use super::{Answered, Execution, RunOptions, examine, execute, json, terminal};
use crate::analysis::SettingKey;
use crate::analysis::effects::Word;
use crate::components::Components;
use crate::publish::{self, Asked, Publication, SettingChange};
use crate::run::Interrupt;
use crate::spec::Overlays;

const EXAMPLES: &str = "\
Examples:
  collapse run experiments/kazdan2024/gaussian.toml
  collapse run mine.toml --set loop.samples=500 --seeds 20
  collapse run mine.toml --profile paper --jobs 2
  collapse run mine.toml --dry-run";

/// Run an experiment from its spec.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct RunArgs {
    /// The spec, a TOML file
    pub spec: PathBuf,
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
        true => changes(publication),
        false => Ok(Answered::default()),
    };
    let how = Execution {
        options: &args.options,
        components,
        out: None,
        interrupt: &interrupt,
        answer: &answer,
        decisions: Vec::new(),
    };
    let done = execute(experiment, &how)?;
    if args.json && done.report.is_some() {
        json::print(&json::finished(&done))?;
        return Ok(done.exit_code());
    }
    if done.claims.is_empty() {
        terminal::values(&done.summary);
        for line in &done.answer.sentences {
            say!("{line}\n");
        }
    }
    terminal::finished(&done);
    Ok(done.exit_code())
}

/// The change of every metric since generation 0, in a sentence for each setting where they are few.
pub(super) fn changes(publication: &Publication) -> Result<Answered> {
    let changes = publish::changes(publication, &Asked::of(publication)).into_diagnostic()?;
    let mut keys: Vec<&SettingKey> = Vec::new();
    for change in &changes {
        if !keys.contains(&&change.key) {
            keys.push(&change.key);
        }
    }
    let one = |key: &&SettingKey| {
        let of: Vec<_> = changes.iter().filter(|c| c.key == **key).cloned().collect();
        let generation = of.iter().map(|c| c.generation).max().unwrap_or(0);
        let setting =
            if keys.len() > 1 { format!("{}: f", publish::setting_name(key, &keys)) } else { "F".into() };
        format!("{setting}rom generation 0 to {generation}, {}.", publish::words(&of))
    };
    let summed = (keys.len() > 1).then(|| summed_up(&changes, keys.len()));
    let sentences: Vec<String> =
        if keys.len() <= MOST_SENTENCES { keys.iter().map(one).collect() } else { Vec::new() };
    Ok(Answered { sentences: summed.into_iter().chain(sentences).collect(), changes, ..Answered::default() })
}

/// In how many settings each metric is worse, in one sentence.
fn summed_up(changes: &[SettingChange], settings: usize) -> String {
    let mut worse: Vec<(&str, usize)> = Vec::new();
    for change in changes.iter().filter(|c| c.change.word == Word::Worse) {
        match worse.iter_mut().find(|(metric, _)| *metric == change.metric) {
            Some((_, count)) => *count += 1,
            None => worse.push((&change.metric, 1)),
        }
    }
    let generation = changes.iter().map(|c| c.generation).max().unwrap_or(0);
    worse.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let list: Vec<String> = worse.iter().map(|(metric, count)| format!("{metric} in {count}")).collect();
    match list.is_empty() {
        true => format!(
            "From generation 0 to {generation} no metric is shown to be worse in any of {settings} settings."
        ),
        false => format!(
            "From generation 0 to {generation} it is worse in some of {settings} settings: {}.",
            list.join(", ")
        ),
    }
}

/// Settings that get a sentence each.
const MOST_SENTENCES: usize = 8;
