//! Small real runs of closed-form families, from spec to page.
#![allow(clippy::unwrap_used)]

use super::*;

/// What is wrong with an experiment's claims and figures.
fn claims_of(experiment: &Experiment) -> Option<crate::spec::Error> {
    let (mut problems, components) = (Vec::new(), crate::components::Components::standard());
    let settings = experiment.settings().unwrap();
    examine_claims(experiment, &settings, &components, &mut problems);
    examine_figures(experiment, &settings, &components, &mut problems);
    crate::spec::Error::all(problems)
}

use crate::analysis::{ClaimResult, Verdict};
use crate::lineage::Context;
use crate::run::{self, Interrupt, Options, Prepared, Silent};
use crate::store::Manifest;

const HEAD: &str = r#"
[about]
title = "A Gaussian & its <own> samples"
expect = "Replace loses its variance."
[data]
source = "gaussian"
[model]
family = "gaussian"
ddof = 0
"#;

/// Runs a spec into a new folder.
pub(super) fn ran(spec: &str) -> (tempfile::TempDir, Publication) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("run");
    let mut experiment = Experiment::from_toml(spec, "test.toml").unwrap();
    experiment.name = "test".into();
    let (seeds, resolved) = (experiment.sweep.seeds.clone(), experiment.resolved());
    let prepared = Prepared::new(experiment, &Context::default()).unwrap();
    let options = Options {
        out: folder.clone(),
        experiment: "test".into(),
        jobs: 1,
        examples: 40,
        keep_models: false,
        isolation: None,
        cell_timeout: None,
        interrupt: &Interrupt::new(),
        progress: &Silent,
    };
    run::run(&prepared, &seeds, &options).unwrap();
    std::fs::write(folder.join("spec.toml"), &resolved).unwrap();
    Manifest::begin("test", &resolved, 1).save(&Folder::at(&folder)).unwrap();
    let publication = Publication::open(&folder, Default::default()).unwrap();
    (root, publication)
}

fn variance_run(seeds: u32, rest: &str) -> String {
    format!(
        r#"{HEAD}
[loop]
generations = 10
samples = 100
regime = "replace"
[measure]
metrics = ["variance"]
[sweep]
seeds = {seeds}
"loop.regime" = ["replace", "accumulate"]
{rest}"#
    )
}

fn claim(text: &str) -> String {
    format!("[[claim]]\nsays = \"a claim\"\nmetric = \"variance\"\n{text}\n")
}

fn verdicts(results: &[ClaimResult]) -> Vec<Verdict> {
    results.iter().map(|r| r.verdict).collect()
}

/// Five claims whose truth the closed forms decide: at n = 100, t = 11, replace keeps
/// .99¹¹ = 89.5 % of the variance (standard deviation of one lineage √(2t/n) ≈ .43, so 2,000 seeds
/// give ± .04 at 10⁻⁴) and accumulate 98.4 %.
fn true_and_false() -> String {
    [
        "where = { \"loop.regime\" = \"replace\" }\nat = [4, 10]\nstatistic = \"mean\"\nlaw = \"gaussian-replace-variance\"\ntolerance = 0.1",
        "where = { \"loop.regime\" = \"accumulate\" }\nat = [4, 10]\nstatistic = \"mean\"\nlaw = \"gaussian-accumulate-variance\"\ntolerance = 0.1",
        "where = { \"loop.regime\" = \"replace\" }\nat = 10\nstatistic = \"mean\"\nvalue = 0.5\ntolerance = 0.1",
        "at = 10\nstatistic = \"mean\"\ngreater = 0.5\nless = 1.2",
    ]
    .iter()
    .map(|c| claim(c))
    .collect()
}

#[test]
fn claims_are_decided_by_what_the_closed_forms_say() {
    let (_root, publication) = ran(&variance_run(2000, &true_and_false()));
    let results = decide_claims(&publication, 1).unwrap();
    let expected = [Verdict::Passed, Verdict::Passed, Verdict::Failed, Verdict::Passed];
    assert_eq!(verdicts(&results), expected, "{results:#?}");
    let text = std::fs::read_to_string(publication.folder.claims()).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap().as_array().unwrap().len(), 4);
}

