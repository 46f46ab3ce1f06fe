//! Forty ways of asking for a·x + b·y mod 5, written by hand for this project.
//!
//! Some name the factors pair by pair (a x b y), others as a row and a column (a b x y), so that the
//! words decide which numbers belong together. `{a}` and its like stand for the operands.

use super::Operands;

/// The phrasings; every fourth one is held out.
pub(super) const PHRASINGS: [&str; 40] = [
    "what is {a} times {x} plus {b} times {y} modulo five ?",
    "what is the row ( {a} {b} ) times the column ( {x} {y} ) modulo five ?",
    "compute {a} * {x} + {b} * {y} modulo five .",
    "multiply {a} by {x} , then {b} by {y} , and add the two results modulo five .",
    "find the dot product of ( {a} , {b} ) and ( {x} , {y} ) modulo five .",
    "find the remainder of {a} times {x} plus {b} times {y} after division by five .",
    "evaluate {a} u + {b} v at u = {x} and v = {y} modulo five .",
    "what is the dot product of the row {a} {b} and the column {x} {y} modulo five ?",
    "add {a} groups of {x} to {b} groups of {y} and reduce modulo five .",
    "the product of {a} and {x} plus the product of {b} and {y} is what modulo five ?",
    "with weights {a} and {b} on the values {x} and {y} , what is the weighted sum modulo five ?",
    "what is the product of {a} and {x} added to the product of {b} and {y} modulo five ?",
    "on a clock with five hours , where do {a} jumps of {x} and {b} jumps of {y} end ?",
    "if u = {x} and v = {y} , what is {a} u + {b} v modulo five ?",
    "take {x} exactly {a} times and {y} exactly {b} times ; what is the total modulo five ?",
    "reduce {a} times {x} plus {b} times {y} modulo five .",
    "apply the row {a} {b} to the vector {x} {y} and reduce modulo five .",
    "{a} boxes hold {x} pens each and {b} boxes hold {y} pens each ; how many remain after packing fives ?",
    "the inner product of the vectors {a} {b} and {x} {y} is what modulo five ?",
    "find the weighted sum of the values {x} and {y} with weights {a} and {b} modulo five .",
    "sum {a} times {x} and {b} times {y} in the integers modulo five .",
    "the coefficients are {a} and {b} , the values are {x} and {y} ; find the sum of products modulo five .",
    "{a} rows of {x} chairs and {b} rows of {y} chairs are put in fives ; how many chairs remain ?",
    "what remains of {a} groups of {x} and {b} groups of {y} after division by five ?",
    "prices are {a} and {b} , quantities are {x} and {y} ; what is the bill modulo five ?",
    "walk {a} times {x} steps , then {b} times {y} steps , on a ring of five ; where do you end ?",
    "substitute u = {x} and v = {y} in {a} u + {b} v and reduce modulo five .",
    "compute the row ( {a} {b} ) times the vector ( {x} {y} ) modulo five .",
    "how many remain after division by five of {a} bags of {x} nuts and {b} bags of {y} nuts ?",
    "the matrix with one row {a} {b} sends the vector {x} {y} to what modulo five ?",
    "multiply {x} by {a} , multiply {y} by {b} , and find the sum modulo five .",
    "multiply {a} by {x} and {b} by {y} ; what is the sum modulo five ?",
    "the row is {a} {b} and the column is {x} {y} ; what is their product modulo five ?",
    "count {a} jumps of {x} and {b} jumps of {y} on a ring of five .",
    "the form with coefficients {a} and {b} has what value at {x} , {y} modulo five ?",
    "for u = {x} and v = {y} , evaluate {a} u + {b} v modulo five .",
    "{a} coins a day for {x} days and {b} coins a day for {y} days : how many remain after division by five ?",
    "pair the vectors {a} {b} and {x} {y} , multiply , add , and reduce modulo five .",
    "add the product of {a} and {x} to the product of {b} and {y} modulo five .",
    "take {a} times {x} plus {b} times {y} and find the remainder after division by five .",
];

/// Whether a phrasing is held out from training rows and from the template program.
pub(super) fn held_out(phrasing: usize) -> bool {
    phrasing % 4 == 3
}

/// The phrasings that training rows use, in order.
pub(super) fn training() -> Vec<usize> {
    (0..PHRASINGS.len()).filter(|&p| !held_out(p)).collect()
}

/// A question as words.
pub(super) fn words(phrasing: usize, of: Operands) -> impl Iterator<Item = &'static str> {
    PHRASINGS[phrasing].split(' ').map(move |word| match word {
        "{a}" => DIGITS[of.a as usize],
        "{b}" => DIGITS[of.b as usize],
        "{x}" => DIGITS[of.x as usize],
        "{y}" => DIGITS[of.y as usize],
        other => other,
    })
}

/// The operands as they are written; they are the first tokens of the vocabulary.
pub(super) const DIGITS: [&str; 5] = ["0", "1", "2", "3", "4"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrasing_names_every_operand_once_and_no_other_digit() {
        let mut different = std::collections::BTreeSet::new();
        for phrasing in PHRASINGS {
            assert!(different.insert(phrasing), "{phrasing} stands twice");
            for operand in ["{a}", "{b}", "{x}", "{y}"] {
                assert_eq!(
                    phrasing.split(' ').filter(|w| *w == operand).count(),
                    1,
                    "{operand} in {phrasing}"
                );
            }
            assert!(!phrasing.chars().any(|c| c.is_ascii_digit()), "{phrasing}");
        }
        assert_eq!(training().len(), 30);
    }

    #[test]
    fn both_ways_of_pairing_are_among_training_and_held_out_phrasings() {
        // Which numbers belong together: the order in which the operands are named.
        let order = |p: &usize| -> String {
            PHRASINGS[*p].chars().filter(|c| "abxy".contains(*c)).collect::<String>()
        };
        let row_first = |p: &usize| {
            let braces: Vec<usize> =
                ["{a}", "{b}", "{x}", "{y}"].map(|o| PHRASINGS[*p].find(o).unwrap_or(0)).into();
            (braces[0] < braces[2]) == (braces[1] < braces[2])
        };
        let (train, held): (Vec<usize>, Vec<usize>) = (0..40).partition(|p| !held_out(*p));
        for part in [&train, &held] {
            let rows = part.iter().filter(|p| row_first(p)).count();
            assert!(rows >= 3 && part.len() - rows >= 3, "{rows} of {}: {}", part.len(), order(&part[0]));
        }
    }
}
