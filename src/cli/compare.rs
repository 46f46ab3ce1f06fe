//! `collapse compare`: the same loop at several human fractions, with paired seeds.
//!
//! Without arguments it asks the question twice, on embedded data: a VAE on handwritten digits and
//! a very small GPT on Moby-Dick. With `--data` it asks it of the user's own rows.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use clap::Args;
use miette::{IntoDiagnostic, Result, WrapErr, miette};

use super::{EXIT_DONE, Execution, RunOptions, comparison_table, execute, terminal};
use crate::analysis::{self, ArmSeries, Bearing, ComparisonRow, MetricSeries, Series};
use crate::data::{SOURCES, Schema, Source};
use crate::lineage::{Context, Record};
use crate::metrics::{Measurement, Subject, reading};
use crate::models::Model;
use crate::publish::{Publication, number};
use crate::rng::Streams;
use crate::run::{Interrupt, Prepared};
use crate::spec::{Experiment, Overlays};

const EXAMPLES: &str = "\
Examples:
  collapse compare                                         digits with a VAE, Moby-Dick with a GPT
  collapse compare --data fashion14x14 --generations 12
  collapse compare --data mine.csv --model gaussian --fractions 0,0.1,0.3,0.5,1
  collapse compare --data notes.txt --model ngram --seeds 20
  collapse compare --data digits8x8 --regime fixed-mix,accumulate
  collapse compare --human-rows 200 --scales 0,1,2,4       I have 200 human rows: how many synthetic ones may I add?

The default budget is hold = \"total\": every training set has the same size, and the human share of
it varies. With --human-rows the human rows are fixed and synthetic rows are added to them.";

/// How far a value may move, in standard deviations between human samples of the same size, and
/// still hold.
const MARGIN: f64 = 2.0;

/// Compare human fractions.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// A source (`collapse list data`) or a file of yours: .csv, .tsv, .txt, .jsonl, idx; gzip is undone
    #[arg(long, value_name = "NAME|FILE")]
    pub data: Option<String>,
    /// The family (`collapse list models`); default: by the data
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Human fractions of the training sets
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [0.0, 0.3, 1.0])]
    pub fractions: Vec<f64>,
    /// Hold so many human rows and add synthetic rows to them
    #[arg(long, value_name = "H", conflicts_with_all = ["fractions", "samples"])]
    pub human_rows: Option<usize>,
    /// Synthetic rows per human row, with --human-rows
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = [0.0, 1.0, 2.0, 4.0])]
    pub scales: Vec<f64>,
    /// What is held fixed: total, human or arrivals; default: the regime's
    #[arg(long, value_name = "WHAT")]
    pub hold: Option<String>,
    /// The regime, or several to set side by side
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_value = "fixed-mix")]
    pub regime: Vec<String>,
    /// Refits after generation 0
    #[arg(long, value_name = "N")]
    pub generations: Option<u32>,
    /// Rows per training set
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,
    /// The metrics; default: by the data
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub metrics: Vec<String>,
    /// Sampling temperature
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// Override one key of the spec that this makes, as in --set model.steps=2000
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The options of every run.
    #[command(flatten)]
    pub options: RunOptions,
}

pub(super) fn compare(args: &CompareArgs) -> Result<u8> {
    args.options.select_device();
    let specs = comparison_specs(args)?;
    let interrupt = Interrupt::on_ctrl_c().into_diagnostic()?;
    let several = specs.len() > 1;
    let mut code = EXIT_DONE;
    for (slug, text) in specs {
        let overlays = args.set.iter().fold(Overlays::default(), |o, s| o.set(s));
        let mut experiment = Experiment::with_overlays(&text, &format!("compare {slug}"), &overlays)?;
        experiment.name.clone_from(&slug);
        let out = match &args.options.out {
            Some(folder) if several => folder.join(&slug),
            Some(folder) => folder.clone(),
            None => {
                let prepared = Prepared::new(experiment.clone(), &Context { salt: args.options.salt })?;
                PathBuf::from("results/compare").join(format!("{slug}-{}", prepared.run_name()))
            }
        };
        eprintln!("{}", experiment.title());
        if let Some(size) = model_size(&text) {
            eprintln!("{size} parameters a model");
        }
        let how =
            Execution { options: &args.options, out: Some(out), interrupt: &interrupt, answer: &answer };
        let done = execute(experiment, &how)?;
        if !done.comparison.is_empty() {
            println!("\n{}\n", done.publication.experiment.title());
            println!("{}", comparison_table(&done.comparison, arm_name(args)));
        }
        terminal::finished(&done);
        println!();
        code = code.max(done.exit_code());
        if interrupt.is_set() {
            break;
        }
    }
    Ok(code)
}

