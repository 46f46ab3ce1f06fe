//! A reader who has seen enough: `collapse … | head`.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::GAUSSIAN;

/// Runs the program with nobody at the other end of its output, and returns what it said on the way.
fn unread(folder: &Path, args: &[&str]) -> (ExitStatus, String) {
    // Closed before the program starts, so that it cannot be quicker than its reader's going.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_collapse"))
        .current_dir(folder)
        .args(args)
        .stdout(writer)
        .output()
        .unwrap();
    (output.status, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_run_that_nobody_reads_is_finished_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("spec.toml"), GAUSSIAN).unwrap();
    let compare = "compare --data gaussian --metrics log-variance --seeds 4 --generations 2 --samples 20 \
                   --out compared --quiet --no-figures";
    for (args, file) in [
        ("run spec.toml --quiet --out run --no-figures", "run/summary.csv"),
        (compare, "compared/summary.csv"),
        ("report run", "run/report.html"),
    ] {
        let words: Vec<&str> = args.split_whitespace().collect();
        let (status, said) = unread(folder.path(), &words);
        assert_eq!(status.code(), Some(0), "{args}: {said}");
        assert_eq!(said.matches("panicked").count(), 0, "{args}: {said}");
        assert!(folder.path().join(file).is_file(), "{args}: no {file}");
    }
}

#[test]
#[cfg(unix)]
fn a_list_that_nobody_reads_ends_without_a_word() {
    use std::os::unix::process::ExitStatusExt;
    let folder = tempfile::tempdir().unwrap();
    for args in ["list", "describe vae", "new text", "export data moby-dick"] {
        let words: Vec<&str> = args.split(' ').collect();
        let (status, said) = unread(folder.path(), &words);
        assert_eq!((status.signal(), said.as_str()), (Some(13), ""), "{args}");
    }
}
