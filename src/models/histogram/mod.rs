//! A histogram of one number: equal bins, uniform within each.
//!
//! p(x) = p_b / h for x in bin b of width h, with p_b = (c_b + α) / (N + α B): c_b the weighted count
//! of bin b, N their sum, B the number of bins, α the `smoothing`. Weights are scaled to sum to the
//! number of rows. Bins are half-open, the last one closed.
//!
//! `range = [lo, hi]` fixes the bins once and for all; rows beyond it count in the outermost bins.
//! Without it the bins span the training rows of each fit, so the support can only shrink from one
//! generation of `replace` to the next.
//!
//! With a fixed range the counts are sufficient (binned rows are exchangeable), so the family runs on
//! statistics: counts are multinomial, a subset of the rows is multivariate hypergeometric. On that
//! path metrics read the fitted moments: mean Σ p_b m_b over the bins' middles m_b, variance
//! Σ p_b (m_b² + h²/12) − mean² (the h²/12 is a bin's own: each refit adds it, as a kernel does).
//!
//! Temperature raises the bins' probabilities to 1/T: exact, since bins are equally wide. Held-out
//! rows in an empty bin have no finite likelihood and are refused, not floored.
//!
//! Cost: fit O(n + B); counts O(B); a row O(log B).

mod model;
#[cfg(test)]
mod tests;

pub use model::HistogramModel;

use std::any::Any;

use super::counts::{multinomial, without_replacement};
use super::numeric::{self, Layout, Matrix};
use super::{
    Affine, BoxedFamily, Family, FitError, Model, Refusal, SampleError, Sampling, Start, StatisticsPath,
    Transform, affine, ranges,
};
use crate::data::{Body, Counts, Mix, Rows, Schema, Statistics};
use crate::registry::{About, Entry};
use crate::rng::{Stream, Streams};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "histogram",
        summary: "A histogram of one number, with equal bins in a stated range",
        details: "p(x) = p_b / h with p_b = (c_b + α)/(N + α B). With `range` the bins are the same at every \
                  generation, rows beyond them count in the outermost ones, and the family runs from counts alone; \
                  without it they span each training set. Temperature raises the bins' probabilities to 1/T. A \
                  held-out row in an empty bin has no likelihood: refused, not floored.",
        source: "Scott 1992, Multivariate Density Estimation, ch. 3",
        parameters: Histogram::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Histogram>(&["family"])?)),
};

const TRANSFORMS: &[Transform] = &[Transform::Temperature];

crate::parameters! {
    /// The recipe of a histogram.
    #[derive(Clone, Copy, Debug)]
    pub struct Histogram {
        /// B
        pub bins: usize = 20, in at_least(1);
        /// `[lo, hi]` in the rows' units, lo below hi; "data": the training rows' least and greatest
        pub range: Option<(f64, f64)> = None => "\"data\"", with ranges::interval;
        /// α, in rows added to every bin
        pub smoothing: f64 = 0.0, in at_least(0);
    }
}

impl Family for Histogram {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        numeric::accepts(schema)?;
        match schema.numeric_width() {
            1 => Ok(()),
            width => {
                Err(Refusal::new(format!("a histogram is of one number a row, and these rows have {width}")))
            }
        }
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let layout = Layout::of(mix);
        if self.range.is_none() {
            let rows = Matrix::of(mix)?;
            self.accepts_width(rows.d)?;
            let ends = (f64::INFINITY, f64::NEG_INFINITY);
            let range = rows.data.iter().fold(ends, |(lo, hi), x| (lo.min(*x), hi.max(*x)));
            let mut counts = vec![0.0; self.bins];
            for (x, w) in rows.data.iter().zip(&rows.weights) {
                counts[bin(*x, range, self.bins)] += w;
            }
            return self.model(counts, rows.len() as u64, range, layout);
        }
        let range = self.range.unwrap_or_default();
        let (mut sum, mut rows) = (vec![0.0; self.bins], 0);
        for part in mix.parts.iter().filter(|p| !p.body.is_empty()) {
            let counts = match &part.body {
                Body::Statistics(Statistics::Counts(counts)) if counts.counts.len() == self.bins => {
                    counts.clone()
                }
                Body::Statistics(_) => {
                    return Err(
                        Refusal::new("the family `histogram` is fitted from rows or its own counts").into()
                    );
                }
                Body::Rows(rows) => self.count(rows, range)?,
            };
            rows += counts.n;
            sum.iter_mut().zip(&counts.counts).for_each(|(s, c)| *s += part.weight * c);
        }
        if rows == 0 {
            return Err(FitError::TooFewRows { needed: 1, found: 0 });
        }
        self.model(sum, rows, range, layout)
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Ok(self.affine()?.combine(fits)?)
    }

    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        self.range.map(|_| self as &dyn StatisticsPath)
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        match self.range {
            Some(_) => Ok(self),
            None => Err(Refusal::new(
                "histograms that span their own training rows have different bins, which can't be averaged or \
                 combined; give `range = [lo, hi]`",
            )),
        }
    }
}

