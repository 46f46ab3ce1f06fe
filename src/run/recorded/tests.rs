//! Recorded generations are found, read and measured.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::data::files::open;
use crate::data::{AsHuman, Column, Kind, Options, Place, Problem, SourceError};
use crate::metrics::{Absence, Measurement, Observed};

fn how() -> Load {
    Load { generation_column: "generation".into(), run_column: None }
}

/// Reads as rows of one number were read.
fn one_number() -> AsHuman {
    let rows = Arc::new(
        Samples::new(
            Arc::new(Schema::single(Kind::F64 { width: 1 })),
            vec![Column::F64 { width: 1, data: vec![0.0; 4] }],
        )
        .unwrap(),
    );
    let splits = Splits { train: rows.clone(), validation: rows.clone(), held_out: rows };
    AsHuman::new(&Source::finite("numbers", splits), &Options::default())
}

/// Writes `rows` rows of `x`, all of them `value` or its negative.
fn write(file: &Path, value: f64, rows: usize) {
    let lines: String = (0..rows).map(|i| format!("{}\n", if i % 2 == 0 { value } else { -value })).collect();
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, format!("x\n{lines}")).unwrap();
}

fn found(path: &Path) -> Result<Vec<(String, Vec<u32>)>, SourceError> {
    let Loaded { runs, .. } = load(path, one_number(), &how())?;
    Ok(runs.into_iter().map(|(name, g)| (name, g.into_keys().collect())).collect())
}

#[test]
fn generations_are_files_folders_of_runs_or_a_column() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for g in [0, 2, 10] {
        write(&at(&format!("flat/gen-{g}.csv")), 1.0, 4);
        for run in [1, 10, 9] {
            write(&at(&format!("runs/seed-{run}/generation_{g:02}.csv")), 1.0, 4);
        }
    }
    fs::write(at("flat/notes.md.bak"), "no rows").unwrap();
    assert_eq!(found(&at("flat")).unwrap(), [("0".into(), vec![0, 2, 10])]);
    fs::write(at("flat/gen-10_filtered.csv"), "x\n1\n").unwrap();
    let passed = load(&at("flat"), one_number(), &how()).unwrap().passed_over;
    assert_eq!(passed, [at("flat/gen-10_filtered.csv"), at("flat/notes.md.bak")]);
    let runs = ["seed-1", "seed-9", "seed-10"].map(|name| (name.to_owned(), vec![0, 2, 10]));
    assert_eq!(found(&at("runs")).unwrap(), runs);
    fs::write(at("one.csv"), "generation,x,seed\n1,0.5,b\n0,1.5,b\n1,2.5,a\n1,3.5,b\n").unwrap();
    assert_eq!(found(&at("one.csv")).unwrap(), [(String::new(), vec![0, 1])]);
    let by_run = Load { run_column: Some("seed".into()), ..how() };
    let Loaded { runs, .. } = load(&at("one.csv"), one_number(), &by_run).unwrap();
    assert_eq!(runs[1].1[&1].features(), [0.5, 3.5]);
    assert_eq!(runs[0].1.len(), 1);
}

