//! The human rows that a command line names: a source or a file.

use std::path::Path;

use miette::{Result, miette};

use crate::data::{SOURCES, Source};
use crate::spec::{Experiment, Overlays};

/// The `[data]` table of what an option names; that of a file also has the lines `of_file`.
pub(super) fn table(option: &str, named: &str, of_file: &str) -> Result<String> {
    if SOURCES.get(named).is_some() {
        Ok(format!("source = {named:?}\n"))
    } else if Path::new(named).exists() {
        Ok(format!("source = \"file\"\npath = {named:?}\n{of_file}"))
    } else {
        Err(miette!(
            help = "`collapse list data` shows the sources; a file is given by its path",
            "`{option} {named}` is neither a source nor a file"
        ))
    }
}

/// The source of a `[data]` table, with parameters set on the command line. It is read as a spec's is, so that errors are
/// the same; `option` stands in them.
pub(super) fn open(option: &str, table: &str, set: &[String]) -> Result<Source> {
    let text = format!(
        "[data]\n{table}[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 0\nsamples = 1\nregime = \"replace\"\n"
    );
    let overlays = set.iter().fold(Overlays::default(), |o, s| o.set(&format!("data.{s}")));
    let settings = Experiment::with_overlays(&text, option, &overlays)?.settings()?;
    let mut own = settings[0].data.clone();
    let entry = SOURCES.find(own.selector("source")?)?;
    if let Some(table) = own.as_table_mut() {
        table.remove("source");
    }
    Ok((entry.build)(&own)?)
}
