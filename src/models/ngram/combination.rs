//! Lines through n-gram models.
//!
//! The parameters are, after each history, the direct probability of every next token and the share that is left to the
//! shorter history; together they sum to 1. A history that a model never met leaves everything to the shorter one, so
//! models with different histories have the same parameters. With the shorter histories alike it is the line through
//! p(· | h) itself. The lengths of rows are combined as probabilities.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::counts::Packing;
use super::model::NGramModel;
use super::table::{Next, Table};
use crate::data::Schema;
use crate::models::{Refusal, affine};

impl NGramModel {
    /// The model at Σ c_i θ_i.
    pub(in crate::models) fn combined(models: &[(f64, &Self)]) -> Result<Self, Refusal> {
        let (_, first) = models[0];
        if models.len() == 1 {
            return Ok(first.clone());
        }
        let alike = |m: &Self| {
            (m.order, m.vocabulary, m.interpolates) == (first.order, first.vocabulary, first.interpolates)
        };
        if !models.iter().all(|(_, m)| alike(m)) {
            return Err(Refusal::new("the n-gram models differ in order, vocabulary or smoothing"));
        }
        let table = |length: usize| {
            let of: Vec<(f64, &Table)> = models.iter().map(|(c, m)| (*c, &m.tables[length])).collect();
            combined(&of)
        };
        let tables = (0..first.order).map(table).collect::<Result<_, _>>()?;
        let lengths: Vec<_> = models.iter().map(|(c, m)| (*c, m.length_shares())).collect();
        let mut reached = 0.0;
        let lengths = affine::keyed(&lengths)?.into_iter().map(|(length, share)| {
            reached += share;
            (reached, length)
        });
        Ok(Self { lengths: lengths.collect(), tables, ..first.clone() })
    }

    /// The share of each row length.
    fn length_shares(&self) -> BTreeMap<usize, f64> {
        let total = self.lengths.last().map_or(1.0, |(reached, _)| *reached);
        let before = std::iter::once(0.0).chain(self.lengths.iter().map(|(reached, _)| *reached));
        self.lengths.iter().zip(before).map(|((r, length), b)| (*length, (r - b) / total)).collect()
    }

    /// The same model over a larger vocabulary, in which token `t` is `map[t]`. What is shared out uniformly goes to the
    /// tokens that it knows, so the new ones have probability 0. For interpolated models.
    pub(in crate::models) fn recoded(&self, map: &[u32], schema: Arc<Schema>) -> Result<Self, Refusal> {
        let vocabulary = schema.vocabulary().map_or(0, |v| v.len());
        let packing = Packing::new(vocabulary, self.order)?;
        let known = 1.0 / self.vocabulary as f64;
        let table = |(length, table): (usize, &Table)| {
            let mut histories = BTreeMap::new();
            for &key in &table.keys {
                let mut next: Next = BTreeMap::new();
                let mut rest = 0.0;
                for (token, p) in table.next(key) {
                    match token {
                        Some(token) => *next.entry(Some(map[token as usize])).or_default() += p,
                        None => rest = p,
                    }
                }
                if length == 0 {
                    map.iter().for_each(|&token| *next.entry(Some(token)).or_default() += rest * known);
                } else {
                    next.insert(None, rest);
                }
                histories.insert(self.packing.translate(key, length, packing, map), next);
            }
            Table::of(histories)
        };
        let tables = self.tables.iter().enumerate().map(table).collect();
        Ok(Self { tables, packing, vocabulary, schema, ..self.clone() })
    }
}

