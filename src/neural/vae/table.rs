//! Rows of a table as vectors of features, and back.

use std::sync::Arc;

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::{Likelihood, Output};
use crate::data::{Column, Kind, Samples, Schema, ShapeError};
use crate::models::{FitError, Refusal};
use crate::neural::kernels::simd::sigmoid;
use crate::neural::kernels::variational::Reconstruction;
use crate::rng::Stream;

/// How the columns of a table are joined into one vector.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Table {
    schema: Arc<Schema>,
    width: usize,
    /// Bits of each feature's offset and scale: scaled = (value − offset) / scale.
    scaling: Vec<[u32; 2]>,
}

fn width_of(kind: &Kind) -> usize {
    match kind {
        Kind::F32 { width, .. } | Kind::F64 { width } => *width,
        Kind::Codes { levels } => levels.count(),
        Kind::Ragged { .. } => 0,
    }
}

fn range_of(kind: &Kind) -> Option<(f32, f32)> {
    match kind {
        Kind::F32 { range: Some((low, high)), .. } if high > low => Some((*low, *high)),
        _ => None,
    }
}

fn number(column: &Column, i: usize) -> f32 {
    match column {
        Column::F32 { data, .. } => data[i],
        Column::F64 { data, .. } => data[i] as f32,
        _ => 0.0,
    }
}

impl Table {
    /// Refuses columns that can't be joined.
    pub(super) fn check(schema: &Schema, likelihood: Likelihood) -> Result<(), Refusal> {
        for field in &schema.fields {
            match &field.kind {
                Kind::Ragged { .. } => {
                    return Err(Refusal::new(format!("vae: column `{}` holds sequences", field.name)));
                }
                Kind::Codes { .. } => {}
                kind if likelihood == Likelihood::Bernoulli && range_of(kind).is_none() => {
                    return Err(Refusal::new(format!(
                        "vae: column `{}` states no range, which likelihood = \"bernoulli\" needs; \
                         use likelihood = \"gaussian\"",
                        field.name
                    )));
                }
                _ => {}
            }
        }
        match schema.fields.iter().map(|f| width_of(&f.kind)).sum::<usize>() {
            0 => Err(Refusal::new("vae: the rows have no columns")),
            _ => Ok(()),
        }
    }

    /// Plans the vector and its scaling.
    pub(super) fn fit(rows: &Samples) -> Self {
        let schema = rows.schema().clone();
        let mut scaling = Vec::new();
        for (c, field) in schema.fields.iter().enumerate() {
            let width = width_of(&field.kind);
            for i in 0..width {
                let (offset, scale) = match (&field.kind, range_of(&field.kind)) {
                    (Kind::Codes { .. }, _) => (0.0, 1.0),
                    (_, Some((low, high))) => (low, high - low),
                    _ => moments((0..rows.len()).map(|r| number(rows.column(c), r * width + i))),
                };
                scaling.push([offset.to_bits(), scale.to_bits()]);
            }
        }
        Table { width: scaling.len(), schema, scaling }
    }

