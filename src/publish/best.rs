//! Where along an axis a metric is best, as shares of resamples of the seeds: a row of cells for each colour.

use super::artist::{Artist, Planned};
use super::names::{file_name, grouped, name_of, ordered, plain};
use super::settings::value_of;
use super::{PublishError, number};
use crate::analysis::{RESAMPLES, Series, SettingKey, is_collapse, share_best};
use crate::figures::{Axis, ColourScale, HeatMap, Size};
use crate::metrics::{Direction, Observed};
use crate::rng::Streams;
use crate::spec::FigureSpec;

impl Artist<'_> {
    /// One map for each metric: x across, the colour's values from top to bottom.
    pub fn best(&self, spec: &FigureSpec, name: &str, title: &str) -> Result<Vec<Planned>, PublishError> {
        let nothing = |why: &str| PublishError::Nothing(format!("figure `{name}`: {why}"));
        let (x, color) = (spec.x.as_deref().unwrap_or_default(), spec.color.as_deref().unwrap_or_default());
        self.is_column(x, name, "x")?;
        let keys = self.keys();
        let place = |key: &SettingKey| value_of(key, x).unwrap_or("own").to_owned();
        let across = ordered(keys.iter().map(|k| place(k)).collect());
        let mut drawn = Vec::new();
        for metric in &spec.y {
            let direction = self.findings.reading(metric).map_or(Direction::TwoSided, |r| r.direction);
            if direction == Direction::TwoSided {
                return Err(nothing(&format!("`{metric}` has no better direction")));
            }
            let higher = direction == Direction::Higher;
            let subject = self.subject_of(metric);
            let of = |key: &SettingKey| self.findings.find(key, metric, subject);
            let (mut up, mut values, mut without) = (Vec::new(), Vec::new(), Vec::new());
            for (_, members) in grouped(&keys, &[color.to_owned()]) {
                let mut last = |v: &String| {
                    let found = of(members.iter().find(|k| place(k) == *v)?)?;
                    let last = found.last()?;
                    let name = name_of(members[0], &[color.to_owned()]).0;
                    without
                        .extend(found.counts(last).remark().map(|remark| format!("{name}, {v}: {remark}")));
                    Some(ranked(found, last, direction)).filter(|ranked| !ranked.is_empty())
                };
                let there: Vec<Option<Vec<(u64, f64)>>> = across.iter().map(&mut last).collect();
                let known: Vec<&[(u64, f64)]> = there.iter().flatten().map(Vec::as_slice).collect();
                let mut rng = Streams::new(0, 0).of("best").rng();
                let Some(shares) = share_best(&known, higher, &mut rng) else { continue };
                let mut shares = shares.into_iter();
                let cell = |v: &Option<_>| v.as_ref().and_then(|_| shares.next()).unwrap_or(f64::NAN);
                values.push(there.iter().map(cell).collect());
                up.push(name_of(members[0], &[color.to_owned()]).0);
            }
            if up.is_empty() {
                return Err(nothing("it takes two places on x and two seeds that both have"));
            }
            // Rows of a map run upwards; the first of the sweep stands on top.
            up.reverse();
            values.reverse();
            let seeds = self.seeds();
            let subtitle = format!(
                "share of {} resamples of {seeds} training seeds in which the mean of {metric} is best there",
                number(RESAMPLES as f64)
            );
            let height = 1.7 + 0.32 * up.len() as f64;
            let figure = HeatMap {
                title: title.to_owned(),
                subtitle: subtitle.clone(),
                x_label: plain(x),
                x: across.clone(),
                y: up,
                values,
                write_values: true,
                colours: ColourScale {
                    axis: Axis { min: Some(0.0), max: Some(1.0), ..Axis::linear("share of resamples") },
                },
                ..Default::default()
            };
            let name =
                if spec.y.len() > 1 { format!("{name}-{}", file_name(metric)) } else { name.to_owned() };
            let mut caption = format!("{title}: {subtitle}. Equal shares: the places can't be told apart.");
            if !without.is_empty() {
                caption.push_str(&format!(" Without a value in some seeds: {}.", without.join("; ")));
            }
            drawn.push(Planned {
                name,
                caption,
                figure: Box::new(figure),
                size: Size::inches(7.0, height.max(2.6)),
            });
        }
        Ok(drawn)
    }
}

/// (seed, value) at a generation, a seed that collapsed as the worst of all.
fn ranked(series: &Series, generation: u32, direction: Direction) -> Vec<(u64, f64)> {
    let worst = if direction == Direction::Higher { f64::NEG_INFINITY } else { f64::INFINITY };
    let value = |(seed, observed): (u64, Observed)| match observed {
        lost if is_collapse(lost, direction) => Some((seed, worst)),
        other => Some((seed, other.finite()?)),
    };
    series.observed(generation).into_iter().filter_map(value).collect()
}
