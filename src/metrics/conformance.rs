//! One test for all metrics: each registry entry is measured on rows of every kind.

#![allow(clippy::unwrap_used)]

mod cases;
mod sizes;

use super::testing::{Fitted, Scene, Truth, normals, numbers, outcomes, text};
use super::{BoxedMetric, Direction, METRICS, MetricEntry, When, reading};
use crate::data::{Distribution, TokenUnit};
use crate::registry::Registry;
use crate::spec::Node;
use cases::{Case, ROWS, cases};

fn build(entry: &MetricEntry) -> BoxedMetric {
    let node = Node::from_toml(&format!("metric = \"{}\"", entry.about.name), "test").unwrap();
    entry.make(node.get("metric").unwrap()).unwrap()
}

fn accepts(metric: &BoxedMetric, case: &Case) -> bool {
    let truth = case.truth.map(|t| t());
    metric.accepts(case.held_out.schema(), truth.as_ref().map(|t| t as &dyn Distribution)).is_ok()
}

/// The first value, with the metric's name in any message.
fn first(metric: &BoxedMetric, scene: &Scene) -> Result<f64, String> {
    scene.measure(metric.as_ref()).map(|values| values[0].1).map_err(|e| e.to_string())
}

#[test]
fn every_entry_is_described_and_built_from_its_name_or_a_table() {
    let Registry { entries, .. } = METRICS;
    for (i, entry) in entries.iter().enumerate() {
        let about = &entry.about;
        assert!(entries[..i].iter().all(|e| e.about.name != about.name), "{} twice", about.name);
        for text in [about.summary, about.details, about.source, entry.extra.ideal] {
            assert!(!text.is_empty(), "{}", about.name);
        }
        assert!(!about.summary.ends_with('.'), "{}", about.name);
        build(entry);
        let mut table = format!("name = \"{}\"\n", about.name);
        for p in about.parameters {
            table += &format!("{} = {}\n", p.name, p.default);
        }
        entry.make(&Node::from_toml(&table, "test").unwrap()).unwrap();
        table += "no_such_key = 1\n";
        assert!(entry.make(&Node::from_toml(&table, "test").unwrap()).is_err(), "{}", about.name);
    }
}

#[test]
fn every_metric_accepts_some_rows_and_names_its_values_so_that_they_can_be_read() {
    let cases = cases();
    for entry in METRICS.entries {
        let metric = build(entry);
        let mut measured = 0;
        for case in cases.iter().filter(|c| accepts(&metric, c)) {
            let scene = match &case.models {
                Some((known, _)) => case.model(&case.same, known),
                None => case.scene(&case.same),
            };
            for (name, value) in scene.measure(metric.as_ref()).unwrap_or_default() {
                assert!(!value.is_nan(), "{name} on {}", case.kind);
                assert!(reading(&name).is_some(), "no reading for {name}");
                measured += 1;
            }
        }
        assert!(measured > 0, "{}: no value on any rows", entry.about.name);
    }
}

#[test]
fn the_human_baseline_has_every_metric_that_reads_samples() {
    // The one that compares with generation 0 does so here too: the scene has a first sample.
    for case in cases() {
        for entry in METRICS.entries {
            let metric = build(entry);
            if metric.needs().sample == When::Never || !accepts(&metric, &case) {
                continue;
            }
            let found = first(&metric, &case.scene(&case.same));
            assert!(found.is_ok(), "{} on {}: {found:?}", entry.about.name, case.kind);
        }
    }
}

#[test]
fn identical_rows_have_the_ideal_value_and_the_same_bits_twice() {
    for case in cases() {
        for entry in METRICS.entries {
            let (metric, extra) = (build(entry), entry.extra);
            if !accepts(&metric, &case) || metric.needs().sample == When::Never {
                continue;
            }
            let scene =
                Scene { first: Some(case.held_out.clone()), truth: None, ..case.scene(&case.held_out) };
            let Ok(found) = first(&metric, &scene) else { continue };
            assert_eq!(found.to_bits(), first(&metric, &scene).unwrap().to_bits(), "{}", entry.about.name);
            if extra.direction == Direction::Lower && extra.ideal == "0" {
                // Unbiased estimates of 0 may be below it.
                assert!(found < 1e-9, "{} on {}: {found}", entry.about.name, case.kind);
            }
            if entry.about.name == "vocabulary-survival" {
                assert_eq!(found, 1.0);
            }
        }
    }
}

