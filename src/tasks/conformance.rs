//! One test for all tasks: each registry entry is trained and scored on human rows.

#![allow(clippy::unwrap_used)]

use super::{BoxedTask, Lesson, SCORES, TASKS, TaskEntry, score};
use crate::data::{Column, Role, SOURCES, Samples, Splits, Supply};
use crate::rng::Streams;
use crate::spec::Node;

/// Each task with a table that trains fast, and rows that it can learn from.
const CASES: &[(&str, &str, &str)] = &[
    ("text-classification", "", "source = \"uci-sentences\"\ntokens = \"words\"\nrows = 600"),
    (
        "text-classification",
        "learner = \"perceptron\"",
        "source = \"uci-sentences\"\ntokens = \"words\"\nrows = 600",
    ),
    ("sequence-tagging", "passes = 3", "source = \"tagged-state-of-the-union\"\nrows = 600"),
    ("arithmetic", "steps = 200", "source = \"arithmetic-program\"\ntemplates = 1"),
    ("tabular-prediction", "", "source = \"structural-causal-model\""),
    ("classification", "steps = 300", "source = \"digits8x8\""),
    ("classification", "learner = \"mlp\"\nsteps = 300", "source = \"digits8x8\""),
    ("tabular-prediction", "learner = \"mlp\"", "source = \"structural-causal-model\""),
];

fn splits(text: &str) -> Splits {
    let node = Node::from_toml(text, "case").unwrap();
    let source = SOURCES.find(node.get("source").unwrap()).unwrap().make(&node).unwrap();
    match source.supply {
        Supply::Finite(splits) => splits,
        Supply::Distribution(d) => {
            let draw = |purpose: &str, n| d.draw(n, &mut Streams::new(0, 5).of(purpose).rng()).into();
            Splits { train: draw("train", 400), validation: draw("v", 50), held_out: draw("test", 200) }
        }
    }
}

/// The cases of a task, each with the task that its table builds.
fn cases(entry: &TaskEntry) -> Vec<(BoxedTask, Splits)> {
    let mine = CASES.iter().filter(|(name, _, _)| *name == entry.about.name);
    mine.map(|(_, table, source)| {
        let task = entry.make(&Node::from_toml(table, "test").unwrap()).unwrap();
        let rows = splits(source);
        task.accepts(rows.train.schema()).unwrap();
        (task, rows)
    })
    .collect()
}

/// Trains on `rows` and returns every score on `test`.
fn scores(task: &BoxedTask, rows: &Samples, test: &Samples) -> Result<Vec<(String, f64)>, String> {
    let weights = vec![1.0; rows.len()];
    let streams = Streams::new(0, 9).of("task");
    let learned = task.learn(&Lesson { rows, weights: &weights }, 0, &streams).map_err(|e| e.to_string())?;
    let scores = learned.score(test).map_err(|e| e.to_string())?;
    Ok(scores.into_iter().map(|(name, value)| (name.into_owned(), value)).collect())
}

/// The rows with the label column's cells in another order.
fn shuffled_labels(rows: &Samples) -> Option<Samples> {
    let (index, _) = rows.schema().first(Role::Label)?;
    let half = rows.len() / 2;
    let order: Vec<u32> = (half..rows.len()).chain(0..half).map(|i| i as u32).collect();
    let moved = rows.take(&order);
    let columns: Vec<Column> = (0..rows.schema().fields.len())
        .map(|i| if i == index { moved.column(i).clone() } else { rows.column(i).clone() })
        .collect();
    Some(Samples::new(rows.schema().clone(), columns).unwrap())
}

#[test]
fn every_task_is_described_and_names_scores_that_can_be_read() {
    for (i, entry) in TASKS.entries.iter().enumerate() {
        let about = &entry.about;
        assert!(TASKS.entries[..i].iter().all(|e| e.about.name != about.name), "{} twice", about.name);
        assert!(!about.summary.is_empty() && !about.details.is_empty() && !about.source.is_empty());
        assert!(!about.summary.ends_with('.'), "{}", about.name);
        assert_eq!(entry.extra.scores.first(), Some(&entry.extra.primary), "{}", about.name);
        assert!(entry.extra.scores.iter().all(|s| score(s).is_some()), "{}", about.name);
        let mut table = String::new();
        for p in about.parameters {
            table += &format!("{} = {}\n", p.name, p.default);
        }
        entry.make(&Node::from_toml(&table, "test").unwrap()).unwrap();
        table += "no_such_key = 1\n";
        assert!(entry.make(&Node::from_toml(&table, "test").unwrap()).is_err(), "{}", about.name);
    }
    for (i, score) in SCORES.iter().enumerate() {
        assert!(score.about.name.starts_with("task-"), "{}", score.about.name);
        assert!(SCORES[..i].iter().all(|s| s.about.name != score.about.name));
    }
}

#[test]
fn every_task_learns_from_human_rows_with_the_same_bits_twice() {
    for entry in TASKS.entries {
        let cases = cases(entry);
        assert!(!cases.is_empty(), "{} has no case", entry.about.name);
        for (task, case) in cases {
            let found = scores(&task, &case.train, &case.held_out).unwrap();
            let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, entry.extra.scores, "{}", entry.about.name);
            assert!(found.iter().all(|(_, value)| value.is_finite()), "{found:?}");
            let again = scores(&task, &case.train, &case.held_out).unwrap();
            for (a, b) in found.iter().zip(&again) {
                assert_eq!(a.1.to_bits(), b.1.to_bits(), "{}", entry.about.name);
            }
        }
    }
}

#[test]
fn what_was_learned_from_shuffled_labels_is_worth_less() {
    for entry in TASKS.entries {
        for (task, case) in cases(entry) {
            let Some(null) = shuffled_labels(&case.train) else { continue };
            let first = |rows: &Samples| scores(&task, rows, &case.held_out).unwrap()[0].1;
            let (real, null) = (first(&case.train), first(&null));
            assert!(real > null, "{}: {real} with the labels, {null} without", entry.about.name);
        }
    }
}

#[test]
fn too_few_rows_are_refused_or_learned_from_without_a_panic() {
    for entry in TASKS.entries {
        for (task, case) in cases(entry) {
            for n in [0, 1, 2] {
                if let Ok(found) = scores(&task, &case.train.head(n), &case.held_out) {
                    assert!(found.iter().all(|(_, value)| value.is_finite()), "{found:?}");
                }
            }
            assert!(scores(&task, &case.train.head(0), &case.held_out).is_err(), "{}", entry.about.name);
            assert!(scores(&task, &case.train, &case.held_out.head(0)).is_err(), "{}", entry.about.name);
            // One class only.
            if let Some(labels) = case.train.labels() {
                let one: Vec<u32> = (0..labels.len() as u32).filter(|&i| labels[i as usize] == 1).collect();
                let found = scores(&task, &case.train.take(&one), &case.held_out);
                assert!(found.is_err() || found.unwrap().iter().all(|(_, v)| v.is_finite()));
            }
        }
    }
}
