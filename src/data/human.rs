//! One lineage's view of the human rows.
//!
//! Every seed has its own order of the training split (or its own stream of a distribution). The
//! first rows of that order are `D(0)`; an anchor is the first rows of `D(0)`; fresh blocks follow
//! and never overlap; a pool subset is a new random choice from `D(0)` in each generation. None of
//! this depends on regime, fraction or curation, so two settings with the same seed are a matched
//! pair, and the human rows of a smaller fraction are the first of those of a larger one.

use rand::seq::SliceRandom;

use super::{Distribution, Rows, Samples, Source, Splits, Supply};
use crate::rng::{Stream, Streams};

/// Human rows ran out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} needs {needed} human rows, but `{source_name}` has {available} ({split} split)")]
pub struct SupplyError {
    /// What the rows were for.
    pub what: String,
    /// Rows asked for, counted from the start of the seed's order.
    pub needed: usize,
    /// Rows that there are.
    pub available: usize,
    /// The source's name.
    pub source_name: String,
    /// The split that ran out.
    pub split: &'static str,
}

/// The human rows as one seed (and one member of a population) sees them.
pub struct HumanRows<'a> {
    source: &'a Source,
    streams: Streams,
    /// The seed's order of the training split; empty for a distribution.
    train: Vec<u32>,
    /// The seed's order of the held-out split; empty for a distribution.
    held_out: Vec<u32>,
}

impl<'a> HumanRows<'a> {
    /// The view of one lineage; `streams` are the lineage's.
    pub fn new(source: &'a Source, streams: Streams) -> Self {
        let shuffled = |n: usize, purpose: &str| {
            let mut order: Vec<u32> = (0..n as u32).collect();
            order.shuffle(&mut streams.of(purpose).rng());
            order
        };
        let (train, held_out) = match &source.supply {
            Supply::Distribution(_) => (Vec::new(), Vec::new()),
            Supply::Finite(s) => (shuffled(s.train.len(), "human"), shuffled(s.held_out.len(), "held-out")),
        };
        Self { source, streams, train, held_out }
    }

    /// `D(0)`: the first `n` rows of the seed's order.
    pub fn initial(&self, n: usize) -> Result<Rows, SupplyError> {
        self.block("generation 0", 0, 0, n)
    }

    /// Rows that were never used before: the first `take` of the block that starts at row `start`
    /// of the seed's order. `generation` names the block's stream for distributions.
    pub fn fresh(&self, generation: u32, start: usize, take: usize) -> Result<Rows, SupplyError> {
        self.block("fresh human data", generation, start, take)
    }

    /// The truth and the stream of a generation's fresh rows, where they need not be rows; `None` for a finite source.
    pub fn fresh_statistics(&self, generation: u32) -> Option<(&dyn Distribution, Stream)> {
        self.unseen_law("human", generation)
    }

    /// The truth and the stream of a generation's fresh inputs, where they are not those of the human rows that arrive or
    /// need not be rows; `None` for a finite source.
    pub fn fresh_inputs(&self, generation: u32) -> Option<(&dyn Distribution, Stream)> {
        self.unseen_law("human inputs", generation)
    }

    fn unseen_law(&self, purpose: &str, generation: u32) -> Option<(&dyn Distribution, Stream)> {
        let Supply::Distribution(truth) = &self.source.supply else { return None };
        Some((truth.as_ref(), self.streams.of(purpose).at(u64::from(generation)).rng()))
    }

    /// The positions within `D(0)` (of `initial` rows) of a new random subset of `take` rows. The
    /// subsets of one generation are nested in `take`.
    pub fn pool(&self, generation: u32, initial: usize, take: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..initial as u32).collect();
        order.shuffle(&mut self.streams.of("pool").at(u64::from(generation)).rng());
        order.truncate(take);
        order
    }

    /// The rows that metrics compare with: `n` held-out rows, text in the words that people wrote.
    pub fn reference(&self, n: usize) -> Result<Samples, SupplyError> {
        self.unseen("the held-out reference", 0, n)
    }

    /// Another `n` held-out rows, disjoint from the reference: the human baseline.
    pub fn baseline(&self, n: usize) -> Result<Samples, SupplyError> {
        self.unseen("the human baseline", n, n)
    }

    /// The rows that a downstream task is scored on: `n` held-out rows. They are the first ones of the
    /// reference, on which no model is trained either, in the vocabulary of the rows that learners see.
    pub fn test(&self, n: usize) -> Result<Samples, SupplyError> {
        Ok(self.unseen("the task's test", 0, n)?.modelled().into_owned())
    }

    fn block(&self, what: &str, generation: u32, start: usize, n: usize) -> Result<Rows, SupplyError> {
        match &self.source.supply {
            Supply::Distribution(d) => {
                let mut rng = self.streams.of("human").at(u64::from(generation)).rng();
                Ok(Rows::all(d.draw(n, &mut rng)))
            }
            Supply::Finite(Splits { train, .. }) => {
                let chosen = self.train.get(start..start + n).ok_or_else(|| SupplyError {
                    what: what.into(),
                    needed: start + n,
                    available: self.train.len(),
                    source_name: self.source.name.clone(),
                    split: "training",
                })?;
                Ok(Rows::all(train.take(chosen)))
            }
        }
    }

    fn unseen(&self, what: &str, start: usize, n: usize) -> Result<Samples, SupplyError> {
        match &self.source.supply {
            Supply::Distribution(d) => {
                let mut rng = self.streams.of("held-out").at(start as u64).rng();
                Ok(d.draw(n, &mut rng))
            }
            Supply::Finite(Splits { held_out, .. }) => {
                let chosen = self.held_out.get(start..start + n).ok_or_else(|| SupplyError {
                    what: what.into(),
                    needed: start + n,
                    available: self.held_out.len(),
                    source_name: self.source.name.clone(),
                    split: "held-out",
                })?;
                Ok(held_out.take(chosen))
            }
        }
    }
}
