//! What a run observed, grouped: setting × metric × subject → generation → one observation a seed.
//!
//! Members of a population are averaged within their seed, because they are not independent of each other. Every
//! observation that was asked for is here, with or without a value, and the last generation is the setting's, for every
//! metric. Cost: O(observations).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::intervals::mean_sd;
use super::jackknife::Over;
use super::summary::median;
use crate::metrics::{Absence, Observed, Subject};
use crate::store::{SettingKey, Settings, Slot};

/// One metric of one subject in one setting.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The setting.
    pub key: SettingKey,
    /// The metric.
    pub metric: String,
    /// Whose rows were measured.
    pub subject: Subject,
    /// Every generation measured → (seed, finite value), seeds ascending and each once; empty where no seed has one.
    pub at: BTreeMap<u32, Vec<(u64, f64)>>,
    /// Generation → what is infinite or has no value, seeds ascending. No seed is here and in `at`.
    pub lost: BTreeMap<u32, Vec<(u64, Observed)>>,
    /// The last generation measured in the setting, by whatever metric.
    pub end: u32,
    /// The seeds that the setting was asked for; of resampled rows the parts.
    pub seeds: usize,
    /// What its intervals are over.
    pub over: Over,
}

impl Series {
    /// A series without a lost value, as where it is computed: it ends where its own values do.
    pub fn new(
        key: SettingKey,
        metric: impl Into<String>,
        subject: Subject,
        at: BTreeMap<u32, Vec<(u64, f64)>>,
    ) -> Self {
        let end = at.keys().next_back().copied().unwrap_or(0);
        let seeds = at.values().map(Vec::len).max().unwrap_or(0);
        Self { key, metric: metric.into(), subject, at, lost: BTreeMap::new(), end, seeds, over: Over::Seeds }
    }

    fn place(&self) -> (&SettingKey, &str, Subject) {
        (&self.key, &self.metric, self.subject)
    }

    /// The finite values at a generation, in the order of the seeds.
    pub fn values(&self, generation: u32) -> Vec<f64> {
        self.pairs(generation).iter().map(|(_, v)| *v).collect()
    }

    /// (seed, finite value) at a generation.
    pub fn pairs(&self, generation: u32) -> &[(u64, f64)] {
        self.at.get(&generation).map_or(&[], Vec::as_slice)
    }

    /// (seed, what is infinite or has no value) at a generation.
    pub fn lost(&self, generation: u32) -> &[(u64, Observed)] {
        self.lost.get(&generation).map_or(&[], Vec::as_slice)
    }

    /// Every observation at a generation, in the order of the seeds.
    pub fn observed(&self, generation: u32) -> Vec<(u64, Observed)> {
        let finite = self.pairs(generation).iter().map(|(seed, value)| (*seed, Observed::Number(*value)));
        let mut all: Vec<(u64, Observed)> = finite.chain(self.lost(generation).iter().copied()).collect();
        all.sort_by_key(|(seed, _)| *seed);
        all
    }

    /// The last generation: the setting's, also where this metric has no value there. What is measured once, as human rows
    /// and the baseline are, has its own.
    pub fn last(&self) -> Option<u32> {
        if self.subject.is_of_the_loop() { Some(self.end) } else { self.at.keys().next_back().copied() }
    }

    /// Of how many seeds the finite values at a generation speak.
    pub fn counts(&self, generation: u32) -> Counts {
        let counts = Counts::of(self.pairs(generation).len(), self.lost(generation), self.seeds);
        Counts { over: self.over, ..counts }
    }

    /// The mean of the seeds at a generation; where some are infinite their median, which may be infinite too; NaN where
    /// no seed has a number.
    pub fn centre(&self, generation: u32) -> f64 {
        let numbers: Vec<f64> =
            self.observed(generation).iter().filter_map(|(_, observed)| observed.number()).collect();
        if numbers.iter().all(|v| v.is_finite()) {
            return if numbers.is_empty() { f64::NAN } else { mean_sd(&numbers).0 };
        }
        median(&numbers)
    }

