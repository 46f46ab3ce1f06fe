//! The first steps with a table of one's own.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::{GAUSSIAN, collapse};

/// A table as people have them: missing cells, a column of dates, words and numbers. 120 rows.
fn people(folder: &Path) {
    let mut text = String::from("age,income,city,joined\n");
    for i in 0..120 {
        let income = if i % 17 == 3 { String::new() } else { format!("{}", 1000 + 37 * i % 911) };
        let city = ["Bern", "Graz", "Lyon"][i % 3];
        writeln!(text, "{},{income},{city},2021-{:02}-{:02}", 20 + i * 7 % 41, 1 + i % 12, 1 + i % 27)
            .unwrap();
    }
    fs::write(folder.join("people.csv"), text).unwrap();
}

/// Numbers alone: two inputs and a target that hangs on them. 120 rows.
fn numbers(folder: &Path) {
    let mut text = String::from("a,b,c\n");
    for i in 0..120 {
        let (a, b) = (f64::from(i * 37 % 101) / 10.0, f64::from(i * 53 % 89) / 10.0);
        writeln!(text, "{a},{b},{}", 2.0 * a - b + f64::from(i * 29 % 31) / 31.0).unwrap();
    }
    fs::write(folder.join("num.csv"), text).unwrap();
}

/// Runs `collapse` and returns its code and all that it said.
fn said(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = collapse(folder).args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    // Errors are wrapped to the terminal's width.
    let text = String::from_utf8(text).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    (output.status.code().unwrap(), text.replace(" │ ", " "))
}

