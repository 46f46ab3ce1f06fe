//! A language model of n-gram counts.
//!
//! p(w | h) = direct(h, w) + γ(h) p(w | h′), where h is the history (the last `order − 1` symbols of
//! the row, the first of them the start of the row), h′ the history without its first symbol, and
//! below the empty history stands the uniform distribution over the vocabulary. With c the counts,
//! A(h) = Σ_w c(h w) and T(h) the number of distinct words after h:
//!
//! | `smoothing` | direct(h, w) | γ(h) |
//! | --- | --- | --- |
//! | `kneser-ney` | max(a(h w) − D, 0) / A(h) | Σ_w min(a(h w), D) / A(h) |
//! | `witten-bell` | c(h w) / (A(h) + T(h)) | T(h) / (A(h) + T(h)) |
//! | `jelinek-mercer` | λ c(h w) / A(h) | 1 − λ |
//! | `add-k` | c(h w) / (A(h) + k V) | k V / (A(h) + k V), straight to uniform |
//!
//! Kneser–Ney is the interpolated form with one discount per length (Chen and Goodman 1998,
//! TR-10-98, section 2.7 and equation 2.21 ff.): a(·) is the count for the longest n-grams and for
//! those at the start of a row, else the number of distinct symbols seen before; D = n₁/(n₁ + 2 n₂),
//! or ½ where n₁ or n₂ is 0 (the fallback of KenLM). n₁ and n₂ count rows as they are; weights enter
//! the counts of the longest n-grams only, after they were scaled to sum to the number of rows.
//!
//! N-grams never cross rows. There is no end symbol: a new row gets the length of a random training
//! row, and likelihoods are of the tokens given the length.
//!
//! Sampling with temperature T ≠ 1 is exact and never visits the whole vocabulary: Σ_w p(w | h)^{1/T}
//! follows from the shorter history's sum and the words seen after h. Top-k and top-p do need the
//! explicit distribution, O(V) for each distinct history met; prefer them with small vocabularies.
//!
//! `order = "best"` takes the order up to 6 that gives rows which are held back the highest likelihood
//! ([`held_back`](super::held_back)).
//!
//! Cost: fit O(order · N log N) for N tokens; a token O(order + log T(h)).

mod combination;
mod counts;
mod model;
mod sampler;
mod table;
#[cfg(test)]
mod tests;

pub use model::NGramModel;

use serde::Deserialize;

use super::held_back::{self, Choice};
use super::{Affine, BoxedFamily, Density, Family, FitError, Model, Refusal, Start, affine, numeric};
use crate::data::{Kind, Mix, Role, Schema};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::spec::{self, Node};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "ngram",
        summary: "An n-gram language model over characters or words, interpolated and smoothed",
        details: "Interpolated Kneser–Ney by default; Witten–Bell, Jelinek–Mercer and add-k beside it. Rows \
                  never run into each other, and new rows have the lengths of training rows. Smoothing is a \
                  bias that every generation applies again: an accumulating loop need not plateau.",
        source: "Chen and Goodman 1998, TR-10-98",
        parameters: Table::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(NGram::read(node)?)),
};

/// The recipe of an n-gram model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NGram {
    /// The length of the longest n-gram in tokens.
    pub order: usize,
    /// Whether rows that are held back choose an order, at most that one.
    pub best: bool,
    /// How unseen continuations get their probability.
    pub smoothing: Smoothing,
}

/// The longest n-gram that `order = "best"` tries.
const LONGEST: usize = 6;

/// How unseen continuations get their probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Smoothing {
    /// Absolute discounting over continuation counts.
    KneserNey,
    /// As many pseudo-counts for what is unseen as there are distinct continuations.
    WittenBell,
    /// A fixed share for each history length.
    JelinekMercer {
        /// The share of the longer history, in [0, 1).
        lambda: f64,
    },
    /// `k` rows added to each continuation of the longest history, without interpolation.
    AddK {
        /// At least 0.
        k: f64,
    },
}

