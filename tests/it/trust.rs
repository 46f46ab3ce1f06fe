//! What is the user's stays, what is damaged is told, and a run that is stopped ends well.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::{GAUSSIAN, collapse};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("g.toml"), GAUSSIAN).unwrap();
    folder
}

fn run(folder: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    collapse(folder).args(["run", "g.toml", "--quiet", "--out", "run"]).args(more).assert()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("run/manifest.json")).unwrap()).unwrap()
}

#[test]
fn no_output_takes_the_place_of_an_input() {
    let here = folder();
    let table = "x,y,label\n".to_owned() + &"1.5,2,a\n2.5,1,b\n3.5,4,a\n".repeat(20);
    fs::write(here.path().join("u.csv"), &table).unwrap();
    let data = ["export", "data", "csv", "--set", "path=u.csv", "--out"];
    let err = collapse(here.path()).args(data).arg("u.csv").assert().code(2).get_output().stderr.clone();
    assert!(text(&err).contains("would lose it"), "{}", text(&err));
    fs::hard_link(here.path().join("u.csv"), here.path().join("same.csv")).unwrap();
    collapse(here.path()).args(data).arg("same.csv").assert().code(2);
    assert_eq!(fs::read_to_string(here.path().join("u.csv")).unwrap(), table);
    collapse(here.path()).args(data).arg("other.csv").assert().success();
    // A folder that is somebody else's: the spec's own, with its comments.
    fs::rename(here.path().join("g.toml"), here.path().join("spec.toml")).unwrap();
    collapse(here.path()).args(["run", "spec.toml", "--quiet", "--out", "."]).assert().code(2);
    assert_eq!(fs::read_to_string(here.path().join("spec.toml")).unwrap(), GAUSSIAN);
}

#[test]
fn a_notebook_beside_its_rows_leaves_them() {
    let here = folder();
    run(here.path(), &["--no-figures"]).success();
    let rows = fs::read(here.path().join("run/metrics.csv")).unwrap();
    collapse(here.path()).args(["export", "notebook", "run", "--out", "run/../run"]).assert().success();
    assert_eq!(fs::read(here.path().join("run/metrics.csv")).unwrap(), rows);
    collapse(here.path()).args(["doctor", "run"]).assert().success();
}

#[test]
fn the_doctor_names_what_is_wrong_and_a_run_puts_it_right() {
    let here = folder();
    run(here.path(), &[]).success();
    let doctor = |code: i32| {
        let args = ["doctor", "run", "--json"];
        let out = collapse(here.path()).args(args).assert().code(code).get_output().stdout.clone();
        serde_json::from_slice::<Value>(&out).unwrap()
    };
    assert_eq!(doctor(0)["whole"], true);
    let run_folder = here.path().join("run");
    let rows = fs::read_dir(run_folder.join("rows")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&rows).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&rows, bytes).unwrap();
    fs::write(run_folder.join("definitions.csv"), "nonsense").unwrap();
    fs::remove_file(run_folder.join("figures/curves.png")).unwrap();
    let found = doctor(1);
    let findings = found["found"]["findings"].as_array().unwrap();
    let told: Vec<(&str, &str)> =
        findings.iter().map(|f| (f["fault"].as_str().unwrap(), f["file"].as_str().unwrap())).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told.contains(&("damaged", "definitions.csv")) && told.contains(&("missing", "figures/curves.png"))
    );
    assert!(told.iter().any(|(fault, file)| *fault == "damaged" && file.starts_with("rows/")));
    // --quiet hides no damage, and the manifest keeps it.
    let err = run(here.path(), &[]).success().get_output().stderr.clone();
    assert!(text(&err).contains("is damaged"), "{}", text(&err));
    assert_eq!(doctor(0)["whole"], true);
    assert!(manifest(here.path())["repairs"][0]["what"].as_str().unwrap().contains("is damaged"));
    assert_ne!(fs::read_to_string(run_folder.join("definitions.csv")).unwrap(), "nonsense");
}

#[test]
fn outputs_of_an_earlier_spec_do_not_stay() {
    let here = folder();
    run(here.path(), &[]).success();
    let there = |name: &str| here.path().join("run").join(name).exists();
    assert!(there("report.html") && there("figures/curves.svg"));
    // Nothing has changed: the page is still that of these rows.
    run(here.path(), &["--no-figures"]).success();
    assert!(there("report.html") && there("figures/curves.svg"));
    run(here.path(), &["--no-figures", "--set", "loop.generations=6"]).success();
    assert!(!there("report.html") && !there("figures/curves.svg") && there("definitions.csv"));
    collapse(here.path()).args(["report", "run"]).assert().success();
    collapse(here.path()).args(["doctor", "run"]).assert().success();
}