#[test]
fn orders_slopes_and_pairs_are_decided() {
    let claims = [
        "at = 10\nstatistic = \"ordering\"\nby = \"loop.regime\"\norder = [\"replace\", \"accumulate\"]",
        "where = { \"loop.regime\" = \"accumulate\" }\nversus = { \"loop.regime\" = \"replace\" }\nat = 10\nstatistic = \"mean\"\ngreater = 0.0",
        "where = { \"loop.regime\" = \"replace\" }\nat = [0, 5, 10]\nstatistic = \"monotone\"\ndirection = \"increasing\"",
        "where = { \"loop.regime\" = \"replace\" }\nat = [0, 2, 4, 6, 8, 10]\nstatistic = \"slope\"\nlaw = \"gaussian-replace-log-variance-slope\"\ntolerance = 0.5",
        "where = { \"loop.regime\" = \"replace\" }\nat = 10\nstatistic = \"median\"\nless = 1.0",
    ]
    .map(claim)
    .concat();
    let (_root, publication) = ran(&variance_run(2000, &claims));
    let found = decide_claims(&publication, 1).unwrap();
    use Verdict::{Failed, Passed};
    assert_eq!(verdicts(&found), [Passed, Passed, Failed, Passed, Passed], "{found:#?}");
}

/// At generation 0 the mean's squared error is σ²/n: exponent −1 in n. One seed's influence on the slope over
/// n = 10, 40, 160 has a standard deviation of at most √(2·2)/(2 ln 4) = .72, so 2,000 seeds give ± .063.
#[test]
fn a_claim_may_run_along_a_swept_number() {
    let claims = [
        "at = 0\nstatistic = \"slope\"\nby = \"loop.samples\"\nscale = \"log-log\"\nvalue = -1.0\ntolerance = 0.1",
        "at = 0\nstatistic = \"slope\"\nby = \"loop.samples\"\nscale = \"log-log\"\nlaw = \"gaussian-replace-mean-error\"\ntolerance = 0.1",
        "at = 0\nstatistic = \"slope\"\nby = \"loop.samples\"\nscale = \"log-log\"\nvalue = -0.5\ntolerance = 0.1",
        "at = [0, 2]\nstatistic = \"monotone\"\nby = \"loop.samples\"\ndirection = \"decreasing\"",
        "at = [0, 2]\nstatistic = \"monotone\"\nby = \"loop.samples\"\ndirection = \"increasing\"\nnote = \"it falls\"",
    ]
    .map(|text| claim(text).replace("\"variance\"", "\"mean-error\""))
    .concat();
    let spec = format!(
        "{HEAD}[loop]\ngenerations = 2\nsamples = 10\nregime = \"replace\"\n[measure]\nmetrics = [\"mean-error\"]\n\
         [sweep]\nseeds = 2000\n\"loop.samples\" = [160, 10, 40]\n{claims}"
    );
    let (_root, publication) = ran(&spec);
    let found = decide_claims(&publication, 1).unwrap();
    use Verdict::{Failed, Passed};
    assert_eq!(verdicts(&found), [Passed, Passed, Failed, Passed, Failed], "{found:#?}");
    assert!(
        (found[1].expected.unwrap() + 1.0).abs() < 1e-9,
        "the law's own exponent: {:?}",
        found[1].expected
    );
    assert_eq!(found[4].note.as_deref(), Some("it falls"));
}

