//! Self-correction: synthetic rows are pulled toward the truth with strength γ.
//!
//! The corrected distribution is π_γ p = (p + γ p*) / (1 + γ): each synthetic row is, with
//! probability γ/(1 + γ), replaced by a row of the target p* (Gillman et al., arXiv 2402.07087,
//! section 3). γ = 0 does nothing, γ = ∞ replaces all. The target is the true distribution, or the
//! rows of D(0), drawn with replacement, where the truth is not known. A corrected row still counts
//! as synthetic: the correction is the outside knowledge. Cost: one draw a row.

use rand::RngExt;
use serde::Deserialize;

use super::{BoxedCuration, Curation, CurationError, More, Seen, initial_rows, on_synthetic};
use crate::data::{Distribution, Mix, Rows, Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "corrected",
        summary: "Replaces a share γ/(1+γ) of synthetic rows by rows of the truth",
        details: "The idealised self-correction π_γ p = (p + γ p*) / (1 + γ). Works in place: the number of \
                  rows stays, and corrected rows count as synthetic.",
        source: "Gillman et al., arXiv 2402.07087, section 3",
        parameters: Corrected::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Corrected>(&["step", "on"])?)),
};

crate::parameters! {
    /// Correction toward the truth.
    #[derive(Clone, Copy, Debug)]
    pub struct Corrected {
        /// γ; inf replaces every row
        pub strength: f64 = 1.0, in at_least(0).or_infinite();
        /// "truth": the source's true distribution; "initial": rows of D(0), drawn with replacement
        pub toward: Target = Target::Truth => "\"truth\"";
    }
}

/// The distribution that a correction leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The source's true distribution.
    #[default]
    Truth,
    /// Rows of D(0), drawn with replacement.
    Initial,
}

/// γ/(1 + γ), also for γ = ∞.
pub(super) fn pull(strength: f64) -> f64 {
    if strength.is_infinite() { 1.0 } else { strength / (1.0 + strength) }
}

impl Curation for Corrected {
    fn accepts(&self, _: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.toward == Target::Initial || truth.is_some() {
            return Ok(());
        }
        Err(Refusal::new("the truth of this source is not known; set `toward = \"initial\"`"))
    }

    fn apply(
        &self,
        mix: Mix,
        _: Option<More<'_>>,
        seen: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let pull = pull(self.strength);
        let mut block = 0;
        on_synthetic(mix, |rows| {
            let table = rows.gather();
            let n = table.len();
            let mut rng = streams.of("correct").at(block).rng();
            let replaced: Vec<bool> = (0..n).map(|_| rng.random::<f64>() < pull).collect();
            let count = replaced.iter().filter(|r| **r).count();
            let mut rng = streams.of("target").at(block).rng();
            block += 1;
            let target = match self.toward {
                Target::Truth => {
                    self.accepts(table.schema(), seen.truth)?;
                    seen.truth.map_or_else(|| table.head(0), |truth| truth.draw(count, &mut rng))
                }
                Target::Initial => {
                    let initial = initial_rows(seen)?;
                    let any = |_| rng.random_range(0..initial.len() as u32);
                    initial.take(&(0..count).map(any).collect::<Vec<u32>>())
                }
            };
            // Row i stays, or the next row of the target takes its place.
            let mut next = n as u32;
            let from = |(i, replaced): (u32, &bool)| {
                if !replaced {
                    return i;
                }
                next += 1;
                next - 1
            };
            let order: Vec<u32> = (0..).zip(&replaced).map(from).collect();
            Ok(Rows::all(Samples::concat(&[&table, &target])?.take(&order)))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::{Ones, codes_of, outcomes, seen, seen_by, synthetic};
    use super::*;

    fn corrected(strength: f64, n: usize) -> f64 {
        let share = std::cell::Cell::new(0.0);
        seen_by(&[1.0, 1.0], &Ones::new(2), |seen| {
            let step = Corrected { strength, ..Corrected::default() };
            let mix = synthetic(outcomes(2, vec![0; n]));
            let made = codes_of(&step.apply(mix, None, seen, &Streams::new(0, 1)).unwrap());
            assert_eq!(made.len(), n);
            share.set(made.iter().sum::<u32>() as f64 / n as f64);
        });
        share.get()
    }

    #[test]
    fn the_mixture_has_weights_one_and_gamma() {
        // The model gives 0 only, the truth 1 only: a share γ/(1 + γ) of ones. Five standard errors.
        for gamma in [0.25, 1.0, 3.0] {
            let (n, expected) = (20_000, gamma / (1.0 + gamma));
            let z = (corrected(gamma, n) - expected) / (expected * (1.0 - expected) / n as f64).sqrt();
            assert!(z.abs() < 5.0, "{gamma}: {z}");
        }
        assert_eq!((corrected(0.0, 100), corrected(f64::INFINITY, 100)), (0.0, 1.0));
    }

    #[test]
    fn without_a_truth_the_initial_rows_are_the_target() {
        seen(&[0.0, 0.0, 1.0], |seen| {
            let mix = || synthetic(outcomes(3, vec![0, 1]));
            let step = Corrected { strength: f64::INFINITY, ..Corrected::default() };
            assert!(step.apply(mix(), None, seen, &Streams::new(0, 0)).is_err());
            let step = Corrected { toward: Target::Initial, ..step };
            assert_eq!(codes_of(&step.apply(mix(), None, seen, &Streams::new(0, 0)).unwrap()), [2, 2]);
        });
    }
}
