//! Whether what is concluded from rows is as right as it says: coverage of every interval and the false rates of every
//! verdict, on loops whose truth is exact.

mod loops;
mod rows;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::DISPLAY_LEVEL;
use super::effects::{Judged, Seeds, Tolerance, Word, change, critical, gains, next_arm, prevented};
use super::intervals::{Interval, mean_interval};
use crate::metrics::{Direction, Observed, Scale};
use crate::rng::Streams;
pub use loops::{Loop, ROWS};

/// The generation that is judged.
pub const GENERATION: u32 = 8;
/// The human fraction that is judged.
pub const FRACTION: f64 = 0.3;
/// The share of the loss whose critical fraction is judged.
pub const SHARE: f64 = 0.9;
/// The arms that a comparison begins with.
pub const ARMS: [f64; 7] = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0];
/// Further arms of a refinement.
pub const REFINED: usize = 6;
/// Fractions between 0 and 1 at which a refinement can put an arm: halves of halves of the gaps of [`ARMS`].
const FINE: usize = 80;

/// What of the statistics is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The mean over seeds.
    Mean,
    /// A paired difference of two arms.
    Difference,
    /// The change since generation 0.
    Change,
    /// The gain of the synthetic rows beside the same human rows.
    Gain,
    /// The prevented share.
    Prevented,
    /// The critical fraction, refined.
    Critical,
    /// The change of one run, over its resampled rows.
    OverRows,
}

impl What {
    /// Those over seeds.
    pub const ALL: [What; 6] =
        [What::Mean, What::Difference, What::Change, What::Gain, What::Prevented, What::Critical];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            What::Mean => "mean over seeds",
            What::Difference => "paired difference",
            What::Change => "change since generation 0",
            What::Gain => "gain beside the same human rows",
            What::Prevented => "prevented share",
            What::Critical => "critical fraction",
            What::OverRows => "change over resampled rows",
        }
    }
}

/// The coverage of one kind of interval on one loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The loop.
    pub on: String,
    /// The interval.
    pub of: What,
    /// Seeds.
    pub seeds: usize,
    /// The exact truth.
    pub truth: f64,
    /// Repetitions with an interval.
    pub repetitions: usize,
    /// The share whose interval holds the truth.
    pub covered: f64,
    /// The share whose interval lies wholly below the truth.
    pub below: f64,
    /// The share whose interval lies wholly above.
    pub above: f64,
    /// The mean width of the two-sided ones.
    pub width: f64,
}

/// How often a verdict is given that is false, at the boundary where it is hardest to avoid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FalseRate {
    /// The loop.
    pub on: String,
    /// The verdict.
    pub verdict: String,
    /// What is true.
    pub truth: String,
    /// Seeds.
    pub seeds: usize,
    /// Repetitions.
    pub repetitions: usize,
    /// The share of repetitions with the false verdict.
    pub rate: f64,
    /// What it is meant to be.
    pub nominal: f64,
    /// What it may be.
    pub most: f64,
}

/// The mean of an effect at one size of the measured sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AtSize {
    /// Rows that the metric sees; none: the fitted variance itself.
    pub size: Option<usize>,
    /// The mean prevented share.
    pub prevented: f64,
    /// Its standard error.
    pub prevented_error: f64,
    /// The mean critical fraction.
    pub critical: f64,
    /// Its standard error.
    pub critical_error: f64,
}

/// Everything that a self-test finds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SelfTest {
    /// Repetitions asked for.
    pub repetitions: usize,
    /// The intervals.
    pub coverage: Vec<Coverage>,
    /// The verdicts.
    pub false_rates: Vec<FalseRate>,
    /// Whether effects move with the size of the measured sample.
    pub sizes: Vec<AtSize>,
}

/// The least coverage and the largest tail that pass.
pub const LEAST_COVERAGE: f64 = 0.93;
/// The largest share of intervals on one side of the truth that passes.
pub const LARGEST_TAIL: f64 = 0.05;