    /// Features a row.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    fn scale(&self, i: usize) -> (f32, f32) {
        let [offset, scale] = self.scaling[i];
        (f32::from_bits(offset), f32::from_bits(scale))
    }

    /// Scaled features, `[rows, width]`; refuses what is not finite or out of range.
    pub(super) fn encode(&self, rows: &Samples, likelihood: Likelihood) -> Result<Vec<f32>, FitError> {
        if let Some((row, column)) = rows.first_non_finite() {
            return Err(FitError::NotFinite { column: column.into(), row });
        }
        let kinds = |s: &Schema| s.fields.iter().map(|f| width_of(&f.kind)).collect::<Vec<_>>();
        if kinds(rows.schema()) != kinds(&self.schema) {
            return Err(Refusal::new("vae: these rows have other columns than the training rows").into());
        }
        let mut data = vec![0.0f32; rows.len() * self.width];
        let mut at = 0;
        for (c, field) in self.schema.fields.iter().enumerate() {
            let width = width_of(&field.kind);
            let column = rows.column(c);
            for r in 0..rows.len() {
                let to = &mut data[r * self.width + at..][..width];
                if let Column::Codes { data } = column {
                    if let Some(one) = to.get_mut(data[r] as usize) {
                        *one = 1.0;
                    }
                    continue;
                }
                for (i, v) in to.iter_mut().enumerate() {
                    let (offset, scale) = self.scale(at + i);
                    *v = (number(column, r * width + i) - offset) / scale;
                    if likelihood == Likelihood::Bernoulli && !(-1e-5..=1.0 + 1e-5).contains(v) {
                        return Err(Refusal::new(format!(
                            "vae: column `{}`, row {r}: {} is outside the stated range",
                            field.name,
                            number(column, r * width + i)
                        ))
                        .into());
                    }
                }
            }
            at += width;
        }
        Ok(data)
    }

    /// ln of the density of a scaled row → ln of the density of a row, the Gaussian's
    /// ½ Σ ln 2πv included; 0 under Bernoulli, which is no density.
    pub(super) fn log_volume(&self, how: &Reconstruction) -> f64 {
        let Reconstruction::Gaussian(variances) = how else { return 0.0 };
        let of = |(i, v): (usize, &f32)| {
            f64::from(self.scale(i).1).ln() + 0.5 * (2.0 * std::f64::consts::PI * f64::from(*v)).ln()
        };
        -variances.iter().enumerate().map(of).sum::<f64>()
    }

    /// Starts a table of `n` rows.
    pub(super) fn writer(&self, n: usize) -> Writer<'_> {
        let empty = |kind: &Kind| match kind {
            Kind::F32 { width, .. } => Column::F32 { width: *width, data: Vec::with_capacity(n * width) },
            Kind::F64 { width } => Column::F64 { width: *width, data: Vec::with_capacity(n * width) },
            _ => Column::Codes { data: Vec::with_capacity(n) },
        };
        let columns = self.schema.fields.iter().map(|f| empty(&f.kind)).collect();
        Writer { table: self, columns }
    }
}

/// Mean and deviation; a constant has deviation 1.
fn moments(values: impl Iterator<Item = f32> + Clone) -> (f32, f32) {
    let n = values.clone().count() as f64;
    let mean = values.clone().map(f64::from).sum::<f64>() / n;
    let variance = values.map(|v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n;
    let usable = variance.is_finite() && variance > 1e-12;
    (mean as f32, if usable { variance.sqrt() as f32 } else { 1.0 })
}

/// Turns decoded rows back into columns.
pub(super) struct Writer<'a> {
    table: &'a Table,
    columns: Vec<Column>,
}

impl Writer<'_> {
    /// Appends one decoded row (logits or means).
    pub(super) fn push(&mut self, row: &[f32], how: &Reconstruction, output: Output, rng: &mut Stream) {
        let mut at = 0;
        for (field, column) in self.table.schema.fields.iter().zip(&mut self.columns) {
            let cells = &row[at..at + width_of(&field.kind)];
            let mut value = |i: usize, v: f32| {
                let scaled = match (how, output) {
                    (Reconstruction::Bernoulli, Output::Mean) => sigmoid(v),
                    (Reconstruction::Bernoulli, Output::Sample) => {
                        f32::from(u8::from(rng.random::<f32>() < sigmoid(v)))
                    }
                    (Reconstruction::Gaussian(_), Output::Mean) => v,
                    (Reconstruction::Gaussian(variances), Output::Sample) => {
                        v + variances[at + i].sqrt() * rng.sample::<f32, _>(StandardNormal)
                    }
                };
                let (offset, scale) = self.table.scale(at + i);
                let value = offset + scale * scaled;
                range_of(&field.kind).map_or(value, |(low, high)| value.clamp(low, high))
            };
            match column {
                Column::F32 { data, .. } => data.extend(cells.iter().enumerate().map(|(i, &v)| value(i, v))),
                Column::F64 { data, .. } => {
                    data.extend(cells.iter().enumerate().map(|(i, &v)| f64::from(value(i, v))));
                }
                Column::Codes { data } => data.push(category(cells, how, rng)),
                Column::Ragged { .. } => {}
            }
            at += cells.len();
        }
    }

    /// The finished table.
    pub(super) fn finish(self) -> Result<Samples, ShapeError> {
        Samples::new(self.table.schema.clone(), self.columns)
    }
}

/// Draws a level in proportion to its decoded probability.
fn category(cells: &[f32], how: &Reconstruction, rng: &mut Stream) -> u32 {
    let weight = |&v: &f32| match how {
        Reconstruction::Bernoulli => f64::from(sigmoid(v)),
        Reconstruction::Gaussian(_) => f64::from(v.max(1e-6)),
    };
    let total: f64 = cells.iter().map(weight).sum();
    let mut left = rng.random::<f64>() * total;
    for (level, v) in cells.iter().enumerate() {
        left -= weight(v);
        if left < 0.0 {
            return level as u32;
        }
    }
    cells.len().saturating_sub(1) as u32
}
