//! Lead times of a run: which metric leaves the range of human-only lineages first, setting by setting.

use serde::Serialize;

use super::names::{name_of, plain_all, varying};
use super::tables::columns;
use super::{Publication, PublishError, between, number, observations};
use crate::analysis::lead::{Alarms, Times, alarms};
use crate::analysis::{DISPLAY_LEVEL, Series, SettingKey};
use crate::metrics::Subject;
use crate::report::{Cell, Section, TableData};
use crate::tasks::SCORES;

/// The false-alarm rate of a lineage unless told otherwise.
pub const FALSE_ALARMS: f64 = 0.1;

/// Metrics that are outcomes by themselves: how well held-out human rows are predicted. After them come the scores of tasks.
const OUTCOMES: [&str; 3] = ["negative-log-likelihood", "cross-entropy", "perplexity"];

/// The lead times of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leads {
    /// The metric that the others are to come before.
    pub outcome: String,
    /// What tells settings apart, in words.
    pub by: String,
    /// Setting by setting, the earliest metric first.
    pub rows: Vec<LeadRow>,
}

/// One metric of one setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeadRow {
    /// The setting.
    pub setting: String,
    /// The metric.
    pub metric: String,
    /// The distance from human-only lineages that is an alarm, and the false-alarm rate that it keeps.
    pub threshold: Option<f64>,
    /// That rate.
    pub rate: Option<f64>,
    /// The generation of the alarm.
    pub alarm: Option<Times>,
    /// Generations before the alarm of the outcome; none for the outcome itself.
    pub lead: Option<Times>,
    /// Why there is no alarm.
    pub why: Option<String>,
}

/// The lead times of every setting that has a human-only one beside it; `None` where no outcome was measured or no setting
/// has one. `outcome` names another outcome.
///
/// # Errors
/// An outcome that was not measured, and those of the files.
pub fn leads(
    publication: &Publication,
    outcome: Option<&str>,
    rate: f64,
) -> Result<Option<Leads>, PublishError> {
    let all = observations(publication)?;
    let known = |name: &str| publication.components.reading(name).is_some();
    let of_loop: Vec<&Series> =
        all.series().filter(|s| s.subject == Subject::Model && known(&s.metric)).collect();
    let measured = |name: &str| of_loop.iter().any(|s| s.metric == name);
    let scores = SCORES.iter().map(|s| s.about.name);
    let outcome = match outcome {
        Some(name) if !measured(name) => {
            let mut names: Vec<&str> = of_loop.iter().map(|s| s.metric.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let text = format!("`{name}` was not measured; there are {}", names.join(", "));
            return Err(PublishError::Nothing(text));
        }
        Some(name) => name.to_owned(),
        None => match OUTCOMES.into_iter().chain(scores).find(|name| measured(name)) {
            Some(name) => name.to_owned(),
            None => return Ok(None),
        },
    };
    let mut arms: Vec<(&SettingKey, &SettingKey)> = Vec::new();
    for s in of_loop.iter().filter(|s| s.end > 0 && !s.key.is_human_only()) {
        if !arms.iter().any(|(key, _)| *key == &s.key)
            && let Some(human) = human_only(&s.key, &of_loop)
        {
            arms.push((&s.key, human));
        }
    }
    let columns = varying(&arms.iter().map(|(key, _)| *key).collect::<Vec<_>>());
    let mut rows = Vec::new();
    for (key, human) in arms {
        let of =
            |key: &SettingKey, metric: &str| of_loop.iter().find(|s| s.key == *key && s.metric == metric);
        let found = |metric: &str| -> Option<Result<Alarms, String>> {
            let (own, people) = (of(key, metric)?, of(human, metric)?);
            Some(alarms(own, people, rate).map_err(|why| why.to_string()))
        };
        let late = found(&outcome).and_then(Result::ok);
        let setting = name_of(key, &columns).0;
        let mine = of_loop.iter().filter(|s| s.key == *key);
        let mut lines: Vec<LeadRow> = mine
            .filter_map(|s| Some((s.metric.as_str(), found(&s.metric)?)))
            .map(|(metric, found)| row(&setting, metric, &outcome, found, late.as_ref()))
            .collect();
        lines.sort_by(|a, b| earliest(a).total_cmp(&earliest(b)));
        rows.extend(lines);
    }
    Ok((!rows.is_empty()).then(|| Leads { outcome, by: plain_all(&columns), rows }))
}

fn row(
    setting: &str,
    metric: &str,
    outcome: &str,
    found: Result<Alarms, String>,
    late: Option<&Alarms>,
) -> LeadRow {
    let (setting, metric) = (setting.to_owned(), metric.to_owned());
    match found {
        Ok(own) => LeadRow {
            setting,
            threshold: Some(own.threshold),
            rate: Some(own.rate),
            alarm: Some(own.times(DISPLAY_LEVEL)),
            lead: late.filter(|_| metric != outcome).map(|late| own.lead(late, DISPLAY_LEVEL)),
            metric,
            why: None,
        },
        Err(why) => {
            LeadRow { setting, metric, threshold: None, rate: None, alarm: None, lead: None, why: Some(why) }
        }
    }
}

fn earliest(row: &LeadRow) -> f64 {
    match row.alarm {
        Some(times) if times.most.is_some() => times.least.unwrap_or(f64::NEG_INFINITY),
        Some(_) => f64::MAX,
        None => f64::INFINITY,
    }
}

/// The setting of human rows alone that is like this one in all else.
fn human_only<'s>(key: &SettingKey, all: &[&'s Series]) -> Option<&'s SettingKey> {
    let mut keys = all.iter().map(|s| &s.key);
    keys.find(|k| k.is_human_only() && !k.is_control() && k.is_like(key, "human_fraction"))
}

