//! `[sampling]`: the transform on the output. Likelihoods use the untransformed model.

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::node::Node;

/// How synthetic rows are drawn from a model. A family refuses what it can't apply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplingSpec {
    /// Divides the logits, > 0. Default 1.
    #[serde(default = "unit")]
    pub temperature: f64,
    /// Keeps the k likeliest tokens, ≥ 1.
    pub top_k: Option<usize>,
    /// Keeps the likeliest tokens up to this total probability, in (0, 1].
    pub top_p: Option<f64>,
    /// Beam width, ≥ 1.
    pub beam: Option<usize>,
    /// λ: scales the covariance of what is drawn, ≥ 0. Default 1.
    #[serde(default = "unit")]
    pub covariance_scale: f64,
    /// Strength of classifier-free guidance, finite.
    pub guidance: Option<f64>,
}

fn unit() -> f64 {
    1.0
}

impl Default for SamplingSpec {
    fn default() -> Self {
        let (top_k, top_p, beam, guidance) = (None, None, None, None);
        Self { temperature: 1.0, top_k, top_p, beam, covariance_scale: 1.0, guidance }
    }
}

impl SamplingSpec {
    /// Reads and checks `[sampling]`.
    ///
    /// # Errors
    /// On unknown keys and values out of range.
    pub fn read(node: &Node) -> Result<Self, Error> {
        let s: Self = node.parse()?;
        let finite = |x: f64| x.is_finite();
        let checks = [
            ("temperature", finite(s.temperature) && s.temperature > 0.0, "above 0"),
            ("top_k", s.top_k != Some(0), "1 or more"),
            ("top_p", s.top_p.is_none_or(|p| p > 0.0 && p <= 1.0), "in (0, 1]"),
            ("beam", s.beam != Some(0), "1 or more"),
            ("covariance_scale", finite(s.covariance_scale) && s.covariance_scale >= 0.0, "0 or more"),
            ("guidance", s.guidance.is_none_or(finite), "finite"),
        ];
        match checks.iter().find(|(_, good, _)| !good) {
            None => Ok(s),
            Some((key, _, range)) => Err(Error::bad_value(
                node.at_of(key),
                format!("`{key}` must be {range}"),
                "see `[sampling]` for the ranges".into(),
            )),
        }
    }
}
