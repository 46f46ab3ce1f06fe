//! Controls: what a claim must fail, with the same seeds and level.
//!
//! A claim that passes its control, or stays undecided on it, is *blind*: it would have passed without the mechanism
//! that it is about. So is one whose tolerance is more than half of the distance to its control.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::claim_checks::arm;
use super::claims::{Asked, Open, undecided};
use super::findings::Findings;
use super::settings::{has, label, opponent, picked};
use super::{Publication, PublishError};
use crate::analysis::{ClaimResult, Relation, Verdict};
use crate::spec::{self, ClaimSpec, Control, Error, Experiment, Node, Setting, Statistic};
use crate::store::Settings;
use crate::theory;

/// A tolerance may be at most this part of the distance to the control.
const LARGEST_TOLERANCE: f64 = 0.5;

/// What became of one control of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ControlResult {
    /// What stood in the place of the claim's law, number or rows.
    pub control: String,
    /// Whether the claim fails on it, as it should.
    pub fails: bool,
    /// What should have been, at the deciding point.
    pub expected: Option<f64>,
    /// The statistic there.
    pub measured: Option<f64>,
    /// Its interval.
    pub low: Option<f64>,
    /// Its interval.
    pub high: Option<f64>,
    /// The largest distance between claim and control, in tolerances; none where there is no tolerance.
    pub effect: Option<f64>,
    /// How it came about.
    pub reason: String,
}

impl ControlResult {
    /// Whether the claim can't tell the control from what it says.
    pub fn blind(&self) -> bool {
        !self.fails || self.effect.is_some_and(too_small)
    }
}

/// Whether a distance of so many tolerances is too small for the tolerance.
fn too_small(effect: f64) -> bool {
    effect * LARGEST_TOLERANCE < 1.0 - 1e-9
}

/// Where the rows of a setting are read.
pub(super) struct Stand<'a> {
    pub(super) findings: &'a Findings,
    /// The settings that the findings are of.
    pub(super) settings: &'a [Setting],
    /// By the index of a setting of the spec, the index of the one whose rows stand for it.
    by: Option<BTreeMap<usize, usize>>,
    /// The generation whose rows stand for every other.
    at: Option<u32>,
}

impl<'a> Stand<'a> {
    /// Every setting has its own rows.
    pub(super) fn own(findings: &'a Findings, settings: &'a [Setting]) -> Self {
        Self { findings, settings, by: None, at: None }
    }

    /// The setting whose rows stand for this one's.
    pub(super) fn of(&self, setting: &Setting) -> Result<&'a Setting, String> {
        let index = match &self.by {
            None => Some(setting.index),
            Some(by) => by.get(&setting.index).copied(),
        };
        let found = index.and_then(|i| self.settings.get(i));
        found.ok_or_else(|| format!("the control has no rows for {}", label(setting)))
    }

    /// The generation whose rows stand for this one's.
    pub(super) fn at(&self, generation: u32) -> u32 {
        self.at.unwrap_or(generation)
    }
}

/// A run that only controls need: settings of the spec with further keys set.
pub struct ControlRun {
    /// The experiment, without figures and claims.
    pub experiment: Experiment,
    /// What is set, as text.
    set: String,
    by: BTreeMap<usize, usize>,
}

/// What is set, and the claims whose control it is.
type Asking<'e> = (&'e [(String, Node)], Vec<&'e ClaimSpec>);

