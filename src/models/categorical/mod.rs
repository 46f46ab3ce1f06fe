//! A distribution over outcomes, fitted by counting.
//!
//! p_i = (c_i + α) / (N + α K) with c_i the weighted count of outcome i, N their sum, K the number
//! of outcomes and α the `smoothing` (Lidstone; α = 0 is the maximum likelihood estimate of Seddik
//! et al., arXiv 2404.05090, and of Suresh et al. 2024). Weights are first scaled to sum to the
//! number of rows, so that α keeps its meaning in rows whatever the regime's weights.
//!
//! Sampling raises probabilities to 1/T and renormalises (Gharesifard and Tabuada, CDC 2025: the map
//! τ); top-k and top-p cut the tail.
//!
//! Statistics path (exact in law, with every transform above): counts are multinomial, drawn one
//! outcome after the other as conditional binomials. `thin` draws n rows without replacement from
//! the counted rows (multivariate hypergeometric); exchangeable rows are known by their counts, so
//! repeated thinning is exact too.
//!
//! An outcome with probability 0 has no finite log likelihood. It is refused with the number of such
//! rows, rather than given an invented floor: one lost outcome makes the held-out likelihood minus
//! infinity, and that is the result. `smoothing > 0`, or metrics such as coverage and total
//! variation, answer what is left to ask.
//!
//! Cost: fit O(n + K); counts O(K + live outcomes' binomials); a row O(log K).

mod model;
#[cfg(test)]
mod tests;

pub use model::CategoricalModel;

use std::any::Any;

use super::counts::{multinomial, without_replacement};
use super::sampling::{Sampling, Transform};
use super::{
    Affine, BoxedFamily, Family, FitError, Model, Refusal, SampleError, Start, StatisticsPath, StorageError,
    affine,
};
use crate::data::{Body, Counts, Mix, Role, Rows, Schema, Statistics};
use crate::registry::{About, Entry};
use crate::rng::{Stream, Streams};
use crate::theory::{self, Form};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "categorical",
        summary: "Outcome frequencies, with optional add-α smoothing",
        details: "p_i = (c_i + α) / (N + α K). Temperature raises probabilities to 1/T. Runs from counts \
                  alone: counts are multinomial, subsets multivariate hypergeometric. The log likelihood of \
                  an outcome that was lost is refused, not floored.",
        source: "arXiv 2404.05090; Gharesifard and Tabuada, CDC 2025",
        parameters: Categorical::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Categorical>(&["family"])?)),
};

/// The transforms that a distribution over outcomes knows.
const TRANSFORMS: &[Transform] = &[Transform::Temperature, Transform::TopK, Transform::TopP];

crate::parameters! {
    /// The recipe of a distribution over outcomes.
    #[derive(Clone, Copy, Debug, serde::Serialize)]
    pub struct Categorical {
        /// α, in rows added to every outcome. A smoothed loop drifts to uniform
        pub smoothing: f64 = 0.0, in at_least(0);
    }
}

impl Family for Categorical {
    fn conditions(&self) -> theory::Family {
        theory::Family { smoothing: self.smoothing, ..theory::Family::of(Form::Frequencies) }
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        if let Some(other) = schema.fields.iter().find(|f| f.role != Role::Feature) {
            return Err(Refusal::new(format!(
                "column `{}` is no feature; this family models one column of outcomes and nothing else",
                other.name
            )));
        }
        match schema.outcomes() {
            Some(0) => Err(Refusal::new("the column of outcomes has no outcomes")),
            Some(_) => Ok(()),
            None => Err(Refusal::new(format!("one column of outcomes is needed, not: {schema}"))),
        }
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let schema = mix.parts.iter().find_map(|p| match &p.body {
            Body::Rows(rows) => Some(rows.table().schema()),
            Body::Statistics(_) => None,
        });
        let mut sum: Vec<f64> = Vec::new();
        let mut rows = 0;
        for part in mix.parts.iter().filter(|p| !p.body.is_empty()) {
            let counted;
            let counts = match &part.body {
                Body::Statistics(Statistics::Counts(counts)) => counts,
                Body::Statistics(_) => {
                    return Err(Refusal::new("the family `categorical` is fitted from rows or counts").into());
                }
                Body::Rows(rows) => {
                    counted = self.count(rows)?;
                    &counted
                }
            };
            if sum.is_empty() {
                sum = vec![0.0; counts.counts.len()];
            } else if sum.len() != counts.counts.len() {
                return Err(Refusal::new("the blocks of the training set differ in their outcomes").into());
            }
            rows += counts.n;
            sum.iter_mut().zip(&counts.counts).for_each(|(s, c)| *s += part.weight * c);
        }
        if rows == 0 {
            return Err(FitError::TooFewRows { needed: 1, found: 0 });
        }
        let total: f64 = sum.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err(Refusal::degenerate("the training set's rows have no weight").into());
        }
        let (scale, outcomes) = (rows as f64 / total, sum.len() as f64);
        let divisor = rows as f64 + self.smoothing * outcomes;
        sum.iter_mut().for_each(|c| *c = (*c * scale + self.smoothing) / divisor);
        Ok(Box::new(CategoricalModel::new(sum, schema.cloned())))
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Ok(self.combine(fits)?)
    }

    fn load(&self, from: &std::path::Path) -> Result<Box<dyn Model>, StorageError> {
        Err(StorageError::unsupported(from))
    }

    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        Some(self)
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(self)
    }
}

impl Affine for Categorical {
    /// Probabilities; negative ones become 0 and all are scaled to sum to 1.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<CategoricalModel>(models)?;
        let p = affine::shares(&models, CategoricalModel::probabilities)?;
        Ok(Box::new(models[0].1.with(p)))
    }
}

impl Categorical {
    fn count(&self, rows: &Rows) -> Result<Counts, Refusal> {
        let schema = rows.table().schema();
        self.accepts(schema)?;
        Ok(Counts::of(rows, schema.outcomes().unwrap_or(0)))
    }
}

impl StatisticsPath for Categorical {
    fn summarise(&self, rows: &Rows) -> Result<Statistics, FitError> {
        Ok(Statistics::Counts(self.count(rows)?))
    }

    fn draw(
        &self,
        model: &dyn Model,
        n: usize,
        how: &Sampling,
        rng: &mut Stream,
    ) -> Result<Statistics, SampleError> {
        how.check("categorical", TRANSFORMS)?;
        let model: &dyn Any = model;
        let model = model.downcast_ref::<CategoricalModel>().ok_or_else(|| {
            Refusal::new("only outcome frequencies can be drawn by the family `categorical`")
        })?;
        let counts = multinomial(&model.transformed(how), n as u64, rng);
        Ok(Statistics::Counts(Counts { n: n as u64, counts }))
    }

    fn thins(&self) -> bool {
        true
    }

    fn thin(&self, of: &Statistics, n: usize, rng: &mut Stream) -> Option<Statistics> {
        match of {
            Statistics::Counts(counts) => without_replacement(counts, n as u64, rng).map(Statistics::Counts),
            _ => None,
        }
    }

    fn supports(&self, how: &Sampling) -> bool {
        how.only(TRANSFORMS)
    }
}
