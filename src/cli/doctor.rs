//! `collapse doctor`: whether a run folder is whole, and what to do where it is not.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use miette::{IntoDiagnostic, Result};
use serde_json::json;

use super::{EXIT_DONE, EXIT_FAILED, json};
use crate::publish::command_line;
use crate::store::Folder;
use crate::store::doctor::{Examination, Fault, Remedy, examine};

const EXAMPLES: &str = "\
Examples:
  collapse doctor results/compare/digits8x8-vae-63be1e84
  collapse doctor results/mine --json
Exit codes: 0 all is as it was written · 1 something is damaged, missing or out of date · 2 no run folder, or one of
another version.";

/// Check every digest of a run folder, and say what is damaged, missing or out of date and what to do.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// The run folder
    folder: PathBuf,
    /// Print JSON in place of lines
    #[arg(long)]
    json: bool,
}

pub(super) fn doctor(args: &DoctorArgs) -> Result<u8> {
    let found = examine(&Folder::at(&args.folder)).into_diagnostic()?;
    let whole = found.findings.is_empty();
    if args.json {
        let remedies: BTreeMap<Remedy, String> =
            found.findings.iter().map(|f| (f.remedy, advice(f.remedy, &found, args))).collect();
        let remedies: BTreeMap<String, String> = remedies
            .into_iter()
            .map(|(remedy, text)| (serde_json::to_value(remedy).unwrap_or_default(), text))
            .filter_map(|(name, text)| Some((name.as_str()?.to_owned(), text)))
            .collect();
        let report = json!({ "folder": args.folder, "whole": whole, "found": found, "remedies": remedies });
        json::print(&report)?;
    } else {
        tell(&found, args);
    }
    Ok(if whole { EXIT_DONE } else { EXIT_FAILED })
}

fn tell(found: &Examination, args: &DoctorArgs) {
    for finding in &found.findings {
        let fault = match finding.fault {
            Fault::Damaged => "damaged",
            Fault::Missing => "missing",
            Fault::Stale => "out of date",
            Fault::Unfinished => "unfinished",
        };
        say!("{fault:<12} {}: {}", finding.file, finding.why);
    }
    let mut remedies: Vec<Remedy> = found.findings.iter().map(|f| f.remedy).collect();
    remedies.sort();
    remedies.dedup();
    for remedy in remedies {
        say!("{}", advice(remedy, found, args));
    }
    let megabytes = found.bytes as f64 / 1e6;
    match found.findings.len() {
        0 => say!("{} files, {megabytes:.1} MB: all as they were written", found.files),
        wrong => say!("{} files, {megabytes:.1} MB: {wrong} not as they should be", found.files),
    }
    if !found.unknown.is_empty() {
        say!("not of this run: {}", found.unknown.join(", "));
    }
    for repair in &found.repairs {
        say!("repaired at {}: {}", repair.at, repair.what);
    }
}

fn advice(remedy: Remedy, found: &Examination, args: &DoctorArgs) -> String {
    match remedy {
        Remedy::Run => {
            let command = match found.command.is_empty() {
                true => "the command that made the run".into(),
                false => format!("`{}`", command_line(&found.command)),
            };
            format!(
                "run {command} again: what is damaged or missing is run anew, the rest is used, and the tables are written anew"
            )
        }
        Remedy::Report => {
            format!("`collapse report {}` makes the page and its figures anew", args.folder.display())
        }
        Remedy::Remove => {
            "unfinished files and damaged models need only be removed; the next run does it".into()
        }
    }
}
