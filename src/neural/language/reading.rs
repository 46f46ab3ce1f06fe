//! Between tables and codes: the tokens of a row, and the label and groups beside them.

use std::sync::Arc;

use crate::data::{Column, Kind, Role, Samples, Schema};
use crate::models::labelled::{Columns, Head, Heads};
use crate::models::{Refusal, SampleError};
use crate::rng::Streams;

/// The rows of a table as codes.
pub(super) struct Codes {
    pub(super) rows: Vec<Vec<u32>>,
    /// Label and groups of each row; none where rows have no label.
    pub(super) heads: Vec<Head>,
    /// The label of each row, or nothing.
    pub(super) classes: Vec<u32>,
}

/// How tables of a schema are read: a text column, alone or with a label and groups.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// The family's name, for refusals.
    family: &'static str,
    schema: Arc<Schema>,
    columns: Option<Columns>,
    vocabulary: usize,
}

impl Reading {
    /// Refuses tables without a text column, and with columns other than codes beside it.
    pub(super) fn of(family: &'static str, schema: &Arc<Schema>) -> Result<Self, Refusal> {
        let columns = match schema.fields.as_slice() {
            [field] if field.role == Role::Feature => None,
            _ => Some(Columns::of(schema).map_err(|why| {
                Refusal::new(format!("{family}: needs rows of one text column, alone or with a label: {why}"))
            })?),
        };
        let text = columns.as_ref().map_or(schema, Columns::alone);
        match &text.fields[0].kind {
            Kind::Ragged { vocabulary } if !vocabulary.is_empty() => {
                Ok(Self { family, schema: schema.clone(), vocabulary: vocabulary.len(), columns })
            }
            kind => {
                let name = &text.fields[0].name;
                Err(Refusal::new(format!("{family}: needs text, but column `{name}` is {kind}")))
            }
        }
    }

    /// The number of tokens.
    pub(super) fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// The number of labels; 0 without any.
    pub(super) fn classes(&self) -> usize {
        self.columns.as_ref().map_or(0, Columns::levels)
    }

    /// Whether a likelihood is of nothing but a text and its label.
    pub(super) fn is_plain(&self) -> bool {
        self.columns.as_ref().is_none_or(Columns::is_plain)
    }

    pub(super) fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The codes of a table of this schema.
    pub(super) fn read(&self, table: &Samples) -> Result<Codes, Refusal> {
        let rows = rows(self.family, table, self.vocabulary)?;
        let Some(columns) = &self.columns else {
            return Ok(Codes { rows, heads: Vec::new(), classes: Vec::new() });
        };
        let heads = columns.heads(table)?;
        let classes = self.classes_of(&heads);
        Ok(Codes { rows, heads, classes })
    }

    /// The distribution of labels and groups of training rows; `None` without labels.
    pub(super) fn heads(&self, codes: &Codes, weights: &[f64]) -> Result<Option<Heads>, Refusal> {
        self.columns.as_ref().map(|columns| Heads::fit(columns, &codes.heads, weights)).transpose()
    }

    /// Labels and groups of `n` rows: those of given rows in turn, or drawn.
    pub(super) fn choose(
        &self,
        given: Option<&Codes>,
        heads: Option<&Heads>,
        n: usize,
        streams: &Streams,
    ) -> Vec<Head> {
        match (given, heads) {
            (_, None) => Vec::new(),
            (Some(given), Some(_)) => given.heads.iter().cycle().take(n).cloned().collect(),
            (None, Some(heads)) => heads.draw(n, &mut streams.of("label").rng()),
        }
    }

    /// The label of each head.
    pub(super) fn classes_of(&self, heads: &[Head]) -> Vec<u32> {
        self.columns.iter().flat_map(|c| heads.iter().map(|h| c.label_of(h) as u32)).collect()
    }

    /// ln p(label) of each row; refuses a label that no training row had.
    pub(super) fn log_shares(&self, classes: &[u32], heads: Option<&Heads>) -> Result<Vec<f64>, Refusal> {
        let Some(heads) = heads else { return Ok(Vec::new()) };
        let log = |&class: &u32| match heads.shares()[class as usize] {
            share if share > 0.0 => Ok(share.ln()),
            _ => Err(Refusal::degenerate(format!(
                "{}: the model has never seen the label {class}",
                self.family
            ))),
        };
        classes.iter().map(log).collect()
    }

    /// The table of token rows and their labels and groups.
    pub(super) fn table(&self, rows: Vec<Vec<u32>>, heads: &[Head]) -> Result<Samples, SampleError> {
        let text = column(rows);
        Ok(match &self.columns {
            Some(columns) => columns.table(heads, text)?,
            None => single(&self.schema, text)?,
        })
    }
}

fn single(schema: &Arc<Schema>, text: Column) -> Result<Samples, Refusal> {
    Samples::new(schema.clone(), vec![text]).map_err(|e| Refusal::new(e.to_string()))
}

/// The token rows of a table; refuses codes outside the vocabulary.
fn rows(family: &str, samples: &Samples, levels: usize) -> Result<Vec<Vec<u32>>, Refusal> {
    let (offsets, tokens) =
        samples.token_rows().ok_or_else(|| Refusal::new(format!("{family}: needs a text column")))?;
    if let Some(bad) = tokens.iter().find(|&&t| t as usize >= levels) {
        return Err(Refusal::new(format!(
            "{family}: token {bad} is not among the {levels} of the vocabulary"
        )));
    }
    Ok(offsets.windows(2).map(|o| tokens[o[0]..o[1]].to_vec()).collect())
}

/// A column of token rows.
pub(super) fn column(rows: Vec<Vec<u32>>) -> Column {
    let mut offsets = vec![0];
    let mut tokens = Vec::new();
    for row in rows {
        tokens.extend(row);
        offsets.push(tokens.len());
    }
    Column::Ragged { offsets, tokens }
}
