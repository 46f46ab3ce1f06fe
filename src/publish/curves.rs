//! Curves of one metric: over generations, over a swept number, or over another metric.

use std::collections::BTreeMap;

use super::artist::Artist;
use super::conditions::asked;
use super::names::{grouped, name_of, plain, plain_all, same_column};
use super::simple::simple_name;
use crate::analysis::{SettingKey, SummaryRow};
use crate::figures::{Axis, Baseline, Curve, Law, Point, Series};
use crate::metrics::Subject;
use crate::spec::{Mark, Setting};
use crate::theory;

/// What runs along the horizontal axis.
pub(super) enum X {
    Generation,
    /// A swept number; the metric is that of the last generation.
    Column(String),
    /// Another metric, generation by generation.
    Metric(String),
}

/// One panel: a metric, its settings and what tells their lines apart.
pub(super) struct Panel<'a> {
    pub metric: &'a str,
    pub keys: &'a [&'a SettingKey],
    pub columns: &'a [String],
    pub x: &'a X,
    pub laws: &'a [String],
    pub marks: &'a [Mark],
    pub log_x: bool,
    pub log_y: bool,
    /// A thin line for each seed in place of the mean.
    pub by_seed: bool,
}

impl Artist<'_> {
    /// The curve of a panel, titled with the metric.
    pub fn curve(&self, panel: &Panel<'_>) -> Curve {
        let Panel { metric, keys, columns, .. } = *panel;
        let lines: Vec<Series> = match panel.x {
            X::Generation if panel.by_seed => self.lineages(panel),
            X::Generation => keys
                .iter()
                .map(|key| self.line(key, columns, |p| self.over_generations(p, panel, key)))
                .collect(),
            X::Metric(other) => keys
                .iter()
                .map(|key| self.line(key, columns, |p| self.over_metric(p, metric, other, key)))
                .collect(),
            X::Column(column) => grouped(keys, columns)
                .iter()
                .map(|(_, members)| {
                    self.line(members[0], columns, |p| self.over_column(p, metric, column, members))
                })
                .collect(),
        };
        let title = match panel.x {
            X::Column(_) => format!("{metric}, last generation"),
            _ => metric.to_owned(),
        };
        let mut lines: Vec<Series> = lines.into_iter().filter(|s| !s.points.is_empty()).collect();
        if theory::find(metric).is_some() {
            // Computed numbers that do not depend on what tells the lines apart are one line.
            let alike = |a: &Series, b: &Series| a.points == b.points;
            let all = std::mem::take(&mut lines);
            for line in all {
                match lines.iter_mut().find(|known| alike(known, &line)) {
                    Some(known) => (known.name, known.order) = ("computed".into(), None),
                    None => lines.push(line),
                }
            }
        }
        let marks = marked(panel.marks, &lines);
        Curve {
            title,
            x: self.x_axis(panel.x, panel.log_x),
            y: self.axis_of(metric, panel.log_y),
            key: plain_all(columns),
            traces: panel.by_seed,
            laws: panel
                .laws
                .iter()
                .flat_map(|name| self.laws(panel, name))
                .chain(self.simple(metric, keys, &lines))
                .chain(marks)
                .collect(),
            baseline: self.baseline(metric, keys),
            looks: if panel.by_seed { Vec::new() } else { self.looks(columns) },
            series: lines,
            ..Curve::default()
        }
    }

    fn line(&self, key: &SettingKey, columns: &[String], fill: impl Fn(&mut Vec<Point>)) -> Series {
        let (name, order) = name_of(key, columns);
        let mut points = Vec::new();
        fill(&mut points);
        Series { name, order, points }
    }

    /// A line for each seed of each setting.
    fn lineages(&self, panel: &Panel<'_>) -> Vec<Series> {
        let subject = self.subject_of(panel.metric);
        let mine = panel.keys.iter().filter_map(|key| self.findings.find(key, panel.metric, subject));
        let at = |generation: u32, value| Point::new(f64::from(generation) + shift(panel), value);
        let mut lines: BTreeMap<(usize, u64), Vec<Point>> = BTreeMap::new();
        for (i, series) in mine.enumerate() {
            for &generation in series.at.keys() {
                for (seed, observed) in series.observed(generation) {
                    let value = observed.finite().unwrap_or(f64::NAN);
                    lines.entry((i, seed)).or_default().push(at(generation, value));
                }
            }
        }
        let line = |((_, seed), points): ((usize, u64), Vec<Point>)| Series {
            name: seed.to_string(),
            order: None,
            points,
        };
        lines.into_iter().map(line).collect()
    }

    fn over_generations(&self, points: &mut Vec<Point>, panel: &Panel<'_>, key: &SettingKey) {
        let rows = self.of(panel.metric, key);
        points.extend(rows.iter().map(|r| point(f64::from(r.generation) + shift(panel), r)));
    }

    fn over_metric(&self, points: &mut Vec<Point>, metric: &str, other: &str, key: &SettingKey) {
        let across = self.of(other, key);
        for row in self.of(metric, key) {
            let x = across.iter().find(|r| r.generation == row.generation);
            points.extend(x.map(|x| point(x.centre(), row)));
        }
    }

    fn over_column(&self, points: &mut Vec<Point>, metric: &str, column: &str, keys: &[&SettingKey]) {
        let at = |key: &&SettingKey| Some(point(key.number(column)?, self.last(metric, key)?));
        points.extend(keys.iter().filter_map(at));
    }

    /// What human rows of the same size reach among themselves, where all settings share the data.
    fn baseline(&self, metric: &str, keys: &[&SettingKey]) -> Option<Baseline> {
        let first = keys.first()?;
        if keys.iter().any(|k| k.get("data") != first.get("data")) {
            return None;
        }
        let human = keys.iter().flat_map(|key| self.of_subject(metric, key, Subject::Human));
        let row = human.filter(|r| r.centre().is_finite()).min_by_key(|r| r.generation)?;
        Some(Baseline {
            label: "human vs human".into(),
            value: row.centre(),
            interval: row.ci_low.zip(row.ci_high),
        })
    }

    /// What the line of the baseline model is called, where there is one.
    pub(super) fn simple_name(&self) -> Option<String> {
        let node = self.publication.experiment.measure.baseline.as_ref()?;
        Some(format!("{}, same human rows", simple_name(node)))
    }

    /// A level line at what the baseline model reaches, where all settings share the data.
    fn simple(&self, metric: &str, keys: &[&SettingKey], lines: &[Series]) -> Vec<Law> {
        let Some(label) = self.simple_name() else { return Vec::new() };
        let mut baseline = keys.iter().flat_map(|key| self.of_subject(metric, key, Subject::Baseline));
        let same = |key: &&&SettingKey| key.get("data") == keys[0].get("data");
        match baseline.next() {
            Some(row) if keys.iter().all(|key| same(&key)) => {
                marked(&[Mark { x: None, y: Some(row.mean), label }], lines)
            }
            _ => Vec::new(),
        }
    }

    /// The law that a claim holds this metric of this setting against.
    fn claimed(&self, metric: &str, setting: &Setting) -> Option<&'static theory::Law> {
        let claims = self.publication.experiment.claims.iter();
        let mut laws = claims.filter(|c| c.metric == metric && c.versus.is_empty() && c.matches(setting));
        laws.find_map(|claim| theory::find(claim.law.as_deref()?))
    }

    /// What an overlay says of a setting at a generation; nothing where it has nothing to say. `law` is
    /// the one that a claim names for this curve, else the one that is known to belong there.
    pub fn predicted(&self, name: &str, metric: &str, key: &SettingKey, generation: u32) -> Option<f64> {
        let setting = self.settings.get(key.index)?;
        let mut metrics = self.publication.experiment.measure.metrics.iter();
        let threshold = metrics.find(|m| m.name == metric).and_then(|m| m.node.get("above")?.as_f64());
        let at = asked(&self.records, (setting.index, generation), metric, threshold).ok()?;
        let found = match (name, self.claimed(metric, setting)) {
            ("law", Some(law)) => law.predict(&at).ok()?,
            ("law", None) => theory::overlay(metric, &at)?.1,
            (name, _) => theory::find(name)?.predict(&at).ok()?,
        };
        found.mean.is_finite().then_some(found.mean)
    }

    /// The lines of one overlay.
    fn laws(&self, panel: &Panel<'_>, name: &str) -> Vec<Law> {
        let predicted =
            |key: &SettingKey, generation: u32| self.predicted(name, panel.metric, key, generation);
        let along = |key: &SettingKey| -> Vec<(f64, f64)> {
            let at = |r: &SummaryRow| {
                Some((f64::from(r.generation) + shift(panel), predicted(key, r.generation)?))
            };
            self.of(panel.metric, key).iter().filter_map(at).collect()
        };
        let across = |column: &str, keys: &[&SettingKey]| -> Vec<(f64, f64)> {
            let at = |key: &&SettingKey| {
                let last = self.last(panel.metric, key)?;
                Some((key.number(column)?, predicted(key, last.generation)?))
            };
            let mut line: Vec<(f64, f64)> = keys.iter().filter_map(at).collect();
            line.sort_by(|a, b| a.0.total_cmp(&b.0));
            line
        };
        let lines: Vec<Vec<(f64, f64)>> = match panel.x {
            X::Generation => panel.keys.iter().map(|key| along(key)).collect(),
            X::Column(column) => {
                grouped(panel.keys, panel.columns).iter().map(|(_, keys)| across(column, keys)).collect()
            }
            X::Metric(_) => Vec::new(),
        };
        // Laws with the same words share an entry of the key.
        let label = if name == "law" { "law".to_owned() } else { name.replace('-', " ") };
        let mut laws: Vec<Law> = Vec::new();
        for points in lines.into_iter().filter(|line| line.len() > 1) {
            let line = Law { label: label.clone(), points };
            if !laws.contains(&line) {
                laws.push(line);
            }
        }
        laws
    }

    /// What an axis of the spec means.
    pub fn x_of(&self, name: &str, figure: &str) -> Result<X, super::PublishError> {
        if name == "generation" {
            return Ok(X::Generation);
        }
        if self.rows.iter().any(|r| r.metric == name) {
            return Ok(X::Metric(name.to_owned()));
        }
        self.is_column(name, figure, "x")?;
        if self.keys().iter().any(|k| k.number(name).is_none()) {
            return Err(super::PublishError::Nothing(format!(
                "figure `{figure}`: `{name}` is not a number in every setting; a curve needs one for its x, kind = \"bars\" does not"
            )));
        }
        Ok(X::Column(name.to_owned()))
    }

    /// Refuses a name that is no column of the run's tables.
    pub fn is_column(&self, name: &str, figure: &str, key: &str) -> Result<(), super::PublishError> {
        let keys = self.keys();
        let known = |k: &&SettingKey| k.columns().any(|column| same_column(column, name));
        if keys.iter().any(known) || self.settings.iter().any(|s| s.get(name).is_some() && key != "x") {
            return Ok(());
        }
        let columns: Vec<&str> = keys.first().map_or(Vec::new(), |k| k.columns().collect());
        Err(super::PublishError::Nothing(format!(
            "figure `{figure}`: {key} = \"{name}\" is no column of this run; there are generation, {}",
            columns.join(", ")
        )))
    }
}

