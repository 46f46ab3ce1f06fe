//! The fitted ancestral model.

use std::sync::Arc;

use rand::RngExt;
use rand_distr::StandardNormal;

use super::super::{Ask, Density, Model, Refusal, SampleError, Sampling, Transform};
use super::conditional::{Conditional, Spread, codes, values};
use super::structure::Step;
use crate::data::{Column, Kind, Samples, Schema};
use crate::rng::{Stream, Streams};

/// The transforms that a tabular model knows.
const TRANSFORMS: &[Transform] =
    &[Transform::Temperature, Transform::TopK, Transform::TopP, Transform::CovarianceScale];

/// A fitted ancestral model of a table.
pub struct TabularModel {
    pub(super) schema: Arc<Schema>,
    /// From cause to effect.
    pub(super) steps: Vec<(Step, Conditional)>,
    /// The training frequencies of each categorical column that is averaged out somewhere.
    pub(super) marginals: Vec<Option<Vec<f64>>>,
}

impl TabularModel {
    pub(super) fn new(
        schema: Arc<Schema>,
        steps: Vec<(Step, Conditional)>,
        marginals: Vec<Option<Vec<f64>>>,
    ) -> Self {
        Self { schema, steps, marginals }
    }

    /// The columns from cause to effect, each with its parents: indices into the schema.
    #[cfg(test)]
    pub fn graph(&self) -> impl Iterator<Item = (usize, &[usize])> {
        self.steps.iter().map(|(step, _)| (step.column, step.parents.as_slice()))
    }

    /// Every combination of the levels of the severed parents, with its probability.
    fn combinations(&self, step: &Step) -> Vec<(f64, Vec<(usize, u32)>)> {
        let mut all = vec![(1.0, Vec::new())];
        for parent in &step.severed {
            let shares = self.marginals[*parent].as_deref().unwrap_or_default();
            let grown = all.iter().flat_map(|(p, levels)| {
                (0_u32..).zip(shares).filter(|(_, share)| **share > 0.0).map(move |(level, share)| {
                    let mut levels = levels.clone();
                    levels.push((*parent, level));
                    (p * share, levels)
                })
            });
            all = grown.collect();
        }
        all
    }

    /// The rows with some columns set to one level.
    fn with(&self, rows: &Samples, levels: &[(usize, u32)]) -> Result<Samples, Refusal> {
        if levels.is_empty() {
            return Ok(rows.clone());
        }
        let set = |i: usize| match levels.iter().find(|(column, _)| *column == i) {
            Some((_, level)) => Column::Codes { data: vec![*level; rows.len()] },
            None => rows.column(i).clone(),
        };
        let columns = (0..self.schema.fields.len()).map(set).collect();
        Samples::new(self.schema.clone(), columns).map_err(|e| Refusal::new(e.to_string()))
    }

    /// The probability of each level for each row, severed parents averaged out.
    fn probabilities(&self, step: &Step, given: &Conditional, rows: &Samples) -> Result<Vec<f64>, Refusal> {
        if step.severed.is_empty() {
            return Ok(given.probabilities(rows));
        }
        let mut sum = vec![0.0; rows.len() * given.levels().unwrap_or(0)];
        for (share, levels) in self.combinations(step) {
            let p = given.probabilities(&self.with(rows, &levels)?);
            sum.iter_mut().zip(p).for_each(|(s, p)| *s += share * p);
        }
        Ok(sum)
    }

    /// Draws a column of categories.
    fn categories(
        &self,
        (step, given): (&Step, &Conditional),
        rows: &Samples,
        how: &Sampling,
        rng: &mut Stream,
    ) -> Result<Column, Refusal> {
        let mut p = self.probabilities(step, given, rows)?;
        let tempered = Sampling { covariance_scale: 1.0, ..how.clone() };
        let changes = tempered.active().next().is_some();
        let data = p
            .chunks_exact_mut(given.levels().unwrap_or(1))
            .map(|row| {
                if changes {
                    tempered.reshape(row);
                }
                let mut left = rng.random::<f64>() * row.iter().sum::<f64>();
                let found = row.iter().position(|p| {
                    left -= p;
                    left < 0.0
                });
                found.or_else(|| row.iter().rposition(|p| *p > 0.0)).unwrap_or(0) as u32
            })
            .collect();
        Ok(Column::Codes { data })
    }

