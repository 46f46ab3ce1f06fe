//! What is said of synthetic data, held against our runs: the page of the nine studies.
//!
//! `experiments/statements.toml` holds each statement, what its study's own numbers say, and the claims of
//! our specs that bear on it; the plain answer is made of clauses, each with the claims that measure it.
//! Verdicts are those of the claims (`claims.json` of each run): *passed* shows what the claim says, *failed*
//! shows that it is not so, *undecided* leaves it open. No verdict is written by hand, and a clause or a piece
//! of evidence without a claim is refused.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

use super::Entry;
use crate::analysis::Verdict;
use crate::say::number;

/// `statements.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    /// The studies in the order of their numbers: keys of the bibliography.
    #[serde(default)]
    pub studies: Vec<String>,
    /// The plain answer, clause by clause.
    #[serde(rename = "clause")]
    pub answer: Vec<Clause>,
    /// What the answer does not cover.
    pub scope: String,
    /// The statements, in order.
    #[serde(rename = "statement")]
    pub all: Vec<Statement>,
}

/// A clause of the plain answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// What is said if all its claims pass.
    pub says: String,
    /// The claims that measure it: `8` is all evidence of the eighth statement, `8.3` its third piece.
    pub rests_on: Vec<String>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What was said, in our words.
    pub said: String,
    /// What the study's own numbers say.
    pub study: String,
    /// The claims that bear on it.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// Without evidence: why nothing can be shown.
    pub not_shown: Option<String>,
}

/// A claim that bears on a statement.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The spec of the claim, as in `studies/1-classifier-lift/lift`.
    pub figure: String,
    /// The claim, by what it says there.
    pub claim: String,
    /// What is true if it passes.
    pub shows: String,
    /// Whether that speaks for the statement or against it.
    pub speaks: Speaks,
}

/// Which way a piece of evidence points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaks {
    /// For the statement.
    For,
    /// Against the statement.
    Against,
}

/// What a run decided of a claim: the part of `claims.json` that the page reads.
#[derive(Clone, Debug, Deserialize)]
struct Found {
    says: String,
    verdict: Verdict,
    measured: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

/// A statement's verdict.
struct Decided {
    verdict: Verdict,
    pieces: Vec<Verdict>,
    numbers: String,
    words: String,
}

impl Statements {
    /// Reads `statements.toml`.
    ///
    /// # Errors
    /// The reader's message, with the line; a clause, or a statement, that no claim measures; a clause that rests
    /// on what is not there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|e| e.to_string())?;
        for clause in &read.answer {
            if clause.rests_on.is_empty() {
                return Err(format!("no claim measures the clause \"{}\"", clause.says));
            }
            if let Some(place) = clause.rests_on.iter().find(|place| read.evidence(place).is_none()) {
                return Err(format!("\"{}\" rests on {place}, which is no claim", clause.says));
            }
        }
        for statement in &read.all {
            if statement.evidence.is_empty() == statement.not_shown.is_none() {
                return Err(format!("\"{}\" needs either evidence or `not_shown`", statement.said));
            }
        }
        Ok(read)
    }

    /// The evidence at a place: of a whole statement (`8`), or one piece of it (`8.3`).
    fn evidence(&self, place: &str) -> Option<&[Evidence]> {
        let (row, piece) = place.split_once('.').map_or((place, None), |(row, piece)| (row, Some(piece)));
        let all = &self.all.get(index(row)?)?.evidence;
        match piece {
            None => (!all.is_empty()).then_some(all),
            Some(piece) => index(piece).and_then(|i| all.get(i..=i)),
        }
    }

    /// The page, in Markdown: the answer, a row for each statement, and the studies. `runs` holds a run folder for
    /// each spec; `papers` is the bibliography.
    pub fn page(&self, runs: &Path, papers: &BTreeMap<String, Entry>) -> String {
        let decided: Vec<Decided> = self.all.iter().map(|statement| statement.decide(runs)).collect();
        let mut page = String::new();
        for clause in &self.answer {
            let _ = writeln!(page, "- {}", clause.qualified(&decided));
        }
        let _ = writeln!(
            page,
            "\n{}\n\nNumbers in brackets are rows of the table and their pieces of evidence, in order: claims of the \
             specs, decided by the whole interval at 10⁻⁴ against its bound. A bound that was set after a look at rows says so in its spec.\n\n\
             | | what is said | the study's own numbers | our claims: measured [interval], bound | verdict |\n\
             | --- | --- | --- | --- | --- |",
            self.scope.trim()
        );
        for (i, (statement, decided)) in self.all.iter().zip(&decided).enumerate() {
            let cells = [&statement.said, &statement.study, &decided.numbers, &decided.words];
            let cells = cells.map(|c| c.trim().replace('|', "\\|"));
            let _ = writeln!(page, "| {} | {} |", i + 1, cells.join(" | "));
        }
        if !self.studies.is_empty() {
            page.push('\n');
        }
        for (i, key) in self.studies.iter().enumerate() {
            let reference = papers.get(key).map_or_else(|| key.clone(), Entry::reference);
            let _ = writeln!(page, "{}[{}] {reference}", if i > 0 { "<br>" } else { "" }, i + 1);
        }
        page
    }
}

