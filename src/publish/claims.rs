//! Claims: from `[[claim]]` and the findings to verdicts.
//!
//! `where` picks settings; a law or a number is held against all of them and all generations in one
//! joint test. What no run of the spec can decide (a setting, metric, generation or law that is not
//! there) is an error. What this run can't decide (rows that are missing) is undecided, with the reason: nothing passes
//! silently.

use super::claim_checks::{arm, examine_claims, run_along};
use super::claims_controls::{Stand, needed};
use super::conditions::predict;
use super::findings::{Findings, is_of};
use super::settings::{label, opponent, picked};
use super::{Publication, PublishError};
use crate::analysis::{
    ClaimResult, Expected, Point, Question, Range, Relation, Series, Statistic, Tolerance, Verdict,
    against_law, differences, least_squares, monotone, rank_correlation, rises, scaled, slope, slope_along,
};
use crate::metrics::{METRICS, Scale, Subject};
use crate::spec::{self, ClaimSpec, Control, Direction, Error, Setting, SlopeScale};
use crate::store::{Settings, tables};
use crate::theory;

/// Decides every claim and writes `claims.json`. A claim that is looked at up to `looks` times, with more seeds each
/// time, has its error shared by the looks.
///
/// # Errors
/// [`PublishError::Claim`] for a claim that no run of the spec can decide, and those of the files.
pub fn decide_claims(publication: &Publication, looks: u32) -> Result<Vec<ClaimResult>, PublishError> {
    let experiment = &publication.experiment;
    if experiment.claims.is_empty() {
        return Ok(Vec::new());
    }
    let settings = publication.settings()?;
    let mut problems = Vec::new();
    examine_claims(experiment, &settings, &publication.components, &mut problems);
    if let Some(source) = Error::all(problems) {
        return Err(PublishError::Spec { path: publication.folder.spec(), source });
    }
    let records = publication.records()?;
    let findings = Findings::with_laws(publication)?;
    let mut results = Vec::with_capacity(experiment.claims.len());
    for claim in &experiment.claims {
        let asked = Asked::plainly(claim, (&settings, &records), &findings, looks);
        if !asked.measured_somewhere() {
            let why = format!("is about `{}`, which was not measured in any setting", claim.metric);
            return Err(PublishError::Claim { says: claim.says.clone(), why });
        }
        let decided = asked.decide().unwrap_or_else(|open| undecided(claim, open.why()));
        results.push(ClaimResult { note: claim.note.clone(), ..decided });
    }
    tables::write_json(&publication.folder.claims(), &results)?;
    Ok(results)
}

pub(super) fn undecided(claim: &ClaimSpec, reason: String) -> ClaimResult {
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

/// Why a claim stays open.
pub(super) enum Open {
    /// What is compared is the same in every seed, at this generation.
    Same(u32),
    /// Anything else, in words.
    Why(String),
}

impl Open {
    pub(super) fn why(self) -> String {
        match self {
            Open::Same(at) => {
                format!("what is compared has the same value in every seed at generation {at}")
            }
            Open::Why(why) => why,
        }
    }
}

impl From<String> for Open {
    fn from(why: String) -> Self {
        Open::Why(why)
    }
}

impl From<&str> for Open {
    fn from(why: &str) -> Self {
        Open::Why(why.to_owned())
    }
}

/// One claim and what it is decided from.
pub(super) struct Asked<'a> {
    pub(super) claim: &'a ClaimSpec,
    /// The settings of the spec.
    pub(super) settings: &'a [Setting],
    /// What their laws know of them.
    pub(super) records: &'a Settings,
    /// Whose rows stand for which setting's.
    pub(super) rows: Stand<'a>,
    pub(super) looks: u32,
    /// What the claim is asked against in place of its own target.
    pub(super) against: Option<&'a Control>,
}

impl<'a> Asked<'a> {
    pub(super) fn plainly(
        claim: &'a ClaimSpec,
        (settings, records): (&'a [Setting], &'a Settings),
        findings: &'a Findings,
        looks: u32,
    ) -> Self {
        Self { claim, settings, records, rows: Stand::own(findings, settings), looks, against: None }
    }

