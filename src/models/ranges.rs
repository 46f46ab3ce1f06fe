//! Ranges of parameters, checked while the spec is read, so that errors point at the value.

use serde::de::{Deserialize, Deserializer, Error};

/// A finite number of at least 0.
pub fn non_negative<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    checked(from, |v| v >= 0.0, "a number of at least 0")
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
