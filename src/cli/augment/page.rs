//! `report.html` of an augmentation study, and its figures as SVG and PNG.

use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, Result};

use super::answer::{label, sentence};
use super::{Found, Trial};
use crate::augment::Gain;
use crate::figures::{self, Panels, Size};
use crate::publish::{between, command_line, number};
use crate::report::{Cell, Column, FigureRef, FileLink, Report, Section, TableData, render};
use crate::store::write_atomically;

impl Found<'_> {
    /// Draws the figures and writes the page; returns its path.
    pub(super) fn publish(&self, folder: &Path) -> Result<PathBuf> {
        let caption = "Left: scores on held-out human rows. Right: the same less those of human rows alone, paired by split. Bars: 95 % over human rows (corrected for splits that \
                       share rows). Nothing is said of shares beyond those that were tried.";
        let mut sections = vec![Section {
            heading: "Score against the share of synthetic rows".into(),
            figures: vec![drawn(folder, "augment", self.main_figure(), caption)?],
            tables: self.trials.iter().map(|trial| self.arms(trial)).collect(),
            ..Default::default()
        }];
        if let Some(figure) = self.fairness_figure() {
            let group = self.args.reading.group_column.clone().unwrap_or_default();
            let caption =
                "Gaps are the group that comes second in sorted order less the first. 0 is equal treatment.";
            sections.push(Section {
                heading: format!("How the groups of {group} are treated"),
                prose: vec![
                    "Demographic parity: positive decisions in one group less those in the other, as shares. Equalised \
                     odds: the greater of the gaps between true and between false positive rates. A gap that shrinks \
                     because the score falls is no gain: read them together."
                        .into(),
                ],
                figures: vec![drawn(folder, "fairness", figure, caption)?],
                tables: self.trials.iter().map(|trial| self.treatment(trial)).collect(),
                ..Default::default()
            });
        }
        sections.push(Section {
            heading: "How it was found out".into(),
            prose: self.method(),
            ..Default::default()
        });
        let mut answer = Vec::new();
        for trial in &self.trials {
            let mut lines = self.answer(trial);
            if let Some(first) = lines.first_mut().filter(|_| !trial.effort().is_empty()) {
                *first = format!("{}: {first}", sentence(trial.effort()));
            }
            answer.extend(lines);
        }
        answer.push(self.effort_line().into());
        answer.extend(self.no_gap_line());
        let path = folder.join("report.html");
        let report = Report {
            title: "Are these synthetic rows worth training on?".into(),
            subtitle: self.described().swap_remove(0),
            answer,
            sections,
            commands: vec![command_line(&crate::say::command())],
            provenance: [
                ("Tool", format!("model-collapse {}", env!("CARGO_PKG_VERSION"))),
                ("Task", self.task.to_owned()),
                ("Salt", self.args.salt.to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
            files: vec![link("augment.csv", "augment.csv", "every number of every repeat and arm")],
            ..Default::default()
        };
        write_atomically(&path, render(&report).into_diagnostic()?.as_bytes()).into_diagnostic()?;
        Ok(path)
    }

    fn arms(&self, trial: &Trial) -> TableData {
        let study = &trial.study;
        let heads = [
            "synthetic share",
            "curation",
            "rows added, at most",
            &label(study.primary),
            "against human only",
            "null arm",
            "chosen",
        ];
        let rows = (0..study.arms.len()).map(|i| {
            let chosen = study.repeats.iter().filter(|r| r.chosen == i).count();
            let mut row = self.named(trial, i);
            row.push(estimate(study.score(i, study.primary)));
            match i {
                0 => row.extend([Cell::text("–"), Cell::text("–")]),
                _ => row.extend([
                    estimate(study.arm_gain(i, study.primary)),
                    estimate(study.null_arm_gain(i, study.primary)),
                ]),
            }
            row.push(Cell::text(format!("{chosen} of {}", study.repeats.len())));
            row
        });
        table(
            trial,
            "Every arm on human rows that neither learner nor choice saw; null arm: the same rows with shuffled labels, against human only.",
            &heads,
            rows.collect(),
        )
    }

    fn treatment(&self, trial: &Trial) -> TableData {
        let study = &trial.study;
        let scores: Vec<&str> = std::iter::once(study.primary).chain(self.gaps()).collect();
        let names: Vec<String> = scores.iter().map(|s| label(s)).collect();
        let mut heads = vec!["synthetic share", "curation", "rows added, at most"];
        heads.extend(names.iter().map(String::as_str));
        let rows = (0..study.arms.len()).map(|i| {
            let mut row = self.named(trial, i);
            row.extend(scores.iter().map(|score| estimate(study.score(i, score))));
            row
        });
        table(trial, "The score and the gaps between groups, arm by arm.", &heads, rows.collect())
    }

    /// The cells that say which arm it is.
    fn named(&self, trial: &Trial, arm: usize) -> Vec<Cell> {
        let arm = &trial.study.arms[arm];
        let curation = if arm.rows == 0 { "–" } else { &trial.plan.curations[arm.curation].0 };
        vec![Cell::text(number(arm.share)), Cell::text(curation), Cell::text(arm.rows.to_string())]
    }

    fn method(&self) -> Vec<String> {
        let mut prose = self.described();
        prose.remove(0);
        prose.push(
            "The share is the smallest whose cross-validated score is within one standard error of the best. Only then \
             is that arm trained on all training rows and scored on the test rows. Intervals over human rows are those \
             of Nadeau and Bengio (2003); those over training seeds keep one split and draw other synthetic rows."
                .into(),
        );
        prose.push(
            "This is about a given table of synthetic rows. For a model that feeds on its own rows, generation after \
             generation, see collapse compare."
                .into(),
        );
        prose
    }
}

/// A mean with its interval in small type.
fn estimate(gain: Option<Gain>) -> Cell {
    match gain {
        Some(g) => Cell::with_detail(number(g.mean), between(g.low, g.high)),
        None => Cell::text("–"),
    }
}

fn table(trial: &Trial, caption: &str, heads: &[&str], rows: Vec<Vec<Cell>>) -> TableData {
    let column = |name: &&str| Column { name: (*name).to_owned(), numeric: *name != "curation" };
    let effort = match trial.effort() {
        "" => String::new(),
        effort => format!("{}. ", sentence(effort)),
    };
    TableData {
        caption: format!("{effort}{caption} In brackets: 95 % intervals over human rows."),
        columns: heads.iter().map(column).collect(),
        rows,
    }
}

fn drawn(folder: &Path, name: &str, (figure, size): (Panels, Size), caption: &str) -> Result<FigureRef> {
    figures::save(&figure, &folder.join("figures").join(name), size).into_diagnostic()?;
    let svg = figures::to_svg_string(&figure, size).into_diagnostic()?;
    let file = |kind: &str, ending: &str| link(kind, &format!("figures/{name}.{ending}"), "");
    Ok(FigureRef {
        svg,
        caption: caption.into(),
        files: vec![file("SVG", "svg"), file("PNG", "png")],
        ..FigureRef::default()
    })
}

fn link(name: &str, href: &str, about: &str) -> FileLink {
    FileLink { name: name.into(), href: href.into(), about: about.into() }
}
