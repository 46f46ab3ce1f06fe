//! The dose–response figure: the share of the loss that a human share prevents.

use super::artist::Planned;
use super::compared::Effects;
use super::number;
use crate::analysis::effects::{Comparison, MetricFindings};
use crate::figures::{Axis, AxisMark, Baseline, Curve, Point, Series, Size};

/// A figure for each regime in which a metric has a share.
pub(super) fn planned(effects: &Effects) -> Vec<Planned> {
    effects.comparisons.iter().filter_map(of_regime).collect()
}

fn of_regime(c: &Comparison) -> Option<Planned> {
    let metrics: Vec<(&MetricFindings, Vec<Point>)> =
        c.metrics.iter().filter(|m| m.binds()).filter_map(|m| Some((m, points(m)?))).collect();
    if metrics.is_empty() {
        return None;
    }
    let marks: Vec<AxisMark> = metrics
        .iter()
        .enumerate()
        .filter_map(|(series, (m, _))| {
            let found = m.critical.as_ref().ok()?;
            let high = found.high.map(|high| 100.0 * high);
            Some(AxisMark { series, x: 100.0 * found.estimate, low: 100.0 * found.low, high })
        })
        .collect();
    let seeds = c.metrics.iter().flat_map(|m| &m.arms).map(|a| a.level.seeds).max().unwrap_or(0);
    let prevent = 100.0 * c.share;
    let least = metrics.iter().flat_map(|(_, points)| points).map(|p| p.y).fold(0.0, f64::min);
    // Room for the marks below the curves.
    let foot = -6.0 * marks.len() as f64;
    let title = match &c.regime {
        Some(regime) => format!("{regime}: how much of the loss human rows prevent"),
        None => "How much of the loss human rows prevent".to_owned(),
    };
    let figure = Curve {
        title,
        subtitle: format!("generation {}, {seeds} training seeds, 95 % interval", c.generation),
        x: Axis { min: Some(0.0), max: Some(100.0), ..Axis::linear("human share of the training set (%)") },
        y: Axis { min: Some(least.min(0.0) + foot), ..Axis::linear("loss prevented (%)") },
        key: "metric".into(),
        series: metrics
            .into_iter()
            .map(|(m, points)| Series { name: m.name.clone(), order: None, points })
            .collect(),
        baseline: Some(Baseline {
            label: format!("{} % prevented", number(prevent)),
            value: prevent,
            interval: None,
        }),
        marks,
        ..Curve::default()
    };
    let name = c.regime.as_ref().map_or("dose-response".to_owned(), |r| format!("dose-response-{r}"));
    let caption = format!(
        "The share of the loss at generation {} that each human share prevents: 0 is the arm without human rows, 100 the one of \
         human rows alone. Bands: Fieller's 95 % intervals on differences paired by seed. Bars at the foot: from which human \
         share on {} % of the loss is prevented, with its interval; an arrow has no upper end.",
        c.generation,
        number(prevent)
    );
    Some(Planned { name, caption, figure: Box::new(figure), size: Size::inches(7.0, 4.2) })
}

/// The shares of a metric by human share, both ends included; `None` where it has none.
fn points(m: &MetricFindings) -> Option<Vec<Point>> {
    let between: Vec<Point> = m
        .arms
        .iter()
        .filter_map(|a| {
            let p = a.share()?.as_ref().ok()?;
            let (x, y) = (100.0 * a.fraction, 100.0 * p.share);
            Some(Point { x, y, low: p.low.map(|l| 100.0 * l), high: p.high.map(|h| 100.0 * h) })
        })
        .collect();
    let exact = |at: f64| Point::with_interval(at, at, at, at);
    (!between.is_empty()).then(|| [vec![exact(0.0)], between, vec![exact(100.0)]].concat())
}
