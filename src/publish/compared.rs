//! From a run's series to the effects of human rows, regime by regime.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::{Publication, PublishError, number, observations};
use crate::analysis::effects::{
    Arm, ByGeneration, Change, Comparison, Gains, Judged, Level, Metric, Tolerance, Why, change, compared,
    gains_of, level_of,
};
use crate::analysis::{Observations, Over, Series};
use crate::components::Components;
use crate::data::Source;
use crate::metrics::{Direction, HumanProfile, Observed, Reading, Scale, Space, Subject, Worst};
use crate::regimes::{self, FractionRule};
use crate::registry::BuildContext;
use crate::spec::{Coordinates, Node, Setting, canonical};
use crate::store::{Manifest, Seen};

/// What a comparison is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The share of the loss that is to be prevented, in (0, 1).
    pub prevent: f64,
    /// The tolerance as a share of the distance from the start to the worst value.
    pub share: f64,
    /// Tolerances in a metric's own unit.
    pub units: BTreeMap<String, f64>,
    /// How often the seeds were looked at before they were fixed, this time included.
    pub looks: usize,
}

impl Default for Asked {
    fn default() -> Self {
        Self { prevent: 0.9, share: 0.1, units: BTreeMap::new(), looks: 1 }
    }
}

impl Asked {
    /// What the command that filled the folder asked for: it stands among the manifest's decisions.
    pub fn of(publication: &Publication) -> Self {
        let known = Manifest::load(&publication.folder).ok();
        let asked = |d: &serde_json::Value| serde_json::from_value(d.get("asked")?.clone()).ok();
        known.and_then(|m| m.decisions.iter().find_map(asked)).unwrap_or_default()
    }

    /// The same as a decision of a manifest.
    pub fn decision(&self) -> serde_json::Value {
        serde_json::json!({ "asked": self })
    }

    /// The tolerance of a metric.
    pub fn tolerance(&self, metric: &str) -> Tolerance {
        self.units.get(metric).map_or(Tolerance::OfDistance(self.share), |units| Tolerance::Units(*units))
    }
}

/// The effects of human rows in every regime of a run: comparisons of human fractions, or the gains of synthetic rows
/// beside a fixed number of human rows.
#[derive(Default)]
pub struct Effects {
    /// Regime by regime.
    pub comparisons: Vec<Comparison>,
    /// Gains by regime and metric, with the number of human rows, where that is fixed.
    pub gains: Vec<RegimeGains>,
    /// What is held fixed, in words.
    pub held: String,
    /// The metrics whose values and shares move with the number of rows that metrics see.
    pub sized: Sized,
}

/// Metrics whose expected value depends on how many rows they see, and how many these are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sized {
    /// `measure.size`, or what it was cut to.
    pub rows: usize,
    /// Their names.
    pub metrics: Vec<String>,
}

impl Sized {
    /// Of the first setting that has some.
    ///
    /// # Errors
    /// Those of the files.
    pub fn of(publication: &Publication) -> Result<Self, PublishError> {
        let records = publication.records()?;
        let biased = |name: &&String| publication.components.reading(name).is_some_and(|r| !r.unbiased);
        let of =
            |seen: &Seen| Self { rows: seen.rows, metrics: seen.by.iter().filter(biased).cloned().collect() };
        Ok(records.iter().map(|r| of(&r.seen)).find(|sized| !sized.metrics.is_empty()).unwrap_or_default())
    }

    /// The number of rows where this metric's values move with it.
    pub fn rows_of(&self, metric: &str) -> Option<usize> {
        self.metrics.iter().any(|m| m == metric).then_some(self.rows)
    }

    /// The sentence, where there is something to say.
    pub fn sentence(&self) -> Option<String> {
        (!self.metrics.is_empty()).then(|| {
            format!(
                "Metrics see {} rows (measure.size), and what is said of {} moves with that number.",
                self.rows,
                self.metrics.join(", ")
            )
        })
    }
}

/// What synthetic rows add to a fixed number of human rows in one regime.
pub struct RegimeGains {
    /// The regime, where several stand side by side.
    pub regime: Option<String>,
    /// The human rows.
    pub human_rows: usize,
    /// The last generation.
    pub generation: u32,
    /// Metric by metric.
    pub metrics: Vec<(String, Result<Gains, Why>)>,
}

/// The effects of human rows; empty where the run compares no human fractions.
///
/// # Errors
/// Those of the files.
pub fn effects(publication: &Publication, asked: &Asked) -> Result<Rc<Effects>, PublishError> {
    if let Some((_, known)) = publication.held.borrow().effects.iter().find(|(of, _)| of == asked) {
        return Ok(known.clone());
    }
    let found = Rc::new(effects_of(publication, asked)?);
    publication.held.borrow_mut().effects = Some((asked.clone(), found.clone()));
    Ok(found)
}

