//! What holds for every registered step.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::sync::Arc;

use super::testing::Ones;
use super::*;
use crate::data::{Combine, Counts, Field, Kind, Levels, Role, Statistics, TokenUnit, Vocabulary};
use crate::models::{Ask, Categorical, Family, Sampling, Start};
use crate::registry::Entry;
use crate::spec::Node;

/// Rows that every step can read: numbers, text, tags, a group and a label, or one outcome.
enum Shape {
    Table,
    Outcomes,
}

fn table(n: usize, from: usize) -> Samples {
    let words = Arc::new(Vocabulary::new(TokenUnit::Words, ["a", "b", "c"].map(String::from).to_vec()));
    let tags = Arc::new(Vocabulary::new(TokenUnit::Words, ["O", "B-X", "I-X"].map(String::from).to_vec()));
    let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
    let two = || Kind::Codes { levels: Levels::Count(2) };
    let schema = Schema {
        fields: vec![
            field("x", Role::Feature, Kind::F64 { width: 2 }),
            field("text", Role::Feature, Kind::Ragged { vocabulary: words }),
            field("tags", Role::Tag, Kind::Ragged { vocabulary: tags }),
            field("group", Role::Group, two()),
            field("label", Role::Label, two()),
        ],
    };
    let rows = from..from + n;
    let tokens: Vec<u32> =
        rows.clone().flat_map(|i| [i % 3, (i / 3) % 3, (i / 2) % 3]).map(|t| t as u32).collect();
    let ragged = || Column::Ragged { offsets: (0..=n).map(|i| 3 * i).collect(), tokens: tokens.clone() };
    let sign = |i: usize| if i.is_multiple_of(2) { -1.0 } else { 1.0 };
    let columns = vec![
        Column::F64 { width: 2, data: rows.clone().flat_map(|i| [sign(i), i as f64 * 0.01]).collect() },
        ragged(),
        ragged(),
        Column::Codes { data: rows.clone().map(|i| (i / 2 % 2) as u32).collect() },
        Column::Codes { data: rows.map(|i| (i % 2) as u32).collect() },
    ];
    Samples::new(Arc::new(schema), columns).unwrap()
}

fn outcomes(n: usize, from: usize) -> Samples {
    super::testing::outcomes(3, (from..from + n).map(|i| (i % 3) as u32).collect())
}

/// What an entry needs beyond its defaults, and rows that it can read.
fn case(name: &str) -> (&'static str, Shape) {
    match name {
        "verified" | "corrected" | "self-verification" | "top-likelihood" | "surprise-filter" => {
            ("", Shape::Outcomes)
        }
        // Only three outcomes are distinct.
        "deduplicate" => ("", Shape::Table),
        "luce-choice" => ("rewards = [0.0, 1.0, 2.0]", Shape::Outcomes),
        "biased-selection" => ("target = [0.0, 0.0]", Shape::Table),
        _ => ("", Shape::Table),
    }
}

fn rows(shape: &Shape, n: usize, from: usize) -> Samples {
    match shape {
        Shape::Table => table(n, from),
        Shape::Outcomes => outcomes(n, from),
    }
}

fn build(entry: &Entry<BoxedCuration>, extra: &str) -> Result<BoxedCuration, String> {
    let node = Node::from_toml(&format!("step = \"{}\"\n{extra}", entry.about.name), "test.toml").unwrap();
    entry.make(&node).map_err(|e| e.located())
}

/// A mix of ten human and `n` synthetic rows.
fn mix(shape: &Shape, n: usize) -> Mix {
    let part = |rows| Body::Rows(Rows::all(rows));
    let parts = vec![Part::human(0, part(rows(shape, 10, 0))), Part::synthetic(1, part(rows(shape, n, 100)))];
    Mix { parts, combine: Combine::Pooled }
}

/// Applies a step to a mix; `ask` says whether further rows may be asked for.
fn apply(step: &dyn Curation, shape: &Shape, mix: Mix, ask: bool, seed: u64) -> Result<Mix, CurationError> {
    let counts = Counts { n: 3, counts: vec![5.0, 3.0, 2.0] };
    let fitted = Mix {
        parts: vec![Part::human(0, Body::Statistics(Statistics::Counts(counts)))],
        combine: Combine::Pooled,
    };
    let model = Categorical::default().fit(&fitted, Start::Scratch, &Streams::new(0, 0)).unwrap();
    let initial = Mix::of_human(Rows::all(rows(shape, 40, 0)));
    let truth = Ones::new(3);
    let truth: Option<&dyn Distribution> = if matches!(shape, Shape::Outcomes) { Some(&truth) } else { None };
    let model: &dyn Model = if matches!(shape, Shape::Outcomes) { &*model } else { &Maker };
    let seen = Seen { model, generation: 1, initial: &initial, truth };
    let given = Cell::new(1000);
    let mut more = |n: usize| {
        given.set(given.get() + n);
        Ok(rows(shape, n, given.get() - n))
    };
    step.apply(mix, if ask { Some(&mut more) } else { None }, &seen, &Streams::new(0, seed))
}

