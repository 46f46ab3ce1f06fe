//! Tables seen column by column: how alike the distribution of each column is, and of each pair of columns.
//!
//! `ks-complement`, `tv-complement`, `category-coverage`, `correlation-similarity`, `contingency-similarity`,
//! `column-shapes`, `column-pair-trends` and `column-shape` are the measures of SDMetrics under its names, between the
//! sample and as many held-out rows. Every column counts: features, label and group. Cost: O(n d²) for pairs, else
//! O(n d log n).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Measured, Metric, MetricEntry, Needs, Observation, Reading, When, one, plain};
use crate::data::{Column, Distribution, Field, Kind, Samples, Schema};
use crate::models::Refusal;
use crate::registry::About;
use crate::rng::Streams;

/// Equal bins of a number's human range where it is paired with a category.
const BINS: usize = 10;

#[derive(Clone, Copy, PartialEq)]
enum Columns {
    KolmogorovSmirnov,
    TotalVariation,
    Coverage,
    Correlation,
    Contingency,
    Shapes,
    Trends,
    Each,
}

const SOURCE: &str = "SDMetrics (DataCebo, https://docs.sdv.dev/sdmetrics)";

const fn entry(
    name: &'static str,
    summary: &'static str,
    details: &'static str,
    build: crate::registry::Build<super::BoxedMetric>,
) -> MetricEntry {
    MetricEntry {
        about: About { name, summary, details, source: SOURCE, parameters: &[], version: 1 },
        extra: Reading::share(),
        build,
    }
}

pub(super) const KS_COMPLEMENT: MetricEntry = entry(
    "ks-complement",
    "Likeness of the columns of numbers: 1 − the Kolmogorov–Smirnov statistic, their mean",
    "Mean over the columns of numbers of 1 − max |F̂ − F|, with F̂ and F the empirical distribution functions of the sample and \
     of the held-out rows. Two human samples of n rows are below 1 by about 1.2/√n. SDMetrics: KSComplement.",
    |node, _| plain(node, Columns::KolmogorovSmirnov),
);
pub(super) const TV_COMPLEMENT: MetricEntry = entry(
    "tv-complement",
    "Likeness of the columns of categories: 1 − the total variation distance, their mean",
    "Mean over the columns of categories of 1 − ½ Σ |p̂ − p|, over all levels of sample and held-out rows. A level that people \
     don't have counts as any other. SDMetrics: TVComplement.",
    |node, _| plain(node, Columns::TotalVariation),
);
pub(super) const CATEGORY_COVERAGE: MetricEntry = entry(
    "category-coverage",
    "Share of the categories of people that the sample still has",
    "Mean over the columns of categories of the share of the held-out rows' levels that occur in the sample: 1 − the share of \
     categories lost. Rare levels come and go by chance; the human baseline says how many. SDMetrics: CategoryCoverage.",
    |node, _| plain(node, Columns::Coverage),
);
pub(super) const CORRELATION_SIMILARITY: MetricEntry = entry(
    "correlation-similarity",
    "Likeness of the correlations between columns of numbers",
    "Mean over pairs of columns of numbers of 1 − |r̂ − r|/2, with Pearson's r in sample and held-out rows. A pair with a \
     column that is constant among people is left out; one with a column that is constant in the sample alone counts 0, \
     where SDMetrics (CorrelationSimilarity) has no value. Refused where no pair is left.",
    |node, _| plain(node, Columns::Correlation),
);
pub(super) const CONTINGENCY_SIMILARITY: MetricEntry = entry(
    "contingency-similarity",
    "Likeness of the joint frequencies of pairs of columns with a category",
    "Mean over pairs of columns of which one or both are categories of 1 − ½ Σ |p̂ − p|, over the cells of the two columns' \
     table. A number is cut in ten equal bins of its human range. Cells are many and rows few: two human samples are well below \
     1, so read it beside the human baseline. SDMetrics: ContingencySimilarity.",
    |node, _| plain(node, Columns::Contingency),
);
pub(super) const COLUMN_SHAPES: MetricEntry = entry(
    "column-shapes",
    "Likeness of every column by itself: the mean of its complements",
    "Mean over all columns of the complement that fits: Kolmogorov–Smirnov for numbers (`ks-complement`), total variation for \
     categories (`tv-complement`). SDMetrics: Column Shapes of the quality report.",
    |node, _| plain(node, Columns::Shapes),
);
pub(super) const COLUMN_PAIR_TRENDS: MetricEntry = entry(
    "column-pair-trends",
    "Likeness of the dependence between columns: the mean over all pairs",
    "Mean over all pairs of columns of the similarity that fits: `correlation-similarity` for two numbers, \
     `contingency-similarity` for the others. SDMetrics: Column Pair Trends of the quality report, without its thresholds.",
    |node, _| plain(node, Columns::Trends),
);
pub(super) const COLUMN_SHAPE: MetricEntry = entry(
    "column-shape",
    "Likeness of every column, one value each",
    "Rows `column-shape of NAME`: the complement of each column as in `column-shapes`, so that it can be seen which went.",
    |node, _| plain(node, Columns::Each),
);

