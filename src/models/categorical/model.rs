//! The fitted distribution over outcomes.

use std::borrow::Cow;
use std::sync::Arc;

use rand::RngExt;

use super::TRANSFORMS;
use crate::data::{Column, Kind, Levels, Samples, Schema};
use crate::models::{Ask, Density, Model, Parameters, Refusal, SampleError, Sampling};
use crate::rng::Streams;

/// A fitted distribution over outcomes.
#[derive(Clone)]
pub struct CategoricalModel {
    /// One probability per outcome; sums to 1.
    probabilities: Vec<f64>,
    /// The shape of the rows it was fitted on; unknown on the statistics path.
    schema: Option<Arc<Schema>>,
}

impl CategoricalModel {
    pub(super) fn new(probabilities: Vec<f64>, schema: Option<Arc<Schema>>) -> Self {
        Self { probabilities, schema }
    }

    /// The probability of each outcome.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// The probabilities that are sampled from.
    pub(super) fn transformed(&self, how: &Sampling) -> Cow<'_, [f64]> {
        if how.active().next().is_none() {
            return Cow::Borrowed(&self.probabilities);
        }
        let mut p = self.probabilities.clone();
        how.reshape(&mut p);
        Cow::Owned(p)
    }

    /// The same outcomes with other probabilities.
    pub(super) fn with(&self, probabilities: Vec<f64>) -> Self {
        Self::new(probabilities, self.schema.clone())
    }
}

impl Model for CategoricalModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("categorical", TRANSFORMS)?;
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("outcomes are new rows only (`synthesis = \"sample\"`)").into());
        }
        let mut rng = streams.rng();
        let mut reached = 0.0;
        // (probability up to and with the outcome, outcome), live outcomes only.
        let cumulative: Vec<(f64, u32)> = (0_u32..)
            .zip(&*self.transformed(how))
            .filter(|(_, p)| **p > 0.0)
            .map(|(i, p)| {
                reached += p;
                (reached, i)
            })
            .collect();
        let data = (0..n)
            .map(|_| {
                let u = rng.random::<f64>() * reached;
                let at = cumulative.partition_point(|(c, _)| *c <= u);
                cumulative[at.min(cumulative.len() - 1)].1
            })
            .collect();
        let schema = self.schema.clone().unwrap_or_else(|| {
            let levels = Levels::Count(self.probabilities.len());
            Arc::new(Schema::single(Kind::Codes { levels }))
        });
        Samples::new(schema, vec![Column::Codes { data }]).map_err(|e| Refusal::new(e.to_string()).into())
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::Probabilities(&self.probabilities)
    }

    fn is_degenerate(&self) -> bool {
        self.probabilities.contains(&1.0)
    }

    fn size(&self) -> usize {
        self.probabilities.len().saturating_sub(1)
    }
}

impl Density for CategoricalModel {
    /// ln p of each row's outcome.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        let codes = rows.codes().ok_or_else(|| Refusal::new("the rows hold no outcomes"))?;
        Ok(codes
            .iter()
            .map(|&code| self.probabilities.get(code as usize).map_or(f64::NEG_INFINITY, |p| p.ln()))
            .collect())
    }
}
