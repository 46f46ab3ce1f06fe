//! Projects synthetic rows onto the clusters of the human rows.
//!
//! A synthetic row x moves to x + γ/(1 + γ) · (c(x) − x), with c(x) the nearest of k cluster centres
//! of the human rows D(0): the corrector of Gillman et al. (arXiv 2402.07087, section 6: 16 clusters
//! a digit). γ = ∞, the default, is the projection itself. Where rows have labels the clusters are
//! those of the row's own label. Centres are found once a generation by k-means. A correction of
//! distances to human rows, not of diversity: with few clusters it is itself a collapse. Works in
//! place. Cost: k-means on D(0), and `clusters` distances a row.

use super::corrected::pull;
use super::{BoxedCuration, Curation, CurationError, More, Seen, initial_rows, on_synthetic, with_column};
use crate::data::{Column, Distribution, Kind, Mix, Role, Rows, Samples, Schema};
use crate::models::{Matrix, Refusal, clusters};
use crate::registry::{About, Entry};
use crate::rng::Streams;

/// The registry entry.
pub const ENTRY: Entry<BoxedCuration> = Entry {
    about: About {
        name: "k-means-projection",
        summary: "Moves synthetic rows toward the nearest cluster centre of the human rows",
        details: "The corrector of a self-correcting loop: x moves by γ/(1+γ) of the way to the nearest of \
                  `clusters` centres of D(0), found by k-means, label by label where rows have labels. Numeric \
                  features only; works in place.",
        source: "Gillman et al., arXiv 2402.07087, section 6",
        parameters: KMeansProjection::PARAMETERS,
        version: 1,
    },
    extra: (),
    build: |node, _| Ok(Box::new(node.read::<KMeansProjection>(&["step", "on"])?)),
};

crate::parameters! {
    /// Projection onto human clusters.
    #[derive(Clone, Copy, Debug)]
    pub struct KMeansProjection {
        /// k, the number of clusters, per label where there are labels
        pub clusters: usize = 16, in at_least(1);
        /// γ; inf projects
        pub strength: f64 = f64::INFINITY, in at_least(0).or_infinite();
    }
}

impl Curation for KMeansProjection {
    fn accepts(&self, schema: &Schema, _: Option<&dyn Distribution>) -> Result<(), Refusal> {
        if schema.numeric_width() > 0 {
            return Ok(());
        }
        Err(Refusal::new(format!("`k-means-projection` needs numeric features; these rows are {schema}")))
    }

    fn apply(
        &self,
        mix: Mix,
        _: Option<More<'_>>,
        seen: &Seen<'_>,
        streams: &Streams,
    ) -> Result<Mix, CurationError> {
        let human = initial_rows(seen)?;
        self.accepts(human.schema(), None)?;
        let d = human.schema().numeric_width();
        let features = human.features();
        // The centres of each label; one list where there are no labels.
        let labels = human.labels().unwrap_or(&[]);
        let classes = labels.iter().max().map_or(1, |&l| l as usize + 1);
        let centres: Vec<Vec<f64>> = (0..classes)
            .map(|class| {
                let own = |i: &usize| labels.get(*i).is_none_or(|&l| l as usize == class);
                let rows = (0..human.len()).filter(own);
                let data: Vec<f64> =
                    rows.flat_map(|i| features[i * d..(i + 1) * d].iter().copied()).collect();
                centres(data, d, self.clusters, &streams.of("clusters").at(class as u64))
            })
            .collect();
        let pull = pull(self.strength);
        on_synthetic(mix, |rows| {
            let table = rows.gather();
            let mut features = table.features();
            for (i, row) in features.chunks_exact_mut(d).enumerate() {
                let class = table.labels().map_or(0, |l| l[i] as usize);
                // A label without human rows has no clusters to go to.
                let Some(centres) = centres.get(class).filter(|c| !c.is_empty()) else { continue };
                let k = closest(centres, row);
                row.iter_mut().zip(&centres[k * d..]).for_each(|(x, c)| *x = (1.0 - pull) * *x + pull * c);
            }
            Ok(Rows::all(with_features(&table, &features)?))
        })
    }
}

