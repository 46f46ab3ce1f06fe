use super::*;

fn table(more: &str, keys: &[&str]) -> Vec<Vec<String>> {
    let e = load(&small(more)).unwrap_or_else(|e| panic!("{}", e.located()));
    let row = |s: &Setting| keys.iter().map(|k| canonical(s.get(k).unwrap())).collect();
    e.settings().unwrap().iter().map(row).collect()
}

#[test]
fn the_first_key_is_outermost_in_file_order() {
    let rows = table(
        "[sweep]\n\"model.ddof\" = [1, 0]\n\"loop.samples\" = [5, 6, 7]\n",
        &["model.ddof", "loop.samples"],
    );
    let want = [["1", "5"], ["1", "6"], ["1", "7"], ["0", "5"], ["0", "6"], ["0", "7"]];
    assert_eq!(rows, want);
    let e = load(&small("[sweep]\nmodel.ddof = [1, 0]\n")).unwrap();
    let s = &e.settings().unwrap()[1];
    assert_eq!((s.index, s.point[0].0.as_str()), (1, "model.ddof"));
    assert_eq!(canonical(&s.model), r#"{"ddof":0,"family":"gaussian",}"#);
}

#[test]
fn any_dotted_key_may_be_swept() {
    for key in [
        "\"data.source\" = [\"a\", \"b\"]",
        "\"model.family\" = [\"a\", \"b\"]",
        "\"model.new.deep\" = [1, 2]",
        "\"model\" = [{ family = \"a\" }, { family = \"b\", k = 2 }]",
        "\"loop.regime\" = [\"a\", \"b\"]",
        "\"loop.samples\" = [{ list = [5] }, 6]",
        "\"loop.choices.draw\" = [\"all\", { uniform = 5 }]",
        "\"sampling.temperature\" = [0.5, 1]",
        "\"curation.0.share\" = [0.5, 1]",
        "\"task.kind\" = [\"a\", \"b\"]",
    ] {
        let text = small(&format!("[[curation]]\nstep = \"filter\"\n[sweep]\n{key}\n"));
        let e = load(&text).unwrap_or_else(|e| panic!("{}", e.located()));
        let s = e.settings().unwrap();
        assert_eq!(s.len(), 2, "{key}");
        assert_ne!(setting_digest(&s[0], &[]), setting_digest(&s[1], &[]), "{key}");
    }
}

#[test]
fn typed_parts_follow_the_point() {
    let e = load(&small("[sweep]\n\"sampling.temperature\" = [0.5, 2]\n\"loop.samples\" = [5]\n"));
    let s = e.unwrap().settings().unwrap();
    assert_eq!(s[0].sampling.temperature, 0.5);
    assert_eq!(s[1].sampling.temperature, 2.0);
    assert_eq!(s[1].loop_.initial_rows().unwrap(), 5);
}

#[test]
fn points_are_zipped_and_outside_the_grid() {
    let text = "[loop]\ngenerations = 1\nsamples = 5\nregime = \"r\"\n[sweep]\n\
        \"loop.human_fraction\" = [0, 1]\n\
        [[sweep.point]]\n\"data.source\" = \"digits\"\n\"model.family\" = \"vae\"\n\
        [[sweep.point]]\ndata.source = \"text\"\nmodel = { family = \"gpt\", layers = 2 }\n";
    let e = load(text).unwrap_or_else(|e| panic!("{}", e.located()));
    let rows: Vec<String> = e
        .settings()
        .unwrap()
        .iter()
        .map(|s| {
            let fraction = s.loop_.human_fraction.as_ref().unwrap().at(0, 1);
            let name = |n: &Node, k| n.selector(k).unwrap().as_str().unwrap().to_owned();
            format!("{} {} {fraction}", name(&s.data, "source"), name(&s.model, "family"))
        })
        .collect();
    assert_eq!(rows, ["digits vae 0", "digits vae 1", "text gpt 0", "text gpt 1"]);
}

#[test]
fn sweep_errors_point_at_the_key_or_value() {
    for (sweep, span, want) in [
        ("\"loop.sampels\" = [1]", "\"loop.sampels\"", "did you mean `loop.samples`?"),
        ("\"lop.samples\" = [1]", "\"lop.samples\"", "did you mean `loop.samples`?"),
        ("\"loop.choices.drw\" = [1]", "\"loop.choices.drw\"", "`loop.choices.draw`"),
        ("\"measure.size\" = [1]", "\"measure.size\"", "unknown key"),
        ("\"loop.samples\" = 5", "5", "expected a list of values"),
        ("\"loop.samples\" = []", "[]", "nothing to sweep"),
        ("\"loop.samples\" = [5, 6, 5.0]", "5.0", "listed twice"),
        ("\"loop.samples\" = [5, \"x\"]", "\"x\"", "`samples`: expected a number"),
        ("\"model\" = [{ family = \"a\" }]\n\"model.ddof\" = [1]", "\"model.ddof\"", "swept together"),
        ("seeds = 0", "0", "at least one seed"),
        ("seeds = []", "[]", "at least one seed"),
        ("seeds = [1, 2, 1]", "1", "listed twice"),
        ("seeds = [-1]", "-1", "not a seed"),
        ("\"loop.samples\" = [1]\n[[sweep.point]]\n\"loop.samples\" = 2", "\"loop.samples\"", "together"),
    ] {
        let error = load(&small(&format!("[sweep]\n{sweep}\n"))).map(|_| sweep).unwrap_err();
        assert_eq!(error.places()[0].text(), span, "{}", error.located());
        assert!(error.located().contains(want), "{}", error.located());
    }
    let text = small("[[curation]]\nstep = \"f\"\n[sweep]\n\"curation.3.x\" = [1]\n");
    let error = load(&text).unwrap_err();
    assert_eq!(error.places()[0].text(), "\"curation.3.x\"");
    assert!(error.located().contains("no entry `3`"), "{}", error.located());
}

#[test]
fn a_component_error_in_a_swept_value_points_into_the_sweep() {
    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Params {
        #[serde(default, rename = "ddof")]
        _ddof: u32,
    }
    let e = load(&small("[sweep]\n\"model.ddoff\" = [1]\n")).unwrap();
    let s = &e.settings().unwrap()[0];
    let error = s.model.parse_without::<Params>(&["family"]).unwrap_err();
    assert_eq!(error.places()[0].text(), "\"model.ddoff\"");
    assert_eq!(error.places()[0].layer, Layer::SweepPoint);
}

#[test]
fn the_population_must_match_the_members() {
    let error = load(&small("population = 3\n[[member]]\nddof = 1\n")).unwrap_err();
    assert!(error.located().contains("`population` is 3, but there are 1"), "{}", error.located());
}