    /// Seed → (generation, finite value), generations ascending.
    pub fn by_seed(&self) -> BTreeMap<u64, Vec<(u32, f64)>> {
        let mut seeds: BTreeMap<u64, Vec<(u32, f64)>> = BTreeMap::new();
        for (generation, pairs) in &self.at {
            for (seed, value) in pairs {
                seeds.entry(*seed).or_default().push((*generation, *value));
            }
        }
        seeds
    }
}

/// Of how many seeds something speaks, and why not of all that were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Seeds with a finite value.
    pub n: usize,
    /// Seeds asked for.
    #[serde(rename = "n_asked")]
    pub asked: usize,
    /// Seeds whose value is infinite.
    #[serde(rename = "n_infinite")]
    pub infinite: usize,
    /// Seeds that have no value.
    #[serde(rename = "n_absent")]
    pub absent: usize,
    /// The most frequent reason of those.
    pub why: Option<Absence>,
    /// What is counted.
    #[serde(skip)]
    pub over: Over,
}

impl Counts {
    fn of(finite: usize, lost: &[(u64, Observed)], asked: usize) -> Self {
        let mut reasons: BTreeMap<Absence, usize> = BTreeMap::new();
        for (_, observed) in lost {
            if let Observed::Absent(why) = observed {
                *reasons.entry(*why).or_default() += 1;
            }
        }
        let absent = reasons.values().sum();
        // Of equals the first is the more telling one: degenerate before all others.
        let why = reasons.into_iter().rev().max_by_key(|(_, count)| *count).map(|(why, _)| why);
        let asked = asked.max(finite + lost.len());
        Self { n: finite, asked, infinite: lost.len() - absent, absent, why, over: Over::Seeds }
    }

    /// Whether every seed asked for has a finite value.
    pub fn is_whole(&self) -> bool {
        self.n == self.asked
    }

    /// Nothing where every seed has a finite value; else `3 of 20 seeds; infinite in 2, degenerate in 15`.
    pub fn remark(&self) -> Option<String> {
        let Self { n, asked, infinite, absent, why, over } = *self;
        if over == Over::Rows {
            return match (n, infinite) {
                (0, 0) => Some(why.map_or("no value", Absence::name).to_owned()),
                (0, _) => Some("infinite".into()),
                _ if n < asked => Some("no interval: some parts of the rows have no value".into()),
                _ => None,
            };
        }
        let lost = [
            (infinite, "infinite"),
            (absent, why.map_or("no value", Absence::name)),
            (asked - n - infinite - absent, "missing"),
        ];
        let lost: Vec<String> = lost
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{word} in {count}"))
            .collect();
        (!lost.is_empty()).then(|| format!("{n} of {asked} seeds; {}", lost.join(", ")))
    }
}

/// Collects the observations of one setting into series.
#[derive(Default)]
pub struct Gathering {
    series: BTreeMap<SeriesOf, BTreeMap<u32, Vec<(u64, Members)>>>,
}

/// Member (where members are kept apart), metric and subject of a series.
type SeriesOf = (Option<u32>, String, Subject);

/// The members of a population at one place of one seed.
#[derive(Clone, Copy, Default)]
struct Members {
    sum: f64,
    numbers: u32,
    absent: Option<Absence>,
}

impl Members {
    fn add(&mut self, observed: Observed) {
        match observed {
            Observed::Number(value) => {
                self.sum += value;
                self.numbers += 1;
            }
            Observed::Absent(why) => self.absent = Some(self.absent.map_or(why, |known| known.min(why))),
        }
    }

    /// Their mean. The mean of those that survive is not the population's: if one has no value, there is none.
    fn mean(self) -> Observed {
        match self.absent {
            Some(why) => Observed::Absent(why),
            None => Observed::of(self.sum / f64::from(self.numbers)),
        }
    }
}

