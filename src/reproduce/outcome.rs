//! What became of one claim.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::catalogue::NEURAL;
use crate::analysis::{ClaimResult, Relation, Verdict};
use crate::publish::ControlResult;
use crate::say::number;
use crate::spec::{ClaimSpec, Mechanism, Origin};

/// One claim of one figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The paper's or study's folder; of a neural figure its id.
    pub paper: String,
    /// The figure's id.
    pub figure: String,
    /// The claim in words.
    pub says: String,
    /// Whose statement it is.
    pub origin: Origin,
    /// Where the paper states it.
    pub place: Option<String>,
    /// What it is about.
    pub mechanism: Option<Mechanism>,
    /// The digest of its text.
    pub digest: String,
    /// Why its threshold is not the first one.
    pub changed: Option<String>,
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
    /// What it must fail, and whether it does; none where controls were not asked for.
    pub controls: Option<Vec<ControlResult>>,
    /// What the spec says about a claim that does not hold.
    pub note: Option<String>,
    /// How the verdict came about.
    pub reason: String,
}

impl Outcome {
    /// A decided claim of a figure; `controls` are what became of its controls, where they were asked for.
    pub fn of(
        figure: &super::Figure,
        claim: &ClaimSpec,
        found: &ClaimResult,
        seeds: u64,
        controls: Option<Vec<ControlResult>>,
    ) -> Self {
        Self {
            paper: if figure.folder() == NEURAL { &figure.id } else { figure.folder() }.to_owned(),
            figure: figure.id.clone(),
            says: claim.says.clone(),
            origin: claim.origin,
            place: claim.place.clone(),
            mechanism: claim.mechanism,
            digest: claim.digest(),
            changed: claim.changed.clone(),
            relation: found.relation,
            expected: found.expected,
            measured: found.measured,
            low: found.low,
            high: found.high,
            at: found.at,
            verdict: found.verdict,
            seeds,
            controls,
            note: claim.note.clone(),
            reason: found.reason.clone(),
        }
    }

    /// The measured value with its interval, for people.
    pub fn found(&self) -> String {
        value(self.measured, self.low, self.high)
    }

    /// Whether the claim passes without what it is about: it has no control, or does not fail one. `None` where
    /// controls were not asked for.
    pub fn blind(&self) -> Option<bool> {
        let controls = self.controls.as_ref()?;
        Some(controls.is_empty() || controls.iter().any(ControlResult::blind))
    }

    /// Whether the claim counts against us.
    pub fn counts_against(&self) -> bool {
        self.verdict != Verdict::Passed || self.blind() == Some(true)
    }

    /// What the claim must fail, for people.
    pub fn must_fail(&self) -> String {
        match self.controls.as_deref() {
            None => "–".into(),
            Some([]) => "**nothing**".into(),
            Some(all) => all.iter().map(control).collect::<Vec<_>>().join("; "),
        }
    }
}

/// A control in words: what stood in the place, and what came of it.
fn control(c: &ControlResult) -> String {
    let word = match (c.fails, c.blind()) {
        (true, false) => "",
        (true, true) => " (**too near**)",
        (false, _) => " (**not failed**)",
    };
    // Where a law or a number stood in the place, the expectation is news; where rows did, what was measured.
    let found = match c.expected {
        Some(expected) if c.control.starts_with("the law") => number(expected),
        _ if c.measured.is_some() => value(c.measured, c.low, c.high),
        _ if c.fails => "no difference".into(),
        _ => "–".into(),
    };
    format!("{}: {found}{word}", c.control)
}

fn value(measured: Option<f64>, low: Option<f64>, high: Option<f64>) -> String {
    match (measured, low, high) {
        (Some(m), Some(low), Some(high)) => {
            format!("{} [{}, {}]", number(m), number(low), number(high))
        }
        (Some(m), _, _) => number(m),
        _ => "–".into(),
    }
}

/// How many claims came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All.
    pub claims: usize,
    /// Passed.
    pub passed: usize,
    /// Failed.
    pub failed: usize,
    /// Undecided.
    pub undecided: usize,
    /// Passed or not, but blind; 0 where controls were not asked for.
    pub blind: usize,
}

