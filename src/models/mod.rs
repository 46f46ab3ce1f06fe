//! Families and models.
//!
//! A [`Family`] is a recipe: it fits a training set and returns a [`Model`]. They are two types, so
//! nothing can sample before it is fitted. Closed-form families live in this folder, one file each;
//! burn families in [`neural`](crate::neural).

mod absence;
pub(crate) mod affine;
mod bernoulli;
mod categorical;
pub(crate) mod cholesky;
pub(crate) mod class_conditional;
mod command;
#[cfg(test)]
mod conformance;
mod counts;
mod empirical;
mod encoding;
mod error;
mod gaussian;
mod gaussian_mixture;
mod held_back;
mod histogram;
mod kde;
pub(crate) mod labelled;
mod loss_curve;
mod neon;
mod ngram;
mod normal_rows;
mod numeric;
mod poisson;
mod ppca;
pub(crate) mod ranges;
#[cfg(test)]
mod reference;
mod regression;
mod sampling;
mod step;
mod tabular;
mod tagged_ngram;
mod templates;
#[cfg(test)]
mod tests;
mod vectoriser;
mod wishart;

pub use absence::Absence;
pub use affine::{Affine, Moved};
pub use bernoulli::Bernoulli;
pub use categorical::Categorical;
pub use command::{announce_programs, kill_left_programs, kill_programs, stop_programs};
pub use encoding::Encoding;
pub use error::{FitError, Refusal, SampleError, StorageError};
pub use gaussian::{Covariance, Gaussian};
pub use gaussian_mixture::GaussianMixture;
pub(crate) use gaussian_mixture::clusters;
pub use loss_curve::LossCurve;
pub use neon::Neon;
pub use ngram::{NGram, NGramModel};
pub(crate) use numeric::Matrix;
pub use sampling::{Sampling, Transform};
pub use step::Step;
pub use vectoriser::{Vectoriser, documents};

use std::any::Any;
use std::path::Path;

use crate::data::{
    Combine, Distribution, Link, Mix, NormalMixture, Origin, Rows, Samples, Schema, Statistics,
};
use crate::registry::Registry;
use crate::rng::{Stream, Streams};
use crate::theory;

/// A boxed family.
pub type BoxedFamily = Box<dyn Family>;

/// The closed-form families.
pub static FAMILIES: Registry<BoxedFamily> = Registry {
    kind: "model family",
    entries: &[
        gaussian::ENTRY,
        categorical::ENTRY,
        ngram::ENTRY,
        class_conditional::ENTRY,
        templates::ENTRY,
        kde::ENTRY,
        empirical::ENTRY,
        command::ENTRY,
        regression::LINEAR,
        regression::RIDGE,
        regression::LOGISTIC,
        regression::POISSON,
        regression::RANDOM_FEATURES,
        ppca::ENTRY,
        gaussian_mixture::ENTRY,
        gaussian_mixture::SYMMETRIC,
        histogram::ENTRY,
        bernoulli::ENTRY,
        poisson::ENTRY,
        tagged_ngram::ENTRY,
        tabular::ENTRY,
    ],
};

/// The recipe of a model.
pub trait Family: Send + Sync {
    /// Whether rows of this shape can be modelled; the refusal says what would be needed.
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal>;

    /// Fits the training set. Rows weigh what the [`Mix`] says. `streams` are the fit's own.
    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError>;

    /// The average of models fitted on separate groups, with the given weights (which sum to 1):
    /// `combine = "by-group"`. Families without such an average refuse.
    fn average(&self, _fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Err(FitError::Refused(Refusal::new(
            "this family can't average the fits of two groups (`combine = \"by-group\"`)",
        )))
    }

    /// Reads a model that [`Model::save`] wrote.
    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        Err(StorageError::unsupported(from))
    }

    /// The statistics path, where a fit needs only sufficient statistics.
    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        None
    }

    /// The fewest rows that a training set must have to be fitted at all.
    fn fewest_rows(&self, _schema: &Schema) -> usize {
        1
    }

    /// Combinations of fitted parameters, for `neon` and `step`; refused where there are none on which a line has a
    /// meaning.
    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Err(Refusal::new("this family has no parameters through which a line could be drawn"))
    }

    /// Whether a fit can start from an earlier model ([`Start::Warm`], [`Start::Base`]): iterative
    /// fits can, closed forms have nothing to start from.
    fn takes_a_start(&self) -> bool {
        false
    }

    /// What a fit depends on beside the family's own table, as part of a setting's hash: the files of
    /// an outside program.
    fn fingerprint(&self) -> Option<String> {
        None
    }

    /// What is estimated, in the terms of laws.
    fn conditions(&self) -> theory::Family {
        theory::Family::default()
    }

    /// How many seeds make one cell: 1 for families whose fit takes long, 1,000 for closed forms.
    fn seeds_per_cell(&self) -> u64 {
        1000
    }
}