/// All histories of one length.
fn combined(models: &[(f64, &Table)]) -> Result<Table, Refusal> {
    let keys: BTreeSet<u128> = models.iter().flat_map(|(_, table)| table.keys.iter().copied()).collect();
    let mut histories = BTreeMap::new();
    for key in keys {
        let next: Vec<(f64, Next)> = models.iter().map(|(c, table)| (*c, table.next(key))).collect();
        histories.insert(key, affine::keyed(&next)?);
    }
    Ok(Table::of(histories))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::{Mix, Rows, TokenUnit};
    use crate::metrics::testing::text;
    use crate::models::ngram::{NGram, Smoothing};

    fn fitted(order: usize, lines: &[&str]) -> NGramModel {
        let smoothing = Smoothing::JelinekMercer { lambda: 0.5 };
        let rows = text(TokenUnit::Words, lines);
        NGramModel::fit(NGram { order, smoothing, best: false }, &Mix::of_human(Rows::all(rows))).unwrap()
    }

    fn after(model: &NGramModel, words: &[u32], next: u32) -> f64 {
        let mut history = model.start();
        words.iter().for_each(|&w| history.push(w));
        model.probability(&history, next)
    }

    #[test]
    fn without_histories_it_is_the_line_through_the_probabilities() {
        // λ = ½: p(a) = ½·¾ + ½/V and ½·½ + ½/V; θ + 1·(θ − θ′) gives ½·1 + ½/V, and b gets ½·0 + ½/V.
        let (a, b) = (fitted(1, &["a a", "a b"]), fitted(1, &["a b"]));
        let v = a.vocabulary() as f64;
        let line = NGramModel::combined(&[(2.0, &a), (-1.0, &b)]).unwrap();
        assert!((after(&line, &[], 0) - (0.5 + 0.5 / v)).abs() < 1e-12);
        assert!((after(&line, &[], 1) - 0.5 / v).abs() < 1e-12);
        // Rows of two words in both: no other length comes in.
        assert_eq!(line.length_shares().into_keys().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn what_became_negative_is_cut_off_and_the_rest_scaled() {
        // Direct: a ½·¾, b ½·¼, rest ½ against a ½·0, b ½·1: with w = 2, a 9/8, b −5/8 → 0, rest ½; over 13/8.
        let (a, b) = (fitted(1, &["a a", "a b"]), fitted(1, &["b b"]));
        let v = a.vocabulary() as f64;
        let line = NGramModel::combined(&[(3.0, &a), (-2.0, &b)]).unwrap();
        assert!((after(&line, &[], 0) - (9.0 + 4.0 / v) / 13.0).abs() < 1e-12);
        assert!((after(&line, &[], 1) - 4.0 / v / 13.0).abs() < 1e-12);
        let total: f64 = line.distribution(&line.start()).iter().sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_history_of_one_model_counts_as_leaving_all_to_the_shorter_one_in_the_other() {
        // After c only the first model saw anything, d with ½ and ½ left; half of each model: d ¼ and ¾ left.
        let (a, b) = (fitted(2, &["c d"]), fitted(2, &["a d"]));
        let line = NGramModel::combined(&[(0.5, &a), (0.5, &b)]).unwrap();
        let below = |model: &NGramModel| {
            let unigrams = &model.tables[0];
            unigrams.after(0).unwrap().direct(3)
                + unigrams.after(0).unwrap().backoff / model.vocabulary as f64
        };
        assert!((after(&line, &[2], 3) - (0.25 + 0.75 * below(&line))).abs() < 1e-12);
        // Far enough beyond, away from a model with a history that the first lacks, nothing of it is left.
        let beyond = NGramModel::combined(&[(2.0, &a), (-1.0, &b)]).unwrap();
        assert!(beyond.tables[1].after(1).is_none(), "a is no history of the first model");
    }

    #[test]
    fn a_larger_vocabulary_changes_no_probability() {
        let small = fitted(2, &["b c", "c b", "b b"]);
        let lines: Vec<String> = (0..40).map(|i| format!("w{i}")).collect();
        let large = text(TokenUnit::Words, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        let map: Vec<u32> = (0..small.vocabulary() as u32).map(|t| t + 3).collect();
        let grown = small.recoded(&map, large.schema().clone()).unwrap();
        for (history, next) in [(vec![], 1), (vec![1], 2), (vec![1, 2], 1), (vec![2, 2], 0)] {
            let moved: Vec<u32> = history.iter().map(|&t| map[t as usize]).collect();
            let (found, expected) =
                (after(&grown, &moved, map[next as usize]), after(&small, &history, next));
            assert!((found - expected).abs() < 1e-12, "{history:?} {next}: {found} {expected}");
        }
        assert_eq!(after(&grown, &[map[1]], 0), 0.0);
    }
}