    /// Draws a column of numbers.
    fn numbers(
        &self,
        (step, given): (&Step, &Conditional),
        rows: &Samples,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Vec<f64>, SampleError> {
        let mut rng = streams.of("residuals").rng();
        let line = if step.severed.is_empty() {
            given.line(rows)
        } else {
            // Each row is drawn with causes of its own, apart from those that it shows.
            let combinations = self.combinations(step);
            let mut lines = Vec::with_capacity(combinations.len());
            for (_, levels) in &combinations {
                lines.push(given.line(&self.with(rows, levels)?));
            }
            let mut causes = streams.of("causes").rng();
            let pick = |row: usize| {
                let mut left = causes.random::<f64>();
                let found = combinations.iter().position(|(p, _)| {
                    left -= p;
                    left < 0.0
                });
                lines[found.unwrap_or(lines.len() - 1)][row]
            };
            (0..rows.len()).map(pick).collect()
        };
        let Conditional::Linear { residuals, .. } = given else { return Ok(line) };
        let residual = |m: f64| match residuals {
            Spread::Normal(variance) => {
                m + (variance * how.covariance_scale).sqrt() * rng.sample::<f64, _>(StandardNormal)
            }
            Spread::Drawn { values, cumulative } => {
                let last = cumulative.len() - 1;
                let u = rng.random::<f64>() * cumulative[last];
                m + values[cumulative.partition_point(|c| *c <= u).min(last)]
            }
        };
        Ok(line.into_iter().map(residual).collect())
    }

    /// Refuses rows of another table.
    fn check(&self, rows: &Samples) -> Result<(), Refusal> {
        let same = |(a, b): (&crate::data::Field, &crate::data::Field)| {
            a.kind.codes() == b.kind.codes() && a.name == b.name
        };
        let fields = (&self.schema.fields, &rows.schema().fields);
        if fields.0.len() == fields.1.len() && fields.0.iter().zip(fields.1).all(same) {
            Ok(())
        } else {
            Err(Refusal::new(format!("the model is of {}, the rows are {}", self.schema, rows.schema())))
        }
    }
}

impl Model for TabularModel {
    fn synthesise(
        &self,
        ask: Ask<'_>,
        n: usize,
        how: &Sampling,
        streams: &Streams,
    ) -> Result<Samples, SampleError> {
        how.check("tabular", TRANSFORMS)?;
        if !matches!(ask, Ask::Rows) {
            return Err(Refusal::new("a tabular model makes new rows only (`synthesis = \"sample\"`)").into());
        }
        if how.covariance_scale != 1.0 && self.steps.iter().any(|(_, c)| has_drawn_residuals(c)) {
            return Err(Refusal::new("`sampling.covariance_scale` needs `residuals = \"gaussian\"`").into());
        }
        let blank = |kind: &Kind| match kind {
            Kind::F32 { .. } => Column::F32 { width: 1, data: vec![0.0; n] },
            Kind::F64 { .. } => Column::F64 { width: 1, data: vec![0.0; n] },
            _ => Column::Codes { data: vec![0; n] },
        };
        let table = |columns: &[Column]| {
            Samples::new(self.schema.clone(), columns.to_vec()).map_err(|e| Refusal::new(e.to_string()))
        };
        let mut columns: Vec<Column> = self.schema.fields.iter().map(|f| blank(&f.kind)).collect();
        for (step, given) in &self.steps {
            let so_far = table(&columns)?;
            // Every column has a stream of its own, so the first rows don't depend on how many follow.
            let own = streams.of("column").at(step.column as u64);
            let drawn = (step, given);
            columns[step.column] = match &columns[step.column] {
                Column::Codes { .. } => self.categories(drawn, &so_far, how, &mut own.rng())?,
                other => {
                    let data = self.numbers(drawn, &so_far, how, &own)?;
                    if data.iter().any(|v| !v.is_finite()) {
                        return Err(SampleError::NotFinite);
                    }
                    match other {
                        Column::F32 { .. } => {
                            Column::F32 { width: 1, data: data.iter().map(|v| *v as f32).collect() }
                        }
                        _ => Column::F64 { width: 1, data },
                    }
                }
            };
        }
        Ok(table(&columns)?)
    }

    fn density(&self) -> Option<&dyn Density> {
        Some(self)
    }

    fn size(&self) -> usize {
        self.steps.iter().map(|(_, c)| c.size()).sum()
    }
}

fn has_drawn_residuals(given: &Conditional) -> bool {
    matches!(given, Conditional::Linear { residuals: Spread::Drawn { .. }, .. })
}

impl Density for TabularModel {
    /// Σ_c ln p(x_c | parents) of each row. Refused where residuals are drawn from the training rows, and where a
    /// column of numbers has no spread left.
    fn log_likelihood(&self, rows: &Samples, _: &Streams) -> Result<Vec<f64>, Refusal> {
        self.check(rows)?;
        if let Some((row, column)) = rows.first_non_finite() {
            return Err(Refusal::new(format!("column `{column}`, row {row}: not a finite number")));
        }
        let mut total = vec![0.0; rows.len()];
        for (step, given) in &self.steps {
            let name = &self.schema.fields[step.column].name;
            if let Conditional::Linear { residuals, .. } = given {
                let Spread::Normal(variance) = residuals else {
                    return Err(Refusal::new(format!(
                        "column `{name}`: empirical residuals have no density"
                    )));
                };
                if *variance <= 0.0 {
                    return Err(Refusal::degenerate(format!(
                        "column `{name}` has no spread left and so no density"
                    )));
                }
                let constant = -0.5 * (std::f64::consts::TAU * variance).ln();
                let x = values(rows, step.column);
                let mut densities = vec![0.0; rows.len()];
                for (share, levels) in self.combinations(step) {
                    let line = given.line(&self.with(rows, &levels)?);
                    for ((d, x), m) in densities.iter_mut().zip(&x).zip(line) {
                        let log = constant - 0.5 * (x - m).powi(2) / variance;
                        if step.severed.is_empty() { *d = log } else { *d += share * log.exp() }
                    }
                }
                let log = |d: f64| if step.severed.is_empty() { d } else { d.ln() };
                total.iter_mut().zip(densities).for_each(|(t, d)| *t += log(d));
                continue;
            }
            let p = self.probabilities(step, given, rows)?;
            let levels = given.levels().unwrap_or(1);
            for (i, (t, code)) in total.iter_mut().zip(codes(rows, step.column)).enumerate() {
                *t += p[i * levels + *code as usize].ln();
            }
        }
        Ok(total)
    }
}
