//! `collapse list`: the names of everything that a spec can ask for.

use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};
use miette::Result;

use super::EXIT_DONE;
use crate::components::Components;
use crate::registry::{Known, Parameter};
use crate::spec::TABLES;
use crate::{tasks, theory};

/// List sources, families, metrics, regimes, curation steps, tasks, laws, and the keys of a spec.
#[derive(Args)]
pub struct ListArgs {
    /// What to list; everything if left out
    kind: Option<Kind>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Kind {
    #[value(alias = "sources")]
    Data,
    #[value(alias = "families")]
    Models,
    Metrics,
    Regimes,
    Curation,
    Tasks,
    Laws,
    Keys,
}

pub(super) fn list(args: &ListArgs, components: &Components) -> Result<u8> {
    for kind in Kind::value_variants().iter().filter(|k| args.kind.is_none_or(|asked| asked == **k)) {
        let (title, key, lines) = lines(*kind, components);
        say!("{title} ({key})\n");
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        for (name, summary) in lines {
            table.add_row([format!("  {name}"), summary]);
        }
        say!("{}\n", table.trim_fmt());
    }
    say!("`collapse describe NAME` says more.");
    Ok(EXIT_DONE)
}

fn lines(kind: Kind, components: &Components) -> (&'static str, &'static str, Vec<(String, String)>) {
    fn all<T, E>(known: &Known<T, E>) -> Vec<(String, String)> {
        known.iter().map(|c| (c.about.name.to_string(), c.about.summary.to_string())).collect()
    }
    match kind {
        Kind::Data => ("Sources of human rows", "[data] source", all(&components.sources)),
        Kind::Models => ("Families of models", "[model] family", all(&components.families)),
        Kind::Metrics => ("Metrics", "[measure] metrics", all(&components.metrics)),
        Kind::Regimes => ("Regimes", "[loop] regime", all(&components.regimes)),
        Kind::Curation => ("Curation steps", "[[curation]] step", all(&components.curations)),
        Kind::Tasks => {
            let mut lines = all(&components.tasks);
            let line = |s: &tasks::Score| (s.about.name.to_owned(), s.about.summary.to_owned());
            lines.extend(tasks::SCORES.iter().map(line));
            ("Downstream tasks and their scores", "[task] kind", lines)
        }
        Kind::Laws => {
            let line = |l: &'static theory::Law| (l.name.to_owned(), l.statement.to_owned());
            ("Laws", "[[claim]] law, [[figure]] overlay", theory::laws().map(line).collect())
        }
        Kind::Keys => {
            let table = |(table, keys): &(&str, &[Parameter])| -> Vec<(String, String)> {
                keys.iter().map(|key| (format!("{table}.{}", key.name), key.says())).collect()
            };
            (
                "Keys of a spec beside those of its components",
                "loop.start is `start` in [loop]",
                TABLES.iter().flat_map(table).collect(),
            )
        }
    }
}
