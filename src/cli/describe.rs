//! `collapse describe`: one component as a page of a manual.

use clap::Args;
use miette::{Result, miette};

use super::EXIT_DONE;
use crate::metrics::{Direction, METRICS};
use crate::regimes::{PRESETS, Preset, preset};
use crate::registry::About;
use crate::{curation, data, models, neural, tasks, theory};

/// Explain a source, family, metric, regime, curation step, task or law.
#[derive(Args)]
pub struct DescribeArgs {
    /// Its name, as `collapse list` shows it
    name: String,
}

pub(super) fn describe(args: &DescribeArgs) -> Result<u8> {
    let name = args.name.as_str();
    let mut found = false;
    let abouts = [
        ("source", data::SOURCES.get(name).map(|e| &e.about)),
        ("family", models::FAMILIES.get(name).or_else(|| neural::FAMILIES.get(name)).map(|e| &e.about)),
        ("metric", METRICS.get(name).map(|e| &e.about)),
        ("curation step", curation::CURATIONS.get(name).map(|e| &e.about)),
        ("task", tasks::TASKS.get(name).map(|e| &e.about)),
        ("score of a task", tasks::score(name).map(|s| &s.about)),
    ];
    for (kind, about) in abouts {
        if let Some(about) = about {
            found = true;
            page(kind, about);
        }
    }
    if let Some(row) = preset(name) {
        found = true;
        regime(row);
    }
    if let Some(law) = theory::find(name) {
        found = true;
        say!(
            "{name} (law)\n\n  {}\n\n  Holds for: {}\n  Source: {}\n",
            law.statement(),
            law.conditions(),
            law.source()
        );
    }
    if found { Ok(EXIT_DONE) } else { Err(unknown(name)) }
}

/// The keys of `[task]` that the loop reads.
const EVERY_TASK: &str = "knowledge = \"none\", \"other-domain\", \"verifier\" or \"graph\": what the generator knows \
    beyond the human rows (required where synthetic rows are made). train = [\"training\"]: one learner each for all \
    of D(g), its \"synthetic\" rows, its \"human\" rows. test = all held-out rows: how many human rows it is scored on. \
    validation = 0: the share of the training rows kept from the learner for tuning and for task-own-score. \
    arm = a name of the setting in tables and figures.";

fn page(kind: &str, about: &About) {
    say!("{} ({kind})\n\n  {}\n", about.name, about.summary);
    for paragraph in about.details.split("\n\n").filter(|p| !p.trim().is_empty()) {
        say!("{}\n", indented(paragraph));
    }
    if kind == "task" {
        say!("  Keys of the table that every task takes\n{}\n", indented(EVERY_TASK));
    }
    if let Some(reading) =
        tasks::reading(about.name).filter(|_| kind == "metric" || kind.starts_with("score"))
    {
        let better = match reading.direction {
            Direction::Higher => "higher is better",
            Direction::Lower => "lower is better",
            Direction::TwoSided => "the human value is best",
        };
        say!("  Direction: {better}\n  Ideal: {}\n  Unit: {}\n", reading.ideal, reading.unit);
    }
    say!("  Source: {}\n", about.source);
    if !about.parameters.is_empty() {
        say!("  Parameters");
        for p in about.parameters {
            say!("    {} = {}\n{}", p.name, p.default, indented(&format!("    {}", p.meaning)));
        }
        say!("");
    }
}

fn regime(row: &Preset) {
    say!("{} (regime)\n\n  {}\n\n  Source: {}\n", row.name, row.summary, row.source);
    say!("  inflow            {:?}", row.inflow);
    say!("  retain_human      {:?}", row.retain_human);
    say!("  retain_synthetic  {:?}", row.retain_synthetic);
    say!("  draw              {:?}", row.draw);
    say!("  weights           {:?}, {:?}", row.weights, row.combine);
    say!("  hold              {:?}\n", row.hold);
}

/// Wraps a paragraph at 96 columns, keeping its own indentation, two columns in.
fn indented(paragraph: &str) -> String {
    let depth = paragraph.len() - paragraph.trim_start().len() + 2;
    let mut lines = vec![" ".repeat(depth)];
    for word in paragraph.split_whitespace() {
        let line = lines.last_mut().map_or(0, |l| l.chars().count());
        if line + word.chars().count() + 1 > 98 {
            lines.push(" ".repeat(depth));
        }
        if let Some(last) = lines.last_mut() {
            if last.len() > depth {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.join("\n")
}

fn unknown(name: &str) -> miette::Report {
    let mut known: Vec<&str> = data::SOURCES.names().collect();
    known.extend(models::FAMILIES.names());
    known.extend(neural::FAMILIES.names());
    known.extend(METRICS.names());
    known.extend(curation::CURATIONS.names());
    known.extend(tasks::TASKS.names());
    known.extend(tasks::SCORES.iter().map(|s| s.about.name));
    known.extend(PRESETS.iter().map(|p| p.name));
    known.extend(theory::laws().map(|l| l.name()));
    let near = known
        .iter()
        .map(|k| (strsim::jaro_winkler(name, k), *k))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.75);
    match near {
        Some((_, near)) => miette!(
            help = "`collapse list` shows all names",
            "nothing is called `{name}`; did you mean `{near}`?"
        ),
        None => miette!(help = "`collapse list` shows all names", "nothing is called `{name}`"),
    }
}
