//! The model-collapse workbench.

pub mod analysis;
pub mod cli;
pub mod curation;
pub mod data;
pub mod figures;
pub mod lineage;
pub mod metrics;
pub mod models;
pub mod neural;
pub mod notebook;
pub mod publish;
pub mod regimes;
pub mod registry;
pub mod report;
pub mod rng;
pub mod run;
pub mod spec;
pub mod store;
pub mod theory;