#[test]
fn a_table_runs_at_the_first_try_and_its_card_says_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    people(folder.path());
    let compare = ["compare", "--data", "people.csv", "--dry-run", "--out", "out"];
    let (code, text) = said(folder.path(), &compare);
    assert_eq!(code, 0, "{text}");
    // Every seventeenth row from the fourth on has no income: 7 of 120.
    for part in [
        "120 read, 7 left out",
        "no value in `income`",
        "joined looks like dates",
        "city category of 3 levels",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let short = ["--seeds", "2", "--generations", "1", "--quiet", "--out", "out"];
    let (code, text) = said(folder.path(), &[&["compare", "--data", "people.csv"][..], &short].concat());
    assert!(code == 0 && text.contains("7 of 120 rows left out"), "{text}");
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("What each column was taken for") && page.contains("looks like dates"));
    let manifest = fs::read_to_string(folder.path().join("out/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["data"]["dropped"][0]["rows"], 7);
}

#[test]
fn the_advice_of_an_error_works_at_the_command_that_gives_it() {
    let folder = tempfile::tempdir().unwrap();
    people(folder.path());
    let commands: [&[&str]; 3] = [
        &["compare", "--data", "people.csv", "--dry-run", "--out", "out"],
        &["effects", "--table", "people.csv", "--label-column", "city", "--group-column", "age"],
        &["augment", "--train", "people.csv", "--synthetic", "people.csv", "--label-column", "city"],
    ];
    for command in commands {
        let (code, text) = said(folder.path(), &[command, &["--missing", "error"]].concat());
        assert!(code == 2 && text.contains("income") && text.contains("--missing drop"), "{text}");
        let (_, text) = said(folder.path(), &[command, &["--missing", "drop"]].concat());
        assert!(!text.contains("a value is missing"), "{text}");
    }
    let (code, text) = said(folder.path(), &["compare", "--data", "people.csv", "--label-column", "town"]);
    assert!(code == 2 && text.contains("no column `town`") && text.contains("`city`"), "{text}");
    let (code, text) = said(folder.path(), &["compare", "--data", "digits8x8", "--label-column", "y"]);
    assert!(code == 2 && text.contains("is a source"), "{text}");
}

#[test]
fn a_file_is_read_in_the_same_way_at_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // As pandas writes a table with its index, in a German locale; the generations as a program writes them.
    let amount = |i: usize| 1000 + i * 37 % 911;
    let (mut human, mut made) = (String::from(";Betrag;Größe?\n"), String::from("Größe?,Betrag\n"));
    for i in 0..120 {
        let size = ["klein", "groß"][i * 7 % 3 % 2];
        writeln!(human, "{i};{},5;{size}", amount(i)).unwrap();
        writeln!(made, "{size},{}.5", amount(i * 5 + 2)).unwrap();
    }
    fs::write(at("human.csv"), human).unwrap();
    fs::create_dir(at("g")).unwrap();
    fs::write(at("g/gen-0.csv"), &made).unwrap();
    fs::write(at("g/gen-1.csv"), made.replace("klein", "winzig")).unwrap();
    fs::write(at("g/readme.csv"), "no generation").unwrap();
    let measure =
        ["measure", "g", "--human", "human.csv", "--no-figures", "--quiet", "--metrics", "sample-variance"];
    let (code, text) = said(folder.path(), &measure);
    assert_eq!(code, 0, "{text}");
    for part in
        ["`x1` left out: looks like row numbers", "a decimal comma", "winzig", "not read: g/readme.csv"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let augment =
        ["augment", "--train", "human.csv", "--synthetic", "g/gen-0.csv", "--label-column", "Größe?"];
    let short = ["--repeats", "2", "--folds", "2", "--jobs", "1"];
    let (code, text) = said(folder.path(), &[&augment[..], &short].concat());
    assert!(code == 0 && text.contains("a decimal comma"), "{text}");
}

#[test]
fn metrics_see_as_many_rows_as_there_are() {
    let folder = tempfile::tempdir().unwrap();
    numbers(folder.path());
    let arguments =
        ["compare", "--data", "num.csv", "--model", "gaussian", "--metrics", "variance,wasserstein2"];
    let short = ["--seeds", "3", "--generations", "2", "--no-figures", "--quiet", "--out", "out"];
    let (code, text) = said(folder.path(), &[&arguments[..], &short].concat());
    assert!(code == 0 && text.contains("wasserstein2"), "{text}");
    // Ten rows leave three for the metrics: nothing could be decided.
    let few: String = fs::read_to_string(folder.path().join("num.csv"))
        .unwrap()
        .lines()
        .take(11)
        .fold(String::new(), |all, line| all + line + "\n");
    fs::write(folder.path().join("few.csv"), few).unwrap();
    let (code, text) = said(folder.path(), &["compare", "--data", "few.csv", "--out", "none"]);
    assert!(code == 2 && text.contains("too few") && text.contains("20 held-out rows"), "{text}");
}

#[test]
fn a_numeric_target_takes_a_regression() {
    let folder = tempfile::tempdir().unwrap();
    numbers(folder.path());
    let arguments = ["compare", "--data", "num.csv", "--model", "linear-regression", "--set", "data.label=c"];
    let short = ["--seeds", "4", "--generations", "2", "--no-figures", "--quiet", "--out", "out"];
    let (code, text) = said(folder.path(), &[&arguments[..], &short].concat());
    assert!(code == 0 && text.contains("test-mse") && !text.contains("accuracy"), "{text}");
}

#[test]
fn several_regimes_have_a_table_each_and_skipped_settings_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    numbers(folder.path());
    let arguments = ["compare", "--data", "num.csv", "--model", "gaussian", "--metrics", "sample-variance"];
    let short =
        ["--regime", "fixed-mix,accumulate", "--seeds", "4", "--generations", "2", "--quiet", "--out", "out"];
    let (code, text) = said(folder.path(), &[&arguments[..], &short].concat());
    assert_eq!(code, 0, "{text}");
    for part in
        ["regime fixed-mix", "regime accumulate", "its own", "skipped: ", "determines its own human fraction"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("accumulate: generation 2, 4 seeds"));
}

