//! The figures of a run whose spec asks for none: collapse curves and paired differences.

use std::collections::BTreeSet;

use super::artist::{Artist, Planned};
use super::asked::ENDED;
use super::curves::{Panel, X};
use super::names::{grouped, name_of, place_of, plain_all, spread_over, varying};
use crate::analysis::{DISPLAY_LEVEL, Over, Series, SettingKey, mean_sd, paired_difference};
use crate::figures::{Axis, Curve, DotPlot, DotSeries, Estimate, Panels, Size, Spread};

/// Lines in one panel; beyond, each combination of the other keys gets a page of its own.
const MOST_LINES: usize = 8;
/// Lines in one panel that nobody can tell apart; then as many as above are drawn, from the first to the last.
const MOST_TOGETHER: usize = 24;
/// Figures of that kind; of more combinations some are drawn, from the first to the last.
const MOST_FIGURES: usize = 12;
/// Metrics about diversity begin with one of these; they come after those about quality.
const DIVERSITY: [&str; 13] = [
    "recall",
    "coverage",
    "vendi",
    "distinct",
    "entropy",
    "miller",
    "simpson",
    "hill",
    "support",
    "vocabulary",
    "zipf",
    "duplicate",
    "realised",
];

impl Artist<'_> {
    /// Settings that belong on one page: the same data and family. The controls of a comparison, human rows alone, stand
    /// in its tables.
    fn pages(&self) -> Vec<(String, Vec<&SettingKey>)> {
        let mixes: Vec<&SettingKey> = self.keys().into_iter().filter(|k| !k.is_control()).collect();
        grouped(&mixes, &["data".to_owned(), "model".to_owned()])
    }

    fn in_order(&self) -> Vec<String> {
        let mut metrics = self.metrics();
        metrics.sort_by_key(|m| DIVERSITY.iter().any(|d| m.starts_with(d)));
        metrics
    }

    /// Pages of collapse curves for each data set and family: a panel per metric.
    pub fn default_curves(&self) -> Vec<Planned> {
        let mut planned = Vec::new();
        let pages = self.pages();
        for (_, keys) in &pages {
            let mut columns = varying(keys);
            let apart =
                if keys.len() > MOST_LINES && columns.len() > 1 { columns.split_off(1) } else { Vec::new() };
            let groups = grouped(keys, &apart);
            for (which, all) in spread_over(&groups, MOST_FIGURES) {
                let keys =
                    if all.len() > MOST_TOGETHER { spread_over(&all, MOST_LINES) } else { all.clone() };
                let (data, model) = (keys[0].get("data").unwrap_or(""), keys[0].get("model").unwrap_or(""));
                let panel = |metric: &String| {
                    let x = &X::Generation;
                    let (keys, columns) = (keys.as_slice(), columns.as_slice());
                    let laws = &["law".to_owned()];
                    self.curve(&Panel {
                        metric,
                        keys,
                        columns,
                        x,
                        laws,
                        marks: &[],
                        log_x: false,
                        log_y: false,
                        by_seed: false,
                    })
                };
                let panels: Vec<Curve> =
                    self.in_order().iter().map(panel).filter(|curve| !curve.series.is_empty()).collect();
                if panels.is_empty() {
                    continue;
                }
                let baseline_of = self.simple_name();
                let is_simple =
                    |law: &crate::figures::Law| baseline_of.as_deref() == Some(law.label.as_str());
                let of = |wanted: bool| panels.iter().flat_map(|p| &p.laws).any(|l| is_simple(l) == wanted);
                let (laws, simple) = (of(false), of(true));
                let baseline = panels.iter().any(|p| p.baseline.is_some());
                let lines = match self.over() {
                    Over::Seeds => "means over training seeds, bands their 95 % intervals".to_owned(),
                    Over::Rows => format!("one run, bands 95 % intervals over {}", Over::Rows),
                };
                let mut caption = format!("Every metric by generation. Lines are {lines}.");
                if baseline {
                    caption.push_str(
                        " Grey: a sample of human rows of the same size, measured against other human rows.",
                    );
                }
                if laws {
                    caption.push_str(" Dashed: the closed-form prediction.");
                }
                if keys.len() < all.len() {
                    caption.push_str(&format!(" {} of {} settings are drawn.", keys.len(), all.len()));
                }
                if groups.len() > MOST_FIGURES {
                    caption.push_str(&format!(
                        " One of {MOST_FIGURES} figures for the {} combinations of {}; `collapse plot` draws others.",
                        groups.len(),
                        plain_all(&apart)
                    ));
                }
                if let Some(name) = baseline_of.filter(|_| simple) {
                    caption.push_str(&format!(" Dashed, level: {name}, fitted at generation 0."));
                }
                let lost = self.lost(&self.in_order(), &keys);
                let note = if lost.is_empty() { lost } else { format!("{ENDED} {lost}") };
                if !note.is_empty() {
                    caption.push_str(&format!(" {note}"));
                }
                let mut name = "curves".to_owned();
                if pages.len() > 1 {
                    name = format!("{name}-{data}-{model}");
                }
                if !which.is_empty() {
                    name = format!("{name}-{which}");
                    caption = format!("{which}. {caption}");
                }
                let rows = panels.len().div_ceil(3);
                let subtitle = if which.is_empty() {
                    self.seeds_line()
                } else {
                    format!("{which}; {}", self.seeds_line())
                };
                let figure = Panels {
                    title: format!("{data}, {model}: generation after generation"),
                    subtitle,
                    key: plain_all(&columns),
                    columns: Some(panels.len().min(3)),
                    panels,
                    share_y: false,
                    note,
                };
                let size = Size::inches(7.0, 1.1 + if rows == 1 { 2.6 } else { 2.0 * rows as f64 });
                planned.push(Planned { name, caption, figure: Box::new(figure), size });
            }
        }
        planned
    }

    /// Each arm minus the first (all-human, where there is one) at the last generation, paired by
    /// seed, in standard deviations of the first arm's generation 0, so that metrics share an axis.
    pub fn differences(&self) -> Vec<Planned> {
        let mut planned = Vec::new();
        let pages = self.pages();
        for (_, keys) in &pages {
            let columns = varying(keys);
            let reference = keys.iter().position(|k| k.number("human_fraction") == Some(1.0)).unwrap_or(0);
            if !(2..=MOST_LINES).contains(&keys.len()) {
                continue;
            }
            let (mut categories, mut without) = (Vec::new(), BTreeSet::new());
            let arms: Vec<&SettingKey> =
                (0..keys.len()).filter(|i| *i != reference).map(|i| keys[i]).collect();
            let mut series: Vec<DotSeries> = arms
                .iter()
                .map(|key| {
                    let (name, order) = name_of(key, &columns);
                    DotSeries { name, order, estimates: Vec::new() }
                })
                .collect();
            for metric in self.in_order() {
                let subject = self.subject_of(&metric);
                let of = |key: &SettingKey| self.findings.find(key, &metric, subject);
                let Some((base, unit)) = of(keys[reference]).and_then(|s| Some((s, spread(s)?))) else {
                    continue;
                };
                let mut estimate = |key: &SettingKey| {
                    let arm = of(key)?;
                    let last = arm.last()?;
                    let mut whole = true;
                    for (whose, series) in [(key, arm), (keys[reference], base)] {
                        if let Some(remark) = series.counts(last).remark() {
                            without.insert(format!("{metric} at {} ({remark})", place_of(whose, &columns)));
                            whole = false;
                        }
                    }
                    let p = paired_difference(arm.pairs(last), base.pairs(last), DISPLAY_LEVEL).ok()?;
                    let (low, high) = (p.interval.low / unit, p.interval.high / unit);
                    whole.then_some(Estimate { value: p.difference / unit, low, high })
                };
                let found: Vec<Option<Estimate>> = arms.iter().map(|key| estimate(key)).collect();
                if found.iter().any(Option::is_some) {
                    series.iter_mut().zip(found).for_each(|(s, e)| s.estimates.push(e));
                    categories.push(metric);
                }
            }
            if categories.is_empty() && without.is_empty() {
                continue;
            }
            // A difference of survivors would be none of the seeds': it is not drawn, and is listed.
            let without = match without.len() {
                0 => String::new(),
                _ => format!("Not drawn, since seeds have no value: {}.", Vec::from_iter(without).join("; ")),
            };
            let against = match name_of(keys[reference], &columns) {
                (number, Some(_)) => format!("{} {number}", plain_all(&columns)),
                (name, None) => name,
            };
            let (data, model) = (keys[0].get("data").unwrap_or(""), keys[0].get("model").unwrap_or(""));
            let height = 1.9 + categories.len() as f64 * (0.12 * arms.len() as f64 + 0.16);
            let figure = DotPlot {
                title: format!("{data}, {model}: against {against}"),
                subtitle: "last generation, paired by seed, 95 % interval over training seeds".into(),
                x: Axis {
                    spread: Spread::SymLog { linear: 1.0 },
                    ..Axis::linear("difference (standard deviations of generation 0)")
                },
                category_label: "metric".into(),
                categories,
                key: plain_all(&columns),
                series,
                looks: self.looks(&columns),
                reference: Some(0.0),
                note: without.clone(),
                ..Default::default()
            };
            let name =
                if pages.len() > 1 { format!("differences-{data}-{model}") } else { "differences".into() };
            let caption = format!(
                "Differences to {against} at the last generation, each seed against itself, in standard deviations over seeds of its generation 0. An interval that holds 0 shows no difference. {without}"
            );
            planned.push(Planned {
                name,
                caption,
                figure: Box::new(figure),
                size: Size::inches(7.0, height.max(2.6)),
            });
        }
        planned
    }
}

/// The standard deviation over seeds at the first measured generation; `None` where it is 0.
fn spread(series: &Series) -> Option<f64> {
    let first = series.at.keys().next()?;
    let (_, sd) = mean_sd(&series.values(*first));
    (sd > 0.0).then_some(sd)
}
