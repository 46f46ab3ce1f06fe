//! Tables of a text, a label and groups, as class-conditional language models see them.
//!
//! A row is a *head* (the codes of its label and its groups) and a text. Heads have the weighted shares of
//! the training rows, so groups come with their labels as these have them; the text depends on the label
//! alone: p(head, text) = p(head) p(text | label).

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::{Refusal, affine};
use crate::data::{Column, Kind, Role, Samples, Schema};
use crate::rng::Stream;

/// The codes of a row: its label, and its groups.
pub type Head = Vec<u32>;

/// Where the columns of a table are.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    text: usize,
    label: usize,
    levels: usize,
    /// The label and every other column of codes, in order.
    codes: Vec<usize>,
    /// The text column alone.
    alone: Arc<Schema>,
    schema: Arc<Schema>,
}

impl Columns {
    /// Refuses tables other than one text, one label and columns of codes.
    pub fn of(schema: &Arc<Schema>) -> Result<Self, Refusal> {
        let refuse =
            || Refusal::new(format!("one text column beside one label column is needed, not: {schema}"));
        let is_codes = |i: &usize| matches!(schema.fields[*i].kind, Kind::Codes { .. });
        let codes: Vec<usize> = (0..schema.fields.len()).filter(is_codes).collect();
        let (label, text) =
            match (schema.with_role(Role::Label).as_slice(), schema.with_role(Role::Feature).as_slice()) {
                ([label], [text]) if codes.len() + 1 == schema.fields.len() && codes.contains(label) => {
                    (*label, *text)
                }
                _ => return Err(refuse()),
            };
        let Kind::Codes { levels } = &schema.fields[label].kind else { return Err(refuse()) };
        let alone = Arc::new(Schema { fields: vec![schema.fields[text].clone()] });
        Ok(Self { text, label, levels: levels.count(), codes, alone, schema: schema.clone() })
    }

    /// The schema of the text column alone.
    pub fn alone(&self) -> &Arc<Schema> {
        &self.alone
    }

    /// The number of labels.
    pub fn levels(&self) -> usize {
        self.levels
    }

    /// Whether there is nothing beside text and label.
    pub fn is_plain(&self) -> bool {
        self.codes.len() == 1
    }

    /// The text column of a table.
    pub fn texts(&self, rows: &Samples) -> Result<Samples, Refusal> {
        Samples::new(self.alone.clone(), vec![rows.column(self.text).clone()])
            .map_err(|e| Refusal::new(e.to_string()))
    }

    /// The head of each row; refuses rows of another shape.
    pub fn heads(&self, rows: &Samples) -> Result<Vec<Head>, Refusal> {
        if rows.schema() != &self.schema {
            return Err(Refusal::new(format!("the rows are {}, not {}", rows.schema(), self.schema)));
        }
        let columns: Vec<&[u32]> = self
            .codes
            .iter()
            .filter_map(|&i| match rows.column(i) {
                Column::Codes { data } => Some(data.as_slice()),
                _ => None,
            })
            .collect();
        Ok((0..rows.len()).map(|row| columns.iter().map(|c| c[row]).collect()).collect())
    }

    /// The label among a head's codes.
    pub fn label_of(&self, head: &Head) -> usize {
        let at = self.codes.iter().position(|&i| i == self.label).unwrap_or(0);
        head[at] as usize
    }

    /// The table of heads and a text column.
    pub fn table(&self, heads: &[Head], text: Column) -> Result<Samples, Refusal> {
        let column = |i: usize| match self.codes.iter().position(|&c| c == i) {
            Some(at) => Column::Codes { data: heads.iter().map(|head| head[at]).collect() },
            None => text.clone(),
        };
        let columns = (0..self.schema.fields.len()).map(column).collect();
        Samples::new(self.schema.clone(), columns).map_err(|e| Refusal::new(e.to_string()))
    }
}

/// The distribution of heads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Heads {
    /// The share of each label.
    shares: Vec<f64>,
    /// Heads and the cumulative probability up to them.
    reached: Vec<(f64, Head)>,
}

impl Heads {
    /// The weighted shares of the heads; refuses rows without weight.
    pub fn fit(columns: &Columns, heads: &[Head], weights: &[f64]) -> Result<Self, Refusal> {
        let mut counts: BTreeMap<&Head, f64> = BTreeMap::new();
        let mut shares = vec![0.0; columns.levels];
        for (head, weight) in heads.iter().zip(weights) {
            *counts.entry(head).or_default() += weight;
            shares[columns.label_of(head)] += weight;
        }
        let total: f64 = shares.iter().sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err(Refusal::degenerate("no training row has any weight"));
        }
        shares.iter_mut().for_each(|s| *s /= total);
        let mut sum = 0.0;
        let counted = counts.into_iter().filter(|(_, weight)| *weight > 0.0);
        let reached = counted.map(|(head, weight)| {
            sum += weight / total;
            (sum, head.clone())
        });
        Ok(Self { reached: reached.collect(), shares })
    }

    /// The heads at Σ c_i θ_i; a head that a model lacks has probability 0 there.
    pub fn combined(columns: &Columns, models: &[(f64, &Self)]) -> Result<Self, Refusal> {
        if let [(_, one)] = models {
            return Ok((*one).clone());
        }
        let own: Vec<_> = models.iter().map(|(c, heads)| (*c, heads.masses())).collect();
        let (heads, weights): (Vec<Head>, Vec<f64>) = affine::keyed(&own)?.into_iter().unzip();
        Self::fit(columns, &heads, &weights)
    }

    /// The probability of each head.
    fn masses(&self) -> BTreeMap<Head, f64> {
        let before = std::iter::once(0.0).chain(self.reached.iter().map(|(reached, _)| *reached));
        self.reached
            .iter()
            .zip(before)
            .map(|((reached, head), before)| (head.clone(), reached - before))
            .collect()
    }

    /// The share of each label.
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The number of different heads.
    pub fn count(&self) -> usize {
        self.reached.len()
    }

    /// Heads of `n` rows; fewer would be the first of these.
    pub fn draw(&self, n: usize, rng: &mut Stream) -> Vec<Head> {
        let head = |u: f64| {
            let at = self.reached.partition_point(|(reached, _)| *reached <= u);
            self.reached[at.min(self.reached.len() - 1)].1.clone()
        };
        (0..n).map(|_| head(rng.random())).collect()
    }
}
