//! Modes of a known mixture: `mode-coverage`, `high-quality-share`, `modal-variance`.
//!
//! A row is *at* a mode if it lies within `within` standard deviations of its centre, by Euclidean
//! distance. Cost: O(rows · modes · d).

use super::distances::Points;
use super::{
    BoxedMetric, Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst,
    one, table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;
use crate::spec::{Error, Node};

crate::parameters! {
    /// The table of each of the three metrics.
    #[derive(Clone, Copy)]
    struct Reach {
        /// How many standard deviations a mode reaches from its centre
        within: f64 = 3.0, in above(0);
        /// Share of a mode's expected rows that covers it, at least one row
        least: f64 = 0.01, in at_least(0);
    }
}

#[derive(Clone, Copy)]
enum What {
    Coverage,
    HighQuality,
    Variance,
}

struct Modes {
    what: What,
    reach: Reach,
}

pub(super) const COVERAGE: MetricEntry = MetricEntry {
    about: About {
        name: "mode-coverage",
        summary: "Share of the modes of a known mixture that the model still reaches",
        details: "A mode is covered if at least one row, and at least `least` of the rows that it should have (weight × rows), lie \
            within `within` standard deviations of its centre (Euclidean). The share of covered modes; times \
            their number, the count of modes of the literature. For sources that state their modes: mixtures of \
            round Gaussians.",
        source: "Metz et al. 2017 (arXiv 1611.02163) and Lin et al. 2018 (arXiv 1712.04086) for rings and grids; Alemohammad et al. 2023 (arXiv 2307.01850), fig. 15",
        parameters: Reach::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "1",
        unit: "share of modes",
        scale: Scale::Logit,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| build(node, What::Coverage),
};

pub(super) const HIGH_QUALITY: MetricEntry = MetricEntry {
    about: About {
        name: "high-quality-share",
        summary: "Share of rows that lie at some mode of a known mixture",
        details: "Share of rows within `within` standard deviations of the nearest centre (Euclidean, in that mode's own standard \
            deviations). For the truth itself it is the probability that χ² with d degrees of freedom is at most `within`²: \
            0.989 in the plane with 3 standard deviations, not 1. A model that narrows its modes exceeds it, one that \
            smears them falls short. `least` is not used.",
        source: "Lin et al. 2018 (arXiv 1712.04086)",
        parameters: Reach::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "P(χ²_d ≤ within²); 0.989 in the plane",
        unit: "share of rows",
        scale: Scale::Logit,
        worst: Worst::Is(0.0),
        unbiased: true,
    },
    build: |node, _| build(node, What::HighQuality),
};

pub(super) const VARIANCE: MetricEntry = MetricEntry {
    about: About {
        name: "modal-variance",
        summary: "Mean variance within the modes of a known mixture",
        details: "Every row belongs to the nearest centre (Euclidean). For each mode with two rows or more, tr S / d of their unbiased \
            covariance about their own mean; the mean over those modes. Modes without rows are left out: look at \
            `mode-coverage`. It falls when modes narrow, and rises when rows of a lost mode are given to \
            another. `within` and `least` are not used.",
        source: "Alemohammad et al. 2023 (arXiv 2307.01850), fig. 15 (average modal variance)",
        parameters: Reach::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "data units squared",
        scale: Scale::Log,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| build(node, What::Variance),
};

fn build(node: &Node, what: What) -> Result<BoxedMetric, Error> {
    Ok(Box::new(Modes { what, reach: table(node)? }))
}

impl Metric for Modes {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        let Reach { within, least } = self.reach;
        if !(within.is_finite() && within > 0.0 && least.is_finite() && least >= 0.0) {
            return Err(Refusal::new("`within` must be above 0 and `least` at least 0"));
        }
        match modes(truth)?.first() {
            Some(mode) if mode.centre.len() == schema.numeric_width() => Ok(()),
            _ => Err(Refusal::new("the modes have another number of features than the rows")),
        }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (points, modes) = (of.sample_numbers()?, modes(of.truth)?);
        let modes = modes.as_slice();
        if modes.iter().any(|m| m.centre.len() != points.dim) {
            return Err(Refusal::new("the modes have another number of features than the rows"));
        }
        match self.what {
            What::Coverage => one("mode-coverage", coverage(points, modes, self.reach)),
            What::HighQuality => {
                let reached = |row: &usize| {
                    let (near, distance) = nearest(points.row(*row), modes);
                    distance <= (self.reach.within * modes[near].deviation).powi(2)
                };
                let good = (0..points.rows()).filter(reached).count();
                one("high-quality-share", good as f64 / points.rows() as f64)
            }
            What::Variance => one("modal-variance", modal_variance(points, modes)?),
        }
    }
}

/// One component of a mixture of round Gaussians.
struct Mode {
    centre: Vec<f64>,
    /// The standard deviation in every direction.
    deviation: f64,
    weight: f64,
}

/// The components of the truth; refuses where they are not known, or not round.
fn modes(truth: Option<&dyn Distribution>) -> Result<Vec<Mode>, Refusal> {
    let unknown = || Refusal::new("it needs a source that states its modes: a mixture of round Gaussians");
    let all = truth.and_then(|t| t.components()).filter(|m| !m.is_empty()).ok_or_else(unknown)?;
    let d = all.dim;
    let mode = |k: usize| {
        let covariance = &all.covariances[k * d * d..(k + 1) * d * d];
        let first = *covariance.first()?;
        let round =
            covariance.iter().enumerate().all(|(i, c)| *c == if i % (d + 1) == 0 { first } else { 0.0 });
        let centre = all.means[k * d..(k + 1) * d].to_vec();
        round.then(|| Mode { centre, deviation: first.sqrt(), weight: all.weights[k] })
    };
    (0..all.len()).map(mode).collect::<Option<_>>().ok_or_else(unknown)
}

fn squared(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

/// The nearest mode's index and squared distance.
fn nearest(row: &[f64], modes: &[Mode]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (k, mode) in modes.iter().enumerate() {
        let distance = squared(row, &mode.centre);
        if distance < best.1 {
            best = (k, distance);
        }
    }
    best
}

fn coverage(points: Points<'_>, modes: &[Mode], reach: Reach) -> f64 {
    let covered = |mode: &&Mode| {
        let radius = (reach.within * mode.deviation).powi(2);
        let rows = (0..points.rows()).filter(|&i| squared(points.row(i), &mode.centre) <= radius).count();
        rows > 0 && rows as f64 >= reach.least * mode.weight * points.rows() as f64
    };
    modes.iter().filter(covered).count() as f64 / modes.len() as f64
}

fn modal_variance(points: Points<'_>, modes: &[Mode]) -> Result<f64, Refusal> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); modes.len()];
    for i in 0..points.rows() {
        rows[nearest(points.row(i), modes).0].push(i);
    }
    let variance = |of: &Vec<usize>| {
        let n = of.len() as f64;
        let mut mean = vec![0.0; points.dim];
        of.iter().for_each(|&i| mean.iter_mut().zip(points.row(i)).for_each(|(m, x)| *m += x / n));
        let spread: f64 = of.iter().map(|&i| squared(points.row(i), &mean)).sum();
        spread / (n - 1.0) / points.dim as f64
    };
    let all: Vec<f64> = rows.iter().filter(|of| of.len() > 1).map(variance).collect();
    if all.is_empty() {
        return Err(Refusal::degenerate("no mode has two rows"));
    }
    Ok(all.iter().sum::<f64>() / all.len() as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, Truth, normals, value};

    fn metric(what: What) -> Modes {
        Modes { what, reach: Reach::default() }
    }

    fn truth() -> Truth {
        Truth::mixture(&[0.5, 0.25, 0.25], &[-10.0, 0.0, 10.0], &[0.0; 3])
    }

    #[test]
    fn by_hand_on_three_modes() {
        // Two rows near −10 (±1), one at the edge of 0 (3 away), one far from all (5 from 10).
        let scene = Scene::numbers(&[-11.0, 0.0, -9.0, 0.0, 3.0, 0.0, 15.0, 0.0], 2).with_truth(truth());
        assert_eq!(value(&metric(What::Coverage), &scene), Ok(2.0 / 3.0));
        assert_eq!(value(&metric(What::HighQuality), &scene), Ok(0.75));
        // Only −10 has two rows: variances 2 and 0, mean 1.
        assert_eq!(value(&metric(What::Variance), &scene), Ok(1.0));
        // Half of 4 × ½ rows expected at −10, of 4 × ¼ at 0: both have them; all of ½ more would not.
        let strict = Modes { what: What::Coverage, reach: Reach { least: 1.5, ..Reach::default() } };
        assert_eq!(value(&strict, &scene), Ok(0.0));
    }

    #[test]
    fn the_truth_has_the_share_of_a_chi_squared() {
        // P(χ²₂ ≤ 9) = 1 − e^(−4.5); 4,000 rows: standard error 0.0017, five of them.
        let rows = normals(4000, 2, 3);
        let rows: Vec<f64> = rows
            .chunks(2)
            .enumerate()
            .flat_map(|(i, r)| [r[0] + [-10.0, -10.0, 0.0, 10.0][i % 4], r[1]])
            .collect();
        let scene = Scene::numbers(&rows, 2).with_truth(truth());
        let share = value(&metric(What::HighQuality), &scene).unwrap();
        assert!((share - (1.0 - (-4.5f64).exp())).abs() < 0.0083, "{share}");
        assert_eq!(value(&metric(What::Coverage), &scene), Ok(1.0));
        // Variance 1; standard error of 8,000 squared deviations √(2/8000), five of them.
        let variance = value(&metric(What::Variance), &scene).unwrap();
        assert!((variance - 1.0).abs() < 5.0 * (2.0f64 / 8000.0).sqrt(), "{variance}");
    }

    #[test]
    fn sources_without_modes_are_refused() {
        let scene = Scene::numbers(&[0.0, 0.0], 2);
        assert!(value(&metric(What::Coverage), &scene).is_err());
        let schema = scene.sample.as_ref().unwrap().schema();
        assert!(metric(What::Coverage).accepts(schema, None).is_err());
        assert!(metric(What::Coverage).accepts(schema, Some(&truth())).is_ok());
    }
}
