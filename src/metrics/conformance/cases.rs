//! Rows of every kind that metrics are measured on.

use rand::RngExt;

use super::super::testing::{Fitted, Scene, Truth, labelled, normals, numbers, outcomes, people, text};
use super::super::{Arrivals, HumanProfile, Subject};
use crate::data::{
    Column, Field, Kind, Levels, Link, Role, SOURCES, Samples, Schema, Source, Splits, Supply, TokenUnit,
};
use crate::rng::Streams;
use crate::spec::Node;

pub const ROWS: usize = 300;

/// Human rows, other rows of the same distribution, and rows of a collapsed model.
pub struct Case {
    pub kind: &'static str,
    pub held_out: Samples,
    pub same: Samples,
    pub shifted: Samples,
    pub training: Samples,
    pub truth: Option<fn() -> Truth>,
    /// Models that know the human distribution, and that have lost it.
    pub models: Option<(Fitted, Fitted)>,
}

impl Case {
    pub fn scene(&self, rows: &Samples) -> Scene {
        Scene {
            subject: Subject::Human,
            truth: self.truth.map(|t| t()),
            // A stream of human rows alone ends at the truth.
            arrivals: Some(Arrivals { human_fraction: 1.0, temperature: 1.0 }),
            first: Some(self.same.clone()),
            others: vec![(None, Some(self.held_out.clone()))],
            base: self.models.as_ref().map(|(_, lost)| lost.clone()),
            ..Scene::sample(rows.clone()).beside(self.held_out.clone()).trained_on(self.training.clone())
        }
    }

    pub fn profile(&self) -> HumanProfile {
        let of = |rows: &Samples| std::sync::Arc::new(rows.clone());
        let splits =
            Splits { train: of(&self.training), validation: of(&self.same), held_out: of(&self.held_out) };
        let supply = Supply::Finite(splits);
        HumanProfile::of(&Source { name: self.kind.into(), digest: String::new(), supply, file: None }, None)
    }

    pub fn model(&self, rows: &Samples, fitted: &Fitted) -> Scene {
        Scene {
            subject: Subject::Model,
            base: self.models.as_ref().map(|(known, _)| known.clone()),
            ..self.scene(rows).with_model(fitted.clone())
        }
    }
}

/// Labels on two inputs, w* = (1.5, −1); the lost model has the signs wrong.
fn regression(kind: &'static str, link: Link, truth: fn() -> Truth) -> Case {
    let draw = |seed: u64, weights: [f64; 2]| {
        let x = normals(ROWS, 2, seed);
        let mut rng = Streams::new(6, seed).of("labels").rng();
        let label = |x: &[f64]| link.draw(x[0] * weights[0] + x[1] * weights[1], 1.0, &mut rng);
        let y: Vec<f64> = x.chunks(2).map(label).collect();
        labelled(&x, 2, &y, link)
    };
    let fitted = |weights: [f64; 2]| Fitted::regression(&weights, link);
    Case {
        kind,
        held_out: draw(1, [1.5, -1.0]),
        same: draw(2, [1.5, -1.0]),
        shifted: draw(3, [-1.5, 1.0]),
        training: draw(4, [1.5, -1.0]),
        truth: Some(truth),
        models: Some((fitted([1.5, -1.0]), fitted([-1.5, 1.0]))),
    }
}

fn numeric(kind: &'static str, dim: usize) -> Case {
    let few = normals(30, dim, 3);
    // 30 different rows, far away and close together, each ten times.
    let shifted: Vec<f64> = (0..ROWS * dim).map(|i| 6.0 + 0.1 * few[i % few.len()]).collect();
    Case {
        kind,
        held_out: numbers(&normals(ROWS, dim, 1), dim),
        same: numbers(&normals(ROWS, dim, 2), dim),
        shifted: numbers(&shifted, dim),
        training: numbers(&normals(ROWS, dim, 4), dim),
        truth: (dim == 1).then_some(|| Truth::gaussian(&[0.0], &[1.0])),
        models: Some((round(dim, 0.0, 1.0), round(dim, 6.0, 0.01))),
    }
}

