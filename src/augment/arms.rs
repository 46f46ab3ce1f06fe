//! The arms: how many synthetic rows, curated how; training them and scoring them.

use rand::seq::SliceRandom;

use super::choice::one_standard_error;
use super::{Repeat, Scores};
use crate::curation::{BoxedCuration, Seen};
use crate::data::{Body, Column, Mix, Part, Role, Rows, Samples};
use crate::models::{Ask, Model, Refusal, SampleError, Sampling};
use crate::neural::train::Effort;
use crate::rng::Streams;
use crate::tasks::{BoxedTask, Lesson, Report};

/// What is tried, and how often.
pub struct Plan {
    /// Whose learner is trained on human rows, and on all training sets where its effort is not stated.
    pub task: BoxedTask,
    /// What is held fixed as training sets grow, for a learner that is not fitted to convergence.
    pub effort: Option<Effort>,
    /// What it reports.
    pub report: Report,
    /// Shares of synthetic rows in the training set, each above 0 and below 1, ascending.
    pub shares: Vec<f64>,
    /// Curation steps by name; `None` leaves the rows as they are.
    pub curations: Vec<(String, Option<BoxedCuration>)>,
    /// Repeats R, at least 2.
    pub repeats: usize,
    /// Folds K of the inner cross-validation, at least 2.
    pub folds: usize,
    /// The share of human rows that is held out as the test set.
    pub test: f64,
    /// The group of each human row, where rows of a group stay on one side of every split.
    pub groups: Option<Vec<u32>>,
    /// Re-randomises the study.
    pub salt: u64,
}

/// One way to compose the training set.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The share of synthetic rows.
    pub share: f64,
    /// The curation, by its place in the plan.
    pub curation: usize,
    /// Synthetic rows beside the whole training part of the human rows.
    pub rows: usize,
}

/// Fewer than three shares can be tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{synthetic} synthetic rows serve {shares} of the shares beside {human} human training rows, and three are needed; \
     they are enough for shares up to {}",
    largest(*synthetic, *human)
)]
pub struct TooLittle {
    synthetic: usize,
    human: usize,
    shares: usize,
}

/// The largest share that there are rows for, in whole hundredths where it has some.
fn largest(synthetic: usize, human: usize) -> f64 {
    let share = synthetic as f64 / (synthetic + human).max(1) as f64;
    if share < 0.01 { share } else { (share * 100.0).floor() / 100.0 }
}

pub(super) struct Learner<'a> {
    pub plan: &'a Plan,
    pub human: &'a Samples,
    pub synthetic: &'a Samples,
}

/// Stands for the model that made the synthetic rows: it is elsewhere.
struct Elsewhere;

impl Model for Elsewhere {
    fn synthesise(&self, _: Ask<'_>, _: usize, _: &Sampling, _: &Streams) -> Result<Samples, SampleError> {
        Err(Refusal::new("the model that made these rows is not here").into())
    }

    fn size(&self) -> usize {
        0
    }
}

