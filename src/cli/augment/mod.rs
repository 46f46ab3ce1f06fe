//! `collapse augment`: is it worth training on a given table of synthetic rows?

mod answer;
mod figure;
mod page;
mod rows;

use std::path::PathBuf;

use clap::Args;
use miette::{IntoDiagnostic, Result, miette};

use super::source::{self, ReadingArgs, Wording};
use super::{EXIT_DONE, json, limits};
use crate::augment::{Checked, Plan, Study, checked, study};
use crate::components::Components;
use crate::curation::BoxedCuration;
use crate::data::{OtherCard, Samples, SourceError, open_pair};
use crate::neural::train::Effort;
use crate::output;
use crate::registry::{BuildContext, Component};
use crate::spec::Node;
use crate::store::StoreError;
use crate::tasks::{BoxedTask, Report};

const EXAMPLES: &str = "\
Examples:
  collapse augment --train mine.csv --text-column review --label-column stars --synthetic theirs.csv
  collapse augment --train mine.jsonl --text-column text --label-column label --synthetic theirs.jsonl
  collapse augment --train mine.conll --synthetic theirs.conll
  collapse augment --train table.csv --label-column income --group-column sex --synthetic made.csv

At which share of synthetic rows, with which curation, is a learner best on human rows that it has not seen, and is the
gain larger than the noise? The share is chosen by cross-validation and scored on rows that the choice did not see.

This is about a given table of synthetic rows. For a model that feeds on its own rows, generation after generation, see
`collapse compare`.";

/// How this command says what a spec says in `[data]`.
const WORDING: Wording = Wording { flags: &[], set: Some("") };
/// Shares of synthetic rows that are tried where none are named.
const SHARES: [f64; 5] = [0.2, 0.33, 0.5, 0.67, 0.8];
/// Curation steps that are tried where none are named, if they fit the rows.
const STEPS: [&str; 2] = ["deduplicate", "teacher-agreement"];

/// Is it worth training on a given table of synthetic rows?
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct AugmentArgs {
    /// Your human rows, with labels: .csv, .jsonl or .conll
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// The synthetic rows: the same columns in the same kind of file
    #[arg(long, value_name = "FILE")]
    synthetic: PathBuf,
    /// The task (`collapse list`); default: by the columns
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// The task's learner, where it has several (`collapse describe TASK`); one that is trained in steps is tried with
    /// equal steps and with equal epochs
    #[arg(long, value_name = "NAME")]
    learner: Option<String>,
    /// Shares of synthetic rows in the training set; at least three that there are rows for
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = SHARES)]
    shares: Vec<f64>,
    /// Curation steps to try beside the rows as they are
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    curations: Vec<String>,
    /// Repeats of the whole nested split
    #[arg(long, value_name = "R", default_value_t = 10, value_parser = limits::times)]
    repeats: usize,
    /// Folds of the inner cross-validation
    #[arg(long, value_name = "K", default_value_t = 4, value_parser = limits::times)]
    folds: usize,
    /// The share of human rows that is held out for the final scores
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    test: f64,
    /// Repeats at the same time; default: the number of processors
    #[arg(long, value_name = "N", value_parser = limits::jobs)]
    jobs: Option<usize>,
    /// The folder for report.html, the figures and augment.csv (every number of every repeat); default: none is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// How both files are read.
    #[command(flatten)]
    reading: ReadingArgs,
    /// A parameter of both files, as in --set lower_case=false; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print JSON in place of tables
    #[arg(long)]
    json: bool,
    /// Re-randomises the study
    #[arg(long, value_name = "N", default_value_t = 0)]
    salt: u64,
}

