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
        return Err(Refusal::degenerate("the sample holds no outcome and no token"));
    }
    Ok(counts)
}

/// Counts divided by their sum.
pub(super) fn shares(counts: &[u64]) -> Vec<f64> {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|&c| c as f64 / total).collect()
}

/// The fitted probabilities, or the sample's frequencies where the model states none.
pub(super) fn fitted_or_sample<'a>(of: &Observation<'a>) -> Result<Frequencies<'a>, Refusal> {
    match of.probabilities() {
        Some(p) => Ok(p.into()),
        None => Ok(shares(&sample_counts(of)?).into()),
    }
}

/// Probabilities or shares, by code.
type Frequencies<'a> = Cow<'a, [f64]>;

/// The human and the subject's probabilities of the same outcomes or tokens. Tokens that one side alone
/// has, a word too rare for the model's vocabulary for instance, have probability 0 on the other.
pub(super) fn human_and_subject<'a>(
    of: &Observation<'a>,
) -> Result<(Frequencies<'a>, Frequencies<'a>), Refusal> {
    let (mut p, mut q) = (true_or_held_out(of)?, fitted_or_sample(of)?);
    if p.len() != q.len() {
        if of.sample.is_none_or(|rows| rows.token_rows().is_none()) {
            return Err(Refusal::new(format!("people have {} outcomes, the model {}", p.len(), q.len())));
        }
        let n = p.len().max(q.len());
        p.to_mut().resize(n, 0.0);
        q.to_mut().resize(n, 0.0);
    }
    Ok((p, q))
}

/// The true probabilities, or the held-out rows' frequencies where they are not known.
fn true_or_held_out<'a>(of: &Observation<'a>) -> Result<Frequencies<'a>, Refusal> {
    match of.truth.and_then(|t| t.probabilities()) {
        Some(p) => Ok(p.into()),
        None => Ok(shares(&counts(of.reference()?).unwrap_or_default()).into()),
    }
}