impl Default for NGram {
    fn default() -> Self {
        Self { order: 3, best: false, smoothing: Smoothing::KneserNey }
    }
}

crate::parameters! {
    /// The table as it is written.
    struct Table {
        /// The length of the longest n-gram in tokens; or "best", of up to 6
        order: Choice = Choice::Fixed(3) => "3", in at_least(1);
        /// "kneser-ney", "witten-bell", "jelinek-mercer" or "add-k"
        smoothing: Name = Name::KneserNey => "\"kneser-ney\"";
        /// add-k only: the count added to every word
        k: Option<f64> = None => "0.01", in at_least(0);
        /// jelinek-mercer only: the share of the longer history
        lambda: Option<f64> = None => "0.75", in from_below(0, 1);
    }
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Name {
    KneserNey,
    WittenBell,
    JelinekMercer,
    AddK,
}

impl NGram {
    /// Reads the family's table; `k` and `lambda` each belong to one smoothing.
    pub(super) fn read(node: &Node) -> Result<Self, spec::Error> {
        let table: Table = node.read(&["family"])?;
        for (key, given, smoothing) in [
            ("k", table.k.is_some() && table.smoothing != Name::AddK, "add-k"),
            ("lambda", table.lambda.is_some() && table.smoothing != Name::JelinekMercer, "jelinek-mercer"),
        ] {
            if given {
                let message = format!("`{key}` belongs to `smoothing = \"{smoothing}\"`");
                return Err(spec::Error::bad_value(
                    node.key_at(key),
                    message,
                    "remove it, or change the smoothing".into(),
                ));
            }
        }
        let smoothing = match table.smoothing {
            Name::KneserNey => Smoothing::KneserNey,
            Name::WittenBell => Smoothing::WittenBell,
            Name::JelinekMercer => Smoothing::JelinekMercer { lambda: table.lambda.unwrap_or(0.75) },
            Name::AddK => Smoothing::AddK { k: table.k.unwrap_or(0.01) },
        };
        let (order, best) = match table.order {
            Choice::Fixed(order) => (order, false),
            Choice::Best => (LONGEST, true),
        };
        Ok(Self { order, best, smoothing })
    }
}

impl NGram {
    /// The same recipe with this order.
    fn of_order(self, order: usize) -> Self {
        Self { order, best: false, ..self }
    }

    /// The order, at most that of the recipe, by rows that are held back.
    fn chosen(&self, mix: &Mix) -> Result<usize, FitError> {
        let Some((kept, held)) = held_back::split(mix) else { return Ok(1) };
        let (rows, weights) = numeric::gathered(&held)?;
        held_back::best(1..=self.order, |order| {
            let model = NGramModel::fit(self.of_order(order), &kept)?;
            let nats = model.log_likelihood(&rows, &Streams::new(0, 0))?;
            Ok(nats.iter().zip(&weights).map(|(nats, weight)| nats * weight).sum())
        })
    }
}

impl Family for NGram {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        match schema.fields.as_slice() {
            [field] if field.role == Role::Feature => match &field.kind {
                Kind::Ragged { vocabulary } => {
                    counts::Packing::new(vocabulary.len(), self.order)?;
                    Ok(())
                }
                other => Err(Refusal::new(format!("one column of text is needed, not {other}"))),
            },
            _ => Err(Refusal::new(format!("one column of text and nothing else is needed, not: {schema}"))),
        }
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let order = if self.best { self.chosen(mix)? } else { self.order };
        Ok(Box::new(NGramModel::fit(self.of_order(order), mix)?))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }

    fn seeds_per_cell(&self) -> u64 {
        1
    }
}

impl Affine for NGram {
    /// Direct probabilities and what is left to the shorter history, after each history.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        Ok(Box::new(NGramModel::combined(&affine::of(models)?)?))
    }
}
