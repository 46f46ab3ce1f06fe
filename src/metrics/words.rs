//! The words of text rows.
//!
//! Text metrics work on words, so that a model of characters and a model of words are measured
//! alike: a row is written out and split at white space. Where tokens are words, the tokens
//! themselves are taken. Rows are short windows and n-grams never cross from one row into the
//! next. A word that the edge of a row cuts in two counts as it is written; human rows are cut in
//! the same way, so compare with the human baseline.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation;

use crate::data::{Samples, TokenUnit};
use crate::models::Refusal;

/// Numbers words, the same word always alike, over several sets of rows with one vocabulary.
#[derive(Default)]
pub(super) struct Lexicon {
    known: HashMap<String, u32>,
}

/// Rows of word numbers.
pub(super) struct Words {
    offsets: Vec<usize>,
    ids: Vec<u32>,
}

impl Lexicon {
    /// The words of every row; refuses rows without text and rows without any word.
    pub fn read(&mut self, rows: &Samples) -> Result<Words, Refusal> {
        let none = || Refusal::new("the rows hold no text");
        let (vocabulary, (offsets, tokens)) =
            rows.schema().vocabulary().zip(rows.token_rows()).ok_or_else(none)?;
        let words = match vocabulary.unit {
            TokenUnit::Words => Words { offsets: offsets.to_vec(), ids: tokens.to_vec() },
            TokenUnit::Characters => {
                let mut words = Words { offsets: vec![0], ids: Vec::new() };
                for row in offsets.windows(2) {
                    for word in vocabulary.text(&tokens[row[0]..row[1]]).split_whitespace() {
                        words.ids.push(self.number(word));
                    }
                    words.offsets.push(words.ids.len());
                }
                words
            }
        };
        if words.ids.is_empty() {
            return Err(Refusal::degenerate("the rows hold no word"));
        }
        Ok(words)
    }

    /// The same, with words in lower case and stripped of all but letters and digits; words with
    /// nothing left are dropped.
    pub fn read_bare(&mut self, rows: &Samples) -> Result<Words, Refusal> {
        let mut words = Words { offsets: vec![0], ids: Vec::new() };
        for i in 0..rows.len() {
            let text = rows.text(i).ok_or_else(|| Refusal::new("the rows hold no text"))?;
            for word in text.split_whitespace() {
                // A combining mark belongs to its letter.
                let letters = word.graphemes(true).filter(|c| c.starts_with(char::is_alphanumeric));
                let bare: String = letters.flat_map(str::chars).flat_map(char::to_lowercase).collect();
                if !bare.is_empty() {
                    words.ids.push(self.number(&bare));
                }
            }
            words.offsets.push(words.ids.len());
        }
        if words.ids.is_empty() { Err(Refusal::degenerate("the rows hold no word")) } else { Ok(words) }
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.known.get(word) {
            return number;
        }
        let number = self.known.len() as u32;
        self.known.insert(word.into(), number);
        number
    }
}

impl Words {
    /// All words, row after row.
    pub fn all(&self) -> &[u32] {
        &self.ids
    }

    /// The words of each row.
    pub fn rows(&self) -> impl Iterator<Item = &[u32]> {
        self.offsets.windows(2).map(|w| &self.ids[w[0]..w[1]])
    }

    /// Every run of `n` words within a row.
    pub fn grams(&self, n: usize) -> impl Iterator<Item = &[u32]> {
        self.rows().flat_map(move |row| row.windows(n))
    }

    /// The distinct words.
    pub fn distinct(&self) -> HashSet<u32> {
        self.ids.iter().copied().collect()
    }

    /// How often each distinct word occurs, the most frequent first.
    pub fn frequencies(&self) -> Vec<u64> {
        let mut counts: HashMap<u32, u64> = HashMap::new();
        for &word in &self.ids {
            *counts.entry(word).or_default() += 1;
        }
        let mut counts: Vec<u64> = counts.into_values().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::text;

    #[test]
    fn characters_and_words_give_the_same_words() {
        let lines = ["to be or  not to be", "be", " that "];
        let mut lexicon = Lexicon::default();
        let from_characters = lexicon.read(&text(TokenUnit::Characters, &lines)).unwrap();
        let from_words = Lexicon::default().read(&text(TokenUnit::Words, &lines)).unwrap();
        assert_eq!(from_characters.frequencies(), vec![3, 2, 1, 1, 1]);
        assert_eq!(from_characters.frequencies(), from_words.frequencies());
        assert_eq!(from_characters.rows().map(<[u32]>::len).collect::<Vec<_>>(), [6, 1, 1]);
        // Five bigrams in the first row, none across rows.
        assert_eq!(from_characters.grams(2).count(), 5);
    }

    #[test]
    fn rows_without_words_are_refused() {
        assert!(Lexicon::default().read(&text(TokenUnit::Characters, &["  ", ""])).is_err());
    }
}
