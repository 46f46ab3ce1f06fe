//! The model-collapse workbench: generative models retrained on their own output mixed with human
//! data, generation after generation, and what is lost on the way.
//!
//! # An experiment
//!
//! ```
//! use model_collapse::prelude::*;
//!
//! let run = Experiment::new("a Gaussian refitted to its own samples")
//!     .source(Gaussian::new(1))                             // where human rows come from
//!     .family("gaussian")                                   // what is fitted
//!     .generations(30)
//!     .samples(50)                                          // rows of a training set
//!     .metrics(["variance", "wasserstein2"])
//!     .sweep("loop.regime", ["replace", "accumulate"])      // every value, with the same seeds
//!     .seeds(20)
//!     .run()?;                                              // run_in("results/mine") keeps it and resumes
//! println!("{}", run.summary());
//!
//! let last = |regime: &str| -> Result<f64, ExperimentError> {
//!     let of = run.values("variance")?;
//!     let last = of.iter().filter(|v| v.setting == regime && v.generation == 30);
//!     Ok(last.filter_map(|v| v.observed.number()).sum::<f64>() / 20.0)
//! };
//! assert!(last("replace")? < 0.75 && last("accumulate")? > 0.85);
//!
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("variance.svg");
//! run.curve("variance").with_law().save(&file)?;            // the closed-form law over it
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A component is named by a string as in a spec, with parameters by [`Part`](prelude::Part) (or a struct such as
//! [`Gaussian`](prelude::Gaussian)). `collapse list` shows the names and `collapse describe NAME` what they mean. Every key of
//! a spec can be [`set`](prelude::Experiment::set) and [swept](prelude::Experiment::sweep), and every experiment
//! [is a spec](prelude::Experiment::to_toml) that `collapse run` takes.
//!
//! A value that is not there (a covariance that became singular, an infinite divergence) is a result: [`Value`](prelude::Value)
//! has a number, an infinity, or the reason.
//!
//! # How much human data does it take?
//!
//! ```
//! use model_collapse::prelude::*;
//!
//! let run = Experiment::new("mixes")
//!     .source("gaussian")
//!     .family("gaussian")
//!     .regime("fixed-mix")
//!     .human_fractions([0.0, 0.5, 1.0])
//!     .set("sampling.covariance_scale", 0.7)
//!     .generations(10)
//!     .samples(100)
//!     .metrics(["variance"])
//!     .seeds(20)
//!     .run()?;
//! let comparison = run.comparison()?;
//! println!("{comparison}");                                 // the plain answer, a sentence each
//! let half = comparison.prevented("variance", 0.5).unwrap().as_ref().unwrap();
//! assert!(half.share > 0.5, "half of the rows human prevents most of the loss");
//! assert!(comparison.critical("variance").is_some());
//! # Ok::<(), ExperimentError>(())
//! ```
//!
//! # Components of your own
//!
//! A family of numbers and a metric of samples are a function or two ([`number_family`](prelude::number_family),
//! [`sample_metric`](prelude::sample_metric)); all else implements [`Family`](prelude::Family) and
//! [`Model`](prelude::Model), [`Metric`](prelude::Metric), [`Curation`](components::Curation) or [`Task`](components::Task). A
//! regime is a row of [`Choices`](prelude::Choices). Registered, they can be named in a spec, swept, compared, drawn and resumed like any
//! other.
//!
//! ```
//! use std::sync::Arc;
//! use model_collapse::prelude::*;
//!
//! /// Rows drawn from the training set with replacement: a bootstrap.
//! struct Bootstrap;
//! struct Fitted(Samples);
//!
//! impl Family for Bootstrap {
//!     fn accepts(&self, _: &Schema) -> Result<(), Refusal> {
//!         Ok(())
//!     }
//!     fn fit(&self, mix: &Mix, _: Start<'_>, _: &Streams) -> Result<Box<dyn Model>, FitError> {
//!         let (rows, _weights) = rows_of(mix)?;
//!         Ok(Box::new(Fitted(rows)))
//!     }
//! }
//!
//! impl Model for Fitted {
//!     fn synthesise(&self, _: Ask<'_>, n: usize, _: &Sampling, streams: &Streams) -> Result<Samples, SampleError> {
//!         use rand::RngExt;
//!         let mut rng = streams.rng();
//!         let chosen: Vec<u32> = (0..n).map(|_| rng.random_range(0..self.0.len() as u32)).collect();
//!         Ok(self.0.take(&chosen))
//!     }
//!     fn size(&self) -> usize {
//!         self.0.len()
//!     }
//! }
//!
//! let different = |rows: &Samples| {
//!     let mut values: Vec<u64> = rows.features().iter().map(|v| v.to_bits()).collect();
//!     values.sort_unstable();
//!     values.dedup();
//!     values.len() as f64 / rows.len() as f64
//! };
//! let components = Components::standard()
//!     // The version is a part of the hash of every setting that uses it: raise it when results change.
//!     .family(Description::new("bootstrap").namespace("mine").version(2), |_, _| Ok(Bootstrap))
//!     .metric("different-share", Reading::share(), move |_, _| Ok(sample_metric("different-share", different)))
//!     .regime("forgetful", Choices { retain_synthetic: RetainSynthetic::Share(0.5), ..Choices::REPLACE });
//!
//! let run = Experiment::new("copies of copies")
//!     .components(components)
//!     .source("gaussian")
//!     .family("bootstrap")
//!     .generations(8)
//!     .samples(100)
//!     .metrics(["different-share"])
//!     .sweep("loop.regime", ["replace", "forgetful"])
//!     .run()?;
//! let values = run.values("different-share")?;
//! let at = |g: u32| values.iter().find(|v| v.generation == g && v.subject == Subject::Model).unwrap().observed.number();
//! assert!(at(8) < at(0), "copies of copies repeat themselves");
//! # Ok::<(), ExperimentError>(())
//! ```
//!
//! [`cli::main`] with the same components gives your crate the whole command line: `mycrate compare --data x.csv --model bootstrap`.
//!
//! # What stands where
//!
//! [`prelude`] has what an experiment in code needs, [`components`] what a component of your own is made of, [`cli`] the command
//! line. Everything else is private; `ARCHITECTURE.md` is its map, and `src/lineage.rs` the algorithm box.

#![cfg_attr(not(test), warn(clippy::print_stdout, clippy::print_stderr))]

#[macro_use]
#[doc(hidden)]
pub mod say;

pub mod cli;
pub mod components;
pub mod prelude;
#[doc(hidden)]
pub mod reproduce;

mod analysis;
mod augment;
mod curation;
mod data;
mod experiment;
mod figures;
mod lineage;
mod logistic;
mod metrics;
mod models;
mod neural;
mod notebook;
mod output;
mod publish;
mod regimes;
mod registry;
mod report;
mod rng;
mod run;
mod simd;
mod spec;
mod store;
mod tasks;
mod theory;

/// What `benches/` times behind the front door; no promise is made of it.
#[doc(hidden)]
pub mod benched {
    pub use crate::prelude::*;

    pub use crate::data::{
        Body, Column, Combine, Counts, Kind, Mix, Moments, Part, Rows, SOURCES, Samples, Schema, Statistics,
        TokenUnit, Vocabulary,
    };
    pub use crate::lineage::{Context, Lineage, Record};
    pub use crate::metrics::distances::Points;
    pub use crate::metrics::manifold::compare;
    pub use crate::models::{Categorical, FAMILIES, Gaussian, NGram};
    pub use crate::neural::flow_matching::{FlowMatching, FlowMatchingParams};
    pub use crate::neural::gpt::{Gpt, GptParams};
    pub use crate::neural::gru::{Gru, GruParams};
    pub use crate::neural::language::Training;
    pub use crate::neural::realnvp::{Realnvp, RealnvpParams};
    pub use crate::neural::train::Budget;
    pub use crate::neural::transport::TransportParams;
    pub use crate::neural::vae::{Vae, VaeParams};
    pub use crate::run::Prepared;
    pub use crate::spec::Experiment;
}
