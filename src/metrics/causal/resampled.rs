//! The four means of many resamples of one table: the regressions of [`four_means`](super::four_means), fitted to weights.
//!
//! A resample is a weight for each row. Equal rows are one, columns stay in the whole table's units, and each fit begins
//! at the whole table's; the ridge is rescaled so that it is 1 in the resample's own units, and the fit is the same.

use std::collections::HashMap;

use crate::data::{Column, FourMeans, Samples};
use crate::logistic::{Design, Weighted, positive};
use crate::models::{Encoding, Refusal};

use super::Graph;

/// A table whose rows get weights.
pub(super) struct Resampled {
    /// The level of the group of each row, and its outcome.
    groups: Vec<u32>,
    outcomes: Vec<f64>,
    name: String,
    /// E[Y | z, w] and E[Y | z], carried from group 1 to group 0.
    direct: Regression,
    indirect: Regression,
}

/// Rows of group 1 that a regression is fitted on, and rows of group 0 that it is averaged over; equal ones are one.
struct Regression {
    from: Distinct,
    to: Distinct,
    /// Columns that are numbers, not indicators.
    numbers: Vec<bool>,
    start: Vec<f64>,
}

/// Rows without repeats.
struct Distinct {
    design: Design,
    /// The place of each row of the table; `u32::MAX` where it is of the other group.
    place: Vec<u32>,
}

impl Distinct {
    fn of(matrix: &[f64], width: usize, wanted: impl Fn(usize) -> bool, rows: usize) -> Self {
        let mut known: HashMap<Vec<u64>, u32> = HashMap::new();
        let mut design = Design::new(width);
        let place = (0..rows)
            .map(|i| {
                if !wanted(i) {
                    return u32::MAX;
                }
                let row = &matrix[i * width..(i + 1) * width];
                let next = known.len() as u32;
                *known.entry(row.iter().map(|x| x.to_bits()).collect()).or_insert_with(|| {
                    design.push((0..).zip(row.iter().copied()).filter(|(_, x)| *x != 0.0));
                    next
                })
            })
            .collect();
        Self { design, place }
    }

    /// The sum of the weights of each distinct row.
    fn weights(&self, of: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.design.len()];
        for (i, place) in self.place.iter().enumerate().filter(|(_, place)| **place != u32::MAX) {
            sums[*place as usize] += of(i);
        }
        sums
    }
}

impl Regression {
    fn new(rows: &Samples, columns: &[usize], groups: &[u32], group_1: &Samples) -> Result<Self, Refusal> {
        let encoding = Encoding::new(group_1, columns, None)?;
        let (matrix, width) = (encoding.matrix(rows), encoding.width());
        let of = |level: u32| Distinct::of(&matrix, width, |i| groups[i] == level, rows.len());
        Ok(Self { from: of(1), to: of(0), numbers: encoding.numbers(), start: vec![0.0; width + 1] })
    }

    /// The average over weighted group 0 of the regression on weighted group 1, and its coefficients.
    fn carried(&self, counts: &[f64], outcomes: &[f64]) -> Result<(f64, Vec<f64>), Refusal> {
        let positive_of = self.from.weights(|i| counts[i] * outcomes[i]);
        let negative_of = self.from.weights(|i| counts[i] * (1.0 - outcomes[i]));
        let all: Vec<f64> = positive_of.iter().zip(&negative_of).map(|(p, q)| p + q).collect();
        let penalties = self.penalties(&all);
        let fit = Weighted {
            design: &self.from.design,
            positive: &positive_of,
            negative: &negative_of,
            penalties: &penalties,
        };
        let coefficients = fit.fit(&self.start).map_err(|e| Refusal::undefined(e.to_string()))?;
        let to = self.to.weights(|i| counts[i]);
        let total: f64 = to.iter().sum();
        let design = &self.to.design;
        let rows = to.iter().enumerate().filter(|(_, w)| **w > 0.0);
        let sum: f64 = rows.map(|(i, w)| w * positive(design, i, &coefficients)).sum();
        Ok((sum / total, coefficients))
    }

    /// The ridge of 1 on columns in the resample's own standard deviations, in these units: its variance of each.
    fn penalties(&self, weights: &[f64]) -> Vec<f64> {
        let design = &self.from.design;
        let total: f64 = weights.iter().sum();
        let width = design.width();
        let (mut sums, mut squares) = (vec![0.0; width], vec![0.0; width]);
        for (i, w) in weights.iter().enumerate().filter(|(_, w)| **w > 0.0) {
            for (j, x) in design.row(i) {
                sums[j] += w * x;
                squares[j] += w * x * x;
            }
        }
        let variance = |j: usize| squares[j] / total - (sums[j] / total).powi(2);
        // A column that is constant in the resample is left in its units.
        let penalty = |j: usize| if self.numbers[j] && variance(j) > 1e-12 { variance(j) } else { 1.0 };
        (0..width).map(penalty).collect()
    }
}

impl Resampled {
    /// Makes a table ready.
    pub fn new(rows: &Samples, graph: &Graph) -> Result<Self, Refusal> {
        let groups = match rows.column(graph.group) {
            Column::Codes { data } => data.clone(),
            _ => Vec::new(),
        };
        let [_, one] = graph.strata(rows)?;
        let group_1 = rows.take(&one);
        let all: Vec<usize> = graph.confounders.iter().chain(&graph.mediators).copied().collect();
        let mut table = Self {
            direct: Regression::new(rows, &all, &groups, &group_1)?,
            indirect: Regression::new(rows, &graph.confounders, &groups, &group_1)?,
            outcomes: graph.outcomes(rows),
            name: rows.schema().fields[graph.group].name.clone(),
            groups,
        };
        let once = vec![1.0; rows.len()];
        let starts = [&table.direct, &table.indirect].map(|r| Ok(r.carried(&once, &table.outcomes)?.1));
        let [direct, indirect]: [Result<Vec<f64>, Refusal>; 2] = starts;
        let finite = |start: Vec<f64>| {
            if start.iter().all(|x| x.is_finite()) { start } else { vec![0.0; start.len()] }
        };
        (table.direct.start, table.indirect.start) = (finite(direct?), finite(indirect?));
        Ok(table)
    }

    /// The four means where row i occurs `counts[i]` times.
    pub fn means(&self, counts: &[f64]) -> Result<FourMeans, Refusal> {
        let mut sums = [(0.0, 0.0); 2];
        for ((&group, y), n) in self.groups.iter().zip(&self.outcomes).zip(counts) {
            let sum = &mut sums[group as usize];
            *sum = (sum.0 + n * y, sum.1 + n);
        }
        if let Some(level) = sums.iter().position(|(_, n)| *n == 0.0) {
            return Err(Refusal::degenerate(format!(
                "no row has level {level} of the group `{}`",
                self.name
            )));
        }
        let mean = |(sum, n): (f64, f64)| sum / n;
        Ok(FourMeans {
            group_0: mean(sums[0]),
            direct: self.direct.carried(counts, &self.outcomes)?.0,
            direct_and_indirect: self.indirect.carried(counts, &self.outcomes)?.0,
            group_1: mean(sums[1]),
        })
    }
}
