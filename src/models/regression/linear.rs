//! Least squares and ridge.
//!
//! With weights w_i that sum to W: β̂ = argmin (1/W) Σ w_i (y_i − x_iᵀβ)² + λ‖β‖², that is (XᵀX/W + λI) β̂ = Xᵀy/W. The
//! intercept is not penalised. λ is in the units of a mean square of an input (scikit-learn's `alpha` is λW): Hoerl and
//! Kennard 1970; Dohmatob et al., arXiv 2402.07712, section 2. Labels are drawn with noise variance σ²: stated, or
//! estimated by the residual sum of squares over n − p (weights scaled to mean 1).
//!
//! Without a penalty the fit needs n ≥ p rows and inputs that are not combinations of each other; or of the many best β̂
//! the shortest is taken (`singular = "minimum-norm"`), X⁺y with the pseudo-inverse, as Kazdan et al. (arXiv 2410.16713)
//! do. An intercept is then a coefficient like the others.
//! Cost: O(n p²) from rows, O(p³) from cross-products, O(p²) where the design is that of the last fit. A fresh design
//! of normal inputs is drawn as cross-products, O(p³).

use serde::{Deserialize, Deserializer};

use super::cross_products::{pooled, solve, solve_factor};
use super::design::Columns;
use super::model::{Coefficients, Inputs, RegressionModel};
use crate::data::{CrossProducts, Link, Mix, Schema, definite};
use crate::models::{Affine, BoxedFamily, Family, FitError, Model, Refusal, Start, StatisticsPath};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory::{self, Form};

/// The registry entry of least squares.
pub const LINEAR: Entry<BoxedFamily> = Entry {
    about: About {
        name: "linear-regression",
        summary: "Ordinary least squares of a number on inputs; makes labels for given inputs",
        details: "β̂ = (XᵀX)⁻¹Xᵀy of the weighted rows; synthetic labels are xᵀβ̂ + N(0, noise_variance). Made for \
                  `synthesis = \"label\"`: prompts = \"initial\" is the fixed design, \"fresh\" an independent one. Runs from \
                  cross-products, exact in law: a generation costs O(p²) with a fixed design, O(p³) with a fresh one of \
                  normal inputs. Needs at least as many rows \
                  as inputs, unless `singular` is \"minimum-norm\".",
        source: "arXiv 2404.01413; arXiv 2410.16713",
        parameters: LinearRegression::PARAMETERS,
        version: 4,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<LinearRegression>(&["family"])?.recipe())),
};

/// The registry entry of ridge regression.
pub const RIDGE: Entry<BoxedFamily> = Entry {
    about: About {
        name: "ridge",
        summary: "Least squares with a penalty on the squared weights; makes labels for given inputs",
        details: "β̂ = (XᵀX/n + λI)⁻¹ Xᵀy/n. λ is per row: scikit-learn's alpha is λn. Fits any number of rows; an \
                  estimated noise variance needs more rows than inputs. Otherwise as `linear-regression`.",
        source: "arXiv 2402.07712; arXiv 2410.04840; Hoerl and Kennard 1970, DOI 10.1080/00401706.1970.10488634",
        parameters: Ridge::PARAMETERS,
        version: 4,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Ridge>(&["family"])?.recipe())),
};

crate::parameters! {
    /// The recipe of ordinary least squares.
    #[derive(Clone, Copy, Debug)]
    pub struct LinearRegression {
        /// σ² with which labels are drawn: a number, or "estimated" from the residuals (divisor n − p)
        pub noise_variance: Noise = Noise::Estimated => "\"estimated\"", in at_least(0);
        /// Whether a constant is fitted beside the weights; it is not penalised
        pub intercept: bool = false;
        /// Where inputs are combinations of each other: "refuse", or "minimum-norm" for the shortest of the best
        /// coefficients (the pseudo-inverse)
        pub singular: Singular = Singular::Refuse => "\"refuse\"";
    }
}

/// What least squares does where inputs are combinations of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Singular {
    /// Refuses the fit.
    Refuse,
    /// Takes the shortest of the best coefficients.
    MinimumNorm,
}

crate::parameters! {
    /// The recipe of ridge regression.
    #[derive(Clone, Copy, Debug)]
    pub struct Ridge {
        /// λ, the penalty per row in units of a mean square of an input
        pub lambda: f64 = 0.1, in above(0);
        /// σ² with which labels are drawn: a number, or "estimated" from the residuals (divisor n − p)
        pub noise_variance: Noise = Noise::Estimated => "\"estimated\"", in at_least(0);
        /// Whether a constant is fitted beside the weights; it is not penalised
        pub intercept: bool = false;
    }
}

/// The variance with which labels are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Noise {
    /// The residual sum of squares over n − p.
    #[default]
    Estimated,
    /// A stated variance.
    Known(f64),
}

