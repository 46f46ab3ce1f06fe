//! A shared first fit changes no row.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use super::fake::Told;
use super::*;
use crate::lineage::Context;
use crate::spec::Experiment;

/// Two groups of settings, each with a first fit of its own.
const SPEC: &str = r#"
[data]
source = "moby-dick"
row_tokens = 12
[model]
family = "gru"
width = 16
embedding = 8
steps = 12
[loop]
generations = 2
samples = 60
regime = "replace"
start = "warm"
[measure]
metrics = ["perplexity", "distinct-2"]
size = 20
[sweep]
seeds = 3
[[sweep.point]]
"loop.regime" = "replace"
[[sweep.point]]
"loop.regime" = "accumulate"
[[sweep.point]]
"loop.regime" = "accumulate-subsample"
[[sweep.point]]
"loop.initial" = 40
[[sweep.point]]
"loop.regime" = "accumulate"
"loop.initial" = 40
"#;

/// Another corpus, on which a model is trained first.
const BASE: &str =
    "[base]\ndata = { source = \"state-of-the-union\", row_tokens = 12 }\nrows = 50\nsteps = 9\n";

fn prepared(spec: &str) -> Prepared {
    Prepared::new(Experiment::from_toml(spec, "test.toml").unwrap(), &Context::default()).unwrap()
}

/// The same work without shared fits: every fit is made alone.
struct Alone(Prepared);

impl Work for Alone {
    fn settings(&self) -> &[SettingInfo] {
        self.0.settings()
    }

    fn run(&self, setting: usize, seed: u64, record: &mut dyn Record) -> Result<Outcome, LineageError> {
        self.0.run(setting, seed, record)
    }
}

fn rows(work: &dyn Work, out: &Path, jobs: usize) -> String {
    rows_of(work, &[0, 1, 2], out, jobs)
}

fn rows_of(work: &dyn Work, seeds: &[u64], out: &Path, jobs: usize) -> String {
    let (interrupt, told) = (Interrupt::new(), Told::default());
    let options = Options {
        out: out.into(),
        experiment: "shared".into(),
        jobs,
        examples: 1,
        keep_models: false,
        isolation: None,
        cell_timeout: None,
        interrupt: &interrupt,
        progress: &told,
    };
    let report = run(work, seeds, &options).unwrap();
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    fs::read_to_string(out.join("metrics.csv")).unwrap()
}

#[test]
fn shared_first_fits_give_the_rows_of_private_ones_with_any_jobs_and_when_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let alone = rows(&Alone(prepared(SPEC)), &at("alone"), 1);
    assert!(alone.lines().count() > 3 * 5 * 3 * 2, "{alone}");
    let work = prepared(SPEC);
    assert_eq!(work.first_fit(0), work.first_fit(2));
    assert_ne!(work.first_fit(0), work.first_fit(3));
    assert_eq!(work.first_fit(3), work.first_fit(4));
    assert_eq!(rows(&work, &at("one"), 1), alone);
    assert_eq!(rows(&work, &at("two"), 2), alone);
    // Some cells are there already, others not.
    assert!(rows_of(&work, &[1], &at("resumed"), 2).len() < alone.len());
    assert_eq!(rows(&work, &at("resumed"), 2), alone);
}

#[test]
fn every_fit_starts_from_a_base_of_another_corpus_whose_rows_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let spec = SPEC.replace("start = \"warm\"", "start = \"base\"");
    let with = format!("{spec}{BASE}");
    let work = prepared(&with);
    let note = "human budget: the base is trained on 50 rows of state-of-the-union, beside the loop's 60";
    assert!(work.settings[0].notes.iter().any(|n| n == note), "{:?}", work.settings[0].notes);
    let alone = rows(&Alone(prepared(&with)), &at("alone"), 1);
    assert_eq!(rows(&work, &at("two"), 2), alone);
    let without = prepared(&spec);
    assert!(without.settings[0].notes.iter().any(|n| n.contains("anchors the loop")));
    let first = |table: &str| table.lines().find(|l| l.contains("perplexity")).map(str::to_owned);
    assert_ne!(first(&rows(&without, &at("without"), 1)), first(&alone));
    let own = format!("{spec}{}", BASE.replace("state-of-the-union", "moby-dick"));
    assert!(prepared(&own).settings[0].notes.iter().any(|n| n.contains("the loop's own source")));
    let scratch = format!("{}{BASE}", SPEC.replace("start = \"warm\"\n", ""));
    let refused = Prepared::new(Experiment::from_toml(&scratch, "test.toml").unwrap(), &Context::default());
    assert!(refused.err().unwrap().to_string().contains("no fit starts from this base"));
}