fn two_modes() -> Truth {
    Truth::mixture(&[0.5, 0.5], &[-3.0, 3.0], &[-3.0, 3.0])
}

/// Vectors of a mixture whose modes are known.
fn mixture() -> Case {
    let spread = |rows: Samples| -> Samples {
        let apart = rows
            .features()
            .chunks(2)
            .enumerate()
            .flat_map(|(i, r)| {
                let x = if i % 2 == 0 { -3.0 } else { 3.0 };
                [r[0] + x, r[1] + x]
            })
            .collect::<Vec<_>>();
        numbers(&apart, 2)
    };
    let plain = numeric("a mixture", 2);
    Case {
        held_out: spread(plain.held_out),
        same: spread(plain.same),
        training: spread(plain.training),
        truth: Some(two_modes),
        ..plain
    }
}

/// Rows of people with a group and a label; those of the lost model are nearly all of one group, and
/// its labels follow the group.
fn society() -> Case {
    let plain = numeric("people", 1);
    let draw = |of: &Samples, seed: u64, rare: f64, gap: f64| -> Samples {
        let mut rng = Streams::new(6, seed).of("people").rng();
        let mut flag = |p: f64| u32::from(rng.random::<f64>() < p);
        let mut row = |x: f64| {
            let group = flag(rare);
            (x, group, flag(0.5 + gap * (f64::from(group) - 0.5)))
        };
        people(&of.features().into_iter().map(&mut row).collect::<Vec<_>>())
    };
    Case {
        held_out: draw(&plain.held_out, 1, 0.3, 0.1),
        same: draw(&plain.same, 2, 0.3, 0.1),
        shifted: draw(&plain.shifted, 3, 0.1, 0.9),
        training: draw(&plain.training, 4, 0.3, 0.1),
        // Models of numbers alone know nothing of labels.
        models: None,
        ..plain
    }
}

/// A round normal distribution.
fn round(dim: usize, mean: f64, variance: f64) -> Fitted {
    let covariance: Vec<f64> =
        (0..dim * dim).map(|i| if i % (dim + 1) == 0 { variance } else { 0.0 }).collect();
    Fitted::gaussian(&vec![mean; dim], &covariance)
}

fn categorical() -> Case {
    let p = [0.4, 0.3, 0.2, 0.1];
    let draw = |seed: u64| -> Samples {
        let mut rng = Streams::new(2, seed).of("outcomes").rng();
        let one = |u: f64| {
            if u < 0.4 {
                0
            } else if u < 0.7 {
                1
            } else if u < 0.9 {
                2
            } else {
                3
            }
        };
        outcomes(&(0..ROWS).map(|_| one(rng.random())).collect::<Vec<u32>>(), 4)
    };
    Case {
        kind: "outcomes",
        held_out: draw(1),
        same: draw(2),
        shifted: outcomes(&(0..ROWS).map(|i| u32::from(i % 10 == 0)).collect::<Vec<u32>>(), 4),
        training: draw(3),
        truth: Some(|| Truth::outcomes(&[0.4, 0.3, 0.2, 0.1]).with_checks()),
        models: Some((Fitted::Unigram(p.into()), Fitted::Unigram(vec![0.9, 0.08, 0.01, 0.01]))),
    }
}

