//! The model-collapse workbench.

pub mod curation;
pub mod data;
pub mod lineage;
pub mod metrics;
pub mod models;
pub mod regimes;
pub mod registry;
pub mod rng;
pub mod spec;
pub mod store;
