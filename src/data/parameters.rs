//! Reading a source's parameters: values of more than one shape, and errors that name the key.

use std::fmt;

use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::Source;
use super::files::error::FileError;
use crate::registry::BuildContext;
use crate::spec::{self, Described, Node};

/// Why a source can't be made.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A parameter is out of range or does not fit the others.
    #[error("{0}")]
    Parameter(#[from] ParameterError),
    /// A file can't be used.
    #[error("{0}")]
    File(#[from] FileError),
}

/// A parameter that is out of range or does not fit the others.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{key}`: {why}; {help}")]
pub struct ParameterError {
    /// The key in the `[data]` table.
    pub key: &'static str,
    /// What is wrong.
    pub why: String,
    /// What to do.
    pub help: String,
}

impl ParameterError {
    pub(super) fn new(key: &'static str, why: impl Into<String>, help: impl Into<String>) -> Self {
        Self { key, why: why.into(), help: help.into() }
    }
}

/// The parameters of one source, as its table states them.
pub(super) trait Build: Described {
    /// Makes the source.
    fn build(self) -> Result<Source, SourceError>;
}

/// Keys of the `[data]` table that are not the source's own: its selector, and what the loop does
/// with the rows.
const OTHERS: [&str; 2] = ["source", "contamination"];

/// The constructor that the registry calls: reads the table as `P` and makes the source. Errors
/// point at the value that is wrong.
pub(super) fn build<P: Build>(node: &Node, _: &BuildContext) -> Result<Source, spec::Error> {
    build_with(node, P::build)
}

/// As [`build`], for parameters that more than one source shares.
pub(super) fn build_with<P: Described>(
    node: &Node,
    make: impl FnOnce(P) -> Result<Source, SourceError>,
) -> Result<Source, spec::Error> {
    let parameters: P = node.read(&OTHERS)?;
    make(parameters).map_err(|error| match error {
        SourceError::Parameter(e) => {
            spec::Error::bad_value(node.at_of(e.key), format!("`{}`: {}", e.key, e.why), e.help)
        }
        SourceError::File(e) => spec::Error::refused(
            node.at_of("path"),
            format!("{}{}: {}", e.path.display(), e.place, e.what()),
            e.help(),
        ),
    })
}

/// One number for all coordinates, or a list with one for each.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    /// The same number everywhere.
    All(f64),
    /// One for each.
    Each(Vec<f64>),
}

impl Numbers {
    /// `n` finite numbers, or an error about `key`.
    pub(super) fn expand(&self, key: &'static str, n: usize) -> Result<Vec<f64>, ParameterError> {
        let numbers = match self {
            Numbers::All(x) => vec![*x; n],
            Numbers::Each(list) if list.len() == n => list.clone(),
            Numbers::Each(list) => {
                let why = format!("the list has {} numbers where {n} are needed", list.len());
                return Err(ParameterError::new(key, why, "give one number for each, or a single number"));
            }
        };
        match numbers.iter().find(|x| !x.is_finite()) {
            Some(x) => {
                Err(ParameterError::new(key, format!("{x} is not a finite number"), "give finite numbers"))
            }
            None => Ok(numbers),
        }
    }
}

impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Numbers::All(x) => serializer.serialize_f64(*x),
            Numbers::Each(list) => list.serialize(serializer),
        }
    }
}

// By hand and not `untagged`: the spec's reader keeps the place of a wrong value this way.
impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Numbers;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a list of numbers")
            }
            fn visit_f64<E>(self, x: f64) -> Result<Numbers, E> {
                Ok(Numbers::All(x))
            }
            fn visit_i64<E>(self, x: i64) -> Result<Numbers, E> {
                Ok(Numbers::All(x as f64))
            }
            fn visit_u64<E>(self, x: u64) -> Result<Numbers, E> {
                Ok(Numbers::All(x as f64))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbers, A::Error> {
                let mut numbers = Vec::new();
                while let Some(x) = list.next_element()? {
                    numbers.push(x);
                }
                Ok(Numbers::Each(numbers))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

/// A part of a data set: a share of its rows below 1, or a number of rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Portion {
    /// A share, at least 0 and below 1.
    Share(f64),
    /// A number of rows.
    Rows(usize),
}

impl Portion {
    /// How many of `n` rows it is; a share is rounded to the nearest number.
    pub fn of(self, n: usize) -> usize {
        match self {
            Portion::Share(share) => (share * n as f64).round() as usize,
            Portion::Rows(rows) => rows,
        }
    }

    fn from_number(x: f64) -> Option<Portion> {
        match x {
            x if (0.0..1.0).contains(&x) => Some(Portion::Share(x)),
            x if x >= 1.0 && x.fract() == 0.0 && x < 4e9 => Some(Portion::Rows(x as usize)),
            _ => None,
        }
    }
}

impl Serialize for Portion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Portion::Share(share) => serializer.serialize_f64(*share),
            Portion::Rows(rows) => serializer.serialize_u64(*rows as u64),
        }
    }
}

impl<'de> Deserialize<'de> for Portion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let x = f64::deserialize(deserializer)?;
        Portion::from_number(x).ok_or_else(|| {
            D::Error::custom("a share from 0 to below 1, or a whole number of rows, is needed")
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_portion_is_a_share_below_one_and_a_number_of_rows_from_one_on() {
        let portion = |text: &str| serde_json::from_str::<Portion>(text);
        assert_eq!(portion("0.25").unwrap().of(10), 3);
        assert_eq!(portion("0").unwrap().of(10), 0);
        assert_eq!(portion("1").unwrap().of(10), 1);
        assert_eq!(portion("800").unwrap().of(10), 800);
        for wrong in ["-1", "1.5", "-0.1", "1e12"] {
            assert!(portion(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_one_or_a_list() {
        let numbers = |text: &str| serde_json::from_str::<Numbers>(text).unwrap();
        assert_eq!(numbers("2").expand("sd", 3).unwrap(), [2.0, 2.0, 2.0]);
        assert_eq!(numbers("[1, 2.5]").expand("sd", 2).unwrap(), [1.0, 2.5]);
        let error = numbers("[1]").expand("sd", 2).unwrap_err();
        assert_eq!(error.key, "sd");
    }
}
