//! Lead time: which metric changes first, and how many generations before the outcome.
//!
//! A lineage's score at a generation is how far its value lies from the mean of the human-only lineages of the other
//! seeds; it raises an alarm at the first generation where its score exceeds the metric's threshold. The threshold is the
//! k-th least of the S human-only lineages' greatest scores, k = ⌈(1 − ε)(S + 1)⌉: a further human-only lineage then
//! raises a false alarm at any generation with probability at most ε, since it is exchangeable with them (conformal
//! prediction; Vovk et al. 2005, *Algorithmic Learning in a Random World*, section 2.2). So all metrics have one
//! false-alarm rate, whatever their unit. A lineage without an alarm by the last generation is censored, not dropped.
//! Cost: O(values).

use std::collections::BTreeMap;

use serde::Serialize;

use super::intervals::{Interval, order_interval};
use super::observations::Series;
use super::summary::median;
use crate::metrics::{Absence, Observed};

/// When the lineages of a setting raise their alarms.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alarms {
    /// Above this distance from the human-only mean there is an alarm, in the metric's unit.
    pub threshold: f64,
    /// The false-alarm rate that the threshold keeps: the one asked for, or 1 / (S + 1) where S seeds allow no less.
    pub rate: f64,
    /// What became of each seed.
    pub at: BTreeMap<u64, Watched>,
}

/// A lineage that was watched for an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// The generation of the alarm; `None` where there was none.
    pub alarm: Option<u32>,
    /// The last generation with a score: without an alarm it is only known that none came up to here.
    pub last: Option<u32>,
}

/// A time or a difference of times over seeds, in generations: the median with its order-statistic interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    /// The least that the median can be, given the censored seeds; none where nothing is known.
    pub least: Option<f64>,
    /// The most that it can be; equal to `least` where censoring does not matter.
    pub most: Option<f64>,
    /// Lower end of its 95 % interval; none below 6 seeds and where it is unbounded.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Seeds that were not censored.
    pub known: usize,
    /// All seeds.
    pub seeds: usize,
}

/// Why there are no alarms.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAlarms {
    /// A threshold needs lineages to be exceeded by.
    #[error("{0} human-only seeds, and a threshold needs at least 3")]
    TooFewSeeds(usize),
    /// Human-only lineages do not differ, so any difference would be an alarm.
    #[error("all human-only lineages have one value")]
    AllEqual,
    /// Human-only lineages have no finite value themselves.
    #[error("human-only lineages have no finite value themselves")]
    NotFinite,
}

/// The score of every generation of every seed: its distance from the mean of the other human-only seeds; infinite where
/// the value is infinite or degenerate, and left out where it is missing for a reason that says nothing of collapse.
fn scores(of: &Series, human: &Series) -> BTreeMap<u64, Vec<(u32, f64)>> {
    let mut found: BTreeMap<u64, Vec<(u32, f64)>> = BTreeMap::new();
    for generation in of.at.keys() {
        let people = human.pairs(*generation);
        let sum: f64 = people.iter().map(|(_, v)| v).sum();
        for (seed, observed) in of.observed(*generation) {
            let own = people.iter().find(|(s, _)| *s == seed).map(|(_, v)| *v);
            let others = people.len() - usize::from(own.is_some());
            let scores = found.entry(seed).or_default();
            let score = match observed {
                Observed::Number(value) if value.is_finite() && others > 0 => {
                    (value - (sum - own.unwrap_or(0.0)) / others as f64).abs()
                }
                Observed::Number(value) if value.is_infinite() => f64::INFINITY,
                Observed::Absent(Absence::Degenerate) => f64::INFINITY,
                _ => continue,
            };
            scores.push((*generation, score));
        }
    }
    found
}

/// The alarms of a setting's lineages, with the threshold that a false-alarm rate in (0, 1) gives against its human-only
/// setting.
///
/// # Errors
/// Fewer than 3 human-only seeds, and human-only lineages that are all equal or not finite.
pub fn alarms(of: &Series, human: &Series, rate: f64) -> Result<Alarms, NoAlarms> {
    let people = scores(human, human);
    let mut greatest: Vec<f64> = people
        .values()
        .filter(|all| !all.is_empty())
        .map(|all| all.iter().map(|(_, s)| *s).fold(0.0, f64::max))
        .collect();
    greatest.sort_by(f64::total_cmp);
    let seeds = greatest.len();
    if seeds < 3 {
        return Err(NoAlarms::TooFewSeeds(seeds));
    }
    // A rank that rounding has put a hair above a whole number is that number.
    let rank = ((1.0 - rate) * (seeds + 1) as f64 - 1e-9).ceil().clamp(1.0, seeds as f64) as usize;
    let threshold = greatest[rank - 1];
    if threshold.is_infinite() {
        return Err(NoAlarms::NotFinite);
    }
    if threshold <= 0.0 {
        return Err(NoAlarms::AllEqual);
    }
    let watched = |all: &Vec<(u32, f64)>| Watched {
        alarm: all.iter().find(|(_, score)| *score > threshold).map(|(g, _)| *g),
        last: all.last().map(|(g, _)| *g),
    };
    let at = scores(of, human).iter().map(|(seed, all)| (*seed, watched(all))).collect();
    Ok(Alarms { threshold, rate: 1.0 - rank as f64 / (seeds + 1) as f64, at })
}

