//! `tail-mass`: how much probability is left in the human tail.
//!
//! The tail is frozen on the human side: the outcomes or tokens, from the most likely down, that
//! come after the first ones to reach the share 1 − `tail`. Cost: O(outcomes · log).

use super::frequencies::human_and_subject;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, Worst, one, shapes, table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `tail-mass`.
    #[derive(Clone, Copy)]
    struct TailMass {
        /// Largest share of the human distribution in its tail
        tail: f64 = 0.1, in between(0, 1);
    }
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "tail-mass",
        summary: "Probability that the model gives to the human tail, relative to people",
        details: "Σ q over the tail ÷ Σ p over the tail. p are the true probabilities, or the held-out frequencies where they \
            are not known; q the fitted probabilities, or the sample's frequencies. Outcomes (for text: tokens) are sorted by p, \
            ties by code; the tail is what follows the first ones that reach 1 − `tail`. Outcomes that no \
            held-out row has belong to the tail. Refused (no row) if the tail is empty.",
        source: "Shumailov et al. 2024 (10.1038/s41586-024-07566-y); Dohmatob et al. 2024 (arXiv 2402.07043)",
        parameters: TailMass::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "1",
        unit: "ratio",
        scale: Scale::Log,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<TailMass>(node)?)),
};

impl Metric for TailMass {
    fn needs(&self) -> Needs {
        Needs::stated()
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if !(self.tail > 0.0 && self.tail < 1.0) {
            return Err(Refusal::new(format!("`tail` must be above 0 and below 1, not {}", self.tail)));
        }
        shapes::outcomes_or_text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (p, q) = human_and_subject(of)?;
        let mut order: Vec<usize> = (0..p.len()).collect();
        order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
        let (mut head, mut human, mut model) = (0.0, 0.0, 0.0);
        for i in order {
            // Rounding must not push an outcome across a head that is exactly full.
            if head < 1.0 - self.tail - 1e-12 {
                head += p[i];
            } else {
                human += p[i];
                model += q[i];
            }
        }
        if human <= 0.0 {
            return Err(Refusal::undefined("the human distribution has no tail of that share"));
        }
        one("tail-mass", model / human)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, value};

    #[test]
    fn the_tail_is_frozen_on_the_truth() {
        // The head 0.6 + 0.3 reaches 0.9; the tail is outcomes 0 and 2 with p = 0.1, q = 0.04.
        let scene = Scene::model(Fitted::Outcomes(vec![0.04, 0.5, 0.0, 0.46]))
            .with_truth(Truth::outcomes(&[0.06, 0.6, 0.04, 0.3]));
        assert!((value(&TailMass::default(), &scene).unwrap() - 0.4).abs() < 1e-12);
        let certain = Scene::model(Fitted::Outcomes(vec![1.0])).with_truth(Truth::outcomes(&[1.0]));
        assert!(value(&TailMass::default(), &certain).is_err());
    }
}
