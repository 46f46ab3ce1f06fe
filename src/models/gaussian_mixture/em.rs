//! Expectation–maximisation.

use super::super::cholesky;
use super::super::numeric::Matrix;
use super::super::{FitError, Refusal, affine};
use super::{GaussianMixture, Shape};

/// Components with less weight than this share of one row have lost all their rows.
const EMPTY: f64 = 10.0 * f64::EPSILON;

/// Weights, means and covariances with what a density needs of them.
#[derive(Clone, Debug)]
pub(super) struct Components {
    pub d: usize,
    pub weights: Vec<f64>,
    /// `k × d`.
    pub means: Vec<f64>,
    /// `k × d × d`.
    pub covariances: Vec<f64>,
    /// Lower factors, `k × d × d`; of diagonal covariances the standard deviations, `k × d`.
    roots: Vec<f64>,
    shape: Shape,
    /// ln π_k − ½ (d ln 2π + ln |Σ_k|); −∞ for components without weight.
    constants: Vec<f64>,
}

impl Components {
    /// `k`.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// The number of free parameters.
    pub fn size(&self) -> usize {
        let d = self.d;
        let spread = match self.shape {
            Shape::Full => d * (d + 1) / 2,
            Shape::Diagonal => d,
            Shape::Spherical => 1,
        };
        self.len() - 1 + self.len() * (d + spread)
    }

    pub fn new(
        shape: Shape,
        weights: Vec<f64>,
        means: Vec<f64>,
        covariances: Vec<f64>,
    ) -> Result<Self, Refusal> {
        let k = weights.len();
        let d = means.len() / k;
        if means.iter().chain(&covariances).any(|v| !v.is_finite()) {
            return Err(Refusal::diverged(
                "a mean or covariance of the mixture is not finite: the rows are too large",
            ));
        }
        let (mut roots, mut constants) = (Vec::new(), Vec::with_capacity(k));
        for (c, weight) in weights.iter().enumerate() {
            let covariance = &covariances[c * d * d..(c + 1) * d * d];
            let log_det = if shape != Shape::Full {
                let sds = covariance.iter().step_by(d + 1).map(|v| v.sqrt());
                roots.extend(sds);
                Some(2.0 * roots[c * d..].iter().map(|s| s.ln()).sum::<f64>())
            } else {
                roots.extend(cholesky::semidefinite(covariance, d));
                cholesky::log_determinant(&roots[c * d * d..], d)
            };
            let log_det = log_det.filter(|l| l.is_finite()).ok_or_else(|| {
                Refusal::degenerate(format!("the covariance of component {c} is singular: it has no spread left (a larger `covariance_floor` keeps some)"))
            })?;
            constants.push(weight.ln() - 0.5 * (d as f64 * std::f64::consts::TAU.ln() + log_det));
        }
        Ok(Self { d, weights, means, covariances, roots, shape, constants })
    }

    /// Writes ln π_k N(x; μ_k, Σ_k) for every component into `logs` and returns ln p(x).
    pub fn log_density(&self, x: &[f64], centred: &mut [f64], logs: &mut [f64]) -> f64 {
        let (d, stride) = (self.d, self.roots.len() / self.len());
        for (c, log) in logs.iter_mut().enumerate() {
            if self.weights[c] <= 0.0 {
                *log = f64::NEG_INFINITY;
                continue;
            }
            let (mean, root) = (&self.means[c * d..(c + 1) * d], &self.roots[c * stride..(c + 1) * stride]);
            let square: f64 = if self.shape != Shape::Full {
                x.iter().zip(mean).zip(root).map(|((x, m), s)| ((x - m) / s).powi(2)).sum()
            } else {
                centred.iter_mut().zip(x).zip(mean).for_each(|((c, x), m)| *c = x - m);
                cholesky::solve_lower(root, centred);
                centred.iter().map(|c| c * c).sum()
            };
            *log = self.constants[c] - 0.5 * square;
        }
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        top + logs.iter().map(|l| (l - top).exp()).sum::<f64>().ln()
    }

    /// Appends μ_c + √scale L_c z to `out`.
    pub fn place(&self, c: usize, root_scale: f64, z: &[f64], out: &mut Vec<f64>) {
        let (d, stride) = (self.d, self.roots.len() / self.len());
        let (mean, root) = (&self.means[c * d..(c + 1) * d], &self.roots[c * stride..(c + 1) * stride]);
        for i in 0..d {
            let spread: f64 = if self.shape != Shape::Full {
                root[i] * z[i]
            } else {
                root[i * d..=i * d + i].iter().zip(z).map(|(l, z)| l * z).sum()
            };
            out.push(mean[i] + root_scale * spread);
        }
    }
}

/// EM from the clusters of a start.
pub(super) fn from_clusters(
    how: &GaussianMixture,
    rows: &Matrix,
    cluster: &[usize],
) -> Result<Components, FitError> {
    let k = how.components;
    let mut responsibilities = vec![0.0; rows.len() * k];
    for (i, &c) in cluster.iter().enumerate() {
        responsibilities[i * k + c] = rows.weights[i];
    }
    let centre: Vec<f64> = (0..k).flat_map(|_| rows.row(0).iter().copied()).collect();
    let first = maximise(how, rows, &responsibilities, &centre)?;
    climb(how, rows, first)
}