impl Coverage {
    /// How often intervals hold a truth.
    fn of((on, of, seeds): (&str, What, usize), truth: f64, intervals: Vec<(f64, f64)>) -> Self {
        let n = intervals.len() as f64;
        let share = |of: &dyn Fn(&(f64, f64)) -> bool| intervals.iter().filter(|i| of(i)).count() as f64 / n;
        let (below, above) = (share(&|i| i.1 < truth), share(&|i| i.0 > truth));
        let widths: Vec<f64> = intervals.iter().map(|i| i.1 - i.0).filter(|w| w.is_finite()).collect();
        Coverage {
            on: on.into(),
            of,
            seeds,
            truth,
            repetitions: intervals.len(),
            covered: 1.0 - below - above,
            below,
            above,
            width: widths.iter().sum::<f64>() / widths.len() as f64,
        }
    }

    /// Whether the interval is as good as it says.
    pub fn holds(&self) -> bool {
        self.covered >= LEAST_COVERAGE && self.below <= LARGEST_TAIL && self.above <= LARGEST_TAIL
    }
}

impl FalseRate {
    /// Whether the rate is at most what it may be.
    pub fn holds(&self) -> bool {
        self.rate <= self.most
    }
}

impl SelfTest {
    /// Whether everything is as good as it says.
    pub fn holds(&self) -> bool {
        self.coverage.iter().all(Coverage::holds) && self.false_rates.iter().all(FalseRate::holds)
    }
}

/// The loops on which intervals and verdicts are judged.
pub const LOOPS: [Loop; 3] = [
    Loop::Gaussian { scale: 0.8, size: None },
    Loop::Outcomes { outcomes: 20 },
    Loop::Regression { weights: 20 },
];

/// Runs the self-test; every number follows from `repetitions` and `salt`.
pub fn self_test(repetitions: usize, seeds: &[usize], salt: u64) -> SelfTest {
    let mut found =
        SelfTest { repetitions, coverage: Vec::new(), false_rates: Vec::new(), sizes: Vec::new() };
    for of in LOOPS {
        for seeds in seeds {
            let run = Judging { of, seeds: *seeds, repetitions, salt };
            found.coverage.extend(run.coverage());
            found.false_rates.extend(run.false_rates());
        }
    }
    found.coverage.extend(rows::coverage(repetitions, salt));
    for size in [Some(100), Some(500), Some(2000), Some(8000), None] {
        let of = Loop::Gaussian { scale: 0.8, size };
        let run = Judging { of, seeds: 40, repetitions: repetitions.div_ceil(10), salt };
        found.sizes.push(run.at_size(size));
    }
    found
}

/// One loop at one number of seeds.
struct Judging {
    of: Loop,
    seeds: usize,
    repetitions: usize,
    salt: u64,
}

/// One repetition: for each arm and each of generation 0, the last one and the human rows alone, an observation a seed.
struct Repetition {
    arms: Vec<[Vec<(u64, Observed)>; 3]>,
}

impl Repetition {
    fn at(&self, arm: usize, which: usize) -> Seeds<'_> {
        &self.arms[arm][which]
    }

    fn values(&self, arm: usize, which: usize) -> Vec<f64> {
        self.at(arm, which).iter().filter_map(|(_, o)| o.finite()).collect()
    }
}

const FIRST: usize = 0;
const LAST: usize = 1;
const ALONE: usize = 2;

impl Judging {
    fn repetition(&self, what: &str, index: usize, fractions: &[f64]) -> Repetition {
        let empty = || [(); 3].map(|()| Vec::with_capacity(self.seeds));
        let mut arms: Vec<[Vec<(u64, Observed)>; 3]> = fractions.iter().map(|_| empty()).collect();
        let streams = Streams::new(self.salt, index as u64).of("self-test").of(self.of.name()).of(what);
        for seed in 0..self.seeds as u64 {
            let mut rng = streams.at(seed).rng();
            for (row, arm) in self.of.seed(fractions, GENERATION, &mut rng).into_iter().zip(&mut arms) {
                for (value, into) in row.into_iter().zip(arm) {
                    into.push((seed, Observed::of(value)));
                }
            }
        }
        Repetition { arms }
    }

    fn judged(&self, tolerance: Tolerance) -> Judged {
        // People are known exactly here; a metric whose human value is not the human-only arm's takes the latter.
        let human = matches!(self.of.direction(), Direction::TwoSided).then(|| self.of.truth(1.0, 0));
        Judged { direction: self.of.direction(), worst: None, human, tolerance }
    }

