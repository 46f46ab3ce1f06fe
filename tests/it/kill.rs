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