/// The number of parameters of a model of this comparison, from a fit of one step.
fn model_size(text: &str) -> Option<usize> {
    struct Size(Option<usize>);
    impl Record for Size {
        fn measurement(&mut self, _: Measurement) {}
        fn model(&mut self, _: u64, _: u32, _: u32, model: &dyn Model) {
            self.0 = Some(model.size());
        }
    }
    let mut overlays =
        Overlays::default().set("loop.generations=0").set("measure.metrics=[\"realised-human-fraction\"]");
    if text.contains("\nsteps = ") {
        overlays = overlays.set("model.steps=1");
    }
    let experiment = Experiment::with_overlays(text, "compare", &overlays).ok()?;
    let prepared = Prepared::new(experiment, &Context::default()).ok()?;
    let mut size = Size(None);
    let lineage = prepared.settings.first()?.lineage.as_ref().ok()?;
    lineage.run(0, &mut size).ok()?;
    size.0
}

fn arm_name(args: &CompareArgs) -> &'static str {
    if args.human_rows.is_some() { "human share" } else { "human fraction" }
}

/// The specs that a comparison runs, with a short name each.
pub fn comparison_specs(args: &CompareArgs) -> Result<Vec<(String, String)>> {
    let arms = match &args.data {
        Some(data) => vec![arm(data, args)?],
        None if args.model.is_some() => {
            return Err(miette!(
                help = "for example --data digits8x8 --model vae",
                "`--model` needs `--data`"
            ));
        }
        None => vec![arm("digits8x8", args)?, arm("moby-dick", args)?],
    };
    Ok(arms.into_iter().map(|a| (a.slug.clone(), a.spec(args))).collect())
}

/// One data set with one model.
struct Arm {
    slug: String,
    title: String,
    data: String,
    model: &'static str,
    family: String,
    seeds: u64,
    generations: u32,
    samples: usize,
    metrics: Vec<String>,
}

/// Defaults by what the rows are.
fn arm(data: &str, args: &CompareArgs) -> Result<Arm> {
    let known = SOURCES.get(data).is_some();
    let mut table = if known {
        format!("source = {data:?}\n")
    } else if Path::new(data).exists() {
        format!("source = \"file\"\npath = {data:?}\n")
    } else {
        return Err(miette!(
            help = "`collapse list data` shows the sources; a file is given by its path",
            "`{data}` is neither a source nor a file"
        ));
    };
    let source = open(&table)?;
    let schema = source.schema();
    let kind = Kind::of(schema);
    if known && kind == Kind::Images {
        // The question is about images; labels would be modelled beside the pixels.
        table.push_str("labels = false\n");
    }
    let family = args.model.clone().unwrap_or_else(|| kind.family().into());
    // The size of a model's fit, so that the default comparison takes about a minute.
    let model = match family.as_str() {
        "vae" => "likelihood = \"gaussian\"\nnoise = 0.2\nlearning_rate = 0.002\nsteps = 1000\n",
        "gpt" => "steps = 240\nbatch = 32\n",
        _ => "",
    };
    let neural = !model.is_empty();
    let (seeds, generations, samples) = match (kind, neural) {
        (Kind::Text, true) => (6, 6, 1500),
        (_, true) => (10, 8, 800),
        (Kind::Table, false) => (10, 8, 800),
        (Kind::Text, false) => (10, 8, 2000),
        (_, false) => (50, 20, 500),
    };
    let samples = source.available().map_or(samples, |rows| samples.min(rows));
    let stem = Path::new(data).file_stem().map_or(data.into(), |s| s.to_string_lossy().into_owned());
    Ok(Arm {
        slug: format!("{stem}-{family}"),
        title: format!("{stem} with {family}: {}", question(args)),
        data: table,
        model,
        family,
        seeds,
        generations,
        samples,
        metrics: kind.metrics().iter().map(|m| (*m).to_owned()).collect(),
    })
}

fn question(args: &CompareArgs) -> &'static str {
    if args.human_rows.is_some() {
        "how many synthetic rows may be added?"
    } else {
        "how much human data does it take?"
    }
}

