//! `collapse check`: reads a spec and says what it would run.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::Result;

use super::{EXIT_DONE, execute::refuse_large, json, run::OverlayArgs, terminal};
use crate::components::Components;
use crate::lineage::Context;
use crate::publish;
use crate::run::{Prepared, Work};
use crate::spec::Experiment;
use crate::store::Settings;

/// Read a spec and say what it would run.
#[derive(Args)]
pub struct CheckArgs {
    /// The spec, a TOML file
    pub spec: PathBuf,
    #[command(flatten)]
    overlays: OverlayArgs,
    /// Print the resolved spec too
    #[arg(long)]
    resolved: bool,
    /// Print JSON in place of tables
    #[arg(long)]
    json: bool,
    /// Refuse a run whose observations would take more gigabytes; default: 10
    #[arg(long, value_name = "GB")]
    disk: Option<f64>,
}

pub(super) fn check(args: &CheckArgs, components: &Arc<Components>) -> Result<u8> {
    let experiment = Experiment::from_file(&args.spec, &args.overlays.overlays())?;
    if args.resolved && !args.json {
        say!("{}", experiment.resolved());
    }
    publish::check_claims(&experiment)?;
    let prepared =
        Prepared::new(experiment, &Context { components: components.clone(), ..Context::default() })?;
    let records = Settings::of(prepared.settings());
    publish::check_laws(&prepared.experiment, &records)?;
    for (says, why) in publish::blind_before(&prepared.experiment, &records)? {
        remark!("the claim \"{says}\" is blind: {why}");
    }
    if args.json {
        json::print(&json::prepared(&prepared))?;
    } else {
        terminal::settings(&prepared);
    }
    refuse_large(&prepared, prepared.experiment.sweep.seeds.len(), args.disk)?;
    Ok(EXIT_DONE)
}
