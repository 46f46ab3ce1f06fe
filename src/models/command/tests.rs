//! Small shell programs as models.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::time::Instant;

use super::*;
use crate::data::{Body, Column, Field, Kind, Levels, Part, Role, Rows, Samples};
use crate::models::{Ask, SampleError, Sampling};
use crate::spec::Node;

fn family(table: &str) -> Result<BoxedFamily, String> {
    let node = Node::from_toml(&format!("family = \"command\"\n{table}"), "test.toml").unwrap();
    ENTRY.make(&node).map_err(|e| e.located())
}

/// A family that runs a shell script: `$1` … are the placeholders that follow.
fn script(key: &str, text: &str, places: &str) -> String {
    format!("{key} = [\"sh\", \"-c\", '''{text}''', \"script\", {places}]\n")
}

/// The one-call form of a script with `$1` train, `$2` samples, `$3` n, `$4` seed.
fn one_call(text: &str, rows: usize) -> BoxedFamily {
    let places = "\"{train}\", \"{samples}\", \"{n}\", \"{seed}\"";
    family(&format!("{}rows = {rows}\n", script("command", text, places))).unwrap()
}

fn rows(values: std::ops::Range<i32>) -> Samples {
    let levels = Levels::Named(["red".into(), "blue".into()].into());
    let fields = vec![
        Field { name: "x".into(), role: Role::Feature, kind: Kind::F64 { width: 1 } },
        Field { name: "colour".into(), role: Role::Label, kind: Kind::Codes { levels } },
    ];
    let data: Vec<f64> = values.map(f64::from).collect();
    let codes = data.iter().map(|v| (*v as u32) % 2).collect();
    Samples::new(
        Arc::new(Schema { fields }),
        vec![Column::F64 { width: 1, data }, Column::Codes { data: codes }],
    )
    .unwrap()
}

fn mix(values: std::ops::Range<i32>) -> Mix {
    Mix::of_human(Rows::all(rows(values)))
}

fn streams(name: &str) -> Streams {
    Streams::new(0, 0).of(name)
}

fn fit(family: &dyn Family) -> Result<Box<dyn Model>, FitError> {
    family.fit(&mix(0..20), Start::Scratch, &streams("fit"))
}

fn values(model: &dyn Model, n: usize, name: &str) -> Result<Vec<f64>, SampleError> {
    Ok(model.synthesise(Ask::Rows, n, &Sampling::default(), &streams(name))?.features())
}

#[test]
fn one_call_gives_its_rows_to_one_ask_after_the_other() {
    // The program's samples are its training rows.
    let family = one_call("cp \"$1\" \"$2\"", 20);
    let model = fit(family.as_ref()).unwrap();
    let numbers = |from: i32, to: i32| (from..to).map(f64::from).collect::<Vec<_>>();
    assert_eq!(values(&*model, 3, "a").unwrap(), numbers(0, 3));
    assert_eq!(values(&*model, 5, "b").unwrap(), numbers(3, 8));
    assert_eq!(values(&*model, 3, "a").unwrap(), numbers(0, 3), "the same stream, the same rows");
    assert_eq!(values(&*model, 5, "a").unwrap(), [0.0, 1.0, 2.0, 8.0, 9.0], "and further ones");
    let error = values(&*model, 11, "c").unwrap_err().to_string();
    assert!(error.contains("10 are left") && error.contains("`model.rows` to 21"), "{error}");
    assert!(values(&*model, 0, "d").unwrap().is_empty());
}

#[test]
fn two_calls_share_a_folder_and_the_seed_is_the_asks_own() {
    // The model is the number of training rows; a row is that and the seed.
    let fit_script = script("fit", "grep -c , \"$1\" > \"$2/rows\"", "\"{train}\", \"{model}\"");
    let sample = "echo x,colour > \"$2\"; i=0; while [ $i -lt $3 ]; do echo $4,red >> \"$2\"; i=$((i+1)); done; \
                  [ \"$(cat \"$1/rows\")\" = 21 ]";
    let sample = script("sample", sample, "\"{model}\", \"{samples}\", \"{n}\", \"{seed}\"");
    let family = family(&format!("{fit_script}{sample}")).unwrap();
    let (a, b) = (fit(family.as_ref()).unwrap(), fit(family.as_ref()).unwrap());
    let first = values(&*a, 3, "x").unwrap();
    assert_eq!(first, [first[0]; 3]);
    assert_eq!(first, values(&*b, 3, "x").unwrap(), "another fit, the same stream");
    assert_ne!(first, values(&*a, 3, "y").unwrap());
    let label = a.synthesise(Ask::Given(&rows(0..2)), 2, &Sampling::default(), &streams("x"));
    assert!(matches!(label, Err(SampleError::Refused(_))), "it makes rows only");
    let hot = Sampling { temperature: 2.0, ..Sampling::default() };
    assert!(matches!(a.synthesise(Ask::Rows, 2, &hot, &streams("x")), Err(SampleError::Refused(_))));
}

