//! A fitted regression.

use std::sync::Arc;

use super::design::Columns;
use crate::data::{Column, Gram, Kind, Link, Samples, Schema, predictor};
use crate::models::cholesky::semidefinite;
use crate::models::normal_rows::normal_rows;
use crate::models::{
    Affine, Ask, Density, Model, Parameters, Predictions, Predictor, Refusal, SampleError, Sampling,
    Transform, affine,
};
use crate::rng::Streams;

/// A fitted regression of a label on inputs.
#[derive(Clone)]
pub struct RegressionModel {
    /// The family's name, for messages.
    pub(super) family: &'static str,
    /// One number per input; the intercept is the last where there is one.
    pub(super) coefficients: Vec<f64>,
    pub(super) intercept: bool,
    pub(super) link: Link,
    /// σ² of a normal label.
    pub(super) noise_variance: f64,
    /// The training inputs, where whole rows can be drawn.
    pub(super) inputs: Option<Inputs>,
}

/// What is known of the training inputs: they are modelled as normal.
#[derive(Clone)]
pub(super) struct Inputs {
    /// The columns of a row; all are inputs or the label.
    pub schema: Arc<Schema>,
    /// Their cross-products.
    pub gram: Arc<Gram>,
    /// What one row adds to the cross-products: 1 ÷ (scale × rows).
    pub share: f64,
}

impl RegressionModel {
    /// The coefficients of the inputs, without the intercept.
    pub fn weights(&self) -> &[f64] {
        &self.coefficients[..self.coefficients.len() - usize::from(self.intercept)]
    }

    /// The intercept; 0 where none is fitted.
    pub fn intercept(&self) -> f64 {
        if self.intercept { self.coefficients[self.coefficients.len() - 1] } else { 0.0 }
    }

    /// σ², the variance with which normal labels are drawn.
    pub fn noise_variance(&self) -> f64 {
        self.noise_variance
    }

    fn columns(&self, schema: &Schema) -> Result<Columns, Refusal> {
        let columns = Columns::of(schema, self.link, self.intercept)?;
        let (found, fitted) = (columns.width(), self.coefficients.len());
        if found == fitted {
            Ok(columns)
        } else {
            Err(Refusal::new(format!("the model was fitted on {fitted} inputs and these rows have {found}")))
        }
    }

    /// η of each row, on the inputs as they are.
    fn predictors(&self, columns: &Columns, rows: &Samples) -> Vec<f64> {
        let x = columns.inputs(rows);
        x.chunks_exact(columns.width()).map(|x| predictor(x, &self.coefficients)).collect()
    }

    /// The transform of labels: what η is divided by, and what σ² is multiplied by.
    pub(super) fn transform(&self, how: &Sampling) -> Result<(f64, f64), Refusal> {
        let known: &[Transform] = if self.link == Link::Log { &[] } else { &[Transform::Temperature] };
        how.check(self.family, known)?;
        Ok(match self.link {
            Link::Identity => (1.0, how.temperature),
            _ => (how.temperature, 1.0),
        })
    }

    /// Labels for the rows where `redraw` says so; the others keep theirs.
    fn label(
        &self,
        of: &Samples,
        how: &Sampling,
        streams: &Streams,
        redraw: impl Fn(f64, f64) -> bool,
    ) -> Result<Samples, SampleError> {
        let (divisor, factor) = self.transform(how)?;
        let columns = self.columns(of.schema())?;
        let noise = factor * self.noise_variance;
        let mut labels = columns.labels(of);
        let mut rng = streams.rng();
        for (y, eta) in labels.iter_mut().zip(self.predictors(&columns, of)) {
            if redraw(*y, eta) {
                *y = self.link.draw(eta / divisor, noise, &mut rng);
            }
        }
        if labels.iter().any(|y| !y.is_finite()) {
            return Err(SampleError::NotFinite);
        }
        let column = columns.label_column(of.schema(), labels);
        of.with_column(columns.label, column).map_err(|e| Refusal::new(e.to_string()).into())
    }

