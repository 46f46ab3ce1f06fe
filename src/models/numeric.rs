//! What families of numeric rows share: which tables they take, and tables of the same shape out.

use std::sync::Arc;

use super::{FitError, Refusal, SampleError};
use crate::data::{Body, Column, Kind, Mix, Role, Samples, Schema};

/// Refuses tables with anything but numeric feature columns.
pub fn accepts(schema: &Schema) -> Result<(), Refusal> {
    for field in &schema.fields {
        let numeric = matches!(field.kind, Kind::F32 { .. } | Kind::F64 { .. });
        if !(numeric && field.role == Role::Feature) {
            return Err(Refusal::new(format!(
                "column `{}` holds {}; this family models numeric features and nothing else",
                field.name, field.kind
            )));
        }
    }
    if schema.numeric_width() == 0 {
        return Err(Refusal::new("the rows have no numeric feature"));
    }
    Ok(())
}

/// The shape of the rows that a model was fitted on. On the statistics path there were none; then
/// rows come out as one column of doubles.
#[derive(Clone, Default)]
pub struct Layout(Option<Arc<Schema>>);

impl Layout {
    /// The layout of the first block of rows in a training set.
    pub fn of(mix: &Mix) -> Self {
        Self(mix.parts.iter().find_map(|p| match &p.body {
            Body::Rows(rows) => Some(rows.table().schema().clone()),
            Body::Statistics(_) => None,
        }))
    }

    /// A table of the row-major matrix `data` with `d` columns.
    pub fn table(&self, d: usize, data: Vec<f64>) -> Result<Samples, SampleError> {
        if data.iter().any(|v| !v.is_finite()) {
            return Err(SampleError::NotFinite);
        }
        let schema = match &self.0 {
            Some(schema) => schema.clone(),
            None => Arc::new(Schema::single(Kind::F64 { width: d })),
        };
        let columns = if let [field] = schema.fields.as_slice()
            && matches!(field.kind, Kind::F64 { .. })
        {
            vec![Column::F64 { width: d, data }]
        } else {
            let mut from = 0;
            let mut columns = Vec::with_capacity(schema.fields.len());
            for field in &schema.fields {
                let cells = |from: usize, width: usize| {
                    data.chunks_exact(d).flat_map(move |row| row[from..from + width].iter().copied())
                };
                let (column, width) = match field.kind {
                    Kind::F32 { width, .. } => {
                        (Column::F32 { width, data: cells(from, width).map(|v| v as f32).collect() }, width)
                    }
                    Kind::F64 { width } => (Column::F64 { width, data: cells(from, width).collect() }, width),
                    _ => return Err(Refusal::new("the rows were not numeric").into()),
                };
                columns.push(column);
                from += width;
            }
            columns
        };
        Samples::new(schema, columns).map_err(|e| Refusal::new(e.to_string()).into())
    }
}

/// A training set as one row-major matrix with one weight per row; the weights sum to the number of
/// rows, so that only their ratios matter.
pub struct Matrix {
    /// `n × d` numbers.
    pub data: Vec<f64>,
    /// Numbers per row.
    pub d: usize,
    /// `n` weights.
    pub weights: Vec<f64>,
}

impl Matrix {
    /// Gathers the rows. Errors on blocks of statistics, no rows, no weight, NaN and infinity.
    pub fn of(mix: &Mix) -> Result<Self, FitError> {
        let (table, mut weights) = gathered(mix)?;
        accepts(table.schema())?;
        normalise(&mut weights)?;
        Ok(Self { data: table.features(), d: table.schema().numeric_width(), weights })
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Row `i`.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.d..(i + 1) * self.d]
    }
}

/// All rows and their weights. Errors on blocks of statistics, no rows, NaN and infinity.
pub fn gathered(mix: &Mix) -> Result<(Samples, Vec<f64>), FitError> {
    if mix.is_empty() {
        return Err(FitError::TooFewRows { needed: 1, found: 0 });
    }
    let Some(gathered) = mix.gather() else {
        return Err(
            Refusal::new("this family is fitted from rows, not from statistics (`path = \"rows\"`)").into()
        );
    };
    let (table, weights) = gathered.map_err(|e| Refusal::new(e.to_string()))?;
    if let Some((row, column)) = table.first_non_finite() {
        return Err(FitError::NotFinite { column: column.into(), row });
    }
    Ok((table, weights))
}

/// Scales weights so that they sum to their number. Errors if none is positive.
pub fn normalise(weights: &mut [f64]) -> Result<(), Refusal> {
    let total: f64 = weights.iter().sum();
    if !(total > 0.0 && total.is_finite()) {
        return Err(Refusal::degenerate("the training set's rows have no weight"));
    }
    let scale = weights.len() as f64 / total;
    if scale != 1.0 {
        weights.iter_mut().for_each(|w| *w *= scale);
    }
    Ok(())
}
