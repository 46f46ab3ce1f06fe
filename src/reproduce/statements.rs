//! What is said of synthetic data, held against our runs: the page of the nine studies.
//!
//! `experiments/statements.toml` holds each statement, what its study's own numbers say, and the evidence:
//! a metric of a setting, or the paired difference of two, read from the rows of a run, with the bound
//! that it must respect for the verdict to stand. A verdict is never printed over numbers that
//! contradict it.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use serde::Deserialize;

use crate::analysis::{self, DISPLAY_LEVEL, Series, differences, t_interval};
use crate::metrics::{Scale, Subject};

/// `statements.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statements {
    /// The plain answer, a paragraph.
    pub answer: String,
    /// The statements, in order.
    #[serde(rename = "statement")]
    pub all: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// What was said, in our words.
    pub said: String,
    /// What the study's own numbers say.
    pub study: String,
    /// Holds, holds in part or under a condition, does not hold here, can't be shown at this size.
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
    /// Whether it respects its bounds.
    pub stands: bool,
}

impl Statements {
    /// Reads `statements.toml`.
    ///
    /// # Errors
    /// The reader's message, with the line.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|e| e.to_string())
    }

    /// The page, in Markdown: the answer and a row for each statement. `runs` holds a run folder for
    /// each figure.
    pub fn page(&self, runs: &Path) -> String {
        let mut page = format!(
            "{}\n\n| | what is said | the study's own numbers | our runs (mean, 95 % interval over seeds) | verdict |\n| --- | --- | --- | --- | --- |\n",
            self.answer.trim()
        );
        for (i, statement) in self.all.iter().enumerate() {
            let (ours, verdict) = statement.decide(runs);
            let cells = [&statement.said, &statement.study, &ours, &verdict];
            let cells = cells.map(|c| c.trim().replace('|', "\\|"));
            let _ = writeln!(page, "| {} | {} |", i + 1, cells.join(" | "));
        }
        page
    }
}

impl Statement {
    /// Our numbers, and the verdict: the stated one if every number respects its bounds.
    fn decide(&self, runs: &Path) -> (String, String) {
        let mut words = Vec::new();
        let (mut missing, mut against) = (false, false);
        for evidence in &self.evidence {
            match evidence.measure(runs) {
                Ok(found) => {
                    let digits = |x: f64| match evidence.versus {
                        Some(_) => format!("{x:+.3}"),
                        None => format!("{x:.3}"),
                    };
                    let (low, high) = found.interval;
                    let numbers = format!("{} [{}, {}]", digits(found.mean), digits(low), digits(high));
                    words.push(format!("{}: {numbers}", evidence.says));
                    against |= !found.stands;
                }
                Err(why) => {
                    words.push(format!("{}: not measured ({why})", evidence.says));
                    missing = true;
                }
            }
        }
        let verdict = match (missing, against) {
            (_, true) => format!("these numbers do not support: {}", self.verdict),
            (true, false) => "not decided: rows are missing".to_owned(),
            (false, false) => self.verdict.clone(),
        };
        let ours = if words.is_empty() { "–".to_owned() } else { words.join("; ") };
        (ours, verdict)
    }
}

impl Evidence {
    /// The number in a folder of runs.
    ///
    /// # Errors
    /// Says which rows are missing.
    pub fn measure(&self, runs: &Path) -> Result<Measured, String> {
        let path = runs.join(&self.figure).join("metrics.csv");
        let file = File::open(&path).map_err(|e| format!("{}: {e}", self.figure))?;
        let rows = analysis::read_csv(file).map_err(|e| format!("{}: {e}", self.figure))?;
        self.of(&analysis::group(rows))
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
        let above = self.above.is_none_or(|bound| interval.low > bound);
        let below = self.below.is_none_or(|bound| interval.high < bound);
        let interval = (interval.low, interval.high);
        Ok(Measured { mean, interval, seeds: values.len(), stands: above && below })
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

    const ROWS: &str =
        "experiment,cell,data,model,regime,human_fraction,samples,seed,member,generation,subject,metric,value,task.arm
e,a,d,m,r,0,9,0,0,1,training,task-accuracy,0.70,mix
e,a,d,m,r,0,9,1,0,1,training,task-accuracy,0.80,mix
e,a,d,m,r,0,9,2,0,1,training,task-accuracy,0.90,mix
e,b,d,m,r,1,9,0,0,1,training,task-accuracy,0.50,human
e,b,d,m,r,1,9,1,0,1,training,task-accuracy,0.60,human
e,b,d,m,r,1,9,2,0,1,training,task-accuracy,0.69,human
";

    const STATEMENTS: &str = r#"
answer = "Yes, if."
[[statement]]
said = "mixing helps"
study = "+.1"
verdict = "holds"
[[statement.evidence]]
says = "mix − human"
figure = "f"
metric = "task-accuracy"
at = 1
where = { "task.arm" = "mix" }
versus = { "task.arm" = "human" }
above = 0.1
[[statement]]
said = "mixing is perfect"
study = "1.0"
verdict = "holds"
[[statement.evidence]]
says = "mix"
figure = "f"
metric = "task-accuracy"
at = 1
where = { "task.arm" = "mix" }
above = 0.9
[[statement]]
said = "it works on another run"
study = "–"
verdict = "holds"
[[statement.evidence]]
says = "mix"
figure = "nowhere"
metric = "task-accuracy"
at = 1
"#;

    #[test]
    fn a_verdict_stands_only_on_numbers_that_support_it() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("f")).unwrap();
        std::fs::write(folder.path().join("f/metrics.csv"), ROWS).unwrap();
        let page = Statements::parse(STATEMENTS).unwrap().page(folder.path());
        let lines: Vec<&str> = page.lines().collect();
        assert_eq!(lines[0], "Yes, if.");
        // Differences .2, .2, .21: mean .2033, sd .00577, t(2) = 4.303, so ±.0143.
        assert!(lines[4].contains("mix − human: +0.203 [+0.189, +0.218] | holds |"), "{}", lines[4]);
        assert!(lines[5].contains("these numbers do not support: holds"), "{}", lines[5]);
        assert!(lines[6].contains("not decided"), "{}", lines[6]);
    }

    #[test]
    fn the_shipped_statements_are_17_and_name_specs_that_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let text = std::fs::read_to_string(root.join("statements.toml")).unwrap();
        let statements = Statements::parse(&text).unwrap();
        assert_eq!(statements.all.len(), 17);
        for evidence in statements.all.iter().flat_map(|s| &s.evidence) {
            assert!(root.join(format!("{}.toml", evidence.figure)).is_file(), "{}", evidence.figure);
            assert!(evidence.above.is_some() || evidence.below.is_some(), "{}: no bound", evidence.says);
        }
    }

    #[test]
    fn a_setting_that_is_not_one_is_told() {
        let all = analysis::group(analysis::read_csv(ROWS.as_bytes()).unwrap());
        let statements = Statements::parse(STATEMENTS).unwrap();
        let evidence = Evidence { picks: toml::Table::new(), ..statements.all[0].evidence[0].clone() };
        assert!(evidence.of(&all).unwrap_err().contains("2 settings"));
    }
}
