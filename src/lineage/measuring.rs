//! What is measured of each generation, and on which rows.

use std::sync::Arc;

use super::{Lineage, Member, Record, Why};
use crate::data::Samples;
use crate::metrics::{Arrivals, BoxedMetric, Measurement, Observation, Peer, Shared, Space, Subject};
use crate::models::{Ask, Model, Refusal};
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
}

/// One metric of a setting.
pub struct Measured {
    /// The metric's registry name.
    pub name: String,
    /// The metric.
    pub metric: BoxedMetric,
    /// Whether this metric needs a sample for this setting's family and source.
    pub sample: bool,
}

/// What a lineage remembers of its first observation.
pub struct Memory {
    held_out: Vec<Option<Samples>>,
    first: Vec<Option<Samples>>,
    test: Vec<Option<Samples>>,
    /// The first generation whose model was absorbed, by member.
    absorbed: Vec<Option<u32>>,
}

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
            self.measure(lineage, member, look, memory.held_out[0].as_ref(), None, record)?;
            if record.wants_examples(member.seed) > 0 {
                let truth = lineage.source.truth().and_then(|truth| truth.components());
                record.examples(member.fit(0), Subject::Human, &rows, truth);
            }
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
                record.measurement(Measurement {
                    seed: member.seed,
                    member: member.index as u32,
                    generation: g,
                    subject: Subject::Training,
                    metric: "realised-human-fraction".into(),
                    value: share,
                });
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
            self.measure(lineage, member, look, held_out, first, record)?;
            self.examine(member, g, memory.test[member.index].as_ref(), record);
        }
        Ok(())
    }

    /// Whether the model of generation `g` is fitted at all: with a task, the last one is left out
    /// where nothing reads it.
    pub(super) fn fits(&self, lineage: &Lineage, g: u32) -> bool {
        let reads = |m: &Measured| m.metric.needs().model || (m.sample && self.subject == Subject::Model);
        self.task.is_none() || g == 0 || g < lineage.budget.generations || self.metrics.iter().any(reads)
    }

    /// The downstream task on `D(g)`.
    fn examine(&self, member: &Member<'_>, g: u32, test: Option<&Samples>, record: &mut dyn Record) {
        let Some((task, test)) = self.task.as_ref().zip(test) else { return };
        let streams = member.streams.of("task").at(u64::from(g));
        for (subject, found) in task.run(&member.training, test, &streams) {
            match found {
                Err(why) => record.refused(member.fit(g), subject, task.report.primary, &why),
                Ok(values) => {
                    for (metric, value) in values.into_iter().filter(|(_, value)| value.is_finite()) {
                        let (seed, member) = (member.seed, member.index as u32);
                        record.measurement(Measurement {
                            seed,
                            member,
                            generation: g,
                            subject,
                            metric,
                            value,
                        });
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
            Subject::Model | Subject::Human => {
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

    fn measure(
        &self,
        lineage: &Lineage,
        member: &Member<'_>,
        look: Look<'_>,
        held_out: Option<&Samples>,
        first: Option<&Samples>,
        record: &mut dyn Record,
    ) -> Result<(), Why> {
        let shared = Shared::for_passes(self.passes()).in_space(self.space.clone());
        let human = look.subject == Subject::Human;
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
        for measured in &self.metrics {
            if human && !measured.sample {
                continue;
            }
            let streams = self.streams(member, look.generation, human).of(&measured.name);
            // A refusal is an outcome: the metric has no value for such rows (a distance to a model
            // that gives an outcome probability 0, a spread of one row).
            let values = match measured.metric.measure(&of, &streams) {
                Ok(values) => values,
                Err(why) => {
                    record.refused(member.fit(look.generation), look.subject, &measured.name, &why);
                    continue;
                }
            };
            for (metric, value) in values.into_iter().filter(|(_, value)| value.is_finite()) {
                record.measurement(Measurement {
                    seed: member.seed,
                    member: member.index as u32,
                    generation: look.generation,
                    subject: look.subject,
                    metric,
                    value,
                });
            }
        }
        Ok(())
    }

    /// Whether a metric needs the model of generation 0.
    pub(super) fn needs_base(&self) -> bool {
        self.metrics.iter().any(|m| m.metric.needs().base)
    }

    fn streams(&self, member: &Member<'_>, g: u32, human: bool) -> Streams {
        let purpose = if human { "measure-human" } else { "measure-metric" };
        member.streams.of(purpose).at(u64::from(g))
    }
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
