//! Estimates with intervals at the last generation, by category: a panel for each metric.

use super::PublishError;
use super::artist::{Artist, Planned};
use super::asked::{capital, lines};
use super::names::{file_name, grouped, name_of, ordered, plain, plain_all, same_column};
use super::settings::value_of;
use crate::analysis::SettingKey;
use crate::figures::{Better, DotPanels, DotPlot, DotSeries, Estimate, Figure, Size, Spread};
use crate::metrics::Direction;
use crate::spec::FigureSpec;

/// The category of a setting.
type Place<'a> = &'a dyn Fn(&SettingKey) -> String;

impl Artist<'_> {
    /// The closed-form numbers beside the bars: a dot without interval for each series that has one.
    fn laws_of_bars(
        &self,
        spec: &FigureSpec,
        metric: &str,
        keys: &[&SettingKey],
        columns: &[String],
        (place, categories): (Place<'_>, &[String]),
    ) -> Vec<DotSeries> {
        let value = |key: &&&SettingKey| {
            let last = self.last(metric, key)?.generation;
            spec.overlay.iter().find_map(|name| self.predicted(name, metric, key, last))
        };
        let series = |(_, members): &(String, Vec<&SettingKey>)| {
            let (name, _) = name_of(members[0], columns);
            let at = |category: &String| {
                let value = members.iter().find(|k| place(k) == *category).as_ref().and_then(value)?;
                Some(Estimate { value, low: f64::NAN, high: f64::NAN })
            };
            let name = match (columns, spec.overlay.as_slice()) {
                ([], [law]) if spec.columns.is_some() => law.replace('-', " "),
                ([], _) => "law".into(),
                _ => format!("law, {name}"),
            };
            DotSeries { name, order: None, estimates: categories.iter().map(at).collect() }
        };
        let mut all: Vec<DotSeries> = grouped(keys, columns).iter().map(series).collect();
        all.retain(|s| s.estimates.iter().any(Option::is_some));
        all
    }

    /// One figure: a plot for each metric, or for each value of `columns`, side by side. Where a law is drawn beside one
    /// metric and not beside another the plots can't share a key, and each is a figure of its own.
    pub fn bars(&self, spec: &FigureSpec, name: &str, title: &str) -> Result<Vec<Planned>, PublishError> {
        let x = spec.x.as_deref().unwrap_or("regime");
        if x == "generation" {
            let text = format!(
                "figure `{name}`: bars show the last generation; use kind = \"curve\" over generations"
            );
            return Err(PublishError::Nothing(text));
        }
        self.is_column(x, name, "x")?;
        let plots: Vec<DotPlot> = match (&spec.columns, spec.y.as_slice()) {
            (None, metrics) => {
                metrics.iter().map(|metric| self.bars_of(spec, x, (metric, None), title)).collect()
            }
            (Some(facet), [metric]) => {
                let values =
                    ordered(self.keys().iter().filter_map(|k| value_of(k, facet).map(Into::into)).collect());
                let plot = |value: &String| {
                    let mut plot = self.bars_of(spec, x, (metric, Some((facet, value))), title);
                    plot.title.clone_from(value);
                    plot
                };
                on_one_axis(values.iter().map(plot).collect())
            }
            (Some(_), _) => {
                let text = format!("figure `{name}`: with `columns` bars show one metric in `y`");
                return Err(PublishError::Nothing(text));
            }
        };
        let names = |p: &DotPlot| p.series.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        let alike = plots.iter().all(|p| names(p) == names(&plots[0]));
        let high = |p: &DotPlot| 1.2 + 0.3 * p.categories.len() as f64;
        let (seeds, lost) = (capital(&self.seeds_line()), self.lost(&spec.y, &self.keys()));
        if plots.len() > 1 && alike {
            // Half a page is too narrow for units beside the longest names; the page's tables have them.
            let named = |(mut plot, metric): (DotPlot, &String)| {
                plot.x.label.clone_from(metric);
                if spec.columns.is_none() {
                    plot.title.clear();
                }
                plot
            };
            let plots: Vec<DotPlot> = plots.into_iter().zip(spec.y.iter().cycle()).map(named).collect();
            let columns = if plots.len() == 4 { 2 } else { plots.len().min(3) };
            let rows = plots.len().div_ceil(columns);
            let caption = format!("{title}: {} at the last generation. {seeds}. {lost}", spec.y.join(", "));
            let size = Size::inches(7.0, 0.7 + rows as f64 * high(&plots[0]).max(1.7));
            let figure: Box<dyn Figure> = Box::new(DotPanels {
                title: title.to_owned(),
                subtitle: plots[0].subtitle.clone(),
                key: plots[0].key.clone(),
                panels: plots,
                columns,
                note: String::new(),
            });
            return Ok(vec![Planned { name: name.to_owned(), caption, figure, size }]);
        }
        let several = plots.len() > 1;
        let one = |(about, plot): (String, DotPlot)| {
            let caption = format!("{title}: {about} at the last generation. {seeds}. {lost}");
            let name = if several { format!("{name}-{}", file_name(&about)) } else { name.to_owned() };
            let size = Size::inches(7.0, (0.4 + high(&plot)).max(2.4));
            Planned { name, caption, figure: Box::new(plot), size }
        };
        let about = |(i, plot): (usize, DotPlot)| match spec.columns {
            Some(_) => (plot.title.clone(), plot),
            None => (spec.y[i].clone(), plot),
        };
        Ok(plots.into_iter().enumerate().map(about).map(one).collect())
    }

    /// The plot of one metric, of the settings that have this value of a column.
    fn bars_of(
        &self,
        spec: &FigureSpec,
        x: &str,
        (metric, facet): (&str, Option<(&String, &String)>),
        title: &str,
    ) -> DotPlot {
        // Settings without any of the figure's numbers have no place on it.
        let mut keys = self.keys();
        keys.retain(|key| spec.y.iter().any(|metric| self.last(metric, key).is_some()));
        let shown: Vec<String> =
            [x].into_iter().chain(facet.map(|(c, _)| c.as_str())).map(Into::into).collect();
        let mut columns = lines(&keys, spec.color.as_deref(), &shown);
        columns.retain(|c| !shown.iter().any(|s| same_column(c, s)));
        let place = |key: &SettingKey| value_of(key, x).unwrap_or("own").to_owned();
        let categories = ordered(keys.iter().map(|k| place(k)).collect());
        if let Some((column, value)) = facet {
            keys.retain(|k| value_of(k, column) == Some(value));
        }
        let estimate = |key: &&&SettingKey| {
            let row = self.last(metric, key).filter(|row| row.centre().is_finite())?;
            let value = row.centre();
            Some(Estimate { value, low: row.ci_low.unwrap_or(value), high: row.ci_high.unwrap_or(value) })
        };
        let mut series: Vec<DotSeries> = grouped(&keys, &columns)
            .iter()
            .map(|(_, members)| {
                let (mut name, order) = name_of(members[0], &columns);
                if columns.is_empty() {
                    name = "measured".into();
                }
                let at = |c: &String| members.iter().find(|k| place(k) == *c).as_ref().and_then(estimate);
                DotSeries { name, order, estimates: categories.iter().map(at).collect() }
            })
            .collect();
        series.extend(self.laws_of_bars(spec, metric, &keys, &columns, (&place, &categories)));
        DotPlot {
            title: title.to_owned(),
            subtitle: format!("at the last generation, {}", self.seeds_line()),
            x: self.axis_of(metric, spec.log_y),
            category_label: plain(x),
            categories,
            key: plain_all(&columns),
            series,
            looks: self.looks(&columns),
            better: self.findings.reading(metric).and_then(|r| match r.direction {
                Direction::Lower => Some(Better::Lower),
                Direction::Higher => Some(Better::Higher),
                Direction::TwoSided => None,
            }),
            ..Default::default()
        }
    }
}

/// The same range of numbers for all plots.
fn on_one_axis(mut plots: Vec<DotPlot>) -> Vec<DotPlot> {
    let all = plots.iter().flat_map(|p| &p.series).flat_map(|s| s.estimates.iter().flatten());
    let ends = all.flat_map(|e| [e.value, e.low, e.high]).filter(|v| plots[0].x.shows(*v));
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low < high {
        let log = plots[0].x.spread == Spread::Log;
        let room = if log { (high / low).powf(0.05) } else { 0.05 * (high - low) };
        let (least, most) = if log { (low / room, high * room) } else { (low - room, high + room) };
        for plot in &mut plots {
            (plot.x.min, plot.x.max) = (Some(least), Some(most));
        }
    }
    plots
}
