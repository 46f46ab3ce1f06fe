//! Claims: from `[[claim]]` and the findings to verdicts.

use super::conditions::{predict, setting_of};
use super::findings::{Findings, MomentSeries};
use super::{Publication, PublishError};
use crate::analysis::{
    ClaimResult, Evidence, Expected, Point, Relation, Series, SettingKey, Statistic, Tolerance, Verdict,
    against_law, monotone, ordering, slope,
};
use crate::metrics::Subject;
use crate::spec::{self, ClaimSpec, Direction, Node, Setting};
use crate::store::tables;
use crate::theory;

/// Decides every claim and writes `claims.json`.
pub fn decide_claims(publication: &Publication) -> Result<Vec<ClaimResult>, PublishError> {
    let experiment = &publication.experiment;
    let findings = Findings::read(publication)?;
    let settings = experiment
        .settings()
        .map_err(|source| PublishError::Spec { path: publication.folder.spec(), source })?;
    let results: Vec<ClaimResult> =
        experiment.claims.iter().map(|claim| decide(claim, &findings, &settings)).collect();
    if !results.is_empty() {
        tables::write_json(&publication.folder.claims(), &results)?;
    }
    Ok(results)
}

/// A claim that can't be decided is undecided, with the reason: it is never passed silently.
fn undecided(claim: &ClaimSpec, reason: String) -> ClaimResult {
    ClaimResult {
        says: claim.says.clone(),
        verdict: Verdict::Undecided,
        expected: None,
        measured: None,
        low: None,
        high: None,
        at: None,
        reason,
    }
}

fn subject(claim: &ClaimSpec) -> Subject {
    match claim.subject {
        spec::Subject::Model => Subject::Model,
        spec::Subject::Synthetic => Subject::Synthetic,
        spec::Subject::Training => Subject::Training,
    }
}

fn picks(claim: &[(String, Node)], key: &SettingKey) -> bool {
    claim.iter().all(|(column, node)| {
        let Some(found) = key.get(column.trim_start_matches("loop.")).or_else(|| key.get(column)) else {
            return false;
        };
        match (node.as_f64(), found.parse::<f64>()) {
            (Some(a), Ok(b)) => a == b,
            _ => node.as_str().map_or_else(|| spec::canonical(node), str::to_owned) == found,
        }
    })
}

fn decide(claim: &ClaimSpec, findings: &Findings, settings: &[Setting]) -> ClaimResult {
    match findings {
        Findings::Rows(series) => {
            let subject = subject(claim);
            let of: Vec<&Series> =
                series.iter().filter(|s| s.metric == claim.metric && s.subject == subject).collect();
            from_rows(claim, &of, settings)
        }
        Findings::Moments(all) => from_moments(claim, all, settings),
    }
}

/// What a claim holds its statistic against.
fn target(
    claim: &ClaimSpec,
    setting: Option<&Setting>,
    at: u32,
) -> Result<(Expected, Tolerance, Relation), String> {
    let plain = |value: f64| Expected { value, sd_of_one: None };
    let tolerance = match (claim.tolerance, claim.tolerance_absolute) {
        (Some(relative), _) => Tolerance::relative(relative),
        (None, Some(absolute)) => Tolerance::absolute(absolute),
        (None, None) => Tolerance::default(),
    };
    match (&claim.law, claim.value, claim.greater, claim.less) {
        (Some(name), _, _, _) => {
            let law = theory::find(name).ok_or_else(|| format!("no law is called `{name}`"))?;
            let setting = setting.ok_or("the setting of these rows is not in the spec")?;
            let prediction = predict(law, setting, at).map_err(|e| e.to_string())?;
            Ok((
                Expected { value: prediction.mean, sd_of_one: prediction.sd_of_one },
                tolerance,
                law.relation(),
            ))
        }
        (_, Some(value), _, _) => Ok((plain(value), tolerance, Relation::Equal)),
        (_, _, Some(low), Some(high)) => {
            Ok((plain((low + high) / 2.0), Tolerance::absolute((high - low) / 2.0), Relation::Equal))
        }
        (_, _, Some(bound), None) => Ok((plain(bound), Tolerance::default(), Relation::AtLeast)),
        (_, _, None, Some(bound)) => Ok((plain(bound), Tolerance::default(), Relation::AtMost)),
        _ => Err("the claim names no law and no number".into()),
    }
}

