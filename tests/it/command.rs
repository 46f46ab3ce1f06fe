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
        "settings.json",
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
    // What no spec asked for, with its numbers beside it; and two runs on one page.
    let other = ["plot", "run", "--x", "generation", "--y", "sample-variance", "--color", "regime"];
    collapse(folder.path()).args(other).assert().success();
    let numbers = fs::read_to_string(run.join("figures/sample-variance-by-generation.csv")).unwrap();
    assert!(
        numbers.starts_with("panel,series,x,y,low,high\n") && numbers.contains("\n,accumulate,5,"),
        "{numbers}"
    );
    let both = ["report", "--compare", "run", "again", "--out", "both.html"];
    collapse(folder.path()).args(both).assert().success();
    let page = fs::read_to_string(folder.path().join("both.html")).unwrap();
    assert!(page.contains("again against run: 0 of "), "equal runs do not differ");
}

#[test]
fn json_has_the_numbers_of_the_summary_and_nothing_else_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), GAUSSIAN).unwrap();
    let args = ["run", "spec.toml", "--quiet", "--no-figures", "--out", "run", "--json"];
    let done = collapse(folder.path()).args(args).assert().success();
    let found: serde_json::Value = serde_json::from_slice(&done.get_output().stdout).unwrap();
    let summary = fs::read_to_string(folder.path().join("run/summary.csv")).unwrap();
    for value in found["values"].as_array().unwrap() {
        let last = value["value"].as_f64().unwrap();
        let mut fields = summary.split([',', '\n']).filter_map(|field| field.parse::<f64>().ok());
        // The reader of JSON may miss the last bit.
        assert!(fields.any(|field| (field - last).abs() <= 1e-14 * last.abs()), "{value}");
    }
    let checked = collapse(folder.path()).args(["check", "spec.toml", "--json"]).assert().success();
    let checked: serde_json::Value = serde_json::from_slice(&checked.get_output().stdout).unwrap();
    assert!(!checked["settings"].as_array().unwrap().is_empty());
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
    // Keys of a spec that are no component, and parameters of several.
    for (name, expected) in [
        ("neon", "θ + w (θ − θ_self)"),
        ("loop.start", "generation's model"),
        ("weights", "key of [loop.choices]"),
        ("temperature", "Default: 1"),
        ("effort", "vae (family)"),
    ] {
        let output = collapse(folder.path()).args(["describe", name]).assert().success();
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        assert!(text.contains(expected), "{name}: {text}");
    }
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

#[test]
fn a_metric_is_added_without_fitting_again() {
    let folder = tempfile::tempdir().unwrap();
    let spec = |metrics: &str| {
        format!(
            "[data]\nsource = \"digits8x8\"\n[model]\nfamily = \"vae\"\nsteps = 30\nhidden = 16\nlatent = 2\n\
             [loop]\ngenerations = 2\nsamples = 100\nregime = \"replace\"\n\
             [measure]\nmetrics = [{metrics}]\nsize = 100\nkeep_models = true\n[sweep]\nseeds = 2\n"
        )
    };
    let run = |metrics: &str| {
        fs::write(folder.path().join("spec.toml"), spec(metrics)).unwrap();
        let args = ["run", "spec.toml", "--quiet", "--no-figures", "--out", "run"];
        collapse(folder.path()).args(args).assert().success();
        rows(&folder.path().join("run"))
    };
    let models = || -> Vec<(std::path::PathBuf, std::time::SystemTime)> {
        let setting = fs::read_dir(folder.path().join("run/models")).unwrap().next().unwrap().unwrap();
        let seeds = fs::read_dir(setting.path()).unwrap().map(|e| e.unwrap().path());
        let mut files: Vec<_> = seeds.flat_map(|s| fs::read_dir(s).unwrap().map(|e| e.unwrap())).collect();
        files.sort_by_key(std::fs::DirEntry::path);
        files.iter().map(|f| (f.path(), f.metadata().unwrap().modified().unwrap())).collect()
    };
    let before = run("\"coverage\"");
    let kept = models();
    assert_eq!(kept.len(), 2 * 3, "a model for each seed and generation");
    let after = run("\"coverage\", \"recall\"");
    // The same files, the same values, and one more metric.
    assert_eq!(models(), kept);
    let coverage =
        |text: &str| text.lines().filter(|l| l.contains(",coverage,")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(coverage(&before), coverage(&after));
    assert!(after.contains(",recall,") && !before.contains(",recall,"));
    // A damaged model is fitted again, to the same values.
    fs::write(&kept[0].0, "no model").unwrap();
    let again = run("\"coverage\", \"precision\"");
    assert_eq!(coverage(&before), coverage(&again));
    assert!(fs::metadata(&kept[0].0).unwrap().len() > 1000);
}

#[test]
fn a_value_that_does_not_exist_is_noted_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    // Four rows are too few for the neighbours of `coverage`.
    let spec = "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"gaussian\"\n\
                [loop]\ngenerations = 2\nsamples = 20\nregime = \"replace\"\n\
                [measure]\nmetrics = [\"coverage\", \"variance\"]\nsize = 4\n[sweep]\nseeds = 3\n";
    fs::write(folder.path().join("spec.toml"), spec).unwrap();
    let run =
        collapse(folder.path()).args(["run", "spec.toml", "--quiet", "--out", "run"]).assert().success();
    let note = "coverage (model): no value 9 times (too-few-rows), first at seed 0, generation 0";
    let cells = fs::read_to_string(folder.path().join("run/cells.csv")).unwrap();
    assert!(cells.contains(note), "{cells}");
    let said = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(said.contains(note), "{said}");
    let lost = |line: &&str| line.contains("model,coverage,,too-few-rows");
    assert_eq!(rows(&folder.path().join("run")).lines().filter(lost).count(), 9);
    let page = fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    assert!(page.contains("Values that are missing") && page.contains("0 of 3 seeds; too-few-rows in 3"));
}