#[test]
fn the_training_file_has_weights_where_rows_weigh_differently() {
    let family = one_call("head -n 1 \"$1\" >&2; tail -n 1 \"$1\" >&2; exit 7", 1);
    let error = |mix: &Mix| family.fit(mix, Start::Scratch, &streams("fit")).err().unwrap().to_string();
    let text = error(&mix(0..20));
    assert!(text.contains("exit code 7") && text.contains("\n    x,colour\n    19,blue"), "{text}");
    let mut weighted = mix(0..10);
    weighted.parts.push(Part { weight: 3.0, ..Part::human(0, Body::Rows(Rows::all(rows(10..20)))) });
    // Weights 1 and 3 in equal numbers have mean 2.
    let text = error(&weighted);
    assert!(text.contains("x,colour,sample_weight") && text.contains("19,blue,1.5"), "{text}");
}

#[test]
fn every_failure_names_the_program_the_place_and_what_it_said() {
    let failed = |text: &str| fit(one_call(text, 2).as_ref()).err().unwrap().to_string();
    for (text, expected) in [
        ("echo 'loss: nan'; exit 3", "exit code 3. Its last words:\n    loss: nan"),
        ("kill -9 $$", "by a signal"),
        ("true", "no sample file"),
        ("echo x,colour > \"$2\"; echo 1,red >> \"$2\"", "1 rows in samples.csv where 2 were asked for"),
        ("printf 'x,colour\\n1,red\\nnan,red\\n' > \"$2\"", "line 3, column `x`: `nan` is not a finite"),
        (
            "printf 'x,colour\\n1,red\\n2,green\\n' > \"$2\"",
            "line 3, column `colour`: `green` is no category",
        ),
        ("printf 'x,color\\n1,red\\n' > \"$2\"", "the column `colour` is missing"),
        ("printf 'x,colour,z\\n1,red,1\\n' > \"$2\"", "nothing is known of a column `z`"),
        ("printf 'x,colour\\n1\\n' > \"$2\"", "line 2"),
        ("true > \"$2\"", "empty"),
    ] {
        let error = failed(text);
        assert!(error.starts_with("`sh -c") && error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_program_that_hangs_is_ended_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let child = folder.path().join("child");
    let text = format!("sleep 60 & echo $! > '{}'; wait", child.display());
    let places = "\"{train}\", \"{samples}\"";
    let table = format!("{}rows = 1\ntimeout = 0.3\n", script("command", &text, places));
    let started = Instant::now();
    let error = fit(family(&table).unwrap().as_ref()).err().unwrap().to_string();
    assert!(error.contains("longer than `timeout` = 0.3 s"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30), "it did not wait for the child");
    let pid: i32 = fs::read_to_string(child).unwrap().trim().parse().unwrap();
    // The child is gone, or a zombie that nobody has waited for yet.
    let alive = || {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
        match stat {
            Ok(stat) => !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'),
            Err(_) => {
                cfg!(not(target_os = "linux"))
                    && nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok()
            }
        }
    };
    let until = Instant::now() + Duration::from_secs(10);
    while alive() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(!alive(), "the child still runs");
}

#[test]
fn a_table_that_makes_no_program_says_which_key() {
    for (table, expected) in [
        ("", "no program is named"),
        ("command = [\"a\", \"{train}\", \"{samples}\"]", "`rows`"),
        ("command = [\"a\", \"{train}\"]\nrows = 5", "`{samples}` is missing"),
        ("command = [\"a\", \"{train}\", \"{samples}\", \"{model}\"]\nrows = 5", "`{model}` means nothing"),
        ("command = [\"a\", \"{train}\", \"{samples}\", \"{out}\"]\nrows = 5", "`{out}` is no placeholder"),
        ("fit = [\"a\", \"{train}\", \"{model}\"]", "`sample`"),
        ("sample = [\"a\"]", "`fit` is missing"),
        (
            "fit = [\"a\", \"{train}\", \"{model}\"]\nsample = [\"a\", \"{model}\", \"{samples}\"]",
            "`{n}` is missing",
        ),
        ("command = [\"a\", \"{train}\", \"{samples}\"]\nrows = 5\ntimeout = 0", "`timeout`"),
        ("command = [\"a\", \"{train}\", \"{samples}\"]\nrows = 0", "`rows`"),
        ("comand = [\"a\"]", "comand"),
    ] {
        let error = family(table).err().unwrap_or_else(|| panic!("accepted: {table}"));
        assert!(error.contains(expected), "{table}: {error}");
    }
    let missing = family("command = [\"no-such-program\", \"{train}\", \"{samples}\"]\nrows = 5").unwrap();
    let refusal = missing.accepts(rows(0..1).schema()).unwrap_err().to_string();
    assert!(refusal.contains("no program `no-such-program`"), "{refusal}");
}

#[test]
fn an_edited_script_is_another_setting() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train.sh"), "cp \"$1\" \"$2\"").unwrap();
    let table = format!(
        "command = [\"sh\", \"train.sh\", \"{{train}}\", \"{{samples}}\"]\nrows = 5\nfolder = '{}'",
        folder.path().display()
    );
    let family = family(&table).unwrap();
    assert_eq!(values(&*fit(family.as_ref()).unwrap(), 2, "a").unwrap(), [0.0, 1.0], "it runs in its folder");
    let before = family.fingerprint();
    fs::write(folder.path().join("train.sh"), "head -n 2 \"$1\" > \"$2\"").unwrap();
    assert_ne!(before, family.fingerprint());
}
