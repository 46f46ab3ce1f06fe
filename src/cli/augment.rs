//! `collapse augment`: is it worth training on synthetic rows that somebody has made?

use std::path::{Path, PathBuf};

use clap::Args;
use comfy_table::{Cell, CellAlignment, Table};
use miette::{IntoDiagnostic, Result, miette};

use super::{EXIT_DONE, terminal};
use crate::augment::{Checked, Gain, Plan, Study, checked, study};
use crate::curation::{BoxedCuration, CURATIONS};
use crate::data::{Options, Samples, open_pair};
use crate::publish::number;
use crate::spec::Node;
use crate::store::write_atomically;
use crate::tasks::{BoxedTask, Report, TASKS};

const EXAMPLES: &str = "\
Examples:
  collapse augment --train mine.csv --text-column review --label-column stars --synthetic theirs.csv
  collapse augment --train mine.jsonl --text-column text --label-column label --synthetic theirs.jsonl
  collapse augment --train mine.conll --synthetic theirs.conll
  collapse augment --train table.csv --label-column income --group-column sex --synthetic made.csv

At which share of synthetic rows, with which curation, is a learner best on human rows that it has not seen, and is the
gain larger than the noise? The share is chosen by cross-validation and scored on rows that the choice did not see.

This answers for rows that somebody has made. For a model that feeds on its own rows, generation after generation, see
`collapse compare`.";

/// Shares of synthetic rows that are tried where none are named.
const SHARES: [f64; 5] = [0.2, 0.33, 0.5, 0.67, 0.8];
/// Curation steps that are tried where none are named, if they fit the rows.
const STEPS: [&str; 2] = ["deduplicate", "teacher-agreement"];

/// Is it worth training on synthetic rows that somebody has made?
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct AugmentArgs {
    /// Your human rows, with labels: .csv, .jsonl or .conll
    #[arg(long, value_name = "FILE")]
    train: PathBuf,
    /// The synthetic rows: the same columns in the same kind of file
    #[arg(long, value_name = "FILE")]
    synthetic: PathBuf,
    /// The column that holds text
    #[arg(long, value_name = "NAME")]
    text_column: Option<String>,
    /// The column to predict
    #[arg(long, value_name = "NAME")]
    label_column: Option<String>,
    /// A sensitive column of a table: its groups' treatment is reported
    #[arg(long, value_name = "NAME")]
    group_column: Option<String>,
    /// Columns of a table whose numbers are names of categories
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    categorical: Vec<String>,
    /// The task (`collapse list`); default: by the columns
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Shares of synthetic rows in the training set; at least three that there are rows for
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_values_t = SHARES)]
    shares: Vec<f64>,
    /// Curation steps to try beside the rows as they are
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    curations: Vec<String>,
    /// Repeats of the whole nested split
    #[arg(long, value_name = "R", default_value_t = 10)]
    repeats: usize,
    /// Folds of the inner cross-validation
    #[arg(long, value_name = "K", default_value_t = 4)]
    folds: usize,
    /// The share of human rows that is held out for the final scores
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    test: f64,
    /// Repeats at the same time; default: the number of processors
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// The folder for augment.csv, every number of every repeat; default: none is written
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Re-randomises the study
    #[arg(long, value_name = "N", default_value_t = 0)]
    salt: u64,
}

pub(super) fn augment(args: &AugmentArgs) -> Result<u8> {
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
    let options = Options {
        text_column: args.text_column.clone(),
        label: args.label_column.clone(),
        group: args.group_column.clone(),
        categorical: (!args.categorical.is_empty()).then(|| args.categorical.clone()),
        ..Options::default()
    };
    let (human, synthetic) = open_pair(&args.train, &args.synthetic, &options).map_err(|e| miette!("{e}"))?;
    let (name, task, report) = task(args.task.as_deref(), &human)?;
    let rows = checked(&human, &synthetic).map_err(|e| miette!("{e}"))?;
    let plan = Plan {
        task,
        report,
        shares,
        curations: curations(&args.curations, &rows.human)?,
        repeats: args.repeats,
        folds: args.folds,
        test: args.test,
        salt: args.salt,
    };
    let jobs =
        args.jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).max(1);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().into_diagnostic()?;
    let found = pool
        .install(|| study(&plan, &rows.human, &rows.synthetic))
        .map_err(|e| miette!(help = "give more rows, other `--shares`, or fewer `--curations`", "{e}"))?;
    println!("{}", described(args, name, &rows, &plan));
    println!("{}\n", arms_table(&found, &plan));
    for line in answer(&found, &plan) {
        println!("{line}");
    }
    if report.scores.len() > 1 {
        println!("\n{}", scores_table(&found, report));
    }
    if let Some(folder) = &args.out {
        println!("\nrows     {}", write(folder, &found, &plan)?.display());
    }
    Ok(EXIT_DONE)
}

