//! Tables as they are: each column's distribution by generation, and rows of the model beside human ones.

use super::artist::Planned;
use super::examples::{Shown, chosen, examples};
use super::names::{varying, words_of};
use super::tables::columns;
use super::{Publication, PublishError};
use crate::figures::{Axis, Curve, Law, Panels, Point, Series, Size};
use crate::metrics::Subject;
use crate::report::{Cell, Section, TableData};
use crate::store::{Example, ExampleRows};

/// Columns that get a panel, generations that are drawn, and rows of each that the page shows.
const PANELS: usize = 12;
const GENERATIONS: usize = 3;
const ROWS: usize = 5;
/// Bins of a number, and levels of a category that have a bar; the others share one.
const BINS: usize = 14;
const LEVELS: usize = 7;
/// Letters of a panel's title.
const WIDE: usize = 30;
/// A column of numbers with fewer different values is drawn level by level.
const FEW: usize = 10;

/// The table of an example: its columns' names and its rows.
fn table(example: &Example) -> Option<(&[String], &[Vec<String>])> {
    match &example.rows {
        ExampleRows::Table { columns, rows } if example.member == 0 => Some((columns, rows)),
        _ => None,
    }
}

/// The human rows of a setting, and the model's by generation.
struct Tables<'s> {
    columns: &'s [String],
    human: &'s [Vec<String>],
    model: Vec<(u32, &'s [Vec<String>])>,
}

impl<'s> Tables<'s> {
    fn of(shown: &'s Shown) -> Option<Self> {
        let human = shown.examples.iter().find(|e| e.subject == Subject::Human)?;
        let (columns, human) = table(human).filter(|(_, rows)| !rows.is_empty())?;
        let at = |g: u32| {
            let found = shown.examples.iter().find(|e| e.generation == g && e.subject != Subject::Human)?;
            Some((g, table(found)?.1))
        };
        let model: Vec<_> = chosen([shown], GENERATIONS).into_iter().filter_map(at).collect();
        (!model.is_empty()).then_some(Self { columns, human, model })
    }
}

/// The first setting whose rows are a table: in a comparison the one with the fewest human rows.
fn first(shown: &[Shown]) -> Option<(&Shown, Tables<'_>)> {
    shown.iter().find_map(|s| Some((s, Tables::of(s)?)))
}

fn setting(shown: &[Shown], one: &Shown) -> String {
    let keys: Vec<_> = shown.iter().map(|s| &s.key).collect();
    words_of(&one.key, &varying(&keys))
}

/// A panel for each column: the human rows dashed, the model's generation by generation.
pub(super) fn planned(publication: &Publication) -> Result<Option<Planned>, PublishError> {
    let shown = examples(publication)?;
    let Some((one, tables)) = first(&shown) else { return Ok(None) };
    let panels: Vec<Curve> = (0..tables.columns.len().min(PANELS)).map(|i| panel(&tables, i)).collect();
    let data = one.key.get("data").unwrap_or("");
    let title = format!("{data}: the columns by generation");
    let which = setting(&shown, one);
    let rows = tables.human.len();
    let subtitle = match which.as_str() {
        "" => format!("the first {rows} rows of one seed, not chosen"),
        which => format!("{which}; the first {rows} rows of one seed, not chosen"),
    };
    let across = panels.len().min(3);
    let lines = panels.len().div_ceil(across);
    let left = tables.columns.len() - panels.len();
    let note = if left > 0 { format!("{left} further columns are not shown.") } else { String::new() };
    let caption = format!(
        "{title}: {subtitle}. Dashed: human rows. A column of categories has its levels by falling frequency, with a last bar for all others."
    );
    let figure = Panels {
        title,
        subtitle,
        key: "generation".into(),
        panels,
        columns: Some(across),
        share_y: false,
        note,
    };
    let size = Size::inches(7.0, 1.2 + 2.1 * lines as f64);
    Ok(Some(Planned { name: "columns".into(), caption, figure: Box::new(figure), size }))
}

