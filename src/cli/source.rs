//! The human rows that a command line names: a source or a file.

use std::path::Path;

use clap::Args;
use miette::{Result, miette};

use crate::components::Components;
use crate::data::{Missing, Options, SOURCES, Scheme, Source};
use crate::registry::{BuildContext, Entry};
use crate::spec::{Experiment, Node, Overlays};

/// How files of one's own are read: the same options at every command, for the human file and for those beside it.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "How files are read")]
pub struct ReadingArgs {
    /// The column (in JSON lines the field) that holds text
    #[arg(long, value_name = "NAME")]
    pub text_column: Option<String>,
    /// The column to predict
    #[arg(long, value_name = "NAME")]
    pub label_column: Option<String>,
    /// A sensitive column: its groups are reported
    #[arg(long, value_name = "NAME")]
    pub group_column: Option<String>,
    /// Columns to leave out
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Columns that only tell rows apart: left out
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub id_column: Vec<String>,
    /// A column (a document, a prompt, a person) whose rows stay on one side of every split
    #[arg(long, value_name = "NAME")]
    pub group_split: Option<String>,
    /// Columns whose numbers are names of categories
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub categorical: Vec<String>,
    /// Columns of numbers: what is no number there counts as a gap
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub numeric: Vec<String>,
    /// What happens to gaps: a level of their own among words (rows without a number are left out), every row with one is
    /// left out, or an error [default: level]
    #[arg(long, value_name = "WHAT", value_parser = ["level", "drop", "error"])]
    pub missing: Option<String>,
    /// The sign between cells; default: the most frequent of , tab ; | in line 1
    #[arg(long, value_name = "SIGN")]
    pub delimiter: Option<String>,
    /// The sign before the fraction of numbers; default: as each column says
    #[arg(long, value_name = "SIGN", value_parser = [".", ","])]
    pub decimal: Option<String>,
    /// Whether line 1 names the columns; default: unless all its cells are numbers
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    pub header: Option<bool>,
    /// How tags mark mentions [default: bio]
    #[arg(long, value_name = "NAME", value_parser = ["bio", "iob1", "plain"])]
    pub scheme: Option<String>,
    /// The column of the token in tagged text, from 1
    #[arg(long, value_name = "N")]
    pub token_column: Option<usize>,
}

/// The option of each key of `[data]` that [`ReadingArgs`] has one for.
const FLAGS: [(&str, &str); 15] = [
    ("group_split", "--group-split"),
    ("text_column", "--text-column"),
    ("text_field", "--text-column"),
    ("label", "--label-column"),
    ("group", "--group-column"),
    ("without", "--without"),
    ("id_column", "--id-column"),
    ("categorical", "--categorical"),
    ("numeric", "--numeric"),
    ("missing", "--missing"),
    ("delimiter", "--delimiter"),
    ("decimal", "--decimal"),
    ("header", "--header"),
    ("scheme", "--scheme"),
    ("token_column", "--token-column"),
];

impl ReadingArgs {
    /// Lines of a `[data]` table.
    pub fn table(&self) -> String {
        let mut table = toml::Table::new();
        let words = [
            ("text_column", &self.text_column),
            ("label", &self.label_column),
            ("group", &self.group_column),
            ("group_split", &self.group_split),
            ("missing", &self.missing),
            ("delimiter", &self.delimiter),
            ("decimal", &self.decimal),
            ("scheme", &self.scheme),
        ];
        for (key, word) in words {
            table.extend(word.as_ref().map(|word| (key.to_owned(), word.as_str().into())));
        }
        let lists = [
            ("without", &self.without),
            ("id_column", &self.id_column),
            ("categorical", &self.categorical),
            ("numeric", &self.numeric),
        ];
        for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
            table.insert(key.into(), list.clone().into());
        }
        table.extend(self.header.map(|header| ("header".to_owned(), header.into())));
        table.extend(self.token_column.map(|n| ("token_column".to_owned(), (n as i64).into())));
        table.to_string()
    }

    /// The same for the library.
    pub fn options(&self) -> Options {
        let list = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        let missing = |word: &str| match word {
            "drop" => Missing::Drop,
            "error" => Missing::Error,
            _ => Missing::Level,
        };
        let scheme = |word: &str| match word {
            "iob1" => Scheme::Iob1,
            "plain" => Scheme::Plain,
            _ => Scheme::Bio,
        };
        Options {
            text_column: self.text_column.clone(),
            label: self.label_column.clone(),
            group: self.group_column.clone(),
            group_split: self.group_split.clone(),
            without: list(&self.without),
            id_column: list(&self.id_column),
            categorical: list(&self.categorical),
            numeric: list(&self.numeric),
            missing: self.missing.as_deref().map(missing),
            delimiter: self.delimiter.clone(),
            decimal: self.decimal.clone(),
            header: self.header,
            scheme: self.scheme.as_deref().map(scheme),
            token_column: self.token_column,
            ..Options::default()
        }
    }

    /// Whether none is given.
    pub fn is_empty(&self) -> bool {
        self.table().is_empty()
    }
}

