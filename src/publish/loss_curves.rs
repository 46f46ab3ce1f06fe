//! Loss curves: how the training of each generation went, a panel for each setting.
//!
//! The metrics `training-loss` and `early-stopping-loss` have one row a point, named by its share of the planned steps.

use super::artist::{Artist, Planned};
use super::asked::{capital, lines};
use super::names::{grouped, spread_over};
use super::{PublishError, number};
use crate::analysis::SettingKey;
use crate::figures::{Axis, Curve, Figure, Panels, Point, Series, Size};

/// The metrics that are drawn so, and the words for each.
const LOSSES: [(&str, &str); 2] =
    [("training-loss", "training loss"), ("early-stopping-loss", "loss of the rows kept aside")];

/// Generations that are shown where none is named.
const GENERATIONS: usize = 6;

/// Whether a metric's rows are points of a loss curve.
pub(super) fn is_loss(metric: &str) -> bool {
    LOSSES.iter().any(|(name, _)| *name == metric)
}

/// Whether a row is a point of a loss curve.
pub(super) fn is_point(row: &str) -> bool {
    LOSSES.iter().any(|(metric, _)| place(row, metric).is_some())
}

/// The share of the planned steps of a point, per cent.
fn place(row: &str, metric: &str) -> Option<u32> {
    row.strip_prefix(metric)?.strip_prefix('-')?.parse().ok()
}

impl Artist<'_> {
    /// A figure for each kind of loss that was measured, of the generations `at` or a few.
    pub fn loss_curves(&self, at: &[u32], name: &str, title: &str) -> Result<Vec<Planned>, PublishError> {
        let planned: Vec<Planned> =
            LOSSES.iter().filter_map(|loss| self.loss_curve(*loss, at, name, title)).collect();
        if planned.is_empty() {
            let what = format!(
                "figure `{name}`: no family that is trained step by step was measured with `training-loss` or \
                 `early-stopping-loss`"
            );
            return Err(PublishError::Nothing(what));
        }
        Ok(planned)
    }

    fn loss_curve(
        &self,
        (metric, words): (&str, &str),
        at: &[u32],
        name: &str,
        title: &str,
    ) -> Option<Planned> {
        let mut places: Vec<u32> = self.rows.iter().filter_map(|r| place(&r.metric, metric)).collect();
        places.sort_unstable();
        places.dedup();
        if places.is_empty() {
            return None;
        }
        let keys = self.keys();
        let mut panels = Vec::new();
        for (which, members) in grouped(&keys, &lines(&keys, None, &[])) {
            let series = self.losses_of(members[0], metric, &places, at);
            if !series.is_empty() {
                panels.push(Curve {
                    title: which,
                    x: Axis::linear("share of the planned steps (%)"),
                    y: Axis::linear(words),
                    key: "generation".into(),
                    series,
                    ..Curve::default()
                });
            }
        }
        // Seeds that diverged have no losses after it, and a mean of the others says so.
        let last = format!("{metric}-{}", places.last().copied().unwrap_or_default());
        let note = self.lost([&last], &keys);
        let seeds = self.seeds();
        let subtitle = match seeds {
            1 => format!("{words}, one training seed"),
            seeds => format!("{words}, mean over {} training seeds", number(seeds as f64)),
        };
        let caption = format!("{title}: {} by step and generation. {}. {note}", words, capital(&subtitle));
        let caption = caption.trim_end().to_owned();
        let name = if metric == LOSSES[0].0 { name.to_owned() } else { format!("{name}-early-stopping") };
        let (figure, size): (Box<dyn Figure>, Size) = if panels.len() == 1 {
            let mut one = panels.remove(0);
            (one.title, one.subtitle) = (title.to_owned(), subtitle);
            (Box::new(one), Size::PAGE)
        } else {
            let across = if panels.len() == 4 { 2 } else { panels.len().min(3) };
            let rows = panels.len().div_ceil(across);
            // Losses of different families have different units.
            let families = grouped(&keys, &["model".to_owned()]).len();
            let figure = Panels {
                title: title.to_owned(),
                subtitle,
                key: "generation".into(),
                panels,
                columns: Some(across),
                share_y: families == 1,
                note,
            };
            (Box::new(figure), Size::inches(7.0, 1.2 + 2.2 * rows as f64))
        };
        Some(Planned { name, caption, figure, size })
    }

    /// A line for each generation of a setting.
    fn losses_of(&self, key: &SettingKey, metric: &str, places: &[u32], at: &[u32]) -> Vec<Series> {
        let rows: Vec<_> = places.iter().map(|p| (*p, self.of(&format!("{metric}-{p}"), key))).collect();
        let known = |(_, rows): &(u32, &[crate::analysis::SummaryRow])| {
            rows.iter().filter(|r| r.counts.n > 0).map(|r| r.generation).collect::<Vec<_>>()
        };
        let mut measured: Vec<u32> = rows.iter().flat_map(known).collect();
        measured.sort_unstable();
        measured.dedup();
        let shown = if at.is_empty() { spread_over(&measured, GENERATIONS) } else { at.to_vec() };
        let line = |generation: u32| Series {
            name: generation.to_string(),
            order: Some(f64::from(generation)),
            points: rows
                .iter()
                .filter_map(|(place, rows)| {
                    let row = rows.iter().find(|r| r.generation == generation && r.counts.n > 0)?;
                    Some(Point::new(f64::from(*place), row.centre()))
                })
                .collect(),
        };
        shown.into_iter().filter(|g| measured.contains(g)).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::tests::ran;
    use super::super::{draw, draw_one};
    use crate::spec::{FigureSpec, Node};

    const SPEC: &str = r#"
[data]
source = "two-moons"
[model]
family = "FAMILY"
steps = 20
[loop]
generations = 1
samples = 40
regime = "replace"
[measure]
metrics = ["training-loss"]
size = 20
[sweep]
seeds = 2
"#;

    #[test]
    fn each_generation_has_a_line_of_twenty_points_without_being_asked() {
        let (_root, publication) = ran(&SPEC.replace("FAMILY", "vae"));
        let drawn = draw(&publication, None).unwrap().drawn;
        let curves = drawn.iter().find(|d| d.name == "loss-curves").unwrap();
        let csv = std::fs::read_to_string(curves.csv_path.as_ref().unwrap()).unwrap();
        for generation in ["0", "1"] {
            let own = |line: &&str| line.split(',').nth(1) == Some(generation);
            let places: Vec<&str> = csv.lines().filter(own).filter_map(|l| l.split(',').nth(2)).collect();
            assert_eq!((places.len(), places[0], places[19]), (20, "5", "100"), "{csv}");
        }
        // Twenty panels of points by generation would bury the page.
        assert!(drawn.iter().all(|d| d.name != "curves"), "{:?}", drawn.iter().map(|d| &d.name));
    }

    #[test]
    fn a_family_without_steps_has_nothing_to_draw() {
        let spec = SPEC.replace("FAMILY", "gaussian").replace("steps = 20\n", "");
        let (_root, publication) = ran(&spec);
        let node = Node::from_toml("kind = \"loss-curves\"", "figure").unwrap();
        let why = draw_one(&publication, &FigureSpec::read(&node).unwrap()).unwrap_err();
        assert!(why.to_string().contains("training-loss"), "{why}");
    }
}