fn panel(tables: &Tables<'_>, i: usize) -> Curve {
    let name = &tables.columns[i];
    let cells = |rows: &[Vec<String>]| -> Vec<String> { rows.iter().map(|row| row[i].clone()).collect() };
    let human = cells(tables.human);
    let (title, outline) = match numbers(&human) {
        Some(values) => {
            let missing = human.len() - values.len();
            let title = match missing {
                0 => name.clone(),
                n => format!("{name} ({:.0} % missing)", 100.0 * n as f64 / human.len() as f64),
            };
            (title, Outline::of_numbers(&values))
        }
        None => {
            let levels = levels(&human);
            let title = format!("{name}: {}", levels.join(", "));
            let title = match title.chars().count() > WIDE {
                true => title.chars().take(WIDE - 1).chain(['…']).collect(),
                false => title,
            };
            (title, Outline::Levels(levels))
        }
    };
    let x = match &outline {
        Outline::Levels(levels) => {
            let others = cells(tables.human)
                .iter()
                .chain(tables.model.iter().flat_map(|(_, rows)| rows.iter().map(|r| &r[i])))
                .any(|c| !levels.contains(c));
            let other = others.then(|| "other".to_owned());
            let names: Vec<String> = levels.iter().cloned().chain(other).collect();
            Axis { min: Some(0.4), max: Some(names.len() as f64 + 0.6), names, ..Axis::integer("") }
        }
        Outline::Bins { .. } => Axis::linear(""),
    };
    let series = tables.model.iter().map(|(g, rows)| Series {
        name: g.to_string(),
        order: Some(f64::from(*g)),
        points: outline.corners(&cells(rows)).into_iter().map(|(x, y)| Point::new(x, y)).collect(),
    });
    Curve {
        title,
        x,
        y: Axis { min: Some(0.0), ..Axis::linear("share of rows") },
        key: "generation".into(),
        series: series.collect(),
        laws: vec![Law { label: "human rows".into(), points: outline.corners(&human) }],
        filled: true,
        ..Curve::default()
    }
}

/// The cells as numbers, where all that are not empty are and there are more than a few.
fn numbers(cells: &[String]) -> Option<Vec<f64>> {
    let number = |c: &String| c.parse::<f64>().ok().filter(|x| x.is_finite());
    let values: Vec<f64> = cells.iter().filter(|c| !c.is_empty()).map(number).collect::<Option<_>>()?;
    let mut different = values.clone();
    different.sort_by(f64::total_cmp);
    different.dedup();
    (different.len() > FEW).then_some(values)
}

