//! A Bernoulli distribution: the share of rows whose outcome is 1.
//!
//! p = (c_1 + α) / (N + 2α) with c_1 the weighted count of outcome 1, N all weight, α the `smoothing`
//! (α = 1 is the posterior mean of a uniform prior). It is the family `categorical` for two outcomes:
//! the fit, the draws, the likelihood and the statistics path are that family's. Counts of n rows are
//! binomial, a subset of counted rows is hypergeometric; both are exact.
//!
//! Under replace n p_t is a Wright–Fisher chain: E p_t = p, absorbed at 0 with probability 1 − p.
//!
//! Source: Suresh et al. (arXiv 2412.17646), Shumailov et al. (doi:10.1038/s41586-024-07566-y,
//! discrete case). Cost: fit O(n), a draw of counts O(1).

use super::{Affine, BoxedFamily, Categorical, Family, FitError, Model, Refusal, Start, StatisticsPath};
use crate::data::{Mix, Schema};
use crate::registry::{About, Entry};
use crate::rng::Streams;
use crate::theory::{self, Form};

/// The registry entry.
pub const ENTRY: Entry<BoxedFamily> = Entry {
    about: About {
        name: "bernoulli",
        summary: "The probability of one of two outcomes, with optional add-α smoothing",
        details: "p = (c_1 + α)/(N + 2α): `categorical` for exactly two outcomes. Runs from counts alone: counts \
                  are binomial, subsets hypergeometric. Temperature raises both probabilities to 1/T.",
        source: "arXiv 2412.17646; doi:10.1038/s41586-024-07566-y",
        parameters: Bernoulli::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<Bernoulli>(&["family"])?)),
};

crate::parameters! {
    /// The recipe of a Bernoulli distribution.
    #[derive(Clone, Copy, Debug, serde::Serialize)]
    pub struct Bernoulli {
        /// α, in rows added to both outcomes
        pub smoothing: f64 = 0.0, in at_least(0);
    }
}

impl Family for Bernoulli {
    fn conditions(&self) -> theory::Family {
        theory::Family { smoothing: self.smoothing, ..theory::Family::of(Form::Frequencies) }
    }

    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        Categorical { smoothing: self.smoothing }.accepts(schema)?;
        match schema.outcomes() {
            Some(2) => Ok(()),
            found => Err(Refusal::new(format!(
                "two outcomes are needed, not {}; the family `categorical` takes any number",
                found.unwrap_or(0)
            ))),
        }
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        Categorical { smoothing: self.smoothing }.fit(mix, start, streams)
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        Categorical { smoothing: self.smoothing }.average(fits)
    }

    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        Some(&Categorical { smoothing: 0.0 })
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        Ok(&Categorical { smoothing: 0.0 })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::data::{Body, Combine, Counts, Kind, Levels, Part, Statistics};
    use crate::models::{Parameters, Sampling};

    fn fitted(ones: f64, n: u64, smoothing: f64) -> Box<dyn Model> {
        let counts = Counts { n, counts: vec![n as f64 - ones, ones] };
        let parts = vec![Part::synthetic(1, Body::Statistics(Statistics::Counts(counts)))];
        let mix = Mix { parts, combine: Combine::Pooled };
        Bernoulli { smoothing }.fit(&mix, Start::Scratch, &Streams::new(0, 0)).unwrap()
    }

    fn p(model: &dyn Model) -> f64 {
        match model.parameters() {
            Parameters::Probabilities(p) => p[1],
            _ => panic!("no probabilities"),
        }
    }

    #[test]
    fn a_share_by_hand_and_with_laplaces_rule() {
        assert_eq!(p(&*fitted(3.0, 10, 0.0)), 0.3);
        assert!((p(&*fitted(3.0, 10, 1.0)) - 4.0 / 12.0).abs() < 1e-15);
    }

    #[test]
    fn only_two_outcomes_are_taken() {
        let of = |n| Schema::single(Kind::Codes { levels: Levels::Count(n) });
        let family = Bernoulli::default();
        assert!(
            family.accepts(&of(2)).is_ok()
                && family.accepts(&of(3)).is_err()
                && family.accepts(&of(1)).is_err()
        );
        assert!(family.accepts(&Schema::single(Kind::F64 { width: 1 })).is_err());
    }

    #[test]
    fn replace_is_a_martingale_whose_variance_is_wright_and_fishers() {
        // After t = 6 draws of n = 25 from p = .3: E p_t = p, Var p_t = p(1 − p)(1 − (1 − 1/n)^t).
        let (n, t, share, lineages) = (25, 6, 0.3_f64, 20_000);
        let family = Bernoulli::default();
        let path = family.statistics().unwrap();
        let values: Vec<f64> = (0..lineages)
            .map(|seed| {
                let mut rng = Streams::new(6, seed).rng();
                let mut now = fitted(3.0, 10, 0.0);
                for _ in 0..t {
                    let drawn = path.draw(&*now, n, &Sampling::default(), &mut rng).unwrap();
                    let parts = vec![Part::synthetic(1, Body::Statistics(drawn))];
                    let mix = Mix { parts, combine: Combine::Pooled };
                    now = family.fit(&mix, Start::Scratch, &Streams::new(0, 0)).unwrap();
                }
                p(&*now)
            })
            .collect();
        let r = values.len() as f64;
        let variance = share * (1.0 - share) * (1.0 - (1.0 - 1.0 / n as f64).powi(t));
        let mean = values.iter().sum::<f64>() / r;
        assert!((mean - share).abs() < 4.0 * (variance / r).sqrt(), "{mean}");
        let squares: Vec<f64> = values.iter().map(|v| (v - share).powi(2)).collect();
        let found = squares.iter().sum::<f64>() / r;
        let se = (squares.iter().map(|s| (s - found).powi(2)).sum::<f64>() / r / r).sqrt();
        assert!((found - variance).abs() < 4.0 * se, "{found} {variance} ± {se}");
    }
}
