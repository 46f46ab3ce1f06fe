//! The tables of the page: the comparison, the claims, what did not run.

use super::compared::{RegimeGains, SettingChange};
use super::effect_rows::{
    CHANGES, COMPARISON, EffectRow, Entry, GAINS, change_rows, comparison_rows, gain_rows,
};
use super::names::{name_of, plain_all, varying};
use super::number::{between, expectation, number};
use crate::analysis::effects::{Comparison, Word};
use crate::analysis::{ClaimResult, SettingKey, Verdict};
use crate::report::{self, Cell, Column, TableData};
use crate::store::{self, Note, Settings, Status};

pub(super) fn columns(names: &[(&str, bool)]) -> Vec<Column> {
    names.iter().map(|(name, numeric)| Column { name: (*name).into(), numeric: *numeric }).collect()
}

/// A table of effects.
fn effects_table(caption: String, arm: &str, header: &[&str], rows: &[EffectRow]) -> TableData {
    let cell = |entry: &Entry| Cell::with_detail(&*entry.text, entry.detail());
    let row = |r: &EffectRow| {
        let mut cells = vec![Cell::text(&*r.metric), Cell::text(&*r.arm)];
        cells.extend(r.entries.iter().map(cell));
        cells.push(r.word.as_ref().map_or_else(|| Cell::text(""), |(word, remark)| word_cell(*word, remark)));
        cells
    };
    let mut names = vec![("metric", false), (arm, true)];
    names.extend(header.iter().map(|name| (*name, true)));
    names.push(("", false));
    TableData { caption, columns: columns(&names), rows: rows.iter().map(row).collect() }
}

pub(super) fn word_cell(word: Word, remark: &str) -> Cell {
    let verdict = match word {
        Word::Worse => report::Verdict::Failed,
        Word::Same | Word::Better => report::Verdict::Passed,
        Word::NotDecided => report::Verdict::Undecided,
        Word::NoVerdict => report::Verdict::Skipped,
    };
    Cell { text: word.name().into(), detail: remark.to_owned(), ..Cell::verdict(verdict) }
}

pub(super) fn comparison_table(c: &Comparison) -> TableData {
    let seeds = c.metrics.iter().flat_map(|m| &m.arms).map(|a| a.level.seeds).max().unwrap_or(0);
    let regime = c.regime.as_ref().map_or(String::new(), |r| format!("{r}: "));
    let caption = format!("{regime}generation {}, {seeds} seeds", c.generation);
    effects_table(caption, "human share", &COMPARISON, &comparison_rows(c))
}

pub(super) fn gains_table(found: &RegimeGains) -> TableData {
    let regime = found.regime.as_ref().map_or(String::new(), |r| format!("{r}: "));
    let caption = format!("{regime}beside {} human rows, generation {}", found.human_rows, found.generation);
    effects_table(caption, "synthetic rows per human row", &GAINS, &gain_rows(found))
}

/// The change of every metric since generation 0.
pub(super) fn changes_table(changes: &[SettingChange]) -> Option<TableData> {
    let keys: Vec<&SettingKey> = changes.iter().map(|c| &c.key).collect();
    let columns = varying(&keys);
    let setting = match columns.as_slice() {
        [] => "regime".to_owned(),
        some => plain_all(some),
    };
    let rows = change_rows(changes, |c| name_of(&c.key, &columns).0);
    (!rows.is_empty()).then(|| {
        let most = rows.len().min(MOST_CHANGES);
        let caption =
            if most < rows.len() { format!("{most} of {} lines", rows.len()) } else { String::new() };
        effects_table(caption, &setting, &CHANGES, &rows[..most])
    })
}

/// Lines of changes that a page shows.
const MOST_CHANGES: usize = 60;

