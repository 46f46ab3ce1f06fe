//! `collapse effects`: the causal effects of a sensitive column in one table, with intervals.

use std::path::PathBuf;

use clap::Args;
use comfy_table::Cell;
use miette::{IntoDiagnostic, Result, miette};
use serde_json::{Value, json};

use super::source::{self, ReadingArgs, Wording};
use super::tables::{self, right};
use super::terminal::remarks;
use super::{EXIT_DONE, json, limits};
use crate::components::Components;
use crate::data::{Column, Effects, Kind, Levels, Samples, Schema, Supply};
use crate::metrics::causal::{Bootstrap, Graph};
use crate::rng::Streams;
use crate::store::write_atomically;

const EXAMPLES: &str = "\
Examples:
  collapse effects --table mine.csv --label-column hired --group-column sex --mediators education,experience
  collapse effects --table adult --mediators edunum,marital,occ,hours
  collapse effects --table made.csv --label-column income --group-column sex --x0 Male --missing drop --without day

The effects of Plečko and Bareinboim on the label's second level, from the group x0 to the other one:
  TV = E[Y | x1] - E[Y | x0]      all of the difference between the groups
  DE   along X -> Y               group 0, treated as group 1 by the outcome alone
  IE   along X -> W -> Y          from x1 to x0: a negative one adds to TV
  SE   through X <-> Z            from x1 to x0: a negative one adds to TV
TV = DE - IE - SE exactly. They rest on the graph, which is assumed: mediators lie between group and label, all other
columns are confounders.";

/// How this command says what a spec says in `[data]`.
const WORDING: Wording = Wording { flags: &[], set: Some("") };

/// An effect: its name in a file and in the terminal, and which it is.
type Part = (&'static str, &'static str, fn(&Effects) -> f64);

const PARTS: [Part; 4] = [
    ("total-variation-effect", "TV, total", |e| e.total_variation),
    ("counterfactual-direct-effect", "DE, direct", |e| e.direct),
    ("counterfactual-indirect-effect", "IE, indirect", |e| e.indirect),
    ("counterfactual-spurious-effect", "SE, spurious", |e| e.spurious),
];

/// Estimate the causal effects of a sensitive column in a table, with intervals.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct EffectsArgs {
    /// The table: a file (.csv, .jsonl), or a source (`collapse list data`)
    #[arg(long, value_name = "FILE|NAME")]
    table: String,
    /// Columns that lie between the group and the label; the others are confounders
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    mediators: Vec<String>,
    /// The level of the group that is x0, the one treated as the other; default: the first
    #[arg(long, value_name = "LEVEL")]
    x0: Option<String>,
    /// How a file is read. The label is the outcome and the group the sensitive column, of two levels each; a source has
    /// its own, and `--without` leaves columns of it out of the graph.
    #[command(flatten)]
    reading: ReadingArgs,
    /// Resamples of the rows
    #[arg(long, value_name = "R", default_value_t = 400, value_parser = limits::times)]
    resamples: usize,
    /// A parameter of the source, as in --set rows=5000; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// A file for the effects as CSV; default: none is written
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Resamples at the same time; default: the number of processors
    #[arg(long, value_name = "N", value_parser = limits::jobs)]
    jobs: Option<usize>,
    /// Print JSON in place of tables
    #[arg(long)]
    json: bool,
    /// Re-randomises the resamples
    #[arg(long, value_name = "N", default_value_t = 0)]
    salt: u64,
}

pub(super) fn effects(args: &EffectsArgs, components: &Components) -> Result<u8> {
    if args.resamples < 100 {
        return Err(miette!(
            help = "the ends of a 95 % interval are percentiles: give 100 or more",
            "`--resamples`: {} are too few",
            args.resamples
        ));
    }
    let rows = rows(args, components)?;
    let refused = |why: crate::models::Refusal| {
        miette!(
            help = "name other columns with --label-column, --group-column, --mediators and --without, or list numbers \
                    that are names with --categorical",
            "`--table {}`: {why}",
            args.table
        )
    };
    let graph = Graph::new(rows.schema(), &args.mediators).map_err(refused)?;
    let rows = match &args.x0 {
        Some(level) => from_level(rows, &graph, level)?,
        None => rows,
    };
    let jobs = limits::jobs_or_all(args.jobs);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().into_diagnostic()?;
    let streams = Streams::new(args.salt, 0).of("effects");
    let found = pool.install(|| Bootstrap::new(&rows, &graph, args.resamples, &streams)).map_err(refused)?;
    if args.json {
        json::print(&as_json(&found, &assumed(&rows, &graph)))?;
    } else {
        say!("{}", assumed(&rows, &graph));
        say!("\n{}\n", table(&found));
        say!(
            "95 % intervals over rows: percentiles of {} resamples. They take the graph for granted.",
            args.resamples
        );
    }
    if let Some(path) = &args.out {
        write_atomically(path, &csv_of(&found)?).into_diagnostic()?;
        if !args.json {
            say!("effects  {}", path.display());
        }
    }
    Ok(EXIT_DONE)
}

