//! Every registered family reads its table.

#![allow(clippy::unwrap_used)]

use super::{BoxedFamily, FAMILIES};
use crate::registry::Entry;
use crate::spec::Node;

fn build(name: &str, table: &str) -> Result<(), String> {
    let node = Node::from_toml(&format!("family = \"{name}\"\n{table}"), "test.toml").unwrap();
    FAMILIES.get(name).unwrap().make(&node).map(drop).map_err(|e| e.located())
}

#[test]
fn defaults_stand_for_every_family() {
    // A program has no default.
    let needs_none =
        |e: &&Entry<BoxedFamily>| e.about.parameters.iter().all(|p| !p.default.contains("required"));
    for entry in FAMILIES.entries.iter().filter(needs_none) {
        build(entry.about.name, "").unwrap();
        for parameter in entry.about.parameters {
            // Keys that belong to one choice of another key are refused beside its default.
            let alone = !parameter.meaning.contains(" only:");
            let written = build(entry.about.name, &format!("{} = {}", parameter.name, parameter.default));
            assert_eq!(written.is_ok(), alone, "{}: {written:?}", parameter.name);
        }
        assert!(build(entry.about.name, "no_such_key = 1").unwrap_err().contains("no_such_key"));
    }
}

#[test]
fn values_out_of_range_are_errors() {
    for (family, table) in [
        ("gaussian", "ddof = 2"),
        ("gaussian", "covariance = \"round\""),
        ("categorical", "smoothing = -1.0"),
        ("kde", "bandwidth = 0"),
        ("kde", "bandwidth = \"wide\""),
        ("gaussian-mixture", "components = 0"),
        ("gaussian-mixture", "covariance_floor = 0.0"),
        ("histogram", "range = [1.0, 1.0]"),
        ("histogram", "range = [0.0, 1.0, 2.0]"),
        ("histogram", "range = \"wide\""),
        ("bernoulli", "smoothing = -0.5"),
        ("poisson", "rate = 1.0"),
        ("ngram", "order = 0"),
        ("ngram", "smoothing = \"jelinek-mercer\"\nlambda = 1.0"),
        ("ngram", "smoothing = \"witten-bell\"\nk = 1.0"),
    ] {
        assert!(build(family, table).is_err(), "{family}: {table}");
    }
    build("ngram", "smoothing = \"add-k\"\nk = 0.5\norder = 2").unwrap();
    build("kde", "bandwidth = 2").unwrap();
    build("histogram", "range = [0, 2.5]\nbins = 5").unwrap();
    build("gaussian-mixture", "covariance = \"spherical\"\ncomponents = 25").unwrap();
}
