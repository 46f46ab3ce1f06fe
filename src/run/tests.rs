#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::Ordering;

use super::fake::{Fake, Told, go};
use super::*;
use crate::store::{Cell, Identity, Status, cells};

/// The bytes of the tables but for wall-clock time.
fn result(out: &Path) -> (Vec<u8>, Vec<u8>, Vec<Cell>) {
    let folder = Folder::at(out);
    let mut cells = entries(out);
    cells.iter_mut().for_each(|cell| cell.wall_seconds = 0.0);
    (std::fs::read(folder.metrics()).unwrap(), std::fs::read(folder.lineages()).unwrap(), cells)
}

/// What became of the cells.
fn entries(out: &Path) -> Vec<Cell> {
    cells(&Settings::load(&Folder::at(out)).unwrap(), &lineages(out))
}

/// What lies in a folder.
fn lineages(out: &Path) -> Lineages {
    Lineages::open(&Folder::at(out)).unwrap()
}

/// The files of rows.
fn files(out: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(Folder::at(out).rows()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

fn fresh(fake: &Fake, seeds: &[u64], jobs: usize) -> (tempfile::TempDir, RunReport) {
    let out = tempfile::tempdir().unwrap();
    let report = go(fake, seeds, out.path(), jobs, &Told::default());
    (out, report)
}

/// The rows of `metrics.csv`, by column.
fn metrics(out: &Path) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_path(Folder::at(out).metrics()).unwrap().deserialize().map(Result::unwrap).collect()
}

fn all(seeds: std::ops::Range<u64>) -> Vec<u64> {
    seeds.collect()
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    // One cell whose sub-blocks are shared out, and many small ones.
    for (size, seeds) in [(1000, 700), (1, 12), (10, 35)] {
        let fake = Fake::new(&[5, 50], size, 6);
        let (one, _) = fresh(&fake, &all(0..seeds), 1);
        let (two, report) = fresh(&fake, &all(0..seeds), 2);
        assert_eq!(result(one.path()), result(two.path()));
        assert_eq!(report.lineages, 2 * seeds);
        assert_eq!(report.exit_code(), 0);
    }
}

#[test]
fn rows_read_back_in_order_with_their_setting() {
    let fake = Fake::new(&[50, 5], 3, 2);
    let (out, report) = fresh(&fake, &[4, 0, 2, 2], 2);
    let rows = metrics(out.path());
    assert_eq!(rows.len() as u64, report.tables.rows);
    assert_eq!(rows.len(), 2 * 3 * 3 * 2);
    let number = |row: &BTreeMap<String, String>, column: &str| row[column].parse::<u64>().unwrap();
    let keys: Vec<_> = rows
        .iter()
        .map(|r| {
            let setting = usize::from(r["samples"] == "5");
            (setting, number(r, "seed"), number(r, "generation"), r["metric"].clone())
        })
        .collect();
    assert!(keys.is_sorted() && rows.iter().all(|r| r["model"] == "gaussian, \"exact\""));
    assert!(rows.iter().all(|r| r["loop.initial"] == r["samples"]));
    // What lies there is what the table says.
    let settings = Settings::load(&Folder::at(out.path())).unwrap();
    assert_eq!(settings, Settings::of(&fake.settings).with_seeds(&[0, 2, 4]));
    let (lineages, mut told) = (lineages(out.path()), 0);
    for (info, record) in fake.settings.iter().zip(settings.iter()) {
        assert_eq!(record.identity(), Identity::from(info));
        for seeds in lineages.of(record.identity(), settings.seeds()) {
            for (at, slot) in seeds.group.slots.iter().enumerate() {
                for (seed, observed) in seeds.observed(at) {
                    let same = |r: &&BTreeMap<String, String>| {
                        r["samples"] == info.samples.unwrap().to_string()
                            && r["cell"] == record.cell(seed)
                            && number(r, "seed") == seed
                            && number(r, "generation") == u64::from(slot.generation)
                            && r["metric"] == slot.metric
                    };
                    let row = rows.iter().find(same).unwrap();
                    assert_eq!(row["value"].parse().ok(), observed.number());
                    told += 1;
                }
            }
        }
    }
    assert_eq!(told, rows.len());
    let entries = entries(out.path());
    assert_eq!(entries.len(), 4);
    assert_eq!((entries[1].first_seed, entries[1].seeds), (Some(4), 1));
}

#[test]
fn a_finished_run_is_not_run_again_and_more_seeds_cost_only_themselves() {
    for size in [1, 8, 1000] {
        let fake = Fake::new(&[5, 50], size, 4);
        let (out, _) = fresh(&fake, &all(0..5), 2);
        let told = Told::default();
        let again = go(&fake, &all(0..5), out.path(), 2, &told);
        assert_eq!((again.lineages, again.reused), (0, 10));
        let more = go(&fake, &all(0..150), out.path(), 2, &told);
        assert_eq!((more.lineages, more.reused), (290, 10));
        let (at_once, _) = fresh(&fake, &all(0..150), 1);
        assert_eq!(result(out.path()), result(at_once.path()));
        // Each lineage's generations were told, however few were waiting to be told.
        assert_eq!(told.generations.load(Ordering::SeqCst), 290 * 5);
    }
}

#[test]
fn fewer_seeds_give_the_tables_of_fewer_seeds() {
    let fake = Fake::new(&[5], 10, 3);
    let (out, _) = fresh(&fake, &all(0..20), 1);
    go(&fake, &all(0..15), out.path(), 1, &Told::default());
    let (few, _) = fresh(&fake, &all(0..15), 1);
    assert_eq!(result(out.path()).0, result(few.path()).0);
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    for (size, seeds, after, jobs) in [(1000, 400, 130, 1), (1000, 400, 130, 2), (4, 30, 11, 2)] {
        let mut fake = Fake::new(&[5, 50], size, 4);
        fake.interrupt = Some((Interrupt::new(), after));
        let out = tempfile::tempdir().unwrap();
        let report = go(&fake, &all(0..seeds), out.path(), jobs, &Told::default());
        assert!(report.interrupted && report.tables.pending > 0);
        assert_eq!(report.exit_code(), 130);
        assert!(report.lineages < 2 * seeds);
        assert!(report.lineages >= after, "finished seeds are kept");
        fake.interrupt = None;
        let rest = go(&fake, &all(0..seeds), out.path(), jobs, &Told::default());
        assert_eq!(rest.lineages + report.lineages, 2 * seeds);
        let (at_once, _) = fresh(&fake, &all(0..seeds), 1);
        assert_eq!(result(out.path()), result(at_once.path()));
    }
}

#[test]
fn a_failing_and_a_panicking_seed_are_named_and_do_not_stop_the_others() {
    for size in [1, 1000] {
        let mut fake = Fake::new(&[5], size, 4);
        fake.fail = BTreeSet::from([3]);
        fake.panic = BTreeSet::from([7]);
        let (out, told) = (tempfile::tempdir().unwrap(), Told::default());
        let report = go(&fake, &all(0..10), out.path(), 2, &told);
        assert_eq!((report.lineages, report.exit_code()), (10, 1));
        let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
        assert_eq!(failures.len(), 2);
        assert!(failures[0].contains("seed 3, generation 3, fit: singular covariance"), "{failures:?}");
        assert!(failures[1].contains("seed 7") && failures[1].contains("a bug at seed 7"));
        assert_eq!(locked(&told.failures).len(), 2);
        // Nothing of a failed lineage is in the tables.
        let healthy: Vec<u64> = (0..10).filter(|s| ![3, 7].contains(s)).collect();
        let (without, _) = fresh(&Fake::new(&[5], size, 4), &healthy, 1);
        assert_eq!(result(out.path()).0, result(without.path()).0);
        let entries = entries(out.path());
        let failed = entries.iter().filter(|e| e.status == Status::Failed);
        assert!(failed.clone().count() > 0 && failed.clone().all(|e| e.error.contains("seed")));
        // Mended, they are run again.
        let mended = go(&Fake::new(&[5], size, 4), &all(0..10), out.path(), 2, &told);
        let (whole, _) = fresh(&Fake::new(&[5], size, 4), &all(0..10), 1);
        assert_eq!(mended.exit_code(), 0);
        assert_eq!(result(out.path()), result(whole.path()));
    }
}

#[test]
fn what_was_in_a_damaged_file_is_told_once_and_run_again() {
    let fake = Fake::new(&[5, 50], 2, 4);
    let (out, _) = fresh(&fake, &all(0..6), 2);
    let folder = Folder::at(out.path());
    let first = files(out.path());
    go(&fake, &all(0..8), out.path(), 2, &Told::default());
    let before = result(out.path());
    // The lineages of the first six seeds lie in one file or more, those of the last two in others.
    for path in &first {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    }
    std::fs::write(folder.rows().join(".writing-abc"), "{\"format\"").unwrap();
    let told = Told::default();
    let report = go(&fake, &all(0..8), out.path(), 2, &told);
    assert_eq!((report.lineages, report.reused), (12, 4));
    assert_eq!(locked(&told.notes).len(), first.len(), "{:?}", told.notes);
    assert_eq!(result(out.path()), before);
    assert!(!folder.rows().join(".writing-abc").exists());
    assert!(first.iter().all(|path| !path.exists()), "what is of no use is gone");
    let again = go(&fake, &all(0..8), out.path(), 2, &told);
    assert_eq!((again.lineages, locked(&told.notes).len()), (0, first.len()));
}

#[test]
fn the_first_seed_alone_shows_rows() {
    let fake = Fake::new(&[5, 50], 2, 4);
    let (out, _) = fresh(&fake, &[6, 3, 4], 2);
    let lineages = lineages(out.path());
    let examples = lineages.examples(&[3, 4, 6]);
    assert_eq!(examples.len(), 2);
    for examples in examples.values() {
        let shown: Vec<_> = examples.iter().map(|e| (e.seed, e.generation, e.rows.len())).collect();
        assert_eq!(shown, (0..5).map(|generation| (3, generation, 2)).collect::<Vec<_>>());
    }
    assert!(lineages.examples(&[4, 6]).is_empty());
}

#[test]
fn another_measurement_is_run_and_the_first_is_kept() {
    let mut fake = Fake::new(&[5], 2, 4);
    let (out, _) = fresh(&fake, &all(0..4), 1);
    fake.settings[0].measure_digest = "more metrics".into();
    let told = Told::default();
    assert_eq!(go(&fake, &all(0..4), out.path(), 1, &told).lineages, 4);
    assert_eq!(locked(&told.notes).len(), 1);
    // What was measured before is still there.
    fake.settings[0].measure_digest = "variance".into();
    assert_eq!(go(&fake, &all(0..4), out.path(), 1, &told).lineages, 0);
}

#[test]
fn values_that_are_missing_are_noted_and_have_a_row_with_the_reason() {
    let mut fake = Fake::new(&[5], 10, 4);
    fake.not_finite = BTreeSet::from([2, 3]);
    let (out, report) = fresh(&fake, &all(0..10), 2);
    assert_eq!(report.tables.rows, 10 * 2 * 5);
    assert_eq!(report.tables.notes.len(), 1);
    let note = report.tables.notes[0].to_string();
    assert_eq!(
        note,
        "deviation (model): no value 10 times (undefined-here), first at seed 2, generation 0: it is not a number"
    );
    let lost = |r: &&BTreeMap<String, String>| r["value"].is_empty();
    let rows = metrics(out.path());
    assert_eq!(rows.iter().filter(lost).count(), 10);
    assert!(rows.iter().filter(lost).all(|r| r["why"] == "undefined-here" && r["metric"] == "deviation"));
    assert!(rows.iter().filter(|r| !r["value"].is_empty()).all(|r| r["why"].is_empty()));
    assert!(!String::from_utf8(result(out.path()).0).unwrap().contains("NaN"));
}

#[test]
fn skipped_settings_stand_in_the_table_with_their_reason() {
    let mut fake = Fake::new(&[5, 50], 10, 4);
    fake.settings[0].skipped = Some("accumulate determines its own human fraction".into());
    let (out, report) = fresh(&fake, &all(0..3), 1);
    assert_eq!((report.tables.skipped, report.tables.done, report.lineages), (1, 1, 3));
    let entries = entries(out.path());
    assert_eq!(entries[0].error, "accumulate determines its own human fraction");
}

/// The law: E v(g) = (1 − 1/n)^(g+1), with the sample's own standard error, five of them.
#[test]
fn the_rows_of_three_hundred_seeds_are_those_of_the_law() {
    let (out, _) = fresh(&Fake::new(&[20], 1000, 3), &all(0..300), 2);
    let table = metrics(out.path());
    for generation in 0..=3 {
        let here = |r: &&BTreeMap<String, String>| {
            r["generation"] == generation.to_string() && r["metric"] == "variance"
        };
        let values: Vec<f64> = table.iter().filter(here).map(|r| r["value"].parse().unwrap()).collect();
        let mean = values.iter().sum::<f64>() / 300.0;
        let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        let law = (1.0_f64 - 1.0 / 20.0).powi(generation + 1);
        assert!((mean - law).abs() < 5.0 * (squares / 299.0 / 300.0).sqrt(), "generation {generation}");
    }
}

#[test]
fn a_cell_over_its_time_fails_and_says_so() {
    let mut fake = Fake::new(&[5], 1, 50);
    fake.delay = Duration::from_millis(20);
    let (out, interrupt) = (tempfile::tempdir().unwrap(), Interrupt::new());
    let options = Options {
        out: out.path().into(),
        experiment: "fake".into(),
        jobs: 2,
        examples: 0,
        keep_models: false,
        isolation: None,
        cell_timeout: Some(Duration::from_millis(50)),
        interrupt: &interrupt,
        progress: &Silent,
    };
    let report = run(&fake, &[0, 1], &options).unwrap();
    assert_eq!((report.failures.len(), report.exit_code()), (2, 1));
    assert!(report.failures[0].error.contains("longer than 0.05 s"));
}

#[test]
fn impossible_calls_are_refused() {
    let (out, interrupt) = (tempfile::tempdir().unwrap(), Interrupt::new());
    let options = Options {
        out: out.path().into(),
        experiment: "fake".into(),
        jobs: 1,
        examples: 0,
        keep_models: false,
        isolation: None,
        cell_timeout: None,
        interrupt: &interrupt,
        progress: &Silent,
    };
    assert!(matches!(run(&Fake::new(&[5], 1, 2), &[], &options), Err(RunError::NoSeeds)));
    let twice = Fake::new(&[5, 5], 1, 2);
    assert!(matches!(run(&twice, &[0], &options), Err(RunError::SameSetting { .. })));
    let _held = Folder::at(out.path()).prepare().unwrap();
    let refused = run(&Fake::new(&[5], 1, 2), &[0], &options).unwrap_err();
    assert!(refused.to_string().contains("another process"), "{refused}");
}

#[test]
fn an_estimate_counts_what_is_left() {
    let mut fake = Fake::new(&[5, 50], 1, 9);
    let (out, interrupt) = (tempfile::tempdir().unwrap(), Interrupt::new());
    let options = Options {
        out: out.path().join("new"),
        experiment: "fake".into(),
        jobs: 2,
        examples: 0,
        keep_models: false,
        isolation: None,
        cell_timeout: None,
        interrupt: &interrupt,
        progress: &Silent,
    };
    // 80 generations of 0.5 s and 2 numbers on 2 threads.
    let timing = estimate::Timing { generations: 10, seconds: 0.5, numbers: 2.0 };
    let mut asked = 0;
    let told = estimate(&fake, &all(0..4), &options, |_| {
        asked += 1;
        Ok(timing)
    })
    .unwrap();
    assert_eq!((told.settings, told.cells, told.cells_left), (2, 8, 8));
    assert_eq!((told.lineages_left, told.fits_left), (8, 80));
    assert_eq!((told.seconds, asked), (Some(20.0), 2));
    let blind = estimate(&fake, &[0], &options, |_| Err("late".into())).unwrap();
    assert_eq!((blind.seconds, blind.bytes, blind.untimed), (None, None, vec!["late".to_owned()]));
    fake.delay = Duration::from_millis(2);
    // A sleep takes at least as long as was asked.
    let probed = estimate::probe(&fake, 0, 0, Duration::from_millis(5)).unwrap();
    assert!(probed.seconds >= 0.002 && probed.numbers == 2.0, "{probed:?}");
    assert!(!options.out.exists(), "an estimate writes nothing");
    run(&fake, &[0], &options).unwrap();
    let written = std::fs::read(Folder::at(&options.out).metrics()).unwrap().len() as u64;
    let guess = told.bytes.unwrap() / 4;
    assert!((written..5 * written).contains(&guess), "a guess of {guess} bytes for {written} and the cells");
    let rest = estimate(&fake, &all(0..4), &options, |_| panic!("cells are there")).unwrap();
    assert_eq!((rest.cells_left, rest.lineages_left), (6, 6));
    assert!(rest.seconds.unwrap() > 0.0);
}

#[test]
fn lines_tell_failures_at_once() {
    let mut text = Vec::new();
    {
        let lines = progress::Lines::new(&mut text);
        lines.start(100, 3);
        lines.setting("n = 5");
        lines.advance(50);
        let (cell, setting, error) = ("abc-0".into(), "n = 5".into(), "singular".into());
        let failure = Failure { cell, setting, seed: 4, error };
        lines.failure(&failure);
        lines.failure(&Failure { seed: 5, ..failure.clone() });
        lines.failure(&Failure { seed: 6, error: "seed 6: no rows".into(), ..failure.clone() });
        lines.failure(&Failure { seed: 7, error: "seed 7: no rows".into(), ..failure });
        lines.finish();
    }
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches("failed: ").count(), 2, "one line for each reason: {text}");
    assert!(text.contains("3 lineages were finished before"));
    assert!(text.contains("failed: n = 5 (cell abc-0), seed 4: singular"));
}

