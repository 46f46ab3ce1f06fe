//! A task as a setting asks for it: who learns from what, and on which human rows it is scored.

use rand::seq::SliceRandom;

use super::groups::Grouping;
use super::{BoxedTask, Lesson, Report};
use crate::data::{Body, Mix, Origin, Samples};
use crate::metrics::{Measured, Subject};
use crate::models::Refusal;
use crate::rng::Streams;
use crate::spec::{Error, Knowledge, Node, TaskKeys, TrainedOn};

/// A task of one setting.
pub struct Examination {
    /// The task.
    pub task: BoxedTask,
    /// What it reports.
    pub report: Report,
    /// The generator's knowledge; `None` where no synthetic row is ever made.
    pub knowledge: Option<Knowledge>,
    /// One learner for each of these.
    pub train: Vec<TrainedOn>,
    /// How many held-out human rows it is scored on.
    pub test: usize,
    /// The share of the training rows that is kept from the learner: for tuning and `task-own-score`.
    pub validation: f64,
    /// The groups of test rows for which a score is also reported.
    pub by_group: Option<Grouping>,
    /// That score.
    pub group_score: &'static str,
}

/// The subject of the scores.
fn subject(on: TrainedOn) -> Subject {
    match on {
        TrainedOn::Training => Subject::Training,
        TrainedOn::Synthetic => Subject::Synthetic,
        TrainedOn::Human => Subject::Human,
    }
}

fn keeps(on: TrainedOn, origin: Origin) -> bool {
    match on {
        TrainedOn::Training => true,
        TrainedOn::Synthetic => origin == Origin::Synthetic,
        TrainedOn::Human => origin == Origin::Human,
    }
}

impl Examination {
    /// Reads the keys of `[task]` that are not the task's own. `test` is the default number of test
    /// rows; `synthesises` says whether the lineage makes synthetic rows at all.
    ///
    /// # Errors
    /// On values out of range, a missing `knowledge`, and tuning without a validation slice.
    pub fn read(
        node: &Node,
        task: BoxedTask,
        report: Report,
        test: usize,
        synthesises: bool,
    ) -> Result<Self, Error> {
        let TaskKeys { knowledge, train, test: asked, validation, group_score: score, .. } = node.part()?;
        if synthesises && knowledge.is_none() {
            return Err(Error::bad_value(
                node.at.clone(),
                "`[task]` does not say what the generator knows".into(),
                "add knowledge = \"none\" (it was fitted on the same human rows), \"other-domain\", \"verifier\" or \"graph\"".into(),
            ));
        }
        if train.is_empty() || train.iter().enumerate().any(|(i, t)| train[..i].contains(t)) {
            return Err(Error::bad_value(
                node.at_of("train"),
                "`train` is empty or names rows twice".into(),
                "list some of \"training\", \"synthetic\", \"human\"".into(),
            ));
        }
        if task.candidates() > 1 && validation == 0.0 {
            return Err(Error::bad_value(
                node.at.clone(),
                "tuning needs rows that the learner does not see".into(),
                "add validation = 0.2, or list one value to try".into(),
            ));
        }
        let by_group = Grouping::read(node)?;
        let mut group_score = report.primary;
        if let Some(asked) = score {
            group_score = report.scores.iter().copied().find(|s| *s == asked).ok_or_else(|| {
                let message = format!("the task has no score `{asked}`");
                Error::bad_value(
                    node.at_of("group_score"),
                    message,
                    format!("give one of {}", report.scores.join(", ")),
                )
            })?;
        }
        let test = asked.unwrap_or(test);
        Ok(Self { task, report, knowledge, train, test, validation, by_group, group_score })
    }

    /// Trains one learner for each kind of rows asked for and scores it on `test`. Where D(g) has no
    /// such rows, there is nothing in the list.
    pub fn run(
        &self,
        training: &Mix,
        test: &Samples,
        streams: &Streams,
    ) -> Vec<(Subject, Result<Measured, Refusal>)> {
        let of = |on: &TrainedOn| {
            let (rows, weights) = lesson(training, *on)?;
            Some((subject(*on), self.examine(&rows, &weights, test, streams)))
        };
        self.train.iter().filter_map(of).collect()
    }

    /// Tunes and trains on the rows and scores on `test`.
    ///
    /// # Errors
    /// Those of the learner, and a slice that leaves no row to one side.
    pub fn examine(
        &self,
        rows: &Samples,
        weights: &[f64],
        test: &Samples,
        streams: &Streams,
    ) -> Result<Measured, Refusal> {
        let learn = |rows: &Samples, weights: &[f64], candidate: usize| {
            self.task.learn(&Lesson { rows, weights }, candidate, &streams.of("learn"))
        };
        let mut extra: Measured = Vec::new();
        let mut chosen = 0;
        if self.validation > 0.0 {
            let (rest, slice) = split(rows.len(), self.validation, streams)?;
            let (unseen, rest_rows) = (rows.take(&slice), rows.take(&rest));
            let rest_weights: Vec<f64> = rest.iter().map(|&i| weights[i as usize]).collect();
            let mut best: Option<(f64, f64)> = None;
            for candidate in 0..self.task.candidates() {
                let learned = learn(&rest_rows, &rest_weights, candidate)?;
                let own = self.first(&learned.score(&unseen)?)?;
                if best.is_none_or(|(so_far, _)| own > so_far) {
                    best = Some((own, self.first(&learned.score(test)?)?));
                    chosen = candidate;
                }
            }
            if let Some((own, elsewhere)) = best {
                extra.push(("task-own-score".into(), own));
                extra.push(("task-transfer-gap".into(), own - elsewhere));
            }
        }
        let learned = learn(rows, weights, chosen)?;
        let mut measured = learned.score(test)?;
        let gap = self.first(&learned.score(rows)?)? - self.first(&measured)?;
        measured.push(("task-train-gap".into(), gap));
        measured.extend(extra);
        if let Some(groups) = self.by_group {
            let score = |scores: &Measured| self.score(scores, self.group_score);
            measured.extend(groups.scores(test, learned.as_ref(), score)?);
        }
        Ok(measured)
    }

    /// The task's primary score.
    fn first(&self, scores: &Measured) -> Result<f64, Refusal> {
        self.score(scores, self.report.primary)
    }

    fn score(&self, scores: &Measured, name: &str) -> Result<f64, Refusal> {
        let found = scores.iter().find(|(found, _)| found == name).map(|(_, value)| *value);
        found.ok_or_else(|| Refusal::new(format!("the learner reports no `{name}`")))
    }
}

/// The rows of a training set that a learner is to see, with their weights. `None` where there is none.
fn lesson(training: &Mix, on: TrainedOn) -> Option<(Samples, Vec<f64>)> {
    let mut mix = training.clone();
    mix.parts.retain(|p| keeps(on, p.origin) && !p.body.is_empty() && matches!(p.body, Body::Rows(_)));
    if on != TrainedOn::Training {
        mix.parts.iter_mut().for_each(|p| p.weight = 1.0);
    }
    mix.gather()?.ok()
}

/// Row numbers of the rest and of the slice, a random choice that is the same for the same rows.
fn split(n: usize, share: f64, streams: &Streams) -> Result<(Vec<u32>, Vec<u32>), Refusal> {
    let size = (share * n as f64).round() as usize;
    if size == 0 || size == n {
        return Err(Refusal::too_few_rows(format!(
            "{n} rows can't give a validation slice of {share} of them"
        )));
    }
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.shuffle(&mut streams.of("slice").rng());
    let rest = order.split_off(size);
    Ok((rest, order))
}
