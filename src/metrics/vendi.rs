//! `vendi`: the effective number of different rows.
//!
//! The exponential of the entropy of the eigenvalues of K/n, with K the similarity matrix of n rows.
//! With the cosine kernel K = XXᵀ, and XᵀX/n has the same non-zero eigenvalues: cost O(n d² + d³)
//! where d < n. With the RBF kernel the cost is O(r³) on the first r rows.

use nalgebra::DMatrix;
use serde::Deserialize;

use super::distances::{Cells, Cloud, Points, shift};
use super::wasserstein2::symmetric_eigen;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{self, Distribution, Field, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `vendi`.
    #[derive(Clone, Copy, Debug)]
    struct Vendi {
        /// Similarity of two rows: cosine or rbf
        kernel: Kernel = Kernel::Cosine => "\"cosine\"";
        /// Order q of the entropy
        order: f64 = 1.0, in above(0).or_infinite();
        /// h of the rbf kernel, data units
        bandwidth: f64 = 1.0, in above(0);
        /// Rows that the rbf kernel reads
        rows: usize = 500, in at_least(1);
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kernel {
    Cosine,
    Rbf,
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "vendi",
        summary: "Vendi score: the effective number of different rows",
        details: "exp(−Σ λ ln λ) over the eigenvalues λ of K/n; of order q: (Σ λ^q)^(1/(1−q)), and 1/max λ for \
            q = inf. Between 1 (all rows alike) and n. `cosine`: K = XXᵀ with rows of length 1; computed from the \
            d × d dual XᵀX/n where d < n, so at most d. Tables are read in their space, whose origin is the human \
            medians; distributions and images as they are, not centred. It needs two features or \
            more; rows of zeros count as alike and orthogonal to all others. `rbf`: exp(−‖x − y‖²/2h²) on the \
            first `rows` rows. The authors' package `vendi-score` (0.0.3) ignores its `q` in `score_X`; this one \
            does not.",
        source: "Friedman & Dieng 2023 (arXiv 2210.02410), eq. 3; Pasarkar & Dieng 2023 (arXiv 2310.12952) for the order",
        parameters: Vendi::PARAMETERS,
        version: 2,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "rows",
        scale: Scale::Log,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<Vendi>(node)?)),
};

impl Metric for Vendi {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.order.is_nan() || self.order <= 0.0 || self.rows == 0 {
            return Err(Refusal::new("`order` must be above 0 and `rows` at least 1"));
        }
        let coded = |f: &Field| matches!(f.kind, data::Kind::Codes { .. });
        match self.kernel {
            // A table's category is a coordinate too.
            Kernel::Cosine if truth.is_none() && schema.fields.iter().any(coded) => {
                shapes::numeric(schema, 1)
            }
            Kernel::Cosine => shapes::numeric(schema, 2),
            Kernel::Rbf if !(self.bandwidth.is_finite() && self.bandwidth > 0.0) => {
                Err(Refusal::new(format!("`bandwidth` must be above 0, not {}", self.bandwidth)))
            }
            Kernel::Rbf => shapes::numeric(schema, 1),
        }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let points = of.sample_points()?;
        let eigenvalues = match self.kernel {
            Kernel::Cosine => cosine_eigenvalues(points)?,
            Kernel::Rbf => rbf_eigenvalues(points.head(self.rows), self.bandwidth)?,
        };
        one("vendi", effective_number(&eigenvalues, self.order))
    }
}

/// The eigenvalues of K/n for the cosine kernel; the zeros may be left out.
fn cosine_eigenvalues(points: Points<'_>) -> Result<Vec<f64>, Refusal> {
    let (n, d) = (points.rows(), points.dim);
    let mut units = Vec::with_capacity(points.data.len());
    for i in 0..n {
        // Scaled by the largest entry first, so that no square overflows or vanishes.
        let row = points.row(i);
        let most = row.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        if most > 0.0 {
            let length = row.iter().map(|x| (x / most).powi(2)).sum::<f64>().sqrt();
            units.extend(row.iter().map(|x| x / most / length));
        }
    }
    let kept = units.len() / d;
    let mut all = Vec::with_capacity(d + 1);
    if kept < n {
        all.push((n - kept) as f64 / n as f64);
    }
    if kept == 0 {
        return Ok(all);
    }
    let matrix = DMatrix::from_column_slice(d, kept, &units);
    let gram = if d <= kept { &matrix * matrix.transpose() } else { matrix.transpose() * &matrix };
    all.extend(symmetric_eigen(gram / n as f64)?.eigenvalues.iter());
    Ok(all)
}

/// The eigenvalues of K/n for K = exp(−‖x − y‖²/2h²).
fn rbf_eigenvalues(points: Points<'_>, bandwidth: f64) -> Result<Vec<f64>, Refusal> {
    let n = points.rows();
    let cloud = Cloud::new(points, &shift(points));
    let mut kernel = DMatrix::zeros(n, n);
    cloud.tiles(&cloud, Cells::SquaredDistances, |tile| {
        for (i, line) in tile.rows() {
            for (j, d) in line.iter().enumerate() {
                kernel[(i, tile.column0 + j)] = (-d / (2.0 * bandwidth * bandwidth)).exp() / n as f64;
            }
        }
    });
    Ok(symmetric_eigen(kernel)?.eigenvalues.iter().copied().collect())
}

/// The Hill number of order `q` of eigenvalues that sum to 1; rounding errors around 0 are dropped.
fn effective_number(eigenvalues: &[f64], q: f64) -> f64 {
    let positive = eigenvalues.iter().copied().filter(|&l| l > 1e-12);
    if q == 1.0 {
        (-positive.map(|l| l * l.ln()).sum::<f64>()).exp()
    } else if q == f64::INFINITY {
        1.0 / positive.fold(0.0, f64::max)
    } else {
        positive.map(|l| l.powf(q)).sum::<f64>().powf(1.0 / (1.0 - q))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, reference, value};

    #[test]
    fn it_agrees_with_the_eigenvalues_of_the_full_kernel() {
        let r = reference();
        let scene = Scene::numbers(&r.numbers("y"), 3);
        for (order, expected) in [1.0, 2.0, 0.5, f64::INFINITY].into_iter().zip(r.numbers("vendi_cosine")) {
            let found = value(&Vendi { order, ..Vendi::default() }, &scene).unwrap();
            assert!((found - expected).abs() < 1e-9, "order {order}: {found} {expected}");
        }
        let rbf = Vendi { kernel: Kernel::Rbf, bandwidth: 0.7, ..Vendi::default() };
        assert!((value(&rbf, &scene).unwrap() - r.number("vendi_rbf")).abs() < 1e-9);
    }

    #[test]
    fn orthogonal_rows_count_and_equal_rows_do_not() {
        let cosine = Vendi::default();
        let orthogonal = [2.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.5];
        assert!((value(&cosine, &Scene::numbers(&orthogonal, 3)).unwrap() - 3.0).abs() < 1e-12);
        assert!((value(&cosine, &Scene::numbers(&[1.0, 2.0, 2.0, 4.0], 2)).unwrap() - 1.0).abs() < 1e-12);
        // One row in five dimensions: the n × n side of the duality.
        assert!(
            (value(&cosine, &Scene::numbers(&[1.0, 2.0, 3.0, 4.0, 5.0], 5)).unwrap() - 1.0).abs() < 1e-12
        );
        // Zeros are a group of their own.
        assert!((value(&cosine, &Scene::numbers(&[0.0, 0.0, 1.0, 1.0], 2)).unwrap() - 2.0).abs() < 1e-12);
    }
}
