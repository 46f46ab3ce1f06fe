//! One column given its parents.

use super::super::{Encoding, FitError, Refusal};
use super::linear::Linear;
use super::structure::Step;
use super::{Categories, Residuals, Tabular};
use crate::data::{Column, Samples, Schema};
use crate::logistic::{Design, Logistic};

/// The most combinations of parents' levels that a table may have.
const MOST: usize = 1_000_000;

/// A fitted conditional.
pub(super) enum Conditional {
    /// A category without parents.
    Frequencies(Vec<f64>),
    /// A category for every combination of the parents' levels, the last parent running fastest.
    Table { parents: Vec<(usize, usize)>, probabilities: Vec<f64>, levels: usize },
    /// A category by logistic regression.
    Logistic { design: Encoding, fit: Logistic, levels: usize },
    /// A number by linear regression.
    Linear { design: Option<Encoding>, fit: Linear, residuals: Spread },
}

/// What is added to a regression's line.
pub(super) enum Spread {
    /// N(0, variance).
    Normal(f64),
    /// One of the training residuals, drawn by cumulative weight.
    Drawn { values: Vec<f64>, cumulative: Vec<f64> },
}

impl Conditional {
    /// Fits one column of rows with weights that sum to their number.
    pub fn fit(how: &Tabular, rows: &Samples, weights: &[f64], step: &Step) -> Result<Self, FitError> {
        let Some(levels) = rows.schema().fields[step.column].kind.codes() else {
            return numbers(how, rows, weights, step);
        };
        let codes = codes(rows, step.column);
        if step.parents.is_empty() {
            return Ok(Self::Frequencies(frequencies(codes, weights, levels, how.smoothing)));
        }
        match how.categories {
            Categories::Table => {
                let (parents, size) = table_size(rows.schema(), step)?;
                let mut counts = vec![0.0; size * levels];
                for (i, (code, w)) in codes.iter().zip(weights).enumerate() {
                    counts[cell(rows, &parents, i) * levels + *code as usize] += w;
                }
                let own = frequencies(codes, weights, levels, how.smoothing);
                for row in counts.chunks_exact_mut(levels) {
                    let total = row.iter().sum::<f64>() + how.smoothing * levels as f64;
                    if total > 0.0 {
                        row.iter_mut().for_each(|c| *c = (*c + how.smoothing) / total);
                    } else {
                        row.copy_from_slice(&own);
                    }
                }
                Ok(Self::Table { parents, probabilities: counts, levels })
            }
            Categories::Logistic => {
                let design = Encoding::new(rows, &step.parents, None)?;
                let inputs = sparse(&design, rows);
                let fit = Logistic::fit(&inputs, codes, weights, levels, 1.0 / how.ridge)
                    .map_err(|e| Refusal::new(e.to_string()))?;
                Ok(Self::Logistic { design, fit, levels })
            }
        }
    }

    /// The probabilities of frequencies and tables; nothing for regressions.
    pub fn table(&self) -> &[f64] {
        match self {
            Self::Frequencies(p) | Self::Table { probabilities: p, .. } => p,
            Self::Logistic { .. } | Self::Linear { .. } => &[],
        }
    }

    /// The number of levels; `None` for numbers.
    pub fn levels(&self) -> Option<usize> {
        match self {
            Self::Frequencies(p) => Some(p.len()),
            Self::Table { levels, .. } | Self::Logistic { levels, .. } => Some(*levels),
            Self::Linear { .. } => None,
        }
    }

    /// The probability of each level for each row: `rows × levels`, row-major; nothing for numbers.
    pub fn probabilities(&self, rows: &Samples) -> Vec<f64> {
        match self {
            Self::Frequencies(p) => p.repeat(rows.len()),
            Self::Table { parents, probabilities, levels } => (0..rows.len())
                .flat_map(|i| {
                    let at = cell(rows, parents, i) * levels;
                    probabilities[at..at + levels].iter().copied()
                })
                .collect(),
            Self::Logistic { design, fit, .. } => fit.probabilities(&sparse(design, rows)),
            Self::Linear { .. } => Vec::new(),
        }
    }

    /// The regression's line for each row; nothing for categories.
    pub fn line(&self, rows: &Samples) -> Vec<f64> {
        match self {
            Self::Linear { design, fit, .. } => {
                let inputs = design.as_ref().map_or_else(Vec::new, |d| d.matrix(rows));
                fit.predict(&inputs, rows.len())
            }
            _ => Vec::new(),
        }
    }

    /// The number of fitted parameters.
    pub fn size(&self) -> usize {
        match self {
            Self::Frequencies(p) => p.len().saturating_sub(1),
            Self::Table { probabilities, levels, .. } => {
                probabilities.len() / levels.max(&1) * levels.saturating_sub(1)
            }
            Self::Logistic { design, levels, .. } => (design.width() + 1) * levels.saturating_sub(1),
            Self::Linear { fit, residuals, .. } => {
                fit.rank + if let Spread::Drawn { values, .. } = residuals { values.len() } else { 1 }
            }
        }
    }
}

