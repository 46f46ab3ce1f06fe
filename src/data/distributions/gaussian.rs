//! A normal distribution in `d` dimensions.
//!
//! x = μ + L z with z standard normal and Σ = L Lᵀ (Cholesky). Rows are `d` doubles in the units
//! of `mean` and `sd`. A draw costs O(d) per row where coordinates are independent, else O(d²).
//! log p(x) = −½ [d ln 2π + ln |Σ| + (x − μ)ᵀ Σ⁻¹ (x − μ)].

use std::sync::Arc;

use nalgebra::DMatrix;
use rand::RngExt;
use rand_distr::StandardNormal;
use serde::Serialize;

use super::{numbers, table};
use crate::data::parameters::{Build, Numbers, ParameterError, build};
use crate::data::{Distribution, NormalMixture, Samples, Schema, Source, SourceError};
use crate::registry::{About, Entry};
use crate::rng::Stream;

/// The largest dimension: a covariance of 4096² doubles takes 134 MB.
const MOST: usize = 4096;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "gaussian",
        summary: "A normal distribution of any dimension with known mean and covariance",
        details: "Rows are `dim` numbers, x ~ N(mean, covariance). Give `sd` (one number, or one for each \
                  coordinate; coordinates are then independent) or a full `covariance`. Mean, covariance and \
                  log density are known, so metrics compare with the truth. There is no end to fresh rows.",
        source: "Shumailov et al. 2024, DOI 10.1038/s41586-024-07566-y; Alemohammad et al., arXiv 2307.01850",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Debug, Serialize)]
    struct Parameters {
        /// Numbers per row
        dim: usize = 1, in within(1, 4096);
        /// One number for all coordinates, or a list of `dim`
        mean: Numbers = Numbers::All(0.0) => "0";
        /// Standard deviation: one number for all coordinates, or a list of `dim`
        sd: Option<Numbers> = None => "1", in above(0);
        /// A `dim` × `dim` list of lists, symmetric and positive definite; excludes `sd`
        covariance: Option<Vec<Vec<f64>>> = None;
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let d = self.dim;
        if !(1..=MOST).contains(&d) {
            let why = format!("{d} dimensions");
            return Err(ParameterError::new("dim", why, format!("give from 1 to {MOST}")).into());
        }
        let mean = self.mean.expand("mean", d)?;
        let distribution = match (&self.sd, &self.covariance) {
            (Some(_), Some(_)) => {
                let help = "give `sd` for independent coordinates or `covariance`";
                return Err(ParameterError::new("covariance", "`sd` is given too", help).into());
            }
            (_, Some(covariance)) => Gaussian::full("covariance", mean, covariance)?,
            (sd, None) => {
                let sd = sd.as_ref().unwrap_or(&Numbers::All(1.0)).expand("sd", d)?;
                Gaussian::independent("sd", mean, sd)?
            }
        };
        Ok(Source::of("gaussian", &self, distribution))
    }
}

/// A normal distribution with known moments.
pub(super) struct Gaussian {
    schema: Arc<Schema>,
    mean: Vec<f64>,
    covariance: Vec<f64>,
    root: Root,
    /// −½ (d ln 2π + ln |Σ|).
    log_normaliser: f64,
}

/// L with Σ = L Lᵀ.
enum Root {
    /// The diagonal of a diagonal L.
    Diagonal(Vec<f64>),
    /// A lower triangle, row-major, `d × d`.
    Lower(Vec<f64>),
}

