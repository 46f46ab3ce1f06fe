//! What holds for the parameters of every registered family.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::neon::NeonParams;
use super::{Ask, BoxedFamily, FAMILIES, Family, Model, Moved, Neon, Sampling, Start, Step};
use crate::data::{Column, Field, Kind, Levels, Link, Mix, Role, Rows, Samples, Schema, TokenUnit};
use crate::metrics::testing::{labelled, normals, numbers, outcomes, people, text};
use crate::rng::Streams;
use crate::spec::{Node, Synthesis};

/// Families without parameters on a line, by choice.
const WITHOUT: &[&str] = &["kde", "empirical", "templates", "command"];

/// What a family needs beyond its defaults, two tables that it can read, and what its models are asked for.
fn case(name: &str) -> (&'static str, [Samples; 2], Synthesis) {
    let sample = |table, rows| (table, rows, Synthesis::Sample);
    let regression = |link: Link, label: fn(usize) -> f64| {
        let rows = |seed| {
            let y: Vec<f64> = (0..30).map(|i: usize| label(i + seed as usize)).collect();
            labelled(&normals(30, 2, seed), 2, &y, link)
        };
        ("", [rows(1), rows(2)], Synthesis::Label)
    };
    let lines = [["a b c", "b c", "a c b b"], ["c b", "b c a a", "b b c"]];
    match name {
        "categorical" => sample("", [outcomes(&[0, 1, 2, 2], 3), outcomes(&[0, 0, 1, 2, 1], 3)]),
        "bernoulli" => sample("", [outcomes(&[0, 1, 1, 1], 2), outcomes(&[0, 0, 1], 2)]),
        "poisson" => sample("", [numbers(&[0.0, 2.0, 3.0, 1.0], 1), numbers(&[5.0, 1.0, 0.0], 1)]),
        "symmetric-mixture" => sample("", [1, 2].map(|seed| numbers(&normals(40, 1, seed), 1))),
        "histogram" => {
            let rows = |seed| numbers(&normals(40, 1, seed), 1);
            sample("range = [-4.0, 4.0]\nbins = 6", [rows(1), rows(2)])
        }
        "ngram" => sample("", lines.map(|lines| text(TokenUnit::Words, &lines))),
        "class-conditional-ngram" => {
            sample("", lines.map(|lines| beside(text(TokenUnit::Words, &lines), Role::Label)))
        }
        "tagged-ngram" => sample("", lines.map(|lines| beside(text(TokenUnit::Words, &lines), Role::Tag))),
        "linear-regression" | "ridge" | "random-features" => {
            regression(Link::Identity, |i| (i as f64 * 0.7).sin())
        }
        "logistic-regression" => regression(Link::Logit, |i| f64::from(i % 3 == 0)),
        "poisson-regression" => regression(Link::Log, |i| (i % 4) as f64),
        "tabular" => {
            let person = |i: u32| (f64::from(i * i % 7), i % 2, u32::from(i.is_multiple_of(3)));
            let rows = |n: std::ops::Range<u32>| people(&n.map(person).collect::<Vec<_>>());
            sample("", [rows(0..20), rows(3..29)])
        }
        _ => sample("", [1, 2].map(|seed| numbers(&normals(40, 2, seed), 2))),
    }
}

/// The text with a second column: a class of each row, or the token itself as a tag.
fn beside(rows: Samples, role: Role) -> Samples {
    let (kind, column) = match role {
        Role::Label => {
            let data = (0..rows.len() as u32).map(|i| i % 2).collect();
            (Kind::Codes { levels: Levels::Count(2) }, Column::Codes { data })
        }
        _ => (rows.schema().fields[0].kind.clone(), rows.column(0).clone()),
    };
    let fields = vec![rows.schema().fields[0].clone(), Field { name: "beside".into(), role, kind }];
    Samples::new(Arc::new(Schema { fields }), vec![rows.column(0).clone(), column]).unwrap()
}

fn build(name: &str, table: &str) -> BoxedFamily {
    let node = Node::from_toml(&format!("family = \"{name}\"\n{table}"), "test.toml").unwrap();
    FAMILIES.get(name).unwrap().make(&node).unwrap()
}

