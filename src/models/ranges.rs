//! Ranges of parameters, checked while the spec is read, so that errors point at the value.

use serde::de::{Deserialize, Deserializer, Error};

/// A number in (0, 1].
pub fn positive_share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    checked(from, |v| v > 0.0 && v <= 1.0, "a number greater than 0 and at most 1")
}

/// `[lo, hi]` with lo below hi, both finite; `"data"` is none.
pub fn interval<'de, D: Deserializer<'de>>(from: D) -> Result<Option<(f64, f64)>, D::Error> {
    struct Ends;
    impl<'de> serde::de::Visitor<'de> for Ends {
        type Value = Option<(f64, f64)>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("[lo, hi] with lo below hi, or \"data\"")
        }
        fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
            if word == "data" {
                Ok(None)
            } else {
                Err(E::invalid_value(serde::de::Unexpected::Str(word), &self))
            }
        }
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let ends: (Option<f64>, Option<f64>) = (list.next_element()?, list.next_element()?);
            let more: Option<f64> = list.next_element()?;
            match (ends, more) {
                ((Some(lo), Some(hi)), None) if lo < hi && (hi - lo).is_finite() => Ok(Some((lo, hi))),
                _ => Err(A::Error::custom("must be [lo, hi], two numbers with lo below hi")),
            }
        }
    }
    from.deserialize_any(Ends)
}

fn checked<'de, D: Deserializer<'de>>(from: D, fits: fn(f64) -> bool, what: &str) -> Result<f64, D::Error> {
    let value = f64::deserialize(from)?;
    if value.is_finite() && fits(value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("must be {what}, not {value}")))
    }
}