/// Not a test of correctness: prints what an observation costs. Run with
/// `cargo test --release --lib an_observation_costs -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn an_observation_costs_less_than_a_microsecond() {
    struct Constant(Vec<SettingInfo>);
    impl Work for Constant {
        fn settings(&self) -> &[SettingInfo] {
            &self.0
        }
        fn run(&self, _: usize, seed: u64, record: &mut dyn Record) -> Result<Outcome, LineageError> {
            let mut value = 1.0 + seed as f64 * 1e-5;
            for generation in 0..60 {
                for metric in ["variance", "mean-error", "wasserstein2"] {
                    // A spread of values over many bins, at the cost of one multiplication.
                    value = (value * 1.618_033_988_7) % 7.0 + 1e-3;
                    let (subject, metric) = (crate::metrics::Subject::Model, metric.into());
                    let (member, seed) = (0, seed);
                    record.measurement(crate::metrics::Measurement {
                        seed,
                        member,
                        generation,
                        subject,
                        metric,
                        value: crate::metrics::Observed::Number(value),
                    });
                }
                record.generation(seed, generation);
            }
            Ok(Outcome { stop_reason: crate::lineage::StopReason::Finished, last_generation: 59 })
        }
    }
    let fake = Fake::new(&[5], 1000, 59);
    let seeds = 10_000;
    {
        let (out, interrupt) = (tempfile::tempdir().unwrap(), Interrupt::new());
        let options = Options {
            out: out.path().into(),
            experiment: "cost".into(),
            jobs: 1,
            examples: 0,
            keep_models: false,
            isolation: None,
            cell_timeout: None,
            interrupt: &interrupt,
            progress: &Silent,
        };
        let report = run(&Constant(fake.settings.clone()), &all(0..seeds), &options).unwrap();
        let each = report.wall_seconds / (seeds * 180) as f64;
        eprintln!("{:.2} s, {:.0} ns an observation", report.wall_seconds, each * 1e9);
    }
}

