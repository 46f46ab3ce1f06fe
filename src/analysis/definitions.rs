//! The eight definitions of model collapse, each a predicate on the rows of a run.
//!
//! Schaeffer et al. 2025 (arXiv 2503.03150) found eight definitions in the literature that do not imply each other. Each
//! is put here as one number per seed, a paired contrast between the first and the last generation measured, with a 95 %
//! t interval over seeds ([`DISPLAY_LEVEL`](super::DISPLAY_LEVEL)): *yes* if the whole interval lies beyond the
//! threshold, *no* if it lies on the other side, else *undecided*. A definition whose metric was not measured does not
//! apply. The papers give no thresholds; these are ours ([`Definition::threshold`]). Cost: O(values).

mod contrast;
mod metrics;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::DISPLAY_LEVEL;
use super::intervals::{mean_sd, t_quantile};
use super::losses::Losses;
use super::observations::Series;
use crate::metrics::Direction;
use crate::store::SettingKey;
use contrast::{Contrast, without_size};
use metrics::{Kind, measured};

/// One of the eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Definition {
    /// 1: the population risk grows catastrophically.
    CatastrophicRisk,
    /// 2: the population risk grows at all.
    AnyRisk,
    /// 3: the population risk diverges with the generations.
    DivergingRisk,
    /// 4: the law by which the risk falls with the number of rows changes.
    ScalingLaw,
    /// 5: the variance collapses.
    Variance,
    /// 6: real modes disappear.
    Modes,
    /// 7: the tails disappear.
    Tails,
    /// 8: unreal data appear.
    Hallucination,
}

/// How many times its first value a risk must reach to be catastrophic.
const CATASTROPHE: f64 = 10.0;
/// The change of a risk, relative to its first value, below which it counts as none.
const SAME: f64 = 0.05;
/// The share of a doubling's growth that the next doubling must add for the risk to diverge: 1 is
/// logarithmic growth, ½ an approach as 1/g.
const DIVERGES: f64 = 0.75;
/// The change of the exponent of the scaling law that counts.
const EXPONENT: f64 = 0.1;
/// The share of the variance that must be left.
const HALF: f64 = 0.5;
/// The share of the modes, the tail and the good rows that must be left.
const MOST: f64 = 0.9;

/// Whether a definition calls a run collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The seeds don't tell.
    Undecided,
    /// The run has no such metric, or too few generations or sizes.
    NotApplicable,
}

/// One cell of the matrix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The definition.
    pub definition: Definition,
    /// What it says of this run.
    pub answer: Answer,
    /// The metric that decided; empty where none was measured.
    pub metric: String,
    /// The contrast: mean over seeds, on the scale of [`Definition::threshold`]; `None` where it does not apply.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// What `value` is compared with.
    pub threshold: Option<f64>,
    /// A sentence.
    pub reason: String,
}

/// One row of the matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionsRow {
    /// The setting.
    pub key: SettingKey,
    /// The eight findings, in the order of [`Definition::ALL`].
    pub findings: Vec<Finding>,
}

impl Definition {
    /// All of them, in the paper's order.
    pub const ALL: [Definition; 8] = [
        Definition::CatastrophicRisk,
        Definition::AnyRisk,
        Definition::DivergingRisk,
        Definition::ScalingLaw,
        Definition::Variance,
        Definition::Modes,
        Definition::Tails,
        Definition::Hallucination,
    ];

    /// A few words, for the head of a column.
    pub fn title(self) -> &'static str {
        match self {
            Definition::CatastrophicRisk => "catastrophic risk",
            Definition::AnyRisk => "any rise of risk",
            Definition::DivergingRisk => "diverging risk",
            Definition::ScalingLaw => "other scaling law",
            Definition::Variance => "variance collapses",
            Definition::Modes => "modes are lost",
            Definition::Tails => "tails are lost",
            Definition::Hallucination => "unreal data appear",
        }
    }

    /// When the answer is yes, with its threshold.
    pub fn threshold(self) -> &'static str {
        match self {
            Definition::CatastrophicRisk => "the last risk is at least 10 times the first",
            Definition::AnyRisk => "the last risk is above the first; no if it is at most 5 % above",
            Definition::DivergingRisk => {
                "the last doubling of the fits adds at least 3/4 of what the doubling before added"
            }
            Definition::ScalingLaw => "the exponent of risk in rows changes by more than 0.1",
            Definition::Variance => "less than half of the first variance (or effective number) is left",
            Definition::Modes => "less than 90 % of the first coverage of modes is left",
            Definition::Tails => "less than 90 % of the first tail is left",
            Definition::Hallucination => "less than 90 % of the first share of real-looking rows is left",
        }
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl Answer {
    /// The word in tables, figures and files.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::Undecided => "undecided",
            Answer::NotApplicable => "–",
        }
    }
}

