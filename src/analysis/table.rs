//! The table of `compare`: for each metric and human fraction, where it ended, against what, and one word.
//!
//! The word is a paired non-inferiority test of the last generation against generation 0 of the same lineages, or
//! against the human-vs-human baseline, with a margin in units of the human-vs-human spread (the spread of generation
//! 0 over seeds where there is no baseline). Data only; rendering is the command line's. Cost: that of the intervals.

use serde::Serialize;

use super::bearing::{Bearing, Losses};
use super::intervals::{Interval, mean_interval, mean_sd};
use super::observations::{Counts, Series};
use super::paired::{Paired, paired_difference};
use super::{AnalysisError, DISPLAY_LEVEL};
use crate::metrics::{Direction, Scale};

/// One arm of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct ArmSeries<'a> {
    /// The human fraction (or the synthetic scale) that names the arm.
    pub fraction: f64,
    /// The metric over the generations.
    pub series: &'a Series,
    /// The human-vs-human baseline of the same size, if measured.
    pub human: Option<&'a Series>,
}

/// One metric of a comparison.
#[derive(Clone, Debug)]
pub struct MetricSeries<'a> {
    /// The metric.
    pub metric: &'a str,
    /// Which way is better.
    pub direction: Direction,
    /// What values it can take.
    pub scale: Scale,
    /// The arms in the order of the table.
    pub arms: Vec<ArmSeries<'a>>,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComparisonRow {
    /// The metric.
    pub metric: String,
    /// The arm.
    pub fraction: f64,
    /// The last generation measured.
    pub generation: u32,
    /// Of how many seeds the value speaks.
    #[serde(flatten)]
    pub counts: Counts,
    /// Mean over seeds at the last generation; the median where some are infinite; NaN where none has a number.
    pub value: f64,
    /// Its interval; none for one seed.
    pub interval: Option<Interval>,
    /// Arm minus the reference arm at that generation: human-only if present, else the first. None for the reference
    /// itself and where fewer than two seeds are shared.
    pub against_reference: Option<Paired>,
    /// The reference arm's fraction.
    pub reference: f64,
    /// Mean at the last generation over mean at generation 0; none where the latter is 0 or missing.
    pub ratio_to_first: Option<f64>,
    /// Mean of the human-vs-human baseline.
    pub human: Option<f64>,
    /// Last generation minus generation 0 (or minus the baseline), paired: what the word rests on.
    pub change: Option<Paired>,
    /// The margin in the metric's unit.
    pub margin: Option<f64>,
    /// The word.
    pub bearing: Bearing,
    /// Why there is no verdict, or what the word rests on where seeds have no value; empty where all have one.
    pub reason: String,
}

/// The comparison within one regime.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The regime, where several stand side by side.
    pub regime: Option<String>,
    /// Whether the regime determines its own human fraction, so that none was asked for.
    pub own_fraction: bool,
    /// Its rows.
    pub rows: Vec<ComparisonRow>,
}

