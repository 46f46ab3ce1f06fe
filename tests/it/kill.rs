//! A run that is killed without warning goes on where it stopped and ends with the same bytes.
//!
//! Sketch: to be taken into the integration tests once the binary runs specs. It needs a spec of
//! many short cells (a minute of closed-form lineages would do: `seeds_per_cell` seeds a cell).
//!
//! ```ignore
//! use std::process::{Command, Stdio};
//! use std::time::Duration;
//!
//! #[test]
//! fn a_killed_run_ends_with_the_same_bytes() {
//!     let binary = assert_cmd::cargo::cargo_bin!("collapse");
//!     let folder = tempfile::tempdir().unwrap();
//!     let (killed, whole) = (folder.path().join("killed"), folder.path().join("whole"));
//!     let run = |out: &std::path::Path| {
//!         let mut command = Command::new(binary);
//!         command.args(["run", "tests/it/kill.toml", "--jobs", "2", "--out"]).arg(out);
//!         command.stderr(Stdio::null());
//!         command
//!     };
//!     // Killed (SIGKILL) at ever later moments, each time somewhere in the middle.
//!     for milliseconds in [50, 150, 400] {
//!         let mut child = run(&killed).spawn().unwrap();
//!         std::thread::sleep(Duration::from_millis(milliseconds));
//!         child.kill().unwrap();
//!         child.wait().unwrap();
//!     }
//!     assert!(run(&killed).status().unwrap().success());
//!     assert!(run(&whole).status().unwrap().success());
//!     for table in ["metrics.csv", "lineages.csv", "summary.csv"] {
//!         assert_eq!(
//!             std::fs::read(killed.join(table)).unwrap(),
//!             std::fs::read(whole.join(table)).unwrap(),
//!             "{table}"
//!         );
//!     }
//!     // No unfinished file is left.
//!     let left = std::fs::read_dir(killed.join("cells")).unwrap();
//!     assert!(left.map(|e| e.unwrap().file_name()).all(|n| !n.to_string_lossy().starts_with('.')));
//! }
//! ```