/// The `[data]` table of a source's name or a file's path, as `flag` gave it; `of_a_file` are further lines
/// of the table where it is a file.
pub(super) fn named(flag: &str, name: &str, of_a_file: &str, components: &Components) -> Result<String> {
    if components.sources.get(name).is_some() {
        return Ok(format!("source = {}\n", quoted(name)));
    }
    if name == "-" || Path::new(name).exists() {
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
    /// Keys with an option of the command's own, beside those of [`ReadingArgs`], and that option.
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
        let files = ["csv", "jsonl", "text", "conll", "idx", "numpy", "images"]
            .into_iter()
            .filter_map(|name| SOURCES.get(name));
        let known = files.flat_map(|e: &Entry<Source>| e.about.parameters).any(|p| p.name == key);
        if !known {
            return None;
        }
        let list = matches!(key, "columns" | "without" | "categorical" | "numeric" | "id_column");
        let column = list || matches!(key, "label" | "group" | "group_split" | "text_column" | "text_field");
        let value = value.unwrap_or(if column { "NAME" } else { "…" });
        if let Some((_, flag)) = self.flags.iter().chain(&FLAGS).find(|(name, _)| *name == key) {
            return Some(format!("{flag} {value}"));
        }
        let table = self.set?;
        let value = if list { format!("'[\"{value}\"]'") } else { value.to_owned() };
        Some(format!("--set {table}{key}={value}"))
    }
}

/// The source of a `[data]` table, with parameters set on the command line; errors name `flag` and advise in
/// the command's words. It is read as a spec's table is, so that errors are the same.
pub(super) fn open(
    flag: &str,
    table: &str,
    set: &[String],
    wording: &Wording,
    components: &Components,
) -> Result<Source> {
    let mut own = read(flag, table, set)?;
    let entry = components.sources.find(own.selector("source")?)?;
    if let Some(table) = own.as_table_mut() {
        table.remove("source");
    }
    let built = entry.build(&own, &BuildContext::default());
    Ok(built.map_err(|error| error.advised(|help| wording.advice(help)))?)
}

/// The options of files that no source opens, with parameters set on the command line.
pub(super) fn options(reading: &ReadingArgs, set: &[String]) -> Result<Options> {
    let mut own = read("--set", &format!("source = \"file\"\npath = \"\"\n{}", reading.table()), set)?;
    if let Some(table) = own.as_table_mut() {
        table.remove("source");
    }
    Ok(own.read(&[])?)
}

/// A `[data]` table as a spec has it.
fn read(flag: &str, table: &str, set: &[String]) -> Result<Node> {
    let text = format!(
        "[data]\n{table}[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 0\nsamples = 1\nregime = \"replace\"\n"
    );
    let overlays = set.iter().fold(Overlays::default(), |o, s| o.set(&format!("data.{s}")));
    let settings = Experiment::with_overlays(&text, flag, &overlays)?.settings()?;
    Ok(settings[0].data.clone())
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
            "fill it in, or set `--missing drop`, or leave it out with `--without NAME`, not `elsewhere`"
        );
        assert_eq!(set.advice("lower `min_count`"), "lower `--set data.min_count=…`");
        let flags = Wording { flags: &[("scale", "--scale")], set: None };
        assert_eq!(
            flags.advice("try `header = false`, `scale` and `cut`"),
            "try `--header false`, `--scale …` and `cut`"
        );
    }

    #[test]
    fn what_is_said_to_a_command_reads_back_from_toml() {
        let args = ReadingArgs {
            label_column: Some("Churn? \"é\" \u{202f}".into()),
            without: vec!["a,b".into()],
            header: Some(false),
            token_column: Some(2),
            ..ReadingArgs::default()
        };
        let table = Node::from_toml(&format!("path = \"x\"\n{}", args.table()), "x").expect("TOML");
        let read: Options = table.read(&[]).expect("options");
        let direct = args.options();
        assert_eq!(read.label, direct.label);
        assert_eq!((read.without, read.header, read.token_column), (direct.without, Some(false), Some(2)));
        assert!(ReadingArgs::default().is_empty() && !args.is_empty());
    }
}