/// A time in words: its median with the interval, or the bound that is known.
pub fn time_in_words(times: &Times) -> String {
    let centre = match (times.least, times.most) {
        (Some(least), Some(most)) if least == most => number(least),
        (Some(least), Some(most)) => format!("{} to {}", number(least), number(most)),
        (Some(least), None) => format!("> {}", number(least)),
        (None, Some(most)) => format!("< {}", number(most)),
        (None, None) => return "not known".into(),
    };
    match (times.low, times.high) {
        (Some(low), Some(high)) => format!("{centre} {}", between(low, high)),
        (Some(low), None) => format!("{centre} [{}, …]", number(low)),
        (None, Some(high)) => format!("{centre} […, {}]", number(high)),
        (None, None) => centre,
    }
}

impl Leads {
    /// One sentence, of the first setting where something leaves the range: what comes first, and how long before the
    /// outcome.
    pub fn sentence(&self) -> Option<String> {
        let left = |r: &&LeadRow| r.alarm.is_some_and(|t| t.most.is_some());
        let mut settings = self.rows.chunk_by(|a, b| a.setting == b.setting);
        let found = settings.find_map(|rows| rows.iter().find(left))?;
        let at = found.alarm.as_ref().map(time_in_words).unwrap_or_default();
        let place =
            if self.by.is_empty() { String::new() } else { format!("At {} {}, ", self.by, found.setting) };
        let no = if place.is_empty() { "No" } else { "no" };
        Some(if found.metric == self.outcome {
            format!(
                "{place}{no} metric leaves the range of human-only lineages before {}, which does at generation {at}.",
                found.metric
            )
        } else {
            let lead = match &found.lead {
                Some(lead) if lead.low.is_some_and(|low| low > 0.0) => {
                    format!("{} generations before {}", time_in_words(lead), self.outcome)
                }
                Some(lead) if lead.least.is_some() || lead.most.is_some() => format!(
                    "which is not shown to be before {}: its lead is {} generations",
                    self.outcome,
                    time_in_words(lead)
                ),
                _ => format!("and nothing is known of {}", self.outcome),
            };
            format!(
                "{place}{} leaves the range of human-only lineages first, at generation {at}, {lead}.",
                found.metric
            )
        })
    }

