//! A workbench for model collapse.

pub mod figures;
pub mod notebook;
pub mod report;
