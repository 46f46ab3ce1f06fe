//! Families and metrics of one number a row, from functions.

use std::borrow::Cow;
use std::sync::Arc;

use crate::data::{Column, Distribution, Mix, Samples, Schema};
use crate::metrics::{Measured, Metric, Needs, Observation, When, one_number};
use crate::models::{Ask, Family, FitError, Model, Refusal, SampleError, Sampling, Start, rows_of};
use crate::rng::{Stream, Streams};

/// A family of one number a row, from two functions: `fit` takes the values of a training set and their weights and gives
/// the parameters, and `draw` makes a number from these.
///
/// A family of other rows implements [`Family`], and its models [`Model`].
pub fn number_family<P, F, D>(fit: F, draw: D) -> impl Family
where
    P: Send + Sync + 'static,
    F: Fn(&[f64], &[f64]) -> P + Send + Sync + 'static,
    D: Fn(&P, &mut Stream) -> f64 + Send + Sync + 'static,
{
    NumberFamily { fit, draw: Arc::new(draw) }
}

struct NumberFamily<F, D> {
    fit: F,
    draw: Arc<D>,
}

struct NumberModel<P, D> {
    parameters: P,
    draw: Arc<D>,
    schema: Arc<Schema>,
}

impl<P, F, D> Family for NumberFamily<F, D>
where
    P: Send + Sync + 'static,
    F: Fn(&[f64], &[f64]) -> P + Send + Sync,
    D: Fn(&P, &mut Stream) -> f64 + Send + Sync + 'static,
{
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        one_number(schema)
    }

    fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
        let (rows, weights) = rows_of(mix)?;
        let parameters = (self.fit)(&rows.features(), &weights);
        Ok(Box::new(NumberModel { parameters, draw: self.draw.clone(), schema: rows.schema().clone() }))
    }
}

impl<P, D> Model for NumberModel<P, D>
where
    P: Send + Sync + 'static,
    D: Fn(&P, &mut Stream) -> f64 + Send + Sync + 'static,
{
    fn synthesise(
        &self,
        _: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        if *how != Sampling::default() {
            return Err(Refusal::new("a family from functions is drawn from as it is").into());
        }
        let mut rng = streams.rng();
        let data: Vec<f64> = (0..n).map(|_| (self.draw)(&self.parameters, &mut rng)).collect();
        if data.iter().any(|value| !value.is_finite()) {
            return Err(SampleError::NotFinite);
        }
        Ok(Samples::new(self.schema.clone(), vec![Column::F64 { width: 1, data }])?)
    }

    fn size(&self) -> usize {
        std::mem::size_of::<P>() / std::mem::size_of::<f64>()
    }
}

/// A metric of the rows of a sample, from a function. A value that is not a number is recorded as undefined.
///
/// A metric of the fitted model, or one that compares with human rows, implements [`Metric`].
pub fn sample_metric(
    name: impl Into<Cow<'static, str>>,
    of: impl Fn(&Samples) -> f64 + Send + Sync + 'static,
) -> impl Metric {
    SampleMetric { name: name.into(), of }
}

struct SampleMetric<F> {
    name: Cow<'static, str>,
    of: F,
}

impl<F: Fn(&Samples) -> f64 + Send + Sync> Metric for SampleMetric<F> {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, _: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        Ok(())
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let value = (self.of)(of.rows()?);
        if value.is_nan() {
            return Err(Refusal::undefined(format!("`{}` is not a number here", self.name)));
        }
        Ok(vec![(self.name.clone(), value)])
    }
}
