//! What the commands print when they are done.

use std::path::Path;

use comfy_table::{Attribute, Cell, Color, Table};

use super::tables::{Blocks, Remarks, dense, fitted, right, tied};
use crate::analysis::effects::Word;
use crate::analysis::{ClaimResult, SummaryRow, Verdict};
use crate::data::OwnFile;
use crate::experiment::Done;
use crate::experiment::limits::Memory;
use crate::lineage::size::written as size_in_words;
use crate::publish::{self, EffectRow, expectation, number, written};
use crate::reproduce::{Catalogue, Figure, Outcome};
use crate::run::{Estimate, Prepared, Work};
use crate::store::Note;

/// The settings that a spec makes, and the notes on them.
pub(super) fn settings(prepared: &Prepared) {
    let experiment = &prepared.experiment;
    let settings = prepared.settings();
    let (seeds, count) = (experiment.sweep.seeds.len(), settings.len());
    say!("{}: {count} setting(s) × {seeds} seed(s)\n", experiment.title());
    for (info, assembled) in settings.iter().zip(&prepared.settings) {
        match &info.skipped {
            Some(reason) => say!("  skipped  {}\n           {reason}", info.label),
            None => {
                let path = match &assembled.lineage {
                    Ok(lineage) if lineage.statistics => "statistics path",
                    _ => "rows",
                };
                say!("  ready    {} · {} generations · {path}", info.label, info.generations);
            }
        }
        for note in &assembled.notes {
            say!("           note: {note}");
        }
    }
}

/// Figures that could not be drawn, with the reason.
pub(super) fn undrawn(figures: &[(String, String)]) {
    for (name, why) in figures {
        remark!("the figure {name} is not drawn: {why}");
    }
}

/// What a user should know of a file that was read.
pub(super) fn remarks(own: Option<&OwnFile>) {
    for line in own.map(|own| own.card.remarks()).unwrap_or_default() {
        remark!("{line}");
    }
}

/// What a run would cost.
pub(super) fn estimate(prepared: &Prepared, cost: &Estimate, memory: &Memory, out: &Path, jobs: usize) {
    if let Some(own) = prepared.own_file() {
        say!("{}", own.card);
    }
    settings(prepared);
    say!("\n  cells     {} of {} left, {} lineages", cost.cells_left, cost.cells, cost.lineages_left);
    say!("  fits      {}", cost.fits_left);
    let time =
        cost.seconds.map_or("not known".into(), |s| format!("about {} with {jobs} job(s)", duration(s)));
    say!("  time      {time}");
    let disk = cost.bytes.map_or("not known".into(), |b| format!("about {:.1} MB", b as f64 / 1e6));
    for why in &cost.untimed {
        say!("            {why}");
    }
    say!("  disk      {disk}");
    say!("  memory    about {}", size_in_words(memory.bytes));
    say!("  folder    {} (nothing was written)", out.display());
}

