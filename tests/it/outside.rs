//! Programs of the user's own, as a user meets them. Their scripts are plain shell.

use std::fs;
use std::path::Path;
#[cfg(unix)]
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::collapse;

/// Two calls: the model is the training file, and samples are its rows, from a place that the seed
/// chooses.
const PROGRAM: &str = r#"
if [ "$1" = fit ]; then
    cp "$2" "$3/rows.csv"
else
    awk -v n="$4" -v seed="$5" '
        NR == 1 { print; next }
        { row[NR - 1] = $0 }
        END { for (i = 0; i < n; i++) print row[(seed + i * 7) % (NR - 1) + 1] }' "$2/rows.csv" > "$3"
fi
"#;

const SPEC: &str = r#"
[data]
source = "gaussian"
dim = 1
[model]
family = "command"
fit = ["sh", "program.sh", "fit", "{train}", "{model}"]
sample = ["sh", "program.sh", "sample", "{model}", "{samples}", "{n}", "{seed}"]
timeout = 60
[loop]
generations = 2
samples = 11
regime = "accumulate"
[measure]
metrics = ["sample-variance", "energy-distance"]
size = 20
[sweep]
seeds = 4
"#;

fn folder(program: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("program.sh"), program).unwrap();
    fs::write(folder.path().join("mine.toml"), SPEC).unwrap();
    folder
}

#[test]
fn a_program_goes_through_the_loop_and_jobs_do_not_change_its_rows() {
    let here = folder(PROGRAM);
    for jobs in ["1", "2"] {
        collapse(here.path())
            .args(["run", "mine.toml", "--jobs", jobs, "--out", jobs, "--no-figures", "--quiet"])
            .assert()
            .success();
    }
    let rows = |out: &str| fs::read_to_string(here.path().join(out).join("metrics.csv")).unwrap();
    assert_eq!(rows("1"), rows("2"));
    // 4 seeds, 3 generations and the human baseline, 2 metrics, beside the realised fraction.
    assert_eq!(rows("1").lines().filter(|l| l.contains("energy-distance")).count(), 4 * (3 + 1));
}

#[test]
fn a_program_that_fails_marks_its_lineages_and_says_why() {
    let here = folder("echo 'no such column' >&2; exit 4");
    collapse(here.path())
        .args(["run", "mine.toml", "--out", "out", "--no-figures", "--quiet"])
        .assert()
        .code(1);
    let cells = fs::read_to_string(here.path().join("out/cells.csv")).unwrap();
    assert!(cells.contains("exit code 4") && cells.contains("no such column"), "{cells}");
}

/// A program that starts another one, which leaves its number in the file `pid`.
#[cfg(unix)]
const SLEEPER: &str = "sleep 100 & echo $! > started; mv started pid; wait";

