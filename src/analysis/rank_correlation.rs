//! Spearman's rank correlation of two metrics over settings, with a permutation test.
//!
//! ρ is Pearson's correlation of the ranks, ties at their mean (Spearman 1904, 10.2307/1412159). It is taken over the
//! settings within each seed; the interval is Student's t over seeds, so it holds for these settings and other seeds. That
//! the settings could stand in this order by chance is what the permutation test asks (Fisher 1935; with m random
//! permutations p = (1 + as extreme) ÷ (1 + m), Phipson & Smyth 2010, 10.2202/1544-6115.1585): the other metric's values
//! are dealt to the settings anew, the same for every seed. A claim passes only if both agree. Cost: O(m · seeds · settings).

use rand::seq::SliceRandom;

use super::claims::{ClaimResult, Expected, Part, Question, Relation, Tolerance, Verdict, decide};
use super::claims_intervals::{Range, mean_interval};
use crate::rng::Streams;

/// The permutation p that a claim must stay below.
const SIGNIFICANCE: f64 = 0.05;
/// Random permutations.
const PERMUTATIONS: usize = 9_999;

/// The two metrics of one setting: (seed, value) sorted by seed.
pub type Pair<'a> = (&'a [(u64, f64)], &'a [(u64, f64)]);

/// Holds ρ of the two metrics over the settings against a bound, at one generation.
pub fn rank_correlation(
    question: Question<'_>,
    settings: &[Pair<'_>],
    at: Option<u32>,
    (expected, tolerance, relation): (Expected, Tolerance, Relation),
) -> ClaimResult {
    let found = ranks_by_seed(settings).and_then(|(ours, theirs)| {
        let seeds = ours.iter().zip(&theirs);
        let each: Option<Vec<f64>> = seeds.map(|(x, y)| correlation(x, y)).collect();
        let each = each.ok_or("a metric is the same in every setting, so there is no correlation")?;
        let within = Range::Within(-1.0, 1.0);
        Ok((mean_interval(&each, None, question.level(1), within)?, chance(&ours, &theirs, relation)))
    });
    let (estimate, p) = match found {
        Ok((estimate, p)) => (Ok(estimate), Some(p)),
        Err(why) => (Err(why), None),
    };
    let part = Part { at, expected: expected.value, estimate };
    let mut result = decide(question.says, [part], tolerance, relation);
    if let Some(p) = p {
        let by_chance = p >= SIGNIFICANCE;
        if by_chance && result.verdict == Verdict::Passed {
            result.verdict = Verdict::Undecided;
        }
        let more = if by_chance { ", not below 0.05: more settings needed" } else { "" };
        result.reason.push_str(&format!("; permutation p = {p:.4} over {} settings{more}", settings.len()));
    }
    result
}

type Ranks = Vec<Vec<f64>>;

/// The ranks of the settings in either metric, one list a seed.
fn ranks_by_seed(settings: &[Pair<'_>]) -> Result<(Ranks, Ranks), String> {
    let seeds = |values: &[(u64, f64)]| values.iter().map(|(seed, _)| *seed).collect::<Vec<_>>();
    let first = settings.first().map(|(values, _)| seeds(values)).unwrap_or_default();
    if first.is_empty() || settings.iter().any(|(a, b)| seeds(a) != first || seeds(b) != first) {
        return Err("the settings do not have both metrics at the same seeds".into());
    }
    let of = |seed: usize| {
        let (a, b): (Vec<f64>, Vec<f64>) = settings.iter().map(|(a, b)| (a[seed].1, b[seed].1)).unzip();
        (ranks(&a), ranks(&b))
    };
    Ok((0..first.len()).map(of).unzip())
}

/// The rank of each value from 1, equals at the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |x: &f64| {
        let (below, equal) =
            values.iter().fold((0, 0), |(b, e), v| (b + u32::from(v < x), e + u32::from(v == x)));
        f64::from(below) + 0.5 * f64::from(equal + 1)
    };
    values.iter().map(rank).collect()
}

/// Pearson's correlation; `None` where one side does not vary.
fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (mean(x), mean(y));
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xy += (x - mx) * (y - my);
        xx += (x - mx).powi(2);
        yy += (y - my).powi(2);
    }
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