fn index(number: &str) -> Option<usize> {
    number.parse::<usize>().ok()?.checked_sub(1)
}

impl Clause {
    /// The clause with the claims that measure it, and which of them these runs contradict or leave open.
    fn qualified(&self, decided: &[Decided]) -> String {
        let with = |verdict: Verdict| -> Vec<&str> {
            let rests = self.rests_on.iter().map(String::as_str);
            rests.filter(|place| at(decided, place) == Some(verdict)).collect()
        };
        let mut remarks = Vec::new();
        for (verdict, word) in [(Verdict::Failed, "**not so here**"), (Verdict::Undecided, "open")] {
            let rows = with(verdict);
            if !rows.is_empty() {
                remarks.push(format!("{word}: {}", rows.join(", ")));
            }
        }
        let remarks = if remarks.is_empty() { String::new() } else { format!("; {}", remarks.join("; ")) };
        format!("{} [{}{remarks}]", self.says.trim(), self.rests_on.join(", "))
    }
}

/// The verdict of a statement's claims together (`8`), or of one of them (`8.3`).
fn at(decided: &[Decided], place: &str) -> Option<Verdict> {
    let (row, piece) = place.split_once('.').map_or((place, None), |(row, piece)| (row, Some(piece)));
    let row = decided.get(index(row)?)?;
    piece.map_or(Some(row.verdict), |piece| row.pieces.get(index(piece)?).copied())
}

impl Statement {
    /// Our numbers, and the verdict that they write.
    fn decide(&self, runs: &Path) -> Decided {
        let (mut numbers, mut pieces) = (Vec::new(), Vec::new());
        let (mut speak_for, mut against, mut open) = (Vec::new(), Vec::new(), Vec::new());
        for evidence in &self.evidence {
            let (text, verdict) = match evidence.decided(runs) {
                Ok(decided) => decided,
                Err(why) => (format!("not measured ({why})"), Verdict::Undecided),
            };
            numbers.push(format!("{}: {text}", evidence.claim));
            pieces.push(verdict);
            let shows = evidence.shows.trim();
            match (verdict, evidence.speaks) {
                (Verdict::Undecided, _) => open.push(shows.to_owned()),
                (Verdict::Passed, Speaks::For) => speak_for.push(shows.to_owned()),
                (Verdict::Passed, Speaks::Against) => against.push(shows.to_owned()),
                (Verdict::Failed, Speaks::For) => against.push(format!("not so: {shows}")),
                (Verdict::Failed, Speaks::Against) => speak_for.push(format!("not so: {shows}")),
            }
        }
        let verdict = match (speak_for.is_empty(), against.is_empty(), open.is_empty()) {
            (true, true, true) => "",
            (true, true, false) => "open",
            (false, false, _) => "holds in part",
            (false, true, true) => "holds",
            (false, true, false) => "holds as far as it is decided",
            (true, false, true) => "does not hold here",
            (true, false, false) => "does not hold as far as it is decided",
        };
        let mut words = match &self.not_shown {
            Some(why) => why.clone(),
            None => format!("**{verdict}**"),
        };
        for (word, these) in [("for", speak_for), ("against", against), ("open", open)] {
            if !these.is_empty() {
                words = format!("{words}. *{word}*: {}", these.join("; "));
            }
        }
        let numbers = if numbers.is_empty() { "–".to_owned() } else { numbers.join("; ") };
        let verdict = [Verdict::Failed, Verdict::Undecided].into_iter().find(|v| pieces.contains(v));
        Decided { verdict: verdict.unwrap_or(Verdict::Passed), pieces, numbers, words }
    }
}