/// Where the fit starts from.
#[derive(Clone, Copy)]
pub enum Start<'a> {
    /// New initial parameters.
    Scratch,
    /// The previous generation's model.
    Warm(&'a dyn Model),
    /// The generation-0 model.
    Base(&'a dyn Model),
}

/// A fitted model.
pub trait Model: Any + Send {
    /// Makes `n` rows. `synthesise(5)` gives the first five rows of `synthesise(10)` under the
    /// same streams.
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError>;

    /// The likelihood of rows under the untransformed model, where it can be computed.
    fn density(&self) -> Option<&dyn Density> {
        None
    }

    /// Predictions of a label from inputs, where the model makes any.
    fn predictor(&self) -> Option<&dyn Predictor> {
        None
    }

    /// The fitted parameters that metrics and laws speak of.
    fn parameters(&self) -> Parameters<'_> {
        Parameters::Opaque
    }

    /// Whether the model is absorbed: it can only repeat itself from now on (a variance of 0, a
    /// single outcome).
    fn is_degenerate(&self) -> bool {
        false
    }

    /// The number of trained parameters.
    fn size(&self) -> usize;

    /// The losses of its training, where it took many steps.
    fn losses(&self) -> Option<&LossCurve> {
        None
    }

    /// A copy of the model, to the bit, for settings that share a first fit; `None` where fits are too cheap to share.
    fn twin(&self) -> Option<Box<dyn Model>> {
        None
    }

    /// Writes the model to a file; a loaded model synthesises the same bits.
    fn save(&self, to: &Path) -> Result<(), StorageError> {
        Err(StorageError::unsupported(to))
    }
}

/// Parameters that have a meaning outside the family.
pub enum Parameters<'a> {
    /// A fitted normal distribution.
    Gaussian {
        /// `d` numbers.
        mean: &'a [f64],
        /// `d × d` numbers, row-major.
        covariance: &'a [f64],
    },
    /// Mean and covariance of a fitted distribution that is not normal.
    Moments {
        /// `d` numbers.
        mean: &'a [f64],
        /// `d × d` numbers, row-major.
        covariance: &'a [f64],
    },
    /// A fitted mixture of normal distributions.
    Mixture(NormalMixture<'a>),
    /// Weighted rows: an empirical distribution.
    Empirical {
        /// The rows' numbers, row-major, `n × d`; empty where they have none.
        points: &'a [f64],
        /// `n` weights; they sum to `n`.
        weights: &'a [f64],
    },
    /// A fitted distribution over outcomes; sums to 1.
    Probabilities(&'a [f64]),
    /// A fitted regression of a label on inputs.
    Regression {
        /// One number per input.
        weights: &'a [f64],
        /// The constant; 0 where none is fitted.
        intercept: f64,
        /// How the label's mean follows from the linear predictor.
        link: Link,
    },
    /// Nothing that others could read.
    Opaque,
}

impl<'a> Parameters<'a> {
    /// The components of a fitted normal distribution or mixture of them.
    pub fn components(&self) -> Option<NormalMixture<'a>> {
        match *self {
            Parameters::Gaussian { mean, covariance } => {
                Some(NormalMixture { dim: mean.len(), weights: &[1.0], means: mean, covariances: covariance })
            }
            Parameters::Mixture(mixture) => Some(mixture),
            _ => None,
        }
    }
}

/// What the model is asked to make.
#[derive(Clone, Copy)]
pub enum Ask<'a> {
    /// New rows.
    Rows,
    /// New labels for the given inputs.
    Given(&'a Samples),
    /// Continuations of the given prompts.
    Continue(&'a Samples),
    /// The given rows, redrawn where the model is surer than `above`.
    Edit {
        /// The rows to edit.
        of: &'a Samples,
        /// Tokens or labels with a probability of at least this are redrawn.
        above: f64,
    },
}

/// The likelihood of rows.
pub trait Density {
    /// The log likelihood of each row in nats; minus infinity for a row that the model gives probability 0.
    fn log_likelihood(&self, rows: &Samples, streams: &Streams) -> Result<Vec<f64>, Refusal>;

    /// The log likelihood of each row in nats without that of its end: what a perplexity divides by the number of tokens.
    /// That of a family that scores no end mark is [`Density::log_likelihood`].
    fn log_likelihood_without_end(&self, rows: &Samples, streams: &Streams) -> Result<Vec<f64>, Refusal> {
        self.log_likelihood(rows, streams)
    }

    /// The log likelihood of every token after those before it in its row, row after row, in nats;
    /// minus infinity for a token that the model gives probability 0. An end mark has no entry.
    fn token_log_likelihood(&self, _rows: &Samples, _streams: &Streams) -> Result<Vec<f64>, Refusal> {
        Err(Refusal::new("this family gives no likelihood of single tokens"))
    }

    /// `None` if the likelihood is exact; else what kind of bound or estimate it is.
    fn bound(&self) -> Option<&'static str> {
        None
    }
}

