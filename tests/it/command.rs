//! Running, resuming, listing, describing, drawing.

use std::fs;

use crate::{GAUSSIAN, collapse};

fn rows(folder: &std::path::Path) -> String {
    fs::read_to_string(folder.join("metrics.csv")).unwrap()
}

#[test]
fn one_and_two_jobs_give_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), GAUSSIAN).unwrap();
    for jobs in ["1", "2"] {
        collapse(folder.path())
            .args(["run", "spec.toml", "--quiet", "--no-figures", "--jobs", jobs, "--out", jobs])
            .assert()
            .success();
    }
    let (one, two) = (rows(&folder.path().join("1")), rows(&folder.path().join("2")));
    assert!(one.lines().count() > 1000, "{} lines", one.lines().count());
    assert_eq!(one, two);
}

#[test]
fn more_seeds_continue_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), GAUSSIAN).unwrap();
    let run = |seeds: &str, out: &str| {
        collapse(folder.path())
            .args(["run", "spec.toml", "--quiet", "--no-figures", "--seeds", seeds, "--out", out])
            .assert()
            .success();
    };
    run("10", "grown");
    run("30", "grown");
    run("30", "whole");
    assert_eq!(rows(&folder.path().join("grown")), rows(&folder.path().join("whole")));
}

#[test]
fn a_run_leaves_rows_figures_a_page_and_a_notebook() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), GAUSSIAN).unwrap();
    collapse(folder.path()).args(["run", "spec.toml", "--quiet", "--out", "run"]).assert().success();
    let run = folder.path().join("run");
    for file in [
        "metrics.csv",
        "summary.csv",
        "cells.csv",
        "lineages.csv",
        "spec.toml",
        "manifest.json",
        "report.html",
        "notebook.ipynb",
        "figures/curves.svg",
        "figures/curves.png",
    ] {
        let size = fs::metadata(run.join(file)).unwrap_or_else(|_| panic!("no {file}")).len();
        assert!(size > 100, "{file} has {size} bytes");
    }
    let rows = rows(&run);
    assert!(!rows.contains("NaN") && !rows.contains("inf"));
    // The resolved spec runs to the same rows, and figures and page can be made anew.
    collapse(folder.path())
        .args(["run", "run/spec.toml", "--quiet", "--no-figures", "--out", "again"])
        .assert()
        .success();
    let names = |text: &str| -> Vec<String> {
        text.lines().map(|l| l.split_once(',').unwrap().1.to_owned()).collect()
    };
    let again = fs::read_to_string(folder.path().join("again/metrics.csv")).unwrap();
    assert_eq!(names(&rows), names(&again));
    fs::remove_dir_all(run.join("figures")).unwrap();
    collapse(folder.path()).args(["plot", "run"]).assert().success();
    assert!(run.join("figures/curves.png").is_file());
    collapse(folder.path()).args(["report", "run"]).assert().success();
}

#[test]
fn a_dry_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), GAUSSIAN).unwrap();
    let output = collapse(folder.path()).args(["run", "spec.toml", "--dry-run"]).assert().success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(text.contains("cells") && text.contains("time") && text.contains("disk"), "{text}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn everything_that_is_listed_is_described() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "gaussian",
        "vae",
        "gpt",
        "coverage",
        "perplexity",
        "accumulate",
        "deduplicate",
        "gaussian-replace-variance",
    ] {
        let output = collapse(folder.path()).args(["describe", name]).assert().success();
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        assert!(text.contains("Source:"), "{name}: {text}");
    }
    collapse(folder.path()).arg("list").assert().success();
}

#[test]
fn compare_answers_on_a_users_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("height,weight\n");
    for i in 0..400 {
        let x = f64::from(i % 37) * 0.7 + f64::from(i % 11);
        table.push_str(&format!("{x},{}\n", x * 0.5 + f64::from(i % 7)));
    }
    fs::write(folder.path().join("mine.csv"), table).unwrap();
    let output = collapse(folder.path())
        .args(["compare", "--data", "mine.csv", "--seeds", "6", "--generations", "4", "--samples", "60"])
        .args(["--quiet", "--no-figures", "--out", "out"])
        .assert()
        .success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(text.contains("wasserstein2"), "{text}");
    assert!(rows(&folder.path().join("out")).contains("mine"));
    collapse(folder.path())
        .args(["compare", "--data", "mine.csv", "--human-rows", "50", "--scales", "0,2", "--seeds", "4"])
        .args(["--generations", "3", "--quiet", "--no-figures", "--out", "added"])
        .assert()
        .success();
}