impl Learner<'_> {
    /// All arms that there are rows for, human rows alone first.
    pub fn arms(&self) -> Result<Vec<Arm>, Refusal> {
        let train = self.human.len() - (self.plan.test * self.human.len() as f64).round() as usize;
        let rows = |share: f64| (share / (1.0 - share) * train as f64).round() as usize;
        let shares: Vec<f64> = self
            .plan
            .shares
            .iter()
            .copied()
            .filter(|&s| rows(s) >= 1 && rows(s) <= self.synthetic.len())
            .collect();
        if shares.len() < 3 {
            let error = TooLittle { synthetic: self.synthetic.len(), human: train, shares: shares.len() };
            return Err(Refusal::new(error.to_string()));
        }
        let mut arms = vec![Arm { share: 0.0, curation: 0, rows: 0 }];
        for curation in 0..self.plan.curations.len() {
            arms.extend(shares.iter().map(|&share| Arm { share, curation, rows: rows(share) }));
        }
        Ok(arms)
    }

    /// Splits, chooses by cross-validation, and scores every arm on the test rows.
    pub fn repeat(&self, arms: &[Arm], streams: &Streams) -> Result<Repeat, Refusal> {
        let (rest, test) = self.split(streams);
        let mut folds = vec![Vec::with_capacity(self.plan.folds); arms.len()];
        let parts = self.dealt(&rest, self.plan.folds, &streams.of("folds"));
        for fold in 0..self.plan.folds {
            let inside: Vec<u32> = (0..rest.len()).filter(|&i| parts[i] != fold).map(|i| rest[i]).collect();
            let outside: Vec<u32> = (0..rest.len()).filter(|&i| parts[i] == fold).map(|i| rest[i]).collect();
            let (train, validation) = (self.human.take(&inside), self.human.take(&outside));
            let inner = streams.of("fold").at(fold as u64);
            let made = self.all_curated(&train, &inner)?;
            let scores = self.scores(arms, &made, &train, &validation, &inner)?;
            for (arm, score) in folds.iter_mut().zip(scores) {
                arm.push(score[self.plan.report.primary]);
            }
        }
        let rows: Vec<usize> = arms.iter().map(|arm| arm.rows).collect();
        let chosen = one_standard_error(&folds, &rows);
        let (train, held_out) = (self.human.take(&rest), self.human.take(&test));
        let outer = streams.of("outer");
        let made = self.all_curated(&train, &outer)?;
        let scores = self.scores(arms, &made, &train, &held_out, &outer)?;
        let mean = |arm: usize| folds[arm].iter().sum::<f64>();
        let best = (1..arms.len()).max_by(|&a, &b| mean(a).total_cmp(&mean(b))).unwrap_or(0);
        let shuffled: Vec<Samples> =
            made.iter().map(|rows| shuffled_labels(rows, &outer.of("null"))).collect::<Result<_, _>>()?;
        let null = self.scores(arms, &shuffled, &train, &held_out, &outer)?;
        Ok(Repeat { test: scores, chosen, best, null, sizes: (rest.len(), test.len()) })
    }

    /// The paired gain of one arm on the split of `split`, with the randomness of `seed`.
    pub fn gain(&self, arm: &Arm, split: &Streams, seed: u64) -> Result<f64, Refusal> {
        let (rest, test) = self.split(split);
        let (train, held_out) = (self.human.take(&rest), self.human.take(&test));
        let streams = split.of("training-seed").at(seed);
        let made = self.curated(arm.curation, &train, &streams)?;
        let alone = Arm { share: 0.0, curation: 0, rows: 0 };
        let of = |arm: &Arm| -> Result<f64, Refusal> {
            let scores = self.scored(arm, &train, &made, &held_out, &streams)?;
            Ok(scores[self.plan.report.primary])
        };
        Ok(of(arm)? - of(&alone)?)
    }

    /// The scores of each arm with the rows that each curation left.
    fn scores(
        &self,
        arms: &[Arm],
        made: &[Samples],
        train: &Samples,
        test: &Samples,
        streams: &Streams,
    ) -> Result<Vec<Scores>, Refusal> {
        arms.iter().map(|arm| self.scored(arm, train, &made[arm.curation], test, streams)).collect()
    }

    fn all_curated(&self, train: &Samples, streams: &Streams) -> Result<Vec<Samples>, Refusal> {
        (0..self.plan.curations.len()).map(|curation| self.curated(curation, train, streams)).collect()
    }

    /// Trains on `train` and the arm's share of `made`; where curation left fewer rows, on all of them.
    fn scored(
        &self,
        arm: &Arm,
        train: &Samples,
        made: &Samples,
        test: &Samples,
        streams: &Streams,
    ) -> Result<Scores, Refusal> {
        let rows = (arm.share / (1.0 - arm.share) * train.len() as f64).round() as usize;
        let mut order: Vec<u32> = (0..made.len() as u32).collect();
        // The rows of a smaller share are among those of a larger one.
        order.shuffle(&mut streams.of("synthetic").rng());
        order.truncate(rows);
        let all = Samples::concat(&[train, &made.take(&order)]).map_err(|e| Refusal::new(e.to_string()))?;
        let weights = vec![1.0; all.len()];
        let growth = all.len() as f64 / train.len().max(1) as f64;
        let stretched = self.plan.effort.and_then(|effort| self.plan.task.with_effort(effort, growth));
        let task = stretched.as_ref().unwrap_or(&self.plan.task);
        let learned = task.learn(&Lesson { rows: &all, weights: &weights }, 0, &streams.of("learn"))?;
        let scores: Scores =
            learned.score(test)?.into_iter().map(|(name, value)| (name.into_owned(), value)).collect();
        let primary = self.plan.report.primary;
        if scores.contains_key(primary) {
            return Ok(scores);
        }
        Err(Refusal::new(format!(
            "{primary} has no value on {} of the human rows, which lack a label; give more rows of the rarest label",
            test.len()
        )))
    }

    fn curated(&self, curation: usize, train: &Samples, streams: &Streams) -> Result<Samples, Refusal> {
        let (name, Some(step)) = &self.plan.curations[curation] else { return Ok(self.synthetic.clone()) };
        let initial = Mix::of_human(Rows::all(train.clone()));
        let part = Part::synthetic(1, Body::Rows(Rows::all(self.synthetic.clone())));
        let mix = Mix { parts: vec![part], combine: Default::default() };
        let seen = Seen { model: &Elsewhere, generation: 1, initial: &initial, truth: None };
        let kept = step
            .apply(mix, None, &seen, &streams.of("curate"))
            .map_err(|why| Refusal::new(format!("curation `{name}`: {why}")))?;
        match kept.gather() {
            Some(Ok((rows, _))) => Ok(rows),
            Some(Err(e)) => Err(Refusal::new(e.to_string())),
            None => Err(Refusal::new(format!("curation `{name}` leaves no synthetic row"))),
        }
    }

    /// Row numbers of training and test rows, each class alike.
    pub(super) fn split(&self, streams: &Streams) -> (Vec<u32>, Vec<u32>) {
        let all: Vec<u32> = (0..self.human.len() as u32).collect();
        if let Some(groups) = self.together(&all, &streams.of("split")) {
            let size = (self.plan.test * all.len() as f64).round() as usize;
            let (mut rest, mut test) = (Vec::new(), Vec::new());
            for group in groups {
                if test.len() < size { test.extend(group) } else { rest.extend(group) }
            }
            return (rest, test);
        }
        let order = self.ordered(&all, &streams.of("split"));
        let size = (self.plan.test * all.len() as f64).round() as usize;
        // Rows of a class follow each other, so every n-th row takes its share of each.
        let is_test = |i: usize| (i + 1) * size / all.len() > i * size / all.len();
        let pick = |wanted: bool| {
            order.iter().enumerate().filter(|(i, _)| is_test(*i) == wanted).map(|(_, &row)| row).collect()
        };
        (pick(false), pick(true))
    }

    /// The fold of each of `rows`, each class alike.
    pub(super) fn dealt(&self, rows: &[u32], folds: usize, streams: &Streams) -> Vec<usize> {
        let mut place = std::collections::BTreeMap::new();
        if let Some(groups) = self.together(rows, streams) {
            for (i, group) in groups.into_iter().enumerate() {
                place.extend(group.into_iter().map(|row| (row, i % folds)));
            }
            return rows.iter().map(|row| place[row]).collect();
        }
        let order = self.ordered(rows, streams);
        order.iter().enumerate().for_each(|(i, &row)| {
            place.insert(row, i % folds);
        });
        rows.iter().map(|row| place[row]).collect()
    }

    /// The rows by group in random order, where groups stay together.
    fn together(&self, rows: &[u32], streams: &Streams) -> Option<Vec<Vec<u32>>> {
        let groups = self.plan.groups.as_ref()?;
        let mut members: std::collections::BTreeMap<u32, Vec<u32>> = std::collections::BTreeMap::new();
        rows.iter().for_each(|&row| members.entry(groups[row as usize]).or_default().push(row));
        let mut order: Vec<Vec<u32>> = members.into_values().collect();
        order.shuffle(&mut streams.rng());
        Some(order)
    }

    /// Rows in random order within each class, class after class.
    fn ordered(&self, rows: &[u32], streams: &Streams) -> Vec<u32> {
        let mut order = rows.to_vec();
        order.shuffle(&mut streams.rng());
        if let Some(labels) = self.human.labels() {
            order.sort_by_key(|&row| labels[row as usize]);
        }
        order
    }
}

/// The rows with their labels (or tags) in random order.
fn shuffled_labels(rows: &Samples, streams: &Streams) -> Result<Samples, Refusal> {
    let mut columns = Vec::with_capacity(rows.schema().fields.len());
    for (i, field) in rows.schema().fields.iter().enumerate() {
        let mut column = rows.column(i).clone();
        match (&mut column, field.role) {
            (Column::Codes { data }, Role::Label) => data.shuffle(&mut streams.rng()),
            (Column::Ragged { tokens, .. }, Role::Tag) => tokens.shuffle(&mut streams.rng()),
            _ => {}
        }
        columns.push(column);
    }
    Samples::new(rows.schema().clone(), columns).map_err(|e| Refusal::new(e.to_string()))
}
