//! One cell of a table, as it was written.

use std::borrow::Cow;

/// What a cell holds before anything is known of its column.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::data) enum Cell {
    /// No value: nothing but white space, `null`, or one of [`NO_VALUE`]; as it was written.
    Missing(String),
    /// A finite number, and how it was written.
    Number(f64, String),
    /// Anything else, `inf` and `nan` included: the column decides whether they are words.
    Word(String),
    /// A list or an object of JSON, as text.
    Nested(String),
}

/// Words that stand for a missing value in text formats.
const NO_VALUE: [&str; 8] = ["NA", "N/A", "n/a", "<NA>", "null", "NULL", "None", "?"];

impl Cell {
    /// Reads a cell of a text format. Words keep their white space, since text may need it.
    pub fn read(text: &str) -> Cell {
        let trimmed = text.trim();
        if trimmed.is_empty() || NO_VALUE.contains(&trimmed) {
            return Cell::Missing(text.into());
        }
        match trimmed.parse::<f64>() {
            Ok(number) if number.is_finite() => Cell::Number(number, text.into()),
            _ => Cell::Word(text.into()),
        }
    }

    /// How it was written, white space included.
    pub fn raw(&self) -> &str {
        match self {
            Cell::Missing(text) | Cell::Number(_, text) | Cell::Word(text) | Cell::Nested(text) => text,
        }
    }

    /// How it was written, without white space around it.
    pub fn written(&self) -> &str {
        self.raw().trim()
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.written().is_empty()
    }

    /// Whether it is missing.
    pub fn is_missing(&self) -> bool {
        matches!(self, Cell::Missing(_))
    }

    /// Whether it reads as NaN or an infinity: no value among numbers, a word among words.
    pub fn is_odd_number(&self) -> bool {
        matches!(self, Cell::Word(text) if text.trim().parse::<f64>().is_ok())
    }

    /// The name of the level that it stands for in a column of categories.
    pub fn level(&self) -> Cow<'_, str> {
        level(self.written())
    }
}

/// The level of a gap in a column of categories.
pub(in crate::data) const GAP: &str = "(missing)";

/// The name of a level: a whole number written as 3.0 is 3, and nothing is [`GAP`].
pub(in crate::data) fn level(text: &str) -> Cow<'_, str> {
    if text.is_empty() {
        return GAP.into();
    }
    let whole =
        text.split_once('.').filter(|(_, zeros)| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'));
    match whole {
        Some((digits, _)) if is_whole(digits) => digits.into(),
        _ => text.into(),
    }
}

/// Whether these are digits, perhaps with a minus, and not a code such as 007.
fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_number_a_word_or_missing() {
        assert_eq!(Cell::read(" 3.0"), Cell::Number(3.0, " 3.0".into()));
        for missing in ["", "  ", "NA", " n/a "] {
            assert!(Cell::read(missing).is_missing(), "{missing:?}");
        }
        for odd in ["inf", "Infinity", "NaN", "-inf"] {
            assert!(matches!(Cell::read(odd), Cell::Word(_)) && Cell::read(odd).is_odd_number(), "{odd}");
        }
        assert!(!Cell::read("Volvo").is_odd_number());
    }

    #[test]
    fn one_whole_number_is_one_level_and_a_code_stays_as_it_is() {
        for (written, name) in [("3", "3"), ("3.0", "3"), ("-2.00", "-2"), ("0.0", "0"), ("", GAP)] {
            assert_eq!(level(written), name);
        }
        for code in ["007", "007.0", "3.10", "3.", ".0", "v3.0", "NA"] {
            assert_eq!(level(code), code);
        }
    }
}