/// EM from the components of an earlier model.
pub(super) fn from_components(
    how: &GaussianMixture,
    rows: &Matrix,
    earlier: &Components,
) -> Result<Components, FitError> {
    if earlier.d != rows.d || earlier.len() != how.components {
        return Err(Refusal::new("the earlier mixture has another dimension or number of components").into());
    }
    climb(how, rows, earlier.clone())
}

/// The components at Σ c_i θ_i, each with its like; eigenvalues of a covariance below `floor` become it.
pub(super) fn combined(floor: f64, models: &[(f64, &Components)]) -> Result<Components, Refusal> {
    let (_, first) = models[0];
    let weights = affine::shares(models, |m| &m.weights)?;
    let means = affine::line(models, |m| &m.means)?;
    let covariances = affine::covariances(models, (first.d, floor), |m| &m.covariances)?;
    Components::new(first.shape, weights, means, covariances)
}

fn climb(how: &GaussianMixture, rows: &Matrix, first: Components) -> Result<Components, FitError> {
    let (k, d) = (first.len(), first.d);
    let mut now = first;
    let mut responsibilities = vec![0.0; rows.len() * k];
    let mut centred = vec![0.0; d];
    let mut bound = f64::NEG_INFINITY;
    for _ in 0..how.max_iterations {
        let mut likelihood = 0.0;
        for (i, row) in responsibilities.chunks_exact_mut(k).enumerate() {
            let log = now.log_density(rows.row(i), &mut centred, row);
            let w = rows.weights[i];
            likelihood += w * log;
            row.iter_mut().for_each(|r| *r = w * (*r - log).exp());
        }
        likelihood /= rows.len() as f64;
        if !likelihood.is_finite() {
            return Err(Refusal::diverged(
                "the log likelihood of the mixture is not finite: the rows are too far apart",
            )
            .into());
        }
        now = maximise(how, rows, &responsibilities, &now.means)?;
        if (likelihood - bound).abs() < how.tolerance {
            break;
        }
        bound = likelihood;
    }
    Ok(now)
}

/// The M step. `means` is where components without rows stay.
fn maximise(
    how: &GaussianMixture,
    rows: &Matrix,
    responsibilities: &[f64],
    means: &[f64],
) -> Result<Components, FitError> {
    let (k, d, n) = (how.components, rows.d, rows.len());
    let mut totals = vec![0.0; k];
    let mut sums = vec![0.0; k * d];
    for (i, row) in responsibilities.chunks_exact(k).enumerate() {
        for (c, r) in row.iter().enumerate().filter(|(_, r)| **r > 0.0) {
            totals[c] += r;
            sums[c * d..(c + 1) * d].iter_mut().zip(rows.row(i)).for_each(|(s, x)| *s += r * x);
        }
    }
    let alive = |c: usize| totals[c] > EMPTY;
    for (c, total) in totals.iter().enumerate() {
        let at = c * d..(c + 1) * d;
        if alive(c) {
            sums[at].iter_mut().for_each(|s| *s /= total);
        } else {
            sums[at.clone()].copy_from_slice(&means[at]);
        }
    }
    let mut covariances = vec![0.0; k * d * d];
    let mut centred = vec![0.0; d];
    for (i, row) in responsibilities.chunks_exact(k).enumerate() {
        for (c, r) in row.iter().enumerate().filter(|(c, r)| **r > 0.0 && alive(*c)) {
            let mean = &sums[c * d..(c + 1) * d];
            centred.iter_mut().zip(rows.row(i)).zip(mean).for_each(|((y, x), m)| *y = x - m);
            let own = &mut covariances[c * d * d..(c + 1) * d * d];
            for a in 0..d {
                if how.covariance == Shape::Full {
                    let ra = r * centred[a];
                    own[a * d..=a * d + a].iter_mut().zip(&centred).for_each(|(s, y)| *s += ra * y);
                } else {
                    own[a * d + a] += r * centred[a] * centred[a];
                }
            }
        }
    }
    for c in 0..k {
        let own = &mut covariances[c * d * d..(c + 1) * d * d];
        if alive(c) {
            own.iter_mut().for_each(|s| *s /= totals[c]);
        }
        for a in 0..d {
            for b in a + 1..d {
                own[a * d + b] = own[b * d + a];
            }
            own[a * d + a] += how.covariance_floor;
        }
        if how.covariance == Shape::Spherical {
            let mean = own.iter().step_by(d + 1).sum::<f64>() / d as f64;
            own.iter_mut().step_by(d + 1).for_each(|v| *v = mean);
        }
    }
    let weights = (0..k).map(|c| if alive(c) { totals[c] / n as f64 } else { 0.0 }).collect();
    Ok(Components::new(how.covariance, weights, sums, covariances)?)
}
