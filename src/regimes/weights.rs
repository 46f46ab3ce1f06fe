//! Row weights.

use crate::data::{Mix, Origin};
use crate::spec::Weights;
use crate::theory::golden_weight;

/// Sets the weight of every block: each human row `w/n_h`, each synthetic row `(1 − w)/n_s`, times
/// the number of rows, so that the mean weight is 1. With only one origin all rows weigh 1.
pub fn weigh(mix: &mut Mix, weights: Weights) {
    let rows = |origin: Origin| -> f64 {
        mix.parts.iter().filter(|p| p.labelled == origin).map(|p| p.body.len() as f64).sum()
    };
    let (human, synthetic) = (rows(Origin::Human), rows(Origin::Synthetic));
    let w = match weights {
        Weights::Equal => None,
        Weights::Human(w) => Some(w),
        Weights::Golden => Some(golden_weight(human / synthetic)),
    };
    let Some(w) = w.filter(|_| human > 0.0 && synthetic > 0.0) else {
        mix.parts.iter_mut().for_each(|p| p.weight = 1.0);
        return;
    };
    let total = human + synthetic;
    for part in &mut mix.parts {
        part.weight = match part.labelled {
            Origin::Human => w * total / human,
            Origin::Synthetic => (1.0 - w) * total / synthetic,
        };
    }
}
