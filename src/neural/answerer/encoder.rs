//! A question as numbers: which operands stand where, and which words are there.
//!
//! The operands (tokens written as whole numbers) go to slots in their order of appearance, each an
//! indicator over the vocabulary's number tokens; all other tokens are a bag of indicators. The order
//! of the other words is lost. Width: slots · numbers + vocabulary.

use serde::{Deserialize, Serialize};

use crate::data::{Samples, Schema};
use crate::models::Refusal;

/// The most operands that are told apart; later ones are left out.
const SLOTS: usize = 8;

/// How a vocabulary's tokens become features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Encoder {
    slots: usize,
    /// For each token its place among the number tokens, if it is one.
    numbers: Vec<Option<usize>>,
    levels: usize,
}

impl Encoder {
    /// The encoder of a text column, with as many slots as the longest of `rows` needs.
    pub fn new(rows: &Samples) -> Result<Self, Refusal> {
        let Some(vocabulary) = rows.schema().vocabulary() else {
            return Err(no_text(rows.schema()));
        };
        let mut levels = 0;
        let numbers: Vec<Option<usize>> = vocabulary
            .tokens
            .iter()
            .map(|token| {
                token.parse::<u32>().ok().map(|_| {
                    levels += 1;
                    levels - 1
                })
            })
            .collect();
        let operands =
            |i| rows.tokens(i).map_or(0, |t| t.iter().filter(|t| number(&numbers, **t).is_some()).count());
        let slots = (0..rows.len()).map(operands).max().unwrap_or(0).min(SLOTS);
        Ok(Self { slots, numbers, levels })
    }

    /// Numbers a row.
    pub fn width(&self) -> usize {
        self.slots * self.levels + self.numbers.len()
    }

    /// Rows of the same vocabulary as features, row-major.
    pub fn encode(&self, rows: &Samples) -> Result<Vec<f32>, Refusal> {
        let mut out = vec![0.0; rows.len() * self.width()];
        for (i, features) in out.chunks_exact_mut(self.width().max(1)).enumerate() {
            let tokens = rows.tokens(i).ok_or_else(|| no_text(rows.schema()))?;
            let (slots, words) = features.split_at_mut(self.slots * self.levels);
            let mut slot = 0;
            for &token in tokens {
                match number(&self.numbers, token) {
                    Some(level) if slot < self.slots => {
                        slots[slot * self.levels + level] = 1.0;
                        slot += 1;
                    }
                    Some(_) => {}
                    None => {
                        if let Some(word) = words.get_mut(token as usize) {
                            *word = 1.0;
                        }
                    }
                }
            }
        }
        Ok(out)
    }
}

fn number(numbers: &[Option<usize>], token: u32) -> Option<usize> {
    numbers.get(token as usize).copied().flatten()
}

fn no_text(schema: &Schema) -> Refusal {
    Refusal::new(format!("a text column is needed; these rows are {schema}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::data::{Column, Kind, TokenUnit, Vocabulary};

    #[test]
    fn operands_keep_their_order_and_words_do_not() {
        let tokens = ["0", "1", "plus", "times"].map(String::from).to_vec();
        let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Words, tokens));
        let schema = Arc::new(Schema::single(Kind::Ragged { vocabulary }));
        // "1 times 0 plus", "plus 0"
        let column = Column::Ragged { offsets: vec![0, 4, 6], tokens: vec![1, 3, 0, 2, 2, 0] };
        let rows = Samples::new(schema, vec![column]).unwrap();
        let encoder = Encoder::new(&rows).unwrap();
        assert_eq!(encoder.width(), 2 * 2 + 4);
        let features = encoder.encode(&rows).unwrap();
        assert_eq!(features[..8], [0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
        assert_eq!(features[8..], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }
}
