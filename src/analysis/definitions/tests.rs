#![allow(clippy::unwrap_used)]

use super::*;
use crate::metrics::{Absence, Observed, Subject};
use crate::store::settings::tests::keys;

/// A metric of one setting: 12 seeds, 33 generations, with seed-to-seed scatter of 1 %.
fn series(samples: u32, metric: &str, value: impl Fn(u32) -> f64) -> Series {
    let wobble = |seed: u64, g: u32| 1.0 + 0.01 * ((seed * 5 + u64::from(g) * 3) % 7) as f64 / 7.0;
    let at = (0..=32).map(|g| (g, (0..12).map(|s| (s, value(g) * wobble(s, g))).collect())).collect();
    let sizes = [10, 100].map(|size: u32| size.to_string());
    let of = |size: &'static usize| [("regime", "replace"), ("samples", sizes[*size].as_str())];
    let key = keys(&[&of(&0), &of(&1)]).remove(usize::from(samples == 100));
    Series::new(key, metric, Subject::Model, at)
}

fn answers(series: &[Series]) -> Vec<Answer> {
    definitions(series)[0].findings.iter().map(|f| f.answer).collect()
}

use Answer::{No, NotApplicable as Absent, Undecided, Yes};

#[test]
fn a_risk_that_grows_with_every_fit_is_a_collapse_by_the_first_three() {
    let replace = series(100, "mean-error", |g| f64::from(g + 1));
    assert_eq!(answers(&[replace])[..4], [Yes, Yes, Yes, Absent]);
}

#[test]
fn a_risk_that_saturates_has_risen_but_does_not_diverge() {
    let partial: Vec<f64> = (1..=33)
        .scan(0.0, |sum, k| {
            *sum += 1.0 / f64::from(k * k);
            Some(*sum)
        })
        .collect();
    let accumulate = series(100, "mean-error", |g| partial[g as usize]);
    assert_eq!(answers(&[accumulate])[..3], [No, Yes, No]);
    // A risk that stays where it was, up to one per cent.
    assert_eq!(answers(&[series(100, "mean-error", |_| 1.0)])[..3], [No, No, No]);
}

#[test]
fn logarithmic_growth_diverges_and_an_approach_does_not() {
    let log = series(100, "wasserstein2", |g| 1.0 + f64::from(g + 1).ln());
    assert_eq!(answers(&[log])[2], Yes);
    let approach = series(100, "wasserstein2", |g| 10.0 - 5.0 / f64::from(g + 1));
    assert_eq!(answers(&[approach])[2], No);
}

#[test]
fn another_exponent_is_another_scaling_law() {
    // First risk 1/n; the last one 10/n keeps the law, 1/√n does not.
    let at =
        |n: u32, last: f64| series(n, "mean-error", move |g| if g == 0 { 1.0 / f64::from(n) } else { last });
    let kept: Vec<Series> = [10, 100].map(|n| at(n, 10.0 / f64::from(n))).into();
    assert_eq!(answers(&kept)[3], No);
    let changed: Vec<Series> = [10, 100].map(|n| at(n, 1.0 / f64::from(n).sqrt())).into();
    let found = definitions(&changed)[1].findings[3].clone();
    assert_eq!(found.answer, Yes);
    assert!((found.value.unwrap() - 0.5).abs() < 0.02, "{found:?}");
}

#[test]
fn variance_modes_tails_and_reality_are_read_from_their_own_metrics() {
    let all = [
        series(100, "variance", |g| 0.9f64.powi(g as i32)),
        series(100, "coverage", |_| 0.95),
        series(100, "tail-mass", |g| 1.0 - 0.02 * f64::from(g)),
        series(100, "precision", |g| 0.9 - 0.001 * f64::from(g)),
    ];
    assert_eq!(answers(&all)[4..], [Yes, No, Yes, No]);
    // The decile's cross-entropy is a loss in nats: ln(1/0.9) = 0.105 is lost tail.
    let decile =
        |rise: f64| series(100, "cross-entropy-decile-10", move |g| 5.0 + rise * f64::from(g) / 32.0);
    assert_eq!(answers(&[decile(0.5)])[6], Yes);
    assert_eq!(answers(&[decile(0.0)])[6], No);
    let entropy = series(100, "entropy", |g| 3.0 - 1.0 * f64::from(g) / 32.0);
    assert_eq!(answers(&[entropy])[4], Yes);
}

#[test]
fn few_seeds_leave_it_undecided_and_people_are_no_run() {
    let mut one = series(100, "variance", |g| 0.5f64.powi(g as i32));
    one.at.values_mut().for_each(|pairs| pairs.truncate(1));
    assert_eq!(answers(std::slice::from_ref(&one))[4], Undecided);
    one.subject = Subject::Human;
    assert_eq!(answers(&[one])[4], Absent);
}

#[test]
fn a_metric_that_died_by_collapse_is_a_collapse_and_no_earlier_value_stands_for_it() {
    let dying = |metric: &str, seeds: u64, what: Observed| {
        let mut s = series(100, metric, |_| 1.0);
        let gone = s.at.get_mut(&32).unwrap().drain(..seeds as usize).map(|(seed, _)| (seed, what));
        let gone: Vec<(u64, Observed)> = gone.collect();
        s.lost.insert(32, gone);
        s
    };
    let infinite = Observed::Number(f64::INFINITY);
    assert_eq!(answers(&[dying("negative-log-likelihood", 12, infinite)])[..4], [Yes, Yes, Yes, Undecided]);
    assert_eq!(answers(&[dying("variance", 6, Observed::Absent(Absence::Degenerate))])[4], Yes);
    assert_eq!(answers(&[dying("variance", 1, Observed::Absent(Absence::Degenerate))])[4], Undecided);
    assert_eq!(answers(&[dying("variance", 12, Observed::Absent(Absence::TooFewRows))])[4], Undecided);
    let mut stopped = series(100, "variance", |_| 1.0);
    stopped.at.remove(&32);
    assert_eq!(answers(&[stopped])[4], Absent);
}

#[test]
fn the_file_has_a_line_for_every_definition_of_every_setting() {
    let rows = definitions(&[series(100, "variance", |_| 1.0)]);
    let mut file = Vec::new();
    write_definitions("e", &rows, &mut file).unwrap();
    let text = String::from_utf8(file).unwrap();
    assert_eq!(text.lines().count(), 9);
    assert!(text.starts_with(
        "experiment,regime,samples,definition,answer,metric,value,ci_low,ci_high,threshold,reason"
    ));
    assert!(text.contains("e,replace,100,variance collapses,no,variance,"));
}
