//! Divergences of the model from a known discrete truth: `kl`, `reverse-kl`, `js`, `tv`,
//! `hellinger`, `fisher-rao`, `chi-squared`, `squared-error`.
//!
//! p is the truth, q the fitted probabilities, or the frequencies in the sample where the model
//! states none. Logarithms are natural. Cost: O(outcomes).

use super::frequencies::fitted_or_sample;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of every divergence.
    #[derive(Clone, Copy)]
    struct Smoothing {
        /// Probability added to every outcome of q before it is scaled to sum 1 again
        smoothing: f64 = 0.0, in at_least(0);
    }
}

struct Divergence {
    name: &'static str,
    of: fn(&[f64], &[f64]) -> f64,
    smoothing: f64,
}

macro_rules! entry {
    ($entry:ident, $name:literal, $summary:literal, $formula:literal, $source:literal, $unit:literal, $scale:expr, $of:path) => {
        pub(super) const $entry: MetricEntry = MetricEntry {
            about: About {
                name: $name,
                summary: $summary,
                details: concat!(
                    $formula,
                    " p is the true distribution, q the fitted one where the model states its probabilities, \
                    else the sample's frequencies. Infinite values are refused (no row)."
                ),
                source: $source,
                parameters: Smoothing::PARAMETERS,
                version: 1,
            },
            extra: Reading {
                direction: Direction::Lower,
                ideal: "0",
                unit: $unit,
                scale: $scale,
                worst: Worst::Of(|human| human.against_uniform($of)),
                unbiased: false,
            },
            build: |node, _| {
                let Smoothing { smoothing } = table(node)?;
                Ok(Box::new(Divergence { name: $name, of: $of, smoothing }))
            },
        };
    };
}

entry!(
    KL,
    "kl",
    "Kullback–Leibler divergence KL(truth ‖ model), in nats",
    "Σ p ln(p/q). Infinite once a possible outcome has q = 0, which is what a collapse does: then use \
    `reverse-kl`, `js` or `tv`, or a smoothing above 0.",
    "Kullback & Leibler 1951",
    "nats",
    Scale::Log,
    kl
);
entry!(
    REVERSE_KL,
    "reverse-kl",
    "Kullback–Leibler divergence KL(model ‖ truth), in nats",
    "Σ q ln(q/p). Finite where outcomes have died out.",
    "Kullback & Leibler 1951",
    "nats",
    Scale::Log,
    reverse_kl
);
entry!(
    JS,
    "js",
    "Jensen–Shannon divergence, in nats",
    "½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2; at most ln 2. The divergence, not its square root.",
    "Lin 1991 (10.1109/18.61115)",
    "nats",
    Scale::Log,
    js
);
entry!(
    TV,
    "tv",
    "Total variation distance",
    "½ Σ |p − q|, between 0 and 1.",
    "Levin & Peres 2017, ch. 4",
    "probability",
    Scale::Logit,
    tv
);
entry!(
    HELLINGER,
    "hellinger",
    "Hellinger distance",
    "√(1 − Σ √(pq)), between 0 and 1. The distance, not its square.",
    "Hellinger 1909",
    "distance",
    Scale::Logit,
    hellinger
);
entry!(
    FISHER_RAO,
    "fisher-rao",
    "Fisher–Rao distance on the simplex, in radians",
    "arccos Σ √(pq), between 0 and π/2: the angle between √p and √q, as in the papers on model collapse. \
    The geodesic length of the Fisher metric is twice this.",
    "Marchi, Silvestre, Gharesifard & Tabuada 2026, A Fisher–Rao perspective",
    "radians",
    Scale::Log,
    fisher_rao
);
entry!(
    CHI_SQUARED,
    "chi-squared",
    "χ² divergence of the model from the truth",
    "Σ (q − p)²/p. Infinite if the model gives an impossible outcome a probability.",
    "Pearson 1900",
    "",
    Scale::Log,
    chi_squared
);

entry!(
    SQUARED_ERROR,
    "squared-error",
    "Squared Euclidean distance of the probabilities from the truth",
    "Σ (q − p)², the sum over outcomes of a frequency's squared error: n independent rows have (1 − Σp²)/n in \
    expectation. It is the quantity of the exact laws of mixes of human and synthetic counts.",
    "Seddik et al. 2024 (arXiv 2404.05090)",
    "probability squared",
    Scale::Log,
    squared_error
);

impl Metric for Divergence {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if !(self.smoothing.is_finite() && self.smoothing >= 0.0) {
            return Err(Refusal::new(format!("smoothing must be at least 0, not {}", self.smoothing)));
        }
        shapes::known_outcomes(schema, truth)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let unknown = || Refusal::new("the true probabilities are not known");
        let p = of.truth.and_then(|t| t.probabilities()).ok_or_else(unknown)?;
        let mut q = fitted_or_sample(of)?;
        if p.len() != q.len() {
            return Err(Refusal::new(format!("the truth has {} outcomes, the model {}", p.len(), q.len())));
        }
        if self.smoothing > 0.0 {
            let total = 1.0 + self.smoothing * p.len() as f64;
            q.to_mut().iter_mut().for_each(|q| *q = (*q + self.smoothing) / total);
        }
        one(self.name, (self.of)(p, &q))
    }
}

