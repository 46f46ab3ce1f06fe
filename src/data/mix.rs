//! Training sets: blocks of rows that know where they came from.

use super::rows::Rows;
use super::samples::{Samples, ShapeError};
use super::statistics::Statistics;
use crate::spec::Combine;

/// Who made a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// People, or the true distribution.
    Human,
    /// A model.
    Synthetic,
}

/// A block of rows with one origin and one birth.
#[derive(Clone, Debug)]
pub struct Part {
    /// Who really made the rows; metrics see this.
    pub origin: Origin,
    /// Who made them as far as the regime knows: contaminated human data is labelled human.
    pub labelled: Origin,
    /// The generation whose training set the rows first entered: 0 for the first human rows, `g`
    /// for what arrived or was synthesised for `D(g)`.
    pub born: u32,
    /// The weight of each row in the fit; 1 unless the regime weights.
    pub weight: f64,
    /// The rows, or their sufficient statistics.
    pub body: Body,
}

/// Rows, or what is left of them on the statistics path.
#[derive(Clone, Debug)]
pub enum Body {
    /// The rows themselves.
    Rows(Rows),
    /// Their sufficient statistics.
    Statistics(Statistics),
}

/// A training set: blocks of rows with weights. Nothing is copied.
#[derive(Clone, Debug, Default)]
pub struct Mix {
    /// The blocks.
    pub parts: Vec<Part>,
    /// How differently weighted origins are combined.
    pub combine: Combine,
}

impl Body {
    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Body::Rows(rows) => rows.len(),
            Body::Statistics(statistics) => statistics.rows() as usize,
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Part {
    /// A block of human rows that first entered `D(born)`.
    pub fn human(born: u32, body: Body) -> Part {
        Part { origin: Origin::Human, labelled: Origin::Human, born, weight: 1.0, body }
    }

    /// A block of synthetic rows made for `D(born)`.
    pub fn synthetic(born: u32, body: Body) -> Part {
        Part { origin: Origin::Synthetic, labelled: Origin::Synthetic, born, weight: 1.0, body }
    }
}

impl Mix {
    /// A training set of equally weighted human rows: what generation 0 is fitted on.
    pub fn of_human(rows: Rows) -> Mix {
        Mix { parts: vec![Part::human(0, Body::Rows(rows))], combine: Combine::Pooled }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|p| p.body.len()).sum()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Human rows ÷ all rows, by true origin. `None` for an empty training set.
    pub fn human_fraction(&self) -> Option<f64> {
        let human: usize =
            self.parts.iter().filter(|p| p.origin == Origin::Human).map(|p| p.body.len()).sum();
        (!self.is_empty()).then(|| human as f64 / self.len() as f64)
    }

    /// Whether every row weighs the same.
    pub fn equally_weighted(&self) -> bool {
        let mut weights = self.parts.iter().filter(|p| !p.body.is_empty()).map(|p| p.weight);
        weights.next().is_none_or(|first| weights.all(|w| w == first))
    }

    /// All rows as one table, with one weight per row, block after block. `None` if a block holds
    /// only statistics or there is no block.
    pub fn gather(&self) -> Option<Result<(Samples, Vec<f64>), ShapeError>> {
        let mut blocks = Vec::with_capacity(self.parts.len());
        let mut weights = Vec::with_capacity(self.len());
        for part in &self.parts {
            let Body::Rows(rows) = &part.body else { return None };
            if rows.is_empty() {
                continue;
            }
            weights.extend(std::iter::repeat_n(part.weight, rows.len()));
            blocks.push(rows);
        }
        (!blocks.is_empty()).then(|| Rows::concat(&blocks).map(|table| (table, weights)))
    }

    /// All rows as one table, where there are several blocks, all of rows, that weigh the same and more than nothing: what
    /// is drawn from a store of many generations. Statistics of it cost less than those of each block, merged.
    pub fn alike(&self) -> Option<Result<Samples, ShapeError>> {
        let mut blocks = self.parts.iter().filter(|p| !p.body.is_empty());
        let weighs = blocks.next().is_some_and(|first| first.weight > 0.0);
        if !weighs || blocks.next().is_none() || !self.equally_weighted() {
            return None;
        }
        self.gather().map(|gathered| gathered.map(|(table, _)| table))
    }

    /// The training set restricted to one labelled origin, all rows weighing 1.
    pub fn only(&self, origin: Origin) -> Mix {
        let keep = self.parts.iter().filter(|p| p.labelled == origin);
        Mix { parts: keep.map(|p| Part { weight: 1.0, ..p.clone() }).collect(), combine: Combine::Pooled }
    }

    /// The total weight of the rows with a labelled origin.
    pub fn weight_of(&self, origin: Origin) -> f64 {
        self.parts.iter().filter(|p| p.labelled == origin).map(|p| p.weight * p.body.len() as f64).sum()
    }
}