#[test]
fn costly_cells_are_started_first() {
    let spec = "
        data = { source = 'gaussian', dim = 3 }
        model = { family = 'gaussian' }
        loop = { generations = 2, regime = 'accumulate-subsample', samples = 5 }
        measure = { metrics = ['variance'] }
        [sweep]
        seeds = 2
        'data.dim' = [1, 3]
        'loop.samples' = [5, 50]
    ";
    let experiment = crate::spec::Experiment::from_toml(spec, "test").unwrap();
    let work = Prepared::new(experiment, &crate::lineage::Context::default()).unwrap();
    // The cost of a generation grows with its rows, and more than in proportion with their width.
    let rest = |setting: usize| work.cost(setting, 3) - 3.0 * 2000.0;
    assert!((rest(1) / rest(0) - 10.0).abs() < 1e-9 && rest(2) > 3.0 * rest(0));
    let todo = |setting: usize| {
        let info = &work.settings()[setting];
        let (digest, cell) = (info.digest.clone(), info.cell_name(0));
        plan::Todo { setting, digest, cell, seeds: vec![0, 1], into: None }
    };
    let mut plan = plan::Plan { todo: (0..4).map(todo).collect(), cells: 4, reused: 0 };
    plan.costliest_first(&work);
    let order: Vec<usize> = plan.todo.iter().map(|t| t.setting).collect();
    assert_eq!(order, [3, 1, 2, 0]);
}
