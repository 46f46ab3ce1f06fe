//! The features of a position: what the tagger looks at.
//!
//! The word and its neighbours up to two away (lower case), its last three letters, its first, the
//! shapes of the word and its neighbours, and the one and two tags chosen before, alone and with the
//! word. A feature is the 64-bit hash of its kind and values; two features share a weight with
//! probability 2⁻⁶⁴ a pair.

use crate::rng::{hash, mix};

/// What is needed of a token's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// The hash of the word in lower case.
    word: u64,
    /// The hash of its last three letters in lower case.
    suffix: u64,
    /// The hash of its first letter.
    initial: u64,
    /// Capital, all capitals, digits, punctuation, other.
    shape: u8,
}

impl Spelling {
    /// The spelling of a word.
    pub fn of(word: &str) -> Self {
        let lower = word.to_lowercase();
        let letters: Vec<char> = lower.chars().collect();
        let tail: String = letters[letters.len().saturating_sub(3)..].iter().collect();
        let mut of = word.chars();
        let first = of.next();
        let shape = match first {
            Some(c) if c.is_uppercase() && word.chars().count() > 1 && of.all(|c| !c.is_lowercase()) => 1,
            Some(c) if c.is_uppercase() => 2,
            Some(c) if c.is_numeric() => 3,
            Some(c) if !c.is_alphanumeric() => 4,
            _ => 0,
        };
        let initial = first.map_or(0, |c| u64::from(u32::from(c)));
        Self { word: hash(&lower), suffix: hash(&tail), initial, shape }
    }
}

/// What stands before the first and after the last token.
const EDGE: Spelling = Spelling { word: 1, suffix: 1, initial: 1, shape: 5 };

/// The features of one position.
#[derive(Default)]
pub struct Features {
    keys: Vec<u64>,
}

impl Features {
    /// The hashes of the last position asked for.
    pub fn keys(&self) -> &[u64] {
        &self.keys
    }

    /// Looks at token `i`; `last` and `before` are the two tags chosen before it (the number of tags
    /// at the start of a sentence).
    pub fn at(&mut self, tokens: &[u32], i: usize, spelling: &[Spelling], last: u32, before: u32) {
        let look = |away: isize| {
            let at = i.checked_add_signed(away).and_then(|at| tokens.get(at));
            at.and_then(|&t| spelling.get(t as usize)).copied().unwrap_or(EDGE)
        };
        let [left2, left, here, right, right2] = [-2, -1, 0, 1, 2].map(look);
        let (last, before) = (u64::from(last), u64::from(before));
        let shapes = u64::from(left.shape) << 16 | u64::from(here.shape) << 8 | u64::from(right.shape);
        let all: [(u64, u64, u64); 16] = [
            (0, 0, 0),
            (1, here.word, 0),
            (2, left.word, 0),
            (3, right.word, 0),
            (4, left2.word, 0),
            (5, right2.word, 0),
            (6, here.suffix, 0),
            (7, here.initial, 0),
            (8, u64::from(here.shape), 0),
            (9, shapes, 0),
            (10, last, 0),
            (11, last, before),
            (12, last, here.word),
            (13, last, u64::from(here.shape)),
            (14, left.suffix, u64::from(here.shape)),
            (15, right.word, u64::from(here.shape)),
        ];
        self.keys.clear();
        self.keys.extend(all.iter().map(|&(kind, a, b)| mix(mix(mix(kind) ^ a) ^ b)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_ignores_case_and_keeps_shape() {
        let [name, common, acronym, number, comma] =
            ["Congress", "congress", "NATO", "1981", ","].map(Spelling::of);
        assert_eq!((name.word, name.suffix), (common.word, common.suffix));
        assert_eq!([name, common, acronym, number, comma].map(|s| s.shape), [2, 0, 1, 3, 4]);
        assert_eq!(Spelling::of("A").shape, 2);
    }

    #[test]
    fn a_position_sees_its_neighbours_and_the_tags_before() {
        let spelling = ["a", "b", "c"].map(Spelling::of);
        let keys = |tokens: &[u32], i, last, before| {
            let mut f = Features::default();
            f.at(tokens, i, &spelling, last, before);
            f.keys().to_vec()
        };
        let differing = |a: &[u64], b: &[u64]| a.iter().zip(b).filter(|(x, y)| x != y).count();
        let base = keys(&[0, 1, 2], 1, 0, 0);
        assert_eq!(differing(&base, &keys(&[0, 1, 2], 1, 0, 1)), 1);
        assert_eq!(differing(&base, &keys(&[0, 1, 2], 1, 1, 0)), 4);
        // Another left neighbour: the word and its ending.
        assert_eq!(differing(&base, &keys(&[2, 1, 2], 1, 0, 0)), 2);
        let unique: std::collections::BTreeSet<u64> = base.iter().copied().collect();
        assert_eq!(unique.len(), base.len());
    }
}
