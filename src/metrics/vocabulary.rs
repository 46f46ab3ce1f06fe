//! Which words are left: `vocabulary-survival`, `hapax-share` and `zipf-slope`.
//!
//! Cost: O(words) and O(distinct words · log).

use super::words::Lexicon;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes, table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct Survival;

pub(super) const SURVIVAL: MetricEntry = MetricEntry {
    about: About {
        name: "vocabulary-survival",
        summary: "Distinct words, relative to generation 0",
        details: "|distinct words of the sample| / |distinct words of the generation-0 sample of the same subject and \
            size|. Counts how rich the vocabulary still is, not whether they are the same words. 1 in generation \
            0; the human baseline, which has no generation 0 of its own, is refused (no row).",
        source: "Suresh et al. 2024 (arXiv 2412.17646)",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "1",
        unit: "ratio",
        scale: Scale::Log,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| plain(node, Survival),
};

impl Metric for Survival {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, first: true, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let first = of
            .first
            .ok_or_else(|| Refusal::not_applicable("there is no generation-0 sample to compare with"))?;
        let mut lexicon = Lexicon::default();
        let before = lexicon.read(first)?.distinct().len();
        let now = lexicon.read(of.rows()?)?.distinct().len();
        one("vocabulary-survival", now as f64 / before as f64)
    }
}

struct Hapax;

pub(super) const HAPAX: MetricEntry = MetricEntry {
    about: About {
        name: "hapax-share",
        summary: "Share of the distinct words that occur only once",
        details: "|words that occur once in the sample| / |distinct words of the sample|, words split at white space. \
            About one half for human text of any length: the rarest words are the first that a model loses. \
            Depends on the size of the sample, so compare with the human baseline.",
        source: "Baayen 2001, Word Frequency Distributions (10.1007/978-94-010-0844-0)",
        parameters: &[],
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
    build: |node, _| plain(node, Hapax),
};

impl Metric for Hapax {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let frequencies = Lexicon::default().read(of.rows()?)?.frequencies();
        let once = frequencies.iter().filter(|&&f| f == 1).count();
        one("hapax-share", once as f64 / frequencies.len() as f64)
    }
}

crate::parameters! {
    /// The table of `zipf-slope`.
    #[derive(Clone, Copy)]
    struct ZipfSlope {
        /// The last rank R of the fit
        ranks: usize = 1000, in at_least(2);
    }
}

pub(super) const ZIPF_SLOPE: MetricEntry = MetricEntry {
    about: About {
        name: "zipf-slope",
        summary: "Slope of log word frequency over log rank",
        details: "Ordinary least squares of ln f on ln rank over the ranks 1..R of the sample's words, where R is \
            `ranks` or the number of distinct words if that is smaller. About −1 for human text; steeper as the \
            tail is lost. Words that occur once form long ties at the high ranks and pull the slope with them, so \
            choose R where frequencies are well above 1. Refused (no row) with fewer than two distinct words.",
        source: "Zipf 1935; Dohmatob et al. 2024 (arXiv 2402.07043) for the loss of the tail",
        parameters: ZipfSlope::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human slope at the same size",
        unit: "",
        scale: Scale::Linear,
        worst: Worst::None,
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<ZipfSlope>(node)?)),
};

impl Metric for ZipfSlope {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.ranks < 2 {
            return Err(Refusal::new("`ranks` must be at least 2"));
        }
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let frequencies = Lexicon::default().read(of.rows()?)?.frequencies();
        let points = frequencies.iter().take(self.ranks).enumerate();
        let points: Vec<(f64, f64)> =
            points.map(|(i, &f)| (((i + 1) as f64).ln(), (f as f64).ln())).collect();
        one("zipf-slope", slope(&points)?)
    }
}

/// The slope of the least-squares line; refuses fewer than two different abscissae.
pub(super) fn slope(points: &[(f64, f64)]) -> Result<f64, Refusal> {
    let n = points.len().max(1) as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (mut xy, mut xx) = (0.0, 0.0);
    for p in points {
        xy += (p.0 - x) * (p.1 - y);
        xx += (p.0 - x) * (p.0 - x);
    }
    if xx > 0.0 { Ok(xy / xx) } else { Err(Refusal::degenerate("a slope needs two different points")) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, reference, text, value};

    #[test]
    fn survival_counts_distinct_words() {
        let mut scene = Scene::sample(text(TokenUnit::Words, &["a b a", "a a"]));
        assert!(value(&Survival, &scene).is_err());
        scene.first = Some(text(TokenUnit::Words, &["a b c", "d a"]));
        assert_eq!(value(&Survival, &scene), Ok(0.5));
    }

    #[test]
    fn words_that_occur_once_are_counted_among_the_distinct_ones() {
        // Of a, b, c, d only c and d occur once.
        let scene = Scene::sample(text(TokenUnit::Words, &["a b a c", "b d a"]));
        assert_eq!(value(&Hapax, &scene), Ok(0.5));
        let r = reference();
        let scene = Scene::sample(text(TokenUnit::Characters, &r.lines("lines")));
        assert_eq!(value(&Hapax, &scene), Ok(r.number("hapax_share")));
    }

    #[test]
    fn the_slope_is_that_of_scipys_regression() {
        let r = reference();
        let scene = Scene::sample(text(TokenUnit::Words, &r.lines("lines")));
        assert!((value(&ZipfSlope::default(), &scene).unwrap() - r.number("zipf_slope")).abs() < 1e-12);
        // Frequencies 3 and 1 at ranks 1 and 2: −ln 3 / ln 2.
        let two = Scene::sample(text(TokenUnit::Words, &["a a a b"]));
        assert!((value(&ZipfSlope::default(), &two).unwrap() + 3f64.ln() / 2f64.ln()).abs() < 1e-14);
        assert!(value(&ZipfSlope::default(), &Scene::sample(text(TokenUnit::Words, &["a a"]))).is_err());
    }
}
