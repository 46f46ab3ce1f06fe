//! The fitted n-gram model.

use std::sync::Arc;

use rand::RngExt;

use super::NGram;
use super::counts::{self, History, Packing};
use super::sampler::Sampler;
use super::table::{After, Table};
use super::{Family, Smoothing};
use crate::data::{Body, Column, Mix, Rows, Samples, Schema};
use crate::models::{Ask, Density, FitError, Model, Refusal, SampleError, Sampling, Transform};
use crate::rng::{Stream, Streams};

/// A fitted n-gram model.
#[derive(Clone)]
pub struct NGramModel {
    pub(super) order: usize,
    pub(super) packing: Packing,
    /// Histories of length 0, 1, … order − 1.
    pub(super) tables: Vec<Table>,
    /// Whether a history passes what it leaves to the next shorter one, or straight to uniform.
    pub(super) interpolates: bool,
    pub(super) vocabulary: usize,
    /// Distinct row lengths with their cumulative weights.
    pub(super) lengths: Vec<(f64, usize)>,
    pub(super) schema: Arc<Schema>,
}

impl NGramModel {
    pub(in crate::models) fn fit(family: NGram, mix: &Mix) -> Result<Self, FitError> {
        let mut blocks: Vec<(&Rows, f64)> = Vec::new();
        for part in mix.parts.iter().filter(|p| !p.body.is_empty() && p.weight > 0.0) {
            let Body::Rows(rows) = &part.body else {
                return Err(
                    Refusal::new("the family `ngram` is fitted from rows, not from statistics").into()
                );
            };
            family.accepts(rows.table().schema())?;
            blocks.push((rows, part.weight));
        }
        let Some((first, _)) = blocks.first() else {
            return Err(FitError::TooFewRows { needed: 1, found: 0 });
        };
        let schema = first.table().schema().clone();
        let vocabulary = schema.vocabulary().map_or(0, |v| v.len());
        let packing = Packing::new(vocabulary, family.order)?;
        let n: usize = blocks.iter().map(|(rows, _)| rows.len()).sum();
        let total: f64 = blocks.iter().map(|(rows, w)| w * rows.len() as f64).sum();
        let scale = n as f64 / total;
        let rows = || {
            blocks.iter().flat_map(|&(rows, weight)| {
                let table = rows.table();
                rows.indices().map(move |i| (table.tokens(i as usize).unwrap_or(&[]), weight * scale))
            })
        };
        if rows().any(|(tokens, _)| tokens.iter().any(|&t| t as usize >= vocabulary)) {
            return Err(Refusal::new("a row holds a token that is not in the vocabulary").into());
        }
        let mut lengths: std::collections::BTreeMap<usize, f64> = Default::default();
        rows().for_each(|(tokens, weight)| *lengths.entry(tokens.len()).or_default() += weight);
        if lengths.keys().all(|&length| length == 0) {
            return Err(Refusal::degenerate("the rows of the training set hold no token").into());
        }
        let mut reached = 0.0;
        let lengths = lengths
            .into_iter()
            .map(|(length, weight)| {
                reached += weight;
                (reached, length)
            })
            .collect();
        let grams = counts::grams(rows(), packing, family.order, family.smoothing);
        let tables = grams.iter().map(|g| Table::new(g, packing, family.smoothing, vocabulary)).collect();
        let interpolates = !matches!(family.smoothing, Smoothing::AddK { .. });
        Ok(Self { order: family.order, packing, tables, interpolates, vocabulary, lengths, schema })
    }

    /// The number of tokens that a row can hold.
    pub fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    pub(super) fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The history at the start of a row.
    pub(super) fn start(&self) -> History {
        History::start(self.packing, self.order)
    }

    /// The chain of a stored history with `length` symbols, without itself.
    pub(super) fn below(&self, key: u128, length: usize) -> Vec<(usize, After<'_>)> {
        let shorter = if self.interpolates { 0..length } else { 0..0 };
        let find = |len: usize| self.tables[len].after(self.packing.last(key, len)).map(|after| (len, after));
        shorter.rev().filter_map(find).collect()
    }

    /// What was seen after the history and after each shorter one, longest first, with their
    /// lengths. What the last of them leaves is shared out uniformly.
    pub(super) fn chain(&self, history: &History) -> impl Iterator<Item = (usize, After<'_>)> {
        let least = if self.interpolates { 0 } else { history.len };
        let history = *history;
        (least..=history.len)
            .rev()
            .filter_map(move |len| self.tables[len].after(history.shortened(len)).map(|after| (len, after)))
    }

