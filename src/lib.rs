//! The model-collapse workbench: generative models retrained on their own output mixed with human
//! data, generation after generation, and what is lost on the way.
//!
//! The loop as library code: a setting from a spec, run for one seed.
//!
//! ```
//! use model_collapse::lineage::{Context, Record};
//! use model_collapse::metrics::Measurement;
//! use model_collapse::run::Prepared;
//! use model_collapse::spec::Experiment;
//!
//! struct Last(f64);
//! impl Record for Last {
//!     fn measurement(&mut self, m: Measurement) {
//!         if m.metric == "variance" {
//!             self.0 = m.value.number().unwrap_or(f64::NAN);
//!         }
//!     }
//! }
//!
//! let spec = "
//!     data  = { source = 'gaussian' }
//!     model = { family = 'gaussian' }
//!     loop  = { generations = 300, samples = 20, regime = 'replace' }
//!     measure = { metrics = ['variance'] }
//! ";
//! let prepared = Prepared::new(Experiment::from_toml(spec, "demo")?, &Context::default())?;
//! let mut last = Last(1.0);
//! let lineage = prepared.settings[0].lineage.as_ref().map_err(Clone::clone)?;
//! lineage.run(0, &mut last)?;
//! assert!(last.0 < 0.1, "a Gaussian refitted 300 times to 20 of its own samples is all but a point");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Read [`lineage`] first: it is the algorithm box. [`regimes`] says what a training set is made of,
//! [`models`] and [`neural`] what is fitted, [`curation`] which rows are kept, [`metrics`] what is
//! measured, [`data`] where human rows come from, [`tasks`] what a training set is good for. [`spec`]
//! reads experiments, [`run`] and [`store`] run them and keep their rows, [`analysis`], [`theory`],
//! [`figures`] and [`publish`] say what the rows mean; [`reproduce`] is the catalogue of papers, and
//! [`augment`] the study of synthetic rows that somebody else made. Whoever prints does so by [`mod@say`].

#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

#[macro_use]
pub mod say;

pub mod analysis;
pub mod augment;
pub mod cli;
pub mod components;
pub mod curation;
pub mod data;
pub mod figures;
pub mod lineage;
pub mod logistic;
pub mod metrics;
pub mod models;
pub mod neural;
pub mod notebook;
pub mod publish;
pub mod regimes;
pub mod registry;
pub mod report;
pub mod reproduce;
pub mod rng;
pub mod run;
pub(crate) mod simd;
pub mod spec;
pub mod store;
pub mod tasks;
pub mod theory;