#[test]
fn rows_are_written_again_from_the_cells_and_a_run_that_is_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"gaussian\"\n\
                [loop]\ngenerations = 2\nsamples = 20\nregime = \"replace\"\n\
                [measure]\nmetrics = [\"variance\"]\n[sweep]\nseeds = 3\n\"loop.samples\" = [10, 20]\n";
    fs::write(folder.path().join("spec.toml"), spec).unwrap();
    let run = ["run", "spec.toml", "--quiet", "--no-figures", "--out", "run"];
    collapse(folder.path()).args(run).assert().success();
    let before = rows(&folder.path().join("run"));
    fs::remove_file(folder.path().join("run/metrics.csv")).unwrap();
    // No other command needs the table.
    collapse(folder.path()).args(["report", "run"]).assert().success();
    assert!(!folder.path().join("run/metrics.csv").exists());
    collapse(folder.path()).args(["export", "rows", "run"]).assert().success();
    assert_eq!(rows(&folder.path().join("run")), before);
    // 2 settings × 3 seeds × 3 generations × 2 observations, 8.5 bytes each: 306 bytes.
    let check = |disk: &str| {
        let output = collapse(folder.path()).args(["check", "spec.toml", "--disk", disk]).assert();
        (output.get_output().status.code(), String::from_utf8_lossy(&output.get_output().stderr).into_owned())
    };
    assert_eq!(check("3.2e-7").0, Some(0));
    let (code, said) = check("2.9e-7");
    assert!(code == Some(5) && said.contains("would take about"), "{said}");
}

#[test]
fn an_infinite_divergence_is_infinite_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    // The divergence of a model that gave up an outcome is infinite.
    let spec = "[data]\nsource = \"zipf\"\noutcomes = 50\n[model]\nfamily = \"categorical\"\n\
                [loop]\ngenerations = 3\nsamples = 20\nregime = \"replace\"\n\
                [measure]\nmetrics = [\"kl\", \"tv\"]\n[sweep]\nseeds = 5\n";
    fs::write(folder.path().join("spec.toml"), spec).unwrap();
    let run =
        collapse(folder.path()).args(["run", "spec.toml", "--quiet", "--out", "run"]).assert().success();
    assert_eq!(rows(&folder.path().join("run")).matches(",kl,inf,").count(), 20);
    let said = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(said.contains("∞ (0 of 5 seeds; infinite in 5)"), "{said}");
    let summary = fs::read_to_string(folder.path().join("run/summary.csv")).unwrap();
    assert!(summary.lines().any(|l| l.contains(",3,model,kl,0,5,5,inf,,inf,,,,")), "{summary}");
    assert!(fs::read_to_string(folder.path().join("run/report.html")).unwrap().contains("infinite in 5"));
}

#[test]
fn a_comparison_closes_in_on_the_critical_fraction() {
    let folder = tempfile::tempdir().unwrap();
    // The variance of a Gaussian under fixed-mix: all is lost at 0, nothing at 1.
    let output = collapse(folder.path())
        .args(["compare", "--data", "gaussian", "--metrics", "variance", "--samples", "40", "--seeds", "40"])
        .args(["--generations", "60", "--fractions", "0,1", "--refine", "2", "--quiet", "--no-figures"])
        .args(["--out", "out"])
        .assert()
        .success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(text.contains("90 % in every metric takes") && text.contains("(variance decides)"), "{text}");
    assert!(text.contains("Spent on the critical fraction: 2 further arms, at 0.5"), "{text}");
    let manifest = fs::read_to_string(folder.path().join("out/manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let decisions = manifest["decisions"].as_array().unwrap();
    assert_eq!(decisions[0]["asked"]["prevent"], 0.9);
    assert_eq!(decisions[1]["next"], 0.5, "halfway between 0 and 1");
    assert_eq!(decisions.len(), 3, "{decisions:?}");
    assert!(rows(&folder.path().join("out")).contains(",0.5,"));
    // The same numbers as JSON.
    let output = collapse(folder.path())
        .args([
            "compare",
            "--data",
            "gaussian",
            "--metrics",
            "variance",
            "--samples",
            "40",
            "--seeds",
            "40",
            "--json",
        ])
        .args(["--generations", "60", "--fractions", "0,0.5,1", "--quiet", "--no-figures", "--out", "json"])
        .assert()
        .success();
    let found: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    let last = found["shares"].as_array().unwrap().last().unwrap();
    assert_eq!((last["metric"].as_str(), last["generation"].as_u64()), (Some("variance"), Some(60)));
    let number = |key: &str| last[key].as_f64().unwrap();
    assert!(number("low") < number("prevented") && number("prevented") < number("high"), "{last}");
    assert!(number("prevented") > 0.5, "half human rows keep most of the variance: {last}");
    assert!(found["critical"][0]["estimate"].as_f64().unwrap() < 1.0);
    assert!(found["answer"][0].as_str().unwrap().starts_with("After 60 generations variance is "));
    // Half of the rows are people's, and those rows alone have all of the variance.
    assert!(found["beside"][0]["gain"].as_f64().unwrap() < 0.0);
    // Nothing to compare with: refused before anything runs.
    collapse(folder.path())
        .args(["compare", "--data", "gaussian", "--fractions", "0,0.5", "--refine", "1", "--out", "none"])
        .assert()
        .code(2);
    assert!(!folder.path().join("none").exists());
}
