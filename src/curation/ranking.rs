//! Ranking: the top share of candidates by a score.
//!
//! On synthetic rows the sampler is asked for candidates until there are n/share, so that n remain;
//! on a mix the lower 1 − share of the synthetic rows goes. Kept rows stay in order; ties go to the
//! earlier row.

use super::{Curation, CurationError, More, Seen, on_synthetic};
use crate::data::{Distribution, Mix, Rows, Samples, Schema};
use crate::models::Refusal;
use crate::rng::Streams;

/// A step that keeps the best candidates by a score.
pub trait Ranking: Send + Sync {
    /// The share of candidates that is kept, in (0, 1].
    fn share(&self) -> f64;

    /// Whether rows of this shape can be scored.
    fn fits(&self, _schema: &Schema) -> Result<(), Refusal> {
        Ok(())
    }

    /// The score of each row; one that is NaN is refused.
    fn scores(&self, table: &Samples, seen: &Seen<'_>, streams: &Streams) -> Result<Vec<f64>, CurationError>;
}

impl<R: Ranking> Curation for R {
    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        self.fits(schema)
    }

    fn apply(
        &self,
        mix: Mix,
        more: Option<More<'_>>,
        seen: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        keep_top(mix, more, self.share(), |table| self.scores(table, seen, streams))
    }
}

/// Keeps the `share` of candidates with the highest scores.
fn keep_top(
    mix: Mix,
    mut more: Option<More<'_>>,
    share: f64,
    mut score: impl FnMut(&Samples) -> Result<Vec<f64>, CurationError>,
) -> Result<Mix, CurationError> {
    on_synthetic(mix, |rows| {
        let mut table = rows.gather();
        let keep = match more.as_mut() {
            Some(more) => {
                let n = table.len();
                let candidates = (n as f64 / share).round() as usize;
                if candidates > n {
                    table = Samples::concat(&[&table, &more(candidates - n)?])?;
                }
                n
            }
            None => (table.len() as f64 * share).round() as usize,
        };
        let scores = score(&table)?;
        if scores.iter().any(|s| s.is_nan()) {
            return Err(Refusal::new("a row has a score that is not a number").into());
        }
        let mut order: Vec<u32> = (0..table.len() as u32).collect();
        order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
        order.truncate(keep);
        order.sort_unstable();
        Ok(Rows::all(table.take(&order)))
    })
}