impl<'de> Deserialize<'de> for Noise {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Noise;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number of at least 0, or \"estimated\"")
            }
            fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Noise, E> {
                if v.is_finite() && v >= 0.0 {
                    Ok(Noise::Known(v))
                } else {
                    Err(E::custom(format!("must be at least 0, not {v}")))
                }
            }
            fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Noise, E> {
                self.visit_f64(v as f64)
            }
            fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Noise, E> {
                self.visit_f64(v as f64)
            }
            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Noise, E> {
                match word {
                    "estimated" => Ok(Noise::Estimated),
                    _ => Err(E::custom(format!("must be a number or \"estimated\", not {word:?}"))),
                }
            }
        }
        from.deserialize_any(Visitor)
    }
}

impl LinearRegression {
    fn recipe(self) -> LeastSquares {
        let Self { noise_variance, intercept, singular } = self;
        LeastSquares { name: "linear-regression", lambda: 0.0, noise: noise_variance, intercept, singular }
    }
}

impl Ridge {
    fn recipe(self) -> LeastSquares {
        let Self { lambda, noise_variance, intercept } = self;
        LeastSquares { name: "ridge", lambda, noise: noise_variance, intercept, singular: Singular::Refuse }
    }
}

/// Least squares with a penalty of at least 0: what both recipes are.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeastSquares {
    pub name: &'static str,
    pub lambda: f64,
    pub noise: Noise,
    pub intercept: bool,
    pub singular: Singular,
}

impl Family for LeastSquares {
    fn conditions(&self) -> theory::Family {
        let noise = if let Noise::Known(variance) = self.noise { Some(variance) } else { None };
        let (penalty, intercept) = (self.lambda, self.intercept);
        theory::Family { penalty, intercept, noise, ..theory::Family::of(Form::LeastSquares) }
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        Columns::of(schema, Link::Identity, self.intercept).map(drop)
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let all = pooled(mix, self.intercept)?;
        let coefficients = self.coefficients(&all)?;
        if coefficients.iter().any(|c| !c.is_finite()) {
            return Err(Refusal::diverged("the weights of the fit are not finite").into());
        }
        let noise_variance = match self.noise {
            Noise::Known(variance) => variance,
            Noise::Estimated => residual_variance(&all, &coefficients)?,
        };
        let rows = mix.parts.iter().find_map(|p| match &p.body {
            crate::data::Body::Rows(rows) => Some(rows.table().schema()),
            crate::data::Body::Statistics(_) => None,
        });
        let whole = |schema: &&std::sync::Arc<Schema>| {
            Columns::of(schema, Link::Identity, self.intercept).is_ok_and(|c| c.are_all(schema))
        };
        let inputs = rows.filter(whole).map(|schema| Inputs {
            schema: schema.clone(),
            gram: all.gram.clone(),
            share: all.scale / all.weight,
        });
        Ok(Box::new(RegressionModel {
            family: self.name,
            coefficients,
            intercept: self.intercept,
            link: Link::Identity,
            noise_variance,
            inputs,
        }))
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Ok(Coefficients.combine(fits)?)
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(&Coefficients)
    }

    fn fewest_rows(&self, schema: &Schema) -> usize {
        let inputs = Columns::of(schema, Link::Identity, self.intercept).map_or(1, |c| c.width());
        match self.noise {
            Noise::Estimated => inputs + 1,
            Noise::Known(_) if self.lambda > 0.0 || self.singular == Singular::MinimumNorm => 1,
            Noise::Known(_) => inputs,
        }
    }

    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        Some(self)
    }
}

impl LeastSquares {
    fn coefficients(&self, all: &CrossProducts) -> Result<Vec<f64>, FitError> {
        let p = all.inputs();
        if self.lambda > 0.0 {
            let penalised = p - usize::from(self.intercept);
            let mut matrix: Vec<f64> = all.gram.matrix.iter().map(|g| g * all.scale / all.weight).collect();
            (0..penalised).for_each(|i| matrix[i * p + i] += self.lambda);
            let factor = definite(&matrix, p)
                .ok_or_else(|| Refusal::new("XᵀX + λI is singular to rounding; choose a larger `lambda`"))?;
            let mut b: Vec<f64> = all.labels.iter().map(|l| l / all.weight).collect();
            solve_factor(&factor, &mut b);
            return Ok(b);
        }
        if (all.n as usize) < p && self.singular == Singular::Refuse {
            return Err(FitError::TooFewRows { needed: p, found: all.n as usize });
        }
        solve(all, self.singular)
    }
}

/// The residual sum of squares over n − p, weights scaled to mean 1.
fn residual_variance(all: &CrossProducts, b: &[f64]) -> Result<f64, FitError> {
    let (n, p) = (all.n as usize, all.inputs());
    if n <= p {
        return Err(FitError::TooFewRows { needed: p + 1, found: n });
    }
    let mut fitted = 0.0;
    for (row, bi) in all.gram.matrix.chunks_exact(p).zip(b) {
        fitted += bi * row.iter().zip(b).map(|(g, bj)| g * bj).sum::<f64>();
    }
    let crossed: f64 = all.labels.iter().zip(b).map(|(l, b)| l * b).sum();
    let squares = all.square - 2.0 * crossed + all.scale * fitted;
    Ok((squares / all.weight * n as f64 / (n - p) as f64).max(0.0))
}
