//! `training-loss-5` … `-100` and `early-stopping-loss-5` … `-100`: how the training of an iterative fit went.
//!
//! Losses that the fit itself wrote down. Cost: none.

use std::borrow::Cow;

use super::{Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, Worst, plain};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

enum Losses {
    Training,
    EarlyStopping,
}

/// A loss says how easy the training set is, and nothing of people: no value of it is better than another.
const READING: Reading = Reading {
    direction: Direction::TwoSided,
    ideal: "none: a property of the training set",
    unit: "the family's loss",
    scale: Scale::Linear,
    worst: Worst::None,
    unbiased: true,
};

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "training-loss",
        summary: "Training loss by the share of the planned steps",
        details: "Twenty rows, `training-loss-5`, `-10`, … `-100`: the mean loss of the batches in each twentieth of the steps \
            that were planned, every loss taken before its update, up to where training ended (in per cent of those \
            steps). Its unit is the family's own: nats a token (`gpt`, `gru`), nats a row in scaled units without \
            constants (`vae`, `realnvp`), a mean squared error (`ddpm`, `flow-matching`), nats a label (`answerer`). \
            A training set of synthetic rows is often easier than a human one: the loss then falls from generation \
            to generation while the likelihood of human rows falls too. Drawn by `kind = \"loss-curves\"`, and without \
            being asked where a spec asks for no figures.",
        source: "definition",
        parameters: &[],
        version: 1,
    },
    extra: READING,
    build: |node, _| plain(node, Losses::Training),
};

pub(super) const EARLY_STOPPING: MetricEntry = MetricEntry {
    about: About {
        name: "early-stopping-loss",
        summary: "Loss of the training rows that early stopping keeps aside, by the share of the planned steps",
        details: "Rows `early-stopping-loss-5`, `-10`, … `-100`, one for each look of a family with `patience` at the tenth of its \
            training rows that it is not trained on, in per cent of the planned steps and in the unit of \
            `training-loss`; none after training ended. Where it rises while `training-loss` falls, the model learns \
            its rows by heart.",
        source: "definition",
        parameters: &[],
        version: 1,
    },
    extra: READING,
    build: |node, _| plain(node, Losses::EarlyStopping),
};

impl Metric for Losses {
    fn needs(&self) -> Needs {
        Needs { model: true, ..Needs::default() }
    }

    fn accepts(&self, _: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        Ok(())
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let curve = of.model.and_then(|model| model.losses());
        let curve =
            curve.ok_or_else(|| Refusal::not_applicable("this family is not trained step by step"))?;
        let (name, points) = match self {
            Losses::Training => ("training-loss", &curve.training),
            Losses::EarlyStopping => ("early-stopping-loss", &curve.kept_aside),
        };
        if points.is_empty() {
            let why = match self {
                Losses::Training => "this model was not trained, but put together from others",
                Losses::EarlyStopping => "no rows were kept aside; `model.patience` turns early stopping on",
            };
            return Err(Refusal::not_applicable(why));
        }
        let row = |(at, loss): &(u32, f32)| (Cow::Owned(format!("{name}-{at}")), f64::from(*loss));
        Ok(points.iter().map(row).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene};

    #[test]
    fn a_row_is_named_by_its_share_of_the_planned_steps() {
        let scene = Scene::model(Fitted::Unigram(vec![1.0]));
        let rows = |which: Losses| scene.measure(&which).unwrap();
        let expected = [("training-loss-5", 2.0), ("training-loss-10", 1.5), ("training-loss-15", 1.25)];
        assert_eq!(rows(Losses::Training), expected.map(|(name, loss)| (Cow::Borrowed(name), loss)));
        assert_eq!(rows(Losses::EarlyStopping).last().unwrap().0, "early-stopping-loss-15");
    }

    #[test]
    fn what_is_solved_in_one_go_has_no_curve() {
        let refused = Scene::model(Fitted::gaussian(&[0.0], &[1.0])).measure(&Losses::Training);
        assert!(refused.unwrap_err().to_string().contains("step by step"));
    }
}
