//! What a setting is, as laws see it.
//!
//! [`Conditions`] are written once, when a setting is assembled, by those who know them: the source its truth, the
//! family its estimator, the regime its five choices and the numbers of rows that it moves. They are kept in a run's
//! `settings.json`. A law reads them and nothing else.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::prediction::Unmet;
use crate::spec::{
    Combine, Inflow, Prompts, RetainHuman, RetainSynthetic, Sharing, StartFrom, Synthesis, Weights,
};

/// A setting, as laws see it, and the fit that is asked about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// Number of fits so far, `t = g + 1 ≥ 1`. Not kept: [`Conditions::at`] sets it.
    #[serde(skip, default = "first")]
    pub fits: u32,
    /// Rows of that generation: the training set's size, or the batch that arrives where the set grows. Set by
    /// [`Conditions::at`].
    #[serde(skip)]
    pub n: f64,
    /// Share of human rows among `n`, in \[0, 1\]. Set by [`Conditions::at`].
    #[serde(skip)]
    pub human_fraction: f64,
    /// Numbers that belong to the question and not to the setting.
    #[serde(skip)]
    pub asked: Asked,
    /// Rows of generation 0; `None`: as many as `n`.
    pub initial: Option<f64>,
    /// Rows of the generations from 1 on, equal ones as one run.
    pub rows: Arc<[Rows]>,
    /// The truth behind the human rows.
    pub source: Source,
    /// What the models estimate.
    pub family: Family,
    /// Where synthetic rows come from, if not from the models themselves.
    pub generator: Option<Generator>,
    /// The regime's five choices.
    pub choices: Choices,
    /// Models of the population.
    pub population: usize,
    /// Whose rows a model of the population is trained on.
    pub sharing: Sharing,
    /// How synthetic rows are made.
    pub synthesis: Synthesis,
    /// The inputs or prompts of synthetic rows.
    pub prompts: Prompts,
    /// Where each fit starts.
    pub start: StartFrom,
    /// Sampling temperature; 1 = the model's own distribution.
    pub temperature: f64,
    /// Sampling's covariance scale λ: rows are drawn from N(μ, λΣ). 1 = unbiased.
    pub covariance_scale: f64,
    /// Whether sampling cuts or searches (top-k, top-p, beams, guidance).
    pub truncated: bool,
    /// The steps between synthesis and the next fit.
    pub curation: Vec<Curation>,
    /// Whether no synthetic row ever enters.
    pub human_alone: bool,
    /// Share of the human rows that is synthetic without anybody knowing, in \[0, 1\].
    pub contamination: f64,
}

fn first() -> u32 {
    1
}

/// The rows of a run of equal generations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rows {
    /// How many generations.
    pub generations: u32,
    /// Rows of the training set, or that arrive where the set grows.
    pub n: f64,
    /// Human rows among them.
    pub human: f64,
    /// Rows that are drawn from the store; `None`: all.
    pub drawn: Option<f64>,
}

/// Numbers that belong to the question: the asker's, not the setting's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The metric that the law is asked about.
    pub metric: Option<String>,
    /// ε, the metric's threshold.
    pub threshold: Option<f64>,
    /// The outcome asked about, counted from 0.
    pub outcome: Option<usize>,
    /// η ≥ 0 of the theorem behind `cdc-radius`.
    pub eta: Option<f64>,
    /// κ in (0, 1) of the same.
    pub kappa: Option<f64>,
    /// The level α of a test; 0.05 where none is given.
    pub test_level: Option<f64>,
    /// Its power 1 − β; 0.8 where none is given.
    pub test_power: Option<f64>,
    /// The correlation of two learners' hits on the same rows; 0 where none is given.
    pub correlation: Option<f64>,
}

/// The kind of distribution that human rows have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Truth {
    /// A normal distribution.
    Normal,
    /// A mixture of normal distributions.
    NormalMixture,
    /// Outcomes with known probabilities.
    Outcomes,
    /// Poisson counts.
    Poisson,
    /// Other numbers with known mean and variance.
    Numbers,
    /// Inputs with a normal label that is linear in them.
    LinearModel,
    /// Inputs with a label of another generalised linear model.
    GeneralisedLinearModel,
    /// Unknown, or none of these.
    #[default]
    Other,
}

/// The truth behind human rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// What kind of distribution.
    pub truth: Truth,
    /// Numbers of a row, or inputs of a regression.
    pub dim: usize,
    /// The mean, where rows are single numbers.
    pub mean: Option<f64>,
    /// The variance of each coordinate, where all have the same and none are correlated; of a regression the noise
    /// variance of the label.
    pub variance: Option<f64>,
    /// The standard deviation within the components of a mixture, where all have the same in every direction.
    pub component_sd: Option<f64>,
    /// The probability of each outcome; they sum to 1.
    pub probabilities: Option<Arc<[f64]>>,
    /// Whether the inputs of a regression are N(0, I).
    pub standard_inputs: bool,
    /// ‖w*‖² of a regression.
    pub signal: Option<f64>,
}

