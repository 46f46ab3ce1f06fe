//! The specs that a comparison runs: defaults by what the rows are.

use std::fmt::Write as _;
use std::path::Path;

use miette::{Result, miette};

use super::CompareArgs;
use crate::cli::source::{self, Wording};
use crate::components::Components;
use crate::data::{Role, Schema};
use crate::registry::BuildContext;
use crate::spec::Node;

/// How a comparison says what a spec says in `[data]`.
const WORDING: Wording = Wording { flags: &[], set: Some("data.") };

/// Human fractions that are tried where none is named.
const FRACTIONS: [f64; 7] = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0];
/// The same where every fit costs seconds.
const NEURAL_FRACTIONS: [f64; 4] = [0.0, 0.3, 0.7, 1.0];

/// The human fractions of one comparison in rising order.
pub(super) fn fractions(args: &CompareArgs, slug: &str, components: &Components) -> Result<Vec<f64>> {
    let found = arms(args, components)?.into_iter().find(|a| a.slug == slug);
    let mut fractions = found.map(|a| a.fractions).unwrap_or_default();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    Ok(fractions)
}

/// The specs that a comparison runs, with a short name each.
pub fn comparison_specs(args: &CompareArgs, components: &Components) -> Result<Vec<(String, String)>> {
    Ok(arms(args, components)?.into_iter().map(|a| (a.slug.clone(), a.spec(args))).collect())
}

fn arms(args: &CompareArgs, components: &Components) -> Result<Vec<Arm>> {
    match &args.data {
        Some(data) => Ok(vec![arm(data, args, components)?]),
        None if args.model.is_some() => {
            Err(miette!(help = "for example --data digits8x8 --model vae", "`--model` needs `--data`"))
        }
        None => Ok(vec![arm("digits8x8", args, components)?, arm("moby-dick", args, components)?]),
    }
}

/// Families that model a label given the other columns: they label the human inputs of D(0) anew, and are judged by what
/// they predict.
const LABELLERS: [&str; 5] =
    ["linear-regression", "ridge", "random-features", "logistic-regression", "poisson-regression"];

/// The metrics of their predictions; those that don't fit the label are left out with a note.
const PREDICTIONS: &[&str] = &["test-mse", "accuracy", "calibration-error"];

/// One data set with one model.
struct Arm {
    slug: String,
    title: String,
    data: String,
    model: String,
    family: String,
    seeds: u64,
    generations: u32,
    samples: usize,
    metrics: Vec<String>,
    synthesis: &'static str,
    task: Option<String>,
    fractions: Vec<f64>,
    kind: Kind,
}

/// Defaults by what the rows are.
fn arm(data: &str, args: &CompareArgs, components: &Components) -> Result<Arm> {
    let known = components.sources.get(data).is_some();
    let mut table = source::named("--data", data, &args.reading.table(), components)?;
    if known && !args.reading.is_empty() {
        return Err(miette!(
            help = "leave the options of files out; `--set data.KEY=VALUE` sets a parameter of the source",
            "`--data {data}` is a source, and its columns have their roles already"
        ));
    }
    // What `--set` says of the rows decides how the file is read.
    let of_data: Vec<String> =
        args.set.iter().filter_map(|s| s.trim_start().strip_prefix(WORDING.set?).map(String::from)).collect();
    let source = source::open("--data", &table, &of_data, &WORDING, components)?;
    let schema = source.schema();
    let kind = Kind::of(schema);
    let task = args.task.as_deref().map(|name| task(name, schema, components)).transpose()?;
    // The question is about images; labels would be modelled beside the pixels.
    if task.is_some() {
    } else if known && kind == Kind::Images {
        table.push_str("labels = false\n");
    } else if kind == Kind::Images
        && schema.first(Role::Label).is_some()
        && !of_data.iter().any(|set| set.trim_start().starts_with("labels"))
    {
        table.push_str("labels = \"\"\n");
    }
    let family = args.model.clone().unwrap_or_else(|| kind.family().into());
    // The size of a model's fit, so that the default comparison takes about a minute.
    let model = match family.as_str() {
        "vae" => "steps = 1000\n",
        "gpt" => "steps = 400\n",
        "flow-matching" | "ddpm" | "realnvp" => "size = \"small\"\n",
        _ => "",
    };
    let neural = !model.is_empty();
    let model = args.size.as_ref().map_or(model.into(), |size| format!("size = {}\n", source::quoted(size)));
    let (seeds, generations, samples) = match (kind, neural) {
        (Kind::Text, true) => (6, 4, 1500),
        (_, true) => (8, 6, 800),
        (Kind::Table, false) => (10, 8, 500),
        (Kind::Text, false) => (10, 8, 2000),
        (_, false) => (50, 20, 500),
    };
    let samples = source.available().map_or(samples, |rows| samples.min(rows));
    let stem = Path::new(data).file_stem().map_or(data.into(), |s| s.to_string_lossy().into_owned());
    let (metrics, synthesis) = match LABELLERS.contains(&family.as_str()) {
        true => (PREDICTIONS, "synthesis = \"label\"\nprompts = \"initial\"\n"),
        false => (kind.metrics(), ""),
    };
    // A table of several columns is also looked at column by column.
    let columns: &[&str] = match kind {
        Kind::Table if synthesis.is_empty() => &["column-shapes", "column-pair-trends", "category-coverage"],
        Kind::Numbers if synthesis.is_empty() && schema.fields.len() > 1 => {
            &["column-shapes", "column-pair-trends"]
        }
        _ => &[],
    };
    Ok(Arm {
        slug: format!("{stem}-{family}"),
        title: format!("{stem} with {family}: {}", question(args)),
        data: table,
        model,
        family,
        seeds,
        generations,
        samples,
        metrics: metrics.iter().chain(columns).map(|m| (*m).to_owned()).collect(),
        synthesis,
        task,
        fractions: match (args.fractions.is_empty(), neural) {
            (false, _) => args.fractions.clone(),
            (true, false) => FRACTIONS.to_vec(),
            (true, true) => NEURAL_FRACTIONS.to_vec(),
        },
        kind,
    })
}

