//! The generational loop.
//!
//! ```text
//! D(0)   = human rows;  model(0) = fit(D(0))
//! for g = 1, 2, …
//!     M(g) = retain(M(g−1)) ∪ inflow(g) ∪ curate(synthesise(model(g−1)))
//!     D(g) = weight(curate_mix(draw(M(g))))
//!     model(g) = fit(D(g))
//!     measure(g)
//! ```
//!
//! A [`Lineage`] is one setting of everything; [`Lineage::run`] runs it for one seed. A population
//! of several models is the same loop over several [`Member`]s; the plain loop is a population of
//! one.

mod assemble;
mod conditions;
mod curating;
mod first_fit;
mod generator;
mod measured;
mod measuring;
mod member;
mod record;
pub mod size;
mod synthesis;

pub use crate::spec::When;
pub use assemble::{Assembled, Context, assemble, examine};
pub use curating::Step;
pub use first_fit::FirstFits;
pub use generator::{Base, Generator};
pub use measured::{Measured, Names, measure};
pub use measuring::Measuring;
use measuring::Memory;
pub use member::Member;
pub use record::{Fit, LineageError, Outcome, Record, StopReason, Why};
pub use synthesis::{Synthesiser, Teacher};

use std::sync::Arc;

use crate::data::{Field, Kind, Part, Source};
use crate::models::{Family, FitError, Refusal};
use crate::regimes::{Budget, Counts, Regime};
use crate::spec::StartFrom;

/// One setting of everything, ready to be run for any seed.
pub struct Lineage {
    /// Where human rows come from.
    pub source: Arc<Source>,
    /// The family of each member of the population.
    pub families: Vec<Arc<dyn Family>>,
    /// How training sets are composed.
    pub regime: Regime,
    /// How many rows that moves.
    pub budget: Budget,
    /// The budget's human rows and draws, by generation from 1 on.
    pub plan: Vec<Counts>,
    /// How synthetic rows are made.
    pub synthesiser: Synthesiser,
    /// What is done to rows before the next fit, in order.
    pub curation: Vec<Step>,
    /// Where each fit starts.
    pub start: StartFrom,
    /// The model that is trained before generation 0, where the fits start from one.
    pub base: Option<Base>,
    /// The share of the human data that is synthetic without anyone knowing.
    pub contamination: f64,
    /// Whether blocks are kept as sufficient statistics.
    pub statistics: bool,
    /// What is measured.
    pub measuring: Measuring,
    /// Re-randomises the whole experiment.
    pub salt: u64,
    /// The key of each member's first fit, where lineages of other settings may share it.
    pub first_fit: Vec<Option<String>>,
    /// Where they do.
    pub first_fits: Arc<FirstFits>,
}

impl Lineage {
    /// Runs the loop for one seed and reports to `record`.
    pub fn run(&self, seed: u64, record: &mut dyn Record) -> Result<Outcome, LineageError> {
        let failed =
            |g: u32, stage: &'static str| move |why: Why| LineageError { seed, generation: g, stage, why };
        let ended = |stop_reason, last_generation| Ok(Outcome { stop_reason, last_generation });
        let measuring = &self.measuring;

        // Generation 0 is trained on human rows alone.
        let mut population = Vec::with_capacity(self.families.len());
        for (index, family) in self.families.iter().enumerate() {
            match Member::first(self, index, family.as_ref(), seed, record) {
                Ok(member) => population.push(member),
                Err(Why::Fit(diverged @ FitError::Diverged { .. })) => {
                    measuring.end(self, seed, 0, None, &Refusal::diverged(diverged.to_string()), record);
                    return ended(StopReason::Diverged, 0);
                }
                Err(why) => return Err(failed(0, "fit")(why)),
            }
        }
        let mut memory = measuring.start(self, &population, record).map_err(failed(0, "measure"))?;

        for g in 1..=self.budget.generations {
            if !record.generation(seed, g - 1) {
                return ended(StopReason::Interrupted, g - 1);
            }
            match self.generation(&mut population, g, &mut memory, record) {
                Ok(()) => {}
                // The model's own rows made the next fit impossible: there is no value from here on.
                Err((stage, why)) => {
                    let kind = why.outcome().ok_or_else(|| failed(g, stage)(why.clone()))?;
                    let why = Refusal::of(kind, format!("the lineage ended: {stage}: {why}"));
                    measuring.end(self, seed, g, Some(&memory), &why, record);
                    return ended(StopReason::Diverged, g - 1);
                }
            }
        }
        record.generation(seed, self.budget.generations);
        let collapsed = population.iter().all(|m| m.model.is_degenerate());
        let reason = if collapsed { StopReason::Collapsed } else { StopReason::Finished };
        ended(reason, self.budget.generations)
    }

