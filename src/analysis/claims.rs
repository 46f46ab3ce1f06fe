//! Claims: a statistic against a law or a stated number, with a three-way verdict.
//!
//! *Passed*: the whole simultaneous interval lies within expected ± tolerance. *Failed*: it misses that zone. Else
//! *undecided*: more seeds are needed. k generations at m looks (twice the seeds while a claim is undecided) are one
//! joint test at [`ERROR_LEVEL`]: intervals at 10⁻⁴/(k m) each (Bonferroni), made by `claims_intervals`. Works from
//! per-seed values or streamed moments. Cost: O(values).

use serde::{Deserialize, Serialize};

use super::claims_intervals::{Range, mean_interval};
use super::intervals::{Interval, median_rank};
pub use crate::spec::Statistic;
pub use crate::theory::Relation;

/// The chance that a claim that is true fails, at any of its looks.
pub const ERROR_LEVEL: f64 = 1e-4;

/// What is asked, and how.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The claim in words.
    pub says: &'a str,
    /// How often it is looked at, at most: each look has its part of the error.
    pub looks: u32,
    /// What one value can be.
    pub range: Range,
}

impl<'a> Question<'a> {
    /// A question that is asked once, of values of any size.
    #[cfg(test)]
    pub fn once(says: &'a str) -> Self {
        Self { says, looks: 1, range: Range::Any }
    }

    /// The same about other values.
    #[must_use]
    pub fn of(self, range: Range) -> Self {
        Self { range, ..self }
    }

    /// The level of each of k simultaneous intervals.
    pub(super) fn level(&self, k: usize) -> f64 {
        1.0 - ERROR_LEVEL / (f64::from(self.looks.max(1)) * k.max(1) as f64)
    }
}

/// The outcome of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval lies in the zone.
    Passed,
    /// The interval straddles the zone's edge, or there was nothing to measure.
    Undecided,
    /// The interval misses the zone.
    Failed,
}

/// How far from the expectation is still as claimed: `max(relative·|expected|, absolute)`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// Share of the expected value, for example 0.02.
    pub relative: f64,
    /// In the metric's unit; for expectations at or near zero.
    pub absolute: f64,
}

impl Tolerance {
    /// An absolute tolerance alone, for expectations at or near zero. An interval `a < x < b` is the expectation
    /// (a+b)/2 with the absolute tolerance (b−a)/2.
    pub fn absolute(absolute: f64) -> Self {
        Self { relative: 0.0, absolute }
    }

    /// A relative tolerance alone.
    pub fn relative(relative: f64) -> Self {
        Self { relative, absolute: 0.0 }
    }

    /// The half-width of the zone around an expectation.
    pub fn width(&self, expected: f64) -> f64 {
        (self.relative * expected.abs()).max(self.absolute)
    }
}

/// What a law or a paper says the statistic is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// The number.
    pub value: f64,
    /// The law's standard deviation of one lineage, where it has one (`theory::Prediction`).
    pub sd_of_one: Option<f64>,
}

/// One generation of a claim.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// The generation.
    pub at: u32,
    /// What was measured, one value a seed.
    pub values: &'a [f64],
    /// What should have been.
    pub expected: Expected,
}

/// A decided claim: one row of `claims.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimResult {
    /// The claim in words.
    pub says: String,
    /// The verdict over all its points.
    pub verdict: Verdict,
    /// How the statistic should relate to the expectation.
    pub relation: Relation,
    /// The expectation at the deciding point.
    pub expected: Option<f64>,
    /// The statistic there.
    pub measured: Option<f64>,
    /// Its simultaneous interval.
    pub low: Option<f64>,
    /// Its simultaneous interval.
    pub high: Option<f64>,
    /// The generation of the deciding point: the first with the worst verdict.
    pub at: Option<u32>,
    /// Why, in a sentence.
    pub reason: String,
    /// What the spec says about a claim that does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// One part of a joint test: where, what was expected, and the estimate with its interval or why there is none.
pub(super) struct Part {
    pub at: Option<u32>,
    pub expected: f64,
    pub estimate: Result<(f64, Interval), String>,
}

/// The verdict of one interval on one expectation.
pub(super) fn judge(i: &Interval, expected: f64, tolerance: Tolerance, relation: Relation) -> Verdict {
    let (floor, roof) = (expected - tolerance.width(expected), expected + tolerance.width(expected));
    let (floor, roof) = match relation {
        Relation::Equal => (floor, roof),
        Relation::AtMost => (f64::NEG_INFINITY, roof),
        Relation::AtLeast => (floor, f64::INFINITY),
    };
    if i.low >= floor && i.high <= roof {
        Verdict::Passed
    } else if i.high < floor || i.low > roof {
        Verdict::Failed
    } else {
        Verdict::Undecided
    }
}

