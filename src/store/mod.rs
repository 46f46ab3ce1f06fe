//! What is on disk: rows, manifest, atomic writes, merging.

mod row;

pub use row::Row;