    /// What the numbers are.
    pub fn method(&self) -> String {
        let rate = self.rows.iter().filter_map(|r| r.rate).reduce(f64::max);
        let kept = rate.map_or(String::new(), |rate| {
            format!(
                "; each metric's threshold gives a human-only lineage a false alarm with probability {} at most",
                number(rate)
            )
        });
        format!(
            "An alarm is the first generation at which a lineage lies farther from the human-only mean than a threshold{kept}. Lead: generations before the alarm of \
             {}, seed by seed. Medians over seeds with distribution-free 95 % intervals (from 6 seeds on); > and < are bounds where \
             half the seeds have no alarm by the last generation at which they have a value.",
            self.outcome
        )
    }
}

/// The page's section.
pub(super) fn section(publication: &Publication) -> Result<Option<Section>, PublishError> {
    let Some(found) = leads(publication, None, FALSE_ALARMS)? else { return Ok(None) };
    let line = |r: &LeadRow| {
        let alarm = match (&r.alarm, &r.why) {
            (Some(times), _) => {
                Cell::with_detail(time_in_words(times), format!("{} of {} seeds", times.known, times.seeds))
            }
            (None, why) => Cell::with_detail("–", why.clone().unwrap_or_default()),
        };
        let lead = match &r.lead {
            Some(times) => Cell::text(time_in_words(times)),
            None if r.metric == found.outcome => Cell::text("the outcome"),
            None => Cell::text("–"),
        };
        vec![
            Cell::text(&*r.setting),
            Cell::text(&*r.metric),
            alarm,
            lead,
            Cell::text(r.threshold.map_or("–".into(), number)),
        ]
    };
    let by = if found.by.is_empty() { "setting" } else { &found.by };
    let heads =
        [(by, false), ("metric", false), ("alarm at generation", true), ("lead", true), ("threshold", true)];
    Ok(Some(Section {
        heading: "Lead time".into(),
        prose: found.sentence().into_iter().chain([found.method()]).collect(),
        tables: vec![TableData {
            caption: format!("The earliest alarm first; lead before {}", found.outcome),
            columns: columns(&heads),
            rows: found.rows.iter().map(line).collect(),
        }],
        ..Section::default()
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(g: f64, low: Option<f64>) -> Times {
        Times { least: Some(g), most: Some(g), low, high: None, known: 8, seeds: 8 }
    }

    fn said(rows: &[(&str, f64, Option<Times>)]) -> String {
        let row = |(metric, g, lead): &(&str, f64, Option<Times>)| LeadRow {
            setting: "0".into(),
            metric: (*metric).into(),
            threshold: Some(1.0),
            rate: Some(0.1),
            alarm: Some(at(*g, None)),
            lead: *lead,
            why: None,
        };
        let rows = rows.iter().map(row).collect();
        Leads { outcome: "perplexity".into(), by: "human fraction".into(), rows }.sentence().unwrap()
    }

    #[test]
    fn what_comes_after_the_outcome_is_not_called_first() {
        let late = said(&[("perplexity", 3.0, None), ("variance", 6.0, Some(at(-3.0, Some(-5.0))))]);
        assert!(late.contains("no metric leaves") && late.contains("generation 3"), "{late}");
        let tied = said(&[("variance", 3.0, Some(at(0.0, Some(-1.0)))), ("perplexity", 3.0, None)]);
        assert!(tied.contains("not shown to be before perplexity"), "{tied}");
        let early = said(&[("variance", 3.0, Some(at(4.0, Some(2.0)))), ("perplexity", 7.0, None)]);
        assert!(early.contains("4 [2, …] generations before perplexity"), "{early}");
    }
}
