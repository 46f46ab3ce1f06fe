//! Scores of the test rows of each group: of every level of the group column, or of thirds by it.
//!
//! `task-group-<level>` is one of the task's scores on the test rows of that group, `task-group-gap` the
//! last group's minus the first's. Thirds are the test rows in the order of the column's levels (by number
//! where these are numbers), cut into three parts of equal size, ties by their order in the table; a column
//! with a single level among the test rows has none. Where the column is named `agreement` and its levels
//! are per cents, `task-agreement` is their mean, as a share. Cost: one more scoring of the test rows.

use serde::Deserialize;

use super::Learned;
use crate::data::{Column, Field, Kind, Levels, Role, Samples, Schema};
use crate::metrics::Measured;
use crate::models::Refusal;
use crate::spec::{Error, Node};

/// What a group of test rows is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// The rows of one level.
    Levels,
    /// A third of the rows, by the order of the levels.
    Thirds,
}

const THIRDS: [&str; 3] = ["low", "middle", "high"];

impl Grouping {
    /// Reads `by_group`: false, true (levels) or "thirds".
    pub(super) fn read(node: &Node) -> Result<Option<Self>, Error> {
        match node.get("by_group") {
            None => Ok(None),
            Some(value) if value.as_str().is_some() => value.parse().map(Some),
            Some(value) => Ok(value.parse::<bool>()?.then_some(Self::Levels)),
        }
    }

    /// `score` of a learner on the rows of each group, and what the groups' names say.
    pub(super) fn scores(
        self,
        test: &Samples,
        learned: &dyn Learned,
        score: impl Fn(&Measured) -> Result<f64, Refusal>,
    ) -> Result<Measured, Refusal> {
        let (levels, codes) = column(test)?;
        let groups = match self {
            Self::Levels => by_level(levels, codes),
            Self::Thirds => thirds(codes),
        };
        let mut found: Measured = Vec::new();
        for (name, rows) in groups.iter().filter(|(_, rows)| !rows.is_empty()) {
            let value = score(&learned.score(&test.take(rows))?)?;
            found.push((format!("task-group-{name}").into(), value));
        }
        if let ([(_, first), .., (_, last)], true) = (found.as_slice(), found.len() == groups.len()) {
            let gap = last - first;
            found.push(("task-group-gap".into(), gap));
        }
        found.extend(agreement(test.schema(), levels, codes).map(|mean| ("task-agreement".into(), mean)));
        Ok(found)
    }
}

/// The levels and the codes of the group column.
fn column(rows: &Samples) -> Result<(&Levels, &[u32]), Refusal> {
    let none = || Refusal::new("there is no group column to score by");
    let (index, field) = rows.schema().first(Role::Group).ok_or_else(none)?;
    match (&field.kind, rows.column(index)) {
        (Kind::Codes { levels }, Column::Codes { data }) => Ok((levels, data)),
        _ => Err(none()),
    }
}

type Groups = Vec<(String, Vec<u32>)>;

fn by_level(levels: &Levels, codes: &[u32]) -> Groups {
    let rows = |level: u32| (0..codes.len() as u32).filter(|&i| codes[i as usize] == level).collect();
    (0..levels.count() as u32).map(|level| (levels.name(level), rows(level))).collect()
}

fn thirds(codes: &[u32]) -> Groups {
    let mut order: Vec<u32> = (0..codes.len() as u32).collect();
    if codes.windows(2).all(|pair| pair[0] == pair[1]) {
        return Vec::new();
    }
    order.sort_by_key(|&i| codes[i as usize]);
    let cut = |k: usize| k * order.len() / THIRDS.len();
    let part = |(k, name): (usize, &&str)| ((*name).to_owned(), order[cut(k)..cut(k + 1)].to_vec());
    THIRDS.iter().enumerate().map(part).collect()
}

/// The mean of the per cents that name the levels of a column `agreement`.
fn agreement(schema: &Schema, levels: &Levels, codes: &[u32]) -> Option<f64> {
    let named = matches!(schema.first(Role::Group), Some((_, Field { name, .. })) if name == "agreement");
    let percent = |&code: &u32| levels.name(code).parse::<f64>().ok();
    let all: Vec<f64> = codes.iter().map(percent).collect::<Option<_>>()?;
    (named && !all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64 / 100.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;

    /// Scores 1 for each row whose code is odd.
    struct Odd;

    impl Learned for Odd {
        fn score(&self, rows: &Samples) -> Result<Measured, Refusal> {
            let (_, codes) = column(rows)?;
            let odd = codes.iter().filter(|c| *c % 2 == 1).count();
            Ok(vec![("task-accuracy".into(), odd as f64 / codes.len() as f64)])
        }
    }

    fn rows(name: &str, percents: &[u32]) -> Samples {
        let levels = Levels::Named((0..=100).map(|p| p.to_string()).collect());
        let field = Field { name: name.into(), role: Role::Group, kind: Kind::Codes { levels } };
        Samples::new(
            Arc::new(Schema { fields: vec![field] }),
            vec![Column::Codes { data: percents.to_vec() }],
        )
        .unwrap()
    }

    fn found(grouping: Grouping, rows: &Samples) -> Vec<(String, f64)> {
        let scores = grouping.scores(rows, &Odd, |s| Ok(s[0].1)).unwrap();
        scores.into_iter().map(|(name, value)| (name.into_owned(), value)).collect()
    }

    #[test]
    fn thirds_are_in_the_order_of_the_levels() {
        // By level: 50 52 | 61 71 | 81 99.
        let scores = found(Grouping::Thirds, &rows("agreement", &[99, 50, 71, 61, 52, 81]));
        let expected = [
            ("task-group-low", 0.0),
            ("task-group-middle", 1.0),
            ("task-group-high", 1.0),
            ("task-group-gap", 1.0),
        ];
        for ((name, value), (wanted, number)) in scores.iter().zip(expected) {
            assert_eq!((name.as_str(), *value), (wanted, number));
        }
        // (99 + 50 + 71 + 61 + 52 + 81)/6 per cent.
        assert_eq!(scores[4].0, "task-agreement");
        assert!((scores[4].1 - 0.69).abs() < 1e-12);
    }

    #[test]
    fn a_fact_has_an_agreement_and_no_thirds() {
        assert_eq!(
            found(Grouping::Thirds, &rows("agreement", &[100; 4])),
            [("task-agreement".to_owned(), 1.0)]
        );
        assert!(found(Grouping::Thirds, &rows("age", &[40; 4])).is_empty());
    }

    #[test]
    fn levels_without_a_row_have_no_score_and_leave_no_gap() {
        let scores = found(Grouping::Levels, &rows("age", &[40, 41, 41]));
        assert_eq!(scores, [("task-group-40".to_owned(), 0.0), ("task-group-41".to_owned(), 1.0)]);
    }
}
