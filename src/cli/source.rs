//! The human rows that a command line names: a source or a file.

use std::path::Path;

use miette::{Result, miette};

use crate::data::{SOURCES, Source};
use crate::registry::Entry;
use crate::spec::{Experiment, Overlays};

/// The `[data]` table of a source's name or a file's path, as `flag` gave it; `of_a_file` are further lines
/// of the table where it is a file.
pub(super) fn named(flag: &str, name: &str, of_a_file: &str) -> Result<String> {
    if SOURCES.get(name).is_some() {
        return Ok(format!("source = {}\n", quoted(name)));
    }
    if Path::new(name).exists() {
        return Ok(format!("source = \"file\"\npath = {}\n{of_a_file}", quoted(name)));
    }
    Err(miette!(
        help = "`collapse list data` shows the sources; a file is given by its path",
        "`{flag} {name}` is neither a source nor a file"
    ))
}

/// A string as TOML writes it.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// How a command says what a spec says in `[data]`.
pub(super) struct Wording {
    /// Keys with an option of their own, and that option.
    pub flags: &'static [(&'static str, &'static str)],
    /// What `--set` wants before all other keys; none where the command has no `--set`.
    pub set: Option<&'static str>,
}

impl Wording {
    /// The advice of an error in the words of the command: a key in backticks becomes what sets it there.
    pub fn advice(&self, help: &str) -> String {
        let said = |(i, piece): (usize, &str)| match i % 2 {
            0 => piece.to_owned(),
            _ => format!("`{}`", self.option(piece).unwrap_or_else(|| piece.to_owned())),
        };
        help.split('`').enumerate().map(said).collect()
    }

    fn option(&self, code: &str) -> Option<String> {
        let (key, value) =
            code.split_once(" = ").map_or((code, None), |(k, v)| (k, Some(v.trim_matches('"'))));
        let files = ["csv", "jsonl", "text", "conll", "idx"].into_iter().filter_map(|name| SOURCES.get(name));
        let known = files.flat_map(|e: &Entry<Source>| e.about.parameters).any(|p| p.name == key);
        if !known {
            return None;
        }
        let list = matches!(key, "columns" | "without" | "categorical");
        let column = list || matches!(key, "label" | "group" | "text_column" | "text_field");
        let value = value.unwrap_or(if column { "NAME" } else { "…" });
        if let Some((_, flag)) = self.flags.iter().find(|(name, _)| *name == key) {
            return Some(format!("{flag} {value}"));
        }
        let table = self.set?;
        let value = if list { format!("'[\"{value}\"]'") } else { value.to_owned() };
        Some(format!("--set {table}{key}={value}"))
    }
}

/// The source of a `[data]` table, with parameters set on the command line; errors name `flag` and advise in
/// the command's words. It is read as a spec's table is, so that errors are the same.
pub(super) fn open(flag: &str, table: &str, set: &[String], wording: &Wording) -> Result<Source> {
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
    Ok((entry.build)(&own).map_err(|error| error.advised(|help| wording.advice(help)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_what_the_command_takes() {
        let help = "fill it in, or set `missing = \"drop\"`, or leave it out with `without`, not `elsewhere`";
        let set = Wording { flags: &[], set: Some("data.") };
        assert_eq!(
            set.advice(help),
            "fill it in, or set `--set data.missing=drop`, or leave it out with `--set data.without='[\"NAME\"]'`, not \
             `elsewhere`"
        );
        let flags = Wording { flags: &[("missing", "--missing"), ("without", "--without")], set: None };
        assert_eq!(
            flags.advice(help),
            "fill it in, or set `--missing drop`, or leave it out with `--without NAME`, not `elsewhere`"
        );
        assert_eq!(flags.advice("try `header = false`"), "try `header = false`");
    }
}
