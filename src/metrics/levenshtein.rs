//! `levenshtein-diversity`: how far apart two texts of the sample are on average.
//!
//! The mean over pairs of rows of lev(a, b)/max(|a|, |b|), with lev the least number of insertions,
//! deletions and substitutions of tokens that turn a into b (Levenshtein 1966): 0 for equal rows, 1 for
//! rows with nothing in common. A run of one token at a row's end counts as one token, so that rows
//! filled up to one length are compared by what they hold. Two empty rows are equal. Pairs are all
//! those of the first `rows` rows. Cost: O(rows² · tokens²).

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "levenshtein-diversity",
        summary: "Mean normalised edit distance between two texts of the sample",
        details: "Mean over pairs of rows of the token edit distance divided by the longer length; 0 if all \
                  rows are the same. A run of one token at the end of a row (filling) counts once. Uses all \
                  pairs of the first `rows` rows.",
        source: "Briesch, Sobania and Rothlauf, arXiv 2311.16822 (diversity)",
        parameters: Levenshtein::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "edits per token",
        scale: Scale::Logit,
        worst: Worst::Is(0.0),
        unbiased: true,
    },
    build: |node, _| Ok(Box::new(table::<Levenshtein>(node)?)),
};

crate::parameters! {
    struct Levenshtein {
        /// The most rows compared
        rows: usize = 200, in at_least(2);
    }
}

impl Metric for Levenshtein {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let rows = of.rows()?;
        self.accepts(rows.schema(), None)?;
        let texts: Vec<&[u32]> =
            (0..rows.len().min(self.rows)).filter_map(|i| rows.tokens(i)).map(content).collect();
        if texts.len() < 2 {
            return Err(Refusal::too_few_rows("one row has no distance to another"));
        }
        let (mut sum, mut pairs, mut line) = (0.0, 0.0, Vec::new());
        for (i, a) in texts.iter().enumerate() {
            for b in &texts[..i] {
                let longest = a.len().max(b.len()).max(1);
                sum += edits(a, b, &mut line) as f64 / longest as f64;
                pairs += 1.0;
            }
        }
        one("levenshtein-diversity", sum / pairs)
    }
}

/// A row without the repetitions of its last token at its end.
fn content(row: &[u32]) -> &[u32] {
    let Some(last) = row.last() else { return row };
    let run = row.iter().rev().take_while(|t| *t == last).count();
    &row[..row.len() - run + 1]
}

/// The edit distance. `line` is working memory.
fn edits(a: &[u32], b: &[u32], line: &mut Vec<usize>) -> usize {
    line.clear();
    line.extend(0..=b.len());
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = line[0];
        line[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = line[j + 1];
            line[j + 1] = substituted.min(line[j] + 1).min(diagonal + 1);
        }
    }
    line[b.len()]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, text, value};

    #[test]
    fn the_edit_distance_is_levenshteins() {
        let distance = |a: &str, b: &str| {
            let codes = |s: &str| s.chars().map(|c| c as u32).collect::<Vec<_>>();
            edits(&codes(a), &codes(b), &mut Vec::new())
        };
        for (a, b, d) in [
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("flaw", "lawn", 2),
            ("ab", "ab", 0),
            ("intention", "execution", 5),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (d, d), "{a} {b}");
        }
    }

    #[test]
    fn the_mean_is_over_pairs_and_normalised_by_the_longer_row() {
        // a b c to a c: 1/3; a b c to d: 3/3; a c to d: 2/2. Mean 7/9.
        let scene = Scene::sample(text(TokenUnit::Words, &["a b c", "a c", "d"]));
        assert!((value(&Levenshtein::default(), &scene).unwrap() - 7.0 / 9.0).abs() < 1e-12);
        let same = Scene::sample(text(TokenUnit::Words, &["a b", "a b"]));
        assert_eq!(value(&Levenshtein::default(), &same).unwrap(), 0.0);
        assert!(value(&Levenshtein::default(), &Scene::sample(text(TokenUnit::Words, &["a b"]))).is_err());
    }

    #[test]
    fn filling_at_the_end_counts_once() {
        // a ; and b ; differ in one of two tokens.
        let scene = Scene::sample(text(TokenUnit::Words, &["a ; ; ; ;", "b ; ;"]));
        assert_eq!(value(&Levenshtein::default(), &scene).unwrap(), 0.5);
    }
}