#[test]
fn a_folder_of_a_later_version_is_left_alone_and_a_damaged_manifest_is_told() {
    let here = folder();
    run(here.path(), &["--no-figures"]).success();
    let path = here.path().join("run/manifest.json");
    let whole = fs::read_to_string(&path).unwrap();
    let later = whole.replacen("\"schema_version\": ", "\"schema_version\": 9", 1);
    fs::write(&path, &later).unwrap();
    run(here.path(), &["--no-figures"]).code(2);
    assert_eq!(fs::read_to_string(&path).unwrap(), later);
    for damaged in [&b"{"[..], b"", b"\xff\xfe"] {
        fs::write(&path, damaged).unwrap();
        let err = run(here.path(), &["--no-figures"]).success().get_output().stderr.clone();
        assert!(text(&err).contains("manifest.json is damaged"), "{}", text(&err));
    }
}

#[test]
fn kept_models_that_were_changed_or_changed_places_are_fitted_again() {
    let here = tempfile::tempdir().unwrap();
    let spec = |metrics: &str| {
        let text = format!(
            "[data]\nsource = \"digits8x8\"\n[model]\nfamily = \"vae\"\nhidden = 16\nlatent = 2\nsteps = 20\n\
             [loop]\ngenerations = 1\nsamples = 60\nregime = \"replace\"\n\
             [measure]\nmetrics = [{metrics}]\nsize = 60\nkeep_models = true\n[sweep]\nseeds = 2\n"
        );
        fs::write(here.path().join("g.toml"), text).unwrap();
    };
    let more = "\"coverage\", \"energy-distance\"";
    spec(more);
    collapse(here.path())
        .args(["run", "g.toml", "--quiet", "--no-figures", "--out", "whole"])
        .assert()
        .success();
    spec("\"coverage\"");
    run(here.path(), &["--no-figures"]).success();
    let setting = fs::read_dir(here.path().join("run/models")).unwrap().next().unwrap().unwrap().path();
    let of = |seed: &str| {
        let mut files: Vec<_> =
            fs::read_dir(setting.join(seed)).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        files
    };
    // A changed digit deep inside, and the model of another seed.
    let (first, second) = (of("seed-0"), of("seed-1"));
    let mut bytes = fs::read(&first[0]).unwrap();
    let end = bytes.len() - 3;
    bytes[end] ^= 4;
    fs::write(&first[0], bytes).unwrap();
    fs::copy(&second[1], &first[1]).unwrap();
    collapse(here.path()).args(["doctor", "run"]).assert().code(1);
    spec(more);
    let err = run(here.path(), &["--no-figures"]).success().get_output().stderr.clone();
    assert_eq!(text(&err).matches("it is fitted again").count(), 2, "{}", text(&err));
    let rows = |out: &str| fs::read_to_string(here.path().join(out).join("metrics.csv")).unwrap();
    assert_eq!(rows("run"), rows("whole"));
    collapse(here.path()).args(["doctor", "run"]).assert().success();
}

#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_with_a_code_of_its_own() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let here = folder();
    for args in [
        &["new", "gaussian"][..],
        &["list"],
        &["describe", "vae"],
        &["check", "g.toml"],
        &["--help"],
        &["run", "g.toml", "--dry-run"],
        &["export", "data", "digits8x8"],
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_collapse"))
            .current_dir(here.path())
            .args(args)
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(4), "{args:?}: {}", text(&ended.stderr));
    }
    let out = ["export", "data", "digits8x8", "--out", "/dev/full"];
    collapse(here.path()).args(out).assert().code(4);
}

#[cfg(unix)]
#[test]
fn pipes_and_links_in_a_run_folder_are_passed_over() {
    let here = folder();
    run(here.path(), &["--no-figures"]).success();
    let root = here.path().join("run");
    let pipe = |path: &Path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    };
    pipe(&root.join("pipe"));
    pipe(&root.join(format!("rows/{}.safetensors", "a".repeat(64))));
    std::os::unix::fs::symlink("nowhere", root.join("dead")).unwrap();
    std::os::unix::fs::symlink(&root, root.join("self")).unwrap();
    let before = manifest(here.path())["files"].as_object().unwrap().len();
    run(here.path(), &["--no-figures"]).success();
    assert_eq!(manifest(here.path())["files"].as_object().unwrap().len(), before);
    // Rows on another disk are rows.
    fs::rename(root.join("rows"), here.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(here.path().join("elsewhere"), root.join("rows")).unwrap();
    run(here.path(), &["--no-figures"]).success();
    assert_eq!(manifest(here.path())["files"].as_object().unwrap().len(), before);
}