/// At generation 10 the mean variance (1 − 1/n)¹¹ rises with n and the mean's squared error, about 11/n, falls:
/// Spearman's −1 in expectation. At n = 3 … 300 a lineage's own order is near it.
#[test]
fn two_metrics_may_be_correlated_over_settings() {
    let spec = |rest: &str, samples: &str| {
        let claims = [("greater", -0.5), ("less", -0.5)].map(|(side, bound)| {
            format!(
                "[[claim]]\nsays = \"c\"\nmetric = \"variance\"\nwith = \"mean-error\"\nstatistic = \"rank-correlation\"\n{side} = {bound}\n{rest}"
            )
        });
        format!(
            "{HEAD}[loop]\ngenerations = 10\nsamples = 10\nregime = \"replace\"\n[measure]\nmetrics = [\"variance\", \"mean-error\"]\n\
             [sweep]\nseeds = 500\n\"loop.samples\" = {samples}\n{}",
            claims.concat()
        )
    };
    let (_root, publication) = ran(&spec("at = 10\n", "[30, 3, 300, 10, 100, 1000]"));
    let found = decide_claims(&publication, 1).unwrap();
    assert_eq!(verdicts(&found), [Verdict::Failed, Verdict::Passed], "{found:#?}");
    assert!(found[1].reason.contains("over 6 settings"), "{}", found[1].reason);
    for (rest, samples, want) in [
        ("at = [1, 2]\n", "[3, 10, 30, 100]", "one generation"),
        ("at = 1\n", "[3, 10, 30]", "ranks 3 settings"),
    ] {
        let experiment = Experiment::from_toml(&spec(rest, samples), "test.toml").unwrap();
        let told = claims_of(&experiment).unwrap().located();
        assert!(told.contains(want), "{told}");
    }
}

/// At n = 100 and t = 11 replace keeps .895 of the variance, one fit more or less .886 and .904, accumulate .984, and
/// replace with 1,000 rows .989.
#[test]
fn a_claim_that_passes_without_its_mechanism_is_blind() {
    let replace = "where = { \"loop.regime\" = \"replace\" }\nat = 10\nstatistic = \"mean\"\n";
    let claims = [
        format!("{replace}law = \"gaussian-replace-variance\"\ntolerance = 0.1"),
        format!(
            "{replace}law = \"gaussian-replace-variance\"\ntolerance = 0.04\n\
             control = {{ where = {{ \"loop.regime\" = \"accumulate\" }} }}"
        ),
        format!(
            "{replace}value = 0.895\ntolerance = 0.04\ncontrol = {{ set = {{ \"loop.samples\" = 1000 }} }}"
        ),
        "at = 10\nstatistic = \"ordering\"\nby = \"loop.regime\"\norder = [\"replace\", \"accumulate\"]\n\
         least = 0.02\ncontrol = { at = 0 }"
            .to_owned(),
        format!("{replace}value = 0.895\ntolerance = 0.06\ncontrol = {{ value = 0.984 }}"),
        format!("{replace}greater = 0.5"),
    ]
    .map(|text| claim(&text))
    .concat();
    let (_root, publication) = ran(&variance_run(4000, &claims));
    let seeds: Vec<u64> = (0..4000).collect();
    let extra: Vec<_> = control_runs(&publication.experiment, &seeds)
        .unwrap()
        .into_iter()
        .map(|run| {
            let (root, publication) = ran(&run.experiment.resolved());
            (root, (run, publication))
        })
        .collect();
    assert_eq!(extra.len(), 1, "only what is set needs a run");
    let (_roots, extra): (Vec<_>, Vec<_>) = extra.into_iter().unzip();
    let found = decide_controls(&publication, 1, &extra).unwrap();
    let blind: Vec<bool> = found.iter().map(|all| all.is_empty() || all.iter().any(|c| c.blind())).collect();
    assert_eq!(blind, [true, false, false, false, true, true], "{found:#?}");
    assert_eq!(found[0].len(), 2, "one fit earlier and one later");
    let told = blind_before(&publication.experiment, &publication.records().unwrap()).unwrap();
    assert_eq!(told.len(), 4, "two of the first claim, the last number and no control: {told:#?}");
}

#[test]
fn a_wrong_claim_is_told_at_its_line() {
    let along = claim("at = 1\nstatistic = \"slope\"\nby = \"loop.regime\"\nvalue = 1\ntolerance = 1");
    let spec = variance_run(3, &along);
    let experiment = Experiment::from_toml(&spec, "test.toml").unwrap();
    let told = claims_of(&experiment).unwrap().located();
    let line = spec.lines().position(|l| l.starts_with("by = ")).unwrap() + 1;
    assert!(told.contains(&format!("test.toml:{line}")) && told.contains("not a number"), "{told}");
}

