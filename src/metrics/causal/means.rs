//! Estimating the four means of [`FourMeans`] from a table, or of a predictor.
//!
//! A and D are averages of the outcome within the groups. B is the average over group 0 of
//! μ(x₁, z, w), C that of ν(x₁, z); μ and ν are logistic regressions of the outcome with all
//! interactions with the group, which is the same as fitting them on the rows of group 1 alone. Ridge
//! 1 on standardised columns (of group 1). For a predictor ŷ = f(x, z, w) no μ is needed: B is the
//! average over group 0 of f(x₁, z, w).

use crate::data::{Column, FourMeans, Kind, Role, Samples, Schema};
use crate::logistic::{Design, Logistic};
use crate::models::{Encoding, Refusal};

/// The standard fairness model over the columns of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// X: the group, two levels.
    pub group: usize,
    /// Y: the label, two levels.
    pub outcome: usize,
    /// Z: features that are not mediators.
    pub confounders: Vec<usize>,
    /// W: features between the group and the label.
    pub mediators: Vec<usize>,
}

impl Graph {
    /// The graph of a table with these mediators. Refuses a table without a group or a label of two
    /// levels, and mediators that are no features.
    pub fn new(schema: &Schema, mediators: &[String]) -> Result<Self, Refusal> {
        let two = |role, what: &str, key: &str| match schema.first(role) {
            Some((index, field)) if field.kind.codes() == Some(2) && !text(&field.kind) => Ok(index),
            Some((_, field)) => Err(Refusal::new(format!(
                "the {what} `{}` must have two levels, not {}",
                field.name, field.kind
            ))),
            None => Err(Refusal::new(format!("the table has no {what}; name its column with `{key}`"))),
        };
        let group = two(Role::Group, "group", "group")?;
        let outcome = two(Role::Label, "label", "label")?;
        let features = schema.with_role(Role::Feature);
        if let Some(&odd) = features.iter().find(|&&i| text(&schema.fields[i].kind)) {
            return Err(Refusal::new(format!("the feature `{}` is a text", schema.fields[odd].name)));
        }
        let name = |i: &usize| schema.fields[*i].name.as_str();
        if let Some(unknown) = mediators.iter().find(|m| !features.iter().any(|i| name(i) == m.as_str())) {
            let known: Vec<&str> = features.iter().map(name).collect();
            return Err(Refusal::new(format!(
                "the mediator `{unknown}` is no feature; there are {}",
                known.join(", ")
            )));
        }
        let (mediators, confounders) =
            features.iter().partition(|i| mediators.iter().any(|m| m.as_str() == name(i)));
        Ok(Self { group, outcome, confounders, mediators })
    }

    /// The rows of group 0 and of group 1.
    pub(super) fn strata(&self, rows: &Samples) -> Result<[Vec<u32>; 2], Refusal> {
        let of = |level: u32| match rows.column(self.group) {
            Column::Codes { data } => (0..rows.len() as u32).filter(|&i| data[i as usize] == level).collect(),
            _ => Vec::new(),
        };
        let strata: [Vec<u32>; 2] = [of(0), of(1)];
        match strata.iter().position(Vec::is_empty) {
            Some(level) => {
                let name = &rows.schema().fields[self.group].name;
                Err(Refusal::degenerate(format!("no row has level {level} of the group `{name}`")))
            }
            None => Ok(strata),
        }
    }

    pub(super) fn outcomes(&self, rows: &Samples) -> Vec<f64> {
        match rows.column(self.outcome) {
            Column::Codes { data } => data.iter().map(|&y| f64::from(y)).collect(),
            _ => Vec::new(),
        }
    }
}

fn text(kind: &Kind) -> bool {
    matches!(kind, Kind::Ragged { .. })
}

/// The four means of the rows' own outcome.
pub fn four_means(rows: &Samples, graph: &Graph) -> Result<FourMeans, Refusal> {
    let [zero, one] = graph.strata(rows)?;
    let (y, group_0, group_1) = (graph.outcomes(rows), rows.take(&zero), rows.take(&one));
    let (a, d) = (mean(&y, &zero), mean(&y, &one));
    let y_1: Vec<f64> = one.iter().map(|&i| y[i as usize]).collect();
    let all: Vec<usize> = graph.confounders.iter().chain(&graph.mediators).copied().collect();
    Ok(FourMeans {
        group_0: a,
        direct: carried_over(&group_1, &y_1, &group_0, &all)?,
        direct_and_indirect: carried_over(&group_1, &y_1, &group_0, &graph.confounders)?,
        group_1: d,
    })
}

fn mean(values: &[f64], of: &[u32]) -> f64 {
    of.iter().map(|&i| values[i as usize]).sum::<f64>() / of.len() as f64
}

