//! Groups among the rows themselves: `group-share`, `demographic-parity-gap`,
//! `equalised-odds-gap`.
//!
//! For tables with a group column and a label column. They are about what the rows say, not about
//! a learner trained on them. Cost: O(rows); `equalised-odds-gap` O(n² d).

use super::distances::{Cells, Cloud, Points, shift};
use super::space::Space;
use super::{
    BoxedMetric, Direction, Measured, Metric, MetricEntry, Needs, Observation, Reading, Scale, When, Worst,
    one, shapes, table,
};
use crate::data::{Column, Distribution, Kind, Role, Samples, Schema};
use crate::models::Refusal;
use crate::registry::{About, Build};
use crate::rng::Streams;

crate::parameters! {
    /// The table of `group-share`.
    #[derive(Clone, Copy)]
    struct Share {
        /// The group's code, counted from 0 in the order of the column's levels; -1 for the rarest
        group: i64 = -1;
    }
}

crate::parameters! {
    /// The table of the two gaps.
    #[derive(Clone, Copy)]
    struct Gap {
        /// The label's code that counts as positive, counted from 0; -1 for the last
        positive: i64 = -1;
    }
}

enum Groups {
    Share(Share),
    Parity(Gap),
    Odds(Gap),
}

pub(super) const SHARE: MetricEntry = MetricEntry {
    about: About {
        name: "group-share",
        summary: "Share of rows that belong to a group",
        details: "Share of the sample's rows whose group column holds `group`; with -1, the default, the group that is rarest among the held-out rows \
            (the lowest code if two are). The minority's share falls when a loop forgets it. For tables with a group \
            column (`group` in the source's options).",
        source: "Wyllie, Shumailov & Papernot 2024 (arXiv 2403.07857)",
        parameters: Share::PARAMETERS,
        version: 1,
    },
    extra: Reading {
        direction: Direction::TwoSided,
        ideal: "the human share",
        unit: "share of rows",
        scale: Scale::Logit,
        worst: Worst::None,
        unbiased: true,
    },
    build: |node, _| Ok(Box::new(Groups::Share(table(node)?))),
};

const fn gap(
    name: &'static str,
    summary: &'static str,
    details: &'static str,
    source: &'static str,
    build: Build<BoxedMetric>,
) -> MetricEntry {
    MetricEntry {
        about: About { name, summary, details, source, parameters: Gap::PARAMETERS, version: 1 },
        extra: Reading {
            direction: Direction::TwoSided,
            ideal: "the human gap",
            unit: "probability",
            scale: Scale::Linear,
            worst: Worst::None,
            unbiased: true,
        },
        build,
    }
}

pub(super) const PARITY: MetricEntry = gap(
    "demographic-parity-gap",
    "Largest difference between groups in the share of positive labels",
    "max − min over groups of P(label = `positive` | group) in the sample's rows. A group without rows is left out; with fewer than two \
    groups left it is refused (no row). This is about the rows that a generator makes, labels \
    included; what a learner trained on them does is a task's metric. Human data have a gap too: the question is whether the loop widens it.",
    "Dwork et al. 2012 (10.1145/2090236.2090255); Wyllie et al. 2024 (arXiv 2403.07857)",
    |node, _| Ok(Box::new(Groups::Parity(table(node)?))),
);

pub(super) const ODDS: MetricEntry = gap(
    "equalised-odds-gap",
    "Largest difference between groups in the positive labels of rows that people would label alike",
    "For each row of the sample the label that people would give is that of the nearest held-out row (Euclidean, raw numeric features, the \
    first of equal ones). For each such label y, max − min over groups of P(label = `positive` | y, group); the larger of \
    the values over y = positive and y ≠ positive. Cells without rows are left out; refused (no row) if no y has two groups. The \
    labels of a generator's rows stand where a classifier's predictions stand in the definition. The nearest \
    neighbour is a noisy judge, so read it beside the human baseline.",
    "Hardt, Price & Srebro 2016 (arXiv 1610.02413), def. 2.1; Wyllie et al. 2024 (arXiv 2403.07857)",
    |node, _| Ok(Box::new(Groups::Odds(table(node)?))),
);

