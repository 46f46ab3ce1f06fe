//! `collapse augment` on real rows: sentences, tags and people, exported and given back as files.
//!
//! The second half of the human rows stands for the synthetic ones. They are as good as human rows,
//! so more of them must not be found to hurt, and shuffling their labels must not be found to help.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::collapse;

const QUICK: [&str; 8] =
    ["--repeats", "3", "--folds", "2", "--shares", "0.2,0.33,0.45", "--curations", "none"];

/// Exports rows and deals them to `human` and `synthetic`, every other unit to each; a unit ends with a
/// blank line in CoNLL and with its line elsewhere.
fn dealt(here: &Path, source: &[&str], ending: &str) {
    let whole = format!("all.{ending}");
    collapse(here).args(["export", "data"]).args(source).args(["--out", &whole]).assert().success();
    let text = fs::read_to_string(here.join(&whole)).unwrap();
    let (head, body) = match ending {
        "csv" => text.split_at(text.find('\n').unwrap() + 1),
        _ => ("", text.as_str()),
    };
    let end = if ending == "conll" { "\n\n" } else { "\n" };
    for (name, parity) in [("human", 0), ("synthetic", 1)] {
        let units = body.split_inclusive(end).enumerate().filter(|(i, _)| i % 2 == parity);
        let half: String = units.map(|(_, unit)| unit).collect();
        fs::write(here.join(format!("{name}.{ending}")), format!("{head}{half}")).unwrap();
    }
}

/// What it prints, and the mean of each score by kind of arm and share.
fn augment(here: &Path, ending: &str, columns: &[&str]) -> (String, BTreeMap<(String, String, String), f64>) {
    let files = [format!("human.{ending}"), format!("synthetic.{ending}")];
    let output = collapse(here)
        .args(["augment", "--train", &files[0], "--synthetic", &files[1], "--out", "out", "--jobs", "1"])
        .args(columns)
        .args(QUICK)
        .assert()
        .success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    let mut all: BTreeMap<(String, String, String), Vec<f64>> = BTreeMap::new();
    let mut reader = csv::Reader::from_path(here.join("out/augment.csv")).unwrap();
    let heads = reader.headers().unwrap().clone();
    for record in reader.records() {
        let record = record.unwrap();
        let cell = |name: &str| record[heads.iter().position(|h| h == name).unwrap()].to_owned();
        let value: f64 = cell("value").parse().unwrap();
        assert!(value.is_finite());
        all.entry((cell("arm"), cell("share"), cell("score"))).or_default().push(value);
    }
    let mean = |v: Vec<f64>| v.iter().sum::<f64>() / v.len() as f64;
    (text, all.into_iter().map(|(key, values)| (key, mean(values))).collect())
}

fn of(means: &BTreeMap<(String, String, String), f64>, kind: &str, share: &str, score: &str) -> f64 {
    means[&(kind.into(), share.into(), score.into())]
}

/// A page and its figure are there, and the page needs nothing beside it.
fn published(here: &Path) {
    let page = fs::read_to_string(here.join("out/report.html")).unwrap();
    let outside = ["<script src", "src=\"http", ">NaN<"];
    assert!(page.contains("<svg") && outside.iter().all(|mark| !page.contains(mark)));
    for file in ["augment.svg", "augment.png"] {
        assert!(here.join("out/figures").join(file).is_file(), "{file}");
    }
}

#[test]
fn sentences_as_json_lines() {
    let here = tempfile::tempdir().unwrap();
    let source = ["uci-sentences", "--rows", "400", "--set", "tokens=words", "--set", "min_count=1"];
    dealt(here.path(), &source, "jsonl");
    let columns = ["--text-column", "text", "--label-column", "sentiment"];
    let (text, means) = augment(here.path(), "jsonl", &columns);
    assert!(text.contains("text-classification on"), "{text}");
    assert!(!text.contains("The synthetic rows hurt"), "{text}");
    let f1 = |kind, share| of(&means, kind, share, "task-macro-f1");
    // As many more human sentences: F1 at 0.45 is above chance, and true labels beat shuffled ones.
    assert!(f1("arm", "0.45") > 0.6 && f1("arm", "0.45") > f1("null", "0.45"), "{means:?}");
    published(here.path());
}

