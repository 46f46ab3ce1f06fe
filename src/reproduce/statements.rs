//! What is said of synthetic data, held against our runs: the page of the nine studies.
//!
//! `experiments/statements.toml` holds each statement, what its study's own numbers say, and the evidence:
//! a metric of a setting, or the paired difference of two, read from the rows of a run, with a bound and
//! the words that are true if the number respects it. The verdict is written by the numbers: a piece of
//! evidence is *shown* if its whole interval respects the bound, *contradicted* if the whole interval
//! breaks it, else *open*; the stated verdict is printed only where all are shown. A sentence of the plain
//! answer says beside it which of the statements that it rests on are not.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;

use super::Entry;

use crate::analysis::{DISPLAY_LEVEL, Series, differences, t_interval};
use crate::metrics::{Scale, Subject};
use crate::publish::{self, Publication};

/// `statements.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    /// The studies in the order of their numbers: keys of the bibliography.
    #[serde(default)]
    pub studies: Vec<String>,
    /// The plain answer, sentence by sentence.
    pub answer: Vec<Sentence>,
    /// The statements, in order.
    #[serde(rename = "statement")]
    pub all: Vec<Statement>,
}

/// A sentence of the plain answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// The sentence.
    pub says: String,
    /// What it rests on, counted from 1: `8` is all evidence of the eighth statement, `8.3` its third piece.
    #[serde(default)]
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
    /// What follows if all evidence is shown: holds, holds in part or under a condition, does not hold here.
    /// Without evidence: why nothing can be shown.
    pub verdict: String,
    /// What our runs measured; none where nothing can be shown.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
}

/// One number of our runs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// What the number is.
    pub says: String,
    /// What is true if the number respects its bounds.
    pub shows: String,
    /// The figure whose run holds the rows, as in `studies/1-classifier-lift/lift`.
    pub figure: String,
    /// The metric.
    pub metric: String,
    /// Whose rows: `model`, `synthetic`, `training` (the default) or `human`.
    pub subject: Option<String>,
    /// The generation.
    pub at: u32,
    /// The columns that pick the setting.
    #[serde(default, rename = "where")]
    pub picks: toml::Table,
    /// The columns that pick the setting that is subtracted, paired by seed.
    pub versus: Option<toml::Table>,
    /// The whole interval must lie above this.
    pub above: Option<f64>,
    /// The whole interval must lie below this.
    pub below: Option<f64>,
}

/// What became of a piece of evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The mean over seeds.
    pub mean: f64,
    /// The 95 % t interval.
    pub interval: (f64, f64),
    /// Seeds.
    pub seeds: usize,
    /// What the interval says of its bounds.
    pub standing: Standing,
}

/// What the numbers say of a piece of evidence, or of a whole statement; the worst of several is theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The whole interval respects the bounds.
    Shown,
    /// The interval holds a bound, or there are no rows.
    Open,
    /// The whole interval breaks a bound.
    Contradicted,
}

/// A statement's verdict.
struct Decided {
    standing: Standing,
    pieces: Vec<Standing>,
    numbers: String,
    words: String,
}

/// Reads what a figure's run observed.
type Read<'a> = dyn Fn(&str) -> Result<Rc<Vec<Series>>, String> + 'a;

impl Statements {
    /// Reads `statements.toml`.
    ///
    /// # Errors
    /// The reader's message, with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// The page, in Markdown: the answer, a row for each statement, and the studies. `runs` holds a run folder for
    /// each figure; `papers` is the bibliography.
    pub fn page(&self, runs: &Path, papers: &BTreeMap<String, Entry>) -> String {
        let known: RefCell<BTreeMap<String, Result<Rc<Vec<Series>>, String>>> = RefCell::default();
        let read = |figure: &str| {
            let from_disk = || {
                let series = Publication::open(&runs.join(figure)).and_then(|run| publish::series(&run));
                series.map(Rc::new).map_err(|e| format!("{figure}: {e}"))
            };
            known.borrow_mut().entry(figure.to_owned()).or_insert_with(from_disk).clone()
        };
        self.written(&read, papers)
    }

