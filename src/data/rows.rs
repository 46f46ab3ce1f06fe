//! A selection of a table's rows, without copying.

use std::sync::Arc;

use super::samples::{Samples, ShapeError};

/// Rows of a table, possibly a selection of them, without copying.
#[derive(Clone, Debug)]
pub struct Rows {
    samples: Arc<Samples>,
    index: Option<Arc<[u32]>>,
}

impl Rows {
    /// All rows of a table.
    pub fn all(samples: Samples) -> Self {
        Self { samples: Arc::new(samples), index: None }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.index.as_ref().map_or(self.samples.len(), |i| i.len())
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The table that the rows are taken from.
    pub fn table(&self) -> &Samples {
        &self.samples
    }

    /// The table's row number of each row.
    pub fn indices(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.len()).map(|i| self.index.as_ref().map_or(i as u32, |index| index[i]))
    }

    /// The rows at the given positions, in that order.
    pub fn select(&self, positions: &[u32]) -> Rows {
        let index = match &self.index {
            None => positions.into(),
            Some(index) => positions.iter().map(|&p| index[p as usize]).collect(),
        };
        Rows { samples: self.samples.clone(), index: Some(index) }
    }

    /// The first `n` rows.
    pub fn head(&self, n: usize) -> Rows {
        if n >= self.len() {
            return self.clone();
        }
        let positions: Vec<u32> = (0..n as u32).collect();
        self.select(&positions)
    }

    /// The rows of several blocks as one table; errors as [`Samples::concat`].
    pub fn concat(blocks: &[&Rows]) -> Result<Samples, ShapeError> {
        let chosen: Vec<(&Samples, Option<&[u32]>)> =
            blocks.iter().map(|b| (b.table(), b.index.as_deref())).collect();
        Samples::joined(&chosen)
    }

    /// The rows as a table of their own; shares the cells where nothing was left out.
    pub fn gather(&self) -> Samples {
        match &self.index {
            None => Samples::clone(&self.samples),
            Some(index) => self.samples.take(index),
        }
    }
}
