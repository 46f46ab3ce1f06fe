//! `duplicate-rate`: how many rows repeat another row of the same sample.
//!
//! 1 − |different rows| / |rows|, on all feature columns, bit by bit. Cost: O(cells).

use std::collections::HashSet;

use super::{
    Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst, one, plain,
};
use crate::data::{Column, Distribution, Role, Samples, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

struct DuplicateRate;

pub(super) const ENTRY: MetricEntry = MetricEntry {
    about: About {
        name: "duplicate-rate",
        summary: "Share of rows that repeat an earlier row of the sample exactly",
        details: "1 − |different rows| / |rows|. Rows are equal if all feature columns are, bit by bit (labels are left \
            out; 0 and −0 are equal). 0 for continuous human data; for outcomes and short texts people repeat \
            themselves too, so compare with the human baseline of the same size.",
        source: "Lee et al. 2022 (arXiv 2107.06499) for exact duplicates",
        parameters: &[],
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human rate",
        unit: "share",
        scale: Scale::Logit,
        worst: Worst::Is(1.0),
        unbiased: false,
    },
    build: |node, _| plain(node, DuplicateRate),
};

impl Metric for DuplicateRate {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        schema.first(Role::Feature).map(|_| ()).ok_or_else(|| Refusal::new("the rows have no feature"))
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let rows = of.rows()?;
        let different: HashSet<Vec<u8>> = (0..rows.len()).map(|i| key(rows, i)).collect();
        one("duplicate-rate", 1.0 - different.len() as f64 / rows.len() as f64)
    }
}

/// The feature cells of a row as bytes.
fn key(rows: &Samples, i: usize) -> Vec<u8> {
    let mut key = Vec::new();
    for column in rows.schema().with_role(Role::Feature) {
        match rows.column(column) {
            // Adding 0 turns −0 into 0.
            Column::F32 { width, data } => {
                key.extend(data[i * width..(i + 1) * width].iter().flat_map(|v| (v + 0.0).to_le_bytes()));
            }
            Column::F64 { width, data } => {
                key.extend(data[i * width..(i + 1) * width].iter().flat_map(|v| (v + 0.0).to_le_bytes()));
            }
            Column::Codes { data } => key.extend(data[i].to_le_bytes()),
            Column::Ragged { offsets, tokens } => {
                let row = &tokens[offsets[i]..offsets[i + 1]];
                key.extend((row.len() as u64).to_le_bytes());
                key.extend(row.iter().flat_map(|t| t.to_le_bytes()));
            }
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::TokenUnit;
    use crate::metrics::testing::{Scene, text, value};

    #[test]
    fn repeated_rows_are_counted() {
        let scene = Scene::numbers(&[0.0, 1.0, 2.0, 1.0, -0.0, 1.0, 0.0, 3.0], 2);
        assert_eq!(value(&DuplicateRate, &scene), Ok(0.25));
        let scene = Scene::sample(text(TokenUnit::Words, &["a b", "a", "a b", "a b", "b"]));
        assert!((value(&DuplicateRate, &scene).unwrap_or(f64::NAN) - 0.4).abs() < 1e-15);
    }
}