fn numbers(how: &Tabular, rows: &Samples, weights: &[f64], step: &Step) -> Result<Conditional, FitError> {
    let targets = values(rows, step.column);
    let design = match step.parents.as_slice() {
        [] => None,
        parents => Some(Encoding::new(rows, parents, None)?),
    };
    let (inputs, width) = design.as_ref().map_or((Vec::new(), 0), |d| (d.matrix(rows), d.width()));
    let fit = Linear::fit(&inputs, width, &targets, weights)?;
    let line = fit.predict(&inputs, rows.len());
    let residuals: Vec<f64> = targets.iter().zip(&line).map(|(y, m)| y - m).collect();
    let residuals = match how.residuals {
        Residuals::Gaussian => {
            let squares: f64 = residuals.iter().zip(weights).map(|(e, w)| w * e * e).sum();
            let divisor = rows.len() as f64 - f64::from(how.ddof) * fit.rank as f64;
            if divisor <= 0.0 {
                return Err(FitError::TooFewRows { needed: fit.rank + 1, found: rows.len() });
            }
            Spread::Normal(squares / divisor)
        }
        Residuals::Empirical => {
            let mut reached = 0.0;
            let up_to = |w: &f64| {
                reached += w;
                reached
            };
            Spread::Drawn { values: residuals, cumulative: weights.iter().map(up_to).collect() }
        }
    };
    Ok(Conditional::Linear { design, fit, residuals })
}

/// (c + α)/(N + α K).
fn frequencies(codes: &[u32], weights: &[f64], levels: usize, smoothing: f64) -> Vec<f64> {
    let mut counts = vec![smoothing; levels];
    codes.iter().zip(weights).for_each(|(code, w)| counts[*code as usize] += w);
    let total: f64 = counts.iter().sum();
    counts.iter_mut().for_each(|c| *c /= total);
    counts
}

/// The frequencies of a categorical column.
pub(super) fn shares(rows: &Samples, weights: &[f64], column: usize) -> Vec<f64> {
    let levels = rows.schema().fields[column].kind.codes().unwrap_or(0);
    frequencies(codes(rows, column), weights, levels, 0.0)
}

/// The parents with their numbers of levels, and how many combinations they have. Refuses numbers
/// among the parents, and tables that would be too large.
pub(super) fn table_size(schema: &Schema, step: &Step) -> Result<(Vec<(usize, usize)>, usize), Refusal> {
    let mut parents = Vec::with_capacity(step.parents.len());
    if schema.fields[step.column].kind.codes().is_none() {
        return Ok((parents, 1));
    }
    let mut size: usize = 1;
    for parent in &step.parents {
        let field = &schema.fields[*parent];
        let levels = field.kind.codes().ok_or_else(|| {
            Refusal::new(format!(
                "`categories = \"table\"`: `{}` depends on the numbers of `{}`; use \"logistic\" or another graph",
                schema.fields[step.column].name, field.name
            ))
        })?;
        size = size.saturating_mul(levels);
        parents.push((*parent, levels));
    }
    if size > MOST {
        let name = &schema.fields[step.column].name;
        return Err(Refusal::new(format!(
            "`categories = \"table\"`: the parents of `{name}` have more than {MOST} combinations; use \"logistic\" or fewer parents"
        )));
    }
    Ok((parents, size))
}

fn cell(rows: &Samples, parents: &[(usize, usize)], row: usize) -> usize {
    parents.iter().fold(0, |at, (column, levels)| at * levels + codes(rows, *column)[row] as usize)
}

/// The indicators of a design are mostly 0: only what is not is kept.
fn sparse(design: &Encoding, rows: &Samples) -> Design {
    let mut out = Design::new(design.width());
    for row in design.matrix(rows).chunks_exact(design.width().max(1)) {
        out.push(row.iter().enumerate().filter(|(_, x)| **x != 0.0).map(|(j, x)| (j as u32, *x)));
    }
    out
}

/// The codes of a column; none where it holds numbers.
pub(super) fn codes(rows: &Samples, column: usize) -> &[u32] {
    match rows.column(column) {
        Column::Codes { data } => data,
        _ => &[],
    }
}

/// The numbers of a column of one number a row; none where it holds categories.
pub(super) fn values(rows: &Samples, column: usize) -> Vec<f64> {
    match rows.column(column) {
        Column::F64 { data, .. } => data.clone(),
        Column::F32 { data, .. } => data.iter().map(|v| f64::from(*v)).collect(),
        _ => Vec::new(),
    }
}
