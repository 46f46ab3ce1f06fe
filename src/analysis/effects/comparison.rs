//! The effects of human rows in one regime: for every metric what each human fraction prevents, what the synthetic rows
//! add to the same human rows, and the critical fraction.

use std::collections::BTreeMap;

use super::seeds::Seeds;
use super::{
    Change, Critical, Gain, Gains, Judged, Level, Prevented, Together, Why, change, critical, gains,
    level_of, prevented, together,
};
use crate::analysis::{DISPLAY_LEVEL, is_collapse};
use crate::metrics::{Direction, Observed, Scale};

/// Generation → one observation a seed.
pub type ByGeneration = BTreeMap<u32, Vec<(u64, Observed)>>;

/// One arm of one metric.
#[derive(Clone, Debug)]
pub struct Arm {
    /// The human share of the training sets, or the synthetic rows per human row.
    pub place: f64,
    /// What was observed.
    pub observed: ByGeneration,
}

impl Arm {
    fn at(&self, generation: u32) -> Seeds<'_> {
        self.observed.get(&generation).map_or(&[], Vec::as_slice)
    }

    /// The last generation of the arm: a control that does not change is fitted once.
    fn last(&self, generation: u32) -> Seeds<'_> {
        self.observed.range(..=generation).next_back().map_or(&[], |(_, seeds)| seeds.as_slice())
    }
}

/// The arms of one metric in one regime.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// What values it can take.
    pub scale: Scale,
    /// Whether a per cent of them means something.
    pub ratio: bool,
    /// How they are judged.
    pub judged: Judged,
    /// The mixes by rising human share.
    pub mixes: Vec<Arm>,
    /// The same human rows alone, by human share.
    pub alone: Vec<Arm>,
}

/// What is found of one metric in one arm.
#[derive(Clone, Debug, PartialEq)]
pub struct ArmFindings {
    /// The human share of the training sets.
    pub fraction: f64,
    /// The last generation.
    pub level: Level,
    /// The change since generation 0.
    pub change: Change,
    /// The prevented share at a quarter, half and all of the generations; none for the arms that it is measured by.
    pub prevented: Vec<(u32, Result<Prevented, Why>)>,
    /// Whether the metric still changes between the half and the end.
    pub still_changing: bool,
    /// The same human rows alone.
    pub alone: Option<Level>,
    /// The gain of the synthetic rows beside the same human rows.
    pub beside: Option<Result<Gain, Why>>,
}

impl ArmFindings {
    /// The prevented share at the last generation.
    pub fn share(&self) -> Option<&Result<Prevented, Why>> {
        self.prevented.last().map(|(_, share)| share)
    }
}

/// What is found of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFindings {
    /// Its name.
    pub name: String,
    /// Whether a per cent of its values means something.
    pub ratio: bool,
    /// How its values are judged.
    pub judged: Judged,
    /// By rising human share.
    pub arms: Vec<ArmFindings>,
    /// The critical fraction.
    pub critical: Result<Critical, Why>,
    /// In how many of how many seeds, and by which generation, the metric has lost its value without human rows.
    pub collapsed: Option<(usize, usize, u32)>,
}

impl MetricFindings {
    /// Whether the metric may lead and decide: a share of an unbounded metric means little.
    pub fn binds(&self) -> bool {
        self.judged.worst.is_some()
    }

    /// The arm at a human share.
    pub fn arm(&self, fraction: f64) -> Option<&ArmFindings> {
        self.arms.iter().find(|a| a.fraction == fraction)
    }
}

/// What is found in one regime.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The regime, where several stand side by side.
    pub regime: Option<String>,
    /// Whether the regime determines its own human fraction, so that none was asked for.
    pub own_fraction: bool,
    /// The last generation.
    pub generation: u32,
    /// The share of the loss whose critical fraction is sought.
    pub share: f64,
    /// Metric by metric.
    pub metrics: Vec<MetricFindings>,
    /// The critical fraction of all metrics that bind and show a loss.
    pub together: Option<Together>,
}