#[test]
fn a_claim_about_what_is_not_there_is_an_error_that_names_it() {
    let cases = [
        (
            "where = { \"loop.regime\" = \"keep\" }\nat = 10\nstatistic = \"mean\"\nvalue = 1\ntolerance = 1",
            "matches none",
        ),
        (
            "where = { \"loop.regime\" = \"replace\" }\nat = 11\nstatistic = \"mean\"\nvalue = 1\ntolerance = 1",
            "generation 11",
        ),
        ("at = 10\nstatistic = \"mean\"\nlaw = \"no-such-law\"\ntolerance = 1", "no-such-law"),
        ("at = [1, 2]\nstatistic = \"monotone\"\ndirection = \"decreasing\"", "must pick one"),
    ];
    for (text, word) in cases {
        let spec = variance_run(3, &claim(text));
        let experiment = Experiment::from_toml(&spec, "test.toml").unwrap();
        let error = claims_of(&experiment).unwrap().to_string();
        assert!(error.contains("a claim") && error.contains(word), "{error}");
    }
    let other =
        claim("at = 1\nstatistic = \"mean\"\nvalue = 1\ntolerance = 1").replace("variance", "perplexity");
    let (_root, publication) = ran(&variance_run(3, &other));
    assert!(decide_claims(&publication, 1).unwrap_err().to_string().contains("perplexity"));
}

#[test]
fn an_empty_folder_is_an_error_that_counts_its_cells() {
    let (_root, publication) = ran(&variance_run(3, ""));
    std::fs::remove_dir_all(publication.folder.rows()).unwrap();
    let error = summarise(&publication).unwrap_err();
    assert!(matches!(error, PublishError::Empty { .. }));
    assert!(error.to_string().contains("of 2 cells"), "{error}");
}

/// Outcomes die out in every lineage of five draws, so the divergence from people, Σ p ln(p/q), becomes infinite; its
/// mean over the lineages that still have all outcomes is no answer.
#[test]
fn a_table_whose_outcomes_die_is_shown_as_infinitely_worse() {
    let spec = "[data]\nsource = \"categorical\"\nprobabilities = [0.4, 0.3, 0.3]\n[model]\nfamily = \"categorical\"\n\
                [loop]\ngenerations = 40\nsamples = 5\nregime = \"fixed-mix\"\n[measure]\n\
                metrics = [\"kl\", \"negative-log-likelihood\", \"tv\"]\nsize = 50\n[sweep]\nseeds = 10\n\
                \"loop.human_fraction\" = [0.0, 1.0]\n";
    let (_root, publication) = ran(spec);
    let summary = summarise(&publication).unwrap();
    let last = |metric: &str, fraction: &str| {
        let of = |r: &&crate::analysis::SummaryRow| {
            r.metric == metric && r.generation == 40 && r.key.get("human_fraction") == Some(fraction)
        };
        summary.iter().find(of).unwrap()
    };
    for metric in ["kl", "negative-log-likelihood"] {
        let row = last(metric, "0");
        assert_eq!((row.counts.n, row.counts.infinite, row.counts.asked), (0, 10, 10));
        assert_eq!(row.centre(), f64::INFINITY);
        assert!(row.ci_low.is_none());
    }
    assert!(last("tv", "0").counts.is_whole());
    let drawn = draw(&publication, None).unwrap().drawn;
    let caption = &drawn.iter().find(|d| d.name == "curves").unwrap().caption;
    assert!(
        caption.contains("has no finite value from generation") && caption.contains("infinite in 10"),
        "{caption}"
    );
    let differences = &drawn.iter().find(|d| d.name == "differences").unwrap().caption;
    assert!(
        differences.contains("Not drawn") && differences.contains("kl at human fraction 0 (0 of 10 seeds"),
        "{differences}"
    );
    let found = Found { summary: &summary, ..Found::default() };
    let page = std::fs::read_to_string(page(&publication, &drawn, &found, Vec::new()).unwrap()).unwrap();
    assert!(page.contains('∞') && page.contains("0 of 10 seeds; infinite in 10"));
    write_definitions(&publication).unwrap();
    let definitions = std::fs::read_to_string(publication.folder.root().join("definitions.csv")).unwrap();
    assert!(
        definitions.lines().any(|l| l.contains("any rise of risk,yes,negative-log-likelihood")),
        "{definitions}"
    );
}