/// Holds a statistic against its expectation at several generations, jointly at [`ERROR_LEVEL`].
pub fn against_law(
    question: Question<'_>,
    statistic: Statistic,
    points: &[Point<'_>],
    tolerance: Tolerance,
    relation: Relation,
) -> ClaimResult {
    let level = question.level(points.len());
    let part = |p: &Point<'_>| Part {
        at: Some(p.at),
        expected: p.expected.value,
        estimate: estimate(statistic, p, level, question.range),
    };
    decide(question.says, points.iter().map(part), tolerance, relation)
}

/// The joint verdict: failed if a part failed, passed if all passed, else undecided.
pub(super) fn decide(
    says: &str,
    parts: impl IntoIterator<Item = Part>,
    tolerance: Tolerance,
    relation: Relation,
) -> ClaimResult {
    let mut worst: Option<ClaimResult> = None;
    for part in parts {
        let (verdict, reason) = match &part.estimate {
            Ok((_, i)) => {
                let verdict = judge(i, part.expected, tolerance, relation);
                (verdict, explain(verdict, i, part.expected, tolerance, relation))
            }
            Err(why) => (Verdict::Undecided, why.clone()),
        };
        if worst.as_ref().is_none_or(|w| verdict > w.verdict) {
            let found = part.estimate.ok();
            worst = Some(ClaimResult {
                says: says.to_owned(),
                verdict,
                relation,
                expected: Some(part.expected),
                measured: found.as_ref().map(|(m, _)| *m),
                low: found.as_ref().map(|(_, i)| i.low),
                high: found.as_ref().map(|(_, i)| i.high),
                at: part.at,
                reason,
                note: None,
            });
        }
    }
    worst.unwrap_or_else(|| ClaimResult {
        says: says.to_owned(),
        verdict: Verdict::Undecided,
        relation,
        expected: None,
        measured: None,
        low: None,
        high: None,
        at: None,
        reason: "no rows match the claim".to_owned(),
        note: None,
    })
}

fn explain(
    verdict: Verdict,
    i: &Interval,
    expected: f64,
    tolerance: Tolerance,
    relation: Relation,
) -> String {
    let width = tolerance.width(expected);
    let interval = format!("[{}, {}] ({})", short(i.low), short(i.high), i.method);
    let (word, edge) = match relation {
        Relation::Equal => {
            let zone = format!("{} ± {}", short(expected), short(width));
            return match verdict {
                Verdict::Passed => format!("{interval} lies within {zone}"),
                Verdict::Failed => format!("{interval} lies outside {zone}"),
                Verdict::Undecided => format!("{interval} reaches beyond {zone}: more seeds needed"),
            };
        }
        Relation::AtMost => ("below", short(expected + width)),
        Relation::AtLeast => ("above", short(expected - width)),
    };
    match verdict {
        Verdict::Passed => format!("{interval} lies {word} {edge}"),
        Verdict::Failed => format!("{interval} does not lie {word} {edge}"),
        Verdict::Undecided => {
            format!("{interval} holds {edge}, which it should lie {word}: more seeds needed")
        }
    }
}

/// Six digits after the point without trailing zeros, or a power of ten where that says nothing.
fn short(value: f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    if value != 0.0 && rounded.abs() < 1e-3 { format!("{value:.3e}") } else { format!("{rounded}") }
}

fn estimate(
    statistic: Statistic,
    point: &Point<'_>,
    level: f64,
    range: Range,
) -> Result<(f64, Interval), String> {
    let own = point.expected.sd_of_one;
    let x = point.values;
    match statistic {
        Statistic::Mean => mean_interval(x, own, level, range),
        Statistic::MeanLog => {
            if x.iter().any(|v| *v <= 0.0) {
                return Err(NO_LOGARITHM.into());
            }
            mean_interval(&x.iter().map(|v| v.ln()).collect::<Vec<_>>(), own, level, Range::Any)
        }
        Statistic::Median => median(x, level),
        other => Err(format!(
            "the statistic {other:?} compares generations or settings, not one generation with a law"
        )),
    }
}

const NO_LOGARITHM: &str = "some values are not positive, so the mean of the logarithm does not exist";

fn median(x: &[f64], level: f64) -> Result<(f64, Interval), String> {
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    let rank = median_rank(n, level)
        .ok_or_else(|| format!("{n} seeds are too few for an interval of the median"))?;
    let middle = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
    Ok((middle, Interval::new(sorted[rank], sorted[n - 1 - rank], "order")))
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