impl Gathering {
    /// Adds what seeds observed at one place; the members of one seed are averaged, unless they are kept apart.
    pub fn add(&mut self, place: &Slot, apart: bool, observed: impl IntoIterator<Item = (u64, Observed)>) {
        let name = (apart.then_some(place.member), place.metric.to_string(), place.subject);
        let seeds = self.series.entry(name).or_default().entry(place.generation).or_default();
        for (seed, observed) in observed {
            let at = match seeds.last() {
                Some((last, _)) if *last < seed => Err(seeds.len()),
                _ => seeds.binary_search_by_key(&seed, |(known, _)| *known),
            };
            let at = at.unwrap_or_else(|at| {
                seeds.insert(at, (seed, Members::default()));
                at
            });
            seeds[at].1.add(observed);
        }
    }

    /// The series of a setting that was asked for so many seeds, in the order of member, metric and subject.
    pub fn series(self, settings: &Arc<Settings>, index: usize, seeds: usize) -> Vec<Series> {
        let of_model = self.series.iter().filter(|((_, _, subject), _)| subject.is_of_the_loop());
        let end = of_model.filter_map(|(_, at)| at.keys().next_back()).max().copied().unwrap_or(0);
        let one = |((member, metric, subject), places): (_, BTreeMap<u32, Vec<(u64, Members)>>)| {
            let key = SettingKey::new(settings, index, member);
            let mut series = Series { end, seeds, ..Series::new(key, metric, subject, BTreeMap::new()) };
            for (generation, all) in places {
                let finite = series.at.entry(generation).or_default();
                for (seed, members) in all {
                    match members.mean() {
                        Observed::Number(value) if value.is_finite() => finite.push((seed, value)),
                        lost => series.lost.entry(generation).or_default().push((seed, lost)),
                    }
                }
            }
            series
        };
        self.series.into_iter().map(one).collect()
    }
}

/// Everything that a run observed, as series in the order of setting, member, metric and subject. It is read once a
/// command, and asked by the index of a setting.
#[derive(Default)]
pub struct Observations(Vec<Series>);

impl Observations {
    /// All of these, whatever their order.
    pub fn new(mut series: Vec<Series>) -> Self {
        series.sort_by(|a, b| a.place().cmp(&b.place()));
        Self(series)
    }