/// What 30 rows of a model look like, to the bit.
fn made(model: &dyn Model, synthesis: Synthesis, given: &Samples) -> String {
    let ask = if synthesis == Synthesis::Label { Ask::Given(given) } else { Ask::Rows };
    let rows = model.synthesise(ask, 30, &Sampling::default(), &Streams::new(0, 9)).unwrap();
    (0..rows.schema().fields.len()).map(|i| format!("{:?}", rows.column(i))).collect()
}

/// Every family with parameters, built, with its rows.
fn with_parameters() -> impl Iterator<Item = (&'static str, &'static str, [Samples; 2], Synthesis)> {
    let names = FAMILIES.names().filter(|name| !WITHOUT.contains(name));
    names.map(|name| {
        let (table, rows, synthesis) = case(name);
        (name, table, rows, synthesis)
    })
}

fn mix(rows: &Samples) -> Mix {
    Mix::of_human(Rows::all(rows.clone()))
}

#[test]
fn every_family_has_a_line_or_says_why_not() {
    for name in FAMILIES.names() {
        let needs = if name == "command" {
            "command = [\"true\", \"{train}\", \"{samples}\"]\nrows = 1"
        } else {
            case(name).0
        };
        let refusal = build(name, needs).affine().err().map(|why| why.to_string());
        assert_eq!(refusal.is_some(), WITHOUT.contains(&name), "{name}: {refusal:?}");
    }
}

#[test]
fn neon_with_weight_zero_and_a_whole_step_change_nothing() {
    for (name, table, [rows, earlier], synthesis) in with_parameters() {
        let (streams, mix) = (Streams::new(0, 3), mix(&rows));
        let plain = build(name, table).fit(&mix, Start::Scratch, &streams).unwrap();
        let expected = made(&*plain, synthesis, &rows);
        let params = NeonParams { weight: 0.0, samples: 50 };
        let neon = Neon { params, sampling: Sampling::default(), synthesis };
        let neon = Moved::new(build(name, table), neon).unwrap().fit(&mix, Start::Scratch, &streams).unwrap();
        assert_eq!(made(&*neon, synthesis, &rows), expected, "{name}: neon");
        let step = Moved::new(build(name, table), Step { size: 1.0 }).unwrap();
        // Families that start from an earlier model are fitted from it with and without the step.
        let from = step.fit(&self::mix(&earlier), Start::Scratch, &streams).unwrap();
        let plain = build(name, table).fit(&mix, Start::Warm(&*from), &streams).unwrap();
        let whole = step.fit(&mix, Start::Warm(&*from), &streams).unwrap();
        assert_eq!(made(&*whole, synthesis, &rows), made(&*plain, synthesis, &rows), "{name}: step");
    }
}

#[test]
fn halfway_there_and_twice_as_far_back_is_where_one_started() {
    // With m = (a + b)/2, the line from b through m reaches a at weight 1: m + (m − b) = a.
    for (name, table, [rows, others], synthesis) in with_parameters() {
        let (family, streams) = (build(name, table), Streams::new(0, 3));
        let a = family.fit(&mix(&rows), Start::Scratch, &streams).unwrap();
        let b = family.fit(&mix(&others), Start::Warm(&*a), &streams).unwrap();
        let line = family.affine().unwrap();
        let half = line.combine(&[(0.5, &*a), (0.5, &*b)]).unwrap();
        let back = line.combine(&[(2.0, &*half), (-1.0, &*b)]).unwrap();
        let log = |model: &dyn Model| {
            let density = model.density().unwrap();
            density.log_likelihood(&rows, &Streams::new(0, 0)).unwrap()
        };
        if a.density().is_none() {
            assert_eq!(made(&*back, synthesis, &rows).len(), made(&*a, synthesis, &rows).len(), "{name}");
            continue;
        }
        for (found, expected) in log(&*back).iter().zip(log(&*a)) {
            assert!((found - expected).abs() < 1e-7, "{name}: {found} for {expected}");
        }
    }
}