fn effects_of(publication: &Publication, asked: &Asked) -> Result<Effects, PublishError> {
    let all = observations(publication)?;
    let settings = publication.settings()?;
    let mut groups: Vec<((&str, u64), Vec<&Setting>)> = Vec::new();
    for setting in settings.iter() {
        let of = (setting.loop_.regime.as_str(), setting.sampling.temperature.to_bits());
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, members)) => members.push(setting),
            None => groups.push((of, vec![setting])),
        }
    }
    let differ = |of: fn(&(&str, u64)) -> String| groups.iter().any(|(g, _)| of(g) != of(&groups[0].0));
    let (regimes, temperatures) = (differ(|g| g.0.to_owned()), differ(|g| g.1.to_string()));
    let scales = settings.iter().any(|s| s.loop_.synthetic_scale.is_some());
    let mut found = Effects::default();
    for ((regime, temperature), members) in &groups {
        let generation = members.iter().map(|s| s.loop_.generations).max().unwrap_or(0);
        let metrics = arms(publication, &all, members, asked);
        if metrics.is_empty() {
            continue;
        }
        let temperature = format!("temperature {}", number(f64::from_bits(*temperature)));
        let names = [regimes.then(|| (*regime).to_owned()), temperatures.then_some(temperature)];
        let name: Vec<String> = names.into_iter().flatten().collect();
        let regime_name = (!name.is_empty()).then(|| name.join(", "));
        if scales {
            found.gains.push(RegimeGains {
                regime: regime_name,
                human_rows: members.iter().find_map(|s| s.loop_.human_rows).unwrap_or(0),
                generation,
                metrics: gains_of(&metrics, generation),
            });
            continue;
        }
        let (metrics, together) = compared(&metrics, generation, asked.prevent, asked.looks);
        found.comparisons.push(Comparison {
            regime: regime_name,
            own_fraction: own_fraction(members, publication),
            generation,
            share: asked.prevent,
            metrics,
            together,
        });
    }
    found.held = held(&settings, publication);
    found.sized = Sized::of(publication)?;
    // Beside others a regime may have one arm, such as one that determines its own human fraction.
    if !found.comparisons.iter().any(|c| c.metrics.iter().any(|m| m.arms.len() > 1)) {
        found.comparisons.clear();
    }
    Ok(found)
}

/// What is held fixed while human rows vary.
fn held(settings: &[Setting], publication: &Publication) -> String {
    let seeds = publication.experiment.sweep.seeds.len();
    let regimes = &publication.components.regimes;
    let Some(first) = settings.first() else { return String::new() };
    let spec = &first.loop_;
    let one = settings.iter().all(|s| s.loop_.regime == spec.regime);
    let regime = if one { format!("regime {}, ", spec.regime) } else { String::new() };
    let rows = match (spec.human_rows, spec.samples.as_ref().and_then(|s| s.as_constant())) {
        (Some(rows), _) => format!("{rows} human rows in every training set"),
        (None, Some(rows)) if !one => format!("{rows} rows made or drawn at every generation"),
        (None, Some(rows)) if regimes::resolve(spec, regimes).is_ok_and(|(regime, _)| !regime.grows()) => {
            format!("{rows} rows in every training set")
        }
        (None, Some(rows)) => format!("{rows} rows that arrive at every generation"),
        (None, None) => "the schedule of the training set's size".to_owned(),
    };
    let sampling = &first.sampling;
    let temperature = match settings.iter().all(|s| s.sampling.temperature == sampling.temperature) {
        true => format!("temperature {}", sampling.temperature),
        false => "each temperature by itself".to_owned(),
    };
    let scale = match sampling.covariance_scale {
        1.0 => String::new(),
        scale => format!(", covariance scale {scale}"),
    };
    format!("Held fixed: {rows}, {regime}{temperature}{scale}; intervals are over {seeds} training seeds.")
}

/// Whether a regime determines its own human fraction.
fn own_fraction(settings: &[&Setting], publication: &Publication) -> bool {
    let regimes = &publication.components.regimes;
    let resolved = settings.iter().filter_map(|s| regimes::resolve(&s.loop_, regimes).ok()).next();
    resolved.is_some_and(|(regime, _)| regime.fraction_rule() == FractionRule::Own)
}

/// The human rows of a setting, clean; `None` where they are not there any more.
pub(super) fn source(setting: &Setting, components: &Components) -> Option<Source> {
    let entry = components.sources.get(setting.data.get("source")?.as_str()?)?;
    let mut own: Node = setting.data.clone();
    let table = own.as_table_mut()?;
    ["source", "contamination"].iter().for_each(|key| drop(table.remove(key)));
    entry.build(&own, &BuildContext::default()).ok()
}

