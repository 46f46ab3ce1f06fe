//! The curation steps of a lineage, applied in order by those members that curate.

use super::{Lineage, Member, Why};
use crate::curation::{BoxedCuration, CurationError, On, Seen, Who};
use crate::data::{Body, Mix, Part, Rows, Samples};
use crate::models::{Refusal, SampleError};
use crate::rng::Streams;

/// One curation step of a lineage.
pub struct Step {
    /// Where it works.
    pub on: On,
    /// Which members of the population do it.
    pub who: Who,
    /// What is done.
    pub what: BoxedCuration,
}

/// Whose rows are curated: a member among all that may make rows for it.
#[derive(Clone, Copy)]
struct Place<'p, 'a> {
    member: &'p Member<'a>,
    population: &'p [Member<'a>],
    g: u32,
}

impl Lineage {
    /// `curate(…)`: the synthetic rows that enter each member's store.
    pub(super) fn curate_synthetic(
        &self,
        population: &[Member<'_>],
        synthetic: Vec<Vec<Part>>,
        g: u32,
    ) -> Result<Vec<Vec<Part>>, Why> {
        if !self.curation.iter().any(|step| step.on == On::Synthetic) {
            return Ok(synthetic);
        }
        let each = |(member, parts)| {
            let mix = Mix { parts, combine: Default::default() };
            Ok(self.curate(On::Synthetic, mix, Place { member, population, g })?.parts)
        };
        population.iter().zip(synthetic).map(each).collect()
    }

    /// `curate_mix(…)`: the training set of one member.
    pub(super) fn curate_mix(&self, mix: Mix, member: &Member<'_>, g: u32) -> Result<Mix, Why> {
        // No further rows can be drawn here.
        self.curate(On::Mix, mix, Place { member, population: &[], g })
    }

    fn curate(&self, on: On, mix: Mix, place: Place<'_, '_>) -> Result<Mix, Why> {
        let streams = place.member.streams.of("curate").at(u64::from(place.g));
        Ok(self.first_steps(self.curation.len(), on, mix, place, &streams)?)
    }

    /// The first `count` of the steps, as far as they are of that kind and the member does them.
    fn first_steps(
        &self,
        count: usize,
        on: On,
        mut mix: Mix,
        place: Place<'_, '_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let Place { member, population, g } = place;
        let done = |step: &Step| step.on == on && step.who.is(member.index);
        for (i, step) in self.curation.iter().enumerate().take(count).filter(|(_, step)| done(step)) {
            let streams = streams.at(i as u64);
            let initial = member.store.initial();
            let truth = self.source.truth();
            let seen = Seen { model: member.model.as_ref(), generation: g, initial: &initial, truth };
            let mut batch = 0;
            let mut more = |n: usize| {
                batch += 1;
                let streams = streams.of("more").at(batch);
                let rows = self.synthesiser.more(self, member, population, n, g, &streams)?;
                self.as_before(i, rows, place, &streams.of("earlier-steps"))
            };
            mix = match on {
                On::Synthetic => step.what.apply(mix, Some(&mut more), &seen, &streams)?,
                On::Mix => step.what.apply(mix, None, &seen, &streams)?,
            };
        }
        Ok(mix)
    }

    /// Further rows for step `i`, after the steps before it, which all of its rows have gone through.
    fn as_before(
        &self,
        i: usize,
        rows: Samples,
        place: Place<'_, '_>,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let done = |step: &Step| step.on == On::Synthetic && step.who.is(place.member.index);
        if !self.curation[..i].iter().any(done) {
            return Ok(rows);
        }
        let parts = vec![Part::synthetic(place.g, Body::Rows(Rows::all(rows)))];
        let mix = Mix { parts, ..Mix::default() };
        let curated = self.first_steps(i, On::Synthetic, mix, place, streams);
        let refused = |why: String| SampleError::Refused(Refusal::new(why));
        match curated.map(|mix| mix.gather()) {
            Ok(Some(Ok((rows, _)))) => Ok(rows),
            Ok(Some(Err(e))) => Err(refused(e.to_string())),
            Ok(None) => Err(refused("an earlier curation step left no row of those asked for".into())),
            Err(CurationError::Sample(e)) => Err(e),
            Err(e) => Err(refused(e.to_string())),
        }
    }
}
