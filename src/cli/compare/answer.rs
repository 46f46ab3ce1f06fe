//! What a finished comparison says: the table, sentences, the critical fraction.

use miette::{IntoDiagnostic, Result};

use crate::analysis::{
    self, ArmSeries, Bearing, Comparison, ComparisonRow, CriticalFraction, MetricArms, MetricSeries, Series,
};
use crate::cli::Answered;
use crate::metrics::{Subject, reading};
use crate::publish::{self, Publication, number};
use crate::regimes::{self, FractionRule};
use crate::spec::Setting;

/// How far a value may move, in standard deviations between human samples of the same size, and
/// still hold.
const MARGIN: f64 = 2.0;

/// The comparison of a finished run, regime by regime, and what it says in words. Nothing where the run is not a
/// comparison of human fractions.
pub(in crate::cli) fn answer(publication: &Publication) -> Result<Answered> {
    let series = publish::series(publication).into_diagnostic()?;
    let settings = publication.experiment.settings()?;
    let mut regimes: Vec<&str> = Vec::new();
    for setting in &settings {
        if !regimes.contains(&setting.loop_.regime.as_str()) {
            regimes.push(&setting.loop_.regime);
        }
    }
    let several = regimes.len() > 1;
    let groups: Vec<_> = regimes.into_iter().map(|r| (r, arms(publication, &series, r))).collect();
    // Beside others a regime may have one arm, such as one that determines its own human fraction.
    if !groups.iter().any(|(_, metrics)| metrics.iter().any(|m| m.arms.len() > 1)) {
        return Ok(Answered::default());
    }
    let mut answered = Answered::default();
    for (regime, metrics) in groups.into_iter().filter(|(_, metrics)| !metrics.is_empty()) {
        let comparison = Comparison {
            regime: several.then(|| regime.to_owned()),
            own_fraction: own_fraction(&settings, regime),
            rows: analysis::comparison(&metrics, MARGIN).into_diagnostic()?,
        };
        answered.sentences.extend(sentences(&comparison));
        let comparable = in_every_arm(&metrics);
        if let Some(found) = critical(&comparable) {
            let mut words = smallest_share(&found, &comparable, comparison.regime.as_deref());
            let names = metrics.iter().map(|m| m.metric);
            let left_out: Vec<&str> =
                names.filter(|name| comparable.iter().all(|m| m.metric != *name)).collect();
            if !left_out.is_empty() {
                let names = left_out.join(", ");
                words.push_str(&format!(" Left out of it, since not every fraction has a value: {names}."));
            }
            answered.sentences.push(words.clone());
            answered.critical.push((found, words));
        }
        answered.comparisons.push(comparison);
    }
    Ok(answered)
}

/// Whether a regime of the run determines its own human fraction.
fn own_fraction(settings: &[Setting], regime: &str) -> bool {
    let of_regime = settings.iter().filter(|s| s.loop_.regime == regime);
    let resolved = of_regime.filter_map(|s| regimes::resolve(&s.loop_).ok()).next();
    resolved.is_some_and(|(regime, _)| regime.fraction_rule() == FractionRule::Own)
}

/// The arms of each metric in one regime, by rising human fraction; no metric where several sizes or data lie side by
/// side, which is a matter for the figures.
fn arms<'s>(publication: &Publication, series: &'s [Series], regime: &str) -> Vec<MetricSeries<'s>> {
    let mut metrics: Vec<MetricSeries<'_>> = Vec::new();
    for spec in &publication.experiment.measure.metrics {
        let Some(reading) = reading(&spec.name) else { continue };
        let of = |subject: Subject| {
            let wanted = move |s: &&Series| {
                s.metric == spec.name && s.subject == subject && s.key.get("regime") == Some(regime)
            };
            series.iter().filter(wanted)
        };
        let mut arms = Vec::new();
        for model in of(Subject::Model) {
            let Some(fraction) = fraction(model) else { continue };
            let human = of(Subject::Human).find(|h| h.key == model.key);
            arms.push(ArmSeries { fraction, series: model, human });
        }
        arms.sort_by(|a, b| a.fraction.total_cmp(&b.fraction));
        let distinct = arms.windows(2).all(|w| w[0].fraction < w[1].fraction);
        if let (true, Some(first)) = (distinct, arms.first()) {
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
    let whole = |m: &&MetricSeries<'_>| {
        last.is_some_and(|g| {
            m.arms.iter().all(|a| a.series.lost(g).is_empty() && !a.series.pairs(g).is_empty())
        })
    };
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
    analysis::critical_fraction(&tested, MARGIN).ok().filter(|c| c.fraction.is_some())
}

fn smallest_share(found: &CriticalFraction, metrics: &[&MetricSeries<'_>], regime: Option<&str>) -> String {
    let names: Vec<&str> = metrics.iter().map(|m| m.metric).collect();
    let fraction = found.fraction.map_or("–".into(), number);
    let the = regime.map_or_else(|| "The".into(), |regime| format!("`{regime}`: the"));
    let mut text = format!(
        "{the} critical human fraction for {} together, against training on human rows alone, is at most {fraction}",
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

/// A metric, with the reason where seeds have no value.
fn named(row: &ComparisonRow) -> String {
    if row.reason.is_empty() { row.metric.clone() } else { format!("{} ({})", row.metric, row.reason) }
}

fn sentences(comparison: &Comparison) -> Vec<String> {
    let rows = &comparison.rows;
    let mut fractions: Vec<f64> = rows.iter().map(|r| r.fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    let line = |fraction: f64| {
        let with = |bearing: Bearing| -> Vec<String> {
            let of = |r: &&ComparisonRow| r.fraction == fraction && r.bearing == bearing;
            rows.iter().filter(of).map(named).collect()
        };
        let mut parts = Vec::new();
        for (bearing, word) in [
            (Bearing::Degrades, "degrade"),
            (Bearing::Holds, "hold"),
            (Bearing::Undecided, "stay undecided"),
            (Bearing::NoVerdict, "have no value to judge by"),
        ] {
            let names = with(bearing);
            if !names.is_empty() {
                parts.push(format!("{} {word}", names.join(", ")));
            }
        }
        let generation = rows.iter().map(|r| r.generation).max().unwrap_or(0);
        let share = match comparison.own_fraction {
            true => "the human share that it has by itself".to_owned(),
            false => format!("a human share of {} in every training set", number(fraction)),
        };
        let with = match &comparison.regime {
            Some(regime) => format!("`{regime}` with {share}"),
            None => format!("With {share}"),
        };
        format!("{with}, after {generation} generations: {}.", parts.join("; "))
    };
    fractions.into_iter().map(line).collect()
}
