//! Bad input gets one clear error that says what, where and what to do; nothing is written.

use std::fs;

use crate::{GAUSSIAN, collapse};

/// Runs `collapse` and returns the exit code and the error text.
fn refused(folder: &std::path::Path, args: &[&str]) -> (i32, String) {
    let before = fs::read_dir(folder).unwrap().count();
    let output = collapse(folder).args(args).output().unwrap();
    assert_eq!(fs::read_dir(folder).unwrap().count(), before, "something was written");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    (output.status.code().unwrap(), text)
}

#[test]
fn a_bad_spec_is_refused_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let cases = [
        ("[loop]", "[lop]", "loop"),
        ("samples = 20", "sampels = 20", "samples"),
        ("source = \"gaussian\"", "source = \"gausian\"", "gaussian"),
        ("family = \"gaussian\"", "family = \"gpt\"", "gpt"),
        ("[\"replace\", ", "[\"replase\", ", "replace"),
        ("\"variance\"", "\"varianse\"", "variance"),
        ("samples = 20", "samples = -3", "samples"),
        ("generations = 5", "generations = \"five\"", "generations"),
        ("dim = 1", "dim = 1\nskew = 2", "skew"),
        ("size = 50", "size = 0", "size"),
        ("seeds = 30", "seeds = []", "seeds"),
        ("[sweep]", "[sweep", "sweep"),
    ];
    for (from, to, word) in cases {
        let spec = GAUSSIAN.replacen(from, to, 1);
        assert_ne!(spec, GAUSSIAN);
        fs::write(folder.path().join("spec.toml"), &spec).unwrap();
        for verb in ["check", "run"] {
            let (code, text) = refused(folder.path(), &[verb, "spec.toml"]);
            assert_eq!(code, 2, "{to}: {text}");
            assert!(text.contains(word), "{to}: {text}");
            assert!(text.contains("spec.toml"), "{to}: no place in {text}");
        }
    }
}

#[test]
fn a_wrong_file_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let long = |row: &str| format!("a,b\n{}", row.repeat(60));
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("empty.csv", Vec::new(), "empty.csv"),
        ("header.csv", b"a,b\n".to_vec(), "header.csv"),
        ("ragged.csv", format!("{}1\n", long("1,2\n")).into_bytes(), "62"),
        ("binary.csv", vec![0, 159, 146, 150, 0, 1, 2], "binary.csv"),
        ("latin.txt", b"caf\xe9 and more".to_vec(), "latin.txt"),
        ("one.csv", b"a,b\n1,2\n".to_vec(), "one.csv"),
        ("magic-images-idx3-ubyte", vec![9, 9, 9, 9, 0, 0, 0, 1], "magic"),
        ("broken.jsonl", b"{\"text\": \"a\"}\n{\"text\": \n".to_vec(), "2"),
    ];
    for (name, bytes, word) in cases {
        fs::write(folder.path().join(name), bytes).unwrap();
        let (code, text) = refused(folder.path(), &["compare", "--data", name, "--out", "out"]);
        assert_eq!(code, 2, "{name}: {text}");
        assert!(text.contains(word), "{name}: {text}");
    }
    fs::write(folder.path().join("nan.csv"), format!("{}1,nan\n", long("1,2\n"))).unwrap();
    let strict = ["compare", "--data", "nan.csv", "--missing", "error", "--out", "out"];
    let (code, text) = refused(folder.path(), &strict);
    assert!(code == 2 && text.contains("62"), "{text}");
    let (code, text) = refused(folder.path(), &["compare", "--data", "nowhere.csv", "--out", "out"]);
    assert!(code == 2 && text.contains("nowhere.csv"), "{text}");
}

#[test]
fn other_mistakes_are_named_too() {
    let folder = tempfile::tempdir().unwrap();
    for (args, word) in [
        (vec!["run", "missing.toml"], "missing.toml"),
        (vec!["plot", "."], "manifest"),
        (vec!["report", "."], "manifest"),
        (vec!["describe", "coverege"], "coverage"),
        (vec!["compare", "--data", "digits8x8", "--model", "vea", "--out", "out"], "vae"),
        (vec!["compare", "--data", "digits8x8", "--samples", "5000", "--out", "out"], "897"),
        (vec!["compare", "--data", "digits8x8", "--regime", "fresh", "--out", "out"], "fresh"),
        (vec!["export", "data", "digits9x9"], "digits8x8"),
    ] {
        let (code, text) = refused(folder.path(), &args);
        assert_eq!(code, 2, "{args:?}: {text}");
        assert!(text.contains(word), "{args:?}: {text}");
    }
}

#[test]
fn the_folder_of_another_experiment_is_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.toml"), GAUSSIAN).unwrap();
    fs::write(folder.path().join("two.toml"), GAUSSIAN.replace("samples = 20", "samples = 25")).unwrap();
    let run = |spec: &str| {
        let args = ["run", spec, "--out", "here", "--seeds", "2", "--quiet", "--no-figures"];
        collapse(folder.path()).args(args).output().unwrap()
    };
    run("one.toml");
    let before = fs::read(folder.path().join("here/metrics.csv")).unwrap();
    let refused = run("two.toml");
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(text.contains("one") && text.contains("two") && text.contains("--out"), "{text}");
    assert_eq!(fs::read(folder.path().join("here/metrics.csv")).unwrap(), before);
}
