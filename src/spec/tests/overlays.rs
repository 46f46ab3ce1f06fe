use super::*;

const LAYERED: &str = "[quick.loop]\nsamples = 20\n[quick.measure]\nsize = 50\n\
    [profile.paper.loop]\nsamples = { power = 1, base = 900 }\ngenerations = 99\n";

fn samples_with(overlays: Overlays) -> (Option<f64>, u32) {
    let e = Experiment::with_overlays(&small(LAYERED), "e.toml", &overlays).unwrap();
    let l = &e.settings().unwrap()[0].loop_;
    (l.samples.as_ref().unwrap().as_constant(), l.generations)
}

#[test]
fn later_layers_win_key_by_key() {
    let none = Overlays::default();
    assert_eq!(samples_with(none.clone()), (Some(100.0), 10));
    assert_eq!(samples_with(none.clone().quick(true)), (Some(20.0), 10));
    assert_eq!(samples_with(none.clone().profile("paper")), (None, 99));
    let both = none.profile("paper").quick(true);
    assert_eq!(samples_with(both.clone()), (Some(20.0), 99));
    assert_eq!(samples_with(both.set("loop.samples=500")), (Some(500.0), 99));
}

#[test]
fn each_value_remembers_its_layer() {
    let overlays = Overlays::default().profile("paper").quick(true).set("loop.initial = 7");
    let e = Experiment::with_overlays(&small(LAYERED), "e.toml", &overlays).unwrap();
    let layer = |path: &str| e.template.at_of(path).layer;
    assert_eq!(layer("loop.regime"), Layer::File);
    assert_eq!(layer("loop.generations"), Layer::Profile("paper".into()));
    assert_eq!(layer("loop.samples"), Layer::Quick);
    assert_eq!(layer("loop.initial"), Layer::Set);
    assert_eq!(e.measure.size, 50);
}

fn set(assignment: &str) -> Result<Experiment, Error> {
    Experiment::with_overlays(&small(""), "e.toml", &Overlays::default().set(assignment))
}

#[test]
fn set_takes_toml_values_and_bare_words() {
    let get = |assignment: &str, path: &str| canonical(set(assignment).unwrap().template.get(path).unwrap());
    assert_eq!(get("loop.regime=accumulate", "loop.regime"), "\"accumulate\"");
    assert_eq!(get("loop.regime = \"keep\" ", "loop.regime"), "\"keep\"");
    assert_eq!(get("data.list=[1, 2.0]", "data.list"), "[1,2,]");
    assert_eq!(get("data.path=a/b-c.csv", "data.path"), "\"a/b-c.csv\"");
    assert_eq!(get("loop.samples={power=2, base=3}", "loop.samples"), r#"{"base":3,"power":2,}"#);
    assert_eq!(get("task.kind=x", "task"), r#"{"kind":"x",}"#);
    let swept = set("sweep.loop.samples=[5, 6]").unwrap();
    assert_eq!(swept.settings().unwrap().len(), 2);
}

#[test]
fn errors_of_set_point_into_the_argument() {
    for (assignment, column, span, want) in [
        ("loop.sampels=5", 1, "loop.sampels", "did you mean `samples`?"),
        ("loop.initial=many", 14, "many", "expected a whole number"),
        ("loop.initial", 1, "loop.initial", "no `=`"),
        ("loop.initial=[1", 14, "[1", "is no value"),
        ("loop.initial=", 14, "", "is no value"),
        ("loop.regime.x=1", 1, "loop.regime.x", "can't be set inside a string"),
    ] {
        let error = set(assignment).unwrap_err();
        let at = error.places()[0];
        assert_eq!(at.source.name, "--set");
        assert_eq!((at.line_column(), at.text()), ((1, column), span), "{}", error.located());
        assert!(error.located().contains(want), "{}", error.located());
    }
    assert!(set("=5").is_err() && set("a b=5").is_err() && set("").is_err());
}

#[test]
fn a_missing_layer_is_an_error() {
    let wrong = Overlays::default().profile("papr");
    let error = Experiment::with_overlays(&small(LAYERED), "e.toml", &wrong).unwrap_err();
    assert!(error.located().contains("unknown profile `papr` (did you mean `paper`?"));
    let error = Experiment::with_overlays(&small(""), "e.toml", &Overlays::default().quick(true));
    assert!(error.unwrap_err().located().contains("no [quick] table"));
}

#[test]
fn setting_a_swept_key_is_refused_with_both_places() {
    let text = small("[sweep]\n\"loop.samples\" = [1, 2]\n");
    let error =
        Experiment::with_overlays(&text, "e.toml", &Overlays::default().set("loop.samples=5")).unwrap_err();
    let names: Vec<&str> = error.places().iter().map(|a| a.source.name.as_str()).collect();
    assert_eq!(names, ["--set", "e.toml"]);
    assert!(error.located().contains("is swept"));

    let text = small("[sweep]\nmodel = [{ family = \"a\" }]\n");
    let inside = Overlays::default().set("model.ddof=1");
    let error = Experiment::with_overlays(&text, "e.toml", &inside).unwrap_err();
    assert!(error.located().starts_with("--set:1:12: `model` is swept"), "{}", error.located());
}

#[test]
fn inline_tables_are_values_but_sections_merge() {
    let mut base = Node::from_toml("[a]\nx = { p = 1, q = 2 }\ny = 1\n[a.z]\np = 1\nq = 2", "b").unwrap();
    base.overlay(Node::from_toml("[a]\nx = { p = 3 }\n[a.z]\np = 3", "o").unwrap());
    assert_eq!(canonical(&base), r#"{"a":{"x":{"p":3,},"y":1,"z":{"p":3,"q":2,},},}"#);
    assert_eq!(base.at_of("a.z.p").source.name, "o");
    assert_eq!(base.at_of("a.z.q").source.name, "b");
}