/// The centres of the clusters that k-means finds, row-major; those that ended up empty are left out.
fn centres(data: Vec<f64>, d: usize, most: usize, streams: &Streams) -> Vec<f64> {
    let n = data.len() / d;
    if n == 0 {
        return Vec::new();
    }
    let k = most.min(n);
    let rows = Matrix { data, d, weights: vec![1.0; n] };
    let (mut sums, mut counts) = (vec![0.0; k * d], vec![0.0; k]);
    for (i, c) in clusters(&rows, k, streams).into_iter().enumerate() {
        counts[c] += 1.0;
        sums[c * d..(c + 1) * d].iter_mut().zip(rows.row(i)).for_each(|(s, x)| *s += x);
    }
    let filled = sums.chunks_exact(d).zip(&counts).filter(|(_, count)| **count > 0.0);
    filled.flat_map(|(sum, count)| sum.iter().map(move |s| s / count)).collect()
}

/// The number of the nearest centre; the first of several.
fn closest(centres: &[f64], row: &[f64]) -> usize {
    let squared = |c: &[f64]| c.iter().zip(row).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
    let distances = centres.chunks_exact(row.len()).map(squared).enumerate();
    distances.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(k, _)| k)
}

/// The table with other numeric features, row-major.
fn with_features(table: &Samples, features: &[f64]) -> Result<Samples, CurationError> {
    let d = table.schema().numeric_width();
    let (mut made, mut from) = (table.clone(), 0);
    for (i, field) in table.schema().fields.iter().enumerate().filter(|(_, f)| f.role == Role::Feature) {
        let (Kind::F32 { width, .. } | Kind::F64 { width }) = field.kind else { continue };
        let cells = features.chunks_exact(d).flat_map(|row| row[from..from + width].iter().copied());
        let column = match table.column(i) {
            Column::F32 { .. } => Column::F32 { width, data: cells.map(|v| v as f32).collect() },
            _ => Column::F64 { width, data: cells.collect() },
        };
        made = with_column(&made, i, column)?;
        from += width;
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::testing::{features_of, labelled, numbers, outcomes, seen_of, synthetic};
    use super::*;

    #[test]
    fn rows_move_to_the_nearest_human_centre() {
        seen_of(numbers(1, &[0.0, 0.2, 10.0]), |seen| {
            let apply = |strength: f64| {
                let step = KMeansProjection { clusters: 2, strength };
                let mix = synthetic(numbers(1, &[1.1, 8.0]));
                features_of(&step.apply(mix, None, seen, &Streams::new(0, 0)).unwrap())
            };
            assert_eq!(apply(f64::INFINITY), [0.1, 10.0]);
            // γ = 1: half of the way.
            let half = apply(1.0);
            assert!((half[0] - 0.6).abs() < 1e-12 && (half[1] - 9.0).abs() < 1e-12, "{half:?}");
            assert_eq!(apply(0.0), [1.1, 8.0]);
        });
    }

    #[test]
    fn a_row_goes_to_a_centre_of_its_own_label() {
        seen_of(labelled(2, &[(0.0, 0), (10.0, 1)]), |seen| {
            let step = KMeansProjection { clusters: 1, ..KMeansProjection::default() };
            let mix = synthetic(labelled(2, &[(1.0, 1), (9.0, 0)]));
            assert_eq!(features_of(&step.apply(mix, None, seen, &Streams::new(0, 0)).unwrap()), [10.0, 0.0]);
        });
    }

    #[test]
    fn rows_without_numbers_are_refused() {
        assert!(KMeansProjection::default().accepts(outcomes(2, vec![0]).schema(), None).is_err());
    }
}
