//! Repetition and richness of words: `mattr`, `yule-k`, `rep-2`, `rep-3`, `rep-4`, `diversity`,
//! `heaps-exponent`.
//!
//! On words of the sample, split at white space. Cost: O(words), `mattr` too.

use std::collections::{HashMap, HashSet};

use super::vocabulary::slope;
use super::words::{Lexicon, Words};
use super::{
    BoxedMetric, Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst,
    one, plain, shapes, table,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::{About, Build};
use crate::rng::Streams;

struct Lexical {
    name: &'static str,
    of: fn(&Words, usize) -> Result<f64, Refusal>,
    /// The window or the length of the n-gram, where there is one.
    n: usize,
}

crate::parameters! {
    /// The table of `mattr`.
    #[derive(Clone, Copy)]
    struct Window {
        /// Words in a window
        window: usize = 100, in at_least(1);
    }
}

const fn human(unit: &'static str, scale: Scale, worst: Worst) -> Reading {
    Reading {
        direction: Direction::TwoSided,
        ideal: "the human value at the same size",
        unit,
        scale,
        worst,
        unbiased: false,
    }
}

pub(super) const MATTR: MetricEntry = MetricEntry {
    about: About {
        name: "mattr",
        summary: "Moving-average type-token ratio",
        details: "Mean share of different words in every window of `window` consecutive words, the rows one after the \
            other (windows do run from row to row). Does not depend on the size of the sample. Refused (no row) \
            with fewer words than a window. The plain type-token ratio is `distinct-1`.",
        source: "Covington & McFall 2010 (10.1080/09296171003643098)",
        parameters: Window::PARAMETERS,
        version: 1,
    },
    extra: human("share", Scale::Logit, Worst::Is(0.0)).unbiased(),
    build: |node, _| {
        let Window { window } = table(node)?;
        Ok(Box::new(Lexical { name: "mattr", of: mattr, n: window }))
    },
};

pub(super) const YULE_K: MetricEntry = MetricEntry {
    about: About {
        name: "yule-k",
        summary: "Yule's K: how often words repeat",
        details: "10⁴ (Σ f² − N)/N², with f the frequency of each distinct word and N the number of words: 10⁴ times the \
            probability that two words are the same, nearly whatever the size of the sample.",
        source: "Yule 1944; Tweedie & Baayen 1998 (10.1023/A:1001749303137)",
        parameters: &[],
        version: 1,
    },
    extra: human("10⁻⁴", Scale::Log, Worst::Is(1e4)),
    build: |node, _| plain(node, Lexical { name: "yule-k", of: yule_k, n: 0 }),
};

pub(super) const HEAPS: MetricEntry = MetricEntry {
    about: About {
        name: "heaps-exponent",
        summary: "Exponent of vocabulary growth",
        details: "Slope of ln V(n) on ln n by least squares, V(n) the distinct words among the first n, at n = 1, 2, 4, … \
            and the sample's size, the rows one after the other. 1 if every word is new, 0 if none is.",
        source: "Heaps 1978",
        parameters: &[],
        version: 1,
    },
    extra: human("", Scale::Linear, Worst::Is(0.0)),
    build: |node, _| plain(node, Lexical { name: "heaps-exponent", of: |words, _| heaps(words), n: 0 }),
};

const fn rep(name: &'static str, build: Build<BoxedMetric>) -> MetricEntry {
    MetricEntry {
        about: About {
            name,
            summary: "Share of n-grams that repeat within their row",
            details: "Mean over rows of 1 − |different n-grams| / |n-grams| in the row; rows with fewer than n words are \
                left out, and with no other row it is refused. Repetition inside a text, where `distinct-n` is \
                about the whole sample.",
            source: "Welleck et al. 2020 (arXiv 1908.04319), seq-rep-n; Su et al. 2022 (arXiv 2202.06417)",
            parameters: &[],
            version: 1,
        },
        extra: human("share", Scale::Logit, Worst::Is(1.0)),
        build,
    }
}

pub(super) const REP_2: MetricEntry =
    rep("rep-2", |node, _| plain(node, Lexical { name: "rep-2", of: repeated, n: 2 }));
pub(super) const REP_3: MetricEntry =
    rep("rep-3", |node, _| plain(node, Lexical { name: "rep-3", of: repeated, n: 3 }));
pub(super) const REP_4: MetricEntry =
    rep("rep-4", |node, _| plain(node, Lexical { name: "rep-4", of: repeated, n: 4 }));

pub(super) const DIVERSITY: MetricEntry = MetricEntry {
    about: About {
        name: "diversity",
        summary: "Words that do not repeat within their row: Π (1 − rep-n), n = 2, 3, 4",
        details: "(1 − rep-2)(1 − rep-3)(1 − rep-4), with `rep-n` the mean over rows of the share of n-grams that repeat \
            within their row. 1 if no row repeats a word pair. Refused (no row) if no row has four words.",
        source: "Su et al. 2022 (arXiv 2202.06417); Drayson et al. 2025 (arXiv 2502.15654)",
        parameters: &[],
        version: 1,
    },
    extra: human("share", Scale::Logit, Worst::Is(0.0)),
    build: |node, _| plain(node, Lexical { name: "diversity", of: |words, _| diversity(words), n: 0 }),
};

impl Metric for Lexical {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.name == "mattr" && self.n == 0 {
            return Err(Refusal::new("`window` must be at least 1"));
        }
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let words = Lexicon::default().read(of.rows()?)?;
        one(self.name, (self.of)(&words, self.n)?)
    }
}

