//! What the study says, in words and tables of the terminal.

use comfy_table::Cell;

use serde_json::{Value, json};

use super::{Found, Trial};
use crate::augment::{Gain, Repeat};
use crate::cli::tables::{self, right};
use crate::publish::{between, number};

/// The usual way to write a score's name.
pub(super) fn label(score: &str) -> String {
    let name = score.trim_start_matches("task-").replace("brier", "Brier score").replace("auc", "AUC");
    // A hyphen belongs in macro-F1.
    if name.ends_with("f1") { name.replace("f1", "F1") } else { name.replace('-', " ") }
}

/// A mean with its interval.
pub(super) fn interval(gain: Option<Gain>) -> String {
    match gain {
        Some(g) => format!("{} {}", number(g.mean), between(g.low, g.high)),
        None => "–".into(),
    }
}

impl Found<'_> {
    pub(super) fn print(&self) {
        say!("{}\n", self.described().join("\n"));
        for trial in &self.trials {
            if !trial.effort().is_empty() {
                say!("{}", sentence(trial.effort()));
            }
            say!("{}\n", self.arms_table(trial));
            for line in self.answer(trial) {
                say!("{line}");
            }
            if self.report.scores.len() > 1 {
                say!("\n{}", self.scores_table(trial));
            }
            say!("");
        }
        say!("{}", self.effort_line());
        if let Some(line) = self.no_gap_line() {
            say!("{line}");
        }
    }

    /// The same numbers as JSON.
    pub(super) fn as_json(&self) -> Value {
        let gain = |g: Option<Gain>| g.map(|g| json!({ "mean": g.mean, "low": g.low, "high": g.high }));
        let arm = |trial: &Trial, i: usize| {
            let study = &trial.study;
            let arm = &study.arms[i];
            let scores: serde_json::Map<String, Value> = self
                .report
                .scores
                .iter()
                .map(|name| ((*name).to_owned(), json!(gain(study.score(i, name)))))
                .collect();
            json!({
                "share": arm.share, "curation": trial.plan.curations[arm.curation].0, "rows": arm.rows, "scores": scores,
                "gain": if i == 0 { None } else { gain(study.arm_gain(i, study.primary)) },
                "null_gain": if i == 0 { None } else { gain(study.null_arm_gain(i, study.primary)) },
                "chosen": study.repeats.iter().filter(|r| r.chosen == i).count(),
            })
        };
        let trial = |trial: &Trial| {
            json!({
                "effort": trial.effort(), "score": trial.study.primary, "answer": self.answer(trial),
                "repeats": trial.study.repeats.len(), "chosen_gain": gain(trial.study.chosen_gain()),
                "arms": (0..trial.study.arms.len()).map(|i| arm(trial, i)).collect::<Vec<_>>(),
            })
        };
        json!({
            "about": self.described(), "trials": self.trials.iter().map(trial).collect::<Vec<_>>(),
            "effort": self.effort_line(), "groups": self.no_gap_line(),
        })
    }

    /// Why groups that were named are not compared.
    pub(super) fn no_gap_line(&self) -> Option<String> {
        let group = self.args.reading.group_column.as_deref().filter(|_| self.gaps().is_empty())?;
        Some(format!(
            "No gap between the groups of `{group}` has a value: it takes a column of two levels, and rows of both among \
             the test rows."
        ))
    }

    /// What was tried on what, one line each.
    pub(super) fn described(&self) -> Vec<String> {
        let (rows, args) = (self.rows, self.args);
        let mut lines = vec![format!(
            "{} on {} human rows ({}) and {} synthetic rows ({})",
            self.task,
            rows.human.len(),
            args.train.display(),
            rows.synthetic.len(),
            args.synthetic.display()
        )];
        if rows.repeated > 0 {
            lines.push(format!(
                "left out: {} that {} there before",
                counted(rows.repeated, "human text"),
                were(rows.repeated)
            ));
        }
        if rows.leaked > 0 {
            lines.push(format!(
                "left out: {} that {} a human row {} (leakage); near copies are not found",
                counted(rows.leaked, "synthetic row"),
                if rows.leaked == 1 { "repeats" } else { "repeat" },
                match rows.human.schema().vocabulary() {
                    Some(_) => "word for word",
                    None => "in all features, be it by chance",
                }
            ));
        }
        lines.extend(rows.notes.iter().map(|note| format!("note: {note}")));
        let tried = |share: &f64| self.trials.iter().any(|t| t.study.arms.iter().any(|a| a.share == *share));
        let short: Vec<String> = args.shares.iter().filter(|s| !tried(s)).map(|s| number(*s)).collect();
        if !short.is_empty() {
            lines.push(format!("not tried, for want of synthetic rows: the shares {}", short.join(", ")));
        }
        lines.push(format!(
            "{} repeats: {:.0} % of the human rows are test rows, the share is chosen by {}-fold cross-validation on the others",
            args.repeats,
            args.test * 100.0,
            args.folds
        ));
        lines
    }

    fn arms_table(&self, trial: &Trial) -> String {
        let (study, plan) = (&trial.study, &trial.plan);
        let score = label(study.primary);
        let heads =
            ["synthetic share", "curation", "rows added", &score, "against human only [95 %]", "chosen"];
        let mut table = tables::dense(&heads);
        for (i, arm) in study.arms.iter().enumerate() {
            let chosen = study.repeats.iter().filter(|r| r.chosen == i).count();
            let gain = study.arm_gain(i, study.primary);
            table.add_row([
                right(number(arm.share)),
                Cell::new(if arm.rows == 0 { "–" } else { plan.curations[arm.curation].0.as_str() }),
                right(if arm.rows == 0 { "0".into() } else { format!("up to {}", arm.rows) }),
                right(study.score(i, study.primary).map_or("–".into(), |g| number(g.mean))),
                right(if i == 0 { "–".into() } else { interval(gain) }),
                right(if chosen == 0 {
                    String::new()
                } else {
                    format!("{chosen} of {}", study.repeats.len())
                }),
            ]);
        }
        tables::fitted(table)
    }

    /// The answer in plain sentences.
    pub(super) fn answer(&self, trial: &Trial) -> Vec<String> {
        let (study, plan) = (&trial.study, &trial.plan);
        let favourite = study.favourite();
        let arm = &study.arms[favourite];
        let what = match arm.rows {
            0 => "human rows alone".to_owned(),
            _ => format!(
                "a synthetic share of {} (curation: {})",
                number(arm.share),
                plan.curations[arm.curation].0
            ),
        };
        let mut lines: Vec<String> = Vec::new();
        let gain = study.chosen_gain();
        let verdict = match gain {
            Some(g) if g.low > 0.0 => "The synthetic rows help",
            Some(g) if g.high < 0.0 => "The synthetic rows hurt",
            _ => "Neither gain nor loss can be told from noise",
        };
        let score = label(study.primary);
        lines.push(format!("{verdict}: the rule most often takes {what}, and on human rows that it did not see {score} changes by {} over human rows.", interval(gain)));
        if let Some((mean, i)) = study.seed_gain().filter(|_| favourite > 0) {
            lines.push(format!(
                "Over training seeds alone (one split, other synthetic rows): {} [{}, {}].",
                number(mean),
                number(i.low),
                number(i.high)
            ));
        }
        lines.push(format!(
            "The best number of synthetic rows with shuffled labels (null arm): {}.",
            interval(study.null_gain())
        ));
        if let Some(g) = gain.filter(|g| g.high > g.low) {
            lines.push(format!(
                "A gain smaller than about {} can't be seen with these rows.",
                number((g.high - g.low) / 2.0)
            ));
        }
        // A gap between groups that moves is as much an answer as the score.
        let gaps: Vec<(bool, String)> =
            self.gaps().into_iter().filter_map(|name| self.group_change(trial, name)).collect();
        for (_, line) in gaps.iter().filter(|(moves, _)| *moves) {
            lines[0].push_str(&format!(" {line}"));
        }
        lines.extend(gaps.into_iter().filter(|(moves, _)| !moves).map(|(_, line)| line));
        let largest = study.arms.iter().map(|a| a.share).fold(0.0, f64::max);
        if arm.share == largest {
            lines.push(
                "It is the largest share that was tried: whether more would do better is not known.".into(),
            );
        }
        lines
    }

    /// How the synthetic rows change the treatment of the groups, and whether that is more than noise: the arm with the
    /// clearest paired change of a gap.
    fn group_change(&self, trial: &Trial, gap: &str) -> Option<(bool, String)> {
        let study = &trial.study;
        let clear = |g: &Gain| g.mean.abs() / (g.high - g.low).max(f64::MIN_POSITIVE);
        let changes = (1..study.arms.len()).filter_map(|i| Some((i, study.arm_gain(i, gap)?)));
        let (i, change) = changes.max_by(|a, b| clear(&a.1).total_cmp(&clear(&b.1)))?;
        let means = (study.score(0, gap)?.mean, study.score(i, gap)?.mean);
        let moves = change.low > 0.0 || change.high < 0.0;
        // Gaps have a sign: further from 0 is less alike.
        let verdict = match moves {
            true if means.1.abs() > means.0.abs() => "Groups are treated less alike",
            true => "Groups are treated more alike",
            false => "No change in how groups are treated can be told from noise",
        };
        Some((
            moves,
            format!(
                "{verdict}: at a synthetic share of {} the {} goes from {} to {}, paired {}, the clearest change of {} arms.",
                number(study.arms[i].share),
                label(gap),
                number(means.0),
                number(means.1),
                interval(Some(change)),
                study.arms.len() - 1
            ),
        ))
    }

    /// What the learner's effort has to do with it.
    pub(super) fn effort_line(&self) -> &'static str {
        match self.trials.len() {
            1 => {
                "Effort: the learner is fitted to convergence on the whole training set, so that equal steps and equal \
                 epochs are the same."
            }
            _ => {
                "Effort: with equal steps a larger training set is passed fewer times; with equal epochs it is also \
                 trained longer, and a part of a gain may be that."
            }
        }
    }

    /// All scores of human rows alone and of what the rule chose.
    fn scores_table(&self, trial: &Trial) -> String {
        let study = &trial.study;
        let mut table = tables::dense(&["score", "human only", "chosen"]);
        for name in self.report.scores {
            let mean = |of: &dyn Fn(&Repeat) -> Option<f64>| {
                let values: Vec<f64> = study.repeats.iter().filter_map(of).collect();
                if values.is_empty() {
                    "–".into()
                } else {
                    number(values.iter().sum::<f64>() / values.len() as f64)
                }
            };
            let human = mean(&|r| r.test[0].get(*name).copied());
            let chosen = mean(&|r| r.test[r.chosen].get(*name).copied());
            table.add_row([Cell::new(label(name)), right(human), right(chosen)]);
        }
        tables::fitted(table)
    }
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn were(n: usize) -> &'static str {
    if n == 1 { "was" } else { "were" }
}

/// Words with a capital at the front.
pub(super) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
