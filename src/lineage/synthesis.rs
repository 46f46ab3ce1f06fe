//! Who makes the synthetic rows of a generation, from what, and for whom.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Generator, Lineage, Member, Why};
use crate::data::{Body, Mix, Origin, Part, Rows, Samples, Source, Statistics, Supply};
use crate::models::{self, Ask, Family, Model, Refusal, SampleError, Sampling, Start, StatisticsPath};
use crate::regimes::Counts;
use crate::rng::Streams;
use crate::spec::{Prompts, Sharing, Synthesis, When};

/// How synthetic rows are made.
pub struct Synthesiser {
    /// What the model is asked for.
    pub synthesis: Synthesis,
    /// The human rows behind labels, continuations and edits.
    pub prompts: Prompts,
    /// Tokens or labels with at least this probability are redrawn (`synthesis = "edit"`).
    pub edit_above: f64,
    /// The transform on the output.
    pub sampling: Sampling,
    /// Whose synthetic rows enter a member's store.
    pub sharing: Sharing,
    /// Who makes the rows, where it is not the student itself.
    pub teacher: Teacher,
}

/// Who makes the synthetic rows.
pub enum Teacher {
    /// The student: the plain loop.
    Own,
    /// A model of another family, fitted on the same training set at every generation or on rows of
    /// its own.
    Family(Generator, When),
    /// Another source: other-domain knowledge, a shifted truth, a collapsed start.
    Source(Arc<Source>, When),
}

impl Synthesiser {
    /// The synthetic rows of generation `g` for every member, made by the models of `g − 1`.
    pub fn serve(&self, lineage: &Lineage, population: &[Member<'_>], g: u32) -> Result<Vec<Vec<Part>>, Why> {
        population
            .iter()
            .map(|member| {
                let n = member.wanted(lineage, g)?;
                let parts = self.makers(member, population.len(), n).into_iter().map(|(maker, n)| {
                    let streams = member.streams.of("synthesise").at(u64::from(g)).at(maker as u64);
                    Ok(Part::synthetic(g, self.make(lineage, &population[maker], member, n, g, &streams)?))
                });
                parts.collect()
            })
            .collect()
    }

    /// Who of `models` makes how many of a member's `n` rows.
    fn makers(&self, member: &Member<'_>, models: usize, n: usize) -> Vec<(usize, usize)> {
        let mut shares = match self.sharing {
            Sharing::Own => vec![(member.index, n)],
            Sharing::Ring => vec![((member.index + models - 1) % models, n)],
            // Equal shares of everyone's output; the first members give the remainder.
            Sharing::Pool => (0..models).map(|m| (m, n / models + usize::from(m < n % models))).collect(),
        };
        shares.retain(|(_, n)| *n > 0);
        shares
    }

    /// Further rows of generation `g` for a curation step of a member, from those of the population that
    /// make that generation's rows.
    pub fn more(
        &self,
        lineage: &Lineage,
        member: &Member<'_>,
        population: &[Member<'_>],
        n: usize,
        g: u32,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let make = |maker: &Member<'_>, n: usize, streams: &Streams| {
            self.make_rows(lineage, maker, member, n, g, streams).map_err(|why| match why {
                Why::Sample(e) => e,
                other => SampleError::Refused(Refusal::new(other.to_string())),
            })
        };
        if self.sharing == Sharing::Own || population.len() < 2 {
            return make(member, n, streams);
        }
        let made = self.makers(member, population.len(), n).into_iter();
        let made = made.map(|(m, n)| make(&population[m], n, &streams.at(m as u64)));
        let made = made.collect::<Result<Vec<_>, _>>()?;
        match made.as_slice() {
            [] => make(member, 0, streams),
            some => Samples::concat(&some.iter().collect::<Vec<_>>())
                .map_err(|e| SampleError::Refused(Refusal::new(e.to_string()))),
        }
    }

    fn make(
        &self,
        lineage: &Lineage,
        maker: &Member<'_>,
        taker: &Member<'_>,
        n: usize,
        g: u32,
        streams: &Streams,
    ) -> Result<Body, Why> {
        if let Some(path) = maker.path(lineage) {
            let (model, mut rng) = (maker.model.as_ref(), streams.rng());
            let made = if self.synthesis == Synthesis::Label {
                let given = self.prompt_statistics(lineage, taker, path, n, g)?;
                path.label(model, &given, &self.sampling, &mut rng)?
            } else {
                path.draw(model, n, &self.sampling, &mut rng)?
            };
            return Ok(Body::Statistics(made));
        }
        Ok(Body::Rows(Rows::all(self.make_rows(lineage, maker, taker, n, g, streams)?)))
    }

    fn make_rows(
        &self,
        lineage: &Lineage,
        maker: &Member<'_>,
        taker: &Member<'_>,
        n: usize,
        g: u32,
        streams: &Streams,
    ) -> Result<Samples, Why> {
        let fitted;
        let model: &dyn Model = match &self.teacher {
            Teacher::Source(source, when) if when.holds_at(g) => return Ok(from_source(source, n, streams)?),
            Teacher::Family(generator, when) if when.holds_at(g) => {
                fitted = taker.taught(generator, maker, g)?;
                fitted.as_ref()
            }
            _ => maker.model.as_ref(),
        };
        if self.synthesis == Synthesis::Sample {
            let made = model.synthesise(Ask::Rows, n, &self.sampling, streams)?;
            return match &self.teacher {
                Teacher::Family(generator, when) if when.holds_at(g) => {
                    Ok(generator.mislabel(made, streams)?)
                }
                _ => Ok(made),
            };
        }
        let prompts = self.prompt_rows(lineage, taker, n, g)?;
        let ask = match self.synthesis {
            Synthesis::Sample => Ask::Rows,
            Synthesis::Label => Ask::Given(&prompts),
            Synthesis::Continue => Ask::Continue(&prompts),
            Synthesis::Edit => Ask::Edit { of: &prompts, above: self.edit_above },
        };
        Ok(model.synthesise(ask, n, &self.sampling, streams)?)
    }

    /// The statistics of `n` rows to label. Those of all of D(0) are known: a fixed design. Those of a fresh one can be
    /// drawn where the truth and the family are of one kind.
    fn prompt_statistics<'m>(
        &self,
        lineage: &Lineage,
        member: &'m Member<'_>,
        path: &dyn StatisticsPath,
        n: usize,
        g: u32,
    ) -> Result<Cow<'m, Statistics>, Why> {
        match member.store.design() {
            Some(design) if self.prompts == Prompts::Initial && design.rows() == n as u64 => {
                Ok(Cow::Borrowed(design))
            }
            _ => {
                if let (Prompts::Fresh, Some((truth, mut rng))) = (self.prompts, member.human.fresh_inputs(g))
                    && let Some(drawn) = path.inputs(truth, n, &mut rng)
                {
                    return Ok(Cow::Owned(drawn));
                }
                let rows = Rows::all(self.prompt_rows(lineage, member, n, g)?);
                Ok(Cow::Owned(path.summarise(&rows)?))
            }
        }
    }

    /// `n` rows to label, continue or edit; a shorter table is gone through again. Fresh ones to label come from a stream
    /// of their own where inputs can be drawn alone; others follow the human rows that arrive in the same generation.
    fn prompt_rows(&self, lineage: &Lineage, member: &Member<'_>, n: usize, g: u32) -> Result<Samples, Why> {
        let table = match self.prompts {
            Prompts::Initial => gathered(&member.store.initial())?,
            Prompts::Previous => gathered(&member.training)?,
            Prompts::Fresh => {
                if let (Synthesis::Label, Some((truth, mut rng))) =
                    (self.synthesis, member.human.fresh_inputs(g))
                    && let Some(inputs) = truth.unlabelled(n, &mut rng)
                {
                    return Ok(inputs);
                }
                let Counts { fresh_from, inflow, .. } = lineage.counts(g);
                member.human.fresh(g, fresh_from, inflow + n)?.gather().slice(inflow, n)
            }
        };
        if n <= table.len() {
            return Ok(table.head(n));
        }
        let rows: Vec<u32> = (0..n).map(|i| (i % table.len().max(1)) as u32).collect();
        Ok(table.take(&rows))
    }
}

