//! The shortest answer of a run, as a table of text.

use std::fmt;

use crate::analysis::SummaryRow;
use crate::publish;

/// What every metric of every setting is at its first and its last generation; `Display` prints it.
#[derive(Clone, Copy)]
pub struct Summary<'r> {
    pub(super) rows: &'r [SummaryRow],
}

impl<'r> Summary<'r> {
    /// Every place's mean over seeds with its interval and of how many seeds it speaks: the rows of `summary.csv`.
    pub fn rows(&self) -> &'r [SummaryRow] {
        self.rows
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["metric", "setting", "generation", "mean over seeds [95 %]", "at first", "human"];
        let mut lines = vec![head.map(str::to_owned)];
        lines.extend(publish::values(self.rows).iter().map(|v| {
            [
                v.metric.clone(),
                v.setting.clone(),
                v.last.generation.to_string(),
                publish::written(v.last),
                publish::number(v.first.centre()),
                v.human.map_or("–".into(), publish::number),
            ]
        }));
        let widths = [0, 1, 2, 3, 4, 5]
            .map(|column| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0));
        for line in &lines {
            let padded = line.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            writeln!(f, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}