fn mattr(words: &Words, window: usize) -> Result<f64, Refusal> {
    let all = words.all();
    if all.len() < window {
        return Err(Refusal::degenerate(format!("the sample has {} words, a window {window}", all.len())));
    }
    let mut inside: HashMap<u32, usize> = HashMap::new();
    let mut different = 0;
    for (i, word) in all.iter().enumerate() {
        *inside.entry(*word).or_default() += 1;
        if let Some(out) = i.checked_sub(window).map(|o| all[o])
            && let Some(count) = inside.get_mut(&out)
        {
            *count -= 1;
            if *count == 0 {
                inside.remove(&out);
            }
        }
        if i + 1 >= window {
            different += inside.len();
        }
    }
    Ok(different as f64 / window as f64 / (all.len() - window + 1) as f64)
}

fn yule_k(words: &Words, _: usize) -> Result<f64, Refusal> {
    let n = words.all().len() as f64;
    let squares: f64 = words.frequencies().iter().map(|&f| (f as f64).powi(2)).sum();
    Ok(1e4 * (squares - n) / (n * n))
}

fn heaps(words: &Words) -> Result<f64, Refusal> {
    let (mut seen, mut points, mut next) = (HashSet::new(), Vec::new(), 1);
    for (i, word) in words.all().iter().enumerate() {
        seen.insert(word);
        if i + 1 == next || i + 1 == words.all().len() {
            points.push((((i + 1) as f64).ln(), (seen.len() as f64).ln()));
            next *= 2;
        }
    }
    slope(&points)
}

fn repeated(words: &Words, n: usize) -> Result<f64, Refusal> {
    let (mut rows, mut total) = (0_usize, 0.0);
    for row in words.rows().filter(|row| row.len() >= n) {
        let different: HashSet<&[u32]> = row.windows(n).collect();
        total += 1.0 - different.len() as f64 / (row.len() + 1 - n) as f64;
        rows += 1;
    }
    if rows == 0 {
        Err(Refusal::degenerate(format!("no row has {n} words")))
    } else {
        Ok(total / rows as f64)
    }
}

fn diversity(words: &Words) -> Result<f64, Refusal> {
    (2..=4).try_fold(1.0, |product, n| Ok(product * (1.0 - repeated(words, n)?)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{reference, text};

    fn words(lines: &[&str]) -> Words {
        Lexicon::default().read(&text(TokenUnit::Words, lines)).unwrap()
    }

    #[test]
    fn they_agree_with_the_definitions_in_python() {
        let r = reference();
        let words = words(&r.lines("lines"));
        for n in 2..=4 {
            let expected = r.number(&format!("rep_{n}"));
            assert!((repeated(&words, n).unwrap() - expected).abs() < 1e-12);
        }
        let product: f64 = (2..=4).map(|n| 1.0 - r.number(&format!("rep_{n}"))).product();
        assert!((diversity(&words).unwrap() - product).abs() < 1e-12);
        assert!((yule_k(&words, 0).unwrap() - r.number("yule_k")).abs() < 1e-9);
        assert!((mattr(&words, 10).unwrap() - r.number("mattr_10")).abs() < 1e-12);
        assert!(mattr(&words, 1000).is_err());
    }

    #[test]
    fn vocabulary_growth_has_known_extremes() {
        assert!((heaps(&words(&["a b c d", "e f g h"])).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(heaps(&words(&["a a a", "a a"])), Ok(0.0));
        assert!(heaps(&words(&["a"])).is_err());
    }
}
