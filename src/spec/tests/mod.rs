#![allow(clippy::unwrap_used)]
//! Tests of the whole spec machinery.

use super::*;

mod digests;
mod errors;
mod example;
mod overlays;
mod robust;
mod schedules;
mod sweeps;

/// The example of the design document, word for word.
const DESIGN: &str = include_str!("design.toml");

/// A small complete spec; `more` is appended.
fn small(more: &str) -> String {
    format!(
        "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"gaussian\"\nddof = 0\n\
         [loop]\ngenerations = 10\nsamples = 100\nregime = \"replace\"\n{more}"
    )
}

fn load(text: &str) -> Result<Experiment, Error> {
    Experiment::from_toml(text, "e.toml")
}

/// A minimal spec whose [loop] holds exactly `lines`.
fn with_loop(lines: &str) -> Result<Experiment, Error> {
    load(&format!("[data]\nsource = \"d\"\n[model]\nfamily = \"f\"\n[loop]\n{lines}"))
}