/// The runs that the controls of an experiment need beside its own, with these seeds.
///
/// # Errors
/// Where a control sets what a setting can't have.
pub fn control_runs(experiment: &Experiment, seeds: &[u64]) -> Result<Vec<ControlRun>, Error> {
    let settings = experiment.settings()?;
    let mut runs = Vec::new();
    let mut sets: BTreeMap<String, Asking<'_>> = BTreeMap::new();
    for claim in &experiment.claims {
        for control in &claim.controls {
            if let Control::Set(set) = control {
                sets.entry(text_of(set)).or_insert((set, Vec::new())).1.push(claim);
            }
        }
    }
    for (text, (set, claims)) in sets {
        let mut by = BTreeMap::new();
        let mut points: Vec<Vec<(String, Node)>> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for setting in claims.iter().flat_map(|claim| needed(claim, &settings)) {
            let mut point = setting.point.clone();
            for (key, value) in set {
                match point.iter_mut().find(|(known, _)| known == key) {
                    Some((_, old)) => *old = value.clone(),
                    None => point.push((key.clone(), value.clone())),
                }
            }
            let index = *known.entry(text_of(&point)).or_insert_with(|| {
                points.push(point);
                points.len() - 1
            });
            by.insert(setting.index, index);
        }
        let metrics: BTreeSet<&str> = claims
            .iter()
            .flat_map(|claim| claim.with.as_deref().into_iter().chain([claim.metric.as_str()]))
            .collect();
        let at: BTreeSet<u32> = claims.iter().flat_map(|claim| claim.at.iter().copied()).collect();
        let narrow = experiment.at_points(&points, seeds, &metrics, &at)?;
        runs.push(ControlRun { experiment: narrow, set: text, by });
    }
    Ok(runs)
}

/// The settings whose rows a claim reads.
pub(super) fn needed<'s>(claim: &ClaimSpec, settings: &'s [Setting]) -> Vec<&'s Setting> {
    let chosen = picked(claim, settings);
    let against: Vec<&Setting> = chosen
        .iter()
        .filter(|_| claim.compares())
        .filter_map(|setting| opponent(claim, setting, settings).ok())
        .collect();
    match (claim.statistic, &claim.by) {
        (Statistic::Ordering, Some(by)) => {
            claim.order.iter().filter_map(|value| arm(&chosen, by, value).ok()).collect()
        }
        _ => chosen.into_iter().chain(against).collect(),
    }
}

fn text_of(picks: &[(String, Node)]) -> String {
    let one = |(key, value): &(String, Node)| format!("{key}={}", spec::canonical(value));
    picks.iter().map(one).collect::<Vec<_>>().join(";")
}

/// Puts every claim before its controls; `extra` are the runs of [`control_runs`] with their folders. One list a
/// claim, empty where a claim has no control.
///
/// # Errors
/// Those of the files.
pub fn decide_controls(
    publication: &Publication,
    looks: u32,
    extra: &[(ControlRun, Publication)],
) -> Result<Vec<Vec<ControlResult>>, PublishError> {
    let (settings, records) = (publication.settings()?, publication.records()?);
    let own = Findings::with_laws(publication)?;
    let mut theirs = Vec::with_capacity(extra.len());
    for (run, publication) in extra {
        theirs.push((run, Findings::read(publication)?, publication.settings()?));
    }
    let of = |claim: &ClaimSpec| -> Vec<ControlResult> {
        let ask = |control: &Control| {
            let rows = match control {
                Control::Where(picks) => Stand {
                    by: Some(
                        needed(claim, &settings)
                            .into_iter()
                            .filter_map(|s| Some((s.index, stand_in(picks, s, &settings).ok()?.index)))
                            .collect(),
                    ),
                    ..Stand::own(&own, &settings)
                },
                Control::At(generation) => Stand { at: Some(*generation), ..Stand::own(&own, &settings) },
                Control::Set(set) => {
                    let text = text_of(set);
                    let found = theirs.iter().find(|(run, ..)| run.set == text);
                    let Some((run, findings, settings)) = found else {
                        return not_asked(control, "it was not run".into());
                    };
                    Stand { findings, settings, by: Some(run.by.clone()), at: None }
                }
                _ => Stand::own(&own, &settings),
            };
            let (settings, records) = (&settings, &records);
            let asked = Asked { claim, settings, records, rows, looks, against: Some(control) };
            asked.against(control)
        };
        must_fail(claim).iter().map(ask).collect()
    };
    Ok(publication.experiment.claims.iter().map(of).collect())
}

/// The controls of a claim. A bound has no nearest wrong law: one fit later it is another bound.
fn must_fail(claim: &ClaimSpec) -> Vec<Control> {
    let law = claim.law.as_deref().and_then(theory::find);
    let bound = law.is_some_and(|law| law.relation != Relation::Equal);
    if claim.controls.is_empty() && bound { Vec::new() } else { claim.must_fail() }
}