/// The task asked for, or the first one that can learn from these rows.
fn task(asked: Option<&str>, rows: &Samples) -> Result<(&'static str, BoxedTask, Report)> {
    let known = || TASKS.names().collect::<Vec<_>>().join(", ");
    if let Some(name) = asked
        && TASKS.get(name).is_none()
    {
        return Err(miette!(help = format!("there are {}", known()), "no task is called `{name}`"));
    }
    let nothing = Node::from_toml("", "task")?;
    let mut refusals = Vec::new();
    for entry in TASKS.entries.iter().filter(|e| asked.is_none_or(|name| e.about.name == name)) {
        let task = (entry.build)(&nothing)?;
        match task.accepts(rows.schema()) {
            Ok(()) => return Ok((entry.about.name, task, entry.extra)),
            Err(why) => refusals.push(format!("{}: {why}", entry.about.name)),
        }
    }
    Err(miette!(
        help = "name the columns with --text-column and --label-column, or give tagged .conll",
        "no task can learn from these rows\n{}",
        refusals.join("\n")
    ))
}

fn curations(asked: &[String], rows: &Samples) -> Result<Vec<(String, Option<BoxedCuration>)>> {
    let names: Vec<&str> = match asked {
        [] => STEPS.to_vec(),
        some => some.iter().map(String::as_str).filter(|name| *name != "none").collect(),
    };
    let mut steps: Vec<(String, Option<BoxedCuration>)> = vec![("none".into(), None)];
    for name in names {
        let Some(entry) = CURATIONS.get(name) else {
            let known: Vec<&str> = CURATIONS.names().collect();
            return Err(miette!(
                help = format!("there are {}", known.join(", ")),
                "no curation step is called `{name}`"
            ));
        };
        let step = (entry.build)(&Node::from_toml("", "curation")?)?;
        match step.accepts(rows.schema(), None) {
            Ok(()) => steps.push((name.to_owned(), Some(step))),
            Err(_) if asked.is_empty() => {}
            Err(why) => return Err(miette!(help = "leave it out", "curation `{name}`: {why}")),
        }
    }
    Ok(steps)
}

fn described(args: &AugmentArgs, task: &str, rows: &Checked, plan: &Plan) -> String {
    let mut lines = vec![format!(
        "{task} on {} human rows ({}) and {} synthetic rows ({})",
        rows.human.len(),
        args.train.display(),
        rows.synthetic.len(),
        args.synthetic.display()
    )];
    if rows.repeated > 0 {
        lines.push(format!("left out: {} human texts that were there before", rows.repeated));
    }
    if rows.leaked > 0 {
        lines.push(format!(
            "left out: {} synthetic rows that repeat a human row word for word (leakage); near copies are not found",
            rows.leaked
        ));
    }
    lines.extend(rows.notes.iter().map(|note| format!("note: {note}")));
    lines.push(format!(
        "{} repeats: {:.0} % of the human rows are test rows, the share is chosen by {}-fold cross-validation on the others\n",
        plan.repeats,
        plan.test * 100.0,
        plan.folds
    ));
    lines.join("\n")
}

fn interval(gain: Option<Gain>) -> String {
    match gain {
        Some(g) => format!("{} [{}, {}]", number(g.mean), number(g.low), number(g.high)),
        None => "–".into(),
    }
}

fn arms_table(study: &Study, plan: &Plan) -> Table {
    let score = study.primary.trim_start_matches("task-");
    let mut table = terminal::plain(&[
        "synthetic share",
        "curation",
        "rows added",
        score,
        "against human only [95 %]",
        "chosen",
    ]);
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    for (i, arm) in study.arms.iter().enumerate() {
        let chosen = study.repeats.iter().filter(|r| r.chosen == i).count();
        table.add_row([
            right(number(arm.share)),
            Cell::new(if arm.rows == 0 { "–" } else { plan.curations[arm.curation].0.as_str() }),
            right(format!("up to {}", arm.rows)),
            right(study.score(i).map_or("–".into(), |g| number(g.mean))),
            right(if i == 0 { "–".into() } else { interval(study.arm_gain(i)) }),
            right(if chosen == 0 { String::new() } else { format!("{chosen} of {}", study.repeats.len()) }),
        ]);
    }
    table
}

