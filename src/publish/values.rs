//! What every metric of every setting is at its first and its last generation: the shortest answer of a run.

use std::collections::BTreeMap;

use super::loss_curves::is_point;
use super::names::{plain_all, varying, words_of};
use super::tables::columns;
use super::{between, number};
use crate::analysis::{Over, SettingKey, SummaryRow};
use crate::metrics::Subject;
use crate::report::{Cell, Section, TableData};

/// Lines that the page's table shows; summary.csv has them all.
const MOST: usize = 60;

/// One metric of one setting.
pub struct Values<'s> {
    /// The metric, with its subject where that is not the model.
    pub metric: String,
    /// What tells the setting from the others.
    pub setting: String,
    /// The mean over human rows, where they are measured.
    pub human: Option<f64>,
    /// At the first generation measured.
    pub first: &'s SummaryRow,
    /// At the last one.
    pub last: &'s SummaryRow,
}

/// Every metric of every setting, metric by metric in the order of the summary. The human share of training sets and
/// the points of loss curves stand there only where nothing else was measured.
pub fn values<'s>(summary: &'s [SummaryRow]) -> Vec<Values<'s>> {
    let keys: Vec<&SettingKey> = summary.iter().map(|r| &r.key).collect();
    let columns = varying(&keys);
    // A summary goes setting by setting, metric by metric, generation by generation.
    let series = summary.chunk_by(|a, b| (&a.key, &a.metric, a.subject) == (&b.key, &b.metric, b.subject));
    let (human, other): (Vec<_>, Vec<_>) = series.partition(|rows| rows[0].subject == Subject::Human);
    let human: BTreeMap<_, f64> =
        human.iter().map(|rows| ((&rows[0].key, &rows[0].metric), rows[rows.len() - 1].centre())).collect();
    let values = |rows: &'s [SummaryRow]| {
        let (first, last) = (&rows[0], &rows[rows.len() - 1]);
        Values {
            metric: match first.subject {
                Subject::Model => first.metric.clone(),
                Subject::Baseline => format!("{} (baseline)", first.metric),
                subject => format!("{} ({} rows)", first.metric, subject.name()),
            },
            setting: words_of(&first.key, &columns),
            human: human.get(&(&first.key, &first.metric)).copied(),
            first,
            last,
        }
    };
    let mut found: Vec<Values<'_>> = other.into_iter().map(values).collect();
    let aside = |v: &Values<'_>| v.last.metric == "realised-human-fraction" || is_point(&v.last.metric);
    if !found.iter().all(aside) {
        found.retain(|v| !aside(v));
    }
    let mut order: Vec<String> = Vec::new();
    for values in &found {
        if !order.contains(&values.metric) {
            order.push(values.metric.clone());
        }
    }
    found.sort_by_key(|v| order.iter().position(|metric| *metric == v.metric));
    found
}

/// What stands for the seeds of a row, with its interval and, where seeds have no value, of how many it speaks and why.
pub fn written(row: &SummaryRow) -> String {
    let mut text = number(row.centre());
    if let (Some(low), Some(high)) = (row.ci_low, row.ci_high) {
        text.push_str(&format!(" {}", between(low, high)));
    }
    match row.counts.remark() {
        Some(remark) => format!("{text} ({remark})"),
        None => text,
    }
}

/// The table of the page.
pub(super) fn section(summary: &[SummaryRow]) -> Option<Section> {
    let all = values(summary);
    let keys: Vec<&SettingKey> = summary.iter().map(|r| &r.key).collect();
    let setting = match varying(&keys).as_slice() {
        [] => "regime".to_owned(),
        some => plain_all(some),
    };
    let cell = |row: &SummaryRow| {
        let mut detail = format!("g {}", row.generation);
        if let (Some(low), Some(high)) = (row.ci_low, row.ci_high) {
            detail.push_str(&format!(": {}", between(low, high)));
        }
        if let Some(remark) = row.counts.remark() {
            detail.push_str(&format!("; {remark}"));
        }
        Cell::with_detail(number(row.centre()), detail)
    };
    let line = |v: &Values<'_>| {
        vec![
            Cell::text(&*v.metric),
            Cell::text(&*v.setting),
            Cell::text(v.human.map_or("–".into(), number)),
            cell(v.first),
            cell(v.last),
        ]
    };
    let about = match all.first()?.last.counts.over {
        Over::Rows => format!("One run with 95 % intervals over {}", Over::Rows),
        Over::Seeds => {
            let seeds = all.iter().map(|v| v.last.counts.asked).max()?;
            format!("Means over {seeds} seeds with 95 % intervals; medians where some are infinite")
        }
    };
    let shown = match all.len() {
        n if n > MOST => format!("{MOST} of {n} lines; summary.csv has them all. "),
        _ => String::new(),
    };
    Some(Section {
        heading: "First and last generation".into(),
        tables: vec![TableData {
            caption: format!("{shown}{about}"),
            columns: columns(&[
                ("metric", false),
                (setting.as_str(), false),
                ("human rows", true),
                ("first generation", true),
                ("last generation", true),
            ]),
            rows: all.iter().take(MOST).map(line).collect(),
        }],
        ..Section::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::observations::Counts;
    use crate::store::settings::tests::keys;

    fn row(key: &SettingKey, metric: &str, subject: Subject, generation: u32, mean: f64) -> SummaryRow {
        SummaryRow {
            key: key.clone(),
            generation,
            subject,
            metric: metric.into(),
            counts: Counts { n: 4, asked: 4, ..Counts::default() },
            mean,
            sd: None,
            median: mean,
            ci_low: Some(mean - 1.0),
            ci_high: Some(mean + 1.0),
            ci_method: "",
        }
    }

    #[test]
    fn a_metric_has_its_ends_and_its_human_value_by_setting() {
        let mut summary = Vec::new();
        for regime in &keys(&[&[("regime", "replace")], &[("regime", "keep")]]) {
            summary.push(row(regime, "variance", Subject::Human, 0, 9.0));
            for (metric, subject) in [
                ("realised-human-fraction", Subject::Training),
                ("variance", Subject::Model),
                ("coverage", Subject::Model),
            ] {
                for g in [0, 2, 5] {
                    summary.push(row(regime, metric, subject, g, f64::from(g)));
                }
            }
        }
        let all = values(&summary);
        let seen: Vec<_> = all.iter().map(|v| (v.metric.as_str(), v.setting.as_str(), v.human)).collect();
        assert_eq!(
            seen,
            [
                ("variance", "regime replace", Some(9.0)),
                ("variance", "regime keep", Some(9.0)),
                ("coverage", "regime replace", None),
                ("coverage", "regime keep", None)
            ]
        );
        assert_eq!((all[0].first.generation, all[0].last.generation), (0, 5));
        assert!(section(&[]).is_none());
        assert_eq!(section(&summary).map(|s| s.tables[0].rows.len()), Some(4));
    }
}
