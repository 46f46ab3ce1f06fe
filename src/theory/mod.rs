//! Laws: closed-form predictions that a run can be held against.
//!
//! A law knows its formula, where it comes from, when it holds, and the number it predicts. Laws count **fits**: our
//! generation `g` is fit number `g + 1`. Where a law has an exact standard deviation of one lineage it gives that too,
//! because under `replace` the sample's own standard error misses the rare lineages that carry the mean.
//!
//! A new law is one [`ClosedForm`] in the file of its family and one line in that file's `LAWS`; a new family is one
//! file and one line in [`laws`]. This module imports nothing of the crate.

mod accumulate;
mod arrivals;
mod categorical;
mod conditions;
mod covariance_error;
mod curation;
mod detectable;
mod equilibrium;
mod gaussian_moments;
mod gaussian_replace;
mod golden;
mod human_share;
mod kernel_density;
mod location;
mod neon;
mod populations;
mod random_features;
mod regression;
mod risk;
mod schedules;
mod smoothing;
mod special;
mod stream;
mod subsample;
mod survival_bounds;
mod sweet_spot;
mod tail;

pub use conditions::{Conditions, NotApplicable, Prediction, Unmet};
pub use equilibrium::stream_equilibrium;
pub use golden::{golden_weight, weighted_fresh_risk};
pub use human_share::human_share_that_keeps;
pub use stream::{Start, equilibrium_top_mass, fold};
pub use sweet_spot::{best_weight_error, pooled_error, sweet_spot};

/// A closed-form prediction from theory.
pub trait Law: Sync {
    /// The name used in specs: lower case with hyphens, stable.
    fn name(&self) -> &'static str;
    /// The formula as text; `t` counts fits.
    fn statement(&self) -> &'static str;
    /// Where the formula comes from: arXiv number or DOI and equation, or "derived here" where it is ours.
    fn source(&self) -> &'static str;
    /// What must hold for the formula to be right.
    fn conditions(&self) -> &'static str;
    /// Whether the prediction is an equality or a bound.
    fn relation(&self) -> Relation;
    /// The numbers of rows that the law is about.
    fn sizes(&self) -> Sizes;
    /// What the law predicts at these conditions.
    ///
    /// # Errors
    /// [`NotApplicable`] where a condition does not hold or a needed number is missing.
    fn predict(&self, at: &Conditions<'_>) -> Result<Prediction, NotApplicable>;
}

/// How a measurement relates to the law's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The expectation equals the number.
    Equal,
    /// The expectation is at most the number (an upper bound).
    AtMost,
    /// The expectation is at least the number (a lower bound).
    AtLeast,
}

/// The numbers of rows that a law is about, and what its `n` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sizes {
    /// Generation 0 and every later training set (or arriving batch) have the same number of rows, n.
    Equal,
    /// Any: limits, thresholds, and laws that take the first set's size as a number of their own.
    Any,
    /// Human rows that stay, n of them, and synthetic rows that are added.
    Human,
}

/// A law written as data: the form that every law of this crate has.
pub struct ClosedForm {
    name: &'static str,
    statement: &'static str,
    source: &'static str,
    conditions: &'static str,
    relation: Relation,
    sizes: Sizes,
    /// Regimes the law is about; empty = any.
    regimes: &'static [&'static str],
    /// Metrics and model families whose curve the law draws; empty = never drawn over a figure unasked.
    draws: &'static [(&'static str, &'static [&'static str])],
    predict: fn(&Conditions<'_>) -> Result<Prediction, Unmet>,
}

impl Law for ClosedForm {
    fn name(&self) -> &'static str {
        self.name
    }
    fn statement(&self) -> &'static str {
        self.statement
    }
    fn source(&self) -> &'static str {
        self.source
    }
    fn conditions(&self) -> &'static str {
        self.conditions
    }
    fn relation(&self) -> Relation {
        self.relation
    }
    fn sizes(&self) -> Sizes {
        self.sizes
    }
    fn predict(&self, at: &Conditions<'_>) -> Result<Prediction, NotApplicable> {
        let outcome = if at.fits == 0 {
            Err(Unmet::range("fits", "≥ 1 (generation 0 is fit 1)"))
        } else if at.n.is_nan() || at.n < 1.0 {
            Err(Unmet::range("n", "≥ 1 row per generation"))
        } else if !self.holds_in(at.regime) {
            Err(Unmet::Regime { got: at.regime.to_owned(), wanted: self.regimes.join(", ") })
        } else {
            (self.predict)(at).and_then(|p| if p.mean.is_nan() { Err(Unmet::NotANumber) } else { Ok(p) })
        };
        outcome.map_err(|unmet| NotApplicable { law: self.name, unmet })
    }
}