/// A model of the table's rows without a likelihood.
struct Maker;

impl Model for Maker {
    fn synthesise(&self, _: Ask<'_>, n: usize, _: &Sampling, _: &Streams) -> Result<Samples, SampleError> {
        Ok(table(n, 5000))
    }

    fn size(&self) -> usize {
        0
    }
}

/// The cells of every block.
fn cells(mix: &Mix) -> Vec<Vec<Column>> {
    let rows = |part: &Part| match &part.body {
        Body::Rows(rows) => {
            let table = rows.gather();
            (0..table.schema().fields.len()).map(|i| table.column(i).clone()).collect()
        }
        Body::Statistics(_) => panic!("rows"),
    };
    mix.parts.iter().map(rows).collect()
}

#[test]
fn every_entry_is_described_and_its_defaults_are_the_real_ones() {
    for (i, entry) in CURATIONS.entries.iter().enumerate() {
        let about = &entry.about;
        assert!(CURATIONS.entries[..i].iter().all(|e| e.about.name != about.name), "{} twice", about.name);
        for text in [about.summary, about.details, about.source] {
            assert!(!text.is_empty(), "{}", about.name);
        }
        assert!(!about.summary.ends_with('.'), "{}", about.name);
        let (extra, _) = case(about.name);
        build(entry, extra).unwrap();
        let mut written = String::from(extra);
        for p in about.parameters.iter().filter(|p| !extra.starts_with(p.name)) {
            // A default in words is the absence of the key.
            if Node::from_toml(&format!("x = {}", p.default), "test").is_ok() {
                written += &format!("\n{} = {}", p.name, p.default);
            }
        }
        build(entry, &written).unwrap();
        let unknown = build(entry, &format!("{written}\nno_such_key = 1"));
        assert!(unknown.is_err_and(|e| e.contains("no_such_key")), "{}", about.name);
        assert!(
            build(entry, &format!("{extra}\non = \"mix\"")).is_ok(),
            "{}: `on` is the loop's",
            about.name
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_rows_on_every_thread() {
    for entry in CURATIONS.entries {
        let (extra, shape) = case(entry.about.name);
        for ask in [true, false] {
            let once =
                || cells(&apply(&*build(entry, extra).unwrap(), &shape, mix(&shape, 60), ask, 7).unwrap());
            let here = once();
            let there = std::thread::scope(|s| {
                let (a, b) = (s.spawn(once), s.spawn(once));
                (a.join().unwrap(), b.join().unwrap())
            });
            assert_eq!((&there.0, &there.1), (&here, &here), "{}", entry.about.name);
        }
    }
}

#[test]
fn synthetic_rows_keep_their_number_where_more_may_be_asked_for_and_human_rows_stay() {
    for entry in CURATIONS.entries {
        let (name, (extra, shape)) = (entry.about.name, case(entry.about.name));
        let step = build(entry, extra).unwrap();
        let before = mix(&shape, 60);
        let made = apply(&*step, &shape, before.clone(), true, 3).unwrap();
        assert_eq!(made.len(), before.len(), "{name}");
        assert_eq!(cells(&made)[0], cells(&before)[0], "{name} changed human rows");
        for (a, b) in made.parts.iter().zip(&before.parts) {
            assert_eq!((a.origin, a.labelled, a.born), (b.origin, b.labelled, b.born), "{name}");
        }
        // Without asking, at most 1.5 times the 70 rows are drawn (a detector's resampling), and an
        // empty block is no error.
        assert!(apply(&*step, &shape, before, false, 3).unwrap().len() <= 105, "{name}");
        assert_eq!(apply(&*step, &shape, mix(&shape, 0), true, 3).unwrap().len(), 10, "{name}");
    }
}

#[test]
fn blocks_of_statistics_are_refused() {
    for entry in CURATIONS.entries {
        let (extra, shape) = case(entry.about.name);
        let step = build(entry, extra).unwrap();
        let counts = Counts { n: 3, counts: vec![1.0; 3] };
        let body = Body::Statistics(Statistics::Counts(counts));
        let mix = Mix { parts: vec![Part::synthetic(1, body)], combine: Combine::Pooled };
        for ask in [true, false] {
            let error = apply(&*step, &shape, mix.clone(), ask, 0).unwrap_err().to_string();
            assert!(error.contains("path = \"rows\""), "{}: {error}", entry.about.name);
        }
    }
}

#[test]
fn rows_of_another_shape_are_refused_or_curated_but_never_a_panic() {
    for entry in CURATIONS.entries {
        let (extra, own) = case(entry.about.name);
        let step = build(entry, extra).unwrap();
        let other = if matches!(own, Shape::Table) { Shape::Outcomes } else { Shape::Table };
        for n in [0, 1, 5] {
            let accepted = step.accepts(rows(&other, 1, 0).schema(), None).is_ok();
            let made = apply(&*step, &other, mix(&other, n), false, 0);
            assert!(accepted || made.is_err() || n == 0, "{} curates what it refuses", entry.about.name);
        }
    }
}