#[test]
fn options_that_would_do_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, word) in
        [(["--scales", "0,1"], "--human-rows"), (["--generations", "0"], "--generations")]
    {
        let (code, text) =
            said(folder.path(), &[&["compare", "--data", "gaussian"][..], &arguments].concat());
        assert!(code == 2 && text.contains(word), "{text}");
    }
}

#[test]
fn a_run_without_claims_says_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let spec = GAUSSIAN.replace("[about]\ntitle = \"small\"\n", "");
    fs::write(folder.path().join("mine.toml"), spec).unwrap();
    let (code, text) = said(folder.path(), &["run", "mine.toml", "--seeds", "5", "--quiet"]);
    assert_eq!(code, 0, "{text}");
    for part in ["sample-variance", "accumulate", "mean over seeds", "results/mine/"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let run = fs::read_dir(folder.path().join("results/mine")).unwrap().next().unwrap().unwrap().path();
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    let place = |heading: &str| page.find(heading).unwrap_or_else(|| panic!("no {heading}"));
    assert!(place("Change since generation 0") < place("Eight definitions of collapse"));
    assert!(page.contains("<title>mine"));
}

#[test]
fn the_template_for_tables_runs_on_one() {
    let folder = tempfile::tempdir().unwrap();
    people(folder.path());
    fs::rename(folder.path().join("people.csv"), folder.path().join("mine.csv")).unwrap();
    let template = collapse(folder.path()).args(["new", "table"]).output().unwrap().stdout;
    let template = String::from_utf8(template).unwrap();
    let spec = template
        .replace("# without = [\"id\", \"date\"]", "without = [\"joined\"]")
        .replace("samples = 100", "samples = 60");
    assert_ne!(spec, template);
    fs::write(folder.path().join("mine.toml"), spec).unwrap();
    let (code, text) =
        said(folder.path(), &["run", "mine.toml", "--quick", "--quiet", "--no-figures", "--out", "run"]);
    assert!(code == 0 && text.contains("coverage"), "{text}");
}

/// What a table exported from several programs looks like: a byte order mark, CR LF, keys, dates, gaps, free text, decimal
/// commas, and a label with a question mark in its name.
fn messy(folder: &Path) {
    let mut text = String::from("\u{feff}Kunden-ID;seit;Umsatz;Filiale;Notiz;Gekündigt?\r\n");
    for i in 0..240 {
        let sales =
            if i % 19 == 5 { String::new() } else { format!("{},{:02}", 100 + i * 37 % 811, i * 13 % 100) };
        let branch = if i % 23 == 7 { "" } else { ["Bern", "Graz", "Łódź"][i % 3] };
        let note = format!("\"rief am {}. an; Rechnung {} war „falsch“\"", 1 + i % 28, i * 97 % 8999);
        let gone = ["ja", "nein"][usize::from(i * 29 % 7 > 2)];
        write!(
            text,
            "K-{:05};{:02}.{:02}.2023;{sales};{branch};{note};{gone}\r\n",
            i * 7919 % 99_991,
            1 + i % 28,
            1 + i % 12
        )
        .unwrap();
    }
    fs::write(folder.join("kunden.csv"), text).unwrap();
}