/// Straight lines as wide or as high as what is drawn.
fn marked(marks: &[Mark], lines: &[Series]) -> Vec<Law> {
    let ends = |of: fn(&Point) -> f64| {
        let values = lines.iter().flat_map(|s| &s.points).map(of);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
    };
    let ((left, right), (bottom, top)) = (ends(|p| p.x), ends(|p| p.y));
    let line = |mark: &Mark| {
        let points = match (mark.x, mark.y) {
            (Some(x), _) => vec![(x, bottom), (x, top)],
            (None, Some(y)) => vec![(left, y), (right, y)],
            (None, None) => Vec::new(),
        };
        Law { label: mark.label.clone(), points }
    };
    if left <= right { marks.iter().map(line).collect() } else { Vec::new() }
}

pub(super) fn point(x: f64, row: &SummaryRow) -> Point {
    Point { x, y: row.centre(), low: row.ci_low, high: row.ci_high }
}

/// Generation 0 has no place on a log axis, so fits are counted there.
fn shift(panel: &Panel<'_>) -> f64 {
    if panel.log_x { 1.0 } else { 0.0 }
}

impl Artist<'_> {
    pub(super) fn x_axis(&self, x: &X, log: bool) -> Axis {
        match (x, log) {
            (X::Generation, false) => Axis::integer("generation"),
            (X::Generation, true) => Axis { integer: true, ..Axis::log("fits (generation + 1)") },
            (X::Column(column), true) => Axis::log(&plain(column)),
            (X::Column(column), false) => Axis::linear(&plain(column)),
            (X::Metric(metric), log) => self.axis_of(metric, log),
        }
    }
}
