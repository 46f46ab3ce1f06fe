//! The figures that the spec asks for.

use super::artist::{Artist, Planned};
use super::conditions::predict;
use super::curves::Panel;
use super::names::{file_name, grouped, ordered, plain, plain_all, same_column, varying};
use super::settings::value_of;
use super::{PublishError, definitions, examples, snapshots};
use crate::analysis::{SettingKey, SummaryRow};
use crate::figures::{ColourScale, Figure, HeatMap, MapLine, Panels, Size};
use crate::metrics::METRICS;
use crate::spec::{FigureKind, FigureSpec};
use crate::theory;

impl Artist<'_> {
    /// The figure (or figures) of one `[[figure]]`; `index` names it where it has no name.
    pub fn asked(&self, spec: &FigureSpec, index: usize) -> Result<Vec<Planned>, PublishError> {
        let experiment = &self.publication.experiment;
        let name = spec.name.as_deref().map_or_else(|| format!("figure-{}", index + 1), file_name);
        let title = spec.title.clone().unwrap_or_else(|| experiment.title().to_owned());
        if spec.kind == FigureKind::Gallery {
            let drawn = examples::galleries(self.publication, &name, &spec.at)?;
            return if drawn.is_empty() {
                Err(PublishError::Nothing(format!("figure `{name}`: this run keeps no example images")))
            } else {
                Ok(drawn)
            };
        }
        if spec.kind == FigureKind::Snapshots {
            let drawn = snapshots::snapshots(self.publication, &name, Some(&title), &spec.at)?;
            let text = format!(
                "figure `{name}`: this run keeps no points in the plane; measure something of a sample of two \
                 numbers a row"
            );
            return drawn.map(|d| vec![d]).ok_or(PublishError::Nothing(text));
        }
        if spec.kind == FigureKind::Histogram {
            return Ok(vec![self.histograms(
                spec.x.as_deref().unwrap_or_default(),
                spec.log_x,
                &spec.at,
                name,
                title,
            )?]);
        }
        if spec.kind == FigureKind::LossCurves {
            return self.loss_curves(&spec.at, &name, &title);
        }
        if spec.kind == FigureKind::Definitions {
            return Ok(vec![definitions::figure(&self.findings, &name, &title)?]);
        }
        let metrics = match spec.kind {
            FigureKind::HeatMap | FigureKind::Phase => vec![spec.color.clone().unwrap_or_default()],
            _ => spec.y.clone(),
        };
        for metric in &metrics {
            if !self.rows.iter().any(|r| r.metric == *metric) {
                let text = format!("figure `{name}`: `{metric}` was not measured in any setting");
                return Err(PublishError::Nothing(text));
            }
        }
        if !matches!(spec.kind, FigureKind::HeatMap | FigureKind::Phase)
            && let Some(color) = spec.color.as_ref().filter(|color| *color != SEED)
        {
            self.is_column(color, &name, "color")?;
        }
        for (key, facet) in [("rows", &spec.rows), ("columns", &spec.columns)] {
            if let Some(facet) = facet.as_ref().filter(|f| *f != "metric") {
                self.is_column(facet, &name, key)?;
            }
        }
        match spec.kind {
            FigureKind::Curve | FigureKind::SmallMultiples => Ok(vec![self.panels(spec, name, title)?]),
            FigureKind::HeatMap => self.heat_maps(spec, &name, &title, &metrics[0]),
            FigureKind::Phase => self.phases(spec, &name, &title),
            FigureKind::Bars => self.bars(spec, &name, &title),
            FigureKind::Scatter => self.scatters(spec, &name, &title),
            FigureKind::Best => self.best(spec, &name, &title),
            FigureKind::Gallery
            | FigureKind::Snapshots
            | FigureKind::Histogram
            | FigureKind::LossCurves
            | FigureKind::Definitions => Ok(Vec::new()),
        }
    }

    fn panels(&self, spec: &FigureSpec, name: String, title: String) -> Result<Planned, PublishError> {
        let x_name = spec.x.as_deref().unwrap_or("generation");
        let x = self.x_of(x_name, &name)?;
        let by_seed = spec.color.as_deref() == Some(SEED);
        if by_seed && x_name != "generation" {
            let text = format!("figure `{name}`: lines by seed run over generations");
            return Err(PublishError::Nothing(text));
        }
        let keys = self.keys();
        let facets: Vec<String> =
            [&spec.rows, &spec.columns].into_iter().flatten().filter(|f| *f != "metric").cloned().collect();
        let columns = lines(
            &keys,
            spec.color.as_deref().filter(|_| !by_seed),
            &[facets.clone(), vec![x_name.to_owned()]].concat(),
        );
        let mut curves = Vec::new();
        for metric in &spec.y {
            for (value, keys) in grouped(&keys, &facets) {
                let mut curve = self.curve(&Panel {
                    metric,
                    keys: &keys,
                    columns: &columns,
                    x: &x,
                    laws: &spec.overlay,
                    marks: &spec.mark,
                    log_x: spec.log_x,
                    log_y: spec.log_y,
                    by_seed,
                });
                if !value.is_empty() {
                    curve.title = if spec.y.len() > 1 { format!("{metric}, {value}") } else { value };
                }
                curves.push(curve);
            }
        }
        let caption =
            format!("{title}: {} by {}. {}.", spec.y.join(", "), plain(x_name), capital(&self.seeds_line()));
        let law = !spec.overlay.is_empty() && curves.iter().any(|c| !c.laws.is_empty());
        let caption = if law { format!("{caption} Dashed: the closed-form prediction.") } else { caption };
        let lost = self.lost(&spec.y, &keys);
        let caption = if lost.is_empty() { caption } else { format!("{caption} {ENDED} {lost}") };
        // In the picture itself there is room for the first of them.
        let first = lost.split_once("; ").map_or(lost.as_str(), |(first, _)| first);
        let note = match (lost.is_empty(), first == lost) {
            (true, _) => String::new(),
            (_, true) => format!("{ENDED} {lost}"),
            (_, false) => format!("{ENDED} {first}; more in the caption."),
        };
        let room = if note.is_empty() { 0.0 } else { 0.5 };
        let subtitle = if spec.y.iter().all(|metric| is_computed(metric)) {
            "computed, not simulated".to_owned()
        } else if by_seed {
            "each line one training seed".to_owned()
        } else {
            self.seeds_line()
        };
        let (figure, size): (Box<dyn Figure>, Size) = match curves.as_mut_slice() {
            [one] => {
                one.title = title;
                one.subtitle = subtitle;
                one.note = note;
                (Box::new(curves.remove(0)), Size::PAGE)
            }
            _ => {
                let per_metric = (curves.len() / spec.y.len().max(1)).max(1);
                // Four make a square, not a row of three and one left over.
                let across = match (per_metric, curves.len()) {
                    (2..=4, _) => per_metric,
                    (_, 4) => 2,
                    (_, all) => all.min(3),
                };
                let rows = curves.len().div_ceil(across);
                let key = plain_all(&columns);
                let share_y = spec.y.len() == 1;
                let panels =
                    Panels { title, subtitle, key, panels: curves, columns: Some(across), share_y, note };
                (Box::new(panels), Size::inches(7.0, 1.2 + room + 2.1 * rows as f64))
            }
        };
        Ok(Planned { name, caption, figure, size })
    }

    /// One heat map for each combination of what its axes do not show.
    fn heat_maps(
        &self,
        spec: &FigureSpec,
        name: &str,
        title: &str,
        metric: &str,
    ) -> Result<Vec<Planned>, PublishError> {
        let (x, y) = (spec.x.as_deref().unwrap_or("generation"), spec.y.first().map_or("", String::as_str));
        for (key, axis) in [("x", x), ("y", y)] {
            if axis != "generation" {
                self.is_column(axis, name, key)?;
            }
        }
        let keys = self.keys();
        let rest = lines(&keys, None, &[x.to_owned(), y.to_owned()]);
        let groups = grouped(&keys, &rest);
        let several = groups.len() > 1;
        let map = |(which, keys): (String, Vec<&SettingKey>)| {
            let mut figure = self.heat_map(title, metric, (x, y), &which, &keys);
            // Numbers in the cells could not be read under the lines.
            figure.write_values &= spec.overlay.is_empty();
            figure.lines =
                spec.overlay.iter().filter_map(|name| self.line_on_map(name, x, &keys, None)).collect();
            let lost = self.lost([&metric.to_owned()], &keys);
            let caption = format!("{title}: {metric} by {} and {}. {which} {lost}", plain(x), plain(y));
            let name = if several { format!("{name}-{}", file_name(&which)) } else { name.to_owned() };
            Planned { name, caption, figure: Box::new(figure), size: Size::PAGE }
        };
        Ok(groups.into_iter().map(map).collect())
    }

    fn heat_map(
        &self,
        title: &str,
        metric: &str,
        (x, y): (&str, &str),
        which: &str,
        keys: &[&SettingKey],
    ) -> HeatMap {
        let by_generation = x == "generation" || y == "generation";
        let rows: Vec<&SummaryRow> = keys
            .iter()
            .flat_map(|key| {
                let all = self.of(metric, key);
                let from = if by_generation { 0 } else { all.len().saturating_sub(1) };
                &all[from..]
            })
            .collect();
        let place = |row: &SummaryRow, axis: &str| match axis {
            "generation" => row.generation.to_string(),
            _ => value_of(&row.key, axis).unwrap_or("own").to_owned(),
        };
        let across = ordered(rows.iter().map(|r| place(r, x)).collect());
        let up = ordered(rows.iter().map(|r| place(r, y)).collect());
        let cell = |v: &String, u: &String| {
            rows.iter().find(|r| place(r, x) == *u && place(r, y) == *v).map_or(f64::NAN, |r| r.centre())
        };
        let when = if by_generation { "" } else { " at the last generation" };
        let seeds = self.seeds();
        let mut subtitle = if is_computed(metric) {
            format!("{metric}, computed, not simulated")
        } else {
            format!("{metric}{when}, mean over {seeds} training seeds")
        };
        if !which.is_empty() {
            subtitle = format!("{which}: {subtitle}");
        }
        HeatMap {
            title: title.to_owned(),
            subtitle,
            x_label: plain(x),
            y_label: plain(y),
            values: up.iter().map(|v| across.iter().map(|u| cell(v, u)).collect()).collect(),
            write_values: across.len() <= 12,
            x: across,
            y: up,
            colours: ColourScale { axis: self.axis_of(metric, false) },
            ..Default::default()
        }
    }

    /// A law over a map of a generation (the last, if none is given): for each place on x the law's number at that setting, a
    /// place on y.
    pub(super) fn line_on_map(
        &self,
        name: &str,
        x: &str,
        keys: &[&SettingKey],
        generation: Option<u32>,
    ) -> Option<MapLine> {
        let law = theory::find(name)?;
        let mut points: Vec<(f64, f64)> = Vec::new();
        for key in keys {
            let at = key.number(x)?;
            let Some(setting) = self.settings.get(key.index) else { continue };
            let generation = generation.unwrap_or(setting.loop_.generations);
            if let (false, Ok(found)) = (
                points.iter().any(|p| p.0 == at),
                predict(law, &self.records, (setting.index, generation), name),
            ) {
                points.push((at, found.mean));
            }
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        (points.len() > 1).then(|| MapLine { label: name.replace('-', " "), points })
    }
}

