//! Figures: a score against the share of synthetic rows, a line for each curation.

use super::answer::{label, sentence};
use super::{Found, Trial};
use crate::augment::Gain;
use crate::figures::{Axis, Baseline, Curve, Panels, Point, Series, Size};

/// The name of the line of shuffled labels.
const NULL: &str = "shuffled labels (null arm)";
/// How far apart the lines of one share are drawn.
const ASIDE: f64 = 0.008;

impl Found<'_> {
    /// The first score and its paired difference to human rows alone, a row of panels for each effort.
    pub(super) fn main_figure(&self) -> (Panels, Size) {
        let panels: Vec<Curve> = self
            .trials
            .iter()
            .flat_map(|trial| {
                let score = trial.study.primary;
                [self.levels(trial, score, true), self.differences(trial, score)]
            })
            .collect();
        self.figure(panels, "Human rows and a share of synthetic ones", 2)
    }

    /// The first score beside the gaps between groups; nothing where none was measured.
    pub(super) fn fairness_figure(&self) -> Option<(Panels, Size)> {
        let gaps = self.gaps();
        let first = self.report.primary;
        let panels: Vec<Curve> = self
            .trials
            .iter()
            .flat_map(|trial| {
                std::iter::once(&first).chain(&gaps).map(|score| self.levels(trial, score, false))
            })
            .collect();
        let title = format!("How the groups of {} are treated", self.args.reading.group_column.as_deref()?);
        (!gaps.is_empty()).then(|| self.figure(panels, &title, gaps.len() + 1))
    }

    /// The scores that compare groups and have a value.
    pub(super) fn gaps(&self) -> Vec<&'static str> {
        let measured = |name: &str| {
            self.trials.iter().all(|t| t.study.repeats.iter().any(|r| r.test[0].contains_key(name)))
        };
        let compares = |name: &&&str| {
            ["-parity-gap", "-odds-gap", "-direct-effect"].iter().any(|end| name.ends_with(end))
        };
        self.report.scores.iter().filter(compares).copied().filter(|name| measured(name)).collect()
    }

    fn figure(&self, panels: Vec<Curve>, title: &str, columns: usize) -> (Panels, Size) {
        let rows = panels.len().div_ceil(columns);
        let figure = Panels {
            title: title.into(),
            subtitle: format!(
                "{}; {} human training rows; mean over {} splits, 95 % interval over human rows",
                self.task.replace('-', " "),
                self.trials[0].study.repeats.first().map_or(0, |r| r.sizes.0),
                self.args.repeats
            ),
            key: "curation".into(),
            panels,
            columns: Some(columns),
            share_y: false,
            note: String::new(),
        };
        (figure, Size::inches(7.0, 1.2 + 2.6 * rows as f64))
    }

    /// The score itself, over the level of human rows alone.
    fn levels(&self, trial: &Trial, score: &str, null: bool) -> Curve {
        let study = &trial.study;
        let baseline = study.score(0, score).map(|g| Baseline {
            label: "human rows alone".into(),
            value: g.mean,
            interval: Some((g.low, g.high)),
        });
        let series =
            self.lines(trial, |arm| study.score(arm, score), |arm| study.null_score(arm, score), null);
        // Where the panel's title says it, the axis need not.
        let y = if null || !trial.effort().is_empty() { label(score) } else { String::new() };
        Curve { title: titled(trial, &label(score)), ..curve(&y, series, baseline) }
    }

    /// The paired difference to human rows alone.
    fn differences(&self, trial: &Trial, score: &str) -> Curve {
        let study = &trial.study;
        let series =
            self.lines(trial, |arm| study.arm_gain(arm, score), |arm| study.null_arm_gain(arm, score), true);
        let zero = Baseline { label: "human rows alone".into(), value: 0.0, interval: None };
        Curve {
            title: titled(trial, "gain over human rows"),
            ..curve(&format!("{}, paired difference", label(score)), series, Some(zero))
        }
    }

    /// A line for each curation, and one for shuffled labels, a little apart so that no interval hides
    /// another.
    fn lines(
        &self,
        trial: &Trial,
        real: impl Fn(usize) -> Option<Gain>,
        shuffled: impl Fn(usize) -> Option<Gain>,
        null: bool,
    ) -> Vec<Series> {
        let arms = &trial.study.arms;
        let curations = trial.plan.curations.len();
        let middle = (curations + usize::from(null) - 1) as f64 / 2.0;
        let line = |place: usize, name: &str, curation: usize, of: &dyn Fn(usize) -> Option<Gain>| {
            let aside = (place as f64 - middle) * ASIDE;
            let mine = (1..arms.len()).filter(|&i| arms[i].curation == curation);
            let point =
                |i: usize| of(i).map(|g| Point::with_interval(arms[i].share + aside, g.mean, g.low, g.high));
            Series { name: name.into(), order: None, points: mine.filter_map(point).collect() }
        };
        let mut lines: Vec<Series> = trial
            .plan
            .curations
            .iter()
            .enumerate()
            .map(|(curation, (name, _))| line(curation, name, curation, &real))
            .collect();
        if null {
            lines.push(line(curations, NULL, 0, &shuffled));
        }
        lines
    }
}

fn titled(trial: &Trial, what: &str) -> String {
    match trial.effort() {
        "" => sentence(what),
        effort => format!("{}: {what}", sentence(effort)),
    }
}

/// Axes that hold every interval, and human rows alone at 0.
fn curve(y: &str, series: Vec<Series>, baseline: Option<Baseline>) -> Curve {
    let points = || series.iter().flat_map(|s| &s.points);
    let level =
        baseline.iter().flat_map(|b| [Some(b.value), b.interval.map(|i| i.0), b.interval.map(|i| i.1)]);
    let ends = || points().flat_map(|p| [p.low, p.high]).flatten();
    let all: Vec<f64> = ends().chain(level.flatten()).collect();
    let (low, high) =
        all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)));
    let room = 0.04 * (high - low);
    let (min, max) = if room > 0.0 { (Some(low - room), Some(high + room)) } else { (None, None) };
    let right = points().map(|p| p.x).fold(0.0, f64::max);
    Curve {
        x: Axis { min: Some(0.0), max: Some(right + 4.0 * ASIDE), ..Axis::linear("share of synthetic rows") },
        y: Axis { min, max, ..Axis::linear(y) },
        series,
        bars: true,
        baseline,
        ..Curve::default()
    }
}
