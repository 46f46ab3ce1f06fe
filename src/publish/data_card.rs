//! The data card of the user's file, on the page.

use super::tables::columns;
use crate::data::{Card, OtherCard};
use crate::report::{Cell, Section, TableData};
use crate::store::Manifest;

/// What was read, left out and why; `None` where the rows come from no file.
pub(super) fn section(manifest: &Manifest) -> Option<Section> {
    let data = manifest.data.as_ref()?;
    let card = data.get("human").unwrap_or(data);
    let card: Option<Card> = serde_json::from_value(card.clone()).ok();
    let others: Vec<OtherCard> =
        data.get("files").and_then(|files| serde_json::from_value(files.clone()).ok()).unwrap_or_default();
    let mut section = Section { heading: "Data".into(), ..Section::default() };
    if let Some(card) = &card {
        let [train, validation, held_out] = card.splits;
        section.prose.push(format!(
            "{}: {}. {} rows read, {} left out; {train} for training, {validation} for validation, {held_out} held out.",
            card.file,
            card.form,
            card.rows,
            card.lost()
        ));
        section.prose.extend(card.remarks().into_iter().map(sentence));
        section.tables.extend(taken(card));
    }
    section.prose.extend(OtherCard::remarks(&others).into_iter().map(sentence));
    if let Some(passed) =
        data.get("passed_over").and_then(serde_json::Value::as_array).filter(|p| !p.is_empty())
    {
        let names: Vec<&str> = passed.iter().filter_map(serde_json::Value::as_str).collect();
        section.prose.push(format!("Not read, since their names end in no number: {}.", names.join(", ")));
    }
    (!section.prose.is_empty()).then_some(section)
}

/// A remark as a sentence of the page, which has quotation marks where a terminal has backticks.
fn sentence(line: String) -> String {
    let pieces: Vec<&str> = line.split('`').collect();
    let quoted = |(i, piece): (usize, &&str)| match i % 2 {
        0 => (*piece).to_owned(),
        _ => format!("“{piece}”"),
    };
    pieces.iter().enumerate().map(quoted).collect::<String>() + "."
}

fn taken(card: &Card) -> Option<TableData> {
    let used = card.columns.iter().map(|t| [&t.column, &t.taken_for, &t.why]);
    let left_out = String::from("left out");
    let out = card.left_out.iter().map(|(name, why)| [name, &left_out, why]);
    let rows: Vec<Vec<Cell>> =
        used.chain(out).map(|cells| cells.map(|c| Cell::text(c.as_str())).to_vec()).collect();
    (!rows.is_empty()).then(|| TableData {
        caption: "What each column was taken for".into(),
        columns: columns(&[("column", false), ("taken for", false), ("evidence", false)]),
        rows,
    })
}
