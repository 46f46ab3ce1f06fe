//! The `collapse` command as a user meets it. One binary, since each links burn again.

#![allow(clippy::unwrap_used)]

mod augment;
mod command;
mod components;
mod documents;
mod errors;
mod front_door;
mod kill;
mod outside;
mod own_files;
mod pipes;
mod reproduce;
mod specs;
mod trust;

use std::path::Path;

use assert_cmd::Command;

/// The `collapse` command, run in `folder`.
fn collapse(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_collapse"));
    command.current_dir(folder);
    command
}

/// A spec of a small Gaussian run.
const GAUSSIAN: &str = r#"
[about]
title = "small"
[data]
source = "gaussian"
dim = 1
[model]
family = "gaussian"
[loop]
generations = 5
samples = 20
regime = "replace"
[measure]
metrics = ["variance", "wasserstein2", "sample-variance"]
size = 50
[sweep]
seeds = 30
"loop.regime" = ["replace", "accumulate"]
"#;