/// How often chance does as well in the direction of the claim, one-sided.
fn chance(ours: &Ranks, theirs: &Ranks, relation: Relation) -> f64 {
    let mut order: Vec<usize> = (0..ours.first().map_or(0, Vec::len)).collect();
    let mut rng = Streams::new(0, 0).of("rank-correlation").of("permutation").rng();
    let sign = if relation == Relation::AtMost { -1.0 } else { 1.0 };
    let mean = |order: &[usize]| -> f64 {
        let dealt = |y: &Vec<f64>| order.iter().map(|&i| y[i]).collect::<Vec<_>>();
        sign * ours.iter().zip(theirs).filter_map(|(x, y)| correlation(x, &dealt(y))).sum::<f64>()
    };
    // Sums of equal numbers in another order differ in the last digits.
    let reached = mean(&order) - 1e-9;
    let mut as_extreme = 1;
    for _ in 0..PERMUTATIONS {
        order.shuffle(&mut rng);
        as_extreme += usize::from(mean(&order) >= reached);
    }
    as_extreme as f64 / (PERMUTATIONS + 1) as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    type Values = Vec<(u64, f64)>;

    /// Settings with the given pairs of metrics in each of sixty seeds, of which every second one is a little greater.
    /// Fewer that all have the same correlation say too little at 10⁻⁴.
    fn settings(pairs: &[(f64, f64)]) -> Vec<(Values, Values)> {
        let sixty = |v: f64| (0..60).map(|s| (s, v * (1.0 + 1e-6 * (s % 2) as f64))).collect();
        pairs.iter().map(|(x, y)| (sixty(*x), sixty(*y))).collect()
    }

    fn claim(pairs: &[(f64, f64)], bound: f64, relation: Relation) -> ClaimResult {
        let all = settings(pairs);
        let all: Vec<Pair<'_>> = all.iter().map(|(a, b)| (a.as_slice(), b.as_slice())).collect();
        let held = (Expected { value: bound, sd_of_one: None }, Tolerance::default(), relation);
        rank_correlation(Question::once(""), &all, Some(1), held)
    }

    #[test]
    fn rho_is_spearmans_with_ties_at_their_mean_rank() {
        // Ranks 1 2.5 2.5 4 5 and 2 1 3 5 4: Σxy − n·9 = 52 − 45 = 7 over √(9.5 · 10), as scipy's spearmanr has it.
        let pairs = [(1.0, 20.0), (2.0, 10.0), (2.0, 30.0), (7.0, 50.0), (9.0, 40.0)];
        let found = claim(&pairs, 0.5, Relation::AtLeast);
        assert!((found.measured.unwrap() - 7.0 / 95.0_f64.sqrt()).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn an_order_that_chance_reaches_often_does_not_pass() {
        // Perfect order of three settings: chance has it in one of 3! cases.
        let three = claim(&[(1.0, 1.0), (2.0, 2.0), (3.0, 3.0)], 0.5, Relation::AtLeast);
        assert_eq!(three.verdict, Verdict::Undecided);
        let p: f64 = three.reason.split("p = ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        // Four standard errors of 9,999 draws.
        assert!((p - 1.0 / 6.0).abs() < 4.0 * (5.0_f64 / 36.0 / 9_999.0).sqrt(), "{p}");
        let six: Vec<(f64, f64)> = (0..6).map(|i| (f64::from(i), f64::from(i * i))).collect();
        assert_eq!(claim(&six, 0.5, Relation::AtLeast).verdict, Verdict::Passed);
        assert_eq!(claim(&six, -0.5, Relation::AtMost).verdict, Verdict::Failed);
        let falling: Vec<(f64, f64)> = six.iter().map(|(x, y)| (*x, -y)).collect();
        assert_eq!(claim(&falling, -0.5, Relation::AtMost).verdict, Verdict::Passed);
    }

    #[test]
    fn without_variation_or_common_seeds_there_is_nothing_to_decide() {
        let flat = claim(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)], 0.5, Relation::AtLeast);
        assert_eq!((flat.verdict, flat.measured), (Verdict::Undecided, None));
        assert_eq!(claim(&[], 0.5, Relation::AtLeast).verdict, Verdict::Undecided);
    }
}