/// What is known of the human rows of a setting.
fn profile(setting: &Setting, space: Coordinates, components: &Components) -> HumanProfile {
    let Some(source) = source(setting, components) else { return HumanProfile::default() };
    let space = match space {
        Coordinates::HumanScale => Space::of(&source),
        Coordinates::Classifier => Space::classifier(&source, BuildContext::default().device).ok(),
        Coordinates::Raw => None,
    };
    HumanProfile::of(&source, space.as_ref())
}

/// How the values of a metric of this setting are judged; `None` where the name is no metric.
pub(super) fn judge(
    publication: &Publication,
    setting: &Setting,
    metric: &str,
    human: Option<&Series>,
    asked: &Asked,
) -> Option<Judged> {
    let reading = publication.components.reading(metric)?;
    let profile = profile(setting, publication.experiment.measure.space, &publication.components);
    Some(judged(metric, &reading, &profile, human, asked))
}

/// How the values of a metric are judged; `human` is its series of human rows.
fn judged(
    name: &str,
    reading: &Reading,
    profile: &HumanProfile,
    human: Option<&Series>,
    asked: &Asked,
) -> Judged {
    let people = human.and_then(|h| {
        let values = h.values(h.last()?);
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    });
    Judged {
        direction: reading.direction,
        worst: reading.worst.value(profile),
        human: people.filter(|_| reading.direction == Direction::TwoSided),
        tolerance: match (asked.tolerance(name), reading.worst) {
            (Tolerance::OfDistance(share), Worst::OfExponential(_)) => Tolerance::OfLogDistance(share),
            (tolerance, _) => tolerance,
        },
    }
}

/// The observations of a series by generation.
fn by_generation(series: &Series) -> ByGeneration {
    series.at.keys().map(|g| (*g, series.observed(*g))).collect()
}

/// The arms of each metric in these settings, by rising human share, those of a downstream task first; no metric where
/// several sizes or data lie side by side, which is a matter for the figures.
fn arms(publication: &Publication, all: &Observations, settings: &[&Setting], asked: &Asked) -> Vec<Metric> {
    let Some(first) = settings.first() else { return Vec::new() };
    let profile = profile(first, publication.experiment.measure.space, &publication.components);
    let mut metrics = Vec::new();
    let task = first.task.as_ref().and_then(|task| task.get("kind")?.as_str());
    let scores = task
        .and_then(|kind| publication.components.tasks.get(kind))
        .map_or([].as_slice(), |e| e.extra.scores);
    let scores = scores.iter().map(|name| (*name, Subject::Training));
    let measured = publication.experiment.measure.metrics.iter().map(|m| (m.name.as_str(), Subject::Model));
    for (name, whose) in scores.chain(measured) {
        let Some(reading) = publication.components.reading(name) else { continue };
        let of = |subject: Subject| {
            let here = |s: &Series| settings.iter().any(|setting| setting.index == s.key.index);
            all.series().filter(move |s: &&Series| s.metric == name && s.subject == subject && here(s))
        };
        let (mut mixes, mut alone) = (Vec::new(), Vec::new());
        for s in of(whose) {
            let Some(place) = place(s) else { continue };
            let arm = Arm { place, observed: by_generation(s) };
            if s.key.is_control() { alone.push(arm) } else { mixes.push(arm) }
        }
        mixes.sort_by(|a: &Arm, b| a.place.total_cmp(&b.place));
        let distinct = mixes.windows(2).all(|w| w[0].place < w[1].place);
        if mixes.is_empty() || !distinct {
            continue;
        }
        let judged = judged(name, &reading, &profile, of(Subject::Human).next(), asked);
        let (scale, ratio) = (reading.scale, reading.is_ratio());
        metrics.push(Metric { name: name.to_owned(), scale, ratio, judged, mixes, alone });
    }
    metrics
}

/// Where an arm stands: the synthetic rows per human row, or the human share of its training sets.
fn place(series: &Series) -> Option<f64> {
    series.key.number("loop.synthetic_scale").or_else(|| series.key.number("human_fraction"))
}

/// The change of one metric of one setting since generation 0.
#[derive(Clone)]
pub struct SettingChange {
    /// The setting.
    pub key: crate::analysis::SettingKey,
    /// The metric.
    pub metric: String,
    /// The mean of human rows, where they are measured.
    pub human: Option<f64>,
    /// Generation 0.
    pub first: Level,
    /// The last generation.
    pub last: Level,
    /// Which one that is.
    pub generation: u32,
    /// The change.
    pub change: Change,
    /// How the values are judged.
    pub judged: Judged,
    /// Whether a per cent of its values means something.
    pub ratio: bool,
}

