//! The numbers and example rows that the page's “Explore” draws from.

use std::collections::BTreeMap;

use super::artist::Artist;
use super::names::{name_of, plain, spread_over, varying, words_of};
use super::{PublishError, gallery};
use crate::analysis::{Series, SettingKey, SummaryRow};
use crate::figures::Style;
use crate::metrics::{Direction, Subject};
use crate::report::{Choice, Explore, HumanValue, Metric, Seed, Setting, Values};

/// Seeds of a setting that are drawn one by one.
const SEEDS: usize = 20;
/// Numbers that the page may hold; beyond, seeds and then generations are left out.
const NUMBERS: usize = 60_000;
/// Settings that the page may hold.
const SETTINGS: usize = 400;

/// What can be explored of a run; `None` where nothing was measured twice.
pub(super) fn explore(artist: &Artist<'_>) -> Result<Option<Explore>, PublishError> {
    let mut keys = artist.keys();
    let all = keys.len();
    keys.truncate(SETTINGS);
    let mixes: Vec<&SettingKey> = keys.iter().copied().filter(|k| !k.is_control()).collect();
    let names = varying(&mixes);
    let columns: Vec<Choice> = names.iter().map(|c| choice(c, &mixes)).collect();
    let numeric = |c: &Choice| c.values.iter().filter(|v| v.parse::<f64>().is_ok()).count() > 1;
    let share = match names.first().map(String::as_str) {
        Some("human_fraction") if numeric(&columns[0]) => Some(0),
        _ => columns.iter().position(numeric),
    };
    let looks = artist.looks(&names);
    let setting = |key: &&SettingKey| {
        let name = name_of(key, &names).0;
        let style = looks.iter().find(|(n, _)| *n == name).map_or(Style::category(0), |(_, style)| *style);
        let words = words_of(key, &names);
        Setting {
            name: if key.is_control() { format!("{words}, human rows alone") } else { words },
            values: names.iter().zip(&columns).map(|(c, all)| place(c, all, key)).collect(),
            control: key.is_control(),
            colour: style.colour.to_string(),
            marker: style.marker,
            dash: style.dash,
        }
    };
    let metrics = artist.metrics();
    let mut series = Vec::new();
    let many = keys.len() * metrics.len() * artist.generations() * 3 > NUMBERS;
    for (m, metric) in metrics.iter().enumerate() {
        for (s, key) in keys.iter().enumerate() {
            series.extend(values(artist, (s, key), (m, metric), many));
        }
    }
    if !series.iter().any(|v| v.generations.len() > 1) {
        return Ok(None);
    }
    let numbers: usize = series.iter().map(|v| v.generations.len() * (3 + v.seeds.len())).sum();
    if numbers > NUMBERS {
        series.iter_mut().for_each(|v| v.seeds.clear());
    }
    Ok(Some(Explore {
        settings: keys.iter().map(setting).collect(),
        human: metrics.iter().enumerate().flat_map(|(m, metric)| human(artist, &keys, m, metric)).collect(),
        metrics: metrics.iter().map(|m| described(artist, m)).collect(),
        gallery: gallery::gallery(artist.publication, &keys)?,
        columns,
        share,
        series,
        left_out: all - keys.len(),
    }))
}

