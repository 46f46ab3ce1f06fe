//! Rows of a table as vectors of scaled features, and back.
//!
//! Columns are joined in their order: numbers scaled by the range that the schema states (without one: to mean 0 and
//! deviation 1 of the training rows) or all to mean 0 and deviation 1, codes one-hot. A label may be kept apart, for models that are conditional on it.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::{Column, Field, Kind, Role, Samples, Schema, ShapeError};
use crate::models::{FitError, Refusal};

/// How numbers with a stated range are scaled; those without one always have mean 0 and deviation 1, each feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scaling {
    /// The range to \[0, 1\].
    Unit,
    /// All cells of the column together to mean 0 and deviation 1: pixels that seldom vary stay small.
    Standard,
}

/// How the columns of a table are joined into one vector.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Table {
    schema: Arc<Schema>,
    width: usize,
    /// Bits of each feature's offset and scale: scaled = (value − offset) / scale.
    scaling: Vec<[u32; 2]>,
    /// The column of the label that is kept apart.
    #[serde(default)]
    label: Option<usize>,
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

/// The column of the label of a class-conditional model, with its number of classes.
pub(super) fn label_of(schema: &Schema) -> Option<(usize, usize)> {
    match schema.first(Role::Label)? {
        (i, Field { kind: Kind::Codes { levels }, .. }) => Some((i, levels.count())),
        _ => None,
    }
}

/// The features of a row beside its label.
pub(super) fn features_of(schema: &Schema) -> usize {
    let apart = label_of(schema).map(|(column, _)| column);
    let features = schema.fields.iter().enumerate().filter(|(i, _)| apart != Some(*i));
    features.map(|(_, f)| width_of(&f.kind)).sum()
}

/// Refuses columns that can't be joined; `apart` is the column of a label that is not among the features.
pub(super) fn check(family: &str, schema: &Schema, apart: Option<usize>) -> Result<(), Refusal> {
    for field in &schema.fields {
        if matches!(field.kind, Kind::Ragged { .. }) {
            return Err(Refusal::new(format!("{family}: column `{}` holds sequences", field.name)));
        }
    }
    let features = schema.fields.iter().enumerate().filter(|(i, _)| apart != Some(*i));
    match features.map(|(_, f)| width_of(&f.kind)).sum::<usize>() {
        0 if apart.is_some() => {
            Err(Refusal::new(format!("{family}: the rows have no columns beside their label")))
        }
        0 => Err(Refusal::new(format!("{family}: the rows have no columns"))),
        _ => Ok(()),
    }
}

/// One column among the features.
pub(super) struct Part<'a> {
    /// The column.
    pub(super) field: &'a Field,
    /// Its place in the table.
    pub(super) column: usize,
    /// Its features.
    pub(super) at: Range<usize>,
}

impl Part<'_> {
    /// Whether the features are one-hot.
    pub(super) fn is_codes(&self) -> bool {
        matches!(self.field.kind, Kind::Codes { .. })
    }
}

impl Table {
    /// Plans the vector and its scaling; `apart` is the column of a label that is not among the features.
    pub(super) fn fit(rows: &Samples, to: Scaling, apart: Option<usize>) -> Self {
        let schema = rows.schema().clone();
        let mut scaling = Vec::new();
        for (c, field) in schema.fields.iter().enumerate().filter(|(c, _)| apart != Some(*c)) {
            let width = width_of(&field.kind);
            let all = moments((0..rows.len() * width).map(|i| number(rows.column(c), i)));
            for i in 0..width {
                let (offset, scale) = match (&field.kind, range_of(&field.kind), to) {
                    (Kind::Codes { .. }, _, _) => (0.0, 1.0),
                    (_, Some((low, high)), Scaling::Unit) => (low, high - low),
                    (_, Some(_), Scaling::Standard) => all,
                    _ => moments((0..rows.len()).map(|r| number(rows.column(c), r * width + i))),
                };
                scaling.push([offset.to_bits(), scale.to_bits()]);
            }
        }
        Table { width: scaling.len(), schema, scaling, label: apart }
    }