impl Gaussian {
    /// Independent coordinates with standard deviations `sd`; `key` is named in errors.
    pub(super) fn independent(
        key: &'static str,
        mean: Vec<f64>,
        sd: Vec<f64>,
    ) -> Result<Self, ParameterError> {
        if let Some(bad) = sd.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
            return Err(ParameterError::new(
                key,
                format!("{bad} is no standard deviation"),
                "give positive numbers",
            ));
        }
        let d = mean.len();
        let mut covariance = vec![0.0; d * d];
        sd.iter().enumerate().for_each(|(i, s)| covariance[i * d + i] = s * s);
        Ok(Self::new(mean, covariance, Root::Diagonal(sd)))
    }

    /// A full covariance; `key` is named in errors.
    pub(super) fn full(
        key: &'static str,
        mean: Vec<f64>,
        covariance: &[Vec<f64>],
    ) -> Result<Self, ParameterError> {
        let refuse =
            |why: String| ParameterError::new(key, why, "give a symmetric, positive definite matrix");
        let d = mean.len();
        if covariance.len() != d || covariance.iter().any(|row| row.len() != d) {
            return Err(refuse(format!("it does not have {d} rows of {d} numbers")));
        }
        let matrix = DMatrix::from_fn(d, d, |i, j| covariance[i][j]);
        if matrix.iter().any(|v| !v.is_finite()) {
            return Err(refuse("it has a number that is not finite".into()));
        }
        if (0..d).any(|i| (0..i).any(|j| (matrix[(i, j)] - matrix[(j, i)]).abs() > 1e-9 * matrix.amax())) {
            return Err(refuse("it is not symmetric".into()));
        }
        let Some(factor) = matrix.clone().cholesky() else {
            return Err(refuse("it is not positive definite".into()));
        };
        let rows = |m: &DMatrix<f64>| m.transpose().as_slice().to_vec();
        Ok(Self::new(mean, rows(&matrix), Root::Lower(rows(&factor.l()))))
    }

    fn new(mean: Vec<f64>, covariance: Vec<f64>, root: Root) -> Self {
        let d = mean.len();
        let log_root: f64 = match &root {
            Root::Diagonal(sd) => sd.iter().map(|s| s.ln()).sum(),
            Root::Lower(l) => (0..d).map(|i| l[i * d + i].ln()).sum(),
        };
        let log_normaliser = -0.5 * d as f64 * (2.0 * std::f64::consts::PI).ln() - log_root;
        Self { schema: numbers(d), mean, covariance, root, log_normaliser }
    }

    /// The dimension.
    pub(super) fn dim(&self) -> usize {
        self.mean.len()
    }

    /// μ, `d` numbers.
    pub(super) fn mean_vector(&self) -> &[f64] {
        &self.mean
    }

    /// Σ, row-major, `d × d` numbers.
    pub(super) fn covariance_matrix(&self) -> &[f64] {
        &self.covariance
    }

    /// Appends one row to `out`.
    pub(super) fn push(&self, rng: &mut Stream, out: &mut Vec<f64>) {
        let (d, start) = (self.mean.len(), out.len());
        match &self.root {
            Root::Diagonal(sd) => out.extend(self.mean.iter().zip(sd).map(|(m, s)| {
                let z: f64 = rng.sample(StandardNormal);
                m + s * z
            })),
            Root::Lower(l) => {
                out.extend((0..d).map(|_| rng.sample::<f64, _>(StandardNormal)));
                let row = &mut out[start..];
                // From the last coordinate up, so that z is overwritten only when it is done with.
                for i in (0..d).rev() {
                    let dot: f64 = l[i * d..=i * d + i].iter().zip(&row[..=i]).map(|(a, z)| a * z).sum();
                    row[i] = self.mean[i] + dot;
                }
            }
        }
    }

    /// The log density of one row of `d` numbers.
    pub(super) fn log_density_of(&self, row: &[f64]) -> f64 {
        let d = self.mean.len();
        let square: f64 = match &self.root {
            Root::Diagonal(sd) => {
                row.iter().zip(&self.mean).zip(sd).map(|((x, m), s)| ((x - m) / s).powi(2)).sum()
            }
            Root::Lower(l) => {
                // Forward substitution: L y = x − μ, then |y|².
                let mut y = Vec::with_capacity(d);
                for i in 0..d {
                    let known: f64 = l[i * d..i * d + i].iter().zip(&y).map(|(a, b)| a * b).sum();
                    y.push((row[i] - self.mean[i] - known) / l[i * d + i]);
                }
                y.iter().map(|v| v * v).sum()
            }
        };
        self.log_normaliser - 0.5 * square
    }
}

