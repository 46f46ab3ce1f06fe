//! `arithmetic`: the hand-written questions.
//!
//! Every training item in each of 30 phrasings, 14,250 rows; held-out rows have other operands and
//! other phrasings, 1,250 rows. A row is a question and its answer.

use super::{Operands, items_by_split, phrasings, table};
use crate::data::parameters::{Build, build};
use crate::data::{Samples, Source, SourceError, Splits};
use crate::registry::{About, Entry};

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "arithmetic",
        summary: "Questions in words for a·x + b·y mod 5, with the answer as label",
        details: "625 items in 40 phrasings that were written by hand; some name the factors pair by pair, others as \
                  a row and a column. Training rows: 475 items in 30 phrasings. Held-out rows: 125 other items in \
                  10 other phrasings. The answer is exact.",
        source: "written for this project",
        parameters: &[],
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    struct Parameters {}
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let [held_out, validation, train] = items_by_split();
        let inside = phrasings::training();
        let outside: Vec<usize> =
            (0..phrasings::PHRASINGS.len()).filter(|&p| phrasings::held_out(p)).collect();
        let all = |items: &[u32], phrasings: &[usize]| -> Samples {
            let of = |&item: &u32| {
                let operands = Operands::item(item);
                phrasings.iter().map(move |&p| (p, operands, operands.answer())).collect::<Vec<_>>()
            };
            table(items.iter().flat_map(of))
        };
        let splits = Splits {
            train: all(&train, &inside).into(),
            validation: all(&validation, &inside).into(),
            held_out: all(&held_out, &outside).into(),
        };
        Ok(Source::finite("arithmetic", splits))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::data::Supply;

    #[test]
    fn held_out_questions_share_neither_operands_nor_phrasing_with_training_ones() {
        let source = Parameters {}.build().unwrap();
        let Supply::Finite(splits) = source.supply else { panic!("a finite set") };
        assert_eq!((splits.train.len(), splits.validation.len(), splits.held_out.len()), (14_250, 750, 1250));
        let shapes = |rows: &Samples| -> BTreeSet<String> {
            let shape = |i| rows.text(i).unwrap().chars().filter(|c| !c.is_ascii_digit()).collect();
            (0..rows.len()).map(shape).collect()
        };
        let (train, held_out) = (shapes(&splits.train), shapes(&splits.held_out));
        assert_eq!((train.len(), held_out.len()), (30, 10));
        assert!(train.is_disjoint(&held_out));
    }
}
