//! Verdicts at a glance: metrics by settings, each word with the change that it rests on.

use super::compared::SettingChange;
use super::effect_rows::{CHANGES, COMPARISON, EffectRow, change_rows, comparison_rows};
use super::names::{name_of, plain_all, varying};
use super::tables::word_cell;
use crate::analysis::SettingKey;
use crate::analysis::effects::Comparison;
use crate::report::{Cell, Column, TableData};

/// Settings that stand side by side.
const MOST: usize = 8;

/// The matrix of a comparison: human shares side by side.
pub(super) fn comparison_matrix(c: &Comparison) -> Option<TableData> {
    let regime = c.regime.as_ref().map_or(String::new(), |r| format!("{r}: "));
    let caption = format!("{regime}generation {} against generation 0, by human share", c.generation);
    matrix(caption, &comparison_rows(c), COMPARISON.len() - 1)
}

/// The matrix of single settings.
pub(super) fn changes_matrix(changes: &[SettingChange]) -> Option<TableData> {
    let keys: Vec<&SettingKey> = changes.iter().map(|c| &c.key).collect();
    let columns = varying(&keys);
    let generation = changes.iter().map(|c| c.generation).max()?;
    let by = match columns.as_slice() {
        [] => String::new(),
        some => format!(", by {}", plain_all(some)),
    };
    let caption = format!("Generation {generation} against generation 0{by}");
    matrix(caption, &change_rows(changes, |c| name_of(&c.key, &columns).0), CHANGES.len() - 1)
}

/// A line for each metric, a column for each arm; `change` is where a row has its change. `None` where the columns
/// would not fit.
fn matrix(caption: String, rows: &[EffectRow], change: usize) -> Option<TableData> {
    let once = |of: &dyn Fn(&EffectRow) -> String| {
        let mut all: Vec<String> = Vec::new();
        for text in rows.iter().map(of) {
            if !all.contains(&text) {
                all.push(text);
            }
        }
        all
    };
    let (metrics, arms) = (once(&|r| r.metric.clone()), once(&|r| r.arm.clone()));
    if !(1..=MOST).contains(&arms.len()) {
        return None;
    }
    let cell = |metric: &String, arm: &String| {
        let Some(row) = rows.iter().find(|r| r.metric == *metric && r.arm == *arm) else {
            return Cell::text("");
        };
        let evidence =
            row.entries.get(change).map(|e| format!("{} {}", e.text, e.interval)).unwrap_or_default();
        match &row.word {
            Some((word, _)) => Cell { detail: evidence.trim().to_owned(), ..word_cell(*word, "") },
            None => Cell::text(evidence.trim()),
        }
    };
    let head = |name: String| Column { name, numeric: false };
    Some(TableData {
        caption,
        columns: [vec![head("metric".into())], arms.iter().cloned().map(head).collect()].concat(),
        rows: metrics
            .iter()
            .map(|m| std::iter::once(Cell::text(m)).chain(arms.iter().map(|a| cell(m, a))).collect())
            .collect(),
    })
}
