//! Human data: what a row is, and where human rows come from.
//!
//! A [`Source`] gives human rows: a [`Distribution`] without end, or a finite data set in three
//! fixed [`Splits`]. Rows travel as [`Samples`] under a [`Schema`]; a training set is a [`Mix`] of
//! blocks that know their origin and generation.

mod arithmetic;
mod correctness;
mod cross_products;
mod digest;
mod distributions;
mod effects;
mod embedded;
pub mod exchange;
mod export;
pub(crate) mod files;
mod full_rank;
mod human;
mod mix;
mod normal_mixture;
mod parameters;
mod recode;
mod regression;
mod rows;
mod samples;
mod scatter;
mod schema;
mod splits;
mod statistics;
mod tagged;
mod text;
mod truth;

pub use correctness::{Checker, Correctness};
pub use cross_products::{CrossProducts, Gram, definite};
pub use digest::digest;
pub use effects::{Effects, FourMeans};
pub use embedded::lexicon::opinion_lexicon;
pub use export::write_csv;
pub use files::largest;
pub(crate) use files::uncompressed;
pub use files::{
    AsHuman, Card, FileError, Missing, Options, OtherCard, OwnFile, Place, Problem, Scheme, open_pair,
};
pub use human::{HumanRows, SupplyError};
pub use mix::{Body, Mix, Origin, Part};
pub use normal_mixture::NormalMixture;
pub use parameters::{ParameterError, SourceError};
pub use regression::{Link, Regression, predictor};
pub use rows::Rows;
pub use samples::{Column, Samples, ShapeError};
pub(crate) use scatter::scatter;
pub use schema::{Field, Kind, Levels, Role, Schema, TokenUnit, Vocabulary};
pub use splits::{Assignment, Shares, TooFewRows};
pub use statistics::{Counts, Moments, Statistics};
pub use text::{Cut, UNKNOWN_CHARACTER, UNKNOWN_WORD};

use std::sync::Arc;

pub use crate::spec::Combine;

use crate::registry::Registry;
use crate::rng::Stream;
use crate::theory::Truth;

/// All sources that a spec can name.
pub const SOURCES: Registry<Source> = Registry {
    kind: "source",
    entries: &[
        distributions::gaussian::ENTRY,
        distributions::uniform_categorical::ENTRY,
        distributions::categorical::ENTRY,
        distributions::zipf::ENTRY,
        distributions::zipf::MANDELBROT,
        distributions::categorical::BERNOULLI,
        distributions::poisson::ENTRY,
        distributions::negative_binomial::ENTRY,
        distributions::gaussian_mixture::ENTRY,
        distributions::gaussian_mixture::EIGHT,
        distributions::gaussian_mixture::TWENTY_FIVE,
        distributions::gaussian_mixture::BLOBS,
        distributions::shapes::TWO_MOONS,
        distributions::shapes::CIRCLES,
        distributions::shapes::SWISS_ROLL,
        distributions::rosenbrock::ENTRY,
        distributions::boolean_expressions::ENTRY,
        distributions::templated_facts::ENTRY,
        distributions::two_class_gaussian::ENTRY,
        distributions::regression::LINEAR,
        distributions::regression::LOGISTIC,
        distributions::regression::POISSON,
        distributions::structural_causal::ENTRY,
        embedded::images::DIGITS,
        embedded::images::FASHION,
        embedded::prose::MOBY_DICK,
        embedded::prose::STATE_OF_THE_UNION,
        embedded::sentences::ENTRY,
        embedded::tweets::ENTRY,
        embedded::tagged::ENTRY,
        arithmetic::items::ENTRY,
        arithmetic::program::ENTRY,
        embedded::tables::NHEFS,
        embedded::tables::ADULT,
        distributions::adult_population::ENTRY,
        files::ANY,
        files::CSV,
        files::TEXT,
        files::JSONL,
        files::CONLL,
        files::IDX,
        files::NUMPY,
        files::IMAGES,
    ],
};

/// Where human rows come from.
pub struct Source {
    /// The name in the registry, or the user's file name.
    pub name: String,
    /// SHA-256 of the rows in hexadecimal for finite data; the parameters for a distribution.
    pub digest: String,
    /// The rows.
    pub supply: Supply,
    /// What was decided of the user's file, where they come from one.
    pub file: Option<Arc<OwnFile>>,
}

