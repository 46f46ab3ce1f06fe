//! `[sampling]`: the transform on the output. Likelihoods use the untransformed model.

use serde::Serialize;

use super::error::Error;
use super::node::Node;

crate::parameters! {
    /// How synthetic rows are drawn from a model. A family refuses what it can't apply.
    #[derive(Debug, Clone, PartialEq, Serialize)]
    pub struct SamplingSpec {
        /// Divides the logits of what is drawn; likelihoods are not changed
        pub temperature: f64 = 1.0, in above(0);
        /// Keeps the k likeliest tokens
        pub top_k: Option<usize> = None, in at_least(1);
        /// Keeps the likeliest tokens up to this total probability
        pub top_p: Option<f64> = None, in above_to(0, 1);
        /// Beam width
        pub beam: Option<usize> = None, in at_least(1);
        /// λ: multiplies the covariance of what is drawn
        pub covariance_scale: f64 = 1.0, in at_least(0);
        /// Strength of classifier-free guidance
        pub guidance: Option<f64> = None, in FINITE;
    }
}

impl SamplingSpec {
    /// Reads `[sampling]`.
    ///
    /// # Errors
    /// On unknown keys and values out of range.
    pub fn read(node: &Node) -> Result<Self, Error> {
        node.read(&[])
    }
}
