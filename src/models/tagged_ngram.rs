//! An n-gram model of tagged sentences: each symbol is a word with its tag.
//!
//! p(w₁t₁, w₂t₂, …) is an [n-gram model](super::ngram) over the pairs word␟tag that occur in the
//! training set, so a word can only get a tag that it was seen with, and the tag of the last pairs
//! decides what may follow. The outcome has one tag for each token. Cost: as the n-gram model's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{
    Affine, Ask, BoxedFamily, Family, FitError, Model, NGram, NGramModel, Refusal, SampleError, Sampling,
    Start, affine,
};
use crate::data::{Body, Column, Kind, Mix, Part, Role, Rows, Samples, Schema, Vocabulary};
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "tagged-ngram",
        summary: "An n-gram model of tagged sentences, over pairs of word and tag",
        details: "An interpolated Kneser-Ney n-gram model whose symbols are the pairs of word and tag of the training \
                  set. New sentences come with their tags and have the lengths of training sentences.",
        source: "Chen and Goodman 1998, TR-10-98; pairs as symbols as in Ratnaparkhi 1996",
        parameters: TaggedNGram::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<TaggedNGram>(&["family"])?)),
};

crate::parameters! {
    /// The recipe.
    #[derive(Clone, Copy, Debug)]
    pub struct TaggedNGram {
        /// The length of the longest n-gram in pairs
        pub order: usize = 3, in at_least(1);
    }
}

/// The columns of tokens and tags, which must be all columns there are.
fn columns(schema: &Schema) -> Result<(usize, usize), Refusal> {
    let text = |kind: &Kind| matches!(kind, Kind::Ragged { .. });
    match (schema.first(Role::Feature), schema.first(Role::Tag), schema.fields.len()) {
        (Some((tokens, a)), Some((tags, b)), 2) if text(&a.kind) && text(&b.kind) => Ok((tokens, tags)),
        _ => Err(Refusal::new(format!(
            "a text column, its tag column and nothing else are needed, not: {schema}"
        ))),
    }
}

impl Family for TaggedNGram {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        columns(schema).map(|_| ())
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let mut tables: Vec<(&Part, Samples)> = Vec::new();
        for part in mix.parts.iter().filter(|p| !p.body.is_empty()) {
            let Body::Rows(rows) = &part.body else {
                let why = "the family `tagged-ngram` is fitted from rows, not from statistics";
                return Err(Refusal::new(why).into());
            };
            self.accepts(rows.table().schema())?;
            tables.push((part, rows.gather()));
        }
        let Some((_, first)) = tables.first() else {
            return Err(FitError::TooFewRows { needed: 1, found: 0 });
        };
        let schema = first.schema().clone();
        // Pairs in order of their codes, so that numbers do not depend on the order of rows.
        let mut numbers: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for (_, table) in &tables {
            pairs(table)?.for_each(|pair| {
                numbers.insert(pair, 0);
            });
        }
        let list: Vec<(u32, u32)> = numbers.keys().copied().collect();
        numbers.values_mut().zip(0..).for_each(|(number, i)| *number = i);
        let joint = joint(&schema, &list);
        let mut parts = Vec::with_capacity(tables.len());
        for (part, table) in &tables {
            let offsets = table.token_rows().map_or_else(|| vec![0], |(offsets, _)| offsets.to_vec());
            let tokens = pairs(table)?.map(|pair| numbers[&pair]).collect();
            let rows = Samples::new(joint.clone(), vec![Column::Ragged { offsets, tokens }])
                .map_err(|e| Refusal::new(e.to_string()))?;
            parts.push(Part { body: Body::Rows(Rows::all(rows)), ..(*part).clone() });
        }
        let inner = NGram { order: self.order, ..NGram::default() };
        inner.accepts(&joint)?;
        let model = NGramModel::fit(inner, &Mix { parts, combine: mix.combine })?;
        Ok(Box::new(TaggedNGramModel { schema, pairs: list, model }))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }

    fn seeds_per_cell(&self) -> u64 {
        1
    }
}

impl Affine for TaggedNGram {
    /// As n-gram models over the pairs that any of the models met.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<TaggedNGramModel>(models)?;
        let schema = &models[0].1.schema;
        let pairs: BTreeSet<(u32, u32)> = models.iter().flat_map(|(_, m)| m.pairs.iter().copied()).collect();
        let pairs: Vec<(u32, u32)> = pairs.into_iter().collect();
        let joint = joint(schema, &pairs);
        let mut grown = Vec::with_capacity(models.len());
        for (c, model) in &models {
            if model.schema != *schema {
                return Err(Refusal::new("the tagged models differ in words or tags"));
            }
            let number = |pair| pairs.binary_search(pair).map_or(0, |at| at as u32);
            let map: Vec<u32> = model.pairs.iter().map(number).collect();
            let whole = map.len() == pairs.len();
            let own = if whole { model.model.clone() } else { model.model.recoded(&map, joint.clone())? };
            grown.push((*c, own));
        }
        let grown: Vec<(f64, &NGramModel)> = grown.iter().map(|(c, model)| (*c, model)).collect();
        let model = NGramModel::combined(&grown)?;
        Ok(Box::new(TaggedNGramModel { schema: schema.clone(), pairs, model }))
    }
}

