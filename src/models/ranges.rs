//! Ranges of parameters, checked while the spec is read, so that errors point at the value.

use serde::de::{Deserialize, Deserializer, Error};

/// A finite number of at least 0.
pub fn non_negative<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    checked(from, |v| v >= 0.0, "a number of at least 0")
}

/// A finite number greater than 0.
pub fn positive<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    checked(from, |v| v > 0.0, "a number greater than 0")
}

/// A number in [0, 1).
pub fn share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    checked(from, |v| (0.0..1.0).contains(&v), "a number of at least 0 and below 1")
}

/// A number in (0, 1].
pub fn positive_share<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    checked(from, |v| v > 0.0 && v <= 1.0, "a number greater than 0 and at most 1")
}

/// A number of at least 0; infinity is one.
pub fn non_negative_or_infinite<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(from)?;
    if value >= 0.0 {
        return Ok(value);
    }
    Err(D::Error::custom(format!("must be a number of at least 0, or inf, not {value}")))
}

/// A number in [0, 1].
pub fn probability<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    checked(from, |v| (0.0..=1.0).contains(&v), "a number from 0 to 1")
}

/// A whole number of at least 2.
pub fn at_least_two<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    match usize::deserialize(from)? {
        n @ 0..=1 => Err(D::Error::custom(format!("must be at least 2, not {n}"))),
        n => Ok(n),
    }
}

/// A whole number of at least 1.
pub fn at_least_one<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    match usize::deserialize(from)? {
        0 => Err(D::Error::custom("must be at least 1")),
        n => Ok(n),
    }
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

/// 0 or 1.
pub fn ddof<'de, D: Deserializer<'de>>(from: D) -> Result<u8, D::Error> {
    match u8::deserialize(from)? {
        ddof @ 0..=1 => Ok(ddof),
        other => Err(D::Error::custom(format!("must be 0 (divide by n) or 1 (by n − 1), not {other}"))),
    }
}

fn checked<'de, D: Deserializer<'de>>(from: D, fits: fn(f64) -> bool, what: &str) -> Result<f64, D::Error> {
    let value = f64::deserialize(from)?;
    if value.is_finite() && fits(value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("must be {what}, not {value}")))
    }
}
