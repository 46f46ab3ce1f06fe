//! Diversity of outcomes and tokens: `entropy`, `entropy-miller-madow`, `simpson`, `hill-2`,
//! `support-size`.
//!
//! Entropies are in nats everywhere. Cost: O(outcomes), after one pass over the rows.

use super::frequencies::{fitted_or_sample, sample_counts, shares};
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

enum Diversity {
    Entropy,
    MillerMadow,
    Simpson,
    Hill2,
    SupportSize,
}

pub(super) const ENTROPY: MetricEntry = MetricEntry {
    about: About {
        name: "entropy",
        summary: "Shannon entropy of outcomes or tokens, in nats",
        details: "−Σ p ln p. p are the fitted probabilities where the model states them; else (and for people and \
            curated rows) the frequencies in the sample, the plug-in estimate, which is too low by about \
            (outcomes − 1)/2n. For text it is the entropy of single tokens (characters or words, as the data \
            set has them). Nats, not bits: divide by ln 2 for bits.",
        source: "Shannon 1948",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human entropy",
        unit: "nats",
        scale: Scale::Linear,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| plain(node, Diversity::Entropy),
};

pub(super) const MILLER_MADOW: MetricEntry = MetricEntry {
    about: About {
        name: "entropy-miller-madow",
        summary: "Entropy of the sample with the Miller–Madow bias correction, in nats",
        details: "Plug-in entropy of the sample's outcomes or tokens + (m − 1)/2n, with m the number of distinct \
            ones among n. Removes the first-order bias of the plug-in estimate. Reads the sample even where the \
            model states its probabilities.",
        source: "Miller 1955; Paninski 2003 (10.1162/089976603321780272), eq. 4",
        parameters: &[],
        version: 1,
    },
    extra: ENTROPY.extra,
    build: |node, _| plain(node, Diversity::MillerMadow),
};

pub(super) const SIMPSON: MetricEntry = MetricEntry {
    about: About {
        name: "simpson",
        summary: "Probability that two draws are the same outcome",
        details: "Σ p², of the fitted probabilities where the model states them, else of the sample's frequencies \
            (plug-in: too high by about (1 − Σ p²)/n). 1 for a collapsed model, 1/m for m equally likely outcomes.",
        source: "Simpson 1949; Seddik et al. 2024 (arXiv 2404.05090), S",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "probability",
        scale: Scale::Logit,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| plain(node, Diversity::Simpson),
};

pub(super) const HILL_2: MetricEntry = MetricEntry {
    about: About {
        name: "hill-2",
        summary: "Effective number of outcomes of order 2",
        details: "1 / Σ p²: as many equally likely outcomes would be as diverse. Reads what `simpson` reads.",
        source: "Hill 1973 (10.2307/1934352)",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value",
        unit: "outcomes",
        scale: Scale::Log,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| plain(node, Diversity::Hill2),
};

pub(super) const SUPPORT_SIZE: MetricEntry = MetricEntry {
    about: About {
        name: "support-size",
        summary: "Number of outcomes or tokens that still occur",
        details: "How many outcomes have a fitted probability above 0, where the model states probabilities; else \
            how many distinct outcomes or tokens the sample holds, which grows with its size.",
        source: "Suresh et al. 2024 (arXiv 2412.17646)",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "the human value",
        unit: "outcomes",
        scale: Scale::Log,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| plain(node, Diversity::SupportSize),
};

impl Metric for Diversity {
    fn needs(&self) -> Needs {
        match self {
            Diversity::MillerMadow => Needs { sample: When::Always, ..Needs::default() },
            _ => Needs { model: true, sample: When::WithoutParameters, ..Needs::default() },
        }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::outcomes_or_text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        match self {
            Diversity::Entropy => one("entropy", entropy(&fitted_or_sample(of)?)),
            Diversity::MillerMadow => {
                let counts = sample_counts(of)?;
                let distinct = counts.iter().filter(|&&c| c > 0).count() as f64;
                let n = counts.iter().sum::<u64>() as f64;
                one("entropy-miller-madow", entropy(&shares(&counts)) + (distinct - 1.0) / (2.0 * n))
            }
            Diversity::Simpson => one("simpson", simpson(&fitted_or_sample(of)?)),
            Diversity::Hill2 => one("hill-2", 1.0 / simpson(&fitted_or_sample(of)?)),
            Diversity::SupportSize => {
                let p = fitted_or_sample(of)?;
                one("support-size", p.iter().filter(|&&p| p > 0.0).count() as f64)
            }
        }
    }
}

/// −Σ p ln p in nats.
pub(super) fn entropy(p: &[f64]) -> f64 {
    // Adding 0 turns the −0 of a certain outcome into 0.
    -p.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>() + 0.0
}

fn simpson(p: &[f64]) -> f64 {
    p.iter().map(|p| p * p).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::Subject;
    use crate::metrics::testing::{Fitted, Scene, outcomes, reference, text, value};

    #[test]
    fn uniform_and_certain_outcomes_have_known_values() {
        let uniform = Scene::model(Fitted::Outcomes(vec![0.25, 0.25, 0.0, 0.25, 0.25]));
        let found: Vec<f64> =
            [Diversity::Entropy, Diversity::Simpson, Diversity::Hill2, Diversity::SupportSize]
                .iter()
                .map(|m| value(m, &uniform).unwrap())
                .collect();
        assert_eq!(found, [4f64.ln(), 0.25, 4.0, 4.0]);
        let certain = Scene::model(Fitted::Outcomes(vec![0.0, 1.0]));
        assert_eq!(value(&Diversity::Entropy, &certain), Ok(0.0));
        assert_eq!(value(&Diversity::Simpson, &certain), Ok(1.0));
    }

    #[test]
    fn people_are_counted_in_their_rows() {
        let mut scene =
            Scene::sample(outcomes(&[0, 0, 1, 1], 4)).with_model(Fitted::Outcomes(vec![1.0, 0.0, 0.0, 0.0]));
        assert_eq!(value(&Diversity::Entropy, &scene), Ok(0.0));
        scene.subject = Subject::Human;
        assert_eq!(value(&Diversity::Entropy, &scene), Ok(2f64.ln()));
        // ln 2 + (2 − 1)/(2·4).
        assert_eq!(value(&Diversity::MillerMadow, &scene), Ok(2f64.ln() + 0.125));
    }

    #[test]
    fn the_entropy_of_probabilities_and_of_words_is_scipys() {
        let r = reference();
        let scene = Scene::model(Fitted::Outcomes(r.numbers("q")));
        assert!((value(&Diversity::Entropy, &scene).unwrap() - r.number("entropy")).abs() < 1e-12);
        let scene = Scene::sample(text(TokenUnit::Words, &r.lines("lines")));
        assert!((value(&Diversity::Entropy, &scene).unwrap() - r.number("word_entropy")).abs() < 1e-12);
    }

    #[test]
    fn the_correction_removes_most_of_the_bias() {
        // 200 samples of 50 draws from 20 equally likely outcomes. The plug-in bias is −19/100 to
        // first order; after the correction less than a third of that is left.
        use rand::RngExt;
        let mut total = 0.0;
        for seed in 0..200 {
            let mut rng = Streams::new(5, seed).of("draws").rng();
            let codes: Vec<u32> = (0..50).map(|_| rng.random_range(0..20)).collect();
            total += value(&Diversity::MillerMadow, &Scene::sample(outcomes(&codes, 20))).unwrap();
        }
        assert!((total / 200.0 - 20f64.ln()).abs() < 0.19 / 3.0, "{}", total / 200.0);
    }
}