impl Columns {
    fn name(self) -> &'static str {
        match self {
            Columns::KolmogorovSmirnov => "ks-complement",
            Columns::TotalVariation => "tv-complement",
            Columns::Coverage => "category-coverage",
            Columns::Correlation => "correlation-similarity",
            Columns::Contingency => "contingency-similarity",
            Columns::Shapes => "column-shapes",
            Columns::Trends => "column-pair-trends",
            Columns::Each => "column-shape",
        }
    }

    /// How many columns of numbers and of categories it needs at least, and in all.
    fn least(self) -> (usize, usize, usize) {
        match self {
            Columns::KolmogorovSmirnov => (1, 0, 1),
            Columns::TotalVariation | Columns::Coverage => (0, 1, 1),
            Columns::Correlation => (2, 0, 2),
            Columns::Contingency => (0, 1, 2),
            Columns::Shapes | Columns::Each => (0, 0, 1),
            Columns::Trends => (0, 0, 2),
        }
    }
}

fn number(field: &Field) -> bool {
    matches!(field.kind, Kind::F32 { width: 1, image: None, .. } | Kind::F64 { width: 1 })
}

fn category(field: &Field) -> bool {
    matches!(field.kind, Kind::Codes { .. })
}

/// The cells of a column.
enum Cells<'a> {
    Numbers(Vec<f64>),
    Codes(&'a [u32]),
}

/// The columns of a table; the schema has been accepted.
fn columns(rows: &Samples) -> Vec<Cells<'_>> {
    let cells = |i: usize| match rows.column(i) {
        Column::F32 { data, .. } => Cells::Numbers(data.iter().map(|&x| f64::from(x)).collect()),
        Column::F64 { data, .. } => Cells::Numbers(data.clone()),
        Column::Codes { data } => Cells::Codes(data),
        Column::Ragged { .. } => Cells::Codes(&[]),
    };
    (0..rows.schema().fields.len()).map(cells).collect()
}

impl Metric for Columns {
    fn needs(&self) -> Needs {
        Needs { sample: When::Always, held_out: When::Always, ..Needs::default() }
    }

    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        let fields = &schema.fields;
        let count = |is: fn(&Field) -> bool| fields.iter().filter(|f| is(f)).count();
        let (numbers, categories) = (count(number), count(category));
        let (of_numbers, of_categories, all) = self.least();
        if numbers + categories == fields.len()
            && numbers >= of_numbers
            && categories >= of_categories
            && fields.len() >= all
        {
            return Ok(());
        }
        let what = match self {
            Columns::KolmogorovSmirnov => "a column of numbers",
            Columns::TotalVariation | Columns::Coverage => "a column of categories",
            Columns::Correlation => "two columns of numbers",
            Columns::Contingency => "two columns, one of categories",
            Columns::Shapes | Columns::Each => "a column",
            Columns::Trends => "two columns",
        };
        Err(Refusal::new(format!(
            "it needs a table of numbers and categories with {what}; these rows are {schema}"
        )))
    }

    fn measure(&self, of: &Observation<'_>, _: &Streams) -> Result<Measured, Refusal> {
        let (sample, human) = (of.rows()?, of.reference()?);
        for rows in [sample, human] {
            if let Some((row, column)) = rows.first_non_finite() {
                return Err(Refusal::diverged(format!("row {row} has no finite `{column}`")));
            }
        }
        let (made, people) = (columns(sample), columns(human));
        let each = || made.iter().zip(&people);
        let shape = |(a, b): (&Cells<'_>, &Cells<'_>)| match (a, b) {
            (Cells::Numbers(a), Cells::Numbers(b)) => Some((true, ks_complement(a, b))),
            (Cells::Codes(a), Cells::Codes(b)) => Some((false, overlap(a.iter(), b.iter()))),
            _ => None,
        };
        let shapes =
            |wanted: fn(bool) -> bool| mean(each().filter_map(shape).filter(|s| wanted(s.0)).map(|s| s.1));
        let trends = |wanted: fn(bool) -> bool| {
            let binned: Vec<(Vec<u32>, Vec<u32>)> = each().map(|(a, b)| bins(a, b)).collect();
            let mut all = Vec::new();
            for i in 0..made.len() {
                for j in i + 1..made.len() {
                    match ((&made[i], &people[i]), (&made[j], &people[j])) {
                        ((Cells::Numbers(a), Cells::Numbers(p)), (Cells::Numbers(b), Cells::Numbers(q))) => {
                            let r = correlation(p, q).filter(|_| wanted(true));
                            all.extend(
                                r.map(|r| correlation(a, b).map_or(0.0, |s| 1.0 - (s - r).abs() / 2.0)),
                            );
                        }
                        _ if wanted(false) => {
                            let pairs = |a: &[u32], b: &[u32]| -> Vec<(u32, u32)> {
                                a.iter().copied().zip(b.iter().copied()).collect()
                            };
                            let (made, people) =
                                (pairs(&binned[i].0, &binned[j].0), pairs(&binned[i].1, &binned[j].1));
                            all.push(overlap(made.iter(), people.iter()));
                        }
                        _ => {}
                    }
                }
            }
            mean(all.into_iter())
        };
        let value = match self {
            Columns::KolmogorovSmirnov => shapes(|number| number),
            Columns::TotalVariation => shapes(|number| !number),
            Columns::Shapes => shapes(|_| true),
            Columns::Correlation => trends(|numbers| numbers),
            Columns::Contingency => trends(|numbers| !numbers),
            Columns::Trends => trends(|_| true),
            Columns::Coverage => mean(each().filter_map(|pair| match pair {
                (Cells::Codes(a), Cells::Codes(b)) => Some(coverage(a, b)),
                _ => None,
            })),
            Columns::Each => {
                let names = sample.schema().fields.iter().map(|f| format!("{} of {}", self.name(), f.name));
                let named =
                    names.zip(each()).filter_map(|(name, pair)| Some((Cow::Owned(name), shape(pair)?.1)));
                return Ok(named.collect());
            }
        };
        let none = || Refusal::not_applicable("no pair of columns that both vary among people");
        one(self.name(), value.ok_or_else(none)?)
    }
}

