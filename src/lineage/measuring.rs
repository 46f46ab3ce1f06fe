//! What is measured of each generation, and on which rows.

use std::borrow::Cow;
use std::sync::Arc;

use super::measured::{self, Measured, Names};
use super::{Fit, Lineage, Member, Record, Why};
use crate::data::Samples;
use crate::metrics::{Absence, Arrivals, Observation, Peer, Shared, Space, Subject};
use crate::models::{Ask, BoxedFamily, Model, Refusal, Sampling, Start};
use crate::rng::Streams;
use crate::spec::Inflow;
use crate::tasks::Examination;

/// What is measured, of whom, when.
pub struct Measuring {
    /// The metrics that apply to this setting.
    pub metrics: Vec<Measured>,
    /// The size of the sample that metrics see.
    pub size: usize,
    /// Whose rows are measured.
    pub subject: Subject,
    /// The space in which the rows of a table are measured; `None` where rows keep their own.
    pub space: Option<Arc<Space>>,
    /// Whether a generation is measured, by generation from 0 on.
    pub at: Vec<bool>,
    /// The downstream task.
    pub task: Option<Examination>,
    /// The family that is fitted to the human rows of generation 0 and measured once, to compare with.
    pub baseline: Option<BoxedFamily>,
}

/// What a lineage remembers of its first observation.
pub struct Memory {
    held_out: Vec<Option<Samples>>,
    first: Vec<Option<Samples>>,
    test: Vec<Option<Samples>>,
    /// The first generation whose model was absorbed, by member.
    absorbed: Vec<Option<u32>>,
    /// What was measured so far, by member.
    names: Vec<Names>,
}

/// The share of human rows in the training sets, which every generation has.
const HUMAN_SHARE: Cow<'static, str> = Cow::Borrowed("realised-human-fraction");

