//! A size of a model that is given, or chosen by rows that are held back from its training set.
//!
//! Every tenth row of the training set (of fewer than ten the last) is held back. Models of each size are fitted on the rest;
//! the size with the highest mean log likelihood of the rows held back, of equals the smallest, is fitted on all rows. No
//! other rows are seen, and nothing is drawn.

use serde::{Deserialize, Deserializer};

use super::FitError;
use crate::data::{Body, Mix, Part};

/// One row of so many is held back.
const ONE_OF: usize = 10;

/// The size of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice {
    /// As rows that are held back decide.
    Best,
    /// This.
    Fixed(usize),
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Choice;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number of 0 or more, or \"best\"")
            }
            fn visit_u64<E: serde::de::Error>(self, size: u64) -> Result<Choice, E> {
                usize::try_from(size).map(Choice::Fixed).map_err(|_| E::custom("is too large"))
            }
            fn visit_i64<E: serde::de::Error>(self, size: i64) -> Result<Choice, E> {
                let size = u64::try_from(size).map_err(|_| E::custom(format!("can't be {size}")))?;
                self.visit_u64(size)
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Choice, E> {
                match word {
                    "best" => Ok(Choice::Best),
                    _ => Err(E::custom(format!("must be a whole number or \"best\", not {word:?}"))),
                }
            }
        }
        from.deserialize_any(Visitor)
    }
}

/// The training set without the rows held back, and these; `None` where one of them would be empty, or is not rows.
pub fn split(mix: &Mix) -> Option<(Mix, Mix)> {
    let all = mix.len();
    if all < 2 {
        return None;
    }
    let of = all.min(ONE_OF);
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    let mut position = 0;
    for part in &mix.parts {
        let Body::Rows(rows) = &part.body else { return None };
        let places = (0..rows.len() as u32)
            .partition::<Vec<u32>, _>(|i| !(position + *i as usize + 1).is_multiple_of(of));
        position += rows.len();
        let some = |places: &[u32]| Part { body: Body::Rows(rows.select(places)), ..part.clone() };
        kept.push(some(&places.0));
        held.push(some(&places.1));
    }
    let mix = |parts| Mix { parts, combine: mix.combine };
    Some((mix(kept), mix(held)))
}

/// The size with the highest score, of equals the smallest; the least size where no score is a number.
///
/// # Errors
/// The first error of a score.
pub fn best(
    sizes: impl Iterator<Item = usize>,
    mut score: impl FnMut(usize) -> Result<f64, FitError>,
) -> Result<usize, FitError> {
    let mut best: Option<(usize, f64)> = None;
    for size in sizes {
        let found = score(size)?;
        if best.is_none_or(|(_, before)| found > before || before.is_nan()) {
            best = Some((size, found));
        }
    }
    Ok(best.map_or(0, |(size, _)| size))
}