    /// All of them.
    pub fn series(&self) -> std::slice::Iter<'_, Series> {
        self.0.iter()
    }

    /// Those of one setting.
    pub fn of(&self, setting: usize) -> &[Series] {
        let first = self.0.partition_point(|s| s.key.index < setting);
        let many = self.0[first..].partition_point(|s| s.key.index == setting);
        &self.0[first..first + many]
    }

    /// One metric of one subject in one setting.
    pub fn find(&self, key: &SettingKey, metric: &str, subject: Subject) -> Option<&Series> {
        let at = self.0.binary_search_by(|s| s.place().cmp(&(key, metric, subject)));
        at.ok().map(|at| &self.0[at])
    }

    /// Every setting that observed something, in the order of the sweep.
    pub fn keys(&self) -> Vec<&SettingKey> {
        let mut keys: Vec<&SettingKey> = self.0.iter().map(|s| &s.key).collect();
        keys.dedup();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Absence::{Degenerate, Diverged, TooFewRows};
    use Observed::{Absent, Number};

    fn place(metric: &str, generation: u32) -> Slot {
        Slot { metric: metric.to_owned().into(), subject: Subject::Model, generation, member: 0 }
    }

    fn gathered(all: Gathering, seeds: usize) -> Vec<Series> {
        all.series(&Arc::new(Settings::default()), 0, seeds)
    }

    #[test]
    fn members_are_averaged_and_seeds_stay_apart() {
        let mut all = Gathering::default();
        all.add(&place("variance", 1), false, [(2, Number(1.0)), (7, Number(0.5))]);
        all.add(&place("variance", 1), false, [(2, Number(3.0))]);
        all.add(&place("variance", 0), false, [(2, Number(1.0))]);
        let series = gathered(all, 3);
        assert_eq!(series.len(), 1);
        let s = &series[0];
        assert_eq!(s.pairs(1), [(2, 2.0), (7, 0.5)]);
        assert_eq!((s.values(0), s.last(), s.seeds), (vec![1.0], Some(1), 3));
        assert_eq!(s.by_seed()[&2], [(0, 1.0), (1, 2.0)]);
    }

    #[test]
    fn a_value_that_is_not_there_stays_and_the_last_generation_is_the_settings() {
        let mut all = Gathering::default();
        let infinite = Number(f64::INFINITY);
        all.add(&place("kl", 0), false, [(0, Number(0.1)), (1, Number(0.2)), (2, Number(0.3))]);
        all.add(&place("kl", 4), false, [(0, infinite), (1, Absent(Degenerate)), (2, Number(2.0))]);
        // Measured before the end alone, whatever the reason.
        all.add(&place("recall", 0), false, [(0, Number(0.9))]);
        all.add(&Slot { subject: Subject::Human, ..place("kl", 0) }, false, [(0, Number(0.0))]);
        let series = gathered(all, 3);
        let of = |metric: &str, subject: Subject| {
            series.iter().find(|s| s.metric == metric && s.subject == subject).cloned()
        };
        let kl = of("kl", Subject::Model);
        let kl = kl.as_ref();
        assert_eq!(kl.map(|s| s.values(4)), Some(vec![2.0]));
        let observed = vec![(0, infinite), (1, Absent(Degenerate)), (2, Number(2.0))];
        assert_eq!(kl.map(|s| s.observed(4)), Some(observed));
        assert_eq!(of("recall", Subject::Model).and_then(|s| s.last()), Some(4));
        assert_eq!(of("kl", Subject::Human).and_then(|s| s.last()), Some(0));
    }

    #[test]
    fn a_population_with_a_member_that_has_no_value_has_none() {
        let mut all = Gathering::default();
        all.add(&place("variance", 0), false, [(0, Number(1.0))]);
        all.add(&place("variance", 0), false, [(0, Absent(Diverged))]);
        all.add(&place("variance", 0), false, [(0, Absent(Degenerate))]);
        let series = gathered(all, 1);
        assert_eq!(series[0].lost(0), [(0, Absent(Degenerate))]);
        assert!(series[0].pairs(0).is_empty());
        let apart = [0, 1].map(|member| {
            let mut all = Gathering::default();
            all.add(&Slot { member, ..place("variance", 0) }, true, [(0, Number(1.0))]);
            gathered(all, 1)[0].key.member()
        });
        assert_eq!(apart, [Some(0), Some(1)]);
    }

    #[test]
    fn counts_say_of_how_many_seeds_and_why() {
        let lost = [(0, Absent(TooFewRows)), (1, Absent(Degenerate)), (2, Number(f64::INFINITY))];
        let counts = Counts::of(3, &lost, 7);
        assert_eq!((counts.infinite, counts.absent, counts.why), (1, 2, Some(Degenerate)));
        let words = "3 of 7 seeds; infinite in 1, degenerate in 2, missing in 1";
        assert_eq!(counts.remark().as_deref(), Some(words));
        assert_eq!(Counts::of(2, &[lost[0], lost[0], lost[1]], 5).why, Some(TooFewRows));
        assert!(Counts::of(4, &[], 4).is_whole() && Counts::of(4, &[], 4).remark().is_none());
    }

    #[test]
    fn where_seeds_are_infinite_the_median_stands_for_them() {
        let of = |values: &[f64]| {
            let mut all = Gathering::default();
            all.add(&place("kl", 0), false, (0..).zip(values.iter().map(|v| Number(*v))));
            gathered(all, values.len())[0].centre(0)
        };
        assert_eq!(of(&[1.0, 2.0, 6.0]), 3.0);
        assert_eq!(of(&[1.0, 2.0, f64::INFINITY]), 2.0);
        assert_eq!(of(&[1.0, f64::INFINITY, f64::INFINITY]), f64::INFINITY);
        assert!(of(&[]).is_nan());
    }
}
