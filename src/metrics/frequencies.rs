//! How often each outcome or token occurs: what the entropy and divergence metrics read.

use std::borrow::Cow;

use super::Observation;
use crate::data::Samples;
use crate::models::Refusal;

/// How often each outcome of a categorical feature, or each token of a text, occurs in rows;
/// indexed by code. `None` for rows of another kind.
pub(super) fn counts(rows: &Samples) -> Option<Vec<u64>> {
    let (codes, size) = match (rows.codes(), rows.token_rows()) {
        (Some(codes), _) => (codes, rows.schema().outcomes().unwrap_or(0)),
        (None, Some((_, tokens))) => (tokens, rows.schema().vocabulary().map_or(0, |v| v.len())),
        (None, None) => return None,
    };
    let mut counts = vec![0; size];
    for &code in codes {
        let code = code as usize;
        if code >= counts.len() {
            counts.resize(code + 1, 0);
        }
        counts[code] += 1;
    }
    Some(counts)
}

/// The counts of the subject's rows; refuses where nothing was counted.
pub(super) fn sample_counts(of: &Observation<'_>) -> Result<Vec<u64>, Refusal> {
    let counts = counts(of.rows()?).unwrap_or_default();
    if counts.iter().all(|&c| c == 0) {
        return Err(Refusal::new("the sample holds no outcome and no token"));
    }
    Ok(counts)
}

/// Counts divided by their sum.
pub(super) fn shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|&c| c as f64 / total).collect()
}

/// The fitted probabilities, or the sample's frequencies where the model states none.
pub(super) fn fitted_or_sample<'a>(of: &Observation<'a>) -> Result<Cow<'a, [f64]>, Refusal> {
    match of.probabilities() {
        Some(p) => Ok(p.into()),
        None => Ok(shares(&sample_counts(of)?).into()),
    }
}

/// The true probabilities, or the held-out rows' frequencies where they are not known.
pub(super) fn true_or_held_out<'a>(of: &Observation<'a>) -> Result<Cow<'a, [f64]>, Refusal> {
    match of.truth.and_then(|t| t.probabilities()) {
        Some(p) => Ok(p.into()),
        None => Ok(shares(&counts(of.reference()?).unwrap_or_default()).into()),
    }
}
