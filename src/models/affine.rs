//! Affine combinations of fitted parameters: Σ c_i θ_i with coefficients c_i that sum to 1.
//!
//! Coefficients (n_1, n_2)/(n_1 + n_2) average the fits of two groups, (1 + w, −w) extrapolate (Neon), and
//! (η, 1 − η) are a part of the way from an earlier model to a fit (Step). All are written as
//! θ_0 + Σ c_i (θ_i − θ_0), so parameters that are equal stay as they are, to the bit. Parameters that leave their
//! domain are put back to its edge: probabilities and variances at 0, what is left of probabilities scaled to sum to 1.
//! Cost: O(parameters), and O(d³) where eigenvalues of a covariance are cut off.

use std::any::Any;
use std::collections::BTreeMap;
use std::path::Path;

use super::{BoxedFamily, Family, FitError, Model, Refusal, Start, StatisticsPath, StorageError};
use crate::data::{Mix, Schema};
use crate::rng::Streams;
use crate::theory;

/// Combinations of the parameters of models of one family.
pub trait Affine {
    /// The model at Σ c_i θ_i. The coefficients sum to 1 and may be negative; the first model also gives what is no
    /// parameter (the shape of rows, say). Refuses models that have no common parameters.
    fn combine(&self, models: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, Refusal>;
}

/// The models as what they are, without those whose coefficient is 0.
pub(crate) fn of<'a, M: Model>(models: &[(f64, &'a dyn Model)]) -> Result<Vec<(f64, &'a M)>, Refusal> {
    let mut own = Vec::with_capacity(models.len());
    for &(c, model) in models.iter().filter(|(c, _)| *c != 0.0) {
        let model: &dyn Any = model;
        let model = model.downcast_ref();
        own.push((c, model.ok_or_else(|| Refusal::new("the models are of different families"))?));
    }
    if own.is_empty() { Err(Refusal::new("there is no model to combine")) } else { Ok(own) }
}

/// Whether the combination leaves the span of its models, and so may leave the domain.
pub(crate) fn extrapolates<M>(models: &[(f64, M)]) -> bool {
    models.iter().any(|(c, _)| *c < 0.0)
}

/// Σ c_i θ_i of one list of parameters. Refuses lists of different lengths, and what is not finite.
pub(crate) fn line<M>(
    models: &[(f64, &M)],
    parameters: impl for<'a> Fn(&'a M) -> &'a [f64],
) -> Result<Vec<f64>, Refusal> {
    let lists: Vec<(f64, &[f64])> = models.iter().map(|(c, model)| (*c, parameters(model))).collect();
    let Some(((_, first), others)) = lists.split_first() else {
        return Err(Refusal::new("there is no model to combine"));
    };
    let mut sum = first.to_vec();
    for (c, other) in others {
        if other.len() != first.len() {
            return Err(Refusal::new("the models differ in the number of their parameters"));
        }
        sum.iter_mut().zip(*first).zip(*other).for_each(|((s, x), y)| *s += c * (y - x));
    }
    if sum.iter().all(|s| s.is_finite()) {
        Ok(sum)
    } else {
        Err(Refusal::new("the combination of the models' parameters is not finite"))
    }
}

/// The same of probabilities: negative ones become 0 and all are scaled to sum to 1.
pub(crate) fn shares<M>(
    models: &[(f64, &M)],
    parameters: impl for<'a> Fn(&'a M) -> &'a [f64],
) -> Result<Vec<f64>, Refusal> {
    let mut p = line(models, parameters)?;
    if extrapolates(models) {
        to_simplex(&mut p);
    }
    Ok(p)
}

/// The same of probabilities under keys; a key that a model lacks has probability 0 there. Only what is left above 0 is
/// returned.
pub(crate) fn keyed<K: Ord + Clone>(models: &[(f64, BTreeMap<K, f64>)]) -> Result<BTreeMap<K, f64>, Refusal> {
    let mut keys: Vec<&K> = models.iter().flat_map(|(_, p)| p.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let dense = |(c, p): &(f64, BTreeMap<K, f64>)| {
        (*c, keys.iter().map(|key| p.get(key).copied().unwrap_or(0.0)).collect::<Vec<f64>>())
    };
    let dense: Vec<(f64, Vec<f64>)> = models.iter().map(dense).collect();
    let dense: Vec<(f64, &Vec<f64>)> = dense.iter().map(|(c, p)| (*c, p)).collect();
    let p = shares(&dense, |p| p)?;
    Ok(keys.into_iter().cloned().zip(p).filter(|(_, p)| *p > 0.0).collect())
}

/// The same of `d × d` covariances, row-major, of which there may be several: eigenvalues below `least` become it.
pub(crate) fn covariances<M>(
    models: &[(f64, &M)],
    (d, least): (usize, f64),
    parameters: impl for<'a> Fn(&'a M) -> &'a [f64],
) -> Result<Vec<f64>, Refusal> {
    let mut all = line(models, parameters)?;
    if extrapolates(models) {
        for covariance in all.chunks_exact_mut(d * d) {
            let mut eigen = nalgebra::DMatrix::from_row_slice(d, d, covariance).symmetric_eigen();
            if eigen.eigenvalues.min() < least {
                eigen.eigenvalues.apply(|v| *v = v.max(least));
                covariance.copy_from_slice(eigen.recompose().as_slice());
            }
        }
    }
    Ok(all)
}