fn gathered(mix: &Mix) -> Result<Samples, Why> {
    match mix.gather() {
        Some(Ok((table, _))) => Ok(table),
        Some(Err(e)) => Err(Refusal::new(e.to_string()).into()),
        None => Err(Refusal::new("there are no rows to label, continue or edit").into()),
    }
}

/// `n` rows of a source that takes the model's place.
fn from_source(source: &Source, n: usize, streams: &Streams) -> Result<Samples, SampleError> {
    match &source.supply {
        Supply::Distribution(d) => Ok(d.draw(n, &mut streams.rng())),
        Supply::Finite(splits) => {
            // A generator's own data are outside knowledge: rows are drawn with replacement.
            use rand::RngExt;
            let mut rng = streams.rng();
            let rows: Vec<u32> = (0..n).map(|_| rng.random_range(0..splits.train.len() as u32)).collect();
            Ok(splits.train.take(&rows))
        }
    }
}

/// The model behind contaminated human data: fitted on the clean `D(0)`.
pub(super) fn contaminant(
    lineage: &Lineage,
    family: &dyn Family,
    rows: &Rows,
    streams: &Streams,
) -> Result<Option<Box<dyn Model>>, Why> {
    if lineage.contamination <= 0.0 {
        return Ok(None);
    }
    let mix = Mix::of_human(rows.clone());
    Ok(Some(models::fit(family, &mix, Start::Scratch, &streams.of("contaminant"))?))
}

/// Human rows as parts; the last `contamination` share of them is replaced by rows of the
/// contaminant, which the regime takes for human.
pub(super) fn contaminate(
    lineage: &Lineage,
    contaminant: Option<&dyn Model>,
    rows: Rows,
    g: u32,
    streams: &Streams,
) -> Result<Vec<Part>, Why> {
    let n = rows.len();
    let foreign = (lineage.contamination * n as f64).round() as usize;
    let Some(model) = contaminant.filter(|_| foreign > 0) else {
        return Ok(vec![Part::human(g, Body::Rows(rows))]);
    };
    let made = model.synthesise(
        Ask::Rows,
        foreign,
        &Sampling::default(),
        &streams.of("contamination").at(u64::from(g)),
    )?;
    let hidden = Part {
        origin: Origin::Synthetic,
        labelled: Origin::Human,
        ..Part::human(g, Body::Rows(Rows::all(made)))
    };
    let mut parts = vec![hidden];
    if n > foreign {
        parts.insert(0, Part::human(g, Body::Rows(rows.head(n - foreign))));
    }
    Ok(parts)
}
