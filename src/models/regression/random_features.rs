//! Regression on random features: a network of two layers whose first one is random and stays so.
//!
//! ŷ = vᵀSᵀx with S of d × m independent N(0, 1/d) entries and v fitted on the features z = Sᵀx of weighted rows:
//! v̂ = argmin (1/W) Σ w_i (y_i − z_iᵀv)² + λ‖v‖². At λ = 0 it is least squares for m below the number of rows n, and
//! above it the v of least norm among those that fit every row: the error peaks at m = n (Maloney, Roberts and Sully,
//! arXiv 2210.16859; Bach, DOI 10.1137/23M1558781; Dohmatob et al., arXiv 2410.04840, section 3).
//! The prediction is linear in x, with weights Sv̂, and these are the model's parameters.
//!
//! Nothing but SSᵀ enters, so Bartlett's factor of it is drawn in place of S. With q = min(m, d): cost
//! O(n q (d + min(n, q))), whatever m.

use nalgebra::{DMatrix, DVector};

use super::design::Columns;
use super::model::{Coefficients, RegressionModel};
use crate::data::{Link, Mix, Schema};
use crate::models::numeric::{gathered, normalise};
use crate::models::wishart::bartlett;
use crate::models::{Affine, BoxedFamily, Family, FitError, Model, Refusal, Start};
use crate::registry::{About, Entry};
use crate::rng::{Stream, Streams};
use crate::theory::{self, Form};

