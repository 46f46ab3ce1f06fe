//! Facts about the page.

#![allow(clippy::unwrap_used)]

use super::*;

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
    assert!(!page.contains("<script") && !page.contains("<b>the"));
    assert!(page.contains("the the the") && page.contains("<circle r=\"1\"/>"));
    // The engine writes a slash as a character reference.
    assert!(page.contains("a%26b.svg"));
    assert!(page.contains("class=\"verdict undecided\">undecided<"));
}

#[test]
fn the_page_asks_for_nothing_outside() {
    let page = render(&report()).unwrap();
    for asks in ["<script", "<link", "<img", "<iframe", "url(", "@import", "src=", "http://", "https://"] {
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
