//! The tables of claims in documents: all of them in `results/CLAIMS.md`, counts and failures in the README.

use std::collections::BTreeMap;

use super::outcome::{Outcome, counts};
use crate::analysis::Verdict;
use crate::publish::expectation;
use crate::spec::Origin;

/// Every claim, one a row, below its counts. `name` says what a paper's key is called.
pub fn all_claims(outcomes: &[Outcome], command: &str, name: impl Fn(&str) -> String) -> String {
    let mut text = format!("`{command}`: of {} claims {}.\n\n", outcomes.len(), counts(outcomes));
    text.push_str(&by_origin(outcomes));
    text.push_str(&by_mechanism(outcomes));
    text.push_str(
        "| paper | what it says | whose | expected | measured, interval at 10⁻⁴ | must fail | verdict |\n\
         | --- | --- | --- | ---: | ---: | --- | --- |\n",
    );
    let mut last = "";
    for o in outcomes {
        let paper = if last == o.paper { String::new() } else { name(&o.paper) };
        last = &o.paper;
        let whose = o
            .place
            .as_ref()
            .map_or_else(|| word(o.origin).to_owned(), |p| format!("{}: {p}", word(o.origin)));
        let changed = o.changed.as_ref().map_or(String::new(), |why| format!("; changed: {why}"));
        let cells = [
            paper,
            o.says.clone(),
            whose,
            expectation(o.expected, o.relation),
            o.found(),
            o.must_fail(),
            format!("{}{changed}", verdict(o)),
        ];
        text.push_str(&row(&cells));
    }
    text
}

/// The counts, and the claims that count against us.
pub fn failures(outcomes: &[Outcome], command: &str, name: impl Fn(&str) -> String) -> String {
    let mut text = format!("`{command}`: of {} claims {}.\n\n", outcomes.len(), counts(outcomes));
    text.push_str(&by_origin(outcomes));
    text.push_str(&by_mechanism(outcomes));
    let against: Vec<&Outcome> = outcomes.iter().filter(|o| o.counts_against()).collect();
    if !against.is_empty() {
        text.push_str(
            "| paper | what it says | expected | measured | |\n| --- | --- | ---: | ---: | --- |\n",
        );
    }
    for o in against {
        let expected = expectation(o.expected, o.relation);
        text.push_str(&row(&[name(&o.paper), o.says.clone(), expected, o.found(), verdict(o)]));
    }
    text
}

fn verdict(o: &Outcome) -> String {
    let word = match o.verdict {
        Verdict::Passed => "passed".to_owned(),
        Verdict::Failed => "**failed**".to_owned(),
        Verdict::Undecided => "**undecided**".to_owned(),
    };
    let blind = if o.blind() == Some(true) { ", **blind**" } else { "" };
    match (&o.note, o.verdict) {
        (Some(note), Verdict::Failed | Verdict::Undecided) => format!("{word}{blind}: {note}"),
        _ => format!("{word}{blind}"),
    }
}

fn row(cells: &[String]) -> String {
    let cells: Vec<String> =
        cells.iter().map(|cell| cell.replace('|', "\\|").replace(['\n', '\r'], " ")).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn word(origin: Origin) -> &'static str {
    match origin {
        Origin::Paper => "paper",
        Origin::Derived => "derived",
        Origin::Sanity => "sanity",
    }
}

/// One line an origin: how many, and what became of them.
pub fn by_origin(outcomes: &[Outcome]) -> String {
    let mut text = "| whose statement | claims | passed | failed | undecided | blind |\n\
                    | --- | ---: | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for (origin, whose) in [
        (Origin::Paper, "the paper's"),
        (Origin::Derived, "derived from its set-up"),
        (Origin::Sanity, "a check of the workbench"),
    ] {
        let c = counts(outcomes.iter().filter(|o| o.origin == origin));
        if c.claims > 0 {
            let numbers = [c.claims, c.passed, c.failed, c.undecided, c.blind].map(|n| n.to_string());
            text.push_str(&row(&[&[whose.to_owned()][..], &numbers].concat()));
        }
    }
    text + "\n"
}

/// One sentence: how many claims each mechanism has, the most frequent first.
pub fn by_mechanism(outcomes: &[Outcome]) -> String {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for outcome in outcomes {
        *found.entry(mechanism(outcome)).or_default() += 1;
    }
    let mut found: Vec<(String, usize)> = found.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let words: Vec<String> = found.into_iter().map(|(name, n)| format!("{name} {n}")).collect();
    format!("By mechanism: {}.\n\n", words.join(", "))
}

/// The mechanism as specs write it, with spaces.
fn mechanism(outcome: &Outcome) -> String {
    let written = serde_json::to_value(outcome.mechanism).unwrap_or_default();
    written.as_str().map_or_else(|| "none".to_owned(), |name| name.replace('-', " "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::outcome::tests::{a_control, outcome};
    use super::*;

    #[test]
    fn the_document_has_a_row_a_claim_and_says_whose_it_is_what_it_must_fail_and_what_changed() {
        let mut all =
            [outcome("a", Verdict::Passed), outcome("a", Verdict::Failed), outcome("b", Verdict::Undecided)];
        all[0].controls = Some(vec![a_control(true, 4.0)]);
        all[0].changed = Some("more seeds".into());
        all[2].controls = Some(vec![]);
        let text = all_claims(&all, "collapse reproduce all", str::to_uppercase);
        assert!(
            text.starts_with(
                "`collapse reproduce all`: of 3 claims 1 passed, 1 failed, 1 undecided, 1 blind."
            )
        );
        assert!(text.contains("| the paper's | 3 | 1 | 1 | 1 | 1 |"), "{text}");
        assert!(text.contains("By mechanism: human share 3."));
        let rows: Vec<&str> = text.lines().skip_while(|l| !l.starts_with("| paper |")).skip(2).collect();
        assert_eq!(
            rows[0],
            r"| A | a \| b | paper: equation 3 | 0.5 | 0.512 [0.49, 0.53] | loop.regime = replace: 0.7 [0.69, 0.71] | passed; changed: more seeds |"
        );
        assert!(rows[1].ends_with("| – | **failed**: the paper's model is larger |"), "{}", rows[1]);
        assert!(rows[2].starts_with("| B |") && rows[2].contains("**nothing** | **undecided**, **blind**"));
        let short = failures(&all, "c", str::to_owned);
        assert_eq!(short.lines().filter(|l| l.contains(r"a \| b")).count(), 2, "{short}");
    }
}
