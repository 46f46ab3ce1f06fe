//! A run that is killed at any moment and started again ends in the same rows.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use crate::collapse;

#[test]
#[cfg(unix)]
fn a_killed_run_goes_on_to_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let args = |out: &str| {
        let line = format!(
            "compare --data digits8x8 --seeds 3 --generations 2 --samples 100 --set model.steps=150 --quiet --no-figures --out {out}"
        );
        line.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    collapse(folder.path()).args(args("whole")).assert().success();
    for pause in [120, 300, 500] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_collapse"))
            .current_dir(folder.path())
            .args(args("killed"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(pause));
        // SIGKILL; a run that was faster has simply ended.
        let _ = child.kill();
        child.wait().unwrap();
    }
    collapse(folder.path()).args(args("killed")).assert().success();
    let read = |out: &str| fs::read_to_string(folder.path().join(out).join("metrics.csv")).unwrap();
    assert_eq!(read("whole"), read("killed"));
}

#[test]
fn isolated_cells_give_the_same_rows_and_fail_alone() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "[data]\nsource = \"digits8x8\"\n[model]\nfamily = \"vae\"\nhidden = 16\nlatent = 2\nsteps = 20\n\
                [loop]\ngenerations = 1\nsamples = 100\nregime = \"replace\"\n\
                [measure]\nmetrics = [\"coverage\"]\nsize = 100\n[sweep]\nseeds = 2\n";
    fs::write(folder.path().join("spec.toml"), spec).unwrap();
    let run = |out: &str, more: &[&str]| {
        let args = ["run", "spec.toml", "--quiet", "--no-figures", "--out", out];
        collapse(folder.path()).args(args).args(more).assert()
    };
    run("threads", &[]).success();
    run("processes", &["--isolate"]).success();
    let read = |out: &str| fs::read_to_string(folder.path().join(out).join("metrics.csv")).unwrap();
    assert_eq!(read("threads"), read("processes"));
    // One of two settings takes for ever: it is ended, the other is there.
    let limit = ["--isolate", "--cell-timeout", "2", "--set", "sweep.model.steps=[20, 100000000]"];
    run("late", &limit).code(1);
    let cells = fs::read_to_string(folder.path().join("late/cells.csv")).unwrap();
    assert_eq!(cells.matches(",done,").count(), 2, "{cells}");
    assert_eq!(cells.matches("longer than 2 s").count(), 2, "{cells}");
}