/// The prediction of labels from inputs.
pub trait Predictor {
    /// What is predicted for each row; the rows' own labels are not looked at.
    fn predict(&self, rows: &Samples) -> Result<Predictions, Refusal>;
}

/// What is predicted for the labels of rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Predictions {
    /// The mean of each row's numeric label.
    Means(Vec<f64>),
    /// The probability of each class.
    Classes {
        /// The number of classes.
        classes: usize,
        /// Row-major, `n × classes`; each row sums to 1.
        probabilities: Vec<f64>,
    },
}

/// Fitting from sufficient statistics, and drawing the statistics of a sample without the sample.
/// Everything here is exact in distribution; what is not exact is refused.
pub trait StatisticsPath: Send + Sync {
    /// The statistics of rows.
    fn summarise(&self, rows: &Rows) -> Result<Statistics, FitError>;

    /// The statistics of `n` rows of the model, as if they had been drawn.
    fn draw(
        &self,
        model: &dyn Model,
        n: usize,
        how: &Sampling,
        rng: &mut Stream,
    ) -> Result<Statistics, SampleError>;

    /// Whether [`StatisticsPath::draw`] is exact for this family.
    fn draws(&self) -> bool {
        true
    }

    /// Whether [`StatisticsPath::label`] is exact for this family.
    fn labels(&self) -> bool {
        false
    }

    /// The statistics of given inputs with labels drawn from the model; `given` are those of the inputs, with labels
    /// that are not looked at.
    fn label(
        &self,
        _model: &dyn Model,
        _given: &Statistics,
        _how: &Sampling,
        _rng: &mut Stream,
    ) -> Result<Statistics, SampleError> {
        Err(Refusal::new("this family makes no labels from statistics; set `loop.path = \"rows\"`").into())
    }

    /// The statistics of `n` rows of the truth, as if they had been drawn; `None` where only rows will do.
    fn people(&self, _truth: &dyn Distribution, _n: usize, _rng: &mut Stream) -> Option<Statistics> {
        None
    }

    /// The statistics of `n` inputs drawn from the truth, with labels that are not to be looked at; `None` where only
    /// rows will do.
    fn inputs(&self, _truth: &dyn Distribution, _n: usize, _rng: &mut Stream) -> Option<Statistics> {
        None
    }

    /// Whether [`StatisticsPath::thin`] is exact for this family.
    fn thins(&self) -> bool {
        false
    }

    /// The statistics of `n` of the rows, chosen at random without replacement.
    fn thin(&self, _of: &Statistics, _n: usize, _rng: &mut Stream) -> Option<Statistics> {
        None
    }

    /// Whether this sampling transform is exact on the statistics path.
    fn supports(&self, how: &Sampling) -> bool {
        *how == Sampling::default()
    }
}

/// The rows of a training set in one table with their weights; refuses a set without rows,
/// and weights that can't be a loss's.
pub fn rows_of(mix: &Mix) -> Result<(Samples, Vec<f64>), FitError> {
    if mix.is_empty() {
        return Err(FitError::TooFewRows { needed: 1, found: 0 });
    }
    let gathered = mix.gather().ok_or_else(|| Refusal::new("this family is fitted from rows"))?;
    let (rows, weights) = gathered.map_err(|e| Refusal::new(e.to_string()))?;
    let total: f64 = weights.iter().sum();
    if !(total > 0.0 && total.is_finite()) || weights.iter().any(|w| *w < 0.0) {
        return Err(Refusal::new("row weights must be at least 0 and not all 0").into());
    }
    Ok((rows, weights))
}

/// Fits a training set as its [`Combine`] says: all rows in one likelihood, or each origin alone
/// and then averaged with the origins' total weights.
pub fn fit(
    family: &dyn Family,
    mix: &Mix,
    start: Start<'_>,
    streams: &Streams,
) -> Result<Box<dyn Model>, FitError> {
    let (human, synthetic) = (mix.weight_of(Origin::Human), mix.weight_of(Origin::Synthetic));
    if mix.combine == Combine::Pooled || human <= 0.0 || synthetic <= 0.0 {
        return family.fit(mix, start, streams);
    }
    let total = human + synthetic;
    let groups = [(human / total, Origin::Human), (synthetic / total, Origin::Synthetic)];
    let mut fits = Vec::with_capacity(groups.len());
    for (weight, origin) in groups {
        fits.push((weight, family.fit(&mix.only(origin), start, streams)?));
    }
    let fits: Vec<(f64, &dyn Model)> = fits.iter().map(|(weight, fit)| (*weight, fit.as_ref())).collect();
    family.average(&fits)
}