    fn scale(&self) -> Scale {
        match self.of {
            Loop::Outcomes { .. } => Scale::Logit,
            Loop::Gaussian { .. } | Loop::Regression { .. } => Scale::Log,
        }
    }

    /// The remaining share of the loss, exactly.
    fn remaining(&self, fraction: f64) -> f64 {
        let of = |fraction| self.of.truth(fraction, GENERATION);
        (of(fraction) - of(1.0)) / (of(0.0) - of(1.0))
    }

    fn truth(&self, what: What) -> f64 {
        let last = |fraction| self.of.truth(fraction, GENERATION);
        match what {
            What::Mean => last(FRACTION),
            What::Difference => last(FRACTION) - last(1.0),
            What::Change | What::OverRows => last(FRACTION) - self.of.truth(FRACTION, 0),
            What::Gain => match self.of.direction() {
                Direction::TwoSided => -(last(FRACTION) - self.of.truth_alone(FRACTION)).abs(),
                _ => self.of.truth_alone(FRACTION) - last(FRACTION),
            },
            What::Prevented => 1.0 - self.remaining(FRACTION),
            What::Critical => {
                let (mut low, mut high) = (0.0, 1.0);
                for _ in 0..40 {
                    let middle = 0.5 * (low + high);
                    if self.remaining(middle) > 1.0 - SHARE { low = middle } else { high = middle }
                }
                0.5 * (low + high)
            }
        }
    }

    /// The interval of one repetition; `None` where there is none.
    fn interval(&self, what: What, index: usize) -> Option<(f64, f64)> {
        let bounds = |i: Interval| (i.low, i.high);
        let judged = self.judged(Tolerance::Units(0.0));
        if what == What::Critical {
            return self.refined(index, &judged).map(|c| (c.low, c.high.unwrap_or(f64::INFINITY)));
        }
        let r = self.repetition("arms", index, &[0.0, FRACTION, 1.0]);
        match what {
            What::Mean => mean_interval(&r.values(1, LAST), self.scale(), DISPLAY_LEVEL).map(bounds),
            What::Difference => {
                let (a, b) = (r.values(1, LAST), r.values(2, LAST));
                let apart: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
                mean_interval(&apart, Scale::Linear, DISPLAY_LEVEL).map(bounds)
            }
            What::Change => change(r.at(1, FIRST), r.at(1, LAST), &judged).interval.map(bounds),
            What::Gain => {
                let found = gains(&[(0.0, r.at(1, ALONE)), (1.0, r.at(1, LAST))], &judged).ok()?;
                found.gains[0].interval.clone().map(bounds)
            }
            What::Prevented => {
                let found = prevented(r.at(1, LAST), r.at(0, LAST), r.at(2, LAST), &judged, None).ok()?;
                Some((found.low?, found.high.unwrap_or(f64::INFINITY)))
            }
            What::Critical | What::OverRows => None,
        }
    }