/// What an open end of a line is.
pub(super) const ENDED: &str = "Open ring: no finite value after it.";

/// The colour of a figure with a line for each seed.
const SEED: &str = "seed";

/// The columns that tell lines apart: what varies and is not shown elsewhere, the colour first. What
/// follows from the columns before it, as the parts of a named arm do, is left out.
pub(super) fn lines(keys: &[&SettingKey], color: Option<&str>, elsewhere: &[String]) -> Vec<String> {
    let is_color = |c: &String| color.is_some_and(|color| same_column(c, color));
    let mut columns = varying(keys);
    columns.retain(|c| !elsewhere.iter().any(|e| same_column(c, e)));
    columns.sort_by_key(|c| !is_color(c));
    let mut kept: Vec<String> = Vec::new();
    for column in columns {
        let shown: Vec<&String> = elsewhere.iter().chain(&kept).collect();
        let same = |a: &SettingKey, b: &SettingKey| shown.iter().all(|c| value_of(a, c) == value_of(b, c));
        let follows = keys.iter().enumerate().all(|(i, a)| {
            keys[..i].iter().all(|b| !same(a, b) || value_of(a, &column) == value_of(b, &column))
        });
        if is_color(&column) || !follows {
            kept.push(column);
        }
    }
    kept
}

/// Whether a law stands in the place of a metric.
fn is_computed(metric: &str) -> bool {
    METRICS.get(metric).is_none() && theory::find(metric).is_some()
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