    /// `n` rows with normal inputs. Their labels are still to be drawn.
    fn inputs(&self, n: usize, streams: &Streams) -> Result<Samples, SampleError> {
        let Some(Inputs { schema, gram, share }) = &self.inputs else {
            return Err(Refusal::new(format!(
                "`{}` draws whole rows only where all inputs are numeric inputs of rows it was fitted on; use \
                 `synthesis = \"label\"`",
                self.family
            ))
            .into());
        };
        let d = self.weights().len();
        let mean: Vec<f64> = gram.sums[..d].iter().map(|s| s * share).collect();
        let entry = |i: usize| gram.matrix[i / d * gram.p + i % d] * share - mean[i / d] * mean[i % d];
        let covariance: Vec<f64> = (0..d * d).map(entry).collect();
        let root = semidefinite(&covariance, d);
        let mut rng = streams.of("inputs").rng();
        let x = normal_rows(&mean, &root, 1.0, n, &mut rng);
        let mut from = 0;
        let mut columns = Vec::with_capacity(schema.fields.len());
        for field in &schema.fields {
            let cells = |from: usize, w: usize| {
                x.chunks_exact(d).flat_map(move |row| row[from..from + w].iter().copied())
            };
            let (column, width) = match field.kind {
                _ if field.role == crate::data::Role::Label => match field.kind {
                    Kind::Codes { .. } => (Column::Codes { data: vec![0; n] }, 0),
                    Kind::F32 { .. } => (Column::F32 { width: 1, data: vec![0.0; n] }, 0),
                    _ => (Column::F64 { width: 1, data: vec![0.0; n] }, 0),
                },
                Kind::F32 { width, .. } => {
                    let data = cells(from, width).map(|v| v as f32).collect();
                    (Column::F32 { width, data }, width)
                }
                Kind::F64 { width } => (Column::F64 { width, data: cells(from, width).collect() }, width),
                _ => return Err(Refusal::new("the inputs were not numeric").into()),
            };
            columns.push(column);
            from += width;
        }
        Samples::new(schema.clone(), columns).map_err(|e| Refusal::new(e.to_string()).into())
    }
}

/// The line through fitted regressions: coefficients and noise variance, which is at least 0. Inputs are those of the
/// first model.
pub(super) struct Coefficients;

impl Affine for Coefficients {
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal> {
        let models = affine::of::<RegressionModel>(models)?;
        let (_, first) = models[0];
        if models.iter().any(|(_, m)| m.link != first.link || m.intercept != first.intercept) {
            return Err(Refusal::new("the regressions differ in link or intercept"));
        }
        let coefficients = affine::line(&models, |m| &m.coefficients)?;
        let noise = affine::line(&models, |m| std::slice::from_ref(&m.noise_variance))?;
        Ok(Box::new(RegressionModel { coefficients, noise_variance: noise[0].max(0.0), ..first.clone() }))
    }
}

impl Model for RegressionModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        let few = |of: &Samples| {
            let found = of.len();
            SampleError::from(Refusal::new(format!("{n} labels were asked for {found} rows of inputs")))
        };
        match ask {
            Ask::Rows => self.label(&self.inputs(n, streams)?, how, streams, |_, _| true),
            Ask::Given(of) if of.len() < n => Err(few(of)),
            Ask::Given(of) => self.label(&of.head(n), how, streams, |_, _| true),
            Ask::Edit { of, .. } if of.len() < n => Err(few(of)),
            Ask::Edit { of, above } => {
                let (link, noise) = (self.link, self.noise_variance);
                // A density has no scale of its own: a normal label's is taken relative to its mode.
                let top = if link == Link::Identity { link.log_density(0.0, 0.0, noise) } else { 0.0 };
                let sure = |y: f64, eta: f64| (link.log_density(y, eta, noise) - top).exp() >= above;
                self.label(&of.head(n), how, streams, sure)
            }
            Ask::Continue(_) => Err(Refusal::new("a regression makes labels and continues nothing").into()),
        }
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn predictor(&self) -> Option<&dyn Predictor> {
        Some(self)
    }

    fn parameters(&self) -> Parameters<'_> {
        Parameters::Regression { weights: self.weights(), intercept: self.intercept(), link: self.link }
    }

    fn size(&self) -> usize {
        self.coefficients.len()
    }
}

impl Density for RegressionModel {
    /// ln p(y | x) of each row; refused where normal labels have no variance.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        if self.link == Link::Identity && self.noise_variance <= 0.0 {
            return Err(Refusal::degenerate("the fitted noise variance is 0: labels have no density"));
        }
        let columns = self.columns(rows.schema())?;
        let labels = columns.labels(rows);
        let log = |(y, eta): (&f64, f64)| self.link.log_density(*y, eta, self.noise_variance);
        let values: Vec<f64> = labels.iter().zip(self.predictors(&columns, rows)).map(log).collect();
        if values.iter().all(|v| v.is_finite()) {
            Ok(values)
        } else {
            Err(Refusal::degenerate("a log likelihood is below the least double"))
        }
    }
}

impl Predictor for RegressionModel {
    fn predict(&self, rows: &Samples) -> Result<Predictions, Refusal> {
        let columns = self.columns(rows.schema())?;
        let means = self.predictors(&columns, rows).into_iter().map(|eta| self.link.mean(eta));
        Ok(match self.link {
            Link::Logit => {
                Predictions::Classes { classes: 2, probabilities: means.flat_map(|p| [1.0 - p, p]).collect() }
            }
            _ => Predictions::Means(means.collect()),
        })
    }
}
