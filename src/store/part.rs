//! What one thread collects of a cell: some of its seeds, in ascending order.
//!
//! A lineage's numbers wait until it has ended, so that a failed one leaves no trace in rows or
//! moments. One observation costs a comparison and 16 bytes while it waits, and in a summary one
//! update of an [`Accumulator`].

use std::borrow::Cow;
use std::mem::take;

use super::accumulator::Accumulator;
use super::cell::{Cell, Ending, Keep, SUB_BLOCK, Summary};
use super::examples::Example;
use super::slots::Slots;
use super::{Body, Note};
use crate::lineage::{Fit, Outcome};
use crate::metrics::{Measurement, Observed, Subject};
use crate::models::Refusal;

/// Numbers, endings and examples of consecutive seeds of one sub-block.
#[derive(Debug, Default)]
pub struct Part {
    pub(super) keep: Keep,
    /// The sub-block.
    pub(super) block: u64,
    pub(super) slots: Slots,
    /// Lists of places in the order in which they were measured.
    pub(super) layouts: Vec<Vec<u32>>,
    /// Seed, layout, numbers.
    pub(super) rows: Vec<(u64, u32, Vec<Observed>)>,
    pub(super) sums: Vec<Accumulator>,
    pub(super) endings: Vec<(u64, Ending)>,
    pub(super) examples: Vec<Example>,
    pub(super) notes: Vec<Note>,
    /// Whether every seed asked for was reached.
    pub(super) complete: bool,
    waiting: Vec<(u32, Observed)>,
    waiting_examples: Vec<Example>,
    waiting_notes: Vec<Note>,
}

impl Part {
    /// A part of `cell` that will hold seeds of the sub-block of `first`. In a summary it goes on
    /// where the cell's open sub-block ends, if that is the same.
    pub fn new(cell: &Cell, first: u64) -> Self {
        let block = first / SUB_BLOCK;
        let mut part = Self { keep: cell.id.keep, block, ..Default::default() };
        if let Body::Summary(Summary { slots, open, open_block, .. }) = &cell.body
            && *open_block == Some(block)
        {
            for slot in slots {
                part.slots.insert(slot.clone());
            }
            part.sums.clone_from(open);
        }
        part
    }

    /// Forgets what waits: the next lineage starts.
    pub fn begin(&mut self) {
        self.slots.rewind();
        self.waiting.clear();
        self.waiting_examples.clear();
        self.waiting_notes.clear();
    }

    /// Takes one observation of the running lineage.
    pub fn observe(&mut self, m: &Measurement) {
        let slot = self.slots.of(m);
        self.waiting.push((slot, m.value));
    }

    /// Takes an observation without a value, and notes why there is none.
    pub fn lacks(&mut self, fit: Fit, subject: Subject, metric: &Cow<'static, str>, why: &Refusal) {
        let Fit { seed, member, generation } = fit;
        let value = Observed::Absent(why.why);
        self.observe(&Measurement { seed, member, generation, subject, metric: metric.clone(), value });
        Note::count(&mut self.waiting_notes, subject, metric, (seed, generation), why);
    }

    /// Takes example rows of the running lineage.
    pub fn show(&mut self, example: Example) {
        self.waiting_examples.push(example);
    }

    /// The running lineage has ended: what waited counts.
    pub fn end(&mut self, seed: u64, outcome: Outcome) {
        self.endings.push((seed, Ending::Ended(outcome)));
        self.examples.append(&mut self.waiting_examples);
        if !self.waiting_notes.is_empty() {
            Note::merge(&mut self.notes, take(&mut self.waiting_notes));
        }
        match self.keep {
            Keep::Summary => {
                self.sums.resize_with(self.slots.list().len(), Accumulator::default);
                for &(slot, value) in &self.waiting {
                    // Moments are those of finite numbers.
                    if let Some(value) = value.finite() {
                        self.sums[slot as usize].push(value);
                    }
                }
            }
            Keep::Rows => {
                let fits = |l: &Vec<u32>| l.iter().copied().eq(self.waiting.iter().map(|w| w.0));
                let layout = self.layouts.iter().rposition(fits).unwrap_or_else(|| {
                    self.layouts.push(self.waiting.iter().map(|w| w.0).collect());
                    self.layouts.len() - 1
                });
                let values = self.waiting.iter().map(|w| w.1).collect();
                self.rows.push((seed, layout as u32, values));
            }
        }
    }

    /// The running lineage has failed: what waited is forgotten.
    pub fn fail(&mut self, seed: u64, error: String) {
        self.begin();
        self.endings.push((seed, Ending::Failed(error)));
    }

    /// Every seed asked for was reached.
    pub fn finish(&mut self) {
        self.complete = true;
    }
}