/// The rows of the comparison at the last generation that was measured, metric by metric; `margin` in units of the
/// spread. An arm without a value there has a row that says why.
///
/// # Errors
/// [`AnalysisError::NoReference`] for a metric without arms or without rows in any of them.
pub fn comparison(metrics: &[MetricSeries<'_>], margin: f64) -> Result<Vec<ComparisonRow>, AnalysisError> {
    let mut rows = Vec::new();
    for m in metrics {
        let missing =
            |what: &str| AnalysisError::NoReference { metric: m.metric.to_owned(), what: what.to_owned() };
        let human_only = m.arms.iter().find(|a| a.fraction == 1.0);
        let reference = human_only.or(m.arms.first()).ok_or_else(|| missing("any arm"))?;
        let last = m.arms.iter().filter_map(|a| a.series.last()).max().ok_or_else(|| missing("any row"))?;
        for arm in &m.arms {
            let apart = arm.fraction != reference.fraction;
            let reference_pairs = if apart { reference.series.pairs(last) } else { &[] };
            let against = paired_difference(arm.series.pairs(last), reference_pairs, DISPLAY_LEVEL);
            rows.push(ComparisonRow {
                against_reference: against.ok(),
                reference: reference.fraction,
                ..by_itself(m, arm, last, margin)
            });
        }
    }
    Ok(rows)
}

/// The row of an arm without its reference.
fn by_itself(
    m: &MetricSeries<'_>,
    arm: &ArmSeries<'_>,
    last: u32,
    margin: f64,
) -> ComparisonRow {
    let (values, counts) = (arm.series.values(last), arm.series.counts(last));
    let value = arm.series.centre(last);
    let first = arm.series.pairs(0);
    let (first_values, first_lost) = (arm.series.values(0), arm.series.lost(0));
    let human = arm.human.and_then(|h| h.last().map(|g| (h.pairs(g), h.values(g))));
    let human_mean = arm.human.and_then(|h| Some(h.centre(h.last()?))).filter(|v| !v.is_nan());
    // Generation 0 of the same lineages is the start; where it wasn't measured, the human-vs-human baseline.
    let start = if last > 0 && !first.is_empty() {
        first
    } else {
        human.as_ref().map_or(&[][..], |(pairs, _)| pairs)
    };
    let change = paired_difference(arm.series.pairs(last), start, DISPLAY_LEVEL).ok();
    let losses = Losses::between(start, arm.series.lost(last), m.direction);
    let spread = human.as_ref().map_or(&first_values, |(_, v)| v);
    let margin = (spread.len() > 1).then(|| margin * mean_sd(spread).1);
    let first_mean = (!first_values.is_empty()).then(|| mean_sd(&first_values).0).filter(|v| *v != 0.0);
    let bearing = match (&change, margin) {
        (Some(change), Some(margin)) => Bearing::of(&change.interval, m.direction, margin),
        // No verdict without a value at the end or at the start; one seed alone is undecided.
        _ if counts.n == 0 || (start.is_empty() && !first_lost.is_empty()) => Bearing::NoVerdict,
        _ => Bearing::Undecided,
    };
    let reason = match counts.remark() {
        Some(remark) => remark,
        None if start.is_empty() && !first_lost.is_empty() => {
            let remark = arm.series.counts(0).remark().unwrap_or_default();
            format!("at generation 0 {remark}")
        }
        None => String::new(),
    };
    ComparisonRow {
        metric: m.metric.to_owned(),
        fraction: arm.fraction,
        generation: last,
        counts,
        value,
        interval: if counts.infinite == 0 {
            mean_interval(&values, m.scale, DISPLAY_LEVEL)
        } else {
            None
        },
        against_reference: None,
        reference: arm.fraction,
        ratio_to_first: first_mean.map(|f| value / f).filter(|ratio| ratio.is_finite()),
        human: human_mean,
        change,
        margin,
        bearing: bearing.given(losses),
        reason,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::SettingKey;
    use super::*;
    use crate::metrics::{Absence, Observed, Subject};

    /// Starts at 10 ± .5, moves by `drift` in all, with a hundredth of noise.
    fn series(drift: f64) -> Series {
        let at = |g: u32| {
            (0..8_u64).map(move |s| {
                (
                    s,
                    10.0 + ((s % 3) as f64 - 1.0) * 0.5
                        + drift * f64::from(g) / 5.0
                        + 0.01 * ((s * u64::from(g)) % 3) as f64,
                )
            })
        };
        let at = [0, 5].map(|g| (g, at(g).collect())).into();
        Series::new(SettingKey::default(), "m", Subject::Model, at)
    }

    #[test]
    fn arms_are_compared_with_the_human_only_arm_and_with_their_own_start() {
        let (up, flat) = (series(10.0), series(0.0));
        let arm = |fraction, series| ArmSeries { fraction, series, human: None };
        let m = MetricSeries {
            metric: "m",
            direction: Direction::Lower,
            scale: Scale::Log,
            arms: vec![arm(0.0, &up), arm(1.0, &flat)],
        };
        let rows = comparison(std::slice::from_ref(&m), 1.0).unwrap();
        let words: Vec<_> = rows.iter().map(|r| (r.fraction, r.reference, r.bearing)).collect();
        assert_eq!(words, [(0.0, 1.0, Bearing::Degrades), (1.0, 1.0, Bearing::Holds)]);
        let against = rows[0].against_reference.as_ref().unwrap();
        assert!((against.difference - 10.0).abs() < 1e-9 && rows[1].against_reference.is_none());
        // Generation 0's mean is 10 + .5·(−1)/8 = 9.9375 (seeds 0..7: −1 0 1 −1 0 1 −1 0); the noise of
        // 5s mod 3 (0 2 1 0 2 1 0 2) adds .01·8/8.
        assert!((rows[0].ratio_to_first.unwrap() - 19.9475 / 9.9375).abs() < 1e-9);
        // A metric where more is better holds.
        let better = MetricSeries { direction: Direction::Higher, ..m };
        assert_eq!(comparison(&[better], 1.0).unwrap()[0].bearing, Bearing::Holds);
    }

    #[test]
    fn without_a_start_the_human_baseline_serves_and_one_seed_decides_nothing() {
        let only_last = |s: &Series, seeds: usize| {
            let pairs = s.pairs(5)[..seeds].to_vec();
            Series::new(s.key.clone(), "m", Subject::Model, [(5, pairs)].into())
        };
        let (human, model) = (series(0.0), only_last(&series(3.0), 8));
        let one = only_last(&model, 1);
        let arms = vec![
            ArmSeries { fraction: 1.0, series: &model, human: Some(&human) },
            ArmSeries { fraction: 0.5, series: &one, human: Some(&human) },
        ];
        let m = MetricSeries { metric: "m", direction: Direction::TwoSided, scale: Scale::Log, arms };
        let rows = comparison(&[m], 1.0).unwrap();
        assert_eq!((rows[0].bearing, rows[1].bearing), (Bearing::Degrades, Bearing::Undecided));
        assert!(rows[0].ratio_to_first.is_none() && rows[0].human.is_some() && rows[1].interval.is_none());
    }

    /// The word and the reason of an arm beside one that is whole.
    fn judged(arm: &Series, direction: Direction) -> (Bearing, String, f64) {
        let whole = series(0.0);
        let of = |fraction, series| ArmSeries { fraction, series, human: None };
        let m = MetricSeries {
            metric: "m",
            direction,
            scale: Scale::Log,
            arms: vec![of(0.0, arm), of(1.0, &whole)],
        };
        let mut rows = comparison(&[m], 1.0).unwrap();
        assert_eq!(rows.iter().map(|r| (r.fraction, r.generation)).collect::<Vec<_>>(), [(0.0, 5), (1.0, 5)]);
        assert_eq!(rows[1].bearing, Bearing::Holds);
        let row = rows.swap_remove(0);
        (row.bearing, row.reason, row.value)
    }

    /// The first `seeds` of eight lose their value at the end in this way.
    fn losing(seeds: usize, what: Observed) -> Series {
        let mut s = series(0.0);
        let gone: Vec<(u64, f64)> = s.at.get_mut(&5).unwrap().drain(..seeds).collect();
        s.lost.insert(5, gone.iter().map(|(seed, _)| (*seed, what)).collect());
        s
    }

    #[test]
    fn an_arm_that_lost_its_value_by_collapse_degrades_and_never_holds() {
        let infinite = Observed::Number(f64::INFINITY);
        let degenerate = Observed::Absent(Absence::Degenerate);
        let lower = |seeds, what| judged(&losing(seeds, what), Direction::Lower);
        let (word, reason, value) = lower(8, degenerate);
        assert_eq!((word, reason.as_str()), (Bearing::Degrades, "0 of 8 seeds; degenerate in 8"));
        assert!(value.is_nan());
        assert_eq!(lower(8, infinite).0, Bearing::Degrades);
        assert_eq!(lower(8, infinite).2, f64::INFINITY);
        assert_eq!(lower(4, infinite).0, Bearing::Degrades);
        assert_eq!(lower(1, degenerate).0, Bearing::Undecided);
        // Infinitely good, or gone for another reason: no verdict, with the reason.
        assert_eq!(judged(&losing(8, infinite), Direction::Higher).0, Bearing::NoVerdict);
        let (word, reason, _) = lower(8, Observed::Absent(Absence::TooFewRows));
        assert_eq!((word, reason.as_str()), (Bearing::NoVerdict, "0 of 8 seeds; too-few-rows in 8"));
        assert_eq!(lower(1, Observed::Absent(Absence::UndefinedHere)).0, Bearing::NoVerdict);
    }

    #[test]
    fn an_arm_that_was_not_measured_at_the_end_has_no_verdict() {
        let mut stopped = series(0.0);
        stopped.at.remove(&5);
        assert_eq!(judged(&stopped, Direction::Lower).0, Bearing::NoVerdict);
    }
}