impl Distribution for Gaussian {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let d = self.mean.len();
        let mut data = Vec::with_capacity(n * d);
        (0..n).for_each(|_| self.push(rng, &mut data));
        table(&self.schema, d, data)
    }

    fn mean(&self) -> Option<&[f64]> {
        Some(&self.mean)
    }

    fn covariance(&self) -> Option<&[f64]> {
        Some(&self.covariance)
    }

    fn components(&self) -> Option<NormalMixture<'_>> {
        Some(NormalMixture {
            dim: self.mean.len(),
            weights: &[1.0],
            means: &self.mean,
            covariances: &self.covariance,
        })
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        let d = self.mean.len();
        if rows.schema().numeric_width() != d {
            return None;
        }
        Some(rows.features().chunks_exact(d).map(|row| self.log_density_of(row)).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;
    use crate::data::Moments;
    use crate::rng::Streams;

    #[test]
    fn draws_have_the_stated_moments() {
        let s = from_json::<Parameters>(r#"{"dim": 2, "mean": [1, -2], "covariance": [[4, 1.2], [1.2, 1]]}"#)
            .unwrap();
        let truth = s.truth().unwrap();
        let n = 200_000;
        let rows = truth.draw(n, &mut Streams::new(0, 0).of("test").rng());
        let m = Moments::of_matrix(&rows.features(), 2);
        let root = (n as f64).sqrt();
        // Standard errors: mean sd/√n; covariance √((s_ii s_jj + s_ij²)/n). Five of them are allowed.
        assert!((m.mean[0] - 1.0).abs() < 5.0 * 2.0 / root && (m.mean[1] + 2.0).abs() < 5.0 / root, "{m:?}");
        let c = |i: usize| m.scatter[i] / (n - 1) as f64;
        assert!((c(0) - 4.0).abs() < 5.0 * 32_f64.sqrt() / root);
        assert!((c(1) - 1.2).abs() < 5.0 * (4.0 + 1.44_f64).sqrt() / root);
        assert!((c(3) - 1.0).abs() < 5.0 * 2_f64.sqrt() / root);
    }

    #[test]
    fn the_log_density_is_the_textbook_one() {
        let row = |s: &Source, x: &[f64]| {
            let rows = table(s.schema(), x.len(), x.to_vec());
            s.truth().unwrap().log_density(&rows).unwrap()[0]
        };
        // ln φ(0) = −½ ln 2π, and one standard deviation away ½ less.
        let s = from_json::<Parameters>(r#"{"mean": 3, "sd": 2}"#).unwrap();
        assert!((row(&s, &[5.0]) - (-0.918_938_533_204_672_7 - 2_f64.ln() - 0.5)).abs() < 1e-12);
        // Σ = [[2, 1], [1, 2]]: |Σ| = 3, Σ⁻¹ = [[2, −1], [−1, 2]]/3, so (1, 0) has square 2/3.
        let s = from_json::<Parameters>(r#"{"dim": 2, "covariance": [[2, 1], [1, 2]]}"#).unwrap();
        let expected = -1.837_877_066_409_345_3 - 0.5 * 3_f64.ln() - 1.0 / 3.0;
        assert!((row(&s, &[1.0, 0.0]) - expected).abs() < 1e-12);
    }

    #[test]
    fn wrong_parameters_name_their_key() {
        for (json, key) in [
            (r#"{"dim": 0}"#, "dim"),
            (r#"{"dim": 2, "mean": [1]}"#, "mean"),
            (r#"{"sd": 0}"#, "sd"),
            (r#"{"sd": -1}"#, "sd"),
            (r#"{"sd": 1, "covariance": [[1]]}"#, "covariance"),
            (r#"{"dim": 2, "covariance": [[1, 2], [2, 1]]}"#, "covariance"),
            (r#"{"dim": 2, "covariance": [[1, 0.5], [0, 1]]}"#, "covariance"),
            (r#"{"dim": 2, "covariance": [[1]]}"#, "covariance"),
        ] {
            match from_json::<Parameters>(json) {
                Err(e) => assert!(e.to_string().starts_with(&format!("`{key}`")), "{json}: {e}"),
                other => panic!("{json}: {:?}", other.map(|s| s.digest)),
            }
        }
    }

    #[test]
    fn the_digest_names_the_parameters() {
        let a = from_json::<Parameters>(r#"{"dim": 2}"#).unwrap().digest;
        let b = from_json::<Parameters>(r#"{"dim": 3}"#).unwrap().digest;
        assert_ne!(a, b);
        assert_eq!(a, from_json::<Parameters>(r#"{"mean": 0, "dim": 2}"#).unwrap().digest);
    }
}
