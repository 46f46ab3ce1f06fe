//! Example rows: galleries of images, text samples.

use super::artist::Planned;
use super::names::{name_of, plain_all, spread_over, varying};
use super::{Publication, PublishError};
use crate::analysis::SettingKey;
use crate::figures::{Axis, Densities, Distribution, Gallery, GalleryRow, Picture, Size};
use crate::metrics::Subject;
use crate::report::TextSamples;
use crate::store::{Example, ExampleRows, SettingRecord};

/// The example rows of one setting.
pub(super) struct Shown {
    pub key: SettingKey,
    pub examples: Vec<Example>,
}

/// Pictures in one cell of a gallery, and generations shown.
const PICTURES: usize = 6;
const GENERATIONS: usize = 5;
/// Text samples of a cell.
const TEXTS: usize = 3;
const TEXT_GENERATIONS: usize = 4;
/// Settings that get a figure of densities, and rows that one needs.
const DENSITIES: usize = 4;
const ENOUGH: usize = 20;

/// The examples of every setting, of its first seed.
pub(super) fn examples(publication: &Publication) -> Result<Vec<Shown>, PublishError> {
    let records = publication.records()?;
    let rows = publication.rows()?;
    let examples = rows.examples(records.seeds());
    let shown = |record: &SettingRecord| {
        let own = examples.get(&record.identity()).filter(|_| record.skipped.is_none())?;
        let key = SettingKey::new(&records, record.index, None);
        Some(Shown { key, examples: own.iter().map(|example| (*example).clone()).collect() })
    };
    Ok(records.iter().filter_map(shown).collect())
}

/// The first, the last and some generations between, at most `most`.
pub(super) fn chosen<'s>(shown: impl IntoIterator<Item = &'s Shown>, most: usize) -> Vec<u32> {
    let model = |e: &&Example| e.subject != Subject::Human;
    let mut all: Vec<u32> =
        shown.into_iter().flat_map(|s| s.examples.iter().filter(model)).map(|e| e.generation).collect();
    all.sort_unstable();
    all.dedup();
    spread_over(&all, most)
}

/// The values of black and white that these examples state.
fn range(shown: &[&Shown]) -> (f32, f32) {
    let ends = shown.iter().flat_map(|s| &s.examples).filter_map(|e| match e.rows {
        ExampleRows::Images { low, high, .. } => Some((low, high)),
        _ => None,
    });
    ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).filter(|(low, high)| low < high).unwrap_or((0.0, 1.0))
}

/// Ridges of what the model draws, generation by generation, where rows are single numbers.
pub(super) fn densities(publication: &Publication) -> Result<Vec<Planned>, PublishError> {
    let shown = examples(publication)?;
    let numbers = |e: &Example| match &e.rows {
        ExampleRows::Points { width: 1, values } if e.member == 0 && values.0.len() >= ENOUGH => {
            Some(values.0.clone())
        }
        _ => None,
    };
    let keys: Vec<&SettingKey> = shown.iter().map(|s| &s.key).collect();
    let columns = varying(&keys);
    let mut planned = Vec::new();
    for one in &shown {
        let generations = chosen([one], GENERATIONS);
        let wanted = |e: &&Example| e.subject == Subject::Human || generations.contains(&e.generation);
        let mut samples: Vec<(Option<u32>, Vec<f64>)> = Vec::new();
        for example in one.examples.iter().filter(wanted) {
            let place = (example.subject != Subject::Human).then_some(example.generation);
            if let Some(values) =
                numbers(example).filter(|_| samples.iter().all(|(known, _)| *known != place))
            {
                samples.push((place, values));
            }
        }
        // Human rows (None) come first.
        samples.sort_by_key(|(place, _)| *place);
        if samples.iter().filter(|(place, _)| place.is_some()).count() < 2 || planned.len() == DENSITIES {
            continue;
        }
        let (name, _) = name_of(&one.key, &columns);
        let data = one.key.get("data").unwrap_or("");
        let sample = |(place, values): (Option<u32>, Vec<f64>)| Distribution {
            name: place.map_or("human".into(), |g| g.to_string()),
            order: Some(place.map_or(-1.0, f64::from)),
            values,
        };
        let figure = Densities {
            title: format!("{data}: what the model draws"),
            subtitle: format!("{name}; the first rows of one seed"),
            x: Axis::linear("value (data units)"),
            key: "generation".into(),
            samples: samples.into_iter().map(sample).collect(),
            bins: None,
            ridges: true,
            note: String::new(),
        };
        let caption =
            format!("What the model draws by generation, {name}: the first rows of one seed, not chosen.");
        let name = format!("density-{name}");
        planned.push(Planned { name, caption, figure: Box::new(figure), size: Size::PAGE });
    }
    Ok(planned)
}