fn open(table: &str) -> Result<Source> {
    let text = format!(
        "[data]\n{table}[model]\nfamily = \"gaussian\"\n[loop]\ngenerations = 0\nsamples = 1\nregime = \"replace\"\n"
    );
    let settings = Experiment::from_toml(&text, "--data")?.settings()?;
    let mut own = settings[0].data.clone();
    let entry = SOURCES.find(own.selector("source")?)?;
    if let Some(table) = own.as_table_mut() {
        table.remove("source");
    }
    Ok((entry.build)(&own)?)
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
        let codes = schema.fields.iter().any(|f| {
            matches!(f.kind, crate::data::Kind::Codes { .. }) && f.role == crate::data::Role::Feature
        });
        match (schema.vocabulary(), schema.image(), schema.outcomes()) {
            (Some(_), _, _) => Kind::Text,
            (_, Some(_), _) => Kind::Images,
            (_, _, Some(_)) => Kind::Outcomes,
            _ if numeric && !codes => Kind::Numbers,
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
            |values: &[String]| values.iter().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(", ");
        let mut text = format!("[about]\ntitle = {:?}\n\n[data]\n{}\n", self.title, self.data);
        // Writing into a String can't fail.
        let _ = writeln!(text, "[model]\nfamily = {:?}\n{}", self.family, self.model);
        let _ = writeln!(text, "[loop]\ngenerations = {}", args.generations.unwrap_or(self.generations));
        let _ = writeln!(text, "regime = {:?}", args.regime.first().map_or("fixed-mix", String::as_str));
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
                format!("\"loop.human_fraction\" = [{}]", list(&args.fractions))
            }
        };
        if let (Some(hold), None) = (&args.hold, args.human_rows) {
            let _ = writeln!(text, "hold = {hold:?}");
        }
        if let Some(temperature) = args.temperature {
            let _ = writeln!(text, "\n[sampling]\ntemperature = {temperature:?}");
        }
        let metrics = if args.metrics.is_empty() { &self.metrics } else { &args.metrics };
        let _ = writeln!(text, "\n[measure]\nmetrics = [{}]", names(metrics));
        let _ = writeln!(text, "\n[sweep]\nseeds = {}", args.options.seeds.unwrap_or(self.seeds));
        if args.regime.len() > 1 {
            let _ = writeln!(text, "\"loop.regime\" = [{}]", names(&args.regime));
        }
        let _ = writeln!(text, "{swept}");
        text
    }
}

/// The comparison of a finished run and what it says in words. Nothing where the run is not a
/// comparison of human fractions.
pub(super) fn answer(publication: &Publication) -> Result<(Vec<String>, Vec<ComparisonRow>)> {
    let path = publication.folder.metrics();
    let file = File::open(&path).into_diagnostic().wrap_err_with(|| path.display().to_string())?;
    let series = analysis::group(analysis::read_csv(file).into_diagnostic()?);
    let mut metrics: Vec<MetricSeries<'_>> = Vec::new();
    for spec in &publication.experiment.measure.metrics {
        let Some(reading) = reading(&spec.name) else { continue };
        let of =
            |subject: Subject| series.iter().filter(move |s| s.metric == spec.name && s.subject == subject);
        let mut arms = Vec::new();
        for model in of(Subject::Model) {
            let Some(fraction) = fraction(model) else { continue };
            let human = of(Subject::Human).find(|h| h.key == model.key);
            arms.push(ArmSeries { fraction, series: model, human });
        }
        arms.sort_by(|a, b| a.fraction.total_cmp(&b.fraction));
        let distinct = arms.windows(2).all(|w| w[0].fraction < w[1].fraction);
        // Several regimes or sizes side by side are a matter for the figures.
        if arms.len() > 1 && distinct {
            metrics.push(MetricSeries {
                metric: &spec.name,
                direction: reading.direction,
                scale: reading.scale,
                arms,
            });
        }
    }
    if metrics.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut rng = Streams::new(0, 0).of("comparison").rng();
    let rows = analysis::comparison(&metrics, MARGIN, &mut rng).into_diagnostic()?;
    Ok((sentences(&rows), rows))
}

/// The human share of the arm's training sets: the swept fraction, or 1/(1 + scale).
fn fraction(series: &Series) -> Option<f64> {
    match series.key.number("loop.synthetic_scale") {
        Some(scale) => Some(1.0 / (1.0 + scale)),
        None => series.key.number("human_fraction"),
    }
}

fn sentences(rows: &[ComparisonRow]) -> Vec<String> {
    let mut fractions: Vec<f64> = rows.iter().map(|r| r.fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    let line = |fraction: f64| {
        let with = |bearing: Bearing| -> Vec<&str> {
            let of = |r: &&ComparisonRow| r.fraction == fraction && r.bearing == bearing;
            rows.iter().filter(of).map(|r| r.metric.as_str()).collect()
        };
        let mut parts = Vec::new();
        for (bearing, word) in
            [(Bearing::Degrades, "degrade"), (Bearing::Holds, "hold"), (Bearing::Undecided, "stay undecided")]
        {
            let names = with(bearing);
            if !names.is_empty() {
                parts.push(format!("{} {word}", names.join(", ")));
            }
        }
        let generation = rows.iter().map(|r| r.generation).max().unwrap_or(0);
        format!(
            "With a human share of {} in every training set, after {generation} generations: {}.",
            number(fraction),
            parts.join("; ")
        )
    };
    fractions.into_iter().map(line).collect()
}
