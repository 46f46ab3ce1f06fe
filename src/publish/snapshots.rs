//! Snapshots: what the models draw in the plane, generation by generation, with the fitted normal
//! components where the family has a few.

use super::artist::Planned;
use super::examples::{Shown, chosen, examples};
use super::names::{name_of, plain, varying};
use super::{Publication, PublishError};
use crate::analysis::SettingKey;
use crate::figures::{Ellipse, Size, Snapshot, Snapshots};
use crate::metrics::Subject;
use crate::store::{Components, Example, ExampleRows};

/// Generations shown of one setting, and of each of several.
const GENERATIONS: usize = 7;
const OF_SEVERAL: usize = 4;
/// Settings that get a row, and panels in a row where one setting fills several.
const ROWS: usize = 6;
const ACROSS: usize = 4;

/// The figure of snapshots, where rows are points in the plane; `at` names the generations, else they
/// are evenly chosen.
pub(super) fn snapshots(
    publication: &Publication,
    name: &str,
    title: Option<&str>,
    at: &[u32],
) -> Result<Option<Planned>, PublishError> {
    let mut shown = examples(publication)?;
    shown.retain(|s| s.examples.iter().any(|e| points(e).is_some()));
    shown.truncate(ROWS);
    let Some(first) = shown.first() else { return Ok(None) };
    let one = shown.len() == 1;
    let generations = if at.is_empty() {
        chosen(&shown, if one { GENERATIONS } else { OF_SEVERAL })
    } else {
        // A shorter run has fewer than were asked for.
        let there = |g: &&u32| shown.iter().any(|s| s.examples.iter().any(|e| e.generation == **g));
        at.iter().filter(there).copied().collect()
    };
    let keys: Vec<&SettingKey> = shown.iter().map(|s| &s.key).collect();
    let varied = varying(&keys);
    // The name of a single column stands before its value; several would not fit.
    let what = if let [column] = varied.as_slice() { plain(column) + " " } else { String::new() };
    let rows =
        if one { Vec::new() } else { keys.iter().map(|k| what.clone() + &name_of(k, &varied).0).collect() };
    let mut panels = Vec::new();
    for (row, setting) in shown.iter().enumerate() {
        let titled = one || row == 0;
        let start = panels.len();
        panels.push(panel(setting, None, titled));
        panels.extend(generations.iter().map(|g| panel(setting, Some(*g), titled)));
        follow(&mut panels[start + 1..]);
    }
    let data = first.key.get("data").unwrap_or("");
    let title = title.map_or_else(|| format!("{data}: what the model draws"), str::to_owned);
    let subtitle = "the first rows of one seed, not chosen; the first panel is human".to_owned();
    let figure = Snapshots {
        title: title.clone(),
        subtitle,
        x_label: "first coordinate".into(),
        y_label: "second coordinate".into(),
        columns: if one { panels.len().min(ACROSS) } else { generations.len() + 1 },
        panels,
        rows,
        note: String::new(),
    };
    let caption = format!("{title}: points by generation, the first of one seed, not chosen.");
    Ok(Some(Planned { name: name.to_owned(), caption, figure: Box::new(figure), size: Size::PAGE }))
}

/// The panel of a generation, or of the human rows.
fn panel(setting: &Shown, generation: Option<u32>, titled: bool) -> Snapshot {
    let wanted = |e: &&Example| match generation {
        None => e.subject == Subject::Human,
        Some(g) => e.subject != Subject::Human && e.member == 0 && e.generation == g,
    };
    let title = generation.map_or_else(|| "human".to_owned(), |g| format!("generation {g}"));
    let example = setting.examples.iter().find(wanted);
    Snapshot {
        title: if titled { title } else { String::new() },
        points: example.and_then(points).unwrap_or_default(),
        components: example.and_then(|e| e.components.as_ref()).map(ellipses).unwrap_or_default(),
    }
}

fn points(example: &Example) -> Option<Vec<(f64, f64)>> {
    match &example.rows {
        ExampleRows::Points { width: 2, values } => {
            Some(values.0.chunks_exact(2).map(|p| (p[0], p[1])).collect())
        }
        _ => None,
    }
}

/// The components of an example; their order in a fit has no meaning.
fn ellipses(components: &Components) -> Vec<Ellipse> {
    let means = components.means.0.chunks_exact(2);
    means
        .zip(components.covariances.0.chunks_exact(4))
        .map(|(m, c)| Ellipse { mean: (m[0], m[1]), variance: (c[0], c[3]), covariance: c[1] })
        .collect()
}

/// Puts each panel's components in the order of those before it, nearest means first, so that a colour
/// follows a component as it moves.
fn follow(panels: &mut [Snapshot]) {
    let mut before: Vec<(f64, f64)> = Vec::new();
    for panel in panels.iter_mut().filter(|p| !p.components.is_empty()) {
        let mut left = std::mem::take(&mut panel.components);
        for to in &before {
            let far = |e: &Ellipse| f64::hypot(e.mean.0 - to.0, e.mean.1 - to.1);
            let nearest = (0..left.len()).min_by(|a, b| far(&left[*a]).total_cmp(&far(&left[*b])));
            panel.components.extend(nearest.map(|i| left.swap_remove(i)));
        }
        left.sort_by(|a, b| a.mean.0.total_cmp(&b.mean.0));
        panel.components.extend(left);
        before = panel.components.iter().map(|e| e.mean).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::number::Numbers;

    #[test]
    fn a_component_keeps_its_place_while_it_moves() {
        let panel = |means: Vec<f64>| Snapshot {
            components: ellipses(&Components {
                covariances: Numbers([1.0, 0.2, 0.2, 2.0].repeat(means.len() / 2)),
                means: Numbers(means),
            }),
            ..Snapshot::default()
        };
        // Named from left to right at first; then the two swap their order in the fit and on the axis.
        let mut panels = [
            panel(vec![3.0, 0.0, -1.0, 5.0]),
            panel(vec![1.5, 5.0, 1.0, 0.0]),
            panel(vec![1.0, 0.5, 2.0, 5.0]),
        ];
        follow(&mut panels);
        let heights: Vec<Vec<f64>> =
            panels.iter().map(|p| p.components.iter().map(|e| e.mean.1).collect()).collect();
        assert_eq!(heights, [[5.0, 0.0], [5.0, 0.0], [5.0, 0.5]]);
        let first = panels[0].components[0];
        assert_eq!((first.variance, first.covariance), ((1.0, 2.0), 0.2));
    }
}
