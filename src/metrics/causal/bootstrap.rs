//! Intervals of the effects of one table, by resampling its rows.
//!
//! The n rows are drawn n times with replacement, R times, and every effect is estimated anew; an interval
//! is the percentiles 100 (1 ∓ level)/2 of its R values (Efron and Tibshirani 1993, chapter 13, DOI
//! 10.1201/9780429246593). It covers the choice of the rows. It takes the graph and the form of the
//! regressions for granted. Cost: R times two regressions of few Newton steps over rows that differ, on the current
//! thread pool.

use rand::RngExt;
use rayon::prelude::*;

use super::resampled::Resampled;
use super::{Graph, four_means};
use crate::data::{Effects, FourMeans, Samples};
use crate::metrics::quantile::quantile;
use crate::models::Refusal;
use crate::rng::Streams;

/// The effects of a table and of its resamples.
pub struct Bootstrap {
    /// The table's own four means.
    pub means: FourMeans,
    /// The effects of each resample.
    pub resamples: Vec<Effects>,
}

impl Bootstrap {
    /// Estimates the effects of `rows` and of `resamples` tables drawn from them; `done` is called after each.
    ///
    /// # Errors
    /// No resample asked for, and those of [`four_means`]; a rare group may be missing from a resample.
    pub fn new(
        rows: &Samples,
        graph: &Graph,
        resamples: usize,
        streams: &Streams,
        done: &(dyn Fn() + Sync),
    ) -> Result<Self, Refusal> {
        let means = four_means(rows, graph)?;
        let table = Resampled::new(rows, graph)?;
        let n = rows.len() as u32;
        let resample = |r: usize| {
            let mut rng = streams.of("resample").at(r as u64).rng();
            let mut counts = vec![0.0; n as usize];
            (0..n).for_each(|_| counts[rng.random_range(0..n) as usize] += 1.0);
            let found = table.means(&counts).map(|means| means.effects()).map_err(|why| {
                Refusal::new(format!(
                    "in a resample of the {n} rows: {why}; the table is too small for intervals"
                ))
            });
            done();
            found
        };
        let resamples: Vec<Effects> =
            (0..resamples).into_par_iter().map(resample).collect::<Result<_, _>>()?;
        if resamples.is_empty() {
            return Err(Refusal::new("an interval takes at least one resample"));
        }
        Ok(Self { means, resamples })
    }

    /// The percentile interval of one effect, (low, high).
    pub fn interval(&self, part: fn(&Effects) -> f64, level: f64) -> (f64, f64) {
        let mut values: Vec<f64> = self.resamples.iter().map(part).collect();
        values.sort_by(f64::total_cmp);
        let tail = (1.0 - level) / 2.0;
        (quantile(&values, tail), quantile(&values, 1.0 - tail))
    }
}

/// The percentile interval of an effect of `b` less that of `a`, two tables that share no row: each resample of one
/// with one of the other.
pub fn difference(a: &Bootstrap, b: &Bootstrap, part: fn(&Effects) -> f64, level: f64) -> (f64, f64) {
    let mut values: Vec<f64> = a.resamples.iter().zip(&b.resamples).map(|(a, b)| part(b) - part(a)).collect();
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - level) / 2.0;
    (quantile(&values, tail), quantile(&values, 1.0 - tail))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::means::tests::draw;
    use super::*;

    fn of(n: usize, resamples: usize) -> Result<Bootstrap, Refusal> {
        let rows = draw(n, 5);
        let graph = Graph::new(rows.schema(), &["w".into()]).unwrap();
        Bootstrap::new(&rows, &graph, resamples, &Streams::new(0, 1), &|| {})
    }

    #[test]
    fn the_totals_spread_is_that_of_two_shares() {
        // A difference of two independent shares has the variance A(1 − A)/n₀ + D(1 − D)/n₁; the standard
        // deviation of R values is known to 1/√(2R), four of which are allowed.
        let (n, resamples) = (240, 120);
        let found = of(n, resamples).unwrap();
        let rows = draw(n, 5);
        let crate::data::Column::Codes { data: x } = rows.column(0) else { panic!() };
        let ones = x.iter().filter(|&&x| x == 1).count() as f64;
        let share = |p: f64, n: f64| p * (1.0 - p) / n;
        let (a, d) = (found.means.group_0, found.means.group_1);
        let expected = (share(a, n as f64 - ones) + share(d, ones)).sqrt();
        let values: Vec<f64> = found.resamples.iter().map(|e| e.total_variation).collect();
        let mean = values.iter().sum::<f64>() / resamples as f64;
        let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (resamples as f64 - 1.0)).sqrt();
        assert!(
            (sd / expected - 1.0).abs() < 4.0 / (2.0 * resamples as f64).sqrt(),
            "{sd} against {expected}"
        );
        let (low, high) = found.interval(|e| e.total_variation, 0.95);
        assert!(low < d - a && d - a < high);
    }

    #[test]
    fn every_resample_keeps_the_identity_and_threads_do_not_matter() {
        let found = of(80, 6).unwrap();
        for e in &found.resamples {
            assert!((e.total_variation - (e.direct - e.indirect - e.spurious)).abs() < 1e-12);
        }
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(alone.install(|| of(80, 6).unwrap().resamples), found.resamples);
    }

    #[test]
    fn weights_give_the_effects_of_the_rows_that_were_drawn() {
        let (n, rows) = (150, draw(150, 4));
        let graph = Graph::new(rows.schema(), &["w".into()]).unwrap();
        let streams = Streams::new(0, 1);
        let found = Bootstrap::new(&rows, &graph, 5, &streams, &|| {}).unwrap();
        for (r, weighted) in found.resamples.iter().enumerate() {
            let mut rng = streams.of("resample").at(r as u64).rng();
            let drawn: Vec<u32> = (0..n).map(|_| rng.random_range(0..n)).collect();
            let one_by_one = four_means(&rows.take(&drawn), &graph).unwrap().effects();
            for part in [|e: &Effects| e.direct, |e: &Effects| e.indirect, |e: &Effects| e.total_variation] {
                assert!((part(weighted) - part(&one_by_one)).abs() < 1e-5, "{weighted:?} {one_by_one:?}");
            }
        }
    }

    #[test]
    fn a_difference_of_two_tables_has_the_variance_of_both() {
        let (a, b) = (of(240, 120).unwrap(), of(120, 120).unwrap());
        let total = |e: &Effects| e.total_variation;
        let width = |(low, high): (f64, f64)| high - low;
        let (of_a, of_b) = (width(a.interval(total, 0.95)), width(b.interval(total, 0.95)));
        // Widths of 120 values each are known to some 15 %.
        let both = width(difference(&a, &b, total, 0.95));
        assert!((both / of_a.hypot(of_b) - 1.0).abs() < 0.4, "{both} of {of_a} and {of_b}");
    }

    #[test]
    fn what_has_no_interval_is_refused() {
        assert!(of(80, 0).is_err());
        let rows = draw(60, 2);
        let crate::data::Column::Codes { data: x } = rows.column(0) else { panic!() };
        // One row of group 1: a resample lacks it with probability 1/e.
        let one = x.iter().position(|&x| x == 1).unwrap() as u32;
        let kept: Vec<u32> = (0..60).filter(|&i| i == one || x[i as usize] == 0).collect();
        let rows = rows.take(&kept);
        let graph = Graph::new(rows.schema(), &["w".into()]).unwrap();
        let why = Bootstrap::new(&rows, &graph, 40, &Streams::new(0, 1), &|| {}).err().unwrap().to_string();
        assert!(why.contains("level 1") && why.contains("too small"), "{why}");
    }
}