fn exists(drawn: &[Drawn]) {
    for figure in drawn {
        let svg = std::fs::read_to_string(&figure.svg_path).unwrap();
        assert!(svg.starts_with("<svg") && svg.len() > 2000, "{}", figure.name);
        assert!(std::fs::metadata(&figure.png_path).unwrap().len() > 2000, "{}", figure.name);
        assert!(!figure.caption.is_empty());
    }
}

#[test]
fn a_run_without_figures_in_its_spec_gets_curves_and_the_page_holds_everything() {
    let (_root, publication) = ran(&variance_run(12, &true_and_false()));
    let summary = summarise(&publication).unwrap();
    // 2 settings × 11 generations × 1 metric of the model.
    assert_eq!(summary.iter().filter(|r| r.subject == crate::metrics::Subject::Model).count(), 22);
    let drawn = draw(&publication, None).unwrap().drawn;
    exists(&drawn);
    assert_eq!(drawn[0].name, "curves");
    let claims = decide_claims(&publication, 1).unwrap();
    let path = page(
        &publication,
        &drawn,
        &Found { claims: &claims, summary: &summary, ..Found::default() },
        vec!["An answer.".into()],
    )
    .unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    for part in [
        "An answer.",
        "First and last generation",
        "claims",
        "Gaussian &amp; its",
        "a claim",
        "<svg",
        "summary.csv",
        "collapse run",
    ] {
        assert!(text.contains(part), "{part}");
    }
    export_notebook(&publication, publication.folder.root()).unwrap();
}

#[test]
fn the_figures_of_the_spec_are_drawn_and_a_wrong_name_is_refused() {
    let figures = r#"
[[figure]]
kind = "curve"
name = "decay"
x = "generation"
y = "variance"
color = "loop.regime"
overlay = "law"
log_y = true
[[figure]]
kind = "small-multiples"
x = "generation"
y = "variance"
color = "loop.regime"
columns = "loop.samples"
[[figure]]
kind = "curve"
name = "by-size"
x = "loop.samples"
y = "variance"
color = "loop.regime"
log_x = true
[[figure]]
kind = "heat-map"
x = "loop.samples"
y = "loop.regime"
color = "variance"
[[figure]]
kind = "bars"
x = "loop.regime"
y = "variance"
color = "loop.samples"
"#;
    let spec = variance_run(5, &format!("\"loop.samples\" = [20, 50, 100]\n{figures}"));
    let (_root, publication) = ran(&spec);
    let drawn = draw(&publication, None).unwrap().drawn;
    exists(&drawn);
    let names: Vec<&str> = drawn.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["decay", "figure-2", "by-size", "figure-4", "figure-5"]);
    assert_eq!(draw(&publication, Some("decay")).unwrap().drawn.len(), 1);
    assert!(draw(&publication, Some("dacay")).unwrap_err().to_string().contains("by-size"));
    let wrong =
        spec.replace("x = \"loop.samples\"\ny = \"variance\"", "x = \"loop.initial\"\ny = \"variance\"");
    let (_root, publication) = ran(&wrong);
    assert!(draw(&publication, None).unwrap().undrawn[0].1.contains("loop.initial"));
}

/// The squared error of a mean of 50,000 rows is about 10⁻⁴ of that of 5: no resample of seeds turns that round.
#[test]
fn which_place_is_best_is_drawn_as_shares_and_lines_may_be_marked() {
    let figures = r#"
[[figure]]
kind = "best"
name = "best"
x = "loop.samples"
y = "mean-error"
color = "loop.regime"
[[figure]]
kind = "curve"
name = "marked"
x = "loop.samples"
y = "mean-error"
color = "loop.regime"
log_x = true
log_y = true
mark = [{ x = 50, label = "fifty rows" }, { y = 0.01, label = "a hundredth" }]
"#;
    let spec = variance_run(8, &format!("\"loop.samples\" = [5, 50000]\n{figures}"))
        .replace("[\"variance\"]", "[\"mean-error\"]")
        .replace("generations = 10", "generations = 0");
    let (_root, publication) = ran(&spec);
    let drawn = draw(&publication, None).unwrap().drawn;
    exists(&drawn);
    let svg = |i: usize| std::fs::read_to_string(&drawn[i].svg_path).unwrap();
    let (best, marked) = (svg(0), svg(1));
    assert!(best.contains("\n0.000\n") && best.contains("\n1.000\n") && best.contains("share of"), "{best}");
    assert!(marked.contains("fifty rows") && marked.contains("a hundredth"));
    let both = spec.replace("{ x = 50, label", "{ x = 50, y = 1, label");
    assert!(Experiment::from_toml(&both, "test.toml").unwrap_err().to_string().contains("fifty rows"));
}

