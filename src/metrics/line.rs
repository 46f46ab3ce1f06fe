//! Distances of samples on a line: `w1` and `cramer-von-mises`.
//!
//! F and G are the empirical distribution functions of the sample and of the held-out rows. Rows of
//! one number. Cost: O(n log n).

use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, one, plain, shapes};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

enum Line {
    W1,
    CramerVonMises,
}

pub(super) const W1: MetricEntry = MetricEntry {
    about: About {
        name: "w1",
        summary: "1-Wasserstein (earth mover's) distance on a line",
        details: "∫ |F − G| dx with the empirical distribution functions of sample and held-out rows, for rows of \
            one number. Of order n^(−1/2) for samples of the same distribution.",
        source: "Vallender 1974 (10.1137/1118101)",
        parameters: &[],
        version: 1,
    },
    extra: Reading::distance("data units", Scale::Log),
    build: |node, _| plain(node, Line::W1),
};

pub(super) const CRAMER_VON_MISES: MetricEntry = MetricEntry {
    about: About {
        name: "cramer-von-mises",
        summary: "Cramér–von Mises distance of two samples on a line",
        details: "∫ (F − G)² dH, with H the distribution function of both samples together: the mean of (F − G)² over \
            all their points, at most ⅓ for samples that do not overlap and large n. The test statistic is this times nm/(n + m).",
        source: "Anderson 1962 (10.1214/aoms/1177704477)",
        parameters: &[],
        version: 1,
    },
    extra: Reading::distance("probability squared", Scale::Log),
    build: |node, _| plain(node, Line::CramerVonMises),
};

impl Metric for Line {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::one_number(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        shapes::one_number(of.rows()?.schema())?;
        let (a, b) = (sorted(of.sample_numbers()?.data), sorted(of.held_out_numbers()?.data));
        match self {
            Line::W1 => one("w1", wasserstein(&a, &b, 1)),
            Line::CramerVonMises => one("cramer-von-mises", cramer_von_mises(&a, &b)),
        }
    }
}

/// A rising copy.
pub(super) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// W_p^p of two rising, non-empty samples: the mean of |F⁻¹(u) − G⁻¹(u)|^p over u.
pub(super) fn wasserstein(a: &[f64], b: &[f64], p: i32) -> f64 {
    if a.len() == b.len() {
        return a.iter().zip(b).map(|(x, y)| (x - y).abs().powi(p)).sum::<f64>() / a.len() as f64;
    }
    // Both quantile functions are constant between multiples of 1/n and 1/m; counted in 1/nm.
    let (n, m) = (a.len(), b.len());
    let (mut i, mut j, mut at, mut total) = (0, 0, 0, 0.0);
    while i < n && j < m {
        let next = ((i + 1) * m).min((j + 1) * n);
        total += (next - at) as f64 * (a[i] - b[j]).abs().powi(p);
        at = next;
        i += usize::from(next == (i + 1) * m);
        j += usize::from(next == (j + 1) * n);
    }
    total / (n as f64 * m as f64)
}

fn cramer_von_mises(a: &[f64], b: &[f64]) -> f64 {
    let (n, m) = (a.len(), b.len());
    let (mut i, mut j, mut total) = (0, 0, 0.0);
    while i < n || j < m {
        let x = if j >= m || (i < n && a[i] <= b[j]) { a[i] } else { b[j] };
        let before = i + j;
        while i < n && a[i] <= x {
            i += 1;
        }
        while j < m && b[j] <= x {
            j += 1;
        }
        let gap = i as f64 / n as f64 - j as f64 / m as f64;
        total += (i + j - before) as f64 * gap * gap;
    }
    total / (n + m) as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, reference, value};

    #[test]
    fn they_agree_with_scipy_and_the_definition() {
        let r = reference();
        let scene = Scene::numbers(&r.numbers("v"), 1).with_held_out(&r.numbers("u"), 1);
        assert!((value(&Line::W1, &scene).unwrap() - r.number("w1")).abs() < 1e-12);
        let found = value(&Line::CramerVonMises, &scene).unwrap();
        assert!((found - r.number("cramer_von_mises")).abs() < 1e-12);
    }

    #[test]
    fn a_shift_moves_all_mass_by_as_much() {
        let scene = Scene::numbers(&[0.0, 1.0, 5.0, 5.0], 1).with_held_out(&[3.0, 8.0, 4.0, 8.0], 1);
        assert_eq!(value(&Line::W1, &scene), Ok(3.0));
    }
}
