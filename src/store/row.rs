//! The long-form row of `metrics.csv`: one observation of one metric.

use crate::metrics::Measurement;

/// One row of `metrics.csv`. Empty cells are `None`; NaN is never written.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The experiment's name.
    pub experiment: String,
    /// The cell that the row belongs to.
    pub cell: String,
    /// The source of human rows.
    pub data: String,
    /// The family.
    pub model: String,
    /// The regime.
    pub regime: String,
    /// The human fraction that was asked for.
    pub human_fraction: Option<f64>,
    /// Rows per generation.
    pub samples: Option<f64>,
    /// What the lineage measured.
    pub measurement: Measurement,
    /// The values of the further swept keys, in the order of the file's extra columns.
    pub swept: Vec<String>,
}
