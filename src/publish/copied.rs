//! Which stretches of a text stand in the human training rows.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Lengths tried, in characters.
const LENGTHS: [usize; 10] = [8, 10, 12, 14, 16, 20, 24, 32, 48, 64];
/// The share of held-out human characters that may count as copied.
const BY_CHANCE: f64 = 0.05;
/// Held-out rows that say what is usual.
const HELD_OUT: usize = 400;

/// Stretches of training text of one length.
pub(super) struct Copied {
    /// Characters in a stretch.
    pub length: usize,
    known: HashSet<u64>,
}

impl Copied {
    /// Stretches of the least length of which held-out human rows have few: at most [`BY_CHANCE`] of their characters.
    /// `None` where even the longest are common.
    pub fn new(train: &[String], held_out: &[String]) -> Option<Self> {
        let held_out = &held_out[..held_out.len().min(HELD_OUT)];
        LENGTHS.iter().find_map(|&length| {
            let known = train.iter().flat_map(|text| stretches(text, length)).collect();
            let found = Self { length, known };
            let (copied, all) = held_out.iter().fold((0, 0), |(copied, all), text| {
                let marks = found.marks(text);
                (copied + marks.iter().filter(|m| **m).count(), all + marks.len())
            });
            (!found.known.is_empty() && copied as f64 <= BY_CHANCE * all as f64).then_some(found)
        })
    }

    /// Which characters of a text lie in a stretch that training rows have.
    fn marks(&self, text: &str) -> Vec<bool> {
        let mut marks = vec![false; text.chars().count()];
        for (start, stretch) in stretches(text, self.length).enumerate() {
            if self.known.contains(&stretch) {
                marks[start..start + self.length].fill(true);
            }
        }
        marks
    }

    /// The text in pieces, novel and copied in turn, the first one novel (and empty where the text begins copied).
    pub fn pieces(&self, text: &str) -> Vec<String> {
        let mut pieces = vec![String::new()];
        for (sign, copied) in text.chars().zip(self.marks(text)) {
            if copied == (pieces.len() % 2 == 1) {
                pieces.push(String::new());
            }
            if let Some(last) = pieces.last_mut() {
                last.push(sign);
            }
        }
        pieces
    }
}

/// The hash of every stretch of `length` characters, in order.
fn stretches(text: &str, length: usize) -> impl Iterator<Item = u64> {
    let signs: Vec<char> = text.chars().collect();
    let count = (signs.len() + 1).saturating_sub(length);
    (0..count).map(move |start| {
        let mut hasher = DefaultHasher::new();
        signs[start..start + length].hash(&mut hasher);
        hasher.finish()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn stretches_of_training_text_are_marked_and_common_ones_are_not() {
        let train = ["call me ishmael some years ago".to_owned(), "never mind how long precisely".to_owned()];
        // Held-out text shares "me ishma", of 8 characters, but nothing of 10.
        let held_out = ["to me ishmbel and tome ishma, no".to_owned()];
        let found = Copied::new(&train, &held_out).unwrap();
        assert_eq!(found.length, 10);
        let pieces = found.pieces("xx call me ishmael yy");
        assert_eq!(pieces, ["xx ", "call me ishmael ", "yy"]);
        assert_eq!(found.pieces("never mind how"), ["", "never mind how"]);
        assert_eq!(found.pieces("all is new"), ["all is new"]);
        // What people say again and again tells nothing.
        assert!(Copied::new(&train, &train).is_none());
    }
}
