//! The change since generation 0, and one word for it.
//!
//! Per seed c = m(g) − m(0) ± tolerance, the tolerance a share of that seed's own distance from the start to the worst
//! value, or stated in the metric's unit. *Worse* if the interval of the change lies wholly beyond the tolerance, *same* if
//! wholly within, *better* if wholly beyond on the good side, else *not decided*.

use serde::Serialize;

use super::seeds::{Number, Seeds, number};
use super::{CUT_NEEDS, Judged, Tolerance, Why};
use crate::analysis::DISPLAY_LEVEL;
use crate::analysis::intervals::{Interval, mean_interval, mean_sd, t_quantile};
use crate::metrics::{Direction, Observed, Scale};

/// One word for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Worse by more than the tolerance.
    Worse,
    /// Within the tolerance.
    Same,
    /// Better by more than the tolerance.
    Better,
    /// The interval straddles an end of the tolerance.
    NotDecided,
    /// Nothing can be said, whatever the number of seeds.
    NoVerdict,
}

impl Word {
    /// As it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Word::Worse => "worse",
            Word::Same => "same",
            Word::Better => "better",
            Word::NotDecided => "not decided",
            Word::NoVerdict => "no verdict",
        }
    }
}

/// A change since generation 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Mean of m(g) − m(0) over seeds.
    pub difference: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// The difference over the mean start; none where that is 0.
    pub relative: Option<f64>,
    /// The word.
    pub word: Word,
    /// With *not decided*, about how many seeds would decide it.
    pub seeds_needed: Option<u64>,
    /// With *no verdict*, the reason; with *worse* because of collapse, in how many seeds.
    pub why: Option<Why>,
    /// Seeds.
    pub seeds: usize,
}

impl Change {
    /// What goes with the word: within which tolerance, how many seeds would decide, or why there is no verdict.
    pub fn remark(&self, tolerance: Tolerance) -> String {
        let shown = self.interval.as_ref().is_some_and(|i| !i.contains(0.0));
        match (self.word, &self.why, self.seeds_needed) {
            (Word::Same, _, _) => {
                let within = match tolerance {
                    Tolerance::OfDistance(share) | Tolerance::OfLogDistance(share) => {
                        format!("{} % of the way to the worst value", crate::say::number(100.0 * share))
                    }
                    Tolerance::Units(units) => crate::say::number(units),
                };
                let though = if shown { ", though a change is shown" } else { "" };
                format!("within {within}{though}")
            }
            (Word::NotDecided, None, Some(seeds)) => format!("about {seeds} seeds would decide"),
            (_, Some(why), _) => why.to_string(),
            _ => String::new(),
        }
    }
}