/// The registry entry.
pub const RANDOM_FEATURES: Entry<BoxedFamily> = Entry {
    about: About {
        name: "random-features",
        summary: "Least squares or ridge on random projections of the inputs; makes labels for given inputs",
        details: "ŷ = vᵀSᵀx with a random d × m matrix S that is not trained. m is the size of the model: without a penalty its \
                  error peaks where m is the number of rows, and falls again beyond (double descent). Above m = n the fit \
                  is the interpolation of least norm. S is drawn anew for every fit.",
        source: "arXiv 2410.04840 section 3; arXiv 2210.16859; Bach 2024, DOI 10.1137/23M1558781",
        parameters: RandomFeatures::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<RandomFeatures>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of a regression on random features.
    #[derive(Clone, Copy, Debug)]
    pub struct RandomFeatures {
        /// m
        pub features: usize = 100, in at_least(1);
        /// λ, the penalty per row in units of a mean square of a feature
        pub lambda: f64 = 0.0, in at_least(0);
        /// σ² with which labels are drawn
        pub noise_variance: f64 = 1.0, in at_least(0);
    }
}

impl Family for RandomFeatures {
    fn conditions(&self) -> theory::Family {
        theory::Family {
            features: Some(self.features as f64),
            penalty: self.lambda,
            noise: Some(self.noise_variance),
            ..theory::Family::of(Form::RandomFeatures)
        }
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        Columns::of(schema, Link::Identity, false).map(drop)
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (table, mut weights) = gathered(mix)?;
        normalise(&mut weights)?;
        let columns = Columns::of(table.schema(), Link::Identity, false)?;
        let (n, d) = (table.len(), columns.width());
        let mut x = DMatrix::from_row_slice(n, d, &columns.inputs(&table));
        let mut y = DVector::from_vec(columns.labels(&table));
        for (i, w) in weights.iter().enumerate() {
            x.row_mut(i).scale_mut(w.sqrt());
            y[i] *= w.sqrt();
        }
        let projection = projection(d, self.features, &mut streams.of("features").rng());
        let v = if self.lambda > 0.0 {
            penalised(&x * &projection, &y, self.lambda * n as f64)
        } else {
            least_norm(&x * &projection, &y)
        };
        let v = v.filter(|v| v.iter().all(|c| c.is_finite())).ok_or_else(|| {
            Refusal::new(
                "the features of the training rows are combinations of each other (rows or inputs that repeat), so the fit has \
                 no stable answer; set `lambda` above 0",
            )
        })?;
        Ok(Box::new(RegressionModel {
            family: "random-features",
            coefficients: (projection * v).as_slice().to_vec(),
            intercept: false,
            link: Link::Identity,
            noise_variance: self.noise_variance,
            inputs: None,
        }))
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Ok(Coefficients.combine(fits)?)
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(&Coefficients)
    }
}

/// A factor of SSᵀ, of the law of S times a rotation of the features.
fn projection(d: usize, m: usize, rng: &mut Stream) -> DMatrix<f64> {
    DMatrix::from_row_slice(d, m.min(d), &bartlett(d, m, (d as f64).sqrt().recip(), rng))
}

/// The least-squares solution of least norm, by the QR decomposition of the taller side; `None` where it is singular to
/// rounding.
fn least_norm(z: DMatrix<f64>, y: &DVector<f64>) -> Option<DVector<f64>> {
    let wide = z.ncols() > z.nrows();
    let qr = if wide { z.transpose().qr() } else { z.qr() };
    let r = qr.r();
    let pivots = r.diagonal().abs();
    if pivots.min() <= pivots.max() * f64::EPSILON * pivots.len() as f64 {
        return None;
    }
    if wide {
        // Zᵀ = QR: v = Q R⁻ᵀ y.
        return r.tr_solve_upper_triangular(y).map(|u| qr.q() * u);
    }
    let mut projected = y.clone();
    qr.q_tr_mul(&mut projected);
    r.solve_upper_triangular(&projected.rows(0, r.ncols()).into_owned())
}

/// (ZᵀZ + λI)⁻¹Zᵀy, solved on the smaller side.
fn penalised(z: DMatrix<f64>, y: &DVector<f64>, lambda: f64) -> Option<DVector<f64>> {
    let (rows, wide) = (z.transpose(), z.ncols() > z.nrows());
    let mut gram = if wide { &z * &rows } else { &rows * &z };
    (0..gram.nrows()).for_each(|i| gram[(i, i)] += lambda);
    let factor = gram.cholesky()?;
    Some(if wide { rows * factor.solve(y) } else { factor.solve(&(rows * y)) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Mix, Rows};
    use crate::metrics::testing::{labelled, normals};
    use crate::models::Parameters;
    use crate::spec::Node;

    const D: usize = 3;

    fn mix(n: usize) -> Mix {
        let x = normals(n, D, 1);
        let noise = normals(n, 1, 2);
        let y: Vec<f64> =
            x.chunks(D).zip(noise).map(|(x, e)| x[0] - 2.0 * x[1] + 0.5 * x[2] + 0.3 * e).collect();
        Mix::of_human(Rows::all(labelled(&x, D, &y, Link::Identity)))
    }

    fn weights(family: &dyn Family, mix: &Mix) -> Result<Vec<f64>, FitError> {
        let model = family.fit(mix, Start::Scratch, &Streams::new(0, 5))?;
        let Parameters::Regression { weights, .. } = model.parameters() else { panic!("a regression") };
        Ok(weights.to_vec())
    }

    fn known(name: &str) -> BoxedFamily {
        let node = Node::from_toml(&format!("family = \"{name}\""), "test.toml").unwrap();
        crate::models::FAMILIES.get(name).unwrap().make(&node).unwrap()
    }

    #[test]
    fn as_many_features_as_inputs_are_least_squares() {
        // Any invertible projection spans all inputs, whatever it is.
        let expected = weights(&*known("linear-regression"), &mix(20)).unwrap();
        for features in [3, 7] {
            let found = weights(&RandomFeatures { features, ..RandomFeatures::default() }, &mix(20)).unwrap();
            assert!(
                found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-10),
                "{found:?} {expected:?}"
            );
        }
    }

    #[test]
    fn very_many_features_are_the_inputs_themselves() {
        // SSᵀ tends to (m/d) I: a penalty of λ on v is one of λd/m on the weights, up to O(√(d/m)).
        let m = 3e7;
        let family = RandomFeatures { features: m as usize, lambda: 0.1 * m / 3.0, noise_variance: 1.0 };
        let found = weights(&family, &mix(20)).unwrap();
        let expected = weights(&*known("ridge"), &mix(20)).unwrap();
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 5e-3), "{found:?} {expected:?}");
    }

    #[test]
    fn more_features_than_rows_fit_every_row_and_a_small_penalty_changes_little() {
        let two = mix(2);
        for features in [3, 50] {
            let family = RandomFeatures { features, ..RandomFeatures::default() };
            let found = weights(&family, &two).unwrap();
            let (table, _) = two.gather().unwrap().unwrap();
            let columns = Columns::of(table.schema(), Link::Identity, false).unwrap();
            for (x, y) in columns.inputs(&table).chunks(D).zip(columns.labels(&table)) {
                let fitted: f64 = x.iter().zip(&found).map(|(x, w)| x * w).sum();
                assert!((fitted - y).abs() < 1e-9, "{features}: {fitted} for {y}");
            }
            let near = weights(&RandomFeatures { lambda: 1e-9, ..family }, &two).unwrap();
            assert!(found.iter().zip(&near).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?} {near:?}");
        }
    }

    #[test]
    fn repeated_rows_are_refused_without_a_penalty() {
        let mut twice = mix(1);
        twice.parts.push(twice.parts[0].clone());
        let family = RandomFeatures::default();
        assert!(weights(&family, &twice).unwrap_err().to_string().contains("lambda"));
        assert!(weights(&RandomFeatures { lambda: 0.1, ..family }, &twice).is_ok());
    }
}