/// The setting whose values are those of `picks`: the only one, or the one that agrees with `of` in every other
/// swept key.
pub(super) fn stand_in<'s>(
    picks: &[(String, Node)],
    of: &Setting,
    settings: &'s [Setting],
) -> Result<&'s Setting, String> {
    let mut found: Vec<&Setting> = settings.iter().filter(|s| has(s, picks)).collect();
    if found.len() > 1 {
        let other = |key: &str| !picks.iter().any(|(named, _)| named == key);
        found.retain(|s| {
            let keys = s.point.iter().chain(&of.point).map(|(key, _)| key.as_str());
            keys.filter(|key| other(key))
                .all(|key| s.get(key).map(spec::canonical) == of.get(key).map(spec::canonical))
        });
    }
    match found.as_slice() {
        [one] => Ok(one),
        several => Err(format!("has a control that picks {} settings and must pick one", several.len())),
    }
}

fn not_asked(control: &Control, reason: String) -> ControlResult {
    ControlResult {
        control: control.to_string(),
        fails: false,
        expected: None,
        measured: None,
        low: None,
        high: None,
        effect: None,
        reason,
    }
}

impl Asked<'_> {
    fn against(&self, control: &Control) -> ControlResult {
        let (fails, found) = match self.decide() {
            Ok(found) => (found.verdict == Verdict::Failed, found),
            // No difference at all is what a claim about a difference must fail.
            Err(open @ Open::Same(_)) => (true, undecided(self.claim, open.why())),
            Err(open) => (false, undecided(self.claim, open.why())),
        };
        let ClaimResult { expected, measured, low, high, reason, .. } = found;
        let effect = self.effect(control);
        ControlResult { control: control.to_string(), fails, expected, measured, low, high, effect, reason }
    }

    /// The largest distance between what the claim says and its control, in tolerances.
    fn effect(&self, control: &Control) -> Option<f64> {
        let plain = Asked { rows: Stand { by: None, ..self.rows }, against: None, ..*self };
        let chosen = picked(self.claim, self.settings);
        let places = chosen.iter().flat_map(|s| self.claim.at.iter().map(move |at| (*s, *at)));
        let of = |(setting, at): (&Setting, u32)| {
            let (expected, tolerance, _) = plain.target(setting, at).ok()?;
            let width = tolerance.width(expected.value);
            let other = if control.has_its_own_target() {
                self.target(setting, at).ok()?.0.value
            } else {
                self.mean_at(setting, at)?
            };
            (width > 0.0).then(|| (expected.value - other).abs() / width)
        };
        places.filter_map(of).reduce(f64::max)
    }

    /// The mean of the rows that stand for a setting's, where the claim is about a mean.
    fn mean_at(&self, setting: &Setting, at: u32) -> Option<f64> {
        if self.claim.statistic != Statistic::Mean || self.claim.compares() {
            return None;
        }
        let values = self.series(setting).ok()?.values(self.rows.at(at));
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

/// The claims that are blind whatever a run finds: what they say, and why.
///
/// # Errors
/// On the first setting whose tables don't fit together.
pub fn blind_before(experiment: &Experiment, records: &Settings) -> Result<Vec<(String, String)>, Error> {
    let settings = experiment.settings()?;
    let nothing = Findings::default();
    let mut blind = Vec::new();
    for claim in &experiment.claims {
        let controls = must_fail(claim);
        if controls.is_empty() {
            blind.push((claim.says.clone(), "it has no control".to_owned()));
        }
        for control in controls.iter().filter(|control| control.has_its_own_target()) {
            let rows = Stand::own(&nothing, &settings);
            let (settings, against) = (&settings, Some(control));
            let asked = Asked { claim, settings, records, rows, looks: 1, against };
            let why = match asked.effect(control) {
                None if claim.law.is_some() || claim.value.is_some() => {
                    format!("{control} says nothing at these generations")
                }
                Some(effect) if too_small(effect) => {
                    format!("{control} is {effect:.2} tolerances away, and should be 2 or more")
                }
                _ => continue,
            };
            blind.push((claim.says.clone(), why));
        }
    }
    Ok(blind)
}
