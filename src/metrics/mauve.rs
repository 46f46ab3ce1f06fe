//! `mauve`, with its own Monte-Carlo error `mauve-standard-error`.
//!
//! The area under the divergence frontier of human and model rows, after k-means quantisation of
//! hashed word counts. Cost: O(runs · iterations · rows · clusters · features).

use std::borrow::Cow;

use super::distances::Points;
use super::divergence::kl;
use super::kmeans::clusters;
use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, shapes, table,
};
use crate::data::{Distribution, Samples, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

/// Points on the frontier between its ends.
const POINTS: usize = 25;

crate::parameters! {
    /// The table of `mauve`.
    #[derive(Clone, Copy)]
    struct Mauve {
        /// The most clusters, and never more than a tenth of the rows of a side
        clusters: usize = 50, in at_least(2);
        /// Hashed features of a row
        features: usize = 64, in at_least(1);
        /// Runs of k-means
        runs: usize = 5, in at_least(2);
        /// The factor c of the divergences
        scale: f64 = 5.0, in above(0);
    }
}

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "mauve",
        summary: "MAUVE on hashed word counts: area under the divergence frontier of human and model text",
        details: "Feature space: a row is the vector of its words and word pairs, hashed with signs into `features` numbers \
            (FNV-1a of the text) and scaled to length 1. It sees vocabulary and word order, no meaning: the number can't be \
            compared with one that was computed on a language model's embeddings.\n\n\
            Held-out and model rows are clustered together by k-means, into `clusters` clusters or one for every ten rows of a \
            side if that is fewer; P and Q are the shares of human and of model rows in each. The frontier holds the points (exp(−c KL(Q ‖ R)), \
            exp(−c KL(P ‖ R))) with R = wP + (1 − w)Q for 25 weights w from 10⁻⁶ to 1 − 10⁻⁶, and its ends (1, 0) and (0, 1); MAUVE is \
            the area under it, between 0 and 1.\n\n\
            k-means starts at random, so the value has a Monte-Carlo error: `mauve` is the mean over `runs` starts, and \
            the row `mauve-standard-error` is their standard deviation divided by √runs. It is the \
            error of the clustering alone, not of the sample. Two human samples have less than 1: compare with the human baseline.",
        source: "Pillutla et al. 2021 (arXiv 2102.01454); Weinberger et al. 2009 (arXiv 0902.2206) for the hashing",
        parameters: Mauve::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::Higher,
        ideal: "that of another human sample; at most 1",
        unit: "area",
        scale: Scale::Logit,
        worst: Worst::Is(0.0),
        unbiased: false,
    },
    build: |node, _| Ok(Box::new(table::<Mauve>(node)?)),
};

impl Metric for Mauve {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if self.clusters < 2 || self.features == 0 || self.runs < 2 {
            return Err(Refusal::new("`clusters` and `runs` must be at least 2, `features` at least 1"));
        }
        if !(self.scale.is_finite() && self.scale > 0.0) {
            return Err(Refusal::new(format!("`scale` must be above 0, not {}", self.scale)));
        }
        shapes::text(schema)
    }

    fn measure(&self, of: &Observation<'_>, streams: &Streams) -> Result<Measured, Refusal> {
        let (human, model) = (of.reference()?, of.rows()?);
        let n = human.len();
        let k = self.clusters.min(n.min(model.len()) / 10).max(2);
        if n + model.len() < k {
            return Err(Refusal::too_few_rows(format!("{k} clusters need as many rows")));
        }
        let mut features = hashed(human, self.features)?;
        features.extend(hashed(model, self.features)?);
        let points = Points { data: &features, dim: self.features };
        let values: Vec<f64> = (0..self.runs)
            .map(|run| {
                let of = clusters(points, k, &mut streams.of("clusters").at(run as u64).rng());
                area(&histogram(&of[..n], k), &histogram(&of[n..], k), self.scale)
            })
            .collect();
        let runs = self.runs as f64;
        let mean = values.iter().sum::<f64>() / runs;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (runs - 1.0);
        if !mean.is_finite() {
            return Err(Refusal::undefined("the divergence frontier is not finite"));
        }
        Ok(vec![
            (Cow::Borrowed("mauve"), mean),
            (Cow::Borrowed("mauve-standard-error"), (variance / runs).sqrt()),
        ])
    }
}

