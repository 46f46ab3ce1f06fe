//! Keeps the synthetic rows that surprise the model most.
//!
//! The top `share` of candidates by perplexity exp(−ln p(row)/tokens) under the model that made
//! them; rows without tokens by −ln p. The opposite of self-sharpening: what the model is sure of is
//! what it will repeat anyway (Gambetta et al., arXiv 2410.12341, who keep high-perplexity
//! documents). Candidates as for every ranking: n/share where the sampler may be asked. A wrong row
//! surprises too, so without other knowledge this keeps mistakes. Cost: one likelihood a candidate.

use super::ranking::Ranking;
use super::{BoxedCuration, CurationError, Seen, likelihood_per_token};
use crate::data::Samples;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "surprise-filter",
        summary: "Keeps the share of synthetic rows with the highest perplexity",
        details: "Ranks candidates by perplexity per token under the model that made them (by −ln p where rows \
                  have no tokens) and keeps the top share; asks for n / share candidates where it may.",
        source: "Gambetta et al., arXiv 2410.12341 (perplexity-based filter)",
        parameters: SurpriseFilter::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<SurpriseFilter>(&["step", "on"])?)),
};

crate::parameters! {
    /// Keeps the most surprising synthetic rows.
    #[derive(Clone, Copy, Debug, serde::Serialize)]
    pub struct SurpriseFilter {
        /// The share of candidates kept
        pub share: f64 = 0.5, in above_to(0, 1);
    }
}

impl Ranking for SurpriseFilter {
    fn share(&self) -> f64 {
        self.share
    }

    fn scores(&self, table: &Samples, seen: &Seen<'_>, streams: &Streams) -> Result<Vec<f64>, CurationError> {
        let mut surprise = likelihood_per_token("surprise-filter", seen.model, table, streams)?;
        surprise.iter_mut().for_each(|s| *s = -*s);
        Ok(surprise)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Curation;
    use super::super::testing::{codes_of, outcomes, seen, synthetic};
    use super::*;

    #[test]
    fn the_rarest_stay_in_order() {
        // p = (.1, .6, .3): of 1 2 0 1 the more surprising half is 2 and 0.
        seen(&[1.0, 6.0, 3.0], |seen| {
            let mix = synthetic(outcomes(3, vec![1, 2, 0, 1]));
            let made = SurpriseFilter::default().apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(codes_of(&made), [2, 0]);
        });
    }

    #[test]
    fn candidates_are_asked_for() {
        seen(&[1.0, 6.0, 3.0], |seen| {
            let mut more = |n: usize| {
                assert_eq!(n, 2);
                Ok(outcomes(3, vec![0, 1]))
            };
            let mix = synthetic(outcomes(3, vec![1, 2]));
            let made =
                SurpriseFilter::default().apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(codes_of(&made), [2, 0]);
        });
    }
}
