//! The whole study on rows whose answer is known.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::*;
use crate::data::{Options, open_pair};
use crate::spec::Node;
use crate::tasks::TASKS;

/// `n` labelled texts: one of 60 words tells the label, the other tells nothing. `from` shifts the texts,
/// so that two files share words and no text.
fn texts(file: &Path, n: usize, from: usize) {
    let line = |i: usize| {
        let i = i + from;
        let (word, label) = (i * 7 % 60, i * 7 % 60 % 2);
        format!("w{word} t{i},{}\n", ["bad", "good"][label])
    };
    fs::write(file, format!("review,stars\n{}", (0..n).map(line).collect::<String>())).unwrap();
}

fn plan() -> Plan {
    let entry = TASKS.get("text-classification").unwrap();
    let nothing = Node::from_toml("", "task").unwrap();
    Plan {
        task: entry.make(&nothing).unwrap(),
        effort: None,
        report: entry.extra,
        shares: vec![0.3, 0.5, 0.7, 0.99],
        curations: vec![("none".into(), None)],
        repeats: 3,
        folds: 2,
        test: 0.3,
        groups: None,
        salt: 0,
    }
}

fn rows(human: usize, synthetic: usize) -> (Samples, Samples) {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.csv"), folder.path().join("b.csv"));
    texts(&a, human, 0);
    texts(&b, synthetic, 10_000);
    let options =
        Options { text_column: Some("review".into()), label: Some("stars".into()), ..Options::default() };
    let pair = open_pair(&a, &b, &options).unwrap();
    (pair.human, pair.synthetic)
}

#[test]
fn rows_of_a_group_are_never_on_both_sides() {
    let (human, synthetic) = rows(120, 200);
    let groups: Vec<u32> = (0..human.len() as u32).map(|row| row % 11).collect();
    let plan = Plan { groups: Some(groups.clone()), ..plan() };
    let learner = Learner { plan: &plan, human: &human, synthetic: &synthetic };
    let (rest, test) = learner.split(&Streams::new(3, 0));
    assert_eq!(rest.len() + test.len(), human.len());
    let of = |rows: &[u32]| -> std::collections::BTreeSet<u32> {
        rows.iter().map(|r| groups[*r as usize]).collect()
    };
    assert!(of(&rest).is_disjoint(&of(&test)) && of(&test).len() >= 3);
    let folds = learner.dealt(&rest, 2, &Streams::new(3, 0));
    let fold = |k: usize| -> Vec<u32> {
        rest.iter().zip(&folds).filter(|(_, f)| **f == k).map(|(r, _)| *r).collect()
    };
    assert!(of(&fold(0)).is_disjoint(&of(&fold(1))));
    assert!(study(&plan, &human, &synthetic).is_ok());
}

#[test]
fn rows_that_know_more_words_help_and_shuffled_labels_do_not() {
    // 48 human rows show no word twice, so that human rows alone tell nothing of the test rows; the synthetic rows show each of them several times.
    let (human, synthetic) = rows(48, 300);
    assert_eq!(human.schema(), synthetic.schema());
    let checked = checked(&human, &synthetic).unwrap();
    let found = study(&plan(), &checked.human, &checked.synthetic).unwrap();
    // 99 % would take 3,366 rows and is left out.
    assert_eq!(found.arms.len(), 4);
    assert_eq!(found.repeats[0].sizes.0 + found.repeats[0].sizes.1, 48);
    let most = found.arm_gain(3, found.primary).unwrap();
    let null = found.null_gain().unwrap();
    assert!(most.mean > 0.1 && most.mean > null.mean + 0.1, "{most:?} {null:?}");
    assert_eq!(found.seeds.len(), 3);
}

#[test]
fn the_study_is_the_same_with_any_number_of_threads_and_needs_three_shares() {
    let (human, synthetic) = rows(48, 120);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| study(&plan(), &human, &synthetic)).unwrap();
        found.repeats.iter().map(|r| r.test.clone()).collect::<Vec<_>>()
    };
    assert_eq!(run(1), run(2));
    let few = study(&plan(), &human, &synthetic.head(20)).err().unwrap().to_string();
    assert!(few.contains("three are needed"), "{few}");
}
