//! Claims: from `[[claim]]` and the findings to verdicts.
//!
//! `where` picks settings; a law or a number is held against all of them and all generations in one
//! joint test. What no run of the spec can decide (a setting, metric, generation or law that is not
//! there) is an error. What this run can't decide (rows that are missing, pairs of seeds that a
//! summary does not keep) is undecided, with the reason: nothing passes silently.

use super::claim_checks::{arm, check_claims, run_along};
use super::conditions::predict;
use super::findings::{Findings, MomentSeries, is_of};
use super::settings::{label, opponent, picked, setting_of};
use super::{Publication, PublishError};
use crate::analysis::{
    ClaimResult, Evidence, Expected, Point, Relation, Series, Statistic, Tolerance, Verdict, against_law,
    differences, least_squares, monotone, rank_correlation, scaled, slope, slope_along,
};
use crate::metrics::Subject;
use crate::spec::{self, ClaimSpec, Direction, Setting, SlopeScale};
use crate::store::tables;
use crate::theory;

/// Decides every claim and writes `claims.json`.
///
/// # Errors
/// [`PublishError::Claim`] for a claim that no run of the spec can decide, and those of the files.
pub fn decide_claims(publication: &Publication) -> Result<Vec<ClaimResult>, PublishError> {
    let experiment = &publication.experiment;
    if experiment.claims.is_empty() {
        return Ok(Vec::new());
    }
    check_claims(experiment)
        .map_err(|source| PublishError::Spec { path: publication.folder.spec(), source })?;
    let settings = publication.settings()?;
    let findings = Findings::with_laws(publication)?;
    let mut results = Vec::with_capacity(experiment.claims.len());
    for claim in &experiment.claims {
        let asked = Asked { claim, settings: &settings, findings: &findings };
        if !asked.measured_somewhere() {
            let why = format!("is about `{}`, which was not measured in any setting", claim.metric);
            return Err(PublishError::Claim { says: claim.says.clone(), why });
        }
        let decided = asked.decide().unwrap_or_else(|reason| undecided(claim, reason));
        results.push(ClaimResult { note: claim.note.clone(), ..decided });
    }
    tables::write_json(&publication.folder.claims(), &results)?;
    Ok(results)
}

fn undecided(claim: &ClaimSpec, reason: String) -> ClaimResult {
    ClaimResult {
        says: claim.says.clone(),
        verdict: Verdict::Undecided,
        relation: Relation::Equal,
        expected: None,
        measured: None,
        low: None,
        high: None,
        at: None,
        reason,
        note: None,
    }
}

const NO_PAIRS: &str =
    "streamed moments hold no pairs of seeds and no single values; set measure.keep = \"rows\"";

/// One claim and what it is decided from.
struct Asked<'a> {
    claim: &'a ClaimSpec,
    settings: &'a [Setting],
    findings: &'a Findings,
}

/// The evidence at one generation of one setting, owned where it was made here.
enum Found<'a> {
    Values(Vec<f64>),
    Moments(&'a MomentSeries),
}

impl<'a> Asked<'a> {
    fn subject(&self) -> Subject {
        match self.claim.subject {
            spec::Subject::Model => Subject::Model,
            spec::Subject::Synthetic => Subject::Synthetic,
            spec::Subject::Training => Subject::Training,
        }
    }

    fn measured_somewhere(&self) -> bool {
        match self.findings {
            Findings::Rows(all) => all.iter().any(|s| s.metric == self.claim.metric),
            Findings::Moments(all) => all.iter().any(|m| m.metric == self.claim.metric),
        }
    }

    fn decide(&self) -> Result<ClaimResult, String> {
        let claim = self.claim;
        let chosen = picked(claim, self.settings);
        let first = *chosen.first().ok_or("no setting matches `where`")?;
        match claim.statistic {
            Statistic::Ordering => self.order(&chosen),
            Statistic::Monotone if claim.by.is_some() => self.monotone_along(&chosen),
            Statistic::Slope if claim.by.is_some() => self.slope_along(&chosen),
            Statistic::Monotone => {
                let rising = claim.direction == Some(Direction::Increasing);
                let slack = claim.tolerance_absolute.unwrap_or(0.0);
                Ok(monotone(&claim.says, self.series(first)?, &claim.at, rising, slack))
            }
            Statistic::Slope => {
                let mut series = self.series(first)?.clone();
                series.at.retain(|generation, _| claim.at.contains(generation));
                let last = claim.at.iter().copied().max().unwrap_or(0);
                let (expected, tolerance, relation) = self.target(first, last)?;
                Ok(slope(&claim.says, &series, self.scale(), expected, tolerance, relation))
            }
            Statistic::RankCorrelation => self.rank_correlation(&chosen),
            Statistic::Mean | Statistic::Median | Statistic::MeanLog => self.joint(&chosen),
        }
    }

    /// What a slope is taken of. A law about the logarithm's slope, held against a metric that is not
    /// a logarithm, asks for it.
    fn scale(&self) -> SlopeScale {
        let law = self.claim.law.as_deref().unwrap_or("");
        let of_logarithm = law.contains("-log-") && !self.claim.metric.starts_with("log-");
        let default = if of_logarithm { SlopeScale::Log } else { SlopeScale::Linear };
        self.claim.scale.unwrap_or(default)
    }

