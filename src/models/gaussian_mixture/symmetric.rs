//! A mixture of two normal distributions that are mirror images: x = ±μ + σ z, both signs equally likely.
//!
//! `estimator = "maximum-likelihood"`: with τ(x) = tanh(μ|x|/σ²) the likelihood equations are μ = mean |x| τ(x) and
//! σ² = mean x² − μ². They are iterated from μ = mean |x|; the iteration falls to the largest solution. Distances to
//! |x| are kept in place of differences of squares, so that a spread far below μ is not lost to rounding.
//! `"approximate"`: the closed form of Suresh et al. (arXiv 2412.17646, algorithm 1 of appendix E, η = 2, as their
//! notebook has it). With m = mean |x|, q = mean x², s² = q − m² and
//! κ = exp((η − 1)((n − 1)/2 + 4η) / (η (n − 1)(n + 4η − 1))) − 1 their steps come to σ² = (1 + κ)s² where s² > κm²,
//! else σ² = 25 q s²/(25 m² + q); μ² = q − σ².
//!
//! One number a row. The model is a [`GaussianMixtureModel`] of two components. Cost: O(n) an iteration, 1,000 at most.

use serde::Deserialize;

use super::em::Components;
use super::{GaussianMixtureModel, Shape};
use crate::data::{Mix, Schema};
use crate::models::numeric::{self, Layout, Matrix};
use crate::models::{Affine, BoxedFamily, Family, FitError, Model, Refusal, Start};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory::{self, Form};

/// The registry entry.
pub const SYMMETRIC: Entry<BoxedFamily> = Entry {
    about: About {
        name: "symmetric-mixture",
        summary: "Two mirrored normal distributions of equal weight: ±μ + σ z",
        details: "μ and σ of one number a row, by maximum likelihood (a fixed point from mean |x|) or by a closed form \
                  that is close to it and for which a bound on the collapse of σ is proved.",
        source: "Suresh et al., arXiv 2412.17646, theorem 4 and appendix E",
        parameters: SymmetricMixture::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<SymmetricMixture>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of a mirrored mixture.
    #[derive(Clone, Copy, Debug)]
    pub struct SymmetricMixture {
        /// "maximum-likelihood", or "approximate": the closed form
        pub estimator: Estimator = Estimator::default() => "\"maximum-likelihood\"";
    }
}

/// How a mirrored mixture is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Estimator {
    /// The likelihood's fixed point.
    #[default]
    MaximumLikelihood,
    /// The closed form.
    Approximate,
}

/// The most iterations, and the change of μ in units of mean |x| that ends them.
const ITERATIONS: usize = 1000;
const TOLERANCE: f64 = 1e-12;

/// Distances from zero with their weights, which sum to n.
struct Folded<'a> {
    distances: Vec<f64>,
    weights: &'a [f64],
}

impl Folded<'_> {
    fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        let sum: f64 = self.distances.iter().zip(self.weights).map(|(x, w)| w * f(*x)).sum();
        sum / self.distances.len() as f64
    }

    /// (μ, σ²) by maximum likelihood.
    fn likeliest(&self) -> (f64, f64) {
        let m = self.mean(|x| x);
        // μ = m − gap; the start is μ = m.
        let mut gap = 0.0;
        let spread = |gap: f64| {
            let mu = m - gap;
            self.mean(|x| (x - mu) * (x - mu)) + 2.0 * mu * gap
        };
        for _ in 0..ITERATIONS {
            let (mu, variance) = (m - gap, spread(gap));
            // 1 − tanh u = 2/(1 + e^2u); a row at 0 adds nothing.
            let missing =
                |x: f64| if x > 0.0 { 2.0 * x / (1.0 + (2.0 * mu * x / variance).exp()) } else { 0.0 };
            let next = self.mean(missing);
            let small = (next - gap).abs() <= TOLERANCE * m;
            gap = next.min(m);
            if small {
                break;
            }
        }
        (m - gap, spread(gap))
    }

    /// (μ, σ²) by the closed form.
    fn approximate(&self) -> (f64, f64) {
        const ETA: f64 = 2.0;
        let (n, m, q) = (self.distances.len() as f64, self.mean(|x| x), self.mean(|x| x * x));
        let s2 = self.mean(|x| (x - m) * (x - m));
        let exponent =
            (ETA - 1.0) * ((n - 1.0) / 2.0 + 4.0 * ETA) / (ETA * (n - 1.0) * (n + 4.0 * ETA - 1.0));
        let kappa = exponent.exp_m1();
        let apart = s2 <= kappa * m * m;
        let variance = if apart { 25.0 * q * s2 / (25.0 * m * m + q) } else { (1.0 + kappa) * s2 };
        ((q - variance).max(0.0).sqrt(), variance)
    }
}

