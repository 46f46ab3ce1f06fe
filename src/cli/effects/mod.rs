//! `collapse effects`: the causal effects of a sensitive column in a table, with intervals, and what another table has in
//! their place.

mod page;

use std::path::PathBuf;

use clap::Args;
use comfy_table::Cell;
use miette::{IntoDiagnostic, Result, miette};
use serde_json::{Value, json};

use super::progress;
use super::source::{self, ReadingArgs, Wording};
use super::tables::{self, right};
use super::terminal::remarks;
use super::{EXIT_DONE, json, limits};
use crate::components::Components;
use crate::data::{
    AsHuman, Column, Effects, Kind, Levels, Options, OtherCard, Samples, Schema, SourceError, Supply,
};
use crate::metrics::causal::{Bootstrap, Graph, difference};
use crate::rng::Streams;
use crate::store::write_atomically;

const EXAMPLES: &str = "\
Examples:
  collapse effects --table mine.csv --label-column hired --group-column sex --mediators education,experience
  collapse effects --table adult --mediators edunum,marital,occ,hours
  collapse effects --table made.csv --label-column income --group-column sex --x0 Male --missing drop --without day
  collapse effects --table mine.csv --against synthetic.csv --label-column hired --group-column sex --out effects/

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
    /// A second table, of synthetic rows for example, read as the first: how far its effects are from those of the first
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
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
    /// A folder for report.html, the figure and effects.csv; a name that ends in .csv: a file for the effects alone.
    /// Default: none is written
    #[arg(long, value_name = "DIR|FILE")]
    out: Option<PathBuf>,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
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
    let Tables { rows, other, cards } = tables(args, components)?;
    OtherCard::remarks(&cards).iter().for_each(|line| remark!("{line}"));
    let refused = |table: &str, why: crate::models::Refusal| {
        miette!(
            help = "name other columns with --label-column, --group-column, --mediators and --without, or list numbers \
                    that are names with --categorical",
            "`{table}`: {why}"
        )
    };
    let first = |why| refused(&args.table, why);
    let graph = Graph::new(rows.schema(), &args.mediators).map_err(first)?;
    let turned = |rows: Samples| match &args.x0 {
        Some(level) => from_level(rows, &graph, level),
        None => Ok(rows),
    };
    let (rows, other) = (turned(rows)?, other.map(turned).transpose()?);
    let jobs = limits::jobs_or_all(args.jobs);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().into_diagnostic()?;
    let bar = progress::steps(args.resamples * (1 + usize::from(other.is_some())), "resamples", args.quiet);
    let streams = Streams::new(args.salt, 0);
    let of = |rows: &Samples, purpose: &str| {
        pool.install(|| Bootstrap::new(rows, &graph, args.resamples, &streams.of(purpose), &|| bar.inc(1)))
    };
    let found = of(&rows, "effects").map_err(first)?;
    let against = match (&args.against, &other) {
        (Some(path), Some(other)) => {
            let second = |why| refused(&path.display().to_string(), why);
            Some(of(other, "effects-against").map_err(second)?)
        }
        _ => None,
    };
    bar.finish_and_clear();
    let assumed = assumed(&rows, other.as_ref(), &graph);
    let found = Found { args, assumed, found, against };
    match args.json {
        true => json::print(&found.as_json())?,
        false => {
            say!("{}", found.assumed);
            say!("\n{}\n", found.table());
            found.sentences().iter().for_each(|line| say!("{line}"));
        }
    }
    let Some(out) = &args.out else { return Ok(EXIT_DONE) };
    let (file, page) = match out.extension().is_some_and(|ending| ending == "csv") {
        true => (out.clone(), None),
        false => {
            std::fs::create_dir_all(out).into_diagnostic()?;
            (out.join("effects.csv"), Some(found.publish(out)?))
        }
    };
    write_atomically(&file, &found.csv()?).into_diagnostic()?;
    if !args.json {
        say!("effects  {}", file.display());
        page.iter().for_each(|page| say!("page     {}", page.display()));
    }
    Ok(EXIT_DONE)
}

/// What was asked and found.
struct Found<'a> {
    args: &'a EffectsArgs,
    assumed: String,
    found: Bootstrap,
    against: Option<Bootstrap>,
}

/// An estimate with its 95 % interval.
type Interval = (f64, f64, f64);

