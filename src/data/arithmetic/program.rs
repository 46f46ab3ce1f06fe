//! `arithmetic-program`: a template program with an exact verifier.
//!
//! Draws a training phrasing (one of the first `templates`) and training operands uniformly and
//! writes the exact answer; with probability `wrong` it writes one of the four wrong answers
//! instead. What it knows beyond the human rows is the rule: `knowledge = "verifier"`. Cost: O(1) a
//! row.

use std::sync::Arc;

use rand::RngExt;
use serde::Serialize;

use super::{MODULUS, Operands, items_by_split, phrasings, schema, table};
use crate::data::parameters::{Build, build};
use crate::data::{Distribution, Samples, Schema, Source, SourceError, Supply};
use crate::registry::{About, Entry};
use crate::rng::Stream;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "arithmetic-program",
        summary: "A template program that makes the questions of `arithmetic` and checks its answers",
        details: "Fills training phrasings with training operands, both uniform; held-out operands and phrasings never \
                  occur. The answer is exact, except with probability `wrong`: then one of the four others. For \
                  `[generator]` beside `source = \"arithmetic\"`.",
        source: "written for this project",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// Probability of a wrong answer
        wrong: f64 = 0.0, in within(0, 1);
        /// Phrasings used
        templates: usize = 30, in within(1, 30);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let mut phrasings = phrasings::training();
        phrasings.truncate(self.templates);
        let [_, _, items] = items_by_split();
        let written = serde_json::to_string(&self).unwrap_or_default();
        Ok(Source {
            name: "arithmetic-program".into(),
            digest: format!("arithmetic-program {written}"),
            supply: Supply::Distribution(Box::new(Program { wrong: self.wrong, phrasings, items })),
            file: None,
        })
    }
}

struct Program {
    wrong: f64,
    phrasings: Vec<usize>,
    items: Vec<u32>,
}

impl Distribution for Program {
    fn schema(&self) -> &Arc<Schema> {
        schema()
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        table((0..n).map(|_| {
            let phrasing = self.phrasings[rng.random_range(0..self.phrasings.len())];
            let operands = Operands::item(self.items[rng.random_range(0..self.items.len())]);
            let slip = rng.random_range(1..MODULUS);
            let wrong = rng.random::<f64>() < self.wrong;
            let answer = operands.answer();
            (phrasing, operands, if wrong { (answer + slip) % MODULUS } else { answer })
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::SOURCES;
    use crate::rng::Streams;
    use crate::spec::Node;

    /// The answer to a question in the first phrasing, read from its text.
    fn exact(text: &str) -> u32 {
        let n: Vec<u32> = text.split(' ').filter_map(|w| w.parse().ok()).collect();
        (n[0] * n[1] + n[2] * n[3]) % 5
    }

    #[test]
    fn the_share_of_wrong_answers_is_the_one_asked_for() {
        for wrong in [0.0, 0.3] {
            let source = Parameters { wrong, templates: 1 }.build().unwrap();
            let rows = source.truth().unwrap().draw(4000, &mut Streams::new(0, 1).of("test").rng());
            let labels = rows.labels().unwrap();
            let slips = (0..4000).filter(|&i| exact(&rows.text(i).unwrap()) != labels[i]).count();
            // Five standard errors of a share of 4,000.
            let allowed = 5.0 * (wrong * (1.0 - wrong) / 4000.0_f64).sqrt();
            assert!((slips as f64 / 4000.0 - wrong).abs() <= allowed, "{slips} of 4000 at {wrong}");
        }
    }

    #[test]
    fn its_questions_are_training_questions() {
        let source = Parameters::default().build().unwrap();
        let rows = source.truth().unwrap().draw(500, &mut Streams::new(0, 2).of("test").rng());
        let Supply::Finite(splits) =
            SOURCES.get("arithmetic").unwrap().make(&Node::from_toml("", "test").unwrap()).unwrap().supply
        else {
            panic!()
        };
        let known: std::collections::BTreeSet<String> =
            (0..splits.train.len()).map(|i| splits.train.text(i).unwrap()).collect();
        assert!((0..500).all(|i| known.contains(&rows.text(i).unwrap())));
    }

    #[test]
    fn wrong_parameters_are_refused() {
        let entry = SOURCES.get("arithmetic-program").unwrap();
        for table in ["wrong = 1.5", "wrong = -0.1", "templates = 0", "templates = 31"] {
            assert!(entry.make(&Node::from_toml(table, "test").unwrap()).is_err(), "{table}");
        }
    }
}
