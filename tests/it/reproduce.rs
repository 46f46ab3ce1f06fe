//! `collapse reproduce`: the catalogue, a run, its table, its page, its exit code.

use std::fs;
use std::path::Path;

use crate::collapse;

/// A shelf with one paper: one claim that holds, one that does not, and one that needs more seeds.
fn shelf(folder: &Path) {
    let paper = folder.join("shelf/a2024");
    fs::create_dir_all(&paper).unwrap();
    fs::write(
        folder.join("shelf/bibliography.toml"),
        "[a2024]\nauthors = \"Ann Bee\"\ntitle = \"On variance\"\nyear = 2024\n",
    )
    .unwrap();
    let spec = |claim: &str| {
        format!(
            "[about]\ntitle = \"small\"\n[data]\nsource = \"gaussian\"\n[model]\nfamily = \"gaussian\"\n\
             [loop]\ngenerations = 3\nsamples = 20\nregime = \"replace\"\n[measure]\nmetrics = [\"variance\"]\n\
             [sweep]\nseeds = 100\n[quick.sweep]\nseeds = 50\n\
             [[claim]]\nmetric = \"variance\"\nat = [3]\nstatistic = \"mean\"\n{claim}"
        )
    };
    // (1 − 1/20)⁴ = 0.8145; the law's own standard error of 100 seeds is about 0.06.
    let law = "says = \"the law\"\nlaw = \"gaussian-replace-variance\"\ntolerance = 0.6\n";
    fs::write(paper.join("holds.toml"), spec(law)).unwrap();
    let wrong = "says = \"the variance doubles\"\nvalue = 2.0\ntolerance = 0.1\nnote = \"it falls\"\n";
    fs::write(paper.join("fails.toml"), spec(wrong)).unwrap();
    // No number of seeds decides within a millionth; the budget ends it.
    let sharp = "says = \"to a millionth\"\nlaw = \"gaussian-replace-variance\"\ntolerance = 1e-6\n";
    fs::write(paper.join("sharp.toml"), spec(sharp)).unwrap();
}

fn stdout(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn the_catalogue_lists_every_paper_from_any_folder() {
    let folder = tempfile::tempdir().unwrap();
    let text = stdout(&collapse(folder.path()).arg("reproduce").assert().success());
    for needed in ["kazdan2024/gaussian", "gharesifard2025", "Collapse or Thrive", "papers,"] {
        assert!(text.contains(needed), "{needed} in\n{text}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "listing writes nothing");
    let refused = collapse(folder.path()).args(["reproduce", "kazdan2042"]).assert().code(2);
    let wrong = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(wrong.contains("kazdan2024"), "{wrong}");
}

#[test]
fn claims_are_decided_and_a_failure_is_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    shelf(folder.path());
    fs::write(folder.path().join("doc.md"), "# D\n<!-- reproduce: begin -->\n<!-- reproduce: end -->\n")
        .unwrap();
    let run = collapse(folder.path())
        .args(["reproduce", "all", "--experiments", "shelf", "--out", "out", "--quiet"])
        .args(["--write-readme", "doc.md", "--write-reference", "reference"])
        .assert()
        .code(3);
    let text = stdout(&run);
    assert!(text.contains("3 claims: 1 passed, 1 failed, 1 undecided"), "{text}");
    assert!(text.contains("it falls"), "{text}");
    let claims = fs::read_to_string(folder.path().join("out/claims.csv")).unwrap();
    let row = |figure: &str| claims.lines().find(|l| l.contains(figure)).unwrap().to_owned();
    assert!(row("a2024/holds").contains(",passed,200,"), "{claims}");
    // The budget of four times the seeds was spent on the undecided claim alone.
    assert!(row("a2024/sharp").contains(",undecided,400,"), "{claims}");
    let page = fs::read_to_string(folder.path().join("out/index.html")).unwrap();
    assert!(page.contains("report.html") && page.contains("On variance"));
    assert!(folder.path().join("out/a2024/holds/report.html").is_file());
    assert!(folder.path().join("reference/a2024-fails-summary.csv").is_file());
    let document = fs::read_to_string(folder.path().join("doc.md")).unwrap();
    assert!(document.contains("| Bee 2024 | the variance doubles | 2 |"), "{document}");
    assert!(document.contains("**failed**: it falls"), "{document}");
    collapse(folder.path())
        .args([
            "reproduce",
            "a2024/holds",
            "--experiments",
            "shelf",
            "--out",
            "one",
            "--quiet",
            "--no-figures",
        ])
        .assert()
        .success();
}

#[test]
fn a_spec_that_cannot_run_is_told_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    shelf(folder.path());
    let broken = fs::read_to_string(folder.path().join("shelf/a2024/holds.toml")).unwrap();
    fs::write(folder.path().join("shelf/a2024/broken.toml"), broken.replace("samples", "sampels")).unwrap();
    let run = collapse(folder.path())
        .args([
            "reproduce",
            "all",
            "--quick",
            "--experiments",
            "shelf",
            "--out",
            "out",
            "--quiet",
            "--no-figures",
        ])
        .assert()
        .code(2);
    let wrong = String::from_utf8(run.get_output().stderr.clone()).unwrap();
    assert!(wrong.contains("a2024/broken did not run") && wrong.contains("samples"), "{wrong}");
    let claims = fs::read_to_string(folder.path().join("out/claims.csv")).unwrap();
    // 50 seeds, twice doubled until the law is decided.
    assert!(claims.contains("a2024/holds") && claims.contains(",passed,200,"), "{claims}");
}
