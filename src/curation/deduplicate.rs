//! Drops synthetic rows that repeat an earlier synthetic row exactly.
//!
//! Two rows are the same if all of their cells are, bit by bit. On synthetic rows the sampler is
//! asked for as many as were dropped, again and again, up to `limit` rows per row wanted; the result
//! is then a sample without repetition, which flattens a discrete model's distribution. On a mix
//! nothing is refilled. Human rows are neither dropped nor compared with. Cost: one hash a row.

use std::collections::HashSet;

use super::refill::Refill;
use super::{BoxedCuration, Curation, CurationError, More, Seen};
use crate::data::{Column, Mix, Samples};
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "deduplicate",
        summary: "Drops exact repetitions of synthetic rows and asks for others",
        details: "Rows are the same if every cell is, bit by bit. Refills from the sampler where it may; a \
                  collapsed model can't make enough distinct rows, and `when_short` says what then.",
        source: "Lee et al., arXiv 2107.06499, section 4.1 (exact duplicates)",
        parameters: Deduplicate::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Deduplicate>(&["step", "on"])?)),
};

crate::parameters! {
    /// Drops exact repetitions.
    #[derive(Clone, Copy, Debug)]
    pub struct Deduplicate {}
    include {
        /// What is done when rows have to be replaced.
        pub refill: Refill = Refill::default();
    }
}

impl Curation for Deduplicate {
    fn apply(
        &self,
        mix: Mix,
        more: Option<More<'_>>,
        _: &Seen<'_>,
        _: &Streams,
    ) -> Result<Mix, CurationError> {
        let mut met: HashSet<Vec<u8>> = HashSet::new();
        self.refill.filter(mix, more, |table, _| Ok(first_times(table, &mut met)))
    }
}

/// The rows that were not met before, in order.
fn first_times(table: &Samples, met: &mut HashSet<Vec<u8>>) -> Vec<u32> {
    (0..table.len()).filter(|&row| met.insert(cells(table, row))).map(|row| row as u32).collect()
}

/// A row's cells as bytes, columns kept apart.
fn cells(table: &Samples, row: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for column in 0..table.schema().fields.len() {
        match table.column(column) {
            Column::F32 { width, data } => {
                data[row * width..(row + 1) * width]
                    .iter()
                    .for_each(|v| out.extend(v.to_bits().to_le_bytes()));
            }
            Column::F64 { width, data } => {
                data[row * width..(row + 1) * width]
                    .iter()
                    .for_each(|v| out.extend(v.to_bits().to_le_bytes()));
            }
            Column::Codes { data } => out.extend(data[row].to_le_bytes()),
            Column::Ragged { offsets, tokens } => {
                let tokens = &tokens[offsets[row]..offsets[row + 1]];
                out.extend((tokens.len() as u64).to_le_bytes());
                tokens.iter().for_each(|t| out.extend(t.to_le_bytes()));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::refill::WhenShort;
    use super::super::testing::{codes_of, outcomes, seen, synthetic};
    use super::*;
    use crate::data::Rows;

    #[test]
    fn repetitions_go_and_others_come() {
        seen(&[1.0; 4], |seen| {
            let mut given = [vec![2, 1], vec![3]].into_iter();
            let mut more = |n: usize| {
                let next = given.next().unwrap();
                assert_eq!(next.len(), n);
                Ok(outcomes(4, next))
            };
            let step = Deduplicate::default();
            let mix = synthetic(outcomes(4, vec![0, 1, 0, 1]));
            let made = step.apply(mix, Some(&mut more), seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(codes_of(&made), [0, 1, 2, 3]);
        });
    }

    #[test]
    fn a_collapsed_model_is_an_error_or_a_smaller_set() {
        seen(&[1.0, 0.0], |seen| {
            let apply = |step: Deduplicate| {
                let mut more = |n: usize| Ok(outcomes(2, vec![0; n]));
                step.apply(synthetic(outcomes(2, vec![0; 3])), Some(&mut more), seen, &Streams::new(0, 0))
            };
            let error = apply(Deduplicate::default()).unwrap_err();
            // Three at first, and then 10 · 3 by twos.
            assert_eq!(error, CurationError::TooFew { wanted: 3, kept: 1, asked: 33 });
            let fewer =
                apply(Deduplicate { refill: Refill { when_short: WhenShort::Fewer, limit: 1 } }).unwrap();
            assert_eq!(codes_of(&fewer), [0]);
        });
    }

    #[test]
    fn human_rows_stay() {
        seen(&[1.0, 1.0], |seen| {
            let mut mix = synthetic(outcomes(2, vec![1, 1]));
            mix.parts.insert(
                0,
                crate::data::Part::human(0, crate::data::Body::Rows(Rows::all(outcomes(2, vec![1, 1])))),
            );
            let made = Deduplicate::default().apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            assert_eq!(codes_of(&made), [1, 1, 1]);
        });
    }
}
