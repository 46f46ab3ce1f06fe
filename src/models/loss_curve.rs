//! What training an iterative family looked like.

use serde::{Deserialize, Serialize};

/// The losses of one fit, thinned to a point each twentieth of the steps that were planned.
///
/// Each point is a percentage of those steps and a loss in the family's own unit. Training that stopped early has no
/// points after its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossCurve {
    /// The mean loss of the batches since the point before, each taken before its update.
    pub training: Vec<(u32, f32)>,
    /// The loss of the training rows that early stopping keeps aside, where it looked at them.
    pub kept_aside: Vec<(u32, f32)>,
}

impl LossCurve {
    /// Points of a whole fit.
    pub const POINTS: usize = 20;
}
