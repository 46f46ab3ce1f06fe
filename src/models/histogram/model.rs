//! The fitted histogram.

use rand::RngExt;

use super::super::numeric::Layout;
use super::super::{Ask, Density, Model, Parameters, Refusal, SampleError, Sampling};
use super::{TRANSFORMS, bin};
use crate::data::Samples;
use crate::rng::Streams;

/// A fitted histogram.
#[derive(Clone)]
pub struct HistogramModel {
    /// One probability per bin; sums to 1.
    probabilities: Vec<f64>,
    range: (f64, f64),
    mean: [f64; 1],
    variance: [f64; 1],
    layout: Layout,
}

impl HistogramModel {
    pub(super) fn new(probabilities: Vec<f64>, range: (f64, f64), layout: Layout) -> Self {
        let width = (range.1 - range.0) / probabilities.len() as f64;
        let middle = |b: usize| range.0 + (b as f64 + 0.5) * width;
        let mean: f64 = probabilities.iter().enumerate().map(|(b, p)| p * middle(b)).sum();
        let between: f64 =
            probabilities.iter().enumerate().map(|(b, p)| p * (middle(b) - mean).powi(2)).sum();
        Self { probabilities, range, mean: [mean], variance: [between + width * width / 12.0], layout }
    }

    /// The probability of each bin.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// The same bins with other probabilities.
    pub(super) fn with(&self, probabilities: Vec<f64>) -> Self {
        Self::new(probabilities, self.range, self.layout.clone())
    }

    fn width(&self) -> f64 {
        (self.range.1 - self.range.0) / self.probabilities.len() as f64
    }

    pub(super) fn transformed(&self, how: &Sampling) -> Result<Vec<f64>, Refusal> {
        how.check("histogram", TRANSFORMS)?;
        let mut p = self.probabilities.clone();
        how.reshape(&mut p);
        Ok(p)
    }
}

impl Model for HistogramModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let p = self.transformed(how)?;
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("a histogram makes new rows only (`synthesis = \"sample\"`)").into());
        }
        let mut reached = 0.0;
        let cumulative: Vec<f64> = p
            .iter()
            .map(|p| {
                reached += p;
                reached
            })
            .collect();
        let last = p.iter().rposition(|p| *p > 0.0).unwrap_or(0);
        let (width, mut rng) = (self.width(), streams.rng());
        let data = (0..n)
            .map(|_| {
                let u = rng.random::<f64>() * reached;
                let b = cumulative.partition_point(|c| *c <= u).min(last);
                self.range.0 + (b as f64 + rng.random::<f64>()) * width
            })
            .collect();
        self.layout.table(1, data)
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::Moments { mean: &self.mean, covariance: &self.variance }
    }

    fn is_degenerate(&self) -> bool {
        self.range.0 == self.range.1
    }

    fn size(&self) -> usize {
        self.probabilities.len() - 1
    }
}

impl Density for HistogramModel {
    /// ln p(x) of each row; minus infinity in an empty bin and beyond the range.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        if rows.schema().numeric_width() != 1 {
            return Err(Refusal::new("a histogram is of one number a row"));
        }
        if self.range.0 == self.range.1 {
            return Err(Refusal::degenerate(
                "all training rows were equal: the histogram is a point and has no density",
            ));
        }
        let log_width = self.width().ln();
        let log = |x: &f64| {
            let inside = (self.range.0..=self.range.1).contains(x);
            let b = bin(*x, self.range, self.probabilities.len());
            if inside { self.probabilities[b].ln() - log_width } else { f64::NEG_INFINITY }
        };
        Ok(rows.features().iter().map(log).collect())
    }
}