/// The schema of rows of these pairs.
fn joint(schema: &Schema, pairs: &[(u32, u32)]) -> Arc<Schema> {
    Arc::new(Schema::single(Kind::Ragged { vocabulary: Arc::new(written(schema, pairs)) }))
}

/// Word and tag of every token, row after row.
fn pairs(table: &Samples) -> Result<impl Iterator<Item = (u32, u32)>, Refusal> {
    let both = table.token_rows().zip(table.tag_rows());
    let ((_, tokens), (_, tags)) = both.ok_or_else(|| Refusal::new("the rows lack tokens or tags"))?;
    Ok(tokens.iter().copied().zip(tags.iter().copied()))
}

/// The pairs as a vocabulary.
fn written(schema: &Schema, pairs: &[(u32, u32)]) -> Vocabulary {
    let name = |of: Option<&Arc<Vocabulary>>, code: u32| {
        of.and_then(|v| v.tokens.get(code as usize)).cloned().unwrap_or_default()
    };
    let unit = schema.vocabulary().map_or(crate::data::TokenUnit::Words, |v| v.unit);
    let both = |&(token, tag): &(u32, u32)| {
        format!("{}\u{241f}{}", name(schema.vocabulary(), token), name(schema.tags(), tag))
    };
    Vocabulary::new(unit, pairs.iter().map(both).collect())
}

/// A fitted model of tagged sentences.
pub struct TaggedNGramModel {
    schema: Arc<Schema>,
    /// Word and tag of each symbol.
    pairs: Vec<(u32, u32)>,
    model: NGramModel,
}

impl Model for TaggedNGramModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("the family `tagged-ngram` makes new sentences only").into());
        }
        let made = self.model.synthesise(Ask::Rows, n, how, streams)?;
        let Some((offsets, symbols)) = made.token_rows() else {
            return Err(Refusal::degenerate("the model made no text").into());
        };
        let side = |of: fn(&(u32, u32)) -> u32| Column::Ragged {
            offsets: offsets.to_vec(),
            tokens: symbols.iter().map(|&s| of(&self.pairs[s as usize])).collect(),
        };
        let (tokens, tags) = columns(&self.schema)?;
        let mut sides = vec![(tokens, side(|p| p.0)), (tags, side(|p| p.1))];
        sides.sort_by_key(|(at, _)| *at);
        let columns = sides.into_iter().map(|(_, column)| column).collect();
        Samples::new(self.schema.clone(), columns).map_err(|e| Refusal::new(e.to_string()).into())
    }

    fn size(&self) -> usize {
        self.model.size()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Field, TokenUnit};

    /// Tokens and tags.
    type Sentence<'a> = (&'a [u32], &'a [u32]);

    fn table(rows: &[Sentence<'_>]) -> Samples {
        let vocabulary = |words: &[&str]| {
            let tokens = words.iter().map(|w| w.to_string()).collect();
            Arc::new(Vocabulary::new(TokenUnit::Words, tokens))
        };
        let field = |name: &str, role, words: &[&str]| Field {
            name: name.into(),
            role,
            kind: Kind::Ragged { vocabulary: vocabulary(words) },
        };
        let fields = vec![
            field("text", Role::Feature, &["we", "saw", "Paris", "May"]),
            field("tags", Role::Tag, &["O", "B-LOC", "B-PER"]),
        ];
        let column = |of: &dyn Fn(&Sentence<'_>) -> Vec<u32>| {
            let (mut offsets, mut tokens) = (vec![0], Vec::new());
            for row in rows {
                tokens.extend(of(row));
                offsets.push(tokens.len());
            }
            Column::Ragged { offsets, tokens }
        };
        let columns = vec![column(&|r| r.0.to_vec()), column(&|r| r.1.to_vec())];
        Samples::new(Arc::new(Schema { fields }), columns).unwrap()
    }

    #[test]
    fn a_word_only_gets_tags_that_it_was_seen_with() {
        let rows = table(&[(&[0, 1, 2], &[0, 0, 1]), (&[0, 1, 3], &[0, 0, 2]), (&[3, 1, 0], &[0, 0, 0])]);
        let mix = Mix::of_human(Rows::all(rows.clone()));
        let model = TaggedNGram::default().fit(&mix, Start::Scratch, &Streams::new(0, 1)).unwrap();
        let made = model.synthesise(Ask::Rows, 200, &Sampling::default(), &Streams::new(0, 2)).unwrap();
        let known: std::collections::BTreeSet<(u32, u32)> = pairs(&rows).unwrap().collect();
        let found: std::collections::BTreeSet<(u32, u32)> = pairs(&made).unwrap().collect();
        assert!(found.is_subset(&known), "{found:?}");
        // All five pairs of the training set occur among 600 draws.
        assert_eq!(found.len(), known.len());
        assert_eq!(made.schema(), rows.schema());
        assert!((0..200).all(|i| made.tokens(i).unwrap().len() == 3));
    }

    #[test]
    fn untagged_text_is_refused() {
        let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Words, vec!["a".into()]));
        assert!(TaggedNGram::default().accepts(&Schema::single(Kind::Ragged { vocabulary })).is_err());
    }
}
