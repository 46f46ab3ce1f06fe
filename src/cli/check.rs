//! `collapse check`: reads a spec and says what it would run, or everything that is wrong with it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use miette::Result;
use serde_json::json;

use super::{EXIT_DONE, EXIT_USAGE, json, limits, run::OverlayArgs, terminal};
use crate::components::Components;
use crate::experiment::examine;
use crate::experiment::limits::Limits;
use crate::lineage::Context;
use crate::publish;
use crate::run::{Prepared, Work};
use crate::spec::Error;
use crate::store::Settings;

/// Read a spec and say what it would run, or everything that is wrong with it.
#[derive(Args)]
pub struct CheckArgs {
    /// The spec, a TOML file
    pub spec: PathBuf,
    #[command(flatten)]
    overlays: OverlayArgs,
    /// Print the resolved spec too
    #[arg(long)]
    resolved: bool,
    /// Print JSON in place of tables: what would run, or every mistake with its place
    #[arg(long)]
    json: bool,
    /// Refuse a run whose observations would take more gigabytes; default: 10
    #[arg(long, value_name = "GB", value_parser = limits::gigabytes)]
    disk: Option<f64>,
    /// Refuse a run that would take more gigabytes of memory; default: what the machine has
    #[arg(long, value_name = "GB", value_parser = limits::gigabytes)]
    memory: Option<f64>,
}

pub(super) fn check(args: &CheckArgs, components: &Arc<Components>) -> Result<u8> {
    let prepared = match prepared(args, components) {
        Err(error) if args.json => {
            json::print(&json!({ "mistakes": examine::mistakes(&error) }))?;
            return Ok(EXIT_USAGE);
        }
        read => read?,
    };
    if args.resolved && !args.json {
        say!("{}", prepared.experiment.resolved());
    }
    if !prepared.experiment.claims.is_empty() {
        let records = Settings::of(prepared.settings());
        for (says, why) in publish::blind_before(&prepared.experiment, &records)? {
            remark!("the claim \"{says}\" is blind: {why}");
        }
    }
    if args.json {
        json::print(&json::prepared(&prepared))?;
    } else {
        terminal::settings(&prepared);
    }
    let limits = Limits { disk: args.disk, memory: args.memory };
    limits.refuse_large(&prepared, prepared.experiment.sweep.seeds.len(), limits::jobs_or_all(None))?;
    Ok(EXIT_DONE)
}

fn prepared(args: &CheckArgs, components: &Arc<Components>) -> Result<Prepared, Error> {
    let memory = args.memory.map(|gigabytes| 1e9 * gigabytes);
    let context = Context { components: components.clone(), memory, ..Context::default() };
    let experiment = examine::file(&args.spec, &args.overlays.overlays(), &context)?;
    examine::prepared(experiment, &context)
}
