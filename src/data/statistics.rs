//! Sufficient statistics: what closed-form families are fitted from.

use super::cross_products::CrossProducts;
use super::rows::Rows;
use super::scatter::scatter;

/// The statistics of a block of rows. A closed list: these are what the closed-form families need.
#[derive(Clone, Debug, PartialEq)]
pub enum Statistics {
    /// Mean and scatter of numeric rows.
    Moments(Moments),
    /// How often each outcome occurred.
    Counts(Counts),
    /// Cross-products of inputs and a label.
    CrossProducts(CrossProducts),
}

/// Mean and scatter matrix of `n` numeric rows of dimension `d`, with a total weight.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// The number of rows.
    pub n: u64,
    /// The sum of the rows' weights; `n` where all weigh 1.
    pub weight: f64,
    /// The weighted mean, `d` numbers.
    pub mean: Vec<f64>,
    /// Σ w (x − mean)(x − mean)ᵀ, row-major, `d × d` numbers.
    pub scatter: Vec<f64>,
}

/// How often each outcome occurred among `n` rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// The number of rows.
    pub n: u64,
    /// The weighted count of each outcome; whole numbers where all rows weigh 1.
    pub counts: Vec<f64>,
}

impl Statistics {
    /// The number of rows that were summarised.
    pub fn rows(&self) -> u64 {
        match self {
            Statistics::Moments(m) => m.n,
            Statistics::Counts(c) => c.n,
            Statistics::CrossProducts(c) => c.n,
        }
    }

    /// The statistics of the union of two blocks, the second's rows weighing `weight` times their
    /// own. Returns `None` if the two are of different kinds or dimensions.
    pub fn merge(&mut self, other: &Statistics, weight: f64) -> Option<()> {
        match (self, other) {
            (Statistics::Moments(a), Statistics::Moments(b)) => a.merge(b, weight),
            (Statistics::Counts(a), Statistics::Counts(b)) => a.merge(b, weight),
            (Statistics::CrossProducts(a), Statistics::CrossProducts(b)) => a.merge(b, weight),
            _ => None,
        }
    }

    /// The same statistics with every row's weight multiplied by `weight`.
    pub fn scaled(mut self, weight: f64) -> Statistics {
        match &mut self {
            Statistics::Moments(m) => {
                m.weight *= weight;
                m.scatter.iter_mut().for_each(|s| *s *= weight);
            }
            Statistics::Counts(c) => c.counts.iter_mut().for_each(|x| *x *= weight),
            Statistics::CrossProducts(c) => c.scale_by(weight),
        }
        self
    }
}

impl Moments {
    /// The dimension of the rows.
    pub fn dim(&self) -> usize {
        self.mean.len()
    }

    /// Summarises numeric rows in two passes (mean first, so that the scatter is accurate).
    pub fn of(rows: &Rows) -> Moments {
        let data = rows.gather().features();
        Moments::of_matrix(&data, rows.table().schema().numeric_width())
    }

    /// Summarises a row-major matrix with `d` columns.
    pub fn of_matrix(data: &[f64], d: usize) -> Moments {
        let n = data.len().checked_div(d).unwrap_or(0);
        let mut mean = vec![0.0; d];
        for row in data.chunks_exact(d.max(1)) {
            for (m, x) in mean.iter_mut().zip(row) {
                *m += x;
            }
        }
        mean.iter_mut().for_each(|m| *m /= n.max(1) as f64);
        let scatter = scatter(data, d, None, Some(&mean));
        Moments { n: n as u64, weight: n as f64, mean, scatter }
    }

    /// Chan, Golub and LeVeque's pairwise update (1979), with weights.
    fn merge(&mut self, other: &Moments, weight: f64) -> Option<()> {
        let d = self.dim();
        if d != other.dim() {
            return None;
        }
        let added = other.weight * weight;
        let total = self.weight + added;
        self.n += other.n;
        if added <= 0.0 {
            return Some(());
        }
        let between = self.weight * added / total;
        for i in 0..d {
            let di = other.mean[i] - self.mean[i];
            for j in 0..d {
                let dj = other.mean[j] - self.mean[j];
                self.scatter[i * d + j] += weight * other.scatter[i * d + j] + between * di * dj;
            }
        }
        for i in 0..d {
            self.mean[i] += (other.mean[i] - self.mean[i]) * added / total;
        }
        self.weight = total;
        Some(())
    }
}

impl Counts {
    /// Counts the outcomes `0..outcomes` of the first categorical feature.
    pub fn of(rows: &Rows, outcomes: usize) -> Counts {
        let mut counts = vec![0.0; outcomes];
        if let Some(codes) = rows.table().codes() {
            for i in rows.indices() {
                counts[codes[i as usize] as usize] += 1.0;
            }
        }
        Counts { n: rows.len() as u64, counts }
    }

    fn merge(&mut self, other: &Counts, weight: f64) -> Option<()> {
        if self.counts.len() != other.counts.len() {
            return None;
        }
        self.n += other.n;
        for (a, b) in self.counts.iter_mut().zip(&other.counts) {
            *a += weight * b;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_moments_equals_summarising_the_union() {
        let (a, b) = ([1.0, 2.0, 4.0, -1.0, 0.5, 0.25], [3.0, 3.0, -2.0, 7.0]);
        let mut merged = Moments::of_matrix(&a, 2);
        merged.merge(&Moments::of_matrix(&b, 2), 1.0).expect("same dimension");
        let whole = Moments::of_matrix(&[a.as_slice(), b.as_slice()].concat(), 2);
        assert_eq!(merged.n, 5);
        for (x, y) in merged.mean.iter().chain(&merged.scatter).zip(whole.mean.iter().chain(&whole.scatter)) {
            assert!((x - y).abs() < 1e-12, "{merged:?} {whole:?}");
        }
    }

    #[test]
    fn a_weight_of_two_counts_rows_twice() {
        let (a, b) = ([1.0, 2.0, 5.0], [3.0, -4.0]);
        let mut merged = Moments::of_matrix(&a, 1);
        merged.merge(&Moments::of_matrix(&b, 1), 2.0).expect("same dimension");
        let whole = Moments::of_matrix(&[1.0, 2.0, 5.0, 3.0, 3.0, -4.0, -4.0], 1);
        assert!((merged.weight - whole.weight).abs() < 1e-12);
        assert!((merged.mean[0] - whole.mean[0]).abs() < 1e-12);
        assert!((merged.scatter[0] - whole.scatter[0]).abs() < 1e-12);
    }
}
