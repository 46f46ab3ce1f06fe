//! Figures from summary rows: collapse curves, heat maps, estimates with intervals.

use super::conditions::{is_plain, predict};
use super::findings::Findings;
use super::settings::setting_of;
use super::{Drawn, Publication, PublishError, examples};
use crate::analysis::{SettingKey, SummaryRow};
use crate::figures::{
    self, Axis, Baseline, ColourScale, Curve, DotPlot, DotSeries, Estimate, Figure, HeatMap, Law, Panels,
    Point, Ramp, Series, Size, Spread,
};
use crate::metrics::{METRICS, Subject};
use crate::spec::{FigureKind, FigureSpec, Setting};
use crate::theory;

/// Draws the figures of the spec, or the default ones where it asks for none; `only` picks one by
/// its name. Files go to `figures/` as SVG and PNG.
pub fn draw(publication: &Publication, only: Option<&str>) -> Result<Vec<Drawn>, PublishError> {
    let experiment = &publication.experiment;
    let rows = Findings::read(publication)?.summary();
    let settings = experiment
        .settings()
        .map_err(|source| PublishError::Spec { path: publication.folder.spec(), source })?;
    let artist = Artist { publication, rows, settings };
    let mut planned: Vec<Planned> = Vec::new();
    for (i, figure) in experiment.figures.iter().enumerate() {
        planned.extend(artist.asked(figure, i)?);
    }
    if experiment.figures.is_empty() {
        planned.extend(artist.default_curves());
        planned.extend(examples::galleries(publication)?);
    }
    if let Some(name) = only
        && !planned.iter().any(|p| p.name == name)
    {
        let known: Vec<&str> = planned.iter().map(|p| p.name.as_str()).collect();
        return Err(PublishError::Nothing(format!(
            "no figure is called `{name}`; there are {}",
            known.join(", ")
        )));
    }
    let folder = publication.folder.root().join("figures");
    std::fs::create_dir_all(&folder).map_err(|source| PublishError::File { path: folder.clone(), source })?;
    let mut drawn = Vec::with_capacity(planned.len());
    for plan in planned.into_iter().filter(|p| only.is_none_or(|name| p.name == name)) {
        let [svg_path, png_path] =
            figures::save(plan.figure.as_ref(), &folder.join(&plan.name), plan.size)
                .map_err(|source| PublishError::Figure { name: plan.name.clone(), source })?;
        drawn.push(Drawn { name: plan.name, caption: plan.caption, svg_path, png_path });
    }
    Ok(drawn)
}

/// A figure that is to be drawn.
pub(super) struct Planned {
    pub name: String,
    pub caption: String,
    pub figure: Box<dyn Figure>,
    pub size: Size,
}

struct Artist<'p> {
    publication: &'p Publication,
    rows: Vec<SummaryRow>,
    settings: Vec<Setting>,
}

/// The plain words for a column.
pub(super) fn plain(column: &str) -> String {
    column.rsplit('.').next().unwrap_or(column).replace('_', " ")
}

/// The columns in which these settings differ, the human fraction first.
pub(super) fn varying(keys: &[&SettingKey]) -> Vec<String> {
    let Some(first) = keys.first() else { return Vec::new() };
    let differs = |column: &str| keys.iter().any(|k| k.get(column) != first.get(column));
    let mut columns: Vec<String> = first.0.iter().map(|(c, _)| c.clone()).filter(|c| differs(c)).collect();
    columns.sort_by_key(|c| c != "human_fraction");
    columns
}

/// What tells a setting apart among others: its name, and its place where it is a number.
pub(super) fn name_of(key: &SettingKey, columns: &[String]) -> (String, Option<f64>) {
    let value = |c: &String| key.get(c).filter(|v| !v.is_empty()).unwrap_or("own").to_owned();
    match columns {
        [] => (key.get("regime").unwrap_or("").to_owned(), None),
        [one] => (value(one), key.number(one)),
        many => (many.iter().map(value).collect::<Vec<_>>().join(" · "), None),
    }
}

