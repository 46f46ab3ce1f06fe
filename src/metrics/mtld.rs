//! `mtld`: the measure of textual lexical diversity.
//!
//! How many words in a row keep a type-token ratio above a threshold, on average. Cost: O(words).

use std::collections::HashSet;

use super::words::Lexicon;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `mtld`.
    #[derive(Clone, Copy)]
    struct Mtld {
        /// type-token ratio at which a factor is complete
        threshold: f64 = 0.72, in between(0, 1);
    }
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "mtld",
        summary: "Measure of textual lexical diversity: words until the type-token ratio falls to 0.72",
        details: "The words, the rows one after the other, are cut into factors: a factor ends with the word at which its \
            type-token ratio falls to `threshold` or below. What is left at the end counts as the part \
            (1 − ratio)/(1 − threshold) of a factor. MTLD = words / factors, the mean of a forward and a backward \
            pass. Nearly independent of the size of the sample, about 80 for English prose. Refused (no row) where no word \
            repeats, so that there is no factor.",
        source: "McCarthy & Jarvis 2010 (10.3758/BRM.42.2.381)",
        parameters: Mtld::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "words",
        scale: Scale::Log,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<Mtld>(node)?)),
};

impl Metric for Mtld {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if !(self.threshold > 0.0 && self.threshold < 1.0) {
            return Err(Refusal::new(format!(
                "`threshold` must be above 0 and below 1, not {}",
                self.threshold
            )));
        }
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let words = Lexicon::default().read(of.rows()?)?;
        let all = words.all();
        let n = all.len() as f64;
        let (forward, backward) =
            (factors(all.iter(), self.threshold), factors(all.iter().rev(), self.threshold));
        if forward == 0.0 || backward == 0.0 {
            return Err(Refusal::undefined("no word repeats, so no factor ends"));
        }
        one("mtld", 0.5 * (n / forward + n / backward))
    }
}

/// How many factors the words make, the last one in part.
fn factors<'a>(words: impl Iterator<Item = &'a u32>, threshold: f64) -> f64 {
    let (mut types, mut tokens, mut complete, mut ratio) = (HashSet::new(), 0_usize, 0_usize, 1.0);
    for word in words {
        types.insert(word);
        tokens += 1;
        ratio = types.len() as f64 / tokens as f64;
        if ratio <= threshold {
            complete += 1;
            (tokens, ratio) = (0, 1.0);
            types.clear();
        }
    }
    complete as f64 + (1.0 - ratio) / (1.0 - threshold)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, reference, text, value};

    #[test]
    fn it_agrees_with_the_definition_in_python() {
        let r = reference();
        let scene = Scene::sample(text(TokenUnit::Words, &r.lines("lines")));
        assert!((value(&Mtld::default(), &scene).unwrap() - r.number("mtld")).abs() < 1e-12);
    }

    #[test]
    fn by_hand() {
        // a a: ratio ½ ends a factor; three of them both ways: 6 / 3.
        let scene = Scene::sample(text(TokenUnit::Words, &["a a b b", "c c"]));
        assert_eq!(value(&Mtld::default(), &scene), Ok(2.0));
        // a b c d a: ratio 4/5, the part (1/5)/(0.28) of a factor, forward and backward: 5·1.4.
        let scene = Scene::sample(text(TokenUnit::Words, &["a b c d a"]));
        assert!((value(&Mtld::default(), &scene).unwrap() - 7.0).abs() < 1e-12);
        assert!(value(&Mtld::default(), &Scene::sample(text(TokenUnit::Words, &["a b"]))).is_err());
    }
}