/// The change from `first` to `last`, paired by seed.
pub fn change(first: Seeds<'_>, last: Seeds<'_>, judged: &Judged) -> Change {
    let pairs: Vec<(Observed, Observed)> = first
        .iter()
        .filter_map(|(seed, a)| {
            let at = last.binary_search_by_key(seed, |(s, _)| *s).ok()?;
            Some((*a, last[at].1))
        })
        .collect();
    let of = pairs.len();
    let none = |word, why| Change {
        difference: None,
        interval: None,
        relative: None,
        word,
        seeds_needed: None,
        why: Some(why),
        seeds: of,
    };
    let (mut starts, mut ends) = (Vec::with_capacity(of), Vec::with_capacity(of));
    let (mut cut, mut collapsed, mut at_start) = (0, 0, 0);
    for (a, b) in &pairs {
        let (a, b) = match (number(*a, judged), number(*b, judged)) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(why), _) | (_, Err(why)) => return none(Word::NoVerdict, why),
        };
        match (a, b) {
            (Number::Is(a), Number::Is(b)) => {
                starts.push(a);
                ends.push(b);
            }
            (Number::Is(a), Number::Cut(b)) => {
                cut += 1;
                starts.push(a);
                ends.push(b);
            }
            (Number::Is(_), Number::Collapsed) => collapsed += 1,
            _ => at_start += 1,
        }
    }
    if at_start > 0 {
        return none(Word::NoVerdict, Why::CollapsedAtStart { seeds: at_start, of });
    }
    if collapsed > 0 {
        // The median seed has collapsed; of fewer nothing can be said.
        let word = if 2 * collapsed >= of { Word::Worse } else { Word::NotDecided };
        return none(word, Why::Collapsed { seeds: collapsed, of });
    }
    if of < 2 {
        let mut found = none(Word::NoVerdict, Why::FewSeeds { have: of, need: 2, cut: false });
        found.difference = starts.first().zip(ends.first()).map(|(a, b)| b - a);
        return found;
    }
    let moved: Vec<f64> = ends.iter().zip(&starts).map(|(b, a)| b - a).collect();
    let (difference, start) = (mean_sd(&moved).0, mean_sd(&starts).0);
    let mut found = Change {
        difference: Some(difference),
        interval: mean_interval(&moved, Scale::Linear, DISPLAY_LEVEL),
        relative: (start != 0.0).then(|| difference / start.abs()),
        word: Word::NoVerdict,
        seeds_needed: None,
        why: None,
        seeds: of,
    };
    if moved.iter().all(|d| *d == 0.0) {
        found.word = Word::Same;
        return found;
    }
    let Some(allowed) = starts.iter().map(|s| judged.allowed(*s)).collect::<Option<Vec<f64>>>() else {
        found.why = Some(Why::NoTolerance);
        return found;
    };
    if cut == of {
        found.word = Word::Worse;
        found.why = Some(Why::Collapsed { seeds: cut, of });
        return found;
    }
    if cut > 0 && of < CUT_NEEDS {
        found.why = Some(Why::FewSeeds { have: of, need: CUT_NEEDS, cut: true });
        return found;
    }
    let (word, seeds_needed) = match bad_side(&starts, judged) {
        Bad::Side(sign) => one_sided(&moved, &allowed, sign),
        Bad::Both => two_sided(&moved, &allowed),
    };
    (found.word, found.seeds_needed) = (word, seeds_needed);
    if word == Word::Better && crosses(&starts, &ends, judged) {
        // Past people: worse if the end is further from them than the start by more than the tolerance, else no verdict.
        let human = judged.human.unwrap_or_default();
        let away: Vec<f64> =
            ends.iter().zip(&starts).map(|(b, a)| (b - human).abs() - (a - human).abs()).collect();
        (found.word, found.why) = match one_sided(&away, &allowed, 1.0).0 {
            Word::Worse => (Word::Worse, None),
            _ => (Word::NoVerdict, Some(Why::CrossesPeople)),
        };
    }
    found
}

/// Which changes are bad.
enum Bad {
    /// Rises (+1) or falls (−1).
    Side(f64),
    /// Both: the start can't be told from people.
    Both,
}

fn bad_side(starts: &[f64], judged: &Judged) -> Bad {
    match (judged.direction, judged.human) {
        (Direction::Lower, _) => Bad::Side(1.0),
        (Direction::Higher, _) => Bad::Side(-1.0),
        (Direction::TwoSided, None) => Bad::Both,
        (Direction::TwoSided, Some(human)) => {
            let off: Vec<f64> = starts.iter().map(|s| s - human).collect();
            match mean_interval(&off, Scale::Linear, DISPLAY_LEVEL) {
                Some(i) if i.low > 0.0 => Bad::Side(1.0),
                Some(i) if i.high < 0.0 => Bad::Side(-1.0),
                _ => Bad::Both,
            }
        }
    }
}

/// Whether a human-valued metric ends on the other side of people than it began.
fn crosses(starts: &[f64], ends: &[f64], judged: &Judged) -> bool {
    let (Direction::TwoSided, Some(human)) = (judged.direction, judged.human) else { return false };
    (mean_sd(starts).0 - human) * (mean_sd(ends).0 - human) < 0.0
}

/// Where the mean of per-seed numbers lies.
struct Placed {
    mean: f64,
    sd: f64,
    reach: f64,
}