#[test]
fn tagged_sentences_as_conll() {
    let here = tempfile::tempdir().unwrap();
    dealt(here.path(), &["tagged-state-of-the-union", "--rows", "400"], "conll");
    let (text, means) = augment(here.path(), "conll", &[]);
    assert!(text.contains("sequence-tagging on"), "{text}");
    assert!(!text.contains("The synthetic rows hurt"), "{text}");
    let f1 = |kind, share| of(&means, kind, share, "task-entity-f1");
    assert!(f1("arm", "0.45") > f1("null", "0.45") && f1("arm", "0") > 0.2, "{means:?}");
    published(here.path());
}

#[test]
fn people_with_a_sensitive_column() {
    let here = tempfile::tempdir().unwrap();
    dealt(here.path(), &["adult", "--rows", "600"], "csv");
    let columns = ["--label-column", "income", "--group-column", "sex", "--categorical", "race,marital,occ"];
    let (text, means) = augment(here.path(), "csv", &columns);
    assert!(text.contains("tabular-prediction on"), "{text}");
    assert!(!text.contains("The synthetic rows hurt"), "{text}");
    assert!(of(&means, "arm", "0", "task-auc") > 0.75, "{means:?}");
    // Men of 1994 earned more, and a learner says so.
    assert!(of(&means, "arm", "0", "task-demographic-parity-gap") > 0.0, "{means:?}");
    assert!(of(&means, "arm", "0.45", "task-equalised-odds-gap").is_finite());
    assert!(text.contains("demographic parity gap") && text.contains("equalised odds gap"), "{text}");
    let page = fs::read_to_string(here.path().join("out/report.html")).unwrap();
    assert!(page.contains("How the groups of sex are treated"));
    published(here.path());
}

/// What a study of these two tables of `review,stars` says, and whether it could be done.
fn of_texts(human: &str, synthetic: &str, text: &str) -> (bool, String) {
    let here = tempfile::tempdir().unwrap();
    for (name, rows) in [("human.csv", human), ("synthetic.csv", synthetic)] {
        fs::write(here.path().join(name), format!("review,stars\n{rows}")).unwrap();
    }
    let output = collapse(here.path())
        .args(["augment", "--train", "human.csv", "--synthetic", "synthetic.csv", "--jobs", "1"])
        .args(["--text-column", text, "--label-column", "stars"])
        .args(QUICK)
        .output()
        .unwrap();
    let both = [output.stdout, output.stderr].concat();
    // The words, however the terminal breaks its lines.
    let text = String::from_utf8(both).unwrap().replace(['│', '\n'], " ");
    (output.status.success(), text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// `n` texts with these labels in turn.
fn texts(name: &str, n: usize, labels: &[&str]) -> String {
    (0..n).map(|i| format!("{name} word{} number{i},{}\n", i % 7, labels[i % labels.len()])).collect()
}

#[test]
fn rows_that_no_answer_can_come_from_are_refused_in_words() {
    let both = ["bad", "good"];
    let (human, made) = (texts("seen", 60, &both), texts("made", 60, &both));
    let refused = |human: &str, made: &str, column: &str, words: &str| {
        let (done, text) = of_texts(human, made, column);
        assert!(!done && text.contains(words), "{words}\n{text}");
        assert!(!text.contains("panicked"), "{text}");
    };
    refused(&human, &made, "revew", "there is no column `revew` (did you mean `review`?)");
    refused(&texts("seen", 10, &both), &made, "review", "10 different human rows are too few");
    refused(&texts("seen", 60, &["good"]), &texts("made", 60, &["good"]), "review", "one label (`good`)");
    refused(
        &human,
        &texts("made", 60, &["good", "fair"]),
        "review",
        "`fair` is no category of the human rows",
    );
    refused(&human, &human, "review", "no synthetic row is left");
    refused(&human, &texts("made", 20, &both), "review", "three are needed");
}

#[test]
fn copies_and_rare_labels_are_reported() {
    let both = ["bad", "good"];
    // Ten synthetic rows repeat human ones; a label has one human row, so that training sets lack it.
    let human = texts("seen", 60, &both) + "a rare text,odd\n";
    let made = texts("made", 60, &both) + &texts("seen", 10, &both);
    let (done, text) = of_texts(&human, &made, "review");
    assert!(done, "{text}");
    assert!(text.contains("61 human rows") && text.contains("60 synthetic rows"), "{text}");
    assert!(text.contains("left out: 10 synthetic rows that repeat a human row"), "{text}");
    assert!(text.contains("`odd` has 1 human row: its score is mostly chance"), "{text}");
    assert!(text.contains("no synthetic row has the label `odd`"), "{text}");
    assert!(text.contains("fitted to convergence"), "{text}");
}