    /// p(token | history).
    pub(super) fn probability(&self, history: &History, token: u32) -> f64 {
        let (mut p, mut left) = (0.0, 1.0);
        for (_, after) in self.chain(history) {
            p += left * after.direct(token);
            left *= after.backoff;
        }
        p + left / self.vocabulary as f64
    }

    /// p(· | history) of every token: O(V).
    pub(super) fn distribution(&self, history: &History) -> Vec<f64> {
        let mut p = vec![0.0; self.vocabulary];
        let mut left = 1.0;
        for (_, after) in self.chain(history) {
            after.tokens.iter().zip(after.direct).for_each(|(&t, d)| p[t as usize] += left * d);
            left *= after.backoff;
        }
        p.iter_mut().for_each(|p| *p += left / self.vocabulary as f64);
        p
    }

    fn draw_length(&self, rng: &mut Stream) -> usize {
        let total = self.lengths.last().map_or(0.0, |l| l.0);
        let u = rng.random::<f64>() * total;
        let at = self.lengths.partition_point(|(c, _)| *c <= u);
        self.lengths[at.min(self.lengths.len() - 1)].1
    }
}

/// The given rows' tokens; refused if there are fewer than `n`.
fn prompts(of: &Samples, n: usize) -> Result<Vec<&[u32]>, Refusal> {
    if of.len() < n {
        return Err(Refusal::new(format!("{n} rows were asked for, but {} were given", of.len())));
    }
    (0..n).map(|i| of.tokens(i).ok_or_else(|| Refusal::new("the given rows hold no text"))).collect()
}

impl Model for NGramModel {
    /// New rows get the lengths of training rows, and so do continuations, which come without
    /// their prompts. An edit redraws each token whose probability after the *given* row's tokens
    /// is at least `above` (Zhu et al., arXiv 2412.14689).
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("ngram", &[Transform::Temperature, Transform::TopK, Transform::TopP])?;
        let mut rng = streams.rng();
        let mut sampler = Sampler::new(self, how);
        let (mut offsets, mut tokens) = (vec![0], Vec::new());
        let given = match ask {
            Ask::Rows => Vec::new(),
            Ask::Continue(of) | Ask::Edit { of, .. } => prompts(of, n)?,
            Ask::Given(_) => return Err(Refusal::new("a language model has no labels to make").into()),
        };
        for row in 0..n {
            let mut history = self.start();
            if let Ask::Edit { above, .. } = ask {
                for &token in given[row] {
                    let sure = self.probability(&history, token) >= above;
                    tokens.push(if sure { sampler.draw(&history, &mut rng) } else { token });
                    history.push(token);
                }
            } else {
                given.get(row).copied().unwrap_or(&[]).iter().for_each(|&t| history.push(t));
                for _ in 0..self.draw_length(&mut rng) {
                    let token = sampler.draw(&history, &mut rng);
                    tokens.push(token);
                    history.push(token);
                }
            }
            offsets.push(tokens.len());
        }
        Samples::new(self.schema.clone(), vec![Column::Ragged { offsets, tokens }])
            .map_err(|e| Refusal::new(e.to_string()).into())
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn size(&self) -> usize {
        self.tables.iter().map(Table::size).sum()
    }
}

impl Density for NGramModel {
    /// Σ ln p(token | history) of each row, given its length. A token has probability 0 where `add-k` has k = 0, or
    /// where it is outside the vocabulary.
    fn log_likelihood(&self, rows: &Samples, streams: &Streams) -> Result<Vec<f64>, Refusal> {
        let tokens = self.token_log_likelihood(rows, streams)?;
        let (offsets, _) = rows.token_rows().unwrap_or((&[], &[]));
        Ok(offsets.windows(2).map(|row| tokens[row[0]..row[1]].iter().sum()).collect())
    }

    /// ln p(token | history) of each token.
    fn token_log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        let mut values = Vec::new();
        for row in prompts(rows, rows.len())? {
            let mut history = self.start();
            let known = row.iter().position(|&t| t as usize >= self.vocabulary).unwrap_or(row.len());
            for &token in &row[..known] {
                values.push(self.probability(&history, token).ln());
                history.push(token);
            }
            // A token outside the vocabulary can be no history either.
            values.extend(std::iter::repeat_n(f64::NEG_INFINITY, row.len() - known));
        }
        Ok(values)
    }
}