fn sum(p: &[f64], q: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    p.iter().zip(q).map(|(&p, &q)| term(p, q)).sum()
}

/// Σ √(pq), at most 1.
fn affinity(p: &[f64], q: &[f64]) -> f64 {
    sum(p, q, |p, q| (p * q).sqrt()).min(1.0)
}

pub(super) fn kl(p: &[f64], q: &[f64]) -> f64 {
    // Rounding can leave −1e-17 for equal distributions.
    sum(p, q, |p, q| if p > 0.0 { p * (p / q).ln() } else { 0.0 }).max(0.0)
}

fn reverse_kl(p: &[f64], q: &[f64]) -> f64 {
    kl(q, p)
}

pub(super) fn js(p: &[f64], q: &[f64]) -> f64 {
    let half = |a: f64, m: f64| if a > 0.0 { 0.5 * a * (a / m).ln() } else { 0.0 };
    sum(p, q, |p, q| half(p, 0.5 * (p + q)) + half(q, 0.5 * (p + q))).max(0.0)
}

pub(super) fn tv(p: &[f64], q: &[f64]) -> f64 {
    0.5 * sum(p, q, |p, q| (p - q).abs())
}

fn hellinger(p: &[f64], q: &[f64]) -> f64 {
    // ½ Σ (√p − √q)² is 1 − Σ √(pq) without the cancellation.
    (0.5 * sum(p, q, |p, q| (p.sqrt() - q.sqrt()).powi(2))).sqrt()
}

pub(super) fn fisher_rao(p: &[f64], q: &[f64]) -> f64 {
    // For small angles arccos loses half the digits; 2 arcsin(chord / 2) does not.
    let chord = sum(p, q, |p, q| (p.sqrt() - q.sqrt()).powi(2)).sqrt();
    if chord < 1.0 { 2.0 * (chord / 2.0).asin() } else { affinity(p, q).acos() }
}

fn squared_error(p: &[f64], q: &[f64]) -> f64 {
    sum(p, q, |p, q| (q - p).powi(2))
}

fn chi_squared(p: &[f64], q: &[f64]) -> f64 {
    sum(p, q, |p, q| if p == q { 0.0 } else { (q - p).powi(2) / p })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, outcomes, reference, value};

    type Named = (&'static str, fn(&[f64], &[f64]) -> f64);

    const ALL: [Named; 7] = [
        ("kl", kl),
        ("reverse_kl", reverse_kl),
        ("js", js),
        ("tv", tv),
        ("hellinger", hellinger),
        ("fisher_rao", fisher_rao),
        ("chi_squared", chi_squared),
    ];

    #[test]
    fn they_agree_with_scipy() {
        let r = reference();
        let (p, q) = (r.numbers("p"), r.numbers("q"));
        for (name, of) in ALL {
            assert!((of(&p, &q) - r.number(name)).abs() < 1e-12, "{name}: {}", of(&p, &q));
            assert_eq!(of(&p, &p), 0.0, "{name}");
        }
    }

    #[test]
    fn disjoint_supports_reach_the_upper_bounds() {
        let (p, q) = ([1.0, 0.0], [0.0, 1.0]);
        assert!((js(&p, &q) - 2f64.ln()).abs() < 1e-15);
        assert_eq!((tv(&p, &q), hellinger(&p, &q)), (1.0, 1.0));
        assert_eq!(squared_error(&p, &q), 2.0);
        assert!((fisher_rao(&p, &q) - std::f64::consts::FRAC_PI_2).abs() < 1e-15);
    }

    #[test]
    fn an_extinct_outcome_makes_kl_infinite_unless_smoothed() {
        let scene = Scene::sample(outcomes(&[0, 0], 2)).with_truth(Truth::outcomes(&[0.5, 0.5]));
        assert_eq!(value(&Divergence { name: "kl", of: kl, smoothing: 0.0 }, &scene), Ok(f64::INFINITY));
        // q = (1.5, 0.5)/2: ½ ln(2/3) + ½ ln 2.
        let smoothed = value(&Divergence { name: "kl", of: kl, smoothing: 0.5 }, &scene).unwrap();
        assert!((smoothed - 0.5 * (4.0_f64 / 3.0).ln()).abs() < 1e-15);
        assert_eq!(value(&Divergence { name: "tv", of: tv, smoothing: 0.0 }, &scene), Ok(0.5));
        let scene = scene.with_model(Fitted::Outcomes(vec![0.25, 0.75]));
        assert_eq!(value(&Divergence { name: "tv", of: tv, smoothing: 0.0 }, &scene), Ok(0.25));
    }
}