/// The most frequent levels, in the order of their frequency.
fn levels(cells: &[String]) -> Vec<String> {
    let mut counts: Vec<(&String, usize)> = Vec::new();
    for cell in cells {
        match counts.iter_mut().find(|(known, _)| *known == cell) {
            Some((_, n)) => *n += 1,
            None => counts.push((cell, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts.into_iter().take(LEVELS).map(|(level, _)| level.clone()).collect()
}

/// How cells become bars.
enum Outline {
    Bins { low: f64, step: f64 },
    Levels(Vec<String>),
}

impl Outline {
    /// Bins over the human range and a quarter of it on both sides; what lies beyond falls in the outer ones.
    fn of_numbers(values: &[f64]) -> Outline {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let margin = (high - low) / 4.0;
        Outline::Bins { low: low - margin, step: (high - low + 2.0 * margin) / BINS as f64 }
    }

    /// The corners of the bars: of shares of cells.
    fn corners(&self, cells: &[String]) -> Vec<(f64, f64)> {
        let total = cells.len().max(1) as f64;
        match self {
            Outline::Bins { low, step } => {
                let mut counts = [0_usize; BINS];
                for x in cells.iter().filter_map(|c| c.parse::<f64>().ok()).filter(|x| x.is_finite()) {
                    counts[(((x - low) / step).max(0.0) as usize).min(BINS - 1)] += 1;
                }
                let edge = |i: usize| low + i as f64 * step;
                let bar = |(i, n): (usize, &usize)| [edge(i), edge(i + 1)].map(|x| (x, *n as f64 / total));
                let bars = counts.iter().enumerate().flat_map(bar);
                [(edge(0), 0.0)].into_iter().chain(bars).chain([(edge(BINS), 0.0)]).collect()
            }
            Outline::Levels(levels) => {
                let mut counts = vec![0_usize; levels.len() + 1];
                for cell in cells {
                    counts[levels.iter().position(|l| l == cell).unwrap_or(levels.len())] += 1;
                }
                // The last bar, of all other levels, stands only where there are some.
                let bar = |(i, n): (usize, &usize)| {
                    let (at, share) = (i as f64 + 1.0, *n as f64 / total);
                    [(at - 0.35, 0.0), (at - 0.35, share), (at + 0.35, share), (at + 0.35, 0.0)]
                };
                counts
                    .iter()
                    .enumerate()
                    .filter(|(i, n)| *i < levels.len() || **n > 0)
                    .flat_map(bar)
                    .collect()
            }
        }
    }
}

/// Rows of the model beside human ones, the first of one seed.
pub(super) fn section(publication: &Publication) -> Result<Option<Section>, PublishError> {
    let shown = examples(publication)?;
    let Some((one, tables)) = first(&shown) else { return Ok(None) };
    let line = |whose: String, row: &Vec<String>| -> Vec<Cell> {
        let cells = row.iter().map(|cell| Cell::text(cell.as_str()));
        std::iter::once(Cell::text(whose)).chain(cells).collect()
    };
    let mut rows: Vec<Vec<Cell>> =
        tables.human.iter().take(ROWS).map(|row| line("human".into(), row)).collect();
    for (g, of) in &tables.model {
        rows.extend(of.iter().take(ROWS).map(|row| line(g.to_string(), row)));
    }
    let names: Vec<(&str, bool)> = [("generation", false)]
        .into_iter()
        .chain(tables.columns.iter().map(|c| (c.as_str(), false)))
        .collect();
    let which = setting(&shown, one);
    let of = if which.is_empty() { String::new() } else { format!(" ({which})") };
    let table = TableData {
        caption: format!("The first rows of one seed, not chosen{of}"),
        columns: columns(&names),
        rows,
    };
    Ok(Some(Section { heading: "Sample rows".into(), tables: vec![table], ..Section::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(of: &[&str]) -> Vec<String> {
        of.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn bars_hold_the_shares_of_cells() {
        let human = words(&["b", "a", "a", "a", "c", "c"]);
        assert_eq!(levels(&human), words(&["a", "c", "b"]));
        let outline = Outline::Levels(levels(&human));
        let tops: Vec<f64> =
            outline.corners(&words(&["a", "new", "a", "c"])).chunks(4).map(|bar| bar[1].1).collect();
        assert_eq!(tops, [0.5, 0.25, 0.0, 0.25], "the last bar is of what people don't have");
        assert_eq!(outline.corners(&human).len(), 12);
        // 0 to 28 with a quarter on both sides: bins of 3 from −7.
        let values: Vec<f64> = (0..=28).map(f64::from).collect();
        let outline = Outline::of_numbers(&values);
        let corners = outline.corners(&words(&["-100", "0", "1", "99"]));
        assert_eq!((corners[0], corners[1]), ((-7.0, 0.0), (-7.0, 0.25)));
        assert_eq!(corners[5], (-1.0, 0.5), "0 and 1 share the third bin");
        assert_eq!(corners[2 * BINS].1, 0.25);
    }

    #[test]
    fn a_column_of_few_numbers_is_drawn_level_by_level() {
        let digits: Vec<String> = (0..30).map(|i| (i % 3).to_string()).collect();
        assert!(numbers(&digits).is_none());
        let many: Vec<String> = (0..30).map(|i| i.to_string()).collect();
        assert_eq!(numbers(&many).map(|v| v.len()), Some(30));
        assert!(numbers(&words(&["1", "x"])).is_none());
        // A gap makes no category of a number.
        let gaps: Vec<String> = many.iter().cloned().chain([String::new()]).collect();
        assert_eq!(numbers(&gaps), numbers(&many));
    }
}