impl Evidence {
    /// The number with its interval and bound, and the claim's verdict, in a folder of runs.
    ///
    /// # Errors
    /// Says what is missing.
    fn decided(&self, runs: &Path) -> Result<(String, Verdict), String> {
        let folder = runs.join(&self.figure);
        let read = |file: &str| {
            std::fs::read_to_string(folder.join(file)).map_err(|e| format!("{}/{file}: {e}", self.figure))
        };
        let all: Vec<Found> = serde_json::from_str(&read("claims.json")?).map_err(|e| e.to_string())?;
        let spec: toml::Table = toml::from_str(&read("spec.toml")?).map_err(|e| e.to_string())?;
        let claim = claims(&spec).find(|claim| says(claim) == Some(self.claim.as_str()));
        let found = all.iter().find(|found| found.says == self.claim);
        let (Some(claim), Some(found)) = (claim, found) else {
            return Err(format!("{} has no such claim", self.figure));
        };
        let signed = claim.contains_key("versus") || claim.contains_key("by");
        let digits = |x: f64| match signed && x > 0.0 {
            true => format!("+{}", number(x)),
            false => number(x),
        };
        let value = match (found.measured, found.low, found.high) {
            (Some(measured), Some(low), Some(high)) => {
                format!("{} [{}, {}]", digits(measured), digits(low), digits(high))
            }
            (Some(measured), _, _) => digits(measured),
            _ => "–".into(),
        };
        Ok((format!("{value}, bound: {}", bound(claim)), found.verdict))
    }
}

fn claims(spec: &toml::Table) -> impl Iterator<Item = &toml::Table> {
    let all = spec.get("claim").and_then(toml::Value::as_array);
    all.into_iter().flatten().filter_map(toml::Value::as_table)
}

fn says(claim: &toml::Table) -> Option<&str> {
    claim.get("says")?.as_str()
}

