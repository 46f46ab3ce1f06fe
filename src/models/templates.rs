//! `templates`: sentences with slots that are filled at random.
//!
//! Every training row is a template. Its slots are the words of opinion (|mean rating| ≥ 1 in the
//! lexicon) and the words of the list `nouns`; a new row takes a template of its label and fills each
//! slot anew, uniformly: with a lexicon word of the same polarity, or with another word of the list.
//! Only words of the vocabulary are used. The label of a new row is drawn by the (weighted) shares of
//! the training rows. Rows: one text column of words beside one label column. No likelihood.
//!
//! Lexicon: Hutto and Gilbert 2014, DOI 10.1609/icwsm.v8i1.14550. Cost: O(words).

use std::collections::HashSet;
use std::sync::Arc;

use rand::RngExt;

use super::{Ask, BoxedFamily, Family, FitError, Model, Refusal, SampleError, Sampling, Start};
use crate::data::{Body, Column, Kind, Mix, Role, Samples, Schema, TokenUnit, Vocabulary, opinion_lexicon};
use crate::registry::{About, Entry};
use crate::rng::{Stream, Streams};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "templates",
        summary: "Training sentences whose words of opinion and listed nouns are filled in anew",
        details: "Every training row is a template. A new row takes a random template and replaces each word of opinion \
            (mean rating of at least 1 or at most −1 in the lexicon) by a random one of the same polarity, and each word of \
            `nouns` by a random one of that list, as far as they are in the vocabulary. It keeps the template's label. The \
            lexicon and the list are knowledge from outside the training rows.",
        source: "after Gholami and Omar 2023 (arXiv 2310.07830); lexicon: Hutto and Gilbert 2014 (10.1609/icwsm.v8i1.14550)",
        parameters: Templates::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Templates>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of a template filler.
    #[derive(Clone, Debug)]
    pub struct Templates {
        /// Words that stand for each other in a template, such as the nouns of a domain
        pub nouns: Vec<String> = Vec::new();
    }
}

/// The least absolute mean rating of a word of opinion.
const OPINION: f64 = 1.0;

impl Family for Templates {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        columns(schema).map(drop)
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        if mix.parts.iter().any(|p| matches!(p.body, Body::Statistics(_))) {
            return Err(Refusal::new("templates are made of rows, not of statistics").into());
        }
        let (rows, weights) = match mix.gather() {
            Some(Ok(found)) => found,
            Some(Err(e)) => return Err(Refusal::new(e.to_string()).into()),
            None => return Err(FitError::TooFewRows { needed: 1, found: 0 }),
        };
        let (_, vocabulary) = columns(rows.schema())?;
        let fillers = self.fillers(vocabulary);
        let mut slot = vec![None; vocabulary.len()];
        for (i, words) in fillers.iter().enumerate() {
            words.iter().for_each(|&word| slot[word as usize] = Some(i));
        }
        let mut reached = 0.0;
        let cumulative: Vec<f64> = weights
            .iter()
            .map(|weight| {
                reached += weight;
                reached
            })
            .collect();
        if reached <= 0.0 {
            return Err(FitError::TooFewRows { needed: 1, found: 0 });
        }
        Ok(Box::new(TemplateModel { rows, cumulative, slot, fillers }))
    }

    fn seeds_per_cell(&self) -> u64 {
        1
    }
}

impl Templates {
    /// The words that may fill each kind of slot: negative, positive, nouns.
    fn fillers(&self, vocabulary: &Vocabulary) -> [Vec<u32>; 3] {
        let code = |word: &str| vocabulary.tokens.iter().position(|t| t == word).map(|c| c as u32);
        let nouns: Vec<u32> = self.nouns.iter().filter_map(|n| code(n)).collect();
        let taken: HashSet<u32> = nouns.iter().copied().collect();
        let polarity = |sign: f64| -> Vec<u32> {
            let rated = opinion_lexicon().iter().filter(|(_, rating)| rating * sign >= OPINION);
            rated.filter_map(|(word, _)| code(word)).filter(|c| !taken.contains(c)).collect()
        };
        [polarity(-1.0), polarity(1.0), nouns]
    }
}

/// The label column and the vocabulary of the text column; refuses other tables.
fn columns(schema: &Schema) -> Result<(usize, &Arc<Vocabulary>), Refusal> {
    let refuse =
        || Refusal::new(format!("one text column of words beside one label is needed, not: {schema}"));
    let label = match (schema.fields.len(), schema.with_role(Role::Label).as_slice()) {
        (2, [label]) if matches!(schema.fields[*label].kind, Kind::Codes { .. }) => *label,
        _ => return Err(refuse()),
    };
    let vocabulary = schema.vocabulary().filter(|v| v.unit == TokenUnit::Words).ok_or_else(refuse)?;
    Ok((label, vocabulary))
}

