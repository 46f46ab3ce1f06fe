//! Intermediate results that several metrics of one observation use, computed at most once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::causal::{self, Graph};
use super::distances::Points;
use super::manifold::Manifold;
use super::memorisation::Neighbours;
use super::observation::Normal;
use super::pairs::Pairs;
use super::space::Space;
use crate::data::{FourMeans, Moments, Samples};
use crate::models::Refusal;

/// Lazily computed results of one observation. New ones are added as fields. Make a new one for
/// every observation: nothing here is ever recomputed.
#[derive(Default)]
pub struct Shared {
    passes: usize,
    space: Option<Arc<Space>>,
    sample_pairs: OnceLock<Pairs>,
    held_out_pairs: OnceLock<Pairs>,
    cross_pairs: OnceLock<Pairs>,
    sample_features: OnceLock<Result<Vec<f64>, Refusal>>,
    held_out_features: OnceLock<Result<Vec<f64>, Refusal>>,
    sample_numbers: OnceLock<Vec<f64>>,
    held_out_numbers: OnceLock<Vec<f64>>,
    sample_moments: OnceLock<(Vec<f64>, Vec<f64>)>,
    held_out_moments: OnceLock<(Vec<f64>, Vec<f64>)>,
    neighbours: OnceLock<Result<Neighbours, Refusal>>,
    manifolds: Mutex<BTreeMap<usize, Arc<Manifold>>>,
    effects: Mutex<causal::Known>,
}

impl Shared {
    /// For an observation whose metrics make that many passes over pair distances
    /// ([`Needs::pairs`](super::Needs)); with more than one they are kept.
    pub fn for_passes(passes: usize) -> Shared {
        Shared { passes, ..Shared::default() }
    }

    /// The same, with the rows of a table in its space; without one they keep their own.
    pub fn in_space(self, space: Option<Arc<Space>>) -> Shared {
        Shared { space, ..self }
    }

    /// The space of a table's rows, where they have one.
    pub(super) fn space(&self) -> Option<&Space> {
        self.space.as_deref()
    }

    /// The coordinates of rows, row-major: those of a table's space, else the numeric features.
    pub(super) fn coordinates(&self, rows: &Samples) -> Vec<f64> {
        self.space().map_or_else(|| rows.features(), |space| space.points(rows))
    }

    /// The sample's numbers alone, where its coordinates also hold categories.
    pub(super) fn sample_numbers(&self, points: Points<'_>, width: usize) -> Points<'_> {
        Points { data: self.sample_numbers.get_or_init(|| leading(points, width)), dim: width }
    }

    /// The held-out rows' numbers alone, where their coordinates also hold categories.
    pub(super) fn held_out_numbers(&self, points: Points<'_>, width: usize) -> Points<'_> {
        Points { data: self.held_out_numbers.get_or_init(|| leading(points, width)), dim: width }
    }

    /// All pairs of rows of the sample.
    pub(super) fn sample_pairs(&self, sample: Points<'_>) -> &Pairs {
        self.sample_pairs.get_or_init(|| Pairs::within(sample, self.passes))
    }

    /// All pairs of held-out rows.
    pub(super) fn held_out_pairs(&self, held_out: Points<'_>) -> &Pairs {
        self.held_out_pairs.get_or_init(|| Pairs::within(held_out, self.passes))
    }

    /// All pairs of a held-out row and a row of the sample.
    pub(super) fn cross_pairs(&self, held_out: Points<'_>, sample: Points<'_>) -> &Pairs {
        self.cross_pairs.get_or_init(|| Pairs::between(held_out, sample, self.passes))
    }

    /// The sample's coordinates; refuses NaN and infinities.
    pub(super) fn sample_features(&self, rows: &Samples) -> Result<&[f64], Refusal> {
        self.features(&self.sample_features, rows, "sample")
    }

    /// The held-out rows' coordinates; refuses NaN and infinities.
    pub(super) fn held_out_features(&self, rows: &Samples) -> Result<&[f64], Refusal> {
        self.features(&self.held_out_features, rows, "held-out set")
    }

    fn features<'a>(
        &self,
        cell: &'a OnceLock<Result<Vec<f64>, Refusal>>,
        rows: &Samples,
        whose: &str,
    ) -> Result<&'a [f64], Refusal> {
        let made = cell.get_or_init(|| match rows.first_non_finite() {
            Some((row, column)) => Err(Refusal::diverged(format!(
                "row {row} of the {whose} holds a number that is not finite (column `{column}`)"
            ))),
            None => Ok(self.coordinates(rows)),
        });
        made.as_deref().map_err(Refusal::clone)
    }

    /// Mean and unbiased covariance of the sample.
    pub(super) fn sample_moments(&self, points: Points<'_>) -> Result<Normal<'_>, Refusal> {
        moments(&self.sample_moments, points, "sample")
    }

    /// Mean and unbiased covariance of the held-out rows.
    pub(super) fn held_out_moments(&self, points: Points<'_>) -> Result<Normal<'_>, Refusal> {
        moments(&self.held_out_moments, points, "held-out set")
    }

    /// Nearest training and held-out rows of the sample.
    pub(super) fn neighbours(
        &self,
        make: impl FnOnce() -> Result<Neighbours, Refusal>,
    ) -> Result<Neighbours, Refusal> {
        self.neighbours.get_or_init(make).clone()
    }

    /// The four means behind the causal effects in a graph, of the sample or of the held-out rows.
    pub(super) fn four_means(
        &self,
        held_out: bool,
        graph: &Graph,
        make: impl FnOnce() -> Result<FourMeans, Refusal>,
    ) -> Result<FourMeans, Refusal> {
        let mut known = self.effects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, found)) = known.iter().find(|(whose, of, _)| *whose == held_out && of == graph) {
            return found.clone();
        }
        let made = make();
        known.push((held_out, graph.clone(), made.clone()));
        made
    }

    /// The nearest-neighbour comparison of sample and held-out rows for one `k`.
    pub(super) fn manifold(&self, k: usize, make: impl FnOnce() -> Manifold) -> Arc<Manifold> {
        let mut known = self.manifolds.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(k).or_insert_with(|| Arc::new(make())).clone()
    }
}

/// The first `width` numbers of every point.
pub(super) fn leading(points: Points<'_>, width: usize) -> Vec<f64> {
    (0..points.rows()).flat_map(|i| &points.row(i)[..width]).copied().collect()
}

fn moments<'a>(
    cell: &'a OnceLock<(Vec<f64>, Vec<f64>)>,
    points: Points<'_>,
    whose: &str,
) -> Result<Normal<'a>, Refusal> {
    let n = points.rows();
    if n < 2 {
        return Err(Refusal::too_few_rows(format!("a covariance needs two rows, but the {whose} has {n}")));
    }
    let (mean, covariance) = cell.get_or_init(|| {
        let Moments { mean, mut scatter, .. } = Moments::of_matrix(points.data, points.dim);
        scatter.iter_mut().for_each(|s| *s /= (n - 1) as f64);
        (mean, scatter)
    });
    Ok(Normal { mean: mean.into(), covariance: covariance.into() })
}