impl Affine for Histogram {
    /// The bins' probabilities; negative ones become 0 and all are scaled to sum to 1.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<HistogramModel>(models)?;
        let p = affine::shares(&models, HistogramModel::probabilities)?;
        Ok(Box::new(models[0].1.with(p)))
    }
}

impl Histogram {
    fn accepts_width(&self, width: usize) -> Result<(), Refusal> {
        if width == 1 { Ok(()) } else { Err(Refusal::new("a histogram is of one number a row")) }
    }

    fn count(&self, rows: &Rows, range: (f64, f64)) -> Result<Counts, FitError> {
        self.accepts(rows.table().schema())?;
        let table = rows.gather();
        if let Some((row, column)) = table.first_non_finite() {
            return Err(FitError::NotFinite { column: column.into(), row });
        }
        let mut counts = vec![0.0; self.bins];
        table.features().iter().for_each(|x| counts[bin(*x, range, self.bins)] += 1.0);
        Ok(Counts { n: rows.len() as u64, counts })
    }

    fn model(
        &self,
        mut counts: Vec<f64>,
        rows: u64,
        range: (f64, f64),
        layout: Layout,
    ) -> Result<Box<dyn Model>, FitError> {
        let total: f64 = counts.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err(Refusal::degenerate("the training set's rows have no weight").into());
        }
        if !(range.1 - range.0).is_finite() {
            return Err(Refusal::diverged("the rows span more than the greatest double").into());
        }
        let (scale, divisor) = (rows as f64 / total, rows as f64 + self.smoothing * self.bins as f64);
        counts.iter_mut().for_each(|c| *c = (*c * scale + self.smoothing) / divisor);
        Ok(Box::new(HistogramModel::new(counts, range, layout)))
    }
}

/// The bin of a value; values beyond the range are in the outermost bins.
fn bin(x: f64, (lo, hi): (f64, f64), bins: usize) -> usize {
    let at = (x - lo) / (hi - lo) * bins as f64;
    // A range of one point has one live bin: 0/0 is cast to 0.
    (at as usize).min(bins - 1)
}

impl StatisticsPath for Histogram {
    fn summarise(&self, rows: &Rows) -> Result<Statistics, FitError> {
        let range = self.range.ok_or_else(|| Refusal::new("counts need `range = [lo, hi]`"))?;
        Ok(Statistics::Counts(self.count(rows, range)?))
    }

    fn draw(
        &self,
        model: &dyn Model,
        n: usize,
        how: &Sampling,
        rng: &mut Stream,
    ) -> Result<Statistics, SampleError> {
        let model: &dyn Any = model;
        let model = model.downcast_ref::<HistogramModel>().ok_or_else(|| {
            Refusal::new("only a histogram's counts can be drawn by the family `histogram`")
        })?;
        let counts = multinomial(&model.transformed(how)?, n as u64, rng);
        Ok(Statistics::Counts(Counts { n: n as u64, counts }))
    }

    fn thins(&self) -> bool {
        true
    }

    fn thin(&self, of: &Statistics, n: usize, rng: &mut Stream) -> Option<Statistics> {
        match of {
            Statistics::Counts(counts) => without_replacement(counts, n as u64, rng).map(Statistics::Counts),
            Statistics::Moments(_) | Statistics::CrossProducts(_) => None,
        }
    }

    fn supports(&self, how: &Sampling) -> bool {
        how.only(TRANSFORMS)
    }
}
