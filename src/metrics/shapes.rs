//! Which rows a metric can read: the refusals that several metrics share.

use crate::data::{Distribution, Schema};
use crate::models::Refusal;

/// Rows with at least `least` numeric features.
pub fn numeric(schema: &Schema, least: usize) -> Result<(), Refusal> {
    let width = schema.numeric_width();
    if width >= least {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "it needs rows with at least {least} numeric feature(s); these rows are {schema}"
    )))
}

/// Rows with exactly one numeric feature.
pub fn one_number(schema: &Schema) -> Result<(), Refusal> {
    if schema.numeric_width() == 1 {
        return Ok(());
    }
    Err(Refusal::new(format!("it needs rows of one number; these rows are {schema}")))
}

/// Rows of one outcome, or text.
pub fn outcomes_or_text(schema: &Schema) -> Result<(), Refusal> {
    if schema.outcomes().is_some() || schema.vocabulary().is_some() {
        return Ok(());
    }
    Err(Refusal::new(format!("it needs rows of one outcome, or text; these rows are {schema}")))
}

/// Text.
pub fn text(schema: &Schema) -> Result<(), Refusal> {
    if schema.vocabulary().is_some() {
        return Ok(());
    }
    Err(Refusal::new(format!("it needs text; these rows are {schema}")))
}

/// Rows of one outcome whose true probabilities are known.
pub fn known_outcomes(schema: &Schema, truth: Option<&dyn Distribution>) -> Result<(), Refusal> {
    match schema.outcomes() {
        None => Err(Refusal::new(format!("it needs rows of one outcome; these rows are {schema}"))),
        Some(_) if truth.and_then(|t| t.probabilities()).is_none() => Err(Refusal::new(
            "it needs the true probability of every outcome, which this source does not state",
        )),
        Some(_) => Ok(()),
    }
}
