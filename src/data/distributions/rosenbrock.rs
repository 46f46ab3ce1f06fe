//! The banana-shaped density of Rosenbrock's function.
//!
//! p(x, y) ∝ exp(−[(a − x)² + b (y − x²)²] / (2 s²)), of which x ~ N(a, s²) and
//! y | x ~ N(x², s²/b) is the exact factorisation. Then E y = a² + s², Var y = s²/b + 4a²s² + 2s⁴
//! and Cov(x, y) = 2as². Rows are two doubles; a draw takes two normal numbers.

use std::sync::Arc;

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::Serialize;

use super::{numbers, table};
use crate::data::parameters::{Build, build};
use crate::data::{Distribution, Samples, Schema, Source, SourceError};
use crate::registry::{About, Entry};
use crate::rng::Stream;

pub(in crate::data) const ENTRY: Entry<Source> = Entry {
    about: About {
        name: "rosenbrock",
        summary: "A banana-shaped density in the plane, known exactly",
        details: "x ~ N(a, s²) and y given x ~ N(x², s²/b). Log density, mean and covariance are known.",
        source: "Rosenbrock 1960, DOI 10.1093/comjnl/3.3.175; as a density: Goodman and Weare 2010, DOI \
                 10.2140/camcos.2010.5.65; for flows: Alemohammad et al., arXiv 2307.01850",
        parameters: Parameters::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: build::<Parameters>,
};

crate::parameters! {
    #[derive(Clone, Debug, Serialize)]
    struct Parameters {
        /// Mean of x
        a: f64 = 1.0, in FINITE;
        /// How narrow the valley is
        b: f64 = 10.0, in above(0);
        /// Standard deviation of x
        s: f64 = 0.5, in above(0);
    }
}

impl Build for Parameters {
    fn build(self) -> Result<Source, SourceError> {
        let (a, b, s2) = (self.a, self.b, self.s * self.s);
        let cross = 2.0 * a * s2;
        let truth = Rosenbrock {
            schema: numbers(2),
            of: self.clone(),
            mean: [a, a * a + s2],
            covariance: [s2, cross, cross, s2 / b + 4.0 * a * a * s2 + 2.0 * s2 * s2],
        };
        Ok(Source::of("rosenbrock", &self, truth))
    }
}

struct Rosenbrock {
    schema: Arc<Schema>,
    of: Parameters,
    mean: [f64; 2],
    covariance: [f64; 4],
}

impl Distribution for Rosenbrock {
    fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    fn draw(&self, n: usize, rng: &mut Stream) -> Samples {
        let Parameters { a, b, s } = self.of;
        let narrow = s / b.sqrt();
        let mut data = Vec::with_capacity(2 * n);
        for _ in 0..n {
            let x = a + s * rng.sample::<f64, _>(StandardNormal);
            data.push(x);
            data.push(x * x + narrow * rng.sample::<f64, _>(StandardNormal));
        }
        table(&self.schema, 2, data)
    }

    fn mean(&self) -> Option<&[f64]> {
        Some(&self.mean)
    }

    fn covariance(&self) -> Option<&[f64]> {
        Some(&self.covariance)
    }

    fn log_density(&self, rows: &Samples) -> Option<Vec<f64>> {
        if rows.schema().numeric_width() != 2 {
            return None;
        }
        let Parameters { a, b, s } = self.of;
        let constant = -(std::f64::consts::TAU * s * s).ln() + 0.5 * b.ln();
        let log =
            |p: &[f64]| constant - ((a - p[0]).powi(2) + b * (p[1] - p[0] * p[0]).powi(2)) / (2.0 * s * s);
        Some(rows.features().chunks_exact(2).map(log).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::from_json;
    use super::*;

    #[test]
    fn the_density_integrates_to_one() {
        // The midpoint rule on a smooth density that has vanished at the edges is exact to far
        // below the tolerance; a wrong constant would show as a factor.
        let s = from_json::<Parameters>(r#"{"a": 0.5, "b": 2, "s": 0.5}"#).unwrap();
        let step = 0.02;
        let mut points = Vec::new();
        for i in 0..300 {
            for j in 0..600 {
                points.extend([-2.5 + step * (f64::from(i) + 0.5), -3.0 + step * (f64::from(j) + 0.5)]);
            }
        }
        let log = s.truth().unwrap().log_density(&table(s.schema(), 2, points)).unwrap();
        let total: f64 = log.iter().map(|l| l.exp()).sum::<f64>() * step * step;
        assert!((total - 1.0).abs() < 1e-6, "{total}");
    }

    #[test]
    fn wrong_parameters_are_refused() {
        assert!(from_json::<Parameters>(r#"{"s": 0}"#).is_err());
        assert!(from_json::<Parameters>(r#"{"b": -1}"#).is_err());
    }
}