impl Source {
    /// Rows drawn from a distribution; its parameters are a part of every setting's hash.
    pub fn of(name: &str, parameters: &impl serde::Serialize, law: impl Distribution + 'static) -> Self {
        let written = serde_json::to_string(parameters).unwrap_or_default();
        Self {
            name: name.into(),
            digest: format!("{name} {written}"),
            supply: Supply::Distribution(Box::new(law)),
            file: None,
        }
    }
}

/// An endless or a finite supply of human rows.
pub enum Supply {
    /// Rows are drawn from a known distribution.
    Distribution(Box<dyn Distribution>),
    /// Rows are taken from a data set.
    Finite(Splits),
}

/// A finite data set, split once and for all (the same for every seed).
#[derive(Clone)]
pub struct Splits {
    /// Rows that training sets are taken from.
    pub train: Arc<Samples>,
    /// Rows for choosing settings; never trained on, never reported.
    pub validation: Arc<Samples>,
    /// Rows that metrics compare with; never trained on.
    pub held_out: Arc<Samples>,
}

/// A distribution with known truth.
pub trait Distribution: Send + Sync {
    /// The columns of a row.
    fn schema(&self) -> &Arc<Schema>;

    /// Draws `n` rows, one after the other: a longer draw from the same stream starts with a
    /// shorter one.
    fn draw(&self, n: usize, rng: &mut Stream) -> Samples;

    /// Draws `n` rows without meaningful labels; `None` where whole rows cost no more.
    fn unlabelled(&self, _n: usize, _rng: &mut Stream) -> Option<Samples> {
        None
    }

    /// What kind of distribution it is, for laws.
    fn kind(&self) -> Truth {
        truth::kind(self)
    }

    /// The true mean of the numeric features (`d` numbers), where it is known.
    fn mean(&self) -> Option<&[f64]> {
        None
    }

    /// The true covariance of the numeric features (row-major, `d × d`), where it is known.
    fn covariance(&self) -> Option<&[f64]> {
        None
    }

    /// The true components, where the truth is a mixture of normal distributions (one of one
    /// component included).
    fn components(&self) -> Option<NormalMixture<'_>> {
        None
    }

    /// The true probability of each outcome, where rows are outcomes.
    fn probabilities(&self) -> Option<&[f64]> {
        None
    }

    /// The true regression of the label on the inputs, where rows are inputs with a label.
    fn regression(&self) -> Option<&Regression> {
        None
    }

    /// The four means behind the causal effects of the group on the label, where they are known for
    /// a graph with these mediators.
    fn four_means(&self, _mediators: &[String]) -> Option<FourMeans> {
        None
    }

    /// The true log density (or log probability) of each row, in nats, where it is known. Where rows are inputs with
    /// a label it is that of the label given the inputs.
    fn log_density(&self, _rows: &Samples) -> Option<Vec<f64>> {
        None
    }

    /// The exact check of rows, where what is right can be decided.
    fn checker(&self) -> Option<&dyn Checker> {
        None
    }
}

impl Source {
    /// The columns of a row.
    pub fn schema(&self) -> &Arc<Schema> {
        match &self.supply {
            Supply::Distribution(d) => d.schema(),
            Supply::Finite(splits) => splits.train.schema(),
        }
    }

    /// The columns of the rows that metrics compare with: text has the words that people wrote, also those
    /// too rare for the vocabulary of [`Source::schema`], which come after it.
    pub fn measured_schema(&self) -> &Arc<Schema> {
        match &self.supply {
            Supply::Distribution(d) => d.schema(),
            Supply::Finite(splits) => splits.held_out.schema(),
        }
    }

    /// The truth behind the rows, where it is known.
    pub fn truth(&self) -> Option<&dyn Distribution> {
        match &self.supply {
            Supply::Distribution(d) => Some(d.as_ref()),
            Supply::Finite(_) => None,
        }
    }

    /// The number of rows that training sets can be taken from; `None` if there is no end.
    pub fn available(&self) -> Option<usize> {
        match &self.supply {
            Supply::Distribution(_) => None,
            Supply::Finite(splits) => Some(splits.train.len()),
        }
    }

    /// The number of held-out rows; `None` if there is no end.
    pub fn held_out(&self) -> Option<usize> {
        match &self.supply {
            Supply::Distribution(_) => None,
            Supply::Finite(splits) => Some(splits.held_out.len()),
        }
    }
}

#[cfg(test)]
mod tests;