/// The change of every metric of every setting since generation 0, metric by metric.
///
/// # Errors
/// Those of the files.
pub fn changes(publication: &Publication, asked: &Asked) -> Result<Vec<SettingChange>, PublishError> {
    let all = observations(publication)?;
    let settings = publication.settings()?;
    // What a model that knows nothing is worth depends on the human rows, and settings may differ in them.
    let mut profiles: BTreeMap<String, HumanProfile> = BTreeMap::new();
    let mut found = Vec::new();
    for spec in &publication.experiment.measure.metrics {
        let Some(reading) = publication.components.reading(&spec.name) else { continue };
        // A metric with a value for each column has names of its own for them.
        let named = |metric: &str| {
            metric
                .strip_prefix(spec.name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(" of "))
        };
        let own = |s: &&Series| named(&s.metric) && s.subject == Subject::Model;
        for s in all.series().filter(own) {
            let Some(generation) = s.last().filter(|g| *g > 0) else { continue };
            let human = all.find(&s.key, &s.metric, Subject::Human);
            let Some(setting) = settings.get(s.key.index) else { continue };
            let profile = profiles.entry(canonical(&setting.data)).or_insert_with(|| {
                profile(setting, publication.experiment.measure.space, &publication.components)
            });
            let judged = judged(&s.metric, &reading, profile, human, asked);
            let (first, last) = (s.observed(0), s.observed(generation));
            let level = |seen: &[(u64, Observed)]| {
                let level = level_of(seen, &uncut(&judged, s.over), reading.scale);
                // Parts of rows are no seeds, of which some have a value.
                if s.over == Over::Rows { Level { seeds: level.with_value, ..level } } else { level }
            };
            found.push(SettingChange {
                key: s.key.clone(),
                metric: s.metric.to_string(),
                human: human.and_then(|h| level(&h.observed(h.last()?)).mean),
                first: level(&first),
                last: level(&last),
                generation,
                change: match s.over {
                    Over::Seeds => change(&first, &last, &judged),
                    Over::Rows => over_rows(&first, &last, &judged),
                },
                judged,
                ratio: reading.is_ratio(),
            });
        }
    }
    Ok(found)
}

/// Pseudo-values are not cut at the worst value: only their mean is one of the metric's values.
fn uncut(judged: &Judged, over: Over) -> Judged {
    Judged { worst: judged.worst.filter(|_| over == Over::Seeds), ..*judged }
}

/// The change of one run, over its resampled rows: the tolerance is a share of the way from its own start.
fn over_rows(first: &[(u64, Observed)], last: &[(u64, Observed)], judged: &Judged) -> Change {
    let uncut = uncut(judged, Over::Rows);
    let start = level_of(first, &uncut, Scale::Linear).mean;
    let tolerance = start.and_then(|start| judged.allowed(start)).map_or(judged.tolerance, Tolerance::Units);
    let found = change(first, last, &Judged { tolerance, ..uncut });
    let one = |why: Why| match why {
        Why::Collapsed { .. } => Why::Collapsed { seeds: 1, of: 1 },
        Why::CollapsedAtStart { .. } => Why::CollapsedAtStart { seeds: 1, of: 1 },
        why => why,
    };
    let times = found.seeds_needed.map(|parts| parts as f64 / first.len().max(1) as f64);
    let more = times.map(|times| Why::MoreRows(times.max(1.1)));
    Change { why: found.why.map(one).or(more), seeds_needed: None, ..found }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::effects::Word;

    fn parts(mean: f64, spread: f64) -> Vec<(u64, Observed)> {
        let off = [-1.2, 0.3, 0.9, -0.4, 1.6, -0.8, 0.1, -1.1, 0.7, -0.1];
        (1..).zip(off.map(|off| Observed::of(mean + spread * off))).collect()
    }

    #[test]
    fn one_run_is_judged_by_its_pseudo_values_as_they_are() {
        let judged = Judged {
            direction: Direction::Higher,
            worst: Some(0.0),
            human: None,
            tolerance: Tolerance::default(),
        };
        // Some pseudo-values lie below the worst value; cut, ten of them would have no interval.
        let found = over_rows(&parts(0.8, 0.1), &parts(0.05, 0.1), &judged);
        assert_eq!((found.word, found.why), (Word::Worse, None));
        assert!(found.difference.is_some_and(|d| (d + 0.75).abs() < 1e-12), "{:?}", found.difference);
        // A tenth of the way is .08, and the interval straddles it.
        let found = over_rows(&parts(0.8, 0.1), &parts(0.7, 0.3), &judged);
        assert!(
            matches!((found.word, found.why), (Word::NotDecided, Some(Why::MoreRows(times))) if times > 1.0)
        );
        let gone: Vec<(u64, Observed)> =
            (1..=10).map(|part| (part, Observed::Absent(crate::metrics::Absence::Degenerate))).collect();
        let found = over_rows(&parts(0.8, 0.1), &gone, &judged);
        assert_eq!(
            (found.word, found.why.map(|why| why.to_string())),
            (Word::Worse, Some("collapsed".into()))
        );
    }
}
