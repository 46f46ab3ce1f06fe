//! The columns of a table as numbers that a predictor can weigh.
//!
//! Numbers are centred and divided by their standard deviation over the rows that the encoding was
//! made from (1 where they are constant); a category of L levels becomes L indicators, none left
//! out, since a ridge penalty treats them alike. With a `group` column of two levels its indicator
//! comes first, and every other entry comes a second time multiplied by it: interactions. Cost:
//! O(rows · width).

use super::Refusal;
use crate::data::{Column, Kind, Samples};

/// How the columns of a table become numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    group: Option<usize>,
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq)]
enum Block {
    /// Numbers of a column, each with the mean and the inverse standard deviation of its place.
    Numbers { column: usize, scales: Vec<(f64, f64)> },
    /// Indicators of a column's levels.
    Levels { column: usize, levels: usize },
}

impl Encoding {
    /// The encoding of the given columns, standardised over `rows`, with interactions with `group`
    /// where one is given. Refuses text and sequences, numbers that are not finite, and a group
    /// that does not have two levels.
    pub fn new(rows: &Samples, columns: &[usize], group: Option<usize>) -> Result<Self, Refusal> {
        let fields = &rows.schema().fields;
        if let Some(g) = group
            && fields[g].kind.codes() != Some(2)
        {
            return Err(Refusal::new(format!(
                "`{}` must have two levels, not {}",
                fields[g].name, fields[g].kind
            )));
        }
        let block = |&column: &usize| match (rows.column(column), &fields[column].kind) {
            (Column::F64 { width, data }, _) => {
                Ok(Block::Numbers { column, scales: scales(*width, data.iter().copied()) })
            }
            (Column::F32 { width, data }, _) => {
                Ok(Block::Numbers { column, scales: scales(*width, data.iter().map(|&v| f64::from(v))) })
            }
            (Column::Codes { .. }, Kind::Codes { levels }) => {
                Ok(Block::Levels { column, levels: levels.count() })
            }
            (_, kind) => Err(Refusal::new(format!(
                "column `{}` holds {kind}; numbers or categories are needed",
                fields[column].name
            ))),
        };
        let blocks: Vec<Block> = columns.iter().map(block).collect::<Result<_, _>>()?;
        for block in &blocks {
            if let Block::Numbers { column, scales } = block
                && scales.iter().any(|(mean, inverse)| !(mean.is_finite() && inverse.is_finite()))
            {
                let name = &fields[*column].name;
                return Err(Refusal::diverged(format!("column `{name}` holds a number that is not finite")));
            }
        }
        Ok(Self { group, blocks })
    }

    /// Numbers a row.
    pub fn width(&self) -> usize {
        let plain: usize = self.blocks.iter().map(Block::width).sum();
        if self.group.is_some() { 1 + 2 * plain } else { plain }
    }

    /// Whether each place is a number; the others are indicators. Without a group.
    pub fn numbers(&self) -> Vec<bool> {
        let of = |block: &Block| std::iter::repeat_n(matches!(block, Block::Numbers { .. }), block.width());
        self.blocks.iter().flat_map(of).collect()
    }

    /// The matrix of rows of the same schema: `rows.len() × width`, row-major.
    pub fn matrix(&self, rows: &Samples) -> Vec<f64> {
        self.build(rows, None)
    }

    /// The same with everyone's group set to a level.
    pub fn matrix_as(&self, rows: &Samples, level: u32) -> Vec<f64> {
        self.build(rows, Some(level))
    }

    /// The numbers x of this encoding by those x′ of another of the same columns: x = factor · x′ + shift, place by place.
    pub(super) fn in_units_of(&self, other: &Encoding) -> Result<Vec<(f64, f64)>, Refusal> {
        let mut units = Vec::with_capacity(self.width());
        let alike = self.group.is_none() && other.group.is_none() && self.blocks.len() == other.blocks.len();
        for (own, other) in self.blocks.iter().zip(&other.blocks).filter(|_| alike) {
            match (own, other) {
                (Block::Numbers { scales, .. }, Block::Numbers { scales: others, .. }) => {
                    let both = scales.iter().zip(others);
                    units.extend(both.map(|((m, s), (to, by))| (s / by, (to - m) * s)));
                }
                (own, _) => units.extend(std::iter::repeat_n((1.0, 0.0), own.width())),
            }
        }
        if units.len() == self.width() && self.width() == other.width() {
            Ok(units)
        } else {
            Err(Refusal::new("the encodings are of different columns"))
        }
    }

