//! `knn-entropy`: differential entropy from nearest-neighbour distances.
//!
//! ψ(N) − ψ(k) + ln c_d + (d/N) Σ ln r_k, with r_k the distance to the k-th nearest other row and
//! c_d the volume of the unit ball. In nats. Cost: O(n² d).

use statrs::function::gamma::{digamma, ln_gamma};

use super::neighbours::neighbour_radii;
use super::pairs::Pairs;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `knn-entropy`.
    #[derive(Clone, Copy)]
    struct KnnEntropy {
        /// Which neighbour
        k: usize = 5, in at_least(1);
    }
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "knn-entropy",
        summary: "Differential entropy of the sample, from nearest neighbours, in nats",
        details: "ψ(N) − ψ(k) + ln c_d + (d/N) Σ ln r_k, with r_k the Euclidean distance to the k-th nearest other row on \
            raw features and c_d = π^(d/2)/Γ(d/2 + 1). Refused (no row) where a row has k exact copies, whose \
            logarithm is infinite: look at `duplicate-rate`. Biased in many dimensions; compare with the human \
            baseline.",
        source: "Kozachenko & Leonenko 1987; Kraskov et al. 2004 (arXiv cond-mat/0305641), eq. 20; used by Shi et al. 2025",
        parameters: KnnEntropy::PARAMETERS,
        version: 2,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "nats",
        scale: Scale::Linear,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<KnnEntropy>(node)?)),
};

impl Metric for KnnEntropy {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, pairs: "knn-entropy", ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.k == 0 {
            return Err(Refusal::new("`k` must be at least 1"));
        }
        shapes::numeric(schema, 1)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let points = of.sample_numbers()?;
        let (n, d) = (points.rows() as f64, points.dim as f64);
        if points.rows() <= self.k {
            return Err(Refusal::too_few_rows(format!(
                "k = {} needs more rows than the {n} of the sample",
                self.k
            )));
        }
        let radii = match of.sample_points()?.dim == points.dim {
            true => neighbour_radii(of.sample_pairs()?, self.k),
            false => neighbour_radii(&Pairs::within(points, 1), self.k),
        };
        if radii.contains(&0.0) {
            return Err(Refusal::degenerate(format!(
                "a row has {} exact copies: the entropy is not finite",
                self.k
            )));
        }
        // The radii are squared: ln r = ½ ln r².
        let logs = radii.iter().map(|r| 0.5 * r.ln()).sum::<f64>();
        let ball = 0.5 * d * std::f64::consts::PI.ln() - ln_gamma(0.5 * d + 1.0);
        one("knn-entropy", digamma(n) - digamma(self.k as f64) + ball + d * logs / n)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, normals, reference, value};

    #[test]
    fn it_agrees_with_scikit_learns_neighbours() {
        let r = reference();
        let found = value(&KnnEntropy::default(), &Scene::numbers(&r.numbers("y"), 3)).unwrap();
        assert!((found - r.number("knn_entropy")).abs() < 1e-9, "{found}");
    }

    #[test]
    fn a_standard_normal_has_half_ln_two_pi_e() {
        // The estimate's standard deviation is about √((½ + ψ₁(5))/n) = 0.019 at n = 2000, ψ₁(5) = 0.22.
        let found = value(&KnnEntropy::default(), &Scene::numbers(&normals(2000, 1, 5), 1)).unwrap();
        let expected = 0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E).ln();
        assert!((found - expected).abs() < 0.08, "{found} {expected}");
    }
}