/// Counts outcomes.
pub fn counts<'o>(outcomes: impl IntoIterator<Item = &'o Outcome>) -> Counts {
    let mut counts = Counts::default();
    for outcome in outcomes {
        counts.claims += 1;
        match outcome.verdict {
            Verdict::Passed => counts.passed += 1,
            Verdict::Failed => counts.failed += 1,
            Verdict::Undecided => counts.undecided += 1,
        }
        counts.blind += usize::from(outcome.blind() == Some(true));
    }
    counts
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} undecided", self.passed, self.failed, self.undecided)?;
        if self.blind > 0 { write!(f, ", {} blind", self.blind) } else { Ok(()) }
    }
}

/// A row of `claims.csv`: the outcome without its list of controls.
#[derive(Serialize)]
struct Row<'o> {
    paper: &'o str,
    figure: &'o str,
    says: &'o str,
    relation: Relation,
    expected: Option<f64>,
    measured: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    at: Option<u32>,
    verdict: Verdict,
    seeds: u64,
    origin: Origin,
    place: Option<&'o str>,
    mechanism: Option<Mechanism>,
    blind: Option<bool>,
    must_fail: String,
    changed: Option<&'o str>,
    note: Option<&'o str>,
    reason: &'o str,
}

/// Writes `claims.csv`, one claim a row.
///
/// # Errors
/// Those of the writer.
pub fn write_csv(outcomes: &[Outcome], to: impl Write) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(to);
    for o in outcomes {
        writer.serialize(Row {
            paper: &o.paper,
            figure: &o.figure,
            says: &o.says,
            relation: o.relation,
            expected: o.expected,
            measured: o.measured,
            low: o.low,
            high: o.high,
            at: o.at,
            verdict: o.verdict,
            seeds: o.seeds,
            origin: o.origin,
            place: o.place.as_deref(),
            mechanism: o.mechanism,
            blind: o.blind(),
            must_fail: o.must_fail().replace("**", ""),
            changed: o.changed.as_deref(),
            note: o.note.as_deref(),
            reason: &o.reason,
        })?;
    }
    writer.flush().map_err(csv::Error::from)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    pub fn outcome(paper: &str, verdict: Verdict) -> Outcome {
        Outcome {
            paper: paper.into(),
            figure: format!("{paper}/f"),
            says: "a | b".into(),
            origin: Origin::Paper,
            place: Some("equation 3".into()),
            mechanism: Some(Mechanism::HumanShare),
            digest: "0123456789abcdef".into(),
            changed: None,
            relation: Relation::Equal,
            expected: Some(0.5),
            measured: Some(0.512_345),
            low: Some(0.49),
            high: Some(0.53),
            at: Some(3),
            verdict,
            seeds: 10,
            controls: None,
            note: Some("the paper's model is larger".into()),
            reason: "misses".into(),
        }
    }

    pub fn a_control(fails: bool, effect: f64) -> ControlResult {
        ControlResult {
            control: "loop.regime = replace".into(),
            fails,
            expected: Some(0.5),
            measured: Some(0.7),
            low: Some(0.69),
            high: Some(0.71),
            effect: Some(effect),
            reason: String::new(),
        }
    }

    #[test]
    fn a_claim_without_a_control_that_it_fails_by_two_tolerances_is_blind() {
        let with = |controls| Outcome { controls, ..outcome("a", Verdict::Passed) }.blind();
        assert_eq!(with(None), None, "not asked");
        assert_eq!(with(Some(vec![])), Some(true));
        assert_eq!(with(Some(vec![a_control(true, 2.0)])), Some(false));
        assert_eq!(with(Some(vec![a_control(true, 1.9)])), Some(true));
        assert_eq!(with(Some(vec![a_control(true, 9.0), a_control(false, 9.0)])), Some(true));
    }

    #[test]
    fn the_csv_has_a_row_a_claim_and_leaves_empty_what_does_not_apply() {
        let mut one = outcome("a", Verdict::Passed);
        (one.expected, one.note, one.controls) = (None, None, Some(vec![a_control(true, 4.0)]));
        let mut file = Vec::new();
        write_csv(&[one], &mut file).unwrap();
        let text = String::from_utf8(file).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("paper,figure,says,relation,expected,measured,low,high,at,verdict"));
        assert_eq!(
            lines[1],
            "a,a/f,a | b,equal,,0.512345,0.49,0.53,3,passed,10,paper,equation 3,human-share,false,\
             \"loop.regime = replace: 0.7 [0.69, 0.71]\",,,misses"
        );
    }
}
