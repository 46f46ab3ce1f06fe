//! `lexical-diversity`: the type-token ratio of words, word pairs and word triples, on pools of one
//! size.
//!
//! The mean over n = 1, 2, 3 of E[different n-grams among m drawn without replacement] / m. The
//! expectation over pools is taken exactly (Hurlbert 1971, rarefaction), so nothing is drawn: with N
//! n-grams of which f are alike, one of them is missed with probability C(N − f, m)/C(N, m).
//! Cost: O(words).

use std::collections::HashMap;

use statrs::function::gamma::ln_gamma;

use super::words::{Lexicon, Words};
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, shapes,
    table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

crate::parameters! {
    /// The table of `lexical-diversity`.
    #[derive(Clone, Copy)]
    struct LexicalDiversity {
        /// n-grams in a pool
        pool: usize = 10_000 => "10000", in at_least(1);
    }
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "lexical-diversity",
        summary: "Mean type-token ratio of 1-, 2- and 3-grams on pools of one size",
        details: "The mean over n = 1, 2, 3 of the expected number of different word n-grams among m random ones, divided by m. \
            Words are lower-cased and stripped of everything but letters and digits; words with nothing left are \
            dropped. m is `pool`, or the number of 3-grams of the sample if that is smaller: then the value depends on \
            the sample's size. The authors draw one random pool of 200,000; here the expectation over pools is \
            taken exactly (rarefaction). Refused (no row) if no row has three words.",
        source: "Guo et al. 2024 (arXiv 2311.09807); Hurlbert 1971 (10.2307/1934145) for the expectation",
        parameters: LexicalDiversity::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value at the same size",
        unit: "share",
        scale: Scale::Logit,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<LexicalDiversity>(node)?)),
};

impl Metric for LexicalDiversity {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.pool == 0 {
            return Err(Refusal::new("`pool` must be at least 1"));
        }
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let words = Lexicon::default().read_bare(of.rows()?)?;
        let pool = self.pool.min(words.grams(3).count());
        if pool == 0 {
            return Err(Refusal::degenerate("no row has three words"));
        }
        let total: f64 = (1..=3).map(|n| expected_types(&words, n, pool) / pool as f64).sum();
        one("lexical-diversity", total / 3.0)
    }
}

/// The expected number of different n-grams among `m` drawn without replacement.
fn expected_types(words: &Words, n: usize, m: usize) -> f64 {
    let mut counts: HashMap<&[u32], u64> = HashMap::new();
    words.grams(n).for_each(|gram| *counts.entry(gram).or_default() += 1);
    // How many n-grams occur f times: few different f, so few logarithms, in a fixed order.
    let mut alike: std::collections::BTreeMap<u64, u64> = Default::default();
    counts.values().for_each(|&f| *alike.entry(f).or_default() += 1);
    let all: u64 = counts.values().sum();
    let m = m as u64;
    let missed = |f: u64| -> f64 {
        if all - f < m {
            return 0.0;
        }
        let log_choose = |n: u64| ln_gamma(n as f64 + 1.0) - ln_gamma((n - m) as f64 + 1.0);
        (log_choose(all - f) - log_choose(all)).exp()
    };
    alike.iter().map(|(&f, &types)| types as f64 * (1.0 - missed(f))).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, reference, text, value};

    #[test]
    fn it_agrees_with_the_hypergeometric_law_of_scipy() {
        let r = reference();
        for unit in [TokenUnit::Words, TokenUnit::Characters] {
            let scene = Scene::sample(text(unit, &r.lines("lines")));
            for (pool, expected) in [(10, "lexical_diversity_10"), (10_000, "lexical_diversity")] {
                let found = value(&LexicalDiversity { pool }, &scene).unwrap();
                assert!((found - r.number(expected)).abs() < 1e-10, "{pool}: {found}");
            }
        }
    }

    #[test]
    fn case_and_punctuation_do_not_count() {
        let plain = Scene::sample(text(TokenUnit::Characters, &["the cat saw the cat"]));
        let written = Scene::sample(text(TokenUnit::Characters, &["The cat -- saw: the \"Cat\"."]));
        let metric = LexicalDiversity::default();
        assert_eq!(value(&metric, &plain).unwrap(), value(&metric, &written).unwrap());
        assert!(value(&metric, &Scene::sample(text(TokenUnit::Words, &["a b"]))).is_err());
    }
}
