//! The human rows that a command line names: a source or a file.

use std::path::Path;

use miette::{Result, miette};

use crate::data::{SOURCES, Source};
use crate::spec::{Experiment, Overlays};

/// The `[data]` table of a source's name or a file's path, as `flag` gave it; `of_a_file` are further lines
/// of the table where it is a file.
pub(super) fn named(flag: &str, name: &str, of_a_file: &str) -> Result<String> {
    if SOURCES.get(name).is_some() {
        return Ok(format!("source = {name:?}\n"));
    }
    if Path::new(name).exists() {
        return Ok(format!("source = \"file\"\npath = {name:?}\n{of_a_file}"));
    }
    Err(miette!(
        help = "`collapse list data` shows the sources; a file is given by its path",
        "`{flag} {name}` is neither a source nor a file"
    ))
}

/// The source of a `[data]` table, with parameters set on the command line; errors name `flag`. It is read
/// as a spec's table is, so that errors are the same.
pub(super) fn open(flag: &str, table: &str, set: &[String]) -> Result<Source> {
    let text = format!(
        "[data]\n{table}[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 0\nsamples = 1\nregime = \"replace\"\n"
    );
    let overlays = set.iter().fold(Overlays::default(), |o, s| o.set(&format!("data.{s}")));
    let settings = Experiment::with_overlays(&text, flag, &overlays)?.settings()?;
    let mut own = settings[0].data.clone();
    let entry = SOURCES.find(own.selector("source")?)?;
    if let Some(table) = own.as_table_mut() {
        table.remove("source");
    }
    Ok((entry.build)(&own)?)
}
