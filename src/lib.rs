//! A simulation and research workbench for model collapse.

pub mod spec;
