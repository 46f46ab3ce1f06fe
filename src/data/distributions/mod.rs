//! Sources with known truth: rows are drawn from a distribution without end.
//!
//! One file each; a file states the density, the truth that metrics may compare with, and the
//! parameters. Distributions over outcomes share [`outcomes`].

pub(super) mod adult_population;
pub(super) mod boolean_expressions;
pub(super) mod categorical;
pub(super) mod gaussian;
pub(super) mod gaussian_mixture;
mod mixture;
pub(super) mod negative_binomial;
mod outcomes;
pub(super) mod poisson;
pub(super) mod regression;
pub(super) mod rosenbrock;
pub(super) mod shapes;
pub(super) mod structural_causal;
pub(super) mod templated_facts;
pub(super) mod two_class_gaussian;
pub(super) mod uniform_categorical;
pub(super) mod zipf;

use std::sync::Arc;

use super::{Column, Kind, Samples, Schema};

/// The schema of rows of `d` numbers.
fn numbers(d: usize) -> Arc<Schema> {
    Arc::new(Schema::single(Kind::F64 { width: d }))
}

/// A table of rows of `d` numbers.
fn table(schema: &Arc<Schema>, d: usize, data: Vec<f64>) -> Samples {
    Samples::trusted(schema.clone(), vec![Column::F64 { width: d, data }])
}

/// Makes a source from a JSON table of parameters, as the spec would; an error names its key first.
#[cfg(test)]
fn from_json<P: super::parameters::Build>(json: &str) -> Result<super::Source, crate::spec::Error> {
    let table = crate::spec::Node::from_toml(&format!("x = {}", json.replace("\":", "\" =")), "test");
    let table = table.expect("a table");
    super::parameters::build::<P>(table.get("x").expect("the table"), &Default::default())
}