/// What a claim holds its number against.
fn bound(claim: &toml::Table) -> String {
    let of = |key: &str| {
        let value = claim.get(key)?;
        value.as_float().or_else(|| value.as_integer().map(|i| i as f64)).map(number)
    };
    match (of("greater"), of("less"), of("value")) {
        (Some(low), Some(high), _) => format!("from {low} to {high}"),
        (Some(low), None, _) => format!("above {low}"),
        (None, Some(high), _) => format!("below {high}"),
        (None, None, Some(value)) => match (of("tolerance_absolute"), of("tolerance")) {
            (Some(within), _) => format!("{value} ± {within}"),
            (None, Some(share)) => format!("{value}, to within its share {share}"),
            (None, None) => value,
        },
        _ => match claim.get("law").and_then(toml::Value::as_str) {
            Some(law) => format!("the law {law}"),
            None => "every difference above 0".into(),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What three claims of a run `f` came to: one of each verdict.
    fn runs() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let claim = |says: &str, bound: &str, versus: &str| {
            format!(
                "[[claim]]\nsays = \"{says}\"\nmetric = \"task-accuracy\"\nat = 1\nstatistic = \"mean\"\n{bound}\n{versus}\n"
            )
        };
        let versus = "versus = { \"task.arm\" = \"human\" }";
        let spec = [
            claim("mix − human", "greater = 0.1", versus),
            claim("far − human", "less = 0.02", versus),
            claim("alone", "greater = 0.7\nless = 0.9", ""),
        ];
        let found = r#"[
            {"says": "mix − human", "verdict": "passed", "measured": 0.2034, "low": 0.18, "high": 0.22, "relation": "at-least"},
            {"says": "far − human", "verdict": "failed", "measured": 0.3, "low": 0.1, "high": 0.5},
            {"says": "alone", "verdict": "undecided", "measured": 0.8, "low": 0.6, "high": 0.85}
        ]"#;
        std::fs::create_dir(folder.path().join("f")).unwrap();
        std::fs::write(folder.path().join("f/spec.toml"), spec.concat()).unwrap();
        std::fs::write(folder.path().join("f/claims.json"), found).unwrap();
        folder
    }

    fn statement(pieces: &[(&str, &str)]) -> String {
        let piece = |(claim, speaks): &(&str, &str)| {
            format!(
                "[[statement.evidence]]\nfigure = \"f\"\nclaim = \"{claim}\"\nshows = \"it helps\"\nspeaks = \"{speaks}\"\n"
            )
        };
        let pieces: String = pieces.iter().map(piece).collect();
        format!("[[statement]]\nsaid = \"s\"\nstudy = \"–\"\n{pieces}")
    }

    fn parse(clauses: &str, statements: &[String]) -> Result<Statements, String> {
        Statements::parse(&format!("scope = \"Small.\"\n{clauses}{}", statements.concat()))
    }

    const CLAUSE: &str = "[[clause]]\nsays = \"Yes.\"\nrests_on = [\"1.1\", \"1.2\", \"2\"]\n";

    #[test]
    fn the_claims_write_the_verdicts_and_the_answer() {
        let runs = runs();
        let all = [
            statement(&[("mix − human", "for"), ("far − human", "for")]),
            statement(&[("alone", "for")]),
            statement(&[("mix − human", "against")]),
            statement(&[("far − human", "against")]),
            statement(&[("mix − human", "for"), ("alone", "against")]),
            statement(&[("nowhere", "for")]),
        ];
        let page = parse(CLAUSE, &all).unwrap().page(runs.path(), &BTreeMap::new());
        assert!(
            page.starts_with("- Yes. [1.1, 1.2, 2; **not so here**: 1.2; open: 2]\n\nSmall.\n"),
            "{page}"
        );
        let rows: Vec<&str> =
            page.lines().filter(|l| l.starts_with("| ") && !l.contains("---")).skip(1).collect();
        let numbers = "mix − human: +0.203 [+0.18, +0.22], bound: above 0.1; far − human: +0.3 [+0.1, +0.5], bound: below 0.02";
        assert!(rows[0].contains(numbers), "{}", rows[0]);
        assert!(
            rows[0].ends_with("| **holds in part**. *for*: it helps. *against*: not so: it helps |"),
            "{}",
            rows[0]
        );
        assert!(rows[1].contains("alone: 0.8 [0.6, 0.85], bound: from 0.7 to 0.9"), "{}", rows[1]);
        for (row, ending) in [
            (1, "| **open**. *open*: it helps |"),
            (2, "| **does not hold here**. *against*: it helps |"),
            (3, "| **holds**. *for*: not so: it helps |"),
            (4, "| **holds as far as it is decided**. *for*: it helps. *open*: it helps |"),
            (5, "| **open**. *open*: it helps |"),
        ] {
            assert!(rows[row].ends_with(ending), "{}", rows[row]);
        }
        assert!(rows[5].contains("not measured (f has no such claim)"), "{}", rows[5]);
    }

    #[test]
    fn what_no_claim_measures_is_refused() {
        let one = [statement(&[("alone", "for")])];
        let refused = |clause: &str, all: &[String]| parse(clause, all).unwrap_err();
        assert!(refused("[[clause]]\nsays = \"Yes.\"\nrests_on = []\n", &one).contains("no claim measures"));
        assert!(refused("[[clause]]\nsays = \"Yes.\"\n", &one).contains("rests_on"));
        assert!(
            refused("[[clause]]\nsays = \"Yes.\"\nrests_on = [\"1.2\"]\n", &one).contains("rests on 1.2")
        );
        let with = |statement: &str| {
            [one[0].clone(), format!("[[statement]]\nsaid = \"s\"\nstudy = \"–\"\n{statement}")]
        };
        let clause = |place: &str| format!("[[clause]]\nsays = \"Yes.\"\nrests_on = [\"{place}\"]\n");
        assert!(refused(&clause("1"), &with("")).contains("not_shown"));
        assert!(refused(&clause("2"), &with("not_shown = \"too small\"\n")).contains("rests on 2"));
    }

    #[test]
    fn the_shipped_statements_rest_on_claims_that_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let text = std::fs::read_to_string(root.join("statements.toml")).unwrap();
        let statements = Statements::parse(&text).unwrap();
        let text = std::fs::read_to_string(root.join("bibliography.toml")).unwrap();
        let papers: BTreeMap<String, Entry> = toml::from_str(&text).unwrap();
        assert!(statements.studies.iter().all(|key| papers.contains_key(key)));
        let cited = |n: usize| statements.all.iter().any(|s| s.said.contains(&format!("[{n}]")));
        assert!((1..=9).all(cited) && !cited(10) && statements.studies.len() == 9);
        for evidence in statements.all.iter().flat_map(|s| &s.evidence) {
            let text = std::fs::read_to_string(root.join(format!("{}.toml", evidence.figure))).unwrap();
            let spec: toml::Table = toml::from_str(&text).unwrap();
            let there = claims(&spec).filter(|claim| says(claim) == Some(evidence.claim.as_str())).count();
            assert_eq!(there, 1, "{}: {}", evidence.figure, evidence.claim);
        }
    }
}
