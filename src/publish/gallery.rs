//! Example rows for the page: what settings draw at each generation, beside human rows.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::copied::Copied;
use super::examples::{chosen, examples};
use super::{Publication, PublishError, source};
use crate::analysis::SettingKey;
use crate::data::{Samples, Supply};
use crate::metrics::Subject;
use crate::report::{Gallery, GalleryCell, GalleryRows};
use crate::spec::{Setting, canonical};
use crate::store::{Example, ExampleRows};

/// Generations that the page may hold rows of, and bytes of rows.
const GENERATIONS: usize = 16;
const BYTES: usize = 1_300_000;
/// Rows of a cell.
const IMAGES: usize = 24;
const TEXTS: usize = 10;
const LINES: usize = 12;
/// Characters of a text.
const CHARACTERS: usize = 600;

/// The rows of these settings; `None` where none were kept.
pub(super) fn gallery(
    publication: &Publication,
    keys: &[&SettingKey],
) -> Result<Option<Gallery>, PublishError> {
    let mut shown = examples(publication)?;
    let place = |key: &SettingKey| keys.iter().position(|k| k.index == key.index);
    shown.retain(|s| place(&s.key).is_some());
    let Some(first) = shown.iter().flat_map(|s| &s.examples).next() else { return Ok(None) };
    let what = kind(&first.rows);
    let mut found = Gallery { kind: what, ..Gallery::default() };
    let corpora = match first.rows {
        ExampleRows::Texts(_) => corpora(publication, keys)?,
        _ => BTreeMap::new(),
    };
    found.caption = caption(what, &corpora);
    let mut most = GENERATIONS;
    loop {
        let generations = chosen(&shown, most);
        found.cells.clear();
        for setting in &shown {
            let Some(index) = place(&setting.key) else { continue };
            for example in setting.examples.iter().filter(|e| e.member == 0 && kind(&e.rows) == what) {
                let generation = (example.subject != Subject::Human).then_some(example.generation);
                if generation.is_none_or(|g| generations.contains(&g)) {
                    let copied = corpora.get(&setting.key.index).and_then(|c| c.as_deref());
                    add(&mut found, index, generation, example, copied);
                }
            }
        }
        let bytes: usize = found.cells.iter().map(|c| size(&c.rows)).sum();
        if bytes <= BYTES || most <= 2 {
            break;
        }
        most /= 2;
    }
    summed_up(&mut found, first);
    Ok(Some(found))
}

fn kind(rows: &ExampleRows) -> &'static str {
    match rows {
        ExampleRows::Images { .. } => "images",
        ExampleRows::Texts(_) => "texts",
        ExampleRows::Points { .. } => "points",
        ExampleRows::Outcomes(_) => "outcomes",
        ExampleRows::Table { .. } => "table",
    }
}

fn caption(kind: &str, corpora: &BTreeMap<usize, Option<Rc<Copied>>>) -> String {
    let what = "The first rows of one seed, not chosen.";
    let lengths: BTreeSet<usize> = corpora.values().flatten().map(|c| c.length).collect();
    let stretches = match (lengths.first(), lengths.last()) {
        (Some(least), Some(most)) if least == most => format!("{least} characters"),
        (Some(least), Some(most)) => format!("{least} to {most} characters, by the human rows,"),
        _ => String::new(),
    };
    match (kind, stretches.is_empty()) {
        ("texts", false) => format!(
            "{what} Marked: stretches of {stretches} or more that stand in the human training rows; of held-out human text at most \
             5 % is such a stretch."
        ),
        ("points", _) => format!("{what} Grey: human rows."),
        _ => what.to_owned(),
    }
}

/// What of a text stands in the training rows, setting by setting; each source is read once.
fn corpora(
    publication: &Publication,
    keys: &[&SettingKey],
) -> Result<BTreeMap<usize, Option<Rc<Copied>>>, PublishError> {
    let settings = publication.settings()?;
    let mut known: BTreeMap<String, Option<Rc<Copied>>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for key in keys {
        let Some(setting) = settings.get(key.index) else { continue };
        let of = known.entry(canonical(&setting.data));
        let copied = of.or_insert_with(|| copied(setting, publication).map(Rc::new));
        found.insert(key.index, copied.clone());
    }
    Ok(found)
}

fn copied(setting: &Setting, publication: &Publication) -> Option<Copied> {
    let Supply::Finite(splits) = source(setting, &publication.components)?.supply else { return None };
    let texts = |rows: &Samples| -> Vec<String> { (0..rows.len()).filter_map(|i| rows.text(i)).collect() };
    Copied::new(&texts(&splits.train), &texts(&splits.held_out))
}

