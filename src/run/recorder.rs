//! The [`Record`] that the runner hands to a lineage.

use std::borrow::Cow;
use std::sync::Mutex;
use std::time::Instant;

use super::{Interrupt, Progress};
use crate::data::{NormalMixture, Samples};
use crate::lineage::{Fit, Record};
use crate::metrics::{Measurement, Subject};
use crate::models::{Family, Model, Refusal};
use crate::store::{Example, KeptModels, Part, StoreError};

/// Generations that are told to the progress at once where lineages are short; the clock and a
/// shared counter would cost more than a closed-form generation.
const BATCH: u64 = 64;

/// What a lineage must heed: whom to tell, when to stop.
pub(super) struct Watch<'a> {
    pub interrupt: &'a Interrupt,
    pub progress: &'a dyn Progress,
    /// What the setting is called.
    pub setting: &'a str,
    /// The moment at which the cell's time is up.
    pub deadline: Option<Instant>,
    /// Whether every generation is worth telling (neural families).
    pub each_generation: bool,
    /// The seed whose examples are kept, and how many rows.
    pub examples: (u64, usize),
    /// Where fitted models are kept, if they are.
    pub models: Option<KeptModels>,
    /// What was damaged and is made again.
    pub repairs: Mutex<Vec<String>>,
}

impl Watch<'_> {
    fn repaired(&self, what: String) {
        self.progress.repair(&what);
        super::locked(&self.repairs).push(what);
    }

    pub fn out_of_time(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

/// Collects what one lineage reports.
pub(super) struct Recorder<'a> {
    pub part: &'a mut Part,
    watch: &'a Watch<'a>,
    untold: u64,
    told: u64,
    /// Whether the lineage was stopped because the cell's time is up.
    pub timed_out: bool,
    /// Why a model could not be kept.
    pub not_kept: Option<StoreError>,
}

impl<'a> Recorder<'a> {
    pub fn new(part: &'a mut Part, watch: &'a Watch<'a>) -> Self {
        part.begin();
        Self { part, watch, untold: 0, told: 0, timed_out: false, not_kept: None }
    }

    /// Tells what is left of the lineage's share of the work, however early it ended.
    pub fn tell_rest(&mut self, generations: u64) {
        let rest = generations.saturating_sub(self.told);
        if rest > 0 {
            self.watch.progress.advance(rest);
        }
        self.told += rest;
        self.untold = 0;
    }

    fn tell(&mut self) {
        self.watch.progress.advance(self.untold);
        self.told += self.untold;
        self.untold = 0;
    }
}

impl Record for Recorder<'_> {
    fn measurement(&mut self, measurement: Measurement) {
        if self.watch.each_generation {
            self.watch.progress.measured(self.watch.setting, &measurement);
        }
        self.part.observe(&measurement);
    }

    fn examples(
        &mut self,
        fit: Fit,
        subject: Subject,
        rows: &Samples,
        components: Option<NormalMixture<'_>>,
    ) {
        let most = self.wants_examples(fit.seed);
        if most > 0
            && let Some(example) = Example::of(fit, subject, rows, components, most)
        {
            self.part.show(example);
        }
    }

    fn model(&mut self, fit: Fit, model: &dyn Model) {
        let Some(models) = &self.watch.models else { return };
        // What is there was read from there.
        if self.not_kept.is_none() && !models.has(fit) {
            self.not_kept = models.save(fit, model).err();
        }
    }

    fn kept(&mut self, fit: Fit, family: &dyn Family) -> Option<Box<dyn Model>> {
        let models = self.watch.models.as_ref()?;
        match models.load(fit, family) {
            Ok(model) => model,
            Err(error) => {
                self.watch.repaired(format!("{error}; it is fitted again"));
                let _ = std::fs::remove_file(&error.path);
                None
            }
        }
    }

    fn refused(&mut self, fit: Fit, subject: Subject, metric: Cow<'static, str>, why: &Refusal) {
        self.part.lacks(fit, subject, metric, why);
    }

    fn wants_examples(&self, seed: u64) -> usize {
        let (first, rows) = self.watch.examples;
        if seed == first { rows } else { 0 }
    }

    fn generation(&mut self, _seed: u64, _generation: u32) -> bool {
        self.untold += 1;
        if self.watch.each_generation || self.untold >= BATCH {
            self.tell();
        }
        self.timed_out = self.watch.out_of_time();
        !self.timed_out && !self.watch.interrupt.is_set()
    }
}