/// Waits for the number that [`SLEEPER`] leaves.
#[cfg(unix)]
fn sleeping(here: &Path) -> i32 {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(text) = fs::read_to_string(here.join("pid")) {
            return text.trim().parse().unwrap();
        }
        assert!(Instant::now() < until, "the program did not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process ends soon. One that is gone may be a zombie that nobody has waited for yet.
#[cfg(unix)]
fn ends(pid: i32) -> bool {
    let alive = || match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => !stat.rsplit(')').next().unwrap_or("").trim_start().starts_with('Z'),
        Err(_) => {
            cfg!(not(target_os = "linux"))
                && nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok()
        }
    };
    let until = Instant::now() + Duration::from_secs(20);
    while alive() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    !alive()
}

#[cfg(unix)]
#[test]
fn a_cell_that_is_ended_takes_its_program_with_it() {
    let here = folder(SLEEPER);
    collapse(here.path())
        .args(["run", "mine.toml", "--isolate", "--cell-timeout", "1", "--seeds", "1"])
        .args(["--out", "out", "--no-figures", "--quiet"])
        .assert()
        .code(1);
    assert!(ends(sleeping(here.path())), "the program still runs");
    let cells = fs::read_to_string(here.path().join("out/cells.csv")).unwrap();
    assert!(cells.contains("longer than 1 s"), "{cells}");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_takes_its_cells_and_their_programs_with_it() {
    use nix::sys::signal::{Signal, kill};
    for (signal, code) in [(Signal::SIGKILL, None), (Signal::SIGINT, Some(130))] {
        let here = folder(SLEEPER);
        let mut run = Command::new(env!("CARGO_BIN_EXE_collapse"))
            .current_dir(here.path())
            .args(["run", "mine.toml", "--isolate", "--jobs", "1", "--out", "out", "--no-figures", "--quiet"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let program = sleeping(here.path());
        kill(nix::unistd::Pid::from_raw(run.id() as i32), signal).unwrap();
        assert_eq!(run.wait().unwrap().code(), code, "{signal}");
        assert!(ends(program), "{signal}: the program still runs");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_program_and_the_seed_is_run_again() {
    let here = folder("echo started > \"$2.started\"; cp \"$2.started\" started; sleep 100");
    let mut child = Command::new(env!("CARGO_BIN_EXE_collapse"))
        .current_dir(here.path())
        .args(["run", "mine.toml", "--jobs", "1", "--out", "out", "--no-figures", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !here.path().join("started").exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    assert!(Instant::now() < until, "it waited for the program");
    assert_eq!(status.code(), Some(130));
    fs::write(here.path().join("program.sh"), PROGRAM).unwrap();
    collapse(here.path())
        .args(["run", "mine.toml", "--out", "out", "--no-figures", "--quiet"])
        .assert()
        .success();
}

#[test]
fn generations_made_elsewhere_are_measured_like_a_run() {
    let here = tempfile::tempdir().unwrap();
    let write = |name: &str, scale: f64, rows: i32| {
        let path = here.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Two columns on a grid that shrinks by `scale`.
        let lines: String = (0..rows)
            .map(|i| format!("{},{}\n", scale * f64::from(i % 10), scale * f64::from(i / 10)))
            .collect();
        fs::write(path, format!("x,y\n{lines}")).unwrap();
    };
    write("human.csv", 1.0, 200);
    for run in 0..3 {
        for g in 0..3 {
            write(&format!("made/run-{run}/gen-{g}.csv"), 0.7_f64.powi(g), 60 + run);
        }
    }
    let output = collapse(here.path())
        .args(["measure", "made", "--human", "human.csv", "--out", "out", "--quiet", "--jobs", "1"])
        .assert()
        .success();
    let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
    assert!(text.contains("sample-variance") && text.contains("energy-distance"), "{text}");
    for file in ["metrics.csv", "summary.csv", "report.html", "spec.toml", "manifest.json"] {
        assert!(here.path().join("out").join(file).is_file(), "{file}");
    }
    let rows = fs::read_to_string(here.path().join("out/metrics.csv")).unwrap();
    assert_eq!(rows.lines().filter(|l| l.contains("model,sample-variance")).count(), 9, "{rows}");
    assert!(!rows.contains("NaN"));
    write("made/run-1/gen-2.csv", 0.0, 1);
    fs::write(here.path().join("made/run-1/gen-2.csv"), "x,y\n1,2\nnan,2\n").unwrap();
    let output =
        collapse(here.path()).args(["measure", "made", "--human", "human.csv", "--quiet"]).assert().code(2);
    let text = String::from_utf8(output.get_output().stderr.clone()).unwrap();
    assert!(text.contains("gen-2.csv") && text.contains("line 3"), "{text}");
}

#[test]
fn texts_made_elsewhere_are_measured_from_lines_and_from_json() {
    let here = tempfile::tempdir().unwrap();
    // A step through the words that never shows the same pair of neighbours in two rows; fewer words by generation.
    let row = |i: usize, words: usize| -> String {
        (0..10).map(|j| format!("w{} ", (i + j * (1 + i % 7)) % words)).collect::<String>().trim().to_owned()
    };
    let json = |rows: &[String]| -> String {
        rows.iter().map(|r| format!("{{\"review\": \"{r}\", \"stars\": 1}}\n")).collect()
    };
    let human: Vec<String> = (0..240).map(|i| row(i, 60)).collect();
    fs::write(here.path().join("human.txt"), human.join("\n")).unwrap();
    fs::write(here.path().join("human.jsonl"), json(&human)).unwrap();
    for run in 0..3 {
        for g in 0..3 {
            let rows: Vec<String> = (0..120).map(|i| row(i + run, [60, 30, 10][g])).collect();
            for (kind, text) in [("txt", rows.join("\n")), ("jsonl", json(&rows))] {
                let folder = here.path().join(kind).join(format!("run-{run}"));
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(format!("gen-{g}.{kind}")), text).unwrap();
            }
        }
    }
    for (kind, more) in [("txt", &[][..]), ("jsonl", &["--text-column", "review"])] {
        let human = format!("human.{kind}");
        let args = ["measure", kind, "--human", &human, "--metrics", "distinct-2,vocabulary-survival"];
        let output = collapse(here.path())
            .args(args)
            .args(more)
            .args(["--set", "tokens=words", "--set", "min_count=1"])
            .args(["--out", "out", "--quiet", "--no-figures", "--jobs", "1"])
            .assert()
            .success();
        let text = String::from_utf8(output.get_output().stdout.clone()).unwrap();
        assert!(text.contains("worse: distinct-2, vocabulary-survival"), "{kind}: {text}");
        fs::remove_dir_all(here.path().join("out")).unwrap();
    }
}

#[test]
fn images_made_elsewhere_have_the_scale_of_the_human_ones() {
    let here = tempfile::tempdir().unwrap();
    // 2 × 2 pixels that are 0 or 16, with a variance of 1/4 once 16 is 1.
    let write = |name: &str, rows: u8| {
        let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, rows, 0, 0, 0, 2, 0, 0, 0, 2];
        bytes.extend((0..rows).flat_map(|i| (0..4).map(move |bit| 16 * (i >> bit & 1))));
        fs::write(here.path().join(name), bytes).unwrap();
    };
    fs::create_dir(here.path().join("made")).unwrap();
    write("human-idx3-ubyte", 128);
    write("made/gen-0-idx3-ubyte", 64);
    write("made/gen-1-idx3-ubyte", 64);
    collapse(here.path())
        .args([
            "measure",
            "made",
            "--human",
            "human-idx3-ubyte",
            "--scale",
            "16",
            "--metrics",
            "sample-variance",
        ])
        .args(["--out", "out", "--quiet", "--no-figures", "--jobs", "1"])
        .assert()
        .success();
    let rows = fs::read_to_string(here.path().join("out/metrics.csv")).unwrap();
    let values: Vec<f64> =
        rows.lines().skip(1).map(|line| line.rsplit(',').nth(1).unwrap().parse().unwrap()).collect();
    // Two generations and the human baseline, of some 30 rows each.
    assert_eq!(values.len(), 3, "{rows}");
    assert!(values.iter().all(|v| (0.15..0.35).contains(v)), "{rows}");
}