/// The matrix: one row a setting, in the order of the settings' keys.
pub fn definitions<'s>(series: impl IntoIterator<Item = &'s Series>) -> Vec<DefinitionsRow> {
    let mut own: BTreeMap<&SettingKey, Vec<&Series>> = BTreeMap::new();
    let mut sizes: BTreeMap<Vec<&str>, Vec<&Series>> = BTreeMap::new();
    for s in series {
        own.entry(&s.key).or_default().push(s);
        sizes.entry(without_size(&s.key)).or_default().push(s);
    }
    let row = |(key, own): (&SettingKey, Vec<&Series>)| {
        let alike = &sizes[&without_size(key)];
        DefinitionsRow {
            key: key.clone(),
            findings: Definition::ALL.iter().map(|&d| find(&own, alike, d)).collect(),
        }
    };
    own.into_iter().map(row).collect()
}

/// What a definition says of the setting whose series are `own`; `alike` are those of all settings
/// that differ from it at most in size.
fn find(own: &[&Series], alike: &[&Series], definition: Definition) -> Finding {
    let kind = match definition {
        Definition::Variance => Kind::Variance,
        Definition::Modes => Kind::Modes,
        Definition::Tails => Kind::Tails,
        Definition::Hallucination => Kind::Reality,
        _ => Kind::Risk,
    };
    let Some((of, scale)) = measured(own, kind) else {
        return Finding::absent(definition, "", format!("no metric of {} was measured", kind.name()));
    };
    if let Some(finding) = lost(definition, of) {
        return finding;
    }
    let contrast = match definition {
        Definition::CatastrophicRisk => Contrast::grows(of, scale, CATASTROPHE),
        Definition::AnyRisk => Contrast::grows(of, scale, 1.0),
        Definition::DivergingRisk => return diverging(of),
        Definition::ScalingLaw => Contrast::exponent(alike, of, scale, EXPONENT),
        Definition::Variance => Contrast::shrinks(of, scale, HALF),
        _ => Contrast::shrinks(of, scale, MOST),
    };
    let same = if definition == Definition::AnyRisk { unchanged(of) } else { 0.0 };
    match contrast {
        Ok(contrast) => Finding::of(definition, &of.metric, &Estimate::new(&contrast), same, None),
        Err(reason) => Finding::absent(definition, &of.metric, reason),
    }
}

/// What a definition says where seeds that had a value at the first generation have none at the last: collapsed where
/// half of them lost it by collapse, else nothing. `None` where every seed kept its value.
fn lost(definition: Definition, of: &Series) -> Option<Finding> {
    let last = of.last()?;
    let remark =
        of.counts(last).remark().filter(|_| !of.lost(last).is_empty() || of.pairs(last).is_empty())?;
    let direction = crate::metrics::reading(&of.metric).map_or(Direction::TwoSided, |r| r.direction);
    let (_, first) = of.at.first_key_value()?;
    let losses = Losses::between(first, of.lost(last), direction);
    let absent = Finding::absent(definition, &of.metric, format!("at generation {last} a value in {remark}"));
    let answer = match definition {
        Definition::ScalingLaw => Answer::Undecided,
        _ if losses.most_collapsed() => Answer::Yes,
        _ if losses.collapsed + losses.other > 0 => Answer::Undecided,
        _ => Answer::NotApplicable,
    };
    Some(Finding { answer, ..absent })
}

/// Diverging takes two things: the risk still grows, and the last doubling adds its share.
fn diverging(of: &Series) -> Finding {
    let definition = Definition::DivergingRisk;
    match Contrast::diverges(of, DIVERGES) {
        Ok((growth, share)) => {
            let grows = Estimate::new(&growth).answer(unchanged(of));
            Finding::of(definition, &of.metric, &Estimate::new(&share), 0.0, Some(grows))
        }
        Err(reason) => Finding::absent(definition, &of.metric, reason),
    }
}