fn from_rows(claim: &ClaimSpec, series: &[&Series], settings: &[Setting]) -> ClaimResult {
    let chosen: Vec<&&Series> = series.iter().filter(|s| picks(&claim.where_, &s.key)).collect();
    if claim.statistic == Statistic::Ordering {
        return decide_order(claim, &chosen);
    }
    let [one] = chosen.as_slice() else {
        return undecided(claim, ambiguous(claim, chosen.len()));
    };
    let setting = setting_of(settings, &one.key);
    let last = claim.at.last().copied().unwrap_or(0);
    match claim.statistic {
        Statistic::Monotone => {
            let rising = claim.direction == Some(Direction::Increasing);
            return monotone(&claim.says, one, &claim.at, rising, claim.tolerance_absolute.unwrap_or(0.0));
        }
        Statistic::Slope => {
            return match target(claim, setting, last) {
                Ok((expected, tolerance, relation)) => {
                    slope(&claim.says, one, false, expected, tolerance, relation)
                }
                Err(reason) => undecided(claim, reason),
            };
        }
        _ => {}
    }
    // A paired difference with another setting, where the claim names one.
    let other = if claim.versus.is_empty() {
        None
    } else {
        let others: Vec<&&Series> = series.iter().filter(|s| picks(&claim.versus, &s.key)).collect();
        let [other] = others.as_slice() else {
            return undecided(claim, format!("`versus` picks {} settings and must pick one", others.len()));
        };
        Some(*other)
    };
    let values: Vec<Vec<f64>> = claim
        .at
        .iter()
        .map(|&g| match other {
            Some(other) => crate::analysis::differences(one.pairs(g), other.pairs(g)),
            None => one.values(g),
        })
        .collect();
    joint(claim, setting, |i, _| (!values[i].is_empty()).then(|| Evidence::Values(&values[i])))
}

fn from_moments(claim: &ClaimSpec, all: &[MomentSeries], settings: &[Setting]) -> ClaimResult {
    let subject = subject(claim);
    let of: Vec<&MomentSeries> = all
        .iter()
        .filter(|m| m.metric == claim.metric && m.subject == subject && picks(&claim.where_, &m.key))
        .collect();
    let mut keys: Vec<&SettingKey> = of.iter().map(|m| &m.key).collect();
    keys.sort();
    keys.dedup();
    let [key] = keys.as_slice() else { return undecided(claim, ambiguous(claim, keys.len())) };
    if !matches!(claim.statistic, Statistic::Mean | Statistic::MeanLog) || !claim.versus.is_empty() {
        return undecided(
            claim,
            "streamed moments hold no pairs of seeds; set measure.keep = \"rows\"".into(),
        );
    }
    let at = |g: u32| of.iter().find(|m| m.generation == g).map(|m| Evidence::Moments(&m.moments));
    joint(claim, setting_of(settings, key), |_, g| at(g))
}

/// One joint test over all generations of the claim.
fn joint<'e>(
    claim: &ClaimSpec,
    setting: Option<&Setting>,
    evidence: impl Fn(usize, u32) -> Option<Evidence<'e>>,
) -> ClaimResult {
    let mut points = Vec::with_capacity(claim.at.len());
    let mut how = None;
    for (i, &at) in claim.at.iter().enumerate() {
        let Some(evidence) = evidence(i, at) else {
            return undecided(claim, format!("generation {at} was not measured"));
        };
        match target(claim, setting, at) {
            Ok((expected, tolerance, relation)) => {
                points.push(Point { at, evidence, expected });
                how = Some((tolerance, relation));
            }
            Err(reason) => return undecided(claim, reason),
        }
    }
    match how {
        Some((tolerance, relation)) => {
            against_law(&claim.says, claim.statistic, &points, tolerance, relation)
        }
        None => undecided(claim, "the claim names no generation".into()),
    }
}

fn decide_order(claim: &ClaimSpec, series: &[&&Series]) -> ClaimResult {
    let (Some(by), Some(&at)) = (&claim.by, claim.at.last()) else {
        return undecided(claim, "an ordering needs `by` and `at`".into());
    };
    let mut arms = Vec::with_capacity(claim.order.len());
    for value in &claim.order {
        let wanted = [(by.clone(), value.clone())];
        let found: Vec<&&&Series> = series.iter().filter(|s| picks(&wanted, &s.key)).collect();
        let [one] = found.as_slice() else {
            return undecided(
                claim,
                format!("{by} = {} picks {} settings and must pick one", spec::canonical(value), found.len()),
            );
        };
        arms.push(one.pairs(at));
    }
    ordering(&claim.says, &arms, Some(at))
}

fn ambiguous(claim: &ClaimSpec, found: usize) -> String {
    match found {
        0 => format!(
            "no rows of `{}` match `where`: was it measured, and is the setting part of the sweep?",
            claim.metric
        ),
        n => format!("`where` picks {n} settings and must pick one"),
    }
}
