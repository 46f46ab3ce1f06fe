//! Features that a single row has, put together: the same fit in fewer dimensions.
//!
//! Under an L2 penalty the minimiser lies in the span of the rows, so the coefficients of the features that only row i
//! has are a multiple of their values x there: w_j = u x_j / ‖x‖ for one number u. One feature of value ‖x‖ with the
//! coefficient u gives the same scores and the same penalty, and the map is a rotation. Most n-grams of a text occur in
//! one row only. Cost: O(non-zeros).

use std::borrow::Cow;

use super::Design;

/// A design without lone features, and the way back.
pub struct Merged<'a> {
    /// The rows, narrower where several features were one row's own.
    pub design: Cow<'a, Design>,
    /// For each feature its new column and its share of that column's coefficient; empty if nothing was merged.
    back: Vec<Option<(u32, f64)>>,
}

impl<'a> Merged<'a> {
    /// Merges where a row has at least two features of its own.
    pub fn of(design: &'a Design) -> Self {
        let mut rows_with = vec![0_u32; design.width()];
        for i in 0..design.len() {
            design.row(i).for_each(|(j, _)| rows_with[j] += 1);
        }
        let lone = |j: usize| rows_with[j] == 1;
        if (0..design.len()).all(|i| design.row(i).filter(|(j, _)| lone(*j)).count() < 2) {
            return Self { design: Cow::Borrowed(design), back: Vec::new() };
        }
        let mut width = 0;
        let mut next = || {
            width += 1;
            width - 1
        };
        let mut back: Vec<Option<(u32, f64)>> =
            rows_with.iter().map(|&rows| (rows > 1).then(|| (next(), 1.0))).collect();
        let mut rows = Vec::with_capacity(design.len());
        for i in 0..design.len() {
            let own = design.row(i).filter(|(j, _)| lone(*j));
            let norm = own.map(|(_, x)| x * x).sum::<f64>().sqrt();
            let column = (norm > 0.0).then(&mut next);
            let mut row: Vec<(u32, f64)> = Vec::new();
            for (j, x) in design.row(i) {
                match back[j] {
                    Some((shared, _)) => row.push((shared, x)),
                    None => back[j] = column.map(|column| (column, x / norm)),
                }
            }
            row.extend(column.map(|column| (column, norm)));
            rows.push(row);
        }
        let mut narrow = Design::new(width as usize);
        rows.into_iter().for_each(|row| narrow.push(row));
        Self { design: Cow::Owned(narrow), back }
    }

    /// Parameters of the merged design (`width + 1` numbers a vector, the last the intercept) as those of the whole.
    pub fn expand(&self, parameters: Vec<f64>) -> Vec<f64> {
        if self.back.is_empty() {
            return parameters;
        }
        let mut whole = Vec::new();
        for vector in parameters.chunks_exact(self.design.width() + 1) {
            let own = |place: &Option<(u32, f64)>| place.map_or(0.0, |(j, share)| share * vector[j as usize]);
            whole.extend(self.back.iter().map(own));
            whole.extend(vector.last());
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_and_the_penalty_stay() {
        // Features 1 and 3 are row 0's own, 4 is row 1's, 0 and 2 are shared, 5 is nobody's.
        let mut design = Design::new(6);
        design.push([(0, 1.0), (1, 3.0), (2, 0.5), (3, -4.0)]);
        design.push([(0, 2.0), (2, 1.0), (4, 7.0)]);
        let merged = Merged::of(&design);
        assert_eq!(merged.design.width(), 4);
        let narrow = [0.1, -0.2, 2.0, 0.3, 9.0];
        let whole = merged.expand(narrow.to_vec());
        // u = 2 along (3, −4)/5.
        let expected = [0.1, 1.2, -0.2, -1.6, 0.3, 0.0, 9.0];
        assert!(whole.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{whole:?}");
        let square = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
        assert!((square(&whole) - square(&narrow)).abs() < 1e-12);
        for i in 0..2 {
            let score = |design: &Design, w: &[f64]| design.row(i).map(|(j, x)| w[j] * x).sum::<f64>();
            assert!((score(&design, &whole) - score(&merged.design, &narrow)).abs() < 1e-12);
        }
    }

    #[test]
    fn dense_rows_stay_as_they_are() {
        let design = Design::dense(&[1.0, 2.0, 3.0, 4.0], 2);
        let merged = Merged::of(&design);
        assert!(matches!(merged.design, Cow::Borrowed(_)));
        assert_eq!(merged.expand(vec![1.0, 2.0, 3.0]), [1.0, 2.0, 3.0]);
    }
}
