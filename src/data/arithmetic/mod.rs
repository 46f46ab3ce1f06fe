//! Questions whose answer can be checked exactly: a·x + b·y mod 5 in words.
//!
//! All operands are 0 to 4, so there are 625 items. Two sources share schema and vocabulary: the
//! questions in phrasings that were written by hand ([`items`]), and a program that fills the same
//! training phrasings with training operands and knows the answer ([`program`]). Operands *and*
//! phrasings of the held-out rows occur in no training row and in nothing that the program makes.

pub(super) mod items;
mod phrasings;
pub(super) mod program;

use std::sync::{Arc, OnceLock};

use rand::seq::SliceRandom;

use crate::data::{Column, Field, Kind, Levels, Role, Samples, Schema, TokenUnit, Vocabulary};
use crate::rng::Streams;

/// The residues, and the number of possible operands.
const MODULUS: u32 = 5;
/// All items.
const ITEMS: u32 = MODULUS.pow(4);
/// Items whose operands are held out.
const HELD_OUT: usize = 125;
/// Items for choosing settings.
const VALIDATION: usize = 25;

/// a, b, x, y.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Operands {
    a: u32,
    b: u32,
    x: u32,
    y: u32,
}

impl Operands {
    /// Item `i` of 625.
    fn item(i: u32) -> Self {
        let digit = |power: u32| i / MODULUS.pow(power) % MODULUS;
        Self { a: digit(3), b: digit(2), x: digit(1), y: digit(0) }
    }

    /// a·x + b·y mod 5.
    fn answer(self) -> u32 {
        (self.a * self.x + self.b * self.y) % MODULUS
    }
}

/// Held-out, validation and training items, in one fixed random order.
fn items_by_split() -> [Vec<u32>; 3] {
    let mut order: Vec<u32> = (0..ITEMS).collect();
    order.shuffle(&mut Streams::new(0, 0).of("splits").of("arithmetic").rng());
    let train = order.split_off(HELD_OUT + VALIDATION);
    let validation = order.split_off(HELD_OUT);
    [order, validation, train]
}

/// A column of text called `question` and the label `answer`, 0 to 4.
fn schema() -> &'static Arc<Schema> {
    static SCHEMA: OnceLock<Arc<Schema>> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut tokens: Vec<String> = phrasings::DIGITS.map(String::from).to_vec();
        for phrasing in phrasings::PHRASINGS {
            for word in phrasing.split(' ').filter(|w| !w.starts_with('{')) {
                if !tokens.iter().any(|t| t == word) {
                    tokens.push(word.into());
                }
            }
        }
        let vocabulary = Arc::new(Vocabulary::new(TokenUnit::Words, tokens));
        let levels = Levels::Named(phrasings::DIGITS.map(String::from).to_vec().into());
        let question =
            Field { name: "question".into(), role: Role::Feature, kind: Kind::Ragged { vocabulary } };
        let answer = Field { name: "answer".into(), role: Role::Label, kind: Kind::Codes { levels } };
        Arc::new(Schema { fields: vec![question, answer] })
    })
}

/// A table of questions with their answers.
fn table(rows: impl IntoIterator<Item = (usize, Operands, u32)>) -> Samples {
    let tokens_of = schema().vocabulary().map(|v| v.tokens.as_slice()).unwrap_or_default();
    let code = |word: &str| tokens_of.iter().position(|t| t == word).unwrap_or(0) as u32;
    // The code of every word of every phrasing is looked up once; operands are their own codes.
    static CODES: OnceLock<Vec<Vec<Option<u32>>>> = OnceLock::new();
    let codes = CODES.get_or_init(|| {
        let one = |p: &&str| p.split(' ').map(|w| (!w.starts_with('{')).then(|| code(w))).collect();
        phrasings::PHRASINGS.iter().map(one).collect()
    });
    let (mut offsets, mut tokens, mut answers) = (vec![0], Vec::new(), Vec::new());
    for (phrasing, operands, answer) in rows {
        let words = phrasings::words(phrasing, operands).zip(&codes[phrasing]);
        tokens.extend(words.map(|(word, code)| code.unwrap_or_else(|| digit(word))));
        offsets.push(tokens.len());
        answers.push(answer);
    }
    let columns = vec![Column::Ragged { offsets, tokens }, Column::Codes { data: answers }];
    Samples::trusted(schema().clone(), columns)
}

/// The code of a written operand.
fn digit(word: &str) -> u32 {
    phrasings::DIGITS.iter().position(|d| *d == word).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_the_residues() {
        // 4·3 + 2·4 = 20.
        assert_eq!(Operands { a: 4, b: 2, x: 3, y: 4 }.answer(), 0);
        assert_eq!(Operands { a: 1, b: 2, x: 3, y: 4 }.answer(), 1);
        // a·x is 0 for 9 pairs and each other residue for 4; the sum is 0 for 9·9 + 16·4 = 145
        // items and each other residue for 120.
        let mut counts = [0; 5];
        (0..ITEMS).for_each(|i| counts[Operands::item(i).answer() as usize] += 1);
        assert_eq!(counts, [145, 120, 120, 120, 120]);
    }

    #[test]
    fn items_are_split_once() {
        let [held_out, validation, train] = items_by_split();
        assert_eq!([held_out.len(), validation.len(), train.len()], [125, 25, 475]);
        let all: std::collections::BTreeSet<u32> =
            [held_out, validation, train].concat().into_iter().collect();
        assert_eq!(all.len(), 625);
    }

    #[test]
    fn a_question_reads_as_it_was_written() {
        let rows = table([(0, Operands { a: 4, b: 2, x: 3, y: 0 }, 2)]);
        assert_eq!(rows.text(0).as_deref(), Some("what is 4 times 3 plus 2 times 0 modulo five ?"));
        assert_eq!(rows.labels(), Some(&[2][..]));
    }
}
