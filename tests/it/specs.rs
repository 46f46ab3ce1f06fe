//! Every spec and template that the project ships is read without an error, and the laws hold.

use std::fs;
use std::path::{Path, PathBuf};

use crate::collapse;

fn specs(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            specs(&path, all);
        } else if path.extension().is_some_and(|e| e == "toml")
            && path.parent() != Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments"))
        {
            all.push(path);
        }
    }
}

#[test]
fn every_shipped_spec_checks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    specs(&root.join("experiments"), &mut all);
    specs(&root.join("src/cli/templates"), &mut all);
    // It is about a file of the user's.
    all.retain(|spec| !spec.ends_with("templates/table.toml"));
    assert!(all.len() >= 50, "{all:?}");
    // A spec of an outside program is refused where that program is not installed.
    let python = std::process::Command::new("python3").arg("--version").output().is_ok();
    for spec in all.into_iter().filter(|spec| python || !spec.starts_with(root.join("experiments/command"))) {
        collapse(root).arg("check").arg(&spec).assert().success();
    }
}

#[test]
fn the_gaussian_laws_hold() {
    // 4,000 seeds: the relative standard error of the mean variance at g = 40, n = 200 is about
    // sqrt((1 + 2/199)^41 - 1)/sqrt(4000) = 1.1 %, so a tolerance of 10 % is decided.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().unwrap();
    let spec = fs::read_to_string(root.join("experiments/acceptance/gaussian-laws.toml")).unwrap();
    let spec = spec.replace("tolerance = 0.02", "tolerance = 0.10");
    fs::write(out.path().join("laws.toml"), spec).unwrap();
    let output = collapse(out.path())
        .args(["run", "laws.toml", "--quick", "--quiet", "--no-figures", "--out", "run"])
        .assert()
        .success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert_eq!(text.matches("passed").count(), 2, "{text}");
}
