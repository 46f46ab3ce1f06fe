//! What a run would cost, without running it: for `--dry-run`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::{Options, RunError, Work, caught::caught, plan};
use crate::lineage::Record;
use crate::metrics::Measurement;
use crate::store::{Folder, Identity, Lineages, SettingInfo};

/// What is left to run and what it may cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    /// Settings that would run.
    pub settings: u64,
    /// Settings that are skipped, for a reason.
    pub skipped: u64,
    /// Cells of all settings that would run.
    pub cells: u64,
    /// Cells with something left to run.
    pub cells_left: u64,
    /// Lineages left to run.
    pub lineages_left: u64,
    /// Generations left, summed over lineages: fits of one member.
    pub fits_left: u64,
    /// Wall-clock seconds on the threads asked for; `None` where something could not be timed.
    pub seconds: Option<f64>,
    /// Bytes that would be written; `None` where something could not be timed.
    pub bytes: Option<u64>,
    /// Why something could not be timed, each reason once.
    pub untimed: Vec<String>,
}

/// What the first generations of one lineage cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// The generations that were timed.
    pub generations: u64,
    /// Wall-clock seconds of a generation on one thread, their mean.
    pub seconds: f64,
    /// Numbers measured of a generation.
    pub numbers: f64,
}

/// Estimates from the lineages that are there and, for each group of settings with the same data,
/// model, regime and sample size that has none, from `time(setting)`, called once for its first setting
/// ([`probe`] is the usual one). Nothing is written.
///
/// [`Work::cost`] carries what was timed over to later generations and to the other settings of the group.
pub fn estimate<W: Work + ?Sized>(
    work: &W,
    seeds: &[u64],
    options: &Options<'_>,
    mut time: impl FnMut(usize) -> Result<Timing, String>,
) -> Result<Estimate, RunError> {
    let settings = work.settings();
    let seeds = plan::ascending(seeds);
    let (lineages, damaged) = Lineages::read(&Folder::at(&options.out))?;
    plan::tell_damage(&damaged, options.progress);
    let plan = plan::plan(settings, &seeds, options, &lineages)?;
    let skipped = settings.iter().filter(|s| s.skipped.is_some()).count() as u64;
    let mut told = Estimate {
        settings: settings.len() as u64 - skipped,
        skipped,
        cells: plan.cells,
        cells_left: plan.todo.len() as u64,
        seconds: Some(0.0),
        bytes: Some(0),
        ..Default::default()
    };
    let mut known: BTreeMap<Group<'_>, Option<(usize, Timing)>> = BTreeMap::new();
    for (at, setting) in settings.iter().enumerate().filter(|(_, s)| s.skipped.is_none()) {
        if let Some(timing) = earlier(&lineages, setting) {
            known.entry(group(setting)).or_insert(Some((at, timing)));
        }
    }
    for todo in &plan.todo {
        let setting = &settings[todo.setting];
        let of = group(setting);
        let timing = match known.get(&of) {
            Some(timing) => *timing,
            None => {
                // One of the same data and model tells more than nothing.
                let like = |(other, timing): (&Group<'_>, &Option<(usize, Timing)>)| {
                    timing.filter(|_| (other.0, other.1) == (of.0, of.1))
                };
                let timing = match time(todo.setting) {
                    Ok(timing) => Some((todo.setting, timing)),
                    Err(why) => {
                        let like = known.iter().find_map(like);
                        if like.is_none() && !told.untimed.contains(&why) {
                            told.untimed.push(why);
                        }
                        like
                    }
                };
                *known.entry(of).or_insert(timing)
            }
        };
        let lineages = todo.seeds.len() as u64;
        let generations = setting.generations + 1;
        told.lineages_left += lineages;
        told.fits_left += lineages * generations;
        let seconds = |(of, t): (usize, Timing)| {
            let timed = work.cost(of, t.generations);
            let share = if timed > 0.0 { work.cost(todo.setting, generations) / timed } else { 1.0 };
            t.seconds * t.generations as f64 * share * lineages as f64
        };
        told.seconds = told.seconds.zip(timing).map(|(sum, t)| sum + seconds(t));
        let bytes = |t: Timing| cell_bytes(setting, t.numbers, lineages);
        told.bytes = told.bytes.zip(timing).map(|(sum, (_, t))| sum + bytes(t));
    }
    let threads = options.jobs.max(1) as f64;
    told.seconds = told.seconds.map(|s| s / threads);
    Ok(told)
}

/// Data, model, regime and sample size.
type Group<'a> = (&'a str, &'a str, &'a str, Option<u64>);

fn group(setting: &SettingInfo) -> Group<'_> {
    (&setting.data, &setting.model, &setting.regime, setting.samples.map(f64::to_bits))
}

/// What the lineages of a setting cost that are there.
fn earlier(lineages: &Lineages, setting: &SettingInfo) -> Option<Timing> {
    let (ended, seconds, numbers) = lineages.cost(Identity::from(setting));
    let lineage = setting.generations + 1;
    let generations = (ended as u64 * lineage) as f64;
    let (seconds, numbers) = (seconds / generations, numbers as f64 / generations);
    let timing = Timing { generations: lineage, seconds, numbers };
    (generations > 0.0).then_some(timing)
}

/// Bytes of the cell's rows, on disk and in `metrics.csv`.
fn cell_bytes(setting: &SettingInfo, numbers: f64, lineages: u64) -> u64 {
    let places = numbers * (setting.generations + 1) as f64;
    // A number takes 8 bytes, and in the table up to 17 digits, sign, point and separator; a place 16 bytes.
    let swept: usize = setting.swept.iter().map(|(_, value)| value.len() + 1).sum();
    let names = setting.data.len() + setting.model.len() + setting.regime.len() + swept;
    let bytes = places * lineages as f64 * (8.0 + 20.0 + 70.0 + names as f64) + places * 16.0;
    bytes as u64 + 60 * lineages + 500
}

/// Times the first generations of one lineage, for about `budget`; at least one generation is
/// run.
///
/// # Errors
/// Why it failed.
pub fn probe<W: Work + ?Sized>(
    work: &W,
    setting: usize,
    seed: u64,
    budget: Duration,
) -> Result<Timing, String> {
    let mut probe = Probe { started: Instant::now(), budget, generations: 0, numbers: 0 };
    let ran = caught(|| work.run(setting, seed, &mut probe))?;
    ran.map_err(|why| why.to_string())?;
    let timed = probe.generations.max(1);
    let (seconds, numbers) = (probe.started.elapsed().as_secs_f64(), probe.numbers as f64);
    Ok(Timing { generations: timed, seconds: seconds / timed as f64, numbers: numbers / timed as f64 })
}

struct Probe {
    started: Instant,
    budget: Duration,
    generations: u64,
    numbers: u64,
}

impl Record for Probe {
    fn measurement(&mut self, _: Measurement) {
        self.numbers += 1;
    }

    fn generation(&mut self, _seed: u64, _generation: u32) -> bool {
        self.generations += 1;
        self.started.elapsed() < self.budget
    }
}