    fn subject(&self) -> Subject {
        match self.claim.subject {
            spec::Subject::Model => Subject::Model,
            spec::Subject::Synthetic => Subject::Synthetic,
            spec::Subject::Training => Subject::Training,
        }
    }

    fn measured_somewhere(&self) -> bool {
        self.rows.findings.series().any(|s| s.metric == self.claim.metric)
    }

    /// The question, with what one value of the metric can be.
    fn question(&self) -> Question<'a> {
        let metric = self.claim.metric.as_str();
        let range = match self.rows.findings.reading(metric).map(|r| r.scale) {
            Some(Scale::Logit) => Range::Within(0.0, 1.0),
            None if METRICS.get(metric).is_none() && theory::find(metric).is_some() => Range::Exact,
            _ => Range::Any,
        };
        Question { says: &self.claim.says, looks: self.looks, range }
    }

    /// The verdict. Seeds whose value is infinite or absent are missing, and not at random: the ones that are left pass
    /// nothing.
    pub(super) fn decide(&self) -> Result<ClaimResult, Open> {
        let mut result = self.decided()?;
        if let Some(lacking) = self.lacking() {
            result.reason.push_str(&format!("; {lacking}"));
            if result.verdict == Verdict::Passed {
                result.verdict = Verdict::Undecided;
            }
        }
        Ok(result)
    }

    /// Where the claim's rows first have not every seed that was asked for, and why.
    fn lacking(&self) -> Option<String> {
        let claim = self.claim;
        let metrics = claim.with.as_deref().into_iter().chain([claim.metric.as_str()]);
        let member = claim.versus_member.or(claim.member);
        metrics
            .flat_map(|metric| needed(claim, self.settings).into_iter().map(move |s| (metric, s)))
            .find_map(|(metric, setting)| {
                let series = self.series_of(metric, setting, claim.member);
                let series = series.or_else(|_| self.series_of(metric, setting, member)).ok()?;
                let remark = |at: &u32| {
                    let at = self.rows.at(*at);
                    let remark = series.counts(at).remark()?;
                    Some(format!("generation {at} of {} has {remark}", label(setting)))
                };
                claim.at.iter().find_map(remark)
            })
    }

    fn decided(&self) -> Result<ClaimResult, Open> {
        let claim = self.claim;
        let chosen = picked(claim, self.settings);
        let first = *chosen.first().ok_or("no setting matches `where`")?;
        match claim.statistic {
            Statistic::Ordering => self.order(&chosen),
            Statistic::Monotone if claim.by.is_some() => self.monotone_along(&chosen),
            Statistic::Slope if claim.by.is_some() => self.slope_along(&chosen),
            Statistic::Monotone => {
                let (rising, series) = (claim.direction == Some(Direction::Increasing), self.series(first)?);
                let still = |step: &&[u32]| {
                    let steps = differences(series.pairs(step[1]), series.pairs(step[0]));
                    !steps.is_empty() && steps.iter().all(|d| *d == 0.0)
                };
                if let Some(step) = claim.at.windows(2).find(still) {
                    return Err(Open::Same(step[1]));
                }
                Ok(monotone(self.question(), series, &claim.at, rising, self.least()))
            }
            Statistic::Slope => {
                let mut series = self.series(first)?.clone();
                series.at.retain(|generation, _| claim.at.contains(generation));
                let last = claim.at.iter().copied().max().unwrap_or(0);
                let (expected, tolerance, relation) = self.target(first, last)?;
                Ok(slope(self.question(), &series, self.scale(), expected, tolerance, relation))
            }
            Statistic::RankCorrelation => self.rank_correlation(&chosen),
            Statistic::Mean | Statistic::Median | Statistic::MeanLog => self.joint(&chosen),
        }
    }

    /// The least size of a step.
    fn least(&self) -> f64 {
        self.claim.least.unwrap_or(0.0)
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
    pub(super) fn series(&self, setting: &Setting) -> Result<&'a Series, String> {
        self.series_of(&self.claim.metric, setting, self.claim.member)
    }

    fn series_of(&self, metric: &str, setting: &Setting, member: Option<u32>) -> Result<&'a Series, String> {
        let setting = self.rows.of(setting)?;
        let mine = |s: &&Series| s.metric == metric && s.subject == self.subject() && is_of(&s.key, member);
        self.rows.findings.of(setting.index).find(mine).ok_or_else(|| {
            let subject = self.subject().name();
            format!("there are no rows of `{metric}` ({subject}) for {}", label(setting))
        })
    }

    /// What one setting has at each generation of the claim.
    fn evidence(&self, setting: &Setting) -> Result<Vec<Vec<f64>>, Open> {
        let claim = self.claim;
        let none = |at: u32| {
            let lacking = self.lacking().map_or(String::new(), |why| format!(" ({why})"));
            format!("no seed has a value at generation {at} of {}{lacking}", label(setting))
        };
        let one = self.series(setting)?;
        let other = if claim.compares() {
            let member = claim.versus_member.or(claim.member);
            Some(self.series_of(&claim.metric, opponent(claim, setting, self.settings)?, member)?)
        } else {
            None
        };
        let at = |g: &u32| {
            let g = self.rows.at(*g);
            let values = match other {
                Some(other) => differences(one.pairs(g), other.pairs(g)),
                None => one.values(g),
            };
            match values.first() {
                None => Err(none(g).into()),
                Some(_) if other.is_some() && values.iter().all(|d| *d == 0.0) => Err(Open::Same(g)),
                Some(_) => Ok(values),
            }
        };
        claim.at.iter().map(at).collect()
    }

    /// One joint test over all picked settings and all generations.
    fn joint(&self, chosen: &[&Setting]) -> Result<ClaimResult, Open> {
        let claim = self.claim;
        let mut found = Vec::new();
        for setting in chosen {
            let evidence = self.evidence(setting)?;
            found.extend(claim.at.iter().zip(evidence).map(|(at, evidence)| (*setting, *at, evidence)));
        }
        // A law one fit earlier says nothing of the first fit.
        let off = matches!(self.against, Some(Control::Fits(_)));
        let targets: Vec<_> = found.iter().map(|(setting, at, _)| self.target(setting, *at)).collect();
        let mut points = Vec::with_capacity(found.len());
        let mut settings = Vec::with_capacity(found.len());
        let mut how = None;
        for ((setting, at, evidence), target) in found.iter().zip(targets) {
            let (expected, tolerance, relation) = match target {
                Err(_) if off => continue,
                other => other?,
            };
            points.push(Point { at: *at, values: evidence, expected });
            settings.push(*setting);
            how = Some((tolerance, relation));
        }
        let (tolerance, relation) = how.ok_or("the claim names no generation that the law speaks of")?;
        let mut question = self.question();
        if claim.compares() {
            question = question.of(question.range.of_difference());
        }
        let mut result = against_law(question, claim.statistic, &points, tolerance, relation);
        if let [_, _, ..] = chosen
            && let Some(at) = result.at
            && let Some(deciding) =
                points.iter().position(|p| p.at == at && Some(p.expected.value) == result.expected)
        {
            result.reason.push_str(&format!("; in {}", label(settings[deciding])));
        }
        Ok(result)
    }

    /// The slope of the mean along a swept number. A law's slope is that of its predictions at the
    /// same settings.
    fn slope_along(&self, chosen: &[&Setting]) -> Result<ClaimResult, Open> {
        let claim = self.claim;
        let at = self.first_generation()?;
        let along = run_along(claim, chosen).map_err(|(_, why)| why)?;
        let arms: Vec<(f64, &[(u64, f64)])> = along
            .iter()
            .map(|(x, setting)| Ok((*x, self.series(setting)?.pairs(self.rows.at(at)))))
            .collect::<Result<_, String>>()?;
        let (_, first) = along.first().ok_or("no setting matches `where`")?;
        let (mut expected, tolerance, relation) = self.target(first, at)?;
        if claim.law.is_some() && !matches!(self.against, Some(Control::Value(_))) {
            let predicted: Vec<(f64, f64)> = along
                .iter()
                .map(|(x, setting)| Ok(scaled(self.scale(), (*x, self.target(setting, at)?.0.value))))
                .collect::<Result<_, String>>()?;
            let value =
                least_squares(&predicted).ok_or("a slope needs two settings with different numbers")?;
            expected = Expected { value, sd_of_one: None };
        }
        let held = (expected, tolerance, relation);
        Ok(slope_along(self.question(), &arms, self.scale(), Some(at), held))
    }

    fn first_generation(&self) -> Result<u32, Open> {
        Ok(*self.claim.at.first().ok_or("the claim names no generation")?)
    }

    /// Spearman's correlation of two metrics over the picked settings.
    fn rank_correlation(&self, chosen: &[&Setting]) -> Result<ClaimResult, Open> {
        let claim = self.claim;
        let at = self.first_generation()?;
        let with = claim.with.as_deref().ok_or("a rank correlation needs `with`")?;
        let first = *chosen.first().ok_or("no setting matches `where`")?;
        let from = self.rows.at(at);
        let pair = |setting: &&Setting| {
            Ok((self.series(setting)?.pairs(from), self.series_of(with, setting, claim.member)?.pairs(from)))
        };
        let pairs = chosen.iter().map(pair).collect::<Result<Vec<_>, String>>()?;
        Ok(rank_correlation(self.question(), &pairs, Some(at), self.target(first, at)?))
    }

    /// Each setting along a swept number lies above (or below) the one before, at every generation.
    fn monotone_along(&self, chosen: &[&Setting]) -> Result<ClaimResult, Open> {
        let mut along = run_along(self.claim, chosen).map_err(|(_, why)| why)?;
        if self.claim.direction == Some(Direction::Decreasing) {
            along.reverse();
        }
        let arms = along.iter().map(|(_, setting)| self.series(setting)).collect::<Result<Vec<_>, _>>()?;
        self.rising(&arms)
    }

    /// Every neighbour in the order lies above the one before, at every generation, jointly.
    fn order(&self, chosen: &[&Setting]) -> Result<ClaimResult, Open> {
        let claim = self.claim;
        let by = claim.by.as_deref().ok_or("an ordering needs `by`")?;
        let arms: Vec<&Series> = claim
            .order
            .iter()
            .map(|value| self.series(arm(chosen, by, value)?))
            .collect::<Result<_, String>>()?;
        self.rising(&arms)
    }

    /// Each arm lies above the one before by the least size, at every generation of the claim: one joint test of the
    /// paired differences.
    fn rising(&self, arms: &[&Series]) -> Result<ClaimResult, Open> {
        let mut steps = Vec::new();
        for &at in &self.claim.at {
            let from = self.rows.at(at);
            for pair in arms.windows(2) {
                let values = differences(pair[1].pairs(from), pair[0].pairs(from));
                if values.is_empty() {
                    return Err(format!("two settings have no seed in common at generation {from}").into());
                }
                if values.iter().all(|d| *d == 0.0) {
                    return Err(Open::Same(from));
                }
                steps.push((at, values));
            }
        }
        Ok(rises(self.question(), &steps, self.least()))
    }

    /// What the claim holds its statistic against, or what its control puts in the place of that.
    pub(super) fn target(
        &self,
        setting: &Setting,
        at: u32,
    ) -> Result<(Expected, Tolerance, Relation), String> {
        let claim = self.claim;
        let plain = |value: f64| Expected { value, sd_of_one: None };
        let tolerance = match (claim.tolerance, claim.tolerance_absolute) {
            (Some(relative), _) => Tolerance::relative(relative),
            (None, Some(absolute)) => Tolerance::absolute(absolute),
            (None, None) => Tolerance::default(),
        };
        let of_law = |name: &str, at: u32| {
            let law = theory::find(name).ok_or_else(|| format!("no law is called `{name}`"))?;
            let found = predict(law, self.records, (setting.index, at), &claim.metric)?;
            // The law's spread is that of the metric itself, not of a paired difference.
            let sd_of_one = found.sd_of_one.filter(|_| !claim.compares());
            Ok::<_, String>((Expected { value: found.mean, sd_of_one }, tolerance, law.relation))
        };
        match (self.against, &claim.law) {
            (Some(Control::Law(name)), _) => return of_law(name, at),
            (Some(Control::Value(value)), _) => return Ok((plain(*value), tolerance, Relation::Equal)),
            (Some(Control::Fits(by)), Some(name)) => {
                let at = at.checked_add_signed(*by).ok_or("there is no fit before the first")?;
                return of_law(name, at);
            }
            _ => {}
        }
        match (&claim.law, claim.value, claim.greater, claim.less) {
            (Some(name), _, _, _) => of_law(name, at),
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
