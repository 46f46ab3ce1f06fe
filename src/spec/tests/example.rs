use super::*;
use crate::spec::measure::Generations;

#[test]
fn the_design_example_parses() {
    let e = load(DESIGN).unwrap();
    assert_eq!(e.about.paper.as_deref(), Some("kazdan2024"));
    assert_eq!(e.title(), "A Gaussian refitted to its own samples");
    assert_eq!(e.sweep.seeds.len(), 100_000);
    assert_eq!(e.sweep.seeds[99_999], 99_999);
    let metrics: Vec<&str> = e.measure.metrics.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(metrics, ["variance", "wasserstein2"]);
    assert_eq!((e.measure.size, e.measure.on), (2000, Subject::Model));
    assert_eq!(e.figures[0].y, ["variance"]);
    assert_eq!(e.figures[0].overlay, ["law"]);
    let claim = &e.claims[0];
    assert_eq!(claim.at, [10, 60]);
    assert_eq!(claim.statistic, Statistic::Mean);

    let settings = e.settings().unwrap();
    assert_eq!(settings.len(), 2);
    let l = &settings[0].loop_;
    assert_eq!((l.generations, l.regime.as_str(), l.hold), (60, "replace", Some(Hold::Total)));
    assert_eq!(l.initial_rows().unwrap(), 100);
    assert_eq!(settings[1].loop_.regime, "accumulate");
    assert_eq!(l.choices, ChoicesSpec::default());
    let s = &settings[0];
    assert!(s.generator.is_none() && s.task.is_none() && s.curation.is_empty());
    assert!(claim.matches(&settings[0]) && !claim.matches(&settings[1]));
}

#[test]
fn loop_choices_are_strings_or_tables_of_one_key() {
    let e = load(&small(
        "[loop.choices]\ninflow = \"fresh\"\nretain_human = \"anchor\"\n\
         retain_synthetic = { share = 0.5 }\ndraw = { uniform = 100 }\n\
         weights = { human = 0.3 }\ncombine = \"by-group\"\n",
    ))
    .unwrap();
    let want = ChoicesSpec {
        inflow: Some(Inflow::Fresh),
        retain_human: Some(RetainHuman::Anchor),
        retain_synthetic: Some(RetainSynthetic::Share(0.5)),
        draw: Some(Draw::Uniform(100)),
        weights: Some(Weights::Human(0.3)),
        combine: Some(Combine::ByGroup),
    };
    assert_eq!(e.settings().unwrap()[0].loop_.choices, want);
}

#[test]
fn defaults_are_those_of_the_design() {
    let e = load(&small("")).unwrap();
    let s = &e.settings().unwrap()[0];
    assert_eq!(s.sampling, SamplingSpec::default());
    assert_eq!((s.sampling.temperature, s.sampling.covariance_scale), (1.0, 1.0));
    assert_eq!((s.loop_.start, s.loop_.synthesis), (StartFrom::Scratch, Synthesis::Sample));
    assert_eq!((s.loop_.sharing, s.loop_.path), (Sharing::Own, PathChoice::Auto));
    assert!(s.loop_.labels_known && s.loop_.population == 1);
    assert_eq!(e.sweep.seeds, (0..10).collect::<Vec<u64>>());
    assert_eq!(e.measure.at, Generations::All);
    assert_eq!(s.get("sampling.temperature").and_then(Node::as_f64), Some(1.0));
    assert_eq!(s.get("loop.start").and_then(Node::as_str), Some("scratch"));
    assert!(s.get("loop.initial").is_none());
}

#[test]
fn hold_human_takes_human_rows_alone() {
    let e = with_loop(
        "generations = 1\nregime = \"fixed-mix\"\nhold = \"human\"\nhuman_rows = 50\n\
         synthetic_scale = 2\n",
    )
    .unwrap();
    let l = &e.settings().unwrap()[0].loop_;
    assert_eq!(l.initial_rows().unwrap(), 50);
    assert_eq!(l.synthetic_scale, Some(2.0));
}

#[test]
fn members_lie_on_the_model_unless_the_family_differs() {
    let e = load(&small("[[member]]\nddof = 1\n[[member]]\nfamily = \"histogram\"\n")).unwrap();
    let s = &e.settings().unwrap()[0];
    assert_eq!(s.loop_.population, 2);
    assert_eq!(canonical(s.model_of(0)), r#"{"ddof":1,"family":"gaussian",}"#);
    assert_eq!(canonical(s.model_of(1)), r#"{"family":"histogram",}"#);
}

#[test]
fn measured_generations() {
    assert_eq!(Generations::All.of(2), [0, 1, 2]);
    assert_eq!(Generations::Log.of(10), [0, 1, 2, 4, 8, 10]);
    assert_eq!(Generations::Log.of(8), [0, 1, 2, 4, 8]);
    assert_eq!(Generations::Log.of(0), [0]);
    assert_eq!(Generations::List(vec![60, 0, 10]).of(10), [0, 10]);
}

#[test]
fn a_metric_may_have_parameters() {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Vendi {
        order: f64,
    }
    let e = load(&small("[measure]\nmetrics = [\"variance\", { name = \"vendi\", order = 2 }]\n"));
    let e = e.unwrap();
    let m = &e.measure.metrics[1];
    assert_eq!(m.name, "vendi");
    assert_eq!(m.node.parse_without::<Vendi>(&["name"]).unwrap().order, 2.0);
    assert!(m.node.parse::<Vendi>().is_err());
}

/// Everything that a run depends on or shows, apart from where it was written.
fn content(e: &Experiment) -> Vec<String> {
    let mut all: Vec<String> = e.settings().unwrap().iter().map(|s| setting_digest(s, &[])).collect();
    let figures = serde_json::to_string(&e.figures).unwrap();
    all.push(format!("{:?} {figures} {:?}", e.about, e.sweep.seeds));
    all.push(measure_digest(&e.measure, &[]));
    all.push(e.template.get("claim").map(canonical).unwrap_or_default());
    all
}

#[test]
fn the_resolved_text_reads_back_to_the_same_experiment() {
    let rich = small("")
        + "human_fraction = { geometric = 0.9, base = 1, last = 0.5 }\n\
         [loop.choices]\ndraw = { uniform = 100 }\n[data.shift]\nby = -1e-7\nodd = \"a\\\"\\n\\u007Fé\"\n\
         when = 1979-05-27\n[[curation]]\nstep = \"a\"\n[[curation]]\nstep = \"b\"\nn = [1, 2.5]\n\
         [sweep]\nseeds = [3, 5]\n\"model.ddof\" = [0, 1]\n\
         [[sweep.point]]\n\"sampling.temperature\" = 1\ndata.source = \"x\"\n\
         [[sweep.point]]\n\"sampling.temperature\" = 0.5\ndata = { source = \"y\", dim = 3 }\n\
         [quick.loop]\ngenerations = 2\n";
    // A single-segment point key is a whole table and can't stand beside one of its own keys in
    // the same point, but may in another point.
    for text in [DESIGN.to_owned(), small(""), rich] {
        let e = Experiment::with_overlays(&text, "e.toml", &Overlays::default()).unwrap();
        let resolved = e.resolved();
        let again = load(&resolved).unwrap_or_else(|e| panic!("{}\n{resolved}", e.located()));
        assert_eq!(content(&e), content(&again), "{resolved}");
        assert_eq!(again.resolved(), resolved);
        assert!(!resolved.contains("quick"));
        // A size that nobody asked for follows from the rows held out.
        assert_eq!(resolved.contains("\nsize = "), text.contains("\nsize = "), "{resolved}");
    }
}
