//! `top-k-mass`: how much probability the k most likely outcomes have.
//!
//! Cost: O(outcomes).

use super::frequencies::fitted_or_sample;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `top-k-mass`.
    #[derive(Clone, Copy)]
    struct TopMass {
        /// How many outcomes, below the number of possible outcomes
        k: usize = 10, in at_least(1);
    }
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "top-k-mass",
        summary: "Probability of the k most likely outcomes or tokens",
        details: "The sum of the k largest fitted probabilities where the model states them, else of the k largest frequencies \
            in the sample. They are the model's own favourites, not the human ones: it says how concentrated the model \
            is, where `tail-mass` says what it kept of the human tail. For text, single tokens are counted. Rows with \
            no more than k possible outcomes are refused: there it is 1 by definition.",
        source: "Gambetta et al. 2025 (arXiv 2410.12341) for the concentration of next-token mass",
        parameters: TopMass::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "probability",
        scale: Scale::Logit,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<TopMass>(node)?)),
};

impl Metric for TopMass {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::outcomes_or_text(schema)?;
        let outcomes = schema.outcomes().or(schema.vocabulary().map(|v| v.len())).unwrap_or(0);
        if self.k == 0 || self.k >= outcomes {
            return Err(Refusal::new(format!(
                "`k` is {}, but must be at least 1 and below the {outcomes} possible outcomes",
                self.k
            )));
        }
        Ok(())
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let mut q = fitted_or_sample(of)?.into_owned();
        let k = self.k.min(q.len());
        if k < q.len() {
            q.select_nth_unstable_by(k, |a, b| b.total_cmp(a));
        }
        // Sorted, so that the sum does not depend on how the selection left them.
        q.truncate(k);
        q.sort_by(f64::total_cmp);
        one("top-k-mass", q.iter().sum())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Fitted, Scene, outcomes, text, value};

    #[test]
    fn the_largest_probabilities_are_summed() {
        let scene = Scene::model(Fitted::Outcomes(vec![0.125, 0.5, 0.0, 0.375]));
        assert_eq!(value(&TopMass { k: 2 }, &scene), Ok(0.875));
        assert_eq!(value(&TopMass { k: 3 }, &scene), Ok(1.0));
        // Frequencies 3/5, 1/5, 1/5.
        let scene = Scene::sample(text(TokenUnit::Words, &["a a a", "b c"]));
        assert!((value(&TopMass { k: 2 }, &scene).unwrap() - 0.8).abs() < 1e-15);
    }

    #[test]
    fn all_outcomes_at_once_are_refused() {
        assert!(TopMass { k: 4 }.accepts(outcomes(&[0], 4).schema(), None).is_err());
        assert!(TopMass { k: 3 }.accepts(outcomes(&[0], 4).schema(), None).is_ok());
    }
}
