//! Facts about the page.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::figures::{Dash, Marker};

fn report() -> Report {
    Report {
        title: "Collapse <of> a & b".into(),
        answer: vec!["It \"collapses\".".into()],
        sections: vec![Section {
            heading: "Claims".into(),
            prose: vec!["<script>alert(1)</script>".into()],
            tables: vec![TableData {
                caption: "Claims".into(),
                columns: vec![
                    Column { name: "claim".into(), numeric: false },
                    Column { name: "verdict".into(), numeric: false },
                ],
                rows: vec![vec![Cell::text("variance < 1"), Cell::verdict(Verdict::Undecided)]],
            }],
            figures: vec![FigureRef {
                svg: "<svg viewBox=\"0 0 1 1\"><circle r=\"1\"/></svg>".into(),
                caption: "A <figure>".into(),
                files: vec![FileLink {
                    name: "SVG".into(),
                    href: "figures/a&b.svg".into(),
                    about: String::new(),
                }],
                ..FigureRef::default()
            }],
            text_samples: Some(TextSamples {
                columns: vec!["0".into()],
                rows: vec![("3".into(), vec!["</pre><b>the the the".into()])],
                ..TextSamples::default()
            }),
        }],
        spec_toml: "[loop]\nregime = \"replace\"\n".into(),
        commands: vec!["collapse run a.toml".into()],
        provenance: vec![("seeds".into(), "0..9".into())],
        files: vec![],
        ..Report::default()
    }
}

#[test]
fn texts_are_escaped_and_figures_are_not() {
    let page = render(&report()).unwrap();
    assert!(page.contains("<title>Collapse &lt;of&gt; a &amp; b</title>"));
    assert!(!page.contains("<script>alert") && !page.contains("<b>the"));
    assert!(page.contains("the the the") && page.contains("<circle r=\"1\"/>"));
    // The engine writes a slash as a character reference.
    assert!(page.contains("a%26b.svg"));
    assert!(page.contains("class=\"verdict undecided\">undecided<"));
}

#[test]
fn the_page_asks_for_nothing_outside() {
    let page = render(&report()).unwrap();
    assert!(page.contains("default-src 'none'"));
    let page = page.split_once("<script>").unwrap().0.to_owned();
    for asks in ["<link", "<img", "<iframe", "url(", "@import", "src=", "http://", "https://"] {
        assert!(!page.contains(asks), "{asks}");
    }
}

#[test]
fn an_empty_report_is_a_page() {
    let page = render(&Report::default()).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    assert!(!page.contains("<h2>"));
}

#[test]
fn rows_must_match_their_columns() {
    let mut r = report();
    r.sections[0].tables[0].rows[0].pop();
    let wrong = render(&r);
    assert!(matches!(wrong, Err(ReportError::Row { row: 0, expected: 2, got: 1, .. })));
    let mut r = report();
    r.sections[0].text_samples.as_mut().unwrap().rows[0].1.clear();
    assert!(render(&r).is_err());
}

#[test]
fn the_same_report_gives_the_same_page() {
    assert_eq!(render(&report()).unwrap(), render(&report()).unwrap());
}

/// Something to explore, with a name that would end the block of numbers.
fn explored() -> Report {
    let setting = Setting {
        name: "</script><b>0.3".into(),
        values: vec![0],
        control: false,
        colour: "#0072b2".into(),
        marker: Marker::Square,
        dash: Dash::Solid,
    };
    let values = Values { generations: vec![0, 1], mean: vec![Some(1.0), None], ..Values::default() };
    let share = Choice { name: "human fraction".into(), values: vec!["0.3".into()] };
    let explore = Explore {
        columns: vec![share],
        share: Some(0),
        settings: vec![setting],
        metrics: vec![Metric { name: "coverage".into(), ..Metric::default() }],
        series: vec![values],
        ..Explore::default()
    };
    Report { explore: Some(explore), ..report() }
}

#[test]
fn the_numbers_of_explore_are_json_that_ends_where_it_should() {
    let page = render(&explored()).unwrap();
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"run\">").unwrap();
    let (json, _) = rest.split_once("</script>").unwrap();
    let data: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(data["settings"][0]["name"], "</script><b>0.3");
    assert_eq!(data["settings"][0]["marker"], "square");
    assert_eq!(data["series"][0]["mean"], serde_json::json!([1.0, null]));
    assert!(page.contains("<h2>Explore</h2>") && page.contains("id=\"explore-arm\""));
    // Without something to explore there is no chart library in the page.
    assert!(page.contains("uPlot=") && !render(&report()).unwrap().contains("uPlot="));
}

#[test]
fn the_chart_library_is_the_one_that_was_published() {
    use sha2::{Digest, Sha256};
    // As in the npm package uplot 1.6.32; vendor/README.md says how to renew it.
    let known = [
        (
            include_str!("vendor/uPlot.iife.min.js"),
            "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
        ),
        (
            include_str!("vendor/uPlot.min.css"),
            "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
        ),
    ];
    for (text, digest) in known {
        let found: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, digest);
    }
    assert!(include_str!("vendor/uPlot.LICENSE").contains("Permission is hereby granted, free of charge"));
}