pub(super) fn claims_table(claims: &[ClaimResult]) -> TableData {
    let row = |c: &ClaimResult| {
        let measured = match (c.measured, c.low, c.high) {
            (Some(m), Some(low), Some(high)) => Cell::with_detail(number(m), between(low, high)),
            (Some(m), _, _) => Cell::text(number(m)),
            _ => Cell::text("–"),
        };
        let note = c.note.as_ref().filter(|_| c.verdict != Verdict::Passed);
        let detail = note.map_or_else(|| c.reason.clone(), |note| format!("{}. {note}", c.reason));
        vec![
            Cell::with_detail(&*c.says, detail),
            Cell::text(c.at.map_or("–".into(), |g| g.to_string())),
            Cell::text(expectation(c.expected, c.relation)),
            measured,
            Cell::verdict(match c.verdict {
                Verdict::Passed => report::Verdict::Passed,
                Verdict::Failed => report::Verdict::Failed,
                Verdict::Undecided => report::Verdict::Undecided,
            }),
        ]
    };
    TableData {
        caption: "Each claim with the generation that decides it".into(),
        columns: columns(&[
            ("claim", false),
            ("generation", true),
            ("expected", true),
            ("measured", true),
            ("verdict", false),
        ]),
        rows: claims.iter().map(row).collect(),
    }
}

/// The setting and the seeds of a cell, for a reader.
fn whose(c: &store::Cell, settings: &Settings) -> [Cell; 2] {
    let part = |(column, value): &(String, String)| match column.as_str() {
        _ if value.is_empty() => None,
        "samples" => None,
        "data" | "model" | "regime" => Some(value.clone()),
        "human_fraction" => Some(format!("human fraction {value}")),
        _ => Some(format!("{column} = {value}")),
    };
    let columns = settings.get(c.setting).map_or(&[][..], |record| &record.columns);
    let setting: Vec<String> = columns.iter().filter_map(part).collect();
    let seeds = c.first_seed.map_or("–".into(), |first| match c.seeds {
        0 | 1 => first.to_string(),
        n => format!("{first} to {}", first + (n as u64 - 1)),
    });
    [Cell::with_detail(setting.join(", "), &*c.name), Cell::text(seeds)]
}

/// What metrics had no value for, a row for each reason; `None` if nothing is missing.
pub(super) fn missing_table(cells: &[store::Cell], settings: &Settings) -> Option<TableData> {
    struct Reason<'c> {
        note: Note,
        cells: usize,
        first: &'c store::Cell,
    }
    let mut reasons: Vec<Reason> = Vec::new();
    for (cell, note) in cells.iter().flat_map(|c| c.notes.iter().map(move |n| (c, n))) {
        let same = |r: &&mut Reason| {
            (&r.note.metric, r.note.subject, &r.note.why) == (&note.metric, note.subject, &note.why)
        };
        match reasons.iter_mut().find(same) {
            Some(known) => {
                known.note.count += note.count;
                known.cells += 1;
            }
            None => reasons.push(Reason { note: note.clone(), cells: 1, first: cell }),
        }
    }
    let noted = cells.iter().filter(|c| !c.notes.is_empty()).count();
    let row = |Reason { note, cells, first }: &Reason| {
        let [setting, _] = whose(first, settings);
        let place = format!("first: {}, seed {}, generation {}", setting.text, note.first.0, note.first.1);
        vec![
            Cell::text(format!("{} ({})", note.metric, note.subject.name())),
            Cell::with_detail(format!("{}: {}", note.kind.name(), note.why), place),
            Cell::text(note.count.to_string()),
            Cell::text(cells.to_string()),
        ]
    };
    (!reasons.is_empty()).then(|| TableData {
        caption: format!("{noted} of {} cells", cells.len()),
        columns: columns(&[("metric", false), ("why", false), ("values", true), ("cells", true)]),
        rows: reasons.iter().take(MOST_CELLS).map(row).collect(),
    })
}

/// The cells that failed, were skipped or are pending; `None` if all are done.
pub(super) fn not_run_table(cells: &[store::Cell], settings: &Settings) -> Option<TableData> {
    let missing: Vec<&store::Cell> = cells.iter().filter(|c| c.status != Status::Done).collect();
    let row = |c: &&store::Cell| {
        let [setting, seeds] = whose(c, settings);
        vec![setting, seeds, Cell::text(c.status.name()), Cell::text(&*c.error)]
    };
    (!missing.is_empty()).then(|| TableData {
        caption: format!("{} of {} cells", missing.len(), cells.len()),
        columns: columns(&[("setting", false), ("seeds", true), ("status", false), ("reason", false)]),
        rows: missing.iter().take(MOST_CELLS).map(row).collect(),
    })
}

/// Cells that a table lists; cells.csv has them all.
const MOST_CELLS: usize = 50;
