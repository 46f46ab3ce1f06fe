//! The page's table of effective human rows: what each setting is worth at its last generation.

use super::findings::Findings;
use super::names::{name_of, plain_all, varying};
use super::number;
use crate::analysis::effective_rows::{EffectiveRows, HumanCurve, Rows, by_constant};
use crate::analysis::{Series, SettingKey};
use crate::report::{Cell, Column, Section, TableData};

/// Errors whose fall with the number of human rows makes a curve, the first that was measured.
const ERRORS: [&str; 8] =
    ["wasserstein2", "mean-error", "kl", "tv", "js", "energy-distance", "unseen-mass", "sliced-wasserstein"];

/// Settings that the table lists.
const MOST: usize = 60;

/// The section; `None` where no setting can be valued.
pub(super) fn section(findings: &Findings) -> Option<Section> {
    let series: Vec<&Series> = findings.series().filter(|s| s.subject.is_of_the_loop()).collect();
    let (how, rows) = constant(&series).or_else(|| measured(&series))?;
    let columns = varying(&rows.iter().map(|(key, ..)| key).collect::<Vec<_>>());
    let line = |(key, generation, worth): &(SettingKey, u32, Result<EffectiveRows, String>)| {
        let cell = match worth {
            Ok(worth) => {
                let ends =
                    worth.low.zip(worth.high).map(|(low, high)| format!("[{}, {}]", said(low), said(high)));
                Cell::with_detail(said(worth.rows), ends.unwrap_or_default())
            }
            Err(why) => Cell::with_detail("–", why.clone()),
        };
        vec![Cell::text(name_of(key, &columns).0), Cell::text(generation.to_string()), cell]
    };
    let column = |name: &str, numeric| Column { name: name.into(), numeric };
    let table = TableData {
        caption: "At the last generation, with 95 % intervals over training seeds".into(),
        columns: vec![
            column(&plain_all(&columns), false),
            column("generation", true),
            column("effective human rows", true),
        ],
        rows: rows.iter().take(MOST).map(line).collect(),
    };
    Some(Section {
        heading: "Effective human rows".into(),
        prose: vec![how],
        tables: vec![table],
        ..Section::default()
    })
}

fn said(rows: Rows) -> String {
    match rows {
        Rows::About(n) => number(n),
        Rows::Below(n) => format!("< {}", number(n)),
        Rows::Above(n) => format!("> {}", number(n)),
    }
}

/// A setting, its last generation, and what it is worth there or why that can't be said.
type Valued = Vec<(SettingKey, u32, Result<EffectiveRows, String>)>;

/// What a series is worth at the setting's last generation, by the errors there.
fn worth(
    series: &Series,
    of: impl Fn(&[f64]) -> Option<EffectiveRows>,
) -> Option<(SettingKey, u32, Result<EffectiveRows, String>)> {
    let last = series.last()?;
    let counts = series.counts(last);
    let worth = match counts.remark() {
        // The errors of those that survive say nothing of the others.
        Some(remark) => Err(remark),
        None => of(&series.values(last)).ok_or_else(|| "the mean error is not positive".to_owned()),
    };
    Some((series.key.clone(), last, worth))
}

/// By the constant of the closed-form error curve, where the run measured it.
fn constant(series: &[&Series]) -> Option<(String, Valued)> {
    let of = series.iter().filter(|s| s.metric == "inverse-effective-rows");
    let rows: Valued = of.filter_map(|s| worth(s, by_constant)).collect();
    let how = "How many independent human rows have the same expected squared error, by the exact error of a fit to n human rows \
               (METHODS.md): 1 / mean of inverse-effective-rows.";
    (!rows.is_empty()).then(|| (how.to_owned(), rows))
}

/// By the run's own human-only settings of several sizes (human fraction 1), all else being equal.
fn measured(series: &[&Series]) -> Option<(String, Valued)> {
    let metric = ERRORS.into_iter().find(|m| series.iter().any(|s| s.metric == *m))?;
    let of: Vec<&Series> = series.iter().filter(|s| s.metric == metric).copied().collect();
    let human = |s: &&&Series| s.key.number("human_fraction") == Some(1.0);
    let sizes: Vec<(f64, Vec<f64>)> = of
        .iter()
        .filter(human)
        .filter_map(|s| Some((s.key.number("samples")?, s.values(s.last()?))))
        .collect();
    // Two human-only settings of one size differ in something else: no single curve.
    let distinct = |(i, a): (usize, &(f64, Vec<f64>))| sizes[..i].iter().all(|b| b.0 != a.0);
    if !sizes.iter().enumerate().all(distinct) {
        return None;
    }
    let curve = HumanCurve::measured(&sizes).ok()?;
    let others = of.iter().filter(|s| !human(s));
    let rows: Valued = others.filter_map(|s| worth(s, |errors| curve.worth(errors))).collect();
    let how = format!(
        "How many human rows have the same mean {metric}, looked up on this run's own human-only settings of {} sizes; never beyond \
         them. The curve is taken as known.",
        sizes.len()
    );
    (!rows.is_empty()).then_some((how, rows))
}