/// The task of that name, or the first one that can learn from such rows.
fn task(name: &str, schema: &Schema, components: &Components) -> Result<String> {
    let nothing = Node::from_toml("", "--task")?;
    let mut refusals = Vec::new();
    for entry in components.tasks.iter().filter(|e| name.is_empty() || e.about.name == name) {
        match entry.build(&nothing, &BuildContext::default())?.accepts(schema) {
            Ok(()) => return Ok(entry.about.name.to_string()),
            Err(why) => refusals.push(format!("{}: {why}", entry.about.name)),
        }
    }
    if refusals.is_empty() {
        let known = components.tasks.names().collect::<Vec<_>>().join(", ");
        return Err(miette!(help = format!("there are {known}"), "`--task {name}`: there is no such task"));
    }
    Err(miette!(
        help =
            "name the column to predict with --label-column (and in --categorical if its numbers are names)",
        "`--task`: no predictor can learn from these rows\n{}",
        refusals.join("\n")
    ))
}

fn question(args: &CompareArgs) -> &'static str {
    if args.human_rows.is_some() {
        "how many synthetic rows may be added?"
    } else {
        "how much human data does it take?"
    }
}

/// What the rows are, as far as defaults care.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Images,
    Text,
    Outcomes,
    Numbers,
    Table,
}

impl Kind {
    fn of(schema: &Schema) -> Kind {
        let numeric = schema.numeric_width() > 0;
        let codes = schema
            .fields
            .iter()
            .any(|f| matches!(f.kind, crate::data::Kind::Codes { .. }) && f.role == Role::Feature);
        match (schema.vocabulary(), schema.image(), schema.outcomes()) {
            (Some(_), _, _) => Kind::Text,
            (_, Some(_), _) => Kind::Images,
            (_, _, Some(_)) => Kind::Outcomes,
            // A label is modelled with the numbers, as another column.
            _ if numeric && !codes && schema.first(Role::Label).is_none() => Kind::Numbers,
            _ => Kind::Table,
        }
    }

    fn family(self) -> &'static str {
        match self {
            Kind::Images => "vae",
            Kind::Table => "tabular",
            Kind::Text => "gpt",
            Kind::Outcomes => "categorical",
            Kind::Numbers => "gaussian",
        }
    }

    fn metrics(self) -> &'static [&'static str] {
        match self {
            Kind::Images | Kind::Numbers | Kind::Table => &[
                "coverage",
                "recall",
                "precision",
                "wasserstein2",
                "vendi",
                "sample-variance",
                "negative-log-likelihood",
                "nearest-neighbour-memorisation",
            ],
            Kind::Text => &["perplexity", "distinct-2", "vocabulary-survival", "zipf-slope", "entropy"],
            Kind::Outcomes => &["entropy", "support-size", "tv", "kl", "simpson"],
        }
    }
}

