//! What can be said of a figure before anything runs: whether a run of the spec can draw it.

use super::loss_curves::is_loss;
use super::names::same_column;
use crate::components::Components;
use crate::data::Schema;
use crate::spec::{Error, Experiment, FigureKind, FigureSpec, Setting, nearest_to};
use crate::theory;

/// The columns that every run has, beside those of its sweep.
const COLUMNS: [&str; 6] = ["data", "model", "regime", "human_fraction", "samples", "experiment"];

/// Adds to `problems` what the figures name and a run of these settings will not have: metrics, laws, columns.
pub fn examine_figures(
    experiment: &Experiment,
    settings: &[Setting],
    components: &Components,
    problems: &mut Vec<Error>,
) {
    for figure in &experiment.figures {
        let mut wrong = |key: &str, what: String, help: String| {
            problems.push(Error::refused(figure.node.at_of(key), format!("the figure {what}"), help));
        };
        for name in figure.overlay.iter().filter(|name| *name != "law" && theory::find(name).is_none()) {
            let laws: Vec<&str> = theory::laws().map(|law| law.name).collect();
            wrong(
                "overlay",
                format!("draws the law `{name}`, and there is none of that name"),
                nearest_to(name, &laws, "`collapse list laws` shows them"),
            );
        }
        for (key, name) in metrics(figure) {
            if let Some((what, help)) = unmeasured(name, experiment, components) {
                wrong(key, what, help);
            }
        }
        for (key, name) in columns(figure) {
            let known = is_column(name, key, experiment, settings)
                || (key == "x" && is_metric(name, experiment, components));
            if !known {
                let help = match name {
                    "member" => "set measure.by_member = true, which keeps the members of a population apart"
                        .to_owned(),
                    _ => nearest_to(
                        name,
                        &known_columns(experiment),
                        "name a column of every run, or a swept key",
                    ),
                };
                wrong(key, format!("has {key} = \"{name}\", which is no column of this run"), help);
            }
        }
    }
}

/// Adds to `problems` the figures of rows that no setting has: images, points in the plane.
pub fn examine_pictures(
    experiment: &Experiment,
    schemas: &[&std::sync::Arc<Schema>],
    problems: &mut Vec<Error>,
) {
    for figure in &experiment.figures {
        let (there, what, help) = match figure.kind {
            FigureKind::Gallery => (
                schemas.iter().any(|schema| schema.image().is_some()),
                "a gallery shows images, and no setting has images",
                "leave the figure out: samples of text stand on the page without one",
            ),
            FigureKind::Snapshots => (
                schemas.iter().any(|schema| schema.numeric_width() == 2),
                "snapshots show points in the plane, and no setting has rows of two numbers",
                "choose a source of two numbers a row, or leave the figure out",
            ),
            FigureKind::LossCurves => (
                experiment.measure.metrics.iter().any(|m| is_loss(&m.name)),
                "loss curves are made of `training-loss`, which is not in measure.metrics",
                "add \"training-loss\" to measure.metrics",
            ),
            _ => continue,
        };
        if !there {
            problems.push(Error::refused(figure.node.at_of("kind"), what, help));
        }
    }
}

/// What is wrong with a metric that nothing measures, and what to do; `None` where it will have rows.
pub(super) fn unmeasured(
    name: &str,
    experiment: &Experiment,
    components: &Components,
) -> Option<(String, String)> {
    if is_metric(name, experiment, components) {
        return None;
    }
    if components.metrics.get(name).is_some() {
        let what = format!("is about `{name}`, which is not in measure.metrics");
        return Some((what, format!("add \"{name}\" to measure.metrics")));
    }
    let listed = experiment.measure.metrics.iter().map(|m| m.name.as_str());
    let known: Vec<&str> = listed.chain(components.metrics.names()).collect();
    let help = nearest_to(name, &known, "`collapse list metrics` shows what can be measured");
    Some((format!("is about `{name}`, and there is no metric of that name"), help))
}

/// Whether a run has rows of this name: a listed metric, one of its values, a score of a task, or a law.
fn is_metric(name: &str, experiment: &Experiment, components: &Components) -> bool {
    let listed = experiment.measure.metrics.iter().any(|m| m.name == name);
    let part = components.metrics.get(name).is_none() && components.reading(name).is_some();
    // The human share of training sets is always recorded.
    listed || part || theory::find(name).is_some() || name == "realised-human-fraction"
}

/// The metrics that a figure draws, each with its key.
fn metrics(figure: &FigureSpec) -> Vec<(&'static str, &str)> {
    match figure.kind {
        FigureKind::Gallery
        | FigureKind::Snapshots
        | FigureKind::Definitions
        | FigureKind::Histogram
        | FigureKind::LossCurves => Vec::new(),
        FigureKind::HeatMap | FigureKind::Phase => {
            figure.color.iter().map(|name| ("color", name.as_str())).collect()
        }
        _ => figure.y.iter().map(|name| ("y", name.as_str())).collect(),
    }
}

/// The columns that a figure tells apart, each with its key.
fn columns(figure: &FigureSpec) -> Vec<(&'static str, &str)> {
    let mut named = Vec::new();
    if matches!(figure.kind, FigureKind::Curve | FigureKind::SmallMultiples) {
        named.extend(figure.x.as_deref().filter(|x| *x != "generation").map(|x| ("x", x)));
    }
    if figure.kind == FigureKind::Phase {
        let y = figure.y.iter().map(|y| ("y", y.as_str()));
        let axes = figure.x.iter().map(|x| ("x", x.as_str())).chain(y);
        named.extend(axes.filter(|(_, name)| *name != "generation"));
        return named;
    }
    if !matches!(figure.kind, FigureKind::HeatMap | FigureKind::Gallery | FigureKind::Snapshots) {
        named.extend(figure.color.as_deref().filter(|color| *color != "seed").map(|color| ("color", color)));
    }
    let facets = [("rows", &figure.rows), ("columns", &figure.columns)];
    let facets = facets.into_iter().filter_map(|(key, name)| Some((key, name.as_deref()?)));
    named.extend(facets.filter(|(_, name)| *name != "metric"));
    named
}

fn known_columns(experiment: &Experiment) -> Vec<&str> {
    COLUMNS.iter().copied().chain(experiment.sweep.keys().into_iter().map(|key| key.name.as_str())).collect()
}

fn is_column(name: &str, key: &str, experiment: &Experiment, settings: &[Setting]) -> bool {
    let swept = settings.iter().flat_map(|s| &s.point).any(|(column, _)| same_column(column, name));
    COLUMNS.iter().any(|column| same_column(column, name))
        || swept
        || (name == "member" && experiment.measure.by_member)
        || (name == "task.knowledge" && settings.iter().any(|s| s.task.is_some()))
        || (key != "x" && settings.iter().any(|s| s.get(name).is_some()))
}