/// Compares the arms of every metric at `generation`; `share` is the part of the loss that is to be prevented, `looks` how
/// often the seeds were looked at before they were fixed.
pub fn compared(
    metrics: &[Metric],
    generation: u32,
    share: f64,
    looks: usize,
) -> (Vec<MetricFindings>, Option<Together>) {
    let level = 1.0 - (1.0 - DISPLAY_LEVEL) / looks.max(1) as f64;
    let findings: Vec<MetricFindings> =
        metrics.iter().map(|m| m.findings(generation, share, level)).collect();
    let binding: Vec<&Metric> = metrics
        .iter()
        .zip(&findings)
        .filter(|(_, f)| f.binds() && f.critical.is_ok())
        .map(|(m, _)| m)
        .collect();
    let stricter = 1.0 - (1.0 - level) / binding.len().max(1) as f64;
    let both = |m: &&Metric| {
        let at = |level| m.critical(generation, share, level).ok();
        Some((m.name.clone(), at(level)?, at(stricter)?))
    };
    let all: Vec<_> = binding.iter().filter_map(both).collect();
    (findings, together(&all))
}

impl Metric {
    fn mix(&self, place: f64) -> Option<&Arm> {
        self.mixes.iter().find(|a| a.place == place)
    }

    fn start(&self) -> Option<f64> {
        let first = self.mix(1.0).or(self.mixes.last())?;
        level_of(first.at(0), &self.judged, self.scale).mean
    }

