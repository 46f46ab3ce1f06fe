//! Histograms: shares of bins as outlines over each other, generation by generation, a panel for each setting.
//!
//! A metric of shares has one row a bin, named by the bin's lower edge (`sequence-perplexity-from-125`); the last bin is
//! open and is not drawn. Heights are shares divided by the width of the bin on the axis, so that areas are comparable.

use super::artist::{Artist, Planned};
use super::asked::{capital, lines};
use super::names::{grouped, spread_over};
use super::{PublishError, number};
use crate::analysis::SettingKey;
use crate::figures::{Axis, Curve, Figure, Law, Panels, Point, Series, Size};
use crate::metrics::Subject;

/// Generations that are shown where none is named.
const GENERATIONS: usize = 4;

/// The edges of the bins and whether their widths are those of logarithms.
struct Bins {
    metric: String,
    /// Lower edges, ascending; the last bin is open.
    edges: Vec<u64>,
    log: bool,
}

impl Bins {
    fn width(&self, i: usize) -> f64 {
        let (low, high) = (self.edges[i] as f64, self.edges[i + 1] as f64);
        if self.log { (high / low).log10() } else { high - low }
    }

    /// The corners of the outline of shares, from its first bin that is not empty to the last.
    fn outline(&self, shares: &[f64]) -> Vec<(f64, f64)> {
        let filled = |i: &usize| shares[*i] > 0.0;
        let all = 0..self.edges.len() - 1;
        let (Some(first), Some(last)) = (all.clone().find(filled), all.rev().find(filled)) else {
            return Vec::new();
        };
        let mut corners = vec![(self.edges[first] as f64, 0.0)];
        for (i, share) in shares.iter().enumerate().take(last + 1).skip(first) {
            let height = share / self.width(i);
            corners.extend([(self.edges[i] as f64, height), (self.edges[i + 1] as f64, height)]);
        }
        corners.push((self.edges[last + 1] as f64, 0.0));
        corners
    }
}

impl Artist<'_> {
    /// A panel for each setting, of the generations `at` or a few; dashed the human rows.
    pub fn histograms(
        &self,
        metric: &str,
        log: bool,
        at: &[u32],
        name: String,
        title: String,
    ) -> Result<Planned, PublishError> {
        let bins = self.bins(metric, log);
        if bins.edges.len() < 3 {
            let what = format!(
                "figure `{name}`: `{}` has no rows that are named by the lower edges of bins; measure one such as \
                 `sequence-perplexity-from`",
                bins.metric
            );
            return Err(PublishError::Nothing(what));
        }
        let keys = self.keys();
        let facets = lines(&keys, None, &[]);
        let quantity = bins.metric.trim_end_matches("-from");
        let x = Axis { spread: self.axis_of(quantity, bins.log).spread, ..Axis::linear(quantity) };
        let y = Axis::linear(if bins.log { "share of rows per decade" } else { "share of rows per unit" });
        let mut panels = Vec::new();
        for (which, members) in grouped(&keys, &facets) {
            let key = members[0];
            let measured = self.generations_of(&bins, key);
            let shown = if at.is_empty() { spread_over(&measured, GENERATIONS) } else { at.to_vec() };
            let series = shown.iter().filter(|g| measured.contains(g)).map(|&generation| {
                let corners = bins.outline(&self.shares(&bins, key, generation));
                Series {
                    name: generation.to_string(),
                    order: Some(f64::from(generation)),
                    points: corners.into_iter().map(|(x, y)| Point::new(x, y)).collect(),
                }
            });
            let human = bins.outline(&self.human_shares(&bins, key));
            let human = Law { label: "human rows".into(), points: human };
            panels.push(Curve {
                title: which,
                x: x.clone(),
                y: y.clone(),
                key: "generation".into(),
                series: series.collect(),
                laws: if human.points.is_empty() { Vec::new() } else { vec![human] },
                filled: true,
                ..Curve::default()
            });
        }
        let seeds = self.seeds();
        let subtitle = match seeds {
            1 => "one training seed".to_owned(),
            seeds => format!("mean share over {} training seeds", number(seeds as f64)),
        };
        let caption = format!("{title}: {quantity} of rows by generation. {}.", capital(&subtitle));
        let (figure, size): (Box<dyn Figure>, Size) = if panels.len() == 1 {
            let mut one = panels.remove(0);
            (one.title, one.subtitle) = (title, subtitle);
            (Box::new(one), Size::PAGE)
        } else {
            let across = panels.len().min(2);
            let rows = panels.len().div_ceil(across);
            let figure = Panels {
                title,
                subtitle,
                key: "generation".into(),
                panels,
                columns: Some(across),
                share_y: true,
                note: String::new(),
            };
            (Box::new(figure), Size::inches(7.0, 1.2 + 2.5 * rows as f64))
        };
        Ok(Planned { name, caption, figure, size })
    }

    /// The bins that `metric` has rows for.
    fn bins(&self, metric: &str, log: bool) -> Bins {
        let edge = |name: &str| name.strip_prefix(metric)?.strip_prefix('-')?.parse().ok();
        let mut edges: Vec<u64> = self.rows.iter().filter_map(|r| edge(&r.metric)).collect();
        edges.sort_unstable();
        edges.dedup();
        // A bin from 0 has no place on a log axis.
        edges.retain(|edge| *edge > 0 || !log);
        Bins { metric: metric.to_owned(), edges, log }
    }

    fn generations_of(&self, bins: &Bins, key: &SettingKey) -> Vec<u32> {
        let rows = self.of(&format!("{}-{}", bins.metric, bins.edges[0]), key);
        rows.iter().filter(|r| r.counts.n > 0).map(|r| r.generation).collect()
    }

    /// The mean share of each bin.
    fn shares(&self, bins: &Bins, key: &SettingKey, generation: u32) -> Vec<f64> {
        let share = |edge: &u64| {
            let rows = self.of(&format!("{}-{edge}", bins.metric), key);
            rows.iter().find(|r| r.generation == generation).map_or(0.0, |r| r.mean)
        };
        bins.edges.iter().map(share).collect()
    }

    fn human_shares(&self, bins: &Bins, key: &SettingKey) -> Vec<f64> {
        let share = |edge: &u64| {
            let metric = format!("{}-{edge}", bins.metric);
            self.of_subject(&metric, key, Subject::Human).first().map_or(0.0, |r| r.mean)
        };
        bins.edges.iter().map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_encloses_the_shares() {
        let bins = Bins { metric: "m".into(), edges: vec![1, 10, 100, 1000, 10_000], log: true };
        // The first and the last are empty; a decade each, so that heights are shares.
        let corners = bins.outline(&[0.0, 0.25, 0.75, 0.0, 0.0]);
        let expected =
            [(10.0, 0.0), (10.0, 0.25), (100.0, 0.25), (100.0, 0.75), (1000.0, 0.75), (1000.0, 0.0)];
        assert_eq!(corners, expected);
        let linear = Bins { log: false, ..bins };
        assert_eq!(linear.outline(&[0.9, 0.0, 0.0, 0.0, 0.0])[1], (1.0, 0.1));
        assert!(linear.outline(&[0.0; 5]).is_empty());
    }
}
