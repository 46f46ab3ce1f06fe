//! The same numbers as the tables of the terminal, as JSON.

use miette::{IntoDiagnostic, Result};
use serde_json::{Map, Value, json};

use crate::analysis::effects::Level;
use crate::analysis::{Interval, SettingKey, SummaryRow};
use crate::experiment::Done;
use crate::lineage::Assembled;
use crate::publish::{self, SettingChange};
use crate::run::{Prepared, SettingInfo, Work};

/// Prints a value.
pub(super) fn print(value: &Value) -> Result<()> {
    say!("{}", serde_json::to_string_pretty(value).into_diagnostic()?);
    Ok(())
}

/// A finished run.
pub(super) fn finished(done: &Done) -> Value {
    let report = &done.report;
    let tables = json!({
        "done": report.tables.done, "failed": report.tables.failed, "skipped": report.tables.skipped,
        "pending": report.tables.pending, "seconds": report.wall_seconds, "interrupted": report.interrupted,
    });
    json!({
        "experiment": done.publication.experiment.title(),
        "folder": done.publication.folder.root(),
        "page": done.page,
        "cells": tables,
        "answer": done.answer.sentences,
        "simple": done.answer.simple,
        "claims": done.claims,
        "values": values(&done.summary),
        "changes": changes(&done.answer.changes),
    })
}

/// What a spec would run.
pub(super) fn prepared(prepared: &Prepared) -> Value {
    let experiment = &prepared.experiment;
    let setting = |(info, assembled): (&SettingInfo, &Assembled)| {
        let statistics = assembled.lineage.as_ref().is_ok_and(|lineage| lineage.statistics);
        json!({
            "name": info.label, "skipped": info.skipped, "generations": info.generations,
            "path": if statistics { "statistics" } else { "rows" }, "notes": assembled.notes,
        })
    };
    let settings: Vec<Value> = prepared.settings().iter().zip(&prepared.settings).map(setting).collect();
    json!({
        "experiment": experiment.title(), "seeds": experiment.sweep.seeds, "settings": settings,
        "spec": experiment.resolved(),
    })
}

/// What every metric of every setting is at its first and its last generation.
fn values(summary: &[SummaryRow]) -> Vec<Value> {
    let number = |value: f64| value.is_finite().then_some(value);
    let row = |v: &publish::Values<'_>| {
        let mut row = columns(&v.last.key);
        row.extend([
            ("metric".to_owned(), json!(v.metric)),
            ("generation".to_owned(), json!(v.last.generation)),
            ("value".to_owned(), json!(number(v.last.centre()))),
            ("low".to_owned(), json!(v.last.ci_low)),
            ("high".to_owned(), json!(v.last.ci_high)),
            ("seeds".to_owned(), json!(v.last.counts.n)),
            ("seeds_asked".to_owned(), json!(v.last.counts.asked)),
            ("why".to_owned(), json!(v.last.counts.remark())),
            ("first".to_owned(), json!(number(v.first.centre()))),
            ("human".to_owned(), json!(v.human)),
        ]);
        Value::Object(row)
    };
    publish::values(summary).iter().map(row).collect()
}

/// The change of every metric since generation 0.
pub(super) fn changes(changes: &[SettingChange]) -> Vec<Value> {
    let row = |c: &SettingChange| {
        let mut row = columns(&c.key);
        let (low, high) = ends(c.change.interval.as_ref());
        row.extend([
            ("metric".to_owned(), json!(c.metric)),
            ("generation".to_owned(), json!(c.generation)),
            ("human".to_owned(), json!(c.human)),
            ("first".to_owned(), level(&c.first)),
            ("last".to_owned(), level(&c.last)),
            (
                "change".to_owned(),
                json!({ "value": c.change.difference, "low": low, "high": high, "relative": c.change.relative }),
            ),
            ("verdict".to_owned(), json!(c.change.word.name())),
            ("remark".to_owned(), json!(c.change.remark(c.judged.tolerance))),
            ("seeds_needed".to_owned(), json!(c.change.seeds_needed)),
        ]);
        Value::Object(row)
    };
    changes.iter().map(row).collect()
}

fn level(level: &Level) -> Value {
    let (low, high) = ends(level.interval.as_ref());
    let mean = level.mean.filter(|mean| mean.is_finite());
    json!({ "mean": mean, "low": low, "high": high, "seeds": level.with_value, "seeds_asked": level.seeds })
}

fn ends(interval: Option<&Interval>) -> (Option<f64>, Option<f64>) {
    (interval.map(|i| i.low), interval.map(|i| i.high))
}

/// The setting, as in `summary.csv`; columns without a value are left out.
fn columns(key: &SettingKey) -> Map<String, Value> {
    let filled = key.columns().zip(key.values()).filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| (name.to_owned(), json!(value))).collect()
}
