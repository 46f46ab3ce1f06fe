//! What figures are made from: the findings of a run, asked by metric and setting.

use super::findings::Findings;
use super::loss_curves::is_loss;
use super::names::{axis_of, place_of, varying};
use super::{Publication, PublishError};
use crate::analysis::{Over, SettingKey, SummaryRow};
use crate::figures::{Axis, Figure, Size};
use crate::metrics::{Absence, METRICS, Subject};
use crate::spec::{self, Setting};
use crate::store::Settings;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether a metric's rows are shares of bins that are named by their lower edges.
pub(super) fn is_binned(metric: &str) -> bool {
    metric.ends_with("-from")
}

/// Series without a value that a caption names; summary.csv has them all.
const MOST_LOST: usize = 6;

/// A figure that is to be drawn.
pub(super) struct Planned {
    pub name: String,
    pub caption: String,
    pub figure: Box<dyn Figure>,
    pub size: Size,
}

fn place(row: &SummaryRow) -> (&SettingKey, &str, Subject) {
    (&row.key, &row.metric, row.subject)
}

/// What figures are made from.
pub(super) struct Artist<'p> {
    pub publication: &'p Publication,
    pub findings: Findings,
    /// In the order of setting, member, metric, subject and generation.
    pub rows: Vec<SummaryRow>,
    subjects: BTreeSet<(String, Subject)>,
    pub settings: Arc<Vec<Setting>>,
    pub records: Arc<Settings>,
}

impl<'p> Artist<'p> {
    pub fn new(publication: &'p Publication) -> Result<Self, PublishError> {
        let findings = Findings::with_laws(publication)?;
        let mut rows = publication.summary()?.to_vec();
        rows.extend(findings.of_laws());
        rows.sort_by(|a, b| place(a).cmp(&place(b)).then(a.generation.cmp(&b.generation)));
        let subjects = rows.iter().map(|r| (r.metric.clone(), r.subject)).collect();
        Ok(Self {
            publication,
            findings,
            rows,
            subjects,
            settings: publication.settings()?,
            records: publication.records()?,
        })
    }

    /// The subject that figures show of a metric: the spec's, or what there is (the realised human
    /// fraction is one of training sets).
    pub fn subject_of(&self, metric: &str) -> Subject {
        let asked = match self.publication.experiment.measure.on {
            spec::Subject::Model => Subject::Model,
            spec::Subject::Synthetic => Subject::Synthetic,
            spec::Subject::Training => Subject::Training,
        };
        let known = |s: Subject| self.subjects.contains(&(metric.to_owned(), s));
        let all = [asked, Subject::Model, Subject::Synthetic, Subject::Training];
        all.into_iter().find(|s| known(*s)).unwrap_or(asked)
    }

    /// The axis of a metric: its name with its unit.
    pub fn axis_of(&self, metric: &str, log: bool) -> Axis {
        axis_of(metric, self.findings.reading(metric).map_or("", |r| r.unit), log)
    }

    /// The measured metrics in the spec's order. A group of values has one row each: the metric's
    /// own name, or names that begin with it.
    pub fn metrics(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        // A bin is no curve by generation, and no point of a loss curve is: they have figures of their own.
        let apart = |name: &str| is_binned(name) || is_loss(name);
        for spec in self.publication.experiment.measure.metrics.iter().filter(|m| !apart(&m.name)) {
            let own = |m: &&str| m.starts_with(&spec.name) && !m.contains("-from-");
            let mut names: Vec<&str> = self.rows.iter().map(|r| r.metric.as_str()).filter(own).collect();
            names.sort_unstable();
            names.dedup();
            let own = names.contains(&spec.name.as_str());
            for name in names {
                let other = METRICS.get(name).is_some() && name != spec.name;
                if !other && (!own || name == spec.name) && !all.iter().any(|m| m == name) {
                    all.push(name.to_owned());
                }
            }
        }
        all
    }

    /// Every setting with rows, in the order of the sweep.
    pub fn keys(&self) -> Vec<&SettingKey> {
        let mut keys: Vec<&SettingKey> = self.rows.iter().map(|row| &row.key).collect();
        keys.dedup();
        keys
    }

    /// The rows of a metric in a setting, generations ascending.
    pub fn of(&self, metric: &str, key: &SettingKey) -> &[SummaryRow] {
        self.of_subject(metric, key, self.subject_of(metric))
    }

    /// The rows of a metric of a subject in a setting, generations ascending.
    pub fn of_subject(&self, metric: &str, key: &SettingKey, subject: Subject) -> &[SummaryRow] {
        let first = self.rows.partition_point(|r| place(r) < (key, metric, subject));
        let many = self.rows[first..].partition_point(|r| place(r) == (key, metric, subject));
        &self.rows[first..first + many]
    }

    /// The last measured generation of a setting.
    pub fn last(&self, metric: &str, key: &SettingKey) -> Option<&SummaryRow> {
        self.of(metric, key).last()
    }

    /// The most generations measured of anything.
    pub fn generations(&self) -> usize {
        self.findings.series().map(|s| s.at.len()).max().unwrap_or(0)
    }

    /// The seeds that a setting was asked for.
    pub fn seeds(&self) -> usize {
        self.rows.iter().map(|r| r.counts.asked).max().unwrap_or(0)
    }

    /// What intervals are over.
    pub fn over(&self) -> Over {
        self.rows.first().map_or(Over::Seeds, |row| row.counts.over)
    }

    /// Where the metrics of a figure have no value at the last generation, from when on and why; empty where all have one. A
    /// metric that does not apply to a setting at all has lost nothing there.
    pub fn lost<'m>(&self, metrics: impl IntoIterator<Item = &'m String>, keys: &[&SettingKey]) -> String {
        let columns = varying(keys);
        let mut lines = Vec::new();
        for metric in metrics {
            for key in keys {
                let rows = self.of(metric, key);
                let Some((last, remark)) = rows.last().and_then(|r| Some((r, r.counts.remark()?))) else {
                    continue;
                };
                let whose = if columns.is_empty() {
                    String::new()
                } else {
                    format!(" at {}", place_of(key, &columns))
                };
                let apart = |r: &SummaryRow| {
                    r.counts.n == 0 && r.counts.infinite == 0 && r.counts.why == Some(Absence::NotApplicable)
                };
                if rows.iter().all(apart) {
                    continue;
                }
                let gone = rows.iter().rev().take_while(|r| r.counts.n == 0).last();
                lines.push(match gone {
                    Some(first) => {
                        let from = first.generation;
                        format!("{metric}{whose} has no finite value from generation {from} on ({remark})")
                    }
                    None => format!("{metric}{whose} at generation {}: {remark}", last.generation),
                });
            }
        }
        let more = lines.len().saturating_sub(MOST_LOST);
        lines.truncate(MOST_LOST);
        match (lines.is_empty(), more) {
            (true, _) => String::new(),
            (_, 0) => format!("{}.", lines.join("; ")),
            (_, more) => format!("{}; and {more} more.", lines.join("; ")),
        }
    }

    /// What every interval of a figure is.
    pub fn seeds_line(&self) -> String {
        match (self.over(), self.seeds()) {
            (Over::Rows, _) => format!("one run, 95 % interval over {}", Over::Rows),
            (_, 1) => "one training seed, no interval".into(),
            (_, seeds) => format!("mean over {seeds} training seeds, 95 % interval"),
        }
    }
}
