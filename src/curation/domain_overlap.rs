//! Keeps the synthetic texts that share most with the human ones.
//!
//! The score of a row is the share of its n-grams (of tokens, n = `order`) that occur in the human
//! rows D(0); rows with fewer than n tokens score 0. The top `share` of candidates stays: what is in
//! the domain, and no more than what was said there. Candidates as for every ranking: n/share where
//! the sampler may be asked. Cost: one hash an n-gram.

use std::collections::HashSet;

use super::ranking::Ranking;
use super::{BoxedCuration, CurationError, Seen, initial_rows};
use crate::data::{Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "domain-overlap",
        summary: "Keeps the share of synthetic texts with most n-grams in common with human text",
        details: "Ranks candidates by the share of their token n-grams that D(0) holds and keeps the top \
                  share; asks for n / share candidates where it may. Rows shorter than n score 0.",
        source: "n-gram overlap as a domain filter, after the workflow of Long et al., arXiv 2406.15126, section 3.2",
        parameters: DomainOverlap::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<DomainOverlap>(&["step", "on"])?)),
};

crate::parameters! {
    /// Overlap with human n-grams.
    #[derive(Clone, Copy, Debug)]
    pub struct DomainOverlap {
        /// The share of candidates kept
        pub share: f64 = 0.5, in above_to(0, 1);
        /// n, tokens of an n-gram
        pub order: usize = 2, in at_least(1);
    }
}

impl Ranking for DomainOverlap {
    fn share(&self) -> f64 {
        self.share
    }

    fn fits(&self, schema: &Schema) -> Result<(), Refusal> {
        if schema.vocabulary().is_some() {
            return Ok(());
        }
        Err(Refusal::new(format!("`domain-overlap` needs text; these rows are {schema}")))
    }

    fn scores(&self, table: &Samples, seen: &Seen<'_>, _: &Streams) -> Result<Vec<f64>, CurationError> {
        let human = initial_rows(seen)?;
        self.fits(human.schema())?;
        self.fits(table.schema())?;
        let texts = |table: &Samples| {
            (0..table.len()).filter_map(|i| table.tokens(i).map(<[u32]>::to_vec)).collect::<Vec<_>>()
        };
        let known: HashSet<Vec<u32>> =
            texts(&human).iter().flat_map(|text| text.windows(self.order).map(<[u32]>::to_vec)).collect();
        let overlap = |text: &Vec<u32>| {
            let all = text.windows(self.order).len();
            let shared = text.windows(self.order).filter(|gram| known.contains(*gram)).count();
            if all == 0 { 0.0 } else { shared as f64 / all as f64 }
        };
        Ok(texts(table).iter().map(overlap).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::Curation;
    use super::super::testing::{outcomes, seen_of, sentences, synthetic};
    use super::*;

    #[test]
    fn texts_of_the_domain_stay() {
        let human = sentences(&[("the good old film", 0), ("a bad film", 0)]);
        seen_of(human, |seen| {
            // Known pairs: 0 of 2, 1 of 1, 2 of 3 (a bad, bad film, not film the), none for one word.
            let rows =
                sentences(&[("film good the", 0), ("bad film", 1), ("a bad film the", 2), ("film", 3)]);
            let made =
                DomainOverlap::default().apply(synthetic(rows), None, seen, &Streams::new(0, 0)).unwrap();
            let (table, _) = made.gather().unwrap().unwrap();
            let texts: Vec<String> = (0..table.len()).map(|i| table.text(i).unwrap()).collect();
            assert_eq!(texts, ["bad film", "a bad film the"]);
        });
    }

    #[test]
    fn rows_without_text_are_refused() {
        assert!(DomainOverlap::default().accepts(outcomes(2, vec![0]).schema(), None).is_err());
    }
}
