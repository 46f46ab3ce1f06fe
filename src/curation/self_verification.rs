//! The model verifies itself: it keeps what it is as sure of as of human rows.
//!
//! A synthetic row stays if its log likelihood per token under the model that made it is at least
//! the q-quantile of that of the human rows D(0) (the q·n-th smallest, rounded up; the least for
//! q = 0). Rows that are dropped are replaced by further ones. A threshold on the model's own
//! confidence, in the sense of the self-verification of Fu et al. (NeurIPS 2025); that the human rows
//! set the threshold is our choice, since likelihoods have no natural scale. No outside knowledge
//! enters, so it can't tell a confident error from a truth: hold it against `verified`. Cost: one
//! likelihood a row, and one for each row of D(0) in each generation.

use super::refill::Refill;
use super::{BoxedCuration, Curation, CurationError, More, Seen, initial_rows, likelihood_per_token};
use crate::data::Mix;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "self-verification",
        summary: "Keeps synthetic rows that the model finds as likely as human rows",
        details: "The threshold is the `quantile` of the log likelihood per token of D(0) under the same \
                  model. Dropped rows are replaced where the sampler may be asked.",
        source: "after the self-verification of Fu et al., NeurIPS 2025; the threshold is ours",
        parameters: SelfVerification::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<SelfVerification>(&["step", "on"])?)),
};

crate::parameters! {
    /// Verification by the model's own likelihood.
    #[derive(Clone, Copy, Debug)]
    pub struct SelfVerification {
        /// q: rows below this quantile of the human rows' likelihood go
        pub quantile: f64 = 0.1, in from_below(0, 1);
    }
    include {
        /// What is done when rows have to be replaced.
        pub refill: Refill = Refill::default();
    }
}

impl Curation for SelfVerification {
    fn apply(
        &self,
        mix: Mix,
        more: Option<More<'_>>,
        seen: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let confidence = |table: &_, streams: &Streams| {
            likelihood_per_token("self-verification", seen.model, table, streams)
        };
        let mut human = confidence(&initial_rows(seen)?, &streams.of("human"))?;
        human.sort_by(f64::total_cmp);
        let at = ((self.quantile * human.len() as f64).ceil() as usize).clamp(1, human.len()) - 1;
        let threshold = human[at];
        self.refill.filter(mix, more, |table, batch| {
            let sure = confidence(table, &streams.of("synthetic").at(batch))?;
            Ok((0_u32..).zip(sure).filter(|(_, s)| *s >= threshold).map(|(i, _)| i).collect())
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::{codes_of, outcomes, seen, synthetic};
    use super::*;

    #[test]
    fn rows_less_likely_than_the_human_quantile_go() {
        // D(0) is one row of outcome 0, six of 1 and three of 2. Of its likelihoods the second is
        // that of outcome 2 (q = .2), the first that of outcome 0 (q = 0 and q = .1).
        seen(&[1.0, 6.0, 3.0], |seen| {
            let keep = |quantile: f64| {
                let step = SelfVerification { quantile, ..SelfVerification::default() };
                let mix = synthetic(outcomes(3, vec![0, 1, 2]));
                codes_of(&step.apply(mix, None, seen, &Streams::new(0, 0)).unwrap())
            };
            assert_eq!(keep(0.0), [0, 1, 2]);
            assert_eq!(keep(0.1), [0, 1, 2]);
            assert_eq!(keep(0.2), [1, 2]);
            assert_eq!(keep(0.5), [1]);
        });
    }

    #[test]
    fn dropped_rows_are_replaced() {
        seen(&[1.0, 6.0, 3.0], |seen| {
            let step = SelfVerification { quantile: 0.5, ..SelfVerification::default() };
            let mut given = vec![outcomes(3, vec![2, 1]), outcomes(3, vec![1])].into_iter();
            let mut more = |_: usize| Ok(given.next().unwrap());
            let mix = synthetic(outcomes(3, vec![0, 2, 1]));
            let made = step.apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(codes_of(&made), [1, 1, 1]);
        });
    }
}