impl Metric for Groups {
    fn needs(&self) -> Needs {
        let held_out = match self {
            Groups::Share(Share { group: 0.. }) | Groups::Parity(_) => When::Never,
            _ => When::Always,
        };
        Needs { sample: When::Always, held_out, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        let groups = levels(schema, Role::Group)?;
        let (code, most) = match self {
            Groups::Share(Share { group }) => (*group, groups),
            Groups::Parity(Gap { positive }) | Groups::Odds(Gap { positive }) => {
                (*positive, levels(schema, Role::Label)?)
            }
        };
        if !(-1..most as i64).contains(&code) {
            return Err(Refusal::new(format!(
                "code {code} is not among the {most} levels of the column, counted from 0"
            )));
        }
        if matches!(self, Groups::Odds(_)) { shapes::numeric(schema, 1) } else { Ok(()) }
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let rows = of.rows()?;
        let groups = codes(rows, Role::Group)?;
        match self {
            Groups::Share(Share { group }) => {
                let group = match u32::try_from(*group) {
                    Ok(group) => group,
                    Err(_) => rarest(of.reference()?)?,
                };
                let members = groups.iter().filter(|&&g| g == group).count();
                one("group-share", members as f64 / groups.len() as f64)
            }
            Groups::Parity(gap) => {
                let labels = codes(rows, Role::Label)?;
                let positive = gap.of(rows.schema())?;
                let all = groups.iter().zip(labels).map(|(&g, &l)| (g, l == positive));
                let value = difference(all)
                    .ok_or_else(|| Refusal::degenerate("the rows are of fewer than two groups"))?;
                one("demographic-parity-gap", value)
            }
            Groups::Odds(gap) => {
                let labels = codes(rows, Role::Label)?;
                let positive = gap.of(rows.schema())?;
                let people = judged(of)?;
                let within = |human: bool| {
                    let alike = (0..rows.len()).filter(|&i| (people[i] == positive) == human);
                    difference(alike.map(|i| (groups[i], labels[i] == positive)))
                };
                let value = within(true).into_iter().chain(within(false)).reduce(f64::max);
                let value = value
                    .ok_or_else(|| Refusal::degenerate("no label that people would give has two groups"))?;
                one("equalised-odds-gap", value)
            }
        }
    }
}

impl Gap {
    fn of(self, schema: &Schema) -> Result<u32, Refusal> {
        let last = levels(schema, Role::Label)?.saturating_sub(1) as u32;
        Ok(u32::try_from(self.positive).unwrap_or(last))
    }
}

/// The number of levels of the first coded column with a role.
fn levels(schema: &Schema, role: Role) -> Result<usize, Refusal> {
    match schema.first(role).map(|(_, field)| &field.kind) {
        Some(Kind::Codes { levels }) if levels.count() > 0 => Ok(levels.count()),
        _ => Err(Refusal::new(format!(
            "it needs a table with a coded {} column; these rows are {schema}",
            if role == Role::Group { "group" } else { "label" }
        ))),
    }
}

fn codes(rows: &Samples, role: Role) -> Result<&[u32], Refusal> {
    levels(rows.schema(), role)?;
    match rows.schema().first(role).map(|(i, _)| rows.column(i)) {
        Some(Column::Codes { data }) => Ok(data),
        _ => Err(Refusal::new("a coded column is missing")),
    }
}

/// The group with the fewest rows, of those that occur.
fn rarest(rows: &Samples) -> Result<u32, Refusal> {
    let mut counts = vec![0_usize; levels(rows.schema(), Role::Group)?];
    codes(rows, Role::Group)?.iter().for_each(|&g| counts[g as usize] += 1);
    let present = (0..counts.len()).filter(|&g| counts[g] > 0);
    let rarest = present.min_by_key(|&g| counts[g]);
    rarest.map(|g| g as u32).ok_or_else(|| Refusal::undefined("the held-out rows have no group"))
}

/// max − min over groups of the share of positives; `None` with fewer than two groups.
fn difference(rows: impl Iterator<Item = (u32, bool)>) -> Option<f64> {
    let mut groups: std::collections::BTreeMap<u32, (usize, usize)> = Default::default();
    for (group, positive) in rows {
        let (all, yes) = groups.entry(group).or_default();
        *all += 1;
        *yes += usize::from(positive);
    }
    if groups.len() < 2 {
        return None;
    }
    let shares = groups.values().map(|&(all, yes)| yes as f64 / all as f64);
    let (low, high) = shares.fold((1.0_f64, 0.0_f64), |(low, high), s| (low.min(s), high.max(s)));
    Some(high - low)
}

/// The label of the nearest held-out row of each row of the sample.
fn judged(of: &Observation<'_>) -> Result<Vec<u32>, Refusal> {
    let labels = codes(of.reference()?, Role::Label)?;
    // The label itself must not decide which row is near.
    let features =
        |rows: &Samples| rows.features_and_tags().ok_or_else(|| Refusal::new("the rows have no feature"));
    let (sample, held_out) = (features(of.rows()?)?, features(of.reference()?)?);
    let space = of.shared.space().and_then(|_| Space::of_rows(&[&held_out]));
    let coordinates = |rows: &Samples| space.as_ref().map_or_else(|| rows.features(), |s| s.points(rows));
    let (made, people) = (coordinates(&sample), coordinates(&held_out));
    let points = |data| Points { data, dim: made.len() / sample.len().max(1) };
    let (sample, held_out) = (points(&made), Points { data: &people, dim: people.len() / held_out.len() });
    if sample.dim != held_out.dim {
        return Err(Refusal::new("held-out rows and the sample's have different widths"));
    }
    let shift = shift(held_out);
    let mut nearest = vec![(f64::INFINITY, 0_u32); sample.rows()];
    Cloud::new(sample, &shift).tiles(&Cloud::new(held_out, &shift), Cells::SquaredDistances, |tile| {
        for (i, line) in tile.rows() {
            for (j, &d) in line.iter().enumerate() {
                if d < nearest[i].0 {
                    nearest[i] = (d, labels[tile.column0 + j]);
                }
            }
        }
    });
    Ok(nearest.into_iter().map(|(_, label)| label).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::metrics::testing::{Scene, people, value};

    const GAP: Gap = Gap { positive: -1 };

    #[test]
    fn shares_and_gaps_by_hand() {
        // Group 1 is rarest among people (1 of 4), and 2 of 5 of the sample.
        let held = people(&[(0.0, 0, 0), (1.0, 0, 1), (5.0, 0, 1), (9.0, 1, 1)]);
        let rows = people(&[(0.1, 0, 1), (0.9, 0, 1), (4.0, 1, 0), (6.0, 1, 1), (0.2, 0, 0)]);
        let scene = Scene::sample(rows).beside(held);
        assert_eq!(value(&Groups::Share(Share::default()), &scene), Ok(0.4));
        assert_eq!(value(&Groups::Share(Share { group: 0 }), &scene), Ok(0.6));
        // Positive: 2 of 3 in group 0, 1 of 2 in group 1.
        let parity = value(&Groups::Parity(GAP), &scene).unwrap();
        assert!((parity - (2.0 / 3.0 - 0.5)).abs() < 1e-15);
        // People would say 0, 1, 1, 1, 0. Among the ones: group 0 1 of 1, group 1 1 of 2: ½. Among
        // the zeros there is only group 0.
        assert_eq!(value(&Groups::Odds(GAP), &scene), Ok(0.5));
        // With label 0 as the positive one the gaps are the same.
        assert_eq!(value(&Groups::Odds(Gap { positive: 0 }), &scene), Ok(0.5));
    }

    #[test]
    fn a_single_group_and_tables_without_groups_are_refused() {
        let rows = people(&[(0.0, 0, 1), (1.0, 0, 0)]);
        let scene = Scene::sample(rows.clone()).beside(rows.clone());
        assert!(value(&Groups::Parity(GAP), &scene).is_err());
        assert!(Groups::Parity(GAP).accepts(rows.schema(), None).is_ok());
        assert!(Groups::Parity(Gap { positive: 7 }).accepts(rows.schema(), None).is_err());
        let plain = Scene::numbers(&[1.0], 1);
        assert!(Groups::Share(Share::default()).accepts(plain.sample.unwrap().schema(), None).is_err());
    }
}