fn written(kind: &'static str, unit: TokenUnit) -> Case {
    let draw = |seed: u64| -> Samples {
        let mut rng = Streams::new(4, seed).of("words").rng();
        let mut word = || char::from(b'a' + (26.0 * rng.random::<f64>().powi(2)) as u8).to_string();
        let lines: Vec<String> =
            (0..ROWS).map(|_| (0..12).map(|_| word()).collect::<Vec<_>>().join(" ")).collect();
        text(unit, &lines.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let size = draw(1).schema().vocabulary().unwrap().len();
    let known = vec![1.0 / size as f64; size];
    let total: f64 = (0..size).map(|i| 0.5f64.powi(i as i32 % 90)).sum();
    let lost = (0..size).map(|i| 0.5f64.powi(i as i32 % 90) / total).collect();
    Case {
        kind,
        held_out: draw(1),
        same: draw(2),
        shifted: text(unit, &["a a a a b b a a a b a a a c"; ROWS]),
        training: draw(3),
        truth: None,
        models: Some((Fitted::Unigram(known), Fitted::Unigram(lost))),
    }
}

/// Group, two coded features and a label: a structural causal model, and one whose arrows point the
/// other way and that has lost the middle levels.
fn table() -> Case {
    let draw = |effects: f64, n: usize, seed: u64| -> Samples {
        let given = format!("direct = {effects}\nindirect = {effects}\nspurious = {effects}");
        let entry = SOURCES.get("structural-causal-model").unwrap();
        let source = entry.make(&Node::from_toml(&given, "test").unwrap()).unwrap();
        source.truth().unwrap().draw(n, &mut Streams::new(4, seed).of("table").rng())
    };
    let reversed = draw(-3.0, 5 * ROWS, 4);
    let outer = |i: &u32| {
        [1, 2].iter().all(|&c| match reversed.column(c) {
            Column::Codes { data } => data[*i as usize] != 1,
            _ => false,
        })
    };
    let kept: Vec<u32> = (0..reversed.len() as u32).filter(outer).take(ROWS).collect();
    Case {
        kind: "a table with group and label",
        held_out: draw(3.0, ROWS, 1),
        same: draw(3.0, ROWS, 2),
        shifted: reversed.take(&kept),
        training: draw(3.0, ROWS, 3),
        truth: None,
        models: None,
    }
}

/// Two numbers that go together and a category; those of the lost model are few, far away, apart and of one level.
fn numbers_and_a_category() -> Case {
    let rows = |data: Vec<(f64, f64, u32)>| -> Samples {
        let field = |name: &str, kind| Field { name: name.into(), role: Role::Feature, kind };
        let number = || Kind::F64 { width: 1 };
        let levels = Kind::Codes { levels: Levels::Count(3) };
        let fields = vec![field("a", number()), field("b", number()), field("c", levels)];
        let columns = vec![
            Column::F64 { width: 1, data: data.iter().map(|r| r.0).collect() },
            Column::F64 { width: 1, data: data.iter().map(|r| r.1).collect() },
            Column::Codes { data: data.iter().map(|r| r.2).collect() },
        ];
        Samples::new(std::sync::Arc::new(Schema { fields }), columns).unwrap()
    };
    let draw = |seed: u64| {
        let of =
            |r: &[f64]| (r[0], 0.8 * r[0] + 0.6 * r[1], if r[1] > 0.5 { 2 } else { u32::from(r[0] > 0.0) });
        rows(normals(ROWS, 2, seed).chunks(2).map(of).collect())
    };
    let few = normals(30, 2, 3);
    let lost = (0..ROWS).map(|i| (6.0 + 0.1 * few[2 * (i % 30)], 6.0 - 0.1 * few[2 * (i % 30)], 0)).collect();
    Case {
        kind: "numbers and a category",
        held_out: draw(1),
        same: draw(2),
        shifted: rows(lost),
        training: draw(4),
        truth: None,
        models: None,
    }
}

pub fn cases() -> Vec<Case> {
    vec![
        table(),
        numbers_and_a_category(),
        society(),
        numeric("numbers", 1),
        numeric("vectors", 3),
        numeric("wide vectors", 12),
        mixture(),
        categorical(),
        written("words", TokenUnit::Words),
        written("characters", TokenUnit::Characters),
        regression("a number on inputs", Link::Identity, || {
            Truth::regression(&[1.5, -1.0], &[1.0, 1.0], Link::Identity)
        }),
        regression("a class on inputs", Link::Logit, || {
            Truth::regression(&[1.5, -1.0], &[1.0, 1.0], Link::Logit)
        }),
    ]
}
