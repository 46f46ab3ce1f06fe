use proptest::prelude::*;

use super::*;

/// Pieces from which something near a spec can be made.
const PIECES: &[&str] = &[
    "[loop]",
    "[sweep]",
    "[[sweep.point]]",
    "[quick]",
    "[profile.p]",
    "[loop.choices]",
    "[data]",
    "[model]",
    "[[claim]]",
    "[[figure]]",
    "[measure]",
    "[sampling]",
    "[[member]]",
    "[[curation]]",
    "\n",
    "\n",
    "\n",
    " = ",
    " = ",
    ".",
    ",",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "#",
    "é",
    "-1",
    "0",
    "7",
    "1e999",
    "nan",
    "99999999999999999999",
    "true",
    "samples",
    "seeds",
    "draw",
    "uniform",
    "regime",
    "generations",
    "source",
    "family",
    "\"x\"",
    "\"loop.samples\"",
    "hold",
    "\"human\"",
    "list",
    "power",
    "base",
    "metrics",
    "name",
    "at",
    "where",
    "step",
    "1979-05-27",
];

fn tomlish() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..25).prop_map(|p| p.concat())
}

fn try_all(text: &str) {
    let overlays = Overlays::default().quick(true).profile("p");
    for result in [load(text), Experiment::with_overlays(text, "e", &overlays)] {
        match result {
            Ok(e) => assert!(load(&e.resolved()).is_ok(), "{}", e.resolved()),
            Err(e) => {
                let mut out = String::new();
                miette::GraphicalReportHandler::new().render_report(&mut out, &e).unwrap();
                assert!(!e.located().is_empty() && !out.is_empty());
            }
        }
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in tomlish()) {
        try_all(&text);
        try_all(&small(&text));
    }

    #[test]
    fn no_argument_panics(text in tomlish()) {
        let overlays = Overlays::default().set(&text).set(&format!("loop.samples={text}"));
        let _ = Experiment::with_overlays(&small(""), "e.toml", &overlays).map_err(|e| e.located());
    }

    #[test]
    fn any_characters_are_survived(text in ".{0,40}") {
        try_all(&text);
    }
}