fn several(d: usize) -> Refusal {
    Refusal::new(format!("one number a row is needed, not {d}; `gaussian-mixture` takes any"))
}

impl Family for SymmetricMixture {
    fn conditions(&self) -> theory::Family {
        theory::Family::of(match self.estimator {
            Estimator::Approximate => Form::MirroredPair,
            Estimator::MaximumLikelihood => Form::Other,
        })
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        numeric::accepts(schema)?;
        match schema.numeric_width() {
            1 => Ok(()),
            d => Err(several(d)),
        }
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let rows = Matrix::of(mix)?;
        if rows.d != 1 {
            return Err(several(rows.d).into());
        }
        if rows.len() < 2 {
            return Err(FitError::TooFewRows { needed: 2, found: rows.len() });
        }
        let folded =
            Folded { distances: rows.data.iter().map(|x| x.abs()).collect(), weights: &rows.weights };
        let (mean, variance) = match self.estimator {
            Estimator::MaximumLikelihood => folded.likeliest(),
            Estimator::Approximate => folded.approximate(),
        };
        if !(variance > 0.0 && variance.is_finite() && mean.is_finite()) {
            return Err(
                Refusal::degenerate("all rows are equally far from zero: the mixture has no spread").into()
            );
        }
        let both = Components::new(Shape::Spherical, vec![0.5; 2], vec![-mean, mean], vec![variance; 2])?;
        Ok(Box::new(GaussianMixtureModel::new(both, Layout::of(mix))))
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }

    fn fewest_rows(&self, _: &Schema) -> usize {
        2
    }

    fn seeds_per_cell(&self) -> u64 {
        100
    }
}

impl Affine for SymmetricMixture {
    /// ±μ and σ²: the mirror image stays one. Refused where no spread is left, which a likelihood has no edge for.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        Ok(Box::new(GaussianMixtureModel::combined(0.0, models)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded<'a>(rows: &[f64], weights: &'a [f64]) -> Folded<'a> {
        Folded { distances: rows.iter().map(|x| x.abs()).collect(), weights }
    }

    const ROWS: [f64; 6] = [1.3, -0.7, 2.1, -1.6, 0.4, -1.1];
    const EQUAL: [f64; 6] = [1.0; 6];

    #[test]
    fn the_fixed_point_solves_the_likelihood_equations() {
        let of = folded(&ROWS, &EQUAL);
        let (mean, variance) = of.likeliest();
        let tau = |x: f64| x * (mean * x / variance).tanh();
        assert!((of.mean(tau) - mean).abs() < 1e-9 && mean > 0.5, "{mean}");
        assert!((of.mean(|x| x * x) - mean * mean - variance).abs() < 1e-12);
        // No mirrored mixture nearby is likelier.
        let log = |mean: f64, variance: f64| {
            of.mean(|x| {
                let at = |m: f64| (-(x - m) * (x - m) / (2.0 * variance)).exp();
                (at(mean) + at(-mean)).ln() - 0.5 * variance.ln()
            })
        };
        for (m, v) in [(0.01, 0.0), (-0.01, 0.0), (0.0, 0.01), (0.0, -0.01)] {
            assert!(log(mean + m, variance + v) < log(mean, variance));
        }
    }

    #[test]
    fn a_spread_far_below_the_mean_is_kept() {
        // |x| = 1 ± 10⁻⁹ in equal parts: σ² is 10⁻¹⁸, and x² has lost it.
        let rows = [1.0 + 1e-9, -1.0 + 1e-9, 1.0 - 1e-9, -1.0 - 1e-9];
        for (mean, variance) in [folded(&rows, &[1.0; 4]).likeliest(), folded(&rows, &[1.0; 4]).approximate()]
        {
            assert!((mean - 1.0).abs() < 1e-12 && (variance / 1e-18 - 1.0).abs() < 0.05, "{variance}");
        }
    }

    /// m = 1.2, q = 1.75333…, s² = 0.31333…, κ = exp((2.5 + 8)/(2 · 5 · 13)) − 1 = 0.08412…; the steps as the notebook
    /// writes them, in numpy, give 1.188966856 and 0.339691148.
    #[test]
    fn the_closed_form_is_that_of_the_algorithms_steps() {
        let (mean, variance) = folded(&ROWS, &EQUAL).approximate();
        assert!((mean - 1.188_966_856).abs() < 1e-9 && (variance - 0.339_691_148).abs() < 1e-9);
        // Well apart, their constant a is 50: s² = 0.01, q = 1.01.
        let (_, variance) = folded(&[1.1, -0.9], &[1.0; 2]).approximate();
        assert!((variance - 50.0 * 1.01 * 0.01 / (50.0 + 2.02)).abs() < 1e-15);
    }
}