fn mean(of: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = of.fold((0.0, 0_usize), |(sum, n), x| (sum + x, n + 1));
    (n > 0).then(|| sum / n as f64)
}

/// 1 − the two-sample Kolmogorov–Smirnov statistic.
fn ks_complement(a: &[f64], b: &[f64]) -> f64 {
    let sorted = |of: &[f64]| {
        let mut of = of.to_vec();
        of.sort_by(f64::total_cmp);
        of
    };
    let (a, b) = (sorted(a), sorted(b));
    let (mut i, mut j, mut most) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let at = a[i].min(b[j]);
        while i < a.len() && a[i] <= at {
            i += 1;
        }
        while j < b.len() && b[j] <= at {
            j += 1;
        }
        most = most.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    1.0 - most
}

/// 1 − the total variation distance between the frequencies of two lists.
fn overlap<'a, T: Ord + 'a>(
    a: impl ExactSizeIterator<Item = &'a T>,
    b: impl ExactSizeIterator<Item = &'a T>,
) -> f64 {
    let mut counts: BTreeMap<&T, (usize, usize)> = BTreeMap::new();
    let (n, m) = (a.len() as f64, b.len() as f64);
    a.for_each(|x| counts.entry(x).or_default().0 += 1);
    b.for_each(|x| counts.entry(x).or_default().1 += 1);
    1.0 - counts.values().map(|(a, b)| (*a as f64 / n - *b as f64 / m).abs()).sum::<f64>() / 2.0
}

/// The share of the human levels that the sample has.
fn coverage(made: &[u32], people: &[u32]) -> f64 {
    let most = made.iter().chain(people).max().map_or(0, |m| *m as usize + 1);
    let (mut seen, mut known) = (vec![false; most], vec![false; most]);
    made.iter().for_each(|&c| seen[c as usize] = true);
    people.iter().for_each(|&c| known[c as usize] = true);
    let of = |is: &dyn Fn(usize) -> bool| (0..most).filter(|&c| is(c)).count() as f64;
    of(&|c| known[c] && seen[c]) / of(&|c| known[c])
}

/// Pearson's correlation; `None` where a column is constant.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let center = |of: &[f64]| -> Vec<f64> {
        let mean = of.iter().sum::<f64>() / of.len() as f64;
        of.iter().map(|x| x - mean).collect()
    };
    let constant = |of: &[f64]| of.iter().all(|x| *x == of[0]);
    if a.is_empty() || constant(a) || constant(b) {
        return None;
    }
    let (a, b) = (center(a), center(b));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let r = dot(&a, &b) / (dot(&a, &a).sqrt() * dot(&b, &b).sqrt());
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

