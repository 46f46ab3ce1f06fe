//! Numbers as text that reads back to the same bits.

use std::fmt::Write;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Appends the shortest text that reads back to the same number: `0.25`, `1e-9`.
pub fn push_number(to: &mut String, value: f64) {
    let size = value.abs();
    // Writing to a String can't fail.
    let _ = if size == 0.0 || (1e-5..1e16).contains(&size) {
        write!(to, "{value}")
    } else {
        write!(to, "{value:e}")
    };
}

/// A number as text that reads back to the same bits.
pub fn number(value: f64) -> String {
    let mut text = String::new();
    push_number(&mut text, value);
    text
}

/// Numbers that are stored as one JSON string with spaces between them. JSON readers may be off by
/// a last digit, and a string is read by the standard library, which never is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers(
    /// The numbers.
    pub Vec<f64>,
);

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(self.0.len() * 12);
        for (i, &value) in self.0.iter().enumerate() {
            if i > 0 {
                text.push(' ');
            }
            push_number(&mut text, value);
        }
        to.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let parse = |word: &str| word.parse().map_err(|_| D::Error::custom(format!("`{word}` is no number")));
        text.split_ascii_whitespace().map(parse).collect::<Result<_, _>>().map(Numbers)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::rng::Streams;
    use rand::Rng;

    #[test]
    fn every_finite_number_reads_back_to_its_bits() {
        let mut rng = Streams::new(0, 1).of("numbers").rng();
        let mut values: Vec<f64> = (0..20_000).map(|_| f64::from_bits(rng.next_u64())).collect();
        values.extend([0.0, -0.0, 1.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 0.1 + 0.2, 1e16, 1e-5]);
        values.retain(|v| v.is_finite());
        let json = serde_json::to_string(&Numbers(values.clone())).unwrap();
        let back: Numbers = serde_json::from_str(&json).unwrap();
        assert_eq!(back.0.len(), values.len());
        assert!(back.0.iter().zip(&values).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn small_numbers_stay_short() {
        assert_eq!(number(1e-300), "1e-300");
        assert_eq!(number(0.5), "0.5");
        assert_eq!(number(100.0), "100");
    }
}