/// What a family estimates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A normal distribution by its moments.
    Gaussian,
    /// A normal distribution by its mean and the variances of its coordinates.
    DiagonalGaussian,
    /// The probability of each outcome by its frequency.
    Frequencies,
    /// The rate of Poisson counts.
    Poisson,
    /// A density by kernels of fixed width.
    Kernels,
    /// The training rows themselves.
    Empirical,
    /// A regression by least squares.
    LeastSquares,
    /// A logistic or Poisson regression.
    GeneralisedLinear,
    /// Least squares on random features.
    RandomFeatures,
    /// Two mirrored normal components by the closed form of their moments.
    MirroredPair,
    /// Anything else, or several kinds in one population.
    #[default]
    Other,
}

/// What the models estimate, and how.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Family {
    /// What is estimated.
    pub form: Form,
    /// A variance estimator divides by `n − ddof`: 0 is maximum likelihood, 1 is unbiased.
    pub ddof: u32,
    /// α, in rows added to every outcome.
    pub smoothing: f64,
    /// The kernels' standard deviation, where it is stated.
    pub bandwidth: Option<f64>,
    /// m, the number of random features.
    pub features: Option<f64>,
    /// λ, the penalty on squared weights.
    pub penalty: f64,
    /// Whether a regression has a constant beside its weights.
    pub intercept: bool,
    /// The noise variance with which a regression's labels are drawn, where it is stated and not estimated.
    pub noise: Option<f64>,
    /// η, the part of the way from its start that a fit goes, in (0, 1].
    pub step: f64,
    /// w ≥ 0 of Neon's extrapolation of every fit; `None`: none.
    pub neon: Option<f64>,
}

impl Default for Family {
    fn default() -> Self {
        Self {
            form: Form::Other,
            ddof: 0,
            smoothing: 0.0,
            bandwidth: None,
            features: None,
            penalty: 0.0,
            intercept: false,
            noise: None,
            step: 1.0,
            neon: None,
        }
    }
}

impl Family {
    /// A family of this form, with nothing beside it.
    pub fn of(form: Form) -> Self {
        Self { form, ..Self::default() }
    }
}

/// A generator in the models' place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Generator {
    /// How far its mean lies from that of the human rows, where both are numbers with known means.
    pub bias: Option<f64>,
    /// The variance of its rows, where they are single numbers.
    pub variance: Option<f64>,
    /// ‖δ‖² where both are regressions with weights w* and w* + δ.
    pub shift: Option<f64>,
    /// w*·δ.
    pub alignment: Option<f64>,
}

/// How a training set is drawn from the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drawn {
    /// Everything in the store.
    #[default]
    All,
    /// Rows drawn uniformly without replacement.
    Uniform,
    /// Rows in equal parts from every generation.
    Balanced,
}

/// The five choices of a regime.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// Human rows that arrive.
    pub inflow: Inflow,
    /// Human rows that stay.
    pub retain_human: RetainHuman,
    /// Synthetic rows that stay.
    pub retain_synthetic: RetainSynthetic,
    /// How the training set is drawn from the store.
    pub draw: Drawn,
    /// How rows are weighted.
    pub weights: Weights,
    /// What the weights apply to.
    pub combine: Combine,
}

/// A step of curation, as far as laws tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Curation {
    /// Luce's choice among `choices` candidates of two kinds, the second with `gap` more reward.
    LuceChoice {
        /// K ≥ 2.
        choices: usize,
        /// r.
        gap: f64,
    },
    /// A noisy verifier.
    Verified {
        /// φ, the probability that a right row is kept.
        keep_right: f64,
        /// ψ, the probability that a wrong one is.
        keep_wrong: f64,
    },
    /// Any other.
    Other,
}

impl Default for Choices {
    /// The last output alone.
    fn default() -> Self {
        Self {
            inflow: Inflow::None,
            retain_human: RetainHuman::None,
            retain_synthetic: RetainSynthetic::None,
            draw: Drawn::All,
            weights: Weights::Equal,
            combine: Combine::Pooled,
        }
    }
}

impl Default for Conditions {
    /// The first fit of 100 rows of one outcome or number of variance 1, and the last output alone ever after.
    fn default() -> Self {
        Self {
            fits: 1,
            n: 100.0,
            human_fraction: 0.0,
            asked: Asked::default(),
            initial: None,
            rows: Arc::new([]),
            source: Source { dim: 1, variance: Some(1.0), ..Source::default() },
            family: Family::default(),
            generator: None,
            choices: Choices::default(),
            population: 1,
            sharing: Sharing::Own,
            synthesis: Synthesis::Sample,
            prompts: Prompts::Initial,
            start: StartFrom::Scratch,
            temperature: 1.0,
            covariance_scale: 1.0,
            truncated: false,
            curation: Vec::new(),
            human_alone: false,
            contamination: 0.0,
        }
    }
}

