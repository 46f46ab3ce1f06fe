//! What became of one claim, and the tables made of many.

use std::io::Write;

use serde::Serialize;

use crate::analysis::{ClaimResult, Relation, Verdict};
use crate::publish::{expectation, number};

/// One claim of one figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The paper's or study's folder.
    pub paper: String,
    /// The figure's id.
    pub figure: String,
    /// The claim in words.
    pub says: String,
    /// How the measured value should relate to the expectation: `equal`, `at-most`, `at-least`.
    pub relation: Relation,
    /// What should have been.
    pub expected: Option<f64>,
    /// The statistic.
    pub measured: Option<f64>,
    /// Its simultaneous interval.
    pub low: Option<f64>,
    /// Its simultaneous interval.
    pub high: Option<f64>,
    /// The generation that decided.
    pub at: Option<u32>,
    /// The verdict.
    pub verdict: Verdict,
    /// Seeds it was decided with.
    pub seeds: u64,
    /// What the spec says about a claim that does not hold.
    pub note: Option<String>,
    /// How the verdict came about.
    pub reason: String,
}

impl Outcome {
    /// A decided claim of a figure.
    pub fn of(figure: &super::Figure, claim: &ClaimResult, seeds: u64) -> Self {
        Self {
            paper: figure.folder().to_owned(),
            figure: figure.id.clone(),
            says: claim.says.clone(),
            relation: claim.relation,
            expected: claim.expected,
            measured: claim.measured,
            low: claim.low,
            high: claim.high,
            at: claim.at,
            verdict: claim.verdict,
            seeds,
            note: claim.note.clone(),
            reason: claim.reason.clone(),
        }
    }

    /// The measured value with its interval, for people.
    pub fn found(&self) -> String {
        match (self.measured, self.low, self.high) {
            (Some(m), Some(low), Some(high)) => {
                format!("{} [{}, {}]", number(m), number(low), number(high))
            }
            (Some(m), _, _) => number(m),
            _ => "–".into(),
        }
    }
}

/// Claims that passed, failed and stayed undecided.
pub fn counts(outcomes: &[Outcome]) -> (usize, usize, usize) {
    let count = |verdict: Verdict| outcomes.iter().filter(|o| o.verdict == verdict).count();
    (count(Verdict::Passed), count(Verdict::Failed), count(Verdict::Undecided))
}

/// Writes `claims.csv`, one claim a row.
///
/// # Errors
/// Those of the writer.
pub fn write_csv(outcomes: &[Outcome], to: impl Write) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(to);
    for outcome in outcomes {
        writer.serialize(outcome)?;
    }
    writer.flush().map_err(csv::Error::from)
}

/// The table for a document: one claim a row, `command` above it. `name` says what a paper's key
/// is called.
pub fn markdown(outcomes: &[Outcome], command: &str, name: impl Fn(&str) -> String) -> String {
    let (passed, failed, undecided) = counts(outcomes);
    let mut text = format!(
        "`{command}`: of {} claims {passed} passed, {failed} failed, {undecided} undecided.\n\n\
         | paper | what it says | expected | measured, interval at 10⁻⁴ | verdict |\n\
         | --- | --- | ---: | ---: | --- |\n",
        outcomes.len()
    );
    let mut last = "";
    for o in outcomes {
        let paper = if last == o.paper { String::new() } else { name(&o.paper) };
        last = &o.paper;
        let verdict = match o.verdict {
            Verdict::Passed => "passed".to_owned(),
            Verdict::Failed => "**failed**".to_owned(),
            Verdict::Undecided => "**undecided**".to_owned(),
        };
        let note = match (&o.note, o.verdict) {
            (Some(note), Verdict::Failed | Verdict::Undecided) => format!(": {note}"),
            _ => String::new(),
        };
        let expected = expectation(o.expected, o.relation);
        let cells = [paper, o.says.clone(), expected, o.found(), format!("{verdict}{note}")];
        let cells = cells.map(|cell| cell.replace('|', "\\|").replace(['\n', '\r'], " "));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn outcome(paper: &str, verdict: Verdict) -> Outcome {
        Outcome {
            paper: paper.into(),
            figure: format!("{paper}/f"),
            says: "a | b".into(),
            relation: Relation::Equal,
            expected: Some(0.5),
            measured: Some(0.512_345),
            low: Some(0.49),
            high: Some(0.53),
            at: Some(3),
            verdict,
            seeds: 10,
            note: Some("the paper's model is larger".into()),
            reason: "misses".into(),
        }
    }

    #[test]
    fn the_document_has_a_row_a_claim_and_says_why_one_fails() {
        let all =
            [outcome("a", Verdict::Passed), outcome("a", Verdict::Failed), outcome("b", Verdict::Undecided)];
        assert_eq!(counts(&all), (1, 1, 1));
        let text = markdown(&all, "collapse reproduce all", str::to_uppercase);
        let rows: Vec<&str> = text.lines().skip(4).collect();
        assert_eq!(rows[0], r"| A | a \| b | 0.5 | 0.512 [0.49, 0.53] | passed |");
        assert_eq!(
            rows[1],
            r"|  | a \| b | 0.5 | 0.512 [0.49, 0.53] | **failed**: the paper's model is larger |"
        );
        assert!(rows[2].starts_with("| B |") && rows[2].contains("**undecided**"));
    }

    #[test]
    fn the_csv_has_a_row_a_claim_and_leaves_empty_what_does_not_apply() {
        let mut one = outcome("a", Verdict::Passed);
        (one.expected, one.note) = (None, None);
        let mut file = Vec::new();
        write_csv(&[one], &mut file).unwrap();
        let text = String::from_utf8(file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("paper,figure,says,relation,expected,measured,low,high,at,verdict"));
        assert_eq!(lines[1], "a,a/f,a | b,equal,,0.512345,0.49,0.53,3,passed,10,,misses");
    }
}
