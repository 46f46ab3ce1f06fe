//! `cdf-error`: how far a distribution function on a line is from the true one.
//!
//! ∫ (F̂ − F)² dF, the Cramér–von Mises criterion, with F̂ the empirical distribution function of weighted points. In
//! u = F(x) it is the integral of a step function less u, squared: with u_1 ≤ … ≤ u_n, u_0 = 0, u_{n+1} = 1 and the
//! weight c_i of the first i points it is Σ_i [(u_{i+1} − c_i)³ − (u_i − c_i)³]/3, exactly. Equal weights give
//! 1/(12 n²) + (1/n) Σ ((2i − 1)/(2n) − u_i)² (Anderson and Darling 1952, DOI 10.1214/aoms/1177729437). n independent rows
//! of the truth have an expected value of 1/(6n). Rows of one number. Cost: O(n log n).

use statrs::distribution::{ContinuousCDF, Normal};

use super::line::sorted;
use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, one, plain, shapes};
use crate::data::{Distribution, NormalMixture, Schema};
use crate::models::{Parameters, Refusal};
use crate::registry::About;
use crate::rng::Streams;

struct CdfError;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "cdf-error",
        summary: "Cramér–von Mises criterion: squared error of the distribution function on a line",
        details: "∫ (F̂ − F)² dF, exact. F̂ is that of the weighted rows where the model is an empirical distribution, else that \
                  of the sample. F is the truth's where it is a normal distribution or a mixture of them, else the empirical \
                  one of the held-out rows. n independent human rows have an expected value of 1/(6n) against the truth; the \
                  most is ⅓.",
        source: "Anderson and Darling 1952, DOI 10.1214/aoms/1177729437; arXiv 2502.18049",
        parameters: &[],
        version: 1,
    },
    extra: Reading::distance("probability squared", Scale::Log),
    build: |node, _| plain(node, CdfError),
};

impl Metric for CdfError {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::Always, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::one_number(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let mut points: Vec<(f64, f64)> = match of.parameters() {
            Parameters::Empirical { points, weights } if points.len() == weights.len() => {
                points.iter().copied().zip(weights.iter().copied()).collect()
            }
            _ => {
                shapes::one_number(of.rows()?.schema())?;
                of.sample_numbers()?.data.iter().map(|x| (*x, 1.0)).collect()
            }
        };
        points.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = points.iter().map(|p| p.1).sum();
        let value = match of.truth.and_then(|t| t.components()) {
            Some(truth) if truth.dim == 1 => against_truth(&points, total, &cumulative(truth)?),
            _ => against_rows(&points, total, &sorted(of.held_out_numbers()?.data)),
        };
        one("cdf-error", value)
    }
}

/// F of a mixture of normal distributions on a line.
fn cumulative(truth: NormalMixture<'_>) -> Result<impl Fn(f64) -> f64, Refusal> {
    let parts: Vec<(f64, Normal)> = truth
        .weights
        .iter()
        .zip(truth.means.iter().zip(truth.covariances))
        .map(|(w, (m, v))| Normal::new(*m, v.sqrt()).map(|normal| (*w, normal)))
        .collect::<Result<_, _>>()
        .map_err(|e| Refusal::new(format!("the truth has no distribution function: {e}")))?;
    Ok(move |x: f64| parts.iter().map(|(w, normal)| w * normal.cdf(x)).sum())
}

/// ∫ (F̂ − F)² dF for rising points with weights.
fn against_truth(points: &[(f64, f64)], total: f64, truth: &dyn Fn(f64) -> f64) -> f64 {
    let (mut from, mut below, mut integral) = (0.0, 0.0, 0.0);
    let mut piece = |to: f64, c: f64, from: &mut f64| {
        integral += ((to - c).powi(3) - (*from - c).powi(3)) / 3.0;
        *from = to;
    };
    for (x, weight) in points {
        piece(truth(*x), below / total, &mut from);
        below += weight;
    }
    piece(1.0, 1.0, &mut from);
    integral
}

/// The mean of (F̂ − F)² over rising held-out rows, F their own distribution function.
fn against_rows(points: &[(f64, f64)], total: f64, held_out: &[f64]) -> f64 {
    let n = held_out.len() as f64;
    let (mut i, mut below, mut sum) = (0, 0.0, 0.0);
    for x in held_out {
        while i < points.len() && points[i].0 <= *x {
            below += points[i].1;
            i += 1;
        }
        let rank = held_out.partition_point(|y| y <= x) as f64;
        sum += (below / total - rank / n).powi(2);
    }
    sum / n
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, Truth, value};

    fn standard_normal() -> Truth {
        Truth::gaussian(&[0.0], &[1.0])
    }

    #[test]
    fn equal_weights_give_the_textbook_sum() {
        // Φ⁻¹ of 0.1, 0.4 and 0.5: 1/(12 · 9) + (1/3) Σ ((2i − 1)/6 − u_i)².
        let rows = [0.0, -1.281_551_565_544_600_4, -0.253_347_103_135_799_7];
        let found = value(&CdfError, &Scene::numbers(&rows, 1).with_truth(standard_normal())).unwrap();
        let squares: f64 =
            [(1.0, 0.1), (3.0, 0.4), (5.0, 0.5)].iter().map(|(a, u)| (a / 6.0 - u as &f64).powi(2)).sum();
        assert!((found - (1.0 / 108.0 + squares / 3.0)).abs() < 1e-9, "{found}");
    }

    #[test]
    fn weights_move_the_steps() {
        // All weight on the median, whatever lies beside it: ∫₀^½ u² + ∫_½^1 (1 − u)² = 1/12.
        let points = [(-1.0, 0.0), (0.0, 2.0)];
        let normal = Normal::new(0.0, 1.0).unwrap();
        assert!((against_truth(&points, 2.0, &|x| normal.cdf(x)) - 1.0 / 12.0).abs() < 1e-12);
        // Weight ¼ at u = 0 and ¾ at u = 1: ∫ (¼ − u)² = (27 + 1)/192.
        let ends = [(-60.0, 1.0), (60.0, 3.0)];
        assert!((against_truth(&ends, 4.0, &|x| normal.cdf(x)) - 28.0 / 192.0).abs() < 1e-12);
    }

    #[test]
    fn without_a_known_truth_held_out_rows_count() {
        // At 1 and 3 the sample has ½ and 1, the held-out rows ½ and 1; moved up by 2 it has 0 and ½.
        let scene = Scene::numbers(&[1.0, 3.0], 1).with_held_out(&[3.0, 1.0], 1);
        assert_eq!(value(&CdfError, &scene), Ok(0.0));
        let scene = Scene::numbers(&[3.0, 5.0], 1).with_held_out(&[3.0, 1.0], 1);
        assert_eq!(value(&CdfError, &scene), Ok(0.25));
    }
}