#[test]
fn a_collapse_moves_every_metric_the_right_way() {
    // Not moved by these rows: they read only the training set or the past, need copies of it, words that occur
    // once, or a mediator to be named, or their first bin is empty on both sides (own tests).
    let elsewhere = [
        "sequence-perplexity-from",
        "training-loss",
        "early-stopping-loss",
        "realised-human-fraction",
        "nearest-neighbour-memorisation",
        "nearest-neighbour-ratio",
        "training-distance",
        "survival",
        "absorption-time",
        "hapax-share",
        "counterfactual-indirect-effect",
        "counterfactual-indirect-effect-error",
    ];
    // Reversed arrows leave the size of a gap and of a group as they were; people have no
    // confounder and no mediator.
    let turned = ["group-share", "demographic-parity-gap"];
    // A refusal is the right answer where the value would be infinite.
    let infinite = ["kl", "knn-entropy"];
    // Asked of models that predict a label or state their probabilities; the models of these tables make rows alone.
    let parameters = ["test-mse", "accuracy", "calibration-error", "risk-inflation"];
    for case in cases() {
        for entry in METRICS.entries {
            let (metric, name) = (build(entry), entry.about.name);
            let reversed = match case.kind {
                "a table with group and label" => turned.contains(&name),
                // Both groups and both labels are left.
                "people" => name.starts_with("counterfactual-") || name == "category-coverage",
                _ => false,
            };
            if !accepts(&metric, &case) || elsewhere.contains(&name) || reversed {
                continue;
            }
            let scenes = match (&case.models, metric.needs().sample) {
                (Some((known, lost)), When::Never) => {
                    (case.model(&case.same, known), case.model(&case.shifted, lost))
                }
                (None, When::Never) => continue,
                _ => (case.scene(&case.same), case.scene(&case.shifted)),
            };
            let same = match first(&metric, &scenes.0) {
                Ok(same) => same,
                Err(_) if parameters.contains(&name) => continue,
                Err(e) => panic!("{name} on {}: {e}", case.kind),
            };
            let shifted = match first(&metric, &scenes.1) {
                Ok(shifted) => shifted,
                Err(_) if infinite.contains(&name) => continue,
                Err(e) => panic!("{name} on {}: {e}", case.kind),
            };
            let human = first(&metric, &case.scene(&case.held_out));
            let right = match entry.extra.direction {
                Direction::Lower => shifted > same,
                Direction::Higher => shifted < same,
                Direction::TwoSided => human.is_ok_and(|h| (shifted - h).abs() > (same - h).abs()),
            };
            assert!(right, "{name} on {}: same {same}, shifted {shifted}", case.kind);
        }
    }
}

#[test]
fn degenerate_rows_give_finite_values_or_refusals() {
    let nan = f64::NAN;
    let mut tables = vec![outcomes(&[0], 1), outcomes(&[2; 9], 3), outcomes(&[], 3)];
    for dim in [1, 2, 5, 9, 20] {
        tables.push(numbers(&vec![0.0; dim], dim));
        tables.push(numbers(&vec![3.25; 12 * dim], dim));
        tables.push(numbers(&normals(4, dim, 7), dim));
        tables.push(numbers(&[normals(6, dim, 8), vec![nan; dim]].concat(), dim));
        tables.push(numbers(&[normals(6, dim, 8), vec![f64::INFINITY; dim]].concat(), dim));
        tables.push(numbers(&normals(8, dim, 9).iter().map(|x| x * 1e300).collect::<Vec<_>>(), dim));
        tables.push(numbers(&normals(8, dim, 9).iter().map(|x| x * 1e-300).collect::<Vec<_>>(), dim));
        tables.push(numbers(&[], dim));
    }
    for unit in [TokenUnit::Words, TokenUnit::Characters] {
        tables.push(text(unit, &[]));
        tables.push(text(unit, &["", ""]));
        tables.push(text(unit, &["a"]));
        tables.push(text(unit, &["a a a a a a a a", "", "a"]));
    }
    let mut metrics: Vec<(&str, BoxedMetric)> =
        METRICS.entries.iter().map(|e| (e.about.name, build(e))).collect();
    let rbf = Node::from_toml("name = \"vendi\"\nkernel = \"rbf\"", "test").unwrap();
    metrics.push(("vendi rbf", METRICS.get("vendi").unwrap().make(&rbf).unwrap()));
    for (i, rows) in tables.iter().enumerate() {
        for other in tables.iter().filter(|t| t.schema() == rows.schema()) {
            for (name, metric) in &metrics {
                let scene = Scene {
                    first: Some(other.clone()),
                    ..Scene::sample(rows.clone()).beside(other.clone()).trained_on(other.clone())
                };
                for (_, value) in scene.measure(metric.as_ref()).unwrap_or_default() {
                    assert!(!value.is_nan(), "{name} on table {i}");
                }
            }
        }
    }
    // No rows at all, and parameters that are not finite.
    for fitted in [
        Fitted::gaussian(&[nan], &[1.0]),
        Fitted::gaussian(&[0.0], &[f64::INFINITY]),
        Fitted::gaussian(&[0.0, 0.0], &[nan; 4]),
        Fitted::gaussian(&[0.0, 0.0], &[0.0; 4]),
        Fitted::Outcomes(vec![nan, 1.0]),
        Fitted::Outcomes(vec![]),
    ] {
        let scene = Scene::model(fitted).with_truth(Truth::gaussian(&[0.0, 0.0], &[1.0, 0.0, 0.0, 1.0]));
        for (name, metric) in &metrics {
            for (_, value) in scene.measure(metric.as_ref()).unwrap_or_default() {
                assert!(!value.is_nan(), "{name}");
            }
        }
    }
}

#[test]
fn a_worst_value_is_on_the_bad_side_of_every_good_one() {
    // Rows like the human ones must not be beyond the worst value, and the metric of one point (or of one outcome, one
    // word) must not be better than it: else a cut at the worst value would flatter a collapsed model.
    for case in cases() {
        let human = case.profile();
        for entry in METRICS.entries {
            let (metric, name, extra) = (build(entry), entry.about.name, entry.extra);
            let Some(worst) = extra.worst.value(&human) else { continue };
            if !accepts(&metric, &case) || metric.needs().sample == When::Never {
                continue;
            }
            let Ok(same) = first(&metric, &case.scene(&case.same)) else { continue };
            let right = match extra.direction {
                Direction::Lower => same <= worst,
                Direction::Higher => same >= worst,
                // No word of these rows occurs once.
                Direction::TwoSided => name == "hapax-share" || same != worst,
            };
            assert!(right, "{name} on {}: {same}, and the worst value is {worst}", case.kind);
        }
    }
}