/// The average over `to` of E[Y | columns], fitted on `from`. A target y in [0, 1] is a row of label 1
/// with weight y beside one of label 0 with weight 1 − y.
fn carried_over(from: &Samples, y: &[f64], to: &Samples, columns: &[usize]) -> Result<f64, Refusal> {
    let encoding = Encoding::new(from, columns, None)?;
    let (matrix, width) = (encoding.matrix(from), encoding.width());
    let mut design = Design::new(width);
    let (mut labels, mut weights) = (Vec::new(), Vec::new());
    for (i, &y) in y.iter().enumerate() {
        for (label, weight) in [(1, y), (0, 1.0 - y)].into_iter().filter(|(_, weight)| *weight > 0.0) {
            design.push(cells(&matrix[i * width..(i + 1) * width]));
            labels.push(label);
            weights.push(weight);
        }
    }
    let fit =
        Logistic::fit(&design, &labels, &weights, 2, 1.0).map_err(|e| Refusal::undefined(e.to_string()))?;
    let matrix = encoding.matrix(to);
    let mut design = Design::new(width);
    (0..to.len()).for_each(|i| design.push(cells(&matrix[i * width..(i + 1) * width])));
    let carried = fit.probabilities(&design);
    Ok(carried.chunks_exact(2).map(|p| p[1]).sum::<f64>() / to.len() as f64)
}

/// The cells of a row that are not 0.
fn cells(row: &[f64]) -> impl Iterator<Item = (u32, f64)> + '_ {
    (0..).zip(row.iter().copied()).filter(|(_, value)| *value != 0.0)
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::data::SOURCES;
    use crate::rng::Streams;
    use crate::spec::Node;

    fn truth() -> crate::data::Source {
        let node = Node::from_toml("direct = 1.2\nindirect = 1.5\nspurious = 1.5", "test").unwrap();
        SOURCES.get("structural-causal-model").unwrap().make(&node).unwrap()
    }

    /// Rows of a structural causal model with all three effects.
    pub fn draw(n: usize, seed: u64) -> Samples {
        truth().truth().unwrap().draw(n, &mut Streams::new(0, seed).of("rows").rng())
    }

    fn graph(rows: &Samples) -> Graph {
        Graph::new(rows.schema(), &["w".into()]).unwrap()
    }

    #[test]
    fn the_estimates_agree_with_the_known_effects() {
        // Means over 40 tables of 1,000 rows against the truth, with 5 standard errors; the ridge
        // moves each by less than 1/1000.
        let known = truth().truth().unwrap().four_means(&["w".into()]).unwrap();
        let found: Vec<FourMeans> = (0..40)
            .map(|seed| {
                let rows = draw(1000, seed);
                four_means(&rows, &graph(&rows)).unwrap()
            })
            .collect();
        for of in [
            |m: &FourMeans| m.group_0,
            |m: &FourMeans| m.direct,
            |m: &FourMeans| m.direct_and_indirect,
            |m: &FourMeans| m.group_1,
        ] {
            let values: Vec<f64> = found.iter().map(of).collect();
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
            assert!((mean - of(&known)).abs() < 5.0 * sd / n.sqrt() + 1e-3, "{mean} against {}", of(&known));
        }
    }

    #[test]
    fn saturated_strata_have_their_hand_computed_means() {
        // Four rows a cell of x and z, no mediator: E[Y | x1, z] is 1/4 and 3/4, and group 0 has
        // three times as many rows with z = 1. With many copies the ridge is small.
        let copies = 250;
        let cells = [(0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 1, 0)];
        let mut rows: Vec<(u32, u32, u32)> = (0..copies).flat_map(|_| cells).collect();
        for _ in 0..copies {
            rows.extend([(1, 0, 1), (1, 0, 0), (1, 0, 0), (1, 0, 0)]);
            rows.extend([(1, 1, 1), (1, 1, 1), (1, 1, 1), (1, 1, 0)]);
        }
        let schema = draw(1, 0).schema().clone();
        let column =
            |of: &dyn Fn(&(u32, u32, u32)) -> u32| Column::Codes { data: rows.iter().map(of).collect() };
        let table =
            Samples::new(schema, vec![column(&|r| r.0), column(&|r| r.1), column(&|_| 0), column(&|r| r.2)]);
        let table = table.unwrap();
        let m = four_means(&table, &graph(&table)).unwrap();
        // A = 1/4, D = 1/2, C = B = ¼ · ¼ + ¾ · ¾ = 5/8.
        assert!((m.group_0 - 0.25).abs() < 1e-12 && (m.group_1 - 0.5).abs() < 1e-12);
        assert!((m.direct - 0.625).abs() < 5e-3 && (m.direct_and_indirect - 0.625).abs() < 5e-3, "{m:?}");
        assert!(m.effects().indirect.abs() < 5e-3);
    }

    #[test]
    fn an_absent_group_is_refused_and_a_single_outcome_has_no_effects() {
        let rows = draw(200, 9);
        let Column::Codes { data: x } = rows.column(0) else { panic!() };
        let zeros: Vec<u32> = (0..200).filter(|&i| x[i as usize] == 0).collect();
        let why = four_means(&rows.take(&zeros), &graph(&rows)).unwrap_err().to_string();
        assert!(why.contains("level 1") && why.contains('x'), "{why}");
        let same: Vec<u32> = (0..200).filter(|&i| rows.labels().unwrap()[i as usize] == 1).collect();
        let m = four_means(&rows.take(&same), &graph(&rows)).unwrap();
        assert_eq!((m.group_0, m.direct, m.direct_and_indirect, m.group_1), (1.0, 1.0, 1.0, 1.0));
    }
}