impl Found<'_> {
    fn of(&self, part: fn(&Effects) -> f64) -> Interval {
        estimate(&self.found, part)
    }

    fn other(&self, part: fn(&Effects) -> f64) -> Option<Interval> {
        self.against.as_ref().map(|of| estimate(of, part))
    }

    /// The second table's effect less the first one's.
    fn difference(&self, part: fn(&Effects) -> f64) -> Option<Interval> {
        let against = self.against.as_ref()?;
        let (low, high) = difference(&self.found, against, part, 0.95);
        Some((part(&against.means.effects()) - part(&self.found.means.effects()), low, high))
    }

    fn table(&self) -> String {
        let cells = |(value, low, high): Interval| {
            [right(format!("{value:+.3}")), right(tables::tied(&format!("[{low:+.3}, {high:+.3}]")))]
        };
        let mut heads = vec!["effect", "estimate", "95 % interval"];
        if self.against.is_some() {
            heads = vec![
                "effect",
                "first table",
                "95 % interval",
                "second table",
                "95 % interval",
                "difference",
                "95 % interval",
            ];
        }
        let mut table = tables::dense(&heads);
        for (_, name, part) in PARTS {
            let all = [Some(self.of(part)), self.other(part), self.difference(part)];
            table.add_row(std::iter::once(Cell::new(name)).chain(all.into_iter().flatten().flat_map(cells)));
        }
        tables::fitted(table)
    }

    /// The answer and what it rests on.
    fn sentences(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(path) = &self.args.against {
            let moved: Vec<String> = PARTS
                .iter()
                .filter_map(|(_, name, part)| {
                    let (value, low, high) = self.difference(*part)?;
                    (low > 0.0 || high < 0.0).then(|| format!("{name} {value:+.3} [{low:+.3}, {high:+.3}]"))
                })
                .collect();
            lines.push(match moved.is_empty() {
                true => format!(
                    "No effect in {} differs from the first table's beyond the noise.",
                    path.display()
                ),
                false => format!(
                    "Beyond the noise, {} differs from the first table: {}.",
                    path.display(),
                    moved.join("; ")
                ),
            });
        }
        lines.push(format!(
            "95 % intervals over rows: percentiles of {} resamples{}. They take the graph for granted.",
            self.args.resamples,
            if self.against.is_some() { " of each table; of a difference, of both at once" } else { "" }
        ));
        lines
    }

    fn as_json(&self) -> Value {
        let of = |(value, low, high): Interval| json!({ "value": value, "low": low, "high": high });
        let effect = |(name, _, part): &Part| {
            let (value, low, high) = self.of(*part);
            let mut row = json!({ "effect": name, "value": value, "low": low, "high": high });
            if let (Some(other), Some(difference)) = (self.other(*part), self.difference(*part)) {
                row["against"] = of(other);
                row["difference"] = of(difference);
            }
            row
        };
        json!({
            "assumed": self.assumed, "resamples": self.found.resamples.len(),
            "effects": PARTS.iter().map(effect).collect::<Vec<_>>(),
        })
    }

    fn csv(&self) -> Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer
            .write_record(["table", "effect", "value", "ci_low", "ci_high", "resamples"])
            .into_diagnostic()?;
        let resamples = self.found.resamples.len().to_string();
        let mut row = |table: &str, name: &str, (value, low, high): Interval| {
            let cells = [value, low, high].map(|v| v.to_string());
            writer.write_record([table, name, &cells[0], &cells[1], &cells[2], &resamples]).into_diagnostic()
        };
        for (name, _, part) in PARTS {
            row("first", name, self.of(part))?;
            let more = [("second", self.other(part)), ("difference", self.difference(part))];
            more.into_iter()
                .filter_map(|(table, of)| Some((table, of?)))
                .try_for_each(|(table, of)| row(table, name, of))?;
        }
        writer.into_inner().into_diagnostic()
    }
}

fn estimate(of: &Bootstrap, part: fn(&Effects) -> f64) -> Interval {
    let (low, high) = of.interval(part, 0.95);
    (part(&of.means.effects()), low, high)
}

/// The rows of both tables under one schema.
struct Tables {
    rows: Samples,
    other: Option<Samples>,
    cards: Vec<OtherCard>,
}

/// All rows of the table, training, validation and held-out rows alike, and those of the second one read as they were.
fn tables(args: &EffectsArgs, components: &Components) -> Result<Tables> {
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
    let (mut other, mut cards) = (None, Vec::new());
    if let Some(path) = &args.against {
        let mut reader = AsHuman::new(&source, &Options::default());
        let made = reader.read(path, &[]).map_err(|e| advised(&e))?;
        rows = reader.grown(&rows).into_diagnostic()?;
        (other, cards) = (Some(made.rows), vec![made.card]);
    }
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
        (rows, other) = (rows.without(at), other.map(|rows| rows.without(at)));
    }
    Ok(Tables { rows, other, cards })
}

/// An error of a file in the words of the command line.
fn advised(error: &SourceError) -> miette::Report {
    let (what, help) = match error {
        SourceError::File(e) => (format!("{}{}: {}", e.path.display(), e.place, e.what()), e.help()),
        SourceError::Parameter(e) => (format!("`{}`: {}", e.key, e.why), e.help.clone()),
    };
    miette!(help = WORDING.advice(&help), "{what}")
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
fn assumed(rows: &Samples, other: Option<&Samples>, graph: &Graph) -> String {
    let schema = rows.schema();
    let names = |columns: &[usize]| match columns {
        [] => "none".to_owned(),
        some => some.iter().map(|&i| schema.fields[i].name.as_str()).collect::<Vec<_>>().join(", "),
    };
    let (x, y) = (graph.group, graph.outcome);
    let against = other.map_or(String::new(), |other| format!(" against {}", other.len()));
    format!(
        "{} rows{against}; effects of {} (from x0 = {} to x1 = {}) on the share of {} = {}\n\nassumed graph: X <-> Z, {{X, Z}} -> W, \
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