impl Conditions {
    /// The same setting, asked about `generation`.
    #[must_use]
    pub fn at(&self, generation: u32) -> Self {
        let none = Rows { generations: 0, n: self.initial.unwrap_or(self.n), human: 0.0, drawn: None };
        let now = self.rows_at(generation.max(1)).or(self.rows.last().copied()).unwrap_or(none);
        let human_fraction = if now.n > 0.0 { now.human / now.n } else { 0.0 };
        Self { fits: generation + 1, n: now.n, human_fraction, ..self.clone() }
    }

    fn rows_at(&self, generation: u32) -> Option<Rows> {
        let mut last = 0;
        self.rows.iter().copied().find(|run| {
            last += run.generations;
            generation <= last
        })
    }

    /// Rows of fit `k ≥ 1`: generation 0 for the first, `n` where no schedule is known.
    pub(super) fn rows_of_fit(&self, k: u32) -> f64 {
        match k {
            0 | 1 => self.initial(),
            _ => self.rows_at(k - 1).map_or(self.n, |rows| rows.n),
        }
    }

    /// Rows of generation 0.
    pub(super) fn initial(&self) -> f64 {
        self.initial.unwrap_or(self.n)
    }

    /// Human rows of this generation.
    pub(super) fn human(&self) -> f64 {
        self.human_fraction * self.n
    }

    /// Whether no human row arrives or stays in any generation after the first.
    pub(super) fn without_humans(&self) -> bool {
        self.human_fraction == 0.0 && self.rows.iter().all(|run| run.human == 0.0)
    }

    pub(super) fn t(&self) -> f64 {
        f64::from(self.fits)
    }

    /// Dimension of a row, or of the regression's inputs.
    pub(super) fn d(&self) -> f64 {
        self.source.dim as f64
    }

    /// Variance of the human rows per coordinate, uncorrelated; the noise variance of a regression.
    pub(super) fn variance(&self) -> Result<f64, Unmet> {
        self.source.variance.ok_or(Unmet::Missing("one variance of every coordinate, uncorrelated"))
    }

    /// Probabilities of the human outcomes.
    pub(super) fn outcomes(&self) -> Result<&[f64], Unmet> {
        self.source.probabilities.as_deref().ok_or(Unmet::Missing("the probabilities of the outcomes"))
    }

    /// The probability of the outcome asked about; of two outcomes the second, where none is.
    pub(super) fn share(&self) -> Result<f64, Unmet> {
        let p = self.outcomes()?;
        let at = match (self.asked.outcome, p.len()) {
            (Some(at), _) => at,
            (None, 2) => 1,
            (None, _) => return Err(Unmet::Missing("the outcome (or a truth of two outcomes)")),
        };
        p.get(at).copied().ok_or(Unmet::range("outcome", "an index into the probabilities"))
    }

    /// 1 − Σp², the chance that two human rows differ.
    pub(super) fn heterozygosity(&self) -> Result<f64, Unmet> {
        Ok(1.0 - self.outcomes()?.iter().map(|p| p * p).sum::<f64>())
    }

    /// Refuses more than one dimension.
    pub(super) fn one_dimension(&self) -> Result<(), Unmet> {
        if self.source.dim == 1 { Ok(()) } else { Err(Unmet::range("d", "1")) }
    }

    /// The factor on the covariance of a Gaussian's rows: λ times the temperature, above 0.
    pub(super) fn scale(&self) -> Result<f64, Unmet> {
        let scale = self.covariance_scale * self.temperature;
        if scale.is_finite() && scale > 0.0 {
            Ok(scale)
        } else {
            Err(Unmet::range("λ times the temperature", "above 0"))
        }
    }

    /// The factor between `n − 1` degrees of freedom and the estimator's divisor, (n−1)/(n−ddof), for a fit of `n`
    /// rows; needs n ≥ 2.
    pub(super) fn shrinkage_of(&self, n: f64) -> Result<f64, Unmet> {
        if n < 2.0 {
            return Err(Unmet::range("n", "≥ 2"));
        }
        match self.family.ddof {
            0 => Ok((n - 1.0) / n),
            1 => Ok(1.0),
            _ => Err(Unmet::range("ddof", "0 or 1")),
        }
    }

    pub(super) fn shrinkage(&self) -> Result<f64, Unmet> {
        self.shrinkage_of(self.n)
    }

    /// Refuses any variance estimator but the unbiased one.
    pub(super) fn unbiased_estimator(&self) -> Result<(), Unmet> {
        if self.family.ddof == 1 { Ok(()) } else { Err(Unmet::range("ddof", "1 (unbiased)")) }
    }

    /// Whether the fitted covariance of several dimensions is diagonal.
    pub(super) fn diagonal(&self) -> bool {
        self.family.form == Form::DiagonalGaussian && self.source.dim > 1
    }

    /// The human share of each training set, strictly between 0 and 1.
    pub(super) fn human_share(&self) -> Result<f64, Unmet> {
        let a = self.human_fraction;
        if a > 0.0 && a < 1.0 {
            Ok(a)
        } else {
            Err(Unmet::range("the human share", "strictly between 0 and 1"))
        }
    }

    /// The generator's numbers.
    pub(super) fn generator(&self) -> Result<Generator, Unmet> {
        self.generator.ok_or(Unmet::Missing("a generator of known truth"))
    }
}
