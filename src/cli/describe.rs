//! `collapse describe`: one component as a page of a manual.

use clap::Args;
use miette::{Result, miette};

use super::EXIT_DONE;
use crate::components::Components;
use crate::metrics::{Direction, Reading, Worst};
use crate::neural;
use crate::regimes::{Choices, FractionRule, PresetDraw};
use crate::registry::{Component, Description, Known, Parameter};
use crate::say::number;
use crate::spec::{TABLES, keys_of};
use crate::{tasks, theory};

/// Explain a source, family, metric, regime, curation step, task, law, or a key of a spec.
#[derive(Args)]
pub struct DescribeArgs {
    /// Its name, as `collapse list` shows it; a key alone or with its table, as in loop.start
    name: String,
}

pub(super) fn describe(args: &DescribeArgs, components: &Components) -> Result<u8> {
    let name = args.name.as_str();
    let mut found = false;
    let all = all(components);
    for (kind, about) in all.iter().filter(|(_, about)| about.name == name) {
        found = true;
        page(kind, about, components.reading(name));
    }
    if let Some(row) = components.regimes.get(name) {
        found = true;
        regime(row);
    }
    if let Some(law) = theory::find(name) {
        found = true;
        say!("{name} (law)\n\n  {}\n\n  Holds for: {}", law.statement, law.conditions);
        for (heading, words) in law.about() {
            say!("  {heading}: {words}");
        }
        say!("  Source: {}\n", law.source);
    }
    for (table, keys) in TABLES {
        let asked = |key: &&Parameter| {
            name == key.name || name.split_once(table) == Some(("", &format!(".{}", key.name)))
        };
        for key in keys.iter().filter(asked) {
            found = true;
            say!(
                "{} (key of [{table}])\n\n{}\n\n  Default: {}\n",
                key.name,
                indented(&key.says()),
                key.default
            );
        }
    }
    found |= parameter(name, &all);
    if found { Ok(EXIT_DONE) } else { Err(unknown(name, &all, components)) }
}

/// Every component but regimes, with its kind.
fn all(components: &Components) -> Vec<(&'static str, Description)> {
    fn of<T, E>(
        kind: &'static str,
        known: &Known<T, E>,
    ) -> impl Iterator<Item = (&'static str, Description)> {
        known.iter().map(move |c| (kind, c.about.clone()))
    }
    let scores = tasks::SCORES.iter().map(|s| ("score of a task", Description::from(&s.about)));
    of("source", &components.sources)
        .chain(of("family", &components.families))
        .chain(of("metric", &components.metrics))
        .chain(of("curation step", &components.curations))
        .chain(of("task", &components.tasks))
        .chain(scores)
        .collect()
}

/// Explains a parameter of components, once where several mean the same by it; says whether there is one.
fn parameter(name: &str, all: &[(&str, Description)]) -> bool {
    let mut meanings: Vec<(&Parameter, Vec<String>)> = Vec::new();
    for (kind, about) in all {
        for p in about.parameters.iter().filter(|p| p.name == name) {
            let who = format!("{} ({kind})", about.name);
            match meanings.iter_mut().find(|(q, _)| (q.default, q.says()) == (p.default, p.says())) {
                Some((_, all)) => all.push(who),
                None => meanings.push((p, vec![who])),
            }
        }
    }
    for (p, of) in &meanings {
        say!("{name} (parameter)\n\n{}\n", indented(&p.says()));
        say!("  Default: {}\n{}\n", p.default, indented(&format!("Of: {}", of.join(", "))));
    }
    !meanings.is_empty()
}