impl Measuring {
    /// How many passes over pair distances the metrics make.
    fn passes(&self) -> usize {
        let names = self.metrics.iter().map(|m| m.metric.needs().pairs).filter(|name| !name.is_empty());
        names.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Measures the human baseline and generation 0.
    pub(super) fn start(
        &self,
        lineage: &Lineage,
        population: &[Member<'_>],
        record: &mut dyn Record,
    ) -> Result<Memory, Why> {
        let mut memory = Memory {
            held_out: Vec::new(),
            first: vec![None; population.len()],
            test: Vec::new(),
            absorbed: vec![None; population.len()],
            names: population.iter().map(|_| Names::default()).collect(),
        };
        for member in population {
            let truth = lineage.source.truth();
            let reference = self.metrics.iter().any(|m| m.metric.needs().held_out.applies(false, truth));
            memory.held_out.push(if reference { Some(member.human.reference(self.size)?) } else { None });
            memory.test.push(self.task.as_ref().map(|task| member.human.test(task.test)).transpose()?);
        }
        if self.metrics.iter().any(|m| m.sample)
            && let Some(member) = population.first()
        {
            let rows = member.human.baseline(self.size)?;
            let look = Look {
                subject: Subject::Human,
                generation: 0,
                model: None,
                sample: Some(&rows),
                others: &[],
                absorbed: None,
            };
            let held_out = memory.held_out[0].as_ref();
            self.measure(lineage, member, look, held_out, None, &mut memory.names[0], record);
            if record.wants_examples(member.seed) > 0 {
                let truth = lineage.source.truth().and_then(|truth| truth.components());
                record.examples(member.fit(0), Subject::Human, &rows, truth);
            }
        }
        if let Some((family, member)) = self.baseline.as_ref().zip(population.first()) {
            let streams = member.streams.of("baseline");
            let model = family.fit(&member.training, Start::Scratch, &streams)?;
            let sampled = self.metrics.iter().any(|m| m.sample);
            let draw =
                || model.synthesise(Ask::Rows, self.size, &Sampling::default(), &streams.of("measure"));
            let rows = sampled.then(draw).transpose()?;
            let look = Look {
                subject: Subject::Baseline,
                generation: 0,
                model: Some(model.as_ref()),
                sample: rows.as_ref(),
                others: &[],
                absorbed: None,
            };
            let held_out = memory.held_out[0].as_ref();
            self.measure(lineage, member, look, held_out, None, &mut Names::default(), record);
        }
        self.observe(lineage, population, 0, &mut memory, record)?;
        Ok(memory)
    }

    /// Measures generation `g` of every member.
    pub(super) fn observe(
        &self,
        lineage: &Lineage,
        population: &[Member<'_>],
        g: u32,
        memory: &mut Memory,
        record: &mut dyn Record,
    ) -> Result<(), Why> {
        for member in population {
            if self.fits(lineage, g) {
                record.model(member.fit(g), member.model.as_ref());
            }
            let absorbed = &mut memory.absorbed[member.index];
            if absorbed.is_none() && member.model.is_degenerate() {
                *absorbed = Some(g);
            }
        }
        if !self.at.get(g as usize).copied().unwrap_or(false) {
            return Ok(());
        }
        let mut samples = Vec::with_capacity(population.len());
        for member in population {
            samples.push(self.sample(lineage, member, g)?);
        }
        for (member, sample) in population.iter().zip(&samples) {
            if let Some(share) = member.human_fraction() {
                measured::write(member.fit(g), Subject::Training, HUMAN_SHARE, share, record);
            }
            if let Some(rows) = sample.as_ref().filter(|_| record.wants_examples(member.seed) > 0) {
                let parameters = member.model.parameters();
                let own = parameters.components().filter(|_| self.subject == Subject::Model);
                record.examples(member.fit(g), self.subject, rows, own);
            }
            if memory.first[member.index].is_none() {
                memory.first[member.index].clone_from(sample);
            }
            let others: Vec<Peer<'_>> = population
                .iter()
                .zip(&samples)
                .filter(|(other, _)| other.index != member.index)
                .map(|(other, sample)| Peer { model: Some(other.model.as_ref()), sample: sample.as_ref() })
                .collect();
            let look = Look {
                subject: self.subject,
                generation: g,
                model: Some(member.model.as_ref()),
                sample: sample.as_ref(),
                others: &others,
                absorbed: memory.absorbed[member.index],
            };
            let held_out = memory.held_out[member.index].as_ref();
            let first = memory.first[member.index].as_ref();
            let names = &mut memory.names[member.index];
            self.measure(lineage, member, look, held_out, first, names, record);
            self.examine(member, g, memory.test[member.index].as_ref(), names, record);
        }
        Ok(())
    }

    /// Records that there is no value from generation `from` on: the lineage ended there, and why.
    pub(super) fn end(
        &self,
        lineage: &Lineage,
        seed: u64,
        from: u32,
        memory: Option<&Memory>,
        why: &Refusal,
        record: &mut dyn Record,
    ) {
        let nothing = Names::default();
        let measured =
            (from..=lineage.budget.generations).filter(|&g| self.at.get(g as usize) == Some(&true));
        for generation in measured {
            for member in 0..lineage.families.len() {
                let fit = Fit { seed, member: member as u32, generation };
                let names = memory.map_or(&nothing, |memory| &memory.names[member]);
                measured::missing(&self.metrics, self.subject, fit, names, why, record);
                for (subject, names) in &names.tasks {
                    names.iter().for_each(|name| record.refused(fit, *subject, name.clone(), why));
                }
                if memory.is_some() {
                    record.refused(fit, Subject::Training, HUMAN_SHARE, why);
                }
            }
        }
    }

    /// Whether the model of generation `g` is fitted at all: with a task, the last one is left out
    /// where nothing reads it.
    pub(super) fn fits(&self, lineage: &Lineage, g: u32) -> bool {
        let reads = |m: &Measured| m.metric.needs().model || (m.sample && self.subject == Subject::Model);
        self.task.is_none() || g == 0 || g < lineage.budget.generations || self.metrics.iter().any(reads)
    }

    /// The downstream task on `D(g)`.
    fn examine(
        &self,
        member: &Member<'_>,
        g: u32,
        test: Option<&Samples>,
        names: &mut Names,
        record: &mut dyn Record,
    ) {
        let Some((task, test)) = self.task.as_ref().zip(test) else { return };
        let streams = member.streams.of("task").at(u64::from(g));
        let fit = member.fit(g);
        let all = task.run(&member.training, test, &streams);
        // Rows that were there before and are no more: a regime drops human rows, only collapse the others.
        for (subject, names) in names.tasks.iter().filter(|(of, _)| all.iter().all(|(on, _)| on != *of)) {
            let why = if *subject == Subject::Human { Absence::NotApplicable } else { Absence::Degenerate };
            let gone = Refusal::of(why, "the training set has no such rows left");
            names.iter().for_each(|name| record.refused(fit, *subject, name.clone(), &gone));
        }
        for (subject, found) in all {
            let known = names.tasks.entry(subject).or_default();
            match found {
                Err(why) if known.is_empty() => {
                    record.refused(fit, subject, Cow::Borrowed(task.report.primary), &why);
                }
                Err(why) => known.iter().for_each(|name| record.refused(fit, subject, name.clone(), &why)),
                Ok(values) => {
                    if known.is_empty() {
                        known.extend(values.iter().map(|(name, _)| name.clone()));
                    }
                    for (metric, value) in values {
                        measured::write(fit, subject, metric, value, record);
                    }
                }
            }
        }
    }

    /// The rows that metrics see: a draw of its own and never the training rows, unless these are
    /// the subject.
    fn sample(&self, lineage: &Lineage, member: &Member<'_>, g: u32) -> Result<Option<Samples>, Why> {
        if !self.metrics.iter().any(|m| m.sample) {
            return Ok(None);
        }
        let mix = match self.subject {
            Subject::Model | Subject::Human | Subject::Baseline => {
                let streams = member.streams.of("measure").at(u64::from(g));
                let rows =
                    member.model.synthesise(Ask::Rows, self.size, &lineage.synthesiser.sampling, &streams)?;
                return Ok(Some(rows));
            }
            Subject::Synthetic => member.synthetic_mix(),
            Subject::Training => member.training.clone(),
        };
        match mix.gather() {
            None => Ok(None),
            Some(Err(e)) => Err(Refusal::new(e.to_string()).into()),
            Some(Ok((rows, _))) => Ok(Some(rows.head(self.size))),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn measure(
        &self,
        lineage: &Lineage,
        member: &Member<'_>,
        look: Look<'_>,
        held_out: Option<&Samples>,
        first: Option<&Samples>,
        names: &mut Names,
        record: &mut dyn Record,
    ) {
        let shared = Shared::for_passes(self.passes()).in_space(self.space.clone());
        let of = Observation {
            subject: look.subject,
            generation: look.generation,
            model: look.model,
            base: member.base.as_deref().or(Some(member.model.as_ref())),
            sample: look.sample,
            training: &member.training,
            held_out,
            first,
            others: look.others,
            truth: lineage.source.truth(),
            absorbed: look.absorbed,
            arrivals: arrivals(lineage),
            shared: &shared,
        };
        let streams = streams(member, &look);
        measured::measure(&self.metrics, &of, member.fit(look.generation), &streams, names, record);
    }

    /// Whether a metric needs the model of generation 0.
    pub(super) fn needs_base(&self) -> bool {
        self.metrics.iter().any(|m| m.metric.needs().base)
    }
}

fn streams(member: &Member<'_>, look: &Look<'_>) -> Streams {
    let purpose = match look.subject {
        Subject::Human => "measure-human",
        Subject::Baseline => "measure-baseline",
        Subject::Model | Subject::Synthetic | Subject::Training => "measure-metric",
    };
    member.streams.of(purpose).at(u64::from(look.generation))
}

/// What arrives at every generation, for regimes that keep everything and take fresh human rows.
fn arrivals(lineage: &Lineage) -> Option<Arrivals> {
    let stream = lineage.regime.keeps_everything() && lineage.regime.inflow == Inflow::Fresh;
    stream.then_some(Arrivals {
        human_fraction: lineage.budget.arrival_human_fraction,
        temperature: lineage.synthesiser.sampling.temperature,
    })
}

/// Whose rows are looked at.
struct Look<'a> {
    subject: Subject,
    generation: u32,
    model: Option<&'a dyn Model>,
    sample: Option<&'a Samples>,
    others: &'a [Peer<'a>],
    absorbed: Option<u32>,
}
