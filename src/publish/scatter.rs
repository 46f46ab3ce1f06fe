//! A point for each setting: one number against another, at the last generation.

use super::PublishError;
use super::artist::{Artist, Planned};
use super::curves::{X, point};
use super::names::{file_name, grouped, name_of, plain};
use super::settings::value_of;
use crate::analysis::SettingKey;
use crate::figures::{Curve, Point, PointLabel, Series, Size};
use crate::spec::FigureSpec;

impl Artist<'_> {
    /// One scatter for each metric of `y`.
    pub fn scatters(&self, spec: &FigureSpec, name: &str, title: &str) -> Result<Vec<Planned>, PublishError> {
        let x_name = spec.x.as_deref().unwrap_or("generation");
        let x = self.x_of(x_name, name)?;
        if matches!(x, X::Generation) {
            let text = format!(
                "figure `{name}`: a scatter shows the last generation; its x is a number or a metric"
            );
            return Err(PublishError::Nothing(text));
        }
        if let Some(label) = &spec.label {
            self.is_column(label, name, "label")?;
        }
        let keys = self.keys();
        let columns: Vec<String> = spec.color.iter().cloned().collect();
        let groups = grouped(&keys, &columns);
        let draw = |metric: &String| {
            let at = |key: &SettingKey| -> Option<Point> {
                let across = match &x {
                    X::Metric(other) => self.last(other, key)?.centre(),
                    X::Column(column) => key.number(column)?,
                    X::Generation => return None,
                };
                Some(point(across, self.last(metric, key)?)).filter(|p| p.x.is_finite() && p.y.is_finite())
            };
            let series = |(_, members): &(String, Vec<&SettingKey>)| {
                let (name, order) = name_of(members[0], &columns);
                Series { name, order, points: members.iter().filter_map(|key| at(key)).collect() }
            };
            let mut labels: Vec<PointLabel> = Vec::new();
            for key in &keys {
                let words = spec.label.as_ref().and_then(|label| value_of(key, label));
                if let (Some(text), Some(p)) = (words, at(key))
                    && !labels.iter().any(|l| l.text == text)
                {
                    labels.push(PointLabel { x: p.x, y: p.y, text: text.to_owned() });
                }
            }
            let mut series: Vec<Series> = groups.iter().map(series).collect();
            series.retain(|s| !s.points.is_empty());
            let figure = Curve {
                title: title.to_owned(),
                subtitle: self.seeds_line(),
                x: self.x_axis(&x, spec.log_x),
                y: self.axis_of(metric, spec.log_y),
                key: columns.first().map_or_else(String::new, |c| plain(c)),
                series,
                looks: self.looks(&columns),
                bars: true,
                apart: true,
                labels,
                ..Curve::default()
            };
            let several = spec.y.len() > 1;
            Planned {
                name: if several { format!("{name}-{}", file_name(metric)) } else { name.to_owned() },
                caption: format!(
                    "{title}: {metric} by {}, a point for each setting. {}",
                    plain(x_name),
                    self.lost([metric], &keys)
                ),
                figure: Box::new(figure),
                size: Size::PAGE,
            }
        };
        Ok(spec.y.iter().map(draw).collect())
    }
}
