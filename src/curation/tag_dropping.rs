//! A dial for missing tags: entities of synthetic rows lose their tags with probability λ.
//!
//! A tag sequence in the BIO scheme marks spans: `B-X` begins one, `I-X` goes on, `O` is outside.
//! Each span (a B with the I that follow, or a run of I of one kind without a B) becomes `O` with
//! probability λ, all of it or nothing: the typical mistake of silver annotation, which misses
//! mentions rather than inventing them. Works in place. Cost: one draw a span.

use rand::RngExt;

use super::{BoxedCuration, Curation, CurationError, More, Seen, on_synthetic, with_column};
use crate::data::{Column, Distribution, Kind, Mix, Role, Rows, Schema};
use crate::models::Refusal;
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "tag-dropping",
        summary: "Takes the tags of a share λ of entities in synthetic rows away",
        details: "Whole spans of a BIO tag sequence become `O` with probability λ: a dial for the recall of \
                  an annotator. Works in place.",
        source: "missing mentions in silver annotation; the BIO scheme of Ramshaw and Marcus 1995",
        parameters: TagDropping::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<TagDropping>(&["step", "on"])?)),
};

crate::parameters! {
    /// Missing tags.
    #[derive(Clone, Copy, Debug)]
    pub struct TagDropping {
        /// λ, the probability that an entity loses its tags
        pub share: f64 = 0.1, in within(0, 1);
    }
}

/// The position of the tag column, the code of `O`, and how each tag is written.
fn tags(schema: &Schema) -> Result<(usize, u32, &[String]), Refusal> {
    let Some((i, field)) = schema.first(Role::Tag) else {
        return Err(Refusal::new(format!("there is no column of tags; these rows are {schema}")));
    };
    let Kind::Ragged { vocabulary } = &field.kind else {
        return Err(Refusal::new(format!("the tags `{}` are no sequence", field.name)));
    };
    let outside = vocabulary.tokens.iter().position(|t| t == "O");
    let outside = outside.ok_or_else(|| Refusal::new(format!("the tags `{}` have no `O`", field.name)))?;
    Ok((i, outside as u32, &vocabulary.tokens))
}

impl Curation for TagDropping {
    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        tags(schema).map(drop)
    }

    fn apply(
        &self,
        mix: Mix,
        _: Option<More<'_>>,
        _: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let mut block = 0;
        on_synthetic(mix, |rows| {
            let table = rows.gather();
            let (column, outside, names) = tags(table.schema())?;
            let Column::Ragged { offsets, tokens } = table.column(column) else {
                return Ok(Rows::all(table.clone()));
            };
            let mut rng = streams.of("drop").at(block).rng();
            block += 1;
            let mut tokens = tokens.clone();
            for row in offsets.windows(2) {
                for span in spans(&tokens[row[0]..row[1]], names) {
                    if rng.random::<f64>() < self.share {
                        tokens[row[0] + span.start..row[0] + span.end].fill(outside);
                    }
                }
            }
            let column_of = Column::Ragged { offsets: offsets.clone(), tokens };
            Ok(Rows::all(with_column(&table, column, column_of)?))
        })
    }
}

/// The spans of a BIO sequence, in order.
fn spans(tags: &[u32], names: &[String]) -> Vec<std::ops::Range<usize>> {
    let name = |i: usize| names.get(tags[i] as usize).map_or("O", String::as_str);
    let kind = |i: usize| name(i).split_once('-').map(|(_, kind)| kind);
    let mut spans: Vec<std::ops::Range<usize>> = Vec::new();
    for i in 0..tags.len() {
        if kind(i).is_none() {
            continue;
        }
        let goes_on = name(i).starts_with("I-") && i > 0 && kind(i - 1) == kind(i);
        match spans.last_mut() {
            Some(last) if goes_on && last.end == i => last.end += 1,
            _ => spans.push(i..i + 1),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::super::testing::{outcomes, seen, synthetic};
    use super::*;
    use crate::data::{Field, Samples, TokenUnit, Vocabulary};

    const NAMES: [&str; 5] = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"];

    fn tagged(rows: &[&[u32]]) -> Samples {
        let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Words, NAMES.map(String::from).to_vec()));
        let field = |name: &str, role| Field {
            name: name.into(),
            role,
            kind: Kind::Ragged { vocabulary: vocabulary.clone() },
        };
        let schema = Schema { fields: vec![field("x", Role::Feature), field("tag", Role::Tag)] };
        let mut offsets = vec![0];
        let tokens: Vec<u32> = rows.concat();
        rows.iter().for_each(|r| offsets.push(offsets[offsets.len() - 1] + r.len()));
        let column = || Column::Ragged { offsets: offsets.clone(), tokens: tokens.clone() };
        Samples::new(Arc::new(schema), vec![column(), column()]).unwrap()
    }

    #[test]
    fn spans_are_those_of_the_bio_scheme() {
        let names = NAMES.map(String::from);
        // O, PER, PER I, PER (a new B), I-LOC of another kind, LOC.
        let found = spans(&[0, 1, 2, 1, 4, 4, 3, 0, 2], &names);
        assert_eq!(found, [1..3, 3..4, 4..6, 6..7, 8..9]);
    }

    #[test]
    fn whole_entities_lose_their_tags_and_tokens_stay() {
        seen(&[1.0], |seen| {
            let mix = synthetic(tagged(&[&[1, 2, 0], &[3]]));
            let made = TagDropping { share: 1.0 }.apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            let (table, _) = made.gather().unwrap().unwrap();
            let Column::Ragged { tokens, .. } = table.column(1) else { panic!("tags") };
            assert_eq!(tokens, &[0, 0, 0, 0]);
            assert_eq!(table.tokens(0).unwrap(), [1, 2, 0]);
        });
    }

    #[test]
    fn a_share_of_entities_goes_whole() {
        let n = 20_000;
        seen(&[1.0], |seen| {
            let mix = synthetic(tagged(&vec![&[1_u32, 2][..]; n]));
            let made = TagDropping { share: 0.2 }.apply(mix, None, seen, &Streams::new(0, 0)).unwrap();
            let (table, _) = made.gather().unwrap().unwrap();
            let Column::Ragged { tokens, .. } = table.column(1) else { panic!("tags") };
            assert!(tokens.chunks(2).all(|t| t == [1, 2] || t == [0, 0]));
            let gone = tokens.chunks(2).filter(|t| t[0] == 0).count() as f64 / n as f64;
            let z = (gone - 0.2) / (0.2 * 0.8 / n as f64).sqrt();
            assert!(z.abs() < 5.0, "{gone}");
        });
    }

    #[test]
    fn rows_without_tags_are_refused() {
        assert!(TagDropping::default().accepts(outcomes(2, vec![0]).schema(), None).is_err());
    }
}
