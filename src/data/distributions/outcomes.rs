//! Independent draws from a finite set of outcomes.
//!
//! Draws use the alias method (Walker 1977; Vose 1991, DOI 10.1109/32.92917): O(K) to build, O(1)
//! per row for any number K of outcomes. A row is one code in `0..K`.

use std::sync::Arc;

use rand_distr::Distribution as _;
use rand_distr::weighted::WeightedAliasIndex;

use crate::data::parameters::ParameterError;
use crate::data::{Column, Distribution, Kind, Levels, Samples, Schema};
use crate::rng::Stream;

/// The most outcomes a source can have.
pub(super) const MOST: usize = 10_000_000;

/// A distribution over outcomes with known probabilities.
pub(super) struct Outcomes {
    schema: Arc<Schema>,
    probabilities: Vec<f64>,
    alias: WeightedAliasIndex<f64>,
}

impl Outcomes {
    /// Normalises the weights. Errors name `key` if a weight is negative or not finite, all are
    /// 0, or there is none or too many.
    pub(super) fn new(key: &'static str, weights: Vec<f64>) -> Result<Self, ParameterError> {
        let refuse = |why: String, help: &str| Err(ParameterError::new(key, why, help));
        count(key, weights.len())?;
        if let Some((i, w)) = weights.iter().enumerate().find(|(_, w)| !(w.is_finite() && **w >= 0.0)) {
            return refuse(format!("entry {i} is {w}"), "probabilities are finite and not negative");
        }
        let total: f64 = weights.iter().sum();
        if !(total.is_finite() && total > 0.0) {
            return refuse(format!("the entries sum to {total}"), "at least one must be positive");
        }
        let probabilities: Vec<f64> = weights.iter().map(|w| w / total).collect();
        let Ok(alias) = WeightedAliasIndex::new(probabilities.clone()) else {
            return refuse("these are no probabilities".into(), "give finite numbers that are not negative");
        };
        let levels = Levels::Count(probabilities.len());
        Ok(Self { schema: Arc::new(Schema::single(Kind::Codes { levels })), probabilities, alias })
    }
}

/// Refuses a number of outcomes out of range.
fn count(key: &'static str, outcomes: usize) -> Result<(), ParameterError> {
    if (1..=MOST).contains(&outcomes) {
        return Ok(());
    }
    Err(ParameterError::new(key, format!("{outcomes} outcomes"), format!("give from 1 to {MOST}")))
}

impl Distribution for Outcomes {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let data = (0..n).map(|_| self.alias.sample(rng) as u32).collect();
        Samples::trusted(self.schema.clone(), vec![Column::Codes { data }])
    }

    fn probabilities(&self) -> Option<&[f64]> {
        Some(&self.probabilities)
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        let log = |&code: &u32| self.probabilities.get(code as usize).map_or(f64::NEG_INFINITY, |p| p.ln());
        Some(rows.codes()?.iter().map(log).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rng::Streams;

    #[test]
    fn frequencies_match_probabilities() {
        // Pearson's χ² with 4 degrees of freedom exceeds 33.4 with probability 10⁻⁶.
        let d = Outcomes::new("probabilities", vec![5.0, 1.0, 0.0, 3.0, 0.5, 0.5]).unwrap();
        let n = 100_000;
        let rows = d.draw(n, &mut Streams::new(0, 1).of("test").rng());
        let mut counts = [0.0; 6];
        rows.codes().unwrap().iter().for_each(|&c| counts[c as usize] += 1.0);
        assert_eq!(counts[2], 0.0);
        let expected = [0.5, 0.1, 0.0, 0.3, 0.05, 0.05].map(|p| p * n as f64);
        let chi: f64 =
            (0..6).filter(|&i| i != 2).map(|i| (counts[i] - expected[i]).powi(2) / expected[i]).sum();
        assert!(chi < 33.4, "{chi}: {counts:?}");
    }

    #[test]
    fn a_longer_draw_starts_with_a_shorter_one() {
        let d = Outcomes::new("probabilities", vec![1.0; 100_000]).unwrap();
        let streams = Streams::new(0, 2).of("test");
        let (short, long) = (d.draw(5, &mut streams.rng()), d.draw(10, &mut streams.rng()));
        assert_eq!(short.codes().unwrap(), &long.codes().unwrap()[..5]);
    }

    #[test]
    fn wrong_weights_are_refused() {
        for weights in [vec![], vec![0.0, 0.0], vec![1.0, -0.1], vec![f64::NAN], vec![f64::MAX, f64::MAX]] {
            assert!(Outcomes::new("probabilities", weights.clone()).is_err(), "{weights:?}");
        }
    }
}