/// A change of the risk that counts as none.
fn unchanged(of: &Series) -> f64 {
    let first = of.at.values().next().map(|pairs| pairs.iter().map(|p| p.1.abs()).collect::<Vec<_>>());
    SAME * mean_sd(&first.unwrap_or_default()).0
}

/// A contrast's mean over seeds with its interval.
struct Estimate {
    seeds: usize,
    mean: f64,
    low: f64,
    high: f64,
    threshold: f64,
}

impl Estimate {
    fn new(contrast: &Contrast) -> Estimate {
        let n = contrast.values.len();
        let (mean, sd) = mean_sd(&contrast.values);
        let reach = match n {
            0 | 1 => f64::INFINITY,
            _ => t_quantile(DISPLAY_LEVEL, n as f64 - 1.0) * sd / (n as f64).sqrt(),
        };
        Estimate { seeds: n, mean, low: mean - reach, high: mean + reach, threshold: contrast.threshold }
    }

    /// Yes above the threshold, no below it (or up to `same` above it), else undecided.
    fn answer(&self, same: f64) -> Answer {
        if self.low > self.threshold {
            Answer::Yes
        } else if self.high <= self.threshold + same {
            Answer::No
        } else {
            Answer::Undecided
        }
    }

    /// Yes beyond the threshold in either direction, no within, else undecided.
    fn answer_both_ways(&self) -> Answer {
        if self.low > self.threshold || self.high < -self.threshold {
            Answer::Yes
        } else if self.low > -self.threshold && self.high < self.threshold {
            Answer::No
        } else {
            Answer::Undecided
        }
    }
}

impl Finding {
    /// `also` is the answer of a second condition, which must hold too.
    fn of(definition: Definition, metric: &str, e: &Estimate, same: f64, also: Option<Answer>) -> Finding {
        let answer = match definition {
            Definition::ScalingLaw => e.answer_both_ways(),
            _ => e.answer(same),
        };
        let answer = match (answer, also) {
            (Answer::No, _) | (_, Some(Answer::No)) => Answer::No,
            (_, Some(Answer::Undecided)) => Answer::Undecided,
            _ => answer,
        };
        let reason = match (e.seeds, answer) {
            (1, _) => "one seed has no interval".to_owned(),
            (n, Answer::Undecided) => format!("{n} seeds don't tell: more seeds are needed"),
            _ => format!("{}: {}", definition.threshold(), answer.word()),
        };
        let end = |x: f64| x.is_finite().then_some(x);
        Finding {
            definition,
            answer,
            metric: metric.to_owned(),
            value: Some(e.mean),
            low: end(e.low),
            high: end(e.high),
            threshold: Some(e.threshold),
            reason,
        }
    }

    fn absent(definition: Definition, metric: &str, reason: String) -> Finding {
        let metric = metric.to_owned();
        let (answer, threshold) = (Answer::NotApplicable, None);
        Finding { definition, answer, metric, value: None, low: None, high: None, threshold, reason }
    }
}

/// Writes the matrix in long form: the experiment and the setting's columns, then
/// `definition,answer,metric,value,ci_low,ci_high,threshold,reason`.
///
/// # Errors
/// Those of the writer.
pub fn write_definitions(
    experiment: &str,
    rows: &[DefinitionsRow],
    to: impl std::io::Write,
) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(to);
    let Some(first) = rows.first() else { return Ok(()) };
    let own = ["definition", "answer", "metric", "value", "ci_low", "ci_high", "threshold", "reason"];
    writer.write_record(["experiment"].into_iter().chain(first.key.columns()).chain(own))?;
    let number = |v: Option<f64>| v.map(|v| v.to_string()).unwrap_or_default();
    for row in rows {
        for f in &row.findings {
            let answer = if f.answer == Answer::NotApplicable { "not-applicable" } else { f.answer.word() };
            let cells = [
                f.definition.title().to_owned(),
                answer.to_owned(),
                f.metric.clone(),
                number(f.value),
                number(f.low),
                number(f.high),
                number(f.threshold),
                f.reason.clone(),
            ];
            let of = [experiment].into_iter().chain(row.key.values());
            writer.write_record(of.chain(cells.iter().map(String::as_str)))?;
        }
    }
    writer.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests;
