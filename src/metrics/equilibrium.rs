//! The distance to where an accumulating stream must end: `fisher-rao-to-equilibrium`.
//!
//! d_FR = arccos Σ √(θ_i θ_e,i) between the fitted probabilities θ and the equilibrium θ_e that the stream of human and
//! tempered synthetic rows reaches from the truth, θ_e = (τ(θ_e) + μθ₀)/(1 + μ); see
//! [`stream_equilibrium`](crate::theory::stream_equilibrium). Radians, 0 to π/2. Source: Gharesifard & Tabuada, CDC
//! 2025, pp. 1124–1129; the distance as in Marchi, Silvestre, Gharesifard & Tabuada 2026. Cost: O(K) per iteration of
//! the equilibrium, some hundreds of them.

use super::divergence::fisher_rao;
use super::frequencies::fitted_or_sample;
use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, one, plain, shapes};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;
use crate::theory::stream_equilibrium;

const NAME: &str = "fisher-rao-to-equilibrium";

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: NAME,
        summary: "Fisher–Rao distance to the equilibrium of an accumulating stream, in radians",
        details: "arccos Σ √(pq), p the equilibrium θ_e = (τ(θ_e) + μθ₀)/(1 + μ) that a stream of human rows (share \
                  μ/(1 + μ) of what arrives) and rows drawn at the setting's temperature reaches from the truth θ₀, q \
                  the fitted probabilities. It falls in log time. Only for regimes whose training set grows by \
                  arrivals (`stream`, `expanding`) and a source with known probabilities.",
        source: "Gharesifard & Tabuada, CDC 2025, pp. 1124–1129",
        parameters: &[],
        version: 1,
    },
    extra: Reading::distance("radians", Scale::Log),
    build: |node, _| plain(node, ToEquilibrium),
};

struct ToEquilibrium;

impl Metric for ToEquilibrium {
    fn needs(&self) -> Needs {
        Needs { model: true, sample: When::WithoutParameters, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::known_outcomes(schema, truth)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let truth = of.truth.and_then(|t| t.probabilities());
        let truth = truth.ok_or_else(|| Refusal::new("the true probabilities are not known"))?;
        let arrivals = of.arrivals.ok_or_else(|| {
            Refusal::new("this regime has no stream of arriving rows; use `stream` or `expanding`")
        })?;
        let q = fitted_or_sample(of)?;
        if truth.len() != q.len() {
            return Err(Refusal::new(format!(
                "the truth has {} outcomes, the model {}",
                truth.len(),
                q.len()
            )));
        }
        let end = stream_equilibrium(truth, arrivals.temperature, arrivals.human_fraction)
            .ok_or_else(|| Refusal::new("the equilibrium needs a temperature above 0"))?;
        one(NAME, fisher_rao(&end, &q))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Fitted, Scene, Truth, value};
    use crate::metrics::{Arrivals, Subject};

    #[test]
    fn a_stream_of_human_rows_alone_ends_at_the_truth() {
        let scene = |q: &[f64], arrivals| Scene {
            arrivals,
            subject: Subject::Model,
            ..Scene::model(Fitted::Outcomes(q.into())).with_truth(Truth::outcomes(&[0.5, 0.3, 0.2]))
        };
        let human = Some(Arrivals { temperature: 0.7, human_fraction: 1.0 });
        assert!(value(&ToEquilibrium, &scene(&[0.5, 0.3, 0.2], human)).unwrap() < 1e-7);
        // Two corners are a right angle apart.
        let none = Some(Arrivals { temperature: 0.5, human_fraction: 0.0 });
        let angle = value(&ToEquilibrium, &scene(&[0.0, 1.0, 0.0], none)).unwrap();
        assert!((angle - std::f64::consts::FRAC_PI_2).abs() < 1e-6, "{angle}");
        assert!(value(&ToEquilibrium, &scene(&[0.0, 1.0, 0.0], None)).is_err());
    }
}