impl Alarms {
    /// When the alarm comes. A seed without one bounds its time from below by the last generation that it was watched at.
    pub fn times(&self, level: f64) -> Times {
        Times::of(&self.at.values().map(Watched::bounds).collect::<Vec<_>>(), level)
    }

    /// How many generations this alarm comes before that of the outcome, by the seeds that both have; negative where it
    /// comes after it. A seed without one of the two alarms bounds its lead on one side.
    pub fn lead(&self, outcome: &Self, level: f64) -> Times {
        let both = self.at.iter().filter_map(|(seed, own)| {
            let ((least, most), (first, latest)) = (own.bounds(), outcome.at.get(seed)?.bounds());
            Some((first - most, latest - least))
        });
        Times::of(&both.collect::<Vec<_>>(), level)
    }
}

impl Watched {
    /// The least and the most that the generation of the alarm can be.
    fn bounds(&self) -> (f64, f64) {
        match self.alarm {
            Some(g) => (f64::from(g), f64::from(g)),
            None => (self.last.map_or(f64::NEG_INFINITY, f64::from), f64::INFINITY),
        }
    }
}

impl Times {
    /// From the least and the most that each seed's time can be.
    fn of(bounds: &[(f64, f64)], level: f64) -> Self {
        let least: Vec<f64> = bounds.iter().map(|b| b.0).collect();
        let most: Vec<f64> = bounds.iter().map(|b| b.1).collect();
        let end = |values: &[f64], of: fn(&Interval) -> f64| order_interval(values, level).map(|i| of(&i));
        let finite = |value: f64| value.is_finite().then_some(value);
        Self {
            least: finite(median(&least)),
            most: finite(median(&most)),
            low: end(&least, |i| i.low).and_then(finite),
            high: end(&most, |i| i.high).and_then(finite),
            known: bounds.iter().filter(|(low, high)| low == high).count(),
            seeds: bounds.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::metrics::Subject;
    use crate::rng::Streams;
    use crate::store::settings::tests::keys;

    const LAST: u32 = 20;

    fn series(seeds: impl Iterator<Item = u64> + Clone, value: impl Fn(u64, u32) -> f64) -> Series {
        let at = (0..=LAST).map(|g| (g, seeds.clone().map(|s| (s, value(s, g))).collect())).collect();
        Series::new(keys(&[&[]]).remove(0), "variance", Subject::Model, at)
    }

    /// Human-only lineages whose greatest distance from the others' mean is known: seed s is off by ±(s + 1) / 100.
    fn people() -> Series {
        series(0..10, |s, g| {
            if g == 7 { (s as f64 + 1.0) / 100.0 * if s % 2 == 0 { 1.0 } else { -1.0 } } else { 0.0 }
        })
    }

    #[test]
    fn known_onsets_come_back_with_their_leads() {
        // The metric jumps at generation 4 + s / 2, the outcome at 10 + s; the outcome of seeds 8 and 9 comes after the end
        // of a run of 17 generations.
        let metric = series(0..10, |s, g| if u64::from(g) >= 4 + s / 2 { 5.0 } else { 0.0 });
        let outcome = series(0..10, |s, g| if u64::from(g) >= 10 + s { -3.0 } else { 0.0 });
        let cut = |mut s: Series| {
            s.at.retain(|g, _| *g <= 17);
            s.end = 17;
            s
        };
        let (early, late) =
            (alarms(&cut(metric), &people(), 0.1).unwrap(), alarms(&cut(outcome), &people(), 0.1).unwrap());
        for (seed, at) in &early.at {
            assert_eq!(at.alarm, Some(4 + *seed as u32 / 2));
        }
        assert_eq!([7, 8, 9].map(|seed| late.at[&seed].alarm), [Some(17), None, None]);
        // 4 4 5 5 6 6 7 7 8 8: ranks 2 and 9 of 10 enclose the median at 97.9 %.
        let times = early.times(0.95);
        assert_eq!(
            (times.least, times.most, times.low, times.high),
            (Some(6.0), Some(6.0), Some(4.0), Some(8.0))
        );
        // Leads 6 7 7 8 8 9 9 10, and two of which at least 17 − 8 = 9 is known.
        let lead = early.lead(&late, 0.95);
        assert_eq!((lead.least, lead.most), (Some(8.5), Some(8.5)));
        assert_eq!((lead.low, lead.high, lead.known, lead.seeds), (Some(7.0), None, 8, 10));
        // The other way round the outcome comes later by as much.
        assert_eq!(late.lead(&early, 0.95).most, Some(-8.5));
    }

    #[test]
    fn without_an_alarm_only_bounds_are_known() {
        let still = alarms(&series(0..10, |_, _| 0.0), &people(), 0.1).unwrap();
        let times = still.times(0.95);
        assert_eq!((times.least, times.most, times.known), (Some(20.0), None, 0));
        let lead = still.lead(&still, 0.95);
        assert_eq!((lead.least, lead.most, lead.known), (None, None, 0));
    }

    #[test]
    fn a_lost_value_is_an_alarm_where_collapse_explains_it() {
        let mut lost = series(0..10, |_, _| 0.0);
        for (generation, why) in [(3, Absence::NotApplicable), (6, Absence::Degenerate)] {
            lost.at.insert(generation, Vec::new());
            lost.lost.insert(generation, (0..10).map(|s| (s, Observed::Absent(why))).collect());
        }
        assert_eq!(alarms(&lost, &people(), 0.1).unwrap().at[&0].alarm, Some(6));
    }

    #[test]
    fn a_lineage_that_ended_early_is_known_to_be_quiet_only_up_to_its_end() {
        let mut ended = series(0..10, |_, _| 0.0);
        for g in 5..=LAST {
            ended.at.insert(g, Vec::new());
            ended.lost.insert(g, (0..10).map(|s| (s, Observed::Absent(Absence::Diverged))).collect());
        }
        let times = alarms(&ended, &people(), 0.1).unwrap().times(0.95);
        assert_eq!((times.least, times.most, times.known, times.seeds), (Some(4.0), None, 0, 10));
        // Without any score nothing is known, and the seed counts.
        for g in 0..5 {
            ended.at.insert(g, Vec::new());
            ended.lost.insert(g, (0..10).map(|s| (s, Observed::Absent(Absence::Diverged))).collect());
        }
        let times = alarms(&ended, &people(), 0.1).unwrap().times(0.95);
        assert_eq!((times.least, times.most, times.seeds), (None, None, 10));
    }

    #[test]
    fn thresholds_that_mean_nothing_are_refused() {
        let flat = series(0..10, |_, _| 1.0);
        assert_eq!(alarms(&flat, &flat, 0.1), Err(NoAlarms::AllEqual));
        let few = series(0..2, |s, _| s as f64);
        assert_eq!(alarms(&few, &few, 0.1), Err(NoAlarms::TooFewSeeds(2)));
        // Four seeds can't keep 10 %: the rate is the one that they can.
        let four = series(0..4, |s, g| (s * u64::from(g)) as f64);
        assert!((alarms(&four, &four, 0.1).unwrap().rate - 0.2).abs() < 1e-12);
    }

    #[test]
    fn a_further_human_only_lineage_raises_false_alarms_at_the_stated_rate() {
        // 19 lineages and ε = .1: rank 18 of 20, so the rate is .1. Values are a normal level of each lineage plus noise.
        let repeats = 4000;
        let mut raised = 0;
        for repeat in 0..repeats {
            let mut stream = Streams::new(0, repeat).of("lineages").rng();
            let mut draw = || -> f64 { StandardNormal.sample(&mut stream) };
            let values: Vec<Vec<f64>> = (0..20)
                .map(|_| {
                    let level = draw();
                    (0..=LAST).map(|_| level + 0.5 * draw()).collect()
                })
                .collect();
            let of = |seeds: std::ops::Range<u64>| series(seeds, |s, g| values[s as usize][g as usize]);
            let found = alarms(&of(19..20), &of(0..19), 0.1).unwrap();
            raised += usize::from(found.at[&19].alarm.is_some());
        }
        let rate = raised as f64 / repeats as f64;
        let error = (0.1 * 0.9 / repeats as f64).sqrt();
        // The new lineage is compared with a mean of 19, each of the others with one of 18: the rate lies a little below.
        assert!(rate < 0.1 + 3.0 * error && rate > 0.1 - 6.0 * error, "{rate}");
    }
}
