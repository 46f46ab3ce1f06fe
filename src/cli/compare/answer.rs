//! What a finished comparison says: the table, sentences, the critical fraction.

use miette::{IntoDiagnostic, Result};

use crate::analysis::{
    self, ArmSeries, Bearing, ComparisonRow, CriticalFraction, MetricArms, MetricSeries, Series,
};
use crate::cli::Answered;
use crate::metrics::{Subject, reading};
use crate::publish::{self, Publication, number};
use crate::rng::Streams;

/// How far a value may move, in standard deviations between human samples of the same size, and
/// still hold.
const MARGIN: f64 = 2.0;

/// The comparison of a finished run and what it says in words. Nothing where the run is not a
/// comparison of human fractions.
pub(in crate::cli) fn answer(publication: &Publication) -> Result<Answered> {
    let series = publish::series(publication).into_diagnostic()?;
    let metrics = arms(publication, &series);
    if metrics.is_empty() {
        return Ok(Answered::default());
    }
    let mut rng = Streams::new(0, 0).of("comparison").rng();
    let comparison = analysis::comparison(&metrics, MARGIN, &mut rng).into_diagnostic()?;
    let mut said = sentences(&comparison);
    let comparable = in_every_arm(&metrics);
    let critical = critical(&comparable);
    said.extend(critical.as_ref().map(|found| smallest_share(found, &comparable)));
    let left_out: Vec<&str> = metrics
        .iter()
        .map(|m| m.metric)
        .filter(|name| comparable.iter().all(|m| m.metric != *name))
        .collect();
    if critical.is_some() && !left_out.is_empty() {
        said.push(format!("Left out of it, since not every fraction has a value: {}.", left_out.join(", ")));
    }
    Ok(Answered { sentences: said, comparison, critical })
}

/// The arms of each metric, by rising human fraction; no metric where several regimes or sizes lie
/// side by side, which is a matter for the figures.
fn arms<'s>(publication: &Publication, series: &'s [Series]) -> Vec<MetricSeries<'s>> {
    let mut metrics: Vec<MetricSeries<'_>> = Vec::new();
    for spec in &publication.experiment.measure.metrics {
        let Some(reading) = reading(&spec.name) else { continue };
        let of =
            |subject: Subject| series.iter().filter(move |s| s.metric == spec.name && s.subject == subject);
        let mut arms = Vec::new();
        for model in of(Subject::Model) {
            let Some(fraction) = fraction(model) else { continue };
            let human = of(Subject::Human).find(|h| h.key == model.key);
            arms.push(ArmSeries { fraction, series: model, human });
        }
        arms.sort_by(|a, b| a.fraction.total_cmp(&b.fraction));
        let distinct = arms.windows(2).all(|w| w[0].fraction < w[1].fraction);
        if let (true, true, Some(first)) = (arms.len() > 1, distinct, arms.first()) {
            metrics.push(MetricSeries {
                metric: &first.series.metric,
                direction: reading.direction,
                scale: reading.scale,
                arms,
            });
        }
    }
    metrics
}

/// The metrics with a value at the last generation in every arm. One that speaks of human rows in the training set
/// has none where there are none.
fn in_every_arm<'m, 's>(metrics: &'m [MetricSeries<'s>]) -> Vec<&'m MetricSeries<'s>> {
    let last = metrics.iter().flat_map(|m| &m.arms).filter_map(|a| a.series.last()).max();
    let whole =
        |m: &&MetricSeries<'_>| last.is_some_and(|g| m.arms.iter().all(|a| a.series.last() == Some(g)));
    metrics.iter().filter(whole).collect()
}

/// Over these metrics at the last generation. Where a metric has no human baseline (it needs a
/// model), the spread of the human-only arm over seeds is the margin's unit.
fn critical(metrics: &[&MetricSeries<'_>]) -> Option<CriticalFraction> {
    let last = metrics.iter().flat_map(|m| &m.arms).filter_map(|a| a.series.last()).max()?;
    let spreads: Vec<Vec<f64>> = metrics
        .iter()
        .map(|m| {
            let only = m.arms.iter().find(|a| a.fraction == 1.0);
            let baseline = only.and_then(|a| a.human).map(|h| h.values(0)).filter(|v| v.len() > 1);
            baseline.or(only.map(|a| a.series.values(last))).unwrap_or_default()
        })
        .collect();
    let tested: Vec<MetricArms<'_>> = metrics
        .iter()
        .zip(&spreads)
        .map(|(m, human)| MetricArms {
            metric: m.metric,
            direction: m.direction,
            human,
            arms: m.arms.iter().map(|a| (a.fraction, a.series.pairs(last))).collect(),
        })
        .collect();
    let mut rng = Streams::new(0, 0).of("critical-fraction").rng();
    analysis::critical_fraction(&tested, MARGIN, &mut rng).ok().filter(|c| c.fraction.is_some())
}

fn smallest_share(found: &CriticalFraction, metrics: &[&MetricSeries<'_>]) -> String {
    let names: Vec<&str> = metrics.iter().map(|m| m.metric).collect();
    let fraction = found.fraction.map_or("–".into(), number);
    let mut text = format!(
        "The critical human fraction for {} together, against training on human rows alone, is at most {fraction}",
        names.join(", ")
    );
    match found.below {
        Some(below) if found.below_degrades => {
            text.push_str(&format!(": at {} at least one of them degrades.", number(below)));
        }
        Some(below) => text.push_str(&format!(
            "; at {} no degradation is shown, but it is not excluded either: more seeds would tell.",
            number(below)
        )),
        None => text.push_str(": every fraction that was tried holds."),
    }
    text
}

/// The human share of the arm's training sets: the swept fraction, or 1/(1 + scale).
fn fraction(series: &Series) -> Option<f64> {
    match series.key.number("loop.synthetic_scale") {
        Some(scale) => Some(1.0 / (1.0 + scale)),
        None => series.key.number("human_fraction"),
    }
}

fn sentences(rows: &[ComparisonRow]) -> Vec<String> {
    let mut fractions: Vec<f64> = rows.iter().map(|r| r.fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    let line = |fraction: f64| {
        let with = |bearing: Bearing| -> Vec<&str> {
            let of = |r: &&ComparisonRow| r.fraction == fraction && r.bearing == bearing;
            rows.iter().filter(of).map(|r| r.metric.as_str()).collect()
        };
        let mut parts = Vec::new();
        for (bearing, word) in
            [(Bearing::Degrades, "degrade"), (Bearing::Holds, "hold"), (Bearing::Undecided, "stay undecided")]
        {
            let names = with(bearing);
            if !names.is_empty() {
                parts.push(format!("{} {word}", names.join(", ")));
            }
        }
        let generation = rows.iter().map(|r| r.generation).max().unwrap_or(0);
        format!(
            "With a human share of {} in every training set, after {generation} generations: {}.",
            number(fraction),
            parts.join("; ")
        )
    };
    fractions.into_iter().map(line).collect()
}