#[test]
fn what_is_no_generation_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let problem = |name: &str| match found(&at(name)) {
        Err(SourceError::File(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(problem("none").problem, Problem::Missing));
    fs::create_dir(at("empty")).unwrap();
    assert!(matches!(problem("empty").problem, Problem::NoGenerations));
    write(&at("twice/a1.csv"), 1.0, 2);
    write(&at("twice/b1.csv"), 1.0, 2);
    assert!(matches!(problem("twice").problem, Problem::TwoGenerations(1)));
    fs::write(at("bad.csv"), "generation,x\n0,1\nfirst,2\n").unwrap();
    let e = problem("bad.csv");
    assert_eq!(e.place, Place::Cell { line: 3, column: "generation".into() });
    write(&at("nothing/gen-0.csv"), 1.0, 3);
    write(&at("nothing/gen-1.csv"), 1.0, 0);
    let e = problem("nothing");
    assert!(matches!(e.problem, Problem::EmptyGeneration(1)) && e.to_string().contains("gen-1.csv"), "{e}");
    fs::write(at("plain.csv"), "x\n1\n").unwrap();
    assert!(matches!(&problem("plain.csv").problem, Problem::ColumnMissing { .. }));
}

struct Values(Vec<Measurement>);

impl Record for Values {
    fn measurement(&mut self, measurement: Measurement) {
        self.0.push(measurement);
    }
}

#[test]
fn a_generation_is_measured_on_its_own_rows_beside_the_human_baseline() {
    let folder = tempfile::tempdir().unwrap();
    // Human rows ±1; generation g is ±2^−g, so its variance is 4^−g · n/(n − 1).
    write(&folder.path().join("human.csv"), 1.0, 200);
    for g in 0..3 {
        write(&folder.path().join(format!("g/gen-{g}.csv")), 0.5_f64.powi(g), 30);
    }
    let source = open(&folder.path().join("human.csv"), &Options::default()).unwrap();
    let reader = AsHuman::new(&source, &Options::default());
    let Loaded { runs, .. } = load(&folder.path().join("g"), reader, &how()).unwrap();
    assert_eq!(largest_size(&source, &runs), 30);
    let spec = "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"elsewhere\"\n[loop]\ngenerations = 2\nsamples = 30\n\
                regime = \"elsewhere\"\n[measure]\nmetrics = [\"sample-variance\"]\n";
    let experiment = Experiment::from_toml(spec, "test").unwrap();
    let recorded = Recorded::new(&experiment, source, runs, 30, &Context::default()).unwrap();
    let mut values = Values(Vec::new());
    let outcome = recorded.run(0, 0, &mut values).unwrap();
    assert_eq!((outcome.stop_reason, outcome.last_generation), (StopReason::Finished, 2));
    let of = |subject| {
        values
            .0
            .iter()
            .filter(move |m| m.subject == subject)
            .filter_map(|m| m.value.finite())
            .collect::<Vec<_>>()
    };
    for (g, value) in of(Subject::Model).into_iter().enumerate() {
        // In units of the human rows' spread, which is 1: half of them are −1, half 1.
        let expected = 0.25_f64.powi(g as i32) * 30.0 / 29.0;
        assert!((value - expected).abs() < 1e-12, "{g}: {value} is not {expected}");
    }
    assert_eq!(of(Subject::Human).len(), 1);
    assert!(recorded.run(0, 1, &mut Values(Vec::new())).is_err(), "there is one run");
}

#[test]
fn a_metric_without_a_value_is_recorded_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("human.csv"), 1.0, 200);
    // Five rows are too few for the neighbours of `coverage`; all rows alike have no spread.
    write(&folder.path().join("g/gen-0.csv"), 1.0, 5);
    fs::write(folder.path().join("g/gen-1.csv"), "x\n2\n2\n2\n2\n2\n").unwrap();
    let source = open(&folder.path().join("human.csv"), &Options::default()).unwrap();
    let reader = AsHuman::new(&source, &Options::default());
    let Loaded { runs, .. } = load(&folder.path().join("g"), reader, &how()).unwrap();
    let spec = "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"elsewhere\"\n[loop]\ngenerations = 1\nsamples = 5\n\
                regime = \"elsewhere\"\n[measure]\nmetrics = [\"coverage\", \"log-determinant\", \"knn-entropy\"]\n";
    let experiment = Experiment::from_toml(spec, "test").unwrap();
    let recorded = Recorded::new(&experiment, source, runs, 5, &Context::default()).unwrap();
    let mut values = Values(Vec::new());
    recorded.run(0, 0, &mut values).unwrap();
    let at = |metric: &str| -> Vec<Observed> {
        let of = |m: &&Measurement| m.subject == Subject::Model && m.metric == metric;
        values.0.iter().filter(of).map(|m| m.value).collect()
    };
    assert_eq!(at("coverage"), [Observed::Absent(Absence::TooFewRows); 2]);
    assert_eq!(at("knn-entropy"), [Observed::Absent(Absence::TooFewRows); 2]);
    assert!(at("log-determinant")[0].finite().is_some());
    assert_eq!(at("log-determinant")[1], Observed::Number(f64::NEG_INFINITY));
}