#[test]
fn a_messy_table_runs_at_the_first_try_and_its_card_says_what_was_done() {
    let folder = tempfile::tempdir().unwrap();
    messy(folder.path());
    let short =
        ["--seeds", "2", "--generations", "1", "--samples", "60", "--no-figures", "--quiet", "--out", "out"];
    let command = ["compare", "--data", "kunden.csv", "--label-column", "Gekündigt?", "--task"];
    let (code, text) = said(folder.path(), &[&command[..], &short].concat());
    assert_eq!(code, 0, "{text}");
    // Every nineteenth row from the sixth on has no sales: 13 of 240.
    for part in [
        "13 of 240 rows left out",
        "`Kunden-ID` left out: looks like a key",
        "column `seit`: words that look like dates",
        "`Notiz` left out: looks like free text",
        "a decimal comma",
        "task-auc",
        "column-shapes",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn texts_of_three_scripts_run_at_the_first_try() {
    let folder = tempfile::tempdir().unwrap();
    let texts: [(&str, &[&str]); 3] = [
        (
            "français.txt",
            &[
                "L’été dernier, nous avons marché",
                "jusqu’à la forêt près de l’étang.",
                "Où était-elle ?",
                "Ça va, merci !",
            ],
        ),
        ("हिन्दी.txt", &["किताब मेज़ पर रखी है।", "वह स्कूल जाती है और पढ़ती है।", "क्या तुम कल आओगे?", "हमने चाय पी।"]),
        (
            "中文.txt",
            &["今天天气很好，我们去公园散步。", "他在图书馆看书。", "你吃饭了吗？", "这本书很有意思。"],
        ),
    ];
    for (name, lines) in texts {
        let text: String = (0..400)
            .map(|i| lines[i * 7 % lines.len()].to_owned() + lines[i * i % lines.len()] + "\n")
            .collect();
        fs::write(folder.path().join(name), text).unwrap();
        let (code, text) = said(folder.path(), &["compare", "--data", name, "--dry-run", "--out", "out"]);
        assert!(code == 0 && text.contains("0.00 % of all tokens are unknown"), "{text}");
        let short = [
            "--seeds",
            "2",
            "--generations",
            "1",
            "--samples",
            "40",
            "--no-figures",
            "--quiet",
            "--out",
            name.trim_end_matches(".txt"),
        ];
        let (code, text) =
            said(folder.path(), &[&["compare", "--data", name, "--model", "ngram"][..], &short].concat());
        assert!(code == 0 && text.contains("distinct-2"), "{name}: {text}");
    }
}

#[test]
fn rows_come_from_a_pipe_and_those_of_a_person_stay_on_one_side() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::from("person,a,b\n");
    for i in 0..200 {
        writeln!(text, "p{},{},{}", i % 40, i * 37 % 101, i * 53 % 89).unwrap();
    }
    let arguments = ["compare", "--data", "-", "--group-split", "person", "--dry-run", "--out", "out"];
    let output = collapse(folder.path()).args(arguments).write_stdin(text).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && text.contains("none of its 40 values is on both sides"), "{text}");
}

#[test]
fn the_synthetic_share_of_a_corpus_needs_a_synthetic_reference() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rows: &mut dyn Iterator<Item = (f64, f64)>| {
        let text = rows.fold(String::from("a,b\n"), |all, (a, b)| all + &format!("{a},{b}\n"));
        fs::write(folder.path().join(name), text).unwrap();
    };
    // Two sequences that fill an interval evenly: people 0 to 1, the generator 0.6 to 1.6.
    let even = |i: usize, by: f64| (i as f64 * by).fract();
    let people = |i: usize| (even(i, 0.618_033_988), even(i, 0.414_213_562));
    let made = |i: usize| (0.6 + even(i, 0.618_033_988), 0.6 + even(i, 0.414_213_562));
    write("human.csv", &mut (0..600).map(people));
    write("made.csv", &mut (5000..5400).map(made));
    fs::create_dir(folder.path().join("crawl")).unwrap();
    write("crawl/gen-0.csv", &mut (9000..9300).map(people));
    write("crawl/gen-1.csv", &mut (9000..9150).map(people).chain((7000..7150).map(made)));
    let measure =
        ["measure", "crawl", "--human", "human.csv", "--share", "--no-figures", "--quiet", "--json"];
    let (code, text) = said(folder.path(), &measure);
    assert!(code == 2 && text.contains("can't be known from human rows alone"), "{text}");
    let output = collapse(folder.path()).args(measure).args(["--synthetic", "made.csv"]).output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for (generation, truth) in [(0, 0.0), (1, 0.5)] {
        let row = &found["synthetic_share"][generation];
        let of = |key: &str| row[key].as_f64().unwrap();
        assert!((of("share") - truth).abs() < 0.1 && of("low") <= truth && truth <= of("high"), "{row}");
    }
}