/// Adds rows, or the setting to equal rows that are there: before the first refit all settings have the same.
fn add(
    found: &mut Gallery,
    setting: usize,
    generation: Option<u32>,
    example: &Example,
    copied: Option<&Copied>,
) {
    let rows = rows(&example.rows, copied);
    match found.cells.iter_mut().find(|c| c.generation == generation && c.rows == rows) {
        Some(known) if known.settings.contains(&setting) => {}
        Some(known) => known.settings.push(setting),
        None => found.cells.push(GalleryCell { settings: vec![setting], generation, rows }),
    }
}

fn rows(rows: &ExampleRows, copied: Option<&Copied>) -> GalleryRows {
    match rows {
        ExampleRows::Images { bytes, .. } => GalleryRows::Names(bytes.iter().take(IMAGES).cloned().collect()),
        ExampleRows::Outcomes(names) => GalleryRows::Names(names.clone()),
        ExampleRows::Texts(texts) => {
            let short = |text: &String| text.chars().take(CHARACTERS).collect::<String>();
            let pieces = |text: String| copied.map_or(vec![text.clone()], |c| c.pieces(&text));
            GalleryRows::Pieces(texts.iter().take(TEXTS).map(short).map(pieces).collect())
        }
        ExampleRows::Table { rows, .. } => GalleryRows::Pieces(rows.iter().take(LINES).cloned().collect()),
        ExampleRows::Points { width, values } => {
            let short = |v: &f64| format!("{v:.3e}").parse().unwrap_or(0.0);
            let point = |p: &[f64]| p.iter().take(2).map(short).collect();
            GalleryRows::Points(values.0.chunks_exact((*width).max(1)).map(point).collect())
        }
    }
}

fn size(rows: &GalleryRows) -> usize {
    match rows {
        GalleryRows::Names(names) => names.iter().map(|n| n.len() + 3).sum(),
        GalleryRows::Pieces(rows) => rows.iter().flatten().map(|p| p.len() + 3).sum(),
        GalleryRows::Points(points) => 22 * points.len(),
    }
}

/// What all cells have in common: the size of images, the columns of a table, axes, outcomes.
fn summed_up(found: &mut Gallery, first: &Example) {
    match &first.rows {
        ExampleRows::Images { width, height, .. } => (found.width, found.height) = (*width, *height),
        ExampleRows::Table { columns, .. } => found.columns.clone_from(columns),
        ExampleRows::Points { width, .. } => {
            found.span = (0..(*width).min(2)).map(|axis| span(&found.cells, axis)).collect();
        }
        ExampleRows::Outcomes(_) => outcomes(found),
        ExampleRows::Texts(_) => {}
    }
}

/// The range that holds all but the outermost hundredth of the values on each side, and of human rows all.
fn span(cells: &[GalleryCell], axis: usize) -> (f64, f64) {
    let of = |cell: &GalleryCell| -> Vec<f64> {
        let GalleryRows::Points(points) = &cell.rows else { return Vec::new() };
        points.iter().filter_map(|p| p.get(axis).copied()).filter(|v| v.is_finite()).collect()
    };
    let mut all: Vec<f64> = cells.iter().flat_map(of).collect();
    all.sort_by(f64::total_cmp);
    let trimmed = &all[all.len() / 100..all.len() - all.len() / 100];
    let people = cells.iter().filter(|c| c.generation.is_none()).flat_map(of);
    let ends = trimmed.iter().copied().chain(people);
    ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// Outcomes that the page names.
const LEVELS: usize = 20;

fn outcomes(found: &mut Gallery) {
    let mut totals: Vec<(String, usize)> = Vec::new();
    for cell in &found.cells {
        let GalleryRows::Names(names) = &cell.rows else { continue };
        for name in names {
            match totals.iter_mut().find(|(known, _)| known == name) {
                Some((_, count)) => *count += 1,
                None => totals.push((name.clone(), 1)),
            }
        }
        let share =
            |name: &String| names.iter().filter(|n| *n == name).count() as f64 / names.len().max(1) as f64;
        found.most = names.iter().map(share).fold(found.most, f64::max);
    }
    totals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    found.levels = totals.into_iter().take(LEVELS).map(|(name, _)| name).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_hold_all_human_rows_and_leave_out_strays() {
        let points = |all: Vec<f64>| GalleryRows::Points(all.into_iter().map(|v| vec![v]).collect());
        let mut model: Vec<f64> = (0..400).map(|i| f64::from(i) / 400.0).collect();
        model.push(1e6);
        let cells = [
            GalleryCell { rows: points(vec![-3.0, 2.0]), ..GalleryCell::default() },
            GalleryCell { generation: Some(4), rows: points(model), ..GalleryCell::default() },
        ];
        assert_eq!(span(&cells, 0), (-3.0, 2.0));
    }
}
