//! What one thread collects of a cell: some of its seeds, in ascending order.
//!
//! A lineage's observations wait until it has ended, so that a failed one leaves no trace. One costs a comparison and 24
//! bytes while it waits.

use std::borrow::Cow;
use std::mem::take;

use super::Note;
use super::examples::Example;
use super::slots::Slots;
use crate::lineage::{Fit, Outcome};
use crate::metrics::{Measurement, Observed, Subject};
use crate::models::Refusal;

/// Observations, endings and examples of some seeds.
#[derive(Debug, Default)]
pub struct Part {
    pub(super) slots: Slots,
    /// Lists of places in the order in which they were measured.
    pub(super) layouts: Vec<Vec<u32>>,
    /// Seed, layout, ending, numbers.
    pub(super) rows: Vec<(u64, u32, Outcome, Vec<Observed>)>,
    pub(super) failures: Vec<(u64, String)>,
    pub(super) examples: Vec<Example>,
    pub(super) notes: Vec<Note>,
    waiting: Vec<(u32, Observed)>,
    waiting_examples: Vec<Example>,
    waiting_notes: Vec<Note>,
}

impl Part {
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
    pub fn lacks(&mut self, fit: Fit, subject: Subject, metric: Cow<'static, str>, why: &Refusal) {
        let Fit { seed, member, generation } = fit;
        let value = Observed::Absent(why.why);
        Note::count(&mut self.waiting_notes, subject, &metric, (seed, generation), why);
        self.observe(&Measurement { seed, member, generation, subject, metric, value });
    }

    /// Takes example rows of the running lineage.
    pub fn show(&mut self, example: Example) {
        self.waiting_examples.push(example);
    }

    /// The running lineage has ended: what waited counts.
    pub fn end(&mut self, seed: u64, outcome: Outcome) {
        self.examples.append(&mut self.waiting_examples);
        if !self.waiting_notes.is_empty() {
            Note::merge(&mut self.notes, take(&mut self.waiting_notes));
        }
        let fits = |l: &Vec<u32>| l.iter().copied().eq(self.waiting.iter().map(|w| w.0));
        let layout = self.layouts.iter().rposition(fits).unwrap_or_else(|| {
            self.layouts.push(self.waiting.iter().map(|w| w.0).collect());
            self.layouts.len() - 1
        });
        let values = self.waiting.iter().map(|w| w.1).collect();
        self.rows.push((seed, layout as u32, outcome, values));
    }

    /// The lineages that ended, well or badly.
    pub fn lineages(&self) -> u64 {
        (self.rows.len() + self.failures.len()) as u64
    }

    /// The running lineage has failed: what waited is forgotten.
    pub fn fail(&mut self, seed: u64, error: String) {
        self.begin();
        self.failures.push((seed, error));
    }
}