    /// Features a row.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The columns among the features, in order.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let columns = self.schema.fields.iter().enumerate().filter(|(c, _)| self.label != Some(*c));
        columns.scan(0, |from, (column, field)| {
            let at = *from..*from + width_of(&field.kind);
            *from = at.end;
            Some(Part { field, column, at })
        })
    }

    /// Offset and scale of a feature: value = offset + scale · feature.
    pub(super) fn scale(&self, i: usize) -> (f32, f32) {
        let [offset, scale] = self.scaling[i];
        (f32::from_bits(offset), f32::from_bits(scale))
    }

    /// Scaled features, `[rows, width]`; refuses what is not finite and rows of other columns.
    pub(super) fn encode(&self, family: &str, rows: &Samples) -> Result<Vec<f32>, FitError> {
        if let Some((row, column)) = rows.first_non_finite() {
            return Err(FitError::NotFinite { column: column.into(), row });
        }
        let kinds = |s: &Schema| s.fields.iter().map(|f| width_of(&f.kind)).collect::<Vec<_>>();
        if kinds(rows.schema()) != kinds(&self.schema) {
            let why = format!("{family}: these rows have other columns than the training rows");
            return Err(Refusal::new(why).into());
        }
        let mut data = vec![0.0f32; rows.len() * self.width];
        for part in self.parts() {
            let column = rows.column(part.column);
            let width = part.at.len();
            for (r, to) in data.chunks_exact_mut(self.width).enumerate() {
                let to = &mut to[part.at.clone()];
                if let Column::Codes { data } = column {
                    if let Some(one) = to.get_mut(data[r] as usize) {
                        *one = 1.0;
                    }
                    continue;
                }
                for (i, v) in to.iter_mut().enumerate() {
                    let (offset, scale) = self.scale(part.at.start + i);
                    *v = (number(column, r * width + i) - offset) / scale;
                }
            }
        }
        Ok(data)
    }

    /// The codes of the label that is kept apart; none where no label is.
    pub(super) fn labels<'a>(&self, rows: &'a Samples) -> &'a [u32] {
        match self.label.map(|c| rows.column(c)) {
            Some(Column::Codes { data }) => data,
            _ => &[],
        }
    }

    /// ln of the volume that one unit of every feature spans: what turns a density of features into one of rows.
    pub(super) fn log_volume(&self) -> f64 {
        (0..self.width).map(|i| f64::from(self.scale(i).1).ln()).sum()
    }

    /// Starts a table of `n` rows; `cut` cuts numbers to their stated range.
    pub(super) fn writer(&self, n: usize, cut: bool) -> Writer<'_> {
        let empty = |kind: &Kind| match kind {
            Kind::F32 { width, .. } => Column::F32 { width: *width, data: Vec::with_capacity(n * width) },
            Kind::F64 { width } => Column::F64 { width: *width, data: Vec::with_capacity(n * width) },
            _ => Column::Codes { data: Vec::with_capacity(n) },
        };
        let columns = self.schema.fields.iter().map(|f| empty(&f.kind)).collect();
        Writer { table: self, columns, cut }
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

/// Turns rows of scaled features back into columns.
pub(super) struct Writer<'a> {
    table: &'a Table,
    columns: Vec<Column>,
    cut: bool,
}

impl Writer<'_> {
    /// Appends a row; of one-hot features the largest is the level. `label` is that of the column kept apart.
    pub(super) fn push(&mut self, row: &[f32], label: Option<u32>) {
        for part in self.table.parts() {
            let cells = &row[part.at.clone()];
            let range = range_of(&part.field.kind).filter(|_| self.cut);
            let value = |(i, v): (usize, &f32)| {
                let (offset, scale) = self.table.scale(part.at.start + i);
                let value = offset + scale * v;
                range.map_or(value, |(low, high)| value.clamp(low, high))
            };
            match &mut self.columns[part.column] {
                Column::F32 { data, .. } => data.extend(cells.iter().enumerate().map(value)),
                Column::F64 { data, .. } => data.extend(cells.iter().enumerate().map(value).map(f64::from)),
                Column::Codes { data } => data.push(largest(cells)),
                Column::Ragged { .. } => {}
            }
        }
        if let (Some(column), Some(code)) = (self.table.label, label)
            && let Column::Codes { data } = &mut self.columns[column]
        {
            data.push(code);
        }
    }

    /// The finished table.
    pub(super) fn finish(self) -> Result<Samples, ShapeError> {
        Samples::new(self.table.schema.clone(), self.columns)
    }
}

/// The place of the largest value, the first of equal ones.
fn largest(cells: &[f32]) -> u32 {
    let mut best = 0;
    for (i, v) in cells.iter().enumerate() {
        if *v > cells[best] {
            best = i;
        }
    }
    best as u32
}
