//! Keeps the synthetic rows that the model itself finds likeliest.
//!
//! The top `share` ρ of candidates by log likelihood under the model that made them: self-sharpening
//! without outside knowledge (the "top-ρ of n/ρ draws" selection). On synthetic rows the sampler is
//! asked for candidates until there are n/ρ, so that n remain; on a mix the lower 1 − ρ of the
//! synthetic rows goes. Kept rows stay in order; ties go to the earlier row. For sequences the log
//! likelihood is of the whole row, so short rows are favoured. Cost: one likelihood a candidate.

use super::ranking::Ranking;
use super::{BoxedCuration, CurationError, Seen};
use crate::data::Samples;
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "top-likelihood",
        summary: "Keeps the share of synthetic rows that the model finds likeliest",
        details: "Ranks candidates by the log likelihood under the model that made them and keeps the top \
                  share; asks for n / share candidates where it may. Sharpens the distribution.",
        source: "selection by own likelihood: the truncation of Alemohammad et al., arXiv 2307.01850, section 3",
        parameters: TopLikelihood::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<TopLikelihood>(&["step", "on"])?)),
};

crate::parameters! {
    /// Keeps the likeliest synthetic rows.
    #[derive(Clone, Copy, Debug, serde::Serialize)]
    pub struct TopLikelihood {
        /// The share of candidates kept
        pub share: f64 = 0.5, in above_to(0, 1);
    }
}

impl Ranking for TopLikelihood {
    fn share(&self) -> f64 {
        self.share
    }

    fn scores(&self, table: &Samples, seen: &Seen<'_>, streams: &Streams) -> Result<Vec<f64>, CurationError> {
        let why = || Refusal::new("`top-likelihood` needs a model whose likelihood can be computed");
        Ok(seen.model.density().ok_or_else(why)?.log_likelihood(table, streams)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Curation;
    use super::super::testing::{codes_of, outcomes, seen, synthetic};
    use super::*;

    #[test]
    fn the_likeliest_stay_in_order() {
        // p = (.1, .6, .3): of 0 1 2 1 the likelier half is 1 and 1.
        seen(&[1.0, 6.0, 3.0], |seen| {
            let step = TopLikelihood::default();
            let mix = synthetic(outcomes(3, vec![0, 1, 2, 1]));
            let made = step.apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(codes_of(&made), [1, 1]);
        });
    }

    #[test]
    fn candidates_are_asked_for() {
        // Two wanted at a share of ½: two more come, and the best two of four stay.
        seen(&[1.0, 6.0, 3.0], |seen| {
            let mut more = |n: usize| {
                assert_eq!(n, 2);
                Ok(outcomes(3, vec![2, 1]))
            };
            let mix = synthetic(outcomes(3, vec![0, 2]));
            let made =
                TopLikelihood::default().apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(codes_of(&made), [2, 1]);
        });
    }
}
