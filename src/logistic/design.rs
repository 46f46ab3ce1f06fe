//! The features of rows: a sparse matrix, row after row.

/// A matrix of features with only its non-zero cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Design {
    width: usize,
    offsets: Vec<usize>,
    columns: Vec<u32>,
    values: Vec<f64>,
}

impl Design {
    /// No rows yet, of `width` features.
    pub fn new(width: usize) -> Self {
        Self { width, offsets: vec![0], columns: Vec::new(), values: Vec::new() }
    }

    /// Every cell of `data`, row-major in rows of `width` numbers.
    pub fn dense(data: &[f64], width: usize) -> Self {
        let mut design = Self::new(width);
        for row in data.chunks_exact(width.max(1)) {
            design.push(row.iter().enumerate().map(|(j, &x)| (j as u32, x)));
        }
        design
    }

    /// Adds a row: (column, value) pairs, each column at most once and below the width.
    pub fn push(&mut self, cells: impl IntoIterator<Item = (u32, f64)>) {
        for (column, value) in cells {
            debug_assert!((column as usize) < self.width);
            self.columns.push(column);
            self.values.push(value);
        }
        self.offsets.push(self.columns.len());
    }

    /// The (column, value) pairs of row `i`.
    pub fn row(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.offsets[i]..self.offsets[i + 1];
        self.columns[range.clone()].iter().zip(&self.values[range]).map(|(&j, &x)| (j as usize, x))
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The number of features.
    pub fn width(&self) -> usize {
        self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_gives_back_its_cells() {
        let mut design = Design::new(4);
        design.push([(3, 0.5), (1, -2.0)]);
        design.push([]);
        assert_eq!((design.len(), design.width()), (2, 4));
        assert_eq!(design.row(0).collect::<Vec<_>>(), [(3, 0.5), (1, -2.0)]);
        assert_eq!(design.row(1).count(), 0);
        assert_eq!(Design::dense(&[1.0, 2.0, 3.0, 4.0], 2).row(1).collect::<Vec<_>>(), [(0, 3.0), (1, 4.0)]);
    }
}