/// What a finished run found and where it lies.
pub(super) fn finished(done: &Done) {
    let report = &done.report;
    if !done.claims.is_empty() {
        say!("{}\n", claims_table(&done.claims));
    }
    let tables = &report.tables;
    let mut line = format!("{} cells done", tables.done);
    for (count, word) in
        [(tables.failed, "failed"), (tables.skipped, "settings skipped"), (tables.pending, "pending")]
    {
        if count > 0 {
            line.push_str(&format!(", {count} {word}"));
        }
    }
    say!("{line} in {}", duration(report.wall_seconds));
    for (failure, count) in report.distinct_failures().into_iter().take(5) {
        let like =
            if count > 1 { format!("{count} lineages failed alike, for example\n  ") } else { String::new() };
        say!("  {like}{failure}");
    }
    for (reason, of) in by_reason(&done.skipped).into_iter().take(5) {
        let more = match of.len() {
            0 | 1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        say!("  skipped: {}{more}\n    {reason}", of.first().map_or("", |label| label));
    }
    if report.interrupted {
        say!("interrupted: what was finished is kept, and the same command goes on from there");
    }
    undrawn(&done.undrawn);
    missing(&tables.notes);
    say!("folder   {}", done.publication.folder.root().display());
    if let Some(page) = &done.page {
        say!("page     {}", page.display());
    }
}

/// The values that are missing, metric by metric.
pub(super) fn missing(notes: &[Note]) {
    for note in notes.iter().take(MOST_NOTES) {
        say!("  {note}");
    }
    if notes.len() > MOST_NOTES {
        say!("  … {} more in cells.csv and on the page", notes.len() - MOST_NOTES);
    }
}

/// Lines of missing values.
const MOST_NOTES: usize = 8;

/// The skipped settings by the reason.
fn by_reason(skipped: &[(String, String)]) -> Vec<(&str, Vec<&str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for (setting, reason) in skipped {
        match found.iter_mut().find(|(known, _)| *known == reason.as_str()) {
            Some((_, settings)) => settings.push(setting.as_str()),
            None => found.push((reason.as_str(), vec![setting.as_str()])),
        }
    }
    found
}

/// Lines of the table of values.
const MOST_VALUES: usize = 12;

/// What every metric is at the last generation.
pub(super) fn values(summary: &[SummaryRow]) {
    let all = publish::values(summary);
    if all.is_empty() {
        return;
    }
    let mut blocks = Blocks::new(&["setting", "generation", "mean over seeds", "at first", "human"]);
    let mut last = "";
    for v in all.iter().take(MOST_VALUES) {
        if last != v.metric {
            blocks.heading(&*v.metric);
            last = &v.metric;
        }
        blocks.row([
            Cell::new(&v.setting),
            right(v.last.generation.to_string()),
            right(interval_tied(&written(v.last))),
            right(number(v.first.centre())),
            right(v.human.map_or("–".into(), number)),
        ]);
    }
    say!("{}", blocks.fitted());
    if all.len() > MOST_VALUES {
        say!("… {} more in summary.csv and on the page", all.len() - MOST_VALUES);
    }
    say!("");
}

/// A number and its interval on one line, whatever is said after them.
fn interval_tied(text: &str) -> String {
    match text.split_once("] ") {
        Some((interval, said)) => format!("{}] {said}", tied(interval)),
        None if text.ends_with(']') => tied(text),
        None => text.to_owned(),
    }
}

fn claims_table(claims: &[ClaimResult]) -> String {
    let mut table = dense(&["claim", "expected", "measured", "verdict"]);
    for claim in claims {
        table.add_row([
            Cell::new(with_note(&claim.says, claim.note.as_deref(), claim.verdict)),
            Cell::new(expectation(claim.expected, claim.relation)),
            Cell::new(claim.measured.map_or("–".into(), number)),
            verdict_cell(claim.verdict),
        ]);
    }
    fitted(table)
}

fn verdict_cell(verdict: Verdict) -> Cell {
    let (word, colour) = match verdict {
        Verdict::Passed => ("passed", Color::Green),
        Verdict::Failed => ("FAILED", Color::Red),
        Verdict::Undecided => ("undecided", Color::Yellow),
    };
    Cell::new(word).fg(colour)
}

/// A claim that does not hold has its reason below it.
fn with_note(says: &str, note: Option<&str>, verdict: Verdict) -> String {
    match note {
        Some(note) if verdict != Verdict::Passed => format!("{says}\n  {note}"),
        _ => says.to_owned(),
    }
}

/// What can be reproduced: papers with their figures, studies, demonstrations.
pub(super) fn catalogue(catalogue: &Catalogue) {
    let mut table = dense(&["name", "what", "claims", "time"]);
    let line = |table: &mut Table, figure: &Figure| {
        let time = figure.seconds.map_or("–".into(), duration);
        table.add_row([format!("  {}", figure.id), figure.title.clone(), figure.claims.to_string(), time]);
    };
    let heading = |table: &mut Table, name: &str, what: String| {
        let bold = |text: &str| Cell::new(text).add_attribute(Attribute::Bold);
        table.add_row([bold(name), bold(&what), Cell::new(""), Cell::new("")]);
    };
    for paper in &catalogue.papers {
        heading(&mut table, &paper.key, format!("{} {}", paper.entry.short(), paper.entry.title));
        paper.figures.iter().for_each(|figure| line(&mut table, figure));
    }
    let groups = [("studies", &catalogue.studies), ("demonstrations", &catalogue.demonstrations)];
    for (name, figures) in groups.into_iter().filter(|(_, figures)| !figures.is_empty()) {
        heading(&mut table, name, String::new());
        figures.iter().for_each(|figure| line(&mut table, figure));
    }
    say!("{}\n", fitted(table));
    let figures: Vec<&Figure> = catalogue.papers.iter().flat_map(|p| &p.figures).collect();
    let (claims, seconds): (usize, f64) =
        figures.iter().fold((0, 0.0), |(c, s), f| (c + f.claims, s + f.seconds.unwrap_or(0.0)));
    say!(
        "{} papers, {} figures, {claims} claims; measured times add up to {} on one thread.",
        catalogue.papers.len(),
        figures.len(),
        duration(seconds)
    );
    say!("`collapse reproduce NAME…` runs them; `collapse reproduce all` all papers.");
}

/// One row a claim.
pub(super) fn outcomes_table(outcomes: &[Outcome]) -> String {
    let mut table = dense(&["figure", "what it says", "expected", "measured [interval]", "verdict"]);
    let mut last = "";
    for outcome in outcomes {
        let figure = if last == outcome.figure { "" } else { outcome.figure.as_str() };
        last = &outcome.figure;
        table.add_row([
            Cell::new(figure).add_attribute(Attribute::Bold),
            Cell::new(match outcome.blind() {
                Some(true) => {
                    format!("{}\n  must fail {}", outcome.says, outcome.must_fail().replace("**", ""))
                }
                _ => with_note(&outcome.says, outcome.note.as_deref(), outcome.verdict),
            }),
            Cell::new(expectation(outcome.expected, outcome.relation)),
            Cell::new(outcome.found()),
            match (outcome.verdict, outcome.blind()) {
                (Verdict::Passed, Some(true)) => Cell::new("BLIND").fg(Color::Red),
                (verdict, _) => verdict_cell(verdict),
            },
        ]);
    }
    fitted(table)
}

/// Lines of effects as people read them: a block for each metric, remarks below.
pub(super) fn effects(arm: &str, header: &[&str], rows: &[EffectRow]) -> String {
    let names: Vec<&str> = std::iter::once(arm).chain(header.iter().copied()).chain([""]).collect();
    let (mut blocks, mut remarks) = (Blocks::new(&names), Remarks::default());
    let mut last = "";
    for row in rows {
        if last != row.metric {
            blocks.heading(&*row.metric);
            last = row.metric.as_str();
        }
        let mut cells = vec![Cell::new(&row.arm)];
        for entry in &row.entries {
            // Below a number stands its interval; remarks stand below the table. Shares at earlier generations are on the
            // page.
            let said = entry.said.iter().filter(|said| !said.contains(" at generation "));
            let marks: String = said.map(|said| remarks.mark(said)).collect();
            cells.push(right(format!("{}{marks}\n{}", tied(&entry.text), tied(&entry.interval)).trim_end()));
        }
        cells.push(row.word.as_ref().map_or_else(
            || Cell::new(""),
            |(word, remark)| {
                let colour = match word {
                    Word::Worse => Color::Red,
                    Word::Same | Word::Better => Color::Green,
                    Word::NotDecided | Word::NoVerdict => Color::Yellow,
                };
                Cell::new(tied(word.name()) + &remarks.mark(remark)).fg(colour)
            },
        ));
        blocks.row(cells);
    }
    format!("{}\n{}", blocks.fitted(), remarks.told()).trim_end().to_owned()
}

pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", s * 1e3),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