fn page(kind: &str, about: &Description, reading: Option<Reading>) {
    say!("{} ({kind})\n\n  {}\n", about.name, about.summary);
    for paragraph in about.details.split("\n\n").filter(|p| !p.trim().is_empty()) {
        say!("{}\n", indented(paragraph));
    }
    if kind == "task" {
        say!("  Keys of the table that every task takes");
        for key in keys_of("task") {
            say!("    {} = {}\n{}", key.name, key.default, indented(&format!("    {}", key.says())));
        }
        say!("");
    }
    if let Some(reading) = reading.filter(|_| kind == "metric" || kind.starts_with("score")) {
        let better = match reading.direction {
            Direction::Higher => "higher is better",
            Direction::Lower => "lower is better",
            Direction::TwoSided => "the human value is best",
        };
        let worst = match reading.worst {
            Worst::None => "none; the metric has no verdict without a stated tolerance".to_owned(),
            Worst::Is(value) => number(value),
            Worst::Of(_) | Worst::OfExponential(_) => {
                "that of a model that knows nothing of the human rows, from these rows".to_owned()
            }
        };
        say!(
            "  Direction: {better}\n  Ideal: {}\n  Worst value: {worst}\n  Unit: {}",
            reading.ideal,
            reading.unit
        );
        if kind == "metric" {
            let size = match reading.unbiased {
                true => "does not move its expected value",
                false => {
                    "moves its expected value where it is computed from rows; compare values of one size"
                }
            };
            say!("  Number of rows (`measure.size`): {size}");
        }
        say!("");
    }
    if !about.source.is_empty() {
        say!("  Source: {}\n", about.source);
    }
    if about.is_own() {
        say!("  Version: {}\n", about.key());
    }
    if !about.parameters.is_empty() {
        say!("  Parameters");
        for p in about.parameters.iter() {
            say!("    {} = {}\n{}", p.name, p.default, indented(&format!("    {}", p.says())));
        }
        say!("");
    }
    if let Some(presets) = neural::presets(&about.name).filter(|_| kind == "family") {
        say!("  Sizes");
        for size in neural::size::Size::ALL {
            let table = match presets.tables[size as usize] {
                "" => "the defaults above".to_owned(),
                table => table.lines().collect::<Vec<_>>().join(", "),
            };
            say!("    size = \"{}\": {table}", size.as_str());
            let narrow = presets.narrow[size as usize];
            if !narrow.is_empty() {
                let narrow = narrow.lines().collect::<Vec<_>>().join(", ");
                say!("      rows of at most {} numbers: {narrow}", neural::size::NARROW);
            }
            say!("{}", indented(&format!("    {}", presets.measured[size as usize])));
        }
        say!("");
    }
}

fn regime(component: &Component<(), Choices>) {
    let (about, row) = (&component.about, component.extra);
    say!("{} (regime)\n\n  {}\n", about.name, about.summary);
    if !about.source.is_empty() {
        say!("  Source: {}\n", about.source);
    }
    let human_fraction = match FractionRule::of(row.inflow, row.retain_human, row.retain_synthetic) {
        FractionRule::Zero => "always 0: no human rows after generation 0",
        FractionRule::Asked => "yours to set (or `hold = \"human\"` with human_rows and synthetic_scale)",
        FractionRule::Own => "follows from the regime",
    };
    say!("  As [loop.choices] of a custom regime:");
    say!("    inflow            {}", written(&row.inflow));
    say!("    retain_human      {}", written(&row.retain_human));
    say!("    retain_synthetic  {}", written(&row.retain_synthetic));
    let draw = match row.draw {
        PresetDraw::All => "\"all\"",
        PresetDraw::Uniform => "{ uniform = … }, as many rows as `samples`",
        PresetDraw::Balanced => "{ balanced = … }, as many rows as `samples`",
    };
    say!("    draw              {draw}");
    say!("    weights           {}", written(&row.weights));
    say!("    combine           {}", written(&row.combine));
    say!("  hold                {}", written(&row.hold));
    say!("  human_fraction      {human_fraction}\n");
}

/// A choice as a spec writes it.
fn written(choice: &impl serde::Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(name)) => format!("\"{name}\""),
        Ok(serde_json::Value::Object(one)) => {
            one.iter().map(|(name, value)| format!("{{ {name} = {value} }}")).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
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

fn unknown(name: &str, all: &[(&str, Description)], components: &Components) -> miette::Report {
    let mut known: Vec<&str> = all.iter().map(|(_, about)| about.name.as_ref()).collect();
    known.extend(components.regimes.names());
    known.extend(theory::laws().map(|l| l.name));
    known.extend(TABLES.iter().flat_map(|(_, keys)| keys.iter().map(|key| key.name)));
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