/// A column with its values, numbers in order before words.
fn choice(column: &str, keys: &[&SettingKey]) -> Choice {
    let mut values: Vec<String> = Vec::new();
    for key in keys {
        let value = name_of(key, &[column.to_owned()]).0;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    // Words keep their order after the numbers.
    values.sort_by(|a, b| {
        let number = |text: &String| text.parse().unwrap_or(f64::INFINITY);
        number(a).total_cmp(&number(b))
    });
    Choice { name: plain(column), values }
}

fn place(column: &str, all: &Choice, key: &SettingKey) -> usize {
    let value = name_of(key, &[column.to_owned()]).0;
    all.values.iter().position(|v| *v == value).unwrap_or(0)
}

fn described(artist: &Artist<'_>, name: &str) -> Metric {
    let entry = artist.publication.components.metrics.get(name);
    let reading = artist.findings.reading(name);
    Metric {
        name: name.to_owned(),
        unit: reading.as_ref().map_or("", |r| r.unit).trim_matches('1').to_owned(),
        about: entry.map_or(String::new(), |e| e.about.summary.to_string()),
        better: reading.map_or("", |r| match r.direction {
            Direction::Higher => "more",
            Direction::Lower => "less",
            Direction::TwoSided => "human",
        }),
    }
}

/// Six digits, which is more than anybody reads off a page.
fn short(value: f64) -> Option<f64> {
    if value.is_finite() { format!("{value:.5e}").parse().ok() } else { None }
}

fn values(
    artist: &Artist<'_>,
    (setting, key): (usize, &SettingKey),
    (metric, name): (usize, &str),
    many: bool,
) -> Option<Values> {
    let mut rows: Vec<&SummaryRow> = artist.of(name, key).iter().collect();
    if many {
        let kept = spread_over(&rows.iter().map(|r| r.generation).collect::<Vec<_>>(), 6);
        rows.retain(|r| kept.contains(&r.generation));
    }
    let first = rows.first()?;
    let each = |of: &dyn Fn(&SummaryRow) -> Option<f64>| -> Vec<Option<f64>> {
        rows.iter().map(|r| of(r).and_then(short)).collect()
    };
    let infinite = |r: &&SummaryRow| match r.centre() {
        value if value.is_infinite() => super::number(value),
        _ => String::new(),
    };
    let some = |texts: Vec<String>| if texts.iter().all(String::is_empty) { Vec::new() } else { texts };
    let law = each(&|r| artist.predicted("law", name, key, r.generation));
    let subject = artist.subject_of(name);
    let of = |s: &&Series| s.metric == name && s.subject == subject && s.key == *key;
    // Pseudo-values of one run's parts are no seeds.
    let one_run = artist.over() == crate::analysis::Over::Rows;
    let seeds = if many || one_run { None } else { artist.findings.series().find(of) };
    let generations: Vec<u32> = rows.iter().map(|r| r.generation).collect();
    Some(Values {
        setting,
        metric,
        asked: first.counts.asked,
        mean: each(&|r| Some(r.centre())),
        low: each(&|r| r.ci_low),
        high: each(&|r| r.ci_high),
        infinite: some(rows.iter().map(infinite).collect()),
        remarks: some(rows.iter().map(|r| r.counts.remark().unwrap_or_default()).collect()),
        law: law.iter().any(Option::is_some).then_some(law),
        seeds: seeds.map(|s| one_by_one(s, &generations)).unwrap_or_default(),
        generations,
    })
}

/// The first seeds of a series.
fn one_by_one(series: &Series, generations: &[u32]) -> Vec<Seed> {
    let mut seeds: BTreeMap<u64, Vec<Option<f64>>> = BTreeMap::new();
    for (k, generation) in generations.iter().enumerate() {
        for &(seed, value) in series.pairs(*generation) {
            if seeds.len() < SEEDS || seeds.contains_key(&seed) {
                let values = seeds.entry(seed).or_insert_with(|| vec![None; generations.len()]);
                values[k] = short(value);
            }
        }
    }
    seeds.into_iter().map(|(seed, values)| Seed { seed, values }).collect()
}

/// What human rows reach, settings with the same value together.
fn human(artist: &Artist<'_>, keys: &[&SettingKey], metric: usize, name: &str) -> Vec<HumanValue> {
    let mut found: Vec<HumanValue> = Vec::new();
    let rows = artist.rows.iter().filter(|r| r.subject == Subject::Human && r.metric == name);
    for row in rows.filter(|r| r.centre().is_finite()) {
        let Some(setting) = keys.iter().position(|k| **k == row.key) else { continue };
        let Some(value) = short(row.centre()) else { continue };
        let (low, high) = (row.ci_low.and_then(short), row.ci_high.and_then(short));
        match found.iter_mut().find(|h| (h.value, h.low, h.high) == (value, low, high)) {
            Some(known) => known.settings.push(setting),
            None => found.push(HumanValue { metric, settings: vec![setting], value, low, high }),
        }
    }
    found
}