impl ClosedForm {
    fn holds_in(&self, regime: &str) -> bool {
        self.regimes.is_empty() || regime.is_empty() || self.regimes.contains(&regime)
    }
    fn draws(&self, metric: &str, family: &str) -> bool {
        self.draws.iter().any(|(m, families)| *m == metric && families.contains(&family))
    }
}

/// Every law, family by family, in a fixed order.
fn closed_forms() -> impl Iterator<Item = &'static ClosedForm> {
    [
        gaussian_replace::LAWS,
        gaussian_moments::LAWS,
        covariance_error::LAWS,
        accumulate::LAWS,
        subsample::LAWS,
        survival_bounds::LAWS,
        risk::LAWS,
        location::LAWS,
        populations::LAWS,
        schedules::LAWS,
        regression::LAWS,
        random_features::LAWS,
        human_share::LAWS,
        arrivals::LAWS,
        golden::LAWS,
        categorical::LAWS,
        smoothing::LAWS,
        tail::LAWS,
        kernel_density::LAWS,
        stream::LAWS,
        equilibrium::LAWS,
        curation::LAWS,
        neon::LAWS,
        sweet_spot::LAWS,
        detectable::LAWS,
    ]
    .into_iter()
    .flatten()
}

/// Every law, in a fixed order.
pub fn laws() -> impl Iterator<Item = &'static dyn Law> {
    closed_forms().map(|law| law as &dyn Law)
}

/// The law of that name, if there is one.
pub fn find(name: &str) -> Option<&'static dyn Law> {
    laws().find(|law| law.name() == name)
}

/// The law whose curve belongs over a figure of `metric` under `regime` for models of `family`, if one is known.
///
/// The law may still refuse the conditions of a setting (`predict`), for instance in more than one dimension.
pub fn overlay(metric: &str, regime: &str, family: &str) -> Option<&'static dyn Law> {
    overlays(metric, regime, family).next()
}

/// All laws for such a figure; the first that does not refuse a setting's conditions is its law.
pub fn overlays<'a>(
    metric: &'a str,
    regime: &'a str,
    family: &'a str,
) -> impl Iterator<Item = &'static dyn Law> + 'a {
    let about = move |law: &&ClosedForm| law.holds_in(regime) && law.draws(metric, family);
    closed_forms().filter(about).map(|law| law as &dyn Law)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_law_is_named_once_and_says_where_it_comes_from() {
        let mut names = BTreeSet::new();
        for law in laws() {
            assert!(names.insert(law.name()), "{} is registered twice", law.name());
            assert!(law.name().bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            for text in [law.statement(), law.source(), law.conditions()] {
                assert!(text.len() > 5, "{} lacks a text", law.name());
            }
            assert_eq!(find(law.name()).unwrap().name(), law.name());
        }
        assert!(names.len() >= 40, "{} laws", names.len());
        assert!(find("no-such-law").is_none());
    }

    #[test]
    fn a_law_refuses_what_it_does_not_cover() {
        let law = find("gaussian-replace-variance").unwrap();
        assert!(law.predict(&Conditions { regime: "accumulate", ..Conditions::default() }).is_err());
        assert!(law.predict(&Conditions { fits: 0, ..Conditions::default() }).is_err());
        let refusal = law.predict(&Conditions { n: f64::NAN, ..Conditions::default() }).unwrap_err();
        assert!(refusal.to_string().contains("gaussian-replace-variance"), "{refusal}");
    }

    #[test]
    fn no_law_panics_or_returns_nan_whatever_the_conditions() {
        let p = [0.5, 0.3, 0.2];
        for law in laws() {
            for n in [1.0, 2.0, 10.0, 1e6] {
                for (fits, d, human_fraction) in [(1, 1, 0.0), (2, 5, 0.5), (300, 20, 1.0), (7, 1, -1.0)] {
                    for temperature in [0.0, 0.5, 1.0, f64::NAN] {
                        let at = Conditions {
                            fits,
                            n,
                            d,
                            human_fraction,
                            temperature,
                            probabilities: Some(&p),
                            ..Conditions::default()
                        };
                        if let Ok(p) = law.predict(&at) {
                            assert!(!p.mean.is_nan(), "{}", law.name());
                            assert!(
                                p.sd_of_one.is_none_or(|sd| sd >= 0.0),
                                "{}: {:?}",
                                law.name(),
                                p.sd_of_one
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_overlay_knows_which_law_belongs_over_a_figure() {
        assert_eq!(overlay("variance", "replace", "gaussian").unwrap().name(), "gaussian-replace-variance");
        assert_eq!(
            overlay("variance", "accumulate", "gaussian").unwrap().name(),
            "gaussian-accumulate-variance"
        );
        assert_eq!(
            overlay("wasserstein2", "replace", "gaussian").unwrap().name(),
            "gaussian-replace-wasserstein2"
        );
        assert!(overlay("perplexity", "replace", "gpt").is_none());
        assert!(overlay("variance", "replace", "gmm").is_none());
    }
}