/// All rows of the table, training, validation and held-out rows alike.
fn rows(args: &EffectsArgs, components: &Components) -> Result<Samples> {
    let is_file = components.sources.get(&args.table).is_none();
    let table = source::named("--table", &args.table, &args.reading.table(), components)?;
    let others = ReadingArgs { without: Vec::new(), ..args.reading.clone() };
    if !is_file && !others.is_empty() {
        return Err(miette!(
            help = "leave --label-column, --group-column and the other options of files out",
            "`--table {}` is a source, and its columns have their roles already",
            args.table
        ));
    }
    let source = source::open("--table", &table, &args.set, &WORDING, components)?;
    remarks(source.file.as_deref());
    let mut rows = match &source.supply {
        Supply::Distribution(d) => d.draw(2000, &mut Streams::new(args.salt, 0).of("rows").rng()),
        Supply::Finite(splits) => {
            Samples::concat(&[&*splits.train, &*splits.validation, &*splits.held_out]).into_diagnostic()?
        }
    };
    // A file's are left out already.
    for name in args.reading.without.iter().filter(|_| !is_file) {
        let names = || rows.schema().fields.iter().map(|f| f.name.as_str());
        let Some(at) = names().position(|n| n == name) else {
            let known = names().collect::<Vec<_>>().join(", ");
            return Err(miette!(
                help = format!("there are {known}"),
                "`--without {name}`: there is no such column"
            ));
        };
        rows = rows.without(at);
    }
    Ok(rows)
}

/// The rows with the group's levels in such an order that `level` is x0.
fn from_level(rows: Samples, graph: &Graph, level: &str) -> Result<Samples> {
    let name = |code| level_name(rows.schema(), graph.group, code);
    if name(0) == level {
        return Ok(rows);
    }
    if name(1) != level {
        return Err(miette!(
            help = format!("there are `{}` and `{}`", name(0), name(1)),
            "`--x0 {level}`: the group has no such level"
        ));
    }
    let mut schema = Schema::clone(rows.schema());
    let levels = Levels::Named([name(1), name(0)].into());
    schema.fields[graph.group].kind = Kind::Codes { levels };
    let turned = |i: usize| match rows.column(i) {
        Column::Codes { data } if i == graph.group => {
            Column::Codes { data: data.iter().map(|c| 1 - c).collect() }
        }
        other => other.clone(),
    };
    let columns = (0..schema.fields.len()).map(turned).collect();
    Samples::new(schema.into(), columns).into_diagnostic()
}

fn level_name(schema: &Schema, column: usize, code: u32) -> String {
    match &schema.fields[column].kind {
        Kind::Codes { levels } => levels.name(code),
        _ => code.to_string(),
    }
}

/// What the estimates take for granted.
fn assumed(rows: &Samples, graph: &Graph) -> String {
    let schema = rows.schema();
    let names = |columns: &[usize]| match columns {
        [] => "none".to_owned(),
        some => some.iter().map(|&i| schema.fields[i].name.as_str()).collect::<Vec<_>>().join(", "),
    };
    let (x, y) = (graph.group, graph.outcome);
    format!(
        "{} rows; effects of {} (from x0 = {} to x1 = {}) on the share of {} = {}\n\nassumed graph: X <-> Z, {{X, Z}} -> W, \
         {{X, Z, W}} -> Y\n  X group        {}\n  Z confounders  {}\n  W mediators    {}\n  Y outcome      {}",
        rows.len(),
        schema.fields[x].name,
        level_name(schema, x, 0),
        level_name(schema, x, 1),
        schema.fields[y].name,
        level_name(schema, y, 1),
        schema.fields[x].name,
        names(&graph.confounders),
        names(&graph.mediators),
        schema.fields[y].name,
    )
}

fn table(found: &Bootstrap) -> String {
    let mut table = tables::dense(&["effect", "estimate", "95 % interval"]);
    let effects = found.means.effects();
    for (_, name, part) in PARTS {
        let (low, high) = found.interval(part, 0.95);
        table.add_row([
            Cell::new(name),
            right(format!("{:+.3}", part(&effects))),
            right(format!("[{low:+.3}, {high:+.3}]")),
        ]);
    }
    tables::fitted(table)
}

fn as_json(found: &Bootstrap, assumed: &str) -> Value {
    let effects = found.means.effects();
    let effect = |(name, _, part): &Part| {
        let (low, high) = found.interval(*part, 0.95);
        json!({ "effect": name, "value": part(&effects), "low": low, "high": high })
    };
    json!({
        "assumed": assumed, "resamples": found.resamples.len(), "effects": PARTS.iter().map(effect).collect::<Vec<_>>(),
    })
}

fn csv_of(found: &Bootstrap) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["effect", "value", "ci_low", "ci_high", "resamples"]).into_diagnostic()?;
    let effects = found.means.effects();
    for (name, _, part) in PARTS {
        let (low, high) = found.interval(part, 0.95);
        let cells = [part(&effects), low, high].map(|v| v.to_string());
        let resamples = found.resamples.len().to_string();
        writer.write_record([name, &cells[0], &cells[1], &cells[2], &resamples]).into_diagnostic()?;
    }
    writer.into_inner().into_diagnostic()
}