    fn written(&self, runs: &Read<'_>, papers: &BTreeMap<String, Entry>) -> String {
        let decided: Vec<Decided> = self.all.iter().map(|statement| statement.decide(runs)).collect();
        let sentences: Vec<String> =
            self.answer.iter().map(|sentence| sentence.qualified(&decided)).collect();
        let mut page = format!(
            "{}\n\n| | what is said | the study's own numbers | our runs (mean, 95 % interval over seeds) | verdict |\n| --- | --- | --- | --- | --- |\n",
            sentences.join(" ")
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

impl Sentence {
    /// The sentence, with the statements below it that these runs do not show.
    fn qualified(&self, decided: &[Decided]) -> String {
        let with = |standing: Standing| -> Vec<&str> {
            let rests = self.rests_on.iter().map(String::as_str);
            rests.filter(|place| at(decided, place) == Some(standing)).collect()
        };
        let mut remarks = Vec::new();
        for (standing, word) in [(Standing::Contradicted, "contradicted"), (Standing::Open, "open")] {
            let rows = with(standing);
            if !rows.is_empty() {
                remarks.push(format!("{word} in these runs: row {}", rows.join(", ")));
            }
        }
        let says = self.says.trim();
        if remarks.is_empty() { says.to_owned() } else { format!("{says} ({})", remarks.join("; ")) }
    }
}

/// The standing of a statement (`8`), or of a piece of its evidence (`8.3`).
fn at(decided: &[Decided], place: &str) -> Option<Standing> {
    let (row, piece) = place.split_once('.').map_or((place, None), |(row, piece)| (row, Some(piece)));
    let index = |number: &str| number.parse::<usize>().ok()?.checked_sub(1);
    let row = decided.get(index(row)?)?;
    piece.map_or(Some(row.standing), |piece| row.pieces.get(index(piece)?).copied())
}

impl Statement {
    /// Our numbers, and the verdict that they write.
    fn decide(&self, runs: &Read<'_>) -> Decided {
        let mut numbers = Vec::new();
        let mut found: Vec<(Standing, &str)> = Vec::new();
        for evidence in &self.evidence {
            let (text, standing) = match runs(&evidence.figure).and_then(|all| evidence.of(&all)) {
                Ok(measured) => (evidence.written(&measured), measured.standing),
                Err(why) => (format!("not measured ({why})"), Standing::Open),
            };
            numbers.push(format!("{}: {text}", evidence.says));
            found.push((standing, &evidence.shows));
        }
        let with = |wanted: Standing| {
            let of = found.iter().filter(|(standing, _)| *standing == wanted);
            of.map(|(_, shows)| *shows).collect::<Vec<_>>().join("; ")
        };
        let pieces: Vec<Standing> = found.iter().map(|(standing, _)| *standing).collect();
        let standing = pieces.iter().copied().max().unwrap_or(Standing::Shown);
        let mut words = match (standing, with(Standing::Shown)) {
            (Standing::Shown, shown) if shown.is_empty() => self.verdict.clone(),
            (Standing::Shown, shown) => format!("**{}**: {shown}", self.verdict),
            (_, shown) if shown.is_empty() => String::new(),
            (_, shown) => format!("shown: {shown}"),
        };
        for (standing, word) in [(Standing::Open, "open"), (Standing::Contradicted, "**not so here**")] {
            let these = with(standing);
            if !these.is_empty() {
                let gap = if words.is_empty() { "" } else { ". " };
                words = format!("{words}{gap}{word}: {these}");
            }
        }
        let numbers = if numbers.is_empty() { "–".to_owned() } else { numbers.join("; ") };
        Decided { standing, pieces, numbers, words }
    }
}

impl Evidence {
    /// A number with its interval; differences have a sign.
    fn written(&self, found: &Measured) -> String {
        let digits = |x: f64| match self.versus {
            Some(_) => format!("{x:+.3}"),
            None => format!("{x:.3}"),
        };
        let (low, high) = found.interval;
        format!("{} [{}, {}]", digits(found.mean), digits(low), digits(high))
    }

    /// The number in grouped rows.
    ///
    /// # Errors
    /// Says which rows are missing.
    pub fn of(&self, all: &[Series]) -> Result<Measured, String> {
        let one = self.pick(all, &self.picks)?;
        let values = match &self.versus {
            None => one.values(self.at),
            Some(versus) => differences(one.pairs(self.at), self.pick(all, versus)?.pairs(self.at)),
        };
        let interval = t_interval(&values, Scale::Linear, DISPLAY_LEVEL)
            .ok_or_else(|| format!("{} seed(s) at generation {}", values.len(), self.at))?;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let (low, high) = (interval.low, interval.high);
        let respects =
            self.above.is_none_or(|bound| low > bound) && self.below.is_none_or(|bound| high < bound);
        let breaks =
            self.above.is_some_and(|bound| high < bound) || self.below.is_some_and(|bound| low > bound);
        let standing = match (respects, breaks) {
            (true, _) => Standing::Shown,
            (_, true) => Standing::Contradicted,
            _ => Standing::Open,
        };
        Ok(Measured { mean, interval: (low, high), seeds: values.len(), standing })
    }

    /// The one series of the metric with these columns.
    fn pick<'s>(&self, all: &'s [Series], wanted: &toml::Table) -> Result<&'s Series, String> {
        let subject = self.subject.as_deref().unwrap_or(Subject::Training.name());
        let wanted: Vec<(String, String)> = wanted.iter().map(|(key, v)| (key.clone(), written(v))).collect();
        let matches = |s: &&Series| {
            let pairs = wanted.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            s.metric == self.metric && s.subject.name() == subject && s.key.matches(pairs)
        };
        let found: Vec<&Series> = all.iter().filter(matches).collect();
        match found.as_slice() {
            [one] => Ok(one),
            other => Err(format!("{} settings have {} for {wanted:?}", other.len(), self.metric)),
        }
    }
}

/// A value as the tables write it.
fn written(value: &toml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::analysis::SettingKey;

    /// Three seeds of two arms at generation 1.
    fn rows() -> Vec<Series> {
        let arm = |name: &str, values: [f64; 3]| {
            let key = SettingKey(vec![("regime".into(), "r".into()), ("task.arm".into(), name.into())]);
            let at = [(1, (0..).zip(values).collect())].into();
            Series::new(key, "task-accuracy", Subject::Training, at)
        };
        vec![arm("mix", [0.7, 0.8, 0.9]), arm("human", [0.5, 0.6, 0.69])]
    }

    fn read(figure: &str) -> Result<Rc<Vec<Series>>, String> {
        if figure == "f" { Ok(Rc::new(rows())) } else { Err(format!("{figure}: there is no run")) }
    }

    /// A statement about the mix with one bound.
    fn statement(figure: &str, versus: &str, bound: &str) -> String {
        format!(
            "[[statement]]\nsaid = \"s\"\nstudy = \"–\"\nverdict = \"holds\"\n[[statement.evidence]]\nsays = \"mix\"\nshows = \"it helps\"\n\
             figure = \"{figure}\"\nmetric = \"task-accuracy\"\nat = 1\nwhere = {{ \"task.arm\" = \"mix\" }}\n{versus}\n{bound}\n"
        )
    }

    fn statements() -> Statements {
        let answer = "[[answer]]\nsays = \"Yes, if.\"\nrests_on = [\"1.1\"]\n[[answer]]\nsays = \"But.\"\nrests_on = [\"1\", \"2.1\", \"3\", \"4\", \"6\"]\n";
        let versus = "versus = { \"task.arm\" = \"human\" }";
        let all = [
            statement("f", versus, "above = 0.1"),
            statement("f", versus, "above = 0.21"),
            statement("f", "", "above = 0.9"),
            statement("nowhere", "", "above = 0.1"),
            statement("f", versus, "above = 0.3"),
            statement("f", versus, "below = 0.18"),
        ];
        Statements::parse(&format!("{answer}{}", all.concat())).unwrap()
    }

    #[test]
    fn the_numbers_write_the_verdict() {
        let page = statements().written(&read, &BTreeMap::new());
        let lines: Vec<&str> = page.lines().collect();
        assert_eq!(
            lines[0],
            "Yes, if. But. (contradicted in these runs: row 6; open in these runs: row 2.1, 3, 4)"
        );
        // Differences .2, .2, .21: mean .2033, sd .00577, t(2) = 4.303, so ±.0143.
        assert!(lines[4].contains("mix: +0.203 [+0.189, +0.218] | **holds**: it helps |"), "{}", lines[4]);
        // .21 lies in that interval, .9 in the mix's own (.8 ± .25), and nothing is measured nowhere.
        for line in &lines[5..8] {
            assert!(line.ends_with("| open: it helps |"), "{line}");
        }
        // The whole interval lies on the wrong side.
        for line in &lines[8..10] {
            assert!(line.ends_with("| **not so here**: it helps |"), "{line}");
        }
    }

    #[test]
    fn the_worst_number_decides_and_the_others_are_still_told() {
        let all = statements().all;
        let evidence = [0, 1, 4].map(|i| all[i].evidence[0].clone()).to_vec();
        let decided = Statement { evidence, ..all[0].clone() }.decide(&read);
        assert_eq!(decided.standing, Standing::Contradicted);
        assert_eq!(decided.words, "shown: it helps. open: it helps. **not so here**: it helps");
    }

    #[test]
    fn the_shipped_statements_are_17_and_name_specs_that_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let text = std::fs::read_to_string(root.join("statements.toml")).unwrap();
        let statements = Statements::parse(&text).unwrap();
        assert_eq!(statements.all.len(), 17);
        let text = std::fs::read_to_string(root.join("bibliography.toml")).unwrap();
        let papers: BTreeMap<String, Entry> = toml::from_str(&text).unwrap();
        assert!(statements.studies.iter().all(|key| papers.contains_key(key)));
        let cited = |n: usize| statements.all.iter().any(|s| s.said.contains(&format!("[{n}]")));
        assert!((1..=9).all(cited) && !cited(10) && statements.studies.len() == 9);
        for evidence in statements.all.iter().flat_map(|s| &s.evidence) {
            assert!(root.join(format!("{}.toml", evidence.figure)).is_file(), "{}", evidence.figure);
            assert!(evidence.above.is_some() || evidence.below.is_some(), "{}: no bound", evidence.says);
        }
        let nowhere = |_: &str| Err("there is no run".to_owned());
        let decided: Vec<Decided> = statements.all.iter().map(|s| s.decide(&nowhere)).collect();
        let rests_on: Vec<&String> = statements.answer.iter().flat_map(|s| &s.rests_on).collect();
        assert!(rests_on.len() > 10 && rests_on.iter().all(|place| at(&decided, place).is_some()));
    }

    #[test]
    fn a_setting_that_is_not_one_is_told() {
        let all = rows();
        let evidence = Evidence { picks: toml::Table::new(), ..statements().all[0].evidence[0].clone() };
        assert!(evidence.of(&all).unwrap_err().contains("2 settings"));
    }
}