/// A gallery for each data set with images: a row per setting, a column per generation.
pub(super) fn galleries(
    publication: &Publication,
    name: &str,
    at: &[u32],
) -> Result<Vec<Planned>, PublishError> {
    let shown = examples(publication)?;
    let images: Vec<Shown> = shown
        .into_iter()
        .filter(|s| s.examples.iter().any(|e| matches!(e.rows, ExampleRows::Images { .. })))
        .collect();
    let mut sources: Vec<String> =
        images.iter().filter_map(|s| s.key.get("data").map(str::to_owned)).collect();
    sources.sort();
    sources.dedup();
    let several = sources.len() > 1;
    let mut planned = Vec::new();
    for source in sources {
        let of: Vec<&Shown> = images.iter().filter(|s| s.key.get("data") == Some(&source)).collect();
        let columns = varying(&of.iter().map(|s| &s.key).collect::<Vec<_>>());
        let generations = if at.is_empty() { chosen(of.iter().copied(), GENERATIONS) } else { at.to_vec() };
        let pictures = |examples: &[Example], wanted: &dyn Fn(&Example) -> bool, n: usize| -> Vec<Picture> {
            let Some(example) = examples.iter().find(|e| e.member == 0 && wanted(e)) else {
                return Vec::new();
            };
            let ExampleRows::Images { height, width, .. } = example.rows else { return Vec::new() };
            let one = |row: usize| Some(Picture { width, height, pixels: example.rows.pixels(row)? });
            (0..n.min(example.rows.len())).filter_map(one).collect()
        };
        let rows = of
            .iter()
            .map(|s| GalleryRow {
                label: name_of(&s.key, &columns).0,
                cells: generations
                    .iter()
                    .map(|g| {
                        pictures(
                            &s.examples,
                            &|e| e.generation == *g && e.subject != Subject::Human,
                            PICTURES,
                        )
                    })
                    .collect(),
            })
            .collect::<Vec<_>>();
        let human = of
            .first()
            .map(|s| pictures(&s.examples, &|e| e.subject == Subject::Human, 15))
            .unwrap_or_default();
        let height = 1.4 + 1.15 * rows.len() as f64;
        let figure = Gallery {
            title: format!("{source}: what the model makes"),
            subtitle: "the first rows of one seed, not chosen".into(),
            x_label: "generation".into(),
            y_label: plain_all(&columns),
            columns: generations.iter().map(u32::to_string).collect(),
            human,
            rows,
            range: range(&of),
            across: Some(3),
            note: String::new(),
        };
        planned.push(Planned {
            name: if several { format!("{name}-{source}") } else { name.to_owned() },
            caption: "Samples by generation. The first row of pictures is human.".into(),
            figure: Box::new(figure),
            size: Size::inches(7.0, height),
        });
    }
    Ok(planned)
}

/// Text samples for the page, where rows are texts.
pub(super) fn texts(publication: &Publication) -> Result<Option<TextSamples>, PublishError> {
    let mut shown = examples(publication)?;
    shown.retain(|s| s.examples.iter().any(|e| matches!(e.rows, ExampleRows::Texts(_))));
    if shown.is_empty() {
        return Ok(None);
    }
    let columns = varying(&shown.iter().map(|s| &s.key).collect::<Vec<_>>());
    let text = |s: &Shown, wanted: &dyn Fn(&Example) -> bool| -> String {
        let example = s.examples.iter().find(|e| e.member == 0 && wanted(e));
        match example.map(|e| &e.rows) {
            Some(ExampleRows::Texts(rows)) => rows.iter().take(TEXTS).cloned().collect::<Vec<_>>().join("\n"),
            _ => String::new(),
        }
    };
    let mut rows = vec![(
        "human".to_owned(),
        shown.iter().map(|s| text(s, &|e| e.subject == Subject::Human)).collect::<Vec<_>>(),
    )];
    for g in chosen(&shown, TEXT_GENERATIONS) {
        let at = |s: &Shown| text(s, &|e| e.generation == g && e.subject != Subject::Human);
        rows.push((g.to_string(), shown.iter().map(at).collect()));
    }
    Ok(Some(TextSamples {
        caption: "The first rows of one seed, not chosen.".into(),
        row_label: "generation".into(),
        column_label: plain_all(&columns),
        columns: shown.iter().map(|s| name_of(&s.key, &columns).0).collect(),
        rows,
    }))
}