pub(super) fn augment(args: &AugmentArgs, components: &Components) -> Result<u8> {
    let mut shares = args.shares.clone();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    if let Some(wrong) = shares.iter().find(|s| !(**s > 0.0 && **s < 1.0)) {
        return Err(miette!(
            help = "human rows alone are always an arm",
            "`--shares`: {wrong} is not between 0 and 1"
        ));
    }
    if args.repeats < 2 || args.folds < 2 || !(args.test >= 0.05 && args.test <= 0.8) {
        return Err(miette!(
            help = "give --repeats and --folds of 2 or more and --test from 0.05 to 0.8",
            "the nested split can't be made"
        ));
    }
    if let (Some(group), Some(_)) = (&args.reading.group_column, &args.reading.text_column) {
        return Err(miette!(
            help = "leave --group-column out, or leave --text-column out to read the file as a table",
            "`--group-column {group}`: only the rows of a table are compared by group"
        ));
    }
    let options = source::options(&args.reading, &args.set)?;
    let pair = open_pair(&args.train, &args.synthetic, &options).map_err(|e| {
        let (what, help) = match &e {
            SourceError::File(e) => (format!("{}{}: {}", e.path.display(), e.place, e.what()), e.help()),
            SourceError::Parameter(e) => (format!("`{}`: {}", e.key, e.why), e.help.clone()),
        };
        miette!(help = WORDING.advice(&help), "{what}")
    })?;
    for line in pair.card.remarks().into_iter().chain(OtherCard::remarks(&[pair.made])) {
        remark!("{line}");
    }
    let entry = task(args, &pair.human, components)?;
    let rows = checked(&pair.human, &pair.synthetic).map_err(|e| miette!("{e}"))?;
    let groups = pair.groups.map(|of| rows.kept.iter().map(|&row| of[row as usize]).collect::<Vec<u32>>());
    let jobs = limits::jobs_or_all(args.jobs);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().into_diagnostic()?;
    let efforts = match build(entry, args)?.with_effort(Effort::Steps, 1.0) {
        Some(_) => vec![Some(Effort::Steps), Some(Effort::Epochs)],
        None => vec![None],
    };
    let mut trials = Vec::with_capacity(efforts.len());
    for effort in efforts {
        let plan = Plan {
            task: build(entry, args)?,
            effort,
            report: entry.extra,
            shares: shares.clone(),
            curations: curations(&args.curations, &rows.human, components)?,
            repeats: args.repeats,
            folds: args.folds,
            test: args.test,
            groups: groups.clone(),
            salt: args.salt,
        };
        let found = pool
            .install(|| study(&plan, &rows.human, &rows.synthetic))
            .map_err(|e| miette!(help = "give more rows, other `--shares`, or fewer `--curations`", "{e}"))?;
        trials.push(Trial { plan, study: found });
    }
    let found = Found { args, task: &entry.about.name, report: entry.extra, rows: &rows, trials };
    match args.json {
        true => json::print(&found.as_json())?,
        false => found.print(),
    }
    if let Some(folder) = &args.out {
        if output::is_foreign(folder, &["augment.csv"]) {
            return Err(StoreError::Foreign { path: folder.clone() }).into_diagnostic();
        }
        std::fs::create_dir_all(folder).into_diagnostic()?;
        let (rows, page) = (found.write(folder)?, found.publish(folder)?);
        if !args.json {
            say!("\nrows     {}\npage     {}", rows.display(), page.display());
        }
    }
    Ok(EXIT_DONE)
}

/// The study with one way to hold the learner's effort.
struct Trial {
    plan: Plan,
    study: Study,
}

impl Trial {
    /// What is held fixed, in words; empty where the learner is fitted to convergence.
    fn effort(&self) -> &'static str {
        match self.plan.effort {
            None => "",
            Some(Effort::Steps) => "equal steps",
            Some(Effort::Epochs) => "equal epochs",
        }
    }
}

/// All that was found, and what was asked.
struct Found<'a> {
    args: &'a AugmentArgs,
    task: &'a str,
    report: Report,
    rows: &'a Checked,
    trials: Vec<Trial>,
}

/// The task asked for, or the first one that can learn from these rows.
fn task<'c>(
    args: &AugmentArgs,
    rows: &Samples,
    components: &'c Components,
) -> Result<&'c Component<BoxedTask, Report>> {
    let tasks = &components.tasks;
    let known = || tasks.names().collect::<Vec<_>>().join(", ");
    let asked = args.task.as_deref();
    if let Some(name) = asked
        && tasks.get(name).is_none()
    {
        return Err(miette!(help = format!("there are {}", known()), "no task is called `{name}`"));
    }
    let nothing = Node::from_toml("", "task")?;
    let mut refusals = Vec::new();
    for entry in tasks.iter().filter(|e| asked.is_none_or(|name| e.about.name == name)) {
        match entry.build(&nothing, &BuildContext::default())?.accepts(rows.schema()) {
            Ok(()) => return Ok(entry),
            Err(why) => refusals.push(format!("{}: {why}", entry.about.name)),
        }
    }
    Err(miette!(
        help = "name the columns with --text-column and --label-column (and --categorical for a label whose numbers are \
                names), or give tagged .conll",
        "no task can learn from these rows\n{}",
        refusals.join("\n")
    ))
}

/// The task with the learner that was asked for.
fn build(entry: &Component<BoxedTask, Report>, args: &AugmentArgs) -> Result<BoxedTask> {
    let table = match &args.learner {
        Some(name) => format!("learner = {}", toml::Value::from(name.as_str())),
        None => String::new(),
    };
    Ok(entry.build(&Node::from_toml(&table, "--learner")?, &BuildContext::default())?)
}

fn curations(
    asked: &[String],
    rows: &Samples,
    components: &Components,
) -> Result<Vec<(String, Option<BoxedCuration>)>> {
    let names: Vec<&str> = match asked {
        [] => STEPS.to_vec(),
        some => some.iter().map(String::as_str).filter(|name| *name != "none").collect(),
    };
    let mut steps: Vec<(String, Option<BoxedCuration>)> = vec![("none".into(), None)];
    for name in names {
        let Some(entry) = components.curations.get(name) else {
            let known: Vec<&str> = components.curations.names().collect();
            return Err(miette!(
                help = format!("there are {}", known.join(", ")),
                "no curation step is called `{name}`"
            ));
        };
        let step = entry.build(&Node::from_toml("", "curation")?, &BuildContext::default())?;
        match step.accepts(rows.schema(), None) {
            Ok(()) => steps.push((name.to_owned(), Some(step))),
            Err(_) if asked.is_empty() => {}
            Err(why) => return Err(miette!(help = "leave it out", "curation `{name}`: {why}")),
        }
    }
    Ok(steps)
}
