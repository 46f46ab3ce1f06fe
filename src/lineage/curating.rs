//! The curation steps of a lineage, applied in order.

use super::{Lineage, Member, Why};
use crate::curation::{CurationError, On, Seen};
use crate::data::{Body, Mix, Part, Rows, Samples};
use crate::models::{Refusal, SampleError};
use crate::rng::Streams;

impl Lineage {
    /// Applies the curation steps of one kind, in order.
    pub(super) fn curate(&self, on: On, mix: Mix, member: &Member<'_>, g: u32) -> Result<Mix, Why> {
        let streams = member.streams.of("curate").at(u64::from(g));
        Ok(self.first_steps(self.curation.len(), on, mix, member, g, &streams)?)
    }

    /// The first `count` of the steps, as far as they are of that kind.
    fn first_steps(
        &self,
        count: usize,
        on: On,
        mut mix: Mix,
        member: &Member<'_>,
        g: u32,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let of_kind = self.curation.iter().enumerate().take(count).filter(|(_, (place, _))| *place == on);
        for (i, (_, step)) in of_kind {
            let streams = streams.at(i as u64);
            let initial = member.store.initial();
            let truth = self.source.truth();
            let seen = Seen { model: member.model.as_ref(), generation: g, initial: &initial, truth };
            let mut batch = 0;
            let mut more = |n: usize| {
                batch += 1;
                let streams = streams.of("more").at(batch);
                let rows = self.synthesiser.more(self, member, n, g, &streams)?;
                self.as_before(i, rows, member, g, &streams.of("earlier-steps"))
            };
            mix = match on {
                On::Synthetic => step.apply(mix, Some(&mut more), &seen, &streams)?,
                On::Mix => step.apply(mix, None, &seen, &streams)?,
            };
        }
        Ok(mix)
    }

    /// Further rows for step `i`, after the steps before it, which all of its rows have gone through.
    fn as_before(
        &self,
        i: usize,
        rows: Samples,
        member: &Member<'_>,
        g: u32,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        if !self.curation[..i].iter().any(|(on, _)| *on == On::Synthetic) {
            return Ok(rows);
        }
        let parts = vec![Part::synthetic(g, Body::Rows(Rows::all(rows)))];
        let mix = Mix { parts, ..Mix::default() };
        let curated = self.first_steps(i, On::Synthetic, mix, member, g, streams);
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
