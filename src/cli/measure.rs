//! `collapse measure`: generations that were made elsewhere, against human rows.

mod share;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use miette::{IntoDiagnostic, Result, miette};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::execute::{exit_code, shown};
use super::json;
use super::limits;
use super::source::{self, ReadingArgs, Wording};
use super::terminal;
use super::tolerance::tolerance;
use crate::analysis::Over;
use crate::components::Components;
use crate::data::{AsHuman, Options as DataOptions, OtherCard, Samples, Source, SourceError};
use crate::experiment::engine::{self, Job, Options};
use crate::lineage::Context;
use crate::publish::{self, Answered, Publication, SettingChange, Sized};
use crate::registry::BuildContext;
use crate::run::Interrupt;
use crate::run::recorded::{Load, Loaded, Recorded, features_only, largest_size, load, measurable, under};
use crate::spec::{Experiment, Node, Overlays};
use crate::store::{ELSEWHERE, Folder, Manifest};

const EXAMPLES: &str = "\
Examples:
  collapse measure generations/ --human mine.csv           generations/gen-0.csv, gen-1.csv, …
  collapse measure runs/ --human mine.csv                  runs/seed-0/gen-0.csv, runs/seed-1/gen-0.csv, …
  collapse measure all.csv --human mine.csv --generation-column step --run-column seed
  collapse measure texts/ --human moby-dick --metrics distinct-2,compression-ratio
  collapse measure texts/ --human reviews.csv --text-column review
  collapse measure crawls/ --human before-2022.csv --synthetic made.csv    how many rows are synthetic?

A generation is a file whose name ends in its number: .csv, .tsv, .jsonl, .txt, .conll, .npy, .npz or idx, also with .gz
or .zst, or such a folder of images. Folders inside are runs: with several, intervals are over runs, with one over its
resampled rows. Files have the human rows' columns; others are left out.
Human rows that the models were trained on make every distance too small: name rows that they have not seen.";

/// The most rows of a generation that metrics see.
const SIZE: usize = 2000;
/// Metrics tried where none is named: those that fit the rows are measured.
const DEFAULTS: [&str; 18] = [
    "column-shapes",
    "column-pair-trends",
    "category-coverage",
    "coverage",
    "recall",
    "precision",
    "wasserstein2",
    "energy-distance",
    "distance-to-closest-record",
    "vendi",
    "sample-variance",
    "distinct-2",
    "vocabulary-survival",
    "zipf-slope",
    "entropy",
    "support-size",
    "tv",
    "simpson",
];
/// How this command says what a spec says in `[data]`.
const WORDING: Wording = Wording { flags: &[("scale", "--scale")], set: Some("") };