/// The answer in plain sentences.
fn answer(study: &Study, plan: &Plan) -> Vec<String> {
    let favourite = study.favourite();
    let arm = &study.arms[favourite];
    let what = match arm.rows {
        0 => "human rows alone".to_owned(),
        _ => format!(
            "a synthetic share of {} (curation: {})",
            number(arm.share),
            plan.curations[arm.curation].0
        ),
    };
    let mut lines = Vec::new();
    let gain = study.chosen_gain();
    let verdict = match gain {
        Some(g) if g.low > 0.0 => "The synthetic rows help",
        Some(g) if g.high < 0.0 => "The synthetic rows hurt",
        _ if favourite == 0 => "The synthetic rows are not worth it here",
        _ => "No gain can be told from noise",
    };
    let score = study.primary.trim_start_matches("task-");
    lines.push(format!("{verdict}: the rule most often takes {what}, and on human rows that it did not see {score} changes by {} over human rows.", interval(gain)));
    if let Some((mean, i)) = study.seed_gain().filter(|_| favourite > 0) {
        lines.push(format!(
            "Over training seeds alone (one split, other synthetic rows): {} [{}, {}].",
            number(mean),
            number(i.low),
            number(i.high)
        ));
    }
    lines.push(format!(
        "The same number of synthetic rows with shuffled labels (null arm): {}.",
        interval(study.null_gain())
    ));
    if let Some(g) = gain {
        lines.push(format!(
            "A gain smaller than about {} can't be seen with these rows.",
            number((g.high - g.low) / 2.0)
        ));
    }
    let largest = study.arms.iter().map(|a| a.share).fold(0.0, f64::max);
    if arm.share == largest {
        lines.push(
            "It is the largest share that was tried: whether more would do better is not known.".into(),
        );
    }
    lines.push("Every arm's learner is trained as the task says; one that is fitted to convergence has equal steps and equal epochs alike.".into());
    lines
}

/// All scores of human rows alone and of what the rule chose.
fn scores_table(study: &Study, report: Report) -> Table {
    let mut table = terminal::plain(&["score", "human only", "chosen"]);
    for name in report.scores {
        let mean = |of: &dyn Fn(&crate::augment::Repeat) -> Option<f64>| {
            let values: Vec<f64> = study.repeats.iter().filter_map(of).collect();
            if values.is_empty() {
                "–".into()
            } else {
                number(values.iter().sum::<f64>() / values.len() as f64)
            }
        };
        let human = mean(&|r| r.test[0].get(*name).copied());
        let chosen = mean(&|r| r.test[r.chosen].get(*name).copied());
        table.add_row([Cell::new(name), Cell::new(human), Cell::new(chosen)]);
    }
    table
}

/// One line per repeat, arm and score.
fn write(folder: &Path, study: &Study, plan: &Plan) -> Result<PathBuf> {
    std::fs::create_dir_all(folder).into_diagnostic()?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record([
            "repeat", "share", "curation", "rows", "arm", "chosen", "train", "test", "score", "value",
        ])
        .into_diagnostic()?;
    for (r, repeat) in study.repeats.iter().enumerate() {
        let arms = study
            .arms
            .iter()
            .zip(&repeat.test)
            .enumerate()
            .map(|(i, (arm, scores))| (i == repeat.chosen, "arm", Some(arm), scores));
        for (chosen, kind, arm, scores) in arms.chain([(false, "null", None, &repeat.null)]) {
            for (name, value) in scores {
                let of = |text: Option<String>| text.unwrap_or_default();
                writer
                    .write_record([
                        r.to_string(),
                        of(arm.map(|a| a.share.to_string())),
                        of(arm.map(|a| plan.curations[a.curation].0.clone())),
                        of(arm.map(|a| a.rows.to_string())),
                        kind.into(),
                        chosen.to_string(),
                        repeat.sizes.0.to_string(),
                        repeat.sizes.1.to_string(),
                        name.clone(),
                        value.to_string(),
                    ])
                    .into_diagnostic()?;
            }
        }
    }
    let path = folder.join("augment.csv");
    let bytes = writer.into_inner().into_diagnostic()?;
    write_atomically(&path, &bytes).into_diagnostic()?;
    Ok(path)
}