    /// The critical fraction with up to [`REFINED`] further arms.
    fn refined(&self, index: usize, judged: &Judged) -> Option<super::effects::Critical> {
        let fine: Vec<f64> = (0..=FINE).map(|i| i as f64 / FINE as f64).collect();
        let r = self.repetition("fine arms", index, &fine);
        let place = |fraction: f64| (fraction * FINE as f64).round() as usize;
        let mut fractions = ARMS.to_vec();
        let mut found = None;
        for _ in 0..=REFINED {
            let arms: Vec<(f64, Seeds<'_>)> = fractions.iter().map(|f| (*f, r.at(place(*f), LAST))).collect();
            let now = critical(&arms, judged, None, SHARE, DISPLAY_LEVEL).ok()?;
            found = Some(now);
            let Some(next) = next_arm(&fractions, now.low, now.high.unwrap_or(1.0)) else { break };
            fractions.push(fine[place(next)]);
            fractions.sort_by(f64::total_cmp);
            fractions.dedup();
        }
        found
    }

    fn coverage(&self) -> Vec<Coverage> {
        What::ALL.into_iter().map(|what| self.covered(what)).collect()
    }

    fn covered(&self, what: What) -> Coverage {
        let intervals =
            (0..self.repetitions).into_par_iter().filter_map(|i| self.interval(what, i)).collect();
        Coverage::of((self.of.name(), what, self.seeds), self.truth(what), intervals)
    }
    fn rate(
        &self,
        verdict: &str,
        truth: &str,
        nominal: f64,
        wrong: impl Fn(usize) -> bool + Sync,
    ) -> FalseRate {
        let found = (0..self.repetitions).into_par_iter().filter(|i| wrong(*i)).count();
        let rate = found as f64 / self.repetitions as f64;
        // A verdict is one tail of its interval; the gate is held to its level, four binomial standard errors apart.
        let error = (nominal * (1.0 - nominal) / self.repetitions as f64).sqrt();
        let most = if nominal < 0.02 { nominal + 4.0 * error } else { LARGEST_TAIL };
        FalseRate {
            on: self.of.name().into(),
            verdict: verdict.into(),
            truth: truth.into(),
            seeds: self.seeds,
            repetitions: self.repetitions,
            rate,
            nominal,
            most,
        }
    }

    fn false_rates(&self) -> Vec<FalseRate> {
        // At the boundary the change is exactly the tolerance, where both words are wrong half of the time.
        let boundary = self.truth(What::Change).abs();
        let at_boundary = |word: Word| {
            let judged = self.judged(Tolerance::Units(boundary));
            move |i: usize| {
                let r = self.repetition("arms", i, &[FRACTION]);
                change(r.at(0, FIRST), r.at(0, LAST), &judged).word == word
            }
        };
        // The same arm twice, with other seeds: nothing is lost. With a human value either side is a loss.
        let sides = if self.of.direction() == Direction::TwoSided { 2.0 } else { 1.0 };
        let gate = |i: usize| {
            let (a, b) = (self.repetition("one", i, &[1.0]), self.repetition("other", i, &[1.0]));
            let judged = self.judged(Tolerance::Units(0.0));
            prevented(a.at(0, LAST), a.at(0, LAST), b.at(0, LAST), &judged, None).is_ok()
        };
        vec![
            self.rate("a loss is shown", "nothing is lost", 0.005 * sides, gate),
            self.rate("worse", "the change is the tolerance", 0.025, at_boundary(Word::Worse)),
            self.rate("same", "the change is the tolerance", 0.025, at_boundary(Word::Same)),
        ]
    }

    fn at_size(&self, size: Option<usize>) -> AtSize {
        let judged = self.judged(Tolerance::Units(0.0));
        let found: Vec<(f64, f64)> = (0..self.repetitions)
            .into_par_iter()
            .filter_map(|i| {
                let r = self.repetition("sizes", i, &ARMS);
                let arms: Vec<(f64, Seeds<'_>)> =
                    ARMS.iter().enumerate().map(|(a, f)| (*f, r.at(a, LAST))).collect();
                let found = critical(&arms, &judged, None, SHARE, DISPLAY_LEVEL).ok()?;
                let share = prevented(r.at(2, LAST), r.at(0, LAST), r.at(6, LAST), &judged, None).ok()?;
                Some((share.share, found.estimate))
            })
            .collect();
        let mean = |of: fn(&(f64, f64)) -> f64| {
            let values: Vec<f64> = found.iter().map(of).collect();
            let (mean, sd) = super::intervals::mean_sd(&values);
            (mean, sd / (values.len() as f64).sqrt())
        };
        let ((prevented, prevented_error), (critical, critical_error)) = (mean(|f| f.0), mean(|f| f.1));
        AtSize { size, prevented, prevented_error, critical, critical_error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_self_test_holds_and_is_the_same_twice() {
        let (a, b) = (self_test(60, &[10], 0), self_test(60, &[10], 0));
        assert_eq!(a, b);
        assert_eq!(a.coverage.len(), LOOPS.len() * What::ALL.len() + 4);
        // 60 repetitions: .93 less five binomial standard errors.
        assert!(a.coverage.iter().all(|c| c.covered > 0.78 && c.repetitions > 50), "{:#?}", a.coverage);
    }
}