impl Placed {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.collect();
        let n = values.len() as f64;
        let (mean, sd) = mean_sd(&values);
        Self { mean, sd, reach: t_quantile(DISPLAY_LEVEL, n - 1.0) * sd / n.sqrt() }
    }

    fn above(&self) -> bool {
        self.mean > self.reach
    }

    fn below(&self) -> bool {
        -self.mean > self.reach
    }

    /// About how many seeds would put 0 outside the interval.
    fn seeds(&self) -> f64 {
        (t_quantile(DISPLAY_LEVEL, 1e6) * self.sd / self.mean).powi(2) + 2.0
    }
}

/// About how many seeds would decide at the nearest of the two ends; none where that is out of reach.
fn needed(ends: [&Placed; 2]) -> Option<u64> {
    let seeds = ends.into_iter().map(Placed::seeds).fold(0.0, f64::max);
    (seeds < 1e5).then(|| seeds.ceil() as u64)
}

fn one_sided(moved: &[f64], allowed: &[f64], sign: f64) -> (Word, Option<u64>) {
    let pairs = || moved.iter().zip(allowed);
    let worse = Placed::of(pairs().map(|(d, t)| sign * d - t));
    let better = Placed::of(pairs().map(|(d, t)| sign * d + t));
    if worse.above() {
        (Word::Worse, None)
    } else if better.below() {
        (Word::Better, None)
    } else if worse.below() && better.above() {
        (Word::Same, None)
    } else {
        (Word::NotDecided, needed([&worse, &better]))
    }
}