/// Codes of a column of the sample and of people: those of categories, or the bin of a number.
fn bins(made: &Cells<'_>, people: &Cells<'_>) -> (Vec<u32>, Vec<u32>) {
    match (made, people) {
        (Cells::Numbers(made), Cells::Numbers(people)) => {
            let low = people.iter().copied().fold(f64::INFINITY, f64::min);
            let high = people.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            // As numpy's histogram: a constant column has bins around it.
            let (low, high) = if low < high { (low, high) } else { (low - 0.5, high + 0.5) };
            let step = (high - low) / BINS as f64;
            let edges: Vec<f64> = (1..BINS).map(|k| k as f64 * step + low).collect();
            let bin = |x: &f64| edges.partition_point(|e| e <= x) as u32;
            (made.iter().map(bin).collect(), people.iter().map(bin).collect())
        }
        (Cells::Codes(made), Cells::Codes(people)) => (made.to_vec(), people.to_vec()),
        _ => (Vec::new(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use super::*;
    use crate::data::{Levels, Role};
    use crate::metrics::testing::{Scene, numbers, value};

    /// `tests/references/tables.json`: two tables, and what SDMetrics says of them.
    fn reference() -> serde_json::Value {
        serde_json::from_str(include_str!("../../tests/references/tables.json")).unwrap()
    }

    fn list(of: &serde_json::Value) -> Vec<f64> {
        of.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    }

    fn table(of: &serde_json::Value) -> Samples {
        let field = |name: &str, kind| Field { name: name.into(), role: Role::Feature, kind };
        let levels = || Kind::Codes { levels: Levels::Count(8) };
        let schema = Schema {
            fields: vec![
                field("age", Kind::F64 { width: 1 }),
                field("income", Kind::F64 { width: 1 }),
                field("city", levels()),
                field("plan", levels()),
            ],
        };
        let codes = |name: &str| Column::Codes { data: list(&of[name]).iter().map(|&c| c as u32).collect() };
        let columns = vec![
            Column::F64 { width: 1, data: list(&of["age"]) },
            Column::F64 { width: 1, data: list(&of["income"]) },
            codes("city"),
            codes("plan"),
        ];
        Samples::new(Arc::new(schema), columns).unwrap()
    }

    #[test]
    fn values_are_those_of_sdmetrics() {
        let r = reference();
        let scene = Scene::sample(table(&r["synthetic"])).beside(table(&r["real"]));
        for (metric, key) in [
            (Columns::KolmogorovSmirnov, "KSComplement"),
            (Columns::TotalVariation, "TVComplement"),
            (Columns::Coverage, "CategoryCoverage"),
            (Columns::Correlation, "CorrelationSimilarity"),
            (Columns::Contingency, "ContingencySimilarity"),
            (Columns::Shapes, "Column Shapes"),
            (Columns::Trends, "Column Pair Trends"),
        ] {
            let (found, expected) = (value(&metric, &scene).unwrap(), r[key].as_f64().unwrap());
            assert!((found - expected).abs() < 1e-8, "{key}: {found}, SDMetrics {expected}");
        }
        let each = scene.measure(&Columns::Each).unwrap();
        let expected = list(&r["columns"]);
        // SDMetrics gives a frequency of 0 a little mass.
        assert_eq!(each.len(), 4);
        for ((name, found), expected) in each.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-8, "{name}: {found}, SDMetrics {expected}");
        }
        assert_eq!(each[2].0, "column-shape of city");
    }

    #[test]
    fn a_column_that_has_become_constant_loses_its_correlations() {
        let human = [1.0, 2.0, 3.0, 4.0, 2.0, 1.0];
        let split = |of: &[f64]| {
            let field =
                |name: &str| Field { name: name.into(), role: Role::Feature, kind: Kind::F64 { width: 1 } };
            let schema = Schema { fields: vec![field("a"), field("b")] };
            let column =
                |k: usize| Column::F64 { width: 1, data: of.iter().skip(k).step_by(2).copied().collect() };
            Samples::new(Arc::new(schema), vec![column(0), column(1)]).unwrap()
        };
        let scene = Scene::sample(split(&[5.0, 1.0, 5.0, 2.0, 5.0, 3.0])).beside(split(&human));
        assert_eq!(value(&Columns::Correlation, &scene), Ok(0.0));
        let constant = Scene::sample(split(&human)).beside(split(&[5.0, 1.0, 5.0, 2.0, 5.0, 3.0]));
        assert!(value(&Columns::Correlation, &constant).is_err(), "there is nothing to keep");
        assert!(Columns::Trends.accepts(numbers(&[1.0], 1).schema(), None).is_err());
        assert!(Columns::Shapes.accepts(numbers(&[1.0, 2.0], 2).schema(), None).is_err());
    }
}
