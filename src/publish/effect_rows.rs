//! The lines of the tables of effects, for the page and the terminal alike.

use super::compared::{RegimeGains, SettingChange};
use super::{between, number};
use crate::analysis::Interval;
use crate::analysis::effects::{Change, Comparison, Level, Prevented, Why, Word};

/// A number with what stands below it: its interval, or of which seeds it speaks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The number, or why there is none.
    pub text: String,
    /// Its interval.
    pub interval: String,
    /// What else is to be said of it: of which seeds it speaks, that it still changes, why there is none.
    pub said: Vec<String>,
}

impl Entry {
    /// Interval and remarks on one line.
    pub fn detail(&self) -> String {
        let parts = std::iter::once(&self.interval).chain(&self.said).filter(|part| !part.is_empty());
        parts.cloned().collect::<Vec<_>>().join("; ")
    }
}

/// A line of a table of effects.
pub struct EffectRow {
    /// The metric.
    pub metric: String,
    /// The arm: a human share, or synthetic rows per human row.
    pub arm: String,
    /// The values, in the order of the table's columns.
    pub entries: Vec<Entry>,
    /// One word, where there is a verdict, and what goes with it.
    pub word: Option<(Word, String)>,
}

/// The columns of [`comparison_rows`] after metric and human share.
pub const COMPARISON: [&str; 4] =
    ["last generation", "the same human rows alone", "loss prevented, %", "change since generation 0"];
/// The columns of [`gain_rows`] after metric and synthetic rows per human row.
pub const GAINS: [&str; 1] = ["gain against human rows alone"];
/// The columns of [`change_rows`] after metric and setting.
pub const CHANGES: [&str; 4] =
    ["human rows", "first generation", "last generation", "change since generation 0"];

/// That the share of the loss differs between the last generation and the one half way.
const STILL_CHANGING: &str = "still changing";

/// `[low, high]`, or that all seeds are equal.
pub fn interval(i: Option<&Interval>) -> String {
    i.map_or(String::new(), |i| match i.is_all_equal() {
        true => "all equal".into(),
        false => between(i.low, i.high),
    })
}

fn level(level: &Level) -> Entry {
    let remark = level.remark();
    let remark = remark.trim().trim_start_matches('(').trim_end_matches(')').to_owned();
    Entry {
        text: level.mean.map_or("no value".into(), number),
        interval: interval(level.interval.as_ref()),
        said: if remark.is_empty() { Vec::new() } else { vec![remark] },
    }
}

fn signed(value: f64) -> String {
    format!("{}{}", if value < 0.0 { "−" } else { "+" }, number(value.abs()))
}

/// The change with its per cent, where one means something: of numbers that can't be negative and are no logarithms.
fn change(c: &Change, ratio: bool) -> Entry {
    let text = match (c.difference, c.relative.filter(|_| ratio)) {
        (Some(d), Some(r)) if r.abs() < 0.005 => format!("{} (0 %)", signed(d)),
        (Some(d), Some(r)) if r.abs() < 10.0 => format!("{} ({} %)", signed(d), signed((100.0 * r).round())),
        (Some(d), _) => signed(d),
        (None, _) => "–".into(),
    };
    Entry { text, interval: interval(c.interval.as_ref()), said: Vec::new() }
}

fn share(found: &Result<Prevented, Why>) -> Entry {
    match found {
        Ok(p) => Entry {
            text: format!("{:.0}", 100.0 * p.share),
            interval: match (p.low, p.high) {
                (Some(low), Some(high)) => format!("[{:.0}, {:.0}]", 100.0 * low, 100.0 * high),
                (Some(low), None) => format!("at least {:.0}", 100.0 * low),
                _ => "all equal".into(),
            },
            said: Vec::new(),
        },
        Err(why) => none(why),
    }
}

/// In the place of a number, with the reason why there is none.
fn none(why: &Why) -> Entry {
    Entry { text: "–".into(), said: vec![why.to_string()], ..Entry::default() }
}

/// A line for each metric and human share.
pub fn comparison_rows(c: &Comparison) -> Vec<EffectRow> {
    let mut rows = Vec::new();
    for m in &c.metrics {
        for a in &m.arms {
            let empty = || Entry { text: "–".into(), ..Entry::default() };
            let mut prevented = a.share().map_or_else(empty, share);
            let earlier: Vec<String> = a
                .prevented
                .iter()
                .rev()
                .skip(1)
                .rev()
                .filter_map(|(g, share)| {
                    Some(format!("{:.0} at generation {g}", 100.0 * share.as_ref().ok()?.share))
                })
                .collect();
            if !earlier.is_empty() && a.share().is_some_and(Result::is_ok) {
                prevented.said.push(earlier.join(", "));
            }
            if a.still_changing && a.share().is_some_and(Result::is_ok) {
                prevented.said.push(STILL_CHANGING.into());
            }
            rows.push(EffectRow {
                metric: m.name.clone(),
                arm: if c.own_fraction { "its own".into() } else { number(a.fraction) },
                entries: vec![
                    level(&a.level),
                    a.alone.as_ref().map_or_else(empty, level),
                    prevented,
                    change(&a.change, m.ratio),
                ],
                word: Some((a.change.word, a.change.remark(m.judged.tolerance))),
            });
        }
    }
    rows
}

/// A line for each metric and number of synthetic rows per human row.
pub fn gain_rows(found: &RegimeGains) -> Vec<EffectRow> {
    let mut rows = Vec::new();
    for (name, gains) in &found.metrics {
        match gains {
            Ok(gains) => rows.extend(gains.gains.iter().map(|g| EffectRow {
                metric: name.clone(),
                arm: number(g.scale),
                entries: vec![Entry {
                    text: signed(g.gain),
                    interval: interval(g.interval.as_ref()),
                    said: Vec::new(),
                }],
                word: None,
            })),
            Err(why) => rows.push(EffectRow {
                metric: name.clone(),
                arm: "–".into(),
                entries: vec![none(why)],
                word: None,
            }),
        }
    }
    rows
}

/// A line for each metric and setting; `setting` names one.
pub fn change_rows(changes: &[SettingChange], setting: impl Fn(&SettingChange) -> String) -> Vec<EffectRow> {
    let row = |c: &SettingChange| EffectRow {
        metric: c.metric.clone(),
        arm: setting(c),
        entries: vec![
            Entry { text: c.human.map_or("–".into(), number), ..Entry::default() },
            level(&c.first),
            level(&c.last),
            change(&c.change, c.ratio),
        ],
        word: Some((c.change.word, c.change.remark(c.judged.tolerance))),
    };
    changes.iter().map(row).collect()
}

/// The metrics by the word for their change, worst first: `worse: recall; same: coverage`.
pub fn words(changes: &[SettingChange]) -> String {
    let of = |word: Word| -> Option<String> {
        let mut names: Vec<String> = Vec::new();
        for c in changes.iter().filter(|c| c.change.word == word) {
            let name = match (word, &c.change.why, c.change.seeds_needed) {
                (_, Some(why), _) => format!("{} ({why})", c.metric),
                (Word::NotDecided, None, Some(seeds)) => {
                    format!("{} (about {seeds} seeds would tell)", c.metric)
                }
                _ => c.metric.clone(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        (!names.is_empty()).then(|| format!("{}: {}", word.name(), names.join(", ")))
    };
    let all = [Word::Worse, Word::Better, Word::Same, Word::NotDecided, Word::NoVerdict];
    all.into_iter().filter_map(of).collect::<Vec<_>>().join("; ")
}
