//! Small rows, models and truths for the tests of steps.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::Seen;
use crate::data::{
    Body, Checker, Column, Combine, Correctness, Counts, Distribution, Field, Kind, Levels, Mix, Part, Role,
    Rows, Samples, Schema, Statistics, TokenUnit, Vocabulary,
};
use crate::models::{Categorical, Family, Start};
use crate::rng::{Stream, Streams};

pub fn outcomes(levels: usize, data: Vec<u32>) -> Samples {
    let schema = Schema::single(Kind::Codes { levels: Levels::Count(levels) });
    Samples::new(Arc::new(schema), vec![Column::Codes { data }]).unwrap()
}

pub fn numbers(width: usize, data: &[f64]) -> Samples {
    let schema = Schema::single(Kind::F64 { width });
    Samples::new(Arc::new(schema), vec![Column::F64 { width, data: data.to_vec() }]).unwrap()
}

fn label(levels: usize) -> Field {
    Field { name: "label".into(), role: Role::Label, kind: Kind::Codes { levels: Levels::Count(levels) } }
}

/// One number and one label a row.
pub fn labelled(levels: usize, rows: &[(f64, u32)]) -> Samples {
    let x = Field { name: "x".into(), role: Role::Feature, kind: Kind::F64 { width: 1 } };
    let columns = vec![
        Column::F64 { width: 1, data: rows.iter().map(|r| r.0).collect() },
        Column::Codes { data: rows.iter().map(|r| r.1).collect() },
    ];
    Samples::new(Arc::new(Schema { fields: vec![x, label(levels)] }), columns).unwrap()
}

/// One text of known words and one label a row.
pub fn sentences(rows: &[(&str, u32)]) -> Samples {
    const WORDS: [&str; 9] = ["the", "good", "bad", "old", "new", "film", "play", "a", "is"];
    let (mut offsets, mut tokens) = (vec![0], Vec::new());
    for (text, _) in rows {
        let code = |word: &str| WORDS.iter().position(|w| *w == word).unwrap() as u32;
        tokens.extend(text.split_whitespace().map(code));
        offsets.push(tokens.len());
    }
    let vocabulary = Vocabulary::new(TokenUnit::Words, WORDS.map(String::from).to_vec());
    let kind = Kind::Ragged { vocabulary: Arc::new(vocabulary) };
    let text = Field { name: "x".into(), role: Role::Feature, kind };
    let levels = rows.iter().map(|r| r.1 as usize + 1).max().unwrap().max(2);
    let columns =
        vec![Column::Ragged { offsets, tokens }, Column::Codes { data: rows.iter().map(|r| r.1).collect() }];
    Samples::new(Arc::new(Schema { fields: vec![text, label(levels)] }), columns).unwrap()
}

pub fn synthetic(rows: Samples) -> Mix {
    Mix { parts: vec![Part::synthetic(1, Body::Rows(Rows::all(rows)))], combine: Combine::Pooled }
}

fn table(mix: &Mix) -> Samples {
    mix.gather().unwrap().unwrap().0
}

pub fn codes_of(mix: &Mix) -> Vec<u32> {
    table(mix).codes().unwrap().to_vec()
}

pub fn labels_of(mix: &Mix) -> Vec<u32> {
    table(mix).labels().unwrap().to_vec()
}

pub fn features_of(mix: &Mix) -> Vec<f64> {
    table(mix).features()
}

/// Calls `work` with a model of these frequencies; D(0) holds that many rows of each outcome.
pub fn seen(counts: &[f64], work: impl Fn(&Seen<'_>)) {
    look(initial(counts), counts, None, work);
}

/// The same, with a known truth.
pub fn seen_by(counts: &[f64], truth: &dyn Distribution, work: impl Fn(&Seen<'_>)) {
    look(initial(counts), counts, Some(truth), work);
}

/// Calls `work` with these rows as D(0), and a model that is not used.
pub fn seen_of(initial: Samples, work: impl Fn(&Seen<'_>)) {
    look(initial, &[1.0], None, work);
}

fn initial(counts: &[f64]) -> Samples {
    let each = |(code, n): (u32, &f64)| std::iter::repeat_n(code, *n as usize);
    outcomes(counts.len(), (0..).zip(counts).flat_map(each).collect())
}

fn look(initial: Samples, counts: &[f64], truth: Option<&dyn Distribution>, work: impl Fn(&Seen<'_>)) {
    let counts = Counts { n: counts.len() as u64, counts: counts.to_vec() };
    let fitted = Mix {
        parts: vec![Part::human(0, Body::Statistics(Statistics::Counts(counts)))],
        combine: Combine::Pooled,
    };
    let model = Categorical::default().fit(&fitted, Start::Scratch, &Streams::new(0, 0)).unwrap();
    let initial = Mix::of_human(Rows::all(initial));
    work(&Seen { model: &*model, generation: 1, initial: &initial, truth });
}

/// A truth that is outcome 1 of several, and nothing else is correct.
pub struct Ones(Arc<Schema>);

impl Ones {
    pub fn new(levels: usize) -> Self {
        Self(Arc::new(Schema::single(Kind::Codes { levels: Levels::Count(levels) })))
    }
}

impl Distribution for Ones {
    fn schema(&self) -> &Arc<Schema> {
        &self.0
    }

    fn draw(&self, n: usize, _: &mut Stream) -> Samples {
        Samples::new(self.0.clone(), vec![Column::Codes { data: vec![1; n] }]).unwrap()
    }

    fn checker(&self) -> Option<&dyn Checker> {
        Some(self)
    }
}

impl Checker for Ones {
    fn check(&self, rows: &Samples) -> Vec<Correctness> {
        let of = |c: &u32| if *c == 1 { Correctness::Correct } else { Correctness::Wrong };
        rows.codes().unwrap().iter().map(of).collect()
    }
}
