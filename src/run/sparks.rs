//! What a metric does while cells run: a small curve for each setting, drawn in block characters.

use std::collections::BTreeMap;

use crate::metrics::{Measurement, Subject};
use crate::say::number;

/// Settings that get a line.
const MOST: usize = 6;
/// Generations that a curve shows at once.
const WIDTH: usize = 24;
/// Characters of a line: a terminal has 80.
const ACROSS: usize = 78;
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The first metrics that settings report, generation by generation, as means over what has come so far.
#[derive(Default)]
pub(super) struct Sparks {
    metric: Option<String>,
    settings: Vec<(String, Sums)>,
}

/// Generation → the sum over seeds and their number.
type Sums = BTreeMap<u32, (f64, u32)>;

impl Sparks {
    /// Takes in a measurement of a setting; the first metric of a model's own decides which one is shown.
    pub fn add(&mut self, setting: &str, measurement: &Measurement) {
        let Some(value) = measurement.value.finite() else { return };
        // The human share of a training set is asked for, not found.
        if measurement.subject == Subject::Human || measurement.metric == "realised-human-fraction" {
            return;
        }
        let metric = self.metric.get_or_insert_with(|| measurement.metric.to_string());
        if *metric != measurement.metric {
            return;
        }
        let curve = match self.settings.iter().position(|(known, _)| known == setting) {
            Some(place) => &mut self.settings[place].1,
            None => {
                self.settings.push((setting.to_owned(), Sums::new()));
                let last = self.settings.len() - 1;
                &mut self.settings[last].1
            }
        };
        let (sum, count) = curve.entry(measurement.generation).or_default();
        *sum += value;
        *count += 1;
    }

    /// A line for each of the last settings, all on one scale; empty before anything was measured.
    pub fn lines(&self) -> Vec<String> {
        let Some(metric) = &self.metric else { return Vec::new() };
        let shown = &self.settings[self.settings.len().saturating_sub(MOST)..];
        let means = |curve: &Sums| -> Vec<f64> {
            let all: Vec<f64> = curve.values().map(|(sum, count)| sum / f64::from(*count)).collect();
            // The first and the last, and what lies evenly between.
            match all.len() {
                n if n > WIDTH => (0..WIDTH).map(|i| all[i * (n - 1) / (WIDTH - 1)]).collect(),
                _ => all,
            }
        };
        let curves: Vec<(&str, Vec<f64>)> = shown.iter().map(|(name, c)| (name.as_str(), means(c))).collect();
        let all = curves.iter().flat_map(|(_, curve)| curve);
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
        let block =
            |v: f64| BLOCKS[((v - low) / (high - low).max(f64::MIN_POSITIVE) * 7.0).round() as usize % 8];
        let line = |(name, curve): &(&str, Vec<f64>)| {
            let drawn: String = curve.iter().map(|v| block(*v)).collect();
            let now = curve.last().map_or_else(String::new, |v| number(*v));
            let line = format!("{metric} {drawn:WIDTH$} {now:>8}  {name}");
            line.chars().take(ACROSS).collect()
        };
        curves.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Observed;

    fn told(sparks: &mut Sparks, setting: &str, metric: &'static str, generation: u32, value: f64) {
        let value = Observed::Number(value);
        let (metric, subject) = (metric.into(), Subject::Model);
        sparks.add(setting, &Measurement { seed: 0, member: 0, generation, subject, metric, value });
    }

    #[test]
    fn curves_share_a_scale_and_show_the_mean_so_far() {
        let mut sparks = Sparks::default();
        assert!(sparks.lines().is_empty());
        for (generation, value) in [(0, 1.0), (1, 0.5), (2, 0.0)] {
            told(&mut sparks, "fraction 0", "coverage", generation, value);
            told(&mut sparks, "fraction 0", "recall", generation, 7.0);
            told(&mut sparks, "fraction 1", "coverage", generation, 1.0);
        }
        // A second seed.
        told(&mut sparks, "fraction 0", "coverage", 1, 0.6);
        let lines = sparks.lines();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[0].starts_with("coverage █▅▁ ") && lines[0].ends_with(" 0  fraction 0"),
            "{}",
            lines[0]
        );
        assert!(
            lines[1].starts_with("coverage ███ ") && lines[1].ends_with(" 1  fraction 1"),
            "{}",
            lines[1]
        );
    }
}