fn two_sided(moved: &[f64], allowed: &[f64]) -> (Word, Option<u64>) {
    let pairs = || moved.iter().zip(allowed);
    let up = Placed::of(pairs().map(|(d, t)| d - t));
    let down = Placed::of(pairs().map(|(d, t)| d + t));
    if up.above() || down.below() {
        (Word::Worse, None)
    } else if up.below() && down.above() {
        (Word::Same, None)
    } else {
        (Word::NotDecided, needed([&up, &down]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Absence;

    fn judged(direction: Direction, worst: Option<f64>) -> Judged {
        Judged { direction, worst, human: None, tolerance: Tolerance::default() }
    }

    fn seeds(mean: f64, noise: f64, n: usize) -> Vec<(u64, Observed)> {
        let off = [-0.03, 0.01, 0.02, -0.01, 0.0, 0.015, -0.02, 0.015];
        (0..n).map(|i| (i as u64, Observed::of(mean + noise * off[(5 * i) % 8]))).collect()
    }

    fn word(first: f64, last: f64, judged: &Judged) -> Word {
        change(&seeds(first, 1.0, 8), &seeds(last, 0.2, 8), judged).word
    }

    #[test]
    fn the_tolerance_is_a_tenth_of_the_way_to_the_worst_value() {
        let coverage = judged(Direction::Higher, Some(0.0));
        // From .8: .08 are allowed.
        for (last, expected) in
            [(0.6, Word::Worse), (0.78, Word::Same), (0.72, Word::NotDecided), (0.95, Word::Better)]
        {
            assert_eq!(word(0.8, last, &coverage), expected, "{last}");
        }
        // A distance whose worst value is 5, from 1: .4 are allowed.
        let distance = judged(Direction::Lower, Some(5.0));
        assert_eq!((word(1.0, 1.3, &distance), word(1.0, 1.6, &distance)), (Word::Same, Word::Worse));
        let found = change(&seeds(0.8, 1.0, 8), &seeds(0.78, 0.0, 8), &coverage);
        assert_eq!(
            found.remark(Tolerance::default()),
            "within 10 % of the way to the worst value, though a change is shown"
        );
    }

    #[test]
    fn a_perplexity_has_the_tolerance_of_its_logarithm() {
        // From 7.5 to 54 choices: 10 % of log 7.2 is .1974, a factor of 1.218, so 1.637 are allowed.
        let tolerance = Tolerance::OfLogDistance(0.1);
        let perplexity = Judged { tolerance, ..judged(Direction::Lower, Some(54.0)) };
        assert!((perplexity.allowed(7.5).unwrap_or_default() - 1.637).abs() < 1e-3);
        assert_eq!((word(7.5, 9.0, &perplexity), word(7.5, 9.3, &perplexity)), (Word::Same, Word::Worse));
    }

    #[test]
    fn collapse_is_worse_and_no_other_absence_is_a_verdict() {
        let start = seeds(0.8, 1.0, 20);
        let all = |observed| (0..20).map(|s| (s, observed)).collect::<Vec<(u64, Observed)>>();
        let degenerate = all(Observed::Absent(Absence::Degenerate));
        for worst in [None, Some(0.0)] {
            let found = change(&start, &degenerate, &judged(Direction::Higher, worst));
            assert_eq!((found.word, found.why), (Word::Worse, Some(Why::Collapsed { seeds: 20, of: 20 })));
        }
        let one: Vec<_> =
            start.iter().map(|(s, o)| (*s, if *s == 3 { degenerate[3].1 } else { *o })).collect();
        assert_eq!(change(&start, &one, &judged(Direction::Higher, None)).word, Word::NotDecided);
        let infinite = change(&start, &all(Observed::of(f64::INFINITY)), &judged(Direction::Lower, None));
        assert_eq!(infinite.word, Word::Worse);
        let few =
            change(&start, &all(Observed::Absent(Absence::TooFewRows)), &judged(Direction::Lower, None));
        assert_eq!((few.word, few.why), (Word::NoVerdict, Some(Why::Absent(Absence::TooFewRows))));
        let back = change(&degenerate, &start, &judged(Direction::Higher, Some(0.0)));
        assert_eq!(back.why, Some(Why::CollapsedAtStart { seeds: 20, of: 20 }));
    }

    #[test]
    fn without_a_worst_value_only_a_stated_tolerance_decides() {
        let open = judged(Direction::Lower, None);
        let found = change(&seeds(3.0, 1.0, 8), &seeds(3.5, 1.0, 8), &open);
        assert_eq!((found.word, found.why), (Word::NoVerdict, Some(Why::NoTolerance)));
        assert!(found.interval.is_some());
        let stated = Judged { tolerance: Tolerance::Units(0.1), ..open };
        assert_eq!(word(3.0, 3.5, &stated), Word::Worse);
        // Nothing changed in any seed, and nothing need be stated.
        assert_eq!(change(&seeds(3.0, 1.0, 8), &seeds(3.0, 1.0, 8), &open).word, Word::Same);
    }

    #[test]
    fn a_human_valued_metric_is_worse_away_from_people() {
        let people = |human| Judged { human: Some(human), ..judged(Direction::TwoSided, Some(0.0)) };
        // Starts above people: a fall towards them is better, as long as it does not cross them.
        assert_eq!(word(0.995, 0.87, &people(0.8)), Word::Better);
        assert_eq!(word(0.995, 0.7, &people(0.8)), Word::NoVerdict);
        assert_eq!(word(0.995, 0.87, &people(1.1)), Word::Worse);
        // Far past them it is worse: .42 away from people where it began .056 away, of which .06 are allowed.
        assert_eq!(word(0.602, 0.126, &people(0.546)), Word::Worse);
        // Starts at people: both ways are worse.
        assert_eq!((word(1.0, 1.2, &people(1.0)), word(1.0, 0.8, &people(1.0))), (Word::Worse, Word::Worse));
    }

    #[test]
    fn the_number_of_seeds_that_would_decide_grows_with_the_noise() {
        let judged = judged(Direction::Higher, Some(0.0));
        let needed = |noise: f64| {
            let found = change(&seeds(0.8, noise, 8), &seeds(0.715, noise * 1.5, 8), &judged);
            (found.word, found.seeds_needed)
        };
        let ((a, few), (b, many)) = (needed(2.0), needed(6.0));
        assert_eq!((a, b), (Word::NotDecided, Word::NotDecided));
        assert!(few.is_some() && many > few, "{few:?} {many:?}");
        assert_eq!(change(&seeds(0.8, 1.0, 1), &seeds(0.1, 1.0, 1), &judged).word, Word::NoVerdict);
    }
}