    fn build(&self, rows: &Samples, level: Option<u32>) -> Vec<f64> {
        let mut out = Vec::with_capacity(rows.len() * self.width());
        let groups = self.group.and_then(|g| match rows.column(g) {
            Column::Codes { data } => Some(data),
            _ => None,
        });
        for row in 0..rows.len() {
            let indicator = groups.map(|g| f64::from(level.unwrap_or(g[row])));
            out.extend(indicator);
            let start = out.len();
            for block in &self.blocks {
                block.push(rows, row, &mut out);
            }
            if let Some(x) = indicator {
                for i in start..out.len() {
                    out.push(out[i] * x);
                }
            }
        }
        out
    }
}

impl Block {
    fn width(&self) -> usize {
        match self {
            Block::Numbers { scales, .. } => scales.len(),
            Block::Levels { levels, .. } => *levels,
        }
    }

    fn push(&self, rows: &Samples, row: usize, out: &mut Vec<f64>) {
        match (self, rows.column(self.column())) {
            (Block::Numbers { scales, .. }, Column::F64 { width, data }) => {
                let cells = &data[row * width..(row + 1) * width];
                out.extend(cells.iter().zip(scales).map(|(v, (mean, inverse))| (v - mean) * inverse));
            }
            (Block::Numbers { scales, .. }, Column::F32 { width, data }) => {
                let cells = data[row * width..(row + 1) * width].iter().map(|&v| f64::from(v));
                out.extend(cells.zip(scales).map(|(v, (mean, inverse))| (v - mean) * inverse));
            }
            (Block::Levels { levels, .. }, Column::Codes { data }) => {
                out.extend((0..*levels).map(|level| f64::from(u8::from(data[row] as usize == level))));
            }
            // Another schema than the encoding was made from.
            (block, _) => out.extend(std::iter::repeat_n(0.0, block.width())),
        }
    }

    fn column(&self) -> usize {
        match self {
            Block::Numbers { column, .. } | Block::Levels { column, .. } => *column,
        }
    }
}

/// Mean and inverse standard deviation (divisor n) of each of `width` places.
fn scales(width: usize, data: impl Iterator<Item = f64> + Clone) -> Vec<(f64, f64)> {
    (0..width)
        .map(|place| {
            let cells = || data.clone().skip(place).step_by(width);
            let n = cells().count().max(1) as f64;
            let mean = cells().sum::<f64>() / n;
            let variance = cells().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
            (mean, if variance == 0.0 { 1.0 } else { 1.0 / variance.sqrt() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::data::{Field, Levels, Role, Schema};

    fn table() -> Samples {
        let field = |name: &str, role, kind| Field { name: name.into(), role, kind };
        let levels = |n| Kind::Codes { levels: Levels::Count(n) };
        let fields = vec![
            field("x", Role::Group, levels(2)),
            field("age", Role::Feature, Kind::F64 { width: 1 }),
            field("job", Role::Feature, levels(3)),
        ];
        let columns = vec![
            Column::Codes { data: vec![0, 1] },
            Column::F64 { width: 1, data: vec![20.0, 40.0] },
            Column::Codes { data: vec![2, 0] },
        ];
        Samples::new(Arc::new(Schema { fields }), columns).unwrap()
    }

    #[test]
    fn numbers_are_standardised_and_levels_are_indicators() {
        let encoding = Encoding::new(&table(), &[1, 2], None).unwrap();
        assert_eq!(encoding.width(), 4);
        assert_eq!(encoding.matrix(&table()), [-1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn interactions_vanish_in_group_0() {
        let encoding = Encoding::new(&table(), &[1, 2], Some(0)).unwrap();
        assert_eq!(encoding.width(), 9);
        let rows = encoding.matrix(&table());
        assert_eq!(rows[..9], [0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(rows[9..], [1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
        let as_one = encoding.matrix_as(&table(), 1);
        assert_eq!(as_one[..9], [1.0, -1.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_group_of_three_and_numbers_that_are_not_finite_are_refused() {
        assert!(Encoding::new(&table(), &[1], Some(2)).is_err());
        let schema = Arc::new(Schema::single(Kind::F64 { width: 1 }));
        let rows = Samples::new(schema, vec![Column::F64 { width: 1, data: vec![1.0, f64::NAN] }]).unwrap();
        assert!(Encoding::new(&rows, &[0], None).unwrap_err().to_string().contains("not finite"));
    }
}
