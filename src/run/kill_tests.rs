//! Two processes on one folder: this test binary starts itself, and kills what it started.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::fake::{Fake, Told, go};
use crate::store::{Folder, Lineages, StoreError};

const FOLDER: &str = "MODEL_COLLAPSE_TEST_FOLDER";
const DELAY: &str = "MODEL_COLLAPSE_TEST_MILLISECONDS";

/// 20 cells of 2 seeds of 5 generations.
fn slow(milliseconds: u64) -> Fake {
    let mut fake = Fake::new(&[5, 50], 2, 4);
    fake.delay = Duration::from_millis(milliseconds);
    fake
}

fn seeds() -> Vec<u64> {
    (0..20).collect()
}

/// The process that is killed; does nothing on its own.
#[test]
#[ignore = "started by the other tests"]
fn child() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        let delay = std::env::var(DELAY).unwrap().parse().unwrap();
        go(&slow(delay), &seeds(), Path::new(&folder), 2, &Told::default());
    }
}

/// Starts a run; a cell takes ten times `milliseconds`, so the run a hundred times on two threads.
fn start(folder: &Path, milliseconds: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "run::kill_tests::child", "--ignored"])
        .env(FOLDER, folder)
        .env(DELAY, milliseconds.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Files of rows; waits until there are at least `least`.
fn wait_for(least: usize, folder: &Path) -> usize {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        let files = std::fs::read_dir(folder.join("rows")).map_or(0, |entries| {
            entries.filter(|e| !e.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count()
        });
        if files >= least {
            return files;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("the child wrote no {least} files within a minute");
}

#[test]
fn a_killed_run_ends_with_the_same_bytes() {
    let root = tempfile::tempdir().unwrap();
    let (killed, whole) = (root.path().join("killed"), root.path().join("whole"));
    for least in [1, 2, 3] {
        let mut child = start(&killed, 60);
        wait_for(least, &killed);
        // SIGKILL where there are signals.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // Whatever has a file's name is a whole file.
    Lineages::open(&Folder::at(&killed)).unwrap();
    let told = Told::default();
    let report = go(&slow(0), &seeds(), &killed, 2, &told);
    assert!(report.reused >= 6 && report.lineages + report.reused == 40, "{report:?}");
    assert!(told.notes.into_inner().unwrap()[0].contains("did not finish"));
    go(&slow(0), &seeds(), &whole, 1, &Told::default());
    for table in ["metrics.csv", "lineages.csv"] {
        let [a, b] = [&killed, &whole].map(|folder| std::fs::read(folder.join(table)).unwrap());
        assert_eq!(a, b, "{table}");
    }
    let left = std::fs::read_dir(killed.join("rows")).unwrap();
    assert!(left.map(|e| e.unwrap().file_name()).all(|n| !n.to_string_lossy().starts_with('.')));
}

#[test]
fn a_second_process_is_told_that_the_folder_is_taken() {
    let root = tempfile::tempdir().unwrap();
    let mut child = start(root.path(), 50);
    wait_for(1, root.path());
    let refused = Folder::at(root.path()).prepare().unwrap_err();
    let pid = child.id();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(refused, StoreError::Locked { pid: Some(p), .. } if p == pid), "{refused}");
    // The lock went with the process.
    assert_eq!(Folder::at(root.path()).prepare().unwrap().abandoned_by, Some(pid));
}
