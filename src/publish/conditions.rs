//! What a law predicts for a setting of a run, or why it says nothing there.

use crate::store::Settings;
use crate::theory::{Asked, Conditions, Law, Prediction};

/// What a law predicts of a metric for the setting at `index` and a generation.
pub(super) fn predict(
    law: &Law,
    settings: &Settings,
    (index, generation): (usize, u32),
    metric: &str,
) -> Result<Prediction, String> {
    let at = asked(settings, (index, generation), metric, None)?;
    law.predict(&at).map_err(|refusal| refusal.to_string())
}

/// The conditions of a setting at a generation, asked about a metric with this threshold.
pub(super) fn asked(
    settings: &Settings,
    (index, generation): (usize, u32),
    metric: &str,
    threshold: Option<f64>,
) -> Result<Conditions, String> {
    let at = settings.conditions(index)?.at(generation);
    Ok(Conditions { asked: Asked { metric: Some(metric.to_owned()), threshold, ..Asked::default() }, ..at })
}