    fn critical(&self, generation: u32, share: f64, level: f64) -> Result<Critical, Why> {
        let arms: Vec<(f64, Seeds<'_>)> = self.mixes.iter().map(|a| (a.place, a.at(generation))).collect();
        critical(&arms, &self.judged, self.start(), share, level)
    }

    fn share(&self, arm: &Arm, generation: u32) -> Result<Prevented, Why> {
        let none = self.mix(0.0).ok_or(Why::NoArm(0.0))?;
        let only = self.mix(1.0).ok_or(Why::NoArm(1.0))?;
        prevented(arm.at(generation), none.at(generation), only.at(generation), &self.judged, self.start())
    }

    fn findings(&self, generation: u32, share: f64, level: f64) -> MetricFindings {
        let horizons: Vec<u32> = {
            let mut all: Vec<u32> =
                [generation / 4, generation / 2, generation].into_iter().filter(|g| *g > 0).collect();
            all.dedup();
            all
        };
        let arm = |a: &Arm| {
            let between = a.place > 0.0 && a.place < 1.0;
            let measured: Vec<u32> =
                horizons.iter().copied().filter(|g| between && a.observed.contains_key(g)).collect();
            let alone = self.alone.iter().find(|c| c.place == a.place);
            let half = change(a.at(generation / 2), a.at(generation), &self.judged);
            ArmFindings {
                fraction: a.place,
                level: level_of(a.at(generation), &self.judged, self.scale),
                change: change(a.at(0), a.at(generation), &self.judged),
                prevented: measured.into_iter().map(|g| (g, self.share(a, g))).collect(),
                still_changing: half.interval.is_some_and(|i| !i.contains(0.0)),
                alone: alone.map(|c| level_of(c.last(generation), &self.judged, self.scale)),
                beside: alone.map(|c| {
                    let arms = [(0.0, c.last(generation)), (1.0, a.at(generation))];
                    let found = gains(&arms, &self.judged)?;
                    found.gains.into_iter().next().ok_or(Why::NotDetermined)
                }),
            }
        };
        MetricFindings {
            name: self.name.clone(),
            ratio: self.ratio,
            judged: self.judged,
            arms: self.mixes.iter().map(arm).collect(),
            critical: self.critical(generation, share, level),
            collapsed: self.mix(0.0).and_then(|none| collapsed(none, generation, self.judged.direction)),
        }
    }
}

/// In how many seeds the last generation is degenerate or infinite, and the first generation with as many.
fn collapsed(arm: &Arm, generation: u32, direction: Direction) -> Option<(usize, usize, u32)> {
    let lost = |seeds: Seeds<'_>| seeds.iter().filter(|(_, o)| is_collapse(*o, direction)).count();
    let last = arm.at(generation);
    let count = lost(last);
    let first = arm.observed.iter().find(|(_, seeds)| lost(seeds) >= count)?;
    (count > 0).then_some((count, last.len(), *first.0))
}

/// The gains of synthetic rows per human row, metric by metric: arms of a fixed number of human rows.
pub fn gains_of(metrics: &[Metric], generation: u32) -> Vec<(String, Result<Gains, Why>)> {
    metrics
        .iter()
        .map(|m| {
            let arms: Vec<(f64, Seeds<'_>)> = m.mixes.iter().map(|a| (a.place, a.at(generation))).collect();
            (m.name.clone(), gains(&arms, &m.judged))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Tolerance, Word};
    use super::*;
    use crate::metrics::Absence;

    const OFF: [f64; 8] = [-0.03, 0.01, 0.02, -0.01, 0.0, 0.015, -0.02, 0.015];

    fn seeds(mean: f64) -> Vec<(u64, Observed)> {
        (0..8).map(|i| (i as u64, Observed::of(mean + 0.2 * OFF[i]))).collect()
    }

    fn arm(place: f64, ends: &[(u32, f64)]) -> Arm {
        Arm { place, observed: ends.iter().map(|(g, mean)| (*g, seeds(*mean))).collect() }
    }

    fn coverage() -> Metric {
        let mix = |place, half, last| arm(place, &[(0, 0.9), (4, half), (8, last)]);
        Metric {
            name: "coverage".into(),
            scale: Scale::Logit,
            ratio: true,
            judged: Judged {
                direction: Direction::Higher,
                worst: Some(0.0),
                human: None,
                tolerance: Tolerance::default(),
            },
            mixes: vec![mix(0.0, 0.6, 0.5), mix(0.3, 0.85, 0.82), mix(1.0, 0.9, 0.9)],
            alone: vec![arm(0.3, &[(0, 0.9), (1, 0.86)])],
        }
    }

    #[test]
    fn a_regime_is_told_by_its_shares_its_controls_and_its_critical_fraction() {
        let (found, together) = compared(&[coverage()], 8, 0.9, 1);
        let arm = found[0].arm(0.3).unwrap();
        let share = arm.share().unwrap().unwrap();
        assert!((share.share - 0.8).abs() < 1e-9);
        assert_eq!(arm.prevented.iter().map(|(g, _)| *g).collect::<Vec<_>>(), [4, 8]);
        assert!(arm.still_changing && found[0].binds() && found[0].collapsed.is_none());
        // The control is of generation 1; the synthetic rows cost .04.
        let beside = arm.beside.clone().unwrap().unwrap();
        assert!((beside.gain + 0.04).abs() < 1e-9 && beside.differs());
        assert!(found[0].arm(0.0).unwrap().prevented.is_empty());
        assert_eq!(found[0].arm(0.0).unwrap().change.word, Word::Worse);
        // Linear from .82 at .3 to .9 at 1: .86 at .65.
        assert!((together.unwrap().estimate - 0.65).abs() < 1e-6);
    }

    #[test]
    fn a_metric_without_a_worst_value_never_binds_and_its_collapse_is_named() {
        let mut kl = coverage();
        kl.judged.worst = None;
        let lost: Vec<(u64, Observed)> = (0..8).map(|s| (s, Observed::Absent(Absence::Degenerate))).collect();
        kl.mixes[0].observed.insert(4, lost.clone());
        kl.mixes[0].observed.insert(8, lost);
        let (found, together) = compared(&[kl], 8, 0.9, 1);
        assert_eq!((found[0].collapsed, together), (Some((8, 8, 4)), None));
        assert_eq!(found[0].arm(0.3).unwrap().share(), Some(&Err(Why::Collapsed { seeds: 8, of: 8 })));
        assert_eq!(found[0].critical, Err(Why::Collapsed { seeds: 8, of: 8 }));
    }
}
