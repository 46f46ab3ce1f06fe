//! `sequence-tagging`: from a sentence to the tags of its tokens.
//!
//! An averaged perceptron ([`perceptron`]) over spelling and context ([`features`]). Rows: a text
//! column and its tag column; others are not looked at. Scores: exact-span entity F1, precision and
//! recall of BIO tags ([`entities`]) and the share of right tags. Cost: some 0.1 s for 700 sentences.

mod entities;
mod features;
mod perceptron;

use self::entities::{Scheme, Tally};
use self::features::Spelling;
use self::perceptron::{Corpus, Perceptron, Sentence};
use super::{BoxedTask, Learned, Lesson, Report, Task, TaskEntry};
use crate::data::{Samples, Schema, Vocabulary};
use crate::metrics::Measured;
use crate::models::Refusal;
use crate::neural::train::Effort;
use crate::registry::{About, BuildContext};
use crate::rng::Streams;
use crate::spec::{Error, Node};

pub(super) const ENTRY: TaskEntry = TaskEntry {
    about: About {
        name: "sequence-tagging",
        summary: "Find the entities of a sentence: an averaged perceptron tagger",
        details: "Tags each token from left to right with an averaged perceptron over the word, its neighbours, \
                  endings, shapes and the two tags before. Entities are spans of BIO tags; one is right if its \
                  type, start and end are (as `conlleval` and seqeval count). Row weights scale the updates.",
        source: "Collins 2002 (10.3115/1118693.1118694); Tjong Kim Sang and De Meulder 2003 (arXiv cs/0306050)",
        parameters: SequenceTagging::PARAMETERS,
        version: 1,
    },
    extra: Report {
        primary: "task-entity-f1",
        scores: &["task-entity-f1", "task-entity-precision", "task-entity-recall", "task-tag-accuracy"],
    },
    build,
};

crate::parameters! {
    #[derive(Debug)]
    struct SequenceTagging {
        /// Passes over the training sentences
        passes: usize = 8, in at_least(1);
    }
}

fn build(node: &Node, _: &BuildContext) -> Result<BoxedTask, Error> {
    Ok(Box::new(node.read::<SequenceTagging>(&[])?))
}

/// The vocabularies of tokens and tags.
fn vocabularies(schema: &Schema) -> Result<(&Vocabulary, &Vocabulary), Refusal> {
    match (schema.vocabulary(), schema.tags()) {
        (Some(tokens), Some(tags)) => Ok((tokens, tags)),
        _ => Err(Refusal::new(format!("it needs a text column and its tag column; these rows are {schema}"))),
    }
}

/// Tokens and tags of each row.
fn sentences(rows: &Samples) -> Result<Vec<Sentence<'_>>, Refusal> {
    let both = |i| rows.tokens(i).zip(rows.tags(i));
    let all: Option<Vec<_>> = (0..rows.len()).map(both).collect();
    all.ok_or_else(|| Refusal::new("the rows lack tokens or tags"))
}

impl Task for SequenceTagging {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        let (_, tags) = vocabularies(schema)?;
        if Scheme::new(&tags.tokens).marks_entities() {
            return Ok(());
        }
        Err(Refusal::new(format!("the tags mark no entity (`B-…`, `I-…`): {}", tags.tokens.join(", "))))
    }

    fn with_effort(&self, effort: Effort, growth: f64) -> Option<BoxedTask> {
        // It is stated in passes, so that equal steps are fewer of them on a larger set.
        let passes = super::stretched(self.passes, effort == Effort::Steps, 1.0 / growth);
        Some(Box::new(Self { passes }))
    }

    fn learn(&self, from: &Lesson<'_>, _: usize, streams: &Streams) -> Result<Box<dyn Learned>, Refusal> {
        let (tokens, tags) = vocabularies(from.rows.schema())?;
        let spelling: Vec<Spelling> = tokens.tokens.iter().map(|t| Spelling::of(t)).collect();
        let sentences = sentences(from.rows)?;
        if sentences.iter().zip(from.weights).all(|((t, _), w)| t.is_empty() || *w <= 0.0) {
            return Err(Refusal::degenerate("there is no token to learn from"));
        }
        let corpus = Corpus { sentences, weights: from.weights, spelling: &spelling, tags: tags.len() };
        let tagger = Perceptron::train(&corpus, self.passes, streams);
        Ok(Box::new(Tagger { tagger, spelling, scheme: Scheme::new(&tags.tokens) }))
    }
}

struct Tagger {
    tagger: Perceptron,
    spelling: Vec<Spelling>,
    scheme: Scheme,
}

impl Learned for Tagger {
    fn score(&self, rows: &Samples) -> Result<Measured, Refusal> {
        let (mut tally, mut right, mut all) = (Tally::default(), 0_usize, 0_usize);
        for (tokens, tags) in sentences(rows)? {
            let predicted = self.tagger.tag(tokens, &self.spelling);
            tally.add(&self.scheme, tags, &predicted);
            right += predicted.iter().zip(tags).filter(|(p, t)| p == t).count();
            all += tags.len();
        }
        if all == 0 {
            return Err(Refusal::undefined("there are no tokens to score"));
        }
        Ok(vec![
            ("task-entity-f1".into(), tally.f1()),
            ("task-entity-precision".into(), tally.precision()),
            ("task-entity-recall".into(), tally.recall()),
            ("task-tag-accuracy".into(), right as f64 / all as f64),
        ])
    }
}
