//! What class-conditional models of tables share around their networks: how rows are read, which classes they have, and how
//! they are made and scored.

use rand::RngExt;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

use super::classes::Classes;
use super::table::{self, Scaling, Table, label_of};
use crate::data::{Samples, Schema};
use crate::models::{FitError, Refusal, SampleError};
use crate::rng::{Stream, Streams};

/// Rows that are made or scored together.
const BLOCK: usize = 256;

/// The table that rows are read and written with, and the shares of their classes. A label is a class apart from the
/// features.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) table: Table,
    pub(super) classes: Classes,
}

/// Refuses rows that such a model can't read.
pub(super) fn check(family: &str, schema: &Schema) -> Result<(), Refusal> {
    table::check(family, schema, label_of(schema).map(|(column, _)| column))
}

impl Plan {
    /// The plan of weighted training rows, and the rows as it reads them. A warm start keeps the scaling that its weights
    /// were trained with.
    pub(super) fn fit(
        family: &str,
        rows: &Samples,
        weights: &[f64],
        warm: Option<&Plan>,
    ) -> Result<(Self, Vec<f32>), FitError> {
        let label = label_of(rows.schema());
        let table = match warm {
            Some(plan) => plan.table.clone(),
            None => Table::fit(rows, Scaling::Standard, label.map(|(column, _)| column)),
        };
        let data = table.encode(family, rows)?;
        let classes = Classes::fit(table.labels(rows), weights, label.map_or(0, |(_, classes)| classes));
        Ok((Plan { table, classes }, data))
    }

    /// The first model's scaling, and the shares Σ c_i θ_i.
    pub(super) fn combined(models: &[(f64, &Plan)]) -> Self {
        let shares: Vec<_> = models.iter().map(|(c, plan)| (*c, &plan.classes)).collect();
        Plan { classes: Classes::combined(&shares), table: models[0].1.table.clone() }
    }

    /// Makes `n` rows from normal noise of this deviation: `solve` turns it into scaled rows of the given classes, block by
    /// block. Each row has its own stream, so a longer draw starts with a shorter one.
    pub(super) fn sample(
        &self,
        n: usize,
        (deviation, cut): (f32, bool),
        streams: &Streams,
        solve: impl Fn(&mut [f32], &mut [Stream], Option<&[u32]>),
    ) -> Result<Samples, SampleError> {
        let width = self.table.width();
        let mut out = self.table.writer(n, cut);
        for from in (0..n).step_by(BLOCK) {
            let rows = BLOCK.min(n - from);
            let mut rngs: Vec<Stream> = (from..from + rows).map(|r| streams.at(r as u64).rng()).collect();
            let classes: Option<Vec<u32>> = rngs.iter_mut().map(|rng| self.classes.draw(rng)).collect();
            let mut x = Vec::with_capacity(rows * width);
            for rng in &mut rngs {
                x.extend((0..width).map(|_| deviation * rng.sample::<f32, _>(StandardNormal)));
            }
            solve(&mut x, &mut rngs, classes.as_deref());
            for (r, row) in x.chunks_exact(width).enumerate() {
                if row.iter().any(|v| !v.is_finite()) {
                    return Err(SampleError::NotFinite);
                }
                out.push(row, classes.as_ref().map(|c| c[r]));
            }
        }
        out.finish().map_err(|e| SampleError::Refused(Refusal::new(e.to_string())))
    }

    /// Whether all features are numbers, so that rows have a density.
    pub(super) fn is_numeric(&self) -> bool {
        self.table.parts().all(|part| !part.is_codes())
    }

    /// ln p of rows and their labels, nats: `score` gives that of scaled rows, the first of which is the given row of all,
    /// under their classes.
    pub(super) fn log_likelihood(
        &self,
        family: &str,
        rows: &Samples,
        score: impl Fn(&[f32], usize, Option<&[u32]>) -> Vec<f64>,
    ) -> Result<Vec<f64>, Refusal> {
        check(family, rows.schema())?;
        let data = self.table.encode(family, rows).map_err(|e| Refusal::new(e.to_string()))?;
        let labels = self.table.labels(rows);
        let (width, volume) = (self.table.width(), self.table.log_volume());
        let mut logs = Vec::with_capacity(rows.len());
        for (block, x) in data.chunks(BLOCK * width).enumerate() {
            let from = block * BLOCK;
            let classes = (!labels.is_empty()).then(|| &labels[from..from + x.len() / width]);
            let scores = score(x, from, classes);
            let shares = |r: usize| classes.map_or(0.0, |c| self.classes.share(c[r]).ln());
            logs.extend(scores.into_iter().enumerate().map(|(r, log)| log - volume + shares(r)));
        }
        Ok(logs)
    }
}