#[test]
fn metrics_of_models_and_training_sets_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("human.csv"), 1.0, 50);
    let refuse = |metric: &str| {
        let source = open(&folder.path().join("human.csv"), &Options::default()).unwrap();
        let spec = format!(
            "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"elsewhere\"\n[loop]\ngenerations = 0\nsamples = 9\n\
             regime = \"elsewhere\"\n[measure]\nmetrics = [\"{metric}\"]\n"
        );
        let experiment = Experiment::from_toml(&spec, "test").unwrap();
        Recorded::new(&experiment, source, Vec::new(), 5, &Context::default()).err().unwrap().located()
    };
    assert!(refuse("negative-log-likelihood").contains("fitted model"));
    assert!(refuse("nearest-neighbour-memorisation").contains("training set"));
    assert!(refuse("sampel-variance").contains("sample-variance"));
}

#[test]
fn what_is_new_in_a_generation_joins_the_schema_of_all_rows() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let rows: String = (0..40).map(|i| format!("{}.5,{}\n", i * 7 % 11, ["Bern", "Graz"][i % 2])).collect();
    fs::write(at("human.csv"), format!("x,city\n{rows}")).unwrap();
    fs::create_dir(at("g")).unwrap();
    fs::write(at("g/gen-0.csv"), format!("x,city\n{rows}")).unwrap();
    fs::write(at("g/gen-1.csv"), format!("x,city\n{}1.5,\n", rows.replace("Graz", "Lyon"))).unwrap();
    let source = open(&at("human.csv"), &Options::default()).unwrap();
    let Loaded { runs, schema, cards, .. } =
        load(&at("g"), AsHuman::new(&source, &Options::default()), &how()).unwrap();
    assert_eq!(schema.fields[1].kind.codes(), Some(4), "Bern, Graz, Lyon and a gap");
    assert!(cards[0].new.is_empty() && cards[1].new[0].cells == 21, "{:?}", cards[1]);
    let source = under(source, &schema).unwrap();
    assert_eq!(source.schema(), &schema);
    assert_eq!(runs[0].1[&0].schema(), &schema);
    let last = &runs[0].1[&1];
    assert_eq!(last.len(), 41);
    assert!(matches!(last.column(1), Column::Codes { data } if data[..2] == [0, 2] && data[40] == 3));
}

#[test]
fn one_run_is_measured_on_all_its_rows_and_without_each_tenth() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("human.csv"), 1.0, 400);
    let rows: String = (0..60).map(|i| format!("{}\n", f64::from(i * i % 61) / 30.0)).collect();
    fs::create_dir(folder.path().join("g")).unwrap();
    fs::write(folder.path().join("g/gen-0.csv"), format!("x\n{rows}")).unwrap();
    let source = || open(&folder.path().join("human.csv"), &Options::default()).unwrap();
    let spec = "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"elsewhere\"\n[loop]\ngenerations = 0\nsamples = 60\n\
                regime = \"elsewhere\"\n[measure]\nmetrics = [\"sample-variance\"]\n";
    let experiment = Experiment::from_toml(spec, "test").unwrap();
    let ready = |size| {
        let reader = AsHuman::new(&source(), &Options::default());
        let Loaded { runs, .. } = load(&folder.path().join("g"), reader, &how()).unwrap();
        Recorded::new(&experiment, source(), runs, size, &Context::default()).unwrap()
    };
    let recorded = ready(60);
    assert_eq!(recorded.seeds(), (0..=PARTS).collect::<Vec<u64>>());
    let of = |seed| {
        let mut values = Values(Vec::new());
        recorded.run(0, seed, &mut values).unwrap();
        let model = |m: &&Measurement| m.subject == Subject::Model;
        values.0.iter().find(model).and_then(|m| m.value.finite()).unwrap()
    };
    let (all, without) = (of(0), (1..=PARTS).map(of).collect::<Vec<f64>>());
    let mean = without.iter().sum::<f64>() / 10.0;
    assert!((mean / all - 1.0).abs() < 0.01, "{mean} {all}");
    assert!(without.iter().enumerate().all(|(i, v)| *v != all && !without[..i].contains(v)), "{without:?}");
    assert!(recorded.run(0, PARTS + 1, &mut Values(Vec::new())).is_err());
    assert_eq!(ready(40).seeds(), [0]);
}
