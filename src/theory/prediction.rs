//! What a law answers: a number, or the condition that does not hold.

use super::scope::Departure;

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
    /// The law is about other choices of a regime.
    #[error("the law is about {wanted}; here {got}")]
    Choices {
        /// The choices asked at.
        got: String,
        /// What the law covers.
        wanted: String,
    },
    /// The human rows have another distribution than the models.
    #[error("the law is about models of the right form; here they are {form} and the human rows {truth}")]
    Misspecified {
        /// The truth.
        truth: &'static str,
        /// The models.
        form: &'static str,
    },
    /// The law is about other models.
    #[error("the law is about {wanted}; here the models are {got}")]
    Family {
        /// The models asked at.
        got: &'static str,
        /// What the law covers.
        wanted: String,
    },
    /// Something in the setting takes it out of what the law is about.
    #[error("the law does not take in {}", .0.words())]
    Departure(Departure),
    /// The numbers of rows change, and the law is about equal ones.
    #[error("the law is about {wanted}; here generation 0 has {initial} rows and later ones {later}")]
    Sizes {
        /// What the law covers.
        wanted: &'static str,
        /// Rows of generation 0.
        initial: f64,
        /// Rows of the others.
        later: String,
    },
    /// A number that the law needs is not known of the setting.
    #[error("it needs {0}, which is not known here")]
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
