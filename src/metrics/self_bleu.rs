//! `self-bleu-4`: how alike the rows of a sample are.
//!
//! Every row is scored by BLEU-4 against all the others. The clipped counts need, for each n-gram,
//! only the two largest counts over rows, so all pairs cost O(words), not O(rows²).

use std::collections::{BTreeMap, HashMap};

use super::words::{Lexicon, Words};
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
    shapes,
};
use crate::data::{Distribution, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

/// The longest n-gram.
const LONGEST: usize = 4;
/// What stands for a count of 0: smoothing method 1 of Chen & Cherry.
const EPSILON: f64 = 0.1;

struct SelfBleu;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "self-bleu-4",
        summary: "Self-BLEU: how much rows are made of the other rows' n-grams",
        details: "Mean over rows of BLEU-4 of the row against all other rows of the sample as references: exp(¼ Σ ln pₙ) times \
            the brevity penalty, with pₙ the clipped precision of word n-grams, n = 1 … 4, and a count of 0 taken \
            as 0.1 (smoothing method 1). The closest reference length sets the brevity penalty, the shorter one if two are equally \
            close. 1 if every row has a copy; higher means less diverse. Rises with the number of rows. Needs two \
            rows.",
        source: "Zhu et al. 2018 (arXiv 1802.01886); Papineni et al. 2002 (10.3115/1073083.1073135); Chen & Cherry 2014 (10.3115/v1/W14-3346)",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human value at the same size",
        unit: "BLEU, 0 to 1",
        scale: Scale::Logit,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| plain(node, SelfBleu),
};

impl Metric for SelfBleu {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let words = Lexicon::default().read(of.rows()?)?;
        let rows: Vec<&[u32]> = words.rows().collect();
        if rows.len() < 2 {
            return Err(Refusal::degenerate("a row needs another row to be compared with"));
        }
        let mut logs = vec![0.0; rows.len()];
        for n in 1..=LONGEST {
            let precisions = precisions(&words, n);
            logs.iter_mut().zip(precisions).for_each(|(log, p)| *log += p.ln() / LONGEST as f64);
        }
        let penalties = brevity(&rows);
        let total: f64 = logs.iter().zip(penalties).map(|(log, penalty)| log.exp() * penalty).sum();
        one("self-bleu-4", total / rows.len() as f64)
    }
}

/// The largest count of an n-gram in one row, that row, and the largest in any other.
#[derive(Clone, Copy, Default)]
struct Most {
    first: u32,
    row: usize,
    second: u32,
}

/// The clipped n-gram precision of each row against all others; 0 only if no single word is shared.
fn precisions(words: &Words, n: usize) -> Vec<f64> {
    let counts: Vec<BTreeMap<&[u32], u32>> = words
        .rows()
        .map(|row| {
            let mut counts = BTreeMap::new();
            row.windows(n).for_each(|gram| *counts.entry(gram).or_default() += 1);
            counts
        })
        .collect();
    let mut most: HashMap<&[u32], Most> = HashMap::new();
    for (row, counts) in counts.iter().enumerate() {
        for (&gram, &count) in counts {
            let known = most.entry(gram).or_default();
            if count > known.first {
                *known = Most { first: count, row, second: known.first };
            } else if count > known.second {
                known.second = count;
            }
        }
    }
    let precision = |(row, counts): (usize, &BTreeMap<&[u32], u32>)| {
        let clipped = |(gram, &count): (&&[u32], &u32)| {
            let known = most[*gram];
            count.min(if known.row == row { known.second } else { known.first })
        };
        let shared: u32 = counts.iter().map(clipped).sum();
        let all = counts.values().sum::<u32>().max(1);
        if shared > 0 {
            f64::from(shared) / f64::from(all)
        } else if n == 1 {
            0.0
        } else {
            EPSILON / f64::from(all)
        }
    };
    counts.iter().enumerate().map(precision).collect()
}

/// The brevity penalty of each row against the others' lengths.
fn brevity(rows: &[&[u32]]) -> Vec<f64> {
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *lengths.entry(row.len()).or_default() += 1);
    let penalty = |row: &&[u32]| {
        let own = row.len();
        if lengths[&own] > 1 {
            return if own == 0 { 0.0 } else { 1.0 };
        }
        let below = lengths.range(..own).next_back().map(|(l, _)| *l);
        let above = lengths.range(own + 1..).next().map(|(l, _)| *l);
        let closest = match (below, above) {
            (Some(below), Some(above)) if own - below <= above - own => below,
            (_, Some(above)) => above,
            (below, None) => below.unwrap_or(own),
        };
        if own > closest {
            1.0
        } else if own == 0 {
            0.0
        } else {
            (1.0 - closest as f64 / own as f64).exp()
        }
    };
    rows.iter().map(penalty).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, reference, text, value};

    #[test]
    fn it_agrees_with_nltk() {
        let r = reference();
        for (lines, expected) in [("lines", "self_bleu"), ("short_lines", "self_bleu_short")] {
            let scene = Scene::sample(text(TokenUnit::Words, &r.lines(lines)));
            let found = value(&SelfBleu, &scene).unwrap();
            assert!((found - r.number(expected)).abs() < 1e-12, "{lines}: {found}");
        }
    }

    #[test]
    fn copies_score_one_and_strangers_nothing() {
        let copies = Scene::sample(text(TokenUnit::Words, &["a b c d e"; 3]));
        assert!((value(&SelfBleu, &copies).unwrap() - 1.0).abs() < 1e-12);
        let strangers = Scene::sample(text(TokenUnit::Words, &["a b c d", "e f g h"]));
        assert_eq!(value(&SelfBleu, &strangers), Ok(0.0));
        assert!(value(&SelfBleu, &Scene::sample(text(TokenUnit::Words, &["a b"]))).is_err());
    }
}