    /// The values of a setting, one a seed, of the member that the claim names.
    fn series(&self, setting: &Setting) -> Result<&'a Series, String> {
        self.series_of(&self.claim.metric, setting, self.claim.member)
    }

    fn series_of(&self, metric: &str, setting: &Setting, member: Option<u32>) -> Result<&'a Series, String> {
        let Findings::Rows(all) = self.findings else { return Err(NO_PAIRS.into()) };
        let mine = |s: &&Series| {
            s.metric == metric
                && s.subject == self.subject()
                && is_of(&s.key, member)
                && setting_of(self.settings, &s.key).is_some_and(|of| of.index == setting.index)
        };
        all.iter().find(mine).ok_or_else(|| {
            let subject = self.subject().name();
            format!("there are no rows of `{metric}` ({subject}) for {}", label(setting))
        })
    }

    fn moments(&self, setting: &Setting, all: &'a [MomentSeries]) -> Result<Vec<&'a MomentSeries>, String> {
        let mine = |m: &&MomentSeries| {
            m.metric == self.claim.metric
                && m.subject == self.subject()
                && is_of(&m.key, self.claim.member)
                && setting_of(self.settings, &m.key).is_some_and(|of| of.index == setting.index)
        };
        let found: Vec<&MomentSeries> = all.iter().filter(mine).collect();
        match found.first() {
            None => Err(format!("there is no summary of `{}` for {}", self.claim.metric, label(setting))),
            Some(first) if found.iter().any(|m| m.key != first.key) => {
                Err("streamed moments of a population can't be averaged within a seed; set measure.keep = \"rows\"".into())
            }
            Some(_) => Ok(found),
        }
    }

    /// What one setting has at each generation of the claim.
    fn evidence(&self, setting: &Setting) -> Result<Vec<Found<'a>>, String> {
        let claim = self.claim;
        let none = |at: u32| format!("no seed has a value at generation {at} of {}", label(setting));
        if let Findings::Moments(all) = self.findings {
            if claim.compares() {
                return Err(NO_PAIRS.into());
            }
            let mine = self.moments(setting, all)?;
            let at = |g: &u32| {
                let found = mine.iter().find(|m| m.generation == *g && m.moments.count() > 0);
                found.map(|m| Found::Moments(m)).ok_or_else(|| none(*g))
            };
            return claim.at.iter().map(at).collect();
        }
        let one = self.series(setting)?;
        let other = if claim.compares() {
            let member = claim.versus_member.or(claim.member);
            Some(self.series_of(&claim.metric, opponent(claim, setting, self.settings)?, member)?)
        } else {
            None
        };
        let at = |g: &u32| {
            let values = match other {
                Some(other) => differences(one.pairs(*g), other.pairs(*g)),
                None => one.values(*g),
            };
            if values.is_empty() { Err(none(*g)) } else { Ok(Found::Values(values)) }
        };
        claim.at.iter().map(at).collect()
    }

    /// One joint test over all picked settings and all generations.
    fn joint(&self, chosen: &[&Setting]) -> Result<ClaimResult, String> {
        let claim = self.claim;
        let mut found = Vec::new();
        for setting in chosen {
            let evidence = self.evidence(setting)?;
            found.extend(claim.at.iter().zip(evidence).map(|(at, evidence)| (*setting, *at, evidence)));
        }
        let mut points = Vec::with_capacity(found.len());
        let mut how = None;
        for (setting, at, evidence) in &found {
            let (expected, tolerance, relation) = self.target(setting, *at)?;
            let evidence = match evidence {
                Found::Values(values) => Evidence::Values(values),
                Found::Moments(series) => Evidence::Moments(&series.moments),
            };
            points.push(Point { at: *at, evidence, expected });
            how = Some((tolerance, relation));
        }
        let (tolerance, relation) = how.ok_or("the claim names no generation")?;
        let mut result = against_law(&claim.says, claim.statistic, &points, tolerance, relation);
        // Seeds whose value was refused or not finite are missing, and not at random.
        let count = |p: &Point<'_>| match p.evidence {
            Evidence::Values(values) => values.len() as u64,
            Evidence::Moments(moments) => moments.count(),
        };
        let (least, most) = points.iter().map(count).fold((u64::MAX, 0), |(a, b), n| (a.min(n), b.max(n)));
        if least < most {
            result
                .reason
                .push_str(&format!("; at some generation only {least} of {most} seeds have a value"));
        }
        if let [_, _, ..] = chosen
            && let Some(at) = result.at
            && let Some(deciding) =
                points.iter().position(|p| p.at == at && Some(p.expected.value) == result.expected)
        {
            result.reason.push_str(&format!("; in {}", label(found[deciding].0)));
        }
        Ok(result)
    }

    /// The slope of the mean along a swept number. A law's slope is that of its predictions at the
    /// same settings.
    fn slope_along(&self, chosen: &[&Setting]) -> Result<ClaimResult, String> {
        let claim = self.claim;
        let at = *claim.at.first().ok_or("the claim names no generation")?;
        let along = run_along(claim, chosen).map_err(|(_, why)| why)?;
        let arms: Vec<(f64, &[(u64, f64)])> = along
            .iter()
            .map(|(x, setting)| Ok((*x, self.series(setting)?.pairs(at))))
            .collect::<Result<_, String>>()?;
        let (_, first) = along.first().ok_or("no setting matches `where`")?;
        let (mut expected, tolerance, relation) = self.target(first, at)?;
        if claim.law.is_some() {
            let predicted: Vec<(f64, f64)> = along
                .iter()
                .map(|(x, setting)| Ok(scaled(self.scale(), (*x, self.target(setting, at)?.0.value))))
                .collect::<Result<_, String>>()?;
            let value =
                least_squares(&predicted).ok_or("a slope needs two settings with different numbers")?;
            expected = Expected { value, sd_of_one: None };
        }
        let held = (expected, tolerance, relation);
        Ok(slope_along(&claim.says, &arms, self.scale(), Some(at), held))
    }

    /// Spearman's correlation of two metrics over the picked settings.
    fn rank_correlation(&self, chosen: &[&Setting]) -> Result<ClaimResult, String> {
        let claim = self.claim;
        let at = *claim.at.first().ok_or("the claim names no generation")?;
        let with = claim.with.as_deref().ok_or("a rank correlation needs `with`")?;
        let first = *chosen.first().ok_or("no setting matches `where`")?;
        let pair = |setting: &&Setting| {
            Ok((self.series(setting)?.pairs(at), self.series_of(with, setting, claim.member)?.pairs(at)))
        };
        let pairs = chosen.iter().map(pair).collect::<Result<Vec<_>, String>>()?;
        Ok(rank_correlation(&claim.says, &pairs, Some(at), self.target(first, at)?))
    }

    /// Each setting along a swept number lies above (or below) the one before, at every generation.
    fn monotone_along(&self, chosen: &[&Setting]) -> Result<ClaimResult, String> {
        let mut along = run_along(self.claim, chosen).map_err(|(_, why)| why)?;
        if self.claim.direction == Some(Direction::Decreasing) {
            along.reverse();
        }
        let arms = along.iter().map(|(_, setting)| self.series(setting)).collect::<Result<Vec<_>, _>>()?;
        self.rising(&arms, self.claim.tolerance_absolute.unwrap_or(0.0))
    }

    /// Every neighbour in the order lies above the one before, at every generation, jointly.
    fn order(&self, chosen: &[&Setting]) -> Result<ClaimResult, String> {
        let claim = self.claim;
        let by = claim.by.as_deref().ok_or("an ordering needs `by`")?;
        let arms: Vec<&Series> = claim
            .order
            .iter()
            .map(|value| self.series(arm(chosen, by, value)?))
            .collect::<Result<_, String>>()?;
        self.rising(&arms, 0.0)
    }

    /// Each arm lies above the one before, up to `slack` in the metric's unit, at every generation of
    /// the claim: one joint test of the paired differences.
    fn rising(&self, arms: &[&Series], slack: f64) -> Result<ClaimResult, String> {
        let claim = self.claim;
        let mut rises = Vec::new();
        for &at in &claim.at {
            for pair in arms.windows(2) {
                let values = differences(pair[1].pairs(at), pair[0].pairs(at));
                if values.iter().all(|d| *d == 0.0) {
                    return Err(format!(
                        "two settings have no seed or the same values in every seed at generation {at}"
                    ));
                }
                rises.push((at, values));
            }
        }
        let expected = Expected { value: 0.0, sd_of_one: None };
        let points: Vec<Point<'_>> = rises
            .iter()
            .map(|(at, values)| Point { at: *at, evidence: Evidence::Values(values), expected })
            .collect();
        let slack = Tolerance::absolute(slack);
        Ok(against_law(&claim.says, Statistic::Mean, &points, slack, Relation::AtLeast))
    }

    /// What the claim holds its statistic against.
    fn target(&self, setting: &Setting, at: u32) -> Result<(Expected, Tolerance, Relation), String> {
        let claim = self.claim;
        let plain = |value: f64| Expected { value, sd_of_one: None };
        let tolerance = match (claim.tolerance, claim.tolerance_absolute) {
            (Some(relative), _) => Tolerance::relative(relative),
            (None, Some(absolute)) => Tolerance::absolute(absolute),
            (None, None) => Tolerance::default(),
        };
        match (&claim.law, claim.value, claim.greater, claim.less) {
            (Some(name), _, _, _) => {
                let law = theory::find(name).ok_or_else(|| format!("no law is called `{name}`"))?;
                let found = predict(law, setting, at)?;
                // The law's spread is that of the metric itself, not of a paired difference.
                let sd_of_one = found.sd_of_one.filter(|_| !claim.compares());
                Ok((Expected { value: found.mean, sd_of_one }, tolerance, law.relation()))
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
}