    /// Generation `g ≥ 1` of every member. Errors name the step of the loop.
    fn generation(
        &self,
        population: &mut [Member<'_>],
        g: u32,
        memory: &mut Memory,
        record: &mut dyn Record,
    ) -> Result<(), (&'static str, Why)> {
        let at = |stage: &'static str| move |why: Why| (stage, why);
        // M(g) = retain(M(g−1)) ∪ inflow(g) ∪ curate(synthesise(model(g−1)))
        for member in population.iter_mut() {
            member.retain(self, g).map_err(at("retain"))?;
            member.receive_human(self, g).map_err(at("inflow"))?;
        }
        let synthetic = self.synthesiser.serve(self, population, g).map_err(at("synthesise"))?;
        let curated = self.curate_synthetic(population, synthetic, g).map_err(at("curate"))?;
        for (member, parts) in population.iter_mut().zip(curated) {
            member.receive_synthetic(self, parts).map_err(at("synthesise"))?;
        }
        // D(g) = weight(curate_mix(draw(M(g)))), and the next fit.
        for member in population.iter_mut() {
            member.compose(self, g).map_err(at("compose"))?;
            member.refit(self, g, record).map_err(at("fit"))?;
        }
        self.measuring.observe(self, population, g, memory, record).map_err(at("measure"))
    }

    /// The keys of the fits that a lineage asks for and may share: each member's first, and the base's.
    pub fn shared_fits(&self) -> impl Iterator<Item = &String> {
        let bases = self.base.iter().flat_map(|base| self.families.iter().map(|_| &base.key));
        self.first_fit.iter().flatten().chain(bases)
    }

    /// The same lineage with another family, for example one of your own. It runs on rows: whether
    /// sufficient statistics would do is not known of a family without a registry entry.
    #[must_use]
    pub fn with_family(mut self, family: Arc<dyn Family>) -> Self {
        let truth = self.source.truth();
        for measured in &mut self.measuring.metrics {
            measured.sample = measured.metric.needs().sample.applies(false, truth);
        }
        self.families = vec![family; self.families.len()];
        self.first_fit.clear();
        self.base = None;
        self.statistics = false;
        self
    }

    /// Roughly what the first generations cost, in comparison with other settings of the same family: about nanoseconds for
    /// a Gaussian. A generation has 2 µs of its own; a number of a row costs what its draw does, and a share of the products
    /// with the others of its row.
    pub fn cost(&self, generations: u32) -> f64 {
        let width = |field: &Field| match field.kind {
            Kind::F32 { width, .. } | Kind::F64 { width } => width,
            Kind::Codes { .. } | Kind::Ragged { .. } => 1,
        };
        let width = self.source.schema().fields.iter().map(width).sum::<usize>() as f64;
        let grows = self.regime.keeps_everything();
        let rows = |g: u32| match self.budget.samples.count_at(g.max(1), self.budget.generations) {
            _ if self.statistics => width,
            _ if g == 0 => self.budget.initial as f64,
            Ok(n) if grows => (self.budget.initial + n * g as usize) as f64,
            Ok(n) => n as f64,
            Err(_) => 0.0,
        };
        let generation = |g: u32| 2000.0 + rows(g) * width * (5.0 + width / 8.0);
        self.families.len() as f64 * (0..generations).map(generation).sum::<f64>()
    }

    /// The human rows and the draw of generation `g ≥ 1`.
    fn counts(&self, g: u32) -> Counts {
        self.plan[g as usize - 1]
    }

    /// Human rows of one block as parts, a share of them replaced where the data are contaminated.
    fn human_parts(&self, member: &Member<'_>, rows: crate::data::Rows, g: u32) -> Result<Vec<Part>, Why> {
        synthesis::contaminate(self, member.contaminant.as_deref(), rows, g, &member.streams)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