/// Negative numbers become 0, and all are scaled to sum to 1.
fn to_simplex(p: &mut [f64]) {
    p.iter_mut().for_each(|p| *p = p.max(0.0));
    let total: f64 = p.iter().sum();
    if total > 0.0 && total != 1.0 {
        p.iter_mut().for_each(|p| *p /= total);
    }
}

/// What is done to the parameters of every fit of a family.
pub trait Movement: Send + Sync {
    /// The model that takes the place of `model`, which `family` just fitted to `mix` from `start`.
    fn moved(
        &self,
        family: &dyn Family,
        model: Box<dyn Model>,
        mix: &Mix,
        start: Start<'_>,
        streams: &Streams,
    ) -> Result<Box<dyn Model>, FitError>;

    /// What laws are told of a family whose fits are moved so.
    fn conditions(&self, family: theory::Family) -> theory::Family;

    /// Whether the movement itself depends on the start.
    fn takes_a_start(&self) -> bool {
        false
    }

    /// Whether the training set may be sufficient statistics.
    fn takes_statistics(&self) -> bool {
        true
    }
}

/// A family whose every fit is followed by a movement of its parameters.
pub struct Moved<M> {
    family: BoxedFamily,
    movement: M,
}

impl<M: Movement> Moved<M> {
    /// Refuses families whose parameters can't be combined.
    pub fn new(family: BoxedFamily, movement: M) -> Result<Self, Refusal> {
        family.affine()?;
        Ok(Self { family, movement })
    }
}

impl<M: Movement> Family for Moved<M> {
    fn accepts(&self, schema: &Schema) -> Result<(), Refusal> {
        self.family.accepts(schema)
    }

    fn fit(&self, mix: &Mix, start: Start<'_>, streams: &Streams) -> Result<Box<dyn Model>, FitError> {
        let model = self.family.fit(mix, start, streams)?;
        self.movement.moved(self.family.as_ref(), model, mix, start, streams)
    }

    fn average(&self, fits: &[(f64, &dyn Model)]) -> Result<Box<dyn Model>, FitError> {
        self.family.average(fits)
    }

    fn load(&self, from: &Path) -> Result<Box<dyn Model>, StorageError> {
        self.family.load(from)
    }

    fn statistics(&self) -> Option<&dyn StatisticsPath> {
        self.family.statistics().filter(|_| self.movement.takes_statistics())
    }

    fn fewest_rows(&self, schema: &Schema) -> usize {
        self.family.fewest_rows(schema)
    }

    fn affine(&self) -> Result<&dyn Affine, Refusal> {
        self.family.affine()
    }

    fn takes_a_start(&self) -> bool {
        self.movement.takes_a_start() || self.family.takes_a_start()
    }

    fn conditions(&self) -> theory::Family {
        self.movement.conditions(self.family.conditions())
    }

    fn fingerprint(&self) -> Option<String> {
        self.family.fingerprint()
    }

    fn seeds_per_cell(&self) -> u64 {
        self.family.seeds_per_cell()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn combined(models: &[(f64, Vec<f64>)]) -> Result<Vec<f64>, Refusal> {
        let models: Vec<(f64, &Vec<f64>)> = models.iter().map(|(c, p)| (*c, p)).collect();
        line(&models, |p| p)
    }

    #[test]
    fn equal_parameters_stay_as_they_are_whatever_the_coefficients() {
        let theta = vec![0.1, -1e300, 1.0 / 3.0];
        for w in [0.1, 0.7, 3.0] {
            assert_eq!(combined(&[(1.0 + w, theta.clone()), (-w, theta.clone())]).unwrap(), theta);
            assert_eq!(combined(&[(w, theta.clone()), (1.0 - w, theta.clone())]).unwrap(), theta);
        }
    }

    #[test]
    fn what_has_no_common_parameters_or_no_finite_answer_is_refused() {
        assert!(combined(&[(0.5, vec![1.0]), (0.5, vec![1.0, 2.0])]).is_err());
        assert!(combined(&[(3.0, vec![1e308]), (-2.0, vec![-1e308])]).is_err());
        assert!(combined(&[]).is_err());
    }

    #[test]
    fn keys_that_a_model_lacks_count_as_probability_zero() {
        // (1 + 1)(.5, .5, 0) − (.25, 0, .75) = (.75, 1, −.75): the last is cut off, the rest scaled by 1/1.75.
        let of = |p: &[(char, f64)]| p.iter().copied().collect::<BTreeMap<char, f64>>();
        let (a, b) = (of(&[('a', 0.5), ('b', 0.5)]), of(&[('a', 0.25), ('c', 0.75)]));
        let p = keyed(&[(2.0, a), (-1.0, b)]).unwrap();
        assert_eq!(p.keys().collect::<String>(), "ab");
        assert!((p[&'a'] - 0.75 / 1.75).abs() < 1e-15 && (p[&'b'] - 1.0 / 1.75).abs() < 1e-15);
    }

    #[test]
    fn eigenvalues_are_cut_off_at_the_edge() {
        // 2·I − diag(3, ½) = diag(−1, 3/2) in axes turned by 45°: −1 becomes the least.
        let turned = |a: f64, b: f64| vec![(a + b) / 2.0, (a - b) / 2.0, (a - b) / 2.0, (a + b) / 2.0];
        let (one, other) = (turned(1.0, 1.0), turned(3.0, 0.5));
        let found = covariances(&[(2.0, &one), (-1.0, &other)], (2, 0.1), |c| c).unwrap();
        assert!(found.iter().zip(turned(0.1, 1.5)).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    }
}