/// Measure generations that were made elsewhere, against human rows.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct MeasureArgs {
    /// A folder of generations, a folder of runs, or one table with a generation column
    generations: PathBuf,
    /// The human rows: a file, or a source (`collapse list data`); half of a file's are held out
    #[arg(long, value_name = "FILE|NAME")]
    human: String,
    /// Rows of the generators in question: the share of synthetic rows in every generation is estimated (human rows alone
    /// can't tell it)
    #[arg(long, value_name = "FILE")]
    synthetic: Option<PathBuf>,
    /// Estimate that share: needs --synthetic
    #[arg(long)]
    share: bool,
    /// The metrics; default: all common ones that fit the rows
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    metrics: Vec<String>,
    /// The column of the generation, where all are in one table
    #[arg(long, value_name = "NAME", default_value = "generation")]
    generation_column: String,
    /// The column of the run (the seed), where all are in one table
    #[arg(long, value_name = "NAME")]
    run_column: Option<String>,
    /// Rows of each generation that metrics see; default: as many as all have, at most 2,000
    #[arg(long, value_name = "N")]
    size: Option<usize>,
    /// The pixel value of idx files and of arrays that becomes 1, for human rows and generations [default: 255 of bytes]
    #[arg(long, value_name = "VALUE")]
    scale: Option<f64>,
    /// How large a change counts as none: a share of the way from the start to the worst value, or METRIC=VALUE in the
    /// metric's unit; may be a list
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "0.1")]
    tolerance: Vec<String>,
    /// How all files are read.
    #[command(flatten)]
    reading: ReadingArgs,
    /// A parameter of the human source, as in --set held_out=0.4; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The folder for the results; default: a folder below results/measure/
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs measured at the same time; default: the number of processors
    #[arg(long, value_name = "N", value_parser = limits::jobs)]
    jobs: Option<usize>,
    /// Re-randomises which rows are measured
    #[arg(long, value_name = "N", default_value_t = 0)]
    salt: u64,
    /// Rows and tables only: no figures, no page
    #[arg(long)]
    no_figures: bool,
    /// Print JSON in place of tables
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn measure(args: &MeasureArgs, components: &Arc<Components>) -> Result<u8> {
    let asked = tolerance(&args.tolerance, components)?;
    if args.share && args.synthetic.is_none() {
        return Err(miette!(
            help = "name rows of the generators that may have written the corpus: --synthetic FILE",
            "`--share`: which share of rows is synthetic can't be known from human rows alone"
        ));
    }
    let table = human_table(args, components)?;
    let source = features_only(source::open("--human", &table, &args.set, &WORDING, components)?)
        .map_err(|why| miette!(help = "name another file or column", "`--human {}`: {why}", args.human))?;
    let reading = DataOptions { scale: args.scale, ..args.reading.options() };
    let how = Load { generation_column: args.generation_column.clone(), run_column: args.run_column.clone() };
    let mut reader = AsHuman::new(&source, &reading);
    let reference =
        args.synthetic.as_deref().map(|path| reader.read(path, &[])).transpose().map_err(advised)?;
    let Loaded { runs, schema, cards, passed_over } =
        load(&args.generations, reader, &how).map_err(advised)?;
    let source = under(source, &schema).into_diagnostic()?;
    terminal::remarks(source.file.as_deref());
    OtherCard::remarks(&cards).iter().for_each(|line| remark!("{line}"));
    for path in &passed_over {
        remark!("not read: {} (a generation's name ends in its number)", path.display());
    }
    let shares = match &reference {
        Some(made) => {
            share::of_generations(&source, &made.rows, &runs, &schema, args.salt).map_err(|why| {
                miette!(help = "name other rows with `--synthetic`", "the synthetic share: {why}")
            })?
        }
        None => Vec::new(),
    };
    let most = largest_size(&source, &runs);
    let size = args.size.unwrap_or(SIZE.min(most));
    if size > most || size < 2 {
        return Err(miette!(
            help = "the smallest generation and half of the held-out human rows limit it; give more rows, or a smaller `--size`",
            "metrics can see 2 to {most} rows here, not {size}"
        ));
    }
    let metrics =
        if args.metrics.is_empty() { default_metrics(&source, components) } else { args.metrics.clone() };
    if metrics.is_empty() {
        return Err(miette!(help = "see `collapse list metrics`", "no common metric fits rows of {schema}"));
    }
    let generations: Vec<u32> = runs.iter().flat_map(|(_, g)| g.keys().copied()).collect();
    let last = generations.iter().max().copied().unwrap_or(0);
    let rows = runs.iter().flat_map(|(_, g)| g.values()).next().map_or(0, Samples::len);
    let count = runs.len();
    let stem = args.generations.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let title = source::quoted(&format!("{stem}: generations made elsewhere"));
    let mut text = format!("[about]\ntitle = {title}\n\n[data]\n{table}\n");
    // Writing into a String can't fail.
    let _ =
        writeln!(text, "[model]\nfamily = \"{ELSEWHERE}\"\n\n[loop]\ngenerations = {last}\nsamples = {rows}");
    let _ = writeln!(text, "regime = \"{ELSEWHERE}\"\n\n[measure]\nsize = {size}\nmetrics = {metrics:?}\n");
    let _ = writeln!(text, "[sweep]\nseeds = {}", runs.len());
    let overlays = args.set.iter().fold(Overlays::default(), |o, s| o.set(&format!("data.{s}")));
    let mut experiment = Experiment::with_overlays(&text, "collapse measure", &overlays)?;
    experiment.name.clone_from(&stem);

    let whole = args.generations.canonicalize().unwrap_or_else(|_| args.generations.clone());
    let out = match &args.out {
        Some(out) => out.clone(),
        None => Path::new("results/measure").join(place(&args.generations)),
    };
    if let Some(other) = measured(&Folder::at(&out)).filter(|other| *other != whole.display().to_string()) {
        return Err(miette!(
            help = "name another folder with `--out`, or remove this one",
            "`{}` holds the measurement of {other}",
            out.display()
        ));
    }
    remark!("{}: {} run(s), generations 0 to {last}, {size} rows each", experiment.title(), runs.len());
    let own = source.file.clone();
    let context = Context { salt: args.salt, components: components.clone(), ..Context::default() };
    let recorded = Recorded::new(&experiment, source, runs, size, &context)?;
    let seeds = recorded.seeds();
    let interrupt = Interrupt::on_ctrl_c().into_diagnostic()?;
    let shown = shown(args.quiet);
    let data = serde_json::json!({
        "generations": whole.display().to_string(),
        "human": own.as_ref().map(|own| &own.card),
        "files": cards,
        "passed_over": passed_over.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
    });
    let answer = |publication: &Publication| {
        let changes = publish::changes(publication, &asked)?;
        let mut sentences = sentences(&changes, count, publication.over()?);
        sentences.extend(Sized::of(publication)?.sentence());
        Ok(Answered { sentences, changes, ..Answered::default() })
    };
    let options = Options {
        jobs: limits::jobs_or_all(args.jobs),
        isolation: None,
        cell_timeout: None,
        interrupt: &interrupt,
        progress: shown.as_ref(),
        budget: 1,
        figures: !args.no_figures,
        answer: &answer,
        device: None,
        data: Some(data),
        decisions: vec![asked.decision()],
    };
    let job = Job { experiment: &experiment, work: &recorded, components, seeds: &seeds, out: &out };
    let done = engine::run(&job, &options)?;
    if done.report.tables.rows == 0 {
        return Err(miette!("nothing was measured; cells.csv in {} says why", out.display()));
    }
    if args.json {
        let (answer, changes) = (&done.answer.sentences, json::changes(&done.answer.changes));
        let mut all = json!({ "folder": out, "answer": answer, "changes": changes });
        if !shares.is_empty() {
            all["synthetic_share"] = share::as_json(&shares);
        }
        json::print(&all)?;
        return Ok(exit_code(&done));
    }
    let rows = publish::change_rows(&done.answer.changes, |_| String::new());
    say!("\n{}\n", terminal::effects("", &publish::CHANGES, &rows));
    for line in &done.answer.sentences {
        say!("{line}");
    }
    if !shares.is_empty() {
        say!("\n{}\n", share::table(&shares));
    }
    terminal::missing(&done.report.tables.notes);
    say!("folder   {}", out.display());
    if let Some(page) = &done.page {
        say!("page     {}", page.display());
    }
    Ok(exit_code(&done))
}

