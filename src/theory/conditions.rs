//! What a law is asked at, and what it answers.

use std::collections::BTreeMap;

/// The setting at which a law is asked.
#[derive(Clone, Debug)]
pub struct Conditions<'a> {
    /// Number of fits so far, `t = g + 1 ≥ 1`.
    pub fits: u32,
    /// Rows per generation: the training set's size, or the batch that arrives where the set grows.
    pub n: f64,
    /// Dimension of a row (or of the regression's inputs).
    pub d: usize,
    /// The variance estimator divides by `n − ddof`: 0 is maximum likelihood, 1 is unbiased.
    pub ddof: u32,
    /// The regime's name; empty leaves it unchecked.
    pub regime: &'a str,
    /// Share of human rows in each training set after generation 0, in \[0, 1\].
    pub human_fraction: f64,
    /// Sampling's covariance scale λ: rows are drawn from N(μ, λΣ). 1 = unbiased.
    pub covariance_scale: f64,
    /// Sampling temperature; 1 = the model's own distribution.
    pub temperature: f64,
    /// Variance of the human source per coordinate (its covariance is this times the identity); also the noise
    /// variance of a regression.
    pub variance: f64,
    /// Probabilities of the human source's outcomes, for discrete laws; they sum to 1.
    pub probabilities: Option<&'a [f64]>,
    /// Numbers that only some laws need, by the name that the law's `conditions` gives.
    pub extra: BTreeMap<String, f64>,
}

impl Default for Conditions<'_> {
    fn default() -> Self {
        Self {
            fits: 1,
            n: 100.0,
            d: 1,
            ddof: 0,
            regime: "",
            human_fraction: 0.0,
            covariance_scale: 1.0,
            temperature: 1.0,
            variance: 1.0,
            probabilities: None,
            extra: BTreeMap::new(),
        }
    }
}

impl Conditions<'_> {
    /// The same conditions with one more number.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.extra.insert(name.to_owned(), value);
        self
    }

    pub(super) fn t(&self) -> f64 {
        f64::from(self.fits)
    }

    /// The number of that name, which the law can't do without.
    pub(super) fn need(&self, name: &'static str) -> Result<f64, Unmet> {
        self.extra.get(name).copied().filter(|v| !v.is_nan()).ok_or(Unmet::Missing(name))
    }

    pub(super) fn or(&self, name: &str, default: f64) -> f64 {
        self.extra.get(name).copied().filter(|v| !v.is_nan()).unwrap_or(default)
    }

    pub(super) fn outcomes(&self) -> Result<&[f64], Unmet> {
        let p = self.probabilities.ok_or(Unmet::Missing("probabilities"))?;
        let proper = p.iter().all(|v| (0.0..=1.0).contains(v)) && (p.iter().sum::<f64>() - 1.0).abs() < 1e-6;
        if p.is_empty() || !proper {
            Err(Unmet::range("probabilities", "non-negative with sum 1"))
        } else {
            Ok(p)
        }
    }

    /// Refuses more than one dimension.
    pub(super) fn one_dimension(&self) -> Result<(), Unmet> {
        if self.d == 1 { Ok(()) } else { Err(Unmet::range("d", "1")) }
    }

    /// Refuses a sampling transform.
    pub(super) fn unbiased_sampling(&self) -> Result<(), Unmet> {
        if self.covariance_scale == 1.0 && self.temperature == 1.0 {
            Ok(())
        } else {
            Err(Unmet::range("sampling", "the model's own distribution (λ = 1, temperature 1)"))
        }
    }

    /// Refuses smoothed frequencies (extra `alpha` above 0).
    pub(super) fn unsmoothed(&self) -> Result<(), Unmet> {
        if self.or("alpha", 0.0) == 0.0 { Ok(()) } else { Err(Unmet::range("smoothing", "0")) }
    }

    /// Refuses a sampling transform and smoothing.
    pub(super) fn raw_frequencies(&self) -> Result<(), Unmet> {
        self.unbiased_sampling().and_then(|()| self.unsmoothed())
    }

    /// λ in (0, 1], or above 1 where the caller sharpens the other way.
    pub(super) fn scale(&self) -> Result<f64, Unmet> {
        let ok = self.covariance_scale.is_finite() && self.covariance_scale > 0.0;
        if ok && self.temperature == 1.0 {
            Ok(self.covariance_scale)
        } else {
            Err(Unmet::range("covariance_scale", "> 0, temperature 1"))
        }
    }

    /// The factor between `n − 1` degrees of freedom and the estimator's divisor, (n−1)/(n−ddof); needs n ≥ 2.
    pub(super) fn shrinkage(&self) -> Result<f64, Unmet> {
        if self.n < 2.0 {
            return Err(Unmet::range("n", "≥ 2"));
        }
        match self.ddof {
            0 => Ok((self.n - 1.0) / self.n),
            1 => Ok(1.0),
            _ => Err(Unmet::range("ddof", "0 or 1")),
        }
    }

    /// The human share of each training set, strictly between 0 and 1.
    pub(super) fn human_share(&self) -> Result<f64, Unmet> {
        let a = self.human_fraction;
        if a > 0.0 && a < 1.0 {
            Ok(a)
        } else {
            Err(Unmet::range("human_fraction", "strictly between 0 and 1"))
        }
    }
}

/// What a law predicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// The expectation over lineages (or the bound).
    pub mean: f64,
    /// Exact standard deviation of one lineage, where theory gives one. The mean of R seeds has this divided by √R.
    pub sd_of_one: Option<f64>,
}

impl Prediction {
    pub(super) fn mean(mean: f64) -> Result<Self, Unmet> {
        Ok(Self { mean, sd_of_one: None })
    }

    /// From the first and second raw moments of one lineage.
    pub(super) fn moments(mean: f64, second: f64) -> Result<Self, Unmet> {
        Ok(Self { mean, sd_of_one: Some((second - mean * mean).max(0.0).sqrt()) })
    }

    pub(super) fn with_sd(mean: f64, sd: f64) -> Result<Self, Unmet> {
        Ok(Self { mean, sd_of_one: Some(sd) })
    }
}

/// The condition of a law that does not hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unmet {
    /// The law is about other regimes.
    #[error("the regime is `{got}`; the law is about {wanted}")]
    Regime {
        /// The regime asked at.
        got: String,
        /// The regimes the law covers.
        wanted: String,
    },
    /// A number that the law needs was not given.
    #[error("`{0}` is needed and was not given")]
    Missing(&'static str),
    /// A number lies outside the law's range.
    #[error("`{what}` must be {wanted}")]
    Range {
        /// What is out of range.
        what: &'static str,
        /// The range.
        wanted: &'static str,
    },
    /// The formula gave no number here, for instance 0/0.
    #[error("the formula is not defined at these conditions")]
    NotANumber,
}

impl Unmet {
    pub(super) fn range(what: &'static str, wanted: &'static str) -> Self {
        Self::Range { what, wanted }
    }
}

/// A law was asked where it does not hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("law `{law}` does not apply: {unmet}")]
pub struct NotApplicable {
    /// The law's name.
    pub law: &'static str,
    /// Why not.
    pub unmet: Unmet,
}
