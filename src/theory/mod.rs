//! Laws: closed-form predictions that a run can be held against.
//!
//! A law knows its formula, where it comes from, when it holds, and the number it predicts. Laws count **fits**: our
//! generation `g` is fit number `g + 1`. Where a law has an exact standard deviation of one lineage it gives that too,
//! because under `replace` the sample's own standard error misses the rare lineages that carry the mean.
//!
//! What a law is about is data ([`Workflow`], [`Form`], [`Departure`], [`Sizes`]): it refuses any other
//! setting with the reason. A new law is one [`Law`] in the file of its family and one line in that file's `LAWS`; a
//! new family is one file and one line in [`laws`]. Of the crate this module reads the choices of `spec` only.

mod accumulate;
mod arrivals;
mod categorical;
mod conditions;
mod covariance_error;
mod curation;
mod detectable;
mod equilibrium;
mod extinction;
mod gaussian_moments;
mod gaussian_replace;
mod golden;
mod human_share;
mod kernel_density;
mod location;
mod neon;
mod populations;
mod prediction;
mod random_features;
mod regression;
mod risk;
mod schedules;
mod scope;
mod smoothing;
mod special;
mod stream;
mod subsample;
mod survival_bounds;
mod sweet_spot;
mod tail;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod walk_tests;

pub use conditions::{
    Asked, Choices, Conditions, Curation, Drawn, Family, Form, Generator, Rows, Source, Truth,
};
pub use equilibrium::stream_equilibrium;
pub use golden::golden_weight;
pub use prediction::{NotApplicable, Prediction, Unmet};
pub use scope::{Departure, Workflow};

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
    /// Every later training set has n rows and the same number of human ones; generation 0 may have another number.
    Constant,
    /// Any: limits, thresholds, and laws that take every generation's number of rows as it is.
    Any,
    /// Human rows that stay, n of them, and synthetic rows that are added.
    Human,
}

impl Sizes {
    /// What they are, in words.
    pub fn words(self) -> &'static str {
        match self {
            Sizes::Equal => "equal sizes in every generation",
            Sizes::Constant => "equal sizes after generation 0",
            Sizes::Any => "any sizes",
            Sizes::Human => "a constant number of human rows and of synthetic ones",
        }
    }
}

/// A closed-form prediction from theory, as data.
pub struct Law {
    /// The name used in specs: lower case with hyphens, stable.
    pub name: &'static str,
    /// The formula as text; `t` counts fits.
    pub statement: &'static str,
    /// Where the formula comes from: arXiv number or DOI and equation, or "derived here" where it is ours.
    pub source: &'static str,
    /// What must hold for the formula to be right, in words.
    pub conditions: &'static str,
    /// Whether the prediction is an equality or a bound.
    pub relation: Relation,
    /// The numbers of rows that the law is about.
    pub sizes: Sizes,
    /// How training sets are composed; empty = any way.
    pub workflows: &'static [Workflow],
    /// The models that it is about; empty = any.
    pub forms: &'static [Form],
    /// What it takes in beside the plain loop; it refuses every other [`Departure`].
    pub takes_in: &'static [Departure],
    /// Metrics whose curve the law draws; empty = never drawn over a figure unasked.
    draws: &'static [&'static str],
    predict: fn(&Conditions) -> Result<Prediction, Unmet>,
}

impl Law {
    /// What the law predicts at these conditions.
    ///
    /// # Errors
    /// [`NotApplicable`] where a condition does not hold or a needed number is missing.
    pub fn predict(&self, at: &Conditions) -> Result<Prediction, NotApplicable> {
        let human = Conditions { n: at.human(), ..at.clone() };
        let asked = if self.sizes == Sizes::Human { &human } else { at };
        let outcome = self.in_scope(at).and_then(|()| (self.predict)(asked));
        let outcome = outcome.and_then(|p| if p.mean.is_nan() { Err(Unmet::NotANumber) } else { Ok(p) });
        outcome.map_err(|unmet| NotApplicable { law: self.name, unmet })
    }
}

/// Every law, family by family, in a fixed order.
pub fn laws() -> impl Iterator<Item = &'static Law> {
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

/// The law of that name, if there is one.
pub fn find(name: &str) -> Option<&'static Law> {
    laws().find(|law| law.name == name)
}

/// What the law that belongs over a figure of `metric` predicts at these conditions: the first that does not refuse
/// them.
pub fn overlay(metric: &str, at: &Conditions) -> Option<(&'static Law, Prediction)> {
    let mut drawn = laws().filter(|law| law.draws.contains(&metric));
    drawn.find_map(|law| Some((law, law.predict(at).ok()?)))
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
            assert!(names.insert(law.name), "{} is registered twice", law.name);
            assert!(law.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            for text in [law.statement, law.source, law.conditions] {
                assert!(text.len() > 5, "{} lacks a text", law.name);
            }
            assert_eq!(find(law.name).unwrap().name, law.name);
        }
        assert!(names.len() >= 40, "{} laws", names.len());
        assert!(find("no-such-law").is_none());
    }

    #[test]
    fn no_law_panics_or_returns_nan_whatever_the_conditions() {
        for law in laws() {
            for n in [1.0, 2.0, 10.0, 1e6] {
                for (fits, d, human_fraction) in [(1, 1, 0.0), (2, 5, 0.5), (300, 20, 1.0), (7, 1, -1.0)] {
                    for temperature in [0.0, 0.5, 1.0, f64::NAN] {
                        let at = Conditions { fits, n, human_fraction, temperature, ..Conditions::default() };
                        let at = at.dim(d).outcome(&[0.5, 0.3, 0.2]).at_home(law);
                        if let Ok(p) = law.predict(&at) {
                            assert!(!p.mean.is_nan(), "{}", law.name);
                            assert!(
                                p.sd_of_one.is_none_or(|sd| sd >= 0.0),
                                "{}: {:?}",
                                law.name,
                                p.sd_of_one
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_overlay_is_the_law_that_does_not_refuse() {
        let at = |form, choices| {
            let source = Source { truth: Truth::Normal, dim: 1, variance: Some(1.0), ..Source::default() };
            Conditions { family: Family::of(form), choices, source, ..Conditions::default() }
        };
        let name = |metric, at: &Conditions| overlay(metric, at).map(|(law, _)| law.name);
        let replace = at(Form::Gaussian, Choices::default());
        assert_eq!(name("variance", &replace), Some("gaussian-replace-variance"));
        assert_eq!(name("wasserstein2", &replace), Some("gaussian-replace-wasserstein2"));
        let accumulate = at(Form::Gaussian, Workflow::Accumulate.choices());
        assert_eq!(name("variance", &accumulate), Some("gaussian-accumulate-variance"));
        assert_eq!(name("variance", &at(Form::Other, Choices::default())), None);
        assert_eq!(name("perplexity", &replace), None);
    }
}