impl Artist<'_> {
    fn subject(&self) -> Subject {
        match self.publication.experiment.measure.on {
            crate::spec::Subject::Model => Subject::Model,
            crate::spec::Subject::Synthetic => Subject::Synthetic,
            crate::spec::Subject::Training => Subject::Training,
        }
    }

    fn metrics(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for spec in &self.publication.experiment.measure.metrics {
            // A group of values has one row each: the metric's own name or names that begin with it.
            let mut names: Vec<&str> =
                self.rows.iter().map(|r| r.metric.as_str()).filter(|m| m.starts_with(&spec.name)).collect();
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

    fn keys(&self) -> Vec<&SettingKey> {
        let mut keys: Vec<&SettingKey> = Vec::new();
        for row in &self.rows {
            if !keys.contains(&&row.key) {
                keys.push(&row.key);
            }
        }
        keys
    }

    /// One page of collapse curves for each data set and family: a panel per metric.
    fn default_curves(&self) -> Vec<Planned> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for key in self.keys() {
            let pair = (key.get("data").unwrap_or("").to_owned(), key.get("model").unwrap_or("").to_owned());
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        let several = pairs.len() > 1;
        let mut planned = Vec::new();
        for (data, model) in pairs {
            let keys: Vec<&SettingKey> = self
                .keys()
                .into_iter()
                .filter(|k| k.get("data") == Some(&data) && k.get("model") == Some(&model))
                .collect();
            let columns = varying(&keys);
            let panels: Vec<Curve> = self
                .metrics()
                .iter()
                .map(|metric| self.curve(metric, &keys, &columns, true, false, false))
                .filter(|curve| !curve.series.is_empty())
                .collect();
            if panels.is_empty() {
                continue;
            }
            let rows = panels.len().div_ceil(3);
            let figure = Panels {
                title: format!("{data}, {model}: generation after generation"),
                subtitle: self.seeds_line(),
                key: columns.iter().map(|c| plain(c)).collect::<Vec<_>>().join(" · "),
                columns: Some(panels.len().min(3)),
                panels,
                share_y: false,
                note: String::new(),
            };
            let stem = if several { format!("curves-{data}-{model}") } else { "curves".into() };
            planned.push(Planned {
                name: file_name(&stem),
                caption: "Every metric by generation. Lines are means over seeds, bands their 95 % intervals; grey is a sample of human rows of the same size, measured against other human rows.".into(),
                figure: Box::new(figure),
                size: Size::inches(7.0, 1.1 + 2.0 * rows as f64),
            });
        }
        planned
    }

    fn seeds_line(&self) -> String {
        let seeds = self.rows.iter().map(|r| r.n).max().unwrap_or(0);
        format!("mean over {seeds} seeds, 95 % interval")
    }

    /// One metric over generations, a line per setting.
    fn curve(
        &self,
        metric: &str,
        keys: &[&SettingKey],
        columns: &[String],
        laws: bool,
        log_x: bool,
        log_y: bool,
    ) -> Curve {
        let mut series = Vec::new();
        let mut law_lines = Vec::new();
        for key in keys {
            let mut rows: Vec<&SummaryRow> = self
                .rows
                .iter()
                .filter(|r| &&r.key == key && r.metric == metric && r.subject == self.subject_of(metric))
                .collect();
            rows.sort_by_key(|r| r.generation);
            if rows.is_empty() {
                continue;
            }
            let (name, order) = name_of(key, columns);
            let shift = if log_x { 1.0 } else { 0.0 };
            let point = |r: &&SummaryRow| Point {
                x: f64::from(r.generation) + shift,
                y: r.mean,
                low: r.ci_low,
                high: r.ci_high,
            };
            series.push(Series { name: name.clone(), order, points: rows.iter().map(point).collect() });
            if laws && let Some(line) = self.law(metric, key, &rows, shift) {
                law_lines.push(Law { label: "law".into(), points: line });
            }
        }
        let human: Vec<&SummaryRow> = self
            .rows
            .iter()
            .filter(|r| r.metric == metric && r.subject == Subject::Human && keys.contains(&&r.key))
            .collect();
        let baseline = human.first().map(|r| Baseline {
            label: "human vs human".into(),
            value: r.mean,
            interval: r.ci_low.zip(r.ci_high),
        });
        let x = if log_x {
            Axis { integer: true, ..Axis::log("fits (generation + 1)") }
        } else {
            Axis::integer("generation")
        };
        Curve {
            title: metric.to_owned(),
            subtitle: String::new(),
            x,
            y: axis_of(metric, log_y),
            key: columns.iter().map(|c| plain(c)).collect::<Vec<_>>().join(" · "),
            series,
            laws: law_lines,
            baseline,
            note: String::new(),
        }
    }

    fn subject_of(&self, metric: &str) -> Subject {
        if metric == "realised-human-fraction" { Subject::Training } else { self.subject() }
    }

    fn law(
        &self,
        metric: &str,
        key: &SettingKey,
        rows: &[&SummaryRow],
        shift: f64,
    ) -> Option<Vec<(f64, f64)>> {
        let law = theory::overlay(metric, key.get("regime")?, key.get("model")?)?;
        let setting = setting_of(&self.settings, key).filter(|s| is_plain(s))?;
        let at = |r: &&SummaryRow| {
            let predicted = predict(law, setting, r.generation).ok()?.mean;
            Some((f64::from(r.generation) + shift, predicted))
        };
        let line: Vec<(f64, f64)> = rows.iter().filter_map(at).collect();
        (line.len() > 1).then_some(line)
    }

    /// A figure that the spec asks for.
    fn asked(&self, spec: &FigureSpec, index: usize) -> Result<Vec<Planned>, PublishError> {
        let experiment = &self.publication.experiment;
        let title = spec.title.clone().unwrap_or_else(|| experiment.title().to_owned());
        let name = file_name(&spec.name.clone().unwrap_or_else(|| format!("figure-{}", index + 1)));
        let keys = self.keys();
        let columns = varying(&keys);
        let measured = |metric: &String| {
            if self.rows.iter().any(|r| r.metric == *metric) {
                Ok(())
            } else {
                Err(PublishError::Nothing(format!(
                    "figure `{name}`: `{metric}` was not measured in any setting"
                )))
            }
        };
        let caption = experiment.about.expect.clone().unwrap_or_else(|| title.clone());
        let planned = |figure: Box<dyn Figure>, size: Size| {
            vec![Planned { name: name.clone(), caption: caption.clone(), figure, size }]
        };
        match spec.kind {
            FigureKind::Gallery => examples::galleries(self.publication),
            FigureKind::Curve | FigureKind::SmallMultiples => {
                spec.y.iter().try_for_each(measured)?;
                let facet = spec.columns.as_ref().or(spec.rows.as_ref());
                let mut panels = Vec::new();
                for metric in &spec.y {
                    for (value, keys) in facets(&keys, facet) {
                        let columns: Vec<String> = columns
                            .iter()
                            .filter(|c| facet.is_none_or(|f| plain(f) != plain(c)))
                            .cloned()
                            .collect();
                        let mut curve = self.curve(
                            metric,
                            &keys,
                            &columns,
                            spec.overlay.is_some(),
                            spec.log_x,
                            spec.log_y,
                        );
                        if let Some(value) = value {
                            curve.title = format!("{metric}, {value}");
                        }
                        panels.push(curve);
                    }
                }
                if let [one] = panels.as_mut_slice() {
                    title.clone_into(&mut one.title);
                    one.subtitle = self.seeds_line();
                    return Ok(planned(Box::new(one.clone()), Size::PAGE));
                }
                let rows = panels.len().div_ceil(3);
                let key = panels.first().map(|p| p.key.clone()).unwrap_or_default();
                let across = panels.len().min(3);
                let figure = Panels {
                    title,
                    subtitle: self.seeds_line(),
                    key,
                    columns: Some(across),
                    panels,
                    share_y: false,
                    note: String::new(),
                };
                Ok(planned(Box::new(figure), Size::inches(7.0, 1.2 + 2.1 * rows as f64)))
            }
            FigureKind::HeatMap => {
                let metric =
                    spec.color.clone().unwrap_or_else(|| self.metrics().first().cloned().unwrap_or_default());
                measured(&metric)?;
                let (x, y) =
                    (spec.x.clone().unwrap_or_default(), spec.y.first().cloned().unwrap_or_default());
                Ok(planned(Box::new(self.heat_map(title, &metric, &x, &y)), Size::PAGE))
            }
            FigureKind::Bars => {
                spec.y.iter().try_for_each(measured)?;
                let metric = spec.y.first().cloned().unwrap_or_default();
                Ok(planned(Box::new(self.dots(title, &metric, &keys, &columns)), Size::PAGE))
            }
        }
    }

    /// The last measured generation of a setting.
    fn last(&self, metric: &str, key: &SettingKey) -> Option<&SummaryRow> {
        let of =
            |r: &&SummaryRow| r.key == *key && r.metric == metric && r.subject == self.subject_of(metric);
        self.rows.iter().filter(of).max_by_key(|r| r.generation)
    }

    fn heat_map(&self, title: String, metric: &str, x: &str, y: &str) -> HeatMap {
        let keys = self.keys();
        let values = |column: &str| {
            let mut all: Vec<&str> = keys.iter().filter_map(|k| k.get(column)).collect();
            all.sort_by(|a, b| match (a.parse::<f64>(), b.parse::<f64>()) {
                (Ok(a), Ok(b)) => a.total_cmp(&b),
                _ => a.cmp(b),
            });
            all.dedup();
            all
        };
        let (across, up) = (values(x), values(y));
        let cell = |row: &str, column: &str| {
            let here: Vec<f64> = keys
                .iter()
                .filter(|k| k.get(x) == Some(column) && k.get(y) == Some(row))
                .filter_map(|k| self.last(metric, k).map(|r| r.mean))
                .collect();
            if here.is_empty() { f64::NAN } else { here.iter().sum::<f64>() / here.len() as f64 }
        };
        HeatMap {
            title,
            subtitle: format!("{metric} at the last generation, {}", self.seeds_line()),
            x_label: plain(x),
            y_label: plain(y),
            values: up.iter().map(|row| across.iter().map(|column| cell(row, column)).collect()).collect(),
            x: across.iter().map(|v| (*v).to_owned()).collect(),
            y: up.iter().map(|v| (*v).to_owned()).collect(),
            colours: ColourScale { axis: axis_of(metric, false), ramp: Ramp::Sequential },
            write_values: true,
            ..Default::default()
        }
    }

    fn dots(&self, title: String, metric: &str, keys: &[&SettingKey], columns: &[String]) -> DotPlot {
        let estimate = |key: &&SettingKey| {
            self.last(metric, key).map(|r| Estimate {
                value: r.mean,
                low: r.ci_low.unwrap_or(r.mean),
                high: r.ci_high.unwrap_or(r.mean),
            })
        };
        DotPlot {
            title,
            subtitle: format!("at the last generation, {}", self.seeds_line()),
            x: axis_of(metric, false),
            category_label: columns.iter().map(|c| plain(c)).collect::<Vec<_>>().join(" · "),
            categories: keys.iter().map(|k| name_of(k, columns).0).collect(),
            series: vec![DotSeries {
                name: metric.to_owned(),
                order: None,
                estimates: keys.iter().map(estimate).collect(),
            }],
            ..Default::default()
        }
    }
}

/// The settings by the value of a column; all together where there is none.
fn facets<'k>(
    keys: &[&'k SettingKey],
    column: Option<&String>,
) -> Vec<(Option<String>, Vec<&'k SettingKey>)> {
    let Some(column) = column else { return vec![(None, keys.to_vec())] };
    let mut all: Vec<(Option<String>, Vec<&SettingKey>)> = Vec::new();
    for key in keys {
        let value = key.get(column).or_else(|| key.get(&column.replace("loop.", ""))).unwrap_or("");
        let value = Some(format!("{} {value}", plain(column)));
        match all.iter_mut().find(|(v, _)| *v == value) {
            Some((_, members)) => members.push(key),
            None => all.push((value, vec![key])),
        }
    }
    all
}

/// The axis of a metric: its name with its unit.
fn axis_of(metric: &str, log: bool) -> Axis {
    let unit = METRICS.get(metric).map_or("", |e| e.extra.unit);
    let label = if unit.is_empty() || unit == "1" || unit.len() > 18 {
        metric.to_owned()
    } else {
        format!("{metric} ({unit})")
    };
    let spread = if log { Spread::Log } else { Spread::Linear };
    Axis { spread, ..Axis::linear(&label) }
}

/// A file name from a title: letters, digits and hyphens.
fn file_name(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' })
        .collect();
    name.split('-').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-")
}