fn example_run(data: &str, model: &str, samples: usize, metric: &str) -> (tempfile::TempDir, Publication) {
    ran(&format!(
        "[data]\n{data}\n[model]\n{model}\n[loop]\ngenerations = 2\nsamples = {samples}\nregime = \"replace\"\n[measure]\nmetrics = [\"{metric}\"]\nsize = 40\n[sweep]\nseeds = 2\n"
    ))
}

#[test]
fn numbers_get_densities_images_a_gallery_and_texts_a_table() {
    let gaussian = "family = \"gaussian\"\ncovariance = \"diagonal\"";
    let (_root, publication) = example_run("source = \"gaussian\"", gaussian, 60, "sample-variance");
    let drawn = draw(&publication, None).unwrap().drawn;
    exists(&drawn);
    assert!(drawn.iter().any(|d| d.name == "density-replace"), "{drawn:?}");

    let (_root, publication) =
        example_run("source = \"digits8x8\"\nlabels = false", gaussian, 60, "sample-variance");
    let drawn = draw(&publication, None).unwrap().drawn;
    exists(&drawn);
    assert!(drawn.iter().any(|d| d.name == "gallery"), "{drawn:?}");

    let (_root, publication) = example_run("source = \"moby-dick\"", "family = \"ngram\"", 60, "distinct-1");
    let drawn = draw(&publication, None).unwrap().drawn;
    let path = page(&publication, &drawn, &Found::default(), Vec::new()).unwrap();
    assert!(std::fs::read_to_string(path).unwrap().contains("Text samples"));
}

#[test]
fn paired_differences_are_drawn_against_the_all_human_arm() {
    let spec = variance_run(6, "\"loop.human_fraction\" = [0.0, 0.5, 1.0]\n")
        .replace("[\"replace\", \"accumulate\"]", "[\"fresh\"]");
    let (_root, publication) = ran(&spec);
    let drawn = draw(&publication, None).unwrap().drawn;
    exists(&drawn);
    let differences = drawn.iter().find(|d| d.name == "differences").unwrap();
    assert!(differences.caption.contains("Differences to human fraction 1 "), "{}", differences.caption);
}

#[test]
fn the_page_lists_what_did_not_run_and_a_notebook_takes_its_rows_along() {
    // `accumulate` determines its own human share, so those combinations are skipped.
    let spec = variance_run(3, "\"loop.human_fraction\" = [0.5]\n")
        .replace("\"replace\", \"accumulate\"", "\"fresh\", \"accumulate\"");
    let (root, publication) = ran(&spec);
    let path = page(&publication, &[], &Found::default(), Vec::new()).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains("What did not run") && text.contains("skipped"));
    let to = root.path().join("elsewhere");
    let path = export_notebook(&publication, &to).unwrap();
    assert!(path.is_file() && to.join("metrics.csv").is_file());
}

#[test]
fn a_worst_value_is_that_of_the_settings_own_human_rows() {
    let (_root, publication) =
        ran("[data]\nsource = \"zipf\"\noutcomes = 4\n[model]\nfamily = \"categorical\"\n\
         [loop]\ngenerations = 1\nsamples = 50\nregime = \"replace\"\n[measure]\nmetrics = [\"perplexity\"]\n\
         [sweep]\nseeds = 2\n\"data.outcomes\" = [4, 50]\n");
    let found = changes(&publication, &Asked::default()).unwrap();
    // A uniform guess over the outcomes that there are.
    let worst: Vec<_> = found.iter().map(|c| (c.key.get("data.outcomes"), c.judged.worst)).collect();
    assert_eq!(worst, [(Some("4"), Some(4.0)), (Some("50"), Some(50.0))]);
}