/// Hashed counts of each row's words and word pairs, of length 1 (0 for a row without words).
fn hashed(rows: &Samples, features: usize) -> Result<Vec<f64>, Refusal> {
    let mut all = Vec::with_capacity(rows.len() * features);
    for i in 0..rows.len() {
        let text = rows.text(i).ok_or_else(|| Refusal::new("the rows hold no text"))?;
        let mut counts = vec![0.0; features];
        let mut count = |hash: u64| {
            let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
            counts[(hash % features as u64) as usize] += sign;
        };
        let mut last = None;
        for word in text.split_whitespace() {
            count(fnv(0xcbf2_9ce4_8422_2325, word));
            if let Some(before) = last.replace(word) {
                count(fnv(fnv(fnv(0xcbf2_9ce4_8422_2325, before), " "), word));
            }
        }
        let length = counts.iter().map(|c| c * c).sum::<f64>().sqrt();
        all.extend(counts.into_iter().map(|c| if length > 0.0 { c / length } else { 0.0 }));
    }
    Ok(all)
}

/// FNV-1a.
fn fnv(start: u64, text: &str) -> u64 {
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

fn histogram(of: &[usize], k: usize) -> Vec<f64> {
    let mut shares = vec![0.0; k];
    of.iter().for_each(|&c| shares[c] += 1.0 / of.len() as f64);
    shares
}

/// The area under the divergence frontier of P and Q.
fn area(p: &[f64], q: &[f64], scale: f64) -> f64 {
    let mut frontier = vec![(1.0, 0.0)];
    for i in 0..POINTS {
        let w = 1e-6 + i as f64 / (POINTS - 1) as f64 * (1.0 - 2e-6);
        let r: Vec<f64> = p.iter().zip(q).map(|(p, q)| w * p + (1.0 - w) * q).collect();
        frontier.push(((-scale * kl(q, &r)).exp(), (-scale * kl(p, &r)).exp()));
    }
    frontier.push((0.0, 1.0));
    frontier.windows(2).map(|pair| (pair[0].0 - pair[1].0) * 0.5 * (pair[0].1 + pair[1].1)).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, reference, text};

    #[test]
    fn the_area_is_that_of_the_authors_package() {
        let r = reference();
        let (p, q) = (r.numbers("p"), r.numbers("q"));
        let apart = [0.0, 0.5, 0.5, 0.0, 0.0];
        for ((a, b, scale), expected) in
            [(&p[..], &q[..], 5.0), (&p, &q, 1.0), (&p, &apart, 5.0)].into_iter().zip(r.numbers("mauve"))
        {
            let found = area(a, b, scale);
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        assert!((area(&p, &p, 5.0) - 1.0).abs() < 1e-12);
        assert!(area(&[1.0, 0.0], &[0.0, 1.0], 5.0) < 0.01);
    }

    #[test]
    fn rows_with_other_words_score_lower_and_the_error_is_that_of_the_starts() {
        let line = |i: usize| {
            format!("{} {} {}", ["a", "b", "c", "d"][i % 4], ["e", "f", "g"][i % 3], ["h", "i"][i % 2])
        };
        let lines: Vec<String> = (0..120).map(line).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let measured = |rows: &[&str]| {
            Scene::sample(text(TokenUnit::Characters, rows))
                .beside(text(TokenUnit::Characters, &lines))
                .measure(&Mauve::default())
                .unwrap()
        };
        let (same, other) = (measured(&lines), measured(&["x y z"; 120]));
        assert!((same[0].1 - 1.0).abs() < 1e-9 && same[1].1 < 1e-9, "{same:?}");
        assert!(other[0].1 < 0.1, "{other:?}");
        assert_eq!(other[1].0, "mauve-standard-error");
    }
}