/// Where the results of generations go below `results/measure`: the path itself within the working folder; else its
/// name and digits of its path, so that no two have one place.
fn place(generations: &Path) -> PathBuf {
    let path = generations.canonicalize().unwrap_or_else(|_| generations.to_path_buf());
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    match path.strip_prefix(&here) {
        Ok(below) if below.components().next().is_some() => below.to_path_buf(),
        _ => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
            let digits: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
            PathBuf::from(if name.is_empty() { digits } else { format!("{name}-{digits}") })
        }
    }
}

/// The `[data]` table of the human rows.
fn human_table(args: &MeasureArgs, components: &Components) -> Result<String> {
    // A file of the user's is here to be compared with, not to be trained on.
    let of_a_file = format!("held_out = 0.5\nvalidation = 0\n{}", args.reading.table());
    let mut table = source::named("--human", &args.human, &of_a_file, components)?;
    if let Some(scale) = args.scale {
        let _ = writeln!(table, "scale = {scale:?}");
    }
    Ok(table)
}

/// An error of a file in the words of the command line.
fn advised(error: SourceError) -> miette::Report {
    let (what, help) = match &error {
        SourceError::File(e) => (format!("{}{}: {}", e.path.display(), e.place, e.what()), e.help()),
        SourceError::Parameter(e) => (format!("`{}`: {}", e.key, e.why), e.help.clone()),
    };
    miette!(help = WORDING.advice(&help), "{what}")
}

/// The generations that a folder holds the measurement of.
fn measured(folder: &Folder) -> Option<String> {
    Some(Manifest::load(folder).ok()?.data?.get("generations")?.as_str()?.to_owned())
}

fn default_metrics(source: &Source, components: &Components) -> Vec<String> {
    let fits = |name: &&str| {
        components.metrics.get(name).is_some_and(|entry| {
            let nowhere =
                Node::from_toml("", "defaults").map(|node| entry.build(&node, &BuildContext::default()));
            matches!(nowhere, Ok(Ok(metric)) if measurable(name, &metric, source).is_ok())
        })
    };
    DEFAULTS.iter().filter(|name| fits(name)).map(|name| (*name).to_owned()).collect()
}

/// The words about the changes, and what one run can't tell.
fn sentences(changes: &[SettingChange], runs: usize, over: Over) -> Vec<String> {
    let generation = changes.iter().map(|c| c.generation).max().unwrap_or(0);
    let mut lines = vec![format!("From generation 0 to {generation}, {}.", publish::words(changes))];
    match over {
        Over::Rows => lines.push(format!(
            "Intervals are over {over} of one run: they say what other rows of the same models would give, not what another \
             run would. Several runs, a folder each, tell that."
        )),
        Over::Seeds if runs < 2 => lines.push(
            "One run of so few rows has no interval: nothing can be decided. Give more rows, or several runs, a folder each."
                .into(),
        ),
        Over::Seeds => {}
    }
    lines
}
