//! `correct-share`, `well-formed-share`, `fact-accuracy`: what an exact check says of the rows.
//!
//! A source that can check rows exactly (expressions that can be evaluated, facts that can be looked
//! up) sorts them into malformed, wrong and correct. well-formed-share = (wrong + correct)/all, the
//! syntax; correct-share = correct/all, syntax and semantics; fact-accuracy = correct/(wrong +
//! correct). Cost: one check a row.

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
};
use crate::data::{Correctness, Distribution, Schema};
use crate::models::Refusal;
use crate::registry::{About, Build};
use crate::rng::Streams;

const fn entry(
    name: &'static str,
    summary: &'static str,
    details: &'static str,
    build: Build<super::BoxedMetric>,
) -> MetricEntry {
    MetricEntry {
        about: About {
            name,
            summary,
            details,
            source: "Briesch, Sobania and Rothlauf, arXiv 2311.16822 (syntactic and semantic correctness)",
            parameters: &[],
            version: 1,
        },
        extra: Reading {
            direction: Direction::Higher,
            ideal: "1",
            unit: "share",
            scale: Scale::Logit,
            worst: Worst::Is(0.0),
            unbiased: true,
        },
        build,
    }
}

pub(super) const CORRECT: MetricEntry = entry(
    "correct-share",
    "Share of rows that are correct",
    "Rows of the right form that are true, as a share of all rows. Only for sources that can check rows \
     exactly. It can rise while the model loses its variety: read it beside a diversity.",
    |node, _| plain(node, Share { name: "correct-share", of: Of::Correct }),
);

pub(super) const WELL_FORMED: MetricEntry = entry(
    "well-formed-share",
    "Share of rows that have the right form, true or not",
    "Rows that can be read (an expression, a filled template), as a share of all rows. Only for sources \
     that can check rows exactly.",
    |node, _| plain(node, Share { name: "well-formed-share", of: Of::WellFormed }),
);

pub(super) const ACCURACY: MetricEntry = entry(
    "fact-accuracy",
    "Share of well-formed rows that are true",
    "correct / (wrong + correct): fluency and truth kept apart. Refused (no row) where no row is well \
     formed. Only for sources that can check rows exactly.",
    |node, _| plain(node, Share { name: "fact-accuracy", of: Of::Accuracy }),
);

struct Share {
    name: &'static str,
    of: Of,
}

/// Which share.
enum Of {
    Correct,
    WellFormed,
    Accuracy,
}

impl Metric for Share {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, _: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        match truth.and_then(Distribution::checker) {
            Some(_) => Ok(()),
            None => Err(Refusal::new("it needs a source whose rows can be checked exactly")),
        }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let rows = of.rows()?;
        self.accepts(rows.schema(), of.truth)?;
        let checker = of.truth.and_then(Distribution::checker);
        let checked = checker.map(|c| c.check(rows)).unwrap_or_default();
        let count = |what: Correctness| checked.iter().filter(|c| **c == what).count() as f64;
        let (wrong, correct) = (count(Correctness::Wrong), count(Correctness::Correct));
        let all = checked.len() as f64;
        match self.of {
            Of::Correct => one(self.name, correct / all),
            Of::WellFormed => one(self.name, (wrong + correct) / all),
            Of::Accuracy if wrong + correct == 0.0 => Err(Refusal::degenerate("no row is well formed")),
            Of::Accuracy => one(self.name, correct / (wrong + correct)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, Truth, outcomes, value};

    #[test]
    fn shares_are_counts() {
        // Of outcomes 0 to 3, 0 is malformed, 1 wrong, 2 and 3 correct.
        let truth = || Truth::outcomes(&[0.25; 4]).with_checks();
        let share = |of: Of, codes: &[u32]| {
            value(&Share { name: "share", of }, &Scene::sample(outcomes(codes, 4)).with_truth(truth()))
        };
        let codes = [0, 0, 1, 2, 3, 3, 1, 0];
        assert_eq!(share(Of::Correct, &codes).unwrap(), 3.0 / 8.0);
        assert_eq!(share(Of::WellFormed, &codes).unwrap(), 5.0 / 8.0);
        assert_eq!(share(Of::Accuracy, &codes).unwrap(), 3.0 / 5.0);
        assert!(share(Of::Accuracy, &[0, 0]).is_err());
        let unknown = Scene::sample(outcomes(&codes, 4)).with_truth(Truth::outcomes(&[0.25; 4]));
        assert!(value(&Share { name: "share", of: Of::Correct }, &unknown).is_err());
    }
}
