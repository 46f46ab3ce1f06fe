//! The tables of the page: the comparison, the claims, what did not run.

use super::number::{expectation, number};
use crate::analysis::{Bearing, ClaimResult, Comparison, ComparisonRow, Paired, Verdict};
use crate::report::{self, Cell, Column, TableData};
use crate::store::Note;
use crate::store::read::CellEntry;
use crate::store::tables::Status;

pub(super) fn columns(names: &[(&str, bool)]) -> Vec<Column> {
    names.iter().map(|(name, numeric)| Column { name: (*name).into(), numeric: *numeric }).collect()
}

pub(super) fn comparison_table(comparison: &Comparison) -> TableData {
    let rows = &comparison.rows;
    let paired = |p: &Option<Paired>| match p {
        Some(p) => Cell::with_detail(
            signed(p.difference),
            format!("[{}, {}]", signed(p.interval.low), signed(p.interval.high)),
        ),
        None => Cell::text("–"),
    };
    let row = |r: &ComparisonRow| {
        let interval = r.interval.as_ref().map(|i| format!("[{}, {}]", number(i.low), number(i.high)));
        let detail: Vec<String> = interval.into_iter().chain(r.counts.remark()).collect();
        let value = Cell::with_detail(number(r.value), detail.join("; "));
        let mut word = Cell::verdict(match r.bearing {
            Bearing::Holds => report::Verdict::Passed,
            Bearing::Degrades => report::Verdict::Failed,
            Bearing::Undecided | Bearing::NoVerdict => report::Verdict::Undecided,
        });
        word.text = match r.bearing {
            Bearing::Holds => "holds".into(),
            Bearing::Degrades => "degrades".into(),
            Bearing::Undecided => "undecided".into(),
            Bearing::NoVerdict => "no verdict".into(),
        };
        word.detail.clone_from(&r.reason);
        vec![
            Cell::text(&*r.metric),
            Cell::text(if comparison.own_fraction { "its own".to_owned() } else { number(r.fraction) }),
            value,
            paired(&r.change),
            paired(&r.against_reference),
            Cell::text(r.human.map_or("–".into(), number)),
            word,
        ]
    };
    let last = rows.iter().map(|r| r.generation).max().unwrap_or(0);
    let seeds = rows.iter().map(|r| r.counts.asked).max().unwrap_or(0);
    TableData {
        caption: match &comparison.regime {
            Some(regime) => format!("{regime}: generation {last}, {seeds} seeds"),
            None => format!("Generation {last}, {seeds} seeds"),
        },
        columns: columns(&[
            ("metric", false),
            ("human share", true),
            ("value", true),
            ("change since generation 0", true),
            ("against the highest human share", true),
            ("human rows", true),
            ("", false),
        ]),
        rows: rows.iter().map(row).collect(),
    }
}

pub(super) fn claims_table(claims: &[ClaimResult]) -> TableData {
    let row = |c: &ClaimResult| {
        let measured = match (c.measured, c.low, c.high) {
            (Some(m), Some(low), Some(high)) => {
                Cell::with_detail(number(m), format!("[{}, {}]", number(low), number(high)))
            }
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

fn signed(value: f64) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    format!("{sign}{}", number(value.abs()))
}

/// The setting and the seeds of a cell, for a reader.
fn whose(c: &CellEntry) -> [Cell; 2] {
    let mut setting = vec![c.data.clone(), c.model.clone(), c.regime.clone()];
    setting.extend(c.human_fraction.map(|f| format!("human fraction {f}")));
    setting.extend(c.swept.iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| format!("{k} = {v}")));
    let seeds = c.first_seed.map_or("–".into(), |first| match c.seeds {
        0 | 1 => first.to_string(),
        n => format!("{first} to {}", first + n - 1),
    });
    [Cell::with_detail(setting.join(", "), &*c.cell), Cell::text(seeds)]
}

/// What metrics had no value for, a row for each reason; `None` if nothing is missing.
pub(super) fn missing_table(cells: &[CellEntry]) -> Option<TableData> {
    struct Reason<'c> {
        note: Note,
        cells: usize,
        first: &'c CellEntry,
    }
    let mut reasons: Vec<Reason> = Vec::new();
    for (cell, note) in cells.iter().flat_map(|c| Note::listed(&c.notes).into_iter().map(move |n| (c, n))) {
        let same = |r: &&mut Reason| {
            (&r.note.metric, r.note.subject, &r.note.why) == (&note.metric, note.subject, &note.why)
        };
        match reasons.iter_mut().find(same) {
            Some(known) => {
                known.note.count += note.count;
                known.cells += 1;
            }
            None => reasons.push(Reason { note, cells: 1, first: cell }),
        }
    }
    let noted = cells.iter().filter(|c| !c.notes.is_empty()).count();
    let row = |Reason { note, cells, first }: &Reason| {
        let [setting, _] = whose(first);
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
pub(super) fn not_run_table(cells: &[CellEntry]) -> Option<TableData> {
    let missing: Vec<&CellEntry> = cells.iter().filter(|c| c.status != Status::Done).collect();
    let row = |c: &&CellEntry| {
        let [setting, seeds] = whose(c);
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
