//! A workbench for model collapse.

pub mod figures;