impl Arm {
    fn spec(&self, args: &CompareArgs) -> String {
        let list = |values: &[f64]| values.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(", ");
        let names =
            |values: &[String]| values.iter().map(|v| source::quoted(v)).collect::<Vec<_>>().join(", ");
        let mut text = format!("[about]\ntitle = {}\n\n[data]\n{}\n", source::quoted(&self.title), self.data);
        // Writing into a String can't fail.
        let _ = writeln!(text, "[model]\nfamily = {}\n{}", source::quoted(&self.family), self.model);
        let _ = writeln!(text, "[loop]\ngenerations = {}", args.generations.unwrap_or(self.generations));
        let regime = args.regime.first().map_or("fixed-mix", String::as_str);
        let _ = writeln!(text, "regime = {}", source::quoted(regime));
        text.push_str(self.synthesis);
        let swept = match args.human_rows {
            Some(rows) => {
                let _ = writeln!(text, "hold = \"human\"\nhuman_rows = {rows}\nsynthetic_scale = 0.0");
                format!("\"loop.synthetic_scale\" = [{}]", list(&args.scales))
            }
            None => {
                let _ = writeln!(
                    text,
                    "samples = {}\nhuman_fraction = 0.0",
                    args.samples.unwrap_or(self.samples)
                );
                self.points(args)
            }
        };
        if let (Some(hold), None) = (&args.hold, args.human_rows) {
            let _ = writeln!(text, "hold = {}", source::quoted(hold));
        }
        if let [one] = args.temperature.as_slice() {
            let _ = writeln!(text, "\n[sampling]\ntemperature = {one:?}");
        }
        if let Some(task) = &self.task {
            let _ = writeln!(text, "\n[task]\nkind = {}\nknowledge = \"none\"", source::quoted(task));
        }
        let metrics = if args.metrics.is_empty() { &self.metrics } else { &args.metrics };
        let _ = writeln!(text, "\n[measure]\nmetrics = [{}]", names(metrics));
        if let Some(simple) = self.simple() {
            let _ = writeln!(text, "\n[measure.baseline]\n{simple}");
        }
        let _ = writeln!(text, "\n[sweep]\nseeds = {}", args.options.seeds.unwrap_or(self.seeds));
        if args.regime.len() > 1 {
            let _ = writeln!(text, "\"loop.regime\" = [{}]", names(&args.regime));
        }
        if args.temperature.len() > 1 {
            let _ = writeln!(text, "\"sampling.temperature\" = [{}]", list(&args.temperature));
        }
        let _ = writeln!(text, "{swept}");
        text
    }

    /// The simple model beside the one that is asked about; none beside a simple one, and none for rows that it can't read.
    fn simple(&self) -> Option<&'static str> {
        let other = !matches!(self.family.as_str(), "gaussian" | "ppca" | "tabular" | "command");
        match (self.kind, self.family.as_str()) {
            (Kind::Text, "gpt" | "gru") => Some("family = \"ngram\"\norder = \"best\""),
            _ if !self.synthesis.is_empty() => None,
            (Kind::Images, _) if other => Some("family = \"ppca\""),
            (Kind::Numbers, _) if other => Some("family = \"gaussian\""),
            (Kind::Table, family) if other || family == "tabular" => {
                Some("family = \"tabular\"\nstructure = \"independent\"")
            }
            _ => None,
        }
    }

    /// A point of the sweep for each human fraction, and one for its human rows alone. The control does not change from one
    /// generation to the next, so that it is fitted once after D(0), unless a refit goes on from the last model.
    fn points(&self, args: &CompareArgs) -> String {
        let says = |key: &str| args.set.iter().any(|s| s.trim_start().starts_with(key));
        let once = !says("loop.generations") && !says("loop.start") && !says("loop={");
        let mut text = String::new();
        for fraction in &self.fractions {
            let point = format!("\n[[sweep.point]]\n\"loop.human_fraction\" = {fraction:?}\n");
            text.push_str(&point);
            if *fraction > 0.0 && *fraction < 1.0 {
                text.push_str(&point);
                text.push_str("\"loop.human_alone\" = true\n");
                if once {
                    text.push_str("\"loop.generations\" = 1\n");
                }
            }
        }
        text
    }
}