/// Templates ready to be filled.
pub struct TemplateModel {
    rows: Samples,
    /// Cumulative weights of the rows.
    cumulative: Vec<f64>,
    /// The kind of slot that each token is.
    slot: Vec<Option<usize>>,
    fillers: [Vec<u32>; 3],
}

impl TemplateModel {
    fn draw_row(&self, rng: &mut Stream) -> u32 {
        let total = self.cumulative.last().copied().unwrap_or(0.0);
        let u = rng.random::<f64>() * total;
        let at = self.cumulative.partition_point(|c| *c <= u);
        at.min(self.cumulative.len() - 1) as u32
    }
}

impl Model for TemplateModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("templates", &[])?;
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("templates make new rows only").into());
        }
        let mut rng = streams.rng();
        let (mut chosen, mut offsets, mut tokens) = (Vec::with_capacity(n), vec![0], Vec::new());
        for _ in 0..n {
            let row = self.draw_row(&mut rng);
            chosen.push(row);
            for &token in self.rows.tokens(row as usize).unwrap_or(&[]) {
                let filled = self.slot[token as usize].map(|kind| &self.fillers[kind]);
                tokens.push(filled.map_or(token, |words| words[rng.random_range(0..words.len())]));
            }
            offsets.push(tokens.len());
        }
        let (label, _) = columns(self.rows.schema())?;
        let labels = self.rows.take(&chosen).column(label).clone();
        let text = Column::Ragged { offsets, tokens };
        let columns = if label == 0 { vec![labels, text] } else { vec![text, labels] };
        Samples::new(self.rows.schema().clone(), columns).map_err(|e| Refusal::new(e.to_string()).into())
    }

    fn size(&self) -> usize {
        self.rows.len()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Field, Levels, Rows};
    use crate::metrics::testing::text;

    fn model() -> (Samples, Box<dyn Model>) {
        let rows = text(
            TokenUnit::Words,
            &["the food was good", "the staff was horrible", "great excellent awful bad place"],
        );
        let kind = Kind::Codes { levels: Levels::Count(2) };
        let label = Field { name: "label".into(), role: Role::Label, kind };
        let fields = vec![rows.schema().fields[0].clone(), label];
        let columns = vec![rows.column(0).clone(), Column::Codes { data: vec![1, 0, 1] }];
        let rows = Samples::new(Arc::new(Schema { fields }), columns).unwrap();
        // The last row only lends its words.
        let mix = Mix::of_human(Rows::all(rows.head(2)));
        let family = Templates { nouns: vec!["food".into(), "staff".into(), "place".into()] };
        (rows, family.fit(&mix, Start::Scratch, &Streams::new(0, 0)).unwrap())
    }

    #[test]
    fn slots_take_words_of_their_kind_and_the_rest_stays() {
        let (_, model) = model();
        let made = model.synthesise(Ask::Rows, 400, &Sampling::default(), &Streams::new(0, 1)).unwrap();
        let mut seen = HashSet::new();
        for (row, label) in made.labels().unwrap().iter().enumerate() {
            let line = made.text(row).unwrap();
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!((words[0], words[2]), ("the", "was"));
            assert!(["food", "staff", "place"].contains(&words[1]));
            let fits =
                if *label == 1 { ["good", "great", "excellent"] } else { ["horrible", "awful", "bad"] };
            assert!(fits.contains(&words[3]), "{line}");
            seen.insert(line);
        }
        // 3 nouns × 3 words for each of two templates; 400 draws miss one with chance 18 (17/18)^400.
        assert_eq!(seen.len(), 18);
    }

    #[test]
    fn a_longer_sample_begins_with_a_shorter_one() {
        let (_, model) = model();
        let of = |n| model.synthesise(Ask::Rows, n, &Sampling::default(), &Streams::new(0, 3)).unwrap();
        assert_eq!(of(5).token_rows(), of(10).head(5).token_rows());
    }

    #[test]
    fn other_tables_are_refused() {
        let family = Templates::default();
        assert!(family.accepts(text(TokenUnit::Words, &["a"]).schema()).is_err());
        assert!(family.accepts(text(TokenUnit::Characters, &["a"]).schema()).is_err());
        let none = Mix::of_human(Rows::all(model().0.head(0)));
        assert!(family.fit(&none, Start::Scratch, &Streams::new(0, 0)).is_err());
    }
}
