//! Experiments in code, and a crate with components of its own: `custom_model` has a family and a metric.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use model_collapse::prelude::*;

use crate::collapse;

/// The program of a crate that has components of its own.
fn own(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_custom_model"));
    command.current_dir(folder);
    command
}

fn stdout(command: &mut Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

fn built() -> Experiment {
    Experiment::new("Built in code")
        .source(Gaussian::new(2))
        .family(Part::new("gaussian").with("ddof", 0))
        .generations(4)
        .samples(20)
        .metrics(["variance", "wasserstein2"])
        .measure_size(50)
        .sweep("loop.regime", ["replace", "accumulate"])
        .seeds(3)
}

#[test]
fn a_built_experiment_is_a_spec_with_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("built.toml"), built().to_toml()).unwrap();
    collapse(folder.path())
        .args(["run", "built.toml", "--quiet", "--no-figures", "--out", "run"])
        .assert()
        .success();
    let mut rows = csv::Reader::from_path(folder.path().join("run/metrics.csv")).unwrap();
    let columns = rows.headers().unwrap().clone();
    let at = |name: &str| columns.iter().position(|c| c == name).unwrap();
    let (metric, value, subject) = (at("metric"), at("value"), at("subject"));
    let (seed, generation, regime) = (at("seed"), at("generation"), at("regime"));
    let mut of_spec: Vec<_> = rows
        .records()
        .map(Result::unwrap)
        .filter(|r| &r[metric] == "wasserstein2")
        .map(|r| [&r[regime], &r[subject], &r[generation], &r[seed], &r[value]].map(str::to_owned))
        .collect();
    let run = built().run().unwrap();
    let written = |v: &Value| {
        let number = v.observed.number().unwrap().to_string();
        [v.setting.clone(), v.subject.name().to_owned(), v.generation.to_string(), v.seed.to_string(), number]
    };
    let mut of_code: Vec<_> = run.values("wasserstein2").unwrap().iter().map(written).collect();
    // 2 regimes × 3 seeds × 5 generations of the model; human rows stand beside generation 0.
    assert!(of_code.len() >= 30, "{}", of_code.len());
    of_spec.sort();
    of_code.sort();
    assert_eq!(of_code, of_spec);
    assert!(run.failures().is_empty() && run.claims().is_empty());
}

#[test]
fn a_run_in_a_folder_goes_on_and_keeps_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("kept");
    let first = built().run_in(&place).unwrap().values("variance").unwrap();
    assert!(place.join("report.html").is_file());
    let more = built().seeds(5).run_in(&place).unwrap();
    let of_first: Vec<Value> = more.values("variance").unwrap().into_iter().filter(|v| v.seed < 3).collect();
    assert_eq!(of_first, first);
    let another = Experiment::new("Another").source("gaussian").family("gaussian").regime("replace");
    let another = another.generations(1).samples(10).metrics(["variance"]).run_in(&place).err().unwrap();
    assert!(matches!(another, ExperimentError::AnotherExperiment { .. }), "{another}");
}

#[test]
fn mistakes_are_told_with_their_place_in_the_spec() {
    let error = |experiment: Experiment| experiment.run().err().unwrap();
    let ExperimentError::Spec(unknown) = error(built().family("gausian")) else {
        panic!("no error of the spec")
    };
    assert!(unknown.to_string().contains("`gausian`") && unknown.help_text().unwrap().contains("`gaussian`"));
    let text = built().family("gausian").to_toml();
    let (line, _) = unknown.places()[0].line_column();
    assert!(text.lines().nth(line - 1).unwrap().contains("gausian"), "{text}");
    let taken = Components::standard().regime("keep", Choices::REPLACE);
    assert!(matches!(error(built().components(taken)), ExperimentError::Taken(_)));
    assert!(matches!(error(built().set("loop.generations", "many")), ExperimentError::Spec(_)));
}

#[test]
fn curves_comparisons_and_summaries_come_from_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = built().sweep("loop.regime", ["replace"]).seeds(20).run().unwrap();
    let svg = folder.path().join("variance.svg");
    let caption = run.curve("variance").with_law().save(&svg).unwrap();
    assert!(caption.contains("closed-form"), "{caption}");
    assert!(fs::read_to_string(&svg).unwrap().contains("<svg"));
    run.curve("variance").log().save(folder.path().join("variance.png")).unwrap();
    assert!(run.curve("variance").save(folder.path().join("variance.pdf")).is_err());
    assert!(run.curve("coverage").save(&svg).is_err());
    assert!(run.summary().to_string().contains("wasserstein2"));
    assert!(run.answer()[0].starts_with("From generation 0 to 4"), "{:?}", run.answer());

    // A Gaussian at temperature 0.8 without human rows loses variance at every refit; with human rows alone it does not.
    let mixes = built().set("sweep", Node::default()).regime("fixed-mix").human_fractions([0.0, 0.5, 1.0]);
    let mixes = mixes.set("sampling.covariance_scale", 0.64).samples(200).metrics(["variance"]).seeds(20);
    let comparison = mixes.run().unwrap().comparison().unwrap();
    let prevented = comparison.prevented("variance", 0.5).unwrap().as_ref().unwrap();
    assert!(prevented.share > 0.3 && prevented.share < 1.0, "{prevented:?}");
    assert!(comparison.answer()[0].contains("variance"), "{comparison}");
}

#[test]
fn a_crate_with_components_of_its_own_has_the_whole_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let spec = "[data]\nsource = \"gaussian\"\n[model]\nfamily = \"laplace\"\n[loop]\ngenerations = 3\nsamples = 30\n\
                regime = \"replace\"\n[measure]\nmetrics = [\"range\"]\nsize = 40\n[sweep]\nseeds = 4\n\
                \"model.family\" = [\"laplace\", \"gaussian\"]\n";
    fs::write(folder.path().join("laplace.toml"), spec).unwrap();
    let refused = collapse(folder.path()).args(["check", "laplace.toml"]).assert().failure();
    assert!(String::from_utf8_lossy(&refused.get_output().stderr).contains("laplace"));

    let text = stdout(own(folder.path()).args(["list", "models"]));
    assert!(text.contains("laplace") && text.contains("gaussian"), "{text}");
    let text = stdout(own(folder.path()).args(["describe", "range"]));
    assert!(text.contains("own/range@1") && text.contains("the human value is best"), "{text}");
    let run = ["run", "laplace.toml", "--quiet", "--out", "run", "--isolate"];
    let text = stdout(own(folder.path()).args(run));
    assert!(text.contains("range"), "{text}");
    let page = fs::read_to_string(folder.path().join("run/report.html")).unwrap();
    assert!(page.contains("laplace") && page.contains("range"));
    // Resumed and on threads: the same rows, byte by byte.
    let before = fs::read(folder.path().join("run/metrics.csv")).unwrap();
    stdout(own(folder.path()).args(&run[..5]));
    assert_eq!(fs::read(folder.path().join("run/metrics.csv")).unwrap(), before);

    let numbers: String = (0..400).map(|i| format!("{}\n", f64::from(i * 37 % 400) / 100.0)).collect();
    fs::write(folder.path().join("numbers.csv"), format!("x\n{numbers}")).unwrap();
    let compare = "compare --data numbers.csv --model laplace --fractions 0,0.5,1 --generations 2 --samples 60 \
                   --metrics range,wasserstein2 --seeds 3 --quiet --out compared";
    let text = stdout(own(folder.path()).args(compare.split_whitespace()));
    assert!(text.contains("range"), "{text}");
}