#[cfg(unix)]
#[test]
fn a_figure_that_can_not_be_drawn_costs_that_figure_only() {
    let here = tempfile::tempdir().unwrap();
    let figures = "[[figure]]\nkind = \"curve\"\nx = \"generation\"\ny = \"variance\"\ncolor = \"loop.samples\"\nname = \"many\"\n\
                   [[figure]]\nkind = \"curve\"\nx = \"loop.samples\"\ny = \"variance\"\nat = [5]\nname = \"few\"\n";
    let many: Vec<String> = (20..320).map(|n| n.to_string()).collect();
    let spec = GAUSSIAN
        .replace(
            "\"loop.regime\" = [\"replace\", \"accumulate\"]",
            &format!("\"loop.samples\" = [{}]", many.join(", ")),
        )
        .replace("seeds = 30", "seeds = 2");
    fs::write(here.path().join("g.toml"), spec + figures).unwrap();
    let err = run(here.path(), &[]).success().get_output().stderr.clone();
    assert!(text(&err).contains("the figure many is not drawn"), "{}", text(&err));
    let page = fs::read_to_string(here.path().join("run/report.html")).unwrap();
    assert!(page.contains("Figures that could not be drawn"));
    assert!(
        here.path().join("run/figures/few.svg").exists() && here.path().join("run/notebook.ipynb").exists()
    );
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_with_its_tables_and_its_programs() {
    use std::process::Stdio;
    use std::time::{Duration, Instant};
    let here = tempfile::tempdir().unwrap();
    let spec = "[data]\nsource = \"gaussian\"\ndim = 1\n[model]\nfamily = \"command\"\n\
                command = [\"sh\", \"p.sh\", \"{train}\", \"{samples}\", \"{n}\", \"{seed}\"]\nrows = 60\n\
                [loop]\ngenerations = 3\nsamples = 20\nregime = \"replace\"\n\
                [measure]\nmetrics = [\"sample-variance\"]\nsize = 20\n[sweep]\nseeds = 3\n";
    fs::write(here.path().join("g.toml"), spec).unwrap();
    // The second seed never ends; a child of its own has left its group.
    let program = "if [ -e first-done ]; then setsid sleep 321 & echo $! > pid; sleep 322; fi\n\
                   awk -v n=$3 'BEGIN { print \"x\"; for (i = 0; i < n; i++) print i * 0.37 % 1 }' > $2\n\
                   echo x >> calls; [ $(wc -l < calls) -lt 4 ] || touch first-done\n";
    let head = "head -1 \"$1\" > head\n";
    fs::write(
        here.path().join("p.sh"),
        format!(
            "{head}{}",
            program.replace("print \"x\"; ", "").replace("> $2", "> body; cat head body > $2")
        ),
    )
    .unwrap();
    // Under `nohup` children ignore SIGHUP, as they should.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|l| l.strip_prefix("SigIgn:"))
        .map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap());
    let signals = [("TERM", Some(143)), ("HUP", Some(129)), ("INT", Some(130)), ("KILL", None)];
    for (signal, code) in signals.into_iter().filter(|(signal, _)| *signal != "HUP" || ignored & 1 == 0) {
        let out = format!("out-{signal}");
        for left in ["first-done", "calls", "pid"] {
            let _ = fs::remove_file(here.path().join(left));
        }
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_collapse"))
            .current_dir(here.path())
            .args(["run", "g.toml", "--quiet", "--no-figures", "--jobs", "1", "--out", &out])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        let pid = here.path().join("pid");
        while fs::read_to_string(&pid).unwrap_or_default().trim().is_empty() {
            assert!(started.elapsed() < Duration::from_secs(60), "the program never came so far");
            std::thread::sleep(Duration::from_millis(20));
        }
        let daemon = fs::read_to_string(&pid).unwrap().trim().to_owned();
        let sent = std::process::Command::new("kill")
            .args([&format!("-{signal}"), &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), code, "{signal}");
        if code.is_some() {
            let cells = fs::read_to_string(here.path().join(&out).join("cells.csv")).unwrap();
            assert_eq!(
                (cells.matches(",done,").count(), cells.matches(",pending,").count()),
                (1, 2),
                "{cells}"
            );
            collapse(here.path()).args(["doctor", &out]).assert().success();
        }
        let alive = || {
            let line = fs::read(format!("/proc/{daemon}/cmdline")).unwrap_or_default();
            text(&line).contains("321")
        };
        let ended = Instant::now();
        while alive() {
            assert!(ended.elapsed() < Duration::from_secs(20), "{signal}: its child goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn numbers_that_mean_nothing_are_refused_in_words() {
    let here = folder();
    for args in [
        ["--cell-timeout", "nan"],
        ["--cell-timeout", "1e300"],
        ["--cell-timeout", "-1"],
        ["--seeds", "18446744073709551615"],
        ["--seeds", "0"],
        ["--jobs", "0"],
    ] {
        let err = run(here.path(), &args).code(2).get_output().stderr.clone();
        assert!(text(&err).contains("give") || text(&err).contains("at most"), "{}", text(&err));
    }
    run(here.path(), &["--no-figures", "--jobs", "100000"]).success();
}
